//! Entries by the time they expire, so that a sweep costs what it removes.
//!
//! `_dy_expiry`: when to look (ns of `CLOCK_BOOTTIME`), entry id (8 bytes each, big-endian) -> length of the database's
//! name (2 bytes, little-endian), its name, the key.
//!
//! An entry that replaces another under its key, and expires no earlier, takes the row over as it is, since writing here
//! is what putting a small payload costs most. Its record names the row. When the row's time has come and the entry's
//! has not, the sweep moves the row: once for each time to live, however often the entry was replaced meanwhile.

use super::engine::Engine;
use super::record;
use super::space::Purpose;
use super::write::Writer;
use crate::envelope::Due;
use crate::error::Result;
use crate::lmdb::Access;
use crate::mapping::sys;

/// Entries removed under one hold of the write lock.
const BATCH: usize = 16;
/// Pages a batch may touch: every entry may sit on leaves of its own.
const BATCH_PAGES: u64 = 160;

fn row_key(due: Due) -> [u8; 16] {
    let mut key = [0; 16];
    key[..8].copy_from_slice(&due.ns.to_be_bytes());
    key[8..].copy_from_slice(&due.id.to_be_bytes());
    key
}

/// The row for an entry: the one its key has, unless that comes too late; none when it never expires.
pub fn row_for(expires_ns: u64, entry_id: u64, there: Option<Due>) -> Option<Due> {
    let own = Some(Due { ns: expires_ns, id: entry_id }).filter(|due| due.ns != 0)?;
    Some(there.filter(|due| due.ns <= own.ns).unwrap_or(own))
}

/// Has a key the row `now` instead of the row `there`.
pub fn change(writer: &mut Writer, there: Option<Due>, now: Option<Due>, db: &str, key: &[u8]) -> Result<()> {
    if there == now {
        return Ok(());
    }
    remove(writer, there)?;
    let Some(due) = now else {
        return Ok(());
    };
    let dbi = writer.dbs().expiry;
    let at = 2 + db.len();
    let value = writer.txn().reserve(dbi, &row_key(due), at + key.len())?;
    value[..2].copy_from_slice(&(db.len() as u16).to_le_bytes());
    value[2..at].copy_from_slice(db.as_bytes());
    value[at..].copy_from_slice(key);
    Ok(())
}

/// Removes a row.
pub fn remove(writer: &mut Writer, due: Option<Due>) -> Result<()> {
    if let Some(due) = due {
        let dbi = writer.dbs().expiry;
        writer.txn().delete(dbi, &row_key(due))?;
    }
    Ok(())
}

/// A row of the index.
pub struct Row {
    /// Its key.
    pub due: Due,
    /// Name of the database.
    pub db: String,
    /// Key in it.
    pub key: Vec<u8>,
}

/// Reads a row.
pub fn parse(key: &[u8], value: &[u8]) -> Option<Row> {
    let length = usize::from(u16::from_le_bytes(value.get(..2)?.try_into().ok()?));
    Some(Row {
        due: Due {
            ns: u64::from_be_bytes(key.get(..8)?.try_into().ok()?),
            id: u64::from_be_bytes(key.get(8..16)?.try_into().ok()?),
        },
        db: std::str::from_utf8(value.get(2..2 + length)?).ok()?.to_owned(),
        key: value.get(2 + length..)?.to_vec(),
    })
}

/// When the next row's time comes, in ns of `CLOCK_BOOTTIME`: no entry expires before.
pub fn next(engine: &Engine) -> Result<Option<u64>> {
    let txn = engine.snapshot()?;
    let mut cursor = txn.cursor(engine.dbs().expiry)?;
    Ok(cursor.first()?.and_then(|(key, _)| Some(u64::from_be_bytes(key.get(..8)?.try_into().ok()?))))
}

/// What a batch did.
struct Batch {
    removed: usize,
    /// Where the next batch begins; `None`: there is nothing more to remove.
    next: Option<[u8; 16]>,
}

/// Removes the expired entries of one batch of rows, from the row `from` on. A row whose database cannot be opened here stays and
/// holds nobody else up.
fn sweep_batch(engine: &Engine, from: [u8; 16]) -> Result<Batch> {
    let now = sys::boottime_ns();
    let rows = expired(engine, &engine.snapshot()?, from, now)?;
    // Handles are opened in a write transaction of their own, so before the batch's.
    for row in &rows {
        let _ = engine.find_db(&row.db);
    }
    if rows.is_empty() {
        return Ok(Batch { removed: 0, next: None });
    }
    let mut writer = Writer::begin(engine, Purpose::Delete, BATCH_PAGES)?;
    // Looked at again: another process may have removed them.
    let rows = expired(engine, writer.reader(), from, now)?;
    let mut removed = 0;
    for row in &rows {
        let Some(dbi) = engine.opened(&row.db) else {
            continue;
        };
        removed += usize::from(record::fall_due(&mut writer, dbi, row, now)?);
    }
    writer.commit()?;
    let last = rows.last().filter(|_| rows.len() == BATCH);
    Ok(Batch { removed, next: last.map(|row| row_key(Due { id: row.due.id + 1, ..row.due })) })
}

/// The first rows from `from` on whose time is over at `now`.
fn expired(engine: &Engine, txn: &impl Access, from: [u8; 16], now: u64) -> Result<Vec<Row>> {
    let mut cursor = txn.cursor(engine.dbs().expiry)?;
    let mut rows = Vec::new();
    let mut pair = cursor.seek(&from)?;
    while let Some((key, value)) = pair {
        let Some(row) = parse(key, value) else {
            pair = cursor.next_pair()?;
            continue;
        };
        if row.due.ns > now || rows.len() == BATCH {
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
        let batch = sweep_batch(engine, row)?;
        removed += batch.removed as u64;
        from = batch.next;
    }
    engine.shared.count(super::shared::Counter::Expired, removed);
    Ok(removed)
}

/// Gives every entry the time it had left by the wall clock, after a boot ended the clock that times are kept in.
pub fn rebase(engine: &Engine) -> Result<()> {
    let rows: Vec<Row> = {
        let txn = engine.snapshot()?;
        let mut cursor = txn.cursor(engine.dbs().expiry)?;
        let mut rows = Vec::new();
        let mut pair = cursor.first()?;
        while let Some((key, value)) = pair {
            rows.extend(parse(key, value));
            pair = cursor.next_pair()?;
        }
        rows
    };
    for batch in rows.chunks(BATCH) {
        for row in batch {
            let _ = engine.find_db(&row.db);
        }
        let mut writer = Writer::begin(engine, Purpose::Delete, BATCH_PAGES)?;
        for row in batch {
            if let Some(dbi) = engine.opened(&row.db) {
                record::rebase(&mut writer, dbi, row)?;
            }
        }
        writer.commit()?;
    }
    Ok(())
}
