//! Waiting for any of several keys, until one is there or somebody breaks the wait off: with one thread in place of those
//! that must not block (event loops, futures, Java's virtual threads).
//!
//! A key is watched, then looked at, and looked at again whenever its wait word changes: either a look sees a commit, or
//! the watching thread sees the change.

use super::Store;
use super::doorbell::{self, SLICE};
use super::record;
use super::shared::Counter;
use crate::error::{Error, Result, Status};
use crate::mapping::sys;
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

/// How often the words are looked at when there are more than the kernel waits for in one call.
const COARSE: Duration = Duration::from_millis(1);

/// Keys that are waited for, each until it is there or removed.
#[derive(Default)]
pub struct Watch {
    watched: Mutex<BTreeMap<u64, Watched>>,
    /// Changes when something is added, or the end comes, so that whoever waits begins again.
    bell: AtomicU32,
    cancelled: AtomicBool,
}

/// Registration on the wait word of a key.
struct Watched {
    store: Store,
    db: String,
    key: Vec<u8>,
    word: u64,
    /// The word as it was before the last look; `None`: there was none.
    seen: Option<u32>,
}

impl Watched {
    fn word(&self) -> u32 {
        self.store.engine.shared.sequence(self.word).load(Ordering::SeqCst)
    }

    fn is_due(&self) -> bool {
        self.seen != Some(self.word())
    }

    /// What is looked at, with no lock held.
    fn target(&self) -> (Store, String, Vec<u8>) {
        (self.store.clone(), self.db.clone(), self.key.clone())
    }
}

impl Drop for Watched {
    fn drop(&mut self) {
        if self.store.engine.is_ours() {
            self.store.engine.shared.waiters(self.word).fetch_sub(1, Ordering::SeqCst);
        }
    }
}

impl Watch {
    /// Nothing watched.
    pub const fn new() -> Watch {
        Watch {
            watched: Mutex::new(BTreeMap::new()),
            bell: AtomicU32::new(0),
            cancelled: AtomicBool::new(false),
        }
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<u64, Watched>> {
        self.watched.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Watches a key until it is there or removed. `id` is the caller's; what was watched under it is watched no more.
    ///
    /// # Errors
    /// `BadKey`, `Forked`.
    pub fn add(&self, id: u64, store: &Store, db: &str, key: &[u8]) -> Result<()> {
        store.engine.check()?;
        record::check_key(key)?;
        let (shared, word) = (&store.engine.shared, doorbell::word(db, key));
        shared.count(Counter::Waits, 1);
        shared.waiters(word).fetch_add(1, Ordering::SeqCst);
        let watched = Watched { store: store.clone(), db: db.into(), key: key.into(), word, seen: None };
        let before = self.lock().insert(id, watched);
        drop(before);
        self.ring();
        Ok(())
    }

    /// Watches no more for `id`. Whether it was watched.
    pub fn remove(&self, id: u64) -> bool {
        let removed = self.lock().remove(&id);
        // Perhaps the last holder of its store: not under the lock.
        removed.is_some()
    }

    /// Whether nothing is watched.
    pub fn is_idle(&self) -> bool {
        self.lock().is_empty()
    }

    /// Ends every wait, now and from now on.
    pub fn cancel(&self) {
        self.cancelled.store(true, Ordering::SeqCst);
        self.ring();
    }

    fn ring(&self) {
        self.bell.fetch_add(1, Ordering::SeqCst);
        sys::futex_wake_all(&self.bell);
    }

    /// Waits until live entries are under watched keys, at most `timeout`; their ids, up to `most`, are watched no more. So
    /// are those of keys that cannot be looked at: the caller's own look says why. None: the time is up.
    ///
    /// # Errors
    /// `Closed`: it was cancelled.
    pub fn wait(&self, timeout: Option<Duration>, most: usize) -> Result<Vec<u64>> {
        let deadline = timeout.and_then(|timeout| Instant::now().checked_add(timeout));
        let mut everything = false;
        loop {
            let bell = self.bell.load(Ordering::SeqCst);
            if self.cancelled.load(Ordering::SeqCst) {
                return Err(Error::new(Status::Closed, "the wait was cancelled"));
            }
            let there = self.look(everything, most);
            if !there.is_empty() {
                return Ok(there);
            }
            let left = deadline.map_or(SLICE, |deadline| deadline.saturating_duration_since(Instant::now()));
            if left.is_zero() {
                return Ok(there);
            }
            // A publisher may die between its commit and its bump.
            everything = self.sleep(bell, left.min(SLICE));
        }
    }

    /// The ids of keys that are there, of those whose word has changed or of all.
    fn look(&self, everything: bool, most: usize) -> Vec<u64> {
        let due: Vec<_> = self
            .lock()
            .iter_mut()
            .filter(|(_, one)| everything || one.is_due())
            .map(|(&id, one)| {
                one.seen = Some(one.word());
                (id, one.target())
            })
            .collect();
        let mut there = Vec::new();
        for (id, (store, db, key)) in due {
            if matches!(store.contains(&db, &key), Ok(false)) {
                continue;
            }
            let mut watched = self.lock();
            let ended = if there.len() < most {
                watched.remove(&id)
            } else {
                // Of the next look.
                if let Some(one) = watched.get_mut(&id) {
                    one.seen = None;
                }
                None
            };
            drop(watched);
            if ended.is_some() {
                there.push(id);
            }
        }
        there
    }

    /// Sleeps until a word changes. Whether the time ran out, as far as that can be told.
    fn sleep(&self, bell: u32, most: Duration) -> bool {
        let began = Instant::now();
        let watched = self.lock();
        let held: Vec<_> =
            watched.values().map(|one| (one.store.clone(), one.word, one.seen.unwrap_or_default())).collect();
        drop(watched);
        if held.len() < sys::FUTEXES {
            let words = held.iter().map(|(store, word, seen)| (store.engine.shared.sequence(*word), *seen));
            let words: Vec<_> = words.chain([(&self.bell, bell)]).collect();
            if sys::futex_wait_any(&words, most) {
                return began.elapsed() >= most;
            }
        }
        let changed = || {
            self.bell.load(Ordering::SeqCst) != bell
                || held.iter().any(|(store, word, seen)| {
                    store.engine.shared.sequence(*word).load(Ordering::SeqCst) != *seen
                })
        };
        while began.elapsed() < most {
            thread::sleep(most.min(COARSE));
            if changed() {
                return false;
            }
        }
        true
    }
}
