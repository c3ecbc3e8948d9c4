//! Entries by the time they expire, so that a sweep costs what it removes.
//!
//! `_dy_expiry`: expires (ns of `CLOCK_BOOTTIME`), entry id (8 bytes each, big-endian) -> length of the database's name
//! (2 bytes, little-endian), its name, the key.

use super::engine::Engine;
use super::record;
use super::space::Purpose;
use super::write::Writer;
use crate::error::Result;
use crate::lmdb::Access;
use crate::mapping::sys;

/// Entries removed under one hold of the write lock.
const BATCH: usize = 16;
/// Pages a batch may touch: every entry may sit on leaves of its own.
const BATCH_PAGES: u64 = 160;

fn row_key(expires_ns: u64, entry_id: u64) -> [u8; 16] {
    let mut key = [0; 16];
    key[..8].copy_from_slice(&expires_ns.to_be_bytes());
    key[8..].copy_from_slice(&entry_id.to_be_bytes());
    key
}

/// Adds an entry; one that never expires has no row.
pub fn add(writer: &mut Writer, expires_ns: u64, entry_id: u64, db: &str, key: &[u8]) -> Result<()> {
    if expires_ns == 0 {
        return Ok(());
    }
    let dbi = writer.dbs().expiry;
    let at = 2 + db.len();
    let value = writer.txn().reserve(dbi, &row_key(expires_ns, entry_id), at + key.len())?;
    value[..2].copy_from_slice(&(db.len() as u16).to_le_bytes());
    value[2..at].copy_from_slice(db.as_bytes());
    value[at..].copy_from_slice(key);
    Ok(())
}

/// Removes an entry's row.
pub fn remove(writer: &mut Writer, expires_ns: u64, entry_id: u64) -> Result<()> {
    if expires_ns != 0 {
        let dbi = writer.dbs().expiry;
        writer.txn().delete(dbi, &row_key(expires_ns, entry_id))?;
    }
    Ok(())
}

/// A row of the index.
pub struct Row {
    /// ns of `CLOCK_BOOTTIME`.
    pub expires_ns: u64,
    /// Whose row it is.
    pub entry_id: u64,
    /// Name of the database.
    pub db: String,
    /// Key in it.
    pub key: Vec<u8>,
}

/// Reads a row.
pub fn parse(key: &[u8], value: &[u8]) -> Option<Row> {
    let length = usize::from(u16::from_le_bytes(value.get(..2)?.try_into().ok()?));
    Some(Row {
        expires_ns: u64::from_be_bytes(key.get(..8)?.try_into().ok()?),
        entry_id: u64::from_be_bytes(key.get(8..16)?.try_into().ok()?),
        db: std::str::from_utf8(value.get(2..2 + length)?).ok()?.to_owned(),
        key: value.get(2 + length..)?.to_vec(),
    })
}

/// When the next entry expires, in ns of `CLOCK_BOOTTIME`.
pub fn next(engine: &Engine) -> Result<Option<u64>> {
    let txn = engine.env.read()?;
    let mut cursor = txn.cursor(engine.dbs().expiry)?;
    Ok(cursor.first()?.and_then(|(key, _)| Some(u64::from_be_bytes(key.get(..8)?.try_into().ok()?))))
}

/// Removes one batch of expired entries. Fewer than a batch: there are no more.
fn sweep_batch(engine: &Engine, opened: bool) -> Result<usize> {
    let now = sys::boottime_ns();
    if next(engine)?.is_none_or(|expires| expires > now) {
        return Ok(0);
    }
    let mut writer = Writer::begin(engine, Purpose::Delete, BATCH_PAGES)?;
    let rows: Vec<Row> = {
        let mut cursor = writer.reader().cursor(engine.dbs().expiry)?;
        let mut rows = Vec::with_capacity(BATCH);
        let mut pair = cursor.first()?;
        while let Some((key, value)) = pair {
            let row = parse(key, value)
                .ok_or_else(|| writer.corrupt(format!("row of {} bytes in the expiry index", value.len())))?;
            if row.expires_ns > now || rows.len() == BATCH {
                break;
            }
            rows.push(row);
            pair = cursor.next_pair()?;
        }
        rows
    };
    // Handles are opened in a write transaction of their own, so not while this one runs.
    let unopened: Vec<&str> =
        rows.iter().map(|row| row.db.as_str()).filter(|db| engine.opened(db).is_none()).collect();
    if !unopened.is_empty() && !opened {
        drop(writer);
        for db in unopened {
            engine.find_db(db)?;
        }
        return sweep_batch(engine, true);
    }
    for row in &rows {
        let removed = match engine.opened(&row.db) {
            Some(dbi) => record::remove_if(&mut writer, dbi, &row.key, row.entry_id)?,
            None => false,
        };
        if !removed {
            remove(&mut writer, row.expires_ns, row.entry_id)?;
        }
    }
    writer.commit()?;
    Ok(rows.len())
}

/// Removes every expired entry, a few at a time so that nobody waits long for the write lock.
pub fn sweep(engine: &Engine) -> Result<u64> {
    let mut removed = 0;
    loop {
        let batch = sweep_batch(engine, false)?;
        removed += batch as u64;
        if batch < BATCH {
            break;
        }
    }
    engine.shared.count(super::shared::Counter::Expired, removed);
    Ok(removed)
}

/// Gives every entry the time it had left by the wall clock, after a boot ended the clock that times are kept in.
pub fn rebase(engine: &Engine) -> Result<()> {
    let rows: Vec<Row> = {
        let txn = engine.env.read()?;
        let mut cursor = txn.cursor(engine.dbs().expiry)?;
        let mut rows = Vec::new();
        let mut pair = cursor.first()?;
        while let Some((key, value)) = pair {
            rows.extend(parse(key, value));
            pair = cursor.next_pair()?;
        }
        rows
    };
    for row in rows {
        let Some(dbi) = engine.find_db(&row.db)? else {
            continue;
        };
        let mut writer = Writer::begin(engine, Purpose::Delete, 16)?;
        record::rebase(&mut writer, dbi, &row)?;
        writer.commit()?;
    }
    Ok(())
}
