//! Disk space before it is written: a write to a mapped hole on a full disk would be a SIGBUS.
//!
//! LMDB's own pages lie outside the arenas, below the high-water mark. Before a transaction changes anything, the file is
//! allocated as far as that mark can move. Arenas stay sparse; the range of an extent is allocated when it is handed out.

use super::engine::Engine;
use super::run::Run;
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
/// Bytes that only deletes may use.
pub const RESERVE: u64 = 2 << 20;
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
    /// It removes; it may.
    Delete,
}

/// Allocates what the write transaction `txn` may need for `pages` new pages.
pub fn ensure(engine: &Engine, txn: &impl Access, purpose: Purpose, pages: u64) -> Result<()> {
    let high = engine.env.last_page()? + 1;
    // Pages that wait in LMDB's free list make its records longer, which takes pages itself.
    let wanted = high + pages + MARGIN + pages / 256;
    let mut end = (wanted * engine.page_size).min(engine.map.len());
    if purpose == Purpose::Put {
        end = (end + RESERVE).min(engine.map.len());
        // Arenas stay within the limit; LMDB's own pages may pass it by a little, and since the high-water mark never
        // falls it is LMDB's free pages that count from there on.
        let limit = engine.shared.limit().load(Ordering::Relaxed);
        let need = pages + USUAL;
        let over = (high + need) * engine.page_size > limit + (limit / 8).max(OVERDRAFT);
        if over && free_pages(engine)? < need {
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
    if end > allocated {
        let end = extend(engine, allocated, end)?;
        engine.shared.allocated_end().store(end, Ordering::Release);
    }
    Ok(())
}

/// Pages that LMDB has freed and may use again.
fn free_pages(engine: &Engine) -> Result<u64> {
    let txn = engine.snapshot()?;
    let newest = engine.lock_table.oldest(txn.id());
    let mut pages = 0;
    let mut cursor = txn.cursor(Dbi::FREE)?;
    let mut pair = cursor.first()?;
    while let Some((key, value)) = pair {
        let word =
            |bytes: &[u8]| bytes.get(..8).and_then(|b| b.try_into().ok()).map_or(0, u64::from_ne_bytes);
        if word(key) < newest {
            pages += word(value);
        }
        pair = cursor.next_pair()?;
    }
    Ok(pages)
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

/// Allocates what LMDB may need behind an arena that ends at `page`, `pages` of the running transaction among it;
/// answers the end in bytes.
pub fn allocate_behind(engine: &Engine, page: u64, pages: u64) -> Result<u64> {
    let from = page * engine.page_size;
    extend(engine, from, from + (MARGIN + pages) * engine.page_size + RESERVE + SLACK)
}

/// Keeps a step more allocated than is needed, off the write lock.
pub fn run_ahead(engine: &Engine) -> Result<()> {
    let high = (engine.env.last_page()? + 1) * engine.page_size;
    let allocated = engine.shared.allocated_end().load(Ordering::Acquire);
    let wanted = high + MARGIN * engine.page_size + RESERVE + SLACK;
    if high < allocated && allocated < wanted && allocated + STEP <= engine.map.len() {
        engine.map.allocate(allocated, STEP).map_err(|e| failed(engine, STEP, &e))?;
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
