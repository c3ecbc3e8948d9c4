//! Numbers of documents and arrays, as doubles with a shape.

use super::arg::{bytes, flags, invalid, room};
use super::array::DY_LMDB_ARRAY_BIG_ENDIAN;
use super::document::{document_at, dy_lmdb_document_t, dy_lmdb_node_t};
use super::guard::guard;
use super::segment::DY_LMDB_SEGMENT_LIST;
use super::sized::{Growing, Out};
use super::status::dy_lmdb_status_t;
use crate::document::{Dtype, MAX_NDIM, convert};
use crate::error::{Error, Status};
use std::ffi::c_void;
use std::ptr;

/// Lists of numbers with fewer items take no more room item by item than as a segment with its padding: who writes
/// documents makes segments, flagged `DY_LMDB_SEGMENT_LIST`, of those that have as many or more.
pub const DY_LMDB_LIST_SEGMENT_MIN: u32 = 64;

/// A value of a document as doubles with a shape. Set `struct_size` before the call; the call leaves it as it is and
/// writes no byte beyond it.
#[repr(C)]
#[derive(Debug, Clone, Copy)]
pub struct dy_lmdb_numbers_t {
    /// `sizeof(dy_lmdb_numbers_t)` as the caller was compiled.
    pub struct_size: usize,
    /// The doubles in C order where they lie in the payload; NULL when they are something else there, or not aligned, and
    /// have to be copied.
    pub data: *const f64,
    /// How many there are in all dimensions.
    pub count: usize,
    /// `DY_LMDB_SEGMENT_LIST` when they are lists, or a single number, to languages that tell those from arrays; else 0.
    pub flags: u32,
    /// Number of dimensions: 0 for a single number, at most `DY_LMDB_SEGMENT_MAX_NDIM`.
    pub ndim: u32,
    /// The length of each dimension; 0 behind the last.
    pub shape: [u64; 32],
}

impl Default for dy_lmdb_numbers_t {
    fn default() -> Self {
        dy_lmdb_numbers_t {
            struct_size: size_of::<Self>(),
            data: ptr::null(),
            count: 0,
            flags: 0,
            ndim: 0,
            shape: [0; MAX_NDIM],
        }
    }
}

// SAFETY: repr(C), size first, then integers, one pointer and one array of integers.
unsafe impl Growing for dy_lmdb_numbers_t {
    const NAME: &'static str = "dy_lmdb_numbers_t";
}

/// Tells what a value is as doubles with a shape: what calculators compute on.
///
/// That are: a segment of numbers or bools; lists of numbers inside one another, whose lengths agree, in which a bool is 0
/// or 1 and a segment stands for the lists it has the shape of; bytes, taken as doubles of this machine in one dimension; a
/// single number or bool. Whole numbers become the nearest doubles.
///
/// - `document`: the document.
/// - `node`: the value.
/// - `numbers`: where to tell.
///
/// Returns `DY_LMDB_OK`; `DY_LMDB_INVALID_ARGUMENT` also, naming the place, when it is anything else, or more than
/// 1,024 empty lists that its bytes only announce; `DY_LMDB_BAD_FORMAT` when it is a table, a reference, or another type
/// that only Python reads: a calculator then declines its input with `dy_lmdb_reference_decline`; `DY_LMDB_CORRUPT`.
///
/// Memory: `data` of the numbers lies in the payload and is valid as long as that: until the document is closed, or the
/// view, whichever is later. It must not be written to.
///
/// Threads: any number at once. Of lists only the first in each level is looked at; `dy_lmdb_numbers_copy` looks at all.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn dy_lmdb_numbers_describe(
    document: *const dy_lmdb_document_t,
    node: dy_lmdb_node_t,
    numbers: *mut dy_lmdb_numbers_t,
) -> dy_lmdb_status_t {
    guard(|| {
        if numbers.is_null() {
            return Err(invalid("numbers is NULL"));
        }
        // SAFETY: as the documentation demands of the caller.
        let (document, place) = unsafe { (document_at(document)?, Out::new(numbers)?) };
        let found = document.numbers(node)?;
        let mut shape = [0; MAX_NDIM];
        shape[..found.shape().len()].copy_from_slice(found.shape());
        place.write(&dy_lmdb_numbers_t {
            struct_size: 0,
            data: found.in_place().map_or(ptr::null(), |data| data.as_ptr().cast()),
            count: found.count(),
            flags: if found.is_list() { DY_LMDB_SEGMENT_LIST } else { 0 },
            ndim: found.shape().len() as u32,
            shape,
        });
        Ok(())
    })
}

/// Copies the numbers that a value is, in C order.
///
/// - `document`: the document.
/// - `node`: the value.
/// - `values`, `capacity`: where to copy to; room for as many as `dy_lmdb_numbers_describe` tells.
///
/// Returns as `dy_lmdb_numbers_describe` does; `DY_LMDB_INVALID_ARGUMENT` also, naming the place, when lists differ in
/// length or an item is no number; `DY_LMDB_BUFFER_TOO_SMALL` when `capacity` is less. On a failure a part of `values` may
/// have been written.
///
/// Threads: any number at once.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn dy_lmdb_numbers_copy(
    document: *const dy_lmdb_document_t,
    node: dy_lmdb_node_t,
    values: *mut f64,
    capacity: usize,
) -> dy_lmdb_status_t {
    guard(|| {
        // SAFETY: as the documentation demands of the caller.
        let (document, values) = unsafe { (document_at(document)?, room("values", values, capacity)?) };
        let numbers = document.numbers(node)?;
        let values = values.get_mut(..numbers.count()).ok_or_else(|| small(numbers.count(), capacity))?;
        document.copy_numbers(&numbers, values)
    })
}

/// Converts items of an array to the nearest doubles; bools are 0 or 1.
///
/// - `dtype`: one of `DY_LMDB_DTYPE_*` but for times and complex numbers.
/// - `flags`: `DY_LMDB_ARRAY_BIG_ENDIAN` when the bytes of each item are in the other order than the machine's, else 0.
/// - `data`, `size`: the items, anywhere in memory; a whole number of them.
/// - `values`, `capacity`: where to put the doubles, one for each item.
///
/// Returns `DY_LMDB_OK`; `DY_LMDB_INVALID_ARGUMENT` also for times and complex items, which are no numbers, and a size
/// that does not divide;
/// `DY_LMDB_BUFFER_TOO_SMALL`, with nothing written.
///
/// Threads: any number at once.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn dy_lmdb_numbers_convert(
    dtype: u32,
    flags: u32,
    data: *const c_void,
    size: usize,
    values: *mut f64,
    capacity: usize,
) -> dy_lmdb_status_t {
    guard(|| {
        self::flags("flags", flags, DY_LMDB_ARRAY_BIG_ENDIAN)?;
        let dtype = Dtype::from_codes(dtype, 0).map_err(invalid)?;
        // SAFETY: as the documentation demands of the caller.
        let (data, values) = unsafe { (bytes("data", data, size)?, room("values", values, capacity)?) };
        if !size.is_multiple_of(dtype.itemsize()) {
            return Err(invalid(format!("{size} bytes are no whole number of {dtype}")));
        }
        let count = size / dtype.itemsize();
        let values = values.get_mut(..count).ok_or_else(|| small(count, capacity))?;
        convert(dtype, flags & DY_LMDB_ARRAY_BIG_ENDIAN != 0, data, values)
            .ok_or_else(|| invalid(format!("items of {dtype} are no numbers")))
    })
}

fn small(count: usize, capacity: usize) -> Error {
    Error::new(Status::BufferTooSmall, format!("{count} numbers for a buffer of {capacity}"))
}
