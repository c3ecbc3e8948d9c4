//! The writer's bytes against those of Python's `msgpack` 1.2: `packb(value, use_bin_type=True)`.

use dishtayantra_lmdb::document::{Document, Type, Writer, validate};
use dishtayantra_lmdb::error::Result;

fn written(write: impl FnOnce(&mut Writer) -> Result<()>) -> Vec<u8> {
    let mut writer = Writer::new();
    write(&mut writer).unwrap();
    writer.data().unwrap().to_vec()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[test]
fn integers_take_their_narrowest_encoding() {
    let golden: &[(i64, &str)] = &[
        (0, "00"),
        (127, "7f"),
        (128, "cc80"),
        (255, "ccff"),
        (256, "cd0100"),
        (65_535, "cdffff"),
        (65_536, "ce00010000"),
        (4_294_967_295, "ceffffffff"),
        (4_294_967_296, "cf0000000100000000"),
        (i64::MAX, "cf7fffffffffffffff"),
        (-1, "ff"),
        (-32, "e0"),
        (-33, "d0df"),
        (-128, "d080"),
        (-129, "d1ff7f"),
        (-32_768, "d18000"),
        (-32_769, "d2ffff7fff"),
        (-2_147_483_648, "d280000000"),
        (-2_147_483_649, "d3ffffffff7fffffff"),
        (i64::MIN, "d38000000000000000"),
    ];
    for (value, bytes) in golden {
        assert_eq!(hex(&written(|writer| writer.int64(*value))), *bytes, "{value}");
        if let Ok(value) = u64::try_from(*value) {
            assert_eq!(hex(&written(|writer| writer.uint64(value))), *bytes, "{value}");
        }
        // In a list too: a header of one value before it.
        assert_eq!(hex(&written(|writer| writer.int64s(&[*value]))), format!("91{bytes}"));
    }
    assert_eq!(hex(&written(|writer| writer.uint64(u64::MAX))), "cfffffffffffffffff");
}

#[test]
fn floats_are_always_64_bits() {
    let golden: &[(f64, &str)] = &[
        (0.0, "cb0000000000000000"),
        (-0.0, "cb8000000000000000"),
        (1.5, "cb3ff8000000000000"),
        (std::f64::consts::PI, "cb400921fb54442d18"),
        (f64::INFINITY, "cb7ff0000000000000"),
        (1e300, "cb7e37e43c8800759c"),
    ];
    for (value, bytes) in golden {
        assert_eq!(hex(&written(|writer| writer.double(*value))), *bytes, "{value}");
        assert_eq!(hex(&written(|writer| writer.doubles(&[*value]))), format!("91{bytes}"));
    }
}

#[test]
fn lengths_take_their_narrowest_encoding() {
    // Length, the bytes before the first content byte.
    let strings = [(0, "a0"), (31, "bf"), (32, "d920"), (255, "d9ff"), (256, "da0100"), (65_535, "daffff")];
    for (len, head) in strings.into_iter().chain([(65_536, "db00010000")]) {
        let bytes = written(|writer| writer.string(&"x".repeat(len)));
        assert_eq!(hex(&bytes), head.to_owned() + &"78".repeat(len), "a string of {len}");
    }
    let blobs = [(0, "c400"), (255, "c4ff"), (256, "c50100"), (65_535, "c5ffff"), (65_536, "c600010000")];
    for (len, head) in blobs {
        let bytes = written(|writer| writer.bytes(&vec![b'x'; len]));
        assert_eq!(hex(&bytes), head.to_owned() + &"78".repeat(len), "bytes of {len}");
    }
    let arrays = [(0, "90"), (15, "9f"), (16, "dc0010"), (65_535, "dcffff"), (65_536, "dd00010000")];
    for (len, head) in arrays {
        let expected = head.to_owned() + &"01".repeat(len);
        let one_by_one = written(|writer| {
            writer.array(len)?;
            (0..len).try_for_each(|_| writer.int64(1))
        });
        assert_eq!(hex(&one_by_one), expected, "an array of {len}");
        assert_eq!(hex(&written(|writer| writer.int64s(&vec![1; len]))), expected);
        let doubles = written(|writer| writer.doubles(&vec![1.5; len]));
        assert_eq!(hex(&doubles), head.to_owned() + &"cb3ff8000000000000".repeat(len));
    }
    let maps = [(0, "80"), (15, "8f"), (16, "de0010"), (65_535, "deffff"), (65_536, "df00010000")];
    for (len, head) in maps {
        let bytes = written(|writer| {
            writer.map(len)?;
            (0..2 * len).try_for_each(|_| writer.int64(1))
        });
        assert_eq!(hex(&bytes), head.to_owned() + &"01".repeat(2 * len), "a map of {len}");
    }
}

#[test]
fn a_nested_dict_is_written_as_python_writes_it() {
    // {"values": [1.0, 2.5, -3.25], "name": "é∑",
    //  "meta": {"n": 3, "deep": [[], {}, None, {"k": b"\x00\xff"}]}, "ids": [-1, 300, 70000, 2**40]}
    let golden = concat!(
        "84a676616c75657393cb3ff0000000000000cb4004000000000000cbc00a000000000000",
        "a46e616d65a5c3a9e28891a46d65746182a16e03a464656570949080c081a16bc40200ff",
        "a369647394ffcd012cce00011170cf0000010000000000",
    );
    let bytes = written(|writer| {
        writer.map(4)?;
        writer.string("values")?;
        writer.doubles(&[1.0, 2.5, -3.25])?;
        writer.string("name")?;
        writer.string("é∑")?;
        writer.string("meta")?;
        writer.map(2)?;
        writer.string("n")?;
        writer.int64(3)?;
        writer.string("deep")?;
        writer.array(4)?;
        writer.array(0)?;
        writer.map(0)?;
        writer.nil()?;
        writer.map(1)?;
        writer.string("k")?;
        writer.bytes(b"\x00\xff")?;
        writer.string("ids")?;
        writer.int64s(&[-1, 300, 70_000, 1 << 40])
    });
    assert_eq!(hex(&bytes), golden);
    assert_eq!(
        hex(&written(|writer| {
            writer.array(3)?;
            writer.nil()?;
            writer.bool(true)?;
            writer.bool(false)
        })),
        "93c0c3c2"
    );
}

#[test]
fn extensions_are_known_and_passed_over() {
    // [ExtType(5, b"abc"), Timestamp(1, 0), 7]
    let bytes = b"\x93\xc7\x03\x05abc\xd6\xff\x00\x00\x00\x01\x07";
    validate(bytes).unwrap();
    let document = Document::new(bytes);
    assert_eq!(document.kind(document.at(Document::ROOT, 0).unwrap()).unwrap(), Type::Ext);
    assert_eq!(document.kind(document.at(Document::ROOT, 1).unwrap()).unwrap(), Type::Ext);
    assert_eq!(document.int64(document.at(Document::ROOT, 2).unwrap()).unwrap(), 7);
}
