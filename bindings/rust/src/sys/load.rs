//! Finds the shared library and loads it once, so that a process has one copy of the engine.

use super::{DY_LMDB_ABI_VERSION, Functions};
use crate::error::{Error, ErrorKind, Result};
use libloading::os::unix::{Library, RTLD_LOCAL, RTLD_NOW};
use std::ffi::{OsStr, c_int};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, OnceLock, PoisonError};

/// What the loader knows the library by, wherever its file lies.
const SONAME: &str = "libdishtayantra_lmdb.so.0";
/// Names the file to use.
const VARIABLE: &str = "DISHTAYANTRA_LMDB_LIBRARY";
/// A directory to look in, told when this crate was built, as a run path is.
const BUILT_WITH: Option<&str> = option_env!("DISHTAYANTRA_LMDB_LIB_DIR");
/// Finds what is loaded and loads nothing: `<dlfcn.h>` of Linux.
const RTLD_NOLOAD: c_int = 4;

/// Holds the library too, which is never unloaded: its threads run and its handles may be anywhere.
static LOADED: OnceLock<Functions> = OnceLock::new();
static LOADING: Mutex<()> = Mutex::new(());

/// The library's functions. The first call loads the library.
pub fn functions() -> Result<&'static Functions> {
    match LOADED.get() {
        Some(functions) => Ok(functions),
        None => load(None),
    }
}

/// The same, from `file` when nothing is loaded yet.
pub fn load(file: Option<&Path>) -> Result<&'static Functions> {
    // The lock guards no data that a panic could leave half made.
    let _one_at_a_time = LOADING.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(functions) = LOADED.get() {
        return Ok(functions);
    }
    let found = find(file)?;
    Ok(LOADED.get_or_init(|| found))
}

/// Looks in the documented order; a failure tells where was looked.
fn find(file: Option<&Path>) -> Result<Functions> {
    if let Ok(library) = open(OsStr::new(SONAME), RTLD_NOLOAD | RTLD_NOW) {
        return checked(library, &format!("{SONAME}, loaded already in this process"));
    }
    // What the caller or the user named is what is used: another copy instead would hide the mistake.
    if let Some(file) = file {
        return named(file, "the program");
    }
    if let Some(file) = std::env::var_os(VARIABLE).filter(|file| !file.is_empty()) {
        return named(Path::new(&file), VARIABLE);
    }
    let mut looked = vec![format!("{SONAME} in this process: not loaded"), format!("{VARIABLE}: not set")];
    let built_with = BUILT_WITH.map(|directory| Path::new(directory).join(SONAME));
    for place in built_with.into_iter().chain([PathBuf::from(SONAME)]) {
        match open(place.as_os_str(), RTLD_LOCAL | RTLD_NOW) {
            Ok(library) => return checked(library, &place.display().to_string()),
            Err(error) => looked.push(reason(&error)),
        }
    }
    Err(Error::new(
        ErrorKind::Library,
        format!(
            "the library libdishtayantra_lmdb was not found; looked at:\n  {}\nbuild with DISHTAYANTRA_LMDB_LIB_DIR \
             set to the directory that it is in, or run 'make install' and ldconfig",
            looked.join("\n  ")
        ),
    ))
}

fn named(file: &Path, by: &str) -> Result<Functions> {
    let library = open(file.as_os_str(), RTLD_LOCAL | RTLD_NOW).map_err(|error| {
        let file = file.display();
        Error::new(
            ErrorKind::Library,
            format!("{by} names {file}, which cannot be loaded: {}", reason(&error)),
        )
    })?;
    checked(library, &file.display().to_string())
}

/// What the loader said, without what every such error says.
fn reason(error: &libloading::Error) -> String {
    std::error::Error::source(error).map_or_else(|| error.to_string(), ToString::to_string)
}

fn open(name: &OsStr, flags: c_int) -> std::result::Result<Library, libloading::Error> {
    // SAFETY: what runs when libdishtayantra_lmdb is loaded registers a fork handler and needs nothing of us. A file
    // of another name is the user's choice.
    unsafe { Library::open(Some(name), flags) }
}

/// The functions of `library` when it is ours and speaks the ABI that this crate binds to.
fn checked(library: Library, place: &str) -> Result<Functions> {
    let refused = |why: String| Error::new(ErrorKind::Library, format!("{place} {why}"));
    // SAFETY: whatever library this is, a symbol of this name is our function, which takes nothing.
    let version = unsafe { library.get::<unsafe extern "C" fn() -> u32>(b"dy_lmdb_abi_version") }
        .map_err(|_| refused("is not libdishtayantra_lmdb: it lacks dy_lmdb_abi_version".to_owned()))?;
    // SAFETY: the function may be called at any time.
    let found = unsafe { version() };
    if found < DY_LMDB_ABI_VERSION {
        return Err(refused(format!(
            "has ABI version {found}, this crate needs {DY_LMDB_ABI_VERSION} or a later one"
        )));
    }
    // SAFETY: it is our library, of an ABI that has every function that is looked up.
    unsafe { Functions::from_library(library) }.map_err(|error| refused(reason(&error)))
}
