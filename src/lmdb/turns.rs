//! Whose turn it is to use LMDB's writer mutex and its reader mutex.
//!
//! LMDB's mutexes are robust by thread ids, which hold in one pid namespace only. So each is taken by one engine at a time,
//! under a lock of our own above it, and nobody ever waits for LMDB's: the kernel then gives it up for its owner alone.

use super::number;
use crate::mapping::living::Living;
use crate::mapping::owner_lock::{self, From};
use crate::mapping::region::Region;
use std::sync::Arc;

/// The two lock words of a store, and who asks for them.
pub struct Turns {
    /// The file that has the words,
    pub words: Arc<Region>,
    /// where the one of writers is,
    pub writer: u64,
    /// and that of those who change the reader table.
    pub readers: u64,
    /// Who is alive.
    pub living: Arc<Living>,
    /// Id of this engine.
    pub engine: u32,
}

impl Turns {
    /// What LMDB takes for the engine's pid.
    pub(super) fn number(&self) -> i32 {
        number::of_engine(self.engine)
    }

    fn take(&self, at: u64) -> From {
        let is_alive = |id| id == self.engine || self.living.has(id);
        owner_lock::lock(self.words.u32_at(at), self.engine, is_alive)
    }

    /// Waits until this engine's turn to write has come. From the dead: LMDB repairs what they left as soon as its mutex
    /// is taken, and looks at the reader table for that.
    #[inline]
    pub(super) fn begin_writing(&self) -> From {
        self.take(self.writer)
    }

    #[inline]
    pub(super) fn end_writing(&self) {
        owner_lock::unlock(self.words.u32_at(self.writer));
    }

    /// The turn to take a slot of the reader table, or to clear those of the dead.
    pub(super) fn readers(&self) -> ReadersTurn<'_> {
        self.take(self.readers);
        ReadersTurn(self)
    }
}

/// Ends with it.
pub(super) struct ReadersTurn<'t>(&'t Turns);

impl Drop for ReadersTurn<'_> {
    fn drop(&mut self) {
        owner_lock::unlock(self.0.words.u32_at(self.0.readers));
    }
}
