//! The C ABI of the shared library: its types, constants and functions, and how the library is found.

#![allow(unsafe_code, non_camel_case_types)]

mod constants;
mod functions;
mod load;
mod types;

pub use constants::*;
pub use functions::Functions;
pub use load::{functions, load};
pub use types::*;
