//! What `{:?}` shows: a few facts, no addresses, and no payload at length.

mod common;

use common::{open, scratch};
use dishtayantra::calculator::{Answer, MapInput, Memory, Output, Room, Value, ViewInput, map};
use dishtayantra::{
    Array, Document, Dtype, Error, ErrorKind, Format, Key, Numbers, OpenOptions, PutOptions, Reference,
    References, Segment, Watch, Writer, npy_header, versions,
};
use std::fmt::Debug;
use std::time::Duration;

const MANY: usize = 10_000;

/// What is shown, in one line; no address is.
#[track_caller]
fn shown(value: &dyn Debug) -> String {
    let shown = format!("{value:?}");
    assert!(!shown.contains("0x") && !shown.contains("Functions"), "{shown}");
    assert!(shown.len() < 400, "{} bytes: {shown}", shown.len());
    shown
}

#[test]
fn stores_and_what_comes_of_them() {
    let dir = scratch();
    let store = open(dir.path());
    let path = dir.path().display();
    assert_eq!(shown(&store), format!("Store {{ path: \"{path}\" }}"));
    assert_eq!(shown(&store.loan(5000).unwrap()), "Loan { size: 5000 }");
    assert_eq!(shown(&Watch::new().unwrap()), "Watch { .. }");
    let wait = store.wait_any_async(["a", "b"]).unwrap();
    assert_eq!(shown(&wait), "Wait { keys: 2, found: None }");
    let info = store.put("k", &[7; MANY], &PutOptions { source: "s", ..PutOptions::default() }).unwrap();
    assert!(shown(&info).starts_with(&format!("Info {{ entry_id: {}, size: 10000, ", info.entry_id)));
    let view = store.view("k").unwrap();
    let id = info.entry_id;
    assert_eq!(shown(&view), format!("View {{ key: \"k\", size: 10000, format: Raw, entry_id: {id}, .. }}"));
    store.put(&[0xff, b'k'], b"", &PutOptions::default()).unwrap();
    assert!(shown(&store.view(&[0xff, b'k']).unwrap()).starts_with("View { key: b\"\\xffk\", size: 0, "));
    assert!(shown(&ViewInput::new(view).unwrap()).starts_with("ViewInput { view: View { key: \"k\", "));
}

#[test]
fn documents_and_their_values() {
    let many = vec![0.5; MANY];
    let mut writer = Writer::new().unwrap();
    assert_eq!(shown(&writer), "Writer { finished_size: None }");
    writer.map(9).unwrap();
    writer.string("nil").unwrap().nil().unwrap();
    writer.string("bool").unwrap().bool(true).unwrap();
    writer.string("int").unwrap().int64(-7).unwrap();
    writer.string("large").unwrap().uint64(u64::MAX).unwrap();
    writer.string("float").unwrap().double(1.5).unwrap();
    writer.string("text").unwrap().string(&"ü".repeat(MANY)).unwrap();
    writer.string("bytes").unwrap().bytes(&[1; MANY]).unwrap();
    writer.string("array").unwrap().doubles(&[1.0, 2.0]).unwrap();
    writer.string("segment").unwrap().segment(&Segment::new(&many)).unwrap();
    let data = writer.data().unwrap();
    assert_eq!(shown(&writer), format!("Writer {{ finished_size: Some({}) }}", data.len()));
    let document = Document::of_bytes(data).unwrap();
    assert_eq!(shown(&document), "Document(Map(9))");
    assert_eq!(shown(&document.root().items().unwrap()), "Items { left: 9 }");
    for (key, expected) in [
        ("nil", "Nil"),
        ("bool", "Bool(true)"),
        ("int", "Int(-7)"),
        ("large", "Int(18446744073709551615)"),
        ("float", "Float(1.5)"),
        ("text", &format!("String(\"{}\"..)", "ü".repeat(60))),
        ("bytes", "Bytes(10000)"),
        ("array", "Array(2)"),
        ("segment", "Segment(Segment { dtype: Float64, shape: [10000], is_list: false, .. })"),
    ] {
        assert_eq!(shown(&document.find(key).unwrap()), expected);
    }
    let damaged = [0x82, 0xa1, b'a'];
    assert_eq!(shown(&Document::of_bytes(&damaged).unwrap()), "Document(Node(Corrupt))");
    assert_eq!(shown(&document.root().items().unwrap().next().unwrap().unwrap().value), "Nil");
}

#[test]
fn references_and_keys() {
    let mut reference = Reference::new().unwrap();
    reference.set("_lmdb_input_key", "in").unwrap();
    let text = shown(&reference);
    assert!(text.starts_with("Reference({") && text.contains("\"_lmdb_input_key\":\"in\""), "{text}");
    let references = References { inputs: vec![reference], output: None };
    assert!(shown(&references).starts_with("References { inputs: [Reference({"), "{references:?}");
    for (key, expected) in [
        (Key::new("k"), "Key { key: \"k\" }"),
        (Key::new("k").in_db("d"), "Key { key: \"k\", db: \"d\" }"),
        (Key::new(&[0, 0x80]), "Key { key: b\"\\x00\\x80\" }"),
    ] {
        assert_eq!(shown(&key), expected);
    }
}

#[test]
fn arrays_and_what_calculators_have() {
    let many = vec![0.5; MANY];
    let numbers = Numbers::from(many.clone());
    let few = "slice: [0.5, 0.5, 0.5, 0.5, 0.5, 0.5, ..]";
    let expected = format!("Numbers {{ shape: [10000], fortran_order: false, is_list: false, {few} }}");
    assert_eq!(shown(&numbers), expected);
    assert_eq!(shown(&Value::from(numbers.clone())), format!("Numbers({expected})"));
    assert_eq!(shown(&MapInput(map([("a", 1_i64.into())]))), "MapInput([(\"a\", Int(1))])");
    let mut memory = Memory::default();
    let room = Room { name: "v", shape: &[100, 100], is_list: false };
    memory.arrays(&[room], map([("n", 3_i64.into())])).unwrap();
    assert_eq!(shown(&memory), "{\"v\": [100, 100], \"n\": Int(3)}");
    assert_eq!(shown(&Answer::default()), "Answer { written: false, result: [], refusal: None }");
    let mut image = npy_header::<f64>(&[MANY as u64], false).unwrap();
    image.extend(bytemuck::cast_slice(&many));
    let array = Array::of(&image).unwrap();
    assert_eq!(shown(&array), "Array { descr: \"<f8\", shape: [10000], fortran_order: false, .. }");
}

#[test]
fn plain_ones() {
    let error = Error::new(ErrorKind::NotFound, "no entry");
    assert_eq!(shown(&error), "NotFound: no entry");
    for value in [&Format::Arrow as &dyn Debug, &Dtype::Int8, &OpenOptions::default(), &versions().unwrap()] {
        shown(value);
    }
    let options = PutOptions { ttl: Some(Duration::from_secs(3)), ..PutOptions::of(Format::Json) };
    assert!(shown(&options).contains("ttl: Some(3s)"));
}
