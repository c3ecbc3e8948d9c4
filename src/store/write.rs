//! The write transaction of a store: ids, allocation of extents and arenas, and disk space before the first change.

use super::engine::{Engine, SystemDbs};
use super::extents::{self, Run};
use super::kept::Spare;
use super::loan;
use super::quarantine;
use super::space::{self, Purpose};
use crate::envelope::Extent;
use crate::error::{Error, Result, Status};
use crate::lmdb::{Access, MAX_VALUE, WriteTxn};
use std::sync::atomic::Ordering;

/// Bytes LMDB puts before a value that has pages of its own.
const PAGE_HEADER: u64 = 16;
/// Arenas are this large at least and, but for larger payloads, at most.
const ARENA: (u64, u64) = (1 << 20, 256 << 20);
/// Arenas a full store would be made of.
const ARENAS: u64 = 64;

/// Ids one transaction can give.
pub const MAX_IDS: u64 = 1 << 16;

/// The running write transaction.
pub struct Writer<'e> {
    engine: &'e Engine,
    txn: WriteTxn<'e>,
    entries: u64,
    /// Pages it said it needs.
    pages: u64,
    /// Page behind the last arena it made; the committed high-water mark does not know it yet.
    arena_end: u64,
    allocated_end: Option<u64>,
    /// The loan that is being published, by id and pages, while its row is still there.
    ending: Option<(u64, u64)>,
    /// Extents that are kept once this is committed.
    kept: Vec<Spare>,
}

impl<'e> Writer<'e> {
    /// Waits for the write lock and makes sure that `pages` new pages, and what LMDB needs beside, have blocks.
    pub fn begin(engine: &'e Engine, purpose: Purpose, pages: u64) -> Result<Writer<'e>> {
        let txn = engine.env.write()?;
        let writer = Writer {
            engine,
            txn,
            entries: 0,
            pages,
            arena_end: 0,
            allocated_end: None,
            ending: None,
            kept: Vec::new(),
        };
        space::ensure(&writer, purpose, pages)?;
        Ok(writer)
    }

    /// The store.
    pub fn engine(&self) -> &'e Engine {
        self.engine
    }

    /// The store's own databases.
    pub fn dbs(&self) -> &'e SystemDbs {
        self.engine.dbs()
    }

    /// For writing.
    pub fn txn(&mut self) -> &mut WriteTxn<'e> {
        &mut self.txn
    }

    /// For reading.
    pub fn reader(&self) -> &WriteTxn<'e> {
        &self.txn
    }

    /// An id no other entry, loan or extent of this store ever has.
    pub fn next_id(&mut self) -> u64 {
        self.entries += 1;
        debug_assert!(self.entries <= MAX_IDS);
        self.txn.id() << 16 | (self.entries - 1) & 0xffff
    }

    /// Pages for a payload of `size` bytes with its header.
    pub fn pages_for(&self, size: u64) -> u64 {
        self.engine.pages_for(size)
    }

    /// The extent of the loan `id` goes into an entry: its row ends, or names the extent which that entry replaces.
    pub fn end_loan(&mut self, id: u64, pages: u64) {
        self.ending = Some((id, pages));
    }

    /// Keeps the extent of a replaced entry for the engine's next loan. False: it is for the quarantine.
    pub fn keep(&mut self, extent: Extent, key: &[u8]) -> Result<bool> {
        let Some((id, _)) = self.ending.filter(|&(_, pages)| pages == extent.pages) else {
            return Ok(false);
        };
        if !self.engine.kept.wants(self.engine, extent.pages, self.kept.len()) {
            return Ok(false);
        }
        loan::end(self, id, Some((extent, key)))?;
        self.kept.push(Spare { id, extent, freed: self.txn.id() });
        self.ending = None;
        Ok(true)
    }

    /// Removes the row of the loan that is being published, unless an extent took it over.
    pub fn drop_loan(&mut self) -> Result<()> {
        if let Some((id, _)) = self.ending.take() {
            loan::end(self, id, None)?;
        }
        Ok(())
    }

    /// Takes pages: from what is free, from what left quarantine, or from a new arena.
    pub fn allocate(&mut self, pages: u64) -> Result<Run> {
        if let Some(extent) = quarantine::drain(self, &quarantine::BRIEF, Some(pages))?.fitting {
            return Ok(Run::allocated(extent));
        }
        let mut found = extents::take(self, pages)?;
        if found.is_none() && quarantine::drain(self, &quarantine::THOROUGH, None)?.freed > 0 {
            found = extents::take(self, pages)?;
        }
        if found.is_none() {
            self.create_arena(pages)?;
            found = extents::take(self, pages)?;
        }
        let run = found
            .ok_or_else(|| Error::new(Status::Internal, "a new arena does not hold what it was made for"))?;
        if run.virgin < run.extent.end() {
            self.engine.shared.frontier().store(run.extent.end(), Ordering::Relaxed);
            self.engine.sweeper.populate_soon(run.extent.end() * self.engine.page_size);
        }
        Ok(run)
    }

    /// Reserves a new arena, a large LMDB value that LMDB never touches again.
    fn create_arena(&mut self, pages: u64) -> Result<()> {
        let page = self.engine.page_size;
        let limit = self.engine.shared.limit().load(Ordering::Relaxed);
        let high = (self.engine.env.last_page()? + 1).max(self.arena_end);
        let need = (pages + 1) * page;
        // Room for LMDB's own pages to grow, which an arena would never give back.
        let used = (high + space::MARGIN) * page + limit / ARENAS;
        let left = limit.saturating_sub(used);
        if need > left {
            return Err(space::map_full(self.engine, need));
        }
        let usual = (limit / ARENAS).clamp(ARENA.0, ARENA.1);
        let wanted = usual.max((4 * need).min(ARENA.1)).max(need).min(left).min(MAX_VALUE);
        let arena_pages = wanted / page;
        let id = self.txn.entries(self.dbs().arenas)? + 1;
        let size = arena_pages * page - PAGE_HEADER;
        let arenas = self.dbs().arenas;
        let address = self.txn.reserve(arenas, &id.to_be_bytes(), size as usize)?.as_ptr();
        let first = (self.engine.map.offset_of(address) - PAGE_HEADER) / page;
        let end = first + arena_pages;
        let meta = self.dbs().meta;
        self.txn.put(meta, &arena_key(id), &first.to_le_bytes())?;
        if first >= high {
            self.arena_end = end;
            self.allocated_end = Some(space::allocate_behind(self.engine, end, self.pages)?);
            self.txn.put(meta, space::TAIL_KEY, &end.to_le_bytes())?;
        }
        // The first page carries LMDB's header of the value.
        let extent = Extent { start: first + 1, pages: arena_pages - 1 };
        extents::release(self, Run { extent, virgin: extent.start })
    }

    /// A row that cannot be right.
    pub fn corrupt(&self, what: String) -> Error {
        Error::new(Status::Corrupt, format!("store {}: {what}", self.engine.path.display()))
    }

    /// Makes everything visible.
    pub fn commit(self) -> Result<()> {
        self.txn.commit()?;
        if let Some(end) = self.allocated_end {
            self.engine.shared.allocated_end().store(end, Ordering::Release);
        }
        if !self.kept.is_empty() {
            self.engine.kept.add(&self.kept);
        }
        Ok(())
    }
}

/// Row of `_dy_meta` that says where an arena lies (8 bytes, little-endian): a copy that moved it cannot be used.
fn arena_key(id: u64) -> [u8; 14] {
    let mut key = *b"arena:\0\0\0\0\0\0\0\0";
    key[6..].copy_from_slice(&id.to_be_bytes());
    key
}

/// Refuses a store whose arenas are not where its extents say.
pub fn check_arenas(engine: &Engine, txn: &impl Access) -> Result<()> {
    let mut cursor = txn.cursor(engine.dbs().arenas)?;
    let mut pair = cursor.first()?;
    while let Some((key, value)) = pair {
        let id = key.try_into().map_or(0, u64::from_be_bytes);
        let first = (engine.map.offset_of(value.as_ptr()) - PAGE_HEADER) / engine.page_size;
        let noted = txn.get(engine.dbs().meta, &arena_key(id))?;
        if noted != Some(&first.to_le_bytes()) {
            return Err(Error::new(
                Status::ForeignStore,
                format!(
                    "{} holds a compacted copy of a store, whose payloads were moved; copy without compaction",
                    engine.path.display()
                ),
            ));
        }
        pair = cursor.next_pair()?;
    }
    Ok(())
}
