//! Finished values of writers: as bytes, as parts, as entries, as loans to complete.

use super::arg::{bytes, db_name, out, shared};
use super::bytes::dy_lmdb_buffer_t;
use super::guard::guard;
use super::info::{InfoOut, dy_lmdb_info_t};
use super::loan::{dy_lmdb_loan_t, lent};
use super::options::{dy_lmdb_put_options_t, put_options};
use super::reference::{dy_lmdb_reference_t, reference};
use super::status::dy_lmdb_status_t;
use super::store::{dy_lmdb_store_t, enter};
use super::writer::dy_lmdb_writer_t;
use crate::error::Result;
use crate::format::Format;
use crate::options::PutOptions;
use std::ffi::{c_char, c_void};

/// The options with which a writer's value is put: its format is known.
unsafe fn options<'a>(given: *const dy_lmdb_put_options_t) -> Result<PutOptions<'a>> {
    // SAFETY: as the caller says.
    let given = unsafe { put_options(given) }?;
    Ok(PutOptions { format: Format::Msgpack, ..given })
}

/// Tells the bytes of the finished value.
///
/// - `writer`: the writer.
/// - `data`, `size`: where to put the pointer to the first byte and the number of bytes.
///
/// Returns `DY_LMDB_OK`; `DY_LMDB_INVALID_ARGUMENT` also when the value is not finished, saying what is
/// missing.
///
/// Memory: valid until the writer is reset or freed. Of a value with segments this is a copy, made by the first such
/// call, that starts at a multiple of 64; `dy_lmdb_writer_put` and `dy_lmdb_writer_parts` need none.
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
        let value = writer.writer.data()?;
        data.write(value.as_ptr().cast());
        size.write(value.len());
        Ok(())
    })
}

/// Tells the finished value in parts, for functions that take parts, such as `dy_lmdb_store_put_many` and
/// `dy_lmdb_exchange_put_input`: the data of segments are parts of their own, where the caller lent them, so that
/// they are copied once, into the store.
///
/// - `writer`: the writer.
/// - `parts`, `nparts`: where to put the pointer to the first part and the number of parts. Joined in order they are
///   the value, whose format is MessagePack.
///
/// Returns what `dy_lmdb_writer_data` does.
///
/// Memory: valid until the writer is reset or freed.
///
/// Threads: one at a time on a writer.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn dy_lmdb_writer_parts(
    writer: *const dy_lmdb_writer_t,
    parts: *mut *const dy_lmdb_buffer_t,
    nparts: *mut usize,
) -> dy_lmdb_status_t {
    guard(|| {
        // SAFETY: as the documentation demands of the caller.
        let (writer, parts, nparts) =
            unsafe { (shared("writer", writer)?, out("parts", parts)?, out("nparts", nparts)?) };
        let value = writer.writer.parts()?;
        let buffer = |part: &&[u8]| dy_lmdb_buffer_t { data: part.as_ptr().cast(), size: part.len() };
        let told = writer.parts.get_or_init(|| value.iter().map(buffer).collect());
        parts.write(told.as_ptr());
        nparts.write(told.len());
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
/// Memory: the data of segments are copied once, straight into the entry.
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
        info.write(&store.put(db, key, &writer.writer.parts()?, &options)?, None);
        Ok(())
    })
}

/// Puts the finished value as the output that a reference asks for, in format MessagePack. The writer keeps
/// it.
///
/// - `writer`: the writer.
/// - `reference`: the reference.
/// - `options`: as for `dy_lmdb_reference_put_output`. Its format is not looked at beyond being one.
/// - `info`: where to tell of the new entry; may be NULL.
///
/// Returns what `dy_lmdb_writer_data` and `dy_lmdb_reference_put_output` do.
///
/// Memory: the data of segments are copied once, straight into the entry.
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
        info.write(&reference.put_output(&writer.writer.parts()?, &options)?, None);
        Ok(())
    })
}

/// Takes a loan of the size of the finished value in the store that a reference names, and writes the value into it but
/// for what was reserved with `dy_lmdb_writer_reserve`. Fill that, and publish with `dy_lmdb_reference_publish_output`.
///
/// - `writer`: the writer.
/// - `reference`: the reference.
/// - `loan`: where to put the loan. `dy_lmdb_loan_data` tells where the value begins.
///
/// Returns `DY_LMDB_OK`; `DY_LMDB_INVALID_ARGUMENT` when the value is not finished; `DY_LMDB_CORRUPT` when the reference
/// names no store; what opening a store and `dy_lmdb_loan_open` answer.
///
/// Memory: the data of segments are copied once, into the loan. End it with `dy_lmdb_loan_drop`, published or not; it needs
/// neither writer nor reference.
///
/// Threads: one at a time on a writer.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn dy_lmdb_writer_loan_output(
    writer: *const dy_lmdb_writer_t,
    reference: *const dy_lmdb_reference_t,
    loan: *mut *mut dy_lmdb_loan_t,
) -> dy_lmdb_status_t {
    guard(|| {
        // SAFETY: as the documentation demands of the caller.
        let (writer, reference, loan) =
            unsafe { (shared("writer", writer)?, self::reference(reference)?, out("loan", loan)?) };
        let size = writer.writer.size()?;
        let mut taken = reference.store()?.loan(size as u64)?;
        writer.writer.fill(taken.bytes_mut())?;
        loan.write(lent(taken));
        Ok(())
    })
}
