//! When pages that were in an entry may be used again: readers first, pins second.

use super::pins;
use super::shared::Shared;
use crate::lmdb::LockTable;

/// Of the extents that `rows` finds, those that are still pinned, by first page, sorted. `rows` is asked for extents that
/// no snapshot can name: of each it asks whether the transaction that deleted its entry is old enough for that.
///
/// `newest` is a transaction that was committed before this one, or before this call.
pub fn look<R, E>(
    lock_table: &LockTable,
    shared: &Shared,
    newest: u64,
    rows: impl FnOnce(&dyn Fn(u64) -> bool) -> Result<Vec<R>, E>,
    start: impl Fn(&R) -> u64,
) -> Result<(Vec<R>, Vec<u64>), E> {
    let oldest = lock_table.oldest(newest);
    let rows = rows(&|deleted| deleted < oldest)?;
    // Looked at after the readers, and only when some row is old enough.
    let pinned = match rows.is_empty() {
        true => Vec::new(),
        false => pins::pinned(shared, rows.iter().map(start).collect()),
    };
    Ok((rows, pinned))
}
