//! Typed segments: arrays of numbers or times, each an extension whose data lie aligned in the payload.
//!
//! ```text
//! 0xc9, length of the body (4 bytes, big-endian), 68
//! body:  0  version, 1        1  dtype       2  unit        3  flags
//!        4  dimensions        5  padding     6  zero, two bytes
//!        8  shape: 8 bytes a dimension
//!           padding, so that the data start at a multiple of 64 from the payload's start
//!           data: C order; they end the body
//! ```
//!
//! Numbers of the body are little-endian. `docs/segments.md` has every byte.

use super::head::Head;
use super::{Document, Dtype, Node};
use crate::error::{Error, Result, Status};
use rmp::Marker;

/// The type number of the extension.
pub const EXTENSION: i8 = 68;
/// Dimensions of a segment at most.
pub const MAX_NDIM: usize = 32;
/// Data start at a multiple of this from the payload's start.
pub const ALIGNMENT: usize = 64;

const VERSION: u8 = 1;
/// So many empty lists a segment may stand for: a few bytes can announce any number of them, and a document may have any
/// number of such segments.
pub(super) const MOST_EMPTY_LISTS: u64 = 1 << 10;
/// Bytes of the body before the shape.
const FIXED: usize = 8;
/// Bytes before the body: marker, length, type number.
const BEFORE_BODY: usize = 6;

/// An array of items of one type, in C order, with the data borrowed.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Segment<'a> {
    dtype: Dtype,
    flags: u32,
    ndim: usize,
    shape: [u64; MAX_NDIM],
    data: &'a [u8],
}

/// A segment with its place in the document.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Placed<'a> {
    /// Where the value begins.
    pub node: Node,
    /// The position after it.
    pub end: Node,
    /// The value.
    pub segment: Segment<'a>,
}

impl<'a> Segment<'a> {
    /// Flag: it was a list, and is given back as one by languages that tell lists from arrays.
    pub const LIST: u32 = 1;
    /// Flag: it was a number with a type of its own, and no array; without dimensions only.
    pub const SCALAR: u32 = 2;

    /// An array of `shape` over `data`, which are its items in C order, little-endian. No dimensions mean one item.
    ///
    /// # Errors
    /// `InvalidArgument` for over [`MAX_NDIM`] dimensions, a shape that no memory holds, or data of another size.
    pub fn new(dtype: Dtype, shape: &[u64], data: &'a [u8]) -> Result<Segment<'a>> {
        let size = Self::size_of(dtype, shape)?;
        if size != data.len() {
            return Err(refused(format!(
                "{} bytes for a segment of {dtype} with shape {shape:?}, which has {size}",
                data.len()
            )));
        }
        let mut dims = [0; MAX_NDIM];
        dims[..shape.len()].copy_from_slice(shape);
        Ok(Segment { dtype, flags: 0, ndim: shape.len(), shape: dims, data })
    }

    /// The same with these flags.
    ///
    /// # Errors
    /// `InvalidArgument` for flags that do not exist or do not go together, and for a list of over 1,024 empty
    /// lists.
    pub fn with_flags(self, flags: u32) -> Result<Segment<'a>> {
        check_flags(flags, self.shape()).map_err(refused)?;
        Ok(Segment { flags, ..self })
    }

    /// Bytes of the data of an array.
    ///
    /// # Errors
    /// As for [`Segment::new`].
    pub fn size_of(dtype: Dtype, shape: &[u64]) -> Result<usize> {
        if shape.len() > MAX_NDIM {
            return Err(refused(format!(
                "a segment of {} dimensions; {MAX_NDIM} are allowed at most",
                shape.len()
            )));
        }
        size_of(dtype, shape).map_err(refused)
    }

    /// What the items are.
    pub fn dtype(&self) -> Dtype {
        self.dtype
    }

    /// [`Segment::LIST`] and [`Segment::SCALAR`], or-ed.
    pub fn flags(&self) -> u32 {
        self.flags
    }

    /// Length of each dimension.
    pub fn shape(&self) -> &[u64] {
        &self.shape[..self.ndim]
    }

    /// The items. In a payload of a view they start at a multiple of 64, for others see [`Document::segment`].
    pub fn data(&self) -> &'a [u8] {
        self.data
    }

    /// Number of items in all dimensions.
    pub fn count(&self) -> usize {
        self.data.len() / self.dtype.itemsize()
    }

    /// All that comes before the data of a segment that begins at `at`: head, shape, padding.
    ///
    /// # Errors
    /// `TooLarge` when the body is over 4 GiB − 1.
    pub(super) fn before_data(&self, at: usize) -> Result<Vec<u8>> {
        before_data(at, self.dtype, self.flags, self.shape(), self.data.len())
    }
}

impl std::fmt::Debug for Segment<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let (dtype, shape, size) = (self.dtype, self.shape(), self.data.len());
        write!(f, "Segment({dtype}, shape {shape:?}, flags {:#x}, {size} bytes)", self.flags)
    }
}

impl<'a> Document<'a> {
    /// The segment at `node`, its data in place.
    ///
    /// The data start at a multiple of 64 from the payload's start, and so in memory for the payload of a view.
    ///
    /// # Errors
    /// `InvalidArgument` too when the payload is bytes of the caller's that do not lie as the items need it.
    pub fn segment(&self, node: Node) -> Result<Placed<'a>> {
        let (segment, end) = match self.at_node(node)? {
            (Head::Ext { tag: EXTENSION, at, body }, end) => (self.decode(at, body)?, end as Node),
            (other, _) => return Err(self.mismatch(node, other.kind(), "a segment")),
        };
        let (dtype, address) = (segment.dtype, segment.data.as_ptr().addr());
        if !address.is_multiple_of(dtype.alignment()) {
            let needed = dtype.alignment();
            return Err(refused(format!(
                "the segment at byte {node} of the document lies at {address:#x}, and {dtype} needs a multiple of \
                 {needed}: copy the payload to an address that is a multiple of {ALIGNMENT}"
            )));
        }
        Ok(Placed { node, end, segment })
    }

    /// The first segment that begins at `from` or after it, in the order of the payload, however deep it is nested;
    /// `None` when there is no more. `from` is a value's position or the one after it. The time grows with what lies
    /// between.
    pub fn next_segment(&self, from: Node) -> Result<Option<Placed<'a>>> {
        match self.find_extension(from, |tag| tag == EXTENSION)? {
            Some((node, _)) => self.segment(node).map(Some),
            None => Ok(None),
        }
    }

    /// As [`Document::next_segment`], but any extension value: its position, its type and the position after it.
    pub fn next_extension(&self, from: Node) -> Result<Option<(Node, i8, Node)>> {
        match self.find_extension(from, |_| true)? {
            Some((node, tag)) => Ok(Some((node, tag, self.skip(node as usize)? as Node))),
            None => Ok(None),
        }
    }

    fn find_extension(&self, from: Node, wanted: impl Fn(i8) -> bool) -> Result<Option<(Node, i8)>> {
        if from == self.bytes.len() as Node {
            return Ok(None);
        }
        self.at_node(from)?;
        let mut at = from as usize;
        while at < self.bytes.len() {
            if let Some(next) = self.after_fixed(at) {
                at = next;
                continue;
            }
            // The first child of a container follows its head.
            let (head, next) = self.head(at)?;
            match head {
                Head::Ext { tag, .. } if wanted(tag) => return Ok(Some((at as Node, tag))),
                _ => at = next,
            }
        }
        Ok(None)
    }

    /// Reads the segment with this body, which begins at `at`.
    pub(crate) fn decode(&self, at: usize, body: &'a [u8]) -> Result<Segment<'a>> {
        let Some((&fixed, rest)) = body.split_first_chunk::<FIXED>() else {
            let len = body.len();
            return Err(self.corrupt(at, format_args!("a segment of {len} bytes: {FIXED} are its header")));
        };
        let [version, dtype, unit, flags, ndim, padding, zeros @ ..] = fixed;
        if version != VERSION {
            return Err(self.corrupt(at, format_args!("a segment of version {version}, not {VERSION}")));
        }
        let dtype =
            Dtype::from_codes(dtype.into(), unit.into()).map_err(|what| self.corrupt(at + 1, what))?;
        let (flags, ndim, padding) = (u32::from(flags), usize::from(ndim), usize::from(padding));
        if ndim > MAX_NDIM {
            let what = format!("a segment of {ndim} dimensions; {MAX_NDIM} are allowed at most");
            return Err(self.corrupt(at + 4, what));
        }
        if padding >= ALIGNMENT {
            return Err(self.corrupt(at + 5, format_args!("{padding} bytes of padding in a segment")));
        }
        if zeros != [0; 2] {
            return Err(self.corrupt(at + 6, "two bytes in the header of a segment should be zero"));
        }
        let (dims, _) = rest.as_chunks::<8>();
        let Some(dims) = dims.get(..ndim) else {
            let len = body.len();
            return Err(
                self.corrupt(at + FIXED, format_args!("{ndim} dimensions in a segment of {len} bytes"))
            );
        };
        let mut shape = [0; MAX_NDIM];
        for (dim, cell) in shape.iter_mut().zip(dims) {
            *dim = u64::from_le_bytes(*cell);
        }
        check_flags(flags, &shape[..ndim]).map_err(|what| self.corrupt(at + 3, what))?;
        let size = size_of(dtype, &shape[..ndim]).map_err(|what| self.corrupt(at + FIXED, what))?;
        let start = FIXED + 8 * ndim + padding;
        let data = match body.get(start..) {
            Some(data) if data.len() == size => data,
            _ => {
                let shape = &shape[..ndim];
                let what = format!(
                    "a segment of {} bytes; {dtype} with shape {shape:?} has {start} + {size}",
                    body.len()
                );
                return Err(self.corrupt(at + FIXED, what));
            }
        };
        if !(at + start).is_multiple_of(ALIGNMENT) {
            let what =
                format!("the data of a segment start at byte {}, no multiple of {ALIGNMENT}", at + start);
            return Err(self.corrupt(at + 5, what));
        }
        Ok(Segment { dtype, flags, ndim, shape, data })
    }
}

/// All that comes before `size` bytes of data.
///
/// # Errors
/// `TooLarge` when the body is over 4 GiB − 1.
pub(super) fn before_data(
    at: usize,
    dtype: Dtype,
    flags: u32,
    shape: &[u64],
    size: usize,
) -> Result<Vec<u8>> {
    let mut bytes = Vec::with_capacity(BEFORE_BODY + FIXED + 8 * shape.len() + ALIGNMENT);
    write_before_data(&mut bytes, at, dtype, flags, shape, size)?;
    Ok(bytes)
}

/// Appends what [`before_data`] gives; nothing when that fails.
pub(crate) fn write_before_data(
    bytes: &mut Vec<u8>,
    at: usize,
    dtype: Dtype,
    flags: u32,
    shape: &[u64],
    size: usize,
) -> Result<()> {
    let fixed = BEFORE_BODY + FIXED + 8 * shape.len();
    let padding = (at + fixed).next_multiple_of(ALIGNMENT) - (at + fixed);
    let body = fixed - BEFORE_BODY + padding + size;
    let body = u32::try_from(body).map_err(|_| {
        let what = format!("a segment of {} bytes: MessagePack holds at most {}", body, u32::MAX);
        Error::new(Status::TooLarge, what)
    })?;
    let [a, b, c, d] = body.to_be_bytes();
    bytes.extend([Marker::Ext32.to_u8(), a, b, c, d, EXTENSION as u8]);
    bytes.extend([
        VERSION,
        dtype.code(),
        dtype.unit() as u8,
        flags as u8,
        shape.len() as u8,
        padding as u8,
        0,
        0,
    ]);
    bytes.extend(shape.iter().flat_map(|dim| dim.to_le_bytes()));
    bytes.resize(bytes.len() + padding, 0);
    Ok(())
}

pub(super) fn check_flags(flags: u32, shape: &[u64]) -> std::result::Result<(), String> {
    let known = Segment::LIST | Segment::SCALAR;
    if flags & !known != 0 {
        return Err(format!("flags {flags:#x} of a segment; known flags are {known:#x}"));
    }
    if flags & Segment::SCALAR != 0 && (!shape.is_empty() || flags & Segment::LIST != 0) {
        return Err("a segment that is a scalar has no dimensions and is no list".to_owned());
    }
    if flags & Segment::LIST != 0 && !is_few_lists(shape, MOST_EMPTY_LISTS) {
        return Err(format!("more than {MOST_EMPTY_LISTS} empty lists in a segment of shape {shape:?}"));
    }
    Ok(())
}

/// Whether the lists that `shape` makes without any item are at most `most`.
pub(super) fn is_few_lists(shape: &[u64], most: u64) -> bool {
    let outer = shape.iter().position(|&dim| dim == 0).unwrap_or(0);
    let lists = shape[..outer].iter().try_fold(1_u64, |lists, &dim| lists.checked_mul(dim));
    lists.is_some_and(|lists| lists <= most)
}

/// Bytes of the data. A dimension of 0 leaves no data, and yet the others are to be held against the address space:
/// who computes strides shall not overflow.
fn size_of(dtype: Dtype, shape: &[u64]) -> std::result::Result<usize, String> {
    let most = isize::MAX as u64;
    let extent = shape.iter().try_fold(dtype.itemsize() as u64, |size, &dim| size.checked_mul(dim.max(1)));
    match extent {
        Some(extent) if extent <= most => Ok(if shape.contains(&0) { 0 } else { extent as usize }),
        _ => Err(format!("a segment of {dtype} with shape {shape:?} is larger than any memory")),
    }
}

pub(super) fn refused(what: String) -> Error {
    Error::new(Status::InvalidArgument, what)
}
