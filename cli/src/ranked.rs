//! Entries in an order, of which only the first are kept.

use std::cmp::Ordering;
use std::collections::BinaryHeap;

use dishtayantra_lmdb::store::Listed;

/// An entry and what it is sorted by.
pub struct Ranked<R> {
    /// The lesser come first.
    pub rank: R,
    /// The entry.
    pub entry: Listed,
}

impl<R: Ord> PartialEq for Ranked<R> {
    fn eq(&self, other: &Ranked<R>) -> bool {
        self.rank == other.rank
    }
}

impl<R: Ord> Eq for Ranked<R> {}

impl<R: Ord> PartialOrd for Ranked<R> {
    fn partial_cmp(&self, other: &Ranked<R>) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl<R: Ord> Ord for Ranked<R> {
    fn cmp(&self, other: &Ranked<R>) -> Ordering {
        self.rank.cmp(&other.rank)
    }
}

/// Adds to the smallest `limit` that a heap holds.
pub fn keep<T: Ord>(heap: &mut BinaryHeap<T>, item: T, limit: usize) {
    heap.push(item);
    if heap.len() > limit {
        heap.pop();
    }
}
