//! Records under their keys: lookup, replacement, removal, and the indexes that follow each of them.

use super::engine::Engine;
use super::expiry;
use super::quarantine;
use super::write::Writer;
use crate::envelope::{Extent, Info, Record};
use crate::error::{Error, Result, Status};
use crate::lmdb::{Access, Dbi, MAX_KEY};
use crate::mapping::sys;
use crate::options::PutOptions;

/// Refuses keys LMDB cannot store.
pub fn check_key(key: &[u8]) -> Result<()> {
    if key.is_empty() {
        return Err(Error::new(Status::BadKey, "the key is empty"));
    }
    if key.len() > MAX_KEY {
        return Err(Error::new(
            Status::BadKey,
            format!("key {}… has {} bytes; {MAX_KEY} at most", shown(&key[..48]), key.len()),
        ));
    }
    Ok(())
}

/// A key for messages.
pub fn shown(key: &[u8]) -> String {
    format!("{:?}", String::from_utf8_lossy(key))
}

/// Reads a record's bytes.
pub fn decode<'a>(engine: &Engine, key: &[u8], bytes: &'a [u8]) -> Result<Record<'a>> {
    Record::decode(bytes, engine.page_size, engine.map_pages).map_err(|what| {
        Error::new(Status::Corrupt, format!("key {} in {}: {what}", shown(key), engine.path.display()))
    })
}

/// The record under `key`, live or expired.
pub fn find<'t>(engine: &Engine, txn: &'t impl Access, dbi: Dbi, key: &[u8]) -> Result<Option<Record<'t>>> {
    match txn.get(dbi, key)? {
        Some(bytes) => decode(engine, key, bytes).map(Some),
        None => Ok(None),
    }
}

/// The record under `key`, unless its time is over.
pub fn find_live<'t>(
    engine: &Engine,
    txn: &'t impl Access,
    dbi: Dbi,
    key: &[u8],
) -> Result<Option<Record<'t>>> {
    Ok(find(engine, txn, dbi, key)?.filter(|record| !record.expired(sys::boottime_ns())))
}

/// Stands for the id of a record that cannot be read; no entry has it.
const UNREADABLE: u64 = 0;

/// What a record needs of its predecessor when that goes.
struct Predecessor {
    entry_id: u64,
    expires_ns: u64,
    extent: Option<Extent>,
}

fn predecessor(writer: &Writer, dbi: Dbi, key: &[u8], now_ns: u64) -> Result<Option<(Predecessor, bool)>> {
    let record = match find(writer.engine(), writer.reader(), dbi, key) {
        Ok(Some(record)) => record,
        Ok(None) => return Ok(None),
        // What cannot be read can still be replaced and deleted; its pages are lost, as an audit says.
        Err(error) if error.status() == Status::Corrupt => {
            return Ok(Some((Predecessor { entry_id: UNREADABLE, expires_ns: 0, extent: None }, false)));
        }
        Err(error) => return Err(error),
    };
    let live = !record.expired(now_ns);
    let gone =
        Predecessor { entry_id: record.entry_id, expires_ns: record.expires_ns, extent: record.extent };
    Ok(Some((gone, live)))
}

fn retire(writer: &mut Writer, key: &[u8], gone: &Predecessor) -> Result<()> {
    expiry::remove(writer, gone.expires_ns, gone.entry_id)?;
    if let Some(extent) = gone.extent
        && !writer.keep(extent, key)?
    {
        quarantine::add(writer, extent, key)?;
    }
    Ok(())
}

/// Where a new record's payload is.
pub enum Payload<'a> {
    /// In the record.
    Inline(&'a [&'a [u8]]),
    /// In an extent that is filled.
    Extent(Extent),
}

/// What a record is made of beside its payload.
pub struct Draft<'a> {
    /// Database, for its handle and for the expiry index.
    pub db: (&'a str, Dbi),
    /// Key of the entry.
    pub key: &'a [u8],
    /// Size of the payload.
    pub size: u64,
    /// Checksum of the payload, when wanted.
    pub checksum: Option<u64>,
    /// The caller's options.
    pub options: &'a PutOptions<'a>,
}

/// Writes a record and everything that follows from it.
pub fn insert(writer: &mut Writer, draft: &Draft, payload: &Payload) -> Result<Info> {
    let (db, dbi) = draft.db;
    let options = draft.options;
    let now_ns = sys::boottime_ns();
    match predecessor(writer, dbi, draft.key, now_ns)? {
        Some((_, true)) if options.no_overwrite => {
            return Err(Error::new(
                Status::KeyExists,
                format!("key {} in database {db:?} holds a live entry", shown(draft.key)),
            ));
        }
        Some((gone, _)) => retire(writer, draft.key, &gone)?,
        None => {}
    }
    writer.drop_loan()?;
    let entry_id = writer.next_id();
    let expires_ns = match options.ttl_ms {
        0 => 0,
        ms => now_ns.saturating_add(ms.saturating_mul(1_000_000)),
    };
    let record = Record {
        format: options.format,
        tracked: options.tracked,
        entry_id,
        size: draft.size,
        created_ns: sys::wall_ns(),
        expires_ns,
        ttl_ms: options.ttl_ms,
        touched_s: 0,
        checksum: draft.checksum,
        extent: match payload {
            Payload::Inline(_) => None,
            Payload::Extent(extent) => Some(*extent),
        },
        texts: [options.txn_id, options.source, options.target],
        inline: &[],
    };
    let overhead = Record::overhead(&record.texts);
    let inline_size = match payload {
        Payload::Inline(_) => draft.size as usize,
        Payload::Extent(_) => 0,
    };
    let value = writer.txn().reserve(dbi, draft.key, overhead + inline_size)?;
    let mut at = record.encode(value);
    if let Payload::Inline(parts) = payload {
        for part in *parts {
            value[at..at + part.len()].copy_from_slice(part);
            at += part.len();
        }
    }
    expiry::add(writer, expires_ns, entry_id, db, draft.key)?;
    Ok(record.info(writer.engine().page_size))
}

/// Removes the record under `key`; says whether there was one and whether it was live.
pub fn remove(writer: &mut Writer, dbi: Dbi, key: &[u8]) -> Result<Option<bool>> {
    let Some((gone, live)) = predecessor(writer, dbi, key, sys::boottime_ns())? else {
        return Ok(None);
    };
    writer.txn().delete(dbi, key)?;
    retire(writer, key, &gone)?;
    Ok(Some(live))
}

/// Removes the record under `key` if it still is the entry `entry_id`.
pub fn remove_if(writer: &mut Writer, dbi: Dbi, key: &[u8], entry_id: u64) -> Result<bool> {
    match predecessor(writer, dbi, key, sys::boottime_ns())? {
        Some((gone, _)) if gone.entry_id == entry_id => {
            writer.txn().delete(dbi, key)?;
            retire(writer, key, &gone)?;
            Ok(true)
        }
        // It cannot be read, and its row says that its time is over.
        Some((gone, _)) if gone.entry_id == UNREADABLE => {
            writer.txn().delete(dbi, key)?;
            Ok(false)
        }
        _ => Ok(false),
    }
}

/// Gives a live record a new time to live.
pub fn touch(writer: &mut Writer, db: (&str, Dbi), key: &[u8], ttl_ms: u64) -> Result<bool> {
    let now = sys::boottime_ns();
    let expires_ns = match ttl_ms {
        0 => 0,
        ms => now.saturating_add(ms.saturating_mul(1_000_000)),
    };
    let Some(bytes) = writer.reader().get(db.1, key)?.map(<[u8]>::to_vec) else {
        return Ok(false);
    };
    let record = decode(writer.engine(), key, &bytes)?;
    if record.expired(now) {
        return Ok(false);
    }
    expiry::remove(writer, record.expires_ns, record.entry_id)?;
    let age_s = sys::wall_ns().saturating_sub(record.created_ns) / 1_000_000_000;
    let touched_s = u32::try_from(age_s).unwrap_or(u32::MAX);
    rewrite(writer, db.1, key, &Record { expires_ns, ttl_ms, touched_s, ..record })?;
    expiry::add(writer, expires_ns, record.entry_id, db.0, key)?;
    Ok(true)
}

fn rewrite(writer: &mut Writer, dbi: Dbi, key: &[u8], record: &Record) -> Result<()> {
    let overhead = Record::overhead(&record.texts);
    let value = writer.txn().reserve(dbi, key, overhead + record.inline.len())?;
    let at = record.encode(value);
    value[at..].copy_from_slice(record.inline);
    Ok(())
}

/// Gives the entry of an expiry row the time it has left by the wall clock.
pub fn rebase(writer: &mut Writer, dbi: Dbi, row: &expiry::Row) -> Result<()> {
    expiry::remove(writer, row.expires_ns, row.entry_id)?;
    let Some(bytes) = writer.reader().get(dbi, &row.key)?.map(<[u8]>::to_vec) else {
        return Ok(());
    };
    let record = match decode(writer.engine(), &row.key, &bytes) {
        Ok(record) if record.entry_id == row.entry_id => record,
        _ => return Ok(()),
    };
    let since = record.created_ns.saturating_add(u64::from(record.touched_s) * 1_000_000_000);
    let age = sys::wall_ns().saturating_sub(since);
    let left = record.ttl_ms.saturating_mul(1_000_000).saturating_sub(age);
    let expires_ns = sys::boottime_ns().saturating_add(left).max(1);
    rewrite(writer, dbi, &row.key, &Record { expires_ns, ..record })?;
    expiry::add(writer, expires_ns, record.entry_id, &row.db, &row.key)
}
