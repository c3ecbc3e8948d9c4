//! What can be told of a directory without opening a store in it.

use super::directory::{self, SHARED};
use super::handle::Store;
use super::shared;
use crate::error::Result;
use std::io;
use std::path::Path;

impl Store {
    /// Format version of the store in the directory `path`, as its first bytes tell. `None`: there is none. Nothing is
    /// locked, made or changed.
    ///
    /// # Errors
    /// Those of the operating system, other than that something is not there.
    pub fn version_at(path: &Path) -> io::Result<Option<u32>> {
        match std::fs::File::open(path.join(SHARED)) {
            Ok(file) => shared::version_in(&file),
            Err(error) if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) => {
                Ok(None)
            }
            Err(error) => Err(error),
        }
    }

    /// Refuses a path on a file system that cannot hold a store. Of a path that is not there the nearest directory that
    /// is counts.
    ///
    /// # Errors
    /// `Unsupported`; `Io`, `Permission` when it cannot be told.
    pub fn check_file_system(path: &Path) -> Result<()> {
        let nearest = path.ancestors().find(|path| path.is_dir()).unwrap_or(Path::new("."));
        directory::check_file_system(nearest)
    }
}
