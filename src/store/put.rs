//! Putting payloads: small ones in the record, larger ones in an extent, large ones without the lock.

use super::loan::{self, Loan};
use super::record::{self, Draft, Payload};
use super::space::Purpose;
use super::write::Writer;
use super::{Store, extents::Run};
use crate::envelope::{EXTENT_HEADER, Info, Record};
use crate::error::{Error, Result, Status};
use crate::lmdb::{Dbi, MAX_VALUE};
use crate::options::PutOptions;

/// A record with its key stays within half a page of this many bytes, so that LMDB keeps it in a leaf.
const INLINE_ROOM: usize = 2000;
/// Larger payloads are filled with no lock held. Up to here copying takes a few microseconds, and one transaction is
/// cheaper than two.
const TWO_PHASE: u64 = 128 << 10;
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
        let draft = Draft { db, key, size, checksum: checksum(parts, options), options };
        Ok(Pending { draft, parts, placing: placing(key, size, options), loan: None })
    }

    /// Fills large payloads ahead, with no lock held.
    fn prepare(&mut self, store: &Store) -> Result<()> {
        if self.placing == Placing::TwoPhase && self.loan.is_none() {
            let mut loan = loan::open(&store.engine, self.draft.size)?;
            fill(loan.bytes_mut(), self.parts);
            self.loan = Some(loan);
        }
        Ok(())
    }

    fn insert(&mut self, writer: &mut Writer) -> Result<Info> {
        let payload = match (self.placing, &mut self.loan) {
            (Placing::Inline, _) => Payload::Inline(self.parts),
            (_, Some(loan)) => Payload::Extent(loan.settle(writer)?),
            (_, None) => Payload::Extent(self.fill_in_place(writer)?),
        };
        record::insert(writer, &self.draft, &payload)
    }

    fn fill_in_place(&self, writer: &mut Writer) -> Result<crate::envelope::Extent> {
        let engine = writer.engine();
        let pages = writer.pages_for(self.draft.size);
        let Run { extent, virgin } = writer.allocate(pages)?;
        loan::back(engine, Run { extent, virgin })?;
        loan::clear_marks(engine, extent);
        let offset = extent.start * engine.page_size + EXTENT_HEADER;
        fill(engine.map.lend(offset, self.draft.size).bytes_mut(), self.parts);
        Ok(extent)
    }
}

impl Store {
    /// Puts a payload, given as parts that are joined, under `key`. What was there before is replaced in the same
    /// transaction. The payload is copied once, without the write lock when it is larger than 128 KiB.
    ///
    /// # Errors
    /// `BadKey`, `TooLarge`, `KeyExists` (overwriting not allowed), `MapFull`, `DiskFull`, `DbsFull`, `Forked`.
    pub fn put(&self, db: &str, key: &[u8], parts: &[&[u8]], options: &PutOptions) -> Result<Info> {
        self.engine.check()?;
        let dbi = self.engine.create_db(db)?;
        let mut pending = Pending::new((db, dbi), key, parts, options)?;
        let info = self.relieved(|| {
            pending.prepare(self)?;
            let mut writer = Writer::begin(&self.engine, Purpose::Put, 0)?;
            let info = pending.insert(&mut writer)?;
            writer.commit()?;
            Ok(info)
        })?;
        if let Some(loan) = pending.loan.take() {
            loan.published();
        }
        self.published(&[(db, key)], options.ttl_ms);
        Ok(info)
    }

    /// Puts all entries in one transaction, or none.
    ///
    /// # Errors
    /// As for [`Store::put`]; nothing is stored then.
    pub fn put_many(&self, db: &str, entries: &[Entry]) -> Result<Vec<Info>> {
        self.engine.check()?;
        if entries.is_empty() {
            return Ok(Vec::new());
        }
        let dbi = self.engine.create_db(db)?;
        let mut pending = entries
            .iter()
            .map(|entry| Pending::new((db, dbi), entry.key, entry.parts, &entry.options))
            .collect::<Result<Vec<_>>>()?;
        // A record may split leaves of every index, and takes half a page itself.
        let pages = 12 * entries.len() as u64;
        let infos = self.relieved(|| {
            pending.iter_mut().try_for_each(|entry| entry.prepare(self))?;
            let mut writer = Writer::begin(&self.engine, Purpose::Put, pages)?;
            let infos =
                pending.iter_mut().map(|entry| entry.insert(&mut writer)).collect::<Result<Vec<_>>>()?;
            writer.commit()?;
            Ok(infos)
        })?;
        pending.iter_mut().filter_map(|entry| entry.loan.take()).for_each(Loan::published);
        let keys: Vec<(&str, &[u8])> = entries.iter().map(|entry| (db, entry.key)).collect();
        let soonest = entries.iter().map(|entry| entry.options.ttl_ms).filter(|&ms| ms != 0).min();
        self.published(&keys, soonest.unwrap_or(0));
        Ok(infos)
    }
}
