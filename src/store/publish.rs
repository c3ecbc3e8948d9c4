//! What everything that publishes has in common: room is made when there is none, and those who wait are told.

use super::engine::Engine;
use super::shared::Counter;
use super::{doorbell, recovery, rounds, space, stats};
use crate::error::{Error, Result, Status};
use crate::steps;
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

/// How long a full disk waits for snapshots to end.
const PATIENCE: Duration = Duration::from_secs(1);

impl Engine {
    /// Runs `attempt`; when the store or the disk is full, makes room and runs it again. On a full disk it waits a little
    /// for readers: pages that LMDB has freed serve once the snapshots from before have ended.
    pub fn relieved<T>(self: &Arc<Self>, mut attempt: impl FnMut() -> Result<T>) -> Result<T> {
        // Before anything waits for the write lock: the sweeper wakes sleepers that nobody else knows of.
        rounds::start(self);
        let is_full = |error: &Error| matches!(error.status(), Status::MapFull | Status::DiskFull);
        let mut error = match attempt() {
            Err(error) if is_full(&error) => error,
            other => return other,
        };
        let deadline = Instant::now() + PATIENCE;
        loop {
            let disk = error.status() == Status::DiskFull;
            if recovery::make_room(self, disk).is_ok() {
                match attempt() {
                    Err(again) if is_full(&again) => error = again,
                    other => return other,
                }
            }
            if !disk || Instant::now() > deadline || !space::waits_for_readers(self)? {
                return Err(stats::explain_full(self, error));
            }
            thread::sleep(Duration::from_millis(2));
        }
    }

    /// What follows a commit that published entries.
    pub fn published(self: &Arc<Self>, entries: &[(&str, &[u8])], ttl_ms: u64) {
        for (db, key) in entries {
            steps::reached("publish: before the doorbell");
            doorbell::ring(&self.shared, doorbell::word(db, key));
        }
        self.shared.count(Counter::Puts, entries.len() as u64);
        self.sweeper.expires_in(ttl_ms);
    }
}
