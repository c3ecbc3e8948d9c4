//! Segments: aligned wherever they are, borrowed while they are written, and refused when their header lies.

use crate::common::tree::{Array, Tree, arrays, bytes_of, dtypes, read, trees, write};
use dishtayantra_lmdb::document::{
    ALIGNMENT, Document, Dtype, MAX_NDIM, Segment, Type, Unit, Writer, half, validate,
};
use dishtayantra_lmdb::error::Status;
use dishtayantra_lmdb::format::Format;
use dishtayantra_lmdb::options::{Options, PutOptions};
use dishtayantra_lmdb::store::Store;
use proptest::prelude::*;

/// Positions in the value that `header` makes: of its body and of the fields there.
const BODY: usize = 6;
const SHAPE: usize = BODY + 8;

/// The bytes of a segment on its own.
fn alone(dtype: Dtype, shape: &[u64], data: &[u8]) -> Vec<u8> {
    let mut writer = Writer::new();
    writer.segment(&Segment::new(dtype, shape, data).unwrap()).unwrap();
    writer.data().unwrap().to_vec()
}

/// Every segment of a tree, in order.
fn segments(tree: &Tree) -> Vec<&Array> {
    match tree {
        Tree::Segment(array) => vec![array],
        Tree::Array(values) => values.iter().flat_map(segments).collect(),
        Tree::Map(pairs) => pairs.iter().flat_map(|(_, value)| segments(value)).collect(),
        _ => Vec::new(),
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn parts_joined_are_the_data_and_segments_lie_aligned(tree in trees()) {
        let mut writer = Writer::new();
        write(&tree, &mut writer).unwrap();
        let data = writer.data().unwrap();
        prop_assert_eq!(writer.parts().unwrap().concat(), data);
        prop_assert_eq!(writer.size().unwrap(), data.len());
        let arrays = segments(&tree);
        prop_assert!(arrays.is_empty() || data.as_ptr().addr().is_multiple_of(ALIGNMENT));
        let document = Document::new(data);
        let mut from = Document::ROOT;
        for array in arrays {
            let placed = document.next_segment(from).unwrap().expect("one more");
            prop_assert!(placed.segment.data().as_ptr().addr().is_multiple_of(ALIGNMENT));
            prop_assert_eq!(&Array::from(&placed.segment), array);
            prop_assert_eq!(document.segment(placed.node).unwrap(), placed);
            from = placed.end;
        }
        prop_assert_eq!(document.next_segment(from).unwrap(), None);
    }

    #[test]
    fn a_changed_header_is_refused_with_its_position_or_still_holds_together(
        array in arrays(),
        before in 0_usize..70,
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..4),
    ) {
        let tree = Tree::Array(vec![Tree::Text("x".repeat(before)), Tree::Segment(array.clone())]);
        let mut bytes = bytes_of(&tree);
        let node = Document::new(&bytes).at(Document::ROOT, 1).unwrap() as usize;
        for (at, byte) in changes {
            bytes[node + at.index(SHAPE + 8 * array.shape.len())] = byte;
        }
        let document = Document::new(&bytes);
        match document.segment(node as u64) {
            Ok(placed) => {
                let segment = placed.segment;
                let at = segment.data().as_ptr().addr() - bytes.as_ptr().addr();
                prop_assert!(at.is_multiple_of(ALIGNMENT));
                prop_assert_eq!(at + segment.data().len(), placed.end as usize);
                prop_assert!(Segment::new(segment.dtype(), segment.shape(), segment.data()).is_ok());
            }
            Err(error) if error.status() == Status::Corrupt => {
                let position = error.message().split("at byte ").nth(1).unwrap();
                let position: usize = position.split(':').next().unwrap().parse().unwrap();
                prop_assert!((node..=node + SHAPE).contains(&position), "{}", error);
            }
            // The marker or the type number changed, or the item's size did.
            Err(error) => prop_assert_eq!(error.status(), Status::InvalidArgument),
        }
        let _ = validate(&bytes);
        let _ = document.count(node as u64);
    }

    #[test]
    fn dtypes_are_told_apart_by_their_codes(dtype in dtypes(), code in any::<u32>(), unit in 0_u32..20) {
        prop_assert_eq!(Dtype::from_codes(dtype.code().into(), dtype.unit() as u32), Ok(dtype));
        if let Ok(other) = Dtype::from_codes(code % 300, unit) {
            prop_assert_eq!((u32::from(other.code()), other.unit() as u32), (code % 300, unit));
        }
    }
}

#[test]
fn a_list_is_no_more_than_a_thousand_empty_lists() {
    let most: u64 = 1 << 10;
    for shape in [&[most, 0][..], &[32, 32, 0, 1 << 30], &[0, 1 << 40]] {
        let segment = Segment::new(Dtype::F64, shape, &[]).unwrap().with_flags(Segment::LIST).unwrap();
        let mut writer = Writer::new();
        writer.segment(&segment).unwrap();
        validate(writer.data().unwrap()).unwrap();
    }
    for shape in
        [&[most + 1, 0][..], &[1 << 40, 0], &[32, 32, 2, 0], &[1 << 20, 1, 0], &[1 << 31, 1 << 28, 0]]
    {
        let segment = Segment::new(Dtype::F64, shape, &[]).unwrap();
        let mut writer = Writer::new();
        writer.segment(&segment).unwrap();
        let mut bytes = writer.data().unwrap().to_vec();
        validate(&bytes).unwrap();
        let refused = segment.with_flags(Segment::LIST).unwrap_err();
        assert_eq!(refused.status(), Status::InvalidArgument);
        assert!(Writer::new().reserve(Dtype::F64, shape, Segment::LIST).is_err());
        bytes[BODY + 3] = Segment::LIST as u8;
        let corrupt = Document::new(&bytes).segment(Document::ROOT).unwrap_err();
        assert_eq!(corrupt.status(), Status::Corrupt);
        for error in [refused, corrupt] {
            assert!(error.message().contains("empty lists"), "{error}");
        }
        assert!(validate(&bytes).unwrap_err().message().contains(&format!("at byte {}", BODY + 3)));
    }
}

#[test]
fn hostile_headers_are_refused_with_their_position() {
    let good = alone(Dtype::F64, &[2, 3], &[0; 48]);
    validate(&good).unwrap();
    let u64s = |dims: &[u64]| dims.iter().flat_map(|dim| dim.to_le_bytes()).collect::<Vec<u8>>();
    let cases: &[(&str, usize, &[u8], usize, &str)] = &[
        ("another version", BODY, &[2], BODY, "version 2"),
        ("no dtype", BODY + 1, b"x", BODY + 1, "120 is no dtype"),
        ("a unit on floats", BODY + 2, &[1], BODY + 1, "unit 1 with dtype float64"),
        ("no unit", BODY + 1, &[b'M', 14], BODY + 1, "14 is no unit"),
        ("unknown flags", BODY + 3, &[4], BODY + 3, "flags 0x4"),
        ("a scalar with a shape", BODY + 3, &[2], BODY + 3, "a scalar"),
        ("too many dimensions", BODY + 4, &[33], BODY + 4, "33 dimensions"),
        ("dimensions that are not there", BODY + 4, &[20], SHAPE, "20 dimensions in a segment of"),
        ("a dimension less", BODY + 4, &[1], SHAPE, "with shape [2] has"),
        ("padding of a block", BODY + 5, &[64], BODY + 5, "64 bytes of padding"),
        ("padding that shifts the data", BODY + 5, &[33], SHAPE, "has 57 + 48"),
        ("bytes that should be zero", BODY + 7, &[1], BODY + 6, "should be zero"),
        ("a longer shape", SHAPE, &u64s(&[3, 3]), SHAPE, "with shape [3, 3] has 58 + 72"),
        ("an empty shape", SHAPE, &u64s(&[0, 3]), SHAPE, "with shape [0, 3] has 58 + 0"),
        ("a shape that overflows", SHAPE, &u64s(&[1 << 61, 1 << 61]), SHAPE, "larger than any memory"),
        ("a shape that wraps to the size", SHAPE, &u64s(&[1 << 63, 6]), SHAPE, "larger than any memory"),
        ("an empty one that overflows", SHAPE, &u64s(&[0, u64::MAX]), SHAPE, "larger than any memory"),
        ("another item size", BODY + 1, b"f", SHAPE, "float32 with shape [2, 3] has 58 + 24"),
    ];
    for (name, at, bytes, position, what) in cases {
        let mut bad = good.clone();
        bad[*at..*at + bytes.len()].copy_from_slice(bytes);
        let document = Document::new(&bad);
        let count = document.count(Document::ROOT).map(drop);
        let numbers = document.numbers_into(Document::ROOT, &mut [0.0; 6]).map(drop);
        let next = document.next_segment(Document::ROOT).map(drop);
        for answer in [document.segment(Document::ROOT).map(drop), validate(&bad), count, numbers, next] {
            let error = answer.expect_err(name);
            assert_eq!(error.status(), Status::Corrupt, "{name}: {error}");
            let message = error.message();
            assert!(
                message.contains(&format!("at byte {position}: ")) && message.contains(what),
                "{name}: {message}"
            );
        }
        assert_eq!(document.kind(Document::ROOT).unwrap(), Type::Segment, "{name}");
    }
}

#[test]
fn a_segment_cut_at_any_byte_is_corrupt() {
    let good = alone(Dtype::I16, &[3], &[1, 0, 2, 0, 3, 0]);
    for len in 0..good.len() {
        let cut = Document::new(&good[..len]);
        assert_eq!(cut.segment(Document::ROOT).unwrap_err().status(), Status::Corrupt, "cut to {len} bytes");
        assert_eq!(cut.validate().unwrap_err().status(), Status::Corrupt, "cut to {len} bytes");
    }
    for len in [0, 7] {
        let short = [&[0xc7, len, 68][..], &good[BODY..BODY + len as usize]].concat();
        let error = validate(&short).unwrap_err();
        assert!(error.message().contains(&format!("at byte 3: a segment of {len} bytes")), "{error}");
    }
}

#[test]
fn a_segment_moved_inside_its_payload_is_corrupt() {
    // Libraries that unpack an extension and pack it again write `ext 8` for it, or put it elsewhere.
    let good = alone(Dtype::U8, &[3], &[7, 8, 9]);
    let moved = [&[0x91][..], &good].concat();
    let error = validate(&moved).unwrap_err();
    assert_eq!(error.status(), Status::Corrupt);
    assert!(error.message().contains("at byte 12: the data of a segment start at byte 65"), "{error}");
    // With its padding made anew, any form of extension will do.
    let body = good.len() - BODY;
    let mut short =
        [&[0xc7, (body + 3) as u8, 68][..], &good[BODY..BODY + 16], &[0; 45], &[7, 8, 9]].concat();
    short[3 + 5] = 45;
    validate(&short).unwrap();
    assert_eq!(Document::new(&short).segment(Document::ROOT).unwrap().segment.data(), [7, 8, 9]);
}

#[test]
fn a_payload_at_an_odd_address_is_the_callers_fault_and_still_converts() {
    let good = alone(Dtype::F64, &[2], &[1.5_f64.to_le_bytes(), 2.5_f64.to_le_bytes()].concat());
    let mut room = vec![0; good.len() + 8];
    let odd = (0..8).find(|at| room[*at..].as_ptr().addr() % 8 == 1).unwrap();
    room[odd..odd + good.len()].copy_from_slice(&good);
    let document = Document::new(&room[odd..odd + good.len()]);
    document.validate().unwrap();
    let error = document.segment(Document::ROOT).unwrap_err();
    assert_eq!(error.status(), Status::InvalidArgument);
    assert!(error.message().contains("float64 needs a multiple of 8"), "{error}");
    let mut values = [0.0; 2];
    assert_eq!(document.numbers_into(Document::ROOT, &mut values).unwrap(), 2);
    assert_eq!(values, [1.5, 2.5]);
}

#[test]
fn halves_are_converted_to_the_doubles_that_they_are() {
    // Every one of them, held against what makes the next larger one of them.
    let mut last = -1.0;
    for bits in 0..0x7c00_u16 {
        let value = half(bits);
        let gap = if bits < 0x800 { 2_f64.powi(-24) } else { 2_f64.powi(i32::from((bits - 1) >> 10) - 25) };
        assert!(bits == 0 && value == 0.0 || value - last == gap, "{bits:#x} is {value}, after {last}");
        assert_eq!((half(bits | 0x8000), half(bits | 0x8000).is_sign_negative()), (-value, true));
        last = value;
    }
    assert_eq!((last, half(0x7c00), half(0xfc00)), (65_504.0, f64::INFINITY, f64::NEG_INFINITY));
    // What is no number keeps its bits.
    assert_eq!(half(0xfe01).to_bits(), 0xfff8_0400_0000_0000);
}

#[test]
fn items_lie_as_their_parts_need_it() {
    let alignments =
        [(Dtype::F16, 2, "float16"), (Dtype::C64, 4, "complex64"), (Dtype::C128, 8, "complex128")];
    for (dtype, alignment, name) in alignments {
        let good = alone(dtype, &[1], &vec![0; dtype.itemsize()]);
        let mut room = vec![0; good.len() + 16];
        for away in [alignment, alignment / 2] {
            let at = (0..16).find(|at| room[*at..].as_ptr().addr() % 16 == away).unwrap();
            room[at..at + good.len()].copy_from_slice(&good);
            let document = Document::new(&room[at..at + good.len()]);
            let found = document.segment(Document::ROOT);
            if away == alignment {
                assert_eq!(found.unwrap().segment.dtype(), dtype);
            } else {
                let needed = format!("{name} needs a multiple of {alignment}");
                assert!(found.unwrap_err().message().contains(&needed));
            }
        }
    }
}

#[test]
fn what_is_no_number_is_not_converted() {
    let times = [Dtype::Datetime(Unit::Second), Dtype::Timedelta(Unit::Day)];
    for dtype in [Dtype::Bool, Dtype::C64, Dtype::C128].into_iter().chain(times) {
        let bytes = alone(dtype, &[1], &vec![0; dtype.itemsize()]);
        let error = Document::new(&bytes).numbers_into(Document::ROOT, &mut [0.0; 4]).unwrap_err();
        assert_eq!(error.status(), Status::InvalidArgument);
        assert!(error.message().contains(&format!("a segment of {dtype}, not of numbers")), "{error}");
        if dtype != Dtype::Bool {
            let error = Document::new(&bytes).numbers(Document::ROOT).unwrap_err();
            assert_eq!(error.status(), Status::InvalidArgument);
            assert!(error.message().contains(&format!("an array of {dtype} with shape [1], not a number")));
        }
    }
    let bytes = alone(Dtype::F32, &[3], &[0; 12]);
    let small = Document::new(&bytes).numbers_into(Document::ROOT, &mut [0.0; 2]).unwrap_err();
    assert_eq!(small.status(), Status::BufferTooSmall);
}

#[test]
fn extensions_of_every_type_are_found_in_order() {
    // {"a": [ext 5, {"b": ext -1 (a timestamp)}], "c": ext 80 in a text's neighbourhood}
    let bytes = b"\x82\xa1a\x92\xd4\x05x\x81\xa1b\xd6\xff\0\0\0\x01\xa1c\xc7\x03\x50\xd4\x05y";
    let document = Document::new(bytes);
    let mut from = Document::ROOT;
    let mut seen = Vec::new();
    while let Some((node, tag, end)) = document.next_extension(from).unwrap() {
        seen.push((node, tag, end));
        from = end;
    }
    // What looks like one inside another is its body.
    assert_eq!(seen, [(4, 5, 7), (10, -1, 16), (18, 80, 24)]);
    assert_eq!(from, bytes.len() as u64);
    assert_eq!(document.next_extension(1000).unwrap_err().status(), Status::Corrupt);
    let cut = Document::new(&bytes[..20]);
    assert_eq!(cut.next_extension(16).unwrap_err().status(), Status::Corrupt);
}

#[test]
fn only_segments_are_segments() {
    let mut writer = Writer::new();
    writer.map(1).unwrap();
    writer.string("list").unwrap();
    writer.doubles(&[1.0]).unwrap();
    let document = Document::new(writer.data().unwrap());
    let list = document.find(Document::ROOT, "list").unwrap();
    let error = document.segment(list).unwrap_err();
    assert_eq!(error.status(), Status::InvalidArgument);
    assert!(error.message().contains("is an array, not a segment"), "{error}");
    assert_eq!(document.next_segment(Document::ROOT).unwrap(), None);
    for far in [1000, u64::MAX] {
        assert_eq!(document.next_segment(far).unwrap_err().status(), Status::Corrupt);
    }
    // An extension of another type, and a segment that a path tries to enter.
    assert_eq!(Document::new(b"\xc7\x03\x45abc").kind(Document::ROOT).unwrap(), Type::Ext);
    let segment = alone(Dtype::U8, &[1], &[1]);
    let error = Document::new(&segment).find(Document::ROOT, "0").unwrap_err();
    assert_eq!(error.status(), Status::NotFound);
    assert!(error.message().contains("is a segment"), "{error}");
}

#[test]
fn segments_that_cannot_be_are_not_made() {
    let refused = |dtype, shape: &[u64], data: &[u8], what: &str| {
        let error = Segment::new(dtype, shape, data).unwrap_err();
        assert_eq!(error.status(), Status::InvalidArgument);
        assert!(error.message().contains(what), "{error}");
    };
    refused(Dtype::F64, &[2], &[0; 8], "8 bytes for a segment of float64 with shape [2], which has 16");
    refused(Dtype::F64, &[], &[], "0 bytes for a segment of float64 with shape [], which has 8");
    refused(Dtype::U8, &[1; MAX_NDIM + 1], &[0], "33 dimensions; 32 are allowed");
    refused(Dtype::U8, &[1 << 63], &[], "larger than any memory");
    refused(Dtype::U8, &[0, 1 << 62, 4], &[], "larger than any memory");
    let row = Segment::new(Dtype::U8, &[1], &[0]).unwrap();
    for flags in [4, Segment::SCALAR] {
        assert_eq!(row.with_flags(flags).unwrap_err().status(), Status::InvalidArgument);
    }
    let item = Segment::new(Dtype::U8, &[], &[0]).unwrap();
    assert_eq!(item.with_flags(Segment::SCALAR).unwrap().flags(), Segment::SCALAR);
    assert!(item.with_flags(Segment::SCALAR | Segment::LIST).is_err());
}

#[test]
fn the_writer_borrows_the_data_and_refuses_segments_without_a_place() {
    let data = vec![7; 100_000];
    let segment = Segment::new(Dtype::U8, &[100_000], &data).unwrap();
    let mut writer = Writer::new();
    writer.map(1).unwrap();
    let error = writer.segment(&segment).unwrap_err();
    assert!(error.message().contains("a segment as a map's key"), "{error}");
    writer.string("a").unwrap();
    writer.segment(&segment).unwrap();
    assert!(writer.segment(&segment).unwrap_err().message().contains("a segment after the end"));
    let parts = writer.parts().unwrap();
    assert_eq!(parts.len(), 2);
    assert_eq!(parts[1].as_ptr(), data.as_ptr());
    assert_eq!(writer.size().unwrap(), 64 + 100_000);
    writer.reset();
    assert_eq!(writer.size().unwrap_err().status(), Status::InvalidArgument);
    writer.nil().unwrap();
    assert_eq!(writer.data().unwrap(), b"\xc0");
}

#[test]
fn segments_of_every_size_lie_aligned_in_the_map_and_read_back_equal() {
    let directory = crate::common::scratch();
    let store = Store::open(directory.path(), &Options::default()).unwrap();
    let options = PutOptions { format: Format::Msgpack, ..PutOptions::default() };
    let sizes =
        (0..70).chain([127, 128, 129, 1000, 1700, 1800, 1900, 2000, 2100, 4000, 4096, 16_000, 16_384]);
    for size in sizes.chain([16_400, 65_536, 1_000_000, 3_000_000]) {
        let item = |dtype: Dtype, count: usize, flags| {
            let data = (0..count * dtype.itemsize()).map(|at| (at * 31 + size) as u8).collect();
            Tree::Segment(Array { dtype, shape: vec![count as u64], flags, data })
        };
        let tree = Tree::Map(vec![
            ("name".into(), Tree::Text("x".repeat(size % 67))),
            ("bytes".into(), item(Dtype::U8, size, 0)),
            ("deep".into(), Tree::Array(vec![Tree::Nil, item(Dtype::F64, size / 8, Segment::LIST)])),
            ("last".into(), item(Dtype::I16, size % 5, 0)),
        ]);
        let mut writer = Writer::new();
        write(&tree, &mut writer).unwrap();
        let info = store.put("default", b"document", &writer.parts().unwrap(), &options).unwrap();
        assert_eq!(info.size as usize, writer.size().unwrap());
        let view = store.view("default", b"document").unwrap().expect("just put");
        let document = Document::of_view(&view);
        document.validate().unwrap();
        assert!(read(&document, Document::ROOT).unwrap() == tree, "size {size}");
        let mut from = Document::ROOT;
        while let Some(placed) = document.next_segment(from).unwrap() {
            assert_eq!(placed.segment.data().as_ptr().addr() % ALIGNMENT, 0, "size {size}");
            from = placed.end;
        }
    }
}

#[test]
fn a_scalar_segment_reads_as_the_number_it_is() {
    let written = |dtype: Dtype, data: &[u8], flags: u32| {
        let mut writer = Writer::new();
        writer.segment(&Segment::new(dtype, &[], data).unwrap().with_flags(flags).unwrap()).unwrap();
        writer.data().unwrap().to_vec()
    };
    let scalar = |dtype, data: &[u8]| written(dtype, data, Segment::SCALAR);
    let float = scalar(Dtype::F32, &0.5_f32.to_le_bytes());
    assert_eq!(Document::new(&float).double(0).unwrap(), 0.5);
    let negative = scalar(Dtype::I16, &(-7_i16).to_le_bytes());
    assert_eq!(Document::new(&negative).int64(0).unwrap(), -7);
    assert_eq!(Document::new(&negative).uint64(0).unwrap_err().status(), Status::InvalidArgument);
    let large = scalar(Dtype::U64, &u64::MAX.to_le_bytes());
    assert_eq!(Document::new(&large).uint64(0).unwrap(), u64::MAX);
    assert!(Document::new(&scalar(Dtype::Bool, &[1])).bool(0).unwrap());
    let half = scalar(Dtype::F16, &0xb800_u16.to_le_bytes());
    assert_eq!(Document::new(&half).double(0).unwrap(), -0.5);
    // A complex number is none that others have.
    let complex = scalar(Dtype::C64, &[0; 8]);
    assert_eq!(Document::new(&complex).double(0).unwrap_err().status(), Status::InvalidArgument);
    assert_eq!(Document::new(&complex).kind(0).unwrap(), Type::Segment);
    // An array without dimensions is an array all the same.
    let array = written(Dtype::F64, &1.0_f64.to_le_bytes(), 0);
    assert_eq!(Document::new(&array).double(0).unwrap_err().status(), Status::InvalidArgument);
}

#[test]
fn reserved_data_are_put_in_their_place_by_the_caller() {
    let (doubles, bytes) = ([1.5_f64, -2.0], [1_u8, 2, 3]);
    let doubles: Vec<u8> = doubles.iter().flat_map(|value| value.to_le_bytes()).collect();
    let mut lent = Writer::new();
    let mut reserving = Writer::new();
    let mut places = Vec::new();
    for writer in [&mut lent, &mut reserving] {
        writer.array(4).unwrap();
        writer.string("before").unwrap();
    }
    for (dtype, data, flags) in [(Dtype::F64, &doubles[..], 0), (Dtype::U8, &bytes[..], Segment::LIST)] {
        let shape = [(data.len() / dtype.itemsize()) as u64];
        lent.segment(&Segment::new(dtype, &shape, data).unwrap().with_flags(flags).unwrap()).unwrap();
        places.push((reserving.reserve(dtype, &shape, flags).unwrap() as usize, data));
    }
    for writer in [&mut lent, &mut reserving] {
        writer.nil().unwrap();
    }
    let mut filled = vec![0; reserving.size().unwrap()];
    reserving.fill(&mut filled).unwrap();
    for (place, data) in places {
        filled[place..place + data.len()].copy_from_slice(data);
    }
    assert_eq!(filled, lent.data().unwrap());
    let mut again = vec![0; filled.len()];
    lent.fill(&mut again).unwrap();
    assert_eq!(again, filled, "what is lent is written too");
    let error = reserving.parts().unwrap_err();
    assert!(error.message().contains("reserved"), "{error}");
    assert_eq!(reserving.reserve(Dtype::U8, &[1], 0).unwrap_err().status(), Status::InvalidArgument);
    assert_eq!(Writer::new().reserve(Dtype::U8, &[1], 4).unwrap_err().status(), Status::InvalidArgument);
}
