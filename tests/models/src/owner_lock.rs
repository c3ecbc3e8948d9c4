//! One owner at a time, nobody sleeps for ever, and what a dead owner left is taken over once.

use crate::mapping::owner_lock::{From, lock, unlock};
use crate::sync::{Arc, AtomicU32, Ordering};
use loom::cell::UnsafeCell;
use loom::thread;

/// Engines that are alive.
const LIVING: std::ops::Range<u32> = 1..5;
/// One that is not.
const DEAD: u32 = 9;

/// What the lock protects: loom sees when two have it.
struct Protected {
    word: AtomicU32,
    value: UnsafeCell<u32>,
}

// SAFETY: the value is reached by whoever has the lock.
unsafe impl Sync for Protected {}

impl Protected {
    fn add(&self, engine: u32) -> From {
        let taken = lock(&self.word, engine, |id| LIVING.contains(&id));
        // SAFETY: as above; loom checks it.
        self.value.with_mut(|value| unsafe { *value += 1 });
        unlock(&self.word);
        taken
    }
}

/// Has engines add one each, the first in this thread; answers how many took the lock from the dead.
fn all_add(word: fn() -> AtomicU32, engines: [u32; 3], switches: usize, from_the_dead: usize) {
    let mut builder = loom::model::Builder::new();
    builder.preemption_bound = Some(switches);
    builder.check(move || {
        let shared = Arc::new(Protected { word: word(), value: UnsafeCell::new(0) });
        let others = [engines[1], engines[2]].map(|engine| {
            let shared = shared.clone();
            thread::spawn(move || shared.add(engine))
        });
        let mut taken = vec![shared.add(engines[0])];
        taken.extend(others.into_iter().map(|other| other.join().unwrap()));
        // SAFETY: the others have ended.
        assert_eq!(shared.value.with(|value| unsafe { *value }), 3);
        assert_eq!(taken.iter().filter(|&&taken| taken == From::Dead).count(), from_the_dead);
        assert_eq!(shared.word.load(Ordering::Relaxed), 0);
    });
}

#[test]
fn engines_exclude_each_other_and_wake_who_sleeps() {
    all_add(|| AtomicU32::new(0), [1, 2, 3], 3, 0);
}

#[test]
fn threads_of_one_engine_exclude_each_other() {
    all_add(|| AtomicU32::new(0), [1, 1, 2], 3, 0);
}

#[test]
fn a_dead_owner_is_followed_by_one() {
    all_add(|| AtomicU32::that_times_out(DEAD, DEAD | 1 << 31), [1, 2, 3], 2, 1);
}
