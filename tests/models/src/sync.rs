//! Loom's atomics and locks, under the names that the shipping files use.
//!
//! Loom takes sequentially consistent loads and stores for weaker ones, but knows full fences. So each such access has a
//! full fence in front of it here, which is how compilers for weak machines order them among each other.

use loom::sync::Condvar;
pub use loom::sync::atomic::{Ordering, fence};
pub use loom::sync::{Arc, Mutex, MutexGuard};

/// Enough to see a change without sleeping, and not to.
pub const SPINS: u32 = 1;

fn ordered(order: Ordering) {
    if matches!(order, Ordering::SeqCst) {
        fence(Ordering::SeqCst);
    }
}

macro_rules! atomic {
    ($name:ident, $value:ty) => {
        #[derive(Debug, Default)]
        pub struct $name(loom::sync::atomic::$name);

        impl $name {
            pub fn new(value: $value) -> $name {
                $name(loom::sync::atomic::$name::new(value))
            }

            pub fn load(&self, order: Ordering) -> $value {
                ordered(order);
                self.0.load(order)
            }

            pub fn store(&self, value: $value, order: Ordering) {
                ordered(order);
                self.0.store(value, order);
            }

            pub fn swap(&self, value: $value, order: Ordering) -> $value {
                ordered(order);
                self.0.swap(value, order)
            }

            pub fn compare_exchange(
                &self,
                old: $value,
                new: $value,
                success: Ordering,
                failure: Ordering,
            ) -> Result<$value, $value> {
                ordered(success);
                self.0.compare_exchange(old, new, success, failure)
            }
        }
    };
}

macro_rules! counting {
    ($name:ident, $value:ty) => {
        impl $name {
            pub fn compare_exchange_weak(
                &self,
                old: $value,
                new: $value,
                success: Ordering,
                failure: Ordering,
            ) -> Result<$value, $value> {
                self.compare_exchange(old, new, success, failure)
            }

            pub fn fetch_add(&self, by: $value, order: Ordering) -> $value {
                ordered(order);
                self.0.fetch_add(by, order)
            }

            pub fn fetch_sub(&self, by: $value, order: Ordering) -> $value {
                ordered(order);
                self.0.fetch_sub(by, order)
            }

            pub fn fetch_or(&self, bits: $value, order: Ordering) -> $value {
                ordered(order);
                self.0.fetch_or(bits, order)
            }

            pub fn fetch_max(&self, value: $value, order: Ordering) -> $value {
                ordered(order);
                self.0.fetch_max(value, order)
            }
        }
    };
}

atomic!(AtomicBool, bool);
atomic!(AtomicU64, u64);
counting!(AtomicU64, u64);

/// A 32-bit word, on which one can sleep as on a futex.
#[derive(Debug, Default)]
pub struct AtomicU32 {
    word: Word,
    bucket: Mutex<()>,
    sleepers: Condvar,
}

#[derive(Debug, Default)]
struct Word(loom::sync::atomic::AtomicU32);

impl AtomicU32 {
    pub fn new(value: u32) -> AtomicU32 {
        AtomicU32 { word: Word(loom::sync::atomic::AtomicU32::new(value)), ..AtomicU32::default() }
    }

    /// As the kernel does: a full fence, then the word is compared under the lock that wakers take.
    pub fn sleep_while(&self, expected: u32) {
        fence(Ordering::SeqCst);
        let bucket = self.bucket.lock().unwrap();
        if self.word.0.load(Ordering::Relaxed) == expected {
            drop(self.sleepers.wait(bucket).unwrap());
        }
    }

    pub fn wake_all(&self) {
        fence(Ordering::SeqCst);
        let _bucket = self.bucket.lock().unwrap();
        self.sleepers.notify_all();
    }

    pub fn load(&self, order: Ordering) -> u32 {
        ordered(order);
        self.word.0.load(order)
    }

    pub fn store(&self, value: u32, order: Ordering) {
        ordered(order);
        self.word.0.store(value, order);
    }

    pub fn fetch_add(&self, by: u32, order: Ordering) -> u32 {
        ordered(order);
        self.word.0.fetch_add(by, order)
    }

    pub fn fetch_sub(&self, by: u32, order: Ordering) -> u32 {
        ordered(order);
        self.word.0.fetch_sub(by, order)
    }

    pub fn fetch_max(&self, value: u32, order: Ordering) -> u32 {
        ordered(order);
        self.word.0.fetch_max(value, order)
    }

    pub fn compare_exchange(
        &self,
        old: u32,
        new: u32,
        success: Ordering,
        failure: Ordering,
    ) -> Result<u32, u32> {
        ordered(success);
        self.word.0.compare_exchange(old, new, success, failure)
    }
}
