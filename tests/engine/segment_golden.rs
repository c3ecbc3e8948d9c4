//! Segments against documents that another program wrote: `tests/fixtures/make_documents.py`.

use crate::common::tree::{Array, Tree, bytes_of, read};
use dishtayantra_lmdb::document::{Document, Dtype, validate};
use serde_json::Value;
use std::path::PathBuf;

/// Name, payload and content of every golden document.
fn documents() -> Vec<(String, Vec<u8>, Tree)> {
    let found = documents_of("documents");
    assert!(found.len() >= 8, "{} documents", found.len());
    found
}

fn documents_of(folder: &str) -> Vec<(String, Vec<u8>, Tree)> {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures").join(folder);
    let mut found = Vec::new();
    for file in std::fs::read_dir(folder).unwrap().map(|file| file.unwrap().path()) {
        if file.extension().is_some_and(|end| end == "msgpack") {
            let name = file.file_stem().unwrap().to_str().unwrap().to_owned();
            let content = std::fs::read(file.with_extension("json")).unwrap();
            let content = serde_json::from_slice(&content).unwrap();
            found.push((name, std::fs::read(&file).unwrap(), tree(&content)));
        }
    }
    found
}

pub fn unhex(text: &Value) -> Vec<u8> {
    let text = text.as_str().unwrap();
    (0..text.len()).step_by(2).map(|at| u8::from_str_radix(&text[at..at + 2], 16).unwrap()).collect()
}

/// The tree that the JSON beside a document tells.
pub fn tree(value: &Value) -> Tree {
    match value {
        Value::Null => Tree::Nil,
        Value::Bool(value) => Tree::Bool(*value),
        Value::Number(number) => match (number.as_i64(), number.as_u64()) {
            (Some(value), _) => Tree::Int(value),
            (_, Some(value)) => Tree::Uint(value),
            _ => Tree::Float(number.as_f64().unwrap().to_bits()),
        },
        Value::String(text) => Tree::Text(text.clone()),
        Value::Array(values) => Tree::Array(values.iter().map(tree).collect()),
        Value::Object(pairs) => match pairs.iter().next() {
            Some((key, bytes)) if key == "$bytes" => Tree::Bytes(unhex(bytes)),
            Some((key, segment)) if key == "$segment" => {
                let number = |field: &str| u32::try_from(segment[field].as_u64().unwrap()).unwrap();
                let shape = segment["shape"].as_array().unwrap();
                Tree::Segment(Array {
                    dtype: Dtype::from_codes(number("dtype"), number("unit")).unwrap(),
                    shape: shape.iter().map(|dim| dim.as_u64().unwrap()).collect(),
                    flags: number("flags"),
                    data: unhex(&segment["data"]),
                })
            }
            _ => Tree::Map(pairs.iter().map(|(key, value)| (key.clone(), tree(value))).collect()),
        },
    }
}

#[test]
fn golden_documents_are_read() {
    for (name, payload, content) in documents() {
        validate(&payload).unwrap_or_else(|error| panic!("{name}: {error}"));
        assert_eq!(read(&Document::new(&payload), Document::ROOT).unwrap(), content, "{name}");
    }
}

#[test]
fn exact_values_are_read_as_the_plain_ones() {
    let found = documents_of("exact");
    assert_eq!(found.len(), 3);
    for (name, payload, content) in found {
        validate(&payload).unwrap_or_else(|error| panic!("{name}: {error}"));
        assert_eq!(read(&Document::new(&payload), Document::ROOT).unwrap(), content, "{name}");
    }
}

#[test]
fn golden_documents_are_written_byte_for_byte() {
    for (name, payload, content) in documents() {
        assert!(bytes_of(&content) == payload, "{name}");
    }
}

#[test]
fn numbers_of_golden_segments_are_converted() {
    let numbers = |name: &str, path: &str| {
        let (_, payload, _) = documents().into_iter().find(|(found, ..)| found == name).unwrap();
        let document = Document::new(&payload);
        let node = document.find(Document::ROOT, path).unwrap();
        let mut values = vec![9.0; document.count(node).unwrap()];
        assert_eq!(document.numbers_into(node, &mut values).unwrap(), values.len());
        values
    };
    assert_eq!(numbers("columns", "values"), [1.0, -2.5, 1e300, 0.1]);
    assert_eq!(numbers("columns", "meta.ids"), [7.0, -7.0, 2_147_483_647.0]);
    assert_eq!(numbers("columns", "meta.deep.0.0"), [0.5, -0.25]);
    let integers = [("int8", i8::MIN as f64, i8::MAX as f64), ("int16", -32_768.0, 32_767.0)]
        .into_iter()
        .chain([("int32", -2_147_483_648.0, 2_147_483_647.0), ("uint8", 0.0, 255.0)])
        .chain([("uint16", 0.0, 65_535.0), ("uint32", 0.0, 4_294_967_295.0)])
        .chain([("int64", i64::MIN as f64, i64::MAX as f64), ("uint64", 0.0, u64::MAX as f64)]);
    for (dtype, low, high) in integers {
        let values = numbers("dtypes", dtype);
        assert_eq!((values[0], values[1], *values.last().unwrap()), (low, 0.0, high), "{dtype}");
    }
    let floats = numbers("dtypes", "float32");
    assert_eq!(floats[2..5], [1.5, f64::INFINITY, f64::NEG_INFINITY]);
    assert!(floats[1].is_sign_negative() && floats[5].is_nan());
    let halves = numbers("dtypes", "float16");
    assert_eq!(halves[2..5], [1.5, f64::INFINITY, f64::NEG_INFINITY]);
    assert!(halves[1].is_sign_negative() && halves[5].is_nan());
    assert_eq!(halves[6..], [2_f64.powi(-24), -65_504.0]);
    assert_eq!(numbers("lists", "halves")[39], 9.75);
    assert_eq!(numbers("shapes", "item"), [6.5]);
    assert!(numbers("shapes", "empty").is_empty());
    assert_eq!(numbers("shapes", "matrix"), [0.0, 1.0, 2.0, 3.0, 4.0, 5.0]);
    assert_eq!(numbers("lists", "rows"), [300.0, -300.0, 301.0, -301.0, 302.0, -302.0]);
}
