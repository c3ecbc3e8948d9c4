//! The system calls of the files that ship, by loom.

use crate::sync::AtomicU32;
use std::time::Duration;

#[derive(PartialEq, Eq)]
pub enum Woken {
    LookAgain,
    TimedOut,
}

pub fn boottime_ns() -> u64 {
    0
}

/// Sleeps for ever: a waiter that needs its time slice to go on shows as a deadlock.
pub fn futex_wait(word: &AtomicU32, expected: u32, _timeout: Duration) -> Woken {
    if word.times_out_at(expected) {
        return Woken::TimedOut;
    }
    word.sleep_while(expected);
    Woken::LookAgain
}

pub fn futex_wake_all(word: &AtomicU32) {
    word.wake_all();
}

pub fn futex_wake_one(word: &AtomicU32) {
    word.wake_one();
}
