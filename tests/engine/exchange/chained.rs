//! What answers mean when the input is another exchange's: the output of the node before.

use super::*;

/// The reference that the next node of a chain gets: the input is the output of the node before it.
fn chained(caller: &Caller, options: &PutOptions) -> Reference {
    let store = caller.exchange.store();
    store.put("default", b"output:before:17", &[b"payload"], options).unwrap();
    let mut reference = caller.exchange.reference("18").unwrap();
    reference.set("_lmdb_ref", "true").unwrap();
    reference.set("_lmdb_input_key", "output:before:17").unwrap();
    reference
}

/// The reference of another calculator that gets the same input.
fn beside(reference: &Reference, txn_id: &str) -> Reference {
    let mut other = reference.clone();
    other.set("_txn_id", txn_id).unwrap();
    other.set("_lmdb_output_key", &format!("output:other:{txn_id}")).unwrap();
    other
}

#[test]
fn a_value_answered_to_the_reference_of_another_exchange_is_not_trusted() {
    // Two calculators share one input. The first opens it and says that it answers directly; the
    // second ignores its reference, which the marks of the first must not hide.
    for tracked in [true, false] {
        let caller = caller("reference");
        let reference = chained(&caller, &PutOptions { tracked, ..PutOptions::default() });
        calculate(&beside(&reference, "19"), "open direct");
        calculate(&reference, "direct");
        assert_eq!(caller.settle(&reference, Answer::Value, FOR_EVER), Decision::Repeat);
    }
}

#[test]
fn a_calculator_that_opened_the_input_of_another_exchange_is_believed() {
    let caller = caller("reference");
    let reference = chained(&caller, &PutOptions { tracked: true, ..PutOptions::default() });
    calculate(&reference, "open");
    assert_eq!(caller.settle(&reference, Answer::Value, FOR_EVER), Decision::TakeAnswer);
    caller.times_out(&reference, Answer::None);
    calculate(&reference, "direct");
    assert_eq!(caller.settle(&reference, Answer::None, FOR_EVER), Decision::TakeAnswer);
}

#[test]
fn a_payload_that_nobody_tracks_tells_who_opened_it_too() {
    let caller = caller("reference");
    let mut reference = caller.exchange.reference("18").unwrap();
    let store = caller.exchange.store();
    store.put("default", b"large", &[&[7; 5000]], &PutOptions::default()).unwrap();
    reference.set("_lmdb_ref", "true").unwrap();
    reference.set("_lmdb_input_key", "large").unwrap();
    assert_eq!(caller.settle(&reference, Answer::Value, FOR_EVER), Decision::Repeat);
    reference.view_input().unwrap();
    assert_eq!(caller.settle(&reference, Answer::Value, FOR_EVER), Decision::TakeAnswer);
    // An entry that takes its place was opened by nobody.
    store.put("default", b"large", &[&[8; 5000]], &PutOptions::default()).unwrap();
    assert_eq!(caller.settle(&reference, Answer::Value, FOR_EVER), Decision::Repeat);
}

#[test]
fn what_is_forgotten_of_an_input_that_many_opened_is_asked_again() {
    let caller = caller("reference");
    let reference = chained(&caller, &PutOptions { tracked: true, ..PutOptions::default() });
    reference.view_input().unwrap();
    reference.settle_direct().unwrap();
    for other in 0..5 {
        beside(&reference, &format!("other {other}")).view_input().unwrap();
        beside(&reference, "other 0").view_input().unwrap();
        assert_eq!(caller.settle(&reference, Answer::None, FOR_EVER), Decision::TakeAnswer);
    }
    beside(&reference, "one too many").view_input().unwrap();
    assert_eq!(caller.settle(&reference, Answer::Value, FOR_EVER), Decision::Repeat);
}

#[test]
fn an_output_to_the_reference_of_another_exchange_is_taken_and_its_input_is_left() {
    let caller = caller("reference");
    let reference = chained(&caller, &PutOptions::default());
    let mut late = calculator(&reference, "open sleep write");
    assert_eq!(caller.settle(&reference, Answer::None, FOR_EVER), Decision::TakeOutput);
    assert!(late.wait().unwrap().success());
    assert_eq!(caller.settle(&reference, Answer::Value, FOR_EVER), Decision::TakeOutput);
    caller.exchange.cleanup(&reference, true, true).unwrap();
    assert!(caller.exchange.store().contains("default", b"output:before:17").unwrap());
    assert!(!caller.exchange.store().contains("default", b"output:calc:18").unwrap());
}

#[test]
fn a_reference_into_another_store_is_settled_there() {
    let caller = caller("reference");
    let parent = tempfile::tempdir().unwrap();
    let options = Options { map_size: 64 << 20, ..Options::default() };
    let other = Store::open(&parent.path().join("other"), &options).unwrap();
    let mut reference = chained(&caller, &PutOptions::default());
    reference.set("_lmdb_db_path", other.path().to_str().unwrap()).unwrap();
    other.put("default", b"output:before:17", &[b"payload"], &PutOptions::default()).unwrap();
    calculate(&reference, "open write");
    assert_eq!(caller.settle(&reference, Answer::Value, FOR_EVER), Decision::TakeOutput);
    assert!(other.contains("default", b"output:calc:18").unwrap());
    assert!(!caller.exchange.store().contains("default", b"output:calc:18").unwrap());
}
