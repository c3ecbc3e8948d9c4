//! Documents as trees, for comparing.

use dishtayantra_lmdb::document::{Document, Dtype, Iter, Node, Segment, Type, Unit, Writer};
use dishtayantra_lmdb::error::Result;
use proptest::collection::vec;
use proptest::prelude::*;

/// A document.
#[derive(Debug, Clone, PartialEq)]
pub enum Tree {
    Nil,
    Bool(bool),
    Int(i64),
    /// Only what does not fit in an `i64`.
    Uint(u64),
    /// Bits, so that NaN equals itself.
    Float(u64),
    Text(String),
    Bytes(Vec<u8>),
    Array(Vec<Tree>),
    Map(Vec<(String, Tree)>),
    Segment(Array),
}

/// A segment that owns its data.
#[derive(Debug, Clone, PartialEq)]
pub struct Array {
    pub dtype: Dtype,
    pub shape: Vec<u64>,
    pub flags: u32,
    pub data: Vec<u8>,
}

impl Array {
    /// The segment that borrows the data.
    pub fn segment(&self) -> Segment<'_> {
        Segment::new(self.dtype, &self.shape, &self.data).unwrap().with_flags(self.flags).unwrap()
    }
}

impl From<&Segment<'_>> for Array {
    fn from(segment: &Segment) -> Array {
        Array {
            dtype: segment.dtype(),
            shape: segment.shape().to_vec(),
            flags: segment.flags(),
            data: segment.data().to_vec(),
        }
    }
}

pub fn dtypes() -> impl Strategy<Value = Dtype> {
    let unit = prop::sample::select(&Unit::ALL[..]);
    prop_oneof![
        8 => prop::sample::select(&b"?bBhHiIqQfdeFD"[..])
            .prop_map(|code| Dtype::from_codes(code.into(), 0).unwrap()),
        1 => unit.clone().prop_map(Dtype::Datetime),
        1 => unit.prop_map(Dtype::Timedelta),
    ]
}

/// Segments of any number of dimensions, of 1600 bytes at most.
pub fn arrays() -> impl Strategy<Value = Array> {
    let shapes = prop_oneof![
        3 => vec(0_u64..200, 1),
        3 => vec(0_u64..6, 0..4),
        1 => vec(1_u64..3, 5..=32).prop_map(|mut shape| {
            shape[5..].fill(1);
            shape
        }),
    ];
    (dtypes(), shapes, any::<u8>(), any::<bool>()).prop_map(|(dtype, shape, seed, flag)| {
        let size = Segment::size_of(dtype, &shape).unwrap();
        let data = (0..size).map(|at| (at as u8).wrapping_mul(37) ^ seed).collect();
        let flags = match (flag, shape.is_empty()) {
            (false, _) => 0,
            (true, true) => Segment::SCALAR,
            (true, false) => Segment::LIST,
        };
        Array { dtype, shape, flags, data }
    })
}

/// Trees of every kind of value.
pub fn trees() -> impl Strategy<Value = Tree> {
    let leaf = prop_oneof![
        Just(Tree::Nil),
        any::<bool>().prop_map(Tree::Bool),
        any::<i64>().prop_map(Tree::Int),
        (-40_i64..300).prop_map(Tree::Int),
        (i64::MAX as u64 + 1..=u64::MAX).prop_map(Tree::Uint),
        any::<f64>().prop_map(|value| Tree::Float(value.to_bits())),
        ".{0,40}".prop_map(Tree::Text),
        vec(any::<u8>(), 0..300).prop_map(Tree::Bytes),
        arrays().prop_map(Tree::Segment),
        vec(any::<f64>().prop_map(|value| Tree::Float(value.to_bits())), 0..40).prop_map(Tree::Array),
    ];
    leaf.prop_recursive(6, 96, 20, |inner| {
        prop_oneof![
            vec(inner.clone(), 0..20).prop_map(Tree::Array),
            vec(("[a-z.]{0,6}", inner), 0..20).prop_map(Tree::Map),
        ]
    })
}

/// Writes a tree; segments are borrowed from it.
pub fn write<'a>(tree: &'a Tree, writer: &mut Writer<'a>) -> Result<()> {
    match tree {
        Tree::Nil => writer.nil(),
        Tree::Bool(value) => writer.bool(*value),
        Tree::Int(value) => writer.int64(*value),
        Tree::Uint(value) => writer.uint64(*value),
        Tree::Float(bits) => writer.double(f64::from_bits(*bits)),
        Tree::Text(text) => writer.string(text),
        Tree::Bytes(bytes) => writer.bytes(bytes),
        Tree::Segment(array) => writer.segment(&array.segment()),
        Tree::Array(values) => {
            writer.array(values.len())?;
            values.iter().try_for_each(|value| write(value, writer))
        }
        Tree::Map(pairs) => {
            writer.map(pairs.len())?;
            pairs.iter().try_for_each(|(key, value)| {
                writer.string(key)?;
                write(value, writer)
            })
        }
    }
}

pub fn bytes_of(tree: &Tree) -> Vec<u8> {
    let mut writer = Writer::new();
    write(tree, &mut writer).unwrap();
    writer.data().unwrap().to_vec()
}

/// Reads what is at `node`.
pub fn read(document: &Document, node: Node) -> Result<Tree> {
    Ok(match document.kind(node)? {
        Type::Nil => Tree::Nil,
        Type::Bool => Tree::Bool(document.bool(node)?),
        Type::Int => match document.int64(node) {
            Ok(value) => Tree::Int(value),
            Err(_) => Tree::Uint(document.uint64(node)?),
        },
        Type::Float => Tree::Float(document.double(node)?.to_bits()),
        Type::String => Tree::Text(document.string(node)?.to_owned()),
        Type::Bytes => Tree::Bytes(document.bytes(node)?.to_vec()),
        Type::Array => {
            let mut values = Vec::new();
            let mut iter = document.iterate(node)?;
            while document.next(&mut iter)? {
                assert_eq!(iter.key, Iter::NO_KEY);
                values.push(read(document, iter.value)?);
            }
            Tree::Array(values)
        }
        Type::Map => {
            let mut pairs = Vec::new();
            let mut iter = document.iterate(node)?;
            while document.next(&mut iter)? {
                let key = document.string(iter.key)?.to_owned();
                pairs.push((key, read(document, iter.value)?));
            }
            Tree::Map(pairs)
        }
        Type::Segment => Tree::Segment((&document.segment(node)?.segment).into()),
        Type::Ext => Tree::Nil,
    })
}

/// Asks a document everything there is to ask of every value in it, whatever it answers.
pub fn exercise(document: &Document, node: Node, budget: &mut u32) {
    if *budget == 0 {
        return;
    }
    *budget -= 1;
    let _ = document.count(node);
    let _ = document.bool(node);
    let _ = document.int64(node);
    let _ = document.uint64(node);
    let _ = document.double(node);
    let _ = document.string(node);
    let _ = document.bytes(node);
    let _ = document.numbers_into(node, &mut [0.0; 4]);
    if let Ok(placed) = document.segment(node) {
        // Every byte, so that tools see reads outside.
        let sum: u64 = placed.segment.data().iter().map(|&byte| u64::from(byte)).sum();
        assert!(sum <= 255 * placed.segment.data().len() as u64);
        let _ = document.numbers_into(node, &mut vec![0.0; placed.segment.count()]);
    }
    if let Ok(Some(placed)) = document.next_segment(node) {
        assert!(placed.node >= node && placed.end > placed.node);
    }
    let _ = document.find(node, "a.0.b");
    let _ = document.get(node, "a");
    let _ = document.at(node, 1);
    let Ok(mut iter) = document.iterate(node) else { return };
    while let Ok(true) = document.next(&mut iter) {
        exercise(document, iter.value, budget);
    }
}
