//! The C ABI: `dy_lmdb_*`, one file per concept. It converts and checks; what a call means is decided below.
//!
//! Bodies that can fail run inside [`guard::guard`], which turns errors and panics into statuses. `arg` checks what C
//! passed, `sized` reads and writes structs that may grow, `handle` keeps stores and exchanges safe to use
//! after they were closed. The header `include/dishtayantra_lmdb.h` is generated from the public files, their
//! documentation included.

#![allow(unsafe_code, non_camel_case_types)]
// The header's readers find what a caller must keep to under "Memory" and "Threads" of each function, and in
// the introduction.
#![allow(clippy::missing_safety_doc)]

mod arg;
pub(crate) mod guard;
mod handle;
mod kept;
mod sized;

pub mod array;
pub mod arrow;
pub mod arrow_import;
pub mod bytes;
pub mod config;
pub mod document;
pub mod entry;
pub mod exchange;
pub mod info;
mod keys;
pub mod library;
pub mod loan;
pub mod numbers;
pub mod options;
pub mod python;
pub mod reference;
pub mod segment;
pub mod status;
pub mod store;
pub mod table;
pub mod value;
pub mod view;
pub mod watch;
pub mod writer;
pub mod written;
