//! An open store: everything this process keeps for one directory.

use super::extents::FreeDbs;
use super::kept::Kept;
use super::owners::Owners;
use super::pins::{self, Pins};
use super::quarantine::Hint;
use super::registry;
use super::shared::Shared;
use super::space::Purpose;
use super::sweeper::Sweeper;
use super::write::Writer;
use crate::envelope::EXTENT_HEADER;
use crate::error::{Error, Result, Status};
use crate::lmdb::{Access, Dbi, Env, LmdbError, LockTable};
use crate::mapping::fork;
use crate::mapping::payload::PayloadMap;
use crate::mapping::proc_maps::FileId;
use crate::options::Options;
use std::fs::File;
use std::ops::Deref;
use std::os::fd::AsRawFd;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock, PoisonError, RwLock};

/// Prefix of the engine's own databases.
pub const RESERVED: &str = "_dy_";
/// How many there are.
pub const SYSTEM_DBS: u32 = 7;

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

/// The parts of an open store, in the order in which they end.
pub struct Parts {
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
    /// This engine's free pin slots.
    pub pins: Pins,
    /// Where quarantine was last looked at.
    pub hint: Hint,
    /// Extents for the next loans.
    pub kept: Kept,
    /// Absolute path of the directory.
    pub path: PathBuf,
    /// LMDB's page size.
    pub page_size: u64,
    /// Pages of the map.
    pub map_pages: u64,
    /// How it was opened.
    pub options: Options,
    /// Device and inode of the directory.
    pub identity: (u64, u64),
    /// Device and inode of the data file.
    pub data_file: FileId,
    /// Known to the registry, so that closing must be told to it.
    pub registered: AtomicBool,
    /// The engine's own databases.
    pub system: OnceLock<SystemDbs>,
    /// Named databases opened so far, sorted by name.
    pub named: RwLock<Vec<(String, Dbi)>>,
    /// Store handles in use; the sweeper ends with the last.
    pub holders: AtomicUsize,
}

/// An open store. Never dropped in a forked child, whose copy of it must not touch the parent's locks and maps.
pub struct Engine {
    parts: Option<Parts>,
    generation: u64,
}

impl Engine {
    /// Wraps the parts of a store that was opened in this process.
    pub fn new(parts: Parts) -> Engine {
        Engine { parts: Some(parts), generation: fork::generation() }
    }

    /// Whether this is still the process that opened the store.
    pub fn is_ours(&self) -> bool {
        self.generation == fork::generation()
    }

    /// Refuses a handle that was inherited by a forked child.
    pub fn check(&self) -> Result<()> {
        if self.is_ours() {
            return Ok(());
        }
        Err(Error::new(
            Status::Forked,
            format!(
                "store {} was opened before this process was forked; open it again in the child",
                self.path.display()
            ),
        ))
    }

    /// Pages for a payload of `size` bytes with its header.
    pub fn pages_for(&self, size: u64) -> u64 {
        (size + EXTENT_HEADER).div_ceil(self.page_size)
    }

    /// The engine's own databases.
    pub fn dbs(&self) -> &SystemDbs {
        self.system.get().expect("set before the engine is shared")
    }

    /// The handle of a named database, if it was opened before.
    pub fn opened(&self, name: &str) -> Option<Dbi> {
        let named = self.named.read().unwrap_or_else(PoisonError::into_inner);
        let at = named.binary_search_by(|(known, _)| known.as_str().cmp(name)).ok()?;
        Some(named[at].1)
    }

    /// The handle of a named database that exists. `None`: it does not.
    pub fn find_db(&self, name: &str) -> Result<Option<Dbi>> {
        if let Some(dbi) = self.opened(name) {
            return Ok(Some(dbi));
        }
        check_db_name(name)?;
        let exists = self.snapshot()?.get(Dbi::MAIN, name.as_bytes())?.is_some();
        if exists { self.open_db(name, false) } else { Ok(None) }
    }

    /// The handle of a named database, created when it does not exist.
    pub fn create_db(self: &Arc<Self>, name: &str) -> Result<Dbi> {
        if let Some(dbi) = self.find_db(name)? {
            return Ok(dbi);
        }
        self.open_db(name, true)?
            .ok_or_else(|| Error::new(Status::Internal, format!("database {name:?} was not created")))
    }

    fn open_db(&self, name: &str, create: bool) -> Result<Option<Dbi>> {
        // A handle is opened inside the write transaction, since LMDB allows one thread at a time; the list of handles
        // is locked inside it as well, since whoever holds the write lock may look at the list.
        let purpose = if create { Purpose::Put } else { Purpose::Delete };
        let mut writer = Writer::begin(self, purpose, 0)?;
        let mut named = self.named.write().unwrap_or_else(PoisonError::into_inner);
        let at = match named.binary_search_by(|(known, _)| known.as_str().cmp(name)) {
            Ok(at) => return Ok(Some(named[at].1)),
            Err(at) => at,
        };
        let opened = writer.txn().open(name, create).map_err(|error| self.db_error(name, error))?;
        if let Some(dbi) = opened {
            writer.commit()?;
            named.insert(at, (name.to_owned(), dbi));
        }
        Ok(opened)
    }

    fn db_error(&self, name: &str, error: LmdbError) -> Error {
        match error {
            LmdbError::DBS_FULL => Error::new(
                Status::DbsFull,
                format!(
                    "MDB_DBS_FULL: store {} has all of its {} named databases open and cannot open {name:?}; raise \
                     lmdb_max_dbs",
                    self.path.display(),
                    self.options.max_dbs
                ),
            ),
            LmdbError::INCOMPATIBLE => Error::new(
                Status::ForeignStore,
                format!("database {name:?} of {} was not made by this library", self.path.display()),
            ),
            other => other.into(),
        }
    }
}

impl Engine {
    fn close(&mut self) {
        self.sweeper.stop();
        pins::release_all(&self.shared, self.owners.id());
        fork::forget(self.guard.as_raw_fd());
        fork::forget(self.owners.file().as_raw_fd());
        drop(self.parts.take());
    }
}

/// Refuses names that cannot be a named database of the user's.
pub fn check_db_name(name: &str) -> Result<()> {
    let fault = if name.is_empty() {
        "is empty"
    } else if name.len() > crate::lmdb::MAX_KEY {
        "is longer than 511 bytes"
    } else if name.contains('\0') {
        "contains a zero byte"
    } else if name.starts_with(RESERVED) {
        "is reserved: names that start with _dy_ are the engine's own"
    } else {
        return Ok(());
    };
    Err(Error::new(Status::BadKey, format!("database name {name:?} {fault}")))
}

impl Deref for Engine {
    type Target = Parts;

    fn deref(&self) -> &Parts {
        self.parts.as_ref().expect("taken by drop only")
    }
}

impl Drop for Engine {
    fn drop(&mut self) {
        if !self.is_ours() {
            std::mem::forget(self.parts.take());
            return;
        }
        if !self.registered.load(Ordering::Acquire) {
            // Opening failed half-way, and whoever opens excludes others already.
            self.close();
            return;
        }
        let excluded = fork::exclude();
        let identity = self.identity;
        self.close();
        registry::remove(&excluded, identity);
    }
}
