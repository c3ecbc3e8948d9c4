//! Nobody fills a payload inside the write lock: while four processes fill loans of 10 MB in a closed loop, a fifth puts
//! 1 KB as if it were alone. On fewer than five cores it shares them as well, which the slowest puts show.

use crate::measure::{directory, quiet, row_ns};
use dishtayantra_lmdb::error::Result;
use dishtayantra_lmdb::options::PutOptions;
use dishtayantra_lmdb::store::Store;
use std::path::Path;
use std::process::{Child, Command};
use std::time::{Duration, Instant};

/// The argument that makes this program one of those that fill.
pub const FILL: &str = "fill";

const DB: &str = "default";
const FILLERS: usize = 4;
const FILLED: usize = 10 << 20;
const SMALL: [u8; 1024] = [7; 1024];
const MAP: u64 = 1 << 30;
/// Loans that each has published before the clock starts.
const STARTED: u64 = 5;
const ALONE: Duration = Duration::from_secs(2);
const BESIDE: Duration = Duration::from_secs(10);
const PATIENCE: Option<Duration> = Some(Duration::from_secs(60));
/// Between two puts, so that the fifth process does not keep a core for itself.
const PAUSE: Duration = Duration::from_micros(200);
const STOP: &[u8] = b"stop";

pub fn run() -> Result<()> {
    let directory = directory();
    let store = Store::open(directory.path(), &quiet(MAP))?;
    tell("put, alone", put_for(&store, ALONE)?);
    let program = std::env::current_exe().expect("the path of this program");
    let mut fillers: Vec<Child> = (0..FILLERS)
        .map(|name| {
            Command::new(&program)
                .arg(FILL)
                .arg(directory.path())
                .arg(name.to_string())
                .spawn()
                .expect("another process starts")
        })
        .collect();
    let measured = (0..FILLERS)
        .try_for_each(|name| store.wait(DB, started(&name.to_string()).as_bytes(), PATIENCE))
        .and_then(|()| put_for(&store, BESIDE));
    store.put(DB, STOP, &[b"stop"], &PutOptions::default())?;
    for filler in &mut fillers {
        assert!(filler.wait().expect("a process that fills ends").success(), "a process that fills failed");
    }
    tell("put, beside four that fill", measured?);
    Ok(())
}

fn started(name: &str) -> String {
    format!("started:{name}")
}

/// One of the processes that fill: until it is told to stop.
pub fn fill(path: &Path, name: &str) -> Result<()> {
    let store = Store::open(path, &quiet(MAP))?;
    let (key, options) = (format!("filled:{name}"), PutOptions::default());
    let mut rounds = 0_u64;
    while !store.contains(DB, STOP)? {
        let mut loan = store.loan(FILLED as u64)?;
        loan.bytes_mut().fill(rounds as u8);
        loan.publish(DB, key.as_bytes(), &options)?;
        rounds += 1;
        if rounds == STARTED {
            store.put(DB, started(name).as_bytes(), &[b"started"], &options)?;
        }
    }
    Ok(())
}

/// The times of puts, sorted.
fn put_for(store: &Store, duration: Duration) -> Result<Vec<Duration>> {
    let options = PutOptions::default();
    let end = Instant::now() + duration;
    let mut times = Vec::new();
    while Instant::now() < end {
        let start = Instant::now();
        store.put(DB, b"small", &[&SMALL], &options)?;
        times.push(start.elapsed());
        std::thread::sleep(PAUSE);
    }
    times.sort_unstable();
    Ok(times)
}

fn tell(operation: &str, times: Vec<Duration>) {
    for (name, percent) in [("median", 50), ("p90", 90), ("p99", 99)] {
        let time = times[(times.len() * percent / 100).min(times.len() - 1)];
        row_ns(&format!("{operation}: {name}"), SMALL.len(), time.as_nanos() as f64);
    }
}
