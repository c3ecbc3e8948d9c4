//! LMDB's return codes as a type.

use crate::error::{Error, Status};
use std::ffi::CStr;
use std::fmt;

/// A return code of LMDB other than success: one of its own (negative) or an `errno`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LmdbError(pub i32);

impl LmdbError {
    /// The map's end was reached.
    pub const MAP_FULL: LmdbError = LmdbError(lmdb_sys::MDB_MAP_FULL);
    /// Every reader slot is taken.
    pub const READERS_FULL: LmdbError = LmdbError(lmdb_sys::MDB_READERS_FULL);
    /// Every handle of a named database is taken.
    pub const DBS_FULL: LmdbError = LmdbError(lmdb_sys::MDB_DBS_FULL);
    /// The file is no LMDB data file.
    pub const INVALID: LmdbError = LmdbError(lmdb_sys::MDB_INVALID);
    /// The file is of another version of LMDB.
    pub const VERSION_MISMATCH: LmdbError = LmdbError(lmdb_sys::MDB_VERSION_MISMATCH);
    /// The named database is of another kind.
    pub const INCOMPATIBLE: LmdbError = LmdbError(lmdb_sys::MDB_INCOMPATIBLE);

    pub(super) fn check(code: i32) -> Result<(), LmdbError> {
        if code == 0 { Ok(()) } else { Err(LmdbError(code)) }
    }

    fn status(self) -> Status {
        match self.0 {
            lmdb_sys::MDB_MAP_FULL => Status::MapFull,
            lmdb_sys::MDB_READERS_FULL => Status::ReadersFull,
            lmdb_sys::MDB_DBS_FULL => Status::DbsFull,
            lmdb_sys::MDB_INVALID | lmdb_sys::MDB_VERSION_MISMATCH | lmdb_sys::MDB_INCOMPATIBLE => {
                Status::ForeignStore
            }
            lmdb_sys::MDB_CORRUPTED | lmdb_sys::MDB_PAGE_NOTFOUND => Status::Corrupt,
            libc::ENOSPC | libc::EDQUOT => Status::DiskFull,
            libc::EACCES | libc::EPERM | libc::EROFS => Status::Permission,
            libc::ENOMEM | libc::EFBIG => Status::Limit,
            lmdb_sys::MDB_PANIC => Status::Io,
            code if code > 0 => Status::Io,
            _ => Status::Internal,
        }
    }
}

/// What helps after a commit that did not reach the disk: LMDB refuses everything in the process that made it.
const REOPEN: &str = "; a commit could not be written to the disk: close the store in this process, its views and loans \
                      too, and open it again";

impl LmdbError {
    /// The error of a durable store's commit, of which nobody knows whether it lasts.
    pub fn of_commit(self) -> Error {
        match self.0 {
            code if code > 0 => Error::new(self.status(), format!("LMDB: {self}{REOPEN}")),
            _ => self.into(),
        }
    }
}

impl fmt::Display for LmdbError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // SAFETY: mdb_strerror answers a NUL-terminated static string for LMDB's codes and strerror's text for others.
        let text = unsafe { CStr::from_ptr(lmdb_sys::mdb_strerror(self.0)) };
        f.write_str(&text.to_string_lossy())
    }
}

impl std::error::Error for LmdbError {}

impl From<LmdbError> for Error {
    fn from(error: LmdbError) -> Error {
        let advice = match error.0 {
            lmdb_sys::MDB_PANIC => REOPEN,
            _ => "",
        };
        Error::new(error.status(), format!("LMDB: {error}{advice}"))
    }
}
