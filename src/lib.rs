//! Hands large payloads between the languages of one host through an LMDB memory map.
//!
//! A payload is put once and looked at in place; what travels is a reference. A call comes in through the C ABI (`ffi`),
//! from Java (`jni`) or from Python (`python`), goes through the exchange to the store and from there to LMDB, and comes
//! back as a view of the store's:
//!
//! ```text
//! ffi, jni, python      conversions; `python` also makes the classes of the Python package
//! exchange              what goes through the store, and what a calculator's answer means
//! reference, document   what travels, and what is in a payload; arrays: format::npy
//! store                 entries, extents, views, loans: store/mod.rs has its own map
//! lmdb, mapping         the only places that name LMDB, memory maps, locks and system calls
//! ```
//!
//! Each calls what stands below it. All of them speak of `config`, `options`, `envelope`, `format`, `error` and `warning`.
//! `docs/design.md` describes every byte, lock and lifetime.

#[cfg(not(target_os = "linux"))]
compile_error!("libdishtayantra_lmdb runs on Linux only: it is built on OFD locks, futexes and fallocate");
#[cfg(not(any(target_arch = "x86_64", target_arch = "aarch64")))]
compile_error!("libdishtayantra_lmdb runs on x86_64 and aarch64 only");

pub mod config;
pub mod document;
pub mod envelope;
pub mod error;
pub mod exchange;
pub mod ffi;
pub mod format;
mod hex;
mod jni;
mod lmdb;
pub mod log;
mod mapping;
pub mod options;
mod python;
pub mod reference;
#[doc(hidden)]
pub mod steps;
pub mod store;
mod sync;
pub mod warning;

/// Version text of the LMDB that is linked in.
pub fn lmdb_version() -> &'static std::ffi::CStr {
    lmdb::version()
}
