//! Extents that an engine keeps for its next loans and puts, so that one who publishes payloads of one size again and
//! again needs one transaction for each instead of two.
//!
//! When a loan replaces an entry of as many pages, the old extent takes over the loan's row instead of going to
//! quarantine and coming back. The extent of an entry that this engine left to be deleted with its next transaction gets a
//! row of its own. It waits here just as it would there: until no snapshot can hold its entry and no pin
//! names it. If the engine dies, the row says that the extent was in an entry, and it goes to quarantine.

use super::pins;
use super::shared::Shared;
use crate::envelope::Extent;
use crate::lmdb::LockTable;
use crate::sync::{AtomicBool, Mutex, MutexGuard, Ordering};
use std::sync::PoisonError;

/// How many an engine keeps: two for each of two sizes, since one waits while the other is filled.
const MOST: usize = 4;
/// Each is at most this part of what the store may use.
const PART: u64 = 256;

/// An extent that is kept.
#[derive(Debug, Clone, Copy)]
pub struct Spare {
    /// The row of `_dy_loans` that names it.
    pub id: u64,
    /// Its pages.
    pub extent: Extent,
    /// Id of the transaction that replaced its entry.
    pub freed: u64,
}

/// The extents that this engine keeps, the oldest first.
#[derive(Default)]
pub struct Spares {
    spares: Mutex<Vec<Spare>>,
    used: AtomicBool,
}

impl Spares {
    fn spares(&self) -> MutexGuard<'_, Vec<Spare>> {
        self.spares.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether an extent of so many bytes should be kept beside `more` that will be, in a store of at most `limit`.
    pub fn wants(&self, limit: u64, bytes: u64, more: usize) -> bool {
        bytes <= limit / PART && self.spares().len() + more < MOST
    }

    /// Keeps extents whose rows are committed.
    pub fn add(&self, spares: &[Spare]) {
        self.used.store(true, Ordering::Relaxed);
        self.spares().extend_from_slice(spares);
    }

    /// An extent of just so many pages that nobody can see any more. The rule is that of the quarantine, with the last
    /// committed transaction as the one before this; the same fences hold.
    pub fn take(&self, lock_table: &LockTable, shared: &Shared, pages: u64) -> Option<Spare> {
        let mut spares = self.spares();
        if !spares.iter().any(|spare| spare.extent.pages == pages) {
            return None;
        }
        // Readers first, pins second.
        let oldest = lock_table.oldest(lock_table.last_txn());
        let at = spares.iter().position(|spare| {
            spare.extent.pages == pages
                && spare.freed < oldest
                && !pins::is_pinned(shared, spare.extent.start)
        })?;
        Some(spares.remove(at))
    }

    /// The oldest one of another size than so many pages, when no more can be kept.
    pub fn evict(&self, pages: u64) -> Option<Spare> {
        let mut spares = self.spares();
        let full = spares.len() >= MOST;
        let at = spares.iter().position(|spare| full && spare.extent.pages != pages)?;
        Some(spares.remove(at))
    }

    /// All of them.
    pub fn take_all(&self) -> Vec<Spare> {
        std::mem::take(&mut *self.spares())
    }

    /// Whether nothing was kept since this was asked the last time.
    pub fn idle(&self) -> bool {
        !self.used.swap(false, Ordering::Relaxed)
    }
}
