//! What one process sees of a store.

use dishtayantra_lmdb::error::Status;
use dishtayantra_lmdb::format::Format;
use dishtayantra_lmdb::options::{Options, PutOptions};
use dishtayantra_lmdb::store::{Entry, MAX_PAYLOAD, Store};
use std::time::Duration;
use tempfile::TempDir;

fn store() -> (TempDir, Store) {
    let dir = TempDir::new().unwrap();
    let store = Store::open(&dir.path().join("store"), &Options::default()).unwrap();
    (dir, store)
}

fn bytes(size: usize, seed: u8) -> Vec<u8> {
    (0..size).map(|i| (i as u8).wrapping_mul(31).wrapping_add(seed)).collect()
}

fn clean(store: &Store) {
    let audit = store.audit().unwrap();
    assert!(audit.faults.is_empty(), "{:#?}", audit.faults);
}

#[test]
fn payloads_of_many_sizes_come_back_in_place_and_aligned() {
    let (_dir, store) = store();
    let sizes = [0, 1, 100, 1800, 1990, 2000, 4032, 4033, 16384, 16385, 100_000, 1 << 20, 9 << 20];
    for (seed, size) in sizes.into_iter().enumerate() {
        let payload = bytes(size, seed as u8);
        let key = format!("size:{size}");
        let (front, rest) = payload.split_at(size / 3);
        let info = store.put("default", key.as_bytes(), &[front, rest], &PutOptions::default()).unwrap();
        assert_eq!(info.size, size as u64);
        let view = store.view("default", key.as_bytes()).unwrap().expect("just put");
        assert!(view.bytes() == payload, "{size} bytes differ");
        assert_eq!(view.bytes().as_ptr() as usize % 64, 0, "{size} bytes");
        assert_eq!(view.info().inline, view.info().file_offset == 0);
    }
    clean(&store);
    assert_eq!(store.list("default", b"size:").unwrap().len(), sizes.len());
    for size in sizes {
        assert!(store.delete("default", format!("size:{size}").as_bytes()).unwrap());
    }
    assert!(store.list("default", b"").unwrap().is_empty());
    clean(&store);
}

#[test]
fn a_view_stays_right_while_its_entry_is_replaced_and_the_space_is_reused() {
    let (_dir, store) = store();
    let payload = bytes(300_000, 1);
    store.put("default", b"k", &[&payload], &PutOptions::default()).unwrap();
    let view = store.view("default", b"k").unwrap().unwrap();
    for round in 0..200 {
        store.put("default", b"k", &[&bytes(300_000, round)], &PutOptions::default()).unwrap();
    }
    assert!(view.bytes() == payload);
    assert_eq!(store.audit().unwrap().pins, 1);
    drop(view);
    assert_eq!(store.audit().unwrap().pins, 0);
    clean(&store);
}

#[test]
fn the_envelope_says_who_what_and_when() {
    let (_dir, store) = store();
    let options = PutOptions {
        format: Format::Json,
        ttl_ms: 60_000,
        checksum: true,
        txn_id: "42",
        source: "loader",
        target: "risk",
        ..PutOptions::default()
    };
    store.put("other", b"k", &[b"{}"], &options).unwrap();
    let view = store.view("other", b"k").unwrap().unwrap();
    assert_eq!(
        (view.txn_id(), view.source(), view.target(), view.key()),
        ("42", "loader", "risk", &b"k"[..])
    );
    assert_eq!((view.info().format, view.info().ttl_ms), (Format::Json, 60_000));
    assert!(view.info().checksum.is_some());
    view.verify().unwrap();
    let made = store.put("other", b"made", &[b""], &PutOptions::default()).unwrap();
    let view = store.view("other", b"made").unwrap().unwrap();
    assert_eq!(view.txn_id(), format!("{:016x}", made.entry_id));
}

#[test]
fn an_expired_entry_is_never_returned_and_a_sweep_removes_it() {
    let dir = TempDir::new().unwrap();
    let options = Options { sweeper: false, ..Options::default() };
    let store = Store::open(dir.path(), &options).unwrap();
    let short = PutOptions { ttl_ms: 30, ..PutOptions::default() };
    for i in 0..50 {
        store.put("default", format!("short:{i}").as_bytes(), &[&bytes(5000, i)], &short).unwrap();
    }
    store.put("default", b"kept", &[b"x"], &PutOptions { ttl_ms: 0, ..short }).unwrap();
    store.put("default", b"touched", &[b"y"], &short).unwrap();
    assert!(store.touch("default", b"touched", 0).unwrap());
    std::thread::sleep(Duration::from_millis(40));
    assert!(!store.contains("default", b"short:1").unwrap());
    assert!(store.view("default", b"short:1").unwrap().is_none());
    assert!(!store.touch("default", b"short:1", 1000).unwrap());
    assert_eq!(store.list("default", b"").unwrap(), [b"kept".to_vec(), b"touched".to_vec()]);
    assert_eq!(store.sweep().unwrap(), 50);
    assert_eq!(store.audit().unwrap().entries, 2);
    clean(&store);
}

#[test]
fn the_sweeper_removes_expired_entries_by_itself() {
    let (_dir, store) = store();
    let short = PutOptions { ttl_ms: 50, ..PutOptions::default() };
    for i in 0..100 {
        store.put("default", format!("short:{i}").as_bytes(), &[b"x"], &short).unwrap();
    }
    for _ in 0..200 {
        if store.audit().unwrap().entries == 0 {
            return;
        }
        std::thread::sleep(Duration::from_millis(50));
    }
    panic!("100 entries of 50 ms are still there after 10 s");
}

#[test]
fn an_entry_that_replaces_another_lives_for_its_own_time() {
    let dir = TempDir::new().unwrap();
    let options = Options { sweeper: false, ..Options::default() };
    let store = Store::open(dir.path(), &options).unwrap();
    let ttl = |ttl_ms| PutOptions { ttl_ms, ..PutOptions::default() };
    for size in [10, 5000] {
        let payload = bytes(size, 3);
        let put =
            |key: &str, ttl_ms| store.put("default", key.as_bytes(), &[&payload], &ttl(ttl_ms)).unwrap();
        for key in ["longer", "ever", "deleted", "touched"] {
            put(key, 30);
        }
        put("shorter", 60_000);
        put("longer", 90);
        put("longer", 2_000);
        put("ever", 0);
        put("deleted", 60_000);
        put("touched", 60_000);
        put("shorter", 30);
        assert!(store.delete("default", b"deleted").unwrap());
        assert!(store.touch("default", b"touched", 120_000).unwrap());
        clean(&store);
        std::thread::sleep(Duration::from_millis(40));
        assert_eq!(store.list("default", b"").unwrap(), [&b"ever"[..], b"longer", b"touched"]);
        assert_eq!(store.sweep().unwrap(), 1, "{size} bytes: what has expired is \"shorter\" alone");
        clean(&store);
        assert!(store.touch("default", b"touched", 10).unwrap());
        std::thread::sleep(Duration::from_millis(2_000));
        assert_eq!(store.list("default", b"").unwrap(), [b"ever"]);
        assert_eq!(store.sweep().unwrap(), 2, "{size} bytes: \"longer\" and \"touched\"");
        assert_eq!(store.audit().unwrap().entries, 1);
        clean(&store);
    }
}

#[test]
fn the_sweeper_removes_what_was_replaced_again_and_again() {
    let (_dir, store) = store();
    let short = PutOptions { ttl_ms: 100, ..PutOptions::default() };
    for i in 0..300 {
        store.put("default", format!("again:{}", i % 3).as_bytes(), &[b"x"], &short).unwrap();
        std::thread::sleep(Duration::from_millis(1));
    }
    for _ in 0..200 {
        if store.audit().unwrap().entries == 0 {
            return clean(&store);
        }
        std::thread::sleep(Duration::from_millis(50));
    }
    panic!("entries of 100 ms are still there after 10 s");
}

#[test]
fn a_batch_is_stored_whole_or_not_at_all() {
    let (_dir, store) = store();
    let (small, large) = (bytes(100, 1), bytes(100_000, 2));
    let no_overwrite = PutOptions { no_overwrite: true, ..PutOptions::default() };
    let parts: [&[&[u8]]; 2] = [&[&small], &[&large]];
    let entry = |key: &'static [u8], which: usize| Entry { key, parts: parts[which], options: no_overwrite };
    store.put_many("default", &[entry(b"a", 0), entry(b"b", 1)]).unwrap();
    let error = store.put_many("default", &[entry(b"c", 1), entry(b"a", 0)]).unwrap_err();
    assert_eq!(error.status(), Status::KeyExists);
    assert!(error.message().contains("\"a\""), "{error}");
    assert!(!store.contains("default", b"c").unwrap());
    assert_eq!(store.get("default", b"b").unwrap().unwrap().0, large);
    assert_eq!(store.audit().unwrap().loans, 0);
    clean(&store);
}

#[test]
fn a_loan_is_published_shrunk_or_given_back() {
    let (_dir, store) = store();
    let mut loan = store.loan(50_000).unwrap();
    loan.bytes_mut().fill(7);
    loan.truncate(10_000).unwrap();
    assert!(loan.truncate(10_001).is_err());
    loan.publish("default", b"k", &PutOptions::default()).unwrap();
    assert_eq!(store.get("default", b"k").unwrap().unwrap().0, vec![7; 10_000]);
    drop(store.loan(1 << 20).unwrap());
    let audit = store.audit().unwrap();
    assert_eq!((audit.loans, audit.live_pages), (0, 3));
    clean(&store);
}

#[test]
fn a_tracked_entry_remembers_that_it_was_opened_and_settled() {
    let (_dir, store) = store();
    let tracked = PutOptions { tracked: true, ..PutOptions::default() };
    store.put("default", b"in", &[b"small"], &tracked).unwrap();
    let track = || store.track("default", b"in").unwrap().unwrap();
    drop(store.view_quiet("default", b"in").unwrap());
    assert!(!track().opened);
    drop(store.view("default", b"in").unwrap());
    assert!(track().opened && !track().settled);
    assert!(store.settle("default", b"in", None, "id").unwrap());
    assert!(track().settled);
    store.put("default", b"in", &[b"small"], &tracked).unwrap();
    assert!(!track().opened && !track().settled);
    store.put("default", b"plain", &[b"small"], &PutOptions::default()).unwrap();
    assert!(store.track("default", b"plain").unwrap().is_none());
    assert!(!store.settle("default", b"absent", None, "id").unwrap());
}

#[test]
fn a_waiter_gets_what_another_thread_puts_and_times_out_otherwise() {
    let (_dir, store) = store();
    let putter = store.clone();
    let thread = std::thread::spawn(move || {
        std::thread::sleep(Duration::from_millis(50));
        putter.put("default", b"late", &[b"x"], &PutOptions::default()).unwrap();
    });
    store.wait("default", b"late", Some(Duration::from_secs(20))).unwrap();
    thread.join().unwrap();
    let error = store.wait("default", b"never", Some(Duration::from_millis(30))).unwrap_err();
    assert_eq!(error.status(), Status::Timeout);
    assert!(error.message().contains("\"never\"") && error.message().contains("30 ms"), "{error}");
    assert!(error.message().contains(&format!("of {:?}", store.path())), "{error}");
}

#[test]
fn bad_keys_names_and_sizes_are_refused_by_name() {
    let (_dir, store) = store();
    let put = |db: &str, key: &[u8]| store.put(db, key, &[b"x"], &PutOptions::default()).unwrap_err();
    assert_eq!(put("default", b"").status(), Status::BadKey);
    assert!(put("default", &[b'k'; 512]).message().contains("512 bytes"));
    assert!(put("_dy_meta", b"k").message().contains("reserved"));
    assert_eq!(put("", b"k").status(), Status::BadKey);
    assert_eq!(store.loan(MAX_PAYLOAD + 1).err().unwrap().status(), Status::TooLarge);
    store.put("default", &[b'k'; 511], &[b"x"], &PutOptions::default()).unwrap();
    assert!(store.contains("default", &[b'k'; 511]).unwrap());
}

#[test]
fn a_full_store_says_what_fills_it_and_goes_on() {
    let dir = TempDir::new().unwrap();
    let options = Options { map_size: 8 << 20, ..Options::default() };
    let store = Store::open(dir.path(), &options).unwrap();
    let payload = bytes(500_000, 1);
    let mut stored = 0;
    let error = loop {
        let key = format!("k{stored}");
        match store.put("default", key.as_bytes(), &[&payload], &PutOptions::default()) {
            Ok(_) => stored += 1,
            Err(error) => break error,
        }
        assert!(stored < 16);
    };
    let view = store.view("default", b"k0").unwrap().unwrap();
    assert_eq!(error.status(), Status::MapFull);
    for wanted in ["MDB_MAP_FULL", "lmdb_map_size", "live payloads"] {
        assert!(error.message().contains(wanted), "{error}");
    }
    assert!(stored >= 6, "{stored} of 8 MiB");
    store.delete("default", b"k0").unwrap();
    let pinned = store.put("default", b"again", &[&payload], &PutOptions::default()).unwrap_err();
    assert!(pinned.message().contains("pins \"k0\""), "{pinned}");
    assert!(view.bytes() == payload);
    drop(view);
    store.put("default", b"again", &[&payload], &PutOptions::default()).unwrap();
    assert!(store.get("default", b"again").unwrap().unwrap().0 == payload);
    clean(&store);
}

#[test]
fn a_full_store_takes_the_room_of_what_has_expired() {
    let dir = TempDir::new().unwrap();
    let options = Options { map_size: 8 << 20, sweeper: false, ..Options::default() };
    let store = Store::open(dir.path(), &options).unwrap();
    let short = PutOptions { ttl_ms: 1, ..PutOptions::default() };
    for i in 0..200 {
        store.put("default", format!("k{i}").as_bytes(), &[&bytes(500_000, i)], &short).unwrap();
        std::thread::sleep(Duration::from_millis(1));
    }
    clean(&store);
}

#[test]
fn keys_are_shown_as_they_are() {
    let (_dir, store) = store();
    for (key, shown, hex) in [
        (&b"plain"[..], "plain", None),
        (b"\"quoted\"\n", "\"quoted\"\n", None),
        (b"\xff1", "\u{fffd}1", Some("ff31")),
    ] {
        store.put("default", key, &[&bytes(5000, 0)], &PutOptions::default()).unwrap();
        let view = store.view("default", key).unwrap().unwrap();
        for (deleted, database) in [(false, Some("default")), (true, None)] {
            if deleted {
                store.delete("default", key).unwrap();
            }
            let pins = &store.stats().unwrap()["pins"];
            assert_eq!(pins[0]["key"], shown);
            assert_eq!(pins[0].get("key_hex").and_then(|hex| hex.as_str()), hex);
            assert_eq!(pins[0]["database"].as_str(), database);
        }
        drop(view);
    }
}

#[test]
fn stats_count_what_is_there() {
    let (_dir, store) = store();
    store.put("a", b"k", &[&bytes(5000, 0)], &PutOptions::default()).unwrap();
    store.put("b", b"k", &[b"xy"], &PutOptions::default()).unwrap();
    let view = store.view("a", b"k").unwrap().unwrap();
    let stats = store.stats().unwrap();
    assert_eq!(stats["databases"]["a"]["bytes"], 5000);
    assert_eq!(stats["databases"]["b"]["entries"], 1);
    assert_eq!(stats["pins"][0]["key"], "k");
    assert_eq!(stats["pins"][0]["pid"], std::process::id());
    assert_eq!(stats["pins"][0]["database"], "a");
    assert_eq!(stats["pins"][0]["bytes"], 5000);
    assert_eq!(stats["counters"]["puts"], 2);
    assert_eq!((&stats["format_version"], &stats["durability"]), (&4.into(), &"process".into()));
    let engine = &stats["engines"][0];
    assert_eq!(
        (&engine["pid"], &engine["engine"]),
        (&std::process::id().into(), &stats["pins"][0]["engine"])
    );
    for known in [engine, &stats["pins"][0], &stats["readers"][0]] {
        assert_eq!(known["host"], std::fs::read_to_string("/proc/sys/kernel/hostname").unwrap().trim());
        assert!(known["command"].as_str().unwrap().contains("engine"), "{known}");
    }
    let boot_id = std::fs::read_to_string("/proc/sys/kernel/random/boot_id").unwrap();
    assert_eq!(stats["boot_id"], boot_id.trim().replace('-', ""));
    store.delete("a", b"k").unwrap();
    let pin = &store.stats().unwrap()["pins"][0];
    assert_eq!((&pin["key"], &pin["database"]), (&"k".into(), &serde_json::Value::Null));
    drop(view);
}

#[test]
fn entries_are_listed_with_their_envelopes() {
    let (_dir, store) = store();
    let named = PutOptions {
        ttl_ms: 60_000,
        tracked: true,
        txn_id: "t",
        source: "s",
        target: "c",
        ..PutOptions::default()
    };
    store.put("a", b"p:1", &[&bytes(5000, 0)], &named).unwrap();
    store.put("a", b"p:2", &[b"xy"], &PutOptions { ttl_ms: 0, ..PutOptions::default() }).unwrap();
    store.put("a", b"q", &[b"xy"], &PutOptions { ttl_ms: 1, ..PutOptions::default() }).unwrap();
    std::thread::sleep(Duration::from_millis(10));
    let entries = store.entries("a", b"").unwrap();
    let keys: Vec<_> = entries.iter().map(|entry| entry.key.as_slice()).collect();
    assert_eq!(keys, [b"p:1", b"p:2"]);
    let first = &entries[0];
    assert_eq!((first.txn_id.as_str(), first.source.as_str(), first.target.as_str()), ("t", "s", "c"));
    assert_eq!((first.info.size, first.info.ttl_ms), (5000, 60_000));
    assert!((1..=60_000).contains(&first.left_ms.unwrap()));
    assert_eq!((entries[1].left_ms, entries[1].txn_id.len()), (None, 16));
    assert_eq!(store.entries("a", b"p:2").unwrap().len(), 1);
    assert!(store.entries("none", b"").unwrap().is_empty());
    assert!(!store.track("a", b"p:1").unwrap().unwrap().opened);
    assert_eq!(store.databases().unwrap(), ["a"]);
}

#[test]
fn a_hundred_named_databases_fit_and_one_more_says_so() {
    let dir = TempDir::new().unwrap();
    let store = Store::open(dir.path(), &Options::default()).unwrap();
    for i in 0..100 {
        store.put(&format!("db{i}"), b"k", &[b"x"], &PutOptions::default()).unwrap();
    }
    let error = store.put("db100", b"k", &[b"x"], &PutOptions::default()).unwrap_err();
    assert_eq!(error.status(), Status::DbsFull);
    assert!(error.message().contains("lmdb_max_dbs"), "{error}");
    clean(&store);
}

#[test]
fn a_store_that_was_full_of_mixed_sizes_is_as_good_as_new_once_emptied() {
    for seed in [3, 4] {
        let dir = TempDir::new().unwrap();
        let options = Options { map_size: 64 << 20, sweeper: false, ..Options::default() };
        let store = Store::open(dir.path(), &options).unwrap();
        let mut size = seed * 7919;
        let mut keys = Vec::new();
        loop {
            size = (size * 48_271) % 400_009;
            let key = format!("k{}", keys.len());
            match store.put("default", key.as_bytes(), &[&bytes(size % 400_000, 1)], &PutOptions::default()) {
                Ok(_) => keys.push(key),
                Err(error) => break assert_eq!(error.status(), Status::MapFull),
            }
        }
        assert!(keys.len() > 150, "{} entries", keys.len());
        for key in &keys {
            assert!(store.delete("default", key.as_bytes()).unwrap());
        }
        for i in 0..3000 {
            let payload = bytes(10 + i % 7 * 30_000, i as u8);
            store.put("default", b"again", &[&payload], &PutOptions::default()).unwrap();
        }
        clean(&store);
    }
}

#[test]
fn one_payload_of_a_third_of_the_store_comes_and_goes() {
    for (limit, size) in [(64 << 20, 20 << 20), (256 << 20, 100 << 20), (16 << 20, 5 << 20)] {
        let dir = TempDir::new().unwrap();
        let store = Store::open(dir.path(), &Options { map_size: limit, ..Options::default() }).unwrap();
        let payload = bytes(size, 9);
        for _ in 0..4 {
            store.put("default", b"large", &[&payload], &PutOptions::default()).unwrap();
            store.put("default", b"small", &[b"x"], &PutOptions::default()).unwrap();
            assert!(store.delete("default", b"large").unwrap());
        }
        let high_water = store.stats().unwrap()["map"]["high_water"].as_u64().unwrap();
        assert!(high_water <= limit, "{high_water} of {limit}");
        clean(&store);
    }
}

#[test]
fn a_store_full_of_small_entries_takes_new_ones_once_emptied() {
    let dir = TempDir::new().unwrap();
    let options = Options { map_size: 8 << 20, sweeper: false, ..Options::default() };
    let store = Store::open(dir.path(), &options).unwrap();
    let mut stored = 0;
    let payload = bytes(1500, 1);
    while store.put("default", format!("k{stored}").as_bytes(), &[&payload], &PutOptions::default()).is_ok() {
        stored += 1;
    }
    assert!(stored > 1000, "{stored}");
    for i in 0..stored {
        assert!(store.delete("default", format!("k{i}").as_bytes()).unwrap());
    }
    for i in 0..1000 {
        store.put("default", format!("again{i}").as_bytes(), &[&payload], &PutOptions::default()).unwrap();
    }
    clean(&store);
}

#[test]
fn a_batch_of_20000_small_entries_takes_what_they_need() {
    let dir = TempDir::new().unwrap();
    let store = Store::open(dir.path(), &Options { map_size: 64 << 20, ..Options::default() }).unwrap();
    let keys: Vec<Vec<u8>> = (0..20_000).map(|i| format!("key:{i}").into_bytes()).collect();
    let entries: Vec<Entry> = keys
        .iter()
        .map(|key| Entry { key, parts: &[b"ten bytes."], options: PutOptions::default() })
        .collect();
    let infos = store.put_many("default", &entries).unwrap();
    let ids: std::collections::HashSet<u64> = infos.iter().map(|info| info.entry_id).collect();
    assert_eq!(ids.len(), 20_000);
    assert_eq!(store.list("default", b"key:").unwrap().len(), 20_000);
    let too_many: Vec<Entry> =
        (0..65_537).map(|_| Entry { key: b"k", parts: &[], options: PutOptions::default() }).collect();
    assert_eq!(store.put_many("default", &too_many).unwrap_err().status(), Status::InvalidArgument);
    clean(&store);
}

#[test]
fn closing_one_holder_does_not_wait_for_another() {
    let dir = TempDir::new().unwrap();
    for _ in 0..40 {
        let first = Store::open(dir.path(), &Options::default()).unwrap();
        first.put("default", b"k", &[b"x"], &PutOptions::default()).unwrap();
        let other = std::thread::spawn({
            let path = dir.path().to_owned();
            move || {
                let second = Store::open(&path, &Options::default()).unwrap();
                second.put("default", b"k", &[b"y"], &PutOptions::default()).unwrap();
                second
            }
        });
        // Hangs when it joins the thread that the other holder keeps running.
        drop(first);
        drop(other.join().unwrap());
    }
}

#[test]
fn a_batch_that_does_not_fit_is_refused_before_the_store_passes_its_limit() {
    let dir = TempDir::new().unwrap();
    let limit = 16 << 20;
    let store = Store::open(dir.path(), &Options { map_size: limit, ..Options::default() }).unwrap();
    let payload = bytes(12_000, 1);
    let keys: Vec<Vec<u8>> = (0..3000).map(|i| format!("k{i}").into_bytes()).collect();
    let parts: &[&[u8]] = &[&payload];
    let entries: Vec<Entry> =
        keys.iter().map(|key| Entry { key, parts, options: PutOptions::default() }).collect();
    assert_eq!(store.put_many("default", &entries).unwrap_err().status(), Status::MapFull);
    assert!(store.list("default", b"").unwrap().is_empty());
    store.put_many("default", &entries[..300]).unwrap();
    let high_water = store.stats().unwrap()["map"]["high_water"].as_u64().unwrap();
    assert!(high_water <= limit, "{high_water}");
    clean(&store);
}
