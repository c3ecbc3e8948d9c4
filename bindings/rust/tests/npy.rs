//! The `.npy` header, against what NumPy writes.

mod common;

use common::assert_fails;
use dishtayantra::{Array, Dtype, ErrorKind, Numbers, npy_header};

fn image(version: u8, dict: &str, elements: &[u8]) -> Vec<u8> {
    let length = dict.len() as u32;
    let length =
        if version == 1 { length.to_le_bytes()[..2].to_vec() } else { length.to_le_bytes().to_vec() };
    [b"\x93NUMPY", &[version, 0][..], &length, dict.as_bytes(), elements].concat()
}

#[test]
fn a_header_is_numpys() {
    // np.save of np.zeros((2, 3)) and np.zeros(5, np.int8), and of a scalar.
    let golden: [(Vec<u8>, &str); 3] = [
        (
            npy_header::<f64>(&[2, 3], false).unwrap(),
            "{'descr': '<f8', 'fortran_order': False, 'shape': (2, 3), }",
        ),
        (npy_header::<i8>(&[5], true).unwrap(), "{'descr': '|i1', 'fortran_order': True, 'shape': (5,), }"),
        (npy_header::<u32>(&[], false).unwrap(), "{'descr': '<u4', 'fortran_order': False, 'shape': (), }"),
    ];
    for (header, dict) in golden {
        assert_eq!(header.len() % 64, 0);
        assert_eq!(
            &header[..10],
            [b"\x93NUMPY\x01\x00", &(header.len() as u16 - 10).to_le_bytes()[..]].concat()
        );
        let text = std::str::from_utf8(&header[10..]).unwrap();
        assert_eq!(text.trim_end(), dict);
        assert!(text.ends_with('\n'));
    }
    assert_fails(npy_header::<f64>(&[1; 30_000], false), ErrorKind::InvalidArgument, "30000 dimensions");
}

#[test]
fn every_version_is_read() {
    let elements: Vec<u8> = [1.5_f64, 2.5, 3.5].iter().flat_map(|value| value.to_le_bytes()).collect();
    for version in 1..=3 {
        let bytes = image(version, "{\"shape\": (3,), 'fortran_order' :True,'descr':'<f8'}  \n", &elements);
        let array = Array::of(&bytes).unwrap();
        assert_eq!((array.shape(), array.fortran_order(), array.descr()), (&[3][..], true, "<f8"));
        assert_eq!(
            (array.dtype(), array.item_size(), array.bytes()),
            (Some(Dtype::Float64), 8, &elements[..])
        );
        assert_eq!(Numbers::of_array(&array).unwrap().slice(), [1.5, 2.5, 3.5]);
    }
}

#[test]
fn elements_are_taken_as_what_they_are() {
    let of = |descr: &str, shape: &str, size: usize| {
        image(1, &format!("{{'descr': '{descr}', 'fortran_order': False, 'shape': {shape}}}"), &vec![1; size])
    };
    let bytes = of("|b1", "(3,)", 3);
    assert_eq!(Array::of(&bytes).unwrap().slice::<u8>().unwrap(), [1, 1, 1]);
    assert_eq!(Numbers::of_array(&Array::of(&bytes).unwrap()).unwrap().slice(), [1.0; 3]);
    let time = of("<M8[ns]", "(2,)", 16);
    let time = Array::of(&time).unwrap();
    assert_eq!((time.item_size(), time.dtype()), (8, None));
    assert_fails(Numbers::of_array(&time), ErrorKind::InvalidArgument, "<M8[ns]");
    let big = of(">f8", "()", 8);
    assert!(Array::of(&big).unwrap().big_endian());
    assert_fails(Array::of(&big).unwrap().slice::<f64>(), ErrorKind::InvalidArgument, ">f8");
    let bytes = [b"\xff\xfe", &b"\x01\x00"[..]].concat();
    let numbers = image(1, "{'descr': '>i2', 'fortran_order': False, 'shape': (2,)}", &bytes);
    assert_eq!(Numbers::of_array(&Array::of(&numbers).unwrap()).unwrap().slice(), [-2.0, 256.0]);
    let text = of("<U3", "(2,)", 24);
    assert_eq!(Array::of(&text).unwrap().item_size(), 12);
}

#[test]
fn wrong_headers_are_named() {
    let cases: [(&str, ErrorKind, &str); 12] = [
        ("{'descr': '<f8', 'fortran_order': False, 'shape': (4,)}", ErrorKind::Corrupt, "[4]"),
        (
            "{'descr': '<f8', 'fortran_order': False, 'shape': (99999999999999999999,)}",
            ErrorKind::Corrupt,
            "memory",
        ),
        (
            "{'descr': '<f8', 'fortran_order': False, 'shape': (4294967296, 4294967296, 4294967296)}",
            ErrorKind::Corrupt,
            "memory",
        ),
        ("{'descr': '<f8', 'fortran_order': Maybe, 'shape': (3,)}", ErrorKind::Corrupt, "True or False"),
        ("{'descr': '<f8', 'shape': (3,)}", ErrorKind::Corrupt, "all needed"),
        ("{'descr': '<f8', 'descr': '<f8'}", ErrorKind::Corrupt, "unexpected key 'descr'"),
        ("{'descr': '<f8", ErrorKind::Corrupt, "without end"),
        ("{'descr' '<f8'}", ErrorKind::Corrupt, "':'"),
        ("", ErrorKind::Corrupt, "'{'"),
        ("{'descr': '|O', 'fortran_order': False, 'shape': (3,)}", ErrorKind::InvalidArgument, "|O"),
        (
            "{'descr': '<f99999999999', 'fortran_order': False, 'shape': (3,)}",
            ErrorKind::InvalidArgument,
            "width",
        ),
        (
            "{'descr': [('a', '<f8')], 'fortran_order': False, 'shape': (3,)}",
            ErrorKind::InvalidArgument,
            "structured",
        ),
    ];
    for (dict, kind, named) in cases {
        assert_fails(Array::of(&image(1, dict, &[0; 24])), kind, named);
    }
    for cut in [
        &b""[..],
        b"\x93NUM",
        b"\x93NUMPY",
        b"\x93NUMPY\x01",
        b"\x93NUMPY\x02\x00\x01\x00",
        b"\x93NUMPY\x09\x00\x01\x00",
    ] {
        assert_fails(Array::of(cut), ErrorKind::Corrupt, ".npy header");
    }
    assert_fails(Array::of(b"\x93NUMPY\x01\x00\xff\xff{}"), ErrorKind::Corrupt, "65535");
}
