//! Walking a whole store to prove that no page is lost and none is owned twice.

use super::arena;
use super::databases::database_names;
use super::engine::Engine;
use super::run::Run;
use super::space::Purpose;
use super::write::Writer;
use super::{expiry, loans, pins, quarantine, record};
use crate::envelope::{Due, Extent};
use crate::error::Result;
use crate::lmdb::{Access, Dbi};
use serde::Serialize;
use std::collections::BTreeMap;

/// What an audit found.
#[derive(Debug, Clone, Serialize)]
pub struct Audit {
    /// What is wrong; empty: nothing.
    pub faults: Vec<String>,
    /// Entries, live and expired.
    pub entries: u64,
    /// Payload bytes of those in extents.
    pub extent_bytes: u64,
    /// Pages of all arenas, without those that carry LMDB's header.
    pub arena_pages: u64,
    /// Pages that are free.
    pub free_pages: u64,
    /// Pages that wait until nobody sees them.
    pub quarantined_pages: u64,
    /// Pages of entries.
    pub live_pages: u64,
    /// Pages on loan, and those kept for the next one.
    pub loaned_pages: u64,
    /// Loans that are open, but for those on extents that were kept.
    pub loans: u64,
    /// Pin slots in use, by any process.
    pub pins: u64,
    /// Reader slots that read at the moment, the audit's own apart.
    pub reading: u64,
}

/// Audits the store with the write lock held, so that nothing moves.
pub fn run(engine: &Engine) -> Result<Audit> {
    let mut faults = Vec::new();
    let names = database_names(engine)?;
    let dbs: Vec<(String, Dbi)> = names
        .into_iter()
        .filter_map(|name| match engine.find_db(&name) {
            Ok(dbi) => dbi.map(|dbi| (name, dbi)),
            Err(error) => {
                faults.push(error.to_string());
                None
            }
        })
        .collect();
    let writer = Writer::begin(engine, Purpose::Delete, 0)?;
    let txn = writer.reader();
    let system = engine.dbs();
    let mut owned: Vec<(Extent, String)> = Vec::new();

    let mut expiring: BTreeMap<Due, (String, Vec<u8>)> = BTreeMap::new();
    txn.each(system.expiry, |key, value| match expiry::parse(key, value) {
        Some(row) => {
            expiring.insert(row.due, (row.db, row.key));
        }
        None => faults.push(format!("expiry row {key:?} is unreadable")),
    })?;
    let (mut entries, mut extent_bytes, mut live_pages) = (0, 0, 0);
    for (name, dbi) in &dbs {
        txn.each(*dbi, |key, value| match record::decode(engine, key, value) {
            Ok(record) => {
                entries += 1;
                let at = record::entry_name(name, key);
                let never = record.expires_ns == 0;
                if record.due.is_none() != never || record.due.is_some_and(|due| due.ns > record.expires_ns) {
                    faults
                        .push(format!("{at}: expires at {}, its row is {:?}", record.expires_ns, record.due));
                }
                if let Some(due) = record.due {
                    match expiring.remove(&due) {
                        Some((db, row_key)) if db == *name && row_key == key => {}
                        other => faults.push(format!("{at}: its expiry row is {other:?}")),
                    }
                }
                if let Some(extent) = record.extent {
                    extent_bytes += record.size;
                    live_pages += extent.pages;
                    owned.push((extent, at));
                }
            }
            Err(error) => faults.push(error.to_string()),
        })?;
    }
    faults.extend(
        expiring.values().map(|(db, key)| format!("expiry row of no entry: {}", record::entry_name(db, key))),
    );

    let mut free_pages = 0;
    let mut by_len = 0;
    txn.each(system.free.by_start, |key, value| match Run::parse(key, value) {
        Some(run) => {
            free_pages += run.extent.pages;
            owned.push((run.extent, "free".into()));
        }
        None => faults.push(format!("free row {key:?} is unreadable")),
    })?;
    txn.each(system.free.by_len, |key, _| {
        let pages = key.get(..8).and_then(|bytes| bytes.try_into().ok()).map(u64::from_be_bytes);
        by_len += pages.unwrap_or(0);
    })?;
    if txn.entries(system.free.by_start)? != txn.entries(system.free.by_len)? || by_len != free_pages {
        faults.push(format!("free pages by start {free_pages}, by length {by_len}"));
    }
    let mut quarantined_pages = 0;
    txn.each(system.quarantine, |key, value| match quarantine::parse(key, value) {
        Some(row) => {
            quarantined_pages += row.extent.pages;
            owned.push((row.extent, format!("quarantine of {}", record::entry_name("", row.key))));
        }
        None => faults.push(format!("quarantine row {key:?} is unreadable")),
    })?;
    let (mut loaned_pages, mut loans) = (0, 0);
    txn.each(system.loans, |key, value| match loans::parse(value) {
        Some(row) => {
            loans += u64::from(row.before.is_none());
            loaned_pages += row.run.extent.pages;
            owned.push((row.run.extent, format!("loan of pid {}", row.pid)));
        }
        None => faults.push(format!("loan row {key:?} is unreadable")),
    })?;

    let mut arenas = arena::extents(engine, txn)?;
    faults.extend(tiling(&mut arenas, &mut owned));
    Ok(Audit {
        faults,
        entries,
        extent_bytes,
        arena_pages: arenas.iter().map(|arena| arena.pages).sum(),
        free_pages,
        quarantined_pages,
        live_pages,
        loaned_pages,
        loans,
        pins: pins::list(&engine.shared).len() as u64,
        reading: engine.lock_table.slots().iter().filter(|slot| slot.snapshot.is_some()).count() as u64,
    })
}

/// Faults of owners that do not cover the arenas exactly once.
fn tiling(arenas: &mut [Extent], owned: &mut [(Extent, String)]) -> Vec<String> {
    arenas.sort_unstable();
    owned.sort_unstable();
    let mut faults = Vec::new();
    let mut owners = owned.iter().peekable();
    for arena in arenas.iter() {
        let mut page = arena.start;
        while let Some((extent, who)) = owners.next_if(|(extent, _)| extent.start < arena.end()) {
            if extent.start < page {
                faults.push(format!(
                    "pages {}+{} ({who}) are owned twice or outside",
                    extent.start, extent.pages
                ));
            } else if extent.start > page {
                faults.push(format!("pages {page}..{} belong to nobody", extent.start));
            }
            page = page.max(extent.end());
        }
        if page != arena.end() {
            faults.push(format!("pages up to {page} are owned in an arena that ends at {}", arena.end()));
        }
    }
    faults.extend(
        owners
            .map(|(extent, who)| format!("pages {}+{} ({who}) are in no arena", extent.start, extent.pages)),
    );
    faults
}

#[cfg(test)]
mod tests {
    use super::*;

    fn extent(start: u64, pages: u64) -> Extent {
        Extent { start, pages }
    }

    #[test]
    fn a_lost_page_and_a_page_owned_twice_are_found() {
        let whole = |owned: &[(u64, u64)]| {
            let mut owned: Vec<_> = owned.iter().map(|&(s, n)| (extent(s, n), "x".to_owned())).collect();
            tiling(&mut [extent(10, 10)], &mut owned)
        };
        assert!(whole(&[(10, 4), (14, 6)]).is_empty());
        assert_eq!(whole(&[(10, 4), (15, 5)]).len(), 1);
        assert_eq!(whole(&[(10, 5), (14, 6)]).len(), 1);
        assert_eq!(whole(&[(10, 9)]).len(), 1);
        assert_eq!(whole(&[(10, 10), (30, 1)]).len(), 1);
    }
}
