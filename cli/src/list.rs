//! Going through the entries of a store without having them all in memory.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::time::{Duration, SystemTime};

use dishtayantra_lmdb::error::Status;
use dishtayantra_lmdb::store::{Listed, Store};
use serde_json::{Value, json};

use crate::arguments::{Ls, Sort};
use crate::out::Out;
use crate::ranked::{Ranked, keep};
use crate::store::failed;
use crate::text::{Columns, size, time};
use crate::{Failure, key};

/// Entries that are taken from the store at a time.
const BATCH: usize = 512;

const HEADER: [&str; 9] =
    ["database", "key", "format", "size", "age", "left", "source", "target", "exchange id"];

/// Calls `each` with every live entry of `db` under `prefix`. Between two batches others may change the store, and no
/// snapshot holds it back however long `each` takes.
pub fn walk(
    store: &Store,
    db: &str,
    prefix: &[u8],
    mut each: impl FnMut(&Listed) -> Result<(), Failure>,
) -> Result<(), Failure> {
    let mut last: Option<Vec<u8>> = None;
    loop {
        let batch = store.entries_after(db, prefix, last.as_deref(), BATCH)?;
        batch.iter().try_for_each(&mut each)?;
        match batch.into_iter().next_back() {
            Some(entry) => last = Some(entry.key),
            None => return Ok(()),
        }
    }
}

/// The databases that are meant: one that has to be there, or all.
pub fn databases(store: &Store, db: Option<&str>) -> Result<Vec<String>, Failure> {
    let known = store.databases()?;
    match db {
        Some(name) if !known.iter().any(|known| known == name) => {
            let there: Vec<_> = known.iter().map(|name| key::shown(name.as_bytes())).collect();
            let path = store.path().display();
            failed(
                Status::NotFound,
                format!("no database {name:?} in {path}; there are: {}", there.join(", ")),
            )
        }
        Some(name) => Ok(vec![name.to_owned()]),
        None => Ok(known),
    }
}

/// Lists the live entries of one database or of all.
pub fn list(store: &Store, wanted: &Ls, json: bool) -> Result<(), Failure> {
    let prefix = if wanted.key_hex { key::of_hex(&wanted.prefix)? } else { key::parse(&wanted.prefix)? };
    let databases = databases(store, wanted.db.as_deref())?;
    let mut writer = Writer::new(wanted, json)?;
    if wanted.sort == Sort::Key && !wanted.reverse {
        let mut left = wanted.limit.unwrap_or(usize::MAX);
        for name in databases {
            let mut after: Option<Vec<u8>> = None;
            while left > 0 {
                let batch = store.entries_after(&name, &prefix, after.as_deref(), left.min(BATCH))?;
                writer.write(batch.iter().map(|entry| (name.as_str(), entry)))?;
                left -= batch.len();
                match batch.into_iter().next_back() {
                    Some(entry) => after = Some(entry.key),
                    None => break,
                }
            }
        }
    } else {
        let sorted = sorted(store, wanted, &databases, &prefix)?;
        for batch in sorted.chunks(BATCH) {
            writer.write(batch.iter().map(|(name, entry)| (databases[*name].as_str(), entry)))?;
        }
    }
    writer.finish()
}

/// The first entries in the order that is wanted, with the places of their databases: never more in memory than are asked
/// for.
fn sorted(
    store: &Store,
    wanted: &Ls,
    databases: &[String],
    prefix: &[u8],
) -> Result<Vec<(usize, Listed)>, Failure> {
    let limit = wanted.limit.unwrap_or(usize::MAX);
    let number = |entry: &Listed| match wanted.sort {
        Sort::Key => 0,
        Sort::Size => u64::MAX - entry.info.size,
        Sort::Age => entry.info.created_ns,
        Sort::Left => entry.left_ms.unwrap_or(u64::MAX),
    };
    let mut forward = BinaryHeap::new();
    let mut backward = BinaryHeap::new();
    for (place, name) in databases.iter().enumerate() {
        walk(store, name, prefix, |entry| {
            let ranked = Ranked { rank: (number(entry), place, entry.key.clone()), entry: entry.clone() };
            if wanted.reverse {
                keep(&mut backward, Reverse(ranked), limit);
            } else {
                keep(&mut forward, ranked, limit);
            }
            Ok(())
        })?;
    }
    let backward = backward.into_sorted_vec().into_iter().map(|Reverse(ranked)| ranked);
    let found = forward.into_sorted_vec().into_iter().chain(backward);
    Ok(found.map(|Ranked { rank: (_, place, _), entry }| (place, entry)).collect())
}

/// Writes entries as lines, as a table or as JSON.
struct Writer<'a> {
    out: Out,
    wanted: &'a Ls,
    json: bool,
    columns: Columns<9>,
    written: u64,
}

impl Writer<'_> {
    fn new(wanted: &Ls, json: bool) -> Result<Writer<'_>, Failure> {
        let columns = Columns::new([8, 24, 7, 10, 8, 8, 12, 12, 16], &[3, 4, 5]);
        let mut writer = Writer { out: Out::new()?, wanted, json, columns, written: 0 };
        if json {
            writer.out.write(b"[")?;
        } else if wanted.long {
            let header = writer.columns.lines(&[HEADER.map(str::to_owned)]);
            writer.out.write(header.as_bytes())?;
        }
        Ok(writer)
    }

    fn write<'e>(&mut self, batch: impl Iterator<Item = (&'e str, &'e Listed)>) -> Result<(), Failure> {
        let shown = |name: &[u8]| if self.wanted.key_hex { key::hex(name) } else { key::shown(name) };
        let mut rows = Vec::new();
        for (database, entry) in batch {
            if self.json {
                let comma = if self.written > 0 { "," } else { "" };
                self.out.write(format!("{comma}{}", row(database, entry)).as_bytes())?;
            } else if self.wanted.long {
                rows.push([
                    key::shown(database.as_bytes()),
                    shown(&entry.key),
                    entry.info.format.to_string(),
                    size(entry.info.size),
                    time(age_ms(entry.info.created_ns)),
                    entry.left_ms.map_or_else(|| "-".to_owned(), time),
                    key::shown(entry.source.as_bytes()),
                    key::shown(entry.target.as_bytes()),
                    key::shown(entry.txn_id.as_bytes()),
                ]);
            } else {
                self.out.write(shown(&entry.key).as_bytes())?;
                self.out.write(b"\n")?;
            }
            self.written += 1;
        }
        self.out.write(self.columns.lines(&rows).as_bytes())
    }

    fn finish(mut self) -> Result<(), Failure> {
        if self.json {
            self.out.write(b"]\n")?;
        }
        self.out.finish()
    }
}

/// An entry for JSON.
pub fn row(database: &str, entry: &Listed) -> Value {
    let row = json!({
        "database": database,
        "format": entry.info.format.name(),
        "size": entry.info.size,
        "created_ns": entry.info.created_ns,
        "age_ms": age_ms(entry.info.created_ns),
        "ttl_ms": entry.info.ttl_ms,
        "left_ms": entry.left_ms,
        "source": entry.source,
        "target": entry.target,
        "txn_id": entry.txn_id,
        "inline": entry.info.inline,
        "checksum": entry.info.checksum,
    });
    with_key(row, &entry.key)
}

/// Adds the key, and its bytes when it is no text.
pub fn with_key(mut row: Value, key: &[u8]) -> Value {
    row["key"] = String::from_utf8_lossy(key).into();
    if str::from_utf8(key).is_err() {
        row["key_hex"] = key::hex(key).into();
    }
    row
}

/// Time since `created_ns` of the wall clock; 0 when that is in the future.
pub fn age_ms(created_ns: u64) -> u64 {
    let created = SystemTime::UNIX_EPOCH + Duration::from_nanos(created_ns);
    SystemTime::now().duration_since(created).map_or(0, |age| age.as_millis() as u64)
}
