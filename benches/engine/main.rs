//! What the engine's operations cost: medians, one line each with subject, operation, bytes and nanoseconds,
//! tab-separated, as `bench-compare/python/report.py` reads them.
//!
//! `cargo bench --bench engine -- [operations] [flat] [sweep] [wakeup] [open] [contention] [references] [counters]`;
//! all of them when none is named.
//! The stores are made below `DY_LMDB_BENCH_DIR`, else the system's temporary directory.

mod contention;
mod counters;
mod flat;
mod measure;
mod operations;
mod references;
mod sweep;
mod wakeup;

use dishtayantra_lmdb::error::Result;
use dishtayantra_lmdb::options::Options;
use dishtayantra_lmdb::store::Store;
use measure::{median_of, row};
use std::path::Path;
use std::process::ExitCode;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).filter(|a| !a.starts_with("--")).collect();
    // Benchmarks of several processes run this program again.
    finish(match arguments.as_slice() {
        [mode, directory] if mode == wakeup::ANSWER => wakeup::answer(Path::new(directory)),
        [mode, directory, name] if mode == contention::FILL => contention::fill(Path::new(directory), name),
        _ => run(&arguments),
    })
}

fn finish(result: Result<()>) -> ExitCode {
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("engine bench: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run(chosen: &[String]) -> Result<()> {
    type Group = (&'static str, fn() -> Result<()>);
    let groups: [Group; 8] = [
        ("operations", operations::run),
        ("flat", flat::run),
        ("sweep", sweep::run),
        ("wakeup", wakeup::run),
        ("open", open),
        ("contention", contention::run),
        ("references", references::run),
        ("counters", counters::run),
    ];
    if let Some(unknown) = chosen.iter().find(|name| groups.iter().all(|(group, _)| group != name)) {
        eprintln!(
            "engine bench: no group {unknown:?}: operations, flat, sweep, wakeup, open, contention, references, counters"
        );
        std::process::exit(2);
    }
    for (group, run) in groups {
        if chosen.is_empty() || chosen.iter().any(|name| name == group) {
            run()?;
        }
    }
    Ok(())
}

/// A new store, and the same one opened again after its last holder closed it.
fn open() -> Result<()> {
    const ROUNDS: usize = 15;
    let mut directories = Vec::new();
    let created = median_of(ROUNDS, || {
        directories.push(measure::directory());
        let path = directories[directories.len() - 1].path();
        let start = std::time::Instant::now();
        let store = Store::open(path, &Options::default())?;
        let elapsed = start.elapsed();
        drop(store);
        Ok(elapsed)
    })?;
    row("open a new store", 0, created);
    let path = directories[0].path();
    let reopened = median_of(ROUNDS, || {
        let start = std::time::Instant::now();
        let store = Store::open(path, &Options::default())?;
        let elapsed = start.elapsed();
        drop(store);
        Ok(elapsed)
    })?;
    row("open an existing store", 0, reopened);
    Ok(())
}
