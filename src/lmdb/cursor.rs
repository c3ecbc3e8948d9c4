//! Walking a named database in key order.

use super::LmdbError;
use super::txn::{Dbi, from_val, to_val};
use std::ffi::c_uint;
use std::marker::PhantomData;
use std::ptr::{self, NonNull};

/// A key and its value, both in the map.
pub type Pair<'txn> = (&'txn [u8], &'txn [u8]);

/// A position in a named database. Reads only, so what it answers lives as long as the borrowed transaction.
pub struct Cursor<'txn> {
    raw: NonNull<lmdb_sys::MDB_cursor>,
    txn: PhantomData<&'txn ()>,
}

impl<'txn> Cursor<'txn> {
    pub(super) fn open(txn: *mut lmdb_sys::MDB_txn, dbi: Dbi) -> Result<Cursor<'txn>, LmdbError> {
        let mut raw = ptr::null_mut();
        // SAFETY: a live transaction and an out pointer to a local.
        LmdbError::check(unsafe { lmdb_sys::mdb_cursor_open(txn, dbi.0, &mut raw) })?;
        Ok(Cursor { raw: NonNull::new(raw).ok_or(LmdbError(libc::ENOMEM))?, txn: PhantomData })
    }

    /// The first pair.
    pub fn first(&mut self) -> Result<Option<Pair<'txn>>, LmdbError> {
        self.step(&[], lmdb_sys::MDB_FIRST)
    }

    /// The last pair.
    pub fn last(&mut self) -> Result<Option<Pair<'txn>>, LmdbError> {
        self.step(&[], lmdb_sys::MDB_LAST)
    }

    /// The first pair at or after `key`.
    pub fn seek(&mut self, key: &[u8]) -> Result<Option<Pair<'txn>>, LmdbError> {
        self.step(key, lmdb_sys::MDB_SET_RANGE)
    }

    /// The pair after the current one.
    pub fn next_pair(&mut self) -> Result<Option<Pair<'txn>>, LmdbError> {
        self.step(&[], lmdb_sys::MDB_NEXT)
    }

    /// The pair before the current one.
    pub fn previous(&mut self) -> Result<Option<Pair<'txn>>, LmdbError> {
        self.step(&[], lmdb_sys::MDB_PREV)
    }

    fn step(&mut self, key: &[u8], op: lmdb_sys::MDB_cursor_op) -> Result<Option<Pair<'txn>>, LmdbError> {
        let mut key = to_val(key);
        let mut value = to_val(&[]);
        // SAFETY: a live cursor of a live transaction; LMDB answers slices of the map.
        let code = unsafe { lmdb_sys::mdb_cursor_get(self.raw.as_ptr(), &mut key, &mut value, op) };
        match code {
            lmdb_sys::MDB_NOTFOUND => Ok(None),
            code => {
                LmdbError::check(code)?;
                // SAFETY: the pair stays until the transaction ends or writes; the borrow says so.
                Ok(Some(unsafe { (from_val(&key), from_val(&value)) }))
            }
        }
    }
}

/// A position in a named database that can be changed: looking and then changing costs one search instead of two.
pub struct WriteCursor<'txn>(Cursor<'txn>);

impl<'txn> WriteCursor<'txn> {
    /// The caller's borrow keeps everything else from the transaction.
    pub(super) fn open(txn: *mut lmdb_sys::MDB_txn, dbi: Dbi) -> Result<WriteCursor<'txn>, LmdbError> {
        Cursor::open(txn, dbi).map(WriteCursor)
    }

    /// Goes to `key` and answers its value; `None`: it is not there.
    pub fn find(&mut self, key: &[u8]) -> Result<Option<&[u8]>, LmdbError> {
        Ok(self.0.step(key, lmdb_sys::MDB_SET)?.map(|(_, value)| value))
    }

    /// Makes room for `size` bytes under `key`, there or not, and answers where; the bytes are for the caller to fill.
    pub fn reserve(&mut self, key: &[u8], size: usize) -> Result<&mut [u8], LmdbError> {
        let mut key = to_val(key);
        let mut value = lmdb_sys::MDB_val { mv_size: size, mv_data: ptr::null_mut() };
        // SAFETY: a live cursor of a live write transaction; as for `WriteTxn::reserve`.
        unsafe {
            LmdbError::check(lmdb_sys::mdb_cursor_put(
                self.0.raw.as_ptr(),
                &mut key,
                &mut value,
                lmdb_sys::MDB_RESERVE as c_uint,
            ))?;
            Ok(std::slice::from_raw_parts_mut(value.mv_data.cast(), size))
        }
    }

    /// Deletes the pair that [`WriteCursor::find`] went to.
    pub fn delete(&mut self) -> Result<(), LmdbError> {
        // SAFETY: a live cursor of a live write transaction; LMDB refuses one that stands nowhere.
        LmdbError::check(unsafe { lmdb_sys::mdb_cursor_del(self.0.raw.as_ptr(), 0) })
    }
}

impl Drop for Cursor<'_> {
    fn drop(&mut self) {
        // SAFETY: a live cursor; the borrow keeps its transaction alive.
        unsafe { lmdb_sys::mdb_cursor_close(self.raw.as_ptr()) };
    }
}
