//! What a store holds and who uses it.

use super::databases::database_names;
use super::engine::Engine;
use super::members::{self, Roll};
use super::run::Run;
use super::shared::{Counter, FORMAT_VERSION};
use super::{blocks, calls, loans, pins, quarantine, record};
use crate::error::{Error, Result, Status};
use crate::lmdb::{Access, Dbi};
use crate::mapping::sys;
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;
use std::os::unix::fs::MetadataExt;
use std::sync::atomic::Ordering;

/// Pins named in a message.
const NAMED: usize = 3;

/// What the extents that somebody pins hold, by their first pages. Of others nothing is kept: there may be millions.
struct Contents(BTreeMap<u64, Option<Content>>);

impl Contents {
    fn of(pins: &[pins::Pinned]) -> Contents {
        Contents(pins.iter().map(|pin| (pin.start, None)).collect())
    }

    fn note(&mut self, start: u64, content: impl FnOnce() -> Content) {
        if let Some(wanted) = self.0.get_mut(&start) {
            *wanted = Some(content());
        }
    }

    fn get(&self, start: u64) -> Option<&Content> {
        self.0.get(&start)?.as_ref()
    }
}

struct Content {
    key: Vec<u8>,
    /// `None`: the entry is deleted or replaced.
    database: Option<String>,
    bytes: u64,
}

/// Everything, as a JSON object; sizes in bytes, ages in milliseconds.
pub fn collect(engine: &Engine) -> Result<Value> {
    let names = database_names(engine)?;
    let opened: Vec<(String, Dbi)> = names
        .into_iter()
        .filter_map(|name| Some((engine.find_db(&name).ok()??, name)).map(|(dbi, name)| (name, dbi)))
        .collect();
    let txn = engine.snapshot()?;
    let page = engine.page_size;
    let now = sys::boottime_ns();
    let (pins, roll) = (pins::list(&engine.shared), Roll::of(&engine.shared));
    let mut contents = Contents::of(&pins);
    let mut databases = Map::new();
    for (name, dbi) in opened {
        let (mut entries, mut bytes, mut expired, mut corrupt) = (0_u64, 0_u64, 0_u64, 0_u64);
        let mut cursor = txn.cursor(dbi)?;
        let mut pair = cursor.first()?;
        while let Some((key, value)) = pair {
            let Ok(record) = record::decode(engine, key, value) else {
                corrupt += 1;
                pair = cursor.next_pair()?;
                continue;
            };
            if record.expired(now) {
                expired += 1;
            } else {
                entries += 1;
                bytes += record.size;
            }
            if let Some(extent) = record.extent {
                contents.note(extent.start, || Content {
                    key: key.to_vec(),
                    database: Some(name.clone()),
                    bytes: record.size,
                });
            }
            pair = cursor.next_pair()?;
        }
        let [depth, branch, leaf, overflow] = txn.pages(dbi)?;
        databases.insert(
            name,
            json!({"entries": entries, "bytes": bytes, "expired": expired, "corrupt": corrupt, "depth": depth, "branch_pages": branch,
                   "leaf_pages": leaf, "overflow_pages": overflow}),
        );
    }
    let space = Space::measure(engine, &txn, &roll, &mut contents)?;
    let pins: Vec<Value> = pins
        .into_iter()
        .map(|pin| {
            let content = contents.get(pin.start);
            let key = content.map(|content| content.key.as_slice());
            let mut row = roll.name(pin.engine, Some(pin.pid));
            row["age_ms"] = pin.age_ms.into();
            row["key"] = key.map(record::key_text).into();
            row["database"] = content.and_then(|content| content.database.clone()).into();
            row["bytes"] = content.map(|content| content.bytes).into();
            if let Some(hex) = key.and_then(record::key_hex) {
                row["key_hex"] = hex.into();
            }
            row
        })
        .collect();
    let readers: Vec<Value> = engine
        .lock_table
        .slots()
        .into_iter()
        .map(|slot| {
            let mut row = roll.holder(slot.holder);
            row["snapshot"] = slot.snapshot.into();
            row
        })
        .collect();
    let (max_readers, num_readers) = engine.env.readers()?;
    let counter = |which| engine.shared.counter(which).load(Ordering::Relaxed);
    let last_page = engine.env.last_page()?;
    Ok(json!({
        "path": engine.path.display().to_string(),
        "format_version": FORMAT_VERSION,
        "boot_id": format!("{:032x}", engine.shared.boot_id()),
        "durability": if engine.shared.durability().load(Ordering::Relaxed) == 1 { "sync" } else { "process" },
        "map": {
            "limit": engine.shared.limit().load(Ordering::Relaxed),
            "range": engine.map.len(),
            "high_water": (last_page + 1) * page,
            "on_disk": space.on_disk,
            "arenas": space.arenas,
            "free": space.free * page,
            "largest_free": space.largest * page,
            "quarantine": space.quarantine * page,
            "loaned": space.loaned * page,
            "given_back": blocks::given(engine, &txn)?,
        },
        "lmdb": {
            "map_size": engine.map.len(), "page_size": page, "last_pgno": last_page,
            "last_txnid": engine.env.last_txn()?, "max_readers": max_readers, "num_readers": num_readers,
        },
        "databases": databases,
        "pins": pins,
        "readers": readers,
        "loans": space.loans,
        "engine": engine.owners.id(),
        "engines": roll.list(&engine.owners),
        "counters": {
            "hits": counter(Counter::Hits), "misses": counter(Counter::Misses), "expired": counter(Counter::Expired),
            "waits": counter(Counter::Waits), "puts": counter(Counter::Puts), "deletes": counter(Counter::Deletes),
            "copied_views": counter(Counter::CopiedViews),
        },
        "calls": calls::collect(engine),
        "sweeper_error": engine.sweeper.last_error(),
    }))
}

/// Pages by what they are used for.
struct Space {
    on_disk: u64,
    arenas: u64,
    free: u64,
    largest: u64,
    quarantine: u64,
    loaned: u64,
    loans: Vec<Value>,
}

impl Space {
    fn measure(engine: &Engine, txn: &impl Access, roll: &Roll, contents: &mut Contents) -> Result<Space> {
        let mut space = Space {
            on_disk: std::fs::metadata(engine.path.join("data.mdb")).map_or(0, |m| m.blocks() * 512),
            arenas: txn.entries(engine.dbs().arenas)?,
            free: 0,
            largest: 0,
            quarantine: 0,
            loaned: 0,
            loans: Vec::new(),
        };
        let dbs = engine.dbs();
        txn.each(dbs.free.by_start, |key, value| {
            let pages = Run::parse(key, value).map_or(0, |run| run.extent.pages);
            space.free += pages;
            space.largest = space.largest.max(pages);
        })?;
        txn.each(dbs.quarantine, |key, value| {
            if let Some(row) = quarantine::parse(key, value) {
                space.quarantine += row.extent.pages;
                let bytes = row.extent.pages * engine.page_size;
                contents.note(row.extent.start, || Content { key: row.key.to_vec(), database: None, bytes });
            }
        })?;
        txn.each(dbs.loans, |_, value| {
            if let Some(row) = loans::parse(value) {
                space.loaned += row.run.extent.pages;
                let bytes = row.run.extent.pages * engine.page_size;
                let mut loan = roll.name(row.engine, Some(row.pid));
                loan["bytes"] = bytes.into();
                loan["kept"] = row.before.is_some().into();
                space.loans.push(loan);
                if let Some(before) = row.before {
                    contents.note(row.run.extent.start, || Content {
                        key: before.to_vec(),
                        database: None,
                        bytes,
                    });
                }
            }
        })?;
        Ok(space)
    }
}

/// Where a pid is to be looked for, unless it is here.
fn elsewhere(row: &Value) -> String {
    match row["host"].as_str() {
        // Anybody may call a container anything.
        Some(host) if host != members::host() => format!(" on {host:?}"),
        _ => String::new(),
    }
}

/// Adds to the error of a full store what fills it and who holds what could be freed.
pub fn explain_full(engine: &Engine, error: Error) -> Error {
    let Ok(stats) = collect(engine) else {
        return error;
    };
    let live: u64 = stats["databases"]
        .as_object()
        .map_or(0, |dbs| dbs.values().filter_map(|db| db["bytes"].as_u64()).sum());
    let held: Vec<String> = stats["pins"]
        .as_array()
        .into_iter()
        .flatten()
        .take(NAMED)
        .map(|pin| {
            let key = pin["key"].as_str().map_or("?".into(), |key| format!("{key:?}"));
            format!("pid {}{} pins {key} for {} ms", pin["pid"], elsewhere(pin), pin["age_ms"])
        })
        .collect();
    let pinned = if held.is_empty() { "nobody pins anything".to_owned() } else { held.join(", ") };
    // The error of a full disk has said already what to do.
    let advice = match error.status() {
        Status::MapFull => "; raise lmdb_map_size, delete entries or shorten lmdb_ttl",
        _ => "",
    };
    let map = &stats["map"];
    Error::new(
        error.status(),
        format!(
            "{}; used {}, live payloads {live}, free {} (largest run {}), waiting for readers {}, on loan {}; {pinned}{advice}",
            error.message(),
            map["high_water"],
            map["free"],
            map["largest_free"],
            map["quarantine"],
            map["loaned"]
        ),
    )
}
