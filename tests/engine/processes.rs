//! What several processes do to one store.

use crate::common::{Random, Role, assert_clean, check_tagged, open, pause, role, say, scratch, tagged};
use dishtayantra_lmdb::error::Status;
use dishtayantra_lmdb::options::{Options, PutOptions};
use dishtayantra_lmdb::store::Store;
use std::collections::HashMap;
use std::path::Path;
use std::time::{Duration, Instant};

#[test]
#[ignore = "the body of the child processes; started by the tests of this file"]
fn child() {
    let Some((role, path)) = role() else {
        return;
    };
    match role.split_once(' ').unwrap_or((&role, "")) {
        ("wait", timeout) => wait(&path, timeout.parse().unwrap()),
        ("mix", seed) => mix(&path, seed.parse().unwrap(), 5000),
        ("hold", key) => hold(&path, key.as_bytes()),
        ("smaller", _) => open_smaller(&path),
        ("share", seed) => share(&path, seed.parse().unwrap()),
        other => panic!("unknown role {other:?}"),
    }
}

fn wait(path: &Path, timeout_ms: u64) {
    let store = open(path);
    // The first look opens what is opened once.
    store.contains("default", b"awaited").unwrap();
    say("waiting", "");
    let (cpu, begun) = (crate::common::cpu_time(), Instant::now());
    let result = store.wait("default", b"awaited", Some(Duration::from_millis(timeout_ms)));
    let cpu = crate::common::cpu_time() - cpu;
    match result {
        Ok(()) => {
            let tag = check_tagged(store.view("default", b"awaited").unwrap().unwrap().bytes());
            say("came", format!("{tag} {}", cpu.as_micros()));
        }
        Err(error) => {
            assert_eq!(error.status(), Status::Timeout);
            say("timeout", format!("{} {}", begun.elapsed().as_millis(), cpu.as_micros()));
        }
    }
}

#[test]
fn a_process_that_waits_gets_what_another_puts() {
    let dir = scratch();
    let store = open(dir.path());
    let mut waiter = Role::start("processes::child", "wait 60000", dir.path());
    waiter.expect("waiting");
    std::thread::sleep(Duration::from_millis(100));
    store.put("default", b"awaited", &[&tagged(77, 100_000)], &PutOptions::default()).unwrap();
    assert!(waiter.expect("came").starts_with("77 "));
    waiter.finish();
}

#[test]
fn a_wait_for_what_never_comes_ends_at_its_timeout_and_sleeps_meanwhile() {
    let dir = scratch();
    let _store = open(dir.path());
    let mut waiter = Role::start("processes::child", "wait 1500", dir.path());
    let said = waiter.expect("timeout");
    let (elapsed_ms, cpu_us) = said.split_once(' ').unwrap();
    println!("waited {elapsed_ms} ms and used {cpu_us} µs of CPU");
    assert!(elapsed_ms.parse::<u64>().unwrap() >= 1500);
    // Four looks and their spins take well under a millisecond; polling would take hundreds.
    assert!(cpu_us.parse::<u64>().unwrap() < 100_000, "{cpu_us} µs");
    waiter.finish();
}

/// Random operations on keys of its own, against a model; every process audits nothing but its own content.
fn mix(path: &Path, seed: u64, entries: u64) {
    let store = open(path);
    let mut random = Random(seed * 7919 + 1);
    let mut model: HashMap<String, (u64, usize, Option<Instant>)> = HashMap::new();
    let ttl = Duration::from_millis(400);
    let mut put = 0;
    while put < entries {
        let key = format!("mix:{seed}:{}", random.below(24));
        let known = model.get(&key).copied();
        let expired = known.is_some_and(|(_, _, until)| until.is_some_and(|until| Instant::now() >= until));
        match random.below(8) {
            0..=3 => {
                let (tag, size) = (seed << 32 | put, random.size(100.0, 8e6).max(16));
                let expires = random.below(3) == 0;
                let options = PutOptions {
                    ttl_ms: if expires { ttl.as_millis() as u64 } else { 0 },
                    checksum: random.below(16) == 0,
                    tracked: random.below(4) == 0,
                    ..PutOptions::default()
                };
                store.put("default", key.as_bytes(), &[&tagged(tag, size)], &options).unwrap();
                let until = expires.then(|| Instant::now() + ttl);
                model.insert(key, (tag, size, until));
                put += 1;
            }
            4..=5 => match (store.view("default", key.as_bytes()).unwrap(), known) {
                (Some(view), Some((tag, size, _))) => {
                    assert_eq!(check_tagged(view.bytes()), tag);
                    assert_eq!(view.bytes().len(), size);
                    view.verify().unwrap();
                }
                (None, Some((_, _, None))) => panic!("{key} is gone"),
                // Near its end an entry may be there or not: the engine's clock started a little before ours.
                (None, _) => {}
                (Some(_), None) => panic!("{key} is there and was never put, or was deleted"),
            },
            6 => {
                let deleted = store.delete("default", key.as_bytes()).unwrap();
                if let Some((_, _, None)) = known {
                    assert!(deleted, "{key} could not be deleted");
                }
                model.remove(&key);
            }
            _ => {
                if expired {
                    assert!(!store.contains("default", key.as_bytes()).unwrap(), "{key} outlived its time");
                    model.remove(&key);
                }
            }
        }
    }
    for (key, (tag, _, until)) in &model {
        let view = store.view("default", key.as_bytes()).unwrap();
        if until.is_none() {
            assert_eq!(check_tagged(view.unwrap().bytes()), *tag);
        }
        store.delete("default", key.as_bytes()).unwrap();
    }
}

#[test]
fn four_processes_put_get_delete_and_let_expire_20000_entries_of_100_b_to_8_mb() {
    let dir = scratch();
    let store = open(dir.path());
    store
        .put(
            "default",
            b"bystander",
            &[&tagged(1, 3_000_000)],
            &PutOptions { ttl_ms: 0, ..PutOptions::default() },
        )
        .unwrap();
    let roles: Vec<Role> =
        (1..=4).map(|seed| Role::start("processes::child", &format!("mix {seed}"), dir.path())).collect();
    roles.into_iter().for_each(Role::finish);
    assert_eq!(check_tagged(store.view("default", b"bystander").unwrap().unwrap().bytes()), 1);
    std::thread::sleep(Duration::from_millis(450));
    store.sweep().unwrap();
    assert_eq!(store.list("default", b"").unwrap(), [b"bystander".to_vec()]);
    assert_clean(&store);
    let audit = store.audit().unwrap();
    println!("{audit:?}");
    let bystander = (3_000_000_u64 + 64).div_ceil(4096);
    assert_eq!((audit.entries, audit.live_pages), (1, bystander));
    assert!(audit.quarantined_pages < 40 * 2000, "{audit:?}");
}

/// Many processes on the same few keys: what is read is whole, whoever wrote it.
fn share(path: &Path, seed: u64) {
    let store = open(path);
    let mut random = Random(seed * 104_729);
    for i in 0..1500 {
        let key = format!("shared:{}", random.below(6));
        match random.below(4) {
            0 => {
                let size = random.size(16.0, 2e6);
                store
                    .put("default", key.as_bytes(), &[&tagged(seed << 32 | i, size)], &PutOptions::default())
                    .unwrap();
            }
            1 => drop(store.delete("default", key.as_bytes()).unwrap()),
            2 => {
                // Looked at twice, with time for others to replace and recycle in between.
                if let Some(view) = store.view("default", key.as_bytes()).unwrap() {
                    let tag = check_tagged(view.bytes());
                    std::thread::sleep(Duration::from_micros(random.below(400)));
                    assert_eq!(check_tagged(view.bytes()), tag);
                }
            }
            _ => {
                let size = random.size(16.0, 2e6).max(16);
                let mut loan = store.loan(size as u64).unwrap();
                loan.bytes_mut().copy_from_slice(&tagged(seed << 32 | i, size));
                if random.below(3) > 0 {
                    loan.publish("default", key.as_bytes(), &PutOptions::default()).unwrap();
                }
            }
        }
    }
}

#[test]
fn six_processes_replace_view_and_recycle_the_same_keys() {
    let dir = scratch();
    let store = open(dir.path());
    let roles: Vec<Role> =
        (1..=6).map(|seed| Role::start("processes::child", &format!("share {seed}"), dir.path())).collect();
    roles.into_iter().for_each(Role::finish);
    assert_clean(&store);
}

fn hold(path: &Path, key: &[u8]) {
    let store = open(path);
    let view = store.view("default", key).unwrap().unwrap();
    let tag = check_tagged(view.bytes());
    say("holding", "");
    pause();
    assert_eq!(check_tagged(view.bytes()), tag);
}

fn high_water(store: &Store) -> u64 {
    store.stats().unwrap()["map"]["high_water"].as_u64().unwrap()
}

#[test]
fn a_held_view_does_not_make_the_file_grow_over_10000_entries_of_1_mb() {
    let dir = scratch();
    let store = open(dir.path());
    store.put("default", b"held", &[&tagged(9, 1 << 20)], &PutOptions::default()).unwrap();
    let mut holder = Role::start("processes::child", "hold held", dir.path());
    holder.expect("holding");
    let payload = tagged(10, 1 << 20);
    for i in 0..10_000 {
        let key = format!("passing:{i}");
        store.put("default", key.as_bytes(), &[&payload], &PutOptions::default()).unwrap();
        assert!(store.delete("default", key.as_bytes()).unwrap());
    }
    let (live_peak, arena) = (2 * (1 << 20), 16 << 20);
    let used = high_water(&store);
    println!("high water {used} after 10,000 entries of 1 MiB with one view held");
    assert!(used <= 2 * live_peak + arena, "{used}");
    holder.go();
    holder.finish();
    assert_clean(&store);
}

fn open_smaller(path: &Path) {
    let store = Store::open(path, &Options { map_size: 4 << 20, ..Options::default() }).unwrap();
    assert_eq!(check_tagged(store.view("default", b"held").unwrap().unwrap().bytes()), 9);
    say("opened", high_water(&store));
}

#[test]
fn a_process_that_opens_with_a_smaller_map_size_changes_nothing() {
    let dir = scratch();
    let store = open(dir.path());
    store.put("default", b"held", &[&tagged(9, 5 << 20)], &PutOptions::default()).unwrap();
    let view = store.view("default", b"held").unwrap().unwrap();
    let length = || std::fs::metadata(dir.path().join("data.mdb")).unwrap().len();
    let before = (length(), store.stats().unwrap()["map"]["limit"].clone());
    let mut other = Role::start("processes::child", "smaller", dir.path());
    other.expect("opened");
    other.finish();
    assert_eq!((length(), store.stats().unwrap()["map"]["limit"].clone()), before);
    store.put("default", b"large", &[&tagged(3, 200 << 20)], &PutOptions::default()).unwrap();
    assert_eq!(check_tagged(view.bytes()), 9);
    assert_eq!(check_tagged(store.view("default", b"large").unwrap().unwrap().bytes()), 3);
}

#[test]
fn closing_a_descriptor_of_lock_mdb_breaks_nothing_for_those_who_join() {
    let dir = scratch();
    let store = open(dir.path());
    store.put("default", b"held", &[&tagged(9, 1 << 20)], &PutOptions::default()).unwrap();
    let view = store.view("default", b"held").unwrap().unwrap();
    let mut loan = store.loan(1 << 20).unwrap();
    for seed in 1..=3 {
        drop(std::fs::File::open(dir.path().join("lock.mdb")).unwrap());
        store.put("default", b"mine", &[&tagged(seed, 1 << 20)], &PutOptions::default()).unwrap();
        let mut other = Role::start("processes::child", "hold mine", dir.path());
        other.expect("holding");
        Role::start("processes::child", &format!("share {seed}"), dir.path()).finish();
        assert_eq!(check_tagged(view.bytes()), 9);
        other.go();
        other.finish();
    }
    loan.bytes_mut().copy_from_slice(&tagged(5, 1 << 20));
    loan.publish("default", b"lent", &PutOptions::default()).unwrap();
    assert_eq!(check_tagged(store.view("default", b"lent").unwrap().unwrap().bytes()), 5);
    drop(view);
    assert_clean(&store);
}
