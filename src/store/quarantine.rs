//! Extents of deleted and replaced entries, until nobody can see them any more.
//!
//! `_dy_quarantine`: id of the deleting transaction, first page (8 bytes each, big-endian) -> pages (8 bytes,
//! little-endian), then the key the entry had, for people.

use super::engine::Engine;
use super::extents;
use super::pins;
use super::run::Run;
use super::space::Purpose;
use super::spares::Spare;
use super::unseen;
use super::write::Writer;
use crate::envelope::Extent;
use crate::error::Result;
use crate::lmdb::Access;
use crate::steps;
use std::sync::PoisonError;
use std::thread;
use std::time::{Duration, Instant};

/// How much of the quarantine a transaction looks at.
#[derive(Debug, Clone, Copy)]
pub struct Effort {
    /// Rows looked at.
    pub rows: usize,
    /// Rows freed; each may touch [`super::space::ROW`] pages.
    pub freed: usize,
    /// Begin with the oldest row, also with those that were pinned the last time.
    pub from_start: bool,
}

/// What an ordinary put does before it allocates.
pub const BRIEF: Effort = Effort { rows: 16, freed: 16, from_start: false };
/// What it does when nothing fits.
pub const THOROUGH: Effort = Effort { rows: 1024, freed: 12, from_start: true };

/// Of so many looks of ordinary puts one begins with the oldest row.
const AGAIN: u32 = 64;

/// Up to which row this process looked.
#[derive(Debug, Default)]
pub struct Reached {
    row: [u8; 16],
    looks: u32,
}

/// Puts an extent into quarantine under the running transaction's id.
pub fn add(writer: &mut Writer, extent: Extent, key: &[u8]) -> Result<()> {
    let row = row_key(writer.reader().id(), extent);
    let dbi = writer.dbs().quarantine;
    let value = writer.txn().reserve(dbi, &row, 8 + key.len())?;
    value[..8].copy_from_slice(&extent.pages.to_le_bytes());
    value[8..].copy_from_slice(key);
    Ok(())
}

/// Moves an extent that was kept for the next loan to quarantine.
pub fn retire(writer: &mut Writer, spare: Spare) -> Result<()> {
    let loans = writer.dbs().loans;
    if writer.txn().delete(loans, &spare.id.to_be_bytes())? {
        add(writer, spare.extent, &[])?;
    }
    Ok(())
}

/// Moves all extents that the engine keeps for its next loans to quarantine.
pub fn retire_spares(engine: &Engine) -> Result<()> {
    let spares = engine.spares.take_all();
    if spares.is_empty() {
        return Ok(());
    }
    let given = Writer::begin(engine, Purpose::Delete, 0).and_then(|mut writer| {
        spares.iter().try_for_each(|&spare| retire(&mut writer, spare))?;
        writer.commit()
    });
    if given.is_err() {
        engine.spares.add(&spares);
    }
    given
}

/// Waits for the snapshots that keep what is here, and writes nothing meanwhile. Whether something can be freed that nobody
/// sees any more; not when `until` is over, and not when pins keep all of it.
pub fn outlast_readers(engine: &Engine, until: Instant) -> Result<bool> {
    while Instant::now() < until {
        let txn = engine.snapshot()?;
        let mut rows = Vec::new();
        txn.each(engine.dbs().quarantine, |key, value| {
            rows.extend(parse(key, value).map(|row| (row.txn, row.extent.start)));
        })?;
        let oldest = engine.lock_table.oldest(txn.id());
        drop(txn);
        let pinned = pins::pinned(&engine.shared, rows.iter().map(|&(_, start)| start).collect());
        rows.retain(|(_, start)| pinned.binary_search(start).is_err());
        if rows.is_empty() {
            return Ok(false);
        }
        if rows.iter().any(|&(deleted, _)| deleted < oldest) {
            return Ok(true);
        }
        thread::sleep(Duration::from_millis(1));
    }
    Ok(false)
}

fn row_key(txn: u64, extent: Extent) -> [u8; 16] {
    let mut key = [0; 16];
    key[..8].copy_from_slice(&txn.to_be_bytes());
    key[8..].copy_from_slice(&extent.start.to_be_bytes());
    key
}

/// A row of the quarantine.
pub struct Row<'a> {
    /// Id of the transaction that deleted the entry.
    pub txn: u64,
    /// The extent.
    pub extent: Extent,
    /// Key of the entry.
    pub key: &'a [u8],
}

/// Reads a row.
pub fn parse<'a>(key: &[u8], value: &'a [u8]) -> Option<Row<'a>> {
    Some(Row {
        txn: u64::from_be_bytes(key.get(..8)?.try_into().ok()?),
        extent: Extent {
            start: u64::from_be_bytes(key.get(8..16)?.try_into().ok()?),
            pages: u64::from_le_bytes(value.get(..8)?.try_into().ok()?),
        },
        key: &value[8..],
    })
}

/// What a drain did.
#[derive(Debug, Clone, Copy)]
pub struct Drained {
    /// Extents freed.
    pub freed: usize,
    /// The budget ended before the rows that could be freed did.
    pub more: bool,
    /// An extent of just the size that was wanted, handed over instead of freed.
    pub fitting: Option<Extent>,
}

/// Frees what nobody can see: deleted before the oldest snapshot and before the transaction preceding this one, *and
/// then*, after a full fence, named by no pin slot. `from_start` also looks at rows that were pinned the last time.
///
/// Of these, one of `wanted` pages is handed over: payloads of one size that come and go never touch the free pages.
pub fn drain(writer: &mut Writer, effort: &Effort, wanted: Option<u64>) -> Result<Drained> {
    let engine = writer.engine();
    let dbi = writer.dbs().quarantine;
    // Pinned rows at the front are not looked at again by every put.
    let mut reached = {
        let mut stopped = engine.drained.lock().unwrap_or_else(PoisonError::into_inner);
        stopped.looks = stopped.looks.wrapping_add(1);
        // Those may not be pinned any more.
        let again = effort.from_start || stopped.looks.is_multiple_of(AGAIN);
        if again { [0; 16] } else { stopped.row }
    };
    let newest = writer.reader().id() - 1;
    let mut more = false;
    let old_rows = |old: &dyn Fn(u64) -> bool| -> Result<Vec<Row>> {
        let mut rows = Vec::new();
        let mut cursor = writer.reader().cursor(dbi)?;
        let mut pair = cursor.seek(&reached)?;
        while let Some(row) = pair.and_then(|(key, value)| parse(key, value)).filter(|row| old(row.txn)) {
            if rows.len() == effort.rows {
                more = true;
                break;
            }
            rows.push(row);
            pair = cursor.next_pair()?;
        }
        Ok(rows)
    };
    let (rows, pinned) =
        unseen::look(&engine.lock_table, &engine.shared, newest, old_rows, |row| row.extent.start)?;
    let mut freed: Vec<(u64, Extent)> = Vec::new();
    for row in rows {
        if freed.len() == effort.freed {
            more = true;
            break;
        }
        reached = row_key(row.txn, row.extent);
        if pinned.binary_search(&row.extent.start).is_err() {
            freed.push((row.txn, row.extent));
        }
    }
    engine.drained.lock().unwrap_or_else(PoisonError::into_inner).row = reached;
    let mut fitting = None;
    for &(txn, extent) in &freed {
        writer.txn().delete(dbi, &row_key(txn, extent))?;
        steps::reached("quarantine: row gone, pages not free");
        if fitting.is_none() && wanted == Some(extent.pages) {
            fitting = Some(extent);
        } else {
            extents::release(writer, Run::allocated(extent))?;
        }
    }
    Ok(Drained { freed: freed.len(), more, fitting })
}

#[cfg(test)]
mod tests {
    use super::{AGAIN, Access};
    use crate::options::{Options, PutOptions};
    use crate::store::Store;

    #[test]
    fn what_was_pinned_when_a_put_looked_is_looked_at_again() {
        let dir = tempfile::TempDir::new().unwrap();
        let store = Store::open(dir.path(), &Options { sweeper: false, ..Options::default() }).unwrap();
        let put = |key: &str, size: usize| {
            store.put("default", key.as_bytes(), &[&vec![1; size]], &PutOptions::default()).unwrap();
        };
        let waiting = || {
            let txn = store.engine.snapshot().unwrap();
            txn.entries(store.engine.dbs().quarantine).unwrap()
        };
        put("kept", 9000);
        let view = store.view("default", b"kept").unwrap().unwrap();
        store.delete("default", b"kept").unwrap();
        put("other", 5000);
        store.delete("default", b"other").unwrap();
        for n in 0..8 {
            put(&format!("{n}"), 20_000);
        }
        drop(view);
        assert_eq!(waiting(), 1);
        // No arena is made on the way, for which all rows would be looked at.
        for n in 0..2 * AGAIN {
            put("one", if n % 2 == 0 { 5000 } else { 13_000 });
        }
        assert!(waiting() < 3, "{} rows", waiting());
        let txn = store.engine.snapshot().unwrap();
        let mut sizes = Vec::new();
        txn.each(store.engine.dbs().quarantine, |_, value| sizes.push(value[0])).unwrap();
        assert!(!sizes.contains(&3), "{sizes:?}");
    }
}
