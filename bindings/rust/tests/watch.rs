//! Waiting for any of several keys, breaking it off, and what the library says meanwhile.

mod common;

use common::{assert_fails, open, scratch};
use dishtayantra::{ErrorKind, LogLevel, PutOptions, Store, Watch, set_log};
use std::future::Future;
use std::pin::{Pin, pin};
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Wake, Waker};
use std::thread::{self, Thread};
use std::time::{Duration, Instant};

const PATIENCE: Option<Duration> = Some(Duration::from_secs(60));
const SHORT: Option<Duration> = Some(Duration::from_millis(20));

fn put(store: &Store, key: &str) {
    store.put(key, b"x", &PutOptions::default()).unwrap();
}

struct Unpark(Thread);

impl Wake for Unpark {
    fn wake(self: Arc<Self>) {
        self.0.unpark();
    }
}

/// Runs a future to its end.
fn block_on<F: Future>(future: F) -> F::Output {
    let mut future = pin!(future);
    let waker = Waker::from(Arc::new(Unpark(thread::current())));
    let deadline = Instant::now() + PATIENCE.unwrap();
    loop {
        if let Poll::Ready(output) = future.as_mut().poll(&mut Context::from_waker(&waker)) {
            return output;
        }
        assert!(Instant::now() < deadline, "the future is never done");
        thread::park_timeout(Duration::from_secs(1));
    }
}

#[test]
fn the_key_that_is_there_is_told() {
    let dir = scratch();
    let store = open(dir.path());
    put(&store, "b");
    assert_eq!(store.wait_any(["a", "b", "c"], PATIENCE).unwrap(), 1);
    assert_fails(store.wait_any(["a", "c"], SHORT), ErrorKind::Timeout, "20 ms");
    assert_fails(store.wait_any(["a", ""], SHORT), ErrorKind::BadKey, "key");
    assert_eq!(block_on(store.wait_any_async(["a", "b"]).unwrap()), 1);
}

#[test]
fn a_watch_tells_each_key_once_and_is_broken_off() {
    let dir = scratch();
    let store = open(dir.path());
    let watch = Watch::new().unwrap();
    for id in 0..200 {
        watch.add(&store, format!("{id}").as_str(), id).unwrap();
    }
    watch.remove(7);
    thread::scope(|scope| {
        scope.spawn(|| (0..200).for_each(|id| put(&store, &id.to_string())));
        let mut told = Vec::new();
        while told.len() < 199 {
            told.extend(watch.wait(PATIENCE, 50).unwrap());
        }
        told.sort_unstable();
        assert_eq!(told, (0..200).filter(|id| *id != 7).collect::<Vec<u64>>());
        assert_fails(watch.wait(SHORT, 1), ErrorKind::Timeout, "watched key");
        let waits = scope.spawn(|| watch.wait(None, 1));
        thread::sleep(Duration::from_millis(20));
        watch.cancel();
        assert_fails(waits.join().unwrap(), ErrorKind::Closed, "cancelled");
        assert_fails(watch.wait(SHORT, 1), ErrorKind::Closed, "cancelled");
    });
}

#[test]
fn futures_end_with_their_entries_and_dropped_ones_are_given_up() {
    let dir = scratch();
    let store = open(dir.path());
    let waits: Vec<_> = (0..300).map(|id| store.wait_async(format!("{id}").as_str()).unwrap()).collect();
    let dropped = store.wait_async("never").unwrap();
    drop(dropped);
    thread::scope(|scope| {
        scope.spawn(|| (0..300).for_each(|id| put(&store, &id.to_string())));
        for wait in waits {
            assert_eq!(block_on(wait), 0);
        }
    });
    let any = store.wait_any_async(["x", "y"]).unwrap();
    put(&store, "y");
    assert_eq!(block_on(any), 1);
    assert!(store.wait_async("").is_err());
}

#[test]
fn a_wait_that_is_dropped_lets_its_store_go() {
    let dir = scratch();
    let store = open(dir.path());
    let mut waits: Vec<_> = (0..50).map(|_| store.wait_any_async(["never", "ever"]).unwrap()).collect();
    for wait in &mut waits {
        assert!(Pin::new(wait).poll(&mut Context::from_waker(Waker::noop())).is_pending());
    }
    drop(store);
    let data = dir.path().join("data.mdb").display().to_string();
    let is_open = || std::fs::read_to_string("/proc/self/maps").unwrap().contains(&data);
    // As long as somebody waits it is open.
    thread::sleep(Duration::from_millis(700));
    assert!(is_open());
    drop(waits);
    let deadline = Instant::now() + PATIENCE.unwrap();
    while is_open() {
        assert!(Instant::now() < deadline, "the store is still open");
        thread::sleep(Duration::from_millis(10));
    }
}

#[test]
fn messages_are_heard() {
    static SAID: Mutex<Vec<(LogLevel, String)>> = Mutex::new(Vec::new());
    set_log(LogLevel::Debug, |level, message| {
        SAID.lock().unwrap().push((level, message.to_owned()));
        assert!(!message.contains("third"), "a panic goes nowhere");
    })
    .unwrap();
    let dir = scratch();
    for name in ["third", "fourth"] {
        let path = dir.path().join(name);
        let config = serde_json::json!({"lmdb_db_path": path, "lmdb_map_size": 64 << 20, "lmdb_tll": 1});
        drop(Store::open_config(&config.to_string()).unwrap());
        let said = SAID.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
        let heard = |level, what: &str| said.iter().any(|(at, text)| *at == level && text.contains(what));
        assert!(heard(LogLevel::Warn, "lmdb_ttl"), "{said:?}");
        assert!(heard(LogLevel::Debug, &format!("opened the store {}", path.display())), "{said:?}");
        assert!(heard(LogLevel::Debug, &format!("closed the store {}", path.display())), "{said:?}");
    }
}
