//! Copying the entries of a store to another one.

use std::path::Path;

use dishtayantra_lmdb::error::Status;
use dishtayantra_lmdb::options::{Options, PutOptions};
use dishtayantra_lmdb::store::Store;
use serde_json::json;

use crate::arguments::{Copy, Opening};
use crate::list::{databases, walk};
use crate::out::print;
use crate::progress::{Progress, Unit};
use crate::report::{as_line, number};
use crate::store::failed;
use crate::text::{entries, size};
use crate::{Failure, key};

/// Copies the live entries. They keep what is left of their lives; who reads the original meanwhile is not disturbed.
pub fn run(wanted: &Copy, opening: &Opening) -> Result<(), Failure> {
    let from = crate::store::open(&wanted.path, opening)?;
    let stats = from.stats()?;
    let map_size = wanted.map_size.unwrap_or_else(|| number(&stats["map"]["limit"]));
    let to = destination(&wanted.to, map_size, opening)?;
    if from.id() == to.id() {
        return failed(Status::InvalidArgument, format!("{} is the same store", wanted.to.display()));
    }
    let prefix = key::parse(&wanted.prefix)?;
    let names = databases(&from, wanted.db.as_deref())?;
    let total = stats["databases"].as_object().into_iter().flatten();
    let total =
        total.filter(|(name, _)| names.contains(name)).map(|(_, database)| number(&database["bytes"])).sum();
    let progress = Progress::new("copying", total, Unit::Bytes);
    let (mut copied, mut bytes, mut kept) = (0_u64, 0_u64, 0_u64);
    for name in names {
        walk(&from, &name, &prefix, |entry| {
            // It may have gone since it was listed.
            let Some(view) = from.view_quiet(&name, &entry.key)? else { return Ok(()) };
            view.verify()?;
            if wanted.no_overwrite && to.contains(&name, &entry.key)? {
                kept += 1;
                return Ok(());
            }
            let options = PutOptions {
                format: view.info().format,
                ttl_ms: entry.left_ms.map_or(0, |left| left.max(1)),
                checksum: view.info().checksum.is_some(),
                txn_id: view.txn_id(),
                source: view.source(),
                target: view.target(),
                ..PutOptions::default()
            };
            to.put(&name, &entry.key, &[view.bytes()], &options)?;
            copied += 1;
            bytes += view.info().size;
            progress.add(view.info().size);
            Ok(())
        })?;
    }
    drop(progress);
    if opening.json {
        return print(&as_line(&json!({"copied": copied, "bytes": bytes, "kept": kept})));
    }
    let there = if kept > 0 { format!("; {} were there already", entries(kept)) } else { String::new() };
    print(&format!("{}, {} copied{there}\n", entries(copied), size(bytes)))
}

fn destination(path: &Path, map_size: u64, opening: &Opening) -> Result<Store, Failure> {
    if Store::version_at(path).is_ok_and(|version| version.is_some()) {
        let options = Options { max_dbs: 100, ..crate::store::options(opening) };
        return Ok(Store::open(path, &options)?);
    }
    let options = Options {
        map_size,
        mode: opening.mode,
        follow_symlinks: opening.follow_symlinks,
        sweeper: false,
        ..Options::default()
    };
    Ok(Store::open(path, &options)?)
}
