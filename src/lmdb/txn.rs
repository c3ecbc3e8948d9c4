//! Transactions and the access to named databases inside them.

use super::env::Env;
use super::pool::RawSnapshot;
use super::{Cursor, LmdbError, WriteCursor};
use crate::mapping::owner_lock::From;
use std::ffi::{CString, c_uint};
use std::marker::PhantomData;
use std::ptr::{self, NonNull};

/// Handle of a named database, valid as long as the environment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Dbi(pub(super) lmdb_sys::MDB_dbi);

impl Dbi {
    /// LMDB's list of free pages: transaction id -> number of pages, the pages. Read-only, and in snapshots only.
    pub const FREE: Dbi = Dbi(0);
    /// The unnamed database, whose keys are the names of the others.
    pub const MAIN: Dbi = Dbi(1);
}

/// What read and write transactions have in common.
pub trait Access {
    #[doc(hidden)]
    fn raw(&self) -> *mut lmdb_sys::MDB_txn;

    /// Id of the snapshot, or of the write transaction itself.
    fn id(&self) -> u64 {
        // SAFETY: a live transaction.
        unsafe { lmdb_sys::mdb_txn_id(self.raw()) as u64 }
    }

    /// The value under `key`, in the map.
    fn get(&self, dbi: Dbi, key: &[u8]) -> Result<Option<&[u8]>, LmdbError> {
        let mut key = to_val(key);
        let mut value = to_val(&[]);
        // SAFETY: a live transaction; LMDB reads the key and answers a slice of the map.
        let code = unsafe { lmdb_sys::mdb_get(self.raw(), dbi.0, &mut key, &mut value) };
        match code {
            lmdb_sys::MDB_NOTFOUND => Ok(None),
            code => {
                LmdbError::check(code)?;
                // SAFETY: the value stays until the transaction ends or writes; the borrow says so.
                Ok(Some(unsafe { from_val(&value) }))
            }
        }
    }

    /// A cursor over a named database.
    fn cursor(&self, dbi: Dbi) -> Result<Cursor<'_>, LmdbError> {
        Cursor::open(self.raw(), dbi)
    }

    /// Calls `visit` with every pair of a named database.
    fn each(&self, dbi: Dbi, mut visit: impl FnMut(&[u8], &[u8])) -> Result<(), LmdbError> {
        let mut cursor = self.cursor(dbi)?;
        let mut pair = cursor.first()?;
        while let Some((key, value)) = pair {
            visit(key, value);
            pair = cursor.next_pair()?;
        }
        Ok(())
    }

    /// Number of entries of a named database.
    fn entries(&self, dbi: Dbi) -> Result<u64, LmdbError> {
        Ok(self.stat(dbi)?.ms_entries as u64)
    }

    /// LMDB's own statistics of a named database: depth, branch, leaf and overflow pages.
    fn pages(&self, dbi: Dbi) -> Result<[u64; 4], LmdbError> {
        let stat = self.stat(dbi)?;
        Ok([
            u64::from(stat.ms_depth),
            stat.ms_branch_pages as u64,
            stat.ms_leaf_pages as u64,
            stat.ms_overflow_pages as u64,
        ])
    }

    #[doc(hidden)]
    fn stat(&self, dbi: Dbi) -> Result<lmdb_sys::MDB_stat, LmdbError> {
        // SAFETY: the struct is plain integers; LMDB fills it.
        unsafe {
            let mut stat = std::mem::zeroed();
            LmdbError::check(lmdb_sys::mdb_stat(self.raw(), dbi.0, &mut stat))?;
            Ok(stat)
        }
    }
}

/// A snapshot; goes back to its environment's pool when dropped.
pub struct ReadTxn<'env> {
    env: &'env Env,
    raw: Option<RawSnapshot>,
}

impl<'env> ReadTxn<'env> {
    pub(super) fn new(env: &'env Env, raw: RawSnapshot) -> ReadTxn<'env> {
        ReadTxn { env, raw: Some(raw) }
    }
}

impl Access for ReadTxn<'_> {
    fn raw(&self) -> *mut lmdb_sys::MDB_txn {
        self.raw.as_ref().map_or(ptr::null_mut(), |raw| raw.0.as_ptr())
    }
}

impl Drop for ReadTxn<'_> {
    fn drop(&mut self) {
        if let Some(raw) = self.raw.take() {
            self.env.recycle(raw);
        }
    }
}

/// The write transaction; aborted when dropped.
pub struct WriteTxn<'env> {
    raw: NonNull<lmdb_sys::MDB_txn>,
    committed: bool,
    env: &'env Env,
    /// Of the thread that began it.
    thread: PhantomData<*mut ()>,
}

impl Access for WriteTxn<'_> {
    fn raw(&self) -> *mut lmdb_sys::MDB_txn {
        self.raw.as_ptr()
    }
}

impl<'env> WriteTxn<'env> {
    pub(super) fn begin(env: &'env Env) -> Result<WriteTxn<'env>, LmdbError> {
        let mut raw = ptr::null_mut();
        let readers = (env.turns().begin_writing() == From::Dead).then(|| env.turns().readers());
        // SAFETY: an open environment and an out pointer to a local.
        let code = unsafe { lmdb_sys::mdb_txn_begin(env.as_ptr(), ptr::null_mut(), 0, &mut raw) };
        drop(readers);
        match NonNull::new(raw).filter(|_| code == 0) {
            Some(raw) => Ok(WriteTxn { raw, committed: false, env, thread: PhantomData }),
            None => {
                env.turns().end_writing();
                Err(LmdbError(if code == 0 { libc::ENOMEM } else { code }))
            }
        }
    }

    /// Opens a named database, creating it when `create`. `None`: there is none.
    pub fn open(&mut self, name: &str, create: bool) -> Result<Option<Dbi>, LmdbError> {
        let name = CString::new(name).map_err(|_| LmdbError(libc::EINVAL))?;
        let flags = if create { lmdb_sys::MDB_CREATE } else { 0 };
        let mut dbi = 0;
        // SAFETY: a live transaction, a NUL-terminated name, an out pointer to a local.
        let code = unsafe { lmdb_sys::mdb_dbi_open(self.raw(), name.as_ptr(), flags as c_uint, &mut dbi) };
        match code {
            lmdb_sys::MDB_NOTFOUND => Ok(None),
            code => LmdbError::check(code).map(|()| Some(Dbi(dbi))),
        }
    }

    /// Stores `value` under `key`.
    pub fn put(&mut self, dbi: Dbi, key: &[u8], value: &[u8]) -> Result<(), LmdbError> {
        let mut key = to_val(key);
        let mut value = to_val(value);
        // SAFETY: a live write transaction; LMDB copies key and value.
        LmdbError::check(unsafe { lmdb_sys::mdb_put(self.raw(), dbi.0, &mut key, &mut value, 0) })
    }

    /// Makes room for `size` bytes under `key` and answers where; the bytes are for the caller to fill.
    pub fn reserve(&mut self, dbi: Dbi, key: &[u8], size: usize) -> Result<&mut [u8], LmdbError> {
        let mut key = to_val(key);
        let mut value = lmdb_sys::MDB_val { mv_size: size, mv_data: ptr::null_mut() };
        // SAFETY: a live write transaction; with MDB_RESERVE LMDB answers writable memory of the map, which holds
        // initialised (if stale) bytes and stays until the next write, as the borrow says.
        unsafe {
            LmdbError::check(lmdb_sys::mdb_put(
                self.raw(),
                dbi.0,
                &mut key,
                &mut value,
                lmdb_sys::MDB_RESERVE as c_uint,
            ))?;
            Ok(std::slice::from_raw_parts_mut(value.mv_data.cast(), size))
        }
    }

    /// A cursor that changes a named database.
    pub fn write_cursor(&mut self, dbi: Dbi) -> Result<WriteCursor<'_>, LmdbError> {
        WriteCursor::open(self.raw(), dbi)
    }

    /// Deletes `key`; false: it was not there.
    pub fn delete(&mut self, dbi: Dbi, key: &[u8]) -> Result<bool, LmdbError> {
        let mut key = to_val(key);
        // SAFETY: a live write transaction; no value is passed since no database has duplicates.
        let code = unsafe { lmdb_sys::mdb_del(self.raw(), dbi.0, &mut key, ptr::null_mut()) };
        match code {
            lmdb_sys::MDB_NOTFOUND => Ok(false),
            code => LmdbError::check(code).map(|()| true),
        }
    }

    /// Commits: after this every later snapshot sees what was written.
    pub fn commit(mut self) -> Result<(), LmdbError> {
        self.committed = true;
        // SAFETY: a live transaction, which LMDB frees whatever it answers.
        LmdbError::check(unsafe { lmdb_sys::mdb_txn_commit(self.raw()) })
    }
}

impl Drop for WriteTxn<'_> {
    fn drop(&mut self) {
        if !self.committed {
            // SAFETY: a live transaction.
            unsafe { lmdb_sys::mdb_txn_abort(self.raw()) };
        }
        self.env.turns().end_writing();
    }
}

pub(super) fn to_val(bytes: &[u8]) -> lmdb_sys::MDB_val {
    lmdb_sys::MDB_val { mv_size: bytes.len(), mv_data: bytes.as_ptr().cast_mut().cast() }
}

/// # Safety
/// `val` describes readable memory that stays unchanged for `'a`.
pub(super) unsafe fn from_val<'a>(val: &lmdb_sys::MDB_val) -> &'a [u8] {
    if val.mv_size == 0 {
        return &[];
    }
    // SAFETY: the caller's promise.
    unsafe { std::slice::from_raw_parts(val.mv_data.cast(), val.mv_size) }
}
