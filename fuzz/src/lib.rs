//! What each fuzz target does with its bytes. The engine's tests include this file and replay the corpus with it.

mod choices;
mod documents;
mod images;
pub mod operations;
mod records;
mod tables;
mod texts;

pub use documents::document;
pub use images::npy;
pub use operations::operations;
pub use records::{envelope, record};
pub use tables::table;
pub use texts::{configuration, reference};

/// What is done with an input.
pub type Target = fn(&[u8]);

/// Every target by its name, which is also that of its folder in `fuzz/corpus`.
pub const TARGETS: &[(&str, Target)] = &[
    ("record", record),
    ("envelope", envelope),
    ("document", document),
    ("table", table),
    ("npy", npy),
    ("reference", reference),
    ("configuration", configuration),
    ("operations", operations),
];
