//! Stores: opening, closing, and what concerns all of a store.

use super::arg::{invalid, maybe_out, out, text};
use super::bytes::{BytesOut, dy_lmdb_bytes_t};
use super::guard::guard;
use super::handle::{Handle, Inside, Kind};
use super::options::{dy_lmdb_options_t, open_options};
use super::status::dy_lmdb_status_t;
use crate::config::Config;
use crate::error::{Error, Result, Status};
use crate::store::Store;
use std::ffi::c_char;
use std::mem::MaybeUninit;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

/// Faults an audit's message names; the rest are counted.
const FAULTS_NAMED: usize = 8;

/// A handle on an open store: a directory that any number of processes share. Several handles on one
/// directory share one store in the process; the last to close releases it. A handle that was closed may
/// still be passed: calls answer `DY_LMDB_CLOSED`, never undefined behaviour. Each open costs a few bytes
/// that stay for this until the process ends. All calls may come from any thread.
///
/// In a child made by fork(), handles of the parent answer `DY_LMDB_FORKED`; close them there and open again.
pub struct dy_lmdb_store_t {
    _is_a_handle: [u8; 0],
}

impl Kind for Store {
    const NAME: &'static str = "store";
    const MAGIC: u64 = 0x6479_6c6d_6462_2d73;
}

/// Begins a call on a store that C passed.
pub(super) unsafe fn enter<'a>(store: *const dy_lmdb_store_t) -> Result<Inside<'a, Store>> {
    // SAFETY: NULL or a handle, says the caller.
    unsafe { Handle::at(store.cast::<Handle<Store>>()) }?.enter()
}

/// The place for a store that a call gives to its caller.
pub(super) struct StoreOut<'a>(&'a mut MaybeUninit<*mut dy_lmdb_store_t>);

impl StoreOut<'_> {
    /// Checks the place.
    pub(super) unsafe fn new<'a>(place: *mut *mut dy_lmdb_store_t) -> Result<StoreOut<'a>> {
        // SAFETY: as the caller says.
        unsafe { out("store", place) }.map(StoreOut)
    }

    /// Gives the caller a handle on the store.
    pub(super) fn write(self, store: Store) {
        self.0.write(Handle::give(store).cast());
    }
}

/// Opens the store in a directory, and creates both when they are not there. Opening a directory that is open
/// in this process gives another handle on the same store: the larger map size wins, other options that
/// differ are warned about.
///
/// - `path`, `path_len`: the directory, UTF-8; a relative one is taken from the working directory.
/// - `options`: how to open it; NULL means the defaults.
/// - `store`: where to put the handle.
///
/// Returns `DY_LMDB_OK`, or:
/// - `DY_LMDB_INVALID_ARGUMENT`: NULL, no UTF-8, an empty path, an unknown flag or option;
/// - `DY_LMDB_NOT_FOUND`: no store is there, and `DY_LMDB_OPEN_EXISTING` was asked for;
/// - `DY_LMDB_PERMISSION`: the directory is not permitted, another user's, a symbolic link, or writable by
///   others and not asked to be;
/// - `DY_LMDB_FOREIGN_STORE`, `DY_LMDB_ALREADY_OPEN`, `DY_LMDB_UNSUPPORTED`, `DY_LMDB_LIMIT`,
///   `DY_LMDB_DISK_FULL`, `DY_LMDB_IO`: as they say.
///
/// Warnings are for `dy_lmdb_warnings_take`.
///
/// Memory: close the handle with `dy_lmdb_store_close`.
///
/// Threads: any number at once. The store's sweeper thread starts with its first use.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn dy_lmdb_store_open(
    path: *const c_char,
    path_len: usize,
    options: *const dy_lmdb_options_t,
    store: *mut *mut dy_lmdb_store_t,
) -> dy_lmdb_status_t {
    guard(|| {
        // SAFETY: as the documentation demands of the caller.
        let (path, options, store) =
            unsafe { (text("path", path, path_len)?, open_options(options)?, StoreOut::new(store)?) };
        if path.is_empty() || path.contains('\0') {
            return Err(invalid(format!("path {path:?} names no directory")));
        }
        store.write(Store::open(Path::new(path), &options)?);
        Ok(())
    })
}

/// Opens the store that a configuration describes.
///
/// - `json`, `json_len`: a JSON object, UTF-8; its `lmdb_*` keys are read, others are somebody else's. See
///   `dy_lmdb_config_parse`.
/// - `store`: where to put the handle.
///
/// Returns what `dy_lmdb_store_open` does; `DY_LMDB_CONFIG` when a value is not allowed. `lmdb_enabled` is
/// not looked at.
///
/// Memory: close the handle with `dy_lmdb_store_close`.
///
/// Threads: any number at once.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn dy_lmdb_store_open_config(
    json: *const c_char,
    json_len: usize,
    store: *mut *mut dy_lmdb_store_t,
) -> dy_lmdb_status_t {
    guard(|| {
        // SAFETY: as the documentation demands of the caller.
        let (json, store) = unsafe { (text("json", json, json_len)?, StoreOut::new(store)?) };
        let config = Config::from_json(json)?;
        store.write(Store::open(&config.db_path, &config.options())?);
        Ok(())
    })
}

/// Closes a handle.
///
/// - `store`: the handle; NULL, or one that was closed already, is nothing to do.
///
/// Returns `DY_LMDB_OK`; `DY_LMDB_INVALID_ARGUMENT` when the pointer is no store.
///
/// Memory: the handle may still be passed and answers `DY_LMDB_CLOSED`. Views, loans and documents made from
/// it stay valid, and keep the store open in this process until they are closed.
///
/// Threads: any number at once. Calls under way in other threads end as they would; the last of them releases
/// the store.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn dy_lmdb_store_close(store: *mut dy_lmdb_store_t) -> dy_lmdb_status_t {
    guard(|| {
        if !store.is_null() {
            // SAFETY: a handle, says the caller.
            unsafe { Handle::at(store.cast::<Handle<Store>>()) }?.close();
        }
        Ok(())
    })
}

/// Tells the directory of a store.
///
/// - `store`: the store.
/// - `path`: where to put the block: the absolute path, not NUL-terminated.
///
/// Returns `DY_LMDB_OK`, `DY_LMDB_INVALID_ARGUMENT` or `DY_LMDB_CLOSED`.
///
/// Memory: free the block with `dy_lmdb_bytes_free`.
///
/// Threads: any number at once.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn dy_lmdb_store_path(
    store: *const dy_lmdb_store_t,
    path: *mut *mut dy_lmdb_bytes_t,
) -> dy_lmdb_status_t {
    guard(|| {
        // SAFETY: as the documentation demands of the caller.
        let (store, path) = unsafe { (enter(store)?, BytesOut::new("path", path)?) };
        path.write(store.path().as_os_str().as_bytes());
        Ok(())
    })
}

/// Tells the id of a store: no other has it, not its copies nor one that takes its place. `_lmdb_entry` of references to
/// its entries begins with it.
///
/// - `store`: the store.
/// - `id`: where to put the block: 32 hexadecimal digits, not NUL-terminated.
///
/// Returns `DY_LMDB_OK`, `DY_LMDB_INVALID_ARGUMENT` or `DY_LMDB_CLOSED`.
///
/// Memory: free the block with `dy_lmdb_bytes_free`.
///
/// Threads: any number at once.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn dy_lmdb_store_id(
    store: *const dy_lmdb_store_t,
    id: *mut *mut dy_lmdb_bytes_t,
) -> dy_lmdb_status_t {
    guard(|| {
        // SAFETY: as the documentation demands of the caller.
        let (store, id) = unsafe { (enter(store)?, BytesOut::new("id", id)?) };
        id.write(format!("{:032x}", store.id()).into_bytes());
        Ok(())
    })
}

/// Removes every expired entry now, and reclaims what dead processes held. The sweeper thread does the same
/// by itself.
///
/// - `store`: the store.
/// - `removed`: where to put the number of entries removed; may be NULL.
///
/// Returns `DY_LMDB_OK`, `DY_LMDB_INVALID_ARGUMENT`, `DY_LMDB_CLOSED`, `DY_LMDB_FORKED`, `DY_LMDB_DISK_FULL`
/// or `DY_LMDB_IO`.
///
/// Threads: any number at once; the write lock is given up every few entries.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn dy_lmdb_store_sweep(
    store: *const dy_lmdb_store_t,
    removed: *mut u64,
) -> dy_lmdb_status_t {
    guard(|| {
        // SAFETY: as the documentation demands of the caller.
        let (store, removed) = unsafe { (enter(store)?, maybe_out(removed)) };
        let count = store.sweep()?;
        if let Some(removed) = removed {
            removed.write(count);
        }
        Ok(())
    })
}

/// Tells statistics of a store: entries and bytes of each database, how much of the map is used, who reads
/// and what they pin, hits, misses, expired entries and waits of this process.
///
/// - `store`: the store.
/// - `json`: where to put the block: one JSON object.
///
/// Returns `DY_LMDB_OK`, `DY_LMDB_INVALID_ARGUMENT`, `DY_LMDB_CLOSED`, `DY_LMDB_FORKED`,
/// `DY_LMDB_READERS_FULL` or `DY_LMDB_IO`.
///
/// Memory: free the block with `dy_lmdb_bytes_free`.
///
/// Threads: any number at once.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn dy_lmdb_store_stats(
    store: *const dy_lmdb_store_t,
    json: *mut *mut dy_lmdb_bytes_t,
) -> dy_lmdb_status_t {
    guard(|| {
        // SAFETY: as the documentation demands of the caller.
        let (store, json) = unsafe { (enter(store)?, BytesOut::new("json", json)?) };
        json.write(store.stats()?.to_string());
        Ok(())
    })
}

/// Tells the calls of calculators that wrappers made through the store or past it, of every process since the store was
/// made, and the last 256 that took longer than their `lmdb_slow_ms`. Looks at no entry, so it costs little.
///
/// - `store`: the store.
/// - `json`: where to put the block: one JSON object; `docs/operations.md` says what is in it.
///
/// Returns `DY_LMDB_OK`, `DY_LMDB_INVALID_ARGUMENT`, `DY_LMDB_CLOSED` or `DY_LMDB_FORKED`.
///
/// Memory: free the block with `dy_lmdb_bytes_free`.
///
/// Threads: any number at once.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn dy_lmdb_store_calls(
    store: *const dy_lmdb_store_t,
    json: *mut *mut dy_lmdb_bytes_t,
) -> dy_lmdb_status_t {
    guard(|| {
        // SAFETY: as the documentation demands of the caller.
        let (store, json) = unsafe { (enter(store)?, BytesOut::new("json", json)?) };
        json.write(store.calls()?.to_string());
        Ok(())
    })
}

/// Checks a whole store: every page of the arenas owned once, every record, loan, pin and expiry row in
/// order.
///
/// - `store`: the store.
/// - `json`: where to put the block: one JSON object with what was counted.
///
/// Returns `DY_LMDB_OK`; `DY_LMDB_CORRUPT` when there is a fault, named by the message;
/// `DY_LMDB_INVALID_ARGUMENT`, `DY_LMDB_CLOSED`, `DY_LMDB_FORKED` or `DY_LMDB_IO`.
///
/// Memory: free the block with `dy_lmdb_bytes_free`.
///
/// Threads: any number at once. The time grows with the number of entries; this is for tests and operators.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn dy_lmdb_store_audit(
    store: *const dy_lmdb_store_t,
    json: *mut *mut dy_lmdb_bytes_t,
) -> dy_lmdb_status_t {
    guard(|| {
        // SAFETY: as the documentation demands of the caller.
        let (store, json) = unsafe { (enter(store)?, BytesOut::new("json", json)?) };
        let audit = store.audit()?;
        if !audit.faults.is_empty() {
            return Err(faulty(&store, &audit.faults));
        }
        let text = serde_json::to_string(&audit).map_err(|error| {
            Error::new(Status::Internal, format!("the audit does not become JSON: {error}"))
        })?;
        json.write(text);
        Ok(())
    })
}

/// The error of an audit that found faults.
fn faulty(store: &Store, faults: &[String]) -> Error {
    let named = faults[..faults.len().min(FAULTS_NAMED)].join("; ");
    Error::new(Status::Corrupt, format!("the store {:?} has {} faults: {named}", store.path(), faults.len()))
}
