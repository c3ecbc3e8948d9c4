//! An open store: everything this process keeps for one directory.

use super::deferred::Deferred;
use super::directory::{Directory, Identity};
use super::files::{self, OpenFiles};
use super::members;
use super::owners::Owners;
use super::pins::{self, Pins};
use super::quarantine::Reached;
use super::shared::Shared;
use super::spares::Spares;
use super::sweeper::Sweeper;
use crate::envelope::{EXTENT_HEADER, Extent, Info};
use crate::error::{Error, Result, Status};
use crate::lmdb::{Access, Dbi, Env, LmdbError, LockTable, ReadTxn};
use crate::mapping::payload::PayloadMap;
use crate::mapping::proc_maps::FileId;
use crate::mapping::{fork, sys};
use crate::options::Options;
use std::fs::File;
use std::ops::Deref;
use std::os::fd::AsRawFd;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, RwLock};
use std::time::{Duration, Instant};

/// Prefix of the engine's own databases.
pub const RESERVED: &str = "_dy_";
/// How many there are.
pub const SYSTEM_DBS: u32 = 7;
/// How long a reader waits for a slot of the reader table when others hold all of them,
const SLOT_PATIENCE: Duration = Duration::from_secs(1);
/// and how long between two looks.
const SLOT_PAUSE: Duration = Duration::from_millis(2);

/// The databases of free pages.
#[derive(Debug, Clone, Copy)]
pub struct FreeDbs {
    /// By first page.
    pub by_start: Dbi,
    /// By length.
    pub by_len: Dbi,
}

/// Handles of the engine's own databases.
#[derive(Debug, Clone, Copy)]
pub struct SystemDbs {
    /// Arenas: id -> the arena itself.
    pub arenas: Dbi,
    /// Free pages.
    pub free: FreeDbs,
    /// Extents that wait until nobody sees them.
    pub quarantine: Dbi,
    /// Extents that are being filled.
    pub loans: Dbi,
    /// Entries by the time they expire.
    pub expiry: Dbi,
    /// Format version, tail of the file.
    pub meta: Dbi,
}

/// What an open store is made of, in the order in which it ends.
pub struct Resources {
    /// The thread that sweeps.
    pub sweeper: Sweeper,
    /// Both mappings of the data file; the second goes before LMDB unmaps its own.
    pub map: PayloadMap,
    /// LMDB's reader table.
    pub lock_table: LockTable,
    /// The environment.
    pub env: Env,
    /// Locks that keep LMDB's own from being dropped, until after the environment is closed.
    pub guard: File,
    /// Liveness of engines.
    pub owners: Owners,
    /// Header, pins, wait words.
    pub shared: Shared,
    /// The directory, locked as long as the engine lives.
    pub directory: Arc<Directory>,
    /// Its files, set before the engine is shared.
    pub files: OnceLock<OpenFiles>,
    /// This engine's free pin slots.
    pub pins: Pins,
    /// Row of quarantine where the last drain of this process stopped.
    pub drained: Mutex<Reached>,
    /// Bytes of the index of expiry, as of late.
    pub expiry_bytes: AtomicU64,
    /// Extents for the next loans.
    pub spares: Spares,
    /// Entries that go with the next transaction.
    pub deferred: Deferred,
    /// Absolute path of the directory.
    pub path: PathBuf,
    /// LMDB's page size.
    pub page_size: u64,
    /// Pages of the map.
    pub map_pages: u64,
    /// How it was opened.
    pub options: Options,
    /// Device and inode of the directory.
    pub identity: Identity,
    /// Device and inode of the data file.
    pub data_file: FileId,
    /// When it was seen not to be removed, ns of `CLOCK_BOOTTIME`.
    pub seen_ns: AtomicU64,
    /// The store's id.
    pub id: OnceLock<u128>,
    /// What has to be told that it was closed, once it is known there.
    pub forget: OnceLock<fn(&MutexGuard<'_, ()>, Identity)>,
    /// The engine's own databases.
    pub system: OnceLock<SystemDbs>,
    /// Named databases opened so far, sorted by name.
    pub named: RwLock<Vec<(String, Dbi)>>,
    /// Store handles in use; the sweeper ends with the last.
    pub holders: AtomicUsize,
}

/// An open store. Never dropped in a forked child, whose copy of it must not touch the parent's locks and maps.
pub struct Engine {
    resources: Option<Resources>,
    generation: u64,
}

impl Engine {
    /// Wraps what was opened in this process.
    pub fn new(resources: Resources) -> Engine {
        Engine { resources: Some(resources), generation: fork::generation() }
    }

    /// Whether this is still the process that opened the store.
    pub fn is_ours(&self) -> bool {
        self.generation == fork::generation()
    }

    /// Refuses a handle that was inherited by a forked child, and a store whose files were found to be gone.
    #[inline]
    pub fn check(&self) -> Result<()> {
        if self.is_ours() && self.lost().is_none() {
            return Ok(());
        }
        Err(self.refusal())
    }

    #[cold]
    fn refusal(&self) -> Error {
        if let Some(name) = self.lost().filter(|_| self.is_ours()) {
            return files::gone(&self.directory, name);
        }
        Error::new(
            Status::Forked,
            format!(
                "store {} was opened before this process was forked; open it again in the child",
                self.path.display()
            ),
        )
    }

    fn lost(&self) -> Option<&'static str> {
        self.files.get()?.lost()
    }

    /// Looks once a second whether the store's files are still there; `now_ns` is of `CLOCK_BOOTTIME`.
    pub fn look(&self, now_ns: u64) -> Result<()> {
        self.files.get().map_or(Ok(()), |files| files.look(&self.directory, now_ns))
    }

    /// Gives the files the present time once in a while, so that no cleaner takes them for deserted.
    pub fn touch_files(&self) {
        if let Some(files) = self.files.get() {
            files.touch(&self.directory, sys::boottime_ns());
        }
    }

    /// Looks at the files now.
    pub fn look_now(&self) -> Result<()> {
        self.files.get().map_or(Ok(()), |files| files.look_now(&self.directory, sys::boottime_ns()))
    }

    /// Whether the data file has a name still. When it has none all files are looked at, and every call is refused.
    pub fn has_its_file(&self, now_ns: u64) -> bool {
        let named = self.env.fd().is_ok_and(sys::is_named);
        if named {
            self.seen_ns.store(now_ns, Ordering::Relaxed);
        } else {
            // The answer is in what is noted by it.
            let _ = self.look_now();
        }
        named
    }

    /// The store's id: of this very store, not of its copies nor of another one that takes its place.
    pub fn store_id(&self) -> u128 {
        *self.id.get().expect("set before the engine is shared")
    }

    /// Pages for a payload of `size` bytes with its header.
    pub fn pages_for(&self, size: u64) -> u64 {
        (size + EXTENT_HEADER).div_ceil(self.page_size)
    }

    /// Where the payload of an entry is, unless that is in its record.
    pub fn extent_of(&self, info: &Info) -> Option<Extent> {
        let start = info.file_offset / self.page_size;
        (!info.inline).then(|| Extent { start, pages: self.pages_for(info.size) })
    }

    /// The engine's own databases.
    pub fn dbs(&self) -> &SystemDbs {
        self.system.get().expect("set before the engine is shared")
    }

    /// A snapshot that every later allocator is sure to respect.
    #[inline]
    pub fn snapshot(&self) -> Result<ReadTxn<'_>> {
        loop {
            let txn = read(&self.env, &self.path)?;
            if self.lock_table.is_seen(txn.id()) {
                return Ok(txn);
            }
        }
    }

    fn close(&mut self) {
        self.sweeper.stop();
        pins::release_all(&self.shared, self.owners.id());
        members::leave(&self.shared, self.owners.id());
        fork::forget(self.guard.as_raw_fd());
        fork::forget(self.owners.file().as_raw_fd());
        fork::forget(self.directory.fd());
        drop(self.resources.take());
    }
}

/// A snapshot. When every reader slot is taken it clears those of the dead and waits a moment: the living give back what
/// they do not need.
#[inline]
pub fn read<'e>(env: &'e Env, path: &Path) -> Result<ReadTxn<'e>> {
    match env.read() {
        Err(LmdbError::READERS_FULL) => read_later(env, path),
        other => Ok(other?),
    }
}

#[cold]
fn read_later<'e>(env: &'e Env, path: &Path) -> Result<ReadTxn<'e>> {
    let mut deadline = None;
    loop {
        if env.reader_check()? == 0 {
            if Instant::now() > *deadline.get_or_insert_with(|| Instant::now() + SLOT_PATIENCE) {
                let (slots, _) = env.readers().unwrap_or_default();
                return Err(Error::new(
                    Status::ReadersFull,
                    format!(
                        "MDB_READERS_FULL: all {slots} reader slots of {} are held by live readers; raise \
                         lmdb_max_readers in the process that creates the store",
                        path.display()
                    ),
                ));
            }
            std::thread::sleep(SLOT_PAUSE);
        }
        match env.read() {
            Err(LmdbError::READERS_FULL) => {}
            other => return Ok(other?),
        }
    }
}

impl Deref for Engine {
    type Target = Resources;

    fn deref(&self) -> &Resources {
        self.resources.as_ref().expect("taken by drop only")
    }
}

impl Drop for Engine {
    fn drop(&mut self) {
        if !self.is_ours() {
            std::mem::forget(self.resources.take());
            return;
        }
        let Some(forget) = self.forget.get().copied() else {
            // Opening failed half-way, and whoever opens excludes others already.
            self.close();
            return;
        };
        let excluded = fork::exclude();
        let identity = self.identity;
        self.close();
        forget(&excluded, identity);
    }
}
