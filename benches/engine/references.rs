//! A reference read from its fields and its input opened: as this library makes references, with the store's and the
//! entry's id and a marker, and as engines make their own, without them. In turns.

use crate::measure::{directory, median, row_ns, time_batch};
use dishtayantra_lmdb::config::Config;
use dishtayantra_lmdb::error::Result;
use dishtayantra_lmdb::exchange::Exchange;
use dishtayantra_lmdb::format::Format;
use dishtayantra_lmdb::reference::{ENTRY, NAMES, Reference};
use std::hint::black_box;

const SIZE: usize = 1024;
const ROUNDS: usize = 400;
const BATCH: u32 = 64;

pub fn run() -> Result<()> {
    let directory = directory();
    let config =
        format!(r#"{{"lmdb_enabled": true, "lmdb_db_path": {:?}}}"#, directory.path().display().to_string());
    let exchange = Exchange::open(Config::from_json(&config)?, "bench")?;
    let reference = exchange.put_input("1", &[&[7; SIZE]], Format::Raw)?;
    let plain: Vec<_> = NAMES
        .iter()
        .filter(|name| **name != ENTRY)
        .filter_map(|name| Some((*name, reference.get(name)?)))
        .collect();
    let mut exact = plain.clone();
    exact.extend(reference.get(ENTRY).map(|entry| (ENTRY, entry)));
    exact.extend(reference.marker());

    let open = |fields: &[(&str, &str)]| {
        time_batch(BATCH, || {
            let view = Reference::from_fields(fields.iter().copied())?.view_input()?;
            black_box(view.bytes()[0]);
            Ok(())
        })
    };
    let (mut with, mut without) = (Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        with.push(open(&exact)?);
        without.push(open(&plain)?);
    }
    row_ns("open a reference", SIZE, median(with));
    row_ns("open a reference without an entry", SIZE, median(without));
    Ok(())
}
