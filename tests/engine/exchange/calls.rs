//! What is counted of an exchange's calls.

use super::*;
use serde_json::Value;

const COUNTS: [&str; 5] = ["through_store", "direct", "repeated", "refused", "failed"];

fn counts(exchange: &Exchange) -> [u64; 5] {
    let row = exchange.meter().report();
    COUNTS.map(|name| row[name].as_u64().unwrap())
}

#[test]
fn each_answer_counts_once() {
    let rows: [(&str, Answer, [u64; 5]); 6] = [
        ("open", Answer::Value, [1, 0, 0, 0, 0]),
        ("open write", Answer::OutputWritten, [1, 0, 0, 0, 0]),
        ("open write", Answer::None, [1, 0, 0, 0, 0]),
        ("open", Answer::Raised, [1, 0, 0, 0, 1]),
        ("ignore", Answer::Value, [1, 0, 1, 0, 0]),
        ("ignore", Answer::BrokenOff, [1, 0, 0, 0, 1]),
    ];
    for (steps, answer, expected) in rows {
        let caller = caller("both");
        let reference = caller.put("id");
        calculate(&reference, steps);
        drop(caller.exchange.judge(&reference, answer, SHORT).unwrap());
        caller.exchange.cleanup(&reference, true, true).unwrap();
        let row = caller.exchange.meter().report();
        assert_eq!(counts(&caller.exchange), expected, "{steps}, {answer:?}");
        assert_eq!(row["bytes_in"], 7);
        assert_eq!(row["bytes_out"], if steps.contains("write") { 6 } else { 0 });
        for step in ["call", "store", "calculate", "take"] {
            assert_eq!(row["us"][step]["count"], 1, "{step}");
        }
    }
}

#[test]
fn payloads_that_stay_out_count_as_direct_and_refused_ones_say_why() {
    let caller = caller("both");
    assert!(!caller.exchange.should(10));
    assert!(caller.exchange.should(1024));
    let missing = caller.exchange.put_input("", &[b"x"], Format::Raw).unwrap_err();
    caller.exchange.meter().refused(24, "no format holds it: \u{e9}");
    assert_eq!(counts(&caller.exchange), [0, 1, 0, 2, 0]);
    let row = caller.exchange.meter().report();
    assert_eq!(row["last_error"]["message"], "no format holds it: \u{e9}");
    drop(caller.exchange.put_input("", &[b"x"], Format::Raw));
    let row = caller.exchange.meter().report();
    assert!(missing.message().starts_with(row["last_error"]["message"].as_str().unwrap()), "{row}");
}

#[test]
fn exchanges_of_one_name_share_a_row_and_others_have_their_own() {
    let parent = tempfile::tempdir().unwrap();
    let named = |name: &str| {
        let config = json!({"lmdb_enabled": true, "lmdb_db_path": parent.path().join("store"), "lmdb_map_size": 64 << 20});
        Exchange::open(Config::from_json(&config.to_string()).unwrap(), name).unwrap()
    };
    let (first, second, other) = (named("same"), named("same"), named("\u{e9}".repeat(100).as_str()));
    for exchange in [&first, &second, &other] {
        exchange.should(0);
    }
    let calls = first.store().calls().unwrap();
    let rows: Vec<(String, u64)> = calls["calculators"]
        .as_array()
        .unwrap()
        .iter()
        .map(|row| (row["name"].as_str().unwrap().to_owned(), row["direct"].as_u64().unwrap()))
        .collect();
    assert_eq!(rows, [("same".to_owned(), 2), ("\u{e9}".repeat(46) + "\u{2026}", 1)]);
    assert_eq!(first.store().stats().unwrap()["calls"]["calculators"], calls["calculators"]);
}

#[test]
fn calls_over_the_limit_are_kept_with_their_longest_step() {
    let parent = tempfile::tempdir().unwrap();
    let config = |slow_ms: u64| {
        let config = json!({"lmdb_enabled": true, "lmdb_db_path": parent.path().join("store"),
            "lmdb_map_size": 64 << 20, "lmdb_slow_ms": slow_ms});
        Exchange::open(Config::from_json(&config.to_string()).unwrap(), "calc").unwrap()
    };
    let (all, none) = (config(0), config(u64::MAX));
    for exchange in [&all, &none] {
        let reference = exchange.put_input("id", &[b"payload"], Format::Raw).unwrap();
        calculate(&reference, "open sleep");
        drop(exchange.judge(&reference, Answer::Value, SHORT).unwrap());
        exchange.cleanup(&reference, true, true).unwrap();
        exchange.meter().passed_directly(5_000_000);
    }
    let calls = all.store().calls().unwrap();
    let told: Vec<[&Value; 3]> = calls["slow_calls"]
        .as_array()
        .unwrap()
        .iter()
        .map(|call| [&call["route"], &call["key"], &call["step"]])
        .collect();
    assert_eq!(json!(told), json!([["direct", "", "calculate"], ["store", "input:calc:id", "calculate"]]));
    assert_eq!(calls["slow_calls"][0]["us"], 5000);
    assert_eq!(calls["slow_calls"][1]["pid"], std::process::id());
    assert!(calls["slow_calls"][1]["step_us"].as_u64().unwrap() >= 200_000);
}
