//! Writers: one MessagePack value, built call by call.

use super::arg::{bytes, exclusive, give, items, out, release, text};
use super::bytes::dy_lmdb_buffer_t;
use super::guard::guard;
use super::status::dy_lmdb_status_t;
use crate::document::Writer;
use crate::error::Result;
use std::any::Any;
use std::cell::OnceCell;
use std::ffi::{c_char, c_void};

/// Builds one MessagePack value, as MessagePack libraries write it: whole numbers and lengths in their
/// narrowest form, doubles in 64 bits. Arrays and maps are announced with their count and filled by the calls
/// that follow. A call that does not fit is answered with `DY_LMDB_INVALID_ARGUMENT`, which says why, and
/// changes nothing.
///
/// What is written is copied, but for the data of segments: they are borrowed until the writer is reset or freed.
///
/// One thread at a time uses a writer.
pub struct dy_lmdb_writer_t {
    /// What it borrows is the caller's, who keeps it in place until the writer is reset or freed.
    pub(super) writer: Writer<'static>,
    /// The finished value in parts, made when it is first wanted; only a reset ends it, since a finished value
    /// takes no more.
    pub(super) parts: OnceCell<Box<[dy_lmdb_buffer_t]>>,
    /// What the writer borrows that is not the caller's; goes after it.
    kept: Vec<Box<dyn Any + Send>>,
}

/// Runs one writing call that borrows from `kept`, which stays as long as what is written.
pub(super) unsafe fn keeping(
    writer: *mut dy_lmdb_writer_t,
    kept: Box<dyn Any + Send>,
    body: impl FnOnce(&mut Writer<'static>) -> Result<()>,
) -> Result<()> {
    // SAFETY: as the caller says.
    let writer = unsafe { exclusive("writer", writer) }?;
    body(&mut writer.writer)?;
    writer.kept.push(kept);
    Ok(())
}

/// Runs one writing call.
pub(super) unsafe fn write(
    writer: *mut dy_lmdb_writer_t,
    body: impl FnOnce(&mut Writer<'static>) -> Result<()>,
) -> dy_lmdb_status_t {
    guard(|| {
        // SAFETY: as the caller says.
        let writer = unsafe { exclusive("writer", writer) }?;
        body(&mut writer.writer)
    })
}

/// Makes a writer that holds nothing yet.
///
/// - `writer`: where to put it.
///
/// Returns `DY_LMDB_OK` or `DY_LMDB_INVALID_ARGUMENT`.
///
/// Memory: free it with `dy_lmdb_writer_free`.
///
/// Threads: any number at once.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn dy_lmdb_writer_new(writer: *mut *mut dy_lmdb_writer_t) -> dy_lmdb_status_t {
    guard(|| {
        // SAFETY: as the documentation demands of the caller.
        unsafe { out("writer", writer) }?.write(give(dy_lmdb_writer_t {
            writer: Writer::new(),
            parts: OnceCell::new(),
            kept: Vec::new(),
        }));
        Ok(())
    })
}

/// Frees a writer.
///
/// - `writer`: the writer; NULL does nothing.
///
/// Memory: what `dy_lmdb_writer_data` and `dy_lmdb_writer_parts` told ends here, and so does the borrowing of
/// segments' data. A writer is freed once.
///
/// Threads: any thread, when no other uses the writer.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn dy_lmdb_writer_free(writer: *mut dy_lmdb_writer_t) {
    guard(|| {
        // SAFETY: NULL or a writer, given back once, says the caller.
        unsafe { release(writer) };
        Ok(())
    });
}

/// Forgets everything written and keeps the memory for the next value.
///
/// - `writer`: the writer.
///
/// Returns `DY_LMDB_OK` or `DY_LMDB_INVALID_ARGUMENT`.
///
/// Memory: what `dy_lmdb_writer_data` and `dy_lmdb_writer_parts` told ends here, and so does the borrowing of
/// segments' data.
///
/// Threads: one at a time on a writer.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn dy_lmdb_writer_reset(writer: *mut dy_lmdb_writer_t) -> dy_lmdb_status_t {
    guard(|| {
        // SAFETY: as the documentation demands of the caller.
        let writer = unsafe { exclusive("writer", writer) }?;
        writer.writer.reset();
        writer.parts.take();
        writer.kept.clear();
        Ok(())
    })
}

/// Writes nil.
///
/// - `writer`: the writer.
///
/// Returns `DY_LMDB_OK`; `DY_LMDB_INVALID_ARGUMENT` also when no value has a place here.
///
/// Threads: one at a time on a writer.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn dy_lmdb_writer_nil(writer: *mut dy_lmdb_writer_t) -> dy_lmdb_status_t {
    // SAFETY: as the documentation demands of the caller.
    unsafe { write(writer, Writer::nil) }
}

/// Writes a bool.
///
/// - `writer`: the writer.
/// - `value`: the value.
///
/// Returns `DY_LMDB_OK`; `DY_LMDB_INVALID_ARGUMENT` also when no value has a place here.
///
/// Threads: one at a time on a writer.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn dy_lmdb_writer_bool(writer: *mut dy_lmdb_writer_t, value: bool) -> dy_lmdb_status_t {
    // SAFETY: as the documentation demands of the caller.
    unsafe { write(writer, |writer| writer.bool(value)) }
}

/// Writes a signed whole number.
///
/// - `writer`: the writer.
/// - `value`: the value.
///
/// Returns `DY_LMDB_OK`; `DY_LMDB_INVALID_ARGUMENT` also when no value has a place here.
///
/// Threads: one at a time on a writer.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn dy_lmdb_writer_int64(writer: *mut dy_lmdb_writer_t, value: i64) -> dy_lmdb_status_t {
    // SAFETY: as the documentation demands of the caller.
    unsafe { write(writer, |writer| writer.int64(value)) }
}

/// Writes an unsigned whole number.
///
/// - `writer`: the writer.
/// - `value`: the value.
///
/// Returns `DY_LMDB_OK`; `DY_LMDB_INVALID_ARGUMENT` also when no value has a place here.
///
/// Threads: one at a time on a writer.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn dy_lmdb_writer_uint64(
    writer: *mut dy_lmdb_writer_t,
    value: u64,
) -> dy_lmdb_status_t {
    // SAFETY: as the documentation demands of the caller.
    unsafe { write(writer, |writer| writer.uint64(value)) }
}

/// Writes a double.
///
/// - `writer`: the writer.
/// - `value`: the value.
///
/// Returns `DY_LMDB_OK`; `DY_LMDB_INVALID_ARGUMENT` also when no value has a place here.
///
/// Threads: one at a time on a writer.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn dy_lmdb_writer_double(
    writer: *mut dy_lmdb_writer_t,
    value: f64,
) -> dy_lmdb_status_t {
    // SAFETY: as the documentation demands of the caller.
    unsafe { write(writer, |writer| writer.double(value)) }
}

/// Writes a text.
///
/// - `writer`: the writer.
/// - `value`, `len`: the text, UTF-8.
///
/// Returns `DY_LMDB_OK`; `DY_LMDB_INVALID_ARGUMENT` also when it is not UTF-8 or no value has a place here;
/// `DY_LMDB_TOO_LARGE` over 4 GiB - 1.
///
/// Memory: the text is copied.
///
/// Threads: one at a time on a writer.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn dy_lmdb_writer_string(
    writer: *mut dy_lmdb_writer_t,
    value: *const c_char,
    len: usize,
) -> dy_lmdb_status_t {
    // SAFETY: as the documentation demands of the caller.
    unsafe { write(writer, |writer| writer.string(text("value", value, len)?)) }
}

/// Writes bytes.
///
/// - `writer`: the writer.
/// - `data`, `size`: the bytes.
///
/// Returns `DY_LMDB_OK`; `DY_LMDB_INVALID_ARGUMENT` also when no value has a place here; `DY_LMDB_TOO_LARGE`
/// over 4 GiB - 1.
///
/// Memory: the bytes are copied.
///
/// Threads: one at a time on a writer.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn dy_lmdb_writer_bytes(
    writer: *mut dy_lmdb_writer_t,
    data: *const c_void,
    size: usize,
) -> dy_lmdb_status_t {
    // SAFETY: as the documentation demands of the caller.
    unsafe { write(writer, |writer| writer.bytes(bytes("data", data, size)?)) }
}

/// Begins an array that the next values make up.
///
/// - `writer`: the writer.
/// - `count`: how many values it has; 0 is a whole, empty array.
///
/// Returns `DY_LMDB_OK`; `DY_LMDB_INVALID_ARGUMENT` also when an array has no place here (as a map's key,
/// say) or is nested too deep; `DY_LMDB_TOO_LARGE` over 4294967295.
///
/// Threads: one at a time on a writer.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn dy_lmdb_writer_array(
    writer: *mut dy_lmdb_writer_t,
    count: usize,
) -> dy_lmdb_status_t {
    // SAFETY: as the documentation demands of the caller.
    unsafe { write(writer, |writer| writer.array(count)) }
}

/// Begins a map that the next pairs make up, each a key and then its value.
///
/// - `writer`: the writer.
/// - `count`: how many pairs it has; 0 is a whole, empty map.
///
/// Returns `DY_LMDB_OK`; `DY_LMDB_INVALID_ARGUMENT` also when a map has no place here (as a map's key, say)
/// or is nested too deep; `DY_LMDB_TOO_LARGE` over 4294967295.
///
/// Threads: one at a time on a writer.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn dy_lmdb_writer_map(writer: *mut dy_lmdb_writer_t, count: usize) -> dy_lmdb_status_t {
    // SAFETY: as the documentation demands of the caller.
    unsafe { write(writer, |writer| writer.map(count)) }
}

/// Writes a whole array of doubles.
///
/// - `writer`: the writer.
/// - `values`, `count`: the doubles.
///
/// Returns `DY_LMDB_OK`; `DY_LMDB_INVALID_ARGUMENT` also when an array has no place here; `DY_LMDB_TOO_LARGE`
/// over 4294967295.
///
/// Memory: the values are copied.
///
/// Threads: one at a time on a writer.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn dy_lmdb_writer_doubles(
    writer: *mut dy_lmdb_writer_t,
    values: *const f64,
    count: usize,
) -> dy_lmdb_status_t {
    // SAFETY: as the documentation demands of the caller.
    unsafe { write(writer, |writer| writer.doubles(items("values", values, count)?)) }
}

/// Writes a whole array of signed whole numbers.
///
/// - `writer`: the writer.
/// - `values`, `count`: the numbers.
///
/// Returns `DY_LMDB_OK`; `DY_LMDB_INVALID_ARGUMENT` also when an array has no place here; `DY_LMDB_TOO_LARGE`
/// over 4294967295.
///
/// Memory: the values are copied.
///
/// Threads: one at a time on a writer.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn dy_lmdb_writer_int64s(
    writer: *mut dy_lmdb_writer_t,
    values: *const i64,
    count: usize,
) -> dy_lmdb_status_t {
    // SAFETY: as the documentation demands of the caller.
    unsafe { write(writer, |writer| writer.int64s(items("values", values, count)?)) }
}
