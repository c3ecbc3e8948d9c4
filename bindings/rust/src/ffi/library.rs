//! Calls that belong to no object.

use super::{chars, text};
use crate::error::{Error, ErrorKind, Result};
use crate::sys;
use std::ffi::CStr;
use std::path::Path;

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
