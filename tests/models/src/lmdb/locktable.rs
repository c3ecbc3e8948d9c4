//! LMDB's reader table, and LMDB's own steps on it: plain stores without a fence, which the rule has to live with.

use crate::sync::{AtomicU32, AtomicU64, Ordering};

/// What a slot's transaction id is while its owner reads nothing.
const IDLE: u64 = u64::MAX;

pub struct LockTable {
    last: AtomicU64,
    slots: Vec<(AtomicU32, AtomicU64)>,
}

impl LockTable {
    pub fn new(last: u64, slots: u32) -> LockTable {
        LockTable {
            last: AtomicU64::new(last),
            slots: (1..=slots).map(|pid| (AtomicU32::new(pid), AtomicU64::new(IDLE))).collect(),
        }
    }

    pub(super) fn last(&self) -> &AtomicU64 {
        &self.last
    }

    pub(super) fn used(&self) -> usize {
        self.slots.len()
    }

    pub(super) fn pid(&self, slot: usize) -> &AtomicU32 {
        &self.slots[slot].0
    }

    pub(super) fn txn(&self, slot: usize) -> &AtomicU64 {
        &self.slots[slot].1
    }

    /// `mdb_txn_renew0` of a reader: the id is written until it is the last one.
    pub fn renew(&self, slot: usize) -> u64 {
        loop {
            let id = self.last.load(Ordering::Relaxed);
            self.txn(slot).store(id, Ordering::Relaxed);
            if self.last.load(Ordering::Relaxed) == id {
                return id;
            }
        }
    }

    /// `mdb_txn_reset0`.
    pub fn reset(&self, slot: usize) {
        self.txn(slot).store(IDLE, Ordering::Relaxed);
    }

    /// The end of `mdb_txn_commit`.
    pub fn commit(&self, id: u64) {
        self.last.store(id, Ordering::Relaxed);
    }
}
