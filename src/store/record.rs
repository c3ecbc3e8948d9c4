//! Records under their keys: lookup, replacement, removal, and the indexes that follow each of them.

use super::engine::Engine;
use super::expiry;
use super::quarantine;
use super::write::Writer;
use crate::envelope::{Due, Extent, Info, Record};
use crate::error::{Error, Result, Status};
use crate::lmdb::{Access, Dbi, MAX_KEY};
use crate::mapping::sys;
use crate::options::PutOptions;
use std::borrow::Cow;

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

/// A key as text, as it is; in one that is no UTF-8 the bad bytes are replaced.
pub fn key_text(key: &[u8]) -> Cow<'_, str> {
    String::from_utf8_lossy(key)
}

/// The bytes of a key that is no UTF-8, in hexadecimal.
pub fn key_hex(key: &[u8]) -> Option<String> {
    let hex = || key.iter().map(|byte| format!("{byte:02x}")).collect();
    str::from_utf8(key).is_err().then(hex)
}

/// The name of an entry in an audit.
pub fn entry_name(db: &str, key: &[u8]) -> String {
    let hex = key_hex(key).map_or_else(String::new, |hex| format!(" (hex {hex})"));
    format!("{db}/{}{hex}", key_text(key))
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

/// What is left of a record that goes.
#[derive(Clone, Copy)]
struct Gone {
    /// The entry's id, when it can be read.
    entry: Option<u64>,
    live: bool,
    due: Option<Due>,
    extent: Option<Extent>,
}

impl Gone {
    /// What cannot be read can still be replaced and deleted; its pages are lost, as an audit says.
    fn new(engine: &Engine, key: &[u8], bytes: &[u8], now_ns: u64) -> Gone {
        let lost = Gone { entry: None, live: false, due: None, extent: None };
        decode(engine, key, bytes).map_or(lost, |record| Gone {
            entry: Some(record.entry_id),
            live: !record.expired(now_ns),
            due: record.due,
            extent: record.extent,
        })
    }
}

fn retire(writer: &mut Writer, key: &[u8], gone: &Gone) -> Result<()> {
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

/// Which live entry a new one may replace, when overwriting is allowed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Replaces {
    /// Whatever is under the key.
    Any,
    /// One of the same exchange.
    Own,
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
    /// What it may replace.
    pub replaces: Replaces,
}

/// Refuses to replace another exchange's entry.
#[cold]
fn check_own(engine: &Engine, draft: &Draft, bytes: &[u8]) -> Result<()> {
    let (theirs, ours) = (decode(engine, draft.key, bytes)?.texts[0], draft.options.txn_id);
    if theirs == ours {
        return Ok(());
    }
    let what = format!(
        "an output is not written under {}: there is an entry of the exchange {theirs:?}, and this one is {ours:?}",
        shown(draft.key)
    );
    Err(Error::new(Status::Permission, what))
}

/// Writes a record and everything that follows from it.
pub fn insert(writer: &mut Writer, draft: &Draft, payload: &Payload) -> Result<Info> {
    let (db, dbi) = draft.db;
    let options = draft.options;
    let (engine, entry_id, now_ns) = (writer.engine(), writer.next_id(), sys::boottime_ns());
    let mut cursor = writer.txn().write_cursor(dbi)?;
    let found = cursor.find(draft.key)?;
    let gone = found.map(|bytes| Gone::new(engine, draft.key, bytes, now_ns));
    if let (Replaces::Own, Some(bytes)) = (draft.replaces, found)
        && gone.is_some_and(|gone| gone.live)
    {
        check_own(engine, draft, bytes)?;
    }
    if options.no_overwrite && gone.is_some_and(|gone| gone.live) {
        return Err(Error::new(
            Status::KeyExists,
            format!("key {} in database {db:?} holds a live entry", shown(draft.key)),
        ));
    }
    let there = gone.and_then(|gone| gone.due);
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
        due: expiry::row_for(expires_ns, entry_id, there),
        texts: [options.txn_id, options.source, options.target],
        inline: &[],
    };
    let overhead = Record::overhead(&record.texts);
    let inline_size = match payload {
        Payload::Inline(_) => draft.size as usize,
        Payload::Extent(_) => 0,
    };
    let value = cursor.reserve(draft.key, overhead + inline_size)?;
    let mut at = record.encode(value);
    if let Payload::Inline(parts) = payload {
        for part in *parts {
            value[at..at + part.len()].copy_from_slice(part);
            at += part.len();
        }
    }
    drop(cursor);
    if let Some(gone) = gone {
        retire(writer, draft.key, &gone)?;
    }
    writer.drop_loan()?;
    expiry::change(writer, there, record.due, db, draft.key)?;
    Ok(record.info(engine.page_size))
}

/// Removes the record under `key`, or only the entry with the id `only`; says whether there was one and whether it was
/// live.
pub fn remove(writer: &mut Writer, dbi: Dbi, key: &[u8], only: Option<u64>) -> Result<Option<bool>> {
    let (engine, now_ns) = (writer.engine(), sys::boottime_ns());
    let mut cursor = writer.txn().write_cursor(dbi)?;
    let Some(bytes) = cursor.find(key)? else {
        return Ok(None);
    };
    let gone = Gone::new(engine, key, bytes, now_ns);
    if only.is_some() && only != gone.entry {
        return Ok(None);
    }
    cursor.delete()?;
    drop(cursor);
    retire(writer, key, &gone)?;
    expiry::remove(writer, gone.due)?;
    Ok(Some(gone.live))
}

/// Does what the time of an expiry row asks for: removes the entry that has the row, or moves the row to when that entry
/// expires. The row goes in any case. True: an entry was removed.
pub fn fall_due(writer: &mut Writer, dbi: Dbi, row: &expiry::Row, now_ns: u64) -> Result<bool> {
    let engine = writer.engine();
    let Some(bytes) = writer.reader().get(dbi, &row.key)? else {
        expiry::remove(writer, Some(row.due))?;
        return Ok(false);
    };
    match decode(engine, &row.key, bytes) {
        Ok(record) if record.due != Some(row.due) => expiry::remove(writer, Some(row.due))?,
        Ok(record) if record.expired(now_ns) => {
            remove(writer, dbi, &row.key, None)?;
            return Ok(true);
        }
        Ok(_) => {
            let bytes = bytes.to_vec();
            let record = decode(engine, &row.key, &bytes)?;
            let due = expiry::row_for(record.expires_ns, record.entry_id, None);
            rewrite(writer, dbi, &row.key, &Record { due, ..record })?;
            expiry::change(writer, Some(row.due), due, &row.db, &row.key)?;
        }
        // It cannot be read, and its row says that its time is over.
        Err(_) => {
            writer.txn().delete(dbi, &row.key)?;
            expiry::remove(writer, Some(row.due))?;
        }
    }
    Ok(false)
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
    let due = expiry::row_for(expires_ns, record.entry_id, record.due);
    let age_s = sys::wall_ns().saturating_sub(record.created_ns) / 1_000_000_000;
    let touched_s = u32::try_from(age_s).unwrap_or(u32::MAX);
    rewrite(writer, db.1, key, &Record { expires_ns, ttl_ms, touched_s, due, ..record })?;
    expiry::change(writer, record.due, due, db.0, key)?;
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
    expiry::remove(writer, Some(row.due))?;
    let Some(bytes) = writer.reader().get(dbi, &row.key)?.map(<[u8]>::to_vec) else {
        return Ok(());
    };
    let record = match decode(writer.engine(), &row.key, &bytes) {
        Ok(record) if record.due == Some(row.due) => record,
        _ => return Ok(()),
    };
    let since = record.created_ns.saturating_add(u64::from(record.touched_s) * 1_000_000_000);
    let age = sys::wall_ns().saturating_sub(since);
    let left = record.ttl_ms.saturating_mul(1_000_000).saturating_sub(age);
    let expires_ns = sys::boottime_ns().saturating_add(left).max(1);
    let due = expiry::row_for(expires_ns, record.entry_id, None);
    rewrite(writer, dbi, &row.key, &Record { expires_ns, due, ..record })?;
    expiry::change(writer, None, due, &row.db, &row.key)
}
