//! Disk space before it is written: a write to a mapped hole on a full disk would be a SIGBUS.
//!
//! LMDB's own pages lie outside the arenas, below the high-water mark. Before a transaction changes anything, the file is
//! allocated as far as that mark can move, or there are as many pages that LMDB has freed. Arenas stay sparse; the range
//! of an extent is allocated when it is handed out.

use super::engine::Engine;
use super::run::Run;
use super::write::Growth;
use crate::error::{Error, Result, Status};
use crate::lmdb::{Access, Dbi};
use std::io;
use std::sync::atomic::Ordering;

/// Pages LMDB may need in one transaction beside those asked for: some for every index, and eight for each row of
/// quarantine that a put frees on the way.
pub const MARGIN: u64 = 256;
/// Pages a put needs at the most when it frees nothing on the way.
const USUAL: u64 = 64;
/// Bytes by which LMDB's own pages may pass the limit of a small store.
const OVERDRAFT: u64 = 1 << 20;
/// Pages one row of quarantine or expiry may touch: it is removed from one index and coalesced in two others.
pub const ROW: u64 = 8;
/// Pages that a transaction takes as a rule before it makes an arena.
const FEW: u64 = 32;
/// Bytes that puts leave to what removes and changes.
pub const RESERVE: u64 = 2 << 20;
/// Pages of it that only removing may use: what follows from it gives them back.
const LAST: u64 = 256;
/// Step in which the file is allocated behind the last arena, when the disk has that much.
const STEP: u64 = 1 << 20;
/// Bytes behind an arena that puts may use before the file is extended: on a full disk they still have these.
const SLACK: u64 = STEP / 2;
/// Row of `_dy_meta`: page behind the last arena (8 bytes, little-endian).
pub const TAIL_KEY: &[u8] = b"tail";

/// What a transaction is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// It adds; it may not use the last reserve.
    Put,
    /// It changes what is there; it may use some of it.
    Touch,
    /// It removes; it may use all.
    Delete,
}

/// Makes sure that the write transaction `txn` finds blocks for `pages` new pages: behind the high-water mark, or among
/// the pages that LMDB has freed, which have theirs. On a full disk the latter are all there is.
pub fn ensure(engine: &Engine, txn: &impl Access, purpose: Purpose, pages: u64) -> Result<()> {
    let high = engine.env.last_page()? + 1;
    // Pages that wait in LMDB's free list make its records longer, which takes pages itself.
    let records = pages / 256;
    let wanted = pages + MARGIN + records;
    let mut end = ((high + wanted) * engine.page_size).min(engine.map.len());
    if purpose == Purpose::Put {
        end = (end + reserve(engine)).min(engine.map.len());
        // Arenas stay within the limit; LMDB's own pages may pass it by a little, and since the high-water mark never
        // falls it is LMDB's free pages that count from there on.
        let limit = engine.shared.limit().load(Ordering::Relaxed);
        let need = pages + USUAL;
        let over = (high + need) * engine.page_size > limit + (limit / 8).max(OVERDRAFT);
        if over && free_pages(engine, need)? < need {
            return Err(map_full(engine, need * engine.page_size));
        }
    }
    if end <= engine.shared.allocated_end().load(Ordering::Acquire) {
        return Ok(());
    }
    let tail = match txn.get(engine.dbs().meta, TAIL_KEY)? {
        Some(value) => value.try_into().map_or(0, u64::from_le_bytes) * engine.page_size,
        None => 0,
    };
    let allocated = engine.shared.allocated_end().load(Ordering::Acquire).max(tail);
    measure_expiry(engine, txn)?;
    let need = match purpose {
        Purpose::Put => wanted + reserve(engine) / engine.page_size,
        Purpose::Touch => pages + USUAL + records + LAST,
        Purpose::Delete => pages + USUAL + records,
    };
    let behind = (allocated / engine.page_size).saturating_sub(high);
    // What one transaction frees is one record of LMDB's free list; a long one takes pages in a row.
    let reusable = || match behind >= records {
        true => free_pages(engine, need - behind.min(need)).unwrap_or(0),
        false => 0,
    };
    if end > allocated && behind + reusable() < need {
        let end = extend(engine, allocated, end)?;
        engine.shared.allocated_end().store(end, Ordering::Release);
    }
    Ok(())
}

/// Bytes that a put leaves. Touching every entry may spread the index of expiry over twice its pages.
fn reserve(engine: &Engine) -> u64 {
    RESERVE + engine.expiry_bytes.load(Ordering::Relaxed).next_multiple_of(engine.page_size)
}

/// Notes how large the index of expiry is; what this process adds is counted in between.
pub fn measure_expiry(engine: &Engine, txn: &impl Access) -> Result<()> {
    let [_, branch, leaf, _] = txn.pages(engine.dbs().expiry)?;
    engine.expiry_bytes.store((branch + leaf) * engine.page_size, Ordering::Relaxed);
    Ok(())
}

/// Pages that LMDB has freed and may use again; it stops counting at `enough`.
fn free_pages(engine: &Engine, enough: u64) -> Result<u64> {
    let mut pages = 0;
    each_freed(engine, |record| {
        pages += record.next().unwrap_or(0);
        pages < enough
    })?;
    Ok(pages)
}

/// Pages that an arena may take from those that LMDB has freed, in a row, so that what the transaction and deletes need
/// is left.
pub fn reusable_run(engine: &Engine, growth: &Growth) -> Result<u64> {
    let mut freed = Vec::new();
    each_freed(engine, |record| {
        // A record may have room for more.
        let pages = record.next().unwrap_or(0);
        freed.extend(record.take(pages as usize));
        true
    })?;
    freed.sort_unstable();
    let longest = freed.chunk_by(|page, next| page + 1 == *next).map(<[u64]>::len).max().unwrap_or(0) as u64;
    // The transaction may have taken pages of that run already, and needs as many again.
    let taken = growth.pages + growth.reused + MARGIN;
    let left = (freed.len() as u64).saturating_sub(2 * taken + RESERVE / engine.page_size);
    let (high, end) = ends(engine, growth)?;
    // Where LMDB does not find that many in a row after all, the arena begins at the end of the file.
    let slack = if end / engine.page_size > high + taken { FEW } else { taken };
    Ok(longest.saturating_sub(slack).min(left))
}

/// The page behind the last one in use and the byte up to which the file is allocated, in the running transaction.
fn ends(engine: &Engine, growth: &Growth) -> Result<(u64, u64)> {
    let high = (engine.env.last_page()? + 1).max(growth.arena_end);
    let end = growth.allocated_end.unwrap_or_else(|| engine.shared.allocated_end().load(Ordering::Acquire));
    Ok((high, end))
}

/// Whether snapshots keep more of what LMDB has freed from being used than the last transactions explain.
pub fn waits_for_readers(engine: &Engine) -> Result<bool> {
    let txn = engine.snapshot()?;
    let mut pages = 0;
    let mut cursor = txn.cursor(Dbi::FREE)?;
    let mut pair = cursor.seek(&engine.lock_table.oldest(txn.id()).to_ne_bytes())?;
    while let Some((_, record)) = pair {
        pages += words(record).next().unwrap_or(0);
        pair = cursor.next_pair()?;
    }
    Ok(pages > USUAL)
}

/// Shows the records of LMDB's free list whose pages it may use again, each as its length and its pages, while `visit`
/// answers true.
fn each_freed<V>(engine: &Engine, mut visit: V) -> Result<()>
where
    V: FnMut(&mut dyn Iterator<Item = u64>) -> bool,
{
    let txn = engine.snapshot()?;
    let oldest = engine.lock_table.oldest(txn.id());
    let mut cursor = txn.cursor(Dbi::FREE)?;
    let mut pair = cursor.first()?;
    while let Some((key, value)) = pair {
        if words(key).next().is_none_or(|id| id >= oldest) || !visit(&mut words(value)) {
            break;
        }
        pair = cursor.next_pair()?;
    }
    Ok(())
}

fn words(bytes: &[u8]) -> impl Iterator<Item = u64> {
    bytes.chunks_exact(8).map(|word| u64::from_ne_bytes(word.try_into().unwrap_or_default()))
}

/// Allocates `[from, to)` of the data file, in a whole step when the disk has it; answers the new end.
fn extend(engine: &Engine, from: u64, to: u64) -> Result<u64> {
    let (to, stepped) = (to.min(engine.map.len()), to.next_multiple_of(STEP).min(engine.map.len()));
    if to <= from {
        return Ok(from);
    }
    match engine.map.allocate(from, stepped - from) {
        Ok(()) => Ok(stepped),
        Err(error) if error.raw_os_error() == Some(libc::ENOSPC) && stepped > to => {
            engine.map.allocate(from, to - from).map_err(|e| failed(engine, to - from, &e))?;
            Ok(to)
        }
        Err(error) => Err(failed(engine, stepped - from, &error)),
    }
}

/// Allocates what LMDB may need behind an arena that ends at `page`; answers the end in bytes. On a full disk the pages
/// that LMDB has freed serve as well.
pub fn allocate_behind(engine: &Engine, page: u64, growth: &Growth) -> Result<u64> {
    let from = page * engine.page_size;
    let need = needed_behind(engine, growth);
    match extend(engine, from, from + need * engine.page_size + SLACK) {
        // The transaction may have taken some of them already.
        Err(error) if error.status() == Status::DiskFull => {
            let enough = need + MARGIN + growth.pages + growth.reused;
            if free_pages(engine, enough)? < enough { Err(error) } else { Ok(from) }
        }
        other => other,
    }
}

/// Makes up for pages that an arena took from those which LMDB had freed, since the transaction may have counted on them;
/// answers the new end in bytes when it changes.
pub fn make_up(engine: &Engine, growth: &Growth) -> Result<Option<u64>> {
    let (high, end) = ends(engine, growth)?;
    let from = end.max(high * engine.page_size);
    let enough = needed_behind(engine, growth) + MARGIN + growth.pages;
    let behind = from / engine.page_size - high;
    if behind + free_pages(engine, enough + growth.reused)?.saturating_sub(growth.reused) >= enough {
        return Ok(None);
    }
    extend(engine, from, (high + enough) * engine.page_size).map(Some)
}

/// The page where an arena begins that lies at the end of the file gets its header at once.
pub fn back_next(engine: &Engine, growth: &Growth) -> Result<()> {
    let (high, end) = ends(engine, growth)?;
    let from = high * engine.page_size;
    let length = (MARGIN + growth.pages) * engine.page_size;
    if end < from + length {
        engine.map.allocate(from, length).map_err(|e| failed(engine, length, &e))?;
    }
    Ok(())
}

fn needed_behind(engine: &Engine, growth: &Growth) -> u64 {
    MARGIN + growth.pages + RESERVE / engine.page_size
}

/// Keeps a step more allocated than is needed, off the write lock, while the disk has it.
pub fn run_ahead(engine: &Engine) -> Result<()> {
    let high = (engine.env.last_page()? + 1) * engine.page_size;
    let allocated = engine.shared.allocated_end().load(Ordering::Acquire);
    let wanted = high + MARGIN * engine.page_size + RESERVE + SLACK;
    if high < allocated && allocated < wanted && allocated + STEP <= engine.map.len() {
        if !allocate_ahead(engine, allocated, STEP)? {
            return Ok(());
        }
        // Only if nobody moved it meanwhile: an arena may have been made behind it.
        let _ = engine.shared.allocated_end().compare_exchange(
            allocated,
            allocated + STEP,
            Ordering::AcqRel,
            Ordering::Relaxed,
        );
    }
    Ok(())
}

/// Allocates what nobody needs yet; false: the disk has no room to spare.
pub fn allocate_ahead(engine: &Engine, from: u64, length: u64) -> Result<bool> {
    let room = engine.map.room().map_err(|e| failed(engine, length, &e))?;
    if room < length + RESERVE {
        return Ok(false);
    }
    match engine.map.allocate(from, length).map_err(|e| failed(engine, length, &e)) {
        Err(error) if error.status() == Status::DiskFull => Ok(false),
        other => other.map(|()| true),
    }
}

/// Allocates blocks for the part of a run that has none.
pub fn back(engine: &Engine, run: Run) -> Result<()> {
    let missing = run.extent.end() - run.virgin;
    if missing > 0 {
        let (from, length) = (run.virgin * engine.page_size, missing * engine.page_size);
        engine.map.allocate(from, length).map_err(|e| failed(engine, length, &e))?;
    }
    Ok(())
}

/// The error of a failed allocation.
pub fn failed(engine: &Engine, wanted: u64, error: &io::Error) -> Error {
    match error.raw_os_error() {
        Some(libc::ENOSPC | libc::EDQUOT) => Error::new(
            Status::DiskFull,
            format!(
                "the file system of {} has no room for {wanted} more bytes ({error}); delete entries, shorten their \
                 time to live, or make room on that file system",
                engine.path.display()
            ),
        ),
        Some(libc::EOPNOTSUPP) => Error::new(
            Status::Unsupported,
            format!(
                "the file system of {} cannot allocate space ahead (fallocate); use ext4, XFS or tmpfs",
                engine.path.display()
            ),
        ),
        _ => Error::io(format!("allocating {wanted} bytes in {}", engine.path.display()), error),
    }
}

/// The error of a store that may not grow by `wanted` bytes; what holds the space is added by whoever reports it.
pub fn map_full(engine: &Engine, wanted: u64) -> Error {
    let limit = engine.shared.limit().load(Ordering::Relaxed);
    Error::new(
        Status::MapFull,
        format!(
            "MDB_MAP_FULL: store {} may use {limit} bytes and needs {wanted} more",
            engine.path.display()
        ),
    )
}
