//! Arrays in format `numpy`: the `.npy` image of an array, read in place.
//!
//! The format is <https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html>. What NumPy writes is read,
//! and what it would not read is refused: `tests/fixtures/npy` has files of both kinds, which every language is held to.

use super::Format;
use crate::document::{Dtype, Unit};
use crate::error::{Error, Result, Status};
use crate::store::View;

/// Dimensions of an array at most, as in NumPy.
pub const MAX_NDIM: usize = 64;

const MAGIC: &[u8] = b"\x93NUMPY";
/// Headers are padded so that items begin at a multiple of this.
const ALIGNMENT: usize = 64;
/// What makes a longer header is no dtype anybody has.
const LONGEST: usize = 16 << 20;
/// So many items without bytes an array may have: who copies them takes time for each.
const MOST_EMPTY: u64 = 1 << 20;

/// An array in a `.npy` image, its items in place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Array<'a> {
    descr: &'a str,
    kind: Kind,
    fortran_order: bool,
    ndim: usize,
    shape: [u64; MAX_NDIM],
    data: &'a [u8],
}

/// What a dtype's text says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Kind {
    dtype: Option<Dtype>,
    itemsize: usize,
    big_endian: bool,
}

impl<'a> Array<'a> {
    /// NumPy's text of the dtype, such as `<f8`.
    pub fn descr(&self) -> &'a str {
        self.descr
    }

    /// The dtype, when it is one that segments have; see [`Array::big_endian`].
    pub fn dtype(&self) -> Option<Dtype> {
        self.kind.dtype
    }

    /// Bytes of an item.
    pub fn itemsize(&self) -> usize {
        self.kind.itemsize
    }

    /// Whether the items have to be turned round.
    pub fn big_endian(&self) -> bool {
        self.kind.big_endian
    }

    /// Whether the first index varies fastest, not the last.
    pub fn fortran_order(&self) -> bool {
        self.fortran_order
    }

    /// Length of each dimension.
    pub fn shape(&self) -> &[u64] {
        &self.shape[..self.ndim]
    }

    /// The items as they lie, wherever the header ends: not always aligned. Bytes after them are left out.
    pub fn data(&self) -> &'a [u8] {
        self.data
    }
}

/// Reads a `.npy` image of version 1, 2 or 3.
///
/// # Errors
/// `Corrupt` when the header is none that NumPy would read, a dimension of a shape without items included that no
/// memory holds, or the items are not all there; `InvalidArgument` for dtypes with fields, of objects, and without a width
/// that is known here.
pub fn parse(image: &[u8]) -> Result<Array<'_>> {
    let (text, items) = split(image)?;
    let Header { descr, fortran_order, ndim, shape } = Reader { text, at: 0 }.read()?;
    let kind = Kind::of(descr)?;
    let size = size_of(kind.itemsize, &shape[..ndim])?;
    let Some(data) = items.get(..size) else {
        let (shape, found) = (&shape[..ndim], items.len());
        return Err(bad(format_args!(
            "'{descr}' in the shape {shape:?} needs {size} bytes, there are {found}"
        )));
    };
    Ok(Array { descr, kind, fortran_order, ndim, shape, data })
}

/// The array in the payload of `view`; errors name the view's key.
///
/// # Errors
/// As for [`parse`], and `BadFormat` when the payload is in another format.
pub fn of_view(view: &View) -> Result<Array<'_>> {
    let about = |error: Error| {
        let what = format!("entry \"{}\": {error}", view.key().escape_ascii());
        Error::new(error.status(), what)
    };
    match view.info().format {
        Format::Numpy => parse(view.bytes()).map_err(about),
        other => Err(about(Error::new(Status::BadFormat, format!("format {other}, not numpy")))),
    }
}

/// The image of an array but for its items: a header of version 1. With `before` bytes of something else in front of it the
/// items begin at a multiple of 64.
///
/// # Errors
/// `InvalidArgument` when the header is longer than one of version 1 can be.
pub fn header(descr: &str, shape: &[u64], fortran_order: bool, before: usize) -> Result<Vec<u8>> {
    let order = if fortran_order { "True" } else { "False" };
    let lengths: Vec<String> = shape.iter().map(u64::to_string).collect();
    let comma = if shape.len() == 1 { "," } else { "" };
    let lengths = lengths.join(", ");
    let dict = format!("{{'descr': '{descr}', 'fortran_order': {order}, 'shape': ({lengths}{comma}), }}");
    let front = MAGIC.len() + 4;
    let before = before % ALIGNMENT;
    let total = (before + front + dict.len() + 1).next_multiple_of(ALIGNMENT) - before;
    let length = u16::try_from(total - front)
        .map_err(|_| Error::new(Status::InvalidArgument, format!("a shape of {} dimensions", shape.len())))?;
    let mut header = [MAGIC, &[1, 0], &length.to_le_bytes(), dict.as_bytes()].concat();
    header.resize(total - 1, b' ');
    header.push(b'\n');
    Ok(header)
}

/// NumPy's text of a dtype, such as `<f8`.
pub fn descr(dtype: Dtype) -> String {
    let kind = match dtype {
        Dtype::Bool => 'b',
        Dtype::I8 | Dtype::I16 | Dtype::I32 | Dtype::I64 => 'i',
        Dtype::U8 | Dtype::U16 | Dtype::U32 | Dtype::U64 => 'u',
        Dtype::F32 | Dtype::F64 | Dtype::F16 => 'f',
        Dtype::Datetime(_) => 'M',
        Dtype::Timedelta(_) => 'm',
        Dtype::C64 | Dtype::C128 => 'c',
    };
    let order = if dtype.itemsize() == 1 { '|' } else { '<' };
    let unit = match dtype.unit() {
        Unit::Generic => String::new(),
        unit => format!("[{}]", unit.name()),
    };
    format!("{order}{kind}{}{unit}", dtype.itemsize())
}

fn bad(what: impl std::fmt::Display) -> Error {
    Error::new(Status::Corrupt, format!(".npy header: {what}"))
}

/// The header's text and what lies behind it.
fn split(image: &[u8]) -> Result<(&[u8], &[u8])> {
    let rest = image.strip_prefix(MAGIC).ok_or_else(|| bad("the payload does not start as a .npy image"))?;
    let (length, rest) = match *rest {
        [1, 0, low, high, ref rest @ ..] => (u16::from_le_bytes([low, high]).into(), rest),
        [2 | 3, 0, a, b, c, d, ref rest @ ..] => (u32::from_le_bytes([a, b, c, d]) as usize, rest),
        [major, minor, ..] => {
            return Err(bad(format_args!("version {major}.{minor} in {} bytes", image.len())));
        }
        _ => return Err(bad("the payload ends after the magic")),
    };
    match rest.split_at_checked(length) {
        Some(parts) if length <= LONGEST => Ok(parts),
        _ => Err(bad(format_args!("it claims {length} bytes, the payload has {}", image.len()))),
    }
}

/// Bytes of all items. A dimension of 0 leaves none, and yet the others are to be held against the address space, as NumPy
/// does: who computes strides shall not overflow.
fn size_of(itemsize: usize, shape: &[u64]) -> Result<usize> {
    let most = isize::MAX as u64;
    let product = |start: u64| shape.iter().try_fold(start, |size, &dim| size.checked_mul(dim.max(1)));
    let extent = product((itemsize as u64).max(1)).filter(|&extent| extent <= most);
    let Some(extent) = extent else {
        return Err(bad(format_args!("the shape {shape:?} is one that no memory holds")));
    };
    if itemsize == 0 && extent > MOST_EMPTY && !shape.contains(&0) {
        return Err(bad(format_args!("{extent} items of no bytes; {MOST_EMPTY} are allowed")));
    }
    Ok(if itemsize == 0 || shape.contains(&0) { 0 } else { extent as usize })
}

impl Kind {
    /// What `descr` says: an order of bytes, which may be left out, a letter, a width, and a unit for times.
    fn of(descr: &str) -> Result<Kind> {
        let refused = || {
            let what = format!("the array's dtype '{descr}' has no fixed width that is known here");
            Error::new(Status::InvalidArgument, what)
        };
        let plain = descr.strip_prefix(['<', '>', '|', '=']).unwrap_or(descr);
        let mut rest = plain.chars();
        let letter = rest.next().ok_or_else(refused)?;
        let (digits, unit) = match rest.as_str().split_once('[') {
            Some((digits, unit)) => (digits, Some(unit.strip_suffix(']').ok_or_else(refused)?)),
            None => (rest.as_str(), None),
        };
        if digits.is_empty() || digits.len() > 10 || !digits.bytes().all(|digit| digit.is_ascii_digit()) {
            return Err(refused());
        }
        let width: usize = digits.parse().map_err(|_| refused())?;
        if unit.is_some() && !matches!(letter, 'M' | 'm') {
            return Err(refused());
        }
        let (dtype, itemsize) = match (letter, width) {
            ('b', 1) => (Some(Dtype::Bool), 1),
            ('i', 1) => (Some(Dtype::I8), 1),
            ('u', 1) => (Some(Dtype::U8), 1),
            ('i', 2) => (Some(Dtype::I16), 2),
            ('u', 2) => (Some(Dtype::U16), 2),
            ('i', 4) => (Some(Dtype::I32), 4),
            ('u', 4) => (Some(Dtype::U32), 4),
            ('i', 8) => (Some(Dtype::I64), 8),
            ('u', 8) => (Some(Dtype::U64), 8),
            ('f', 4) => (Some(Dtype::F32), 4),
            ('f', 8) => (Some(Dtype::F64), 8),
            ('M', 8) => (unit_of(unit).ok_or_else(refused)?.map(Dtype::Datetime), 8),
            ('m', 8) => (unit_of(unit).ok_or_else(refused)?.map(Dtype::Timedelta), 8),
            ('f', 2) => (Some(Dtype::F16), 2),
            ('c', 8) => (Some(Dtype::C64), 8),
            ('c', 16) => (Some(Dtype::C128), 16),
            ('f', 16) | ('c', 32) | ('S' | 'V', _) => (None, width),
            ('U', _) => (None, 4 * width),
            _ => return Err(refused()),
        };
        let big_endian = descr.starts_with('>') && itemsize > 1 && !matches!(letter, 'S' | 'V');
        Ok(Kind { dtype, itemsize, big_endian })
    }
}

/// The unit in the brackets of a time; of several units, `25s`, there is no dtype here.
fn unit_of(text: Option<&str>) -> Option<Option<Unit>> {
    let Some(text) = text else { return Some(Some(Unit::Generic)) };
    let name = text.trim_start_matches(|digit: char| digit.is_ascii_digit());
    let unit = Unit::ALL.into_iter().find(|unit| unit.name() == name)?;
    match &text[..text.len() - name.len()] {
        "" | "1" => Some(Some(unit)),
        several if !several.starts_with('0') => Some(None),
        _ => None,
    }
}

/// What a header says.
struct Header<'a> {
    descr: &'a str,
    fortran_order: bool,
    ndim: usize,
    shape: [u64; MAX_NDIM],
}

/// Reads the Python dict literal of a header: three known keys in any order.
struct Reader<'a> {
    text: &'a [u8],
    at: usize,
}

impl<'a> Reader<'a> {
    fn read(mut self) -> Result<Header<'a>> {
        let (mut descr, mut fortran_order, mut lengths) = (None, None, None);
        self.expect(b'{')?;
        while !self.take(b'}') {
            let key = self.quoted()?;
            self.expect(b':')?;
            match key {
                "descr" if self.peek() == Some(b'[') => {
                    let what = "the array has a dtype with fields, which is no type of single items";
                    return Err(Error::new(Status::InvalidArgument, what));
                }
                "descr" => descr = Some(self.quoted()?),
                "fortran_order" => fortran_order = Some(self.boolean()?),
                "shape" => lengths = Some(self.tuple()?),
                _ => return Err(self.fault(format_args!("unexpected key '{key}'"))),
            }
            if !self.take(b',') && self.peek() != Some(b'}') {
                return Err(self.fault("expected ',' or '}'"));
            }
        }
        if self.peek().is_some() {
            return Err(self.fault("something follows the dict"));
        }
        match (descr, fortran_order, lengths) {
            (Some(descr), Some(fortran_order), Some((ndim, shape))) => {
                Ok(Header { descr, fortran_order, ndim, shape })
            }
            _ => Err(self.fault("descr, fortran_order and shape are all needed")),
        }
    }

    fn fault(&self, what: impl std::fmt::Display) -> Error {
        bad(format_args!("{what} at byte {}", self.at))
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
        if self.take(wanted) {
            Ok(())
        } else {
            Err(self.fault(format_args!("expected '{}'", wanted as char)))
        }
    }

    /// A string without escapes, which the names of keys and dtypes never have.
    fn quoted(&mut self) -> Result<&'a str> {
        let quote = self.peek().filter(|quote| [b'\'', b'"'].contains(quote));
        let quote = quote.ok_or_else(|| self.fault("expected a string"))?;
        let rest = &self.text[self.at + 1..];
        let length = rest.iter().position(|&byte| byte == quote);
        let length = length.ok_or_else(|| self.fault("a string without end"))?;
        let text = std::str::from_utf8(&rest[..length])
            .ok()
            .filter(|text| text.bytes().all(|byte| byte != b'\\' && !byte.is_ascii_control()));
        let text = text.ok_or_else(|| self.fault("a string that is not plain"))?;
        self.at += length + 2;
        Ok(text)
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

    fn tuple(&mut self) -> Result<(usize, [u64; MAX_NDIM])> {
        let (mut ndim, mut shape, mut comma) = (0, [0; MAX_NDIM], true);
        self.expect(b'(')?;
        while !self.take(b')') {
            let length = self.number()?;
            let place = shape.get_mut(ndim);
            *place.ok_or_else(|| bad(format_args!("more than {MAX_NDIM} dimensions")))? = length;
            ndim += 1;
            comma = self.take(b',');
            if !comma && self.peek() != Some(b')') {
                return Err(self.fault("expected ',' or ')'"));
            }
        }
        // To Python `(3)` is a number.
        if ndim == 1 && !comma {
            return Err(self.fault("a shape that is no tuple"));
        }
        Ok((ndim, shape))
    }

    fn number(&mut self) -> Result<u64> {
        self.peek();
        let digits = self.text[self.at..].iter().take_while(|byte| byte.is_ascii_digit()).count();
        let text = std::str::from_utf8(&self.text[self.at..self.at + digits]).unwrap_or_default();
        if text.is_empty() || (text.starts_with('0') && text.bytes().any(|digit| digit != b'0')) {
            return Err(self.fault("expected a number"));
        }
        let number = text.parse().map_err(|_| self.fault("a dimension that no memory holds"))?;
        self.at += digits;
        Ok(number)
    }
}
