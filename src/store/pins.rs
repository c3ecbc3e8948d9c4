//! Pin slots: each names an extent that somebody looks at. An engine claims slots by the chunk and reuses them.

use super::owners::Owners;
use super::shared::{CHUNK_PINS, PIN_CHUNKS, Shared};
use crate::mapping::fork::Locked;
use crate::mapping::sys;
use crate::steps;
use crate::sync::{Arc, AtomicU32, Mutex, Ordering, fence};
use std::collections::BTreeMap;
use std::sync::PoisonError;

/// The slots this engine has claimed and does not use at the moment.
#[derive(Default)]
pub struct Pins {
    free: Arc<Mutex<Vec<u32>>>,
    /// Views that hold a snapshot instead.
    without: AtomicU32,
}

impl Pins {
    /// Names `start` in a slot; every allocator that looks after this returns sees it. `None`: no slot is free.
    pub fn pin(&self, shared: &Shared, owner: u32, start: u64, now_ns: u64) -> Option<u32> {
        // Held until the slot names it: a fork does not come in between.
        let mut free = self.free.lock().unwrap_or_else(PoisonError::into_inner);
        let slot = match free.pop() {
            Some(slot) => slot,
            None => claim(shared, owner, &mut free)?,
        };
        shared.pin_since(slot).store(now_ns / 1_000_000, Ordering::Relaxed);
        steps::reached("pin: before the slot");
        shared.pin(slot).store(start, Ordering::SeqCst);
        steps::reached("pin: before the fence");
        fence(Ordering::SeqCst);
        Some(slot)
    }

    /// Frees a slot.
    pub fn unpin(&self, shared: &Shared, slot: u32) {
        shared.pin(slot).store(0, Ordering::Release);
        self.free.lock().unwrap_or_else(PoisonError::into_inner).push(slot);
    }
}

impl Pins {
    /// Lets nobody pin for as long as this lives.
    pub fn hold(&self) -> Locked<Vec<u32>> {
        Locked::of(&self.free)
    }

    /// Counts a view that has no pin.
    pub fn begin_without(&self) {
        self.without.fetch_add(1, Ordering::Relaxed);
    }

    /// Ends [`Pins::begin_without`].
    pub fn end_without(&self) {
        self.without.fetch_sub(1, Ordering::Relaxed);
    }

    /// Whether views have no pin.
    pub fn any_without(&self) -> bool {
        self.without.load(Ordering::Relaxed) > 0
    }
}

fn claim(shared: &Shared, owner: u32, free: &mut Vec<u32>) -> Option<u32> {
    for chunk in 0..PIN_CHUNKS {
        let claimed =
            shared.chunk_owner(chunk).compare_exchange(0, owner, Ordering::AcqRel, Ordering::Relaxed).is_ok();
        if claimed {
            steps::reached("pin: chunk claimed, not counted");
            shared.chunk_pid(chunk).store(std::process::id(), Ordering::Relaxed);
            shared.pin_chunks().fetch_max(chunk + 1, Ordering::SeqCst);
            let first = chunk * CHUNK_PINS;
            free.extend((first + 1..first + CHUNK_PINS).rev());
            return Some(first);
        }
    }
    None
}

/// Ends what an engine pinned. For one that is dead: only while the write lock is held, so that nobody claims the chunk
/// while another process still clears it.
pub fn release_all(shared: &Shared, owner: u32) -> u32 {
    let mut released = 0;
    for chunk in chunks_of(shared, owner) {
        for slot in chunk * CHUNK_PINS..(chunk + 1) * CHUNK_PINS {
            released += u32::from(shared.pin(slot).swap(0, Ordering::SeqCst) != 0);
        }
        steps::reached("pin: chunk cleared, not given back");
        shared.chunk_owner(chunk).store(0, Ordering::Release);
    }
    released
}

/// What an engine has pinned: first pages of extents, each once.
pub fn of_owner(shared: &Shared, owner: u32) -> Vec<u64> {
    let slots = |chunk| chunk * CHUNK_PINS..(chunk + 1) * CHUNK_PINS;
    let starts = chunks_of(shared, owner).flat_map(slots).map(|slot| shared.pin(slot).load(Ordering::SeqCst));
    let mut starts: Vec<u64> = starts.filter(|&start| start != 0).collect();
    starts.sort_unstable();
    starts.dedup();
    starts
}

/// Says that the pins of an engine are this process's, for people.
pub fn belong_here(shared: &Shared, owner: u32) {
    for chunk in chunks_of(shared, owner) {
        shared.chunk_pid(chunk).store(std::process::id(), Ordering::Relaxed);
    }
}

fn chunks_of(shared: &Shared, owner: u32) -> impl Iterator<Item = u32> {
    let chunks = 0..shared.pin_chunks().load(Ordering::SeqCst).min(PIN_CHUNKS);
    chunks.filter(move |&chunk| shared.chunk_owner(chunk).load(Ordering::Acquire) == owner)
}

/// Engines that own chunks and are dead.
pub fn dead_owners(shared: &Shared, owners: &Owners) -> Vec<u32> {
    let mut known: BTreeMap<u32, bool> = BTreeMap::new();
    for chunk in 0..shared.pin_chunks().load(Ordering::SeqCst).min(PIN_CHUNKS) {
        let owner = shared.chunk_owner(chunk).load(Ordering::Acquire);
        if owner != 0 {
            known.entry(owner).or_insert_with(|| owners.is_alive(owner));
        }
    }
    known.into_iter().filter(|(_, alive)| !alive).map(|(owner, _)| owner).collect()
}

/// Which of the extents at `starts` a slot names, sorted. Looked at after a full fence: readers first, pins second.
pub fn pinned(shared: &Shared, mut starts: Vec<u64>) -> Vec<u64> {
    starts.sort_unstable();
    let mut named = vec![false; starts.len()];
    fence(Ordering::SeqCst);
    let slots = shared.pin_chunks().load(Ordering::SeqCst).min(PIN_CHUNKS) * CHUNK_PINS;
    for start in (0..slots).map(|slot| shared.pin(slot).load(Ordering::SeqCst)).filter(|&start| start != 0) {
        if let Ok(at) = starts.binary_search(&start) {
            named[at] = true;
        }
    }
    starts.into_iter().zip(named).filter_map(|(start, named)| named.then_some(start)).collect()
}

/// Whether a slot names the extent at `start`; after a full fence, as for [`pinned`].
pub fn is_pinned(shared: &Shared, start: u64) -> bool {
    fence(Ordering::SeqCst);
    let slots = shared.pin_chunks().load(Ordering::SeqCst).min(PIN_CHUNKS) * CHUNK_PINS;
    (0..slots).any(|slot| shared.pin(slot).load(Ordering::SeqCst) == start)
}

/// A pin, for people.
#[derive(Debug, Clone, Copy)]
pub struct Pinned {
    /// First page of the extent.
    pub start: u64,
    /// Pid of the process.
    pub pid: u32,
    /// How long it has been held, in ms.
    pub age_ms: u64,
}

/// Every pin there is.
pub fn list(shared: &Shared) -> Vec<Pinned> {
    let now = sys::boottime_ns() / 1_000_000;
    let mut pins = Vec::new();
    for chunk in 0..shared.pin_chunks().load(Ordering::SeqCst).min(PIN_CHUNKS) {
        let pid = shared.chunk_pid(chunk).load(Ordering::Relaxed);
        for slot in chunk * CHUNK_PINS..(chunk + 1) * CHUNK_PINS {
            let start = shared.pin(slot).load(Ordering::SeqCst);
            if start != 0 {
                let since = shared.pin_since(slot).load(Ordering::Relaxed);
                pins.push(Pinned { start, pid, age_ms: now.saturating_sub(since) });
            }
        }
    }
    pins
}
