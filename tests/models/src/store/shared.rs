//! The file `shared` with a few words of each kind.

use crate::sync::{AtomicU32, AtomicU64};

pub const PIN_CHUNKS: u32 = 2;
pub const CHUNK_PINS: u32 = 1;

pub enum Counter {
    Waits,
}

pub struct Shared {
    chunks: AtomicU32,
    owners: [AtomicU32; PIN_CHUNKS as usize],
    pids: std::sync::atomic::AtomicU32,
    pins: [AtomicU64; (PIN_CHUNKS * CHUNK_PINS) as usize],
    since: std::sync::atomic::AtomicU64,
    sequence: AtomicU32,
    waiters: AtomicU32,
}

impl Shared {
    pub fn new() -> Shared {
        Shared {
            chunks: AtomicU32::new(0),
            owners: Default::default(),
            pids: Default::default(),
            pins: Default::default(),
            since: Default::default(),
            sequence: AtomicU32::new(0),
            waiters: AtomicU32::new(0),
        }
    }

    pub fn count(&self, _counter: Counter, _by: u64) {}

    pub fn sequence(&self, _word: u64) -> &AtomicU32 {
        &self.sequence
    }

    pub fn waiters(&self, _word: u64) -> &AtomicU32 {
        &self.waiters
    }

    pub fn pin_chunks(&self) -> &AtomicU32 {
        &self.chunks
    }

    pub fn chunk_owner(&self, chunk: u32) -> &AtomicU32 {
        &self.owners[chunk as usize]
    }

    /// For people.
    pub fn chunk_pid(&self, _chunk: u32) -> &std::sync::atomic::AtomicU32 {
        &self.pids
    }

    pub fn pin(&self, slot: u32) -> &AtomicU64 {
        &self.pins[slot as usize]
    }

    pub fn pins(&self, chunk: u32) -> impl Iterator<Item = &AtomicU64> {
        let first = (chunk * CHUNK_PINS) as usize;
        self.pins[first..first + CHUNK_PINS as usize].iter()
    }

    /// For people.
    pub fn pin_since(&self, _slot: u32) -> &std::sync::atomic::AtomicU64 {
        &self.since
    }
}
