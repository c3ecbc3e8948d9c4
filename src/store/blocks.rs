//! Blocks of free pages, given back to the file system: on a full disk other pages need them.
//!
//! A free run is first noted as one that may have no blocks. Only then holes are punched, under the write lock, and where
//! the pages are free still: who takes them allocates blocks again.

use super::arena;
use super::engine::Engine;
use super::extents;
use super::run::Run;
use super::space::{self, Purpose};
use super::sweeper::POPULATE_STEP;
use super::write::Writer;
use crate::envelope::Extent;
use crate::error::Result;
use crate::lmdb::Access;
use std::collections::BTreeMap;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

/// Row of `_dy_meta`: bytes given back so far (8 bytes, little-endian).
const GIVEN_KEY: &[u8] = b"given_back";
/// Runs noted under one hold of the write lock.
const ROWS: usize = 16;
/// How long an arena is wholly free before the sweeper gives its blocks back.
const QUIET: Duration = Duration::from_secs(60);

/// How often that is looked at.
const LOOK: Duration = Duration::from_secs(5);

/// Arenas that are wholly free, by first page: since when, and whether their blocks are given back.
#[derive(Default)]
pub struct Quiet {
    looked: Option<Instant>,
    free: BTreeMap<u64, (Instant, bool)>,
}

/// Bytes given back since the store was created.
pub fn given(engine: &Engine, txn: &impl Access) -> Result<u64> {
    let row = txn.get(engine.dbs().meta, GIVEN_KEY)?;
    Ok(row.and_then(|value| value.try_into().ok()).map_or(0, u64::from_le_bytes))
}

/// Gives back the blocks of all free pages of arenas.
pub fn give_back_all(engine: &Engine) -> Result<()> {
    let mut runs = Vec::new();
    engine.snapshot()?.each(engine.dbs().free.by_start, |key, value| runs.extend(Run::parse(key, value)))?;
    give_back(engine, &runs)
}

/// Gives back the blocks of arenas that have been wholly free for a while.
pub fn give_back_quiet(engine: &Engine, quiet: &mut Quiet) -> Result<()> {
    if quiet.looked.is_some_and(|looked| looked.elapsed() < LOOK) {
        return Ok(());
    }
    quiet.looked = Some(Instant::now());
    let mut free = BTreeMap::new();
    let mut due = Vec::new();
    {
        let txn = engine.snapshot()?;
        for arena in arena::extents(engine, &txn)? {
            let key = arena.start.to_be_bytes();
            let run = txn.get(engine.dbs().free.by_start, &key)?.and_then(|value| Run::parse(&key, value));
            if let Some(run) = run.filter(|run| run.extent == arena) {
                let (since, given) = quiet.free.get(&arena.start).copied().unwrap_or((Instant::now(), false));
                if !given && since.elapsed() >= QUIET {
                    due.push(run);
                }
                free.insert(arena.start, (since, since.elapsed() >= QUIET));
            }
        }
    }
    quiet.free = free;
    give_back(engine, &due)
}

fn give_back(engine: &Engine, runs: &[Run]) -> Result<()> {
    let noted: Vec<&Run> = runs.iter().filter(|run| run.virgin > run.extent.start).collect();
    for batch in noted.chunks(ROWS) {
        let mut writer = Writer::begin(engine, Purpose::Delete, ROWS as u64)?;
        for run in batch {
            extents::note_holes(&mut writer, run.extent)?;
        }
        writer.commit()?;
    }
    let step = POPULATE_STEP / engine.page_size;
    let mut bytes = 0;
    for Extent { start, pages } in runs.iter().map(|run| run.extent) {
        for at in (start..start + pages).step_by(step as usize) {
            bytes += punch(engine, Extent { start: at, pages: step.min(start + pages - at) })?;
        }
    }
    if bytes > 0 {
        // The sweeper would allocate what is free there anew.
        engine.shared.frontier().store(0, Ordering::Relaxed);
    }
    Ok(())
}

/// Punches what is free and noted as without blocks; nothing otherwise.
fn punch(engine: &Engine, extent: Extent) -> Result<u64> {
    let mut writer = Writer::begin(engine, Purpose::Delete, 0)?;
    let run = extents::containing(writer.reader(), engine.dbs().free, extent.start)?;
    if run.is_none_or(|run| run.virgin > extent.start || run.extent.end() < extent.end()) {
        return Ok(0);
    }
    let (offset, length) = (extent.start * engine.page_size, extent.pages * engine.page_size);
    let bytes = match engine.map.punch(offset, length) {
        Ok(bytes) => bytes,
        // The file system cannot: the blocks stay.
        Err(error) if error.raw_os_error() == Some(libc::EOPNOTSUPP) => 0,
        Err(error) => return Err(space::failed(engine, 0, &error)),
    };
    if bytes > 0 {
        let (meta, total) = (writer.dbs().meta, given(engine, writer.reader())? + bytes);
        writer.txn().put(meta, GIVEN_KEY, &total.to_le_bytes())?;
        writer.commit()?;
    }
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::options::{Options, PutOptions};
    use crate::store::{Store, recovery};

    #[test]
    fn an_arena_that_was_free_for_long_gives_its_blocks_back() {
        let dir = tempfile::TempDir::new().unwrap();
        let store = Store::open(dir.path(), &Options { sweeper: false, ..Options::default() }).unwrap();
        let payload = vec![7; 3 << 20];
        let put = || store.put("default", b"k", &[&payload], &PutOptions::default()).unwrap();
        put();
        assert!(store.delete("default", b"k").unwrap());
        for _ in 0..3 {
            put();
            assert!(store.delete("default", b"k").unwrap());
            store.sweep().unwrap();
        }
        let engine = &store.engine;
        recovery::make_room(engine, false).unwrap();
        let given = || given(engine, &engine.snapshot().unwrap()).unwrap();
        let mut quiet = Quiet::default();
        give_back_quiet(engine, &mut quiet).unwrap();
        assert_eq!((given(), quiet.free.len()), (0, 1));
        quiet.looked = None;
        quiet.free.values_mut().for_each(|(since, _)| *since -= QUIET);
        give_back_quiet(engine, &mut quiet).unwrap();
        assert!(given() >= payload.len() as u64, "{}", given());
        put();
        assert_eq!(store.view("default", b"k").unwrap().unwrap().bytes(), payload);
        assert!(store.audit().unwrap().faults.is_empty());
    }
}
