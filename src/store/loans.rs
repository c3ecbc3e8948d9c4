//! The rows of extents on loan.
//!
//! `_dy_loans`: loan id (8 bytes, big-endian) -> engine id (4), pid (4), first page, pages, first page that has no
//! blocks yet (8 each), little-endian. A loan whose engine is dead is reclaimed. Of an extent that was in an entry before
//! (see `spares`) there follow the id of the transaction that replaced the entry (8) and the entry's key.

use super::engine::Engine;
use super::run::Run;
use crate::envelope::Extent;
use crate::error::{Error, Result, Status};
use crate::lmdb::{Access, WriteTxn};

/// A row of `_dy_loans`.
#[derive(Debug, Clone)]
pub struct Row<'a> {
    /// Engine that has the loan.
    pub engine: u32,
    /// Its pid, for people.
    pub pid: u32,
    /// The pages.
    pub run: Run,
    /// The key of the entry they were in before, when they were.
    pub before: Option<&'a [u8]>,
}

/// Reads a row.
pub fn parse(value: &[u8]) -> Option<Row<'_>> {
    let short = |at: usize| Some(u32::from_le_bytes(value.get(at..at + 4)?.try_into().ok()?));
    let word = |at: usize| Some(u64::from_le_bytes(value.get(at..at + 8)?.try_into().ok()?));
    Some(Row {
        engine: short(0)?,
        pid: short(4)?,
        run: Run { extent: Extent { start: word(8)?, pages: word(16)? }, virgin: word(24)? },
        before: value.get(40..),
    })
}

/// Ends the row of the loan `id`, which is being published. When the record replaces the entry `key` in an extent to be
/// kept, the row names that from now on. The loan is lost when there is no row of this engine's.
pub fn end(engine: &Engine, txn: &mut WriteTxn, id: u64, keep: Option<(Extent, &[u8])>) -> Result<()> {
    let freed = txn.id();
    let mut cursor = txn.write_cursor(engine.dbs().loans)?;
    let ours = cursor.find(&id.to_be_bytes())?.and_then(parse);
    if ours.is_none_or(|row| row.engine != engine.owners.id()) {
        return Err(Error::new(
            Status::LoanLost,
            format!("loan {id:#x} is no longer in {}: it was reclaimed", engine.path.display()),
        ));
    }
    match keep {
        None => cursor.delete()?,
        Some((extent, key)) => {
            let value = cursor.reserve(&id.to_be_bytes(), KEPT + key.len())?;
            write_kept(value, engine, freed, extent, key);
        }
    }
    Ok(())
}

/// Adds a row with the new id `id` for the extent in which the entry `key` was, which is to be kept.
pub fn keep(engine: &Engine, txn: &mut WriteTxn, id: u64, extent: Extent, key: &[u8]) -> Result<()> {
    let freed = txn.id();
    let value = txn.reserve(engine.dbs().loans, &id.to_be_bytes(), KEPT + key.len())?;
    write_kept(value, engine, freed, extent, key);
    Ok(())
}

/// Bytes of the row of an extent that was in an entry, without that entry's key.
const KEPT: usize = 40;

fn write_kept(value: &mut [u8], engine: &Engine, freed: u64, extent: Extent, key: &[u8]) {
    value[..32].copy_from_slice(&row(engine, Run::allocated(extent)));
    value[32..KEPT].copy_from_slice(&freed.to_le_bytes());
    value[KEPT..].copy_from_slice(key);
}

/// The row of a loan of this engine's.
pub fn row(engine: &Engine, run: Run) -> [u8; 32] {
    let mut value = [0; 32];
    value[..4].copy_from_slice(&engine.owners.id().to_le_bytes());
    value[4..8].copy_from_slice(&engine.owners.pid().to_le_bytes());
    for (at, word) in [(8, run.extent.start), (16, run.extent.pages), (24, run.virgin)] {
        value[at..at + 8].copy_from_slice(&word.to_le_bytes());
    }
    value
}
