//! What everything that publishes has in common: room is made when there is none, and those who wait are told.

use super::engine::Engine;
use super::shared::Counter;
use super::{doorbell, recovery, rounds, stats};
use crate::error::{Result, Status};
use crate::steps;
use std::sync::Arc;

impl Engine {
    /// Runs `attempt`; when the store or the disk is full, makes room and runs it once more.
    pub fn relieved<T>(&self, mut attempt: impl FnMut() -> Result<T>) -> Result<T> {
        match attempt() {
            Err(error) if matches!(error.status(), Status::MapFull | Status::DiskFull) => {
                if recovery::make_room(self).is_err() {
                    return Err(error);
                }
                attempt().map_err(|error| stats::explain_full(self, error))
            }
            other => other,
        }
    }

    /// What follows a commit that published entries.
    pub fn published(self: &Arc<Self>, entries: &[(&str, &[u8])], ttl_ms: u64) {
        for (db, key) in entries {
            steps::reached("publish: before the doorbell");
            doorbell::ring(&self.shared, doorbell::word(db, key));
        }
        self.shared.count(Counter::Puts, entries.len() as u64);
        rounds::start(self);
        self.sweeper.expires_in(ttl_ms);
    }
}
