//! Calls that belong to no object.

use super::{chars, check, slice, text};
use crate::error::{Error, ErrorKind, Result};
use crate::sys;
use std::ffi::{CStr, c_char, c_void};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::ptr;

/// Loads the shared library from `file`, unless a copy is loaded in this process already: that one is used then,
/// whoever loaded it. Calling this is never needed; without it the first call of anything looks
///
/// 1. for the copy that this process has loaded (a Python package or a C++ module may have brought it);
/// 2. at the file that the environment variable `DISHTAYANTRA_LMDB_LIBRARY` names;
/// 3. in the directory that `DISHTAYANTRA_LMDB_LIB_DIR` named when this crate was built;
/// 4. where the system's loader finds `libdishtayantra_lmdb.so.0`.
///
/// Fails with [`ErrorKind::Library`], telling where was looked. The library stays loaded. Any thread may call it.
pub fn load(file: Option<&Path>) -> Result<()> {
    sys::load(file).map(|_| ())
}

/// The versions of what is loaded.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Versions {
    /// The library's, such as "0.1.0".
    pub library: String,
    /// The C ABI's.
    pub abi: u32,
    /// The LMDB's inside the library.
    pub lmdb: String,
}

/// The versions of what is loaded.
pub fn versions() -> Result<Versions> {
    let functions = sys::functions()?;
    // SAFETY: both are constants of the library, NUL-terminated.
    let (library, lmdb) = unsafe {
        (CStr::from_ptr((functions.dy_lmdb_version)()), CStr::from_ptr((functions.dy_lmdb_lmdb_version)()))
    };
    Ok(Versions {
        library: library.to_string_lossy().into_owned(),
        // SAFETY: may be called at any time.
        abi: unsafe { (functions.dy_lmdb_abi_version)() },
        lmdb: lmdb.to_string_lossy().into_owned(),
    })
}

/// Where a status is explained; `None`: a failure of this side.
pub(crate) fn help(status: Option<i32>) -> &'static str {
    let (Some(status), Ok(functions)) = (status, sys::functions()) else {
        return "docs/troubleshooting.md#before-there-is-a-status";
    };
    // SAFETY: it gives constants of the library, NUL-terminated, and the library stays loaded.
    unsafe { CStr::from_ptr((functions.dy_lmdb_status_help)(status)) }.to_str().unwrap_or_default()
}

/// How much a message of the library matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u32)]
pub enum LogLevel {
    /// Something failed that no call could tell of.
    Error = sys::DY_LMDB_LOG_ERROR,
    /// Somebody should look at it.
    Warn = sys::DY_LMDB_LOG_WARN,
    /// Slow calls, payloads that could not be stored.
    Info = sys::DY_LMDB_LOG_INFO,
    /// Stores opened and closed.
    Debug = sys::DY_LMDB_LOG_DEBUG,
}

type Hears = Box<dyn Fn(LogLevel, &str) + Send + Sync>;

/// Has messages of `least` and above handed to `hears` from now on, one for the whole process, in place of the one before. It
/// may be called from any thread, several at once; a panic of it goes nowhere. It is kept until the process ends.
pub fn set_log(least: LogLevel, hears: impl Fn(LogLevel, &str) + Send + Sync + 'static) -> Result<()> {
    let functions = sys::functions()?;
    let hears: Hears = Box::new(hears);
    let kept: &'static Hears = Box::leak(Box::new(hears));
    // SAFETY: function and context stay until the process ends.
    check(functions, unsafe {
        (functions.dy_lmdb_log_set)(least as u32, Some(hear), ptr::from_ref(kept).cast_mut().cast())
    })
}

unsafe extern "C" fn hear(context: *mut c_void, level: u32, message: *const c_char, size: usize) {
    let level = match level {
        sys::DY_LMDB_LOG_ERROR => LogLevel::Error,
        sys::DY_LMDB_LOG_WARN => LogLevel::Warn,
        sys::DY_LMDB_LOG_INFO => LogLevel::Info,
        _ => LogLevel::Debug,
    };
    // SAFETY: what `set_log` keeps, and a message that stays during the call.
    let (hears, message) = unsafe { (&*context.cast::<Hears>(), slice(message.cast(), size)) };
    let message = String::from_utf8_lossy(message);
    // Nothing may unwind through the library.
    let _ = catch_unwind(AssertUnwindSafe(|| hears(level, &message)));
}

/// Takes the warnings that calls on this thread have raised since the last time, oldest first: an unknown `lmdb_*`
/// key, an option that differs from those a store is open with, a directory that others can read.
pub fn take_warnings() -> Result<Vec<String>> {
    let functions = sys::functions()?;
    // SAFETY: the place of the output is valid.
    let json = text(functions, |json| unsafe { (functions.dy_lmdb_warnings_take)(json) })?;
    serde_json::from_str(&json).map_err(|error| Error::new(ErrorKind::Internal, format!("warnings: {error}")))
}

/// Checks a configuration, a JSON object, and fills in the defaults: every `lmdb_*` key, the path made absolute. Other
/// keys are somebody else's; an unknown `lmdb_*` key is a warning.
///
/// Fails with [`ErrorKind::Config`], naming the key, the value and what is allowed.
pub fn parse_config(json: &str) -> Result<String> {
    let functions = sys::functions()?;
    // SAFETY: the text is passed with its length, the place of the output is valid.
    text(functions, |out| unsafe { (functions.dy_lmdb_config_parse)(chars(json), json.len(), out) })
}
