//! The read transactions of a process: how many reader slots it may hold, and which it gives back.
//!
//! The reader table is every process's. One process uses a quarter of it at most; a thread that wants more waits until
//! another one of the process has read, which takes microseconds. Of what is idle a few are kept for the next readers.

use std::ptr::NonNull;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

/// A process holds at most this part of the reader table,
const PART: usize = 4;
/// and so many slots.
const MOST: usize = 128;
/// Idle ones are kept up to this part of the table,
const IDLE_PART: usize = 32;
/// and so many,
const IDLE: usize = 16;
/// but only these when more than half of the table was in use at some time.
const IDLE_CROWDED: usize = 2;

/// A read transaction. In the pool it is reset: it keeps its reader slot and waits to be renewed.
pub(super) struct RawSnapshot(pub(super) NonNull<lmdb_sys::MDB_txn>);

// SAFETY: with MDB_NOTLS a read transaction may be used by any one thread at a time.
unsafe impl Send for RawSnapshot {}

/// The reader slots of one environment.
pub(super) struct Pool {
    state: Mutex<State>,
    freed: Condvar,
    most: usize,
    kept: usize,
}

#[derive(Default)]
struct State {
    idle: Vec<RawSnapshot>,
    /// Slots that are held, idle or not, or are just being taken.
    held: usize,
    /// Threads that wait,
    waiting: usize,
    /// and those of them that may go on, each to a slot that nobody else takes.
    called: usize,
    /// The fewest that were idle since the last look.
    spare: usize,
}

impl State {
    /// Slots that are free to be taken.
    fn free(&self, most: usize) -> usize {
        self.idle.len() + (most - self.held)
    }

    fn take(&mut self) -> Option<RawSnapshot> {
        let taken = self.idle.pop();
        self.spare = self.spare.min(self.idle.len());
        if taken.is_none() {
            self.held += 1;
        }
        taken
    }
}

impl Pool {
    pub(super) fn new(max_readers: u32) -> Pool {
        let slots = max_readers as usize;
        let (most, kept) = ((slots / PART).clamp(1, MOST), (slots / IDLE_PART).clamp(1, IDLE));
        Pool { state: Mutex::default(), freed: Condvar::new(), most, kept }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// An idle transaction. `None`: the caller begins one, and says that it is lost if it does not come to be.
    pub(super) fn take(&self) -> Option<RawSnapshot> {
        let mut state = self.state();
        // Those who wait were here first.
        if state.free(self.most) <= state.called {
            state = self.wait(state);
        }
        state.take()
    }

    #[cold]
    fn wait<'s>(&'s self, mut state: MutexGuard<'s, State>) -> MutexGuard<'s, State> {
        state.waiting += 1;
        while state.called == 0 {
            state = self.freed.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
        state.waiting -= 1;
        state.called -= 1;
        state
    }

    /// Takes one back that was reset; answers it when it is not worth keeping.
    pub(super) fn put_back(&self, raw: RawSnapshot, crowded: impl Fn() -> bool) -> Option<RawSnapshot> {
        let mut state = self.state();
        let idle = state.idle.len().saturating_sub(state.called);
        let wanted = state.waiting > state.called;
        if !wanted && (idle >= self.kept || idle >= IDLE_CROWDED && crowded()) {
            return Some(raw);
        }
        state.idle.push(raw);
        self.call(&mut state);
        None
    }

    /// So many slots are not held any more.
    pub(super) fn lost(&self, slots: usize) {
        let mut state = self.state();
        state.held -= slots;
        for _ in 0..slots {
            self.call(&mut state);
        }
    }

    fn call(&self, state: &mut State) {
        if state.waiting > state.called {
            state.called += 1;
            self.freed.notify_one();
        }
    }

    /// Takes out what was idle all the time since the last look.
    pub(super) fn unwanted(&self) -> Vec<RawSnapshot> {
        let mut state = self.state();
        let unwanted = state.spare.min(state.idle.len());
        let kept = state.idle.len() - unwanted;
        state.spare = kept;
        state.idle.split_off(kept)
    }

    /// Takes out all that are idle.
    pub(super) fn idle(&self) -> Vec<RawSnapshot> {
        std::mem::take(&mut self.state().idle)
    }
}
