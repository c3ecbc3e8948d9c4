//! Values taken out of a document: scalars, text, bytes and lists of numbers.

use super::dtype::{Dtype, half};
use super::head::Head;
use super::numbers::convert;
use super::segment::{EXTENSION, Segment};
use super::table::{Part, VIRTUAL};
use super::{Document, Node, TABLE, Type};
use crate::error::{Error, Result, Status};

/// Where the values begin of what lies in a table, or is one: behind every document.
pub(super) const NOWHERE: usize = usize::MAX;

/// The marker of a 64-bit float, which is what lists of numbers mostly hold.
const F64: u8 = 0xcb;

impl<'a> Document<'a> {
    /// What the value at `node` is.
    pub fn kind(&self, node: Node) -> Result<Type> {
        Ok(self.at_node(node)?.0.kind())
    }

    /// The number of values in an array, of pairs in a map, of bytes in a string or bytes, of items in a segment.
    pub fn count(&self, node: Node) -> Result<usize> {
        match self.at_node(node)?.0 {
            Head::Array(count) | Head::Map(count) => Ok(count),
            Head::String(bytes) | Head::Bytes(bytes) => Ok(bytes.len()),
            Head::Ext { tag: EXTENSION, at, body } => Ok(self.decode(at, body)?.count()),
            other => Err(self.mismatch(node, other.kind(), "an array, a map, a string, bytes or a segment")),
        }
    }

    /// The value at `node`, where a segment that was a NumPy scalar stands for its one item.
    pub(super) fn scalar(&self, node: Node) -> Result<Head<'a>> {
        let head = self.at_node(node)?.0;
        let Head::Ext { tag: EXTENSION, at, body } = head else {
            return Ok(head);
        };
        let segment = self.decode(at, body)?;
        Ok(Some(segment)
            .filter(|segment| segment.flags() & Segment::SCALAR != 0)
            .and_then(item)
            .unwrap_or(head))
    }

    /// The bool at `node`.
    pub fn bool(&self, node: Node) -> Result<bool> {
        match self.scalar(node)? {
            Head::Bool(value) => Ok(value),
            other => Err(self.mismatch(node, other.kind(), "a bool")),
        }
    }

    /// The integer at `node`; `InvalidArgument` too when it does not fit.
    pub fn int64(&self, node: Node) -> Result<i64> {
        match self.scalar(node)? {
            Head::Negative(value) => Ok(value),
            Head::Unsigned(value) => i64::try_from(value).map_err(|_| misfit(node, value, "int64")),
            other => Err(self.mismatch(node, other.kind(), "an integer")),
        }
    }

    /// The integer at `node`; `InvalidArgument` too when it is below zero.
    pub fn uint64(&self, node: Node) -> Result<u64> {
        match self.scalar(node)? {
            Head::Unsigned(value) => Ok(value),
            Head::Negative(value) => Err(misfit(node, value, "uint64")),
            other => Err(self.mismatch(node, other.kind(), "an integer")),
        }
    }

    /// The number at `node`; integers are converted to the nearest double.
    pub fn double(&self, node: Node) -> Result<f64> {
        let head = self.scalar(node)?;
        number(&head).ok_or_else(|| self.mismatch(node, head.kind(), "a number"))
    }

    /// The text at `node`, which points into the payload. `Corrupt` too when it is not UTF-8.
    pub fn string(&self, node: Node) -> Result<&'a str> {
        match self.at_node(node)?.0 {
            Head::String(bytes) => self.utf8(node as usize, bytes),
            other => Err(self.mismatch(node, other.kind(), "a string")),
        }
    }

    /// The bytes at `node`, which point into the payload.
    pub fn bytes(&self, node: Node) -> Result<&'a [u8]> {
        match self.at_node(node)?.0 {
            Head::Bytes(bytes) => Ok(bytes),
            other => Err(self.mismatch(node, other.kind(), "bytes")),
        }
    }

    /// Copies the array of numbers at `node` into the front of `values` as doubles and returns how
    /// many there are. A segment of integers or floats is one too, its items in C order.
    /// On an error `values` may be filled in part.
    ///
    /// # Errors
    /// `BufferTooSmall` when `values` is shorter than the array (see [`Document::count`]);
    /// `InvalidArgument` too when the array holds anything but integers and floats.
    pub fn numbers_into(&self, node: Node, values: &mut [f64]) -> Result<usize> {
        match self.at_node(node)? {
            (Head::Array(count), NOWHERE) => {
                self.fill_from_table(node, self.front(node, count, values)?)?;
                Ok(count)
            }
            (Head::Array(count), start) => {
                self.fill(start, self.front(node, count, values)?)?;
                Ok(count)
            }
            (Head::Ext { tag: EXTENSION, at, body }, _) => {
                let segment = self.decode(at, body)?;
                if segment.dtype() == Dtype::Bool {
                    return Err(self.mismatch_of(node, segment.dtype()));
                }
                let values = self.front(node, segment.count(), values)?;
                convert(segment.dtype(), false, segment.data(), values)
                    .ok_or_else(|| self.mismatch_of(node, segment.dtype()))?;
                Ok(segment.count())
            }
            (other, _) => Err(self.mismatch(node, other.kind(), "an array or a segment")),
        }
    }

    fn mismatch_of(&self, node: Node, dtype: Dtype) -> Error {
        let what =
            format!("the value at byte {node} of the document is a segment of {dtype}, not of numbers");
        Error::new(Status::InvalidArgument, what)
    }

    fn front<'b>(&self, node: Node, count: usize, values: &'b mut [f64]) -> Result<&'b mut [f64]> {
        let capacity = values.len();
        values.get_mut(..count).ok_or_else(|| {
            Error::new(
                Status::BufferTooSmall,
                format!(
                    "the array at byte {node} of the document holds {count} numbers, the buffer {capacity}"
                ),
            )
        })
    }

    fn fill_from_table(&self, node: Node, values: &mut [f64]) -> Result<()> {
        let Some(part) = self.part(node)? else {
            return Ok(());
        };
        for (index, value) in values.iter_mut().enumerate() {
            let node = part.item(index)?;
            let head = self.at_node(node)?.0;
            *value = number(&head).ok_or_else(|| self.mismatch(node, head.kind(), "a number"))?;
        }
        Ok(())
    }

    fn fill(&self, start: usize, values: &mut [f64]) -> Result<()> {
        let mut at = start;
        for value in values {
            if let Some(found) = self.f64_at(at) {
                *value = found;
                at += 9;
                continue;
            }
            let (head, next) = self.head(at)?;
            *value = number(&head).ok_or_else(|| self.mismatch(at as Node, head.kind(), "a number"))?;
            at = next;
        }
        Ok(())
    }

    /// The 64-bit float at `at`, nine bytes of the payload; `None` when something else is there.
    #[inline]
    pub(super) fn f64_at(&self, at: usize) -> Option<f64> {
        match self.bytes.get(at..)?.first_chunk::<9>()? {
            [F64, bits @ ..] => Some(f64::from_be_bytes(*bits)),
            _ => None,
        }
    }

    /// The head of the value at a node, which may come from anywhere, and where its values begin. A table is what it was
    /// made of, and its values, as all that lie in tables, have no place: [`NOWHERE`].
    pub(super) fn at_node(&self, node: Node) -> Result<(Head<'a>, usize)> {
        match usize::try_from(node) {
            Ok(at) if at < self.bytes.len() => match self.head(at)? {
                (Head::Ext { tag: TABLE, at: body_at, body }, _) => {
                    let table = self.decode_table(at, body_at, body)?;
                    Ok((Part::Table(table).head()?, NOWHERE))
                }
                found => Ok(found),
            },
            _ if node & VIRTUAL != 0 => Ok((self.head_in_table(node)?, NOWHERE)),
            _ => {
                let size = self.bytes.len();
                Err(self.corrupt(size, format_args!("no value at {node}: the payload ends here")))
            }
        }
    }

    pub(super) fn utf8(&self, at: usize, bytes: &'a [u8]) -> Result<&'a str> {
        std::str::from_utf8(bytes).map_err(|error| {
            let good = error.valid_up_to();
            self.corrupt(at, format_args!("the string is not UTF-8 from its byte {good} on"))
        })
    }
}

pub(super) fn number(head: &Head) -> Option<f64> {
    match *head {
        Head::Float(value) => Some(value),
        Head::Negative(value) => Some(value as f64),
        Head::Unsigned(value) => Some(value as f64),
        _ => None,
    }
}

/// The one item of a segment of a single bool or number.
fn item(segment: Segment) -> Option<Head> {
    let data = segment.data();
    let signed = |value: i64| if value < 0 { Head::Negative(value) } else { Head::Unsigned(value as u64) };
    Some(match segment.dtype() {
        Dtype::Bool => Head::Bool(*data.first()? != 0),
        Dtype::I8 => signed(i8::from_le_bytes(data.try_into().ok()?).into()),
        Dtype::I16 => signed(i16::from_le_bytes(data.try_into().ok()?).into()),
        Dtype::I32 => signed(i32::from_le_bytes(data.try_into().ok()?).into()),
        Dtype::I64 => signed(i64::from_le_bytes(data.try_into().ok()?)),
        Dtype::U8 => Head::Unsigned(u8::from_le_bytes(data.try_into().ok()?).into()),
        Dtype::U16 => Head::Unsigned(u16::from_le_bytes(data.try_into().ok()?).into()),
        Dtype::U32 => Head::Unsigned(u32::from_le_bytes(data.try_into().ok()?).into()),
        Dtype::U64 => Head::Unsigned(u64::from_le_bytes(data.try_into().ok()?)),
        Dtype::F32 => Head::Float(f32::from_le_bytes(data.try_into().ok()?).into()),
        Dtype::F64 => Head::Float(f64::from_le_bytes(data.try_into().ok()?)),
        Dtype::F16 => Head::Float(half(u16::from_le_bytes(data.try_into().ok()?))),
        Dtype::Datetime(_) | Dtype::Timedelta(_) | Dtype::C64 | Dtype::C128 => return None,
    })
}

fn misfit(node: Node, value: impl std::fmt::Display, into: &str) -> Error {
    Error::new(
        Status::InvalidArgument,
        format!("the integer {value} at byte {node} of the document does not fit in {into}"),
    )
}
