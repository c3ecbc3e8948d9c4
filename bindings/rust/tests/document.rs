//! Documents in place, and the golden ones of `tests/fixtures/documents`, read and reproduced.

mod common;

use common::{assert_fails, open, scratch};
use dishtayantra::{
    Columns, Complex, Document, Dtype, ErrorKind, Format, Half, Key, Node, Numbers, PutOptions, Result,
    Segment, Type, Unit, View, Writer,
};
use serde_json::{Map, Value, json};
use std::path::{Path, PathBuf};

fn golden() -> Vec<PathBuf> {
    files("documents", 8)
}

fn files(folder: &str, least: usize) -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/fixtures").join(folder);
    let files = std::fs::read_dir(folder).unwrap().map(|file| file.unwrap().path());
    let files: Vec<_> = files.filter(|file| file.extension().is_some_and(|end| end == "msgpack")).collect();
    assert!(files.len() >= least, "{files:?}");
    files
}

fn content(file: &Path) -> Value {
    serde_json::from_slice(&std::fs::read(file.with_extension("json")).unwrap()).unwrap()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn unhex(text: &Value) -> Vec<u8> {
    let text = text.as_str().unwrap();
    (0..text.len()).step_by(2).map(|at| u8::from_str_radix(&text[at..at + 2], 16).unwrap()).collect()
}

/// What a value holds, as the JSON beside the documents tells it.
fn told(node: Node<'_, '_>) -> Result<Value> {
    Ok(match node.kind()? {
        Type::Nil => Value::Null,
        Type::Bool => node.bool()?.into(),
        Type::Int => node.int64().map(Value::from).or_else(|_| node.uint64().map(Value::from))?,
        Type::Float => node.double()?.into(),
        Type::String => node.string()?.into(),
        Type::Bytes => json!({"$bytes": hex(node.bytes()?)}),
        Type::Array => node.items()?.map(|item| told(item?.value)).collect::<Result<Vec<_>>>()?.into(),
        Type::Map => {
            let pair = |item: dishtayantra::Item<'_, '_>| {
                Ok((item.key.expect("maps have keys").string()?.to_owned(), told(item.value)?))
            };
            node.items()?.map(|item| pair(item?)).collect::<Result<Map<_, _>>>()?.into()
        }
        Type::Segment => {
            let segment = node.segment()?;
            let (dtype, unit) = segment.dtype().codes();
            let flags = u32::from(segment.is_list()) + 2 * u32::from(segment.is_scalar());
            assert_eq!(node.count()?, segment.len());
            let data = hex(segment.bytes());
            json!({"$segment": {"dtype": dtype, "unit": unit, "flags": flags, "shape": segment.shape(), "data": data}})
        }
        other => format!("{other:?}").into(),
    })
}

#[test]
fn golden_documents_are_read_from_a_store_in_place() {
    let dir = scratch();
    let store = open(dir.path());
    // Exact values read as the plain ones beside them.
    for file in golden().into_iter().chain(files("exact", 3)) {
        let name = file.file_stem().unwrap().to_str().unwrap().to_owned();
        let payload = std::fs::read(&file).unwrap();
        store.put(&name, &payload, &PutOptions::of(Format::Msgpack)).unwrap();
        let view = store.view(&name).unwrap();
        let document = view.document().unwrap();
        document.validate().unwrap();
        assert_eq!(told(document.root()).unwrap(), content(&file), "{name}");
    }
}

/// Bytes that the segments of a document lie in while they are borrowed, in the order of the document.
fn segments(value: &Value, out: &mut Vec<Vec<u8>>) {
    match value {
        Value::Array(values) => values.iter().for_each(|value| segments(value, out)),
        Value::Object(pairs) => match pairs.get("$segment") {
            Some(segment) => out.push(unhex(&segment["data"])),
            None => pairs.values().for_each(|value| segments(value, out)),
        },
        _ => {}
    }
}

fn write<'a>(
    value: &Value,
    data: &mut impl Iterator<Item = &'a Vec<u8>>,
    writer: &mut Writer<'a>,
) -> Result<()> {
    match value {
        Value::Null => writer.nil()?,
        Value::Bool(value) => writer.bool(*value)?,
        Value::Number(number) => match (number.as_i64(), number.as_u64()) {
            (Some(value), _) => writer.int64(value)?,
            (_, Some(value)) => writer.uint64(value)?,
            _ => writer.double(number.as_f64().unwrap())?,
        },
        Value::String(text) => writer.string(text)?,
        Value::Array(values) => {
            writer.array(values.len())?;
            return values.iter().try_for_each(|value| write(value, data, writer));
        }
        Value::Object(pairs) => {
            if let Some(bytes) = pairs.get("$bytes") {
                writer.bytes(&unhex(bytes))?
            } else if let Some(segment) = pairs.get("$segment") {
                let number = |name: &str| u32::try_from(segment[name].as_u64().unwrap()).unwrap();
                let dtype = Dtype::of_codes(number("dtype"), number("unit"))?;
                let shape: Vec<u64> = segment["shape"]
                    .as_array()
                    .unwrap()
                    .iter()
                    .map(|length| length.as_u64().unwrap())
                    .collect();
                let lent = Segment::of_bytes(dtype, &shape, data.next().unwrap())?;
                writer.segment(&match number("flags") {
                    0 => lent,
                    1 => lent.as_list(),
                    _ => lent.as_scalar(),
                })?
            } else {
                writer.map(pairs.len())?;
                return pairs.iter().try_for_each(|(key, value)| {
                    writer.string(key)?;
                    write(value, data, writer)
                });
            }
        }
    };
    Ok(())
}

#[test]
fn golden_documents_are_written_byte_for_byte() {
    let dir = scratch();
    let store = open(dir.path());
    for file in golden() {
        let (payload, content) = (std::fs::read(&file).unwrap(), content(&file));
        let mut data = Vec::new();
        segments(&content, &mut data);
        let mut writer = Writer::new().unwrap();
        write(&content, &mut data.iter(), &mut writer).unwrap();
        assert!(writer.parts().unwrap().concat() == payload, "{}", file.display());
        assert!(writer.data().unwrap() == payload, "{}", file.display());
        writer.put(&store, "key", &PutOptions::default()).unwrap();
        assert!(store.get("key").unwrap().unwrap() == payload, "{}", file.display());
    }
}

#[test]
fn golden_tables_are_read_as_the_plain_values_and_written_again() {
    let dir = scratch();
    let store = open(dir.path());
    for file in files("tables", 8) {
        let name = file.file_stem().unwrap().to_str().unwrap().to_owned();
        let payload = std::fs::read(&file).unwrap();
        store.put(&name, &payload, &PutOptions::of(Format::Msgpack)).unwrap();
        let view = store.view(&name).unwrap();
        let document = view.document().unwrap();
        document.validate().unwrap();
        let root = document.root();
        assert_eq!(told(root).unwrap(), content(&file)["plain"], "{name}");

        let mut writer = Writer::new().unwrap();
        if name == "root" {
            writer.table(Columns::of(root.table().unwrap()).unwrap()).unwrap();
        } else {
            writer.map(3).unwrap().string("before").unwrap();
            writer.string(root.get("before").unwrap().string().unwrap()).unwrap();
            let table = root.get("table").unwrap().table().unwrap();
            writer.string("table").unwrap().table(Columns::of(table).unwrap()).unwrap();
            writer.string("after").unwrap().int64(1).unwrap();
        }
        assert!(writer.data().unwrap() == payload, "{name}");
    }
}

fn put_columns(store: &dishtayantra::Store, values: &[f64], ids: &[i32]) {
    let mut writer = Writer::new().unwrap();
    writer.map(3).unwrap();
    writer.string("values").unwrap().segment(&Segment::new(values)).unwrap();
    writer.string("meta").unwrap().map(2).unwrap();
    writer
        .string("ids")
        .unwrap()
        .segment(&Segment::shaped(ids, &[2, ids.len() as u64 / 2]).unwrap())
        .unwrap();
    writer.string("names").unwrap().array(2).unwrap().string("a").unwrap().string("b").unwrap();
    writer.string("row").unwrap().doubles(&[1.5, -2.0]).unwrap();
    writer.put(store, Key::new("columns").in_db("documents"), &PutOptions::default()).unwrap();
}

fn in_place(view: &View, data: *const u8) -> bool {
    view.bytes().as_ptr_range().contains(&data)
}

#[test]
fn segments_and_texts_are_used_where_they_lie_and_outlive_the_document() {
    let dir = scratch();
    let store = open(dir.path());
    let values: Vec<f64> = (0..10_000).map(f64::from).collect();
    put_columns(&store, &values, &[1, 2, 3, 4, 5, 6]);
    let view = store.view(Key::new("columns").in_db("documents")).unwrap();
    let (found, ids, name) = {
        let document = view.document().unwrap();
        let ids = document.find("meta.ids").unwrap().segment().unwrap();
        assert_eq!((ids.dtype(), ids.shape(), ids.len()), (Dtype::Int32, &[2, 3][..], 6));
        let found: &[f64] = document.root().get("values").unwrap().slice().unwrap();
        (found, ids, document.find("meta.names.1").unwrap().string().unwrap())
    };
    assert_eq!(found, values);
    assert_eq!(found.as_ptr() as usize % 64, 0);
    assert!(in_place(&view, found.as_ptr().cast()) && in_place(&view, ids.bytes().as_ptr()));
    assert_eq!(ids.slice::<i32>().unwrap(), [1, 2, 3, 4, 5, 6]);
    assert!(name == "b" && in_place(&view, name.as_ptr()));
}

#[test]
fn wrong_questions_are_answered_with_what_is_there() {
    let dir = scratch();
    let store = open(dir.path());
    put_columns(&store, &[1.0, 2.0], &[1, 2]);
    let view = store.view(Key::new("columns").in_db("documents")).unwrap();
    let document = view.document().unwrap();
    let root = document.root();
    assert_eq!((root.kind().unwrap(), root.count().unwrap()), (Type::Map, 3));
    assert_fails(root.get("nothing"), ErrorKind::NotFound, "nothing");
    assert!(root.try_get("nothing").unwrap().is_none());
    assert_fails(root.at(0), ErrorKind::InvalidArgument, "map");
    assert_fails(document.find("meta.names.7"), ErrorKind::NotFound, "7");
    assert_fails(root.int64(), ErrorKind::InvalidArgument, "map");
    let values = root.get("values").unwrap();
    assert_fails(values.slice::<f32>(), ErrorKind::InvalidArgument, "holds float64, not float32");
    assert_eq!(values.numbers().unwrap(), [1.0, 2.0]);
    assert_eq!(root.get("row").unwrap().numbers().unwrap(), [1.5, -2.0]);
    assert_fails(root.get("meta").unwrap().numbers(), ErrorKind::InvalidArgument, "map");
    assert_eq!(root.get("row").unwrap().at(1).unwrap().double().unwrap(), -2.0);
}

#[test]
fn halves_and_complex_numbers_are_used_in_place() {
    let dir = scratch();
    let store = open(dir.path());
    let halves = [Half(0x3e00), Half(0xc000)];
    let singles = [Complex { re: 1.5_f32, im: -2.0 }, Complex { re: 0.0, im: 0.25 }];
    let doubles = [Complex { re: 1.5_f64, im: -2.0 }, Complex { re: 0.0, im: 0.25 }];
    let mut writer = Writer::new().unwrap();
    writer.map(3).unwrap();
    writer.string("h").unwrap();
    writer.segment(&Segment::new(&halves)).unwrap();
    writer.string("f").unwrap();
    writer.segment(&Segment::new(&singles)).unwrap();
    writer.string("d").unwrap();
    writer.segment(&Segment::shaped(&doubles, &[2, 1]).unwrap()).unwrap();
    writer.put(&store, "c", &PutOptions::default()).unwrap();
    let view = store.view("c").unwrap();
    let document = view.document().unwrap();
    let at = |key: &str| document.root().get(key).unwrap();
    assert_eq!(at("h").slice::<Half>().unwrap(), halves);
    assert_eq!(at("f").slice::<Complex<f32>>().unwrap(), singles);
    let found: &[Complex<f64>] = at("d").slice().unwrap();
    assert!(found == doubles && in_place(&view, found.as_ptr().cast()));
    assert_eq!(
        (at("d").segment().unwrap().dtype(), at("d").segment().unwrap().len()),
        (Dtype::Complex128, 2)
    );
    assert_eq!(Numbers::of_node(at("h")).unwrap().slice(), [1.5, -2.0]);
    assert_eq!(at("h").numbers().unwrap(), [1.5, -2.0]);
    assert_fails(
        Numbers::of_node(at("d")),
        ErrorKind::InvalidArgument,
        "complex128 with shape [2, 1], not a number",
    );
    assert_fails(at("f").slice::<f32>(), ErrorKind::InvalidArgument, "holds complex64, not float32");
}

#[test]
fn hostile_bytes_are_corrupt_at_a_position() {
    for bytes in
        [&b""[..], b"\xc1", b"\x92\x01", b"\xdb\xff\xff\xff\xff", b"\xa1\xff", b"\x01\x01", &[0x91; 5000]]
    {
        let document = Document::of_bytes(bytes).unwrap();
        assert_fails(document.validate(), ErrorKind::Corrupt, "byte");
    }
    // Iterating over it ends with the error, not never.
    let document = Document::of_bytes(b"\x93\x01\xc1\x01").unwrap();
    let steps: Vec<_> = document.root().items().unwrap().collect();
    assert_eq!(steps.len(), 2);
    assert_eq!(steps[1].as_ref().unwrap_err().kind(), ErrorKind::Corrupt);
}

#[test]
fn every_cut_and_every_changed_byte_of_the_golden_documents_is_survived() {
    for file in golden() {
        let payload = std::fs::read(&file).unwrap();
        // Every second byte of the long ones, so that the test stays short.
        let step = 1 + payload.len() / 1000;
        for at in (0..payload.len()).step_by(step) {
            let cut = Document::of_bytes(&payload[..at]).unwrap();
            assert!(cut.validate().is_err(), "{} cut at {at}", file.display());
            let _ = told(cut.root());
            let mut changed = payload.clone();
            changed[at] ^= 0x55;
            let _ = told(Document::of_bytes(&changed).unwrap().root());
        }
    }
}

#[test]
fn a_writer_refuses_what_does_not_fit() {
    let mut writer = Writer::new().unwrap();
    assert_fails(writer.data().map(<[u8]>::len), ErrorKind::InvalidArgument, "");
    writer.map(1).unwrap().string("key").unwrap();
    assert_fails(writer.data().map(<[u8]>::len), ErrorKind::InvalidArgument, "");
    writer.nil().unwrap();
    assert_fails(writer.nil().map(drop), ErrorKind::InvalidArgument, "");
    writer.reset().unwrap().int64s(&[-1, 300]).unwrap();
    assert_eq!(writer.data().unwrap(), b"\x92\xff\xcd\x01\x2c");
    writer.reset().unwrap().bool(true).unwrap();
    assert_eq!(writer.data().unwrap(), b"\xc3");
}

#[test]
fn segments_have_the_shape_their_items_have() {
    let items = [1_i64, 2, 3, 4, 5, 6];
    for shape in [&[6][..], &[2, 3], &[1, 6, 1]] {
        assert_eq!(Segment::shaped(&items, shape).unwrap().shape(), shape);
    }
    assert_fails(Segment::shaped(&items, &[7]), ErrorKind::InvalidArgument, "[7]");
    assert_fails(Segment::shaped(&items, &[u64::MAX, 2]), ErrorKind::InvalidArgument, "shape");
    assert_fails(Segment::shaped(&items[..1], &[1; 33]), ErrorKind::InvalidArgument, "33");
    assert_fails(Dtype::of_codes(7, 0), ErrorKind::InvalidArgument, "7");
    let times = Segment::of_bytes(Dtype::Datetime64(Unit::Second), &[2], &[0; 16]).unwrap();
    assert_eq!(times.dtype().codes(), (77, 7));
    let mut writer = Writer::new().unwrap();
    assert_fails(writer.segment(&Segment::new(&items).as_scalar()).map(drop), ErrorKind::InvalidArgument, "");
}

#[test]
fn what_is_empty_is_a_slice_of_any_type() {
    let dir = scratch();
    let store = open(dir.path());
    store.put("raw", b"", &PutOptions::of(Format::Raw)).unwrap();
    assert_eq!(store.view("raw").unwrap().slice::<f64>().unwrap(), &[] as &[f64]);
    let mut writer = Writer::new().unwrap();
    writer.map(1).unwrap().string("a").unwrap().segment(&Segment::new(&[] as &[f64])).unwrap();
    writer.put(&store, "document", &PutOptions::default()).unwrap();
    let view = store.view("document").unwrap();
    let document = view.document().unwrap();
    assert_eq!(document.root().get("a").unwrap().slice::<f64>().unwrap(), &[] as &[f64]);
}
