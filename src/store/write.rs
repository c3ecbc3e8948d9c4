//! The write transaction of a store: ids, what a publication ends and keeps, and disk space before the first change.

use super::deferred::Riding;
use super::engine::{Engine, SystemDbs};
use super::loans;
use super::space::{self, Purpose};
use super::spares::Spare;
use crate::envelope::Extent;
use crate::error::{Error, Result, Status};
use crate::lmdb::{Access, LmdbError, WriteTxn};
use crate::mapping::sys;
use crate::steps;
use std::sync::atomic::Ordering;

/// Ids one transaction can give.
pub const MAX_IDS: u64 = 1 << 16;

/// How the file grows by a transaction.
#[derive(Default)]
pub struct Growth {
    /// Pages the transaction said it needs.
    pub pages: u64,
    /// Page behind the last arena it made; the committed high-water mark does not know it yet.
    pub arena_end: u64,
    /// Pages of arenas that it made of pages which LMDB had freed.
    pub reused: u64,
    /// Byte up to which the file is allocated once this is committed, when that changes.
    pub allocated_end: Option<u64>,
}

/// The running write transaction.
pub struct Writer<'e> {
    engine: &'e Engine,
    txn: WriteTxn<'e>,
    entries: u64,
    growth: Growth,
    /// The loan that is being published, by id and pages, while its row is still there.
    ending: Option<(u64, u64)>,
    /// Extents that are kept once this is committed.
    spares: Vec<Spare>,
    /// What was to be deleted with the next transaction, which is this.
    riding: Option<Riding<'e>>,
    /// That is being removed just now.
    removing: bool,
}

impl<'e> Writer<'e> {
    /// Waits for the write lock and makes sure that `pages` new pages, and what LMDB needs beside, have blocks.
    pub fn begin(engine: &'e Engine, purpose: Purpose, pages: u64) -> Result<Writer<'e>> {
        // Where a sweeper runs, it looks.
        if !engine.sweeper.runs() {
            engine.look(sys::boottime_ns())?;
        }
        let txn = engine.env.write()?;
        if !engine.deferred.is_empty() {
            return Writer::with(engine, txn, purpose, pages, engine.deferred.board());
        }
        space::ensure(engine, &txn, purpose, pages)?;
        Ok(Writer::new(engine, txn, pages))
    }

    fn new(engine: &'e Engine, txn: WriteTxn<'e>, pages: u64) -> Writer<'e> {
        let growth = Growth { pages, ..Growth::default() };
        Writer {
            engine,
            txn,
            entries: 0,
            growth,
            ending: None,
            spares: Vec::new(),
            riding: None,
            removing: false,
        }
    }

    /// Removes first what was left to be deleted, unless there is no room for that.
    #[inline(never)]
    fn with(
        engine: &'e Engine,
        txn: WriteTxn<'e>,
        purpose: Purpose,
        pages: u64,
        mut riding: Riding<'e>,
    ) -> Result<Writer<'e>> {
        let all = pages + riding.pages();
        if space::ensure(engine, &txn, purpose, all).is_err() {
            drop(riding);
            space::ensure(engine, &txn, purpose, pages)?;
            return Ok(Writer::new(engine, txn, pages));
        }
        let mut writer = Writer::new(engine, txn, all);
        // A batch may need all the ids there are.
        writer.removing = pages == 0;
        riding.remove(&mut writer)?;
        writer.removing = false;
        writer.riding = Some(riding);
        steps::reached("deferred: removed, not committed");
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

    /// How the file grows by it.
    pub fn growth(&mut self) -> &mut Growth {
        &mut self.growth
    }

    /// Pages for a payload of `size` bytes with its header.
    pub fn pages_for(&self, size: u64) -> u64 {
        self.engine.pages_for(size)
    }

    /// The extent of the loan `id` goes into an entry: its row ends, or names the extent which that entry replaces.
    pub fn end_loan(&mut self, id: u64, pages: u64) {
        self.ending = Some((id, pages));
    }

    /// Keeps the extent of an entry that goes for the engine's next loan: of one that is replaced, and of what was left to
    /// be deleted, for whoever discards entries call by call makes others of their sizes. False: it is for the quarantine.
    pub fn keep(&mut self, extent: Extent, key: &[u8]) -> Result<bool> {
        let ending = self.ending.filter(|&(_, pages)| pages == extent.pages);
        if ending.is_none() && !self.removing {
            return Ok(false);
        }
        let engine = self.engine;
        let limit = engine.shared.limit().load(Ordering::Relaxed);
        if !engine.spares.wants(limit, extent.pages * engine.page_size, self.spares.len()) {
            return Ok(false);
        }
        let id = match ending {
            Some((id, _)) => {
                loans::end(engine, &mut self.txn, id, Some((extent, key)))?;
                id
            }
            None => {
                let id = self.next_id();
                loans::keep(engine, &mut self.txn, id, extent, key)?;
                id
            }
        };
        self.spares.push(Spare { id, extent, freed: self.txn.id() });
        self.ending = None;
        Ok(true)
    }

    /// Removes the row of the loan that is being published, unless an extent took it over.
    pub fn drop_loan(&mut self) -> Result<()> {
        if let Some((id, _)) = self.ending.take() {
            loans::end(self.engine, &mut self.txn, id, None)?;
        }
        Ok(())
    }

    /// A row that cannot be right.
    pub fn corrupt(&self, what: String) -> Error {
        Error::new(Status::Corrupt, format!("store {}: {what}", self.engine.path.display()))
    }

    /// Commits when there is a change, the caller's or what was left to be deleted.
    pub fn finish(self, changed: bool) -> Result<()> {
        if changed || self.riding.is_some() { self.commit() } else { Ok(()) }
    }

    /// Makes everything visible.
    pub fn commit(self) -> Result<()> {
        steps::reached("write: before commit");
        self.txn.commit().map_err(LmdbError::of_commit)?;
        steps::reached("write: committed");
        if let Some(end) = self.growth.allocated_end {
            self.engine.shared.allocated_end().store(end, Ordering::Release);
        }
        if !self.spares.is_empty() {
            steps::reached("keep: replaced, not kept yet");
            self.engine.spares.add(&self.spares);
        }
        if let Some(riding) = self.riding {
            riding.arrived(self.engine);
        }
        Ok(())
    }
}
