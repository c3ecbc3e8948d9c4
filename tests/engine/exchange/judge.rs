//! What every answer means in every state of an exchange, as a table.

use super::*;

/// What a cell of the table says: a decision, or that nothing comes in time.
const TA: &str = "TakeAnswer";
const TO: &str = "TakeOutput";
const RE: &str = "Repeat";
const PR: &str = "Prove";
const TI: &str = "Timeout";
const CO: &str = "Corrupt";

const ANSWERS: [Answer; 7] = [
    Answer::Unknown,
    Answer::None,
    Answer::Value,
    Answer::OutputWritten,
    Answer::UnknownNoWait,
    Answer::Raised,
    Answer::BrokenOff,
];

/// State, whether an output was asked for, the calculator known to open inputs; then a decision for each answer.
const TABLE: &[(&str, bool, bool, [&str; 7])] = &[
    ("own unopened", true, false, [RE, RE, RE, TI, RE, RE, TA]),
    ("own unopened", true, true, [RE, RE, RE, TI, RE, TA, TA]),
    ("own unopened", false, false, [RE, RE, RE, CO, RE, RE, TA]),
    ("own unopened", false, true, [RE, RE, RE, CO, RE, TA, TA]),
    ("own opened", true, false, [TI, TI, TA, TI, TA, TA, TA]),
    ("own opened", true, true, [TI, TI, TA, TI, TA, TA, TA]),
    ("own opened", false, false, [TA, TA, TA, CO, TA, TA, TA]),
    ("own settled unopened", true, false, [RE, RE, RE, TI, RE, RE, TA]),
    ("own settled", true, false, [TA, TA, TA, TI, TA, TA, TA]),
    ("own settled", false, false, [TA, TA, TA, CO, TA, TA, TA]),
    ("own gone", true, false, [TI, TI, TA, TI, TA, TA, TA]),
    ("own declined", true, false, [RE, RE, RE, RE, RE, RE, RE]),
    ("own declined", true, true, [RE, RE, RE, RE, RE, RE, RE]),
    ("own declined", false, true, [RE, RE, RE, CO, RE, RE, RE]),
    ("own declined settled", true, false, [RE, RE, RE, RE, RE, RE, RE]),
    ("own written", true, false, [TO, TO, TO, TO, TO, TA, TA]),
    ("own declined written", true, false, [RE, RE, RE, RE, RE, RE, RE]),
    ("own unopened written", true, false, [TO, TO, TO, TO, TO, RE, TA]),
    ("no input", true, false, [TA, TA, TA, TI, TA, TA, TA]),
    ("no input written", true, false, [TO, TO, TO, TO, TO, TA, TA]),
    ("other's unseen", true, false, [TI, PR, PR, TI, TA, PR, TA]),
    ("other's unseen", true, true, [TI, TI, TA, TI, TA, TA, TA]),
    ("other's unseen", false, false, [TA, PR, PR, CO, TA, PR, TA]),
    ("other's unseen", false, true, [TA, TA, TA, CO, TA, TA, TA]),
    ("other's unopened", true, false, [RE, PR, PR, TI, RE, PR, TA]),
    ("other's unopened", true, true, [RE, RE, TA, TI, RE, TA, TA]),
    ("other's opened by another", true, false, [TI, PR, PR, TI, TA, PR, TA]),
    ("other's opened", true, false, [TI, TI, TA, TI, TA, TA, TA]),
    ("other's opened", false, false, [TA, TA, TA, CO, TA, TA, TA]),
    ("other's settled", true, false, [TA, TA, TA, TI, TA, TA, TA]),
    ("other's declined", true, false, [RE, RE, RE, RE, RE, RE, RE]),
    ("other's declined", true, true, [RE, RE, RE, RE, RE, RE, RE]),
    ("other's declined by another", true, false, [TI, PR, PR, TI, TA, PR, TA]),
    ("other's written", true, false, [TO, TO, TO, TO, TO, PR, TA]),
    ("other's gone", true, false, [TI, PR, PR, TI, TA, PR, TA]),
];

fn brought_to(caller: &Caller, state: &str, asked: bool, txn_id: &str) -> Reference {
    let (whose, steps) = state.split_once(' ').unwrap();
    let exchange = &caller.exchange;
    let mut reference = exchange.reference(txn_id).unwrap();
    assert_eq!(reference.get("_lmdb_output_key").is_some(), asked);
    match whose {
        "own" => reference = caller.put(txn_id),
        "other's" => {
            let key = format!("output:before:{txn_id}");
            let tracked = matches!(steps, "unopened" | "opened" | "opened by another");
            let options = PutOptions { tracked, ..PutOptions::default() };
            exchange.store().put("default", key.as_bytes(), &[&[7; 5000]], &options).unwrap();
            reference.set("_lmdb_ref", "true").unwrap();
            reference.set("_lmdb_input_key", &key).unwrap();
        }
        "no" => {}
        _ => panic!("{whose}"),
    }
    let mut another = reference.clone();
    another.set("_txn_id", "another").unwrap();
    let by = if steps.ends_with("by another") { &another } else { &reference };
    let opened = !steps.contains("unopened") && !steps.contains("unseen") && whose != "no";
    if opened && (whose == "own" || !steps.starts_with("written")) {
        drop(by.view_input().unwrap());
    }
    for step in steps.split(' ') {
        match step {
            "settled" => by.settle_direct().unwrap(),
            "declined" => by.decline().unwrap(),
            "written" => drop(by.put_output(&[b"result"], &PutOptions::default()).unwrap()),
            "gone" if whose == "own" => exchange.cleanup(&reference, true, false).unwrap(),
            "gone" => drop(exchange.store().delete("default", format!("output:before:{txn_id}").as_bytes())),
            "unopened" | "opened" | "unseen" | "by" | "another" | "input" => {}
            _ => panic!("{step}"),
        }
    }
    reference
}

fn prove(caller: &Caller) {
    let reference = caller.put("proof");
    drop(reference.view_input().unwrap());
    assert_eq!(judged(caller, &reference, Answer::Value), TA);
}

fn judged(caller: &Caller, reference: &Reference, answer: Answer) -> String {
    match caller.exchange.judge(reference, answer, Some(Duration::ZERO)) {
        Ok((decision, None)) => format!("{decision:?}"),
        Ok((decision, Some(why))) => format!("{decision:?}: {why}"),
        Err(error) => format!("{:?}", error.status()),
    }
}

#[test]
fn each_answer_in_each_state_means_what_the_table_says() {
    let mut wrong = Vec::new();
    for &(state, asked, proven, wanted) in TABLE {
        for (answer, wanted) in ANSWERS.into_iter().zip(wanted) {
            let caller = caller(if asked { "both" } else { "input" });
            if proven {
                prove(&caller);
            }
            let reference = brought_to(&caller, state, asked, "17");
            let found = judged(&caller, &reference, answer);
            if found != wanted {
                wrong.push(format!(
                    "{state}, asked {asked}, proven {proven}, {answer:?}: {found}, not {wanted}"
                ));
            }
            assert!(!caller.exchange.ignored(), "{state} {answer:?}");
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn a_calculator_that_took_part_once_is_trusted_with_the_inputs_of_others() {
    for (state, answer, trusted) in [
        ("own opened", Answer::Value, true),
        ("own written", Answer::OutputWritten, true),
        ("own declined", Answer::Raised, true),
        ("own unopened", Answer::Value, false),
        ("own opened", Answer::Raised, false),
        ("no input", Answer::Value, false),
    ] {
        let caller = caller("both");
        judged(&caller, &brought_to(&caller, state, true, "17"), answer);
        let next = brought_to(&caller, "other's unseen", true, "18");
        assert_eq!(judged(&caller, &next, Answer::Value), if trusted { TA } else { PR }, "{state}");
    }
}

#[test]
fn a_repeated_call_that_went_well_is_the_last_with_a_reference_unless_something_else_was_the_reason() {
    for (state, ignores) in [("own unopened", true), ("own declined", false), ("other's unopened", false)] {
        let caller = caller("both");
        let reference = brought_to(&caller, state, true, "17");
        dishtayantra_lmdb::warning::take();
        for _ in 0..2 {
            caller.exchange.repeated(&reference);
        }
        assert_eq!(caller.exchange.ignored(), ignores, "{state}");
        let warnings = dishtayantra_lmdb::warning::take();
        assert_eq!(warnings.len(), usize::from(ignores), "{warnings:?}");
        assert!(warnings.iter().all(|text| text.contains("calculator calc does not open")), "{warnings:?}");
        assert_eq!(caller.exchange.should(1 << 20), !ignores);
    }
    let caller = caller("both");
    let reference = caller.put("17");
    std::fs::remove_dir_all(&caller.exchange.config().db_path).unwrap();
    caller.exchange.repeated(&reference);
    assert!(!caller.exchange.ignored());
}

#[test]
fn a_payload_is_declined_for_one_call_only() {
    let caller = caller("both");
    for txn_id in ["17", "18"] {
        let reference = brought_to(&caller, "own declined", true, txn_id);
        assert_eq!(caller.settle(&reference, Answer::Unknown, FOR_EVER), Decision::Repeat);
        assert!(!caller.exchange.ignored());
    }
    // The bytes of an input that was declined come back as another one's.
    caller.exchange.cleanup(&caller.exchange.reference("17").unwrap(), true, true).unwrap();
    let next = caller.put("19");
    next.view_input().unwrap();
    assert_eq!(judged(&caller, &next, Answer::Value), TA);
    Reference::new().decline().unwrap();
    let mut gone = next.clone();
    gone.set("_lmdb_input_key", "gone").unwrap();
    gone.decline().unwrap();
}

#[test]
fn whoever_waits_hears_of_a_declined_input() {
    let caller = caller("both");
    let reference = brought_to(&caller, "own opened", true, "17");
    std::thread::scope(|scope| {
        scope.spawn(|| {
            std::thread::sleep(Duration::from_millis(100));
            reference.decline().unwrap();
        });
        assert_eq!(caller.settle(&reference, Answer::Unknown, FOR_EVER), Decision::Repeat);
    });
}

#[test]
fn a_store_that_fails_passes_directly_with_the_reason() {
    let caller = caller("both");
    let mut reference = brought_to(&caller, "other's unseen", true, "17");
    reference.set("_lmdb_db_path", "/nowhere/at/all").unwrap();
    for (answer, passes) in
        [(Answer::Value, true), (Answer::None, true), (Answer::Raised, true), (Answer::BrokenOff, false)]
    {
        let found = judged(&caller, &reference, answer);
        assert!(found.starts_with(if passes { "PassDirectly: " } else { TA }), "{answer:?}: {found}");
        assert_eq!(found.contains("/nowhere"), passes, "{found}");
    }
    prove(&caller);
    assert_eq!(judged(&caller, &reference, Answer::Raised), TA);
}

#[test]
fn a_failure_for_want_of_a_store_that_was_removed_is_no_answer() {
    for (opened, removed, decision) in [(false, true, "PassDirectly: "), (false, false, TA), (true, true, TA)]
    {
        let parent = tempfile::tempdir().unwrap();
        let caller = Caller { exchange: exchange_in(&parent, "both"), _parent: parent };
        prove(&caller);
        let reference = caller.put("18");
        if opened {
            drop(reference.view_input().unwrap());
        }
        if removed {
            std::fs::remove_dir_all(caller.exchange.config().db_path.as_path()).unwrap();
        }
        let found = judged(&caller, &reference, Answer::Raised);
        assert!(found.starts_with(decision), "opened {opened}, removed {removed}: {found}");
    }
}
