//! The base of calculators in Rust for Python: what a module needs beside arithmetic.
//!
//! ```ignore
//! use dishtayantra_pyo3::dishtayantra::Result;
//! use dishtayantra_pyo3::dishtayantra::calculator::{Calculator, Input, Map, map};
//!
//! struct Mean;
//!
//! impl Mean {
//!     fn new(_config: &dyn Input) -> Result<Mean> {
//!         Ok(Mean)
//!     }
//! }
//!
//! impl Calculator for Mean { /* … */ }
//!
//! dishtayantra_pyo3::python_module! {
//!     mod mine {
//!         /// The mean of `values`.
//!         Mean
//!     }
//! }
//! ```
//!
//! A module depends on this crate alone, under its own name: `dishtayantra` and `pyo3` are here.
//! [`Called`] is what such classes have in common; [`PythonInput`] and `numbers` read what Python gives, [`dict_of`] and
//! [`raised`] are what Python gets. NumPy is used when a caller has it, never needed.

mod class;
mod errors;
mod numbers;
mod payload;
mod protocol;
mod results;
mod tables;

pub use class::Called;
pub use dishtayantra;
pub use errors::raised;
pub use payload::PythonInput;
pub use pyo3;
pub use results::dict_of;
