//! Waiting for a key across processes: futexes in the shared file, no polling.
//!
//! A waiter looks, registers, looks again and sleeps; a publisher commits, bumps the word and wakes only if somebody is
//! registered. Either the waiter's second look sees the commit, or the publisher sees the waiter.

use super::shared::{Counter, Shared};
use crate::mapping::sys::{self, Woken};
use crate::steps;
use crate::sync::{Ordering, SPINS};
use std::time::{Duration, Instant};
use xxhash_rust::xxh3::{xxh3_64, xxh3_64_with_seed};

/// A publisher may die between its commit and its bump, so nobody sleeps longer than this without looking.
pub const SLICE: Duration = Duration::from_millis(500);

/// The word of a key.
pub fn word(db: &str, key: &[u8]) -> u64 {
    xxh3_64_with_seed(key, xxh3_64(db.as_bytes()))
}

/// Tells waiters that something happened to a key.
pub fn ring(shared: &Shared, word: u64) {
    let sequence = shared.sequence(word);
    sequence.fetch_add(1, Ordering::SeqCst);
    steps::reached("doorbell: before the wake");
    if shared.waiters(word).load(Ordering::SeqCst) > 0 {
        sys::futex_wake_all(sequence);
    }
}

/// Registration on a word, ended however the wait ends.
struct Waiting<'a> {
    shared: &'a Shared,
    word: u64,
}

impl<'a> Waiting<'a> {
    fn begin(shared: &'a Shared, word: u64) -> Waiting<'a> {
        shared.waiters(word).fetch_add(1, Ordering::SeqCst);
        Waiting { shared, word }
    }
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.shared.waiters(self.word).fetch_sub(1, Ordering::SeqCst);
    }
}

/// Waits until `ready` answers true, at most `timeout`. False: the time is up.
pub fn wait<E>(
    shared: &Shared,
    word: u64,
    timeout: Option<Duration>,
    mut ready: impl FnMut() -> Result<bool, E>,
) -> Result<bool, E> {
    if ready()? {
        return Ok(true);
    }
    let deadline = timeout.and_then(|timeout| Instant::now().checked_add(timeout));
    let sequence = shared.sequence(word);
    shared.count(Counter::Waits, 1);
    let _waiting = Waiting::begin(shared, word);
    loop {
        let seen = sequence.load(Ordering::SeqCst);
        if ready()? {
            return Ok(true);
        }
        let left = match deadline {
            Some(deadline) => deadline.saturating_duration_since(Instant::now()),
            None => SLICE,
        };
        if left.is_zero() {
            return Ok(false);
        }
        if (0..SPINS).any(|_| {
            std::hint::spin_loop();
            sequence.load(Ordering::Relaxed) != seen
        }) {
            continue;
        }
        // Woken, interrupted or out of time: the loop looks again and reads the clock itself.
        let (Woken::LookAgain | Woken::TimedOut) = sys::futex_wait(sequence, seen, left.min(SLICE));
    }
}
