//! What the sweeper's thread does: removes the expired, takes back from the dead, populates ahead.

use super::blocks::{self, Quiet};
use super::engine::Engine;
use super::extents;
use super::quarantine;
use super::space::{self, Purpose};
use super::sweeper::{IDLE, POPULATE_STEP, Signal};
use super::write::Writer;
use super::{expiry, recovery, sweep};
use crate::error::{Error, Result, Status};
use crate::log::{self, Level};
use crate::mapping::sys;
use std::panic::{AssertUnwindSafe, catch_unwind};
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
    let mut quiet = Quiet::default();
    loop {
        let Some(strong) = engine.upgrade() else {
            return;
        };
        // A store whose files are gone is left as it is.
        if strong.look_now().is_err() {
            return;
        }
        recovery::nudge(&strong);
        let caught = catch_unwind(AssertUnwindSafe(|| round(&strong, signal, run, &mut quiet)));
        let result = caught.unwrap_or_else(|_| {
            strong.owners.end_sweeping();
            Err(Error::new(Status::Panic, "the sweeper panicked"))
        });
        let sleep = next_sleep(&strong);
        drop(strong);
        let wake_ns = sys::boottime_ns() + sleep.as_nanos() as u64;
        let error = result.err().map(|error| error.to_string());
        if let Some(error) = &error {
            log::say(Level::Error, || format!("sweeping the store failed: {error}"));
        }
        signal.ended_round(run, error, wake_ns);
        log::flush();
        let there = || {
            engine.upgrade().is_some_and(|engine| {
                recovery::nudge(&engine);
                engine.look_now().is_ok()
            })
        };
        let soon = || {
            engine.upgrade().is_some_and(|engine| {
                let waits = !engine.deferred.is_empty();
                // What cannot be removed now is tried again.
                waits && engine.flush().is_ok()
            })
        };
        if !signal.doze(run, Instant::now() + sleep, there, soon) {
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
fn round(engine: &Engine, signal: &Signal, run: u64, quiet: &mut Quiet) -> Result<()> {
    engine.flush()?;
    if engine.owners.try_sweeping() {
        engine.touch_files();
        let swept = sweep::sweep(engine, || signal.wanted(run))
            .and_then(|_| recovery::reclaim(engine))
            .and_then(|()| recovery::drain(engine))
            .and_then(|()| blocks::give_back_quiet(engine, quiet));
        engine.owners.end_sweeping();
        swept?;
    }
    if engine.spares.idle() {
        quarantine::retire_spares(engine)?;
    }
    space::measure_expiry(engine, &engine.snapshot()?)?;
    engine.env.trim();
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
    let mut virgin = run.virgin;
    while virgin < end && signal.wanted(thread) {
        let next = end.min(virgin + POPULATE_STEP / page);
        let (from, length) = (virgin * page, (next - virgin) * page);
        if !space::allocate_ahead(engine, from, length)? {
            return Ok(());
        }
        let mut writer = Writer::begin(engine, Purpose::Delete, 0)?;
        // Quick now, and for certain: blocks of free pages may have been given back meanwhile.
        engine.map.allocate(from, length).map_err(|e| space::failed(engine, length, &e))?;
        extents::raise_virgin(&mut writer, virgin, next)?;
        writer.commit()?;
        virgin = next;
    }
    let mut at = (frontier * page).max(signal.populated.load(Ordering::Relaxed));
    while at < end * page && signal.wanted(thread) {
        engine.flush()?;
        let step = POPULATE_STEP.min(end * page - at);
        if !engine.map.populate(at, step) {
            break;
        }
        at += step;
        signal.populated.store(at, Ordering::Relaxed);
    }
    Ok(())
}
