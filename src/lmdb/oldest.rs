//! Which snapshots are in use, as the rule for extents asks.

use super::locktable::LockTable;
use crate::sync::{Ordering, fence};

impl LockTable {
    /// Id of the last committed transaction.
    pub fn last_txn(&self) -> u64 {
        self.last().load(Ordering::SeqCst)
    }

    /// Whether every later allocator is sure to respect a snapshot of the transaction `id`, which was just taken. LMDB
    /// stores a reader's id without a fence: if a commit passed before the store was visible, an allocator may have
    /// missed it, and the next but one commit may have been writing the meta page being read.
    pub fn is_seen(&self, id: u64) -> bool {
        fence(Ordering::SeqCst);
        self.last_txn() == id
    }

    /// The oldest snapshot any slot reads, or `newest` when none is older.
    pub fn oldest(&self, newest: u64) -> u64 {
        fence(Ordering::SeqCst);
        (0..self.used())
            .filter(|&slot| self.pid(slot).load(Ordering::Acquire) != 0)
            .map(|slot| self.txn(slot).load(Ordering::SeqCst))
            .fold(newest, u64::min)
    }
}
