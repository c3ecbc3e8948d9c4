//! From one process's put to the other one's wait coming back: half of a round trip between two processes. The floor
//! beside it is `bench-compare/c/futex_peer.c`, which hands over nothing but the wake-up.

use crate::measure::{directory, median_of, quiet, row};
use dishtayantra_lmdb::error::Result;
use dishtayantra_lmdb::options::PutOptions;
use dishtayantra_lmdb::store::Store;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

/// The argument that makes this program the other process.
pub const ANSWER: &str = "answer";

const DB: &str = "default";
const WARM_UP: usize = 200;
const ROUNDS: usize = 1_000;
const PATIENCE: Option<Duration> = Some(Duration::from_secs(10));

pub fn run() -> Result<()> {
    let directory = directory();
    let store = Store::open(directory.path(), &quiet(64 << 20))?;
    let program = std::env::current_exe().expect("the path of this program");
    let mut other =
        Command::new(program).arg(ANSWER).arg(directory.path()).spawn().expect("the other process starts");
    let options = PutOptions::default();
    let mut round = 0;
    let mut trip = || {
        let (ping, pong) = (format!("ping:{round}"), format!("pong:{round}"));
        round += 1;
        let start = Instant::now();
        store.put(DB, ping.as_bytes(), &[b"ping"], &options)?;
        store.wait(DB, pong.as_bytes(), PATIENCE)?;
        Ok(start.elapsed() / 2)
    };
    let trips = median_of(WARM_UP, &mut trip).and_then(|_| median_of(ROUNDS, &mut trip));
    let ended = other.wait().expect("the other process ends");
    row("wakeup", 0, trips?);
    assert!(ended.success(), "the other process failed");
    Ok(())
}

/// The other process: answers each ping.
pub fn answer(path: &Path) -> Result<()> {
    let store = Store::open(path, &quiet(64 << 20))?;
    for round in 0..WARM_UP + ROUNDS {
        store.wait(DB, format!("ping:{round}").as_bytes(), PATIENCE)?;
        store.put(DB, format!("pong:{round}").as_bytes(), &[b"pong"], &PutOptions::default())?;
    }
    Ok(())
}
