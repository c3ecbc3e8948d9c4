//! `dishtayantra-lmdb`: what a store holds, and who holds it.

mod arguments;
mod entries;
mod report;
mod store;
mod text;
mod watch;

use std::io::{ErrorKind, Write};
use std::process::ExitCode;

use arguments::{Arguments, Command};
use clap::Parser;

/// Why a command failed, in words.
type Failure = Box<dyn std::error::Error>;

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let outcome = run(&arguments);
    for warning in dishtayantra_lmdb::warning::take() {
        eprintln!("warning: {warning}");
    }
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) if is_broken_pipe(failure.as_ref()) => ExitCode::SUCCESS,
        Err(failure) => {
            eprintln!("error: {failure}");
            ExitCode::FAILURE
        }
    }
}

fn run(arguments: &Arguments) -> Result<(), Failure> {
    let store = store::open(arguments)?;
    let json = arguments.json;
    let answer = match &arguments.command {
        Command::Info { .. } => report::info(&store, json)?,
        Command::Holders { .. } => report::holders(&store, json)?,
        Command::Ls { db, prefix, long, .. } => entries::list(&store, db.as_deref(), prefix, *long, json)?,
        Command::Get { key, db, output, .. } => {
            return entries::get(&store, db, key, output.as_deref(), json);
        }
        Command::Rm { keys, db, .. } => return entries::remove(&store, db, keys, json),
        Command::Sweep { .. } => report::sweep(&store, json)?,
        Command::Audit { .. } => return report::audit(&store, json),
        Command::Watch { interval, count, .. } => return watch::run(&store, *interval, *count, json),
    };
    print(&answer)
}

/// Writes to the standard output; what cannot be written is an error, not a panic.
fn print(answer: &str) -> Result<(), Failure> {
    let mut out = std::io::stdout().lock();
    out.write_all(answer.as_bytes())?;
    out.flush()?;
    Ok(())
}

/// Whether the reader of our output has gone, as `head` does.
fn is_broken_pipe(failure: &(dyn std::error::Error + 'static)) -> bool {
    failure.downcast_ref::<std::io::Error>().is_some_and(|error| error.kind() == ErrorKind::BrokenPipe)
}
