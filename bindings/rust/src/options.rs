//! How a store is opened.

use crate::sys;

/// What a published entry survives.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Durability {
    /// The end of any process.
    Process,
    /// A power failure too.
    Sync,
}

impl Durability {
    pub(crate) fn code(self) -> u32 {
        match self {
            Durability::Process => sys::DY_LMDB_DURABILITY_PROCESS,
            Durability::Sync => sys::DY_LMDB_DURABILITY_SYNC,
        }
    }
}

/// How a store is opened. What is `None` is as the engine has it by default.
#[derive(Debug, Clone, Copy, Default)]
pub struct OpenOptions {
    /// How far the store may grow, in bytes; by default 1 GiB when it is created, and one that is there stays as it
    /// is. A value above the store's own raises it for everybody, with a warning.
    pub map_size: Option<u64>,
    /// Bytes kept populated ahead of the used ones; 16 MiB by default.
    pub prefault: Option<u64>,
    /// Reader slots; 512 by default. The process that creates the store decides.
    pub max_readers: Option<u32>,
    /// Named databases; 100 by default.
    pub max_dbs: Option<u32>,
    /// Mode of the directory; 0o700 by default.
    pub mode: Option<u32>,
    /// What entries survive; the end of any process by default.
    pub durability: Option<Durability>,
    /// Accept a directory that is a symbolic link.
    pub follow_symlinks: bool,
    /// Start no thread in this process that removes expired entries.
    pub no_sweeper: bool,
    /// Fail with [`NotFound`](crate::ErrorKind::NotFound) when the directory holds no store.
    pub existing: bool,
}

impl OpenOptions {
    pub(crate) fn flags(&self) -> u32 {
        let flag = |set: bool, flag: u32| if set { flag } else { 0 };
        flag(self.follow_symlinks, sys::DY_LMDB_OPEN_FOLLOW_SYMLINKS)
            | flag(self.no_sweeper, sys::DY_LMDB_OPEN_NO_SWEEPER)
            | flag(self.existing, sys::DY_LMDB_OPEN_EXISTING)
    }
}
