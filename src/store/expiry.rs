//! Entries by the time they expire, so that a sweep costs what it removes.
//!
//! `_dy_expiry`: when to look (ns of `CLOCK_BOOTTIME`), entry id (8 bytes each, big-endian) -> length of the database's
//! name (2 bytes, little-endian), its name, the key.
//!
//! An entry that replaces another under its key, and expires no earlier, takes the row over as it is, since writing here
//! is what putting a small payload costs most. Its record names the row. When the row's time has come and the entry's
//! has not, the sweep moves the row: once for each time to live, however often the entry was replaced meanwhile.

use super::engine::Engine;
use super::write::Writer;
use crate::envelope::Due;
use crate::error::Result;
use crate::lmdb::Access;
use std::sync::atomic::Ordering;

/// Bytes of a row beside its value: its key, LMDB's header of it and its place in the page.
const ROW_OVERHEAD: usize = 26;

/// The key of a row.
pub fn row_key(due: Due) -> [u8; 16] {
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
    let row = ROW_OVERHEAD + at + key.len();
    writer.engine().expiry_bytes.fetch_add(row as u64, Ordering::Relaxed);
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
