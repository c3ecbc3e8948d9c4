//! What the library says of itself, of the last failure and of warnings.

use super::bytes::{BytesOut, dy_lmdb_bytes_t};
use super::guard::{guard, last_message};
use super::status::dy_lmdb_status_t;
use crate::{lmdb, warning};
use std::ffi::c_char;

/// The version of the C ABI described by this header. It grows when functions, fields or constants are added;
/// nothing is ever removed or renumbered.
pub const DY_LMDB_ABI_VERSION: u32 = 2;

/// The library's version.
///
/// Returns a text such as "0.1.0". Cannot fail.
///
/// Memory: a constant of the library; do not free it.
///
/// Threads: any number at once.
#[unsafe(no_mangle)]
pub extern "C" fn dy_lmdb_version() -> *const c_char {
    concat!(env!("CARGO_PKG_VERSION"), "\0").as_ptr().cast()
}

/// The version of the C ABI that the loaded library has.
///
/// Returns a number to compare with `DY_LMDB_ABI_VERSION`: the library serves every program whose header has
/// the same or a smaller one. Cannot fail.
///
/// Threads: any number at once.
#[unsafe(no_mangle)]
pub extern "C" fn dy_lmdb_abi_version() -> u32 {
    DY_LMDB_ABI_VERSION
}

/// The version of the LMDB inside the library.
///
/// Returns a text such as "LMDB 0.9.24: (July 24, 2019)". Cannot fail.
///
/// Memory: a constant of the library; do not free it.
///
/// Threads: any number at once.
#[unsafe(no_mangle)]
pub extern "C" fn dy_lmdb_lmdb_version() -> *const c_char {
    lmdb::version().as_ptr()
}

/// What the last failing call of the calling thread had to say: what happened, to which path, key or setting,
/// and what to do.
///
/// Returns the message in UTF-8; "" when no call has failed on this thread. A call that succeeds leaves it as
/// it is. Cannot fail.
///
/// Memory: valid until the next failing call on this thread, or its end; do not free it.
///
/// Threads: each thread has its own message.
#[unsafe(no_mangle)]
pub extern "C" fn dy_lmdb_last_error_message() -> *const c_char {
    last_message()
}

/// Takes the warnings that calls on this thread have raised since the last time: an unknown `lmdb_*` key, an
/// option that differs from those a store is already open with, a directory that others can read. Opening and
/// parsing raise them; at most 64 are kept.
///
/// - `json`: where to put the block: a JSON array of strings, oldest first, "[]" when there are none.
///
/// Returns `DY_LMDB_OK`, or `DY_LMDB_INVALID_ARGUMENT` when `json` is NULL.
///
/// Memory: free the block with `dy_lmdb_bytes_free`.
///
/// Threads: each thread has its own warnings.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn dy_lmdb_warnings_take(json: *mut *mut dy_lmdb_bytes_t) -> dy_lmdb_status_t {
    guard(|| {
        // SAFETY: as the documentation demands of the caller.
        let json = unsafe { BytesOut::new("json", json) }?;
        json.write(serde_json::Value::from(warning::take()).to_string());
        Ok(())
    })
}
