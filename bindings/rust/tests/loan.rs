//! Payloads that are built in the map.

mod common;

use common::{assert_fails, open, scratch};
use dishtayantra::{ErrorKind, Format, Key, PutOptions};

#[test]
fn what_is_filled_is_published() {
    let dir = scratch();
    let store = open(dir.path());
    let mut loan = store.loan(8 * 5000).unwrap();
    assert_eq!((loan.len(), loan.is_empty()), (40_000, false));
    for (at, item) in loan.slice_mut::<f64>().unwrap().iter_mut().enumerate() {
        *item = at as f64;
    }
    let size = loan.len();
    let info = loan.publish(Key::new("key").in_db("other"), size, &PutOptions::default()).unwrap();
    assert_eq!((info.size, info.format), (40_000, Format::Raw));
    let view = store.view(Key::new("key").in_db("other")).unwrap();
    let values = view.slice::<f64>().unwrap();
    assert!(values.len() == 5000 && values.iter().enumerate().all(|(at, value)| *value == at as f64));
}

#[test]
fn fewer_bytes_may_be_published_and_never_more() {
    let dir = scratch();
    let store = open(dir.path());
    let mut loan = store.loan(100_000).unwrap();
    loan.bytes_mut().fill(3);
    loan.publish("key", 70_001, &PutOptions::default()).unwrap();
    assert_eq!(store.get("key").unwrap().unwrap(), [3; 70_001]);
    let loan = store.loan(10).unwrap();
    assert_fails(loan.publish("key", 11, &PutOptions::default()), ErrorKind::InvalidArgument, "11");
    let empty = store.loan(0).unwrap();
    assert!(empty.is_empty());
    empty.publish("empty", 0, &PutOptions::default()).unwrap();
    assert!(store.view("empty").unwrap().bytes().is_empty());
}

#[test]
fn a_dropped_loan_leaves_nothing() {
    let dir = scratch();
    let store = open(dir.path());
    drop(store.loan(1_000_000).unwrap());
    let refused = store.loan(1000).unwrap();
    assert_fails(refused.publish("", 10, &PutOptions::default()), ErrorKind::BadKey, "empty");
    let audit: serde_json::Value = serde_json::from_str(&store.audit().unwrap()).unwrap();
    assert_eq!(audit["loans"], 0, "{audit}");
    assert!(store.list("").unwrap().is_empty());
}

#[test]
fn a_loan_moves_between_threads_and_is_filled_by_several() {
    let dir = scratch();
    let store = open(dir.path());
    let mut loan = store.loan(200_000).unwrap();
    let (low, high) = loan.bytes_mut().split_at_mut(100_000);
    std::thread::scope(|scope| {
        scope.spawn(|| low.fill(1));
        scope.spawn(|| high.fill(2));
    });
    drop(store);
    let path = dir.path().to_owned();
    std::thread::spawn(move || loan.publish("key", 200_000, &PutOptions::default()).unwrap()).join().unwrap();
    let payload = open(&path).get("key").unwrap().unwrap();
    assert!(payload[..100_000] == [1; 100_000] && payload[100_000..] == [2; 100_000]);
}

#[test]
fn bytes_are_taken_as_whole_items_only() {
    let dir = scratch();
    let store = open(dir.path());
    let mut loan = store.loan(15).unwrap();
    assert_fails(loan.slice_mut::<f64>(), ErrorKind::InvalidArgument, "15 bytes");
    assert_eq!(loan.slice_mut::<u8>().unwrap().len(), 15);
}
