//! What the sweeper's thread does: removes the expired, takes back from the dead, populates ahead.

use super::engine::Engine;
use super::extents;
use super::quarantine;
use super::space::{self, Purpose};
use super::sweeper::{IDLE, POPULATE_STEP, Signal};
use super::write::Writer;
use super::{expiry, recovery, sweep};
use crate::error::Result;
use crate::mapping::sys;
use std::sync::atomic::Ordering;
use std::sync::{Arc, Weak};
use std::time::{Duration, Instant};

/// Sleep when something is over already.
const RETRY: Duration = Duration::from_millis(250);
/// Shortest sleep, so that a stream of short-lived entries is swept in batches.
const SHORTEST: Duration = Duration::from_millis(20);
/// Starts the thread unless it runs or the store was opened without.
pub fn start(engine: &Arc<Engine>) {
    if engine.options.sweeper {
        engine.sweeper.start(|| {
            let weak = Arc::downgrade(engine);
            move |signal: &Signal, number| run(&weak, signal, number)
        });
    }
}

fn run(engine: &Weak<Engine>, signal: &Signal, run: u64) {
    loop {
        let Some(strong) = engine.upgrade() else {
            return;
        };
        // A store whose files are gone is left as it is.
        if strong.look_now().is_err() {
            return;
        }
        nudge(&strong);
        let result = round(&strong, signal, run);
        let sleep = next_sleep(&strong);
        drop(strong);
        let wake_ns = sys::boottime_ns() + sleep.as_nanos() as u64;
        signal.ended_round(run, result.err().map(|error| error.to_string()), wake_ns);
        let there = || {
            engine.upgrade().is_some_and(|engine| {
                nudge(&engine);
                engine.look_now().is_ok()
            })
        };
        if !signal.doze(run, Instant::now() + sleep, there) {
            return;
        }
    }
}

/// Has a thread that waits for one of LMDB's mutexes look again. Whoever unlocks one wakes a single sleeper, which then
/// answers for the others. When that one is killed before it has the lock, and somebody else takes it at that moment,
/// nobody knows of the others any more: they would sleep until yet another one has to wait.
fn nudge(engine: &Engine) {
    engine.lock_table.mutexes().into_iter().for_each(sys::futex_wake_one);
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
        engine.touch_files();
        let swept = sweep::sweep(engine, || signal.wanted(run))
            .and_then(|_| recovery::reclaim(engine))
            .and_then(|()| recovery::drain(engine));
        engine.owners.end_sweeping();
        swept?;
    }
    if engine.spares.idle() {
        quarantine::retire_spares(engine)?;
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
