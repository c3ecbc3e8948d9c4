//! Publishing and deleting must not cost more for a gigabyte than for a megabyte: both without the copy.

use crate::measure::{directory, median, quiet, row};
use dishtayantra_lmdb::error::Result;
use dishtayantra_lmdb::options::PutOptions;
use dishtayantra_lmdb::store::Store;
use std::time::Instant;

const DB: &str = "default";
const KEY: &[u8] = b"bench:flat";
const SIZES: [u64; 4] = [1 << 20, 10 << 20, 100 << 20, 1 << 30];
const WARM_UP: usize = 16;
const ROUNDS: usize = 50;
const TURNS: usize = 8;

pub fn run() -> Result<()> {
    let directory = directory();
    let store = Store::open(directory.path(), &quiet(8 << 30))?;
    let options = PutOptions::default();
    let mut published = SIZES.map(|_| Vec::new());
    let mut deleted = SIZES.map(|_| Vec::new());
    // The sizes take turns: what else the machine does meets all of them alike.
    for _ in 0..TURNS {
        for (which, size) in SIZES.into_iter().enumerate() {
            for round in 0..WARM_UP + ROUNDS {
                let start = Instant::now();
                store.loan(size)?.publish(DB, KEY, &options)?;
                let publish = start.elapsed();
                let start = Instant::now();
                store.delete(DB, KEY)?;
                let delete = start.elapsed();
                if round >= WARM_UP {
                    published[which].push(publish);
                    deleted[which].push(delete);
                }
            }
        }
    }
    for (size, (published, deleted)) in SIZES.into_iter().zip(published.into_iter().zip(deleted)) {
        row("flat: loan + publish", size as usize, median(published));
        row("flat: delete", size as usize, median(deleted));
    }
    Ok(())
}
