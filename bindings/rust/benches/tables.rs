//! The sum of one column by another of 10,000 rows, by columns and by walking rows: the least of many runs, in microseconds.
//!
//! `cargo bench --package dishtayantra-lmdb --bench tables`, beside `bench-compare/c/tables.cpp`.

use dishtayantra::{Columns, Document, Field, Result, Writer};
use std::collections::HashMap;
use std::time::{Duration, Instant};

const ROWS: usize = 10_000;
const SYMBOLS: [&str; 8] = ["AAPL", "AMZN", "GOOG", "IBM", "META", "MSFT", "NVDA", "TSLA"];

fn least(runs: usize, run: impl Fn() -> Result<f64>) -> Result<(f64, Duration)> {
    let mut least = (0.0, Duration::MAX);
    for _ in 0..runs {
        let begun = Instant::now();
        let sum = run()?;
        least = (sum, least.1.min(begun.elapsed()));
    }
    Ok(least)
}

/// Sums by code, each text looked at once.
fn by_columns(payload: &[u8]) -> Result<f64> {
    let document = Document::of_bytes(payload)?;
    let table = document.root().table()?;
    let (px, symbol) = (table.column("px")?.f64s()?, table.column("symbol")?);
    let texts = symbol.dictionary()?.expect("it was written with one");
    let mut sums = vec![0.0; texts.len()];
    for (px, code) in px.iter().zip(symbol.codes()?) {
        sums[*code as usize] += px;
    }
    let named: HashMap<&str, f64> = (0..texts.len())
        .map(|at| Ok((texts.str(at)?.unwrap_or_default(), sums[at])))
        .collect::<Result<_>>()?;
    Ok(named["IBM"])
}

/// The same of rows, as before there were tables.
fn by_rows(payload: &[u8]) -> Result<f64> {
    let document = Document::of_bytes(payload)?;
    let mut sums = HashMap::<&str, f64>::new();
    for row in document.root().items()? {
        let row = row?.value;
        *sums.entry(row.get("symbol")?.string()?).or_default() += row.get("px")?.double()?;
    }
    Ok(sums["IBM"])
}

fn main() -> Result<()> {
    let (px, codes): (Vec<f64>, Vec<i32>) =
        (0..ROWS).map(|n| (n as f64 / 4.0, (n * 7 % SYMBOLS.len()) as i32)).unzip();
    let mut plain = Writer::new()?;
    plain.array(ROWS)?;
    for (px, code) in px.iter().zip(&codes) {
        plain.map(2)?.string("px")?.double(*px)?.string("symbol")?.string(SYMBOLS[*code as usize])?;
    }
    let mut table = Writer::new()?;
    table.table(Columns::rows(vec![Field::numbers("px", px), Field::coded("symbol", codes, &SYMBOLS)?]))?;
    let (table, plain) = (table.data()?, plain.data()?);
    let figures = [
        ("columns of a table", least(2000, || by_columns(table))?),
        ("rows of a table, walked", least(50, || by_rows(table))?),
        ("rows of maps, walked", least(50, || by_rows(plain))?),
    ];
    for (what, (sum, time)) in figures {
        assert_eq!(sum, figures[0].1.0, "{what}");
        println!("Rust: sum of a column by another, {ROWS} {what}: {:.1} µs", time.as_secs_f64() * 1e6);
    }
    Ok(())
}
