//! The C ABI of the shared library: its types, constants and functions, and how the library is found.

#![allow(unsafe_code)]

#[allow(missing_docs, non_camel_case_types, dead_code, clippy::all, clippy::undocumented_unsafe_blocks)]
#[rustfmt::skip]
mod bindings;
mod load;

pub use bindings::*;
pub use load::{functions, load};

impl std::fmt::Debug for Functions {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("Functions")
    }
}
