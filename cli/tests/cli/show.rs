//! What `show` makes of payloads of every format.

use std::sync::Arc;

use arrow_array::{ArrayRef, Float64Array, Int64Array, RecordBatch, StringArray, TimestampMillisecondArray};
use arrow_ipc::writer::StreamWriter;
use dishtayantra_lmdb::document::table::{Buffers, Field, Layout, Origin};
use dishtayantra_lmdb::document::{Dtype, Segment, Writer};
use dishtayantra_lmdb::format::{Format, npy};
use dishtayantra_lmdb::options::PutOptions;
use serde_json::json as value;

use crate::support::*;

fn table() -> Vec<u8> {
    let times = TimestampMillisecondArray::from(vec![0, 1, -1]).with_timezone("Europe/Berlin");
    let columns: [(&str, ArrayRef); 4] = [
        ("name", Arc::new(StringArray::from(vec![Some("Ann"), None, Some("Bob\x1b[2J")]))),
        ("price", Arc::new(Float64Array::from(vec![1.5, 2.5, -0.5]))),
        ("count", Arc::new(Int64Array::from(vec![1, 2, 3]))),
        ("at", Arc::new(times)),
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
            &[
                "table of 3 rows, 4 columns",
                "price",
                "Float64",
                "Ann",
                "null",
                "-0.5",
                "1970-01-01T00:00:00.001Z",
            ],
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
    assert_eq!(shown["head"][1][0], value!(null));
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

/// Values of each kind, three rows of them, the second of which is nil where there are bits.
fn columns() -> Vec<Field<'static>> {
    let field = |name, format, data: &[u8]| Field {
        name,
        format,
        length: 3,
        buffers: Buffers { data: data.to_vec().leak(), ..Buffers::default() },
        ..Field::default()
    };
    let with_nil = |field: Field<'static>| {
        let buffers = Buffers { validity: &[0b101], ..field.buffers };
        Field { nulls: 1, flags: 2, buffers, ..field }
    };
    let longs = |values: [i64; 3]| values.iter().flat_map(|value| value.to_le_bytes()).collect::<Vec<u8>>();
    let ints =
        |values: &[i32]| &*values.iter().flat_map(|value| value.to_le_bytes()).collect::<Vec<u8>>().leak();
    let texts = |field: Field<'static>, ends: &[i32]| Field {
        length: ends.len() as u64 - 1,
        buffers: Buffers { offsets: ints(ends), ..field.buffers },
        ..field
    };
    let floats: Vec<u8> = [1.5_f64, 2.5, -0.5].iter().flat_map(|value| value.to_le_bytes()).collect();
    let decimals: Vec<u8> = [12345_i128, 0, -1].iter().flat_map(|value| value.to_le_bytes()).collect();
    let symbols = texts(field("", "u", b"ABCxy\x1b[2J"), &[0, 3, 9]);
    let item = Field { length: 3, ..field("item", "g", &floats) };
    vec![
        field("px", "g", &floats),
        with_nil(field("qty", "l", &longs([7, 0, 9]))),
        Field { dictionary: Some(Box::new(symbols)), ..with_nil(field("sym", "i", ints(&[0, 0, 1]))) },
        field("at", "tsm:Europe/Berlin", &longs([1_700_000_000_123, 0, -1])),
        field("naive", "tss:", &longs([1_700_000_000, 0, -1])),
        field("day", "tdD", ints(&[19675, 0, -1])),
        field("clock", "ttm", ints(&[3_600_000, 0, 1])),
        field("span", "tDs", &longs([90, 0, -1])),
        field("cost", "d:9,2", &decimals),
        Field { children: vec![item], ..texts(field("list", "+l", &[]), &[0, 2, 2, 3]) },
        Field {
            children: vec![field("a", "b", &[0b101]), field("b", "c", &[1, 2, 255])],
            ..field("pair", "+s", &[])
        },
        Field { nulls: 3, ..field("none", "n", &[]) },
    ]
}

fn written(origin: Origin, columns: Vec<Field<'static>>) -> Vec<u8> {
    let rows = columns[0].length;
    let mut writer = Writer::new();
    writer.map(2).unwrap();
    writer.string("n").unwrap();
    writer.int64(1).unwrap();
    writer.string("trades").unwrap();
    writer.table(&Layout { origin, rows, metadata: &[], columns }).unwrap();
    writer.data().unwrap().to_vec()
}

#[test]
fn tables_of_documents_are_shown_as_people_read_them() {
    let (_dir, path, store) = store();
    let options = PutOptions { format: Format::Msgpack, ..PutOptions::default() };
    let expected = [
        ("px", "Float64", ["1.5", "2.5", "-0.5"]),
        ("qty", "Int64", ["7", "null", "9"]),
        ("sym", "Dictionary(Int32, Utf8)", ["ABC", "null", "xy\\u{1b}[2J"]),
        (
            "at",
            "Timestamp(ms, \"Europe/Berlin\")",
            ["2023-11-14T22:13:20.123Z", "1970-01-01T00:00:00Z", "1969-12-31T23:59:59.999Z"],
        ),
        ("naive", "Timestamp(s)", ["2023-11-14T22:13:20", "1970-01-01T00:00:00", "1969-12-31T23:59:59"]),
        ("day", "Date32", ["2023-11-14", "1970-01-01", "1969-12-31"]),
        ("clock", "Time32(ms)", ["01:00:00", "00:00:00", "00:00:00.001"]),
        ("span", "Duration(s)", ["PT90S", "P0D", "-PT1S"]),
        ("cost", "Decimal128(9, 2)", ["123.45", "0.00", "-0.01"]),
        ("list", "List(Float64)", ["[1.5, 2.5]", "[]", "[-0.5]"]),
        (
            "pair",
            "Struct(\"a\": Boolean, \"b\": Int8)",
            ["{a: true, b: 1}", "{a: false, b: 2}", "{a: true, b: -1}"],
        ),
        ("none", "Null", ["null", "null", "null"]),
    ];
    for origin in [Origin::Rows, Origin::Pandas] {
        store.put("default", b"table", &[&written(origin, columns())], &options).unwrap();
        let shown = json(&[&"show", &path, &"table"])["value"]["trades"].clone();
        assert_eq!(shown["rows"], 3);
        for (index, (name, kind, cells)) in expected.iter().enumerate() {
            assert_eq!(shown["columns"][index], value!({"name": name, "type": kind}));
            let cells = cells.map(|cell| if cell == "null" { value!(null) } else { value!(cell) });
            assert_eq!([0, 1, 2].map(|row| shown["head"][row][index].clone()), cells, "{name}");
        }
        let text = printed(&[&"show", &path, &"table", &"--limit=2"]);
        for part in
            ["trades:", "table of 3 rows, 12 columns", "Decimal128(9, 2)", "123.45", "null", "… 1 more"]
        {
            assert!(text.contains(part), "{part} in {text}");
        }
        assert!(!text.contains('\x1b'));
    }
    let texts = columns().remove(2).dictionary.unwrap();
    store.put("default", b"texts", &[&written(Origin::List, vec![*texts])], &options).unwrap();
    assert_eq!(json(&[&"show", &path, &"texts"])["value"]["trades"], value!(["ABC", "xy\u{1b}[2J"]));
    let times = columns().remove(3);
    store.put("default", b"times", &[&written(Origin::List, vec![times])], &options).unwrap();
    assert!(printed(&[&"show", &path, &"times"]).contains("2023-11-14T22:13:20.123Z"));
}

/// `check` looks at what is in tables, `show` says what is wrong.
#[test]
fn a_table_that_cannot_be_right_is_found() {
    let (_dir, path, store) = store();
    let options = PutOptions { format: Format::Msgpack, ..PutOptions::default() };
    let whole = written(Origin::Rows, columns());
    store.put("default", b"table", &[&whole], &options).unwrap();
    assert!(printed(&[&"check", &path]).starts_with("1 entry"));
    let text = whole.windows(3).position(|part| part == b"ABC").unwrap();
    let mut damaged = whole.clone();
    damaged[text] = 0xff;
    store.put("default", b"table", &[&damaged], &options).unwrap();
    let found = String::from_utf8(run(&[&"check", &path]).stderr).unwrap();
    assert!(found.contains("table") && found.contains("UTF-8"), "{found}");
    assert!(refused(&[&"show", &path, &"table"]).starts_with("error (CORRUPT): "));
}
