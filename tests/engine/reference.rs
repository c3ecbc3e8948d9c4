//! References: what travels, what is refused, and the stores they lead to.

use std::os::unix::fs::PermissionsExt;

use dishtayantra_lmdb::error::{Error, Status};
use dishtayantra_lmdb::format::Format;
use dishtayantra_lmdb::options::{Options, PutOptions};
use dishtayantra_lmdb::reference::{NAMES, Reference};
use dishtayantra_lmdb::store::Store;
use serde_json::{Value, json};
use tempfile::TempDir;

fn parse(value: &Value) -> Result<Reference, Error> {
    Reference::from_json(&value.to_string())
}

fn full(path: &str) -> Value {
    json!({
        "_lmdb_ref": true,
        "_lmdb_input_key": "input:calc:17",
        "_lmdb_output_key": "output:calc:17",
        "_lmdb_db_path": path,
        "_lmdb_db_name": "prices",
        "_lmdb_format": "numpy",
        "_txn_id": "17",
    })
}

/// A reference as this library makes them: with its entry and a marker.
fn made(path: &str) -> Value {
    let entry = "0123456789abcdef0123456789abcdef:00000000000a0001";
    let mut wire = full(path);
    wire["_lmdb_entry"] = json!(entry);
    let marker = json!({
        "_lmdb_ref": true,
        "_lmdb_input_key": "input:calc:17",
        "_lmdb_db_path": path,
        "_lmdb_db_name": "prices",
        "_lmdb_entry": entry,
    });
    wire["_lmdb_ref_00000000000a0001_01234567"] = json!(marker.to_string());
    wire
}

fn store() -> (TempDir, Store) {
    let parent = tempfile::tempdir().unwrap();
    let store = Store::open(&parent.path().join("store"), &Options::default()).unwrap();
    (parent, store)
}

fn put_input(store: &Store) {
    let options = PutOptions { tracked: true, ..PutOptions::default() };
    store.put("prices", b"input:calc:17", &[b"pay", b"load"], &options).unwrap();
}

fn path_of(store: &Store) -> &str {
    store.path().to_str().unwrap()
}

fn set_mode(store: &Store, mode: u32) {
    std::fs::set_permissions(store.path(), std::fs::Permissions::from_mode(mode)).unwrap();
}

#[test]
fn a_reference_survives_the_wire_and_keeps_the_order_of_its_fields() {
    let wire = made("/a/st\"öre");
    let reference = parse(&wire).unwrap();
    assert_eq!(reference.to_json(), wire.to_string());
    assert_eq!(parse(&serde_json::from_str(&reference.to_json()).unwrap()).unwrap(), reference);
    assert_eq!(reference.format(), Some(Format::Numpy));
    assert_eq!(reference.db_name(), "prices");
}

#[test]
fn every_field_is_set_and_got_by_its_wire_name() {
    let wire = made("/a/store");
    let mut reference = Reference::new();
    assert_eq!(reference.to_json(), "{}");
    for name in NAMES {
        assert_eq!(reference.get(name), None);
        let value = wire[name].as_str().unwrap_or("true");
        reference.set(name, value).unwrap();
        assert_eq!(reference.get(name), Some(value));
    }
    assert_eq!(reference, parse(&wire).unwrap());
    reference.set("values", "1").unwrap();
    assert_eq!(reference.get("values"), None);
}

#[test]
fn fields_that_are_missing_or_null_are_not_set_and_other_keys_belong_to_the_payload() {
    let wire = json!({"_lmdb_output_key": "o", "_lmdb_ref": null, "_txn_id": null, "values": [1]});
    assert_eq!(parse(&wire).unwrap().to_json(), r#"{"_lmdb_output_key":"o"}"#);
    assert_eq!(parse(&wire).unwrap().db_name(), "default");
}

#[test]
fn what_cannot_be_right_is_corrupt_and_names_the_field() {
    let wrong = [
        ("_lmdb_ref", json!("true")),
        ("_lmdb_ref", json!(1)),
        ("_lmdb_input_key", json!(7)),
        ("_lmdb_input_key", json!("")),
        ("_lmdb_input_key", json!(null)),
        ("_lmdb_output_key", json!("x".repeat(512))),
        ("_lmdb_db_path", json!("relative/store")),
        ("_lmdb_db_path", json!("/a\0b")),
        ("_lmdb_db_name", json!("")),
        ("_lmdb_format", json!("pickle")),
        ("_txn_id", json!(17)),
        ("_lmdb_entry", json!(17)),
        ("_lmdb_entry", json!("0123456789abcdef0123456789abcdef:A0001")),
        ("_lmdb_entry", json!("0123456789ABCDEF0123456789abcdef:00000000000a0001")),
        ("_lmdb_ref_1", json!(17)),
        ("_lmdb_ref_1", json!("{}")),
        ("_lmdb_ref_1", made("/a/store")["_lmdb_ref_00000000000a0001_01234567"].clone()),
    ];
    for (name, value) in wrong {
        let mut wire = full("/a/store");
        wire[name] = value.clone();
        let error = parse(&wire).expect_err(&format!("{name} {value}"));
        assert_eq!(error.status(), Status::Corrupt, "{error}");
        assert!(error.message().contains(name), "{error}");
    }
    for text in ["", "[]", "{", "null", "\"_lmdb_ref\""] {
        assert_eq!(Reference::from_json(text).unwrap_err().status(), Status::Corrupt);
    }
    let error = Reference::new().set("_lmdb_ref", "yes").unwrap_err();
    assert!(error.message().contains("_lmdb_ref"), "{error}");
}

#[test]
fn the_input_is_viewed_and_marked_and_the_output_carries_the_exchange_id() {
    let (_parent, store) = store();
    put_input(&store);
    let reference = parse(&full(path_of(&store))).unwrap();
    assert!(!store.track("prices", b"input:calc:17").unwrap().unwrap().opened);
    assert_eq!(reference.view_input().unwrap().bytes(), b"payload");
    assert!(store.track("prices", b"input:calc:17").unwrap().unwrap().opened);

    let options = PutOptions { format: Format::Json, ..PutOptions::default() };
    let info = reference.put_output(&[b"{}"], &options).unwrap();
    assert_eq!((info.format, info.size), (Format::Json, 2));
    let output = store.view("prices", b"output:calc:17").unwrap().unwrap();
    assert_eq!((output.bytes(), output.txn_id()), (&b"{}"[..], "17"));
}

#[test]
fn an_output_lives_as_its_input_was_to_unless_its_options_say_otherwise() {
    let (_parent, store) = store();
    let usual = PutOptions::default();
    let cases = [
        ("as the input", Some((20_000, true)), usual, (20_000, true)),
        ("until deleted", Some((0, false)), usual, (0, false)),
        ("its own", Some((20_000, true)), PutOptions { ttl_ms: 7000, ..usual }, (7000, false)),
        (
            "a checksum of its own",
            Some((20_000, false)),
            PutOptions { checksum: true, ..usual },
            (20_000, true),
        ),
        ("no input", None, usual, (300_000, false)),
    ];
    for looks in [false, true] {
        for (what, input, options, expected) in &cases {
            store.delete("prices", b"input:calc:17").unwrap();
            if let Some((ttl_ms, checksum)) = *input {
                let options = PutOptions { ttl_ms, checksum, tracked: true, ..usual };
                store.put("prices", b"input:calc:17", &[b"payload"], &options).unwrap();
            }
            let reference = parse(&full(path_of(&store))).unwrap();
            // Who gathers references looks at an input by one of them and puts by a clone.
            let other = reference.clone();
            if looks && input.is_some() {
                reference.view_input().unwrap();
                // What was seen holds, and not what is there by now.
                store.delete("prices", b"input:calc:17").unwrap();
            }
            let put = other.put_output(&[b"output"], options).unwrap();
            assert_eq!((put.ttl_ms, put.checksum.is_some()), *expected, "{what}, looked at: {looks}");
            let loan = store.loan(6).unwrap();
            let published = other.publish_output(loan, options).unwrap();
            assert_eq!((published.ttl_ms, published.checksum.is_some()), *expected, "{what}, published");
        }
    }
}

#[test]
fn a_direct_answer_is_marked_on_the_input() {
    let (_parent, store) = store();
    let reference = parse(&full(path_of(&store))).unwrap();
    reference.settle_direct().unwrap();
    put_input(&store);
    assert!(!store.track("prices", b"input:calc:17").unwrap().unwrap().settled);
    reference.settle_direct().unwrap();
    assert!(store.track("prices", b"input:calc:17").unwrap().unwrap().settled);
}

#[test]
fn a_missing_or_expired_input_is_not_found_and_named() {
    let (_parent, store) = store();
    let reference = parse(&full(path_of(&store))).unwrap();
    let missing = |reference: &Reference| {
        let error = reference.view_input().unwrap_err();
        assert_eq!(error.status(), Status::NotFound);
        assert!(error.message().contains("input:calc:17"), "{error}");
    };
    missing(&reference);
    let options = PutOptions { ttl_ms: 1, ..PutOptions::default() };
    store.put("prices", b"input:calc:17", &[b"x"], &options).unwrap();
    std::thread::sleep(std::time::Duration::from_millis(20));
    missing(&reference);
}

#[test]
fn a_store_that_does_not_exist_is_not_created() {
    let parent = tempfile::tempdir().unwrap();
    let path = parent.path().join("nowhere");
    let reference = parse(&full(path.to_str().unwrap())).unwrap();
    assert!(reference.view_input().is_err());
    assert!(reference.put_output(&[b"x"], &PutOptions::default()).is_err());
    assert!(!path.exists());
}

#[test]
fn a_store_shared_with_a_group_is_reached_and_one_that_anybody_may_write_is_refused() {
    let (_parent, store) = store();
    put_input(&store);
    let reference = parse(&full(path_of(&store))).unwrap();
    set_mode(&store, 0o2777);
    assert_eq!(reference.view_input().unwrap_err().status(), Status::Permission);
    set_mode(&store, 0o2770);
    assert_eq!(reference.view_input().unwrap().bytes(), b"payload");
}

#[test]
fn a_reference_leaves_the_limit_of_its_store() {
    let parent = tempfile::tempdir().unwrap();
    let path = parent.path().join("store");
    let options = Options { map_size: 64 << 20, ..Options::default() };
    let store = Store::open(&path, &options).unwrap();
    put_input(&store);
    parse(&full(path.to_str().unwrap())).unwrap().view_input().unwrap();
    assert_eq!(store.stats().unwrap()["map"]["limit"], 64 << 20);
}

#[test]
fn a_store_that_was_replaced_on_the_disk_is_opened_anew() {
    let parent = tempfile::tempdir().unwrap();
    let path = parent.path().join("store");
    let reference = parse(&full(path.to_str().unwrap())).unwrap();
    put_input(&Store::open(&path, &Options::default()).unwrap());
    assert_eq!(reference.view_input().unwrap().bytes(), b"payload");

    std::fs::rename(&path, parent.path().join("old")).unwrap();
    let error = reference.view_input().unwrap_err();
    assert_ne!(error.status(), Status::Corrupt, "{error}");
    let store = Store::open(&path, &Options::default()).unwrap();
    store.put("prices", b"input:calc:17", &[b"new"], &PutOptions::default()).unwrap();
    assert_eq!(reference.view_input().unwrap().bytes(), b"new");
}

#[test]
fn twenty_stores_are_each_found_again_after_others_pushed_them_out() {
    let parent = tempfile::tempdir().unwrap();
    let references: Vec<Reference> = (0..20)
        .map(|number| {
            let path = parent.path().join(number.to_string());
            let options = Options { sweeper: false, map_size: 16 << 20, prefault: 0, ..Options::default() };
            let store = Store::open(&path, &options).unwrap();
            let payload = [number];
            store.put("prices", b"input:calc:17", &[&payload], &PutOptions::default()).unwrap();
            parse(&full(path.to_str().unwrap())).unwrap()
        })
        .collect();
    for _ in 0..2 {
        for (number, reference) in references.iter().enumerate() {
            assert_eq!(reference.view_input().unwrap().bytes(), [number as u8]);
        }
    }
}

#[test]
fn a_reference_without_a_store_an_input_or_an_output_says_so() {
    let (_parent, store) = store();
    let mut reference = Reference::new();
    reference.set("_lmdb_input_key", "i").unwrap();
    let error = reference.view_input().unwrap_err();
    assert_eq!(error.status(), Status::Corrupt);
    assert!(error.message().contains("_lmdb_db_path"), "{error}");

    let mut reference = Reference::new();
    reference.set("_lmdb_db_path", path_of(&store)).unwrap();
    let error = reference.view_input().unwrap_err();
    assert!(error.message().contains("_lmdb_input_key"), "{error}");
    let error = reference.put_output(&[], &PutOptions::default()).unwrap_err();
    assert_eq!(error.status(), Status::InvalidArgument);
    assert!(error.message().contains("_lmdb_output_key"), "{error}");
    reference.settle_direct().unwrap();
}

#[test]
fn a_loan_of_the_references_store_becomes_the_output() {
    let (_parent, store) = store();
    let reference = parse(&full(path_of(&store))).unwrap();
    let mut loan = reference.store().unwrap().loan(3).unwrap();
    let mapped = loan.mapped();
    loan.bytes_mut().copy_from_slice(b"xyz");
    let info = reference.publish_output(loan, &PutOptions::default()).unwrap();
    assert_eq!(info.size, 3);
    let view = store.view("prices", b"output:calc:17").unwrap().expect("the output");
    assert_eq!((view.bytes(), view.txn_id()), (&b"xyz"[..], "17"));
    let unasked = parse(&json!({"_lmdb_db_path": path_of(&store)})).unwrap();
    let loan = store.loan(3).unwrap();
    let error = unasked.publish_output(loan, &PutOptions::default()).unwrap_err();
    assert_eq!(error.status(), Status::InvalidArgument);
    drop(mapped);
}

/// A reference is data: whoever wrote it shall not have other entries replaced.
#[test]
fn an_output_is_written_under_keys_of_its_own_exchange_only() {
    let (_dir, store) = store();
    let options = PutOptions::default();
    let of = |txn_id| PutOptions { txn_id, ..options };
    store.put("prices", b"limits", &[b"theirs"], &options).unwrap();
    store.put("prices", b"kept:17", &[b"theirs"], &of("another")).unwrap();
    let edited = |input: &str, output: &str, txn_id: Option<&str>| {
        let mut wire = full(path_of(&store));
        (wire["_lmdb_input_key"], wire["_lmdb_output_key"]) = (json!(input), json!(output));
        wire["_txn_id"] = json!(txn_id);
        parse(&wire).unwrap()
    };
    let input = "input:calc:17";
    for (reference, allowed) in [
        (edited(input, "output:calc:17", Some("17")), true),
        // Once more, as a call that is repeated does.
        (edited(input, "output:calc:17", Some("17")), true),
        (edited("output:other:16", "output:calc:18", Some("18")), true),
        (edited("mine", "result", None), true),
        (edited("mine", "result", None), true),
        (edited(input, "limits", Some("17")), false),
        (edited(input, "free", Some("17")), false),
        (edited(input, "output:calc:117", Some("17")), false),
        (edited(input, "kept:17", Some("17")), false),
        (edited("mine", "limits", Some("17")), false),
        (edited("mine", "output:calc:17", None), false),
    ] {
        let key = reference.get("_lmdb_output_key").unwrap().to_owned();
        let before = store.get("prices", key.as_bytes()).unwrap().map(|(bytes, _)| bytes);
        let mut loan = store.loan(4).unwrap();
        loan.bytes_mut().copy_from_slice(b"ours");
        for result in [reference.put_output(&[b"ours"], &options), reference.publish_output(loan, &options)] {
            match result {
                Ok(_) => assert!(allowed, "{key}"),
                Err(error) => {
                    assert!(!allowed, "{error}");
                    assert_eq!(error.status(), Status::Permission);
                    assert!(error.message().contains(&format!("{key:?}")), "{error}");
                    assert_eq!(store.get("prices", key.as_bytes()).unwrap().map(|(bytes, _)| bytes), before);
                }
            }
        }
    }
}
