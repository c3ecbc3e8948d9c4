//! Where values of arrays were found: who goes over an array by index finds each value behind the last, not from the first on.

use super::Node;
use std::cell::Cell;
use std::sync::atomic::{AtomicU64, Ordering};

/// An id that no document has.
const NOBODY: u64 = 0;
/// Values from this index on are remembered; those before are found as fast.
const FIRST: usize = 16;
/// Arrays whose last value each thread remembers, those inside one another among them.
const ARRAYS: usize = 8;
/// Ids that a thread takes at once.
const BLOCK: u64 = 1 << 20;

/// A value of an array.
#[derive(Clone, Copy)]
struct Place {
    document: u64,
    array: Node,
    index: usize,
    at: usize,
}

thread_local! {
    static PLACES: [Cell<Place>; ARRAYS] =
        const { [const { Cell::new(Place { document: NOBODY, array: 0, index: 0, at: 0 }) }; ARRAYS] };
    static NEXT: Cell<u64> = const { Cell::new(0) };
}

/// An id that no other document of the process has.
pub(crate) fn new_id() -> u64 {
    static BLOCKS: AtomicU64 = AtomicU64::new(1);
    NEXT.with(|next| {
        if next.get().is_multiple_of(BLOCK) {
            next.set(BLOCKS.fetch_add(1, Ordering::Relaxed) * BLOCK);
        }
        next.replace(next.get() + 1)
    })
}

/// Which of the places is an array's.
fn slot(document: u64, array: Node) -> usize {
    let spread = (document ^ array.rotate_left(32)).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    (spread >> (64 - ARRAYS.ilog2())) as usize
}

/// The nearest value before `index`, or at it, of which it is known where it is: its index and its position.
pub(super) fn before(document: u64, array: Node, index: usize) -> Option<(usize, usize)> {
    if index < FIRST {
        return None;
    }
    let place = PLACES.with(|places| places[slot(document, array)].get());
    let is_before = place.document == document && place.array == array && place.index <= index;
    is_before.then_some((place.index, place.at))
}

/// Remembers where a value is.
pub(super) fn remember(document: u64, array: Node, index: usize, at: usize) {
    if index >= FIRST {
        PLACES.with(|places| places[slot(document, array)].set(Place { document, array, index, at }));
    }
}
