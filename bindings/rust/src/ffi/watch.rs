//! `dy_lmdb_watch_t`.

use super::{Store, bytes, chars, check, made};
use crate::entry::Key;
use crate::error::Result;
use crate::sys::{self, Functions};
use std::ptr::NonNull;
use std::time::Duration;

/// Keys that are waited for together: one thread waits in place of as many as there are keys.
///
/// Any thread may add and remove keys, wait, and break the waits off.
pub struct Watch {
    functions: &'static Functions,
    watch: NonNull<sys::dy_lmdb_watch_t>,
}

// SAFETY: the C ABI lets any thread use a watch, any number at once.
unsafe impl Send for Watch {}
// SAFETY: as above.
unsafe impl Sync for Watch {}

impl Drop for Watch {
    fn drop(&mut self) {
        // SAFETY: the watch is ours, and nobody borrows it any more.
        unsafe { (self.functions.dy_lmdb_watch_free)(self.watch.as_ptr()) };
    }
}

impl Watch {
    /// Watches nothing yet.
    pub fn new() -> Result<Watch> {
        let functions = sys::functions()?;
        // SAFETY: the output is a place on our stack.
        let watch = made(functions, |out| unsafe { (functions.dy_lmdb_watch_new)(out) })?;
        Ok(Watch { functions, watch })
    }

    /// Watches a key until a live entry is under it; one that is there already is told by the next wait. `id` is what the
    /// caller knows it by: what was watched under it is watched no more.
    pub fn add<'k>(&self, store: &Store, key: impl Into<Key<'k>>, id: u64) -> Result<()> {
        let key = key.into();
        // SAFETY: the watch is there until this is dropped; the key stays during the call.
        check(self.functions, unsafe {
            (self.functions.dy_lmdb_watch_add)(
                self.watch.as_ptr(),
                store.raw(),
                chars(key.db),
                key.db.len(),
                bytes(key.bytes),
                key.bytes.len(),
                id,
            )
        })
    }

    /// Watches a key no more; nothing to do when it was told.
    pub fn remove(&self, id: u64) {
        // SAFETY: the watch is there until this is dropped, which is all that can go wrong.
        unsafe { (self.functions.dy_lmdb_watch_remove)(self.watch.as_ptr(), id) };
    }

    /// Waits until live entries are under watched keys, and tells what `most` of them at the most are known by; they are
    /// watched no more. A key that cannot be looked at is told too: a call of one's own says why. `None` waits for ever.
    ///
    /// Fails with [`ErrorKind::Timeout`](crate::ErrorKind::Timeout), and with
    /// [`ErrorKind::Closed`](crate::ErrorKind::Closed) when the wait was broken off.
    pub fn wait(&self, timeout: Option<Duration>, most: usize) -> Result<Vec<u64>> {
        let ms = timeout.map_or(-1, |timeout| i64::try_from(timeout.as_millis()).unwrap_or(i64::MAX));
        let (mut ids, mut count) = (vec![0; most], 0);
        // SAFETY: the watch is there until this is dropped; there is room for as many ids as is said.
        check(self.functions, unsafe {
            (self.functions.dy_lmdb_watch_wait)(self.watch.as_ptr(), ms, ids.as_mut_ptr(), most, &mut count)
        })?;
        ids.truncate(count);
        Ok(ids)
    }

    /// Breaks the waits off, now and from now on.
    pub fn cancel(&self) {
        // SAFETY: the watch is there until this is dropped, which is all that can go wrong.
        unsafe { (self.functions.dy_lmdb_watch_cancel)(self.watch.as_ptr()) };
    }
}
