//! Finding what LMDB mapped: it does not tell the address of its maps, `/proc/self/maps` does.

use super::payload::PayloadMap;
use super::proc_maps::{self, FileId, Mapping};
use super::sys;
use crate::error::{Error, Result, Status};
use crate::lmdb::{Env, LockTable};
use std::ptr::NonNull;
use std::sync::{Mutex, PoisonError};

/// Start addresses of the read-only maps this process, or one it was forked from, made.
static OURS: Mutex<Vec<usize>> = Mutex::new(Vec::new());

/// What LMDB mapped for one environment.
pub struct Attached {
    /// Both maps of the data file.
    pub map: PayloadMap,
    /// The reader table.
    pub lock_table: LockTable,
}

/// Whether a forked parent of this process, or the process itself, made the mapping through this library.
pub fn is_inherited(mapping: &Mapping) -> bool {
    !mapping.writable && OURS.lock().unwrap_or_else(PoisonError::into_inner).contains(&mapping.start)
}

/// Forgets a map that is about to end.
pub(super) fn forget(start: usize) {
    OURS.lock().unwrap_or_else(PoisonError::into_inner).retain(|&ours| ours != start);
}

/// Finds LMDB's maps of an environment just opened, among those that were not there `before`, and maps the data file a
/// second time, read-only.
pub fn attach(env: &Env, data: FileId, lock: FileId, before: &[Mapping]) -> Result<Attached> {
    let missing =
        |what: &str| Error::new(Status::Internal, format!("LMDB's map of {what} is not in /proc/self/maps"));
    let new = |file: FileId, name: &str| -> Result<Mapping> {
        proc_maps::of_file(file, name)?
            .into_iter()
            .find(|m| m.writable && m.offset == 0 && !before.contains(m))
            .ok_or_else(|| missing(name))
    };
    let (data, lock) = (new(data, "data.mdb")?, new(lock, "lock.mdb")?);
    if data.end - data.start != env.map_size()? {
        return Err(missing("data.mdb"));
    }
    let fd = env.fd()?;
    sys::close_on_exec(fd).map_err(|e| Error::io("setting close-on-exec for data.mdb", &e))?;
    // SAFETY: the mapping LMDB made of this descriptor; both live as long as the environment, which is dropped later.
    let map =
        unsafe { PayloadMap::new(&data, fd) }.map_err(|e| Error::io("mapping data.mdb for reading", &e))?;
    OURS.lock().unwrap_or_else(PoisonError::into_inner).push(map.readable_base());
    let base = NonNull::new(lock.start as *mut u8).ok_or_else(|| missing("lock.mdb"))?;
    // SAFETY: LMDB's mapping of the lock file, which lives as long as the environment.
    let lock_table = unsafe { LockTable::new(base, lock.end - lock.start) };
    // Others commit meanwhile, the data file first. One whose commit the disk refused has left it one ahead.
    let (before, newest, after) = (lock_table.last_txn(), env.last_txn()?, lock_table.last_txn());
    if !(before..=after + 1).contains(&newest) {
        return Err(Error::new(Status::Internal, "the map of lock.mdb is not that of this store"));
    }
    Ok(Attached { map, lock_table })
}
