//! Taking back what dead engines held, and making room when there is none.

use super::blocks;
use super::engine::Engine;
use super::extents;
use super::loans;
use super::pins;
use super::quarantine;
use super::run::Run;
use super::space::{Purpose, ROW};
use super::sweep;
use super::write::Writer;
use crate::error::Result;
use crate::lmdb::Access;
use crate::mapping::sys;
use crate::steps;
use std::collections::BTreeMap;

/// Loans taken back, and rows of quarantine freed, under one hold of the write lock.
const ROWS: usize = 16;
/// Row of `_dy_meta` that is written to make a transaction count.
const TICK_KEY: &[u8] = b"tick";

/// Takes back every loan. Right only for the engine that opened the store with nobody else alive: engine ids that a
/// power failure made the store forget would otherwise look alive.
pub fn reclaim_everything(engine: &Engine) -> Result<()> {
    while reclaim_loans(engine, true)? == ROWS {}
    reclaim(engine)
}

/// Clears reader slots, pins and loans of the dead.
pub fn reclaim(engine: &Engine) -> Result<()> {
    nudge(engine);
    engine.env.reader_check()?;
    let dead = pins::dead_owners(&engine.shared, &engine.owners);
    if !dead.is_empty() {
        // The lock keeps two processes from clearing one chunk while a third claims it.
        let _writer = Writer::begin(engine, Purpose::Delete, 0)?;
        for owner in dead.into_iter().filter(|&owner| !engine.owners.is_alive(owner)) {
            pins::release_all(&engine.shared, owner);
        }
    }
    while reclaim_loans(engine, false)? == ROWS {}
    Ok(())
}

/// Has a thread that waits for one of LMDB's mutexes look again. Whoever unlocks one wakes a single sleeper, which then
/// answers for the others. When that one is killed before it has the lock, and somebody else takes it at that moment,
/// nobody knows of the others any more: they would sleep until yet another one has to wait.
pub fn nudge(engine: &Engine) {
    engine.lock_table.mutexes().into_iter().for_each(sys::futex_wake_one);
}

fn reclaim_loans(engine: &Engine, all: bool) -> Result<usize> {
    let dead = dead_loans(engine, &engine.snapshot()?, all)?;
    if dead.is_empty() {
        return Ok(0);
    }
    let mut writer = Writer::begin(engine, Purpose::Delete, ROWS as u64 * ROW)?;
    // Looked up again under the lock: another process may have taken them back.
    let dead = dead_loans(engine, writer.reader(), all)?;
    let loans = writer.dbs().loans;
    for row in &dead {
        writer.txn().delete(loans, &row.key)?;
        steps::reached("reclaim: loan gone, pages not free");
        match &row.before {
            // Somebody may still look at the entry it was in.
            Some(before) => quarantine::add(&mut writer, row.run.extent, before)?,
            None => extents::release(&mut writer, row.run)?,
        }
    }
    writer.commit()?;
    Ok(dead.len())
}

/// A row of `_dy_loans` of a dead engine.
struct Dead {
    key: Vec<u8>,
    run: Run,
    /// The key of the entry the pages were in before, when they were.
    before: Option<Vec<u8>>,
}

fn dead_loans(engine: &Engine, txn: &impl Access, all: bool) -> Result<Vec<Dead>> {
    let mut alive: BTreeMap<u32, bool> = BTreeMap::new();
    let mut dead = Vec::new();
    let mut cursor = txn.cursor(engine.dbs().loans)?;
    let mut pair = cursor.first()?;
    while let Some((key, value)) = pair {
        if let Some(row) = loans::parse(value) {
            let alive = *alive.entry(row.engine).or_insert_with(|| engine.owners.is_alive(row.engine));
            if all || !alive {
                dead.push(Dead { key: key.to_vec(), run: row.run, before: row.before.map(<[u8]>::to_vec) });
                if dead.len() == ROWS {
                    break;
                }
            }
        }
        pair = cursor.next_pair()?;
    }
    Ok(dead)
}

/// Frees quarantined extents that nobody sees any more, a few at a time.
pub fn drain(engine: &Engine) -> Result<()> {
    if engine.snapshot()?.entries(engine.dbs().quarantine)? == 0 {
        return Ok(());
    }
    let mut effort = quarantine::Effort { rows: 1024, freed: ROWS, from_start: true };
    loop {
        let mut writer = Writer::begin(engine, Purpose::Delete, ROWS as u64 * ROW)?;
        let drained = quarantine::drain(&mut writer, &effort, None)?;
        writer.commit()?;
        if !drained.more {
            return Ok(());
        }
        effort.from_start = false;
    }
}

/// Does all that can make room in a full store, or on a full disk: removes the expired, takes back from the dead, empties
/// the quarantine; for the disk's sake gives back the blocks of what is free.
pub fn make_room(engine: &Engine, disk: bool) -> Result<()> {
    let tidied = tidy(engine);
    if disk {
        blocks::give_back_all(engine)?;
        if tidied.is_err() {
            return tidy(engine);
        }
    }
    tidied
}

fn tidy(engine: &Engine) -> Result<()> {
    sweep::sweep(engine, || true)?;
    quarantine::retire_spares(engine)?;
    reclaim(engine)?;
    // What was deleted just now may be reused two transactions later.
    for _ in 0..2 {
        let mut writer = Writer::begin(engine, Purpose::Delete, 0)?;
        let meta = writer.dbs().meta;
        let id = writer.reader().id();
        writer.txn().put(meta, TICK_KEY, &id.to_le_bytes())?;
        writer.commit()?;
    }
    drain(engine)
}
