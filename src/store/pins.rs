//! Pin slots: each names an extent that somebody looks at. An engine claims slots by the chunk and reuses them.

use super::owners::Owners;
use super::shared::{CHUNK_PINS, PIN_CHUNKS, Shared};
use crate::mapping::fork::Locked;
use crate::mapping::sys;
use crate::steps;
use crate::sync::{Arc, Mutex, Ordering, fence};
use std::collections::BTreeMap;
use std::sync::PoisonError;
use std::sync::atomic::AtomicBool;

/// The slots that this engine has claimed.
#[derive(Default)]
pub struct Pins {
    claimed: Arc<Mutex<Claimed>>,
    /// Whether a view was copied since no slot was free.
    copied: AtomicBool,
}

/// Which slots of its chunks an engine does not use at the moment.
#[derive(Default)]
pub struct Claimed {
    /// A bit for each free slot, by chunk; none for a chunk that is not ours.
    free: Vec<u64>,
    /// Chunks that have a free slot.
    open: Vec<u32>,
    /// Chunks that are ours.
    chunks: u32,
    /// Chunks that are ours and not used.
    unused: u32,
}

/// A chunk none of whose slots is used.
const UNUSED: u64 = u64::MAX >> (u64::BITS - CHUNK_PINS);

impl Claimed {
    fn take(&mut self) -> Option<u32> {
        let &chunk = self.open.last()?;
        let free = &mut self.free[chunk as usize];
        self.unused -= u32::from(*free == UNUSED);
        let slot = free.trailing_zeros();
        *free &= *free - 1;
        if *free == 0 {
            self.open.pop();
        }
        Some(chunk * CHUNK_PINS + slot)
    }

    fn give_back(&mut self, shared: &Shared, slot: u32) {
        let (chunk, slot) = (slot / CHUNK_PINS, slot % CHUNK_PINS);
        let free = &mut self.free[chunk as usize];
        if *free == 0 {
            self.open.push(chunk);
        }
        *free |= 1 << slot;
        if *free != UNUSED {
            return;
        }
        if self.unused == 0 {
            // For the next pin, which so need not claim one.
            self.unused = 1;
            return;
        }
        self.give_chunk_back(shared, chunk);
    }

    #[cold]
    fn give_chunk_back(&mut self, shared: &Shared, chunk: u32) {
        self.free[chunk as usize] = 0;
        self.open.retain(|&open| open != chunk);
        self.chunks -= 1;
        shared.chunk_owner(chunk).store(0, Ordering::Release);
    }

    #[cold]
    fn claim(&mut self, shared: &Shared, owner: u32, need: Need) -> bool {
        let free = || (0..PIN_CHUNKS).filter(|&chunk| shared.chunk_owner(chunk).load(Ordering::Relaxed) == 0);
        if need == Need::Ordinary && self.chunks as usize >= free().count() {
            return false;
        }
        let ours = |&chunk: &u32| {
            shared.chunk_owner(chunk).compare_exchange(0, owner, Ordering::AcqRel, Ordering::Relaxed).is_ok()
        };
        let Some(chunk) = free().find(ours) else {
            return false;
        };
        shared.chunk_pid(chunk).store(std::process::id(), Ordering::Relaxed);
        shared.pin_chunks().fetch_max(chunk + 1, Ordering::SeqCst);
        let at = chunk as usize;
        self.free.resize(self.free.len().max(at + 1), 0);
        self.free[at] = UNUSED;
        self.open.push(chunk);
        self.chunks += 1;
        self.unused += 1;
        true
    }
}

/// What a pin is wanted for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Need {
    /// Somebody looks. An engine claims no more chunks for this than it leaves to others, since a copy would do.
    Ordinary,
    /// A copy would not do.
    Urgent,
}

impl Pins {
    /// Names `start` in a slot; every allocator that looks after this returns sees it. `None`: no slot is free.
    pub fn pin(&self, shared: &Shared, owner: u32, start: u64, now_ns: u64, need: Need) -> Option<u32> {
        // Held until the slot names it: a fork does not come in between.
        let mut claimed = self.claimed.lock().unwrap_or_else(PoisonError::into_inner);
        if claimed.open.is_empty() && !claimed.claim(shared, owner, need) {
            return None;
        }
        let slot = claimed.take()?;
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
        self.claimed.lock().unwrap_or_else(PoisonError::into_inner).give_back(shared, slot);
    }

    /// Lets nobody pin for as long as this lives.
    pub fn hold(&self) -> Locked<Claimed> {
        Locked::of(&self.claimed)
    }

    /// Notes that a view was copied; true for the first.
    pub fn first_copy(&self) -> bool {
        !self.copied.swap(true, Ordering::Relaxed)
    }
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
    let mut named = Vec::new();
    fence(Ordering::SeqCst);
    for chunk in owned(shared) {
        for pin in shared.pins(chunk) {
            let start = pin.load(Ordering::SeqCst);
            if start != 0
                && starts.binary_search(&start).is_ok()
                && let Err(at) = named.binary_search(&start)
            {
                named.insert(at, start);
            }
        }
    }
    named
}

/// Whether a slot names the extent at `start`; after a full fence, as for [`pinned`].
pub fn is_pinned(shared: &Shared, start: u64) -> bool {
    fence(Ordering::SeqCst);
    owned(shared).any(|chunk| shared.pins(chunk).any(|pin| pin.load(Ordering::SeqCst) == start))
}

/// The chunks that somebody owns. A chunk has its owner before one of its slots names anything.
fn owned(shared: &Shared) -> impl Iterator<Item = u32> {
    let chunks = 0..shared.pin_chunks().load(Ordering::SeqCst).min(PIN_CHUNKS);
    chunks.filter(|&chunk| shared.chunk_owner(chunk).load(Ordering::SeqCst) != 0)
}

/// A pin, for people.
#[derive(Debug, Clone, Copy)]
pub struct Pinned {
    /// First page of the extent.
    pub start: u64,
    /// Engine that has it.
    pub engine: u32,
    /// Pid of the process, where it runs.
    pub pid: u32,
    /// How long it has been held, in ms.
    pub age_ms: u64,
}

/// Every pin there is.
pub fn list(shared: &Shared) -> Vec<Pinned> {
    let now = sys::boottime_ns() / 1_000_000;
    let mut pins = Vec::new();
    for slot in owned(shared).flat_map(|chunk| chunk * CHUNK_PINS..(chunk + 1) * CHUNK_PINS) {
        let start = shared.pin(slot).load(Ordering::SeqCst);
        if start != 0 {
            let chunk = slot / CHUNK_PINS;
            let engine = shared.chunk_owner(chunk).load(Ordering::Relaxed);
            let pid = shared.chunk_pid(chunk).load(Ordering::Relaxed);
            let since = shared.pin_since(slot).load(Ordering::Relaxed);
            pins.push(Pinned { start, engine, pid, age_ms: now.saturating_sub(since) });
        }
    }
    pins
}
