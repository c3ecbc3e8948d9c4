//! Loom's atomics and locks, under the names that the shipping files use.
//!
//! Loom takes sequentially consistent accesses for acquiring and releasing ones, but knows full fences. For pins and the
//! reader table that will do: where they need more, the files have fences. The doorbell has none, since what it changes
//! are counts, which every machine orders before later loads of its other word; so a full fence follows each here.

use loom::sync::Condvar;
pub use loom::sync::atomic::{AtomicBool, AtomicU64, Ordering, fence};
pub use loom::sync::{Arc, Mutex, MutexGuard};

/// Enough to see a change without sleeping, and not to.
pub const SPINS: u32 = 1;

fn ordered<T>(order: Ordering, value: T) -> T {
    if matches!(order, Ordering::SeqCst) {
        fence(Ordering::SeqCst);
    }
    value
}

/// A 32-bit word, on which one can sleep as on a futex.
#[derive(Debug, Default)]
pub struct AtomicU32 {
    word: loom::sync::atomic::AtomicU32,
    bucket: Mutex<()>,
    sleepers: Condvar,
    /// A value at which every sleep is over at once; 0: none.
    times_out: u32,
}

impl AtomicU32 {
    pub fn new(value: u32) -> AtomicU32 {
        AtomicU32 { word: loom::sync::atomic::AtomicU32::new(value), ..AtomicU32::default() }
    }

    /// A word that is `value` at first, and on which nobody sleeps for long while it is `times_out`.
    pub fn that_times_out(value: u32, times_out: u32) -> AtomicU32 {
        AtomicU32 { times_out, ..AtomicU32::new(value) }
    }

    pub fn times_out_at(&self, value: u32) -> bool {
        self.times_out != 0 && self.times_out == value
    }

    /// As the kernel does: a full fence, then the word is compared under the lock that wakers take.
    pub fn sleep_while(&self, expected: u32) {
        fence(Ordering::SeqCst);
        let bucket = self.bucket.lock().unwrap();
        if self.word.load(Ordering::Relaxed) == expected {
            drop(self.sleepers.wait(bucket).unwrap());
        }
    }

    pub fn wake_all(&self) {
        fence(Ordering::SeqCst);
        let _bucket = self.bucket.lock().unwrap();
        self.sleepers.notify_all();
    }

    pub fn wake_one(&self) {
        fence(Ordering::SeqCst);
        let _bucket = self.bucket.lock().unwrap();
        self.sleepers.notify_one();
    }

    pub fn load(&self, order: Ordering) -> u32 {
        self.word.load(order)
    }

    pub fn store(&self, value: u32, order: Ordering) {
        self.word.store(value, order);
    }

    pub fn swap(&self, value: u32, order: Ordering) -> u32 {
        ordered(order, self.word.swap(value, order))
    }

    pub fn fetch_add(&self, by: u32, order: Ordering) -> u32 {
        ordered(order, self.word.fetch_add(by, order))
    }

    pub fn fetch_sub(&self, by: u32, order: Ordering) -> u32 {
        ordered(order, self.word.fetch_sub(by, order))
    }

    pub fn fetch_max(&self, value: u32, order: Ordering) -> u32 {
        ordered(order, self.word.fetch_max(value, order))
    }

    pub fn compare_exchange(
        &self,
        old: u32,
        new: u32,
        success: Ordering,
        failure: Ordering,
    ) -> Result<u32, u32> {
        ordered(success, self.word.compare_exchange(old, new, success, failure))
    }
}
