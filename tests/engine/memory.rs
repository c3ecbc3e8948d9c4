//! Calls keep no memory: however often they are made, the process stays as large as it was.

use crate::common::{Role, open, role, say, scratch};
use dishtayantra_lmdb::error::Status;
use dishtayantra_lmdb::options::PutOptions;
use dishtayantra_lmdb::store::{Entry, Store};
use std::ffi::OsStr;
use std::path::Path;
use std::time::Duration;

/// How often the quick calls are made in a round, unless `DY_MEMORY_CALLS` says so.
const CALLS: u64 = 20_000;
/// What the allocator takes and gives without a leak.
const NOISE: u64 = 512 << 10;
const BATCH: usize = 100;
/// Kinds of calls.
const CASES: usize = 14;

#[test]
#[ignore = "the body of the child process, which nothing else uses; started by the test of this file"]
fn child() {
    if let Some((_, path)) = role() {
        measure(&path);
    }
}

/// Bytes of memory that are this process's own: pages of the map do not count.
fn private_bytes() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find(|line| line.starts_with("RssAnon")).unwrap();
    line.split_whitespace().nth(1).unwrap().parse::<u64>().unwrap() << 10
}

fn batch(store: &Store) {
    let keys: Vec<Vec<u8>> = (0..BATCH).map(|at| format!("b{at}").into_bytes()).collect();
    let parts: [&[u8]; 1] = [&[0; 50]];
    let entry = |key| Entry { key, parts: &parts, options: PutOptions::default() };
    let entries: Vec<Entry> = keys.iter().map(|key| entry(key.as_slice())).collect();
    store.put_many("default", &entries).unwrap();
}

fn measure(path: &Path) {
    let calls = std::env::var("DY_MEMORY_CALLS").map_or(CALLS, |calls| calls.parse().unwrap());
    let (small, large, larger) = ([0; 50], [0; 20_000], vec![0; 300_000]);
    let store = open(path);
    let put = |key: &[u8], bytes: &[u8]| {
        store.put("default", key, &[bytes], &PutOptions::default()).unwrap();
    };
    put(b"small", &small);
    put(b"large", &large);
    // The part of the calls that are made, and what makes one.
    let cases: [(&str, u64, &dyn Fn()); CASES] = [
        ("put, in the record", 1, &|| put(b"small", &small)),
        ("put, in an extent", 1, &|| put(b"large", &large)),
        ("put, with no lock", 10, &|| put(b"larger", &larger)),
        ("batch", BATCH as u64, &|| batch(&store)),
        ("get", 1, &|| drop(store.get("default", b"large").unwrap().unwrap())),
        ("view", 1, &|| drop(store.view("default", b"large").unwrap().unwrap())),
        ("view, in the record", 1, &|| drop(store.view("default", b"small").unwrap().unwrap())),
        ("loan, published", 1, &|| {
            store.loan(20_000).unwrap().publish("default", b"loan", &PutOptions::default()).unwrap();
        }),
        ("loan, dropped", 1, &|| drop(store.loan(20_000).unwrap())),
        ("open", 100, &|| drop(open(&path.join("other")))),
        ("stats", 100, &|| drop(store.stats().unwrap())),
        ("sweep", 100, &|| {
            store.sweep().unwrap();
        }),
        ("wait", 100, &|| store.wait("default", b"small", None).unwrap()),
        ("wait, in vain", 100, &|| {
            let error = store.wait("default", b"none", Some(Duration::ZERO)).unwrap_err();
            assert_eq!(error.status(), Status::Timeout);
        }),
    ];
    for (name, part, call) in cases {
        let made = calls / part;
        let sizes = [(); 3].map(|()| {
            (0..made).for_each(|_| call());
            private_bytes()
        });
        // What grows once has been made once.
        let grown = sizes[1].saturating_sub(sizes[0]).min(sizes[2].saturating_sub(sizes[1]));
        say("case", format!("{name:20} {made:8} calls: {grown} bytes"));
        assert!(grown < NOISE + 2 * made, "{name}: {sizes:?}");
    }
}

/// Entries of a large store, and bytes of each key.
const MANY: usize = 10_000;
const KEY: usize = 400;

#[test]
#[ignore = "the body of the child process, which nothing else uses; started by the test of this file"]
fn child_of_many() {
    let Some((_, path)) = role() else {
        return;
    };
    let store = open(&path);
    let keys: Vec<String> = (0..MANY).map(|at| format!("{at:0KEY$}")).collect();
    for batch in keys.chunks(BATCH) {
        // In pages of their own.
        let parts: [&[u8]; 1] = [&[0; 3000]];
        let entries: Vec<Entry> = batch
            .iter()
            .map(|key| Entry { key: key.as_bytes(), parts: &parts, options: PutOptions::default() })
            .collect();
        store.put_many("default", &entries).unwrap();
    }
    let held = store.view("default", keys[1].as_bytes()).unwrap().unwrap();
    // Their keys are in the quarantine from now on.
    let deleted: Vec<&[u8]> = keys[..MANY / 2].iter().map(String::as_bytes).collect();
    store.delete_many("default", &deleted).unwrap();
    let before = private_bytes();
    let stats = store.stats().unwrap();
    let taken = private_bytes().saturating_sub(before);
    assert_eq!(stats["databases"]["default"]["entries"], MANY / 2);
    assert!(stats["map"]["quarantine"].as_u64().unwrap() > 1 << 20, "{}", stats["map"]);
    assert_eq!(stats["pins"][0]["key"], keys[1].as_str());
    drop(held);
    say("taken", taken);
}

#[test]
fn statistics_of_10000_keys_of_400_bytes_take_no_memory() {
    let dir = scratch();
    // What was needed once stays with the process, so that the most that was needed shows.
    let keeps = [("MALLOC_TRIM_THRESHOLD_", OsStr::new("1000000000"))];
    let mut child = Role::start_with("memory::child_of_many", "measure", dir.path(), &keeps);
    let taken: u64 = child.expect("taken").parse().unwrap();
    child.finish();
    assert!(taken < NOISE, "{taken} bytes");
}

#[test]
fn calls_keep_no_memory() {
    let dir = scratch();
    let mut child = Role::start("memory::child", "measure", dir.path());
    (0..CASES).for_each(|_| println!("{}", child.expect("case")));
    child.finish();
}
