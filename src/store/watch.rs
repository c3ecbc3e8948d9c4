//! Waiting for many keys with one thread, in place of those that must not block (Java's virtual threads).
//!
//! Whoever waits has its key watched, looks, and then sleeps as it can. Either its look sees a commit, or the watching
//! thread sees the key's wait word change and wakes it.

use super::Store;
use super::doorbell;
use super::record;
use super::shared::Counter;
use crate::error::Result;
use crate::mapping::sys;
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

/// How often the words are looked at when there are more than the kernel waits for in one call.
const COARSE: Duration = Duration::from_millis(1);

/// The keys that one thread waits for.
#[derive(Default)]
pub struct Watch {
    watched: Mutex<BTreeMap<u64, Watched>>,
    /// Changes when a key is added, so that the thread begins again.
    bell: AtomicU32,
}

/// Registration on the wait word of a key.
struct Watched {
    store: Store,
    word: u64,
    seen: u32,
}

impl Watched {
    fn sequence(&self) -> &AtomicU32 {
        self.store.engine.shared.sequence(self.word)
    }

    fn has_rung(&self) -> bool {
        self.sequence().load(Ordering::SeqCst) != self.seen
    }
}

impl Drop for Watched {
    fn drop(&mut self) {
        self.store.engine.shared.waiters(self.word).fetch_sub(1, Ordering::SeqCst);
    }
}

impl Watch {
    /// Nothing watched.
    pub const fn new() -> Watch {
        Watch { watched: Mutex::new(BTreeMap::new()), bell: AtomicU32::new(0) }
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<u64, Watched>> {
        self.watched.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Watches a key, once: until something happens to it, or until it is removed. `id` is the caller's.
    ///
    /// # Errors
    /// `BadKey`, `Forked`.
    pub fn add(&self, id: u64, store: &Store, db: &str, key: &[u8]) -> Result<()> {
        store.engine.check()?;
        record::check_key(key)?;
        let (shared, word) = (&store.engine.shared, doorbell::word(db, key));
        shared.count(Counter::Waits, 1);
        shared.waiters(word).fetch_add(1, Ordering::SeqCst);
        let seen = shared.sequence(word).load(Ordering::SeqCst);
        let before = self.lock().insert(id, Watched { store: store.clone(), word, seen });
        drop(before);
        self.bell.fetch_add(1, Ordering::SeqCst);
        sys::futex_wake_all(&self.bell);
        Ok(())
    }

    /// Watches no more for `id`.
    pub fn remove(&self, id: u64) {
        let removed = self.lock().remove(&id);
        // Perhaps the last holder of its store: not under the lock.
        drop(removed);
    }

    /// Waits until something happened to watched keys, at most `timeout`; their ids, up to `most`. `None`: the time is up
    /// and nothing is watched.
    pub fn wait(&self, timeout: Duration, most: usize) -> Option<Vec<u64>> {
        let deadline = Instant::now() + timeout;
        loop {
            let bell = self.bell.load(Ordering::SeqCst);
            let mut watched = self.lock();
            let rung: Vec<u64> =
                watched.iter().filter(|(_, one)| one.has_rung()).map(|(&id, _)| id).take(most).collect();
            let ended: Vec<_> = rung.iter().filter_map(|id| watched.remove(id)).collect();
            let left = deadline.saturating_duration_since(Instant::now());
            if !rung.is_empty() || left.is_zero() {
                let is_idle = rung.is_empty() && watched.is_empty();
                drop(watched);
                drop(ended);
                return (!is_idle).then_some(rung);
            }
            if watched.len() >= sys::FUTEXES {
                drop(watched);
                thread::sleep(left.min(COARSE));
                continue;
            }
            let held: Vec<_> = watched.values().map(|one| (one.store.clone(), one.word, one.seen)).collect();
            drop(watched);
            let words = held.iter().map(|(store, word, seen)| (store.engine.shared.sequence(*word), *seen));
            let words: Vec<_> = words.chain([(&self.bell, bell)]).collect();
            if !sys::futex_wait_any(&words, left) {
                thread::sleep(left.min(COARSE));
            }
        }
    }
}
