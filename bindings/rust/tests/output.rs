//! Results that are computed where they go.

mod common;

use common::{assert_fails, open, scratch};
use dishtayantra::calculator::{
    Calculator, ComputesInto, Input, Map, MapInput, Memory, Output, Room, Value, ViewInput, calculate, map,
};
use dishtayantra::{ErrorKind, Numbers, PutOptions, Result, Store, wire};
use std::sync::atomic::{AtomicUsize, Ordering};

/// Doubles its values where the result goes, with their number beside them.
#[derive(Default)]
struct Doubling {
    fails: bool,
    panics: bool,
    computed: AtomicUsize,
}

impl ComputesInto for Doubling {
    fn compute_into<'a>(&self, input: &'a dyn Input, output: &mut dyn Output<'a>) -> Result<()> {
        let values = input.numbers("values")?.c_order();
        let rooms = ["values", "same"].map(|name| Room {
            name,
            shape: values.shape(),
            is_list: name == "values" && values.is_list(),
        });
        let mut arrays = output.arrays(&rooms, map([("count", values.len().into())]))?;
        for (at, value) in values.slice().iter().enumerate() {
            arrays[0][at] = 2.0 * value;
            arrays[1][at] = *value;
        }
        assert!(!self.panics, "told to");
        self.computed.fetch_add(1, Ordering::Relaxed);
        if self.fails { Err(dishtayantra::Error::invalid("half way")) } else { Ok(()) }
    }
}

fn given(store: &Store, count: usize, is_list: bool) -> MapInput<'static> {
    let values = Numbers::from(vec![0.5; count]).listed(is_list).unwrap();
    MapInput(map([
        ("values", values.into()),
        (wire::OUTPUT_KEY, "output:calc:1".into()),
        (wire::DB_PATH, store.path().unwrap().into()),
        (wire::TXN_ID, "1".into()),
    ]))
}

fn numbers<'m>(map: &'m Map<'_>, at: usize) -> &'m Numbers<'m> {
    match &map[at].1 {
        Value::Numbers(numbers) => numbers,
        other => panic!("{other:?}"),
    }
}

#[test]
fn in_memory() {
    for is_list in [false, true] {
        let values = Numbers::from(vec![0.5; 3]).listed(is_list).unwrap();
        let input = MapInput(map([("values", values.into())]));
        let doubling = Doubling::default();
        let result = doubling.compute(&input).unwrap();
        let names: Vec<_> = result.iter().map(|(name, _)| name.as_str()).collect();
        assert_eq!(names, ["values", "same", "count"]);
        assert_eq!(numbers(&result, 0).slice(), [1.0; 3]);
        assert_eq!((numbers(&result, 0).is_list(), numbers(&result, 1).is_list()), (is_list, false));
        assert_eq!(numbers(&result, 1).slice(), [0.5; 3]);
    }
}

#[test]
fn in_the_store_of_every_size() {
    let dir = scratch();
    let store = open(dir.path());
    for count in [0, 1, 63, 64, 95, 96, 97, 200, 5000, 200_000] {
        for is_list in [false, true] {
            let answer = calculate(&Doubling::default(), &given(&store, count, is_list)).unwrap();
            assert!(answer.written, "{count}: {:?}", answer.refusal);
            let view = store.view("output:calc:1").unwrap();
            view.document().unwrap().validate().unwrap();
            assert_eq!(view.txn_id(), "1");
            let found = ViewInput::new(view).unwrap();
            assert_eq!(found.names().unwrap().unwrap(), ["values", "same", "count"]);
            let (values, same) = (found.numbers("values").unwrap(), found.numbers("same").unwrap());
            assert_eq!((values.is_list(), same.is_list()), (is_list, false), "{count}");
            assert_eq!(values.slice(), vec![1.0; count]);
            assert_eq!(same.slice(), vec![0.5; count]);
            assert!(count == 0 || same.slice().as_ptr().addr().is_multiple_of(64), "{count}");
            assert_eq!(found.find_number("count").unwrap(), Some(count as f64));
        }
    }
}

#[test]
fn what_fails_or_panics_leaves_nothing() {
    let dir = scratch();
    let store = open(dir.path());
    for count in [3, 5000] {
        let failing = Doubling { fails: true, ..Doubling::default() };
        let given = given(&store, count, false);
        assert_fails(calculate(&failing, &given), ErrorKind::InvalidArgument, "half way");
        let panicking = Doubling { panics: true, ..Doubling::default() };
        assert_fails(calculate(&panicking, &given), ErrorKind::Panic, "told to");
    }
    assert!(store.list("output:").unwrap().is_empty());
    store.audit().unwrap();
}

#[test]
fn a_refused_loan_is_answered_directly() {
    let dir = scratch();
    let store = open(dir.path());
    let doubling = Doubling::default();
    let answer = calculate(&doubling, &given(&store, 10 << 20, false)).unwrap();
    assert!(!answer.written);
    assert!(answer.refusal.unwrap().contains("MDB_MAP_FULL"));
    assert_eq!(numbers(&answer.result, 0).slice().last(), Some(&1.0));
    assert_eq!(doubling.computed.load(Ordering::Relaxed), 1);
}

#[test]
fn a_loan_that_is_not_published_is_computed_again() {
    let dir = scratch();
    let store = open(dir.path());
    // Somebody else's entry is not replaced.
    store.put("output:calc:1", b"theirs", &PutOptions { txn_id: "2", ..PutOptions::default() }).unwrap();
    let doubling = Doubling::default();
    let answer = calculate(&doubling, &given(&store, 5000, false)).unwrap();
    assert!(!answer.written);
    assert!(answer.refusal.unwrap().contains("output:calc:1"));
    assert_eq!(numbers(&answer.result, 0).slice().last(), Some(&1.0));
    assert_eq!(doubling.computed.load(Ordering::Relaxed), 2);
    assert_eq!(store.view("output:calc:1").unwrap().txn_id(), "2");
}

#[test]
fn a_result_is_given_once() {
    assert_fails(Memory::default().take(), ErrorKind::InvalidArgument, "no result");
    let mut twice = Memory::default();
    twice.array("values", &[2], false).unwrap();
    assert_fails(twice.array("values", &[2], false), ErrorKind::InvalidArgument, "second");
    assert_fails(twice.put(Map::new()), ErrorKind::InvalidArgument, "second");
}

#[test]
fn shapes_that_no_memory_holds_fail() {
    let large = 1 << 40;
    for is_list in [false, true] {
        let mut output = Memory::default();
        assert_fails(
            output.array("values", &[large, large], is_list),
            ErrorKind::InvalidArgument,
            "no memory",
        );
    }
    let mut lists = Memory::default();
    assert_fails(lists.array("values", &[large, 0], true), ErrorKind::InvalidArgument, "lists");
}
