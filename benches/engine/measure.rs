//! Samples, medians, and the lines that are printed.

use dishtayantra_lmdb::error::Result;
use dishtayantra_lmdb::options::Options;
use std::time::{Duration, Instant};
use tempfile::TempDir;

/// The five sizes of every table, in bytes: 1 KB, 10 KB, 100 KB, 1 MB, 10 MB.
pub const SIZES: [usize; 5] = [1 << 10, 10 << 10, 100 << 10, 1 << 20, 10 << 20];

/// A directory for one store, removed when dropped.
pub fn directory() -> TempDir {
    let base = std::env::var_os("DY_LMDB_BENCH_DIR").map_or_else(std::env::temp_dir, Into::into);
    tempfile::Builder::new()
        .prefix("dy_lmdb_bench_")
        .tempdir_in(&base)
        .unwrap_or_else(|error| panic!("no directory for a store below {}: {error}", base.display()))
}

/// Defaults, without the sweeper thread: nothing runs beside what is measured.
pub fn quiet(map_size: u64) -> Options {
    Options { map_size, sweeper: false, ..Options::default() }
}

/// The middle one; durations and floating-point times alike.
pub fn median<T: PartialOrd + Copy>(mut samples: Vec<T>) -> T {
    samples.sort_unstable_by(|a, b| a.partial_cmp(b).expect("times are ordered"));
    samples[samples.len() / 2]
}

/// Runs `sample` so many times and answers the median of the times it gives.
pub fn median_of(rounds: usize, mut sample: impl FnMut() -> Result<Duration>) -> Result<Duration> {
    Ok(median((0..rounds).map(|_| sample()).collect::<Result<Vec<_>>>()?))
}

/// How long one call takes.
pub fn time<T>(operation: impl FnOnce() -> Result<T>) -> Result<Duration> {
    let start = Instant::now();
    operation()?;
    Ok(start.elapsed())
}

/// How long one of `batch` calls takes, for calls hardly longer than reading the clock.
pub fn time_batch(batch: u32, mut operation: impl FnMut() -> Result<()>) -> Result<f64> {
    let start = Instant::now();
    for _ in 0..batch {
        operation()?;
    }
    Ok(start.elapsed().as_nanos() as f64 / f64::from(batch))
}

/// Prints one line of results.
pub fn row(operation: &str, bytes: usize, time: Duration) {
    row_ns(operation, bytes, time.as_nanos() as f64);
}

/// Prints one line of results.
pub fn row_ns(operation: &str, bytes: usize, nanoseconds: f64) {
    println!("engine\t{operation}\t{bytes}\t{nanoseconds:.1}");
}
