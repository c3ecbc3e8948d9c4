//! Waiting for any of several keys, until one is there or the wait is broken off.

use super::arg::{bytes, db_name, give, invalid, out, release, shared, timeout};
use super::guard::guard;
use super::status::dy_lmdb_status_t;
use super::store::{dy_lmdb_store_t, enter};
use crate::error::{Error, Status};
use crate::store::Watch;
use std::ffi::{c_char, c_void};

/// Keys that are waited for together: one thread waits in place of as many as there are keys. Any thread may add and remove
/// keys, and break the wait off; free it with `dy_lmdb_watch_free` when nobody uses it.
pub struct dy_lmdb_watch_t(Watch);

/// Makes a watch of nothing.
///
/// - `watch`: where to put it.
///
/// Returns `DY_LMDB_OK` or `DY_LMDB_INVALID_ARGUMENT`.
///
/// Memory: free it with `dy_lmdb_watch_free`.
///
/// Threads: any number at once.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn dy_lmdb_watch_new(watch: *mut *mut dy_lmdb_watch_t) -> dy_lmdb_status_t {
    guard(|| {
        // SAFETY: as the documentation demands of the caller.
        let watch = unsafe { out("watch", watch) }?;
        watch.write(give(dy_lmdb_watch_t(Watch::new())));
        Ok(())
    })
}

/// Watches a key until a live entry is under it. One that is there already is told by the next wait.
///
/// - `watch`: the watch.
/// - `store`: the store, which stays open as long as the key is watched.
/// - `db`, `db_len`: the named database, UTF-8; (NULL, 0) means "default".
/// - `key`, `key_len`: the key.
/// - `id`: what the caller knows it by. What was watched under it is watched no more.
///
/// Returns `DY_LMDB_OK`, `DY_LMDB_BAD_KEY`, `DY_LMDB_INVALID_ARGUMENT`, `DY_LMDB_CLOSED` or `DY_LMDB_FORKED`.
///
/// Threads: any number at once, also while others wait: they then wait for this key too.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn dy_lmdb_watch_add(
    watch: *const dy_lmdb_watch_t,
    store: *const dy_lmdb_store_t,
    db: *const c_char,
    db_len: usize,
    key: *const c_void,
    key_len: usize,
    id: u64,
) -> dy_lmdb_status_t {
    guard(|| {
        // SAFETY: as the documentation demands of the caller.
        let (watch, store, db, key) = unsafe {
            (shared("watch", watch)?, enter(store)?, db_name(db, db_len)?, bytes("key", key, key_len)?)
        };
        watch.0.add(id, &store, db, key)
    })
}

/// Watches a key no more; nothing to do when it was told, or is not watched.
///
/// - `watch`: the watch.
/// - `id`: what the caller knows the key by.
///
/// Returns `DY_LMDB_OK` or `DY_LMDB_INVALID_ARGUMENT`.
///
/// Threads: any number at once. A wait that has found the key at this moment may still tell it.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn dy_lmdb_watch_remove(watch: *const dy_lmdb_watch_t, id: u64) -> dy_lmdb_status_t {
    guard(|| {
        // SAFETY: as the documentation demands of the caller.
        unsafe { shared("watch", watch) }?.0.remove(id);
        Ok(())
    })
}

/// Waits until live entries are under watched keys, and watches these no more. A key that cannot be looked at (its
/// store's files were removed, say) is told too: a call of one's own on it says why.
///
/// - `watch`: the watch.
/// - `timeout_ms`: how long to wait in milliseconds; 0 looks once, negative waits for ever.
/// - `ids`: where to put what the keys are known by, in no order.
/// - `most`: how many there is room for, 1 at least; others are told by the next wait.
/// - `count`: where to put how many were told.
///
/// Returns `DY_LMDB_OK`; `DY_LMDB_TIMEOUT` when none came; `DY_LMDB_CLOSED` when the wait was cancelled, at once also for
/// those who wait already; `DY_LMDB_INVALID_ARGUMENT`.
///
/// Threads: any number at once; each key is told to one of them. The thread sleeps while it waits.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn dy_lmdb_watch_wait(
    watch: *const dy_lmdb_watch_t,
    timeout_ms: i64,
    ids: *mut u64,
    most: usize,
    count: *mut usize,
) -> dy_lmdb_status_t {
    guard(|| {
        // SAFETY: as the documentation demands of the caller.
        let (watch, count) = unsafe { (shared("watch", watch)?, out("count", count)?) };
        if ids.is_null() || most == 0 {
            return Err(invalid("ids is NULL or most is 0; there has to be room for one id"));
        }
        let told = watch.0.wait(timeout(timeout_ms), most)?;
        if told.is_empty() {
            let what = format!("nothing came under a watched key within {timeout_ms} ms");
            return Err(Error::new(Status::Timeout, what));
        }
        for (at, id) in told.iter().enumerate() {
            // SAFETY: room for `most`, says the caller; no more were told.
            unsafe { ids.add(at).write(*id) };
        }
        count.write(told.len());
        Ok(())
    })
}

/// Breaks the wait off: whoever waits returns at once with `DY_LMDB_CLOSED`, and so does whoever comes later.
///
/// - `watch`: the watch.
///
/// Returns `DY_LMDB_OK` or `DY_LMDB_INVALID_ARGUMENT`.
///
/// Threads: any number at once.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn dy_lmdb_watch_cancel(watch: *const dy_lmdb_watch_t) -> dy_lmdb_status_t {
    guard(|| {
        // SAFETY: as the documentation demands of the caller.
        unsafe { shared("watch", watch) }?.0.cancel();
        Ok(())
    })
}

/// Frees a watch, and watches nothing for it any more.
///
/// - `watch`: the watch; NULL is nothing to do.
///
/// Threads: once, when no other thread uses it.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn dy_lmdb_watch_free(watch: *mut dy_lmdb_watch_t) {
    // SAFETY: as the documentation demands of the caller.
    unsafe { release(watch) };
}
