//! Exchanges whose ids are made for them.

use super::*;
use crate::common::{Role, assert_clean, check_tagged, role, say, scratch, tagged};
use std::path::Path;

#[test]
#[ignore = "the body of the child processes; started by the tests of this file"]
fn child() {
    let Some((role, path)) = role() else {
        return;
    };
    match role.as_str() {
        "exchange" => exchange_for_ever(&path),
        "look" => look(&path),
        "fork" => fork(&path),
        other => panic!("unknown role {other:?}"),
    }
}

fn exchange_at(path: &Path, ttl: u64) -> Exchange {
    let config = json!({
        "lmdb_enabled": true,
        "lmdb_db_path": path,
        "lmdb_exchange_mode": "both",
        "lmdb_ttl": ttl,
        "lmdb_map_size": 64 << 20,
    });
    Exchange::open(Config::from_json(&config.to_string()).unwrap(), "calc").unwrap()
}

#[test]
fn a_fresh_input_has_all_that_one_with_a_given_id_has() {
    for mode in ["input", "both", "reference"] {
        let caller = caller(mode);
        let fresh = caller.exchange.put_fresh(&[b"pay", b"load"], Format::Raw, 0).unwrap();
        let txn_id = fresh.get("_txn_id").unwrap();
        assert!(txn_id.len() == 32 && txn_id.bytes().all(|digit| digit.is_ascii_hexdigit()));
        let given = caller.put("a given id");
        let told = |reference: &Reference, id: &str| {
            let json: serde_json::Value = serde_json::from_str(&reference.to_json()).unwrap();
            let names = json.as_object().unwrap().iter().filter(|(name, _)| !name.starts_with("_lmdb_ref_"));
            let told = names.filter(|(name, _)| *name != "_lmdb_entry");
            told.map(|(name, value)| (name.clone(), value.to_string().replace(id, "ID"))).collect::<Vec<_>>()
        };
        assert_eq!(told(&fresh, txn_id), told(&given, "a given id"), "{mode}");
        let store = caller.exchange.store();
        let key = fresh.get("_lmdb_input_key").unwrap().as_bytes();
        let entry = store.entry_id("default", key).unwrap().unwrap();
        assert_eq!(fresh.get("_lmdb_entry").unwrap(), format!("{:032x}:{entry:016x}", store.id()));
        let (name, text) = fresh.marker().unwrap();
        assert_eq!(name, format!("_lmdb_ref_{entry:016x}_{}", &format!("{:032x}", store.id())[..8]));
        assert_eq!(Reference::from_json(text).unwrap().get("_lmdb_input_key"), fresh.get("_lmdb_input_key"));
        assert_eq!(Reference::from_json(&fresh.to_json()).unwrap(), fresh);
        let view = store.view_quiet("default", key).unwrap().unwrap();
        assert_eq!((view.bytes(), view.txn_id(), view.target()), (&b"payload"[..], txn_id, "calc"));
        assert_eq!((view.info().ttl_ms, view.info().tracked), (300_000, true));
    }
}

#[test]
fn a_fresh_input_is_refused_as_one_with_a_given_id_is() {
    let output = caller("output").exchange.put_fresh(&[], Format::Raw, 0).unwrap_err();
    assert_eq!(output.status(), Status::InvalidArgument);
    let caller = caller("both");
    let reference = caller.exchange.put_fresh(&[b"x"], Format::Raw, 0).unwrap();
    assert_eq!(caller.settle(&reference, Answer::Value, FOR_EVER), Decision::Repeat);
    let ignored = caller.exchange.put_fresh(&[b"x"], Format::Raw, 0).unwrap_err();
    assert_eq!(ignored.status(), Status::ReferenceIgnored);
}

#[test]
fn what_happened_to_a_fresh_input_is_known_after_it_is_gone() {
    let caller = caller("both");
    for opened in [true, false] {
        let reference = caller.exchange.put_fresh(&[b"x"], Format::Raw, 0).unwrap();
        if opened {
            drop(reference.view_input().unwrap());
        }
        let key = reference.get("_lmdb_input_key").unwrap();
        assert!(caller.exchange.store().delete("default", key.as_bytes()).unwrap());
        // Its pages would be used again if nothing pinned them.
        for n in 0..8 {
            caller.exchange.store().put("default", &[n + 1], &[&[1; 5000]], &PutOptions::default()).unwrap();
        }
        let (decision, _) = caller.exchange.judge(&reference, Answer::Value, FOR_EVER).unwrap();
        assert_eq!(decision, if opened { Decision::TakeAnswer } else { Decision::Repeat });
        caller.exchange.cleanup(&reference, true, true).unwrap();
    }
    assert_eq!(caller.exchange.store().audit().unwrap().pins, 0);
}

#[test]
fn a_written_output_is_taken_once_it_is_there() {
    let caller = caller("both");
    let reference = caller.exchange.put_fresh(&[b"payload"], Format::Raw, 0).unwrap();
    assert!(caller.exchange.take_written(&reference).unwrap().is_none());
    calculate(&reference, "open write");
    assert_eq!(caller.exchange.take_written(&reference).unwrap().unwrap().bytes(), b"result");
    let unasked = super::caller("input");
    let reference = unasked.exchange.put_fresh(&[b"payload"], Format::Raw, 0).unwrap();
    assert!(unasked.exchange.take_written(&reference).unwrap().is_none());
}

#[test]
fn a_discarded_exchange_leaves_nothing_and_its_id_can_come_again() {
    for (taken, again) in [(true, true), (true, false), (false, true), (false, false)] {
        let caller = caller("both");
        let exchange = &caller.exchange;
        let reference = exchange.put_fresh(&[&[1; 3000]], Format::Raw, 0).unwrap();
        reference.put_output(&[&[2; 3000]], &PutOptions::default()).unwrap();
        let view = exchange.take_written(&reference).unwrap().filter(|_| taken);
        exchange.discard(&reference, true, true).unwrap();
        assert!(exchange.store().list("default", b"").unwrap().is_empty());
        if again {
            let txn_id = reference.get("_txn_id").unwrap();
            let again = exchange.put_input(txn_id, &[&[3; 3000]], Format::Raw).unwrap();
            assert_eq!(again.view_input().unwrap().bytes(), [3; 3000]);
            assert_eq!(reference.view_input().unwrap_err().status(), Status::NotFound);
            assert!(exchange.take_written(&again).unwrap().is_none());
            exchange.discard(&again, true, true).unwrap();
        }
        assert!(view.is_none_or(|view| view.bytes() == [2; 3000]));
        assert_eq!(exchange.store().audit().unwrap().entries, 0);
        assert_clean(exchange.store());
    }
}

#[test]
fn a_side_that_is_to_stay_stays() {
    for (input, output) in [(false, false), (true, false), (false, true)] {
        let caller = caller("both");
        let reference = caller.exchange.put_fresh(&[b"in"], Format::Raw, 0).unwrap();
        reference.put_output(&[b"out"], &PutOptions::default()).unwrap();
        drop(caller.exchange.take_written(&reference).unwrap());
        caller.exchange.discard(&reference, input, output).unwrap();
        let there = |name| {
            let key = reference.get(name).unwrap();
            caller.exchange.store().contains("default", key.as_bytes()).unwrap()
        };
        assert_eq!((there("_lmdb_input_key"), there("_lmdb_output_key")), (!input, !output));
    }
}

/// Says which keys another process sees, each time it is asked.
fn look(path: &Path) {
    let store = Store::open(path, &Options { sweeper: false, ..Options::default() }).unwrap();
    loop {
        crate::common::pause();
        say("sees", store.list("default", b"").unwrap().len());
    }
}

#[test]
fn a_discarded_exchange_is_gone_for_others_before_long() {
    let dir = scratch();
    let exchange = exchange_at(dir.path(), 300);
    let mut looker = Role::start("exchange::call::child", "look", dir.path());
    let deadline = |what: &str, looker: &mut Role| {
        let started = Instant::now();
        loop {
            looker.go();
            if looker.expect("sees") == "0" {
                break;
            }
            // The sweeper's rounds are five seconds apart, and the entries live for long.
            assert!(started.elapsed() < Duration::from_secs(3), "{what}");
        }
    };
    let run = |exchange: &Exchange| {
        let reference = exchange.put_fresh(&[b"in"], Format::Raw, 0).unwrap();
        exchange.discard(&reference, true, true).unwrap();
    };
    run(&exchange);
    deadline("the first", &mut looker);
    // Longer than the sweeper looks for more.
    std::thread::sleep(Duration::from_millis(1500));
    run(&exchange);
    deadline("one after a pause", &mut looker);
    let other = exchange_at(dir.path(), 300);
    run(&other);
    drop(other);
    looker.go();
    assert_eq!(looker.expect("sees"), "0", "an exchange that is over, in a store that is not");
    looker.kill();
}

fn exchange_for_ever(path: &Path) {
    let exchange = exchange_at(path, 2);
    say("exchanging", "");
    std::thread::scope(|scope| {
        for thread in 0..2_u64 {
            let exchange = &exchange;
            scope.spawn(move || {
                for n in 0.. {
                    let (tag, size) = (thread << 32 | n, 100 + (n as usize * 7919) % 30_000);
                    let reference = exchange.put_fresh(&[&tagged(tag, size)], Format::Raw, 0).unwrap();
                    assert_eq!(check_tagged(reference.view_input().unwrap().bytes()), tag);
                    let options = PutOptions { ttl_ms: 2000, ..PutOptions::default() };
                    reference.put_output(&[&tagged(!tag, size)], &options).unwrap();
                    let view = exchange.take_written(&reference).unwrap().unwrap();
                    exchange.discard(&reference, true, true).unwrap();
                    assert_eq!(check_tagged(view.bytes()), !tag);
                }
            });
        }
    });
}

#[test]
fn processes_killed_between_exchanges_leave_few_whole_entries_which_expire() {
    let dir = scratch();
    let store = exchange_at(dir.path(), 2);
    let store = store.store();
    let mut random = crate::common::Random(11);
    for _ in 0..60 {
        let mut process = Role::start("exchange::call::child", "exchange", dir.path());
        process.expect("exchanging");
        std::thread::sleep(Duration::from_micros(random.below(20_000)));
        let before = store.list("default", b"").unwrap().len();
        process.kill();
        for key in store.list("default", b"").unwrap() {
            if let Some(view) = store.view_quiet("default", &key).unwrap() {
                check_tagged(view.bytes());
            }
        }
        let left = store.list("default", b"").unwrap().len();
        assert!(left <= before + 24, "{left} entries of a process that discarded them");
        store.sweep().unwrap();
        assert_clean(store);
    }
    std::thread::sleep(Duration::from_millis(2100));
    store.sweep().unwrap();
    assert_eq!(store.audit().unwrap().entries, 0);
    assert_clean(store);
}

/// Forks with entries that wait to be deleted, and writes in the child by itself.
#[allow(unsafe_code)]
fn fork(path: &Path) {
    let exchange = exchange_at(path, 300);
    let reference = exchange.put_fresh(&[b"in"], Format::Raw, 0).unwrap();
    let kept = exchange.put_fresh(&[b"kept"], Format::Raw, 0).unwrap();
    exchange.discard(&reference, true, true).unwrap();
    // SAFETY: the child uses no lock that another thread of its parent may hold, and ends without handlers.
    let child = unsafe { libc::fork() };
    if child == 0 {
        let refused = [
            exchange.put_fresh(&[b"x"], Format::Raw, 0).err(),
            exchange.take_written(&kept).err(),
            exchange.discard(&kept, true, true).err(),
        ];
        let refused =
            refused.iter().all(|error| error.as_ref().is_some_and(|e| e.status() == Status::Forked));
        let current = exchange.is_current();
        drop(exchange);
        let own = exchange_at(path, 300);
        let right = own.is_current() && own.put_fresh(&[b"y"], Format::Raw, 0).is_ok();
        say("child", format!("{refused} {current} {right}"));
        // SAFETY: ends the child without running the parent's exit handlers.
        unsafe { libc::_exit(0) };
    }
    let mut status = 0;
    // SAFETY: waits for the child made above.
    unsafe { libc::waitpid(child, &mut status, 0) };
    let left = exchange.store().audit().unwrap().entries;
    let current = exchange.is_current() && kept.view_input().is_ok();
    say("parent", format!("{left} {current}"));
}

#[test]
fn a_forked_child_leaves_the_discarded_to_its_parent() {
    let dir = scratch();
    let mut parent = Role::start("exchange::call::child", "fork", dir.path());
    assert_eq!(parent.expect("child"), "true false true");
    // What is kept, and what the child put.
    assert_eq!(parent.expect("parent"), "2 true");
    parent.finish();
}

#[test]
fn files_that_are_removed_or_moved_are_not_current() {
    let changes: [fn(&Path, &Path); 3] = [
        |store, _| std::fs::remove_dir_all(store).unwrap(),
        |store, parent| std::fs::rename(store, parent.join("old")).unwrap(),
        |store, _| std::fs::remove_file(store.join("data.mdb")).unwrap(),
    ];
    for (which, change) in changes.into_iter().enumerate() {
        let parent = scratch();
        let path = parent.path().join("store");
        let exchange = exchange_at(&path, 300);
        let reference = exchange.put_fresh(&[b"x"], Format::Raw, 0).unwrap();
        drop(reference.view_input().unwrap());
        assert!(exchange.is_current());
        change(&path, parent.path());
        // An open file shows nothing of a directory that was moved.
        std::thread::sleep(Duration::from_millis(if which == 1 { 120 } else { 2 }));
        assert!(!exchange.is_current() && !exchange.is_current(), "{which}");
        let lost = reference.view_input().unwrap_err();
        assert!(matches!(lost.status(), Status::NotFound | Status::ForeignStore), "{which}: {lost}");
        if which != 2 {
            let anew = exchange_at(&path, 300);
            let reference = anew.put_fresh(&[b"new"], Format::Raw, 0).unwrap();
            assert_eq!(reference.view_input().unwrap().bytes(), b"new", "{which}");
            assert!(anew.is_current() && !exchange.is_current(), "{which}");
        }
    }
}
