//! Arenas: large LMDB values that LMDB writes once, and extents cut from them.

use super::engine::Engine;
use super::extents;
use super::quarantine;
use super::run::Run;
use super::space;
use super::write::Writer;
use crate::envelope::Extent;
use crate::error::{Error, Result, Status};
use crate::lmdb::{Access, MAX_VALUE};
use std::sync::atomic::Ordering;

/// Bytes LMDB puts before a value that has pages of its own.
const PAGE_HEADER: u64 = 16;
/// Arenas are this large at least and, but for larger payloads, at most.
const ARENA: (u64, u64) = (1 << 20, 256 << 20);
/// Arenas a full store would be made of.
const ARENAS: u64 = 64;

/// Takes pages: from what is free, from what left quarantine, or from a new arena.
pub fn allocate(writer: &mut Writer, pages: u64) -> Result<Run> {
    if let Some(extent) = quarantine::drain(writer, &quarantine::BRIEF, Some(pages))?.fitting {
        return Ok(Run::allocated(extent));
    }
    let mut found = extents::take(writer, pages)?;
    if found.is_none() && quarantine::drain(writer, &quarantine::THOROUGH, None)?.freed > 0 {
        found = extents::take(writer, pages)?;
    }
    // On a full disk blocks may be where small entries were, and not where pages of arenas are free.
    if let Some(run) = found
        && lacks_room(writer.engine(), run)
        && reuse(writer, pages)?
    {
        extents::release(writer, run)?;
        found = extents::take(writer, pages)?;
    }
    if found.is_none() {
        create(writer, pages)?;
        found = extents::take(writer, pages)?;
    }
    let run = found
        .ok_or_else(|| Error::new(Status::Internal, "a new arena does not hold what it was made for"))?;
    let engine = writer.engine();
    if run.virgin < run.extent.end() {
        engine.shared.frontier().store(run.extent.end(), Ordering::Relaxed);
        engine.sweeper.populate_soon(run.extent.end() * engine.page_size);
    }
    Ok(run)
}

fn lacks_room(engine: &Engine, run: Run) -> bool {
    let missing = (run.extent.end() - run.virgin) * engine.page_size;
    missing > 0 && engine.map.room().is_ok_and(|room| room < missing)
}

/// Makes a new arena.
fn create(writer: &mut Writer, pages: u64) -> Result<()> {
    let engine = writer.engine();
    let page = engine.page_size;
    let limit = engine.shared.limit().load(Ordering::Relaxed);
    let high = (engine.env.last_page()? + 1).max(writer.growth().arena_end);
    let need = (pages + 1) * page;
    // Room for LMDB's own pages to grow, which an arena would never give back.
    let used = (high + space::MARGIN) * page + limit / ARENAS;
    let left = limit.saturating_sub(used);
    let short = engine.map.room().is_ok_and(|room| room < need + space::RESERVE);
    if (need > left || short) && reuse(writer, pages)? {
        return Ok(());
    }
    if need > left {
        return Err(space::map_full(engine, need));
    }
    space::back_next(engine, writer.growth())?;
    let wanted = usual(engine).max((4 * need).min(ARENA.1)).max(need).min(left).min(MAX_VALUE);
    make(writer, wanted / page)
}

/// Makes a new arena of pages that LMDB has freed, if it has enough in a row; they have blocks.
fn reuse(writer: &mut Writer, pages: u64) -> Result<bool> {
    let engine = writer.engine();
    let reusable = space::reusable_run(engine, writer.growth())?;
    if reusable <= pages {
        return Ok(false);
    }
    make(writer, (usual(engine) / engine.page_size).max(pages + 1).min(reusable))?;
    Ok(true)
}

/// Bytes of an arena, unless there is a reason for another size.
fn usual(engine: &Engine) -> u64 {
    (engine.shared.limit().load(Ordering::Relaxed) / ARENAS).clamp(ARENA.0, ARENA.1)
}

/// Reserves an arena, a large LMDB value that LMDB never touches again.
fn make(writer: &mut Writer, arena_pages: u64) -> Result<()> {
    let engine = writer.engine();
    let page = engine.page_size;
    let high = (engine.env.last_page()? + 1).max(writer.growth().arena_end);
    let id = writer.reader().entries(engine.dbs().arenas)? + 1;
    let size = arena_pages * page - PAGE_HEADER;
    let arenas = engine.dbs().arenas;
    let address = writer.txn().reserve(arenas, &id.to_be_bytes(), size as usize)?.as_ptr();
    let first = (engine.map.offset_of(address) - PAGE_HEADER) / page;
    let end = first + arena_pages;
    let meta = engine.dbs().meta;
    writer.txn().put(meta, &arena_key(id), &first.to_le_bytes())?;
    if first >= high {
        writer.growth().arena_end = end;
        writer.growth().allocated_end = Some(space::allocate_behind(engine, end, writer.growth())?);
        writer.txn().put(meta, space::TAIL_KEY, &end.to_le_bytes())?;
    } else {
        writer.growth().reused += arena_pages;
        if let Some(end) = space::make_up(engine, writer.growth())? {
            writer.growth().allocated_end = Some(end);
        }
    }
    // The first page carries LMDB's header of the value.
    let extent = Extent { start: first + 1, pages: arena_pages - 1 };
    let virgin = if first >= high { extent.start } else { extent.end() };
    extents::release(writer, Run { extent, virgin })
}

/// Row of `_dy_meta` that says where an arena lies (8 bytes, little-endian): a copy that moved it cannot be used.
fn arena_key(id: u64) -> [u8; 14] {
    let mut key = *b"arena:\0\0\0\0\0\0\0\0";
    key[6..].copy_from_slice(&id.to_be_bytes());
    key
}

/// The pages of each arena from which extents are cut.
pub fn extents(engine: &Engine, txn: &impl Access) -> Result<Vec<Extent>> {
    let mut arenas = Vec::new();
    txn.each(engine.dbs().arenas, |_, value| {
        let first = (engine.map.offset_of(value.as_ptr()) - PAGE_HEADER) / engine.page_size;
        let pages = (value.len() as u64 + PAGE_HEADER) / engine.page_size;
        arenas.push(Extent { start: first + 1, pages: pages - 1 });
    })?;
    Ok(arenas)
}

/// Refuses a store whose arenas are not where its extents say.
pub fn check_places(engine: &Engine, txn: &impl Access) -> Result<()> {
    let mut cursor = txn.cursor(engine.dbs().arenas)?;
    let mut pair = cursor.first()?;
    while let Some((key, value)) = pair {
        let id = key.try_into().map_or(0, u64::from_be_bytes);
        let first = (engine.map.offset_of(value.as_ptr()) - PAGE_HEADER) / engine.page_size;
        let noted = txn.get(engine.dbs().meta, &arena_key(id))?;
        if noted != Some(&first.to_le_bytes()) {
            return Err(Error::new(
                Status::ForeignStore,
                format!(
                    "{} holds a compacted copy of a store, whose payloads were moved; copy without compaction",
                    engine.path.display()
                ),
            ));
        }
        pair = cursor.next_pair()?;
    }
    Ok(())
}
