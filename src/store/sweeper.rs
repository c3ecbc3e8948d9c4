//! The one thread of a store in a process: removes the expired, takes back from the dead, populates ahead.
//!
//! It starts with the first put, ends with the engine, and does not exist in a forked child. One process sweeps at a time.

use super::engine::Engine;
use super::extents;
use super::kept;
use super::space::{self, Purpose};
use super::write::Writer;
use super::{expiry, recovery};
use crate::error::Result;
use crate::mapping::sys;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError, Weak};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

/// Sleep between rounds when nothing expires.
const IDLE: Duration = Duration::from_secs(5);
/// Sleep when something is over already.
const RETRY: Duration = Duration::from_millis(250);
/// Shortest sleep, so that a stream of short-lived entries is swept in batches.
const SHORTEST: Duration = Duration::from_millis(20);
/// Step in which memory is populated: the kernel holds the map's lock for one step.
const POPULATE_STEP: u64 = 2 << 20;

/// The thread and how it is told things.
pub struct Sweeper {
    signal: Arc<Signal>,
}

/// What the thread and the engine share, so that a sleeping thread keeps no store open.
struct Signal {
    state: Mutex<State>,
    bell: Condvar,
    /// When the thread will look next, ns of `CLOCK_BOOTTIME`; 0 while there is none.
    next_ns: AtomicU64,
    /// Byte offset up to which this process populated free space.
    populated: AtomicU64,
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
    fn wanted(&self, run: u64) -> bool {
        self.state().run == run
    }

    /// Sleeps until `until`, until hurried, or until stopped (false).
    fn doze(&self, run: u64, until: Instant) -> bool {
        let mut state = self.state();
        loop {
            if state.run != run {
                return false;
            }
            let left = until.saturating_duration_since(Instant::now());
            if std::mem::take(&mut state.hurry) || left.is_zero() {
                return true;
            }
            state = self.bell.wait_timeout(state, left).unwrap_or_else(PoisonError::into_inner).0;
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
                populated: AtomicU64::new(0),
            }),
        }
    }

    /// Starts the thread unless it runs or the store was opened without.
    pub fn start(&self, engine: &Arc<Engine>) {
        if self.signal.next_ns.load(Ordering::Relaxed) != 0 || !engine.options.sweeper {
            return;
        }
        let mut state = self.signal.state();
        if state.thread.is_some() {
            return;
        }
        self.signal.next_ns.store(u64::MAX, Ordering::Relaxed);
        let (weak, signal, run_id) = (Arc::downgrade(engine), self.signal.clone(), state.run);
        // A thread that blocked them itself could be sent one before.
        let blocked = sys::block_signals();
        let spawned = std::thread::Builder::new()
            .name("dy-lmdb-sweeper".into())
            .stack_size(256 << 10)
            .spawn(move || run(&weak, &signal, run_id));
        drop(blocked);
        match spawned {
            Ok(thread) => state.thread = Some(thread),
            Err(error) => {
                self.signal.next_ns.store(0, Ordering::Relaxed);
                state.last_error = Some(format!("the sweeper thread did not start: {error}"));
            }
        }
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

    fn hurry(&self) {
        self.signal.state().hurry = true;
        self.signal.bell.notify_all();
    }

    /// What went wrong in the last round.
    pub fn last_error(&self) -> Option<String> {
        self.signal.state().last_error.clone()
    }
}

fn run(engine: &Weak<Engine>, signal: &Signal, run: u64) {
    loop {
        let Some(strong) = engine.upgrade() else {
            return;
        };
        let result = round(&strong, signal, run);
        let sleep = next_sleep(&strong);
        drop(strong);
        let wake_ns = sys::boottime_ns() + sleep.as_nanos() as u64;
        {
            let mut state = signal.state();
            state.last_error = result.err().map(|error| error.to_string());
            if state.run == run {
                signal.next_ns.store(wake_ns, Ordering::Relaxed);
            }
        }
        if !signal.doze(run, Instant::now() + sleep) {
            return;
        }
    }
}

fn next_sleep(engine: &Engine) -> Duration {
    match expiry::next(engine) {
        Ok(Some(expires)) => match expires.saturating_sub(sys::boottime_ns()) {
            // Came to its end during the round, or could not be removed by it.
            0 => RETRY,
            left => Duration::from_nanos(left).clamp(SHORTEST, IDLE),
        },
        _ => IDLE,
    }
}

/// One round of everything.
fn round(engine: &Engine, signal: &Signal, run: u64) -> Result<()> {
    if engine.owners.try_sweeping() {
        let swept = expiry::sweep(engine, || signal.wanted(run))
            .and_then(|_| recovery::reclaim(engine))
            .and_then(|()| recovery::drain(engine));
        engine.owners.end_sweeping();
        swept?;
    }
    if engine.kept.idle() {
        kept::give_back(engine)?;
    }
    space::run_ahead(engine)?;
    populate_ahead(engine, signal, run)
}

/// Allocates and populates free space behind the last extent that was taken from it.
fn populate_ahead(engine: &Engine, signal: &Signal, thread: u64) -> Result<()> {
    let frontier = engine.shared.frontier().load(Ordering::Relaxed);
    if engine.options.prefault == 0 || frontier == 0 {
        return Ok(());
    }
    let Some(run) = extents::containing(&engine.snapshot()?, engine.dbs().free, frontier)? else {
        return Ok(());
    };
    let page = engine.page_size;
    let end = run.extent.end().min(frontier + engine.options.prefault / page);
    if run.virgin < end {
        let length = (end - run.virgin) * page;
        engine.map.allocate(run.virgin * page, length).map_err(|e| space::failed(engine, length, &e))?;
        let mut writer = Writer::begin(engine, Purpose::Delete, 0)?;
        extents::raise_virgin(&mut writer, run.virgin, end)?;
        writer.commit()?;
    }
    let mut at = (frontier * page).max(signal.populated.load(Ordering::Relaxed));
    while at < end * page && signal.wanted(thread) {
        let step = POPULATE_STEP.min(end * page - at);
        if !engine.map.populate(at, step) {
            break;
        }
        at += step;
        signal.populated.store(at, Ordering::Relaxed);
    }
    Ok(())
}
