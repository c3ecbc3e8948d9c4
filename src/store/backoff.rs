//! Waiting for a lock that is asked for again and again: later and later, and never in step with others who wait.

use crate::mapping::sys;
use std::time::{Duration, Instant};
use xxhash_rust::xxh3::xxh3_64_with_seed;

const FIRST: Duration = Duration::from_millis(1);
/// Hundreds who wait ask often enough together; one who waits alone loses at most this.
const LONGEST: Duration = Duration::from_millis(50);

/// How long to sleep before the next attempt.
pub struct Backoff {
    deadline: Instant,
    step: Duration,
    seed: u64,
    attempt: u64,
}

impl Backoff {
    /// Gives up after `patience`.
    pub fn new(patience: Duration) -> Backoff {
        let seed = sys::boottime_ns() ^ u64::from(std::process::id()) << 32;
        Backoff { deadline: Instant::now() + patience, step: FIRST, seed, attempt: 0 }
    }

    /// Sleeps for between half the present step and one and a half. False: the time is up.
    pub fn sleep(&mut self) -> bool {
        if Instant::now() >= self.deadline {
            return false;
        }
        self.attempt += 1;
        let part = xxh3_64_with_seed(&self.attempt.to_ne_bytes(), self.seed) % 1024;
        std::thread::sleep(self.step / 2 + self.step * part as u32 / 1024);
        self.step = (self.step * 3 / 2).min(LONGEST);
        true
    }
}
