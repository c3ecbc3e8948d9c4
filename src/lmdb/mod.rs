//! The only module that names the LMDB sys crate: environments, transactions with lifetimes, cursors.
//!
//! It adds nothing to LMDB but Rust's borrow rules: a value lives as long as its transaction and not beyond the next
//! write through it; a transaction lives no longer than its environment.
#![allow(unsafe_code)]

mod cursor;
mod env;
mod error;
mod locktable;
pub mod number;
mod oldest;
mod pool;
mod turns;
mod txn;

pub use cursor::{Cursor, WriteCursor};
pub use env::{Env, EnvOptions, version};
pub use error::LmdbError;
pub use locktable::LockTable;
pub use turns::Turns;
pub use txn::{Access, Dbi, ReadTxn, WriteTxn};

/// The longest key LMDB stores.
pub const MAX_KEY: usize = 511;

/// The largest value LMDB stores, in bytes.
pub const MAX_VALUE: u64 = u32::MAX as u64;
