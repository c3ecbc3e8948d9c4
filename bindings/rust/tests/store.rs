//! Stores, entries and views.

mod common;

use common::{MAP_SIZE, assert_fails, open, scratch};
use dishtayantra::{
    Durability, ErrorKind, Format, Key, OpenOptions, PutOptions, Store, npy_header, parse_config,
    take_warnings, versions,
};
use std::time::{Duration, SystemTime};

const DEFAULTS: PutOptions<'static> = PutOptions {
    format: None,
    ttl: None,
    no_overwrite: false,
    checksum: false,
    tracked: false,
    txn_id: "",
    source: "",
    target: "",
};

#[test]
fn an_entry_comes_back_with_its_envelope() {
    let dir = scratch();
    let store = open(dir.path());
    let before = SystemTime::now();
    let options = PutOptions {
        format: Some(Format::Json),
        ttl: Some(Duration::from_secs(60)),
        checksum: true,
        txn_id: "txn-7",
        source: "writer",
        target: "reader",
        ..PutOptions::default()
    };
    let put = store.put("key", b"{}", &options).unwrap();
    let view = store.view("key").unwrap();
    assert_eq!((view.bytes(), view.format()), (&b"{}"[..], Format::Json));
    assert_eq!(
        (view.key(), view.txn_id(), view.source(), view.target()),
        (&b"key"[..], "txn-7", "writer", "reader")
    );
    let info = view.info();
    assert_eq!((info.entry_id, info.size, info.ttl), (put.entry_id, 2, Duration::from_secs(60)));
    assert!(info.checksum.is_some() && info.is_inline && !info.is_tracked && !info.holds_snapshot);
    assert!(info.created >= before - Duration::from_secs(1) && info.created <= SystemTime::now());
    view.verify().unwrap();
}

#[test]
fn defaults_are_the_engines() {
    let dir = scratch();
    let store = Store::open(dir.path()).unwrap();
    let info = store.put("key", &[7; 5000], &DEFAULTS).unwrap();
    assert_eq!((info.format, info.ttl, info.checksum), (Format::Raw, Duration::from_secs(300), None));
    assert!(!info.is_inline && info.file_offset > 0);
    assert_eq!(store.path().unwrap(), dir.path().to_str().unwrap());
}

#[test]
fn payloads_of_every_size_are_whole_and_aligned() {
    let dir = scratch();
    let store = open(dir.path());
    for size in [0, 1, 63, 1000, 2000, 4096, 65_537, 3_000_000] {
        let payload: Vec<u8> = (0..size).map(|at: usize| (at * 31) as u8).collect();
        store.put_parts("key", &[&payload[..size / 3], &payload[size / 3..]], &DEFAULTS).unwrap();
        let view = store.view("key").unwrap();
        assert_eq!(view.bytes(), payload, "{size} bytes");
        assert!(size == 0 || view.bytes().as_ptr().addr().is_multiple_of(64), "{size} bytes");
        assert_eq!(store.get("key").unwrap(), Some(payload));
    }
}

#[test]
fn a_view_outlives_its_entry_and_its_store() {
    let dir = scratch();
    let store = open(dir.path());
    store.put("key", &[7; 100_000], &DEFAULTS).unwrap();
    let view = store.view("key").unwrap();
    assert!(store.delete("key").unwrap());
    store.put("key", &[8; 100_000], &DEFAULTS).unwrap();
    drop(store);
    assert!(std::thread::spawn(move || view.bytes().iter().all(|byte| *byte == 7)).join().unwrap());
}

#[test]
fn entries_are_found_touched_listed_and_deleted() {
    let dir = scratch();
    let store = open(dir.path());
    for key in ["a:1", "a:2", "b:1"] {
        store.put(key, b"x", &DEFAULTS).unwrap();
    }
    store.put(Key::new("a:3").in_db("other"), b"y", &DEFAULTS).unwrap();
    assert_eq!(store.list("a:").unwrap(), [b"a:1", b"a:2"]);
    assert_eq!(store.list("").unwrap().len(), 3);
    assert_eq!(store.list(Key::new("").in_db("other")).unwrap(), [b"a:3"]);
    assert!(store.contains("a:1").unwrap() && !store.contains("a:3").unwrap());
    assert_eq!(store.view(Key::new("a:3").in_db("other")).unwrap().bytes(), b"y");
    assert!(store.touch("a:1", Duration::ZERO).unwrap() && !store.touch("c", Duration::ZERO).unwrap());
    assert_eq!(store.view("a:1").unwrap().info().ttl, Duration::ZERO);
    assert!(store.delete("a:1").unwrap() && !store.delete("a:1").unwrap());
    assert_eq!(store.get("a:1").unwrap(), None);
    assert_fails(store.view("a:1"), ErrorKind::NotFound, "a:1");
}

#[test]
fn keys_are_any_bytes() {
    let dir = scratch();
    let store = open(dir.path());
    let key = [0_u8, 255, b'/'];
    store.put(&key, b"x", &DEFAULTS).unwrap();
    assert_eq!(store.view(key.as_slice()).unwrap().key(), key);
    assert_eq!(store.list("").unwrap(), [key]);
    assert_fails(store.put("", b"x", &DEFAULTS), ErrorKind::BadKey, "empty");
    assert_fails(store.put(&[b'k'; 512], b"x", &DEFAULTS), ErrorKind::BadKey, "511");
}

#[test]
fn an_expired_entry_is_gone_and_swept() {
    let dir = scratch();
    let options = OpenOptions { no_sweeper: true, map_size: Some(MAP_SIZE), ..OpenOptions::default() };
    let store = Store::open_with(dir.path(), &options).unwrap();
    // Less than a millisecond is not for ever.
    for (key, ttl) in [("short", Duration::from_micros(1)), ("long", Duration::from_secs(600))] {
        store.put(key, b"x", &PutOptions { ttl: Some(ttl), ..DEFAULTS }).unwrap();
    }
    std::thread::sleep(Duration::from_millis(50));
    assert_fails(store.view("short"), ErrorKind::NotFound, "short");
    assert!(!store.contains("short").unwrap() && store.contains("long").unwrap());
    assert_eq!(store.sweep().unwrap(), 1);
}

#[test]
fn the_longest_time_to_live_does_not_end() {
    let dir = scratch();
    let store = open(dir.path());
    let options = PutOptions { ttl: Some(Duration::MAX), ..DEFAULTS };
    store.put("put", b"x", &options).unwrap();
    store.put("touched", b"x", &DEFAULTS).unwrap();
    assert!(store.touch("touched", Duration::MAX).unwrap());
    store.sweep().unwrap();
    for key in ["put", "touched"] {
        assert_eq!(store.view(key).unwrap().info().ttl, Duration::from_millis(i64::MAX as u64), "{key}");
    }
}

#[test]
fn a_live_entry_is_kept_when_asked() {
    let dir = scratch();
    let store = open(dir.path());
    let options = PutOptions { no_overwrite: true, ..DEFAULTS };
    store.put("key", b"first", &options).unwrap();
    assert_fails(store.put("key", b"second", &options), ErrorKind::KeyExists, "key");
    assert_eq!(store.get("key").unwrap().unwrap(), b"first");
}

#[test]
fn many_entries_are_put_together_or_not_at_all() {
    let dir = scratch();
    let store = open(dir.path());
    let numpy = PutOptions::of(Format::Numpy);
    store.put_many("", &[(b"a", b"1", DEFAULTS), (b"b", &[2; 9000], numpy), (b"a", b"3", DEFAULTS)]).unwrap();
    assert_eq!(store.get("a").unwrap().unwrap(), b"3");
    assert_eq!(store.view("b").unwrap().format(), Format::Numpy);
    store.put_many("none", &[]).unwrap();
    assert_fails(
        store.put_many("", &[(b"c", b"1", DEFAULTS), (b"", b"2", DEFAULTS)]),
        ErrorKind::BadKey,
        "empty",
    );
    assert!(!store.contains("c").unwrap());
}

#[test]
fn numbers_are_read_in_place() {
    let dir = scratch();
    let store = open(dir.path());
    let values: Vec<f64> = (0..6000).map(|at| f64::from(at) / 7.0).collect();
    let bytes: Vec<u8> = values.iter().flat_map(|value| value.to_le_bytes()).collect();
    store.put("raw", &bytes, &DEFAULTS).unwrap();
    let header = npy_header::<f64>(&[60, 100], false).unwrap();
    store.put_parts("npy", &[&header, &bytes], &PutOptions::of(Format::Numpy)).unwrap();
    for key in ["raw", "npy"] {
        let view = store.view(key).unwrap();
        let slice = view.slice::<f64>().unwrap();
        assert_eq!(slice, values, "{key}");
        assert!(view.bytes().as_ptr_range().contains(&slice.as_ptr().cast()), "{key} was copied");
        assert!(slice.as_ptr().addr().is_multiple_of(64));
    }
    assert_eq!(store.view("npy").unwrap().array().unwrap().shape(), [60, 100]);
    assert_fails(store.view("npy").unwrap().slice::<f32>(), ErrorKind::InvalidArgument, "entry 'npy'");
    store.put("odd", b"123", &DEFAULTS).unwrap();
    assert_fails(store.view("odd").unwrap().slice::<u16>(), ErrorKind::InvalidArgument, "3 bytes");
    assert_fails(store.view("odd").unwrap().array(), ErrorKind::InvalidArgument, "format raw");
    assert_fails(store.view("odd").unwrap().document(), ErrorKind::InvalidArgument, "needs msgpack");
    store.put("bad", b"123", &PutOptions::of(Format::Numpy)).unwrap();
    assert_fails(store.view("bad").unwrap().array(), ErrorKind::Corrupt, "entry 'bad'");
}

#[test]
fn waiting_ends_with_the_entry_or_the_timeout() {
    let dir = scratch();
    let store = open(dir.path());
    assert_fails(store.wait("key", Some(Duration::ZERO)), ErrorKind::Timeout, "key");
    assert_fails(store.wait("key", Some(Duration::from_millis(20))), ErrorKind::Timeout, "20");
    for (time, waited) in [
        (Duration::from_micros(999), "within 1 ms"),
        (Duration::from_nanos(1), "within 1 ms"),
        (Duration::from_nanos(2_000_001), "within 3 ms"),
    ] {
        let begun = std::time::Instant::now();
        assert_fails(store.wait("key", Some(time)), ErrorKind::Timeout, waited);
        assert!(begun.elapsed() >= time, "{time:?}");
    }
    std::thread::scope(|scope| {
        let waiter = scope.spawn(|| store.wait("key", None));
        store.put("key", b"x", &DEFAULTS).unwrap();
        waiter.join().unwrap().unwrap();
    });
}

#[test]
fn statistics_and_audit_tell_of_the_store() {
    let dir = scratch();
    let store = open(dir.path());
    store.put("key", &[7; 5000], &DEFAULTS).unwrap();
    for text in [store.stats().unwrap(), store.calls().unwrap(), store.audit().unwrap()] {
        assert!(serde_json::from_str::<serde_json::Value>(&text).unwrap().is_object(), "{text}");
    }
}

#[test]
fn who_names_no_map_size_leaves_the_limit_alone() {
    let dir = scratch();
    let store = open(dir.path());
    for (map_size, limit) in
        [(None, MAP_SIZE), (Some(MAP_SIZE / 2), MAP_SIZE), (Some(2 * MAP_SIZE), 2 * MAP_SIZE)]
    {
        drop(Store::open_with(dir.path(), &OpenOptions { map_size, ..OpenOptions::default() }).unwrap());
        let stats: serde_json::Value = serde_json::from_str(&store.stats().unwrap()).unwrap();
        assert_eq!(stats["map"]["limit"], limit);
    }
}

#[test]
fn a_store_is_opened_as_asked() {
    let dir = scratch();
    let path = dir.path().join("store");
    let existing = OpenOptions { existing: true, ..OpenOptions::default() };
    assert_fails(Store::open_with(&path, &existing), ErrorKind::NotFound, path.to_str().unwrap());
    let options = OpenOptions {
        map_size: Some(MAP_SIZE),
        prefault: Some(0),
        max_readers: Some(17),
        max_dbs: Some(9),
        mode: Some(0o700),
        durability: Some(Durability::Sync),
        ..OpenOptions::default()
    };
    let store = Store::open_with(&path, &options).unwrap();
    let again = Store::open(&path).unwrap();
    let warned = take_warnings().unwrap();
    assert!(warned.iter().any(|warning| warning.contains("durability")), "{warned:?}");
    assert!(take_warnings().unwrap().is_empty());
    assert!(!Store::open_with(&path, &existing).unwrap().contains("key").unwrap());
    store.put("key", b"x", &DEFAULTS).unwrap();
    drop(store);
    assert!(again.contains("key").unwrap());
    std::os::unix::fs::symlink(&path, dir.path().join("link")).unwrap();
    assert_fails(Store::open(dir.path().join("link")), ErrorKind::Permission, "link");
    let follow = OpenOptions { follow_symlinks: true, ..options };
    assert!(Store::open_with(dir.path().join("link"), &follow).unwrap().contains("key").unwrap());
}

#[test]
fn a_store_is_opened_from_a_configuration() {
    let dir = scratch();
    let path = dir.path().join("store");
    let config = serde_json::json!({"lmdb_db_path": path, "lmdb_map_size": MAP_SIZE, "other": 1}).to_string();
    let store = Store::open_config(&config).unwrap();
    assert_eq!(store.path().unwrap(), path.to_str().unwrap());
    let parsed: serde_json::Value = serde_json::from_str(&parse_config(&config).unwrap()).unwrap();
    assert_eq!(parsed["lmdb_ttl"], 300);
    assert_fails(parse_config(r#"{"lmdb_ttl": -1}"#), ErrorKind::Config, "lmdb_ttl");
    assert_fails(Store::open_config("[]"), ErrorKind::Config, "object");
    assert_eq!(take_warnings().unwrap(), [""; 0]);
    parse_config(r#"{"lmdb_tll": 1}"#).unwrap();
    assert!(take_warnings().unwrap()[0].contains("lmdb_ttl"));
}

#[test]
fn a_full_store_says_which_setting_to_raise() {
    let dir = scratch();
    let store = open(dir.path());
    let error = assert_fails(
        store.put("key", &vec![1; MAP_SIZE as usize], &DEFAULTS),
        ErrorKind::MapFull,
        "MDB_MAP_FULL",
    );
    assert!(error.to_string().contains("lmdb_map_size"), "{error}");
    assert_eq!(error.kind().status(), Some(30));
    assert_fails(store.loan(u64::MAX), ErrorKind::TooLarge, "4294836160");
}

#[test]
fn versions_are_told() {
    let versions = versions().unwrap();
    assert!(versions.lmdb.contains("0.9."), "{versions:?}");
    assert_eq!(versions.abi, 2);
    assert!(!versions.library.is_empty());
}

#[test]
fn threads_share_a_store() {
    let dir = scratch();
    let store = open(dir.path());
    std::thread::scope(|scope| {
        for thread in 0..4_u8 {
            let store = &store;
            scope.spawn(move || {
                for round in 0..50 {
                    let key = format!("{thread}:{round}");
                    store.put(&key, &vec![thread; 10_000], &DEFAULTS).unwrap();
                    assert!(store.view(&key).unwrap().bytes().iter().all(|byte| *byte == thread));
                }
            });
        }
    });
    assert_eq!(store.list("").unwrap().len(), 200);
}
