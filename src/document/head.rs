//! Where a value begins: its marker and its length, held against the bytes that are left.

use rmp::Marker;

use super::exact::EXACT;
use super::segment::EXTENSION;
use super::{Document, MAX_DEPTH, Type};
use crate::error::Result;

/// The beginning of a value: all of it for scalars and strings, the count for containers.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Head<'a> {
    Nil,
    Bool(bool),
    /// A whole number below zero.
    Negative(i64),
    Unsigned(u64),
    Float(f64),
    /// Bytes that should be UTF-8; not checked yet.
    String(&'a [u8]),
    Bytes(&'a [u8]),
    Array(usize),
    Map(usize),
    Ext {
        tag: i8,
        /// Where the body begins.
        at: usize,
        body: &'a [u8],
    },
}

impl Head<'_> {
    pub(super) const fn kind(&self) -> Type {
        match self {
            Head::Nil => Type::Nil,
            Head::Bool(_) => Type::Bool,
            Head::Negative(_) | Head::Unsigned(_) => Type::Int,
            Head::Float(_) => Type::Float,
            Head::String(_) => Type::String,
            Head::Bytes(_) => Type::Bytes,
            Head::Array(_) => Type::Array,
            Head::Map(_) => Type::Map,
            Head::Ext { tag: EXTENSION, .. } => Type::Segment,
            Head::Ext { .. } => Type::Ext,
        }
    }

    /// How many values follow inside this one; no overflow, since counts are held against the
    /// payload's size.
    pub(super) const fn children(&self) -> usize {
        match self {
            Head::Array(count) => *count,
            Head::Map(count) => 2 * *count,
            _ => 0,
        }
    }
}

/// Bytes of a number, nil or a bool by its first byte; 0 for what has a length of its own or holds others.
const FIXED: [u8; 256] = {
    let mut sizes = [0; 256];
    let mut first = 0;
    while first < 256 {
        sizes[first] = match Marker::from_u8(first as u8) {
            Marker::FixPos(_) | Marker::FixNeg(_) | Marker::Null | Marker::False | Marker::True => 1,
            Marker::U8 | Marker::I8 => 2,
            Marker::U16 | Marker::I16 => 3,
            Marker::U32 | Marker::I32 | Marker::F32 => 5,
            Marker::U64 | Marker::I64 | Marker::F64 => 9,
            _ => 0,
        };
        first += 1;
    }
    sizes
};

/// The same with short texts.
const LEAF: [u8; 256] = {
    let mut sizes = FIXED;
    let mut len = 0;
    while len < 32 {
        sizes[Marker::FixStr(len).to_u8() as usize] = 1 + len;
        len += 1;
    }
    sizes
};

impl<'a> Document<'a> {
    /// Reads the head of the value at `at`; returns it with the position after it, which is the
    /// first child's for containers that are not empty. An exact value is the plain one in it.
    #[inline]
    pub(super) fn head(&self, at: usize) -> Result<(Head<'a>, usize)> {
        if self.is_ext(at) { self.ext_head(at) } else { self.outer_head(at) }
    }

    /// As [`Document::head`], where an extension begins.
    #[inline(never)]
    fn ext_head(&self, at: usize) -> Result<(Head<'a>, usize)> {
        let read = self.outer_head(at)?;
        match read.0 {
            Head::Ext { tag: EXACT, at, body } => self.plain_head(at, body),
            _ => Ok(read),
        }
    }

    /// Whether an extension begins at `at`.
    #[inline]
    pub(super) fn is_ext(&self, at: usize) -> bool {
        matches!(self.bytes.get(at), Some(0xc7..=0xc9 | 0xd4..=0xd8))
    }

    /// As [`Document::head`], but an exact value is the extension that it is in.
    #[inline]
    pub(crate) fn outer_head(&self, at: usize) -> Result<(Head<'a>, usize)> {
        let Some(&first) = self.bytes.get(at) else {
            return Err(self.corrupt(at, "the payload ends where a value should begin"));
        };
        let next = at + 1;
        Ok(match Marker::from_u8(first) {
            Marker::Null => (Head::Nil, next),
            Marker::False => (Head::Bool(false), next),
            Marker::True => (Head::Bool(true), next),
            Marker::FixPos(value) => (Head::Unsigned(value.into()), next),
            Marker::FixNeg(value) => (Head::Negative(value.into()), next),
            Marker::U8 => (Head::Unsigned(self.be::<1>(at)?), at + 2),
            Marker::U16 => (Head::Unsigned(self.be::<2>(at)?), at + 3),
            Marker::U32 => (Head::Unsigned(self.be::<4>(at)?), at + 5),
            Marker::U64 => (Head::Unsigned(self.be::<8>(at)?), at + 9),
            Marker::I8 => (signed((self.be::<1>(at)? as i8).into()), at + 2),
            Marker::I16 => (signed((self.be::<2>(at)? as i16).into()), at + 3),
            Marker::I32 => (signed((self.be::<4>(at)? as i32).into()), at + 5),
            Marker::I64 => (signed(self.be::<8>(at)? as i64), at + 9),
            Marker::F32 => {
                let value = f32::from_bits(self.be::<4>(at)? as u32);
                (Head::Float(value.into()), at + 5)
            }
            Marker::F64 => (Head::Float(f64::from_bits(self.be::<8>(at)?)), at + 9),
            Marker::FixStr(len) => self.head_string(at, next, len.into())?,
            Marker::Str8 => self.head_string(at, at + 2, self.be::<1>(at)?)?,
            Marker::Str16 => self.head_string(at, at + 3, self.be::<2>(at)?)?,
            Marker::Str32 => self.head_string(at, at + 5, self.be::<4>(at)?)?,
            Marker::Bin8 => self.head_bytes(at, at + 2, self.be::<1>(at)?)?,
            Marker::Bin16 => self.head_bytes(at, at + 3, self.be::<2>(at)?)?,
            Marker::Bin32 => self.head_bytes(at, at + 5, self.be::<4>(at)?)?,
            Marker::FixArray(count) => self.head_array(at, next, count.into())?,
            Marker::Array16 => self.head_array(at, at + 3, self.be::<2>(at)?)?,
            Marker::Array32 => self.head_array(at, at + 5, self.be::<4>(at)?)?,
            Marker::FixMap(count) => self.head_map(at, next, count.into())?,
            Marker::Map16 => self.head_map(at, at + 3, self.be::<2>(at)?)?,
            Marker::Map32 => self.head_map(at, at + 5, self.be::<4>(at)?)?,
            // The type number of an extension lies between its length and its body.
            Marker::FixExt1 => self.head_ext(at, at + 2, 1)?,
            Marker::FixExt2 => self.head_ext(at, at + 2, 2)?,
            Marker::FixExt4 => self.head_ext(at, at + 2, 4)?,
            Marker::FixExt8 => self.head_ext(at, at + 2, 8)?,
            Marker::FixExt16 => self.head_ext(at, at + 2, 16)?,
            Marker::Ext8 => self.head_ext(at, at + 3, self.be::<1>(at)?)?,
            Marker::Ext16 => self.head_ext(at, at + 4, self.be::<2>(at)?)?,
            Marker::Ext32 => self.head_ext(at, at + 6, self.be::<4>(at)?)?,
            Marker::Reserved => {
                return Err(self.corrupt(at, "0xc1 is no marker"));
            }
        })
    }

    /// Goes over the value at `at` and everything in it, without recursion; returns the position
    /// after it. `visit` sees the head, with its position, of all but numbers, nil and bools.
    pub(super) fn walk(
        &self,
        mut at: usize,
        mut visit: impl FnMut(usize, &Head<'a>) -> Result<()>,
    ) -> Result<usize> {
        // For each container we are in, the values still to come in it.
        let mut open: Vec<usize> = Vec::new();
        // For those that are exact values, how many are open and where the exact value ends.
        let mut ends: Vec<(usize, usize)> = Vec::new();
        loop {
            if let Some(next) = self.after_fixed(at) {
                at = next;
            } else {
                let (head, next) = self.head(at)?;
                visit(at, &head)?;
                let children = head.children();
                if children > 0 && open.len() == MAX_DEPTH {
                    let what = format!("more than {MAX_DEPTH} arrays and maps inside one another");
                    return Err(self.corrupt(at, what));
                }
                if children > 0 {
                    open.push(children);
                    if let Some(end) = self.exact_end(at) {
                        ends.push((open.len(), end));
                    }
                    at = next;
                    continue;
                }
                at = next;
            }
            loop {
                let Some(left) = open.last_mut() else {
                    return Ok(at);
                };
                *left -= 1;
                if *left > 0 {
                    break;
                }
                if let Some((_, end)) = ends.pop_if(|(depth, _)| *depth == open.len()) {
                    self.check_exact_end(at, end)?;
                }
                open.pop();
            }
        }
    }

    /// The position after the number, nil or bool at `at`; `None` when something else is there, or not all of it.
    #[inline]
    pub(super) fn after_fixed(&self, at: usize) -> Option<usize> {
        let size = usize::from(FIXED[usize::from(*self.bytes.get(at)?)]);
        (size != 0 && size <= self.bytes.len() - at).then_some(at + size)
    }

    /// The number at `at` in one of the forms that most have, and the position after it; `None` when something else is
    /// there, or not all of it.
    #[inline(always)]
    pub(crate) fn common_number(&self, at: usize) -> Option<(Head<'a>, usize)> {
        let rest = self.bytes.get(at..)?;
        match *rest {
            [0xcb, a, b, c, d, e, f, g, h, ..] => {
                Some((Head::Float(f64::from_be_bytes([a, b, c, d, e, f, g, h])), at + 9))
            }
            [value @ 0..=0x7f, ..] => Some((Head::Unsigned(value.into()), at + 1)),
            [0xcc, value, ..] => Some((Head::Unsigned(value.into()), at + 2)),
            [0xcd, a, b, ..] => Some((Head::Unsigned(u16::from_be_bytes([a, b]).into()), at + 3)),
            _ => None,
        }
    }

    /// The position after the value at `at`.
    #[inline]
    pub(crate) fn skip(&self, at: usize) -> Result<usize> {
        match self.after_leaf(at) {
            Some(next) => Ok(next),
            None => self.skip_any(at),
        }
    }

    #[inline(never)]
    fn skip_any(&self, at: usize) -> Result<usize> {
        let (head, mut next) = self.head(at)?;
        if matches!(head, Head::Array(_) | Head::Map(_)) && !self.is_ext(at) {
            // Mostly what is inside holds nothing itself.
            for _ in 0..head.children() {
                next = match self.after_leaf(next) {
                    Some(next) => next,
                    None => return self.walk(at, |_, _| Ok(())),
                };
            }
            return Ok(next);
        }
        self.walk(at, |_, _| Ok(()))
    }

    /// The position after the number, nil, bool or short text at `at`; `None` when something else is there, or not all of
    /// it.
    #[inline]
    fn after_leaf(&self, at: usize) -> Option<usize> {
        let size = usize::from(LEAF[usize::from(*self.bytes.get(at)?)]);
        (size != 0 && size <= self.bytes.len() - at).then_some(at + size)
    }

    /// The short text at `at`; `None` when something else is there, or not all of it.
    #[inline]
    pub(super) fn short_text(&self, at: usize) -> Option<&'a [u8]> {
        let (first, rest) = self.bytes.get(at..)?.split_first()?;
        match *first {
            0xa0..=0xbf => rest.get(..usize::from(first & 31)),
            _ => None,
        }
    }

    /// The big-endian number of `N` bytes behind the marker at `at`.
    #[inline]
    fn be<const N: usize>(&self, at: usize) -> Result<u64> {
        let Some(bytes) = self.bytes[at + 1..].first_chunk::<N>() else {
            let left = self.bytes.len() - at - 1;
            return Err(self.corrupt(at, format_args!("{N} bytes should follow, {left} are left")));
        };
        let mut wide = [0; 8];
        wide[8 - N..].copy_from_slice(bytes);
        Ok(u64::from_be_bytes(wide))
    }

    fn head_string(&self, at: usize, start: usize, len: u64) -> Result<(Head<'a>, usize)> {
        let text = self.body(at, start, len, "a string")?;
        Ok((Head::String(text), start + text.len()))
    }

    fn head_bytes(&self, at: usize, start: usize, len: u64) -> Result<(Head<'a>, usize)> {
        let bytes = self.body(at, start, len, "bytes")?;
        Ok((Head::Bytes(bytes), start + bytes.len()))
    }

    fn head_ext(&self, at: usize, start: usize, len: u64) -> Result<(Head<'a>, usize)> {
        let body = self.body(at, start, len, "an extension")?;
        // In bounds: the body lies behind it.
        let tag = self.bytes[start - 1] as i8;
        Ok((Head::Ext { tag, at: start, body }, start + body.len()))
    }

    fn body(&self, at: usize, start: usize, len: u64, what: &str) -> Result<&'a [u8]> {
        let left = self.bytes.get(start..).unwrap_or_default();
        match usize::try_from(len) {
            Ok(len) if len <= left.len() && start <= self.bytes.len() => Ok(&left[..len]),
            _ => {
                let left = left.len();
                Err(self.corrupt(at, format_args!("{what} of {len} bytes, {left} are left")))
            }
        }
    }

    fn head_array(&self, at: usize, start: usize, count: u64) -> Result<(Head<'a>, usize)> {
        let count = self.values(at, start, count, 1, "an array")?;
        Ok((Head::Array(count), start))
    }

    fn head_map(&self, at: usize, start: usize, count: u64) -> Result<(Head<'a>, usize)> {
        let count = self.values(at, start, count, 2, "a map")?;
        Ok((Head::Map(count), start))
    }

    /// Every value takes a byte at least, so a larger count is wrong whatever follows.
    fn values(&self, at: usize, start: usize, count: u64, each: u64, what: &str) -> Result<usize> {
        let left = self.bytes.len().saturating_sub(start);
        if count * each > left as u64 {
            let what = format!("{what} of {count}, {left} bytes are left");
            return Err(self.corrupt(at, what));
        }
        Ok(count as usize)
    }
}

const fn signed(value: i64) -> Head<'static> {
    if value < 0 { Head::Negative(value) } else { Head::Unsigned(value as u64) }
}
