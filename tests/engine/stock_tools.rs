//! LMDB's own tools on a store that is in use, and a store on a file system that is full.

use crate::common::{Role, assert_clean, check_tagged, load, open, role, say, scratch, tagged};
use dishtayantra_lmdb::error::Status;
use dishtayantra_lmdb::options::{Options, PutOptions};
use dishtayantra_lmdb::store::Store;
use std::io::Write;
use std::path::Path;
use std::process::{Command, Output, Stdio};

#[test]
#[ignore = "the body of the child process; started by a test of this file"]
fn child() {
    if let Some((_, path)) = role() {
        fill_the_disk(&path);
    }
}

fn run(command: &mut Command) -> Output {
    let output = command.output().unwrap_or_else(|e| panic!("{command:?} (Debian's lmdb-utils): {e}"));
    assert!(output.status.success(), "{command:?}: {}", String::from_utf8_lossy(&output.stderr));
    output
}

#[test]
fn mdb_stat_and_mdb_copy_read_a_store_that_is_in_use() {
    let dir = scratch();
    let store = open(dir.path());
    for i in 0..20 {
        let payload = tagged(i, 50_000 * i as usize);
        store.put("default", format!("k{i}").as_bytes(), &[&payload], &PutOptions::default()).unwrap();
    }
    store.put("other", b"small", &[b"x"], &PutOptions::default()).unwrap();
    let view = store.view("default", b"k19").unwrap().unwrap();
    let stat = run(Command::new("mdb_stat").arg("-rfa").arg(dir.path()));
    let text = String::from_utf8_lossy(&stat.stdout);
    for wanted in ["Status of default", "Status of other", "Entries: 20", "Reader Table Status"] {
        assert!(text.contains(wanted), "{wanted} is not in\n{text}");
    }
    let copy = scratch();
    run(Command::new("mdb_copy").arg(dir.path()).arg(copy.path()));
    let keys = run(Command::new("mdb_dump").args(["-p", "-s", "default"]).arg(copy.path()));
    assert!(String::from_utf8_lossy(&keys.stdout).contains("k19"));
    assert_eq!(check_tagged(view.bytes()), 19);
    // A plain copy with its header is a store; a compacted one has moved the payloads.
    std::fs::copy(dir.path().join("shared"), copy.path().join("shared")).unwrap();
    let copied = open(copy.path());
    assert_eq!(check_tagged(copied.view("default", b"k19").unwrap().unwrap().bytes()), 19);
    assert!(copied.audit().unwrap().faults.is_empty());
    let compact = scratch();
    run(Command::new("mdb_copy").arg("-c").arg(dir.path()).arg(compact.path()));
    std::fs::copy(dir.path().join("shared"), compact.path().join("shared")).unwrap();
    let refused = Store::open(compact.path(), &Options::default()).unwrap_err();
    assert_eq!(refused.status(), Status::ForeignStore);
    assert!(refused.message().contains("compact"), "{refused}");
    store.put("default", b"after", &[&tagged(3, 100_000)], &PutOptions::default()).unwrap();
    drop(view);
    assert_clean(&store);
}

#[test]
fn what_other_programs_write_hides_no_other_entry() {
    let dir = scratch();
    let store = open(dir.path());
    let lasting = PutOptions { ttl_ms: 0, ..PutOptions::default() };
    for key in ["a", "b", "c"] {
        store.put("default", key.as_bytes(), &[b"x"], &lasting).unwrap();
    }
    let expiring = PutOptions { ttl_ms: 1, ..PutOptions::default() };
    store.put("default", b"d", &[b"x"], &expiring).unwrap();
    load(dir.path(), "default", &[("b", "not a record"), ("bb", "neither")]);
    let keys = || store.list("default", b"").unwrap();
    assert_eq!(keys().iter().filter(|key| *key != b"d").count(), 2);
    assert_eq!(store.list("default", b"b").unwrap(), [b""; 0]);
    assert_eq!(store.entries("default", b"").unwrap().len(), keys().len());
    let stats = store.stats().unwrap();
    assert_eq!(stats["databases"]["default"]["corrupt"], 2);
    for key in [b"b".as_slice(), b"bb"] {
        let error = store.view("default", key).unwrap_err();
        assert_eq!(error.status(), Status::Corrupt);
        assert!(error.message().contains(&format!("{:?}", str::from_utf8(key).unwrap())), "{error}");
        assert_eq!(store.contains("default", key).unwrap_err().status(), Status::Corrupt);
    }
    while store.contains("default", b"d").unwrap() {}
    store.sweep().unwrap();
    assert_eq!(keys(), [b"a", b"c"]);
    assert!(store.view("default", b"c").unwrap().is_some());
    let faults = store.audit().unwrap().faults;
    assert!(faults.iter().any(|fault| fault.contains("\"bb\"")), "{faults:?}");
    // It goes like an entry of ours.
    store.put("default", b"b", &[b"y"], &PutOptions::default()).unwrap();
    assert!(!store.delete("default", b"bb").unwrap());
    assert_eq!(keys(), [b"a", b"b", b"c"]);
    assert_clean(&store);
}

#[test]
fn values_beside_the_databases_are_no_databases() {
    let dir = scratch();
    let store = open(dir.path());
    store.put("default", b"k", &[b"x"], &PutOptions::default()).unwrap();
    let mut child = Command::new("mdb_load").arg("-T").arg(dir.path()).stdin(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(b"output:calc:1\nanswer\n").unwrap();
    assert!(child.wait().unwrap().success());
    assert_eq!(store.databases().unwrap(), ["default"]);
    assert_eq!(store.stats().unwrap()["databases"].as_object().unwrap().len(), 1);
    assert_clean(&store);
}

/// Fills a small file system, deletes and sweeps while it is full, and goes on.
fn fill_the_disk(path: &Path) {
    let store = open(path);
    let forever = PutOptions { ttl_ms: 0, ..PutOptions::default() };
    let mut stored = 0;
    let error = loop {
        match store.put("default", format!("k{stored}").as_bytes(), &[&tagged(stored, 300_000)], &forever) {
            Ok(_) => stored += 1,
            Err(error) => break error,
        }
        assert!(stored < 60, "16 MiB hold {stored} entries of 300 kB");
    };
    say("full", format!("{} {}", error.status().name(), error.message()));
    assert_eq!(error.status(), Status::DiskFull);
    assert!(stored > 20, "only {stored} entries");
    // Whatever else there is room for goes to another file, until nothing is left.
    let ballast = path.parent().unwrap().join("ballast");
    let _ = std::fs::write(&ballast, vec![1; 32 << 20]);
    let check = |from: u64| {
        for i in from..stored {
            let view = store.view("default", format!("k{i}").as_bytes()).unwrap().unwrap();
            assert_eq!(check_tagged(view.bytes()), i);
        }
    };
    check(0);
    let small = store.put("default", b"small", &[b"x"], &forever);
    if let Err(error) = small {
        assert_eq!(error.status(), Status::DiskFull);
    }
    for i in 0..10 {
        assert!(store.delete("default", format!("k{i}").as_bytes()).unwrap());
    }
    store.sweep().unwrap();
    check(10);
    // What was deleted has blocks already, so it can be used on a full disk.
    for i in 0..5 {
        store.put("default", format!("again{i}").as_bytes(), &[&tagged(i, 300_000)], &forever).unwrap();
    }
    for i in 0..5 {
        let view = store.view("default", format!("again{i}").as_bytes()).unwrap().unwrap();
        assert_eq!(check_tagged(view.bytes()), i);
    }
    check(10);
    assert_clean(&store);
    say("done", stored);
}

#[test]
fn a_store_on_a_full_file_system_of_16_mib_answers_with_an_error_and_goes_on() {
    let dir = scratch();
    let mounted = Command::new("mount")
        .args(["-t", "tmpfs", "-o", "size=16m", "tmpfs"])
        .arg(dir.path())
        .status()
        .unwrap();
    assert!(mounted.success(), "this test mounts a tmpfs, which takes root");
    let mut filler = Role::start("stock_tools::child", "fill", &dir.path().join("store"));
    let said = filler.expect("full");
    println!("{said}");
    filler.expect("done");
    filler.finish();
    assert!(Command::new("umount").arg(dir.path()).status().unwrap().success());
}
