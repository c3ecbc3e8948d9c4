//! What is counted and timed of a calculator's call that goes through the store, and nothing else of the call.

use crate::measure::{directory, median, quiet, row_ns, time_batch};
use dishtayantra_lmdb::error::Result;
use dishtayantra_lmdb::store::{Count, Meter, Store};
use std::hint::black_box;
use std::time::Instant;

const SIZE: usize = 1024;
const ROUNDS: usize = 400;
/// A whole number of times what one call is sampled of.
const BATCH: u32 = 1024;

pub fn run() -> Result<()> {
    let directory = directory();
    let store = Store::open(directory.path(), &quiet(16 << 20))?;
    // No call is slow: keeping those is not for every call.
    let meter = Meter::new(&store, "bench", u64::MAX);
    let mut samples = Vec::new();
    for _ in 0..ROUNDS {
        samples.push(time_batch(BATCH, || {
            // When the exchange begins it looks at this clock.
            black_box(Instant::now());
            let mut timing = meter.stored(black_box(0), SIZE as u64);
            meter.answered(&mut timing);
            meter.count(Count::BytesOut, black_box(SIZE as u64));
            meter.ended(&timing, black_box("bench/1"));
            Ok(())
        })?);
    }
    row_ns("count a call", SIZE, median(samples));
    Ok(())
}
