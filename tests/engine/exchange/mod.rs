//! Exchanges: what goes through the store, and what each kind of calculator's answer means. The
//! calculators are processes of their own.

mod call;
mod calls;
mod chained;
mod judge;

use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use dishtayantra_lmdb::config::Config;
use dishtayantra_lmdb::error::Status;
use dishtayantra_lmdb::exchange::{Answer, Decision, Exchange, Side};
use dishtayantra_lmdb::format::Format;
use dishtayantra_lmdb::options::{Options, PutOptions};
use dishtayantra_lmdb::reference::Reference;
use dishtayantra_lmdb::store::Store;
use serde_json::json;
use tempfile::TempDir;

const REFERENCE: &str = "EXCHANGE_TEST_REFERENCE";
const STEPS: &str = "EXCHANGE_TEST_STEPS";
/// Longer than any test may take: who waits that long without need never ends.
const FOR_EVER: Option<Duration> = Some(Duration::from_secs(3600));
const SHORT: Option<Duration> = Some(Duration::from_millis(60));
const EVERY_ANSWER_BUT_WRITTEN: [Answer; 4] =
    [Answer::Unknown, Answer::None, Answer::Value, Answer::UnknownNoWait];

struct Caller {
    _parent: TempDir,
    exchange: Exchange,
}

fn caller(mode: &str) -> Caller {
    let parent = tempfile::tempdir().unwrap();
    let exchange = exchange_in(&parent, mode);
    Caller { _parent: parent, exchange }
}

fn exchange_in(parent: &TempDir, mode: &str) -> Exchange {
    let config = json!({
        "lmdb_enabled": true,
        "lmdb_db_path": parent.path().join("store"),
        "lmdb_exchange_mode": mode,
        "lmdb_wait_timeout": 60,
        "lmdb_map_size": 64 << 20,
    });
    Exchange::open(Config::from_json(&config.to_string()).unwrap(), "calc").unwrap()
}

impl Caller {
    fn put(&self, txn_id: &str) -> Reference {
        self.exchange.put_input(txn_id, &[b"pay", b"load"], Format::Raw).unwrap()
    }

    fn settle(&self, reference: &Reference, answer: Answer, timeout: Option<Duration>) -> Decision {
        self.exchange.settle(reference, answer, timeout).unwrap()
    }

    fn times_out(&self, reference: &Reference, answer: Answer) -> String {
        let started = Instant::now();
        let error = self.exchange.settle(reference, answer, SHORT).unwrap_err();
        assert_eq!(error.status(), Status::Timeout, "{error}");
        assert!(started.elapsed() >= SHORT.unwrap(), "{:?}", started.elapsed());
        error.message().to_owned()
    }
}

/// A calculator: a process that takes the steps it is told, in order.
fn calculator(reference: &Reference, steps: &str) -> Child {
    Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "exchange::calculator_process", "--ignored"])
        .env(REFERENCE, reference.to_json())
        .env(STEPS, steps)
        .stdout(Stdio::null())
        .spawn()
        .unwrap()
}

fn calculate(reference: &Reference, steps: &str) {
    assert!(calculator(reference, steps).wait().unwrap().success());
}

#[test]
#[ignore = "the body of the calculator's process; started by the tests of this file"]
fn calculator_process() {
    let reference = Reference::from_json(&std::env::var(REFERENCE).unwrap()).unwrap();
    for step in std::env::var(STEPS).unwrap().split(' ') {
        match step {
            "open" => assert_eq!(reference.view_input().unwrap().bytes(), b"payload"),
            "write" => drop(reference.put_output(&[b"result"], &PutOptions::default()).unwrap()),
            "direct" => reference.settle_direct().unwrap(),
            "sleep" => std::thread::sleep(Duration::from_millis(200)),
            "ignore" => {}
            other => panic!("unknown step {other:?}"),
        }
    }
}

#[test]
fn large_inputs_of_an_enabled_exchange_in_a_mode_that_sends_them_go_through_the_store() {
    for (mode, sends) in [("input", true), ("both", true), ("reference", true), ("output", false)] {
        let caller = caller(mode);
        assert!(!caller.exchange.should(1023));
        assert_eq!(caller.exchange.should(1024), sends, "{mode}");
    }
    let parent = tempfile::tempdir().unwrap();
    let config = json!({"lmdb_db_path": parent.path().join("store"), "lmdb_map_size": 64 << 20});
    let disabled = Exchange::open(Config::from_json(&config.to_string()).unwrap(), "calc").unwrap();
    assert!(!disabled.should(1 << 30));
}

#[test]
fn references_hold_what_the_mode_needs() {
    for (mode, output) in [("input", false), ("both", true), ("reference", true)] {
        let caller = caller(mode);
        let reference = caller.put("17");
        assert_eq!(reference.get("_lmdb_ref"), Some("true"));
        assert_eq!(reference.get("_lmdb_input_key"), Some("input:calc:17"));
        assert_eq!(reference.get("_lmdb_output_key"), output.then_some("output:calc:17"), "{mode}");
        assert_eq!(reference.get("_lmdb_format"), Some("msgpack"));
        assert_eq!(reference.get("_txn_id"), Some("17"));
        let path = caller.exchange.config().db_path.to_str();
        assert_eq!(reference.get("_lmdb_db_path"), path);
    }
    let caller = caller("output");
    let reference = caller.exchange.reference("17").unwrap();
    assert_eq!(reference.get("_lmdb_ref"), None);
    assert_eq!(reference.get("_lmdb_input_key"), None);
    assert_eq!(reference.get("_lmdb_output_key"), Some("output:calc:17"));
    let refused = caller.exchange.put_input("17", &[], Format::Raw).unwrap_err();
    assert_eq!(refused.status(), Status::InvalidArgument);
}

#[test]
fn ids_that_make_no_key_are_refused() {
    let caller = caller("both");
    let empty = caller.exchange.put_input("", &[], Format::Raw).unwrap_err();
    assert_eq!(empty.status(), Status::InvalidArgument);
    let long = caller.exchange.put_input(&"x".repeat(500), &[], Format::Raw).unwrap_err();
    assert_eq!(long.status(), Status::BadKey);
    assert_eq!(caller.exchange.key(Side::Output, "x"), "output:calc:x");
}

#[test]
fn an_input_is_whole_tracked_for_its_calculator_and_never_overwritten() {
    let caller = caller("both");
    caller.put("17");
    let again = caller.exchange.put_input("17", &[b"other"], Format::Raw).unwrap_err();
    assert_eq!(again.status(), Status::KeyExists);
    let view = caller.exchange.store().view_quiet("default", b"input:calc:17").unwrap().unwrap();
    assert_eq!(view.bytes(), b"payload");
    assert_eq!((view.txn_id(), view.target()), ("17", "calc"));
    assert_eq!((view.info().ttl_ms, view.info().tracked), (300_000, true));
}

#[test]
fn an_output_that_is_there_is_taken_whatever_was_answered() {
    let caller = caller("both");
    let reference = caller.put("17");
    calculate(&reference, "open write");
    for answer in EVERY_ANSWER_BUT_WRITTEN.into_iter().chain([Answer::OutputWritten]) {
        assert_eq!(caller.settle(&reference, answer, FOR_EVER), Decision::TakeOutput, "{answer:?}");
    }
    let output = caller.exchange.store().view("default", b"output:calc:17").unwrap().unwrap();
    assert_eq!(output.bytes(), b"result");
}

#[test]
fn an_output_that_was_announced_is_waited_for() {
    let caller = caller("both");
    let reference = caller.put("17");
    let mut late = calculator(&reference, "sleep write");
    assert_eq!(caller.settle(&reference, Answer::OutputWritten, FOR_EVER), Decision::TakeOutput);
    assert!(late.wait().unwrap().success());

    let never = caller.put("18");
    let message = caller.times_out(&never, Answer::OutputWritten);
    for part in ["calc", "output:calc:18", "60 ms", "lmdb_wait_timeout"] {
        assert!(message.contains(part), "{message}");
    }
}

#[test]
fn an_announced_output_that_nobody_asked_for_is_corrupt() {
    let caller = caller("input");
    let reference = caller.put("17");
    let error = caller.exchange.settle(&reference, Answer::OutputWritten, FOR_EVER).unwrap_err();
    assert_eq!(error.status(), Status::Corrupt);
    assert!(error.message().contains("_lmdb_output_key"), "{error}");
}

#[test]
fn an_input_that_nobody_opened_repeats_the_call_and_payloads_are_passed_directly_from_then_on() {
    for mode in ["input", "both", "reference"] {
        for answer in EVERY_ANSWER_BUT_WRITTEN {
            let caller = caller(mode);
            let reference = caller.put("17");
            assert!(caller.exchange.should(1 << 20) && !caller.exchange.ignored());
            let decision = caller.settle(&reference, answer, FOR_EVER);
            assert_eq!(decision, Decision::Repeat, "{mode} {answer:?}");
            assert!(!caller.exchange.should(1 << 20) && caller.exchange.ignored());
            let refused = caller.exchange.put_input("18", &[b"x"], Format::Raw).unwrap_err();
            assert_eq!(refused.status(), Status::ReferenceIgnored);
        }
    }
}

#[test]
fn a_process_that_ignores_its_reference_is_noticed_and_looking_quietly_is_not_opening() {
    let caller = caller("both");
    let reference = caller.put("17");
    drop(caller.exchange.store().view_quiet("default", b"input:calc:17").unwrap().unwrap());
    calculate(&reference, "ignore");
    assert_eq!(caller.settle(&reference, Answer::Value, FOR_EVER), Decision::Repeat);
}

#[test]
fn a_reference_that_was_ignored_is_noticed_after_its_input_expired_too() {
    for mode in ["input", "both", "reference"] {
        let parent = tempfile::tempdir().unwrap();
        let config = json!({
            "lmdb_enabled": true,
            "lmdb_db_path": parent.path().join("store"),
            "lmdb_exchange_mode": mode,
            "lmdb_ttl": 1,
            "lmdb_map_size": 64 << 20,
        });
        let exchange = Exchange::open(Config::from_json(&config.to_string()).unwrap(), "calc").unwrap();
        let opened = exchange.put_input("1", &[b"payload"], Format::Raw).unwrap();
        let ignored = exchange.put_input("2", &[b"payload"], Format::Raw).unwrap();
        drop(opened.view_input().unwrap());
        std::thread::sleep(Duration::from_millis(1100));
        exchange.store().sweep().unwrap();
        assert!(ignored.view_input().is_err(), "it has not expired");
        let settle = |reference: &Reference| exchange.settle(reference, Answer::Value, FOR_EVER).unwrap();
        assert_eq!(settle(&opened), Decision::TakeAnswer, "{mode}");
        assert_eq!(settle(&ignored), Decision::Repeat, "{mode}");
        exchange.cleanup(&opened, true, true).unwrap();
        exchange.cleanup(&ignored, true, true).unwrap();
        assert_eq!(exchange.store().audit().unwrap().pins, 0);
    }
}

#[test]
fn an_output_of_an_earlier_exchange_of_the_same_id_is_not_taken() {
    let caller = caller("both");
    let reference = caller.put("17");
    calculate(&reference, "open write");
    caller.exchange.store().delete("default", b"input:calc:17").unwrap();
    let again = caller.put("17");
    calculate(&again, "open");
    assert_eq!(caller.settle(&again, Answer::UnknownNoWait, FOR_EVER), Decision::TakeAnswer);
}

#[test]
fn a_value_returned_after_the_input_was_opened_is_taken_without_waiting() {
    for mode in ["both", "reference"] {
        let caller = caller(mode);
        let reference = caller.put("17");
        calculate(&reference, "open");
        for answer in [Answer::Value, Answer::UnknownNoWait] {
            assert_eq!(caller.settle(&reference, answer, FOR_EVER), Decision::TakeAnswer, "{mode}");
        }
        assert!(!caller.exchange.ignored());
    }
}

#[test]
fn a_direct_answer_is_taken_without_waiting() {
    let caller = caller("both");
    let reference = caller.put("17");
    calculate(&reference, "open direct");
    for answer in EVERY_ANSWER_BUT_WRITTEN {
        assert_eq!(caller.settle(&reference, answer, FOR_EVER), Decision::TakeAnswer, "{answer:?}");
    }
}

#[test]
fn a_direct_answer_of_a_calculator_that_never_looked_is_not_trusted() {
    for answer in EVERY_ANSWER_BUT_WRITTEN {
        let caller = caller("both");
        let reference = caller.put("17");
        calculate(&reference, "direct");
        assert_eq!(caller.settle(&reference, answer, FOR_EVER), Decision::Repeat, "{answer:?}");
    }
}

#[test]
fn an_opened_input_without_an_answer_waits_for_the_output() {
    let caller = caller("both");
    for (number, answer) in [Answer::None, Answer::Unknown].into_iter().enumerate() {
        let reference = caller.put(&number.to_string());
        calculate(&reference, "open");
        let mut late = calculator(&reference, "sleep write");
        assert_eq!(caller.settle(&reference, answer, FOR_EVER), Decision::TakeOutput);
        assert!(late.wait().unwrap().success());
    }
}

#[test]
fn an_opened_input_without_an_answer_waits_for_a_direct_answer_too() {
    let caller = caller("both");
    let reference = caller.put("17");
    calculate(&reference, "open");
    let mut late = calculator(&reference, "sleep direct");
    assert_eq!(caller.settle(&reference, Answer::Unknown, FOR_EVER), Decision::TakeAnswer);
    assert!(late.wait().unwrap().success());
}

#[test]
fn an_opened_input_that_is_never_answered_times_out() {
    let caller = caller("both");
    let reference = caller.put("17");
    calculate(&reference, "open");
    for answer in [Answer::None, Answer::Unknown] {
        let message = caller.times_out(&reference, answer);
        assert!(message.contains("output:calc:17"), "{message}");
    }
    // Without a timeout of the caller's, the configured one holds.
    let error = caller.exchange.settle(&reference, Answer::None, None).unwrap_err();
    assert!(error.message().contains("60 ms"), "{error}");
}

#[test]
fn in_mode_input_whatever_an_opened_input_is_answered_with_is_the_result() {
    let caller = caller("input");
    let reference = caller.put("17");
    calculate(&reference, "open");
    for answer in EVERY_ANSWER_BUT_WRITTEN {
        assert_eq!(caller.settle(&reference, answer, FOR_EVER), Decision::TakeAnswer, "{answer:?}");
    }
}

#[test]
fn in_mode_output_the_answer_is_the_result_unless_the_output_is_there() {
    let caller = caller("output");
    let reference = caller.exchange.reference("17").unwrap();
    for answer in EVERY_ANSWER_BUT_WRITTEN {
        assert_eq!(caller.settle(&reference, answer, FOR_EVER), Decision::TakeAnswer, "{answer:?}");
    }
    let mut late = calculator(&reference, "sleep write");
    assert_eq!(caller.settle(&reference, Answer::OutputWritten, FOR_EVER), Decision::TakeOutput);
    assert!(late.wait().unwrap().success());
    assert_eq!(caller.settle(&reference, Answer::None, FOR_EVER), Decision::TakeOutput);
}

#[test]
fn an_input_that_vanished_counts_as_opened() {
    let caller = caller("both");
    let reference = caller.put("17");
    caller.exchange.cleanup(&reference, true, false).unwrap();
    assert_eq!(caller.settle(&reference, Answer::Value, FOR_EVER), Decision::TakeAnswer);
    caller.times_out(&reference, Answer::None);
}

#[test]
fn cleanup_deletes_what_it_is_told_and_views_stay_valid() {
    let caller = caller("both");
    let store = caller.exchange.store();
    let there = |key: &[u8]| store.contains("default", key).unwrap();
    let reference = caller.put("17");
    calculate(&reference, "open write");
    let view = store.view("default", b"output:calc:17").unwrap().unwrap();
    caller.exchange.cleanup(&reference, true, false).unwrap();
    assert_eq!((there(b"input:calc:17"), there(b"output:calc:17")), (false, true));
    caller.exchange.cleanup(&reference, false, true).unwrap();
    caller.exchange.cleanup(&reference, true, true).unwrap();
    assert!(!there(b"output:calc:17"));
    assert_eq!(view.bytes(), b"result");

    let reference = caller.put("18");
    calculate(&reference, "open write");
    assert_eq!((there(b"input:calc:18"), there(b"output:calc:18")), (true, true));
    caller.exchange.cleanup(&reference, true, true).unwrap();
    assert_eq!((there(b"input:calc:18"), there(b"output:calc:18")), (false, false));
}

#[test]
fn many_threads_use_one_exchange_at_once() {
    let caller = caller("both");
    std::thread::scope(|scope| {
        for thread in 0..4 {
            let caller = &caller;
            scope.spawn(move || {
                for number in 0..50 {
                    let reference = caller.put(&format!("{thread}-{number}"));
                    assert_eq!(reference.view_input().unwrap().bytes(), b"payload");
                    reference.put_output(&[b"result"], &PutOptions::default()).unwrap();
                    let decision = caller.settle(&reference, Answer::Unknown, FOR_EVER);
                    assert_eq!(decision, Decision::TakeOutput);
                    caller.exchange.cleanup(&reference, true, true).unwrap();
                }
            });
        }
    });
    assert!(caller.exchange.store().list("default", b"").unwrap().is_empty());
}
