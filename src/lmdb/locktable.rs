//! LMDB's reader table in the mapped `lock.mdb`: which snapshots are in use.
//!
//! The layout is that of LMDB 0.9's lock version 1 (`MDB_txninfo`, `MDB_reader`): magic and format, the reader mutex,
//! the last transaction id, the number of used slots, padding to a cache line, the writer mutex, then a cache line per
//! reader with the transaction id it reads and its pid. LMDB itself refuses a lock file of another format.

use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;
use std::ptr::NonNull;
use std::sync::atomic::{AtomicI32, AtomicU32, AtomicU64, Ordering};

const CACHE_LINE: usize = 64;
const MUTEX: usize = size_of::<libc::pthread_mutex_t>();
const TXN_ID: usize = 8 + MUTEX;
const NUM_READERS: usize = TXN_ID + 8;
const READER_MUTEX: usize = 8;
const WRITER_MUTEX: usize = (NUM_READERS + 4).next_multiple_of(CACHE_LINE);
const READERS: usize = WRITER_MUTEX + MUTEX.next_multiple_of(CACHE_LINE);
const PID: usize = 8;
const MAGIC: u32 = 0xBEEF_C0DE;
/// What a slot's transaction id is while its owner reads nothing.
const IDLE: u64 = u64::MAX;

/// The reader table as LMDB maps it.
pub struct LockTable {
    base: NonNull<u8>,
    slots: usize,
}

// SAFETY: only atomics of shared memory are reached through it.
unsafe impl Send for LockTable {}
// SAFETY: as above.
unsafe impl Sync for LockTable {}

/// A used slot of the reader table.
#[derive(Debug, Clone, Copy)]
pub struct Slot {
    /// Who holds it: the number of an engine, or the pid of a process with another LMDB.
    pub holder: i32,
    /// Snapshot it reads; `None` between reads.
    pub snapshot: Option<u64>,
}

impl LockTable {
    /// # Safety
    /// `base` is LMDB's own mapping of `lock.mdb`, `length` bytes long, and outlives the table.
    pub unsafe fn new(base: NonNull<u8>, length: usize) -> LockTable {
        LockTable { base, slots: length.saturating_sub(READERS) / CACHE_LINE }
    }

    /// Whether a lock file begins as LMDB's do.
    pub fn is_head_of(file: &File) -> io::Result<bool> {
        let mut magic = [0; 4];
        file.read_exact_at(&mut magic, 0)?;
        Ok(u32::from_ne_bytes(magic) == MAGIC)
    }

    /// Length of a lock file with `slots` reader slots.
    pub fn length(slots: u32) -> u64 {
        (READERS + slots as usize * CACHE_LINE) as u64
    }

    /// The words on which threads sleep that wait for LMDB's mutexes, as the C library lays them out.
    pub fn mutexes(&self) -> [&AtomicU32; 2] {
        // SAFETY: as for `word`, with 4-byte alignment.
        [READER_MUTEX, WRITER_MUTEX].map(|at| unsafe { self.base.add(at).cast::<AtomicU32>().as_ref() })
    }

    /// Id of the last committed transaction.
    pub(super) fn last(&self) -> &AtomicU64 {
        self.word(TXN_ID)
    }

    fn word(&self, offset: usize) -> &AtomicU64 {
        // SAFETY: `new`'s promise; the offsets are 8-byte aligned and inside the header or a slot below `slots`.
        unsafe { self.base.add(offset).cast::<AtomicU64>().as_ref() }
    }

    pub(super) fn used(&self) -> usize {
        // SAFETY: as for `word`, with 4-byte alignment.
        let count = unsafe { self.base.add(NUM_READERS).cast::<AtomicU32>().as_ref() };
        (count.load(Ordering::Acquire) as usize).min(self.slots)
    }

    pub(super) fn pid(&self, slot: usize) -> &AtomicI32 {
        // SAFETY: as for `word`, with 4-byte alignment.
        unsafe { self.base.add(READERS + slot * CACHE_LINE + PID).cast::<AtomicI32>().as_ref() }
    }

    pub(super) fn txn(&self, slot: usize) -> &AtomicU64 {
        self.word(READERS + slot * CACHE_LINE)
    }

    /// The slots that are in use.
    pub fn slots(&self) -> Vec<Slot> {
        (0..self.used())
            .filter_map(|slot| {
                let pid = self.pid(slot).load(Ordering::Acquire);
                let txn = self.txn(slot).load(Ordering::SeqCst);
                (pid != 0).then_some(Slot { holder: pid, snapshot: (txn != IDLE).then_some(txn) })
            })
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[cfg(target_arch = "x86_64")]
    fn offsets_are_those_of_lock_version_1() {
        assert_eq!((READER_MUTEX, TXN_ID, NUM_READERS, WRITER_MUTEX, READERS), (8, 48, 56, 64, 128));
    }
}
