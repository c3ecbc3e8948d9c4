//! Calculators: what they are given, and where their answers go.

mod common;

use common::{MAP_SIZE, assert_fails, open, scratch};
use dishtayantra::calculator::{
    Calculator, Input, Map, MapInput, Value, ViewInput, calculate, calculate_with, map, reference_of,
};
use dishtayantra::{
    ErrorKind, Format, Numbers, PutOptions, Reference, Result, Segment, Store, Writer, npy_header, wire,
};
use std::os::unix::fs::FileExt;
use std::sync::atomic::{AtomicBool, Ordering};

/// Gives back what it got, and says whether it lay in place.
#[derive(Default)]
struct Echo {
    place: AtomicBool,
}

impl Calculator for Echo {
    fn compute<'a>(&self, input: &'a dyn Input) -> Result<Map<'a>> {
        let values = input.numbers("values")?;
        self.place.store(values.slice().as_ptr().addr().is_multiple_of(64), Ordering::Relaxed);
        if input.find_flag("panic")?.unwrap_or(false) {
            panic!("told to");
        }
        let name = input.find_text("name")?.unwrap_or_default();
        let scale = input.find_number("scale")?.unwrap_or(1.0);
        let inner = map([("scale", scale.into()), ("none", Value::Nil), ("yes", true.into())]);
        Ok(map([
            ("values", values.clone().into()),
            ("count", values.len().into()),
            ("name", name.into()),
            ("inner", inner.into()),
        ]))
    }
}

fn numbers<'v>(map: &'v Map<'_>, name: &str) -> &'v Numbers<'v> {
    match &map.iter().find(|(key, _)| key == name).expect(name).1 {
        Value::Numbers(numbers) => numbers,
        other => panic!("{name} is {other:?}"),
    }
}

fn reference(store: &Store, input: &str, output: Option<&str>) -> MapInput<'static> {
    let path = store.path().unwrap();
    let mut fields = map([
        (wire::REF, true.into()),
        (wire::INPUT_KEY, input.into()),
        (wire::DB_PATH, path.into()),
        (wire::TXN_ID, "7".into()),
    ]);
    if let Some(output) = output {
        fields.push((wire::OUTPUT_KEY.to_owned(), output.into()));
    }
    MapInput(fields)
}

fn put_values(store: &Store, key: &str, values: &[f64]) {
    let mut writer = Writer::new().unwrap();
    writer.map(2).unwrap().string("values").unwrap().segment(&Segment::new(values)).unwrap();
    writer.string("name").unwrap().string("close").unwrap();
    writer.put(store, key, &PutOptions { checksum: true, tracked: true, ..PutOptions::default() }).unwrap();
}

#[test]
fn values_are_answered_directly() {
    let given = MapInput(map([("values", Numbers::from(vec![1.0, 2.0]).into()), ("scale", 3_i64.into())]));
    assert!(reference_of(&given).unwrap().is_none());
    let answer = calculate(&Echo::default(), &given).unwrap();
    assert!(!answer.written && answer.refusal.is_none());
    assert_eq!(numbers(&answer.result, "values").slice(), [1.0, 2.0]);
}

#[test]
fn a_reference_is_answered_in_the_store_and_computed_in_place() {
    let dir = scratch();
    let store = open(dir.path());
    let values: Vec<f64> = (0..5000).map(f64::from).collect();
    put_values(&store, "in", &values);
    let echo = Echo::default();
    let answer = calculate(&echo, &reference(&store, "in", Some("out"))).unwrap();
    assert!(answer.written && answer.result.is_empty());
    assert!(echo.place.load(Ordering::Relaxed));
    let view = store.view("out").unwrap();
    assert_eq!((view.format(), view.txn_id()), (Format::Msgpack, "7"));
    let document = view.document().unwrap();
    document.validate().unwrap();
    assert_eq!(document.root().get("values").unwrap().slice::<f64>().unwrap(), values);
    assert_eq!(document.find("inner.scale").unwrap().double().unwrap(), 1.0);
    assert!(document.find("inner.yes").unwrap().bool().unwrap());
    assert_eq!(document.find("name").unwrap().string().unwrap(), "close");
}

#[test]
fn without_an_output_key_the_answer_is_the_result() {
    let dir = scratch();
    let store = open(dir.path());
    put_values(&store, "in", &[1.0, 2.0, 3.0]);
    let answer = calculate(&Echo::default(), &reference(&store, "in", None)).unwrap();
    assert!(!answer.written);
    // The view it was computed on is gone.
    assert_eq!(numbers(&answer.result, "values").slice(), [1.0, 2.0, 3.0]);
}

#[test]
fn an_output_key_beside_values_sends_the_result_to_the_store() {
    let dir = scratch();
    let store = open(dir.path());
    let given = MapInput(map([
        ("values", Numbers::from(vec![4.0]).into()),
        (wire::OUTPUT_KEY, "out".into()),
        (wire::DB_PATH, store.path().unwrap().into()),
    ]));
    assert!(calculate(&Echo::default(), &given).unwrap().written);
    assert!(store.contains("out").unwrap());
}

#[test]
fn every_format_that_can_be_read_gives_the_same() {
    let dir = scratch();
    let store = open(dir.path());
    let values: Vec<f64> = (0..500).map(|at| f64::from(at) * 0.25).collect();
    let bytes: Vec<u8> = values.iter().flat_map(|value| value.to_le_bytes()).collect();
    let header = npy_header::<f64>(&[500], false).unwrap();
    let mut list = Writer::new().unwrap();
    list.map(1).unwrap().string("values").unwrap().doubles(&values).unwrap();
    let mut root = Writer::new().unwrap();
    root.segment(&Segment::new(&values).as_list()).unwrap();
    store.put("raw", &bytes, &PutOptions::of(Format::Raw)).unwrap();
    store.put_parts("numpy", &[&header, &bytes], &PutOptions::of(Format::Numpy)).unwrap();
    list.put(&store, "list", &PutOptions::default()).unwrap();
    root.put(&store, "root", &PutOptions::default()).unwrap();
    for (key, is_list) in [("raw", false), ("numpy", false), ("list", true), ("root", true)] {
        let answer = calculate(&Echo::default(), &reference(&store, key, None)).unwrap();
        let found = numbers(&answer.result, "values");
        assert_eq!((found.slice(), found.is_list()), (&values[..], is_list), "{key}");
    }
    store.put("arrow", b"", &PutOptions::of(Format::Arrow)).unwrap();
    assert_fails(
        calculate(&Echo::default(), &reference(&store, "arrow", None)),
        ErrorKind::BadFormat,
        "'arrow'",
    );
    // A caller may read other formats itself.
    let answer = calculate_with(&Echo::default(), &reference(&store, "arrow", None), |view| {
        assert_eq!(view.format(), Format::Arrow);
        Ok(Box::new(MapInput(map([("values", Numbers::from(vec![1.0]).into())]))))
    });
    assert_eq!(numbers(&answer.unwrap().result, "values").slice(), [1.0]);
}

#[test]
fn missing_damaged_and_wrong_inputs_fail() {
    let dir = scratch();
    let store = open(dir.path());
    let echo = Echo::default();
    assert_fails(calculate(&echo, &reference(&store, "none", Some("out"))), ErrorKind::NotFound, "none");
    assert_fails(calculate(&echo, &MapInput(Map::new())), ErrorKind::InvalidArgument, "no 'values'");
    let mut wrong = reference(&store, "in", None);
    wrong.0[1].1 = 3.0.into();
    assert_fails(calculate(&echo, &wrong), ErrorKind::Corrupt, "_lmdb_input_key");
    let nowhere = MapInput(map([(wire::REF, true.into()), (wire::INPUT_KEY, "in".into())]));
    assert_fails(calculate(&echo, &nowhere), ErrorKind::Corrupt, "_lmdb_db_path");
    assert!(!store.contains("out").unwrap());
}

#[test]
fn a_damaged_input_is_noticed_by_its_checksum() {
    let dir = scratch();
    let store = open(dir.path());
    put_values(&store, "in", &[1.0; 5000]);
    let view = store.view_quietly("in").unwrap();
    view.verify().unwrap();
    let file = std::fs::OpenOptions::new().write(true).open(dir.path().join("data.mdb")).unwrap();
    // The last of the values.
    file.write_at(&[0xff], view.info().file_offset + view.info().size - 20).unwrap();
    assert_fails(view.verify(), ErrorKind::Corrupt, "in");
    assert_fails(
        calculate(&Echo::default(), &reference(&store, "in", Some("out"))),
        ErrorKind::Corrupt,
        "in",
    );
    assert!(!store.contains("out").unwrap());
}

#[test]
fn a_panic_of_a_calculator_is_an_error() {
    let given = MapInput(map([("values", Numbers::from(vec![1.0]).into()), ("panic", true.into())]));
    assert_fails(calculate(&Echo::default(), &given), ErrorKind::Panic, "told to");
}

#[test]
fn what_the_store_cannot_take_is_answered_directly() {
    let dir = scratch();
    let store = open(dir.path());
    let values = vec![1.0; MAP_SIZE as usize / 8 * 3 / 4];
    let given = MapInput(map([
        ("values", Numbers::from(values).into()),
        (wire::OUTPUT_KEY, "out".into()),
        (wire::DB_PATH, store.path().unwrap().into()),
    ]));
    store.put("filler", &vec![0; MAP_SIZE as usize / 2], &PutOptions::default()).unwrap();
    let answer = calculate(&Echo::default(), &given).unwrap();
    assert!(!answer.written && answer.refusal.unwrap().contains("MDB_MAP_FULL"));
    assert_eq!(numbers(&answer.result, "values").len(), MAP_SIZE as usize / 8 * 3 / 4);
}

#[test]
fn lists_come_back_as_lists_and_matrices_in_c_order() {
    let dir = scratch();
    let store = open(dir.path());
    let reference = Reference::parse(&format!(
        r#"{{"_lmdb_output_key": "out", "_lmdb_db_path": "{}"}}"#,
        store.path().unwrap()
    ));
    let reference = reference.unwrap();
    let by_columns =
        Numbers::shared(vec![1.0, 2.0, 3.0, 4.0, 5.0, 6.0], vec![2, 3]).unwrap().in_fortran_order();
    let short = Numbers::shared(vec![1.0, 2.0, 3.0, 4.0], vec![2, 2]).unwrap().as_list().unwrap();
    let long = Numbers::from(vec![0.5; 1000]).as_list().unwrap();
    let empty = Numbers::shared(vec![], vec![0, 3]).unwrap().as_list().unwrap();
    let result = map([
        ("matrix", by_columns.into()),
        ("short", short.into()),
        ("long", long.into()),
        ("scalar", Numbers::shared(vec![9.0], vec![]).unwrap().as_list().unwrap().into()),
        ("empty", empty.into()),
    ]);
    dishtayantra::calculator::put_output(&reference, &result).unwrap();
    let input = ViewInput::new(store.view("out").unwrap()).unwrap();
    let matrix = input.numbers("matrix").unwrap();
    assert_eq!((matrix.slice(), matrix.shape()), (&[1.0, 3.0, 5.0, 2.0, 4.0, 6.0][..], &[2, 3][..]));
    assert!(!matrix.is_list() && input.numbers("long").unwrap().is_list());
    let short = input.numbers("short").unwrap();
    assert_eq!((short.slice(), short.shape()), (&[1.0, 2.0, 3.0, 4.0][..], &[2, 2][..]));
    assert_eq!(input.find_number("scalar").unwrap(), Some(9.0));
    assert!(input.numbers("empty").unwrap().is_empty());
}

#[test]
fn nested_lists_are_matrices_and_ragged_ones_are_named() {
    let dir = scratch();
    let store = open(dir.path());
    let put = |rows: &[&[f64]]| {
        let mut writer = Writer::new().unwrap();
        writer.array(rows.len()).unwrap();
        for row in rows {
            writer.doubles(row).unwrap();
        }
        writer.put(&store, "rows", &PutOptions::default()).unwrap();
        ViewInput::new(store.view("rows").unwrap()).unwrap()
    };
    let matrix = put(&[&[1.0, 2.0], &[3.0, 4.0], &[5.0, 6.0]]);
    assert_eq!(matrix.numbers("values").unwrap().shape(), [3, 2]);
    assert_fails(
        put(&[&[1.0, 2.0], &[3.0]]).numbers("values"),
        ErrorKind::InvalidArgument,
        "equal lengths in each level",
    );
    // A row that is a segment, and a number that is one.
    let row = [7_i16, 8];
    let mut writer = Writer::new().unwrap();
    writer.array(2).unwrap().segment(&Segment::new(&row)).unwrap().array(2).unwrap();
    writer.segment(&Segment::shaped(&row[..1], &[]).unwrap().as_scalar()).unwrap().double(9.0).unwrap();
    writer.put(&store, "rows", &PutOptions::default()).unwrap();
    let mixed = ViewInput::new(store.view("rows").unwrap()).unwrap();
    assert_eq!(mixed.numbers("values").unwrap().slice(), [7.0, 8.0, 7.0, 9.0]);
    // Bools are numbers, and a number is an array without dimensions.
    let mut writer = Writer::new().unwrap();
    writer
        .map(2)
        .unwrap()
        .string("values")
        .unwrap()
        .array(2)
        .unwrap()
        .bool(true)
        .unwrap()
        .double(2.5)
        .unwrap();
    writer.string("one").unwrap().int64(-3).unwrap();
    writer.put(&store, "rows", &PutOptions::default()).unwrap();
    let input = ViewInput::new(store.view("rows").unwrap()).unwrap();
    assert_eq!(input.numbers("values").unwrap().slice(), [1.0, 2.5]);
    let one = input.numbers("one").unwrap();
    assert_eq!((one.slice(), one.shape(), one.is_list()), (&[-3.0][..], &[][..], true));
}

#[test]
fn what_must_be_there_is_read_by_its_kind() {
    let dir = scratch();
    let store = open(dir.path());
    let mut writer = Writer::new().unwrap();
    writer
        .map(6)
        .unwrap()
        .string("n")
        .unwrap()
        .int64(3)
        .unwrap()
        .string("side")
        .unwrap()
        .string("buy")
        .unwrap();
    writer.string("open").unwrap().bool(true).unwrap().string("none").unwrap().nil().unwrap();
    writer.string("tags").unwrap().array(2).unwrap().string("a").unwrap().string("b").unwrap();
    writer.string("mixed").unwrap().array(2).unwrap().string("a").unwrap().double(1.0).unwrap();
    writer.put(&store, "in", &PutOptions::default()).unwrap();
    let stored = ViewInput::new(store.view("in").unwrap()).unwrap();
    let own = map([("n", 3.into()), ("side", "buy".into()), ("open", true.into()), ("none", Value::Nil)]);
    for input in [&stored as &dyn Input, &MapInput(own)] {
        assert_eq!(input.number("n").unwrap(), 3.0);
        assert_eq!(input.text("side").unwrap(), "buy");
        assert!(input.flag("open").unwrap());
        assert_eq!(input.texts("side").unwrap(), ["buy"]);
        assert!(input.find_texts("none").unwrap().is_none());
        assert_fails(input.number("none"), ErrorKind::InvalidArgument, "no 'none'");
        assert_fails(input.text("none"), ErrorKind::InvalidArgument, "no 'none'");
        assert_fails(input.flag("none"), ErrorKind::InvalidArgument, "no 'none'");
        assert_fails(input.texts("none"), ErrorKind::InvalidArgument, "no 'none'");
        assert_fails(input.texts("n"), ErrorKind::InvalidArgument, "'n'");
    }
    assert_eq!(stored.texts("tags").unwrap(), ["a", "b"]);
    assert_fails(stored.texts("mixed"), ErrorKind::InvalidArgument, "'mixed'");
}

#[test]
fn vectors_of_a_result_are_arrays() {
    let result = map([("a", vec![1.0, 2.0].into())]);
    assert_eq!((numbers(&result, "a").slice(), numbers(&result, "a").is_list()), (&[1.0, 2.0][..], false));
}

#[test]
fn a_reference_holds_its_fields() {
    let mut reference = Reference::new().unwrap();
    assert!(!reference.has_output().unwrap());
    reference.set(wire::OUTPUT_KEY, "out").unwrap();
    reference.set("something else", "ignored").unwrap();
    assert_eq!(reference.get(wire::OUTPUT_KEY).unwrap(), Some("out"));
    assert_eq!(reference.get(wire::TXN_ID).unwrap(), None);
    let json: serde_json::Value = serde_json::from_str(&reference.json().unwrap()).unwrap();
    assert_eq!(json[wire::OUTPUT_KEY], "out");
    assert_fails(reference.set(wire::REF, "perhaps"), ErrorKind::Corrupt, "perhaps");
    assert_fails(Reference::parse("[]"), ErrorKind::Corrupt, "object");
    assert_fails(reference.store(), ErrorKind::Corrupt, "_lmdb_db_path");
}

#[test]
fn a_direct_answer_is_settled_and_an_output_put_by_hand() {
    let dir = scratch();
    let store = open(dir.path());
    put_values(&store, "in", &[1.0]);
    let (reference, stands) = reference_of(&reference(&store, "in", Some("out"))).unwrap().unwrap();
    assert!(stands);
    assert_eq!(reference.view_input().unwrap().key(), b"in");
    reference.settle_direct().unwrap();
    reference.put_output(&[b"12", b"34"], &PutOptions::of(Format::Raw)).unwrap();
    assert_eq!(reference.store().unwrap().get("out").unwrap().unwrap(), b"1234");
}

#[test]
fn numbers_are_so_many_empty_lists_at_most() {
    let most = 1 << 20;
    for shape in [vec![0, most * most], vec![most, 0], vec![1024, 1024, 0, most], vec![2, 0]] {
        assert!(Numbers::shared(vec![], shape).unwrap().as_list().unwrap().is_list());
    }
    for shape in [vec![most + 1, 0], vec![most * most, 0], vec![most, 2, 0], vec![1, most * most, 0]] {
        let error = Numbers::shared(vec![], shape).unwrap().as_list().unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidArgument);
        assert!(error.message().contains("empty lists"), "{error}");
    }
}
