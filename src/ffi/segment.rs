//! Segments: arrays inside documents, used in place and written with one copy.

use super::arg::{bytes, invalid, items, out};
use super::document::{document_at, dy_lmdb_document_t, dy_lmdb_node_t};
use super::guard::guard;
use super::sized::{Growing, Out};
use super::status::dy_lmdb_status_t;
use super::writer::{dy_lmdb_writer_t, write};
use crate::document::{Dtype, MAX_NDIM, Placed, Segment, Writer};
use crate::error::Result;
use std::ffi::c_void;
use std::ptr;

/// The type number of the MessagePack extension that holds a segment.
pub const DY_LMDB_SEGMENT_EXTENSION: u32 = 68;
/// Dimensions of a segment at most.
pub const DY_LMDB_SEGMENT_MAX_NDIM: u32 = 32;
/// Flag of a segment: it was a list, and is given back as one by languages that tell lists from arrays.
pub const DY_LMDB_SEGMENT_LIST: u32 = 1;
/// Flag of a segment without dimensions: it was a number with a type of its own, and no array.
pub const DY_LMDB_SEGMENT_SCALAR: u32 = 2;

/// Items of one byte: 0 is false, 1 is true. The numbers of dtypes are the ASCII codes of NumPy's characters.
pub const DY_LMDB_DTYPE_BOOL: u32 = 63;
/// Items are `int8_t`.
pub const DY_LMDB_DTYPE_INT8: u32 = 98;
/// Items are `uint8_t`.
pub const DY_LMDB_DTYPE_UINT8: u32 = 66;
/// Items are `int16_t`.
pub const DY_LMDB_DTYPE_INT16: u32 = 104;
/// Items are `uint16_t`.
pub const DY_LMDB_DTYPE_UINT16: u32 = 72;
/// Items are `int32_t`.
pub const DY_LMDB_DTYPE_INT32: u32 = 105;
/// Items are `uint32_t`.
pub const DY_LMDB_DTYPE_UINT32: u32 = 73;
/// Items are `int64_t`.
pub const DY_LMDB_DTYPE_INT64: u32 = 113;
/// Items are `uint64_t`.
pub const DY_LMDB_DTYPE_UINT64: u32 = 81;
/// Items are `float`.
pub const DY_LMDB_DTYPE_FLOAT32: u32 = 102;
/// Items are `double`.
pub const DY_LMDB_DTYPE_FLOAT64: u32 = 100;
/// Items are `int64_t`: points in time, in units since 1970-01-01T00:00 UTC; `INT64_MIN` is none.
pub const DY_LMDB_DTYPE_DATETIME64: u32 = 77;
/// Items are `int64_t`: spans of time, in units; `INT64_MIN` is none.
pub const DY_LMDB_DTYPE_TIMEDELTA64: u32 = 109;
/// Items are floats of 16 bits, IEEE 754's binary16; C has no common type for them.
pub const DY_LMDB_DTYPE_FLOAT16: u32 = 101;
/// Items are two `float`s, the real part and the imaginary one, aligned as one `float`: `float complex`.
pub const DY_LMDB_DTYPE_COMPLEX64: u32 = 70;
/// Items are two `double`s, the real part and the imaginary one, aligned as one `double`: `double complex`.
pub const DY_LMDB_DTYPE_COMPLEX128: u32 = 68;

/// The unit of times is not said. Also the unit of every dtype that is no time.
pub const DY_LMDB_UNIT_GENERIC: u32 = 0;
/// Years.
pub const DY_LMDB_UNIT_YEAR: u32 = 1;
/// Months.
pub const DY_LMDB_UNIT_MONTH: u32 = 2;
/// Weeks.
pub const DY_LMDB_UNIT_WEEK: u32 = 3;
/// Days.
pub const DY_LMDB_UNIT_DAY: u32 = 4;
/// Hours.
pub const DY_LMDB_UNIT_HOUR: u32 = 5;
/// Minutes.
pub const DY_LMDB_UNIT_MINUTE: u32 = 6;
/// Seconds.
pub const DY_LMDB_UNIT_SECOND: u32 = 7;
/// Milliseconds.
pub const DY_LMDB_UNIT_MILLISECOND: u32 = 8;
/// Microseconds.
pub const DY_LMDB_UNIT_MICROSECOND: u32 = 9;
/// Nanoseconds.
pub const DY_LMDB_UNIT_NANOSECOND: u32 = 10;
/// Picoseconds.
pub const DY_LMDB_UNIT_PICOSECOND: u32 = 11;
/// Femtoseconds.
pub const DY_LMDB_UNIT_FEMTOSECOND: u32 = 12;
/// Attoseconds.
pub const DY_LMDB_UNIT_ATTOSECOND: u32 = 13;

/// An array in a document. Set `struct_size` before the call; the call leaves it as it is and writes no byte beyond
/// it.
#[repr(C)]
#[derive(Debug, Clone, Copy)]
pub struct dy_lmdb_segment_t {
    /// `sizeof(dy_lmdb_segment_t)` as the caller was compiled.
    pub struct_size: usize,
    /// The items in C order, in the payload, in the byte order of the machine (little-endian). Aligned for their
    /// type; to 64 bytes when the document is that of a view. Not NULL, also when there are none.
    pub data: *const c_void,
    /// Bytes of the items.
    pub size: usize,
    /// Bytes of one item.
    pub itemsize: usize,
    /// The segment's position in the document.
    pub node: dy_lmdb_node_t,
    /// The position after it.
    pub end: dy_lmdb_node_t,
    /// One of `DY_LMDB_DTYPE_*`; later versions may add some.
    pub dtype: u32,
    /// One of `DY_LMDB_UNIT_*` for times, else 0.
    pub unit: u32,
    /// `DY_LMDB_SEGMENT_LIST` and `DY_LMDB_SEGMENT_SCALAR`, or-ed.
    pub flags: u32,
    /// Number of dimensions: 0 for a single item, at most `DY_LMDB_SEGMENT_MAX_NDIM`.
    pub ndim: u32,
    /// The length of each dimension; 0 behind the last.
    pub shape: [u64; 32],
}

impl Default for dy_lmdb_segment_t {
    fn default() -> Self {
        dy_lmdb_segment_t {
            struct_size: size_of::<Self>(),
            data: ptr::null(),
            size: 0,
            itemsize: 0,
            node: 0,
            end: 0,
            dtype: 0,
            unit: 0,
            flags: 0,
            ndim: 0,
            shape: [0; MAX_NDIM],
        }
    }
}

// SAFETY: repr(C), size first, then integers, one pointer and one array of integers.
unsafe impl Growing for dy_lmdb_segment_t {
    const NAME: &'static str = "dy_lmdb_segment_t";
}

/// The place for a segment.
unsafe fn place(segment: *mut dy_lmdb_segment_t) -> Result<Out<dy_lmdb_segment_t>> {
    if segment.is_null() {
        return Err(invalid("segment is NULL"));
    }
    // SAFETY: as the caller says.
    unsafe { Out::new(segment) }
}

impl From<Placed<'_>> for dy_lmdb_segment_t {
    fn from(placed: Placed) -> Self {
        let Placed { node, end, segment } = placed;
        let (dtype, mut shape) = (segment.dtype(), [0; MAX_NDIM]);
        shape[..segment.shape().len()].copy_from_slice(segment.shape());
        dy_lmdb_segment_t {
            struct_size: 0,
            data: segment.data().as_ptr().cast(),
            size: segment.data().len(),
            itemsize: dtype.itemsize(),
            node,
            end,
            dtype: dtype.code().into(),
            unit: dtype.unit() as u32,
            flags: segment.flags(),
            ndim: segment.shape().len() as u32,
            shape,
        }
    }
}

/// Tells of a segment, which is used in place.
///
/// - `document`: the document.
/// - `node`: the segment.
/// - `segment`: where to tell.
///
/// Returns `DY_LMDB_OK`; `DY_LMDB_INVALID_ARGUMENT` also for another type, and when the document is of bytes of the
/// caller's that do not lie as the items need it; `DY_LMDB_CORRUPT`.
///
/// Memory: the data lie in the payload and are valid as long as that: until the document is closed, or the view,
/// whichever is later. They must not be written to.
///
/// Threads: any number at once.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn dy_lmdb_document_segment(
    document: *const dy_lmdb_document_t,
    node: dy_lmdb_node_t,
    segment: *mut dy_lmdb_segment_t,
) -> dy_lmdb_status_t {
    guard(|| {
        // SAFETY: as the documentation demands of the caller.
        let (document, segment) = unsafe { (document_at(document)?, place(segment)?) };
        segment.write(&document.segment(node)?.into());
        Ok(())
    })
}

/// Finds the next segment in the order of the payload, however deep it is nested. Who has another library for
/// MessagePack can so cut the segments out, and give it the rest.
///
/// - `document`: the document.
/// - `from`: where to begin: `DY_LMDB_NODE_ROOT`, or the `end` of the last one.
/// - `segment`: where to tell of the first one that begins there or behind; untouched when there is none.
/// - `found`: where to put whether there was one.
///
/// Returns `DY_LMDB_OK`, also when there is none, and otherwise what `dy_lmdb_document_segment` does.
///
/// Memory: as for `dy_lmdb_document_segment`.
///
/// Threads: any number at once. The time grows with what is passed over, but not with the size of texts, bytes and
/// segments.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn dy_lmdb_document_next_segment(
    document: *const dy_lmdb_document_t,
    from: dy_lmdb_node_t,
    segment: *mut dy_lmdb_segment_t,
    found: *mut bool,
) -> dy_lmdb_status_t {
    guard(|| {
        // SAFETY: as the documentation demands of the caller.
        let (document, segment, found) =
            unsafe { (document_at(document)?, place(segment)?, out("found", found)?) };
        let next = document.next_segment(from)?;
        found.write(next.is_some());
        if let Some(next) = next {
            segment.write(&next.into());
        }
        Ok(())
    })
}

/// Finds the next extension value of any type in the order of the payload, however deep it is nested. Who writes
/// documents with another library can so see whether they hold types that are not theirs to use.
///
/// - `document`: the document.
/// - `from`: where to begin: `DY_LMDB_NODE_ROOT`, or the `end` of the last one.
/// - `type`: where to put the type of the first one that begins there or behind, -128 to 127.
/// - `node`: where to put its position.
/// - `end`: where to put the position after it.
/// - `found`: where to put whether there was one; the others are untouched when there was none.
///
/// Returns `DY_LMDB_OK`, also when there is none; `DY_LMDB_CORRUPT` when the document is damaged up to there or `from`
/// lies behind its end; `DY_LMDB_INVALID_ARGUMENT` or `DY_LMDB_CLOSED`.
///
/// Threads: any number at once. The time grows with what is passed over, but not with the size of texts, bytes and
/// extensions.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn dy_lmdb_document_next_extension(
    document: *const dy_lmdb_document_t,
    from: dy_lmdb_node_t,
    r#type: *mut i32,
    node: *mut dy_lmdb_node_t,
    end: *mut dy_lmdb_node_t,
    found: *mut bool,
) -> dy_lmdb_status_t {
    guard(|| {
        // SAFETY: as the documentation demands of the caller.
        let (document, tag, node, end, found) = unsafe {
            (
                document_at(document)?,
                out("type", r#type)?,
                out("node", node)?,
                out("end", end)?,
                out("found", found)?,
            )
        };
        let next = document.next_extension(from)?;
        found.write(next.is_some());
        if let Some((at, number, behind)) = next {
            tag.write(number.into());
            node.write(at);
            end.write(behind);
        }
        Ok(())
    })
}

/// Writes a segment: an array whose readers use it in place.
///
/// - `writer`: the writer.
/// - `dtype`: one of `DY_LMDB_DTYPE_*`.
/// - `unit`: one of `DY_LMDB_UNIT_*` for times, else 0.
/// - `flags`: `DY_LMDB_SEGMENT_*`, or-ed, or 0.
/// - `shape`, `ndim`: the length of each dimension; (NULL, 0) is a single item.
/// - `data`: the items, in C order and the byte order of the machine, as many bytes as dtype and shape say. May be
///   NULL when there are none.
///
/// Returns `DY_LMDB_OK`; `DY_LMDB_INVALID_ARGUMENT` also when dtype, unit, flags or shape are none, or a segment has
/// no place here (as a map's key, say); `DY_LMDB_TOO_LARGE` over 4 GiB - 1.
///
/// Memory: the data are borrowed: they must stay, unchanged, until the writer is reset or freed. Each
/// `dy_lmdb_writer_put` copies them once, straight into the entry.
///
/// Threads: one at a time on a writer.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn dy_lmdb_writer_segment(
    writer: *mut dy_lmdb_writer_t,
    dtype: u32,
    unit: u32,
    flags: u32,
    shape: *const u64,
    ndim: usize,
    data: *const c_void,
) -> dy_lmdb_status_t {
    let body = || {
        // SAFETY: as the documentation demands of the caller.
        let (dtype, shape) = unsafe { kind_and_shape(dtype, unit, shape, ndim) }?;
        let size = Segment::size_of(dtype, shape)?;
        // SAFETY: as the documentation demands of the caller, until the writer is reset or freed.
        let data: &'static [u8] = unsafe { bytes("data", data, size) }?;
        Segment::new(dtype, shape, data)?.with_flags(flags)
    };
    // SAFETY: as the documentation demands of the caller.
    unsafe { write(writer, |writer| writer.segment(&body()?)) }
}

/// Writes a segment without its items, for a caller who computes them where `dy_lmdb_writer_loan_output` makes room.
///
/// - `writer`, `dtype`, `unit`, `flags`, `shape`, `ndim`: as for `dy_lmdb_writer_segment`.
/// - `at`: where to put where the items go, in bytes from the beginning of the value.
///
/// Returns what `dy_lmdb_writer_segment` does. A value with such room is refused by `dy_lmdb_writer_data`,
/// `dy_lmdb_writer_parts`, `dy_lmdb_writer_put` and `dy_lmdb_writer_put_output`, with `DY_LMDB_INVALID_ARGUMENT`.
///
/// Memory: nothing is kept of what is passed.
///
/// Threads: one at a time on a writer.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn dy_lmdb_writer_reserve(
    writer: *mut dy_lmdb_writer_t,
    dtype: u32,
    unit: u32,
    flags: u32,
    shape: *const u64,
    ndim: usize,
    at: *mut u64,
) -> dy_lmdb_status_t {
    let body = |writer: &mut Writer<'static>| {
        // SAFETY: as the documentation demands of the caller.
        let at = unsafe { out("at", at) }?;
        // SAFETY: as the documentation demands of the caller.
        let (dtype, shape) = unsafe { kind_and_shape(dtype, unit, shape, ndim) }?;
        at.write(writer.reserve(dtype, shape, flags)?);
        Ok(())
    };
    // SAFETY: as the documentation demands of the caller.
    unsafe { write(writer, body) }
}

/// What kind of items a segment is to have, and how many.
unsafe fn kind_and_shape<'a>(
    dtype: u32,
    unit: u32,
    shape: *const u64,
    ndim: usize,
) -> Result<(Dtype, &'a [u64])> {
    let dtype = Dtype::from_codes(dtype, unit).map_err(invalid)?;
    if ndim > MAX_NDIM {
        return Err(invalid(format!("ndim is {ndim}; {MAX_NDIM} are allowed at most")));
    }
    // SAFETY: as the caller says.
    Ok((dtype, unsafe { items("shape", shape, ndim) }?))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::document::{EXTENSION, Unit};

    #[test]
    fn dtypes_have_the_numbers_of_the_engine() {
        let dtypes = [
            (DY_LMDB_DTYPE_BOOL, Dtype::Bool),
            (DY_LMDB_DTYPE_INT8, Dtype::I8),
            (DY_LMDB_DTYPE_UINT8, Dtype::U8),
            (DY_LMDB_DTYPE_INT16, Dtype::I16),
            (DY_LMDB_DTYPE_UINT16, Dtype::U16),
            (DY_LMDB_DTYPE_INT32, Dtype::I32),
            (DY_LMDB_DTYPE_UINT32, Dtype::U32),
            (DY_LMDB_DTYPE_INT64, Dtype::I64),
            (DY_LMDB_DTYPE_UINT64, Dtype::U64),
            (DY_LMDB_DTYPE_FLOAT32, Dtype::F32),
            (DY_LMDB_DTYPE_FLOAT64, Dtype::F64),
            (DY_LMDB_DTYPE_DATETIME64, Dtype::Datetime(Unit::Generic)),
            (DY_LMDB_DTYPE_TIMEDELTA64, Dtype::Timedelta(Unit::Generic)),
            (DY_LMDB_DTYPE_FLOAT16, Dtype::F16),
            (DY_LMDB_DTYPE_COMPLEX64, Dtype::C64),
            (DY_LMDB_DTYPE_COMPLEX128, Dtype::C128),
        ];
        for (number, dtype) in dtypes {
            assert_eq!(Dtype::from_codes(number, 0), Ok(dtype));
            assert_eq!(number, u32::from(dtype.code()));
        }
    }

    #[test]
    fn units_have_the_numbers_of_the_engine() {
        let units = [
            (DY_LMDB_UNIT_GENERIC, "generic"),
            (DY_LMDB_UNIT_YEAR, "Y"),
            (DY_LMDB_UNIT_MONTH, "M"),
            (DY_LMDB_UNIT_WEEK, "W"),
            (DY_LMDB_UNIT_DAY, "D"),
            (DY_LMDB_UNIT_HOUR, "h"),
            (DY_LMDB_UNIT_MINUTE, "m"),
            (DY_LMDB_UNIT_SECOND, "s"),
            (DY_LMDB_UNIT_MILLISECOND, "ms"),
            (DY_LMDB_UNIT_MICROSECOND, "us"),
            (DY_LMDB_UNIT_NANOSECOND, "ns"),
            (DY_LMDB_UNIT_PICOSECOND, "ps"),
            (DY_LMDB_UNIT_FEMTOSECOND, "fs"),
            (DY_LMDB_UNIT_ATTOSECOND, "as"),
        ];
        assert_eq!(units.len(), Unit::ALL.len());
        for (number, name) in units {
            assert_eq!(Unit::ALL[number as usize] as u32, number);
            assert_eq!(Unit::ALL[number as usize].name(), name);
        }
    }

    #[test]
    fn limits_and_flags_are_those_of_the_engine() {
        assert_eq!(DY_LMDB_SEGMENT_EXTENSION, u32::from(EXTENSION.cast_unsigned()));
        assert_eq!(DY_LMDB_SEGMENT_MAX_NDIM as usize, MAX_NDIM);
        assert_eq!((DY_LMDB_SEGMENT_LIST, DY_LMDB_SEGMENT_SCALAR), (Segment::LIST, Segment::SCALAR));
    }
}
