//! What everything that publishes has in common: room is made when there is none, and those who wait are told.

use super::engine::Engine;
use super::shared::Counter;
use super::{doorbell, quarantine, recovery, rounds, space, stats};
use crate::error::{Error, Result, Status};
use crate::steps;
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

/// How long a full disk waits for snapshots to end: what frees its blocks may be a long listing.
const DISK_PATIENCE: Duration = Duration::from_secs(1);
/// How long a full store does: the snapshots of views, statistics and sweepers last microseconds.
const STORE_PATIENCE: Duration = Duration::from_millis(100);

impl Engine {
    /// Runs `attempt`; when the store or the disk is full, makes room and runs it again. It waits a little for readers: what
    /// was deleted, and pages that LMDB has freed, serve once the snapshots from before have ended.
    pub fn relieved<T>(self: &Arc<Self>, mut attempt: impl FnMut() -> Result<T>) -> Result<T> {
        // Before anything waits for the write lock: the sweeper wakes sleepers that nobody else knows of.
        rounds::start(self);
        let is_full = |error: &Error| matches!(error.status(), Status::MapFull | Status::DiskFull);
        let mut error = match attempt() {
            Err(error) if is_full(&error) => error,
            other => return other,
        };
        let began = Instant::now();
        loop {
            let disk = error.status() == Status::DiskFull;
            if recovery::make_room(self, disk).is_ok() {
                match attempt() {
                    Err(again) if is_full(&again) => error = again,
                    other => return other,
                }
            }
            let again = quarantine::outlast_readers(self, began + STORE_PATIENCE)?
                || disk && began.elapsed() < DISK_PATIENCE && space::waits_for_readers(self)?;
            if !again {
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

#[cfg(test)]
mod tests {
    use crate::options::{Options, PutOptions};
    use crate::store::Store;
    use std::thread;
    use std::time::Duration;

    #[test]
    fn a_full_store_waits_for_a_short_snapshot() {
        let dir = tempfile::TempDir::new().unwrap();
        let options = Options { sweeper: false, map_size: 16 << 20, ..Options::default() };
        let store = Store::open(dir.path(), &options).unwrap();
        let payload = vec![7; 3 << 20];
        let put = |key: &[u8]| store.put("default", key, &[&payload], &PutOptions::default());
        let full = (0..16_u8).find(|&key| put(&[key]).is_err()).unwrap();
        assert!(store.delete("default", &[0]).unwrap());
        let held = store.engine.snapshot().unwrap();
        thread::scope(|scope| {
            let waiting = scope.spawn(|| put(&[full]));
            thread::sleep(Duration::from_millis(5));
            drop(held);
            waiting.join().unwrap().unwrap();
        });
        // One that stays is named with what it keeps.
        assert!(store.delete("default", &[full]).unwrap());
        let _held = store.engine.snapshot().unwrap();
        let before = store.engine.env.last_page().unwrap();
        let error = put(&[full]).unwrap_err();
        assert!(error.message().contains("waiting for readers 3"), "{error}");
        // Beside a snapshot each commit takes pages that were never used.
        let taken = store.engine.env.last_page().unwrap() - before;
        assert!(taken < 100, "waiting took {taken} pages");
    }
}
