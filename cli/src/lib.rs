//! `dishtayantra-lmdb`, or `dylmdb`: what a store holds, who holds it, and what is slow.
//!
//! ```text
//! arguments            the command line
//! report, list, entry  the store as a whole, its entries (ranked: the first of them), single ones
//! store, process       opening a store, and what the kernel tells of those who have it open
//! show                 what an entry holds
//! top, calls           a store live, and calls of calculators
//! metrics, page        for Prometheus, and a report as HTML
//! copy, check, bench   all entries: to another store, whether they are right; and how fast it is
//! shell                completions and manual pages
//! doctor, stores       what stands in a store's way, and where there are any
//! out, key, text       what is printed, and that none of it is lost
//! ```

mod arguments;
mod bench;
mod calls;
mod check;
mod copy;
mod doctor;
mod entry;
mod key;
mod list;
mod metrics;
mod out;
mod page;
mod process;
mod progress;
mod ranked;
mod report;
mod shell;
mod show;
mod store;
mod stores;
mod text;
mod top;
mod watch;

use std::process::ExitCode;

use arguments::{Arguments, Command};
use clap::Parser;
use dishtayantra_lmdb::error::Error;
use dishtayantra_lmdb::warning;

/// Why a command failed, in words.
type Failure = Box<dyn std::error::Error>;

/// Runs the command line of this process.
pub fn main() -> ExitCode {
    let arguments = match Arguments::try_parse() {
        Ok(arguments) => arguments,
        Err(error) => return out::usage(&error),
    };
    let outcome = run(&arguments);
    let mut told = true;
    let warnings = warning::take();
    for warning in &warnings {
        told &= out::tell(&format!("warning: {warning}"));
    }
    if !warnings.is_empty() {
        told &= out::tell(&format!("help: {}", warning::HELP));
    }
    match outcome {
        Ok(()) if told => return ExitCode::SUCCESS,
        Err(failure) if !out::is_left(&failure) => {
            _ = out::tell(&store::in_words(&failure));
            if let Some(error) = failure.downcast_ref::<Error>() {
                _ = out::tell(&format!("help: {}", error.status().help().to_string_lossy()));
            }
        }
        _ => {}
    }
    ExitCode::FAILURE
}

fn run(arguments: &Arguments) -> Result<(), Failure> {
    let opening = &arguments.opening;
    let json = opening.json;
    let open = |path| store::open(path, opening);
    match &arguments.command {
        Command::Info { path } => out::print(&report::info(&open(path)?, json)?),
        Command::Holders { path } => out::print(&report::holders(&open(path)?, json)?),
        Command::Ls(wanted) => list::list(&open(&wanted.path)?, wanted, json),
        Command::Get { at, key, output } => entry::get(&open(&at.path)?, at, key, output.as_deref(), json),
        Command::Show { at, key, limit } => {
            show::run(&at.db, &entry::view(&open(&at.path)?, at, &at.key(key)?)?, *limit, json)
        }
        Command::Put(wanted) => entry::put(wanted, opening),
        Command::Touch { at, keys, ttl } => entry::touch(&open(&at.path)?, at, keys, *ttl, json),
        Command::Wait { at, key, timeout } => entry::wait(&open(&at.path)?, at, key, *timeout, json),
        Command::Rm { at, prefix: Some(prefix), .. } => {
            entry::remove_prefix(&open(&at.path)?, at, prefix, json)
        }
        Command::Rm { at, keys, .. } => entry::remove(&open(&at.path)?, at, keys, json),
        Command::Top { path, interval } => top::run(&open(path)?, *interval),
        Command::Calculators { path } => calls::print_calculators(&open(path)?.stats()?, json),
        Command::Slow { path, limit } => calls::print_slow(&open(path)?.stats()?, *limit, json),
        Command::Metrics { path, listen } => metrics::run(path, *listen, opening),
        Command::Report { path, output, over } => page::run(&open(path)?, output.as_deref(), *over, json),
        Command::Copy(wanted) => copy::run(wanted, opening),
        Command::Check { path } => check::run(&open(path)?, json),
        Command::Bench { directory, sizes, time } => bench::run(directory, sizes, *time, json),
        Command::Completions { shell } => shell::completions(*shell),
        Command::Man { directory } => shell::manual(directory.as_deref()),
        Command::Doctor { path } => doctor::run(path, opening),
        Command::Stores { directories, open } => stores::run(directories, *open, json),
        Command::Grow { path, size } => report::grow(&open(path)?, *size, json),
        Command::Sweep { path } => out::print(&report::sweep(&open(path)?, json)?),
        Command::Audit { path } => report::audit(&open(path)?, json),
        Command::Watch { path, interval, count } => watch::run(&open(path)?, *interval, *count, json),
    }
}
