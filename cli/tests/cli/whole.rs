//! What is told of a store as a whole.

use std::process::Stdio;
use std::time::Duration;

use dishtayantra_lmdb::options::PutOptions;
use serde_json::Value;

use crate::support::*;

#[test]
fn info_tells_space_and_databases_and_changes_no_limit() {
    let (_dir, path, store) = store();
    put(&store, "first", "key", &[7; 5000]);
    put(&store, "second", "key", b"xy");
    let info = json(&[&"info", &path]);
    assert_eq!(info["path"], path.to_str().unwrap());
    assert_eq!((&info["format_version"], &info["durability"]), (&4.into(), &"process".into()));
    assert_eq!(info["boot_id"].as_str().unwrap().len(), 32);
    assert_eq!((&info["map"]["limit"], info["map"]["free"].is_u64()), (&(64 << 20).into(), true));
    assert_eq!(info["databases"]["first"]["bytes"], 5000);
    assert_eq!(info["databases"]["second"]["entries"], 1);
    let text = printed(&[&"info", &path]);
    for part in ["format version 4", "of 64 MiB", "first", "second", "4.88 KiB"] {
        assert!(text.contains(part), "{part} in {text}");
    }
    assert_eq!(store.stats().unwrap()["map"]["limit"], 64 << 20);
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
    let process = &holders["processes"][0];
    assert_eq!((&process["pid"], &process["pins"], &process["loans"]), (&pid().into(), &2.into(), &1.into()));
    assert!(process["pinned_bytes"].as_u64().unwrap() >= 18_000 && process["oldest_pin_ms"].is_u64());
    assert!(process["loaned_bytes"].as_u64().unwrap() >= 100_000 && process["user"].is_string());
    let host = std::fs::read_to_string("/proc/sys/kernel/hostname").unwrap();
    assert_eq!((&process["host"], process["engine"].is_u64()), (&host.trim().into(), true));
    let command: Vec<_> = std::env::args().collect();
    assert_eq!(process["command"], command.join(" "));
    let text = printed(&[&"holders", &path]);
    for part in
        ["reader of", "pin of", "loan of", "command", "pinned", "8.79 KiB", "(deleted)", &pid().to_string()]
    {
        assert!(text.contains(part), "{part} in {text}");
    }
    drop((views, loan));
    let holders = json(&[&"holders", &path]);
    assert_eq!((&holders["pins"], &holders["loans"]), (&Value::Array(vec![]), &Value::Array(vec![])));
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
fn holders_names_who_is_in_another_container() {
    let namespaces = ["--pid", "--fork", "--kill-child", "--mount-proc", "--uts"];
    let container = || {
        let mut command = std::process::Command::new("unshare");
        command.args(namespaces);
        command
    };
    if !container().arg("true").output().unwrap().status.success() {
        let required = std::env::var("DY_LMDB_REQUIRE_NAMESPACES").as_deref() == Ok("1");
        assert!(!required, "namespaces are not permitted here");
        eprintln!("skipped: namespaces are not permitted here");
        return;
    }
    let (_dir, path, store) = store();
    put(&store, "default", "held", &[7; 9000]);
    let script = "echo elsewhere >/proc/sys/kernel/hostname && exec \"$0\" watch \"$1\" -n 60";
    let mut child = container()
        .args(["sh", "-c", script, env!("CARGO_BIN_EXE_dishtayantra-lmdb")])
        .arg(&path)
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    let found = (0..200).find_map(|_| {
        std::thread::sleep(Duration::from_millis(50));
        let holders = json(&[&"holders", &path]);
        let processes = holders["processes"].as_array().unwrap().clone();
        processes.into_iter().find(|process| process["host"] == "elsewhere")
    });
    let text = printed(&[&"holders", &path]);
    child.kill().unwrap();
    child.wait().unwrap();
    let process = found.expect("the process in the container");
    // Number 1 is another one here.
    assert_eq!(
        (&process["pid"], &process["user"], &process["state"]),
        (&1.into(), &Value::Null, &Value::Null)
    );
    assert!(
        process["engine"].is_u64() && process["command"].as_str().unwrap().contains(" watch "),
        "{process}"
    );
    assert!(text.contains("elsewhere"), "{text}");
}

#[test]
fn holders_tells_who_is_stopped() {
    let (_dir, path, store) = store();
    let key = "held";
    put(&store, "default", key, &[7; 9000]);
    let mut child =
        program().arg("watch").arg(&path).args(["-n", "60"]).stdout(Stdio::null()).spawn().unwrap();
    let stopped = |wanted: bool| {
        let looks = (0..200).any(|_| {
            std::thread::sleep(Duration::from_millis(50));
            let holders = json(&[&"holders", &path]);
            let processes = holders["processes"].as_array().unwrap().clone();
            processes
                .iter()
                .any(|process| process["pid"] == child.id() && (process["state"] == "stopped") == wanted)
        });
        assert!(looks, "stopped: {wanted}");
    };
    stopped(false);
    let signal = |name: &str| {
        assert!(
            std::process::Command::new("kill")
                .args([name, &child.id().to_string()])
                .status()
                .unwrap()
                .success()
        );
    };
    signal("-STOP");
    stopped(true);
    assert!(printed(&[&"holders", &path]).contains("stopped"));
    signal("-CONT");
    child.kill().unwrap();
    child.wait().unwrap();
}
