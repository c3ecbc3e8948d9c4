//! put, get, view, delete and loan + publish at the five sizes; the keys and rounds are those of
//! `bench-compare/c/lmdb_peer.c`. Every put keeps the default time-to-live of 300 s. One that replaces an entry leaves the
//! expiry index alone, so puts of new keys are told apart.

use crate::measure::{SIZES, directory, median, median_of, quiet, row, row_ns, time, time_batch};
use dishtayantra_lmdb::error::Result;
use dishtayantra_lmdb::options::PutOptions;
use dishtayantra_lmdb::store::Store;
use std::hint::black_box;

const DB: &str = "default";
const KEYS: usize = 8;
const VIEW_BATCH: u32 = 64;

pub fn run() -> Result<()> {
    let directory = directory();
    let store = Store::open(directory.path(), &quiet(1 << 30))?;
    for size in SIZES {
        measure(&store, size)?;
    }
    Ok(())
}

fn rounds(size: usize) -> usize {
    match size {
        0..=1024 => 20_000,
        1025..=10_240 => 10_000,
        10_241..=102_400 => 4_000,
        102_401..=1_048_576 => 800,
        _ => 80,
    }
}

fn measure(store: &Store, size: usize) -> Result<()> {
    let options = PutOptions::default();
    let payload: Vec<u8> = (0..size).map(|i| (i * 31 + 7) as u8).collect();
    let keys: Vec<Vec<u8>> = (0..KEYS).map(|i| format!("bench:{i}").into_bytes()).collect();
    let mut turn = 0;
    let mut next = || {
        turn += 1;
        keys[turn % KEYS].as_slice()
    };
    let put = |key: &[u8]| store.put(DB, key, &[&payload], &options);

    // The pages of every key, and those that replacing them needs, are touched before the clock starts.
    for _ in 0..4 * KEYS {
        put(next())?;
    }
    let rounds = rounds(size);
    let elapsed = median_of(rounds, || {
        let key = next();
        time(|| put(key))
    })?;
    row("put", size, elapsed);

    let elapsed = median_of(rounds, || {
        let key = next();
        time(|| store.get(DB, key).map(black_box))
    })?;
    row("get", size, elapsed);

    let samples = (0..400)
        .map(|_| {
            time_batch(VIEW_BATCH, || {
                let view = store.view(DB, next())?.expect("a key just put");
                black_box(view.bytes()[0]);
                Ok(())
            })
        })
        .collect::<Result<Vec<f64>>>()?;
    row_ns("view", size, median(samples));

    let mut new = Vec::with_capacity(rounds);
    let elapsed = median_of(rounds, || {
        let key = next();
        let elapsed = time(|| store.delete(DB, key))?;
        new.push(time(|| put(key))?);
        Ok(elapsed)
    })?;
    row("delete", size, elapsed);
    row("put, new key", size, median(new));

    let elapsed = median_of(rounds, || {
        let key = next();
        time(|| store.loan(size as u64)?.publish(DB, key, &options))
    })?;
    row("loan + publish", size, elapsed);

    // Some processors copy many times slower when target and source are a few bytes apart modulo the page size.
    const APART: usize = 1024;
    let mut copy = vec![0_u8; size + APART];
    let elapsed = median_of(rounds, || {
        time(|| {
            copy[APART..].copy_from_slice(black_box(&payload));
            black_box(&mut copy);
            Ok(())
        })
    })?;
    row("memcpy", size, elapsed);

    for key in &keys {
        store.delete(DB, key)?;
    }
    Ok(())
}
