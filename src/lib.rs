//! Hands large payloads between the languages of one host through an LMDB memory map.
//!
//! A payload is put once and looked at in place; what travels is a reference. A call comes in through the C ABI (`ffi`) or
//! from Java (`jni`), goes through the exchange to the store and from there to LMDB, and comes back as a view:
//!
//! ```text
//! ffi, jni  ->  exchange, reference, document  ->  store  ->  lmdb
//!                                                    └─>  mapping  (memory maps, locks, system calls)
//! ```
//!
//! Nothing below calls anything above. `docs/design.md` describes every byte, lock and lifetime.

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
mod jni;
mod lmdb;
mod mapping;
pub mod options;
pub mod reference;
pub mod store;
pub mod warning;

/// Version text of the LMDB that is linked in.
pub fn lmdb_version() -> &'static std::ffi::CStr {
    lmdb::version()
}
