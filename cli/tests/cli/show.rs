//! What `show` makes of payloads of every format.

use std::sync::Arc;

use arrow_array::{ArrayRef, Float64Array, Int64Array, RecordBatch, StringArray};
use arrow_ipc::writer::StreamWriter;
use dishtayantra_lmdb::document::{Dtype, Segment, Writer};
use dishtayantra_lmdb::format::{Format, npy};
use dishtayantra_lmdb::options::PutOptions;
use serde_json::json as value;

use crate::support::*;

fn table() -> Vec<u8> {
    let columns: [(&str, ArrayRef); 3] = [
        ("name", Arc::new(StringArray::from(vec![Some("Ann"), None, Some("Bob\x1b[2J")]))),
        ("price", Arc::new(Float64Array::from(vec![1.5, 2.5, -0.5]))),
        ("count", Arc::new(Int64Array::from(vec![1, 2, 3]))),
    ];
    let batch = RecordBatch::try_from_iter(columns).unwrap();
    let mut bytes = Vec::new();
    let mut writer = StreamWriter::try_new(&mut bytes, &batch.schema()).unwrap();
    writer.write(&batch).unwrap();
    writer.finish().unwrap();
    bytes
}

fn document() -> Vec<u8> {
    let items: Vec<u8> = (0..1000).flat_map(|number| f64::from(number).to_le_bytes()).collect();
    let segment = Segment::new(Dtype::F64, &[10, 100], &items).unwrap();
    let mut writer = Writer::new();
    writer.map(5).unwrap();
    writer.string("prices").unwrap();
    writer.segment(&segment).unwrap();
    writer.string("who\x1b[2J").unwrap();
    writer.string("Ann").unwrap();
    writer.string("nested").unwrap();
    writer.map(1).unwrap();
    writer.string("flags").unwrap();
    writer.array(3).unwrap();
    writer.bool(true).unwrap();
    writer.nil().unwrap();
    writer.int64(-7).unwrap();
    writer.string("bytes").unwrap();
    writer.bytes(&[0xab; 100]).unwrap();
    writer.string("many").unwrap();
    writer.array(50).unwrap();
    (0..50).for_each(|number| writer.int64(number).unwrap());
    let mut bytes = vec![0; writer.size().unwrap()];
    writer.fill(&mut bytes).unwrap();
    bytes
}

fn array() -> Vec<u8> {
    let mut image = npy::header("<i4", &[2, 3], false, 0).unwrap();
    image.extend((1..=6).flat_map(|number: i32| number.to_le_bytes()));
    image
}

#[test]
fn every_format_is_shown_as_what_it_is() {
    let (_dir, path, store) = store();
    let payloads: [(&str, Format, Vec<u8>, &[&str]); 7] = [
        (
            "json",
            Format::Json,
            br#"{"a": [1, 2], "b": {"c": "x"}, "d": null}"#.to_vec(),
            &["a: [1, 2]", "c: \"x\"", "d: null"],
        ),
        (
            "document",
            Format::Msgpack,
            document(),
            &[
                "float64 array, 10 x 100, 7.81 KiB",
                "min 0, max 999, mean 499.5",
                "who\\u{1b}[2J: \"Ann\"",
                "flags: [true, null, -7]",
                "100 bytes: abab",
                "… 50 in all",
            ],
        ),
        ("array", Format::Numpy, array(), &["int32 array, 2 x 3, 24 B", "mean 3.5", "[1, 2, 3, 4, 5, 6]"]),
        (
            "table",
            Format::Arrow,
            table(),
            &["table of 3 rows, 3 columns", "price", "Float64", "Ann", "null", "-0.5"],
        ),
        ("text", Format::Raw, b"some text\x1b[2J\n".to_vec(), &["some text\\u{1b}[2J"]),
        ("bytes", Format::Raw, vec![0xff; 300], &["300 bytes: ffff"]),
        ("empty", Format::Raw, Vec::new(), &["\"\""]),
    ];
    for (key, format, payload, parts) in payloads {
        let options = PutOptions { format, source: "Node", tracked: true, ..PutOptions::default() };
        store.put("default", key.as_bytes(), &[&payload], &options).unwrap();
        let text = printed(&[&"show", &path, &key]);
        for part in parts.iter().chain(&[key, "database default", "from Node", "lives 5m"]) {
            assert!(text.contains(part), "{part} in {text}");
        }
        assert!(!text.contains('\x1b'));
        assert_eq!(json(&[&"show", &path, &key])["size"], payload.len());
        assert!(!store.track("default", key.as_bytes()).unwrap().is_some_and(|track| track.opened));
    }
    let shown = json(&[&"show", &path, &"document"])["value"].clone();
    assert_eq!(shown["prices"]["shape"], value!([10, 100]));
    assert_eq!(shown["prices"]["statistics"]["sum"], 499_500.0);
    assert_eq!(shown["nested"], value!({"flags": [true, null, -7]}));
    assert_eq!(shown["many"]["count"], 50);
    let shown = json(&[&"show", &path, &"table", &"--limit=2"])["value"].clone();
    assert_eq!((&shown["rows"], shown["head"].as_array().unwrap().len()), (&3.into(), 2));
    assert!(printed(&[&"show", &path, &"table", &"--limit=1"]).contains("… 2 more"));
}

#[test]
fn a_payload_that_is_not_what_its_format_says_is_refused() {
    let (_dir, path, store) = store();
    let whole = [(Format::Msgpack, document()), (Format::Numpy, array()), (Format::Arrow, table())];
    let mut cases = vec![(Format::Json, b"{\"a\": ".to_vec()), (Format::Arrow, b"no table".to_vec())];
    for (format, payload) in whole {
        cases.push((format, payload[..payload.len() / 2].to_vec()));
    }
    for (format, payload) in cases {
        let options = PutOptions { format, ..PutOptions::default() };
        store.put("default", b"key", &[&payload], &options).unwrap();
        let message = refused(&[&"show", &path, &"key"]);
        assert!(message.starts_with("error (CORRUPT): ") && message.contains("key"), "{message}");
    }
    assert!(refused(&[&"show", &path, &"none"]).contains("no live entry"));
}

#[test]
fn a_deep_document_is_shown_as_far_as_anybody_reads() {
    let (_dir, path, store) = store();
    let deep = [vec![0x91; 500], vec![0xc0]].concat();
    let options = PutOptions { format: Format::Msgpack, ..PutOptions::default() };
    store.put("default", b"deep", &[&deep], &options).unwrap();
    assert!(printed(&[&"show", &path, &"deep"]).contains("values"));
    let deep = ["[".repeat(100), "]".repeat(100)].concat();
    let options = PutOptions { format: Format::Json, ..PutOptions::default() };
    store.put("default", b"deep", &[deep.as_bytes()], &options).unwrap();
    assert!(printed(&[&"show", &path, &"deep"]).contains("values"));
}
