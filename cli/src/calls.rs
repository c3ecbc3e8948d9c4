//! Calls of calculators, as the statistics have them: counted, and the slow ones one by one.

use serde_json::Value;

use crate::out::print;
use crate::report::{as_line, list, number, word};
use crate::text::{micros, since_ns, size, table};
use crate::{Failure, key};

/// Columns of calculators.
pub const CALCULATORS: [&str; 10] =
    ["calculator", "store", "direct", "repeated", "refused", "failed", "in", "out", "mean", "p99"];
/// Columns of slow calls.
pub const SLOW: [&str; 7] = ["ago", "took", "slowest step", "calculator", "route", "pid", "key"];

/// The calculators that have called, as rows.
pub fn calculators(stats: &Value) -> Vec<[String; 10]> {
    let bounds = &stats["calls"]["bucket_bounds_us"];
    list(&stats["calls"]["calculators"])
        .iter()
        .map(|row| {
            let count = |name: &str| number(&row[name]).to_string();
            let call = &row["us"]["call"];
            let calls = number(&call["count"]);
            let mean = number(&call["total_us"]).checked_div(calls).map_or_else(|| "-".to_owned(), micros);
            let p99 = quantile(call, bounds, 0.99).map_or_else(
                || "-".to_owned(),
                |found| {
                    found.map_or_else(
                        |most| format!("> {}", micros(most)),
                        |most| format!("< {}", micros(most)),
                    )
                },
            );
            [
                key::shown(word(&row["name"]).as_bytes()),
                count("through_store"),
                count("direct"),
                count("repeated"),
                count("refused"),
                count("failed"),
                size(number(&row["bytes_in"])),
                size(number(&row["bytes_out"])),
                mean,
                p99,
            ]
        })
        .collect()
}

/// The bound of the bucket that so large a part of all calls does not exceed; `Err`: it is the last, which has none but the
/// lower. `None`: there are no calls.
fn quantile(span: &Value, bounds: &Value, part: f64) -> Option<Result<u64, u64>> {
    let (buckets, bounds) = (list(&span["buckets"]), list(bounds));
    let all: u64 = buckets.iter().map(number).sum();
    let wanted = (all as f64 * part).ceil() as u64;
    let mut seen = 0;
    let place = buckets.iter().position(|bucket| {
        seen += number(bucket);
        seen >= wanted && seen > 0
    })?;
    Some(bounds.get(place).map(number).ok_or_else(|| bounds.last().map_or(0, number)))
}

/// The slow calls that are kept, the latest first, as rows.
pub fn slow(stats: &Value) -> Vec<[String; 7]> {
    list(&stats["calls"]["slow_calls"])
        .iter()
        .map(|call| {
            [
                since_ns(number(&call["ended_ns"])),
                micros(number(&call["us"])),
                format!("{} {}", word(&call["step"]), micros(number(&call["step_us"]))),
                key::shown(call["calculator"].as_str().unwrap_or("?").as_bytes()),
                word(&call["route"]).to_owned(),
                call["pid"].to_string(),
                key::shown(call["key"].as_str().unwrap_or("").as_bytes()),
            ]
        })
        .collect()
}

/// Prints the calculators.
pub fn print_calculators(stats: &Value, json: bool) -> Result<(), Failure> {
    if json {
        return print(&as_line(&stats["calls"]));
    }
    let rows = calculators(stats).into_iter().map(Vec::from).collect();
    print(&table(&CALCULATORS, &[1, 2, 3, 4, 5, 6, 7, 8, 9], rows))
}

/// Prints the slow calls, the latest `limit`.
pub fn print_slow(stats: &Value, limit: usize, json: bool) -> Result<(), Failure> {
    if json {
        let calls = list(&stats["calls"]["slow_calls"]);
        return print(&as_line(&calls.iter().take(limit).cloned().collect()));
    }
    let rows = slow(stats).into_iter().take(limit).map(Vec::from).collect();
    print(&table(&SLOW, &[0, 1, 5], rows))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_quantile_is_the_bound_of_its_bucket() {
        let bounds = json!([2, 4, 8]);
        for (buckets, part, wanted) in [
            (json!([99, 1, 0, 0]), 0.99, Some(Ok(2))),
            (json!([98, 2, 0, 0]), 0.99, Some(Ok(4))),
            (json!([0, 0, 0, 5]), 0.5, Some(Err(8))),
            (json!([0, 0, 0, 0]), 0.5, None),
            (json!([]), 0.5, None),
        ] {
            assert_eq!(quantile(&json!({"buckets": buckets}), &bounds, part), wanted, "{buckets}");
        }
    }
}
