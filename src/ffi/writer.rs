//! Writers: one MessagePack value, built call by call.

use super::arg::{bytes, db_name, exclusive, give, items, out, release, shared, text};
use super::guard::guard;
use super::info::{InfoOut, dy_lmdb_info_t};
use super::options::{dy_lmdb_put_options_t, put_options};
use super::reference::{dy_lmdb_reference_t, reference};
use super::status::dy_lmdb_status_t;
use super::store::{dy_lmdb_store_t, enter};
use crate::document::Writer;
use crate::error::Result;
use crate::format::Format;
use crate::options::PutOptions;
use std::ffi::{c_char, c_void};

/// Builds one MessagePack value, as MessagePack libraries write it: whole numbers and lengths in their
/// narrowest form, doubles in 64 bits. Arrays and maps are announced with their count and filled by the calls
/// that follow. A call that does not fit is answered with `DY_LMDB_INVALID_ARGUMENT`, which says why, and
/// changes nothing.
///
/// One thread at a time uses a writer.
pub struct dy_lmdb_writer_t(Writer<'static>);

/// Runs one writing call.
unsafe fn write(
    writer: *mut dy_lmdb_writer_t,
    body: impl FnOnce(&mut Writer<'static>) -> Result<()>,
) -> dy_lmdb_status_t {
    guard(|| {
        // SAFETY: as the caller says.
        let writer = unsafe { exclusive("writer", writer) }?;
        body(&mut writer.0)
    })
}

/// The options with which a writer's value is put: its format is known.
unsafe fn options<'a>(given: *const dy_lmdb_put_options_t) -> Result<PutOptions<'a>> {
    // SAFETY: as the caller says.
    let given = unsafe { put_options(given) }?;
    Ok(PutOptions { format: Format::Msgpack, ..given })
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
        unsafe { out("writer", writer) }?.write(give(dy_lmdb_writer_t(Writer::new())));
        Ok(())
    })
}

/// Frees a writer.
///
/// - `writer`: the writer; NULL does nothing.
///
/// Memory: bytes told by `dy_lmdb_writer_data` end here. A writer is freed once.
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
/// Memory: bytes told by `dy_lmdb_writer_data` end here.
///
/// Threads: one at a time on a writer.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn dy_lmdb_writer_reset(writer: *mut dy_lmdb_writer_t) -> dy_lmdb_status_t {
    // SAFETY: as the documentation demands of the caller.
    unsafe {
        write(writer, |writer| {
            writer.reset();
            Ok(())
        })
    }
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

/// Tells the bytes of the finished value.
///
/// - `writer`: the writer.
/// - `data`, `size`: where to put the pointer to the first byte and the number of bytes.
///
/// Returns `DY_LMDB_OK`; `DY_LMDB_INVALID_ARGUMENT` also when the value is not finished, saying what is
/// missing.
///
/// Memory: valid until the next call on the writer other than this one.
///
/// Threads: one at a time on a writer.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn dy_lmdb_writer_data(
    writer: *const dy_lmdb_writer_t,
    data: *mut *const c_void,
    size: *mut usize,
) -> dy_lmdb_status_t {
    guard(|| {
        // SAFETY: as the documentation demands of the caller.
        let (writer, data, size) =
            unsafe { (shared("writer", writer)?, out("data", data)?, out("size", size)?) };
        let value = writer.0.data()?;
        data.write(value.as_ptr().cast());
        size.write(value.len());
        Ok(())
    })
}

/// Puts the finished value as an entry in format MessagePack. The writer keeps it.
///
/// - `writer`: the writer.
/// - `store`: the store.
/// - `db`, `db_len`: the named database, UTF-8; (NULL, 0) means "default".
/// - `key`, `key_len`: the key, 1 to 511 bytes.
/// - `options`: how to put it; NULL means the defaults. Its format is not looked at beyond being one.
/// - `info`: where to tell of the new entry; may be NULL.
///
/// Returns what `dy_lmdb_writer_data` and `dy_lmdb_store_put` do.
///
/// Threads: one at a time on a writer.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn dy_lmdb_writer_put(
    writer: *const dy_lmdb_writer_t,
    store: *const dy_lmdb_store_t,
    db: *const c_char,
    db_len: usize,
    key: *const c_void,
    key_len: usize,
    options: *const dy_lmdb_put_options_t,
    info: *mut dy_lmdb_info_t,
) -> dy_lmdb_status_t {
    guard(|| {
        // SAFETY: as the documentation demands of the caller.
        let (writer, store, db, key, options, info) = unsafe {
            (
                shared("writer", writer)?,
                enter(store)?,
                db_name(db, db_len)?,
                bytes("key", key, key_len)?,
                self::options(options)?,
                InfoOut::new(info)?,
            )
        };
        info.write(&store.put(db, key, &[writer.0.data()?], &options)?, None);
        Ok(())
    })
}

/// Puts the finished value as the output that a reference asks for, in format MessagePack. The writer keeps
/// it.
///
/// - `writer`: the writer.
/// - `reference`: the reference.
/// - `options`: how to put it; NULL means the defaults. Its format is not looked at beyond being one.
/// - `info`: where to tell of the new entry; may be NULL.
///
/// Returns what `dy_lmdb_writer_data` and `dy_lmdb_reference_put_output` do.
///
/// Threads: one at a time on a writer.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn dy_lmdb_writer_put_output(
    writer: *const dy_lmdb_writer_t,
    reference: *const dy_lmdb_reference_t,
    options: *const dy_lmdb_put_options_t,
    info: *mut dy_lmdb_info_t,
) -> dy_lmdb_status_t {
    guard(|| {
        // SAFETY: as the documentation demands of the caller.
        let (writer, reference, options, info) = unsafe {
            (
                shared("writer", writer)?,
                self::reference(reference)?,
                self::options(options)?,
                InfoOut::new(info)?,
            )
        };
        info.write(&reference.put_output(&[writer.0.data()?], &options)?, None);
        Ok(())
    })
}
