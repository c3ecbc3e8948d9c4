//! The `.npy` image of an array: <https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html>

use crate::error::{Error, ErrorKind, Result};
use crate::segment::{Dtype, Element, bytes_of, cast};

const MAGIC: &[u8] = b"\x93NUMPY";

/// An array that lies in a `.npy` image, in place.
#[derive(Debug, Clone, PartialEq)]
pub struct Array<'a> {
    descr: String,
    item_size: usize,
    shape: Vec<u64>,
    fortran_order: bool,
    bytes: &'a [u8],
}

impl<'a> Array<'a> {
    /// Reads the header of `image` (versions 1 to 3). Fails with [`Corrupt`](ErrorKind::Corrupt) when header and size
    /// do not agree, with [`InvalidArgument`](ErrorKind::InvalidArgument) for structured dtypes and those without a
    /// fixed width.
    pub fn of(image: &'a [u8]) -> Result<Array<'a>> {
        let (text, elements) = split(image)?;
        let header = Reader { text, at: 0 }.read()?;
        let item_size = item_size(&header.descr)?;
        let needed = bytes_of(item_size, &header.shape).ok_or_else(|| bad("a shape that no memory holds"))?;
        let Some(bytes) = usize::try_from(needed).ok().and_then(|needed| elements.get(..needed)) else {
            let (descr, shape, found) = (&header.descr, &header.shape, elements.len());
            return Err(bad(format!(
                "'{descr}' in the shape {shape:?} needs {needed} bytes, there are {found}"
            )));
        };
        let Header { descr, fortran_order, shape } = header;
        Ok(Array { descr, item_size, shape, fortran_order, bytes })
    }

    /// NumPy's dtype string, such as "<f8".
    pub fn descr(&self) -> &str {
        &self.descr
    }

    /// The dtype, when the items are of a type that segments have too; see [`big_endian`](Array::big_endian).
    pub fn dtype(&self) -> Option<Dtype> {
        Some(match &self.descr[1..] {
            "b1" => Dtype::Bool,
            "i1" => Dtype::Int8,
            "u1" => Dtype::Uint8,
            "i2" => Dtype::Int16,
            "u2" => Dtype::Uint16,
            "i4" => Dtype::Int32,
            "u4" => Dtype::Uint32,
            "i8" => Dtype::Int64,
            "u8" => Dtype::Uint64,
            "f4" => Dtype::Float32,
            "f8" => Dtype::Float64,
            _ => return None,
        })
    }

    /// Whether the items are big-endian; [`slice`](Array::slice) then refuses them.
    pub fn big_endian(&self) -> bool {
        self.descr.starts_with('>')
    }

    /// Bytes of an element.
    pub fn item_size(&self) -> usize {
        self.item_size
    }

    /// The length of each dimension; empty: a scalar.
    pub fn shape(&self) -> &[u64] {
        &self.shape
    }

    /// The first index varies fastest, not the last.
    pub fn fortran_order(&self) -> bool {
        self.fortran_order
    }

    /// The elements, without the header.
    pub fn bytes(&self) -> &'a [u8] {
        self.bytes
    }

    /// The elements in storage order (see [`fortran_order`](Array::fortran_order)); bools as `u8`, times as `i64`.
    /// Fails with [`InvalidArgument`](ErrorKind::InvalidArgument) when they are no `T`s.
    pub fn slice<T: Element>(&self) -> Result<&'a [T]> {
        let is_time = ["<M8", "<m8"].iter().any(|time| self.descr.starts_with(time));
        let native = self.dtype().filter(|_| !self.big_endian());
        let holds = native.is_some_and(Dtype::holds::<T>) || (is_time && T::DTYPE == Dtype::Int64);
        if !holds {
            return Err(Error::invalid(format!("the array holds '{}', not {}", self.descr, T::DTYPE.name())));
        }
        cast(self.bytes)
    }
}

/// The header of a `.npy` image (version 1.0) of `T`s; put it in front of the elements:
/// `store.put_parts(key, &[header, elements], &PutOptions::of(Format::Numpy))`. The elements begin at a multiple of 64.
pub fn npy_header<T: Element>(shape: &[u64], fortran_order: bool) -> Result<Vec<u8>> {
    let kind = match T::DTYPE {
        Dtype::Float32 | Dtype::Float64 => 'f',
        Dtype::Int8 | Dtype::Int16 | Dtype::Int32 | Dtype::Int64 => 'i',
        _ => 'u',
    };
    let endian = if size_of::<T>() == 1 { '|' } else { '<' };
    let lengths: String = shape.iter().map(|length| format!("{length}, ")).collect();
    let lengths = if shape.len() == 1 { lengths.trim_end() } else { lengths.trim_end_matches(", ") };
    let order = if fortran_order { "True" } else { "False" };
    let dict = format!(
        "{{'descr': '{endian}{kind}{}', 'fortran_order': {order}, 'shape': ({lengths}), }}",
        size_of::<T>()
    );
    let total = (MAGIC.len() + 4 + dict.len() + 1).next_multiple_of(64);
    let length = u16::try_from(total - MAGIC.len() - 4)
        .map_err(|_| Error::invalid(format!("a shape of {} dimensions", shape.len())))?;
    let mut header = [MAGIC, &[1, 0], &length.to_le_bytes(), dict.as_bytes()].concat();
    header.resize(total - 1, b' ');
    header.push(b'\n');
    Ok(header)
}

fn bad(what: impl Into<String>) -> Error {
    Error::new(ErrorKind::Corrupt, what).about(".npy header")
}

/// The header's text and the elements behind it.
fn split(image: &[u8]) -> Result<(&[u8], &[u8])> {
    let rest = image.strip_prefix(MAGIC).ok_or_else(|| bad("the payload does not start as a .npy image"))?;
    let (length, rest) = match *rest {
        [1, _, low, high, ref rest @ ..] => (u32::from(u16::from_le_bytes([low, high])), rest),
        [2 | 3, _, a, b, c, d, ref rest @ ..] => (u32::from_le_bytes([a, b, c, d]), rest),
        [version, ..] => return Err(bad(format!("version {version} in {} bytes", image.len()))),
        [] => return Err(bad("the payload ends after the magic")),
    };
    rest.split_at_checked(length as usize)
        .ok_or_else(|| bad(format!("it claims {length} bytes, the payload has {}", image.len())))
}

fn item_size(descr: &str) -> Result<usize> {
    let refused = || Error::invalid(format!("the array's dtype '{descr}' has no fixed width"));
    let mut chars = descr.chars();
    let (Some('<' | '>' | '|' | '='), Some(kind)) = (chars.next(), chars.next()) else {
        return Err(refused());
    };
    // Times have their unit in brackets behind the width.
    let digits = chars.as_str().split('[').next().unwrap_or_default();
    if kind == 'O'
        || !kind.is_ascii()
        || digits.is_empty()
        || !digits.bytes().all(|digit| digit.is_ascii_digit())
    {
        return Err(refused());
    }
    let width: u32 = digits.parse().map_err(|_| refused())?;
    Ok(width as usize * if kind == 'U' { 4 } else { 1 })
}

/// What a header says.
struct Header {
    descr: String,
    fortran_order: bool,
    shape: Vec<u64>,
}

/// Reads the Python dict literal of a header: three known keys, each once, in any order.
struct Reader<'a> {
    text: &'a [u8],
    at: usize,
}

impl Reader<'_> {
    fn read(mut self) -> Result<Header> {
        let (mut descr, mut fortran_order, mut shape) = (None, None, None);
        self.expect(b'{')?;
        while !self.take(b'}') {
            let key = self.quoted()?;
            self.expect(b':')?;
            match key.as_str() {
                "descr" if descr.is_none() => {
                    if self.peek() == Some(b'[') {
                        return Err(Error::invalid(
                            "the array has a structured dtype, which has no element type",
                        ));
                    }
                    descr = Some(self.quoted()?);
                }
                "fortran_order" if fortran_order.is_none() => fortran_order = Some(self.boolean()?),
                "shape" if shape.is_none() => shape = Some(self.tuple()?),
                _ => return Err(self.fault(&format!("unexpected key '{key}'"))),
            }
            if !self.take(b',') && self.peek() != Some(b'}') {
                return Err(self.fault("expected ',' or '}'"));
            }
        }
        match (descr, fortran_order, shape) {
            (Some(descr), Some(fortran_order), Some(shape)) => Ok(Header { descr, fortran_order, shape }),
            _ => Err(self.fault("descr, fortran_order and shape are all needed")),
        }
    }

    fn fault(&self, what: &str) -> Error {
        bad(format!("{what} at byte {}", self.at))
    }

    fn peek(&mut self) -> Option<u8> {
        while self.text.get(self.at).is_some_and(u8::is_ascii_whitespace) {
            self.at += 1;
        }
        self.text.get(self.at).copied()
    }

    fn take(&mut self, wanted: u8) -> bool {
        let found = self.peek() == Some(wanted);
        self.at += usize::from(found);
        found
    }

    fn expect(&mut self, wanted: u8) -> Result<()> {
        if self.take(wanted) { Ok(()) } else { Err(self.fault(&format!("expected '{}'", wanted as char))) }
    }

    fn quoted(&mut self) -> Result<String> {
        let quote = self.peek().filter(|quote| [b'\'', b'"'].contains(quote));
        let quote = quote.ok_or_else(|| self.fault("expected a string"))?;
        let rest = &self.text[self.at + 1..];
        let length = rest.iter().position(|&byte| byte == quote);
        let length = length.ok_or_else(|| self.fault("a string without end"))?;
        self.at += length + 2;
        Ok(String::from_utf8_lossy(&rest[..length]).into_owned())
    }

    fn boolean(&mut self) -> Result<bool> {
        self.peek();
        for (word, value) in [(&b"True"[..], true), (b"False", false)] {
            if self.text[self.at..].starts_with(word) {
                self.at += word.len();
                return Ok(value);
            }
        }
        Err(self.fault("expected True or False"))
    }

    fn tuple(&mut self) -> Result<Vec<u64>> {
        let mut lengths = Vec::new();
        self.expect(b'(')?;
        while !self.take(b')') {
            lengths.push(self.number()?);
            if !self.take(b',') && self.peek() != Some(b')') {
                return Err(self.fault("expected ',' or ')'"));
            }
        }
        Ok(lengths)
    }

    fn number(&mut self) -> Result<u64> {
        self.peek();
        let digits = self.text[self.at..].iter().take_while(|byte| byte.is_ascii_digit()).count();
        let text = std::str::from_utf8(&self.text[self.at..self.at + digits]).unwrap_or_default();
        if text.is_empty() {
            return Err(self.fault("expected a number"));
        }
        let number = text.parse().map_err(|_| self.fault("a dimension that no memory holds"))?;
        self.at += digits;
        Ok(number)
    }
}
