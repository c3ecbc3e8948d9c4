//! Single entries: fetching, putting, touching, waiting for and deleting them.

use std::ffi::OsString;
use std::fs::File;
use std::io::Read;
use std::path::Path;
use std::time::Duration;

use dishtayantra_lmdb::error::{Error, Status};
use dishtayantra_lmdb::options::{Options, PutOptions};
use dishtayantra_lmdb::store::{Listed, MAX_PAYLOAD, Store, View};
use serde_json::{Value, json};

use crate::arguments::{At, Opening, Put};
use crate::list::{age_ms, walk, with_key};
use crate::out::{Out, print};
use crate::progress::{Progress, Unit};
use crate::report::as_line;
use crate::store::failed;
use crate::text::entries;
use crate::{Failure, key};

/// Keys that are deleted in one transaction.
const BATCH: usize = 1024;
/// Bytes that are read or written at a time.
const PIECE: usize = 8 << 20;

/// The entry under a key. It does not count as opened by its calculator.
pub fn view(store: &Store, at: &At, key: &[u8]) -> Result<View, Failure> {
    let view = store
        .view_quiet(&at.db, key)?
        .ok_or_else(|| Error::new(Status::NotFound, no_entry(store, at, key)))?;
    view.verify()?;
    Ok(view)
}

/// Writes a payload, or tells its envelope.
pub fn get(store: &Store, at: &At, key: &OsString, output: Option<&Path>, json: bool) -> Result<(), Failure> {
    let view = view(store, at, &at.key(key)?)?;
    let progress = Progress::new("writing", view.bytes().len() as u64, Unit::Bytes);
    if let Some(path) = output {
        let wrap = |error: std::io::Error| format!("writing {}: {error}", path.display());
        let mut file = File::create(path).map_err(wrap)?;
        for piece in view.bytes().chunks(PIECE) {
            std::io::Write::write_all(&mut file, piece).map_err(wrap)?;
            progress.add(piece.len() as u64);
        }
    }
    if json {
        return print(&as_line(&envelope(&at.db, &view)));
    }
    if output.is_none() {
        let mut out = Out::new()?;
        for piece in view.bytes().chunks(PIECE) {
            out.write(piece)?;
            progress.add(piece.len() as u64);
        }
        out.finish()?;
    }
    Ok(())
}

/// Puts a file or the standard input.
pub fn put(wanted: &Put, opening: &Opening) -> Result<(), Failure> {
    let store = if wanted.create {
        let options = Options { existing: false, max_dbs: 100, ..crate::store::options(opening) };
        Store::open(&wanted.at.path, &options)?
    } else {
        crate::store::open(&wanted.at.path, opening).map_err(|failure| {
            match failure.downcast_ref::<Error>() {
                Some(error) if error.status() == Status::NotFound => {
                    Error::new(Status::NotFound, format!("{error}; --create makes one")).into()
                }
                _ => failure,
            }
        })?
    };
    let key = wanted.at.key(&wanted.key)?;
    let options = PutOptions {
        format: wanted.format,
        ttl_ms: life(wanted.ttl),
        no_overwrite: wanted.no_overwrite,
        checksum: wanted.checksum,
        source: &wanted.source,
        target: &wanted.target,
        ..PutOptions::default()
    };
    let db = &wanted.at.db;
    let info = match wanted.file.as_deref().filter(|file| *file != Path::new("-")) {
        // Straight into its place.
        Some(path) => {
            let wrap = |error: std::io::Error| format!("reading {}: {error}", path.display());
            let mut file = File::open(path).map_err(wrap)?;
            let metadata = file.metadata().map_err(wrap)?;
            if metadata.is_file() {
                let mut loan = store.loan(metadata.len())?;
                loan.check(db, &key, &options)?;
                let progress = Progress::new("reading", metadata.len(), Unit::Bytes);
                for piece in loan.bytes_mut().chunks_mut(PIECE) {
                    file.read_exact(piece).map_err(wrap)?;
                    progress.add(piece.len() as u64);
                }
                loan.publish(db, &key, &options)?
            } else {
                store.put(db, &key, &[&all_of(file, &path.display().to_string())?], &options)?
            }
        }
        None => store.put(db, &key, &[&all_of(std::io::stdin().lock(), "the standard input")?], &options)?,
    };
    if opening.json {
        let row =
            json!({"database": db, "size": info.size, "format": info.format.name(), "ttl_ms": info.ttl_ms});
        return print(&as_line(&with_key(row, &key)));
    }
    Ok(())
}

fn all_of(from: impl Read, name: &str) -> Result<Vec<u8>, Failure> {
    let mut bytes = Vec::new();
    from.take(MAX_PAYLOAD + 1).read_to_end(&mut bytes).map_err(|error| format!("reading {name}: {error}"))?;
    if bytes.len() as u64 > MAX_PAYLOAD {
        return failed(
            Status::TooLarge,
            format!("{name} has more than {MAX_PAYLOAD} bytes, which no payload has"),
        );
    }
    Ok(bytes)
}

/// Gives entries a new time to live.
pub fn touch(store: &Store, at: &At, keys: &[OsString], ttl: Duration, json: bool) -> Result<(), Failure> {
    each(store, at, keys, ("touched", json), |key| Ok(store.touch(&at.db, key, life(ttl))?))
}

/// Deletes entries.
pub fn remove(store: &Store, at: &At, keys: &[OsString], json: bool) -> Result<(), Failure> {
    each(store, at, keys, ("removed", json), |key| Ok(store.delete(&at.db, key)?))
}

/// Does something to entries. Those that are not there are named in the error, after the others are done.
fn each(
    store: &Store,
    at: &At,
    keys: &[OsString],
    (done, json): (&str, bool),
    act: impl Fn(&[u8]) -> Result<bool, Failure>,
) -> Result<(), Failure> {
    let keys = keys.iter().map(|key| at.key(key)).collect::<Result<Vec<_>, _>>()?;
    let (mut there, mut missing) = (Vec::new(), Vec::new());
    for key in &keys {
        if act(key)? { there.push(key) } else { missing.push(no_entry(store, at, key)) }
    }
    if json {
        let shown: Vec<_> = there.iter().map(|key| key::shown(key)).collect();
        print(&as_line(&json!({"database": at.db, done: shown})))?;
    }
    if missing.is_empty() { Ok(()) } else { failed(Status::NotFound, missing.join("\n")) }
}

/// Deletes all entries whose keys begin with `prefix`.
pub fn remove_prefix(store: &Store, at: &At, prefix: &OsString, json: bool) -> Result<(), Failure> {
    let mut removed = 0;
    let mut batch: Vec<Vec<u8>> = Vec::new();
    let progress = Progress::new("deleting", 0, Unit::Entries);
    let delete = |batch: &mut Vec<Vec<u8>>| -> Result<u64, Failure> {
        let keys: Vec<&[u8]> = batch.iter().map(Vec::as_slice).collect();
        store.delete_many(&at.db, &keys)?;
        progress.add(keys.len() as u64);
        let deleted = keys.len() as u64;
        batch.clear();
        Ok(deleted)
    };
    walk(store, &at.db, &at.key(prefix)?, |entry: &Listed| {
        batch.push(entry.key.clone());
        if batch.len() == BATCH {
            removed += delete(&mut batch)?;
        }
        Ok(())
    })?;
    removed += delete(&mut batch)?;
    drop(progress);
    let text = format!("{} removed\n", entries(removed));
    print(&if json { as_line(&json!({"database": at.db, "removed": removed})) } else { text })
}

/// Waits for an entry.
pub fn wait(
    store: &Store,
    at: &At,
    key: &OsString,
    timeout: Option<Duration>,
    json: bool,
) -> Result<(), Failure> {
    let key = at.key(key)?;
    let start = std::time::Instant::now();
    store.wait(&at.db, &key, timeout)?;
    if !json {
        return Ok(());
    }
    let row = json!({"database": at.db, "waited_ms": ms(start.elapsed())});
    print(&as_line(&with_key(row, &key)))
}

/// A time to live in ms: what is not 0 does not become so, which would be for ever.
fn life(time: Duration) -> u64 {
    if time.is_zero() { 0 } else { ms(time).max(1) }
}

fn ms(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}

/// The envelope of an entry for JSON.
pub fn envelope(database: &str, view: &View) -> Value {
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

fn no_entry(store: &Store, at: &At, key: &[u8]) -> String {
    let (db, path) = (&at.db, store.path().display());
    format!("no live entry under key \"{}\" in database {db:?} of {path}", key::shown(key))
}
