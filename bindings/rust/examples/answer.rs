//! Waits for prices, reads them in place, and answers with their returns, which are built in the map:
//!
//! ```sh
//! cargo run --example answer -- /tmp/exchange prices returns 60
//! ```
//!
//! The prices are one array of float64: `transport.put("prices", ndarray, format=DataFormat.NUMPY)` in Python,
//! `store.put_array("prices", span)` in C++. The answer is raw float64.

use dishtayantra::{Format, PutOptions, Result, Store};
use std::process::ExitCode;
use std::time::Duration;

/// Waits for the prices and puts their returns. The number of returns.
fn answer(path: &str, question: &str, answer: &str, patience: Duration) -> Result<usize> {
    let store = Store::open(path)?;
    store.wait(question, Some(patience))?;

    let view = store.view(question)?;
    let prices = view.slice::<f64>()?; // where they lie: nothing is copied
    let count = prices.len().saturating_sub(1);

    let mut loan = store.loan((count * size_of::<f64>()) as u64)?;
    for (next, pair) in loan.slice_mut::<f64>()?.iter_mut().zip(prices.windows(2)) {
        *next = pair[1] / pair[0] - 1.0;
    }
    let size = loan.len();
    let options = PutOptions { format: Some(Format::Raw), source: "answer.rs", ..PutOptions::default() };
    loan.publish(answer, size, &options)?; // from here on everybody sees all of it
    Ok(count)
}

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [path, question, reply, seconds] = &arguments[..] else {
        eprintln!("usage: answer STORE QUESTION ANSWER SECONDS");
        return ExitCode::from(2);
    };
    let Ok(seconds) = seconds.parse() else {
        eprintln!("'{seconds}' is no number of seconds");
        return ExitCode::from(2);
    };
    match answer(path, question, reply, Duration::from_secs(seconds)) {
        Ok(count) => {
            println!("{count} returns under '{reply}'");
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}
