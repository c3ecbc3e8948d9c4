//! `copy`, `check`, `bench`, `calculators`, `slow`; completions and manual pages.

use std::process::Command;

use dishtayantra_lmdb::format::Format;
use dishtayantra_lmdb::options::PutOptions;
use dishtayantra_lmdb::store::Store;
use serde_json::json as value;

use crate::support::*;

#[test]
fn copy_copies_what_is_live_with_its_envelope() {
    let (dir, path, store) = store();
    let options = PutOptions {
        format: Format::Json,
        ttl_ms: 100_000,
        checksum: true,
        source: "a source",
        target: "a target",
        txn_id: "an id",
        ..PutOptions::default()
    };
    store.put("first", b"a:\xff", &[b"[1]"], &options).unwrap();
    let large: Vec<u8> = (0..=255).cycle().take(3 << 20).collect();
    store.put("second", b"a:2", &[&large], &PutOptions { ttl_ms: 0, ..PutOptions::default() }).unwrap();
    store.put("second", b"b", &[b"x"], &PutOptions::default()).unwrap();
    store.put("second", b"gone", &[b"x"], &PutOptions { ttl_ms: 1, ..PutOptions::default() }).unwrap();
    std::thread::sleep(std::time::Duration::from_millis(10));
    let to = dir.path().join("to");
    assert_eq!(printed(&[&"copy", &path, &to, &"--prefix", &"a:"]), "2 entries, 3.00 MiB copied\n");
    let listed = json(&[&"ls", &to]);
    assert_eq!(listed.as_array().unwrap().len(), 2);
    for (field, wanted) in
        [("source", "a source"), ("target", "a target"), ("txn_id", "an id"), ("key_hex", "613aff")]
    {
        assert_eq!(listed[0][field], wanted);
    }
    assert!(listed[0]["checksum"].is_u64() && listed[0]["format"] == "json");
    assert!((50_000..=100_000).contains(&listed[0]["left_ms"].as_u64().unwrap()));
    assert_eq!(listed[1]["left_ms"], value!(null));
    assert_eq!(run(&[&"get", &to, &"a:2", &"--db=second"]).stdout, large);
    let again = json(&[&"copy", &path, &to, &"--no-overwrite"]);
    assert_eq!((&again["copied"], &again["kept"]), (&1.into(), &2.into()));
    assert_eq!(json(&[&"info", &to])["map"]["limit"], 64 << 20);
    assert!(refused(&[&"copy", &path, &path]).contains("same store"));
    assert!(refused(&[&"copy", &path, &to, &"--db=none"]).contains("there are: first, second"));
    let small = dir.path().join("small");
    assert!(refused(&[&"copy", &path, &small, &"--map-size=1MiB"]).contains("MAP_FULL"), "4 MiB at least");
}

#[test]
fn check_names_payloads_that_are_not_what_they_say() {
    let (_dir, path, store) = store();
    store
        .put("default", b"good", &[b"[1]"], &PutOptions { checksum: true, ..PutOptions::default() })
        .unwrap();
    assert_eq!(printed(&[&"check", &path]), "1 entry, 3 B, 1 with a checksum\n");
    for (key, format) in [
        ("j", Format::Json),
        ("m", Format::Msgpack),
        ("n", Format::Numpy),
        ("a\x1b", Format::Arrow),
        ("r", Format::Raw),
    ] {
        let options = PutOptions { format, ..PutOptions::default() };
        store.put("default", key.as_bytes(), &[b"\xc1nothing of the kind"], &options).unwrap();
    }
    let output = run(&[&"check", &path, &"--json"]);
    assert_eq!(output.status.code(), Some(1));
    let found: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!((&found["entries"], found["faults"].as_array().unwrap().len()), (&6.into(), 4));
    let message = String::from_utf8(run(&[&"check", &path]).stderr).unwrap();
    for part in ["4 faults", "default/j: it is no json", "default/m: ", "default/n: ", "default/a\\u{1b}: "] {
        assert!(message.contains(part), "{part} in {message}");
    }
}

#[test]
fn bench_leaves_nothing_behind() {
    let dir = tempfile::TempDir::new().unwrap();
    let rows = json(&[&"bench", &dir.path(), &"--sizes=1KiB,100KiB", &"--time=50ms"]);
    assert_eq!((&rows[0]["size"], &rows[1]["size"]), (&1024.into(), &(100 << 10).into()));
    assert!(rows[0]["put_us"]["median"].as_f64().unwrap() > 0.0);
    assert!(printed(&[&"bench", &dir.path(), &"--sizes=1KiB", &"--time=0"]).contains("1 KiB"));
    assert_eq!(names(dir.path()), [""; 0]);
    std::fs::write(dir.path().join("file"), "").unwrap();
    for (place, options) in [("file", &[][..]), ("none", &[]), ("", &["--sizes=8TiB"])] {
        let output = program().arg("bench").arg(dir.path().join(place)).args(options).output().unwrap();
        assert_eq!(output.status.code(), Some(if options.is_empty() { 1 } else { 2 }), "{place}");
    }
    assert_eq!(names(dir.path()), ["file"]);
}

#[test]
fn calls_of_calculators_are_told() {
    let (_dir, path, _store) = store();
    let calls = json(&[&"calculators", &path]);
    assert!(calls["calculators"].is_array() && calls["slow_calls"].is_array(), "{calls}");
    assert!(printed(&[&"calculators", &path]).starts_with("calculator"));
    assert_eq!(json(&[&"slow", &path]), value!([]));
    assert!(printed(&[&"slow", &path]).starts_with("ago"));
}

#[test]
fn shells_and_man_know_every_command() {
    let dir = tempfile::TempDir::new().unwrap();
    let bash = dir.path().join("bash");
    for shell in ["bash", "zsh", "fish"] {
        let text = printed(&[&"completions", &shell]);
        assert!(
            text.contains("dylmdb") && text.contains("dishtayantra-lmdb") && text.contains("holders"),
            "{shell}"
        );
        if shell == "zsh" {
            assert!(text.starts_with("#compdef dishtayantra-lmdb dylmdb\n"));
        }
        if shell == "bash" {
            std::fs::write(&bash, text).unwrap();
        }
    }
    let script = "source \"$0\"; COMP_WORDS=(dylmdb ho); COMP_CWORD=1; _dylmdb dylmdb ho dylmdb; echo \"${COMPREPLY[@]}\"";
    let output = Command::new("bash").args(["-c", script]).arg(&bash).output().unwrap();
    assert_eq!(String::from_utf8_lossy(&output.stdout).trim(), "holders", "{output:?}");
    assert!(printed(&[&"man"]).contains(".TH dishtayantra-lmdb 1"));
    let pages = dir.path().join("man1");
    printed(&[&"man", &pages]);
    for page in ["dishtayantra-lmdb.1", "dishtayantra-lmdb-top.1", "dishtayantra-lmdb-doctor.1", "dylmdb.1"] {
        assert!(pages.join(page).exists(), "{page}");
    }
}

#[test]
fn a_store_of_its_own_is_as_large_as_it_is_told() {
    let (dir, path, store) = store();
    put(&store, "default", "key", b"x");
    let to = dir.path().join("to");
    printed(&[&"copy", &path, &to, &"--map-size", &"512MiB"]);
    assert_eq!(Store::open(&to, &Default::default()).unwrap().stats().unwrap()["map"]["limit"], 512 << 20);
}

#[test]
fn a_store_grows_while_it_is_in_use() {
    let (_dir, path, store) = store();
    let large = vec![7; 80 << 20];
    assert!(store.put("default", b"key", &[&large], &PutOptions::default()).is_err());
    let grown = json(&[&"grow", &path, &"128MiB"]);
    assert_eq!(grown, value!({"limit": 128 << 20, "before": 64 << 20}));
    store.put("default", b"key", &[&large], &PutOptions::default()).unwrap();
    let text = printed(&[&"grow", &path, &"128MiB"]);
    assert_eq!(text, format!("{} may grow to 128 MiB, 128 MiB before\n", path.display()));
}

#[test]
fn the_commands_of_the_manual_work() {
    let (dir, path, store) = store();
    put(&store, "default", "input:prices:1", b"x");
    let manual = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/operations.md");
    let manual = std::fs::read_to_string(manual).unwrap();
    let block = manual.split("```sh\n").find(|block| block.starts_with("dylmdb ")).unwrap();
    let block = block.split("```").next().unwrap();
    assert!(block.lines().count() >= 5);
    let here = dir.path().display().to_string();
    let script = block
        .lines()
        .map(|line| line.replacen("dylmdb", env!("CARGO_BIN_EXE_dylmdb"), 1) + "\n")
        .collect::<String>()
        .replace("/path/to/store", path.to_str().unwrap())
        .replace("/etc/bash_completion.d", &here)
        .replace("/usr/local/share", &here);
    let output = Command::new("sh").args(["-ec", &script]).output().unwrap();
    assert!(output.status.success() && output.stderr.is_empty(), "{script}: {output:?}");
    assert!(dir.path().join("man/man1/dylmdb.1").exists());
}
