//! Opening a store to look at it.

use std::io::{self, ErrorKind};
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
    // What there is in place of a store the engine says; of a directory with nothing of one it says who may write there.
    let there = ["shared", "data.mdb"].map(|name| path.join(name).symlink_metadata());
    if there.iter().flatten().next().is_none() {
        let barred = |error: &io::Error| error.kind() == ErrorKind::PermissionDenied;
        if there.iter().filter_map(|file| file.as_ref().err()).any(barred) {
            return Err(not_permitted(path));
        }
        if path.is_dir() {
            return failed(Status::NotFound, format!("{} holds no store of this library", path.display()));
        }
    }
    Ok(Store::open(path, &options(opening))?)
}

/// A failure with the status that the engine would give it.
pub fn failed<T>(status: Status, message: String) -> Result<T, Failure> {
    Err(Error::new(status, message).into())
}

/// The statistics of a store whose files are still where they were.
pub fn look(store: &Store) -> Result<Value, Failure> {
    if !store.is_there() {
        return failed(Status::ForeignStore, format!("the store is no longer in {}", store.path().display()));
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

/// A failure in words: the name of its status, and of what is not permitted so first, whoever found it.
pub fn in_words(failure: &Failure) -> String {
    let Some(error) = failure.downcast_ref::<Error>() else { return format!("error: {failure}") };
    let name = error.status().name().trim_start_matches("DY_LMDB_");
    let denied = if error.status() == Status::Permission { "permission denied: " } else { "" };
    format!("error ({name}): {denied}{error}")
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
    let message = format!(
        "{} cannot be looked into by {}{}",
        path.display(),
        process::user(nix::unistd::geteuid().as_raw()),
        barred.unwrap_or_default()
    );
    Error::new(Status::Permission, message).into()
}
