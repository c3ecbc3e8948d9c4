//! What happened to the inputs of exchanges, as marks in the header of the extent that holds one.
//!
//! Words say that *anybody* opened the entry, settled it or declined it. Beside them a few slots say which
//! exchanges did: the output of one calculator may be the input of several others, and none of them can tell from the
//! words what its own calculator has done. A slot holds a hash of the exchange id. When all are taken the next
//! exchange takes the oldest one's: what is lost is knowledge, and who knows nothing asks again.

use super::engine::Engine;
use super::handle::Store;
use super::loan::Pinned;
use super::record;
use super::view::View;
use crate::envelope::{Extent, Record};
use crate::error::Result;
use std::sync::atomic::{AtomicU64, Ordering};

const AT_DECLINED: u64 = 0;
const AT_OPENED: u64 = 4;
const AT_SETTLED: u64 = 8;
/// How many slots were taken so far.
const AT_TAKEN: u64 = 12;
const AT_SLOTS: u64 = 16;
const SLOTS: u64 = 6;
/// In a slot: the exchange's calculator answered directly.
const SETTLED: u64 = 1;
/// In every slot that is taken.
const TAKEN: u64 = 2;
/// In a slot: the exchange's calculator cannot take the payload from the store.
const DECLINED: u64 = 4;

/// What is known of an exchange's input.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Track {
    /// Somebody opened it.
    pub opened: bool,
    /// The calculator answered directly.
    pub settled: bool,
    /// The calculator cannot take a payload of this kind from the store.
    pub declined: bool,
}

/// Nobody has opened or answered the entry that will be published in `extent`.
pub fn clear(engine: &Engine, extent: Extent) {
    let header = extent.start * engine.page_size;
    for at in [AT_DECLINED, AT_OPENED, AT_SETTLED, AT_TAKEN] {
        engine.map.word(header + at).store(0, Ordering::Relaxed);
    }
    for slot in slots(engine, extent) {
        slot.store(0, Ordering::Relaxed);
    }
}

fn slots(engine: &Engine, extent: Extent) -> impl Iterator<Item = &AtomicU64> {
    let first = extent.start * engine.page_size + AT_SLOTS;
    (0..SLOTS).map(move |slot| engine.map.long_word(first + 8 * slot))
}

fn tag(txn_id: &str) -> u64 {
    (xxhash_rust::xxh3::xxh3_64(txn_id.as_bytes()) | TAKEN) & !(SETTLED | DECLINED)
}

fn slots_of<'a>(engine: &'a Engine, extent: Extent, txn_id: &str) -> impl Iterator<Item = &'a AtomicU64> {
    let tag = tag(txn_id);
    slots(engine, extent).filter(move |slot| slot.load(Ordering::Acquire) & !(SETTLED | DECLINED) == tag)
}

/// Notes that the tracked entry in `extent` was opened.
pub fn open(engine: &Engine, extent: Extent) {
    let header = extent.start * engine.page_size;
    engine.map.word(header + AT_OPENED).store(1, Ordering::Release);
}

/// Notes that the exchange `txn_id` opened the entry in `extent`, tracked or not.
fn open_by(engine: &Engine, extent: Extent, txn_id: &str) {
    if slots_of(engine, extent, txn_id).next().is_some() {
        return;
    }
    let header = extent.start * engine.page_size;
    let taken = engine.map.word(header + AT_TAKEN).fetch_add(1, Ordering::Relaxed);
    let at = header + AT_SLOTS + 8 * (u64::from(taken) % SLOTS);
    engine.map.long_word(at).store(tag(txn_id), Ordering::Release);
}

fn track(engine: &Engine, extent: Extent) -> Track {
    let header = extent.start * engine.page_size;
    let said = |at| engine.map.word(header + at).load(Ordering::Acquire) != 0;
    Track { opened: said(AT_OPENED), settled: said(AT_SETTLED), declined: said(AT_DECLINED) }
}

fn track_by(engine: &Engine, extent: Extent, txn_id: &str) -> Track {
    let mut track = Track::default();
    for slot in slots_of(engine, extent, txn_id) {
        let slot = slot.load(Ordering::Acquire);
        track.opened = true;
        track.settled |= slot & SETTLED != 0;
        track.declined |= slot & DECLINED != 0;
    }
    track
}

impl Store {
    /// As [`Store::view`], or with an entry's id as [`Store::view_entry`], for the exchange `txn_id`:
    /// [`Store::track_by`] tells that it was opened.
    ///
    /// # Errors
    /// As for [`Store::view`].
    pub fn view_for(
        &self,
        db: &str,
        key: &[u8],
        entry: Option<u64>,
        txn_id: Option<&str>,
    ) -> Result<Option<View>> {
        let view = match entry {
            Some(entry) => self.view_entry(db, key, entry)?,
            None => self.view(db, key)?,
        };
        if let (Some(txn_id), Some(view)) = (txn_id, &view) {
            let open = |extent| open_by(&self.engine, extent, txn_id);
            if view.info().copied {
                let entry = view.info().entry_id;
                self.with_extent(db, key, |record, extent| (record.entry_id == entry).then(|| open(extent)))?;
            } else if let Some(extent) = view.extent() {
                open(extent);
            }
        }
        Ok(view)
    }

    /// What happened to a tracked entry. `None`: it is gone, or was not put as tracked.
    ///
    /// # Errors
    /// `BadKey`, `Corrupt`, `ReadersFull`, `Forked`.
    pub fn track(&self, db: &str, key: &[u8]) -> Result<Option<Track>> {
        self.with_extent(db, key, |record, extent| record.tracked.then(|| track(&self.engine, extent)))
    }

    /// What the exchange `txn_id` did with an entry, as far as is known: a payload inside its record has no marks, and
    /// those of the last few exchanges are kept.
    ///
    /// # Errors
    /// As for [`Store::track`].
    pub fn track_by(&self, db: &str, key: &[u8], txn_id: &str) -> Result<Track> {
        let known = self.with_extent(db, key, |_, extent| Some(track_by(&self.engine, extent, txn_id)))?;
        Ok(known.unwrap_or_default())
    }

    /// Notes that the calculator of the exchange `txn_id` answered directly: on the entry with the id `entry`, or on
    /// whatever is under the key. False: there is nothing to note it on.
    ///
    /// # Errors
    /// As for [`Store::track`].
    pub fn settle(&self, db: &str, key: &[u8], entry: Option<u64>, txn_id: &str) -> Result<bool> {
        self.note(db, key, entry, txn_id, AT_SETTLED, SETTLED)
    }

    /// Notes that the calculator of the exchange `txn_id` cannot take a payload of this kind from the store. False:
    /// there is nothing to note it on.
    ///
    /// # Errors
    /// As for [`Store::track`].
    pub fn decline(&self, db: &str, key: &[u8], entry: Option<u64>, txn_id: &str) -> Result<bool> {
        self.note(db, key, entry, txn_id, AT_DECLINED, DECLINED)
    }

    fn note(
        &self,
        db: &str,
        key: &[u8],
        entry: Option<u64>,
        txn_id: &str,
        at: u64,
        bit: u64,
    ) -> Result<bool> {
        let noted = self.with_extent(db, key, |record, extent| {
            if entry.is_some_and(|entry| entry != record.entry_id) {
                return None;
            }
            let mut noted = record.tracked;
            if record.tracked {
                let header = extent.start * self.engine.page_size;
                self.engine.map.word(header + at).store(1, Ordering::Release);
            }
            let ours = tag(txn_id);
            for slot in slots_of(&self.engine, extent, txn_id) {
                // Not over another exchange's that took the slot just now.
                let marked = slot.fetch_update(Ordering::AcqRel, Ordering::Acquire, |slot| {
                    (slot & !(SETTLED | DECLINED) == ours).then_some(slot | bit)
                });
                noted |= marked.is_ok();
            }
            Some(noted)
        })?;
        Ok(noted.unwrap_or(false))
    }

    /// Calls `f` with a live entry's record and extent, which stays while the snapshot does.
    fn with_extent<T>(
        &self,
        db: &str,
        key: &[u8],
        f: impl FnOnce(&Record<'_>, Extent) -> Option<T>,
    ) -> Result<Option<T>> {
        self.engine.check()?;
        record::check_key(key)?;
        let Some(dbi) = self.engine.find_db(db)? else {
            return Ok(None);
        };
        let told = self.engine.live(dbi, key, |record| record.extent.and_then(|extent| f(record, extent)))?;
        Ok(told.flatten())
    }
}

impl Pinned {
    /// What happened to the tracked entry that is pinned. `None`: this process has not pinned it.
    pub fn marks(&self) -> Option<Track> {
        self.engine().is_ours().then(|| track(self.engine(), self.extent()))
    }
}
