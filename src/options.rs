//! How a store is opened and how an entry is put.

use crate::format::Format;

/// The smallest store, in bytes: LMDB's own pages and what deletes keep in reserve leave too little of a smaller one.
pub const MIN_MAP_SIZE: u64 = 4 << 20;
/// How far a store may grow, in bytes, when whoever creates it does not say.
pub const DEFAULT_MAP_SIZE: u64 = 1 << 30;

/// What a published entry survives.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Durability {
    /// The death of any process; not a power failure.
    Process,
    /// A power failure too: every commit is synchronised to the disk.
    Sync,
}

/// How a store is opened.
#[derive(Debug, Clone)]
pub struct Options {
    /// How far the store may grow, in bytes; 0: `DEFAULT_MAP_SIZE` when it is created, else as it is.
    pub map_size: u64,
    /// How many bytes ahead of the high-water mark the sweeper keeps populated.
    pub prefault: u64,
    /// Reader slots of the store; the process that creates it decides.
    pub max_readers: u32,
    /// Named databases of the store.
    pub max_dbs: u32,
    /// Mode of the directory; bits for group or others allow a shared store.
    pub mode: u32,
    /// What a published entry survives.
    pub durability: Durability,
    /// Accept a directory that is a symbolic link.
    pub follow_symlinks: bool,
    /// Run the sweeper thread; without it `sweep` must be called.
    pub sweeper: bool,
    /// Fail when there is no store yet instead of creating one.
    pub existing: bool,
}

impl Default for Options {
    fn default() -> Options {
        Options {
            map_size: 0,
            prefault: 16 << 20,
            max_readers: 512,
            max_dbs: 100,
            mode: 0o700,
            durability: Durability::Process,
            follow_symlinks: false,
            sweeper: true,
            existing: false,
        }
    }
}

/// How an entry is put.
#[derive(Debug, Clone, Copy)]
pub struct PutOptions<'a> {
    /// Format of the payload.
    pub format: Format,
    /// Time to live in milliseconds; 0 = until deleted.
    pub ttl_ms: u64,
    /// Fail with `KeyExists` when a live entry is under the key.
    pub no_overwrite: bool,
    /// Store an XXH3 checksum of the payload.
    pub checksum: bool,
    /// Record when the entry is first opened (inputs of an exchange).
    pub tracked: bool,
    /// Exchange id; empty: made from the entry's id.
    pub txn_id: &'a str,
    /// Who put the entry.
    pub source: &'a str,
    /// Whom it is for.
    pub target: &'a str,
}

impl Default for PutOptions<'_> {
    fn default() -> Self {
        PutOptions {
            format: Format::Raw,
            ttl_ms: 300_000,
            no_overwrite: false,
            checksum: false,
            tracked: false,
            txn_id: "",
            source: "",
            target: "",
        }
    }
}
