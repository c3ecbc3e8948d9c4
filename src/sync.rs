//! What the protocols between threads and processes are built from: pins, reuse of extents, doorbell, handles.
//!
//! Their files take atomics and locks from here, so that `tests/models` compiles the very same files with loom's.

pub use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering, fence};
pub use std::sync::{Arc, Mutex, MutexGuard};

/// Rounds of spinning before a waiter's first sleep: a reply that is on its way costs no system call.
pub const SPINS: u32 = 200;
