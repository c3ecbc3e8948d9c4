//! The one thread of a store in a process, and how it is told things; `rounds` has what it does.
//!
//! It starts with the first put, ends with the engine, and does not exist in a forked child. One process sweeps at a time.

use crate::mapping::sys;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

/// Sleep between rounds when nothing expires.
pub const IDLE: Duration = Duration::from_secs(5);
/// How often the store's files are looked at.
const TICK: Duration = Duration::from_millis(900);
/// How often it is looked after what is to be done soon, while there is any,
const SOON: Duration = Duration::from_millis(40);
/// and how many times in vain before that ends.
const IN_VAIN: u32 = 25;
/// Step in which memory is populated: the kernel holds the map's lock for one step.
pub const POPULATE_STEP: u64 = 2 << 20;

/// The thread and how it is told things.
pub struct Sweeper {
    signal: Arc<Signal>,
}

/// What the thread and the engine share, so that a sleeping thread keeps no store open.
pub struct Signal {
    state: Mutex<State>,
    bell: Condvar,
    /// When the thread will look next, ns of `CLOCK_BOOTTIME`; 0 while there is none.
    next_ns: AtomicU64,
    /// Whether the thread looks every [`SOON`].
    soon: AtomicBool,
    /// Byte offset up to which this process populated free space.
    pub populated: AtomicU64,
}

#[derive(Default)]
struct State {
    /// Threads started and stopped so far; a thread of another run than this ends.
    run: u64,
    hurry: bool,
    thread: Option<JoinHandle<()>>,
    last_error: Option<String>,
}

impl Signal {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether the thread of `run` is still wanted.
    pub fn wanted(&self, run: u64) -> bool {
        self.state().run == run
    }

    /// Notes how a round of `run` ended and when the next begins.
    pub fn ended_round(&self, run: u64, error: Option<String>, wake_ns: u64) {
        let mut state = self.state();
        state.last_error = error;
        if state.run == run {
            self.next_ns.store(wake_ns, Ordering::Relaxed);
        }
    }

    /// Sleeps until `until`, until hurried, or until stopped (false); meanwhile calls `tick` every so often, which ends
    /// the sleep by false as well, and `soon` more often while there is something for it; it answers whether there was.
    pub fn doze(&self, run: u64, until: Instant, tick: impl Fn() -> bool, soon: impl Fn() -> bool) -> bool {
        let mut next_tick = Instant::now() + TICK;
        let mut in_vain = 0;
        let mut state = self.state();
        loop {
            if state.run != run {
                return false;
            }
            let left = until.saturating_duration_since(Instant::now());
            if std::mem::take(&mut state.hurry) || left.is_zero() {
                return true;
            }
            let often = self.soon.load(Ordering::SeqCst);
            let step = if often { SOON } else { TICK };
            let (back, waited) =
                self.bell.wait_timeout(state, left.min(step)).unwrap_or_else(PoisonError::into_inner);
            state = back;
            if !waited.timed_out() || left <= step {
                continue;
            }
            drop(state);
            if often {
                in_vain = if soon() { 0 } else { in_vain + 1 };
                if in_vain > IN_VAIN {
                    in_vain = 0;
                    self.soon.store(false, Ordering::SeqCst);
                    // Something may have come before that was known.
                    soon();
                }
            }
            if Instant::now() >= next_tick {
                next_tick = Instant::now() + TICK;
                if !tick() {
                    return false;
                }
            }
            state = self.state();
        }
    }
}

impl Sweeper {
    /// A sweeper whose thread has not started.
    pub fn new() -> Sweeper {
        Sweeper {
            signal: Arc::new(Signal {
                state: Mutex::default(),
                bell: Condvar::new(),
                next_ns: AtomicU64::new(0),
                soon: AtomicBool::new(false),
                populated: AtomicU64::new(0),
            }),
        }
    }

    /// Starts the thread unless it runs; what `body` makes gets the signal and the number of the run.
    pub fn start<B: FnOnce(&Signal, u64) + Send + 'static>(&self, body: impl FnOnce() -> B) {
        if self.runs() {
            return;
        }
        let mut state = self.signal.state();
        if state.thread.is_some() {
            return;
        }
        self.signal.next_ns.store(u64::MAX, Ordering::Relaxed);
        let (body, signal, run) = (body(), self.signal.clone(), state.run);
        // A thread that blocked them itself could be sent one before.
        let blocked = sys::block_signals();
        let spawned = std::thread::Builder::new()
            .name("dy-lmdb-sweeper".into())
            .stack_size(256 << 10)
            .spawn(move || body(&signal, run));
        drop(blocked);
        match spawned {
            Ok(thread) => state.thread = Some(thread),
            Err(error) => {
                self.signal.next_ns.store(0, Ordering::Relaxed);
                state.last_error = Some(format!("the sweeper thread did not start: {error}"));
            }
        }
    }

    /// Whether the thread runs.
    pub fn runs(&self) -> bool {
        self.signal.next_ns.load(Ordering::Relaxed) != 0
    }

    /// Ends the thread and waits for it, unless this is that thread.
    pub fn stop(&self) {
        let thread = {
            let mut state = self.signal.state();
            state.run += 1;
            self.signal.next_ns.store(0, Ordering::Relaxed);
            state.thread.take()
        };
        self.signal.bell.notify_all();
        if let Some(thread) = thread.filter(|thread| thread.thread().id() != std::thread::current().id()) {
            // A panic of the thread has ended it, which is all that is wanted.
            let _ = thread.join();
        }
    }

    /// Has the thread look earlier when an entry with this time to live expires before it meant to; 0 never does.
    pub fn expires_in(&self, ttl_ms: u64) {
        // It never sleeps longer than this, and most entries live longer: for them the clock need not be read.
        if ttl_ms == 0 || ttl_ms > IDLE.as_millis() as u64 {
            return;
        }
        if sys::boottime_ns() + ttl_ms * 1_000_000 < self.signal.next_ns.load(Ordering::Relaxed) {
            self.hurry();
        }
    }

    /// Free space that was never written is being used up to byte `end`: time to populate more.
    pub fn populate_soon(&self, end: u64) {
        if self.signal.populated.load(Ordering::Relaxed) < end + POPULATE_STEP {
            self.hurry();
        }
    }

    /// Something is to be done within [`SOON`].
    pub fn soon(&self) {
        if !self.signal.soon.load(Ordering::SeqCst) {
            // Locked, so that the thread does not begin to sleep for longer just now.
            let _state = self.signal.state();
            self.signal.soon.store(true, Ordering::SeqCst);
            self.signal.bell.notify_all();
        }
    }

    fn hurry(&self) {
        self.signal.state().hurry = true;
        self.signal.bell.notify_all();
    }

    /// What went wrong in the last round.
    pub fn last_error(&self) -> Option<String> {
        self.signal.state().last_error.clone()
    }
}
