//! Where the stores may be that references lead to.
//!
//! A reference is data: whoever writes one chooses the directory that is opened. What a process has open already is
//! no question; other stores are opened under the roots that it allows. When it names none, references are followed
//! wherever they lead, as engines expect that know nothing of roots.

use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};

use super::stores;
use crate::error::{Error, Result, Status};
use crate::mapping::fork;
use crate::store::Store;
use crate::warning::{Subject, warn};

/// The environment variable that names roots, separated as those of `PATH` are.
pub const ROOTS_VARIABLE: &str = "LMDB_ALLOWED_ROOTS";

/// `None`: the environment was not looked at yet. Only touched while forks are excluded, so that no child inherits it
/// locked.
static ROOTS: Mutex<Option<Vec<PathBuf>>> = Mutex::new(None);
static WARNED: AtomicBool = AtomicBool::new(false);

/// Allows references to lead to stores at and below `roots`, beside what is allowed already.
///
/// # Errors
/// As for [`set_allowed`].
pub fn allow(roots: &[PathBuf]) -> Result<()> {
    let mut all = allowed();
    all.extend(absolute(roots)?);
    replace(all);
    Ok(())
}

/// Allows references to lead to stores at and below `roots`, and nowhere else but to the stores that this process has
/// open; not to what [`ROOTS_VARIABLE`] names either. None at all: wherever they lead.
///
/// # Errors
/// `InvalidArgument` when a root is empty or cannot be made absolute.
pub fn set_allowed(roots: &[PathBuf]) -> Result<()> {
    replace(absolute(roots)?);
    Ok(())
}

fn absolute(roots: &[PathBuf]) -> Result<Vec<PathBuf>> {
    let absolute = |root: &PathBuf| {
        std::path::absolute(root).map_err(|error| {
            Error::new(Status::InvalidArgument, format!("the root {root:?} cannot be made absolute: {error}"))
        })
    };
    roots.iter().map(absolute).collect()
}

fn replace(mut roots: Vec<PathBuf>) {
    roots.sort();
    roots.dedup();
    let changed = with_roots(|held| held.replace(roots.clone()) != Some(roots));
    if changed {
        // What was kept open for references was allowed by what held until now.
        stores::forget();
    }
}

fn allowed() -> Vec<PathBuf> {
    with_roots(|held| {
        let named = || {
            let named = std::env::var_os(ROOTS_VARIABLE).unwrap_or_default();
            let roots = std::env::split_paths(&named).filter(|root| !root.as_os_str().is_empty());
            roots.filter_map(|root| std::path::absolute(root).ok()).collect()
        };
        held.get_or_insert_with(named).clone()
    })
}

fn with_roots<T>(f: impl FnOnce(&mut Option<Vec<PathBuf>>) -> T) -> T {
    let _excluded = fork::exclude();
    f(&mut ROOTS.lock().unwrap_or_else(PoisonError::into_inner))
}

/// The path under which a store that a reference names may be opened.
///
/// # Errors
/// `Permission` naming path and roots.
pub(super) fn check(path: &Path) -> Result<PathBuf> {
    let roots = allowed();
    if Store::is_open(path) {
        return Ok(path.to_owned());
    }
    if roots.is_empty() {
        if !WARNED.swap(true, Ordering::Relaxed) {
            warn(
                Subject::RootsUnset,
                format!(
                    "a reference leads to the store {}, and nothing says which stores references may lead to: \
                 lmdb_allowed_roots or {ROOTS_VARIABLE} does",
                    path.display()
                ),
            );
        }
        return Ok(path.to_owned());
    }
    let real = path.canonicalize().map_err(|error| match error.kind() {
        io::ErrorKind::NotFound => {
            Error::new(Status::NotFound, format!("there is no store in {}", path.display()))
        }
        _ => refused(path, &roots),
    })?;
    let within = roots.iter().any(|root| root.canonicalize().is_ok_and(|root| allows(&root, &real)));
    // A link is refused as it is wherever a store is opened; opened is what was looked at.
    if within && !path.is_symlink() { Ok(real) } else { Err(refused(path, &roots)) }
}

/// Whether `root` allows the store `path`, both without links: it is the root, or below it with no directory between
/// them, nor the root itself, in which everybody may put a store of theirs.
fn allows(root: &Path, path: &Path) -> bool {
    path == root
        || path.starts_with(root)
            && path
                .ancestors()
                .skip(1)
                .take_while(|above| above.starts_with(root))
                .all(|above| above.metadata().is_ok_and(|above| above.mode() & 0o002 == 0))
}

fn refused(path: &Path, roots: &[PathBuf]) -> Error {
    let shown: Vec<_> = roots.iter().map(|root| root.display().to_string()).collect();
    let what = format!(
        "a reference leads to the store {}, which is outside of {} (lmdb_allowed_roots, {ROOTS_VARIABLE}); in a \
         directory that everybody may write, name the store itself",
        path.display(),
        shown.join(", ")
    );
    Error::new(Status::Permission, what)
}
