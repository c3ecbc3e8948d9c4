//! Extents on loan: filled by one producer with no lock held, then published, or given back.

use super::arena;
use super::databases::check_db_name;
use super::engine::Engine;
use super::extents;
use super::loans;
use super::marks;
use super::pins::Need;
use super::quarantine;
use super::record::{self, Draft, Payload, Replaces};
use super::run::Run;
use super::space::{self, Purpose};
use super::spares::Spare;
use super::write::Writer;
use crate::envelope::{EXTENT_HEADER, Extent, Info, Record};
use crate::error::{Error, Result, Status};
use crate::mapping::{payload::Lent, sys};
use crate::options::PutOptions;
use crate::steps;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// Room for a payload, in the map, for one producer to fill.
pub struct Loan {
    engine: Arc<Engine>,
    id: u64,
    run: Run,
    lent: Lent,
    size: u64,
    open: bool,
    /// Whether a pin was taken on it, which may outlive it.
    pinned: AtomicBool,
}

/// Keeps a store's memory mapped.
pub struct Mapped {
    _engine: Arc<Engine>,
}

/// Keeps the pages of a loan, or of an entry, as they are, whatever becomes of either.
pub struct Pinned {
    engine: Arc<Engine>,
    slot: u32,
    extent: Extent,
}

impl Pinned {
    /// Pins pages that are on loan, or in an entry that nobody can have deleted yet. `None`: no pin slot is free.
    pub(super) fn new(engine: &Arc<Engine>, extent: Extent, need: Need) -> Option<Pinned> {
        let (owner, now) = (engine.owners.id(), sys::boottime_ns());
        let slot = engine.pins.pin(&engine.shared, owner, extent.start, now, need)?;
        Some(Pinned { engine: engine.clone(), slot, extent })
    }

    pub(super) fn engine(&self) -> &Engine {
        &self.engine
    }

    pub(super) fn extent(&self) -> Extent {
        self.extent
    }
}

impl std::fmt::Debug for Pinned {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Pinned").field(&self.extent).finish()
    }
}

impl Drop for Pinned {
    fn drop(&mut self) {
        if self.engine.is_ours() {
            self.engine.pins.unpin(&self.engine.shared, self.slot);
        }
    }
}

/// Takes pages and notes whose they are; or pages that are ours already.
pub fn open(engine: &Arc<Engine>, size: u64) -> Result<Loan> {
    if let Some(loan) = open_kept(engine, size) {
        return Ok(loan);
    }
    let pages = engine.pages_for(size);
    let stale = engine.spares.evict(pages);
    let taken = take(engine, pages, stale);
    if let (Err(_), Some(stale)) = (&taken, stale) {
        engine.spares.add(&[stale]);
    }
    let (id, run) = taken?;
    let loan = Loan::new(engine, id, run, size);
    // Blocks are set aside with no lock held; when there are none the loan goes back as it came.
    steps::reached("loan: before its blocks");
    space::back(engine, run)?;
    steps::reached("loan: before its marks");
    marks::clear(engine, run.extent);
    Ok(loan)
}

/// Lends pages that are ours already, if there are just as many as it takes.
pub fn open_kept(engine: &Arc<Engine>, size: u64) -> Option<Loan> {
    let spare = engine.spares.take(&engine.lock_table, &engine.shared, engine.pages_for(size))?;
    let loan = Loan::new(engine, spare.id, Run::allocated(spare.extent), size);
    marks::clear(engine, spare.extent);
    Some(loan)
}

fn take(engine: &Engine, pages: u64, stale: Option<Spare>) -> Result<(u64, Run)> {
    let mut writer = Writer::begin(engine, Purpose::Put, 0)?;
    if let Some(stale) = stale {
        quarantine::retire(&mut writer, stale)?;
    }
    let run = arena::allocate(&mut writer, pages)?;
    let id = writer.next_id();
    let loans = writer.dbs().loans;
    writer.txn().put(loans, &id.to_be_bytes(), &loans::row(engine, run))?;
    writer.commit()?;
    Ok((id, run))
}

impl Loan {
    /// The id of the store that lent it.
    pub fn store_id(&self) -> u128 {
        self.engine.store_id()
    }

    fn new(engine: &Arc<Engine>, id: u64, run: Run, size: u64) -> Loan {
        let lent = engine.map.lend(run.extent.start * engine.page_size + EXTENT_HEADER, size);
        Loan { engine: engine.clone(), id, run, lent, size, open: true, pinned: AtomicBool::new(false) }
    }

    /// The bytes to fill; where they start is a multiple of 64. What they hold before is of no meaning.
    pub fn bytes_mut(&mut self) -> &mut [u8] {
        &mut self.lent.bytes_mut()[..self.size as usize]
    }

    /// The bytes so far.
    pub fn bytes(&self) -> &[u8] {
        &self.lent.bytes()[..self.size as usize]
    }

    /// Address of the first byte, for bindings.
    pub fn address(&self) -> std::ptr::NonNull<u8> {
        self.lent.address()
    }

    /// Keeps the loan's memory mapped, also after it was published, for a binding that cannot take back the addresses it
    /// handed out.
    pub fn mapped(&self) -> Mapped {
        Mapped { _engine: self.engine.clone() }
    }

    /// Keeps the loan's pages as they are, published or given back, whatever becomes of the entry: for a binding that
    /// cannot take back what reads them. `None`: no pin slot is free.
    pub fn pin(&self) -> Option<Pinned> {
        let pinned = Pinned::new(&self.engine, self.run.extent, Need::Ordinary)?;
        self.pinned.store(true, Ordering::Relaxed);
        Some(pinned)
    }

    /// Size of the payload in bytes.
    pub fn size(&self) -> u64 {
        self.size
    }

    /// Publishes fewer bytes than were lent.
    ///
    /// # Errors
    /// `InvalidArgument` when `size` is larger than the loan.
    pub fn truncate(&mut self, size: u64) -> Result<()> {
        if size > self.size {
            return Err(Error::new(
                Status::InvalidArgument,
                format!("{size} bytes to publish of a loan of {}", self.size),
            ));
        }
        self.size = size;
        Ok(())
    }

    /// Refuses what [`Loan::publish`] would refuse of its arguments, and leaves the loan as it is.
    ///
    /// # Errors
    /// `BadKey` for the key or the database's name; `InvalidArgument` for a text that is too long.
    pub fn check(&self, db: &str, key: &[u8], options: &PutOptions) -> Result<()> {
        self.engine.check()?;
        check_db_name(db)?;
        record::check_key(key)?;
        Record::check_texts(options)
    }

    /// Makes the payload the entry under `key`: readers see what was there before, or all of it.
    ///
    /// # Errors
    /// `LoanLost` when the loan was reclaimed; `KeyExists`, `BadKey`, `MapFull`, `DiskFull`. The loan is given back.
    pub fn publish(self, db: &str, key: &[u8], options: &PutOptions) -> Result<Info> {
        self.publish_over(db, key, options, Replaces::Any)
    }

    /// As [`Loan::publish`], over an entry of the same exchange only.
    ///
    /// # Errors
    /// As for [`Loan::publish`]; `Permission` when another exchange's is under the key.
    pub(crate) fn publish_own(self, db: &str, key: &[u8], options: &PutOptions) -> Result<Info> {
        self.publish_over(db, key, options, Replaces::Own)
    }

    fn publish_over(
        mut self,
        db: &str,
        key: &[u8],
        options: &PutOptions,
        replaces: Replaces,
    ) -> Result<Info> {
        self.check(db, key, options)?;
        let engine = &self.engine;
        let dbi = engine.create_db(db)?;
        let checksum = options.checksum.then(|| xxhash_rust::xxh3::xxh3_64(self.bytes()));
        let draft = Draft { db: (db, dbi), key, size: self.size, checksum, options, replaces };
        let info = engine.relieved(|| {
            let mut writer = Writer::begin(engine, Purpose::Put, 0)?;
            let extent = self.settle(&mut writer)?;
            let info = record::insert(&mut writer, &draft, &Payload::Extent(extent))?;
            writer.commit()?;
            Ok(info)
        });
        // A loan that was not published goes back by its drop.
        self.open = info.as_ref().is_err_and(|error| error.status() != Status::LoanLost);
        let info = info?;
        self.engine.published(&[(db, key)], options.ttl_ms);
        Ok(info)
    }

    /// Ends the loan inside the publishing transaction: its row goes with what the record replaces, and so do pages it
    /// does not need.
    pub(super) fn settle(&self, writer: &mut Writer) -> Result<Extent> {
        let pages = writer.pages_for(self.size);
        writer.end_loan(self.id, pages);
        let used = Extent { start: self.run.extent.start, pages };
        if used.pages < self.run.extent.pages {
            let rest = Extent { start: used.end(), pages: self.run.extent.pages - pages };
            extents::release(writer, Run::allocated(rest))?;
        }
        Ok(used)
    }

    /// Says that the loan was published by a transaction of the caller's.
    pub(super) fn published(mut self) {
        self.open = false;
    }

    fn give_back(&mut self) -> Result<()> {
        let mut writer = Writer::begin(&self.engine, Purpose::Delete, 0)?;
        let loans = writer.dbs().loans;
        if writer.txn().delete(loans, &self.id.to_be_bytes())? {
            if self.pinned.load(Ordering::Relaxed) {
                // It waits there for its pin; nobody looks at pins of free pages.
                quarantine::add(&mut writer, self.run.extent, &[])?;
            } else {
                extents::release(&mut writer, self.run)?;
            }
        }
        writer.commit()
    }
}

impl std::fmt::Debug for Loan {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Loan").field("id", &self.id).field("size", &self.size).finish()
    }
}

impl Drop for Loan {
    fn drop(&mut self) {
        if self.open && self.engine.is_ours() {
            // On failure the row stays and the sweep reclaims it when this engine is gone.
            let _ = self.give_back();
        }
    }
}
