//! Tables: to who walks a document they are the plain value they were made of, and what is damaged is refused.

use dishtayantra_lmdb::document::table::{Buffers, Field, Layout, Origin};
use dishtayantra_lmdb::document::{Document, Dtype, Iter, Node, Segment, Type, Writer};
use dishtayantra_lmdb::error::{Result, Status};
use proptest::prelude::*;

/// Metadata of one pair: "k" is "v".
const PAIRS: &[u8] = b"\x01\0\0\0\x01\0\0\0k\x01\0\0\0v";

/// A value of a document, read by nothing but what readers had before there were tables.
#[derive(Debug, Clone, PartialEq)]
enum Tree {
    Nil,
    Bool(bool),
    Int(i64),
    Float(f64),
    Text(String),
    Bytes(Vec<u8>),
    Array(Vec<Tree>),
    Map(Vec<(Tree, Tree)>),
    /// What only damage makes.
    Other(String),
}

fn tree(document: &Document, node: Node) -> Result<Tree> {
    Ok(match document.kind(node)? {
        Type::Nil => Tree::Nil,
        Type::Bool => Tree::Bool(document.bool(node)?),
        Type::Int => Tree::Int(document.int64(node)?),
        Type::Float => Tree::Float(document.double(node)?),
        Type::String => Tree::Text(document.string(node)?.to_owned()),
        Type::Bytes => Tree::Bytes(document.bytes(node)?.to_owned()),
        Type::Array => {
            let mut values = Vec::new();
            let mut iter = document.iterate(node)?;
            while document.next(&mut iter)? {
                assert_eq!(iter.key, Iter::NO_KEY);
                assert_eq!(document.at(node, values.len())?, iter.value);
                values.push(tree(document, iter.value)?);
            }
            assert_eq!(document.count(node)?, values.len());
            assert_eq!(document.at(node, values.len()).unwrap_err().status(), Status::NotFound);
            Tree::Array(values)
        }
        Type::Map => {
            let mut pairs: Vec<(Tree, Tree)> = Vec::new();
            let mut iter = document.iterate(node)?;
            while document.next(&mut iter)? {
                let key = tree(document, iter.key)?;
                let repeated = pairs.iter().any(|(before, _)| *before == key);
                if let Tree::Text(key) = &key
                    && !repeated
                {
                    assert_eq!(document.get(node, key)?, iter.value);
                    // In a path a dot parts names, and an empty one means the node itself.
                    if !key.is_empty() && !key.contains('.') {
                        assert_eq!(document.find(node, key)?, iter.value);
                    }
                }
                pairs.push((key, tree(document, iter.value)?));
            }
            assert_eq!(document.count(node)?, pairs.len());
            assert_eq!(document.get(node, "no such key").unwrap_err().status(), Status::NotFound);
            Tree::Map(pairs)
        }
        other => Tree::Other(format!("{other:?}")),
    })
}

fn le<const N: usize, T: Copy>(values: &[T], bytes: impl Fn(T) -> [u8; N]) -> Vec<u8> {
    values.iter().flat_map(|&value| bytes(value)).collect()
}

/// The bytes of a document of a table in a map, behind a key and before another, and of the plain value in its place.
fn documents(layout: &Layout, plain: impl Fn(&mut Writer) -> Result<()>) -> (Vec<u8>, Vec<u8>) {
    let around = |write: &dyn Fn(&mut Writer) -> Result<()>| -> Result<Vec<u8>> {
        let mut writer = Writer::new();
        writer.map(2)?;
        writer.string("table")?;
        write(&mut writer)?;
        writer.string("after")?;
        writer.int64(1)?;
        Ok(writer.data()?.to_vec())
    };
    let mut writer = Writer::new();
    writer.map(2).unwrap();
    writer.string("table").unwrap();
    writer.table(layout).unwrap();
    writer.string("after").unwrap();
    writer.int64(1).unwrap();
    (writer.data().unwrap().to_vec(), around(&plain).unwrap())
}

fn string_column<'a>(name: &'a str, length: u64, offsets: &'a [u8], data: &'a [u8]) -> Field<'a> {
    let buffers = Buffers { offsets, data, ..Buffers::default() };
    Field { name, format: "u", length, buffers, ..Field::default() }
}

/// A table of three rows with a column of most kinds, and what it is as plain rows.
fn with_rows(check: impl Fn(&Layout, &dyn Fn(&mut Writer) -> Result<()>)) {
    let px = le(&[1.5, -2.0, f64::INFINITY], f64::to_le_bytes);
    let qty = le(&[-1_i64, i64::MAX, 0], i64::to_le_bytes);
    let codes = le(&[1_i32, 0, 1], i32::to_le_bytes);
    let symbol_ends = le(&[0_u32, 2, 5], u32::to_le_bytes);
    let notes = le(&[0_u64, 3, 3, 8], u64::to_le_bytes);
    let lists = le(&[0_u32, 2, 2, 3], u32::to_le_bytes);
    let items = le(&[7_u8, 8, 9], u8::to_le_bytes);
    let pairs = le(&[1_i16, 2, 3, 4, 5, 6], i16::to_le_bytes);
    let halves = le(&[0x3c00_u16, 0xc000, 0x0001], u16::to_le_bytes);
    let number = |name, format, data| Field {
        name,
        format,
        length: 3,
        buffers: Buffers { data, ..Buffers::default() },
        ..Field::default()
    };
    let columns = vec![
        number("px", "g", &px),
        Field {
            nulls: 1,
            buffers: Buffers { data: &qty, validity: &[0b101], ..Buffers::default() },
            ..number("qty", "l", &qty)
        },
        Field {
            dictionary: Some(Box::new(string_column("", 2, &symbol_ends, b"ABXYZ"))),
            ..number("symbol", "i", &codes)
        },
        Field { format: "U", ..string_column("note", 3, &notes, "n\u{ef}\u{20ac}ab".as_bytes()) },
        number("on", "b", &[0b110]),
        Field { nulls: 3, ..number("nothing", "n", &[]) },
        Field {
            children: vec![Field { length: 3, ..number("item", "C", &items) }],
            buffers: Buffers { offsets: &lists, ..Buffers::default() },
            ..number("list", "+l", &[])
        },
        Field {
            children: vec![Field { length: 6, ..number("item", "s", &pairs) }],
            ..number("pair", "+w:2", &[])
        },
        Field {
            children: vec![number("a", "g", &px), number("b", "w:2", b"aabbcc")],
            ..number("struct", "+s", &[])
        },
        number("half", "e", &halves),
        number("when", "tsu:UTC", &qty),
    ];
    let layout = Layout { origin: Origin::Rows, rows: 3, metadata: b"", columns };
    let plain = |writer: &mut Writer| -> Result<()> {
        writer.array(3)?;
        for row in 0..3 {
            writer.map(11)?;
            writer.string("px")?;
            writer.double([1.5, -2.0, f64::INFINITY][row])?;
            writer.string("qty")?;
            if row == 1 {
                writer.nil()?
            } else {
                writer.int64([-1, 0, 0][row])?
            }
            writer.string("symbol")?;
            writer.string(["XYZ", "AB", "XYZ"][row])?;
            writer.string("note")?;
            writer.string(["n\u{ef}", "", "\u{20ac}ab"][row])?;
            writer.string("on")?;
            writer.bool([false, true, true][row])?;
            writer.string("nothing")?;
            writer.nil()?;
            writer.string("list")?;
            writer.int64s([&[7, 8][..], &[], &[9]][row])?;
            writer.string("pair")?;
            writer.int64s([&[1, 2], &[3, 4], &[5, 6]][row])?;
            writer.string("struct")?;
            writer.map(2)?;
            writer.string("a")?;
            writer.double([1.5, -2.0, f64::INFINITY][row])?;
            writer.string("b")?;
            writer.bytes([b"aa", b"bb", b"cc"][row])?;
            writer.string("half")?;
            writer.double([1.0, -2.0, 2f64.powi(-24)][row])?;
            writer.string("when")?;
            writer.int64([-1, i64::MAX, 0][row])?;
        }
        Ok(())
    };
    check(&layout, &plain);
}

#[test]
fn rows_answer_as_the_plain_rows() {
    with_rows(|layout, plain| {
        let (table, plain) = documents(layout, plain);
        let (table, plain) = (Document::new(&table), Document::new(&plain));
        table.validate().unwrap();
        assert_eq!(tree(&table, 0).unwrap(), tree(&plain, 0).unwrap());
        let node = table.find(0, "table.1.struct.a").unwrap();
        assert_eq!(table.double(node).unwrap(), -2.0);
        assert_eq!(table.int64(table.find(0, "after").unwrap()).unwrap(), 1);
    });
}

#[test]
fn columns_answer_as_a_map_of_arrays() {
    let px = le(&[1.5, -2.0], f64::to_le_bytes);
    let ends = le(&[0_u32, 1, 3], u32::to_le_bytes);
    let number = Field {
        name: "px",
        format: "g",
        length: 2,
        buffers: Buffers { data: &px, ..Buffers::default() },
        ..Field::default()
    };
    let columns = vec![number, string_column("text", 2, &ends, b"abc")];
    let layout = Layout { origin: Origin::Pandas, rows: 2, metadata: PAIRS, columns };
    let (table, plain) = documents(&layout, |writer| {
        writer.map(2)?;
        writer.string("px")?;
        writer.doubles(&[1.5, -2.0])?;
        writer.string("text")?;
        writer.array(2)?;
        writer.string("a")?;
        writer.string("bc")
    });
    let (table, plain) = (Document::new(&table), Document::new(&plain));
    table.validate().unwrap();
    assert_eq!(tree(&table, 0).unwrap(), tree(&plain, 0).unwrap());
    let px = table.find(0, "table.px").unwrap();
    let mut values = [0.0; 2];
    assert_eq!(table.numbers_into(px, &mut values).unwrap(), 2);
    assert_eq!(values, [1.5, -2.0]);
    assert!(table.numbers(px).unwrap().in_place().is_some());
    assert_eq!(
        table.numbers(table.find(0, "table.text").unwrap()).unwrap_err().status(),
        Status::InvalidArgument
    );
    assert_eq!(table.table(table.find(0, "table").unwrap()).unwrap().metadata(), PAIRS);
}

#[test]
fn a_list_answers_as_an_array() {
    let ends = le(&[0_u32, 1, 3], u32::to_le_bytes);
    let layout = Layout {
        origin: Origin::List,
        rows: 2,
        metadata: b"",
        columns: vec![string_column("", 2, &ends, b"abc")],
    };
    let (table, plain) = documents(&layout, |writer| {
        writer.array(2)?;
        writer.string("a")?;
        writer.string("bc")
    });
    let (table, plain) = (Document::new(&table), Document::new(&plain));
    table.validate().unwrap();
    assert_eq!(tree(&table, 0).unwrap(), tree(&plain, 0).unwrap());
}

/// The table of the value that `write` writes, as the payload of a document.
fn gathered(write: impl Fn(&mut Writer) -> Result<()>) -> Result<Vec<u8>> {
    let mut plain = Writer::new();
    write(&mut plain)?;
    let plain = plain.data()?.to_vec();
    Document::new(&plain).with_table(Document::ROOT, |layout| {
        let mut writer = Writer::new();
        writer.table(layout)?;
        Ok(writer.data()?.to_vec())
    })
}

#[test]
fn plain_rows_become_the_columns_that_rows_kept_as_a_table_have() {
    with_rows(|_, plain| {
        let made = gathered(plain).unwrap();
        let mut rows = Writer::new();
        plain(&mut rows).unwrap();
        let rows = rows.data().unwrap().to_vec();
        Document::new(&made).validate().unwrap();
        assert_eq!(tree(&Document::new(&made), 0).unwrap(), tree(&Document::new(&rows), 0).unwrap());
        let document = Document::new(&made);
        let formats: Vec<&str> =
            (0..11).map(|index| document.table(0).unwrap().column(index).unwrap().format()).collect();
        assert_eq!(formats, ["g", "l", "u", "u", "b", "n", "+l", "+l", "+s", "g", "l"]);
    });
}

#[test]
fn rows_that_differ_become_columns_where_their_values_go_together() {
    let made = gathered(|writer| {
        writer.array(4)?;
        for row in 0..4 {
            writer.map(if row == 3 { 1 } else { 4 })?;
            writer.string("mixed")?;
            if row == 1 {
                writer.int64(7)?
            } else {
                writer.double(0.5)?
            }
            if row == 3 {
                continue;
            }
            // In another order each time.
            let keys = ["large", "text", "odd"];
            for key in 0..3 {
                match keys[(key + row) % 3] {
                    "large" => {
                        writer.string("large")?;
                        writer.uint64(u64::MAX - row as u64)?;
                    }
                    "text" => {
                        writer.string("text")?;
                        writer.string("again")?;
                    }
                    _ => {
                        writer.string("odd")?;
                        if row == 0 { writer.string("x")? } else { writer.int64(1)? }
                    }
                }
            }
        }
        Ok(())
    })
    .unwrap();
    let document = Document::new(&made);
    document.validate().unwrap();
    let table = document.table(0).unwrap();
    assert_eq!(table.columns(), 3);
    let told = |name| {
        let column = table.column_named(name).unwrap().unwrap();
        (column.format(), column.nulls(), column.validity().map(<[u8]>::to_vec))
    };
    assert_eq!(told("mixed"), ("g", 0, None));
    assert_eq!(told("large"), ("L", 1, Some(vec![7])));
    assert_eq!(told("text"), ("i", 1, Some(vec![7])));
    assert!(table.column_named("odd").unwrap().is_none());
    assert_eq!(document.double(document.find(0, "1.mixed").unwrap()).unwrap(), 7.0);
    assert_eq!(document.uint64(document.find(0, "2.large").unwrap()).unwrap(), u64::MAX - 2);
}

#[test]
fn maps_of_arrays_and_lists_become_tables_and_others_are_told_why_not() {
    let segment = |writer: &mut Writer, bytes: &'static [u8]| {
        writer.segment(&Segment::new(Dtype::F64, &[bytes.len() as u64 / 8], bytes)?)
    };
    let columns = |writer: &mut Writer| {
        writer.map(2)?;
        writer.string("px")?;
        segment(writer, &[0; 16])?;
        writer.string("name")?;
        writer.array(2)?;
        writer.string("a")?;
        writer.nil()
    };
    let made = gathered(columns).unwrap();
    let document = Document::new(&made);
    document.validate().unwrap();
    let table = document.table(0).unwrap();
    assert_eq!((table.origin(), table.rows()), (Origin::Columns, 2));
    assert_eq!(table.column_named("px").unwrap().unwrap().format(), "g");
    let made = gathered(|writer| segment(writer, &[0; 24])).unwrap();
    assert_eq!(Document::new(&made).table(0).unwrap().rows(), 3);

    type Write<'a> = &'a dyn Fn(&mut Writer) -> Result<()>;
    let refused: [(&str, Write); 5] = [
        ("rows: an array of maps", &|writer| writer.int64(1)),
        ("several types", &|writer| {
            writer.array(2)?;
            writer.int64(1)?;
            writer.string("a")
        }),
        ("\"a\" has 1 values, \"b\" 2", &|writer| {
            writer.map(2)?;
            writer.string("a")?;
            writer.doubles(&[1.0])?;
            writer.string("b")?;
            writer.doubles(&[1.0, 2.0])
        }),
        ("go into no column", &|writer| {
            writer.array(2)?;
            for row in 0..2 {
                writer.map(1)?;
                writer.string("a")?;
                if row == 0 { writer.bool(true)? } else { writer.int64(1)? }
            }
            Ok(())
        }),
        ("too different", &|writer| {
            writer.array(3000)?;
            for row in 0..3000 {
                writer.map(1)?;
                writer.string(&row.to_string())?;
                writer.nil()?;
            }
            Ok(())
        }),
    ];
    for (why, write) in refused {
        let error = gathered(write).unwrap_err();
        assert_eq!(error.status(), Status::InvalidArgument);
        assert!(error.message().contains(why), "{}", error.message());
    }
}

/// What is done with a document that may be anything: nothing may be outside it, for ever, or a crash.
fn use_up(bytes: &[u8]) {
    let document = Document::new(bytes);
    let checked = document.validate();
    let Ok(Some(table)) = document.find(0, "table").and_then(|node| document.find_table(node)) else {
        return;
    };
    let mut whole = true;
    for index in 0..table.descriptors() {
        let Ok(column) = table.column(index) else {
            whole = false;
            continue;
        };
        whole &= column.dictionary().is_ok();
        for row in 0..column.len().min(8) {
            let _ = (column.is_null(row), column.bytes_at(row));
        }
    }
    let walked = tree(&document, 0);
    if checked.is_ok() {
        assert!(whole, "{bytes:?}");
        walked.unwrap();
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn damage_is_refused_or_harmless(at in 0.0..1.0, bytes in proptest::collection::vec(any::<u8>(), 1..9), cut in 0..40_usize) {
        with_rows(|layout, plain| {
            let (mut table, _) = documents(layout, plain);
            let at = (at * table.len() as f64) as usize;
            for (to, from) in table[at..].iter_mut().zip(&bytes) {
                *to = *from;
            }
            table.truncate(table.len() - cut / 20);
            use_up(&table);
        });
    }

    #[test]
    fn any_node_is_answered(node in any::<u64>()) {
        with_rows(|layout, plain| {
            let (table, _) = documents(layout, plain);
            let document = Document::new(&table);
            for node in [node, node | 1 << 63, (node & !(0xfff_ffe0 << 32)) | 1 << 63] {
                let _ = (document.kind(node), document.count(node), document.iterate(node), document.value(node));
                let _ = (document.find(node, "a.1"), document.exact(node), document.numbers(node), document.segment(node));
                let _ = (document.next_segment(node), document.next_extension(node), document.table(node));
            }
        });
    }
}
