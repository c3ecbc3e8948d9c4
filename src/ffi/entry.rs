//! Entries: put, get, contains, delete, touch, wait.

use super::arg::{Parts, bytes, db_name, items, maybe_out, missing, out, room, show, timeout};
use super::bytes::dy_lmdb_buffer_t;
use super::guard::guard;
use super::info::{InfoOut, dy_lmdb_info_t};
use super::options::{dy_lmdb_put_options_t, put_options};
use super::status::dy_lmdb_status_t;
use super::store::{dy_lmdb_store_t, enter};
use crate::error::{Error, Result, Status};
use crate::store::Entry;
use std::ffi::{c_char, c_void};

/// One entry of `dy_lmdb_store_put_many`. What it points to is read during the call only.
#[repr(C)]
#[derive(Debug, Clone, Copy)]
pub struct dy_lmdb_entry_t {
    /// The key.
    pub key: *const c_void,
    /// Bytes of the key: 1 to 511.
    pub key_len: usize,
    /// The payload's parts, joined in order.
    pub parts: *const dy_lmdb_buffer_t,
    /// How many parts there are.
    pub nparts: usize,
    /// How to put it; NULL means the defaults.
    pub options: *const dy_lmdb_put_options_t,
}

/// Puts an entry. Readers see the old entry under the key or the new one, whole.
///
/// - `store`: the store.
/// - `db`, `db_len`: the named database, UTF-8, made when it is not there; (NULL, 0) means "default".
/// - `key`, `key_len`: the key, 1 to 511 bytes.
/// - `parts`, `nparts`: the payload in parts, joined in order; no parts are an empty payload. At most
///   4,294,836,160 bytes in all.
/// - `options`: how to put it; NULL means the defaults.
/// - `info`: where to tell of the new entry; may be NULL.
///
/// Returns `DY_LMDB_OK`, or:
/// - `DY_LMDB_KEY_EXISTS`: a live entry is there and `DY_LMDB_PUT_NO_OVERWRITE` was asked for;
/// - `DY_LMDB_BAD_KEY`, `DY_LMDB_BAD_FORMAT`, `DY_LMDB_TOO_LARGE`, `DY_LMDB_INVALID_ARGUMENT`: the arguments
///   cannot be put;
/// - `DY_LMDB_MAP_FULL`, `DY_LMDB_DISK_FULL`, `DY_LMDB_DBS_FULL`: no room;
/// - `DY_LMDB_CLOSED`, `DY_LMDB_FORKED`, `DY_LMDB_IO`, `DY_LMDB_INTERNAL`.
///
/// Memory: everything passed is read during the call only.
///
/// Threads: any number at once, in any number of processes. A large payload is copied with no lock held.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn dy_lmdb_store_put(
    store: *const dy_lmdb_store_t,
    db: *const c_char,
    db_len: usize,
    key: *const c_void,
    key_len: usize,
    parts: *const dy_lmdb_buffer_t,
    nparts: usize,
    options: *const dy_lmdb_put_options_t,
    info: *mut dy_lmdb_info_t,
) -> dy_lmdb_status_t {
    guard(|| {
        // SAFETY: as the documentation demands of the caller.
        let (store, db, key, parts, options, info) = unsafe {
            (
                enter(store)?,
                db_name(db, db_len)?,
                bytes("key", key, key_len)?,
                Parts::new(parts, nparts)?,
                put_options(options)?,
                InfoOut::new(info)?,
            )
        };
        info.write(&store.put(db, key, parts.as_slice(), &options)?, None);
        Ok(())
    })
}

/// Puts several entries into one database: all of them or, on failure, none. Readers see them all at once.
///
/// - `store`: the store.
/// - `db`, `db_len`: the named database, UTF-8; (NULL, 0) means "default".
/// - `entries`, `count`: the entries; of two with the same key the later stays.
///
/// Returns what `dy_lmdb_store_put` does.
///
/// Memory: everything passed is read during the call only.
///
/// Threads: any number at once.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn dy_lmdb_store_put_many(
    store: *const dy_lmdb_store_t,
    db: *const c_char,
    db_len: usize,
    entries: *const dy_lmdb_entry_t,
    count: usize,
) -> dy_lmdb_status_t {
    guard(|| {
        // SAFETY: as the documentation demands of the caller.
        let (store, db, given) =
            unsafe { (enter(store)?, db_name(db, db_len)?, items("entries", entries, count)?) };
        let parts = given
            .iter()
            // SAFETY: every entry points to its parts, says the caller.
            .map(|entry| unsafe { Parts::new(entry.parts, entry.nparts) })
            .collect::<Result<Vec<_>>>()?;
        let entries = given
            .iter()
            .zip(&parts)
            .map(|(entry, parts)| {
                // SAFETY: every entry points to its key and options, says the caller.
                let (key, options) =
                    unsafe { (bytes("key", entry.key, entry.key_len)?, put_options(entry.options)?) };
                Ok(Entry { key, parts: parts.as_slice(), options })
            })
            .collect::<Result<Vec<_>>>()?;
        store.put_many(db, &entries)?;
        Ok(())
    })
}

/// Copies a payload into the caller's buffer. `dy_lmdb_view_open` reads it without copying.
///
/// - `store`: the store.
/// - `db`, `db_len`: the named database, UTF-8; (NULL, 0) means "default".
/// - `key`, `key_len`: the key.
/// - `buffer`, `capacity`: where to copy to; (NULL, 0) asks for the size.
/// - `size`: where to put the payload's size, with `DY_LMDB_OK` and with `DY_LMDB_BUFFER_TOO_SMALL`.
/// - `info`: where to tell of the entry; may be NULL.
///
/// Returns `DY_LMDB_OK`; `DY_LMDB_NOT_FOUND` when the entry is absent or expired; `DY_LMDB_BUFFER_TOO_SMALL`
/// when `capacity` is less than the size: nothing is copied then; `DY_LMDB_BAD_KEY`,
/// `DY_LMDB_INVALID_ARGUMENT`, `DY_LMDB_CORRUPT`, `DY_LMDB_READERS_FULL`, `DY_LMDB_CLOSED`, `DY_LMDB_FORKED`
/// or `DY_LMDB_IO`.
///
/// A tracked entry counts as opened by this call, whether or not the buffer was large enough.
///
/// Threads: any number at once.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn dy_lmdb_store_get(
    store: *const dy_lmdb_store_t,
    db: *const c_char,
    db_len: usize,
    key: *const c_void,
    key_len: usize,
    buffer: *mut c_void,
    capacity: usize,
    size: *mut usize,
    info: *mut dy_lmdb_info_t,
) -> dy_lmdb_status_t {
    guard(|| {
        // SAFETY: as the documentation demands of the caller.
        let (store, db, key, buffer, size, info) = unsafe {
            (
                enter(store)?,
                db_name(db, db_len)?,
                bytes("key", key, key_len)?,
                room("buffer", buffer.cast::<u8>(), capacity)?,
                out("size", size)?,
                InfoOut::new(info)?,
            )
        };
        let view = store.view(db, key)?.ok_or_else(|| missing(&store, db, key))?;
        let payload = view.bytes();
        size.write(payload.len());
        let Some(place) = buffer.get_mut(..payload.len()) else {
            return Err(Error::new(
                Status::BufferTooSmall,
                format!("the payload under {} has {} bytes, the buffer {capacity}", show(key), payload.len()),
            ));
        };
        place.copy_from_slice(payload);
        info.write(view.info(), None);
        Ok(())
    })
}

/// Tells whether a live entry is under a key. Does not open a tracked entry.
///
/// - `store`: the store.
/// - `db`, `db_len`: the named database, UTF-8; (NULL, 0) means "default".
/// - `key`, `key_len`: the key.
/// - `present`: where to put the answer.
///
/// Returns `DY_LMDB_OK`, `DY_LMDB_BAD_KEY`, `DY_LMDB_INVALID_ARGUMENT`, `DY_LMDB_READERS_FULL`,
/// `DY_LMDB_CLOSED`, `DY_LMDB_FORKED` or `DY_LMDB_IO`.
///
/// Threads: any number at once.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn dy_lmdb_store_contains(
    store: *const dy_lmdb_store_t,
    db: *const c_char,
    db_len: usize,
    key: *const c_void,
    key_len: usize,
    present: *mut bool,
) -> dy_lmdb_status_t {
    guard(|| {
        // SAFETY: as the documentation demands of the caller.
        let (store, db, key, present) = unsafe {
            (enter(store)?, db_name(db, db_len)?, bytes("key", key, key_len)?, out("present", present)?)
        };
        present.write(store.contains(db, key)?);
        Ok(())
    })
}

/// Deletes an entry. Views of it stay valid.
///
/// - `store`: the store.
/// - `db`, `db_len`: the named database, UTF-8; (NULL, 0) means "default".
/// - `key`, `key_len`: the key.
/// - `deleted`: where to put whether a live entry was there; may be NULL.
///
/// Returns `DY_LMDB_OK`, also when nothing was there; `DY_LMDB_BAD_KEY`, `DY_LMDB_INVALID_ARGUMENT`,
/// `DY_LMDB_CLOSED`, `DY_LMDB_FORKED`, `DY_LMDB_DISK_FULL` or `DY_LMDB_IO`.
///
/// Threads: any number at once.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn dy_lmdb_store_delete(
    store: *const dy_lmdb_store_t,
    db: *const c_char,
    db_len: usize,
    key: *const c_void,
    key_len: usize,
    deleted: *mut bool,
) -> dy_lmdb_status_t {
    guard(|| {
        // SAFETY: as the documentation demands of the caller.
        let (store, db, key, deleted) =
            unsafe { (enter(store)?, db_name(db, db_len)?, bytes("key", key, key_len)?, maybe_out(deleted)) };
        let was_there = store.delete(db, key)?;
        if let Some(deleted) = deleted {
            deleted.write(was_there);
        }
        Ok(())
    })
}

/// Gives a live entry a new time to live, counted from now.
///
/// - `store`: the store.
/// - `db`, `db_len`: the named database, UTF-8; (NULL, 0) means "default".
/// - `key`, `key_len`: the key.
/// - `ttl_ms`: the new time to live in milliseconds; 0 means until deleted.
/// - `touched`: where to put whether a live entry was there; may be NULL.
///
/// Returns `DY_LMDB_OK`, also when nothing was there; `DY_LMDB_BAD_KEY`, `DY_LMDB_INVALID_ARGUMENT`,
/// `DY_LMDB_CLOSED`, `DY_LMDB_FORKED`, `DY_LMDB_MAP_FULL`, `DY_LMDB_DISK_FULL` or `DY_LMDB_IO`.
///
/// Threads: any number at once.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn dy_lmdb_store_touch(
    store: *const dy_lmdb_store_t,
    db: *const c_char,
    db_len: usize,
    key: *const c_void,
    key_len: usize,
    ttl_ms: u64,
    touched: *mut bool,
) -> dy_lmdb_status_t {
    guard(|| {
        // SAFETY: as the documentation demands of the caller.
        let (store, db, key, touched) =
            unsafe { (enter(store)?, db_name(db, db_len)?, bytes("key", key, key_len)?, maybe_out(touched)) };
        let was_there = store.touch(db, key, ttl_ms)?;
        if let Some(touched) = touched {
            touched.write(was_there);
        }
        Ok(())
    })
}

/// Waits until a live entry is under a key; another process may put it. The thread sleeps meanwhile.
///
/// - `store`: the store.
/// - `db`, `db_len`: the named database, UTF-8; (NULL, 0) means "default".
/// - `key`, `key_len`: the key.
/// - `timeout_ms`: how long to wait in milliseconds; 0 looks once, negative waits for ever.
///
/// Returns `DY_LMDB_OK` when it is there; `DY_LMDB_TIMEOUT` when it did not come; `DY_LMDB_BAD_KEY`,
/// `DY_LMDB_INVALID_ARGUMENT`, `DY_LMDB_READERS_FULL`, `DY_LMDB_CLOSED`, `DY_LMDB_FORKED` or `DY_LMDB_IO`.
///
/// Threads: any number at once. Closing the handle meanwhile does not end the wait.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn dy_lmdb_store_wait(
    store: *const dy_lmdb_store_t,
    db: *const c_char,
    db_len: usize,
    key: *const c_void,
    key_len: usize,
    timeout_ms: i64,
) -> dy_lmdb_status_t {
    guard(|| {
        // SAFETY: as the documentation demands of the caller.
        let (store, db, key) = unsafe { (enter(store)?, db_name(db, db_len)?, bytes("key", key, key_len)?) };
        store.wait(db, key, timeout(timeout_ms))
    })
}
