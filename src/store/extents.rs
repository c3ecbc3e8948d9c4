//! Free pages of the arenas, kept in two databases: by first page (to coalesce) and by length (to fit).
//!
//! `_dy_free_by_start`: first page (8 bytes, big-endian) -> pages, first page that was never allocated on disk (8 bytes
//! each, little-endian). `_dy_free_by_len`: pages, first page (8 bytes each, big-endian) -> nothing.

use super::engine::FreeDbs;
use super::run::Run;
use super::write::Writer;
use crate::envelope::Extent;
use crate::error::Result;
use crate::lmdb::{Access, WriteTxn};

fn len_key(extent: Extent) -> [u8; 16] {
    let mut key = [0; 16];
    key[..8].copy_from_slice(&extent.pages.to_be_bytes());
    key[8..].copy_from_slice(&extent.start.to_be_bytes());
    key
}

fn insert(txn: &mut WriteTxn, dbs: FreeDbs, run: Run) -> Result<()> {
    txn.put(dbs.by_start, &run.extent.start.to_be_bytes(), &run.value())?;
    txn.put(dbs.by_len, &len_key(run.extent), &[])?;
    Ok(())
}

fn remove(txn: &mut WriteTxn, dbs: FreeDbs, extent: Extent) -> Result<()> {
    txn.delete(dbs.by_start, &extent.start.to_be_bytes())?;
    txn.delete(dbs.by_len, &len_key(extent))?;
    Ok(())
}

/// Gives pages back, joined with the free pages before and behind them.
pub fn release(writer: &mut Writer, run: Run) -> Result<()> {
    let dbs = writer.dbs().free;
    let (before, behind) = neighbours(writer, run.extent)?;
    let mut joined = run;
    if let Some(behind) = behind {
        remove(writer.txn(), dbs, behind.extent)?;
        joined = join(joined, behind);
    }
    if let Some(before) = before {
        remove(writer.txn(), dbs, before.extent)?;
        joined = join(before, joined);
    }
    insert(writer.txn(), dbs, joined)
}

fn join(left: Run, right: Run) -> Run {
    let virgin = if left.virgin < left.extent.end() { left.virgin } else { right.virgin };
    let pages = left.extent.pages + right.extent.pages;
    Run { extent: Extent { start: left.extent.start, pages }, virgin }
}

/// The free runs that touch `extent`.
fn neighbours(writer: &mut Writer, extent: Extent) -> Result<(Option<Run>, Option<Run>)> {
    let mut cursor = writer.reader().cursor(writer.dbs().free.by_start)?;
    let at_or_behind = cursor.seek(&extent.start.to_be_bytes())?;
    let before = match at_or_behind {
        Some(_) => cursor.previous()?,
        None => cursor.last()?,
    };
    let parse = |pair: Option<(&[u8], &[u8])>| pair.and_then(|(key, value)| Run::parse(key, value));
    let behind = parse(at_or_behind).filter(|run| run.extent.start == extent.end());
    let before = parse(before).filter(|run| run.extent.end() == extent.start);
    Ok((before, behind))
}

/// Runs looked at for one whose pages have blocks already.
const CANDIDATES: usize = 8;

/// Takes `pages` from the smallest run that holds them, of those that need no new blocks if there is one: they are
/// warm, and on a full disk they are all there is. `None`: no run holds them.
pub fn take(writer: &mut Writer, pages: u64) -> Result<Option<Run>> {
    let dbs = writer.dbs().free;
    let Some(run) = best_fit(writer, pages)? else {
        return Ok(None);
    };
    remove(writer.txn(), dbs, run.extent)?;
    let taken = Extent { start: run.extent.start, pages };
    if run.extent.pages > pages {
        let rest = Extent { start: taken.end(), pages: run.extent.pages - pages };
        insert(writer.txn(), dbs, Run { extent: rest, virgin: run.virgin.max(rest.start) })?;
    }
    Ok(Some(Run { extent: taken, virgin: run.virgin.min(taken.end()) }))
}

fn best_fit(writer: &Writer, pages: u64) -> Result<Option<Run>> {
    let dbs = writer.dbs().free;
    let mut cursor = writer.reader().cursor(dbs.by_len)?;
    let mut pair = cursor.seek(&len_key(Extent { start: 0, pages }))?;
    let mut smallest = None;
    for _ in 0..CANDIDATES {
        let Some((key, _)) = pair else {
            break;
        };
        let start = key.get(8..16).unwrap_or_default();
        let row = writer.reader().get(dbs.by_start, start)?.and_then(|value| Run::parse(start, value));
        let run = row
            .filter(|run| len_key(run.extent) == key)
            .ok_or_else(|| writer.corrupt(format!("free pages {key:?} are in one index only")))?;
        if run.extent.start + pages <= run.virgin {
            return Ok(Some(run));
        }
        smallest = smallest.or(Some(run));
        pair = cursor.next_pair()?;
    }
    Ok(smallest)
}

/// Records that the free pages below `virgin` in the run that holds it have blocks now.
pub fn raise_virgin(writer: &mut Writer, old: u64, virgin: u64) -> Result<()> {
    let dbs = writer.dbs().free;
    if let Some(run) = containing(writer.reader(), dbs, old)?.filter(|run| run.virgin == old) {
        let raised = Run { virgin: virgin.min(run.extent.end()), ..run };
        writer.txn().put(dbs.by_start, &run.extent.start.to_be_bytes(), &raised.value())?;
    }
    Ok(())
}

/// Records that the pages of a free run may have no blocks; nothing when it is not the same run any more.
pub fn note_holes(writer: &mut Writer, extent: Extent) -> Result<()> {
    let dbs = writer.dbs().free;
    if let Some(run) = containing(writer.reader(), dbs, extent.start)?.filter(|run| run.extent == extent) {
        let noted = Run { virgin: extent.start, ..run };
        writer.txn().put(dbs.by_start, &extent.start.to_be_bytes(), &noted.value())?;
    }
    Ok(())
}

/// The free run that holds `page`.
pub fn containing(txn: &impl Access, dbs: FreeDbs, page: u64) -> Result<Option<Run>> {
    let mut cursor = txn.cursor(dbs.by_start)?;
    let pair = match cursor.seek(&page.to_be_bytes())? {
        Some((key, value)) if key == page.to_be_bytes() => Some((key, value)),
        Some(_) => cursor.previous()?,
        None => cursor.last()?,
    };
    Ok(pair
        .and_then(|(key, value)| Run::parse(key, value))
        .filter(|run| run.extent.start <= page && page < run.extent.end()))
}
