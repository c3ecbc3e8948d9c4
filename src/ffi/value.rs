//! Values of a document: what they are, and what they hold.

use super::arg::{out, room};
use super::document::{document_at, dy_lmdb_document_t, dy_lmdb_node_t};
use super::guard::guard;
use super::status::dy_lmdb_status_t;
use crate::error::Status;
use std::ffi::{c_char, c_void};

/// Nothing.
pub const DY_LMDB_TYPE_NIL: u32 = 0;
/// True or false.
pub const DY_LMDB_TYPE_BOOL: u32 = 1;
/// A whole number that fits in 64 bits, signed or unsigned.
pub const DY_LMDB_TYPE_INT: u32 = 2;
/// A floating-point number of 32 or 64 bits.
pub const DY_LMDB_TYPE_FLOAT: u32 = 3;
/// Text in UTF-8.
pub const DY_LMDB_TYPE_STRING: u32 = 4;
/// Bytes.
pub const DY_LMDB_TYPE_BYTES: u32 = 5;
/// Values in a row.
pub const DY_LMDB_TYPE_ARRAY: u32 = 6;
/// Keys with a value each.
pub const DY_LMDB_TYPE_MAP: u32 = 7;
/// Bytes with a type number of their own.
pub const DY_LMDB_TYPE_EXT: u32 = 8;
/// An array whose items are of one type and lie aligned in the payload, to be used in place:
/// `dy_lmdb_document_segment`.
pub const DY_LMDB_TYPE_SEGMENT: u32 = 9;

/// The type number of the MessagePack extension that holds an exact value: a plain value that says which type of its
/// writer's language it was. All functions see the plain value; `dy_lmdb_document_exact` tells the kind.
pub const DY_LMDB_EXACT_EXTENSION: u32 = 88;
/// The type number of a MessagePack extension that is kept for tables.
pub const DY_LMDB_TABLE_EXTENSION: u32 = 84;

/// No exact value.
pub const DY_LMDB_EXACT_NONE: u32 = 0;
/// An array that was a tuple of Python's. Numbers and texts of NumPy's have the ASCII code of NumPy's character for
/// their dtype as their kind: `DY_LMDB_DTYPE_*`, and the three below.
pub const DY_LMDB_EXACT_TUPLE: u32 = 1;
/// Bytes that were a bytearray of Python's.
pub const DY_LMDB_EXACT_BYTEARRAY: u32 = 2;
/// A segment that was an `array.array` of Python's.
pub const DY_LMDB_EXACT_ARRAY: u32 = 3;
/// The same, with C's `long` as the type of its items.
pub const DY_LMDB_EXACT_ARRAY_LONG: u32 = 4;
/// Bytes or a segment that were a memoryview of Python's.
pub const DY_LMDB_EXACT_MEMORYVIEW: u32 = 5;
/// A segment that was a big-endian array of NumPy's.
pub const DY_LMDB_EXACT_BIG_ENDIAN: u32 = 6;
/// A segment that was an array of NumPy's in Fortran order.
pub const DY_LMDB_EXACT_FORTRAN: u32 = 7;
/// Bytes that were a `numpy.bytes_`.
pub const DY_LMDB_EXACT_NUMPY_BYTES: u32 = 83;
/// Text that was a `numpy.str_`.
pub const DY_LMDB_EXACT_NUMPY_STR: u32 = 85;
/// A float that was a `numpy.float16`.
pub const DY_LMDB_EXACT_NUMPY_FLOAT16: u32 = 101;

/// Tells which type of its writer's language a value was, beside the plain value that all other functions see.
///
/// - `document`: the document.
/// - `node`: the value.
/// - `kind`: where to put one of `DY_LMDB_EXACT_*`, `DY_LMDB_EXACT_NONE` for most values; later versions may add some.
///
/// Returns `DY_LMDB_OK`, `DY_LMDB_CORRUPT` or `DY_LMDB_INVALID_ARGUMENT`.
///
/// Threads: any number at once.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn dy_lmdb_document_exact(
    document: *const dy_lmdb_document_t,
    node: dy_lmdb_node_t,
    kind: *mut u32,
) -> dy_lmdb_status_t {
    guard(|| {
        // SAFETY: as the documentation demands of the caller.
        let (document, kind) = unsafe { (document_at(document)?, out("kind", kind)?) };
        kind.write(document.exact(node)?.map_or(DY_LMDB_EXACT_NONE, u32::from));
        Ok(())
    })
}

/// Tells what a value is.
///
/// - `document`: the document.
/// - `node`: the value.
/// - `kind`: where to put one of `DY_LMDB_TYPE_*`; later versions may add some.
///
/// Returns `DY_LMDB_OK`, `DY_LMDB_CORRUPT` or `DY_LMDB_INVALID_ARGUMENT`.
///
/// Threads: any number at once.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn dy_lmdb_document_type(
    document: *const dy_lmdb_document_t,
    node: dy_lmdb_node_t,
    kind: *mut u32,
) -> dy_lmdb_status_t {
    guard(|| {
        // SAFETY: as the documentation demands of the caller.
        let (document, kind) = unsafe { (document_at(document)?, out("kind", kind)?) };
        kind.write(document.kind(node)?.code());
        Ok(())
    })
}

/// Tells how much a value holds: the values of an array, the pairs of a map, the bytes of a string or of
/// bytes, the items of a segment in all its dimensions.
///
/// - `document`: the document.
/// - `node`: the value.
/// - `count`: where to put the number.
///
/// Returns `DY_LMDB_OK`; `DY_LMDB_INVALID_ARGUMENT` also for another type; `DY_LMDB_CORRUPT`.
///
/// Threads: any number at once.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn dy_lmdb_document_count(
    document: *const dy_lmdb_document_t,
    node: dy_lmdb_node_t,
    count: *mut usize,
) -> dy_lmdb_status_t {
    guard(|| {
        // SAFETY: as the documentation demands of the caller.
        let (document, count) = unsafe { (document_at(document)?, out("count", count)?) };
        count.write(document.count(node)?);
        Ok(())
    })
}

/// Reads a bool.
///
/// - `document`: the document.
/// - `node`: the value.
/// - `value`: where to put it.
///
/// Returns `DY_LMDB_OK`; `DY_LMDB_INVALID_ARGUMENT` also for another type; `DY_LMDB_CORRUPT`.
///
/// Threads: any number at once.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn dy_lmdb_document_bool(
    document: *const dy_lmdb_document_t,
    node: dy_lmdb_node_t,
    value: *mut bool,
) -> dy_lmdb_status_t {
    guard(|| {
        // SAFETY: as the documentation demands of the caller.
        let (document, value) = unsafe { (document_at(document)?, out("value", value)?) };
        value.write(document.bool(node)?);
        Ok(())
    })
}

/// Reads a whole number as a signed one.
///
/// - `document`: the document.
/// - `node`: the value.
/// - `value`: where to put it.
///
/// Returns `DY_LMDB_OK`; `DY_LMDB_INVALID_ARGUMENT` also for another type or a number that does not fit;
/// `DY_LMDB_CORRUPT`.
///
/// Threads: any number at once.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn dy_lmdb_document_int64(
    document: *const dy_lmdb_document_t,
    node: dy_lmdb_node_t,
    value: *mut i64,
) -> dy_lmdb_status_t {
    guard(|| {
        // SAFETY: as the documentation demands of the caller.
        let (document, value) = unsafe { (document_at(document)?, out("value", value)?) };
        value.write(document.int64(node)?);
        Ok(())
    })
}

/// Reads a whole number as an unsigned one.
///
/// - `document`: the document.
/// - `node`: the value.
/// - `value`: where to put it.
///
/// Returns `DY_LMDB_OK`; `DY_LMDB_INVALID_ARGUMENT` also for another type or a number below zero;
/// `DY_LMDB_CORRUPT`.
///
/// Threads: any number at once.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn dy_lmdb_document_uint64(
    document: *const dy_lmdb_document_t,
    node: dy_lmdb_node_t,
    value: *mut u64,
) -> dy_lmdb_status_t {
    guard(|| {
        // SAFETY: as the documentation demands of the caller.
        let (document, value) = unsafe { (document_at(document)?, out("value", value)?) };
        value.write(document.uint64(node)?);
        Ok(())
    })
}

/// Reads a number as a double; a whole number becomes the nearest double.
///
/// - `document`: the document.
/// - `node`: the value.
/// - `value`: where to put it.
///
/// Returns `DY_LMDB_OK`; `DY_LMDB_INVALID_ARGUMENT` also for another type; `DY_LMDB_CORRUPT`.
///
/// Threads: any number at once.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn dy_lmdb_document_double(
    document: *const dy_lmdb_document_t,
    node: dy_lmdb_node_t,
    value: *mut f64,
) -> dy_lmdb_status_t {
    guard(|| {
        // SAFETY: as the documentation demands of the caller.
        let (document, value) = unsafe { (document_at(document)?, out("value", value)?) };
        value.write(document.double(node)?);
        Ok(())
    })
}

/// Reads a text in place.
///
/// - `document`: the document.
/// - `node`: the value.
/// - `text`, `len`: where to put the text, UTF-8 and not NUL-terminated, and its bytes.
///
/// Returns `DY_LMDB_OK`; `DY_LMDB_INVALID_ARGUMENT` also for another type; `DY_LMDB_CORRUPT` also when it is
/// not UTF-8.
///
/// Memory: the text lies in the payload and is valid as long as that: until the document is closed, or the
/// view, whichever is later.
///
/// Threads: any number at once.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn dy_lmdb_document_string(
    document: *const dy_lmdb_document_t,
    node: dy_lmdb_node_t,
    text: *mut *const c_char,
    len: *mut usize,
) -> dy_lmdb_status_t {
    guard(|| {
        // SAFETY: as the documentation demands of the caller.
        let (document, text, len) = unsafe { (document_at(document)?, out("text", text)?, out("len", len)?) };
        let found = document.string(node)?;
        text.write(found.as_ptr().cast());
        len.write(found.len());
        Ok(())
    })
}

/// Reads bytes in place.
///
/// - `document`: the document.
/// - `node`: the value.
/// - `data`, `size`: where to put the pointer to the first byte and the number of bytes.
///
/// Returns `DY_LMDB_OK`; `DY_LMDB_INVALID_ARGUMENT` also for another type; `DY_LMDB_CORRUPT`.
///
/// Memory: they lie in the payload and are valid as long as that: until the document is closed, or the view,
/// whichever is later.
///
/// Threads: any number at once.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn dy_lmdb_document_bytes(
    document: *const dy_lmdb_document_t,
    node: dy_lmdb_node_t,
    data: *mut *const c_void,
    size: *mut usize,
) -> dy_lmdb_status_t {
    guard(|| {
        // SAFETY: as the documentation demands of the caller.
        let (document, data, size) =
            unsafe { (document_at(document)?, out("data", data)?, out("size", size)?) };
        let found = document.bytes(node)?;
        data.write(found.as_ptr().cast());
        size.write(found.len());
        Ok(())
    })
}

/// Copies an array of numbers as doubles; whole numbers become the nearest doubles. A segment of integers or floats is
/// one too, whatever its dimensions: its items in C order.
///
/// - `document`: the document.
/// - `node`: the array or segment.
/// - `values`, `capacity`: where to copy to; (NULL, 0) asks for the count.
/// - `count`: where to put how many numbers the array has, with `DY_LMDB_OK` and with
///   `DY_LMDB_BUFFER_TOO_SMALL`.
///
/// Returns `DY_LMDB_OK`; `DY_LMDB_BUFFER_TOO_SMALL` when `capacity` is less than the count: nothing is copied
/// then; `DY_LMDB_INVALID_ARGUMENT` also when it is neither, or holds something other than numbers;
/// `DY_LMDB_CORRUPT`. With the last two a part of `values` may have been written.
///
/// Threads: any number at once.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn dy_lmdb_document_numbers(
    document: *const dy_lmdb_document_t,
    node: dy_lmdb_node_t,
    values: *mut f64,
    capacity: usize,
    count: *mut usize,
) -> dy_lmdb_status_t {
    guard(|| {
        let counting = values.is_null() && capacity == 0;
        // SAFETY: as the documentation demands of the caller.
        let (document, values, count) =
            unsafe { (document_at(document)?, room("values", values, capacity)?, out("count", count)?) };
        match document.numbers_into(node, values) {
            Ok(copied) => count.write(copied),
            Err(error) if error.status() == Status::BufferTooSmall => {
                count.write(document.count(node)?);
                if !counting {
                    return Err(error);
                }
                return Ok(());
            }
            Err(error) => return Err(error),
        };
        Ok(())
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::document::{self, Dtype, Type};

    #[test]
    fn exact_values_have_the_numbers_of_the_engine() {
        let tags = (DY_LMDB_EXACT_EXTENSION as i8, DY_LMDB_TABLE_EXTENSION as i8);
        assert_eq!(tags, (document::EXACT, document::TABLE));
        let kinds = [
            (DY_LMDB_EXACT_TUPLE, document::TUPLE),
            (DY_LMDB_EXACT_BYTEARRAY, document::BYTEARRAY),
            (DY_LMDB_EXACT_ARRAY, document::ARRAY),
            (DY_LMDB_EXACT_ARRAY_LONG, document::ARRAY_LONG),
            (DY_LMDB_EXACT_MEMORYVIEW, document::MEMORYVIEW),
            (DY_LMDB_EXACT_BIG_ENDIAN, document::BIG_ENDIAN),
            (DY_LMDB_EXACT_FORTRAN, document::FORTRAN),
        ];
        for (number, kind) in kinds {
            assert_eq!(number, u32::from(kind));
        }
        for kind in [DY_LMDB_EXACT_NUMPY_BYTES, DY_LMDB_EXACT_NUMPY_STR] {
            assert!(Dtype::from_codes(kind, 0).is_err(), "{kind} is the number of a dtype");
        }
        // Kinds of NumPy's numbers are those of their dtypes.
        assert_eq!(DY_LMDB_EXACT_NUMPY_FLOAT16, u32::from(Dtype::F16.code()));
    }

    #[test]
    fn types_have_the_numbers_of_the_engine() {
        let types = [
            (DY_LMDB_TYPE_NIL, Type::Nil),
            (DY_LMDB_TYPE_BOOL, Type::Bool),
            (DY_LMDB_TYPE_INT, Type::Int),
            (DY_LMDB_TYPE_FLOAT, Type::Float),
            (DY_LMDB_TYPE_STRING, Type::String),
            (DY_LMDB_TYPE_BYTES, Type::Bytes),
            (DY_LMDB_TYPE_ARRAY, Type::Array),
            (DY_LMDB_TYPE_MAP, Type::Map),
            (DY_LMDB_TYPE_EXT, Type::Ext),
            (DY_LMDB_TYPE_SEGMENT, Type::Segment),
        ];
        for (number, kind) in types {
            assert_eq!(number, kind.code());
        }
    }
}
