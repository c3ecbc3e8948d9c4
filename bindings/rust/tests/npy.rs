//! The `.npy` header, against what NumPy writes.

mod common;

use common::assert_fails;
use dishtayantra::{Array, Complex, Dtype, ErrorKind, Half, Numbers, Unit, npy_header};

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
    assert_eq!((time.item_size(), time.dtype()), (8, Some(Dtype::Datetime64(Unit::Nanosecond))));
    assert_fails(Numbers::of_array(&time), ErrorKind::InvalidArgument, "<M8[ns]");
    let big = of(">f8", "()", 8);
    assert!(Array::of(&big).unwrap().big_endian());
    assert_fails(Array::of(&big).unwrap().slice::<f64>(), ErrorKind::InvalidArgument, ">f8");
    let bytes = [b"\xff\xfe", &b"\x01\x00"[..]].concat();
    let numbers = image(1, "{'descr': '>i2', 'fortran_order': False, 'shape': (2,)}", &bytes);
    assert_eq!(Numbers::of_array(&Array::of(&numbers).unwrap()).unwrap().slice(), [-2.0, 256.0]);
    let complex = of("<c8", "(2,)", 16);
    assert_eq!(Array::of(&complex).unwrap().dtype(), Some(Dtype::Complex64));
    assert_fails(Numbers::of_array(&Array::of(&complex).unwrap()), ErrorKind::InvalidArgument, "complex64");
    assert!(
        String::from_utf8(npy_header::<Complex<f64>>(&[1], false).unwrap()[10..].to_vec())
            .unwrap()
            .contains("'<c16'")
    );
    assert!(
        String::from_utf8(npy_header::<Half>(&[1], false).unwrap()[10..].to_vec()).unwrap().contains("'<f2'")
    );
    let text = of("<U3", "(2,)", 24);
    assert_eq!(Array::of(&text).unwrap().item_size(), 12);
}

#[test]
fn golden_files_are_what_the_table_says() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/fixtures/npy");
    let table = std::fs::read(folder.join("table.json")).unwrap();
    let rows: Vec<serde_json::Value> = serde_json::from_slice(&table).unwrap();
    assert!(rows.len() > 100);
    for row in rows {
        let file = row["file"].as_str().unwrap();
        let image = std::fs::read(folder.join(file)).unwrap();
        let array = match (Array::of(&image), row["status"].as_str().unwrap()) {
            (Ok(array), "ok") => array,
            (Err(error), "corrupt") if error.kind() == ErrorKind::Corrupt => continue,
            (Err(error), "refused") if error.kind() == ErrorKind::InvalidArgument => continue,
            (found, wanted) => panic!("{file}: {found:?}, and not {wanted}"),
        };
        let numbers = Numbers::of_array(&array).ok();
        // Where nothing lies is nowhere.
        let offset = match array.bytes() {
            [] => row["offset"].clone(),
            bytes => (bytes.as_ptr().addr() - image.as_ptr().addr()).into(),
        };
        let (dtype, unit) = array.dtype().map_or((0, 0), Dtype::codes);
        let told = serde_json::json!({
            "file": file,
            "status": "ok",
            "descr": array.descr(),
            "dtype": dtype,
            "unit": unit,
            "itemsize": array.item_size(),
            "shape": array.shape(),
            "fortran": array.fortran_order(),
            "big_endian": array.big_endian(),
            "offset": offset,
            "size": array.bytes().len(),
            "numbers": numbers.map(|numbers| numbers.slice().to_vec()),
        });
        assert_eq!(told, row);
    }
}
