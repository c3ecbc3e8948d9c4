//! `dy_lmdb_store_t`.

use super::options::{open_options, put_options};
use super::{Loan, View, buffers, bytes, chars, check, empty_info, made, slice, text};
use crate::entry::{Info, Key, PutOptions, milliseconds};
use crate::error::{Error, ErrorKind, Result};
use crate::options::OpenOptions;
use crate::sys::{self, Functions};
use std::ffi::{c_char, c_void};
use std::path::Path;
use std::ptr::{self, NonNull};
use std::time::Duration;

/// An open store: a directory that any number of processes share.
///
/// Several `Store`s on one directory share one store in the process; the last one dropped closes it. Views, loans and
/// documents keep it open and need not be dropped first. Any number of threads may use a `Store` at once. In a child
/// made by `fork`, open it again: this one answers [`ErrorKind::Forked`] there.
pub struct Store {
    pub(super) functions: &'static Functions,
    pub(super) handle: NonNull<sys::dy_lmdb_store_t>,
}

// SAFETY: the C ABI lets any thread use and close a store, any number at once.
unsafe impl Send for Store {}
// SAFETY: as above.
unsafe impl Sync for Store {}

impl Drop for Store {
    fn drop(&mut self) {
        // SAFETY: the handle is ours. A status would only say that the pointer is no store, which it is.
        unsafe { (self.functions.dy_lmdb_store_close)(self.handle.as_ptr()) };
    }
}

impl Store {
    /// Opens the store in the directory `path` with the engine's defaults, and creates both when they are not there.
    pub fn open(path: impl AsRef<Path>) -> Result<Store> {
        Store::open_with(path, &OpenOptions::default())
    }

    /// The same with options. Warnings, of options that differ from those it is open with, say, are for
    /// [`take_warnings`](crate::take_warnings).
    pub fn open_with(path: impl AsRef<Path>, options: &OpenOptions) -> Result<Store> {
        let path = path.as_ref();
        let text = path.to_str().ok_or_else(|| {
            Error::new(ErrorKind::InvalidArgument, format!("the path {} is not UTF-8", path.display()))
        })?;
        let functions = sys::functions()?;
        let raw = open_options(functions, options);
        // SAFETY: path and options stay during the call.
        let handle = made(functions, |out| unsafe {
            (functions.dy_lmdb_store_open)(chars(text), text.len(), &raw, out)
        })?;
        Ok(Store { functions, handle })
    }

    /// Opens the store that a JSON object with `lmdb_*` keys describes; see [`parse_config`](crate::parse_config).
    pub fn open_config(json: &str) -> Result<Store> {
        let functions = sys::functions()?;
        // SAFETY: the text stays during the call.
        let handle = made(functions, |out| unsafe {
            (functions.dy_lmdb_store_open_config)(chars(json), json.len(), out)
        })?;
        Ok(Store { functions, handle })
    }

    /// The absolute path of the store's directory.
    pub fn path(&self) -> Result<String> {
        // SAFETY: the handle is open until this is dropped.
        text(self.functions, |out| unsafe { (self.functions.dy_lmdb_store_path)(self.raw(), out) })
    }

    /// Puts a payload, which is copied before the call returns. Readers see the old entry or the new one, whole.
    pub fn put<'k>(&self, key: impl Into<Key<'k>>, payload: &[u8], options: &PutOptions<'_>) -> Result<Info> {
        self.put_parts(key, &[payload], options)
    }

    /// The same of parts, which are joined in order.
    pub fn put_parts<'k, B: AsRef<[u8]>>(
        &self,
        key: impl Into<Key<'k>>,
        parts: &[B],
        options: &PutOptions<'_>,
    ) -> Result<Info> {
        let key = key.into();
        let parts = buffers(parts);
        let raw = put_options(self.functions, options)?;
        let mut info = empty_info();
        // SAFETY: what the pointers name stays during the call.
        check(self.functions, unsafe {
            (self.functions.dy_lmdb_store_put)(
                self.raw(),
                chars(key.db),
                key.db.len(),
                bytes(key.bytes),
                key.bytes.len(),
                parts.as_ptr(),
                parts.len(),
                &raw,
                &mut info,
            )
        })?;
        Info::of(&info)
    }

    /// Puts several entries into the database `db` ("" is "default"): all of them or, on failure, none. Readers see
    /// them all at once; of two with the same key the later stays.
    pub fn put_many(&self, db: &str, entries: &[(&[u8], &[u8], PutOptions<'_>)]) -> Result<()> {
        let options: Vec<_> = entries
            .iter()
            .map(|(_, _, options)| put_options(self.functions, options))
            .collect::<Result<_>>()?;
        let payloads = buffers(&entries.iter().map(|(_, payload, _)| payload).collect::<Vec<_>>());
        let raw: Vec<_> = entries
            .iter()
            .zip(payloads.iter().zip(&options))
            .map(|((key, ..), (payload, options))| sys::dy_lmdb_entry_t {
                key: bytes(key),
                key_len: key.len(),
                parts: payload,
                nparts: 1,
                options,
            })
            .collect();
        // SAFETY: everything the entries point to stays during the call.
        check(self.functions, unsafe {
            (self.functions.dy_lmdb_store_put_many)(self.raw(), chars(db), db.len(), raw.as_ptr(), raw.len())
        })
    }

    /// A view of the payload, in place. Fails with [`ErrorKind::NotFound`] when there is no live entry.
    pub fn view<'k>(&self, key: impl Into<Key<'k>>) -> Result<View> {
        self.open_view(key.into(), 0)
    }

    /// The same, without counting as opening the input of an exchange: for tools that look and answer nothing.
    pub fn view_quietly<'k>(&self, key: impl Into<Key<'k>>) -> Result<View> {
        self.open_view(key.into(), sys::DY_LMDB_VIEW_QUIET)
    }

    fn open_view(&self, key: Key<'_>, flags: u32) -> Result<View> {
        let mut info = empty_info();
        // SAFETY: what the pointers name stays during the call.
        let handle = made(self.functions, |out| unsafe {
            (self.functions.dy_lmdb_view_open)(
                self.raw(),
                chars(key.db),
                key.db.len(),
                bytes(key.bytes),
                key.bytes.len(),
                flags,
                out,
                &mut info,
            )
        })?;
        View::of(self.functions, handle, info)
    }

    /// A copy of the payload; none when there is no live entry.
    pub fn get<'k>(&self, key: impl Into<Key<'k>>) -> Result<Option<Vec<u8>>> {
        match self.view(key) {
            Ok(view) => Ok(Some(view.bytes().to_vec())),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Space for a payload of up to `size` bytes, to fill in place and publish.
    pub fn loan(&self, size: u64) -> Result<Loan> {
        let mut data = ptr::null_mut();
        // SAFETY: the handle is open until this is dropped; the outputs are places on our stack.
        let handle = made(self.functions, |out| unsafe {
            (self.functions.dy_lmdb_loan_take)(self.raw(), size, out, &mut data)
        })?;
        Ok(Loan::of(self.functions, handle, data.cast(), size as usize))
    }

    /// Whether a live entry is there. Does not open the input of an exchange.
    pub fn contains<'k>(&self, key: impl Into<Key<'k>>) -> Result<bool> {
        let call = self.functions.dy_lmdb_store_contains;
        self.asked(key.into(), |db, db_len, key, key_len, out| {
            // SAFETY: what the pointers name stays during the call.
            unsafe { call(self.raw(), db, db_len, key, key_len, out) }
        })
    }

    /// Deletes the entry; views of it stay valid. Whether there was one.
    pub fn delete<'k>(&self, key: impl Into<Key<'k>>) -> Result<bool> {
        let call = self.functions.dy_lmdb_store_delete;
        self.asked(key.into(), |db, db_len, key, key_len, out| {
            // SAFETY: what the pointers name stays during the call.
            unsafe { call(self.raw(), db, db_len, key, key_len, out) }
        })
    }

    /// Gives the entry a new time to live, counted from now; zero: until deleted. Whether there was one.
    pub fn touch<'k>(&self, key: impl Into<Key<'k>>, ttl: Duration) -> Result<bool> {
        let ttl = milliseconds(ttl) as u64;
        let call = self.functions.dy_lmdb_store_touch;
        self.asked(key.into(), |db, db_len, key, key_len, out| {
            // SAFETY: what the pointers name stays during the call.
            unsafe { call(self.raw(), db, db_len, key, key_len, ttl, out) }
        })
    }

    fn asked(
        &self,
        key: Key<'_>,
        call: impl FnOnce(*const c_char, usize, *const c_void, usize, *mut bool) -> i32,
    ) -> Result<bool> {
        let mut answer = false;
        let status = call(chars(key.db), key.db.len(), bytes(key.bytes), key.bytes.len(), &mut answer);
        check(self.functions, status)?;
        Ok(answer)
    }

    /// Returns when a live entry is under the key, whichever process puts it; the thread sleeps meanwhile. Fails with
    /// [`ErrorKind::Timeout`] after `timeout`, rounded up to a millisecond; `None` never ends.
    pub fn wait<'k>(&self, key: impl Into<Key<'k>>, timeout: Option<Duration>) -> Result<()> {
        let key = key.into();
        let timeout = timeout.map_or(-1, milliseconds);
        // SAFETY: what the pointers name stays during the call.
        check(self.functions, unsafe {
            (self.functions.dy_lmdb_store_wait)(
                self.raw(),
                chars(key.db),
                key.db.len(),
                bytes(key.bytes),
                key.bytes.len(),
                timeout,
            )
        })
    }

    /// The live keys that begin with `prefix`, in byte order. The database is the prefix's; "" lists all keys.
    pub fn list<'k>(&self, prefix: impl Into<Key<'k>>) -> Result<Vec<Vec<u8>>> {
        let prefix = prefix.into();
        let functions = self.functions;
        // SAFETY: what the pointers name stays during the call.
        let list = made(functions, |out| unsafe {
            (functions.dy_lmdb_store_list)(
                self.raw(),
                chars(prefix.db),
                prefix.db.len(),
                bytes(prefix.bytes),
                prefix.bytes.len(),
                out,
            )
        })?
        .as_ptr();
        // SAFETY: the list is ours until it is freed, below.
        let count = unsafe { (functions.dy_lmdb_keys_count)(list) };
        let keys = (0..count)
            .map(|index| {
                let (mut key, mut len) = (ptr::null(), 0);
                // SAFETY: the outputs are places on our stack.
                check(functions, unsafe { (functions.dy_lmdb_keys_at)(list, index, &mut key, &mut len) })?;
                // SAFETY: the key stays until the list is freed; it is copied here.
                Ok(unsafe { slice(key, len) }.to_vec())
            })
            .collect();
        // SAFETY: freed once; the keys were copied.
        unsafe { (functions.dy_lmdb_keys_free)(list) };
        keys
    }

    /// Removes expired entries now, and what dead processes held. How many entries.
    pub fn sweep(&self) -> Result<u64> {
        let mut removed = 0;
        // SAFETY: the output is a place on our stack.
        check(self.functions, unsafe { (self.functions.dy_lmdb_store_sweep)(self.raw(), &mut removed) })?;
        Ok(removed)
    }

    /// Statistics of the store: one JSON object.
    pub fn stats(&self) -> Result<String> {
        // SAFETY: the handle is open until this is dropped.
        text(self.functions, |out| unsafe { (self.functions.dy_lmdb_store_stats)(self.raw(), out) })
    }

    /// Calls of calculators, as every process counted them, and the last slow ones: one JSON object.
    pub fn calls(&self) -> Result<String> {
        // SAFETY: the handle is open until this is dropped.
        text(self.functions, |out| unsafe { (self.functions.dy_lmdb_store_calls)(self.raw(), out) })
    }

    /// Checks the whole store: one JSON object with what was counted. Fails with [`ErrorKind::Corrupt`], naming the
    /// fault. The time grows with the number of entries.
    pub fn audit(&self) -> Result<String> {
        // SAFETY: the handle is open until this is dropped.
        text(self.functions, |out| unsafe { (self.functions.dy_lmdb_store_audit)(self.raw(), out) })
    }

    pub(super) fn raw(&self) -> *const sys::dy_lmdb_store_t {
        self.handle.as_ptr()
    }
}
