//! How fast a store is where it is to lie: puts, looks and deletes of payloads of several sizes.

use std::path::Path;
use std::time::{Duration, Instant};

use dishtayantra_lmdb::options::{Options, PutOptions};
use dishtayantra_lmdb::store::Store;
use serde_json::{Value, json};

use crate::Failure;
use crate::out::print;
use crate::report::as_line;
use crate::text::{size, table};

const DATABASE: &str = "bench";
/// Times of a size are kept up to here.
const MOST: usize = 200_000;

/// What was done, in µs each: sorted.
struct Times {
    size: u64,
    put: Vec<f64>,
    view: Vec<f64>,
    delete: Vec<f64>,
}

/// Measures in a store of its own below `directory`, which it removes, for about `time`.
pub fn run(directory: &Path, sizes: &[u64], time: Duration, json: bool) -> Result<(), Failure> {
    // It would be made, and left.
    std::fs::read_dir(directory).map_err(|error| format!("{}: {error}", directory.display()))?;
    let path = directory.join(format!("dishtayantra_lmdb_bench_{}", std::process::id()));
    let largest = sizes.iter().copied().max().unwrap_or(0);
    let options = Options { map_size: (64 << 20).max(8 * largest), ..Options::default() };
    let own = Own(&path);
    let store = Store::open(own.0, &options)?;
    let each = time / u32::try_from(sizes.len().max(1)).unwrap_or(u32::MAX);
    let measured = sizes.iter().map(|&size| measure(&store, size, each)).collect::<Result<Vec<_>, _>>()?;
    drop(store);
    drop(own);
    if json {
        return print(&as_line(&measured.iter().map(row).collect()));
    }
    let rows = measured
        .iter()
        .map(|times| {
            let rate = times.size as f64 / quantile(&times.put, 0.5) / 1e3;
            let us = |times: &[f64], part| format!("{:.1}", quantile(times, part));
            vec![
                size(times.size),
                times.put.len().to_string(),
                us(&times.put, 0.5),
                us(&times.put, 0.99),
                format!("{rate:.2}"),
                us(&times.view, 0.5),
                us(&times.view, 0.99),
                us(&times.delete, 0.5),
            ]
        })
        .collect();
    let header = ["payload", "times", "put µs", "p99", "GB/s", "view µs", "p99", "delete µs"];
    print(&table(&header, &[0, 1, 2, 3, 4, 5, 6, 7], rows))
}

/// A directory that is removed, whatever happens.
struct Own<'a>(&'a Path);

impl Drop for Own<'_> {
    fn drop(&mut self) {
        _ = std::fs::remove_dir_all(self.0);
    }
}

fn measure(store: &Store, size: u64, time: Duration) -> Result<Times, Failure> {
    let payload = vec![0x5a; usize::try_from(size)?];
    let mut times = Times { size, put: Vec::new(), view: Vec::new(), delete: Vec::new() };
    let options = PutOptions::default();
    let start = Instant::now();
    let mut sum = 0_u64;
    let mut round = 0_u64;
    while round < 3 || (start.elapsed() < time && times.put.len() < MOST) {
        let key = format!("bench:{round}");
        let began = Instant::now();
        store.put(DATABASE, key.as_bytes(), &[&payload], &options)?;
        let put = Instant::now();
        let view = store.view(DATABASE, key.as_bytes())?.ok_or("the entry was gone")?;
        sum += u64::from(view.bytes().first().copied().unwrap_or(0));
        let seen = Instant::now();
        drop(view);
        let closed = Instant::now();
        store.delete(DATABASE, key.as_bytes())?;
        let gone = Instant::now();
        // The first ones pay for what the others find.
        if round >= 2 {
            times.put.push((put - began).as_secs_f64() * 1e6);
            times.view.push((seen - put).as_secs_f64() * 1e6);
            times.delete.push((gone - closed).as_secs_f64() * 1e6);
        }
        round += 1;
    }
    std::hint::black_box(sum);
    for times in [&mut times.put, &mut times.view, &mut times.delete] {
        times.sort_by(f64::total_cmp);
    }
    Ok(times)
}

fn quantile(sorted: &[f64], part: f64) -> f64 {
    sorted.get(((sorted.len() - 1) as f64 * part) as usize).copied().unwrap_or(0.0)
}

fn row(times: &Times) -> Value {
    let both = |times: &[f64]| json!({"median": quantile(times, 0.5), "p99": quantile(times, 0.99)});
    json!({"size": times.size, "times": times.put.len(), "put_us": both(&times.put), "view_us": both(&times.view),
           "delete_us": both(&times.delete)})
}
