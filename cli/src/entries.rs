//! Listing, fetching and deleting entries.

use std::ffi::{OsStr, OsString};
use std::io::Write;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;
use std::time::{Duration, SystemTime};

use dishtayantra_lmdb::store::{Listed, Store, View, key_hex};
use serde_json::{Value, json};

use crate::Failure;
use crate::report::as_line;
use crate::text::{line, size, table, time};

/// The live entries of one database or of all.
pub fn list(
    store: &Store,
    db: Option<&str>,
    prefix: &OsStr,
    long: bool,
    json: bool,
) -> Result<String, Failure> {
    let known = store.databases()?;
    let databases = match db {
        Some(name) if !known.iter().any(|known| known == name) => {
            return Err(no_database(store, name, &known));
        }
        Some(name) => vec![name.to_owned()],
        None => known,
    };
    let mut found = Vec::new();
    for name in databases {
        let entries = store.entries(&name, prefix.as_bytes())?;
        found.extend(entries.into_iter().map(|entry| (name.clone(), entry)));
    }
    if json {
        return Ok(as_line(&found.iter().map(|(name, entry)| entry_json(name, entry)).collect()));
    }
    if !long {
        return Ok(found.iter().map(|(_, entry)| line(&entry.key) + "\n").collect());
    }
    let header = ["database", "key", "format", "size", "age", "left", "source", "target", "exchange id"];
    let rows = found
        .iter()
        .map(|(name, entry)| {
            vec![
                name.clone(),
                line(&entry.key),
                entry.info.format.to_string(),
                size(entry.info.size),
                time(age_ms(entry.info.created_ns)),
                entry.left_ms.map_or_else(|| "-".to_owned(), time),
                line(entry.source.as_bytes()),
                line(entry.target.as_bytes()),
                line(entry.txn_id.as_bytes()),
            ]
        })
        .collect();
    Ok(table(&header, &[3, 4, 5], rows))
}

/// Writes a payload, or tells its envelope.
pub fn get(store: &Store, db: &str, key: &OsStr, output: Option<&Path>, json: bool) -> Result<(), Failure> {
    let view = store.view_quiet(db, key.as_bytes())?.ok_or_else(|| no_entry(store, db, key))?;
    view.verify()?;
    if let Some(file) = output {
        std::fs::write(file, view.bytes()).map_err(|error| format!("writing {}: {error}", file.display()))?;
    }
    if json {
        return crate::print(&as_line(&envelope_json(db, &view)));
    }
    if output.is_none() {
        let mut out = std::io::stdout().lock();
        out.write_all(view.bytes())?;
        out.flush()?;
    }
    Ok(())
}

/// Deletes entries. Those that are not there are named in the error, after the others are gone.
pub fn remove(store: &Store, db: &str, keys: &[OsString], json: bool) -> Result<(), Failure> {
    let mut missing = Vec::new();
    let mut removed = Vec::new();
    for key in keys {
        if store.delete(db, key.as_bytes())? { removed.push(key) } else { missing.push(key) }
    }
    if json {
        let shown: Vec<_> = removed.iter().map(|key| key.to_string_lossy()).collect();
        crate::print(&as_line(&json!({"database": db, "removed": shown})))?;
    }
    match missing.as_slice() {
        [] => Ok(()),
        missing => {
            Err(missing.iter().map(|key| no_entry(store, db, key)).collect::<Vec<_>>().join("\n").into())
        }
    }
}

/// Adds the key, and what it is when it is no text.
fn with_key(mut row: Value, key: &[u8]) -> Value {
    row["key"] = String::from_utf8_lossy(key).into();
    if let Some(hex) = key_hex(key) {
        row["key_hex"] = hex.into();
    }
    row
}

fn entry_json(database: &str, entry: &Listed) -> Value {
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

fn envelope_json(database: &str, view: &View) -> Value {
    let info = view.info();
    let row = json!({
        "database": database,
        "format": info.format.name(),
        "size": info.size,
        "created_ns": info.created_ns,
        "age_ms": age_ms(info.created_ns),
        "ttl_ms": info.ttl_ms,
        "source": view.source(),
        "target": view.target(),
        "txn_id": view.txn_id(),
        "inline": info.inline,
        "checksum": info.checksum,
    });
    with_key(row, view.key())
}

/// Time since `created_ns` of the wall clock; 0 when that is in the future.
fn age_ms(created_ns: u64) -> u64 {
    let created = SystemTime::UNIX_EPOCH + Duration::from_nanos(created_ns);
    SystemTime::now().duration_since(created).map_or(0, |age| age.as_millis() as u64)
}

fn no_entry(store: &Store, db: &str, key: &OsStr) -> String {
    format!("no live entry under key {key:?} in database {db:?} of {}", store.path().display())
}

fn no_database(store: &Store, name: &str, known: &[String]) -> Failure {
    format!("no database {name:?} in {}; there are: {}", store.path().display(), known.join(", ")).into()
}
