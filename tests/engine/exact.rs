//! Exact values: readers see the plain value, and what is damaged is told.

use dishtayantra_lmdb::document::{Document, EXACT, MAX_DEPTH, TUPLE, Type, validate};
use dishtayantra_lmdb::error::Status;

/// An exact value: `ext 8` or `ext 32` with a kind and these bytes.
fn exact(kind: u8, plain: &[u8]) -> Vec<u8> {
    let len = plain.len() + 1;
    let mut bytes = match u8::try_from(len) {
        Ok(len) => vec![0xc7, len, EXACT as u8, kind],
        Err(_) => {
            let [a, b, c, d] = u32::try_from(len).unwrap().to_be_bytes();
            vec![0xc9, a, b, c, d, EXACT as u8, kind]
        }
    };
    bytes.extend(plain);
    bytes
}

#[test]
fn every_reader_sees_the_plain_value() {
    // [(1, "x"), int16(-3), {"k": (2.5,)}, "end"]
    let mut bytes = vec![0x94];
    bytes.extend(exact(TUPLE, b"\x92\x01\xa1x"));
    bytes.extend(exact(b'h', b"\xfd"));
    bytes.extend(b"\x81\xa1k");
    bytes.extend(exact(TUPLE, b"\x91\xcb\x40\x04\x00\x00\x00\x00\x00\x00"));
    bytes.extend(b"\xa3end");
    validate(&bytes).unwrap();
    let document = Document::new(&bytes);
    let node = |path| document.find(Document::ROOT, path).unwrap();

    assert_eq!(document.kind(node("0")).unwrap(), Type::Array);
    assert_eq!(document.count(node("0")).unwrap(), 2);
    assert_eq!(document.string(node("0.1")).unwrap(), "x");
    assert_eq!(document.kind(node("1")).unwrap(), Type::Int);
    assert_eq!((document.int64(node("1")).unwrap(), document.double(node("1")).unwrap()), (-3, -3.0));
    assert_eq!(document.double(node("2.k.0")).unwrap(), 2.5);
    let mut values = [0.0];
    assert_eq!(document.numbers_into(node("2.k"), &mut values).unwrap(), 1);
    assert_eq!(values, [2.5]);
    assert_eq!(document.string(node("3")).unwrap(), "end");
    assert_eq!(document.next_extension(Document::ROOT).unwrap(), None);

    let kinds = ["0", "1", "2", "2.k", "3"].map(|path| document.exact(node(path)).unwrap());
    assert_eq!(kinds, [Some(TUPLE), Some(b'h'), None, Some(TUPLE), None]);
}

#[test]
fn keys_may_be_exact_values() {
    let mut bytes = vec![0x82];
    bytes.extend(exact(TUPLE, b"\x92\x01\x02"));
    bytes.push(0x05);
    bytes.extend(exact(b'U', b"\xa1k"));
    bytes.push(0x06);
    let document = Document::new(&bytes);
    document.validate().unwrap();
    assert_eq!(document.int64(document.get(Document::ROOT, "k").unwrap()).unwrap(), 6);
}

#[test]
fn what_is_no_exact_value_is_corrupt() {
    let inner = exact(TUPLE, b"\x91\x01");
    let cases: [(&str, Vec<u8>); 10] = [
        ("no body", vec![0xc7, 0, 88]),
        ("no value", vec![0xd4, 88, TUPLE]),
        ("an exact value in it", exact(TUPLE, &inner)),
        ("a value too many", exact(TUPLE, b"\x01\x02")),
        ("an item too many", exact(TUPLE, b"\x91\x01\x02")),
        ("an item too few", exact(TUPLE, b"\x92\x01")),
        ("an empty array and more", exact(TUPLE, b"\x90\x01")),
        ("a text that ends behind it", [exact(TUPLE, b"\xa3ab"), b"cd".to_vec()].concat()),
        (
            "an item that ends behind it",
            [b"\x92".to_vec(), exact(TUPLE, b"\x91\xa3a"), b"bc".to_vec()].concat(),
        ),
        ("longer than the payload", vec![0xc7, 9, 88, TUPLE, 0x91, 0x01]),
    ];
    for (what, bytes) in cases {
        let error = validate(&bytes).expect_err(what);
        assert_eq!(error.status(), Status::Corrupt, "{what}");
    }
}

#[test]
fn only_arrays_and_maps_count_as_depth() {
    let nested =
        |levels| (0..levels).fold(vec![0x90], |inner, _| exact(TUPLE, &[&[0x91][..], &inner].concat()));
    validate(&nested(MAX_DEPTH)).unwrap();
    let error = validate(&nested(MAX_DEPTH + 1)).unwrap_err();
    assert!(error.message().contains("512"), "{error}");
}
