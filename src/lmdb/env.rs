//! An LMDB environment and its pool of read transactions.

use super::LmdbError;
use super::txn::{ReadTxn, WriteTxn};
use std::ffi::{CStr, c_char, c_uint};
use std::os::fd::RawFd;
use std::ptr::{self, NonNull};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// How an environment is opened.
#[derive(Debug, Clone, Copy)]
pub struct EnvOptions {
    /// Size of the map in bytes; `None` adopts what the file says and is the only safe choice for an existing one.
    pub map_size: Option<usize>,
    /// Slots of the reader table.
    pub max_readers: u32,
    /// Named databases this process may open.
    pub max_dbs: u32,
    /// Synchronise every commit to the disk.
    pub sync: bool,
    /// Mode of files that are created.
    pub mode: u32,
}

/// An open environment: one per directory and process.
pub struct Env {
    ptr: NonNull<lmdb_sys::MDB_env>,
    page_size: usize,
    idle: Mutex<Vec<RawSnapshot>>,
}

/// A read transaction that was reset: it keeps its reader slot and waits to be renewed.
pub(super) struct RawSnapshot(pub(super) NonNull<lmdb_sys::MDB_txn>);

// SAFETY: with MDB_NOTLS a read transaction may be used by any one thread at a time.
unsafe impl Send for RawSnapshot {}

/// A snapshot taken out of its borrow so that a view can hold it; it goes back with [`Env::release`].
pub struct DetachedSnapshot(RawSnapshot);

// SAFETY: nothing but giving the snapshot back is possible through a shared reference.
unsafe impl Sync for DetachedSnapshot {}

// SAFETY: an MDB_env may be used from any thread; the pool is behind its mutex.
unsafe impl Send for Env {}
// SAFETY: as above.
unsafe impl Sync for Env {}

impl Env {
    /// Opens the environment in `directory` with a writable map.
    pub fn open(directory: &CStr, options: &EnvOptions) -> Result<Env, LmdbError> {
        let mut flags = lmdb_sys::MDB_WRITEMAP | lmdb_sys::MDB_NOTLS;
        if !options.sync {
            flags |= lmdb_sys::MDB_NOSYNC;
        }
        let mut raw = ptr::null_mut();
        // SAFETY: out pointer to a local.
        LmdbError::check(unsafe { lmdb_sys::mdb_env_create(&mut raw) })?;
        let Some(ptr) = NonNull::new(raw) else {
            return Err(LmdbError(libc::ENOMEM));
        };
        // From here the environment is closed on every path.
        let mut env = Env { ptr, page_size: 0, idle: Mutex::new(Vec::new()) };
        // SAFETY: a created environment that is not open yet; `directory` is NUL-terminated.
        unsafe {
            if let Some(size) = options.map_size {
                LmdbError::check(lmdb_sys::mdb_env_set_mapsize(raw, size))?;
            }
            LmdbError::check(lmdb_sys::mdb_env_set_maxreaders(raw, options.max_readers))?;
            LmdbError::check(lmdb_sys::mdb_env_set_maxdbs(raw, options.max_dbs))?;
            LmdbError::check(lmdb_sys::mdb_env_open(raw, directory.as_ptr(), flags, options.mode))?;
        }
        env.page_size = env.stat()?.ms_psize as usize;
        Ok(env)
    }

    pub(super) fn as_ptr(&self) -> *mut lmdb_sys::MDB_env {
        self.ptr.as_ptr()
    }

    /// LMDB's page size in bytes.
    pub fn page_size(&self) -> usize {
        self.page_size
    }

    /// Descriptor of the data file; owned by the environment.
    pub fn fd(&self) -> Result<RawFd, LmdbError> {
        let mut fd = -1;
        // SAFETY: an open environment and an out pointer to a local.
        LmdbError::check(unsafe { lmdb_sys::mdb_env_get_fd(self.as_ptr(), &mut fd) })?;
        Ok(fd)
    }

    /// Size of the map in bytes.
    pub fn map_size(&self) -> Result<usize, LmdbError> {
        Ok(self.info()?.me_mapsize)
    }

    /// Number of the last used page. Exact only inside a write transaction.
    pub fn last_page(&self) -> Result<u64, LmdbError> {
        Ok(self.info()?.me_last_pgno as u64)
    }

    /// Id of the last committed transaction.
    pub fn last_txn(&self) -> Result<u64, LmdbError> {
        Ok(self.info()?.me_last_txnid as u64)
    }

    /// Slots of the reader table: how many there are and how many were ever used.
    pub fn readers(&self) -> Result<(u32, u32), LmdbError> {
        let info = self.info()?;
        Ok((info.me_maxreaders, info.me_numreaders))
    }

    fn info(&self) -> Result<lmdb_sys::MDB_envinfo, LmdbError> {
        // SAFETY: the struct is plain integers and a pointer; LMDB fills it.
        unsafe {
            let mut info = std::mem::zeroed();
            LmdbError::check(lmdb_sys::mdb_env_info(self.as_ptr(), &mut info))?;
            Ok(info)
        }
    }

    fn stat(&self) -> Result<lmdb_sys::MDB_stat, LmdbError> {
        // SAFETY: the struct is plain integers; LMDB fills it.
        unsafe {
            let mut stat = std::mem::zeroed();
            LmdbError::check(lmdb_sys::mdb_env_stat(self.as_ptr(), &mut stat))?;
            Ok(stat)
        }
    }

    /// Clears reader slots of dead processes and says how many there were.
    pub fn reader_check(&self) -> Result<u32, LmdbError> {
        let mut dead = 0;
        // SAFETY: an open environment and an out pointer to a local.
        LmdbError::check(unsafe { lmdb_sys::mdb_reader_check(self.as_ptr(), &mut dead) })?;
        Ok(dead as u32)
    }

    /// Begins the write transaction; waits for the one that runs in this or another process.
    pub fn write(&self) -> Result<WriteTxn<'_>, LmdbError> {
        WriteTxn::begin(self)
    }

    /// A snapshot of the last commit, from the pool or new.
    pub fn read(&self) -> Result<ReadTxn<'_>, LmdbError> {
        let pooled = self.pool().pop();
        if let Some(raw) = pooled {
            // SAFETY: the pool holds reset read transactions of this environment only.
            let code = unsafe { lmdb_sys::mdb_txn_renew(raw.0.as_ptr()) };
            if code == 0 {
                return Ok(ReadTxn::new(self, raw));
            }
            // The slot was taken away and may be somebody else's by now: ending the transaction would clear it, so its
            // few bytes are given up.
        }
        let mut raw = ptr::null_mut();
        // SAFETY: an open environment and an out pointer to a local.
        LmdbError::check(unsafe {
            lmdb_sys::mdb_txn_begin(self.as_ptr(), ptr::null_mut(), lmdb_sys::MDB_RDONLY as c_uint, &mut raw)
        })?;
        let ptr = NonNull::new(raw).ok_or(LmdbError(libc::ENOMEM))?;
        Ok(ReadTxn::new(self, RawSnapshot(ptr)))
    }

    /// Gives a detached snapshot back to the pool.
    pub fn release(&self, snapshot: DetachedSnapshot) {
        self.recycle(snapshot.0);
    }

    pub(super) fn detach(raw: RawSnapshot) -> DetachedSnapshot {
        DetachedSnapshot(raw)
    }

    pub(super) fn recycle(&self, raw: RawSnapshot) {
        // SAFETY: a live read transaction of this environment that nobody else uses.
        unsafe { lmdb_sys::mdb_txn_reset(raw.0.as_ptr()) };
        self.pool().push(raw);
    }

    fn pool(&self) -> MutexGuard<'_, Vec<RawSnapshot>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Env {
    fn drop(&mut self) {
        for raw in self.pool().drain(..) {
            // SAFETY: a reset transaction of this environment, used by nobody else.
            unsafe { lmdb_sys::mdb_txn_abort(raw.0.as_ptr()) };
        }
        // SAFETY: transactions borrow the environment, so none is left.
        unsafe { lmdb_sys::mdb_env_close(self.as_ptr()) };
    }
}

/// LMDB's own version text.
pub fn version() -> &'static CStr {
    // SAFETY: LMDB answers a static NUL-terminated string; null out pointers are allowed.
    unsafe {
        let text: *mut c_char = lmdb_sys::mdb_version(ptr::null_mut(), ptr::null_mut(), ptr::null_mut());
        CStr::from_ptr(text)
    }
}
