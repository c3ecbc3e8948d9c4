//! What all processes of a store share and one could use up: reader slots and pins.

use crate::common::{Role, assert_clean, check_tagged, open, pause, role, say, scratch, tagged};
use dishtayantra_lmdb::options::{Options, PutOptions};
use dishtayantra_lmdb::store::{Store, View};
use dishtayantra_lmdb::warning;
use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

const SIZE: usize = 5000;
/// More than a store has.
const MANY: usize = 70_000;

#[test]
#[ignore = "the body of the child processes; started by the tests of this file"]
fn child() {
    let Some((role, path)) = role() else {
        return;
    };
    match role.as_str() {
        "newcomer" => newcomer(&path),
        "keep" => keep(&path),
        other => panic!("unknown role {other:?}"),
    }
}

/// Does what everybody has to be able to do, whatever others hold.
fn newcomer(path: &Path) {
    let begun = Instant::now();
    let store = open(path);
    assert_eq!(check_tagged(store.view("default", b"key").unwrap().unwrap().bytes()), 7);
    assert!(store.list("default", b"").unwrap().contains(&b"key".to_vec()));
    store.stats().unwrap();
    store.put("default", b"newcomer", &[&tagged(1, SIZE)], &PutOptions::default()).unwrap();
    assert!(begun.elapsed() < Duration::from_secs(20), "{:?}", begun.elapsed());
    say("read", "");
}

fn a_newcomer_reads(path: &Path) {
    let mut newcomer = Role::start("slots::child", "newcomer", path);
    newcomer.expect("read");
    newcomer.finish();
}

/// Keeps views of one entry until there is no pin for another one.
fn views_that_are_pinned(store: &Store) -> Vec<View> {
    let view = || store.view("default", b"key").unwrap().unwrap();
    std::iter::repeat_with(view).take_while(|view| !view.info().copied).take(MANY).collect()
}

fn keep(path: &Path) {
    let store = open(path);
    let views = views_that_are_pinned(&store);
    say("kept", views.len());
    pause();
}

fn with_key(path: &Path, options: &Options) -> Store {
    let store = Store::open(path, options).unwrap();
    store.put("default", b"key", &[&tagged(7, SIZE)], &PutOptions::default()).unwrap();
    store
}

/// Reader slots that this process holds.
fn slots(store: &Store) -> usize {
    let stats = store.stats().unwrap();
    let readers = stats["readers"].as_array().unwrap();
    readers.iter().filter(|reader| reader["pid"] == std::process::id()).count()
}

/// Ends threads also when a test fails.
struct Ends<'a>([&'a AtomicBool; 2]);

impl Drop for Ends<'_> {
    fn drop(&mut self) {
        self.0.iter().for_each(|flag| flag.store(true, Ordering::Relaxed));
    }
}

#[test]
fn threads_that_read_leave_reader_slots_to_others() {
    // Reader slots of the store, threads, the most that are left to a process that only reads now and then.
    for (max_readers, threads, most) in [(512, 600, 17), (16, 40, 2)] {
        let dir = scratch();
        let store = with_key(dir.path(), &Options { max_readers, ..Options::default() });
        let (idle, stop, end) = (AtomicUsize::new(0), AtomicBool::new(false), AtomicBool::new(false));
        let mut peak = 0;
        std::thread::scope(|scope| {
            let _ended = Ends([&stop, &end]);
            for _ in 0..threads {
                scope.spawn(|| {
                    while !stop.load(Ordering::Relaxed) {
                        let view = store.view("default", b"key").unwrap().unwrap();
                        assert_eq!(check_tagged(view.bytes()), 7);
                    }
                    idle.fetch_add(1, Ordering::Relaxed);
                    while !end.load(Ordering::Relaxed) {
                        std::thread::sleep(Duration::from_millis(20));
                    }
                });
            }
            std::thread::sleep(Duration::from_millis(100));
            peak = slots(&store);
            a_newcomer_reads(dir.path());
            stop.store(true, Ordering::Relaxed);
            while idle.load(Ordering::Relaxed) < threads {
                std::thread::sleep(Duration::from_millis(1));
            }
            assert!(slots(&store) <= most, "{} slots of {max_readers}", slots(&store));
            a_newcomer_reads(dir.path());
        });
        assert!(peak <= max_readers as usize / 4, "{peak} slots of {max_readers}");
        assert_clean(&store);
    }
}

#[test]
fn views_without_a_pin_are_copies_and_say_so() {
    let dir = scratch();
    let store = with_key(dir.path(), &Options::default());
    warning::take();
    let mut views = views_that_are_pinned(&store);
    let kept = views.len();
    assert_eq!(store.audit().unwrap().pins, kept as u64);
    for _ in 0..100 {
        let view = store.view("default", b"key").unwrap().unwrap();
        assert!(view.info().copied && !view.info().inline);
        assert_eq!(view.bytes().as_ptr() as usize % 64, 0);
        views.push(view);
    }
    let warnings = warning::take();
    assert!(warnings.len() == 1 && warnings[0].contains("are copies"), "{warnings:?}");
    // What one process keeps is half of what there is: others have pins, and slots.
    let mut other = Role::start("slots::child", "keep", dir.path());
    assert_eq!(other.expect("kept").parse::<usize>().unwrap(), kept / 2);
    a_newcomer_reads(dir.path());
    // Nobody's bytes change, and the marks of what is tracked are seen.
    for tag in 0..100 {
        store.put("default", b"key", &[&tagged(100 + tag, SIZE)], &PutOptions::default()).unwrap();
    }
    assert!(views.iter().all(|view| check_tagged(view.bytes()) == 7));
    let tracked = PutOptions { tracked: true, ..PutOptions::default() };
    store.put("default", b"tracked", &[b"small"], &tracked).unwrap();
    let view = store.view("default", b"tracked").unwrap().unwrap();
    assert!(!view.info().copied && store.track("default", b"tracked").unwrap().unwrap().opened);
    assert_eq!(store.stats().unwrap()["counters"]["copied_views"], 102);
    drop((view, views));
    other.go();
    other.finish();
    assert_clean(&store);
}

#[test]
fn a_copy_notes_that_the_exchange_opened_the_entry() {
    let dir = scratch();
    let store = with_key(dir.path(), &Options::default());
    let views = views_that_are_pinned(&store);
    let view = store.view_for("default", b"key", None, Some("exchange")).unwrap().unwrap();
    assert!(view.info().copied);
    assert!(store.track_by("default", b"key", "exchange").unwrap().opened);
    drop(views);
}

#[test]
fn pins_that_are_not_needed_go_back() {
    let dir = scratch();
    let store = with_key(dir.path(), &Options::default());
    let mut views = views_that_are_pinned(&store);
    let kept = views.len();
    // In an order in which no chunk is emptied at a time.
    for start in 0..7 {
        let (mut at, mut left) = (0, Vec::new());
        for view in views.drain(..) {
            at += 1;
            if at % 7 != start {
                left.push(view);
            }
        }
        views = left;
    }
    views.clear();
    let mut other = Role::start("slots::child", "keep", dir.path());
    let others: usize = other.expect("kept").parse().unwrap();
    assert!(others + 64 >= kept, "{others} of {kept}");
    other.go();
    other.finish();
}
