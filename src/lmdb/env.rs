//! An LMDB environment.

use super::LmdbError;
use super::number::Assumed;
use super::pool::{Pool, RawSnapshot};
use super::turns::Turns;
use super::txn::{ReadTxn, WriteTxn};
use std::ffi::{CStr, c_char, c_uint};
use std::os::fd::RawFd;
use std::ptr::{self, NonNull};

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
    pool: Pool,
    turns: Turns,
}

// SAFETY: an MDB_env may be used from any thread; the pool is behind its mutex.
unsafe impl Send for Env {}
// SAFETY: as above.
unsafe impl Sync for Env {}

impl Env {
    /// Opens the environment in `directory` with a writable map, in which everybody takes turns.
    pub fn open(directory: &CStr, options: &EnvOptions, turns: Turns) -> Result<Env, LmdbError> {
        let mut flags = lmdb_sys::MDB_WRITEMAP | lmdb_sys::MDB_NOTLS;
        if !options.sync {
            flags |= lmdb_sys::MDB_NOSYNC;
        }
        let mut raw = ptr::null_mut();
        let _number = Assumed::new(turns.number());
        // SAFETY: out pointer to a local.
        LmdbError::check(unsafe { lmdb_sys::mdb_env_create(&mut raw) })?;
        let Some(ptr) = NonNull::new(raw) else {
            return Err(LmdbError(libc::ENOMEM));
        };
        // From here the environment is closed on every path.
        let mut env = Env { ptr, page_size: 0, pool: Pool::new(options.max_readers), turns };
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

    pub(super) fn turns(&self) -> &Turns {
        &self.turns
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
        let _turn = self.turns.readers();
        // SAFETY: an open environment and an out pointer to a local.
        LmdbError::check(unsafe { lmdb_sys::mdb_reader_check(self.as_ptr(), &mut dead) })?;
        Ok(dead as u32)
    }

    /// Begins the write transaction; waits for the one that runs in this or another process.
    pub fn write(&self) -> Result<WriteTxn<'_>, LmdbError> {
        WriteTxn::begin(self)
    }

    /// A snapshot of the last commit. Waits while this process uses its share of the reader slots.
    pub fn read(&self) -> Result<ReadTxn<'_>, LmdbError> {
        loop {
            let Some(raw) = self.pool.take() else {
                return self.begin_reading();
            };
            // SAFETY: the pool holds reset read transactions of this environment only.
            if unsafe { lmdb_sys::mdb_txn_renew(raw.0.as_ptr()) } == 0 {
                return Ok(ReadTxn::new(self, raw));
            }
            // The slot was taken away and may be somebody else's by now: ending the transaction would clear it, so its
            // few bytes are given up.
            self.pool.lost(1);
        }
    }

    #[cold]
    fn begin_reading(&self) -> Result<ReadTxn<'_>, LmdbError> {
        let mut raw = ptr::null_mut();
        let turn = self.turns.readers();
        // SAFETY: an open environment and an out pointer to a local.
        let code = unsafe {
            lmdb_sys::mdb_txn_begin(self.as_ptr(), ptr::null_mut(), lmdb_sys::MDB_RDONLY as c_uint, &mut raw)
        };
        drop(turn);
        let begun = LmdbError::check(code).and_then(|()| NonNull::new(raw).ok_or(LmdbError(libc::ENOMEM)));
        match begun {
            Ok(raw) => Ok(ReadTxn::new(self, RawSnapshot(raw))),
            Err(error) => {
                self.pool.lost(1);
                Err(error)
            }
        }
    }

    /// Gives back the reader slots that nobody in this process wanted since this was called the last time.
    pub fn trim(&self) {
        self.end(self.pool.unwanted());
    }

    pub(super) fn recycle(&self, raw: RawSnapshot) {
        // SAFETY: a live read transaction of this environment that nobody else uses.
        unsafe { lmdb_sys::mdb_txn_reset(raw.0.as_ptr()) };
        let crowded = || self.readers().is_ok_and(|(most, used)| used > most / 2);
        if let Some(surplus) = self.pool.put_back(raw, crowded) {
            self.end([surplus]);
        }
    }

    #[cold]
    fn end(&self, surplus: impl IntoIterator<Item = RawSnapshot>) {
        let mut ended = 0;
        for raw in surplus {
            // SAFETY: a reset transaction of this environment, used by nobody else. One that cannot be renewed has lost
            // its slot, as in `read`.
            unsafe {
                if lmdb_sys::mdb_txn_renew(raw.0.as_ptr()) == 0 {
                    lmdb_sys::mdb_txn_abort(raw.0.as_ptr());
                }
            }
            ended += 1;
        }
        if ended > 0 {
            self.pool.lost(ended);
        }
    }
}

impl Drop for Env {
    fn drop(&mut self) {
        self.end(self.pool.idle());
        let _number = Assumed::new(self.turns.number());
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
