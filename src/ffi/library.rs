//! What the library says of itself, of the last failure and of warnings.

use super::arg::invalid;
use super::bytes::{BytesOut, dy_lmdb_bytes_t};
use super::guard::{guard, last_message};
use super::status::dy_lmdb_status_t;
use crate::log::{self, Door, Level};
use crate::{lmdb, warning};
use std::ffi::{c_char, c_void};

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

/// The level of messages of what failed without any call that could tell: a sweep.
pub const DY_LMDB_LOG_ERROR: u32 = 1;
/// The level of warnings, those that `dy_lmdb_warnings_take` gives.
pub const DY_LMDB_LOG_WARN: u32 = 2;
/// The level of what is worth knowing: slow calls, payloads that could not be stored.
pub const DY_LMDB_LOG_INFO: u32 = 3;
/// The level of what helps to find a fault: stores opened and closed.
pub const DY_LMDB_LOG_DEBUG: u32 = 4;

/// What hears messages: its context, the level, and the message, UTF-8 and not NUL-terminated, which ends with the call. It
/// may come from any thread, several at once, also from the library's own; no lock is held, and it may call the library.
pub type dy_lmdb_log_t =
    Option<unsafe extern "C" fn(context: *mut c_void, level: u32, message: *const c_char, size: usize)>;

/// Has the library's messages handed to a function from now on: one for the whole process, in place of the one before. A
/// message comes when the call that it is about ends.
///
/// - `level`: one of `DY_LMDB_LOG_*`: the least that matters.
/// - `hears`: the function; NULL: nobody hears messages.
/// - `context`: what it is called with.
///
/// Returns `DY_LMDB_OK` or `DY_LMDB_INVALID_ARGUMENT`.
///
/// Memory: function and context stay valid until the process ends: a call may be under way when they are replaced.
///
/// Threads: any number at once.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn dy_lmdb_log_set(
    level: u32,
    hears: dy_lmdb_log_t,
    context: *mut c_void,
) -> dy_lmdb_status_t {
    guard(|| {
        let least = Level::of(level)
            .ok_or_else(|| invalid(format!("level is {level}; allowed: 1 error, 2 warn, 3 info, 4 debug")))?;
        let context = Context(context);
        log::listen(
            Door::C,
            least,
            hears.map(|hears| -> log::Sink {
                Box::new(move |level, message: &str| {
                    // SAFETY: as the documentation demands of the caller.
                    unsafe { hears(context.get(), level as u32, message.as_ptr().cast(), message.len()) };
                })
            }),
        );
        Ok(())
    })
}

/// What a function of the caller's is called with.
struct Context(*mut c_void);

// SAFETY: the caller says that any thread may have it.
unsafe impl Send for Context {}
// SAFETY: as above.
unsafe impl Sync for Context {}

impl Context {
    fn get(&self) -> *mut c_void {
        self.0
    }
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
