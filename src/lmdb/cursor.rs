//! Walking a named database in key order.

use super::LmdbError;
use super::txn::{Dbi, from_val, to_val};
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

impl Drop for Cursor<'_> {
    fn drop(&mut self) {
        // SAFETY: a live cursor; the borrow keeps its transaction alive.
        unsafe { lmdb_sys::mdb_cursor_close(self.raw.as_ptr()) };
    }
}
