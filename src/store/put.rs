//! Putting payloads: small ones in the record, larger ones in an extent, large ones without the lock.

use super::engine::Engine;
use super::handle::Store;
use super::loan::{self, Loan, Pinned};
use super::pins::Need;
use super::record::{self, Draft, Payload, Replaces};
use super::rounds;
use super::run::Run;
use super::space::Purpose;
use super::write::{MAX_IDS, Writer};
use super::{arena, marks, quarantine, space};
use crate::envelope::{EXTENT_HEADER, Extent, Info, Record};
use crate::error::{Error, Result, Status};
use crate::lmdb::{Access, Dbi, MAX_VALUE};
use crate::options::PutOptions;
use crate::steps;

/// A record with its key stays within half a page of this many bytes, so that LMDB keeps it in a leaf.
const INLINE_ROOM: usize = 2000;
/// Larger payloads are filled with no lock held. Up to here copying takes a few microseconds, and one transaction is
/// cheaper than two.
const TWO_PHASE: u64 = 128 << 10;
/// Larger payloads are filled with no lock held as well when their pages were never used: each costs a fault.
const COLD: u64 = 16 << 10;
/// The largest payload: LMDB's largest value, less the headers of arena and extent, in whole pages.
pub const MAX_PAYLOAD: u64 = (MAX_VALUE & !0xFFFF) - 0x1_0000 - EXTENT_HEADER;

/// One entry of a batch.
pub struct Entry<'a> {
    /// Key of the entry.
    pub key: &'a [u8],
    /// Payload, as parts that are joined.
    pub parts: &'a [&'a [u8]],
    /// How it is put.
    pub options: PutOptions<'a>,
}

/// Refuses payloads LMDB cannot hold.
pub fn check_size(size: u64) -> Result<()> {
    if size > MAX_PAYLOAD {
        return Err(Error::new(
            Status::TooLarge,
            format!("a payload of {size} bytes; {MAX_PAYLOAD} (4 GiB less LMDB's headers) at most: split it"),
        ));
    }
    Ok(())
}

fn size_of(parts: &[&[u8]]) -> u64 {
    parts.iter().map(|part| part.len() as u64).sum()
}

fn checksum(parts: &[&[u8]], options: &PutOptions) -> Option<u64> {
    options.checksum.then(|| {
        let mut hasher = xxhash_rust::xxh3::Xxh3Default::new();
        parts.iter().for_each(|part| hasher.update(part));
        hasher.digest()
    })
}

fn fill(mut out: &mut [u8], parts: &[&[u8]]) {
    for part in parts {
        let (front, rest) = out.split_at_mut(part.len());
        front.copy_from_slice(part);
        out = rest;
    }
}

/// Where a payload goes.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Placing {
    Inline,
    Extent,
    TwoPhase,
}

fn placing(key: &[u8], size: u64, options: &PutOptions) -> Placing {
    let texts = [options.txn_id, options.source, options.target];
    let inline = (Record::overhead(&texts) + key.len()) as u64 + size <= INLINE_ROOM as u64;
    // A tracked entry needs the marks in an extent's header.
    if inline && !options.tracked {
        Placing::Inline
    } else if size <= TWO_PHASE {
        Placing::Extent
    } else {
        Placing::TwoPhase
    }
}

/// An entry on its way in.
struct Pending<'a> {
    draft: Draft<'a>,
    parts: &'a [&'a [u8]],
    placing: Placing,
    loan: Option<Loan>,
}

impl<'a> Pending<'a> {
    fn new(
        db: (&'a str, Dbi),
        key: &'a [u8],
        parts: &'a [&'a [u8]],
        options: &'a PutOptions<'a>,
    ) -> Result<Self> {
        record::check_key(key)?;
        Record::check_texts(options)?;
        let size = size_of(parts);
        check_size(size)?;
        let (checksum, replaces) = (checksum(parts, options), Replaces::Any);
        let draft = Draft { db, key, size, checksum, options, replaces };
        Ok(Pending { draft, parts, placing: placing(key, size, options), loan: None })
    }

    /// Fills large payloads ahead, with no lock held; others, too, when the engine keeps an extent of their size, which
    /// costs no transaction of its own.
    fn prepare(&mut self, store: &Store) -> Result<()> {
        if self.loan.is_none() {
            self.loan = match self.placing {
                Placing::Inline => None,
                Placing::Extent => loan::open_kept(&store.engine, self.draft.size),
                Placing::TwoPhase => Some(loan::open(&store.engine, self.draft.size)?),
            };
            if let Some(loan) = &mut self.loan {
                fill(loan.bytes_mut(), self.parts);
                steps::reached("put: filled");
            }
        }
        Ok(())
    }

    /// `None`: the pages it got are cold, so that it should be filled with no lock held after all.
    fn insert(&mut self, writer: &mut Writer) -> Result<Option<Info>> {
        let payload = match (self.placing, &mut self.loan) {
            (Placing::Inline, _) => Payload::Inline(self.parts),
            (_, Some(loan)) => Payload::Extent(loan.settle(writer)?),
            (_, None) => match self.fill_in_place(writer)? {
                Some(extent) => Payload::Extent(extent),
                None => {
                    self.placing = Placing::TwoPhase;
                    return Ok(None);
                }
            },
        };
        record::insert(writer, &self.draft, &payload).map(Some)
    }

    fn fill_in_place(&self, writer: &mut Writer) -> Result<Option<Extent>> {
        let engine = writer.engine();
        let pages = writer.pages_for(self.draft.size);
        let Run { extent, virgin } = arena::allocate(writer, pages)?;
        if virgin < extent.end() && self.draft.size > COLD {
            return Ok(None);
        }
        space::back(engine, Run { extent, virgin })?;
        marks::clear(engine, extent);
        let offset = extent.start * engine.page_size + EXTENT_HEADER;
        fill(engine.map.lend(offset, self.draft.size).bytes_mut(), self.parts);
        steps::reached("put: filled in place");
        Ok(Some(extent))
    }
}

impl Store {
    /// Puts a payload, given as parts that are joined, under `key`. What was there before is replaced in the same
    /// transaction. The payload is copied once, without the write lock when it is larger than 128 KiB.
    ///
    /// # Errors
    /// `BadKey`, `TooLarge`, `KeyExists` (overwriting not allowed), `MapFull`, `DiskFull`, `DbsFull`, `Forked`.
    pub fn put(&self, db: &str, key: &[u8], parts: &[&[u8]], options: &PutOptions) -> Result<Info> {
        self.put_over(db, key, parts, options, Replaces::Any, |_| ()).map(|(info, ())| info)
    }

    /// As [`Store::put`], over an entry of the same exchange only.
    ///
    /// # Errors
    /// As for [`Store::put`]; `Permission` when another exchange's is under the key.
    pub(crate) fn put_own(
        &self,
        db: &str,
        key: &[u8],
        parts: &[&[u8]],
        options: &PutOptions,
    ) -> Result<Info> {
        self.put_over(db, key, parts, options, Replaces::Own, |_| ()).map(|(info, ())| info)
    }

    /// As [`Store::put`] of a tracked entry, and pins its pages before anybody can delete it: what happened to it can be
    /// asked for as long as the pin lives. `None`: no pin slot is free.
    ///
    /// # Errors
    /// As for [`Store::put`].
    pub(crate) fn put_pinned(
        &self,
        db: &str,
        key: &[u8],
        parts: &[&[u8]],
        options: &PutOptions,
    ) -> Result<(Info, Option<Pinned>)> {
        debug_assert!(options.tracked);
        self.put_over(db, key, parts, options, Replaces::Any, |info| {
            Pinned::new(&self.engine, self.engine.extent_of(info)?, Need::Urgent)
        })
    }

    /// `beside`: what is done before the commit.
    fn put_over<T>(
        &self,
        db: &str,
        key: &[u8],
        parts: &[&[u8]],
        options: &PutOptions,
        replaces: Replaces,
        beside: impl Fn(&Info) -> T,
    ) -> Result<(Info, T)> {
        self.engine.check()?;
        rounds::start(&self.engine);
        let dbi = self.engine.create_db(db)?;
        let mut pending = Pending::new((db, dbi), key, parts, options)?;
        pending.draft.replaces = replaces;
        let done = self.engine.relieved(|| {
            loop {
                pending.prepare(self)?;
                let mut writer = Writer::begin(&self.engine, Purpose::Put, 0)?;
                if let Some(info) = pending.insert(&mut writer)? {
                    let done = beside(&info);
                    writer.commit()?;
                    return Ok((info, done));
                }
            }
        })?;
        if let Some(loan) = pending.loan.take() {
            loan.published();
        }
        self.engine.published(&[(db, key)], options.ttl_ms);
        Ok(done)
    }

    /// Puts all entries in one transaction, or none.
    ///
    /// # Errors
    /// As for [`Store::put`]; nothing is stored then.
    pub fn put_many(&self, db: &str, entries: &[Entry]) -> Result<Vec<Info>> {
        self.engine.check()?;
        rounds::start(&self.engine);
        if entries.is_empty() {
            return Ok(Vec::new());
        }
        if entries.len() as u64 > MAX_IDS {
            return Err(Error::new(
                Status::InvalidArgument,
                format!("a batch of {} entries; {MAX_IDS} at most", entries.len()),
            ));
        }
        let dbi = self.engine.create_db(db)?;
        let mut pending = entries
            .iter()
            .map(|entry| Pending::new((db, dbi), entry.key, entry.parts, &entry.options))
            .collect::<Result<Vec<_>>>()?;
        for entry in pending.iter_mut().filter(|entry| entry.draft.size > COLD) {
            entry.placing = Placing::TwoPhase;
        }
        let infos = self.engine.relieved(|| {
            loop {
                pending.iter_mut().try_for_each(|entry| entry.prepare(self))?;
                let pages = self.batch_pages(dbi, &pending)?;
                let mut writer = Writer::begin(&self.engine, Purpose::Put, pages)?;
                let infos: Option<Vec<Info>> =
                    pending.iter_mut().map(|entry| entry.insert(&mut writer)).collect::<Result<_>>()?;
                if let Some(infos) = infos {
                    writer.commit()?;
                    return Ok(infos);
                }
            }
        })?;
        pending.iter_mut().filter_map(|entry| entry.loan.take()).for_each(Loan::published);
        let keys: Vec<(&str, &[u8])> = entries.iter().map(|entry| (db, entry.key)).collect();
        let soonest = entries.iter().map(|entry| entry.options.ttl_ms).filter(|&ms| ms != 0).min();
        self.engine.published(&keys, soonest.unwrap_or(0));
        Ok(infos)
    }

    /// Pages a batch may touch: what it adds, at half-full leaves, and the leaves that are there, of every index.
    fn batch_pages(&self, dbi: Dbi, pending: &[Pending]) -> Result<u64> {
        const INDEX_ROW: u64 = 64;
        const DRAINED: u64 = (quarantine::BRIEF.freed + quarantine::THOROUGH.freed) as u64;
        let half = self.engine.page_size / 2;
        let entries = pending.len() as u64;
        let inline = |entry: &Pending| if entry.placing == Placing::Inline { entry.draft.size } else { 0 };
        let records: u64 = pending
            .iter()
            .map(|entry| {
                let texts =
                    [entry.draft.options.txn_id, entry.draft.options.source, entry.draft.options.target];
                Record::overhead(&texts) as u64 + 2 * entry.draft.key.len() as u64 + inline(entry) + INDEX_ROW
            })
            .sum();
        let rows = entries * INDEX_ROW * 4 + entries * crate::lmdb::MAX_KEY as u64 / 8;
        let there = rows_pages(&self.engine, dbi, entries)?;
        // Every extent that is taken frees rows of quarantine on the way.
        let waiting = self.engine.snapshot()?.entries(self.engine.dbs().quarantine)?;
        Ok((records + rows) / half + there + waiting.min(entries * DRAINED) * space::ROW)
    }
}

/// Pages of all indexes that a transaction may touch which changes so many entries of a database.
pub fn rows_pages(engine: &Engine, dbi: Dbi, entries: u64) -> Result<u64> {
    let system = engine.dbs();
    let txn = engine.snapshot()?;
    let mut pages = 0;
    for index in
        [dbi, system.expiry, system.quarantine, system.loans, system.free.by_start, system.free.by_len]
    {
        let [_, branch, leaf, _] = txn.pages(index)?;
        pages += entries.min(branch + leaf);
    }
    Ok(pages)
}
