//! What time does to entries: those that have expired are removed, and a boot begins the clock anew.

use super::engine::Engine;
use super::expiry;
use super::record;
use super::shared::Counter;
use super::space::Purpose;
use super::write::Writer;
use crate::envelope::Due;
use crate::error::{Result, Status};
use crate::lmdb::Access;
use crate::mapping::sys;

/// Entries removed under one hold of the write lock.
const BATCH: usize = 16;
/// Pages an entry of a batch may touch: it may sit on leaves of its own.
const ENTRY_PAGES: u64 = 10;

/// What a batch did.
struct Batch {
    removed: usize,
    /// Where the next batch begins; `None`: there is nothing more to remove.
    next: Option<[u8; 16]>,
}

/// Removes the expired entries of one batch of `most` rows, from the row `from` on. A row whose database cannot be opened
/// here stays and holds nobody else up.
fn sweep_batch(engine: &Engine, from: [u8; 16], most: usize) -> Result<Batch> {
    let now = sys::boottime_ns();
    let rows = expired(engine, &engine.snapshot()?, from, now, most)?;
    // Handles are opened in a write transaction of their own, so before the batch's.
    for row in &rows {
        let _ = engine.find_db(&row.db);
    }
    if rows.is_empty() {
        return Ok(Batch { removed: 0, next: None });
    }
    let mut writer = Writer::begin(engine, Purpose::Delete, most as u64 * ENTRY_PAGES)?;
    // Looked at again: another process may have removed them.
    let rows = expired(engine, writer.reader(), from, now, most)?;
    let mut removed = 0;
    for row in &rows {
        let Some(dbi) = engine.opened(&row.db) else {
            continue;
        };
        removed += usize::from(record::fall_due(&mut writer, dbi, row, now)?);
    }
    writer.commit()?;
    let last = rows.last().filter(|_| rows.len() == most);
    Ok(Batch { removed, next: last.map(|row| expiry::row_key(Due { id: row.due.id + 1, ..row.due })) })
}

/// The first rows from `from` on whose time is over at `now`, `most` of them.
fn expired(
    engine: &Engine,
    txn: &impl Access,
    from: [u8; 16],
    now: u64,
    most: usize,
) -> Result<Vec<expiry::Row>> {
    let mut cursor = txn.cursor(engine.dbs().expiry)?;
    let mut rows = Vec::new();
    let mut pair = cursor.seek(&from)?;
    while let Some((key, value)) = pair {
        let Some(row) = expiry::parse(key, value) else {
            pair = cursor.next_pair()?;
            continue;
        };
        if row.due.ns > now || rows.len() == most {
            break;
        }
        rows.push(row);
        pair = cursor.next_pair()?;
    }
    Ok(rows)
}

/// Removes every expired entry, a few at a time so that nobody waits long for the write lock; stops early when `go_on`
/// answers false.
pub fn sweep(engine: &Engine, go_on: impl Fn() -> bool) -> Result<u64> {
    let mut removed = 0;
    let mut from = Some([0; 16]);
    while let Some(row) = from.filter(|_| go_on()) {
        let batch = match sweep_batch(engine, row, BATCH) {
            // On a full disk one entry may still fit where sixteen do not.
            Err(error) if error.status() == Status::DiskFull => sweep_batch(engine, row, 1)?,
            other => other?,
        };
        removed += batch.removed as u64;
        from = batch.next;
    }
    engine.shared.count(Counter::Expired, removed);
    Ok(removed)
}

/// Gives every entry the time it had left by the wall clock, after a boot ended the clock that times are kept in.
pub fn rebase(engine: &Engine) -> Result<()> {
    let rows: Vec<expiry::Row> = {
        let txn = engine.snapshot()?;
        let mut cursor = txn.cursor(engine.dbs().expiry)?;
        let mut rows = Vec::new();
        let mut pair = cursor.first()?;
        while let Some((key, value)) = pair {
            rows.extend(expiry::parse(key, value));
            pair = cursor.next_pair()?;
        }
        rows
    };
    for batch in rows.chunks(BATCH) {
        for row in batch {
            let _ = engine.find_db(&row.db);
        }
        let mut writer = Writer::begin(engine, Purpose::Delete, BATCH as u64 * ENTRY_PAGES)?;
        for row in batch {
            if let Some(dbi) = engine.opened(&row.db) {
                record::rebase(&mut writer, dbi, row)?;
            }
        }
        writer.commit()?;
    }
    Ok(())
}
