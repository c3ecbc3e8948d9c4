//! Values of documents as doubles with a shape.

use dishtayantra_lmdb::document::{Document, Dtype, Segment, Unit, Writer};
use dishtayantra_lmdb::error::{Result, Status};

const LIST: u32 = Segment::LIST;

/// A document that `write` makes, its shape, whether it is a list, and its numbers.
fn read(write: impl FnOnce(&mut Writer) -> Result<()>) -> Result<(Vec<u64>, bool, Vec<f64>)> {
    let mut writer = Writer::new();
    write(&mut writer)?;
    let bytes = writer.data()?.to_vec();
    let document = Document::new(&bytes);
    let numbers = document.numbers(0)?;
    let mut values = vec![f64::NAN; numbers.count()];
    document.copy_numbers(&numbers, &mut values)?;
    Ok((numbers.shape().to_vec(), numbers.is_list(), values))
}

/// A segment of these numbers as `int16`.
fn int16s(writer: &mut Writer, shape: &[u64], flags: u32, numbers: &[i16]) -> Result<()> {
    let data: Vec<u8> = numbers.iter().flat_map(|number| number.to_le_bytes()).collect();
    writer.segment(&Segment::new(Dtype::I16, shape, data.leak())?.with_flags(flags)?)
}

#[test]
fn what_stands_for_numbers_is_read_with_its_shape() {
    type Write = fn(&mut Writer) -> Result<()>;
    type Case<'a> = (&'a str, Write, &'a [u64], bool, &'a [f64]);
    let cases: [Case; 15] = [
        ("a number", |w| w.double(2.5), &[], true, &[2.5]),
        ("a bool", |w| w.bool(true), &[], true, &[1.0]),
        ("an integer", |w| w.int64(-3), &[], true, &[-3.0]),
        ("the largest integer", |w| w.uint64(u64::MAX), &[], true, &[18_446_744_073_709_551_616.0]),
        ("beyond 2^53", |w| w.int64((1 << 53) + 1), &[], true, &[9_007_199_254_740_992.0]),
        ("floats", |w| w.doubles(&[1.0, 2.0]), &[2], true, &[1.0, 2.0]),
        ("nothing", |w| w.array(0), &[0], true, &[]),
        ("bytes", |w| w.bytes(&1.5_f64.to_le_bytes()), &[1], false, &[1.5]),
        ("a segment", |w| int16s(w, &[2, 1], 0, &[3, -3]), &[2, 1], false, &[3.0, -3.0]),
        ("a segment of a list", |w| int16s(w, &[2], LIST, &[3, -3]), &[2], true, &[3.0, -3.0]),
        (
            "mixed",
            |w| {
                w.array(5)?;
                w.double(0.5)?;
                w.int64(-1)?;
                w.bool(true)?;
                int16s(w, &[], Segment::SCALAR, &[7])?;
                int16s(w, &[], 0, &[8])
            },
            &[5],
            true,
            &[0.5, -1.0, 1.0, 7.0, 8.0],
        ),
        (
            "rows",
            |w| {
                w.array(2)?;
                w.doubles(&[1.0, 2.0, 3.0])?;
                w.int64s(&[4, 5, 6])
            },
            &[2, 3],
            true,
            &[1.0, 2.0, 3.0, 4.0, 5.0, 6.0],
        ),
        (
            "segments as rows, first or later",
            |w| {
                w.array(3)?;
                w.doubles(&[1.0, 2.0])?;
                int16s(w, &[2], 0, &[3, 4])?;
                int16s(w, &[2], LIST, &[5, 6])
            },
            &[3, 2],
            true,
            &[1.0, 2.0, 3.0, 4.0, 5.0, 6.0],
        ),
        (
            "segments of several levels",
            |w| {
                w.array(2)?;
                int16s(w, &[2, 1], 0, &[1, 2])?;
                w.array(2)?;
                w.doubles(&[3.0])?;
                w.doubles(&[4.0])
            },
            &[2, 2, 1],
            true,
            &[1.0, 2.0, 3.0, 4.0],
        ),
        (
            "empty rows",
            |w| {
                w.array(3)?;
                w.array(0)?;
                w.array(0)?;
                int16s(w, &[0], 0, &[])
            },
            &[3, 0],
            true,
            &[],
        ),
    ];
    for (name, write, shape, list, values) in cases {
        assert_eq!(read(write).unwrap(), (shape.to_vec(), list, values.to_vec()), "{name}");
    }
}

#[test]
fn what_is_no_number_is_named_with_its_place() {
    type Write = fn(&mut Writer) -> Result<()>;
    let times = |w: &mut Writer, shape: &[u64]| {
        w.segment(&Segment::new(Dtype::Datetime(Unit::Second), shape, &[0; 8])?)
    };
    assert!(read(|w| times(w, &[1])).unwrap_err().message().contains("an array of datetime64[s]"));
    let cases: [(Write, &str); 11] = [
        (|w| w.string("x"), "the value is a string, not a number"),
        (|w| w.nil(), "is nil, not a number"),
        (|w| w.map(0), "is a map, not a number"),
        (|w| w.bytes(b"1234567"), "the 7 bytes are no"),
        (
            |w| {
                w.array(2)?;
                w.double(1.0)?;
                w.string("x")
            },
            "the value, item [1], is a string",
        ),
        (
            |w| {
                w.array(2)?;
                w.doubles(&[1.0])?;
                w.array(1)?;
                w.nil()
            },
            "item [1][0], is nil",
        ),
        (
            |w| {
                w.array(2)?;
                w.doubles(&[1.0, 2.0])?;
                w.doubles(&[1.0])
            },
            "item [1], is not of shape [2]",
        ),
        (
            |w| {
                w.array(2)?;
                w.double(1.0)?;
                w.doubles(&[1.0])
            },
            "item [1], is an array, not a number",
        ),
        (
            |w| {
                w.array(2)?;
                w.doubles(&[1.0])?;
                w.double(1.0)
            },
            "item [1], is a float, not a list of shape [1]",
        ),
        (
            |w| {
                w.array(2)?;
                w.doubles(&[1.0; 8])?;
                int16s(w, &[2, 4], 0, &[0; 8])
            },
            "item [1], is not of shape [8]",
        ),
        (
            |w| {
                w.array(3)?;
                w.doubles(&[1.0; 100])?;
                w.nil()?;
                w.nil()
            },
            "item [1], is nil, not a list of shape [100]",
        ),
    ];
    for (write, wanted) in cases {
        let error = read(write).unwrap_err();
        assert_eq!(error.status(), Status::InvalidArgument, "{error}");
        assert!(error.message().contains(wanted), "{error}: {wanted}");
    }
}

#[test]
fn lists_that_only_announce_numbers_take_no_memory() {
    // 1,000 rows, of which the first has 1,000 numbers and the others none.
    let mut bytes = vec![0xdc, 3, 232, 0xdc, 3, 232];
    bytes.resize(6 + 1000, 1);
    bytes.resize(6 + 1000 + 999, 0x90);
    let error = Document::new(&bytes).numbers(0).unwrap_err();
    assert_eq!(error.status(), Status::InvalidArgument);
    assert!(error.message().contains("[1000, 1000]"), "{error}");
    let mut empty = vec![0xdc, 3, 232, 0xdc, 3, 232];
    empty.resize(6 + 1999, 0x90);
    let error = Document::new(&empty).numbers(0).unwrap_err();
    assert!(error.message().contains("empty lists"), "{error}");
    // As many as its bytes may be.
    let mut rows = vec![0xdc, 0, 40];
    rows.extend([&[0xdc, 0, 40][..], &[0x90; 40]].concat().repeat(40));
    let numbers = Document::new(&rows).numbers(0).unwrap();
    assert_eq!(numbers.shape(), [40, 40, 0]);
}

#[test]
fn what_python_alone_reads_is_told_from_what_is_wrong() {
    let references = [
        &b"\x81\xa9_lmdb_ref\xc3"[..],
        b"\x91\x82\xa1x\x91\x01\xa9_lmdb_ref\xc3",
        b"\x93\x01\x82\x01\x02\xab_lmdb_ref_1\xa1x\x03",
        b"\x92\x91\x01\x81\xa9_lmdb_ref\xc3",
    ];
    let others = [&b"\xc7\x07\x50\x92\xa5arrow"[..], b"\x91\xc7\x01\x4e\x00"];
    for body in others.into_iter().chain(references) {
        let document = Document::new(body);
        let error = document
            .numbers(0)
            .and_then(|numbers| document.copy_numbers(&numbers, &mut vec![0.0; numbers.count()]))
            .unwrap_err();
        assert_eq!(error.status(), Status::BadFormat, "{error}");
    }
    assert_eq!(Document::new(references[0]).string(0).unwrap_err().status(), Status::BadFormat);
    // Somebody else's extension, and maps that stand for nothing.
    for body in [&b"\xc7\x01\x05\x00"[..], b"\x81\xa9_lmdb_ref\x01", b"\x81\xa9_lmdb_reX\xc3", b"\x80"] {
        let other = Document::new(body).numbers(0).unwrap_err();
        assert_eq!(other.status(), Status::InvalidArgument);
    }
}

#[test]
fn doubles_that_lie_aligned_are_used_in_place() {
    let mut writer = Writer::new();
    let data: Vec<u8> = [1.0_f64, 2.0].iter().flat_map(|number| number.to_le_bytes()).collect();
    writer.segment(&Segment::new(Dtype::F64, &[2], &data).unwrap()).unwrap();
    let bytes = writer.data().unwrap();
    assert_eq!(Document::new(bytes).numbers(0).unwrap().in_place(), Some(&data[..]));
    let moved = [&[0][..], bytes].concat();
    let document = Document::new(&moved[1..]);
    let numbers = document.numbers(0).unwrap();
    let at = moved[1..].as_ptr().addr();
    assert_eq!(numbers.in_place().is_some(), at.is_multiple_of(8));
}
