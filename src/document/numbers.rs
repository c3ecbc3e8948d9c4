//! A value of a document as doubles with a shape: where they lie when they lie as such, else copied in one pass.

use super::dtype::{Dtype, half};
use super::head::Head;
use super::scalar::number;
use super::segment::{EXTENSION, MAX_NDIM, MOST_EMPTY_LISTS, Segment, is_few_lists, refused};
use super::table::Part;
use super::{Document, Node, REFERENCE, TABLE};
use crate::error::{Error, Result, Status};
use std::fmt;

const UNEQUAL: &str = "lists of numbers inside one another must have equal lengths in each level";

/// The extensions of other libraries' types: arrays in format numpy, Python's own types and tables, and what is reserved for
/// tables alone. Python reads them.
const APART: [i8; 3] = [78, 80, TABLE];

/// Where a value is in lists inside one another.
struct Place<'a>(&'a [u64]);

impl fmt::Display for Place<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Place(index) = self;
        f.write_str("the value")?;
        if !index.is_empty() {
            f.write_str(", item ")?;
            index.iter().try_for_each(|i| write!(f, "[{i}]"))?;
            f.write_str(",")?;
        }
        Ok(())
    }
}

/// Doubles with a shape that a value of a document stands for.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Numbers<'a> {
    at: usize,
    source: Source<'a>,
    count: usize,
    list: bool,
    ndim: usize,
    shape: [u64; MAX_NDIM],
}

/// What the numbers are copied from.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Source<'a> {
    /// Items of one type, one after the other.
    Items(Dtype, &'a [u8]),
    /// Doubles that nobody aligned.
    Bytes(&'a [u8]),
    Single(f64),
    /// Lists inside one another.
    Lists,
}

impl<'a> Numbers<'a> {
    /// How many there are.
    pub fn count(&self) -> usize {
        self.count
    }

    /// Length of each dimension, the last varying fastest; none: a single number.
    pub fn shape(&self) -> &[u64] {
        &self.shape[..self.ndim]
    }

    /// Whether they are lists, or a single number, to languages that tell those from arrays.
    pub fn is_list(&self) -> bool {
        self.list
    }

    /// The bytes of the doubles when they are a segment of such, and aligned.
    pub fn in_place(&self) -> Option<&'a [u8]> {
        match self.source {
            Source::Items(Dtype::F64, data) if data.as_ptr().addr().is_multiple_of(align_of::<f64>()) => {
                Some(data)
            }
            _ => None,
        }
    }

    fn new(at: usize, source: Source<'a>, list: bool, shape: &[u64]) -> Result<Numbers<'a>> {
        let mut dims = [0; MAX_NDIM];
        dims[..shape.len()].copy_from_slice(shape);
        let count = match source {
            Source::Items(dtype, data) => Some(data.len() / dtype.itemsize()),
            Source::Bytes(data) => Some(data.len() / size_of::<f64>()),
            Source::Single(_) | Source::Lists => product(shape),
        };
        let count =
            count.ok_or_else(|| refused(format!("lists of shape {shape:?} are larger than any memory")))?;
        Ok(Numbers { at, source, count, list, ndim: shape.len(), shape: dims })
    }
}

fn product(shape: &[u64]) -> Option<usize> {
    shape.iter().try_fold(1_usize, |count, &length| count.checked_mul(usize::try_from(length).ok()?))
}

/// A number of MessagePack's own, or a bool as 0 or 1.
fn single(head: &Head) -> Option<f64> {
    match *head {
        Head::Bool(value) => Some(f64::from(u8::from(value))),
        _ => number(head),
    }
}

/// Converts items to the nearest doubles, as many as `values` has; bools are 0 or 1. `None` when they are times or
/// complex, which are no numbers.
pub fn convert(dtype: Dtype, big_endian: bool, items: &[u8], values: &mut [f64]) -> Option<()> {
    fn each<const N: usize>(swapped: bool, items: &[u8], values: &mut [f64], read: impl Fn([u8; N]) -> f64) {
        let pairs = values.iter_mut().zip(items.as_chunks().0);
        if swapped {
            for (value, cell) in pairs {
                let mut cell = *cell;
                cell.reverse();
                *value = read(cell);
            }
        } else {
            pairs.for_each(|(value, cell)| *value = read(*cell));
        }
    }
    match dtype {
        Dtype::Bool => each(false, items, values, |[byte]| f64::from(u8::from(byte != 0))),
        Dtype::I8 => each(false, items, values, |cell| i8::from_le_bytes(cell).into()),
        Dtype::U8 => each(false, items, values, |cell| u8::from_le_bytes(cell).into()),
        Dtype::I16 => each(big_endian, items, values, |cell| i16::from_le_bytes(cell).into()),
        Dtype::U16 => each(big_endian, items, values, |cell| u16::from_le_bytes(cell).into()),
        Dtype::I32 => each(big_endian, items, values, |cell| i32::from_le_bytes(cell).into()),
        Dtype::U32 => each(big_endian, items, values, |cell| u32::from_le_bytes(cell).into()),
        Dtype::I64 => each(big_endian, items, values, |cell| i64::from_le_bytes(cell) as f64),
        Dtype::U64 => each(big_endian, items, values, |cell| u64::from_le_bytes(cell) as f64),
        Dtype::F32 => each(big_endian, items, values, |cell| f32::from_le_bytes(cell).into()),
        Dtype::F64 => each(big_endian, items, values, f64::from_le_bytes),
        Dtype::F16 => each(big_endian, items, values, |cell| half(u16::from_le_bytes(cell))),
        Dtype::Datetime(_) | Dtype::Timedelta(_) | Dtype::C64 | Dtype::C128 => return None,
    }
    Some(())
}

impl<'a> Document<'a> {
    /// What the value at `node` is as doubles: a segment of numbers or bools; lists of numbers inside one another, whose
    /// lengths agree, and in which a bool is 0 or 1 and a segment stands for the lists it has the shape of; bytes, taken
    /// as doubles of this machine in one dimension; a single number or bool. Whole numbers become the nearest doubles.
    ///
    /// Looks at the first of the lists in each level only: [`Document::copy_numbers`] looks at all.
    ///
    /// # Errors
    /// `InvalidArgument` when it is anything else, or over 1,024 empty lists that its bytes only announce; `BadFormat` for
    /// a table, a reference and others that Python alone reads.
    pub fn numbers(&self, node: Node) -> Result<Numbers<'a>> {
        let at = node as usize;
        match self.at_node(node)?.0 {
            Head::Bytes(data) if data.len().is_multiple_of(size_of::<f64>()) => {
                let count = data.len() / size_of::<f64>();
                Numbers::new(at, Source::Bytes(data), false, &[count as u64])
            }
            Head::Bytes(data) => {
                let len = data.len();
                Err(refused(format!("the {len} bytes are no whole number of float64")))
            }
            Head::Ext { tag: EXTENSION, at: body_at, body } => {
                let segment = self.decode(body_at, body)?;
                let dtype = segment.dtype();
                if !dtype.is_number() {
                    return Err(self.no_number(at, &self.head(at)?.0, &[]));
                }
                let list = segment.flags() & Segment::LIST != 0;
                Numbers::new(at, Source::Items(dtype, segment.data()), list, segment.shape())
            }
            Head::Array(_) if self.part(node)?.is_some() => self.numbers_of_table(node),
            Head::Map(_) if self.find_table(node)?.is_some() => self.numbers_of_table(node),
            head @ Head::Array(_) => {
                let (shape, ndim) = self.shape_of(at, head)?;
                let shape = &shape[..ndim];
                // Lists that are there take a byte each.
                let most = MOST_EMPTY_LISTS.max(self.bytes.len() as u64);
                if !is_few_lists(shape, most) {
                    return Err(refused(format!("more than {most} empty lists in shape {shape:?}")));
                }
                let numbers = Numbers::new(at, Source::Lists, true, shape)?;
                // Each takes a byte at least: what a few lists only announce takes no memory.
                if numbers.count > self.bytes.len() {
                    return Err(refused(format!(
                        "{UNEQUAL}: not all have the lengths {shape:?} of the first"
                    )));
                }
                Ok(numbers)
            }
            head => match single(&head) {
                Some(value) => Numbers::new(at, Source::Single(value), true, &[]),
                None => Err(self.no_number(at, &head, &[])),
            },
        }
    }

    /// Copies numbers into `values`, which has room for [`Numbers::count`]. On an error a part may be filled.
    ///
    /// # Errors
    /// `InvalidArgument`, naming the place, when lists differ in length or an item is no number; `BadFormat` when it is one
    /// that Python alone reads.
    ///
    /// # Panics
    /// When `values` has another size.
    pub fn copy_numbers(&self, numbers: &Numbers, values: &mut [f64]) -> Result<()> {
        assert_eq!(values.len(), numbers.count, "room for numbers");
        match numbers.source {
            Source::Items(dtype, items) => {
                convert(dtype, false, items, values).expect("what is no number was refused before");
                Ok(())
            }
            Source::Bytes(items) => {
                convert(Dtype::F64, false, items, values).expect("doubles are numbers");
                Ok(())
            }
            Source::Single(value) => {
                values[0] = value;
                Ok(())
            }
            Source::Lists => self.copy_lists(numbers.at, numbers.shape(), values),
        }
    }

    /// The numbers of a column, or of a table that is one.
    fn numbers_of_table(&self, node: Node) -> Result<Numbers<'a>> {
        let refused_for =
            |why: &str| refused(format!("the value at byte {node} of the document is {why}, not numbers"));
        let column = match self.part(node)? {
            Some(Part::Column(column)) => column,
            Some(Part::Table(table)) if table.is_list() => table.column(0)?,
            _ => return Err(Error::new(Status::BadFormat, "a table is not numbers: read a column of it")),
        };
        let Some(dtype) = column.dtype() else {
            return Err(refused_for(&format!("a column of format {:?}", column.format())));
        };
        if column.nulls() > 0 {
            return Err(refused_for(&format!("a column of which {} values are nil", column.nulls())));
        }
        Numbers::new(node as usize, Source::Items(dtype, column.data()), false, &[column.len()])
    }

    /// The lengths of lists, level by level down to the first number; a segment among them has its own.
    fn shape_of(&self, at: usize, head: Head) -> Result<([u64; MAX_NDIM], usize)> {
        let (mut shape, mut ndim, mut at, mut head) = ([0; MAX_NDIM], 0, at, head);
        loop {
            let segment;
            let list;
            let lengths: &[u64] = match head {
                Head::Array(count) => {
                    list = [count as u64];
                    &list
                }
                Head::Ext { tag: EXTENSION, at, body } => {
                    segment = self.decode(at, body)?;
                    segment.shape()
                }
                _ => &[],
            };
            let room = shape.get_mut(ndim..ndim + lengths.len());
            let what =
                || refused(format!("lists of numbers inside one another in more than {MAX_NDIM} levels"));
            room.ok_or_else(what)?.copy_from_slice(lengths);
            ndim += lengths.len();
            if !matches!(head, Head::Array(1..)) {
                return Ok((shape, ndim));
            }
            at = self.head(at)?.1;
            head = self.head(at)?.0;
        }
    }

    /// Copies lists, each of the length that `shape` says for its level.
    fn copy_lists(&self, start: usize, shape: &[u64], values: &mut [f64]) -> Result<()> {
        let (mut at, mut rest) = (start, values);
        // Which of its list each level is at.
        let mut index = [0_u64; MAX_NDIM];
        let mut level = 0;
        loop {
            let left = &shape[level..];
            let (head, next) = self.head(at)?;
            at = match head {
                Head::Array(count) if count as u64 == left[0] => {
                    if left.len() > 1 && count > 0 {
                        index[level] = 0;
                        level += 1;
                        at = next;
                        continue;
                    }
                    let row;
                    (row, rest) = rest.split_at_mut(if left.len() > 1 { 0 } else { count });
                    self.copy_row(next, &index[..level], row)?
                }
                Head::Ext { tag: EXTENSION, at: body_at, body }
                    if self.decode(body_at, body)?.shape() == left =>
                {
                    let segment = self.decode(body_at, body)?;
                    let items;
                    (items, rest) = rest.split_at_mut(segment.count());
                    convert(segment.dtype(), false, segment.data(), items)
                        .ok_or_else(|| self.no_number(at, &head, &index[..level]))?;
                    next
                }
                Head::Array(_) | Head::Ext { tag: EXTENSION, .. } => {
                    return Err(refused(format!(
                        "{UNEQUAL}: {} is not of shape {left:?}",
                        Place(&index[..level])
                    )));
                }
                _ => return Err(self.no_list(at, &head, &index[..level], left)),
            };
            loop {
                let Some(above) = level.checked_sub(1) else {
                    return Ok(());
                };
                index[above] += 1;
                if index[above] < shape[above] {
                    break;
                }
                level = above;
            }
        }
    }

    /// Copies numbers that follow one another; returns the position after them.
    fn copy_row(&self, start: usize, index: &[u64], row: &mut [f64]) -> Result<usize> {
        let mut at = start;
        for (i, value) in row.iter_mut().enumerate() {
            if let Some(found) = self.f64_at(at) {
                *value = found;
                at += 9;
                continue;
            }
            let (head, next) = self.head(at)?;
            let found = match head {
                Head::Ext { tag: EXTENSION, at, body } => {
                    let segment = self.decode(at, body)?;
                    let mut item = [0.0];
                    let single = segment.shape().is_empty();
                    single
                        .then(|| convert(segment.dtype(), false, segment.data(), &mut item))
                        .flatten()
                        .map(|()| item[0])
                }
                _ => single(&head),
            };
            *value = found.ok_or_else(|| {
                let index = [index, &[i as u64]].concat();
                self.no_number(at, &head, &index)
            })?;
            at = next;
        }
        Ok(at)
    }

    /// The error of a value that is no number, and no list of them.
    fn no_number(&self, at: usize, head: &Head, index: &[u64]) -> Error {
        self.other(at, head, index, "a number")
    }

    /// The error of a value that should be a list of this shape.
    fn no_list(&self, at: usize, head: &Head, index: &[u64], shape: &[u64]) -> Error {
        self.other(at, head, index, &format!("a list of shape {shape:?}"))
    }

    fn other(&self, at: usize, head: &Head, index: &[u64], wanted: &str) -> Error {
        let (status, found) = match *head {
            Head::Ext { tag, .. } if APART.contains(&tag) => (
                Status::BadFormat,
                format!("an extension of type {tag}, a table say, which is read in Python"),
            ),
            Head::Ext { tag: EXTENSION, at, body } => match self.decode(at, body) {
                Ok(segment) => {
                    let what = format!("an array of {} with shape {:?}", segment.dtype(), segment.shape());
                    (Status::InvalidArgument, what)
                }
                Err(error) => return error,
            },
            Head::Map(_) if self.is_reference(at) => (Status::BadFormat, REFERENCE.to_owned()),
            ref other => (Status::InvalidArgument, other.kind().phrase().to_owned()),
        };
        Error::new(status, format!("{} is {found}, not {wanted}", Place(index)))
    }
}
