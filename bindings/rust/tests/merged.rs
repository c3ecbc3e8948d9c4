//! Inputs that engines merged, references inside payloads, and inputs that Rust does not read.

mod common;

use common::{assert_fails, open, scratch};
use dishtayantra::calculator::{
    Calculator, Input, Map, MapInput, Value, ViewInput, calculate, map, references_of, resolved,
};
use dishtayantra::{
    ErrorKind, Format, PutOptions, Reference, References, Result, Segment, Store, View, Writer, wire,
};
use std::os::unix::fs::FileExt;

/// The sum of the values.
struct Sum;

impl Calculator for Sum {
    fn compute<'a>(&self, input: &'a dyn Input) -> Result<Map<'a>> {
        Ok(map([("sum", input.numbers("values")?.slice().iter().sum::<f64>().into())]))
    }
}

/// The fields of a reference to the entry under a key.
fn fields(store: &Store, key: &str) -> Map<'static> {
    map([
        (wire::REF, true.into()),
        (wire::INPUT_KEY, key.to_owned().into()),
        (wire::DB_PATH, store.path().unwrap().to_owned().into()),
    ])
}

fn reference(store: &Store, key: &str) -> Reference {
    references_of(&MapInput(fields(store, key))).unwrap().inputs.pop().unwrap()
}

fn tracked() -> PutOptions<'static> {
    PutOptions { tracked: true, ..PutOptions::default() }
}

/// Puts a document of arrays.
fn put(store: &Store, key: &str, arrays: &[(&str, &[f64])]) {
    let mut writer = Writer::new().unwrap();
    writer.map(arrays.len()).unwrap();
    for (name, values) in arrays {
        writer.string(name).unwrap().segment(&Segment::new(values)).unwrap();
    }
    writer.put(store, key, &tracked()).unwrap();
}

/// Whether a calculator said that it does not read the entry: a mark before its payload.
fn is_declined(store: &Store, key: &str) -> bool {
    let view = store.view(key).unwrap();
    let file = std::fs::File::open(format!("{}/data.mdb", store.path().unwrap())).unwrap();
    let mut marks = [0; 64];
    file.read_exact_at(&mut marks, view.info().file_offset - 64).unwrap();
    marks[0] == 1 || marks[16..].chunks(8).any(|slot| slot[0] & 4 != 0)
}

fn opened(view: View) -> Result<Box<dyn Input>> {
    Ok(Box::new(ViewInput::new(view)?))
}

#[test]
fn joined_payloads_have_the_names_of_all() {
    let dir = scratch();
    let store = open(dir.path());
    put(&store, "a", &[("a", &[1.0, 2.0])]);
    put(&store, "b", &[("b", &[4.0]), ("c", &[])]);
    let mut given = fields(&store, "a");
    given.extend(map([("n", 3_i64.into()), ("text", "x".into()), ("yes", true.into())]));
    let given = MapInput(given);
    let references = [reference(&store, "a"), reference(&store, "b")];
    let joined = resolved(&given, &references, opened).unwrap();
    let mut names = joined.names().unwrap().unwrap();
    names.sort();
    assert_eq!(names, ["a", "b", "c", "n", "text", "yes"]);
    assert_eq!(joined.numbers("a").unwrap().slice(), [1.0, 2.0]);
    assert_eq!(joined.numbers("b").unwrap().slice(), [4.0]);
    assert_eq!(joined.find_number("n").unwrap(), Some(3.0));
    assert_eq!(joined.find_text("text").unwrap().as_deref(), Some("x"));
    assert_eq!(joined.find_flag("yes").unwrap(), Some(true));
    assert_eq!(joined.texts("text").unwrap(), ["x"]);
    assert!(joined.find_numbers("absent").unwrap().is_none());
    assert!(joined.find_text(wire::INPUT_KEY).unwrap().is_none());
    assert_fails(joined.find_text("n"), ErrorKind::InvalidArgument, "'n'");
}

#[test]
fn what_cannot_be_joined_is_named() {
    let dir = scratch();
    let store = open(dir.path());
    put(&store, "a", &[("a", &[1.0])]);
    put(&store, "b", &[("b", &[1.0]), ("a", &[2.0])]);
    store.put("raw", &1.5_f64.to_le_bytes(), &PutOptions::of(Format::Raw)).unwrap();
    let nothing = MapInput(Map::new());
    let plain = MapInput(map([("a", 1_i64.into())]));
    let references = |keys: &[&str]| keys.iter().map(|key| reference(&store, key)).collect::<Vec<_>>();
    for (given, keys, kind, named) in [
        (&nothing, &["a", "b"][..], ErrorKind::InvalidArgument, "'a'"),
        (&plain, &["a"], ErrorKind::InvalidArgument, "'a'"),
        (&plain, &["raw"], ErrorKind::InvalidArgument, "no mapping"),
        (&nothing, &["a", "gone"], ErrorKind::NotFound, "gone"),
    ] {
        let error = resolved(given, &references(keys), opened).err().expect(named);
        assert_eq!(error.kind(), kind, "{error}");
        assert!(error.message().contains(named), "{error}");
    }
}

#[test]
fn merged_references_are_all_gathered() {
    let field = |name: &str, text: &str| (name.to_owned(), text.to_owned());
    let marker = |digit: char| {
        let entry = format!("{}:{}", digit.to_string().repeat(32), digit.to_string().repeat(16));
        let text = format!(
            r#"{{"_lmdb_ref":true,"_lmdb_input_key":"{digit}","_lmdb_db_path":"/s","_lmdb_db_name":"default","_lmdb_entry":"{entry}"}}"#
        );
        field(&format!("_lmdb_ref_{}_{}", digit.to_string().repeat(16), digit.to_string().repeat(8)), &text)
    };
    let base = [field(wire::REF, "true"), field(wire::INPUT_KEY, "2"), field(wire::DB_PATH, "/s")];
    let output = field(wire::OUTPUT_KEY, "out");
    let with = |more: &[(String, String)]| References::of(&[&base, more].concat());
    let found = with(&[marker('1'), marker('2'), output]).unwrap();
    let keys: Vec<_> =
        found.inputs.iter().map(|input| input.get(wire::INPUT_KEY).unwrap().unwrap()).collect();
    assert_eq!(keys, ["1", "2"]);
    assert_eq!(found.output.unwrap().get(wire::OUTPUT_KEY).unwrap(), Some("out"));
    assert_eq!(with(&[]).unwrap().inputs.len(), 1);
    let none = References::of(&[field("values", "x")]).unwrap();
    assert!(none.inputs.is_empty() && none.output.is_none());
    // Base fields that no marker names: something was lost.
    assert!(with(&[marker('1')]).err().unwrap().message().contains("_lmdb_input_key"));
}

#[test]
fn an_input_that_is_not_read_here_is_declined() {
    let dir = scratch();
    let store = open(dir.path());
    store.put("frame", &[7; 4096], &PutOptions { tracked: true, ..PutOptions::of(Format::Arrow) }).unwrap();
    put(&store, "others", &[("others", &[1.0; 1000])]);
    for (key, kind, declined) in
        [("frame", ErrorKind::BadFormat, true), ("others", ErrorKind::InvalidArgument, false)]
    {
        assert!(!is_declined(&store, key));
        assert_eq!(calculate(&Sum, &MapInput(fields(&store, key))).unwrap_err().kind(), kind);
        assert_eq!(is_declined(&store, key), declined, "{key}");
    }
    reference(&store, "others").decline().unwrap();
    assert!(is_declined(&store, "others"));
    assert_fails(Reference::new().unwrap().view_input(), ErrorKind::Corrupt, wire::INPUT_KEY);
}

/// Python resolves references inside payloads; here nobody computes without them.
#[test]
fn payloads_that_hold_references_are_declined() {
    let dir = scratch();
    let store = open(dir.path());
    put(&store, "inner", &[("values", &[1.0; 1000])]);
    type Write = fn(&mut Writer, &str) -> Result<()>;
    let refer: Write = |writer, path| {
        writer.map(3)?.string(wire::REF)?.bool(true)?.string(wire::INPUT_KEY)?.string("inner")?;
        writer.string(wire::DB_PATH)?.string(path).map(|_| ())
    };
    let cases: [(&str, Write, ErrorKind); 5] = [
        ("the root", |_, _| Ok(()), ErrorKind::BadFormat),
        ("nested", |writer, _| writer.map(1)?.string("values").map(|_| ()), ErrorKind::BadFormat),
        (
            "in a list",
            |writer, _| writer.map(1)?.string("values")?.array(2)?.double(1.0).map(|_| ()),
            ErrorKind::BadFormat,
        ),
        (
            "in a list of lists",
            |writer, _| writer.map(1)?.string("values")?.array(1)?.array(1).map(|_| ()),
            ErrorKind::BadFormat,
        ),
        (
            "under another name",
            |writer, _| writer.map(2)?.string("values")?.doubles(&[1.0; 1000])?.string("other").map(|_| ()),
            ErrorKind::NotFound,
        ),
    ];
    for (key, begin, kind) in cases {
        let mut writer = Writer::new().unwrap();
        begin(&mut writer, "").unwrap();
        refer(&mut writer, &store.path().unwrap()).unwrap();
        writer.put(&store, key, &tracked()).unwrap();
        let answer = calculate(&Sum, &MapInput(fields(&store, key)));
        match kind {
            ErrorKind::BadFormat => {
                assert_fails(answer, kind, "reference");
                assert!(is_declined(&store, key), "{key}");
            }
            _ => assert!(matches!(answer.unwrap().result[0].1, Value::Float(sum) if sum == 1000.0)),
        }
    }
}

#[test]
fn an_output_is_written_under_keys_of_its_exchange_only() {
    let dir = scratch();
    let store = open(dir.path());
    store.put("limits", b"theirs", &PutOptions::of(Format::Raw)).unwrap();
    put(&store, "input:calc:7", &[("values", &[1.0, 2.0])]);
    for (key, written) in
        [("limits", false), ("free", false), ("output:calc:8", false), ("output:calc:7", true)]
    {
        let mut given = fields(&store, "input:calc:7");
        given.extend(map([(wire::OUTPUT_KEY, key.into()), (wire::TXN_ID, "7".into())]));
        let answer = calculate(&Sum, &MapInput(given)).unwrap();
        assert_eq!(answer.written, written, "{key}");
        if !written {
            assert!(answer.refusal.unwrap().contains(key));
            assert!(matches!(answer.result[0].1, Value::Float(sum) if sum == 3.0));
        }
    }
    assert_eq!(store.get("limits").unwrap().unwrap(), b"theirs");
    assert!(!store.contains("free").unwrap());
}
