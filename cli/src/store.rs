//! Opening a store to look at it.

use std::io::ErrorKind;
use std::path::Path;

use dishtayantra_lmdb::error::{Error, Status};
use dishtayantra_lmdb::options::Options;
use dishtayantra_lmdb::store::Store;
use serde_json::Value;

use crate::Failure;
use crate::arguments::Opening;
use crate::process;

/// Opens the store that a command is about, and changes nothing about it: limits stay as they are, nothing is made.
pub fn open(path: &Path, opening: &Opening) -> Result<Store, Failure> {
    // What else is in a directory is not looked at by the engine before it has put its own lock there.
    match path.join("shared").symlink_metadata() {
        Ok(_) => {}
        Err(error) if error.kind() == ErrorKind::PermissionDenied => return Err(not_permitted(path)),
        Err(_) if path.is_dir() => {
            let what = format!("{} holds no store of this library", path.display());
            return Err(Error::new(Status::ForeignStore, what).into());
        }
        // The engine says what there is instead.
        Err(_) => {}
    }
    Ok(Store::open(path, &options(opening))?)
}

/// The statistics of a store whose files are still where they were.
pub fn look(store: &Store) -> Result<Value, Failure> {
    if !store.is_there() {
        let what = format!("the store is no longer in {}", store.path().display());
        return Err(Error::new(Status::ForeignStore, what).into());
    }
    Ok(store.stats()?)
}

/// How a store is opened that is there.
pub fn options(opening: &Opening) -> Options {
    Options {
        max_dbs: 1,
        mode: opening.mode,
        follow_symlinks: opening.follow_symlinks,
        sweeper: false,
        existing: true,
        ..Options::default()
    }
}

/// A failure in words; what is not permitted says so first, whoever found it.
pub fn in_words(failure: &Failure) -> String {
    match failure.downcast_ref::<Error>() {
        Some(error) if error.status() == Status::Permission => format!("permission denied: {error}"),
        _ => failure.to_string(),
    }
}

/// What is said of a directory that we may not look into.
pub fn not_permitted(path: &Path) -> Failure {
    use std::os::unix::fs::MetadataExt;
    let barred = path.ancestors().find_map(|directory| {
        let metadata = directory.metadata().ok()?;
        Some(format!(
            "; {} is {}'s, with mode {:04o}",
            directory.display(),
            process::user(metadata.uid()),
            metadata.mode() & 0o7777
        ))
    });
    let what = format!(
        "{} cannot be looked into by {}{}",
        path.display(),
        process::user(nix::unistd::geteuid().as_raw()),
        barred.unwrap_or_default()
    );
    Error::new(Status::Permission, what).into()
}
