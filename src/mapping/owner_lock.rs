//! A lock between processes that a dead owner does not keep: a futex word with the id of the engine that holds it.
//!
//! The C library's robust mutexes name their owner by a thread id, and threads of different pid namespaces may have the
//! same: the kernel then takes a waiter that dies for the owner. Here the owner is an engine, and whether an engine is alive
//! is asked of its byte in the file `owners`. Whoever has waited for a while asks, and takes the lock from a dead owner.

use super::sys;
use crate::steps;
use crate::sync::{AtomicU32, Ordering, SPINS};
use std::time::Duration;

/// Set while somebody may sleep on the word.
const WAITED_FOR: u32 = 1 << 31;
/// How long to sleep before the owner is asked for.
const PATIENCE: Duration = Duration::from_millis(10);

/// From whom the lock was taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum From {
    /// Nobody had it.
    Nobody,
    /// An engine that died with it: what it was about to do is half done.
    Dead,
}

/// Takes the lock for the engine `me`; its threads exclude each other as well.
#[inline]
pub fn lock(word: &AtomicU32, me: u32, is_alive: impl Fn(u32) -> bool) -> From {
    match word.compare_exchange(0, me, Ordering::Acquire, Ordering::Relaxed) {
        Ok(_) => From::Nobody,
        Err(_) => wait(word, me, &is_alive),
    }
}

#[cold]
#[inline(never)]
fn wait(word: &AtomicU32, me: u32, is_alive: &dyn Fn(u32) -> bool) -> From {
    let mut spins = SPINS;
    let mut mine = me;
    loop {
        let found = word.load(Ordering::Relaxed);
        if found == 0 {
            if word.compare_exchange(0, mine, Ordering::Acquire, Ordering::Relaxed).is_ok() {
                return From::Nobody;
            }
            continue;
        }
        if spins > 0 {
            spins -= 1;
            std::hint::spin_loop();
            continue;
        }
        let marked = found | WAITED_FOR;
        if found != marked
            && word.compare_exchange(found, marked, Ordering::Relaxed, Ordering::Relaxed).is_err()
        {
            continue;
        }
        // One of those who sleep is woken, and cannot know whether it was the last.
        mine = me | WAITED_FOR;
        // Also when a signal ended the sleep: one that comes more often than patience ends would have nobody ever ask.
        sys::futex_wait(word, marked, PATIENCE);
        if word.load(Ordering::Relaxed) == marked && !is_alive(found & !WAITED_FOR) {
            steps::reached("owner lock: found its owner dead");
            if word.compare_exchange(marked, mine, Ordering::Acquire, Ordering::Relaxed).is_ok() {
                return From::Dead;
            }
        }
    }
}

/// Ends [`lock`].
#[inline]
pub fn unlock(word: &AtomicU32) {
    if word.swap(0, Ordering::Release) & WAITED_FOR != 0 {
        wake(word);
    }
}

#[cold]
#[inline(never)]
fn wake(word: &AtomicU32) {
    steps::reached("owner lock: free, nobody woken");
    sys::futex_wake_one(word);
}
