//! The base of calculators in Rust for Python: what a module needs beside arithmetic.
//!
//! ```ignore
//! use dishtayantra::calculator::{Calculator, Input, Map, map};
//! use pyo3::prelude::*;
//!
//! struct Mean;
//!
//! impl Mean {
//!     fn new(_config: &dyn Input) -> dishtayantra::Result<Mean> {
//!         Ok(Mean)
//!     }
//! }
//!
//! impl Calculator for Mean { /* … */ }
//!
//! dishtayantra_pyo3::python_class! {
//!     /// The mean of `values`.
//!     PyMean = "Mean", Mean, "mine"
//! }
//!
//! #[pymodule(gil_used = false)]
//! fn mine(module: &Bound<'_, PyModule>) -> PyResult<()> {
//!     module.add_class::<PyMean>()
//! }
//! ```
//!
//! [`Called`] is what such classes have in common; [`PythonInput`] and `numbers` read what Python gives, [`dict_of`] and
//! [`raised`] are what Python gets. NumPy is used when a caller has it, never needed.

mod class;
mod errors;
mod numbers;
mod payload;
mod protocol;
mod results;

pub use class::Called;
pub use dishtayantra;
pub use errors::raised;
pub use payload::PythonInput;
pub use results::dict_of;
