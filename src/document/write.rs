//! Building one MessagePack value, with its structure checked while it grows.

use rmp::Marker;
use rmp::encode;

use super::segment::{before_data, check_flags, refused};
use super::{ALIGNMENT, Dtype, MAX_DEPTH, Segment, Type};
use crate::error::{Error, Result, Status};
use std::cell::OnceCell;

/// Builds one MessagePack value.
///
/// Containers are announced with the number of values they will hold and filled by the calls that
/// follow: `map(1)`, `string("a")`, `double(0.5)`. Numbers and lengths take their narrowest
/// encoding, floats are always 64 bits, as MessagePack libraries write them.
///
/// Data of segments are not copied: the writer borrows them until it is reset, and [`Writer::parts`] names
/// them where they belong in the value. Everything else is copied.
///
/// A call that does not fit the structure answers `InvalidArgument` and changes nothing. Not for use
/// by several threads at once.
#[derive(Debug, Default)]
pub struct Writer<'a> {
    /// The value but for what is lent.
    bytes: Vec<u8>,
    lent: Vec<Lent<'a>>,
    lent_size: usize,
    open: Vec<Open>,
    /// The finished value in one piece, made when it is first wanted and there is something lent.
    joined: OnceCell<Joined>,
}

/// Bytes beside its segments that a value mostly has.
const USUAL: usize = 240;

/// Data that stay where they are.
#[derive(Debug)]
struct Lent<'a> {
    /// How much of `bytes` comes before them.
    after: usize,
    size: usize,
    /// `None`: the caller puts them in their place.
    data: Option<&'a [u8]>,
}

/// A copy of a value that begins where its segments lie aligned.
#[derive(Debug)]
struct Joined {
    bytes: Vec<u8>,
    start: usize,
}

/// A container that still lacks values.
#[derive(Debug)]
struct Open {
    map: bool,
    announced: usize,
    /// Values missing; a map's pair counts as two.
    missing: u64,
}

impl<'a> Writer<'a> {
    /// A writer that holds nothing yet.
    pub fn new() -> Writer<'a> {
        Writer { bytes: Vec::with_capacity(USUAL), ..Writer::default() }
    }

    /// Forgets everything written and keeps the memory for the next value.
    pub fn reset(&mut self) {
        self.bytes.clear();
        self.lent.clear();
        self.lent_size = 0;
        self.open.clear();
        self.joined.take();
    }

    /// Writes nil.
    pub fn nil(&mut self) -> Result<()> {
        self.scalar(Type::Nil, encode::write_nil)
    }

    /// Writes a bool.
    pub fn bool(&mut self, value: bool) -> Result<()> {
        self.scalar(Type::Bool, |out| encode::write_bool(out, value))
    }

    /// Writes a signed integer.
    pub fn int64(&mut self, value: i64) -> Result<()> {
        self.scalar(Type::Int, |out| encode::write_sint(out, value).map(drop))
    }

    /// Writes an unsigned integer.
    pub fn uint64(&mut self, value: u64) -> Result<()> {
        self.scalar(Type::Int, |out| encode::write_uint(out, value).map(drop))
    }

    /// Writes a 64-bit float.
    pub fn double(&mut self, value: f64) -> Result<()> {
        self.scalar(Type::Float, |out| encode::write_f64(out, value))
    }

    /// Writes text.
    ///
    /// # Errors
    /// `TooLarge` over 4 GiB − 1.
    pub fn string(&mut self, value: &str) -> Result<()> {
        length(value.len(), "a string")?;
        self.scalar(Type::String, |out| encode::write_str(out, value))
    }

    /// Writes bytes.
    ///
    /// # Errors
    /// `TooLarge` over 4 GiB − 1.
    pub fn bytes(&mut self, value: &[u8]) -> Result<()> {
        length(value.len(), "bytes")?;
        self.scalar(Type::Bytes, |out| encode::write_bin(out, value))
    }

    /// Begins an array that the next `count` values make up.
    ///
    /// # Errors
    /// `TooLarge` over 2³² − 1 values.
    pub fn array(&mut self, count: usize) -> Result<()> {
        let len = length(count, "an array")?;
        self.expect(Type::Array)?;
        put(encode::write_array_len(&mut self.bytes, len).map(drop));
        self.begin(false, count);
        Ok(())
    }

    /// Begins a map that the next `count` pairs, each a key and then its value, make up.
    ///
    /// # Errors
    /// `TooLarge` over 2³² − 1 pairs.
    pub fn map(&mut self, count: usize) -> Result<()> {
        let len = length(count, "a map")?;
        self.expect(Type::Map)?;
        put(encode::write_map_len(&mut self.bytes, len).map(drop));
        self.begin(true, count);
        Ok(())
    }

    /// Writes a whole array of 64-bit floats.
    ///
    /// # Errors
    /// `TooLarge` over 2³² − 1 values.
    pub fn doubles(&mut self, values: &[f64]) -> Result<()> {
        let len = length(values.len(), "an array")?;
        self.expect(Type::Array)?;
        self.bytes.reserve(5 + 9 * values.len());
        put(encode::write_array_len(&mut self.bytes, len).map(drop));
        let start = self.bytes.len();
        self.bytes.resize(start + 9 * values.len(), 0);
        for (cell, value) in self.bytes[start..].chunks_exact_mut(9).zip(values) {
            cell[0] = Marker::F64.to_u8();
            cell[1..].copy_from_slice(&value.to_be_bytes());
        }
        self.ended();
        Ok(())
    }

    /// Writes a whole array of integers.
    ///
    /// # Errors
    /// `TooLarge` over 2³² − 1 values.
    pub fn int64s(&mut self, values: &[i64]) -> Result<()> {
        let len = length(values.len(), "an array")?;
        self.expect(Type::Array)?;
        put(encode::write_array_len(&mut self.bytes, len).map(drop));
        for value in values {
            put(encode::write_sint(&mut self.bytes, *value).map(drop));
        }
        self.ended();
        Ok(())
    }

    /// Writes a segment. Its data are borrowed.
    ///
    /// # Errors
    /// `TooLarge` when it is over 4 GiB − 1.
    pub fn segment(&mut self, segment: &Segment<'a>) -> Result<()> {
        let before_data = segment.before_data(self.position())?;
        self.expect(Type::Segment)?;
        self.bytes.extend_from_slice(&before_data);
        self.lend(segment.data().len(), Some(segment.data()));
        Ok(())
    }

    /// Writes a segment without its data, for a caller who puts them where [`Writer::fill`] leaves room for them.
    /// Returns where in the value that is, in bytes; there are [`Segment::size_of`].
    ///
    /// # Errors
    /// As for [`Segment::new`], [`Segment::with_flags`] and [`Writer::segment`].
    pub fn reserve(&mut self, dtype: Dtype, shape: &[u64], flags: u32) -> Result<u64> {
        let size = Segment::size_of(dtype, shape)?;
        check_flags(flags, shape).map_err(refused)?;
        let before_data = before_data(self.position(), dtype, flags, shape, size)?;
        self.expect(Type::Segment)?;
        self.bytes.extend_from_slice(&before_data);
        let at = self.position();
        self.lend(size, None);
        Ok(at as u64)
    }

    /// Writes the finished value into `out`, which has its size. Room for data that were reserved is left as it is.
    ///
    /// # Errors
    /// As for [`Writer::data`].
    ///
    /// # Panics
    /// When `out` has another size.
    pub fn fill(&self, out: &mut [u8]) -> Result<()> {
        assert_eq!(out.len(), self.size()?, "bytes to fill");
        let (mut from, mut at) = (0, 0);
        let mut copy = |bytes: &[u8], at: &mut usize| {
            out[*at..*at + bytes.len()].copy_from_slice(bytes);
            *at += bytes.len();
        };
        for lent in &self.lent {
            copy(&self.bytes[from..lent.after], &mut at);
            from = lent.after;
            match lent.data {
                Some(data) => copy(data, &mut at),
                None => at += lent.size,
            }
        }
        copy(&self.bytes[from..], &mut at);
        Ok(())
    }

    /// Appends what comes before some data and the data, each behind as many zeros as it needs, as one value.
    pub(super) fn lend_all(&mut self, fixed: &[u8], data: &[(usize, &'a [u8])]) {
        self.bytes.extend_from_slice(fixed);
        for &(zeros, data) in data {
            self.bytes.resize(self.bytes.len() + zeros, 0);
            self.lent.push(Lent { after: self.bytes.len(), size: data.len(), data: Some(data) });
            self.lent_size += data.len();
        }
        self.ended();
    }

    fn lend(&mut self, size: usize, data: Option<&'a [u8]>) {
        self.lent.push(Lent { after: self.bytes.len(), size, data });
        self.lent_size += size;
        self.ended();
    }

    /// Bytes of the finished value.
    ///
    /// # Errors
    /// As for [`Writer::data`].
    pub fn size(&self) -> Result<usize> {
        self.finished()?;
        Ok(self.position())
    }

    /// The finished value in parts, to be joined in this order. Data of segments are parts of their own, where the
    /// caller lent them.
    ///
    /// # Errors
    /// As for [`Writer::data`].
    pub fn parts(&self) -> Result<Vec<&[u8]>> {
        self.finished()?;
        let mut parts = Vec::with_capacity(2 * self.lent.len() + 1);
        let mut from = 0;
        for lent in self.lent.iter().filter(|lent| lent.size > 0) {
            let data =
                lent.data.ok_or_else(|| refused("data of a segment are reserved, not written".to_owned()))?;
            // Empty between buffers of a table that follow one another.
            if from < lent.after {
                parts.push(&self.bytes[from..lent.after]);
            }
            parts.push(data);
            from = lent.after;
        }
        if from < self.bytes.len() {
            parts.push(&self.bytes[from..]);
        }
        Ok(parts)
    }

    /// The finished value. With segments this is a copy, made once, that starts at a multiple of 64.
    ///
    /// # Errors
    /// `InvalidArgument` naming what is missing when it is not finished.
    pub fn data(&self) -> Result<&[u8]> {
        let parts = self.parts()?;
        if self.lent.is_empty() {
            return Ok(&self.bytes);
        }
        let joined = self.joined.get_or_init(|| Joined::new(&parts, self.position()));
        Ok(&joined.bytes[joined.start..])
    }

    /// Where the next byte goes.
    pub(super) fn position(&self) -> usize {
        self.bytes.len() + self.lent_size
    }

    fn finished(&self) -> Result<()> {
        let what = match self.open.last() {
            Some(open) => format!("{} is missing", open.lacks()),
            None if self.bytes.is_empty() => "nothing was written".to_owned(),
            None => return Ok(()),
        };
        Err(Error::new(Status::InvalidArgument, format!("the document is not finished: {what}")))
    }

    fn scalar<E: std::fmt::Debug>(
        &mut self,
        kind: Type,
        write: impl FnOnce(&mut Vec<u8>) -> std::result::Result<(), E>,
    ) -> Result<()> {
        self.expect(kind)?;
        put(write(&mut self.bytes));
        self.ended();
        Ok(())
    }

    /// Refuses a value that has no place.
    pub(super) fn expect(&self, kind: Type) -> Result<()> {
        let kind_phrase = kind.phrase();
        let container = matches!(kind, Type::Array | Type::Map);
        let key = !container && kind != Type::Segment;
        let what = match self.open.last() {
            None if self.bytes.is_empty() => return Ok(()),
            None => format!("{kind_phrase} after the end of the document"),
            Some(open) if !key && open.at_key() => {
                format!("{kind_phrase} as a map's key: a key is a scalar, a string or bytes")
            }
            Some(_) if container && self.open.len() == MAX_DEPTH => {
                format!("more than {MAX_DEPTH} arrays and maps inside one another")
            }
            Some(_) => return Ok(()),
        };
        Err(Error::new(Status::InvalidArgument, what))
    }

    fn begin(&mut self, map: bool, count: usize) {
        if count == 0 {
            self.ended();
            return;
        }
        self.open.push(Open {
            map,
            announced: count,
            missing: if map { 2 * count as u64 } else { count as u64 },
        });
    }

    /// A value is complete, and so is every container that it was the last of.
    fn ended(&mut self) {
        while let Some(open) = self.open.last_mut() {
            open.missing -= 1;
            if open.missing > 0 {
                return;
            }
            self.open.pop();
        }
    }
}

impl Joined {
    fn new(parts: &[&[u8]], size: usize) -> Joined {
        let mut bytes: Vec<u8> = Vec::with_capacity(size + ALIGNMENT);
        let start = bytes.as_ptr().align_offset(ALIGNMENT);
        bytes.resize(start, 0);
        parts.iter().for_each(|part| bytes.extend_from_slice(part));
        Joined { bytes, start }
    }
}

impl Open {
    fn at_key(&self) -> bool {
        self.map && self.missing.is_multiple_of(2)
    }

    /// What comes next, for messages.
    fn lacks(&self) -> String {
        let announced = self.announced as u64;
        if !self.map {
            let index = announced - self.missing;
            return format!("value {} of an array of {announced}", index + 1);
        }
        let what = if self.at_key() { "the key" } else { "the value" };
        let pair = announced - self.missing.div_ceil(2);
        format!("{what} of pair {} of a map of {announced}", pair + 1)
    }
}

/// MessagePack lengths have 32 bits.
fn length(len: usize, what: &str) -> Result<u32> {
    u32::try_from(len).map_err(|_| {
        let what = format!("{what} of {len}: MessagePack holds at most {}", u32::MAX);
        Error::new(Status::TooLarge, what)
    })
}

/// Takes the result of writing into memory, which cannot fail.
fn put<E: std::fmt::Debug>(written: std::result::Result<(), E>) {
    written.expect("writing into memory cannot fail");
}
