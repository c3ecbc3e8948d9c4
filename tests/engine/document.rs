//! Documents: what is written is read back equal, and bytes from anywhere do no harm.

use crate::common::tree::{Tree, bytes_of, exercise, read, trees};
use dishtayantra_lmdb::document::{Document, Dtype, Iter, MAX_DEPTH, Segment, Type, Value, Writer, validate};
use dishtayantra_lmdb::error::{Result, Status};
use proptest::collection::vec;
use proptest::prelude::*;

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn what_is_written_is_read_back_equal(tree in trees()) {
        let bytes = bytes_of(&tree);
        validate(&bytes).unwrap();
        prop_assert_eq!(read(&Document::new(&bytes), Document::ROOT).unwrap(), tree);
    }

    #[test]
    fn every_value_is_found_by_its_key_and_by_its_index(tree in trees()) {
        let bytes = bytes_of(&tree);
        let document = Document::new(&bytes);
        match &tree {
            Tree::Array(values) => for (index, value) in values.iter().enumerate() {
                let node = document.at(Document::ROOT, index).unwrap();
                prop_assert_eq!(document.find(Document::ROOT, &index.to_string()).unwrap(), node);
                prop_assert_eq!(&read(&document, node).unwrap(), value);
            },
            Tree::Map(pairs) => for (key, _) in pairs {
                let node = document.get(Document::ROOT, key).unwrap();
                let first = pairs.iter().find(|(other, _)| other == key).unwrap();
                prop_assert_eq!(&read(&document, node).unwrap(), &first.1);
            },
            _ => {}
        }
    }

    #[test]
    fn changed_bytes_cost_bounded_time_and_never_a_crash(
        tree in trees(),
        changes in vec((any::<prop::sample::Index>(), any::<u8>()), 1..8),
        cut in any::<prop::sample::Index>(),
    ) {
        let mut bytes = bytes_of(&tree);
        for (at, byte) in changes {
            let at = at.index(bytes.len());
            bytes[at] = byte;
        }
        bytes.truncate(cut.index(bytes.len()) + 1);
        let document = Document::new(&bytes);
        let _ = document.validate();
        exercise(&document, Document::ROOT, &mut 2000);
    }

    #[test]
    fn random_bytes_and_positions_never_crash(
        bytes in vec(any::<u8>(), 0..200),
        nodes in vec(any::<u64>(), 4),
        remaining in any::<usize>(),
    ) {
        let document = Document::new(&bytes);
        let _ = document.validate();
        for node in [nodes[0], nodes[0] % 200] {
            exercise(&document, node, &mut 200);
        }
        let at = |node: u64| if node.is_multiple_of(3) { node } else { node % 200 };
        let mut iter = Iter { key: at(nodes[1]), value: at(nodes[2]), next: at(nodes[3]), remaining };
        for _ in 0..200 {
            if !matches!(document.next(&mut iter), Ok(true)) {
                break;
            }
        }
    }
}

fn corrupt_at(bytes: &[u8]) -> String {
    let error = validate(bytes).expect_err("should be refused");
    assert_eq!(error.status(), Status::Corrupt);
    error.message().to_owned()
}

#[test]
fn faults_are_named_with_their_position() {
    let cases: &[(&[u8], &str, &str)] = &[
        (b"", "at byte 0", "ends where a value should begin"),
        (b"\x92\x01", "at byte 0", "an array of 2, 1 bytes are left"),
        (b"\x91\xc1", "at byte 1", "0xc1"),
        (b"\x93\x01\xa2", "at byte 0", "an array of 3, 2 bytes"),
        (b"\x92\x01\xa2x", "at byte 2", "a string of 2 bytes, 1 are left"),
        (b"\x92\x01\xcd\x01", "at byte 2", "2 bytes should follow, 1 are left"),
        (b"\xc4\x05abc", "at byte 0", "bytes of 5 bytes, 3 are left"),
        (b"\xc7\x05", "at byte 0", "an extension of 5 bytes, 0 are left"),
        (b"\xd8", "at byte 0", "an extension of 16 bytes, 0 are left"),
        (b"\x81\xa1a\x01\x02", "at byte 4", "1 bytes after the end"),
        (b"\xa3a\xffb", "at byte 0", "not UTF-8 from its byte 1"),
        (b"\x82\xa1a\x01", "at byte 0", "a map of 2, 3 bytes are left"),
        (b"\xdc\x00", "at byte 0", "2 bytes should follow, 1 are left"),
        (b"\x81\xa1a", "at byte 3", "ends where a value should begin"),
    ];
    for (bytes, position, what) in cases {
        let message = corrupt_at(bytes);
        assert!(message.contains(position) && message.contains(what), "{bytes:x?}: {message}");
    }
}

#[test]
fn announced_sizes_of_4_gib_are_refused_before_anything_is_allocated() {
    for marker in [0xdb, 0xc6, 0xc9, 0xdd, 0xdf] {
        let bytes = [marker, 0xff, 0xff, 0xff, 0xff, 0x00, 0x00];
        corrupt_at(&bytes);
        let count = Document::new(&bytes).count(Document::ROOT).unwrap_err();
        assert_eq!(count.status(), Status::Corrupt);
    }
}

#[test]
fn nesting_is_bounded_in_what_is_read_and_in_what_is_written() {
    let nested = |depth: usize| {
        let mut bytes = vec![0x91; depth];
        bytes.push(0xc0);
        bytes
    };
    validate(&nested(MAX_DEPTH)).unwrap();
    assert!(corrupt_at(&nested(MAX_DEPTH + 1)).contains("at byte 512"));
    assert!(corrupt_at(&nested(4_000_000)).contains("at byte 512"));

    let mut writer = Writer::new();
    for _ in 0..MAX_DEPTH {
        writer.array(1).unwrap();
    }
    assert_eq!(writer.array(1).unwrap_err().status(), Status::InvalidArgument);
    writer.nil().unwrap();
    assert_eq!(writer.data().unwrap(), nested(MAX_DEPTH));
}

#[test]
fn values_inside_too_deep_a_document_are_not_skipped_over() {
    let mut bytes = vec![0x92];
    bytes.extend(vec![0x91; 600]);
    bytes.extend([0xc0, 0x07]);
    let document = Document::new(&bytes);
    assert_eq!(document.at(Document::ROOT, 1).unwrap_err().status(), Status::Corrupt);
}

#[test]
fn a_path_leads_through_maps_and_arrays() {
    let mut writer = Writer::new();
    writer.map(2).unwrap();
    writer.string("a").unwrap();
    writer.map(1).unwrap();
    writer.string("b").unwrap();
    writer.array(2).unwrap();
    writer.int64(5).unwrap();
    writer.string("x").unwrap();
    writer.string("c.d").unwrap();
    writer.nil().unwrap();
    let bytes = writer.data().unwrap();
    let document = Document::new(bytes);
    let root = Document::ROOT;

    assert_eq!(document.find(root, "").unwrap(), root);
    let list = document.find(root, "a.b").unwrap();
    assert_eq!(document.int64(document.find(root, "a.b.0").unwrap()).unwrap(), 5);
    assert_eq!(document.string(document.find(list, "1").unwrap()).unwrap(), "x");
    assert_eq!(document.kind(document.get(root, "c.d").unwrap()).unwrap(), Type::Nil);
    for path in ["a.x", "a.b.2", "a.b.x", "a.b.-1", "a.b.0.q", "c.d", ".", "a."] {
        let error = document.find(root, path).unwrap_err();
        assert_eq!(error.status(), Status::NotFound, "{path}");
        assert!(error.message().contains(&format!("{path:?}")), "{error}");
    }
    assert_eq!(document.get(root, "b").unwrap_err().status(), Status::NotFound);
    assert_eq!(document.at(list, 2).unwrap_err().status(), Status::NotFound);
    assert_eq!(document.get(list, "b").unwrap_err().status(), Status::InvalidArgument);
    assert_eq!(document.at(root, 0).unwrap_err().status(), Status::InvalidArgument);
}

#[test]
fn keys_of_other_types_are_passed_over() {
    // {7: 1, [2, 3]: "no", b"k": 4, "k": 5}
    let bytes = b"\x84\x07\x01\x92\x02\x03\xa2no\xc4\x01k\x04\xa1k\x05";
    let document = Document::new(bytes);
    let found = document.get(Document::ROOT, "k").unwrap();
    assert_eq!(document.int64(found).unwrap(), 5);
    assert_eq!(document.get(Document::ROOT, "7").unwrap_err().status(), Status::NotFound);
}

#[test]
fn numbers_convert_where_nothing_is_lost_and_refuse_where_they_do_not_fit() {
    let bytes = bytes_of(&Tree::Array(vec![
        Tree::Int(-7),
        Tree::Int(i64::MAX),
        Tree::Uint(u64::MAX),
        Tree::Float(2.5_f64.to_bits()),
    ]));
    let document = Document::new(&bytes);
    let at = |index| document.at(Document::ROOT, index).unwrap();
    assert_eq!(document.int64(at(0)).unwrap(), -7);
    assert_eq!(document.uint64(at(0)).unwrap_err().status(), Status::InvalidArgument);
    assert_eq!(document.uint64(at(1)).unwrap(), i64::MAX as u64);
    assert_eq!(document.uint64(at(2)).unwrap(), u64::MAX);
    assert_eq!(document.int64(at(2)).unwrap_err().status(), Status::InvalidArgument);
    assert_eq!(document.double(at(0)).unwrap(), -7.0);
    assert_eq!(document.double(at(3)).unwrap(), 2.5);
    assert_eq!(document.int64(at(3)).unwrap_err().status(), Status::InvalidArgument);
    assert_eq!(document.bool(at(0)).unwrap_err().status(), Status::InvalidArgument);
}

#[test]
fn a_list_of_numbers_in_any_encoding_is_copied_as_doubles() {
    // [1.5 as f32, -0.0, 3, -3, 2**64 - 1]
    let bytes = b"\x95\xca\x3f\xc0\x00\x00\xcb\x80\0\0\0\0\0\0\0\x03\xfd\xcf\xff\xff\xff\xff\xff\xff\xff\xff";
    let document = Document::new(bytes);
    let expected = [1.5, -0.0, 3.0, -3.0, u64::MAX as f64];
    let mut buffer = [9.0; 6];
    assert_eq!(document.numbers_into(Document::ROOT, &mut buffer).unwrap(), 5);
    assert_eq!((&buffer[..5], buffer[5]), (&expected[..], 9.0));
    assert!(buffer[1].is_sign_negative());
    let small = document.numbers_into(Document::ROOT, &mut buffer[..4]).unwrap_err();
    assert_eq!(small.status(), Status::BufferTooSmall);
    let mixed = Document::new(b"\x92\x01\xc3").numbers_into(Document::ROOT, &mut buffer).unwrap_err();
    assert_eq!(mixed.status(), Status::InvalidArgument);
    assert!(mixed.message().contains("byte 2"), "{mixed}");
}

#[test]
fn the_writer_refuses_what_does_not_fit_and_is_as_it_was() {
    let refused = |result: Result<()>, what: &str| {
        let error = result.unwrap_err();
        assert_eq!(error.status(), Status::InvalidArgument);
        assert!(error.message().contains(what), "{error}");
    };
    let mut writer = Writer::new();
    refused(writer.data().map(drop), "nothing was written");
    writer.map(2).unwrap();
    refused(writer.data().map(drop), "the key of pair 1 of a map of 2");
    refused(writer.array(0), "an array as a map's key");
    refused(writer.doubles(&[1.0]), "an array as a map's key");
    writer.string("k").unwrap();
    refused(writer.data().map(drop), "the value of pair 1 of a map of 2");
    writer.array(2).unwrap();
    writer.array(0).unwrap();
    refused(writer.data().map(drop), "value 2 of an array of 2");
    writer.map(0).unwrap();
    writer.int64(1).unwrap();
    writer.nil().unwrap();
    assert_eq!(writer.data().unwrap(), b"\x82\xa1k\x92\x90\x80\x01\xc0");
    refused(writer.nil(), "nil after the end");
    refused(writer.int64s(&[]), "an array after the end");
    assert_eq!(writer.data().unwrap(), b"\x82\xa1k\x92\x90\x80\x01\xc0");
    writer.reset();
    writer.bool(true).unwrap();
    assert_eq!(writer.data().unwrap(), b"\xc3");
}

#[test]
fn values_are_read_one_after_the_other_in_one_pass() {
    let mut writer = Writer::new();
    writer.map(2).unwrap();
    writer.string("a").unwrap();
    writer.array(6).unwrap();
    writer.nil().unwrap();
    writer.bool(true).unwrap();
    writer.int64(-7).unwrap();
    writer.uint64(u64::MAX).unwrap();
    writer.double(0.5).unwrap();
    writer.bytes(&[1, 2]).unwrap();
    writer.string("b").unwrap();
    writer.segment(&Segment::new(Dtype::U8, &[2], &[3, 4]).unwrap()).unwrap();
    let mut bytes = writer.data().unwrap().to_vec();
    bytes.extend([0xd4, 5, 9]);
    let document = Document::new(&bytes);
    let mut at = Document::ROOT;
    let mut found = Vec::new();
    while at < bytes.len() as u64 {
        let (value, next) = document.value(at).unwrap();
        found.push(value);
        at = next;
    }
    let expected = [
        Value::Map(2),
        Value::String("a"),
        Value::Array(6),
        Value::Nil,
        Value::Bool(true),
        Value::Negative(-7),
        Value::Unsigned(u64::MAX),
        Value::Float(0.5),
        Value::Bytes(&[1, 2]),
        Value::String("b"),
        Value::Segment,
        Value::Ext { tag: 5, body: &[9] },
    ];
    assert_eq!(found, expected);
    let Value::Bytes(two) = found[8] else { panic!("bytes") };
    assert_eq!(&bytes[document.offset_of(two) as usize..][..2], [1, 2]);
    assert_eq!(document.value(at).unwrap_err().status(), Status::Corrupt);
}
