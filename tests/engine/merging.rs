//! References that were merged: each marker stays, and what cannot be told apart is refused.

use dishtayantra_lmdb::config::Config;
use dishtayantra_lmdb::error::{Error, Status};
use dishtayantra_lmdb::exchange::Exchange;
use dishtayantra_lmdb::format::Format;
use dishtayantra_lmdb::options::Options;
use dishtayantra_lmdb::reference::{Given, Reference};
use dishtayantra_lmdb::store::Store;
use serde_json::{Map, Value, json};
use tempfile::TempDir;

type Fields = Map<String, Value>;

fn gathered(fields: &Fields) -> Result<Given, Error> {
    Given::of(fields.iter().map(|(name, value)| {
        let text = value.as_str().unwrap_or(if value == &json!(true) { "true" } else { "false" });
        (name.as_str(), text)
    }))
}

fn object(reference: &Reference) -> Fields {
    serde_json::from_str(&reference.to_json()).unwrap()
}

/// What a dict becomes that is updated with others, one after the other.
fn merged(parts: &[&Fields]) -> Fields {
    parts.iter().flat_map(|part| part.iter().map(|(name, value)| (name.clone(), value.clone()))).collect()
}

fn without(fields: &Fields, dropped: impl Fn(&str) -> bool) -> Fields {
    fields
        .iter()
        .filter(|(name, _)| !dropped(name))
        .map(|(name, value)| (name.clone(), value.clone()))
        .collect()
}

fn is_marker(name: &str) -> bool {
    name.starts_with("_lmdb_ref_")
}

/// The payloads of what was gathered.
fn payloads(given: &Given) -> Vec<String> {
    let text =
        |reference: &Reference| String::from_utf8(reference.view_input().unwrap().bytes().to_vec()).unwrap();
    let mut all: Vec<String> = given.inputs.iter().map(text).collect();
    all.sort();
    all
}

struct Maker {
    _parent: TempDir,
    exchange: Exchange,
}

fn maker() -> Maker {
    let parent = tempfile::tempdir().unwrap();
    let config = json!({
        "lmdb_enabled": true,
        "lmdb_db_path": parent.path().join("store"),
        "lmdb_map_size": 16 << 20,
        "lmdb_prefault": 0,
    });
    let exchange = Exchange::open(Config::from_json(&config.to_string()).unwrap(), "calc").unwrap();
    Maker { _parent: parent, exchange }
}

impl Maker {
    fn input(&self, payload: &str) -> Fields {
        object(&self.exchange.put_input(payload, &[payload.as_bytes()], Format::Raw).unwrap())
    }

    /// A reference to an output, as a calculator's result travels.
    fn output(&self, payload: &str) -> Fields {
        let asked = self.exchange.reference(payload).unwrap();
        asked.put_output(&[payload.as_bytes()], &dishtayantra_lmdb::options::PutOptions::default()).unwrap();
        object(&self.exchange.output_reference(&asked).unwrap())
    }

    /// A reference as an engine builds it.
    fn classic(&self, payload: &str) -> Fields {
        without(&self.output(payload), |name| is_marker(name) || name == "_lmdb_entry")
    }
}

#[test]
fn each_reference_of_a_merge_is_found() {
    let maker = maker();
    let [a, b, c] = ["a", "b", "c"].map(|payload| maker.output(payload));
    let input = maker.input("i");
    let plain = json!({"x": 1, "_lmdb_mine": "y", "_txn_id": "z"}).as_object().unwrap().clone();
    let named = |name: &'static str| move |found: &str| found == name;
    let table: Vec<(&str, Fields, &[&str])> = vec![
        ("one", a.clone(), &["a"]),
        ("two", merged(&[&a, &b]), &["a", "b"]),
        ("three beside fields", merged(&[&c, &plain, &b, &a]), &["a", "b", "c"]),
        ("one twice", merged(&[&a, &a]), &["a"]),
        ("without a marker", without(&a, is_marker), &["a"]),
        ("without its entry", without(&a, named("_lmdb_entry")), &["a"]),
        ("an engine's own", maker.classic("e"), &["e"]),
        ("an engine's own below one of ours", merged(&[&maker.classic("f"), &a]), &["a"]),
        ("markers alone", without(&merged(&[&a, &b]), |name| !is_marker(name)), &["a", "b"]),
        ("without _lmdb_ref", without(&merged(&[&a, &b]), named("_lmdb_ref")), &["a", "b"]),
        ("an input over an output", merged(&[&a, &input]), &["a", "i"]),
        ("fields", plain.clone(), &[]),
        ("nothing", Map::new(), &[]),
        ("not true", merged(&[&maker.classic("g"), json!({"_lmdb_ref": false}).as_object().unwrap()]), &[]),
    ];
    for (what, fields, expected) in table {
        assert_eq!(payloads(&gathered(&fields).expect(what)), expected, "{what}");
    }
}

#[test]
fn base_fields_that_no_marker_names_are_refused() {
    let maker = maker();
    let [a, b] = ["a", "b"].map(|payload| maker.output(payload));
    let with = |name: &str, value: Value| merged(&[&a, json!({name: value}).as_object().unwrap()]);
    let table = [
        ("an engine's own over one of ours", merged(&[&a, &maker.classic("e")])),
        ("two, one of which lost its marker", merged(&[&a, &without(&b, is_marker)])),
        ("another key", with("_lmdb_input_key", json!("output:calc:b"))),
        ("another store", with("_lmdb_db_path", json!("/elsewhere"))),
        ("another database", with("_lmdb_db_name", json!("other"))),
        ("another entry", with("_lmdb_entry", b["_lmdb_entry"].clone())),
    ];
    for (what, fields) in table {
        let error = gathered(&fields).expect_err(what);
        assert_eq!(error.status(), Status::Corrupt, "{what}: {error}");
        assert!(error.message().contains("_lmdb_input_key"), "{what}: {error}");
    }
}

#[test]
fn the_output_goes_where_the_base_fields_say() {
    let maker = maker();
    let (a, input) = (maker.output("a"), maker.input("i"));
    let output = |fields: &Fields| gathered(fields).unwrap().output;
    assert_eq!(output(&a), None);
    let asked = output(&merged(&[&a, &input])).unwrap();
    assert_eq!(asked.get("_lmdb_output_key"), Some("output:calc:i"));
    let beside = object(&maker.exchange.reference("17").unwrap());
    let asked = output(&merged(&[&beside, json!({"values": "[]"}).as_object().unwrap()])).unwrap();
    assert_eq!(asked.get("_lmdb_output_key"), Some("output:calc:17"));
}

#[test]
fn one_reference_is_not_parsed_from_several() {
    let maker = maker();
    let several = Value::from(merged(&[&maker.output("a"), &maker.output("b")]));
    let error = Reference::from_json(&several.to_string()).unwrap_err();
    assert_eq!(error.status(), Status::Corrupt);
    assert!(
        error.message().contains("output:calc:a") && error.message().contains("output:calc:b"),
        "{error}"
    );
}

#[test]
fn references_of_two_stores_do_not_take_each_others_place() {
    // Stores count their entries alike: the first of each has the same id.
    let [one, two] = [maker(), maker()].map(|maker| (maker.output("x"), maker));
    let id = |fields: &Fields| fields["_lmdb_entry"].as_str().unwrap().split_once(':').unwrap().1.to_owned();
    assert_eq!(id(&one.0), id(&two.0));
    let given = gathered(&merged(&[&one.0, &two.0])).unwrap();
    assert_eq!(given.inputs.len(), 2);
    let stores: Vec<_> = given.inputs.iter().map(|input| input.get("_lmdb_db_path")).collect();
    assert_ne!(stores[0], stores[1]);
}

#[test]
fn a_marker_resolves_by_itself() {
    let maker = maker();
    let a = maker.output("a");
    let (name, marker) = a.iter().find(|(name, _)| is_marker(name)).unwrap();
    let (store, entry) = a["_lmdb_entry"].as_str().unwrap().split_once(':').unwrap();
    assert_eq!(*name, format!("_lmdb_ref_{entry}_{}", &store[..8]));
    let reference = Reference::from_json(marker.as_str().unwrap()).unwrap();
    assert_eq!(reference.view_input().unwrap().bytes(), b"a");
    assert_eq!(
        store,
        format!("{:032x}", Store::open(maker.exchange.store().path(), &Options::default()).unwrap().id())
    );
}
