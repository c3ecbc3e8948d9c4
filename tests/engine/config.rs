//! The configuration: every key's default, what it refuses, and what is normalised.

use std::path::Path;
use std::process::Command;

use dishtayantra_lmdb::config::{Arrays, Config, DB_PATH_VARIABLE, ExchangeMode, KEYS};
use dishtayantra_lmdb::error::Status;
use dishtayantra_lmdb::format::Format;
use dishtayantra_lmdb::options::Durability;
use dishtayantra_lmdb::warning;
use serde_json::{Map, Value, json};

/// A key with its default, a value other than that, and values it refuses.
struct Row {
    key: &'static str,
    default: Value,
    other: Value,
    refused: Vec<Value>,
}

fn row(key: &'static str, default: Value, other: Value, refused: &[Value]) -> Row {
    Row { key, default, other, refused: refused.to_vec() }
}

fn table() -> Vec<Row> {
    let not_int = [json!(-1), json!(1.5), json!("7"), json!(true), json!(null), json!([1])];
    let not_slots = [json!(-1), json!(0), json!(65_537), json!("7"), json!(true), json!(7.0)];
    let not_bool = [json!(0), json!(1), json!("true"), json!(null)];
    let not_text = [json!(1), json!(true), json!(null), json!({})];
    let not_name = [json!("bogus"), json!("BOTH"), json!(""), json!(1), json!(true), json!(null)];
    let not_path = [json!(""), json!("a\0b"), json!(1), json!(null)];
    let not_db = [json!(""), json!("_dy_loans"), json!("a\0b"), json!("x".repeat(512)), json!(1)];
    let not_mode =
        [json!(448), json!(-1), json!("0900"), json!("+700"), json!("0070"), json!("10700"), json!("")];
    let not_interval = [json!(-1), json!(1.5), json!("7"), json!(true)];
    let not_paths = [json!("/a"), json!([""]), json!(["a\0b"]), json!([1]), json!(1), json!(null)];
    let not_map = [
        json!({"a": "/b"}),
        json!({"/a": "b"}),
        json!({"/a": 1}),
        json!({"/a/..": "/b"}),
        json!([]),
        json!(null),
    ];
    let not_prefix = [json!(1), json!(true), json!(null), json!("input")];
    vec![
        row("lmdb_enabled", json!(false), json!(true), &not_bool),
        row("lmdb_db_path", json!("/tmp/dishtayantra_lmdb"), json!("/elsewhere"), &not_path),
        row("lmdb_db_name", json!("default"), json!("prices"), &not_db),
        row("lmdb_min_size", json!(1024), json!(0), &not_int),
        row("lmdb_exchange_mode", json!("both"), json!("reference"), &not_name),
        row("lmdb_data_format", json!("msgpack"), json!("arrow"), &not_name),
        row("lmdb_ttl", json!(300), json!(0), &not_int),
        row("lmdb_wait_timeout", json!(30_000), json!(0), &not_int),
        row("lmdb_input_prefix", json!("input"), json!("in"), &not_text),
        row("lmdb_output_prefix", json!("output"), json!("out"), &not_prefix),
        row("lmdb_map_size", json!(0), json!(8 << 20), &not_int),
        row("lmdb_max_readers", json!(512), json!(65_536), &not_slots),
        row("lmdb_max_dbs", json!(100), json!(1), &not_slots),
        row("lmdb_checksum", json!(false), json!(true), &not_bool),
        row("lmdb_durability", json!("process"), json!("sync"), &not_name),
        row("lmdb_segments", json!(true), json!(false), &not_bool),
        row("lmdb_pack_lists", json!(true), json!(false), &not_bool),
        row("lmdb_tables", json!(true), json!(false), &not_bool),
        row("lmdb_arrays", json!("asis"), json!("ndarray"), &not_name),
        row("lmdb_materialise", json!(false), json!(true), &not_bool),
        row("lmdb_prefault", json!(16_777_216), json!(0), &not_int),
        row("lmdb_mode", json!("0700"), json!("2770"), &not_mode),
        row("lmdb_poll_interval", json!(null), json!(10), &not_interval),
        row("lmdb_allowed_roots", json!([]), json!(["/a", "/b/c"]), &not_paths),
        row("lmdb_path_map", json!({}), json!({"/a": "/b/c", "/d": "/"}), &not_map),
        row("lmdb_validate_arrow", json!(false), json!(true), &not_bool),
        row("lmdb_slow_ms", json!(10), json!(0), &not_int),
    ]
}

fn parse(value: Value) -> dishtayantra_lmdb::error::Result<Config> {
    Config::from_json(&value.to_string())
}

fn normalised(value: Value) -> Map<String, Value> {
    let json = parse(value).unwrap().to_json();
    serde_json::from_str(&json).unwrap()
}

#[test]
fn tables_are_validated_where_others_may_write() {
    for (given, validates) in [
        (json!({}), false),
        (json!({"lmdb_mode": "0770"}), true),
        (json!({"lmdb_mode": "0750"}), true),
        (json!({"lmdb_mode": "0770", "lmdb_validate_arrow": false}), false),
        (json!({"lmdb_validate_arrow": true}), true),
    ] {
        assert_eq!(parse(given.clone()).unwrap().validate_arrow, validates, "{given}");
    }
}

#[test]
fn the_table_the_keys_and_the_normalised_object_name_the_same_keys_in_the_same_order() {
    let rows: Vec<&str> = table().iter().map(|row| row.key).collect();
    assert_eq!(rows, KEYS);
    let written = normalised(json!({}));
    let written: Vec<&str> = written.keys().map(String::as_str).collect();
    assert_eq!(written, KEYS);
}

#[test]
fn every_key_has_its_default() {
    // The path's default depends on the environment and is tested in a process of its own.
    let written = normalised(json!({"lmdb_db_path": "/tmp/dishtayantra_lmdb"}));
    for row in table() {
        assert_eq!(written[row.key], row.default, "{}", row.key);
    }
}

#[test]
fn every_key_takes_another_value_and_survives_a_round_trip() {
    for row in table() {
        let given = json!({row.key: row.other});
        let written = normalised(given);
        assert_eq!(written[row.key], row.other, "{}", row.key);
        assert_eq!(normalised(Value::Object(written.clone())), written, "{}", row.key);
    }
    assert!(warning::take().is_empty());
}

#[test]
fn every_key_refuses_wrong_types_and_values_and_names_key_value_and_what_is_allowed() {
    for row in table() {
        for value in row.refused {
            let given = json!({row.key: value});
            let error = parse(given.clone()).expect_err(&given.to_string());
            assert_eq!(error.status(), Status::Config, "{given}");
            let message = error.message();
            assert!(message.starts_with(row.key), "{message}");
            let shown: String = value.to_string().chars().take(200).collect();
            assert!(message.contains(&shown), "{message} should show {shown}");
            assert!(message.contains("allowed is "), "{message}");
        }
    }
}

#[test]
fn values_arrive_in_the_fields_and_in_the_store_options() {
    let config = parse(json!({
        "lmdb_enabled": true, "lmdb_db_path": "/a/b", "lmdb_exchange_mode": "input",
        "lmdb_data_format": "numpy", "lmdb_arrays": "ndarray", "lmdb_map_size": 5_000_000_000_u64,
        "lmdb_prefault": 1, "lmdb_max_readers": 9, "lmdb_max_dbs": 8, "lmdb_mode": "0o750",
        "lmdb_durability": "sync", "lmdb_ttl": 7, "lmdb_wait_timeout": 8, "lmdb_min_size": 9,
    }))
    .unwrap();
    assert!(config.enabled);
    assert_eq!(config.db_path, Path::new("/a/b"));
    assert_eq!(config.exchange_mode, ExchangeMode::Input);
    assert_eq!(config.data_format, Format::Numpy);
    assert_eq!(config.arrays, Arrays::NdArray);
    assert_eq!((config.ttl, config.wait_timeout_ms, config.min_size), (7, 8, 9));
    let options = config.options();
    assert_eq!(options.map_size, 5_000_000_000);
    assert_eq!((options.prefault, options.max_readers, options.max_dbs), (1, 9, 8));
    assert_eq!(options.mode, 0o750);
    assert_eq!(options.durability, Durability::Sync);
    assert!(options.sweeper && !options.existing && !options.follow_symlinks);
}

#[test]
fn an_unknown_key_is_a_warning_with_the_nearest_name_and_others_belong_to_somebody_else() {
    let given = json!({"lmdb_tll": 5, "lmdb_max_reader": 5, "ttl": -1, "name": "x", "enabled": 7});
    assert_eq!(parse(given).unwrap().ttl, 300);
    let warnings = warning::take();
    assert_eq!(warnings.len(), 2, "{warnings:?}");
    assert!(warnings[0].contains("lmdb_tll") && warnings[0].contains("lmdb_ttl"), "{warnings:?}");
    assert!(warnings[1].ends_with("lmdb_max_readers"), "{warnings:?}");
}

#[test]
fn a_relative_path_is_made_absolute_when_parsed() {
    let config = parse(json!({"lmdb_db_path": "some/store"})).unwrap();
    assert_eq!(config.db_path, std::env::current_dir().unwrap().join("some/store"));
}

#[test]
fn equal_prefixes_are_refused() {
    let given = json!({"lmdb_input_prefix": "x", "lmdb_output_prefix": "x"});
    let error = parse(given).unwrap_err();
    assert_eq!(error.status(), Status::Config);
    assert!(error.message().contains("lmdb_output_prefix"), "{error}");
}

#[test]
fn what_is_no_json_object_is_refused() {
    for text in ["", "{", "[]", "null", "{\"lmdb_ttl\": }"] {
        assert_eq!(Config::from_json(text).unwrap_err().status(), Status::Config, "{text}");
    }
}

#[test]
fn a_long_value_is_cut_in_the_message() {
    let error = parse(json!({"lmdb_ttl": "€".repeat(100_000)})).unwrap_err();
    assert!(error.message().len() < 2000, "{} bytes", error.message().len());
}

#[test]
#[ignore = "prints the default path; started with an environment of its own by the test below"]
fn print_default_path() {
    match Config::from_json("{}") {
        Ok(config) => println!("default path <{}>", config.db_path.display()),
        Err(error) => println!("default path <{:?}: {error}>", error.status()),
    }
}

#[test]
fn the_default_path_is_the_environment_variable_else_the_fixed_one() {
    use std::ffi::OsStr;
    use std::os::unix::ffi::OsStrExt;

    let default_path = |variable: Option<&OsStr>| {
        let mut command = Command::new(std::env::current_exe().unwrap());
        command.args(["--exact", "config::print_default_path", "--ignored", "--nocapture"]).current_dir("/");
        match variable {
            Some(path) => command.env(DB_PATH_VARIABLE, path),
            None => command.env_remove(DB_PATH_VARIABLE),
        };
        String::from_utf8(command.output().unwrap().stdout).unwrap()
    };
    let of = |text: &'static str| default_path(Some(OsStr::new(text)));
    assert!(default_path(None).contains("</tmp/dishtayantra_lmdb>"));
    assert!(of("").contains("</tmp/dishtayantra_lmdb>"));
    assert!(of("/from/environment").contains("</from/environment>"));
    assert!(of("relative").contains("</relative>"));
    let refused = default_path(Some(OsStr::from_bytes(b"/\xff")));
    assert!(refused.contains("<Config: LMDB_DB_PATH"), "{refused}");
}
