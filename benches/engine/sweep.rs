//! A sweep must cost what has expired, whatever else is alive. The third column counts the expired entries.

use crate::measure::{directory, median_of, quiet, row};
use dishtayantra_lmdb::error::Result;
use dishtayantra_lmdb::options::PutOptions;
use dishtayantra_lmdb::store::Store;
use std::time::{Duration, Instant};

const DB: &str = "default";
const PAYLOAD: &[u8] = &[7; 100];

pub fn run() -> Result<()> {
    for live in [1_000_usize, 100_000] {
        let directory = directory();
        let store = Store::open(directory.path(), &quiet(1 << 30))?;
        let hour = PutOptions { ttl_ms: 3_600_000, ..PutOptions::default() };
        for i in 0..live {
            store.put(DB, format!("live:{i}").as_bytes(), &[PAYLOAD], &hour)?;
        }
        for (expired, rounds) in [(0_usize, 200), (16, 100), (1_000, 20), (10_000, 5)] {
            let elapsed = median_of(rounds, || sweep(&store, expired))?;
            row(&format!("sweep beside {live} live"), expired, elapsed);
        }
    }
    Ok(())
}

fn sweep(store: &Store, expired: usize) -> Result<Duration> {
    let short = PutOptions { ttl_ms: 1, ..PutOptions::default() };
    for i in 0..expired {
        store.put(DB, format!("short:{i}").as_bytes(), &[PAYLOAD], &short)?;
    }
    std::thread::sleep(Duration::from_millis(3));
    let start = Instant::now();
    let removed = store.sweep()?;
    let elapsed = start.elapsed();
    assert_eq!(removed, expired as u64, "a sweep that removes something else is not the one to measure");
    Ok(elapsed)
}
