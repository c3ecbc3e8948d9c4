//! The program on real stores; this process is the one that holds something, the program is another.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::time::Duration;

use dishtayantra_lmdb::format::Format;
use dishtayantra_lmdb::options::{Options, PutOptions};
use dishtayantra_lmdb::store::Store;
use serde_json::Value;
use tempfile::TempDir;

fn program() -> Command {
    Command::new(env!("CARGO_BIN_EXE_dishtayantra-lmdb"))
}

fn run(arguments: &[&dyn AsRef<OsStr>]) -> Output {
    program().args(arguments.iter().map(|argument| argument.as_ref())).output().unwrap()
}

/// What the program printed; it has to succeed.
fn printed(arguments: &[&dyn AsRef<OsStr>]) -> String {
    let output = run(arguments);
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{errors}");
    assert_eq!(errors, "");
    String::from_utf8(output.stdout).unwrap()
}

fn json(arguments: &[&dyn AsRef<OsStr>]) -> Value {
    let mut all: Vec<&dyn AsRef<OsStr>> = vec![&"--json"];
    all.extend(arguments);
    serde_json::from_str(&printed(&all)).unwrap()
}

/// What the program complained of; it has to fail with exit code 1 and print nothing else.
fn refused(arguments: &[&dyn AsRef<OsStr>]) -> String {
    let output = run(arguments);
    assert_eq!(output.status.code(), Some(1));
    assert_eq!(String::from_utf8_lossy(&output.stdout), "");
    String::from_utf8(output.stderr).unwrap()
}

fn store() -> (TempDir, PathBuf, Store) {
    let dir = TempDir::new().unwrap();
    let path = dir.path().join("store");
    let options = Options { map_size: 64 << 20, sweeper: false, ..Options::default() };
    let store = Store::open(&path, &options).unwrap();
    (dir, path, store)
}

fn put(store: &Store, db: &str, key: &str, payload: &[u8]) {
    let options =
        PutOptions { source: "a source", target: "a target", txn_id: "an id", ..PutOptions::default() };
    store.put(db, key.as_bytes(), &[payload], &options).unwrap();
}

fn pid() -> u64 {
    u64::from(std::process::id())
}

#[test]
fn info_tells_space_and_databases_and_changes_no_limit() {
    let (_dir, path, store) = store();
    put(&store, "first", "key", &[7; 5000]);
    put(&store, "second", "key", b"xy");
    let info = json(&[&"info", &path]);
    assert_eq!(info["path"], path.to_str().unwrap());
    assert_eq!((&info["format_version"], &info["durability"]), (&3.into(), &"process".into()));
    assert_eq!(info["boot_id"].as_str().unwrap().len(), 32);
    assert_eq!((&info["map"]["limit"], info["map"]["free"].is_u64()), (&(64 << 20).into(), true));
    assert_eq!(info["databases"]["first"]["bytes"], 5000);
    assert_eq!(info["databases"]["second"]["entries"], 1);
    let text = printed(&[&"info", &path]);
    for part in ["format version 3", "of 64 MiB", "first", "second", "4.88 KiB"] {
        assert!(text.contains(part), "{part} in {text}");
    }
    assert_eq!(store.stats().unwrap()["map"]["limit"], 64 << 20);
}

#[test]
fn ls_lists_live_entries_with_their_envelopes() {
    let (_dir, path, store) = store();
    put(&store, "first", "a:1", &[7; 5000]);
    put(&store, "first", "b:1", b"x");
    put(&store, "second", "a:2", b"x");
    let forever = PutOptions { ttl_ms: 0, format: Format::Json, ..PutOptions::default() };
    store.put("second", b"a:3\x1b[2J", &[b"1"], &forever).unwrap();
    store.put("second", b"gone", &[b"1"], &PutOptions { ttl_ms: 1, ..PutOptions::default() }).unwrap();
    std::thread::sleep(Duration::from_millis(10));
    assert_eq!(printed(&[&"ls", &path]), "a:1\nb:1\na:2\na:3\\u{1b}[2J\n");
    assert_eq!(printed(&[&"ls", &path, &"--prefix", &"a:", &"--db", &"first"]), "a:1\n");
    let long = printed(&[&"ls", &path, &"--long", &"--prefix=a:1"]);
    for part in ["first", "a:1", "raw", "4.88 KiB", "4m 5", "a source", "a target", "an id"] {
        assert!(long.contains(part), "{part} in {long}");
    }
    let entries = json(&[&"ls", &path, &"--db", &"second"]);
    assert_eq!(entries.as_array().unwrap().len(), 2);
    assert_eq!(
        (&entries[0]["key"], &entries[0]["size"], &entries[0]["ttl_ms"]),
        (&"a:2".into(), &1.into(), &300_000.into())
    );
    assert!((1..=300_000).contains(&entries[0]["left_ms"].as_u64().unwrap()));
    assert!(entries[0]["age_ms"].as_u64().unwrap() < 60_000);
    assert_eq!((&entries[1]["format"], &entries[1]["left_ms"]), (&"json".into(), &Value::Null));
    assert!(refused(&[&"ls", &path, &"--db", &"third"]).contains("there are: first, second"));
}

#[test]
fn a_key_is_shown_as_it_is_and_in_hexadecimal_when_it_is_no_text() {
    let (_dir, path, store) = store();
    let keys = [&b"\"quoted\""[..], b"line\n", b"\xffbytes"];
    for key in keys {
        store.put("db", key, &[&[7; 9000]], &PutOptions::default()).unwrap();
    }
    let views = keys.map(|key| store.view("db", key).unwrap().unwrap());
    let listed = json(&[&"ls", &path]);
    let pinned = json(&[&"holders", &path]);
    for rows in [&listed, &pinned["pins"]] {
        for (key, hex) in [("\"quoted\"", None), ("line\n", None), ("\u{fffd}bytes", Some("ff6279746573"))] {
            let row = rows.as_array().unwrap().iter().find(|row| row["key"] == key).expect(key);
            assert_eq!(row.get("key_hex").and_then(Value::as_str), hex, "{row}");
        }
    }
    let text = printed(&[&"holders", &path]);
    assert!(text.contains("line\\n") && text.contains("\"quoted\""), "{text}");
    drop(views);
}

#[test]
fn holders_names_who_pins_and_lends_what() {
    let (_dir, path, store) = store();
    put(&store, "db", "pinned", &[7; 9000]);
    put(&store, "db", "deleted", &[7; 9000]);
    let views = [b"pinned".as_slice(), b"deleted"].map(|key| store.view("db", key).unwrap().unwrap());
    store.delete("db", b"deleted").unwrap();
    let loan = store.loan(100_000).unwrap();
    let holders = json(&[&"holders", &path]);
    let pins = holders["pins"].as_array().unwrap();
    assert_eq!(pins.len(), 2);
    let pinned = pins.iter().find(|pin| pin["key"] == "pinned").unwrap();
    assert_eq!(
        (&pinned["pid"], &pinned["bytes"], &pinned["database"]),
        (&pid().into(), &9000.into(), &"db".into())
    );
    assert!(pinned["age_ms"].as_u64().unwrap() < 60_000);
    let deleted = pins.iter().find(|pin| pin["key"] == "deleted").unwrap();
    assert_eq!(deleted["database"], Value::Null);
    assert_eq!(holders["loans"][0]["pid"], pid());
    assert!(holders["loans"][0]["bytes"].as_u64().unwrap() >= 100_000);
    let readers = holders["readers"].as_array().unwrap();
    assert!(!readers.is_empty() && readers.iter().all(|reader| reader["pid"] == pid()), "{readers:?}");
    let text = printed(&[&"holders", &path]);
    for part in ["reader pid", "pin pid", "loan pid", "pinned", "8.79 KiB", "(deleted)", &pid().to_string()] {
        assert!(text.contains(part), "{part} in {text}");
    }
    drop((views, loan));
    let holders = json(&[&"holders", &path]);
    assert_eq!((&holders["pins"], &holders["loans"]), (&Value::Array(vec![]), &Value::Array(vec![])));
}

#[test]
fn get_writes_the_payload_and_counts_as_nobodys_opening() {
    let (dir, path, store) = store();
    let payload: Vec<u8> = (0..=255).cycle().take(100_000).collect();
    let tracked = PutOptions { tracked: true, checksum: true, ..PutOptions::default() };
    store.put("default", b"key", &[&payload], &tracked).unwrap();
    let output = run(&[&"get", &path, &"key"]);
    assert!(output.status.success());
    assert_eq!(output.stdout, payload);
    let file = dir.path().join("payload");
    assert_eq!(printed(&[&"get", &path, &"key", &"-o", &file]), "");
    assert_eq!(std::fs::read(&file).unwrap(), payload);
    let envelope = json(&[&"get", &path, &"key", &"--db", &"default"]);
    assert_eq!((&envelope["size"], &envelope["format"]), (&100_000.into(), &"raw".into()));
    assert!(envelope["checksum"].is_u64());
    assert!(!store.track("default", b"key").unwrap().unwrap().opened);
    assert!(refused(&[&"get", &path, &"none"]).contains("no live entry under key \"none\""));
    assert!(refused(&[&"get", &path, &"key", &"--db", &"other"]).contains("\"other\""));
    assert!(refused(&[&"get", &path, &"key", &"-o", &dir.path()]).contains("writing"));
}

#[test]
fn rm_deletes_and_names_what_is_not_there() {
    let (_dir, path, store) = store();
    for key in ["a", "b", "c"] {
        put(&store, "default", key, b"x");
    }
    let odd = OsStr::from_bytes(b"\xff\n");
    store.put("default", odd.as_bytes(), &[b"x"], &PutOptions::default()).unwrap();
    assert_eq!(printed(&[&"rm", &path, &"a", &odd]), "");
    let message = refused(&[&"rm", &path, &"b", &"z"]);
    assert!(message.contains("\"z\"") && !message.contains("\"b\""), "{message}");
    assert_eq!(store.list("default", b"").unwrap(), [b"c"]);
    assert_eq!(json(&[&"rm", &path, &"c"])["removed"], serde_json::json!(["c"]));
}

#[test]
fn sweep_removes_what_has_expired_and_audit_finds_nothing() {
    let (_dir, path, store) = store();
    let short = PutOptions { ttl_ms: 1, ..PutOptions::default() };
    for key in 0..20_u8 {
        store.put("default", &[b'k', key], &[&[7; 5000]], &short).unwrap();
    }
    std::thread::sleep(Duration::from_millis(10));
    assert_eq!(json(&[&"sweep", &path])["removed"], 20);
    assert_eq!(printed(&[&"sweep", &path]), "0 expired entries removed\n");
    put(&store, "default", "key", &[7; 5000]);
    let audit = json(&[&"audit", &path]);
    assert_eq!((&audit["faults"], &audit["entries"]), (&Value::Array(vec![]), &1.into()));
    assert!(printed(&[&"audit", &path]).contains("quarantined pages"));
}

#[test]
fn watch_looks_again() {
    let (_dir, path, store) = store();
    put(&store, "default", "watched", &[7; 9000]);
    let _view = store.view("default", b"watched").unwrap().unwrap();
    let text = printed(&[&"watch", &path, &"-n", &"0.05", &"--count", &"3"]);
    assert_eq!((text.matches("format version").count(), text.matches("watched").count()), (3, 3));
    assert!(!text.contains('\x1b'), "no terminal is written to");
    let lines = printed(&[&"watch", &path, &"--json", &"-n=0.05", &"--count=2"]);
    for line in lines.lines() {
        let look: Value = serde_json::from_str(line).unwrap();
        assert_eq!(look["holders"]["pins"][0]["pid"], pid());
        assert_eq!(look["info"]["databases"]["default"]["entries"], 1);
    }
    assert_eq!(lines.lines().count(), 2);
}

#[test]
fn a_store_that_is_not_there_is_not_made() {
    let dir = TempDir::new().unwrap();
    for path in [dir.path().join("none"), dir.path().to_owned(), dir.path().join("a/b")] {
        for command in ["info", "ls", "holders", "sweep", "audit", "watch"] {
            let message = refused(&[&command, &path]);
            assert!(message.starts_with("error: ") && message.contains(path.to_str().unwrap()), "{message}");
        }
        refused(&[&"get", &path, &"key"]);
        refused(&[&"rm", &path, &"key"]);
    }
    assert_eq!(names(dir.path()), [""; 0]);
}

#[test]
fn what_is_another_programs_is_left_alone() {
    let dir = TempDir::new().unwrap();
    std::fs::write(dir.path().join("data.mdb"), [7; 8192]).unwrap();
    assert!(refused(&[&"info", &dir.path()]).contains("no store of this library"));
    assert_eq!(names(dir.path()), ["data.mdb"]);
}

#[test]
fn a_link_and_a_group_need_to_be_allowed() {
    let (dir, path, store) = store();
    let link = dir.path().join("link");
    symlink(&path, &link).unwrap();
    assert!(refused(&[&"info", &link]).contains("symbolic link"));
    printed(&[&"info", &link, &"--follow-symlinks"]);
    drop(store);
    let mode = std::os::unix::fs::PermissionsExt::from_mode(0o770);
    std::fs::set_permissions(&path, mode).unwrap();
    assert!(refused(&[&"info", &path]).contains("770"));
    printed(&[&"--mode", &"0770", &"info", &path]);
}

#[test]
fn wrong_usage_is_exit_code_2() {
    let (_dir, path, _store) = store();
    let wrong: [&[&dyn AsRef<OsStr>]; 7] = [
        &[],
        &[&"info"],
        &[&"unknown", &path],
        &[&"get", &path],
        &[&"rm", &path],
        &[&"watch", &path, &"-n", &"0"],
        &[&"info", &path, &"--mode", &"999"],
    ];
    for arguments in wrong {
        let output = run(arguments);
        assert_eq!(output.status.code(), Some(2));
        assert!(!output.stderr.is_empty() && output.stdout.is_empty());
    }
}

#[test]
fn a_reader_that_goes_away_is_no_error() {
    let (_dir, path, store) = store();
    put(&store, "default", "key", &[7; 10 << 20]);
    let mut child = program()
        .args([OsStr::new("get"), path.as_os_str(), OsStr::new("key")])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success() && output.stderr.is_empty());
}

fn names(dir: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(dir).unwrap();
    entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
}
