//! References: what travels in place of a payload.

use super::arg::{Parts, exclusive, give, invalid, items, out, release, room, shared, text};
use super::bytes::{BytesOut, dy_lmdb_buffer_t, dy_lmdb_bytes_t};
use super::guard::guard;
use super::info::{InfoOut, dy_lmdb_info_t};
use super::options::{dy_lmdb_put_options_t, put_options};
use super::status::dy_lmdb_status_t;
use super::store::{StoreOut, dy_lmdb_store_t};
use super::view::{ViewOut, dy_lmdb_view_t};
use crate::error::{Error, Result, Status};
use crate::reference::{NAMES, Reference};
use std::ffi::c_char;
use std::mem::MaybeUninit;
use std::ptr;

/// A reference: what a calculator gets in place of a large payload, and what it needs to answer through the
/// store. Its fields have the names that travel:
///
/// - `_lmdb_ref`: "true" in an object that stands for a payload;
/// - `_lmdb_input_key`: where the input is;
/// - `_lmdb_output_key`: where the output is expected; absent when the return value is the result;
/// - `_lmdb_db_path`, `_lmdb_db_name`: the store, as an absolute path, and the named database, "default" when
///   absent;
/// - `_lmdb_format`: the format wished for the output;
/// - `_txn_id`: the id of the exchange.
///
/// Any number of threads may read a reference; one at a time sets its fields, when no other uses it.
pub struct dy_lmdb_reference_t(Reference);

/// The engine's reference behind one that C passed.
pub(super) unsafe fn reference<'a>(reference: *const dy_lmdb_reference_t) -> Result<&'a Reference> {
    // SAFETY: as the caller says.
    unsafe { shared("reference", reference) }.map(|reference| &reference.0)
}

/// The place for a reference that a call gives to its caller.
pub(super) struct ReferenceOut<'a>(&'a mut MaybeUninit<*mut dy_lmdb_reference_t>);

impl ReferenceOut<'_> {
    /// Checks the place.
    pub(super) unsafe fn new<'a>(place: *mut *mut dy_lmdb_reference_t) -> Result<ReferenceOut<'a>> {
        // SAFETY: as the caller says.
        unsafe { out("reference", place) }.map(ReferenceOut)
    }

    /// Gives the caller the reference.
    pub(super) fn write(self, reference: Reference) {
        self.0.write(give(dy_lmdb_reference_t(reference)));
    }
}

/// Makes a reference with nothing in it, to be filled with `dy_lmdb_reference_set`.
///
/// - `reference`: where to put it.
///
/// Returns `DY_LMDB_OK` or `DY_LMDB_INVALID_ARGUMENT`.
///
/// Memory: free it with `dy_lmdb_reference_free`.
///
/// Threads: any number at once.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn dy_lmdb_reference_new(reference: *mut *mut dy_lmdb_reference_t) -> dy_lmdb_status_t {
    guard(|| {
        // SAFETY: as the documentation demands of the caller.
        let reference = unsafe { ReferenceOut::new(reference) }?;
        reference.write(Reference::new());
        Ok(())
    })
}

/// Makes a reference from JSON.
///
/// - `json`, `json_len`: a JSON object, UTF-8; keys other than the seven names are ignored, null is an absent
///   field.
/// - `reference`: where to put it.
///
/// Returns `DY_LMDB_OK`; `DY_LMDB_CORRUPT` when it is no object or a field cannot be right, naming it;
/// `DY_LMDB_INVALID_ARGUMENT`.
///
/// Memory: free it with `dy_lmdb_reference_free`.
///
/// Threads: any number at once.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn dy_lmdb_reference_parse(
    json: *const c_char,
    json_len: usize,
    reference: *mut *mut dy_lmdb_reference_t,
) -> dy_lmdb_status_t {
    guard(|| {
        // SAFETY: as the documentation demands of the caller.
        let (json, reference) = unsafe { (text("json", json, json_len)?, ReferenceOut::new(reference)?) };
        reference.write(Reference::from_json(json)?);
        Ok(())
    })
}

/// Makes a reference of all its fields at once, for callers to whom every call is dear.
///
/// - `fields`, `count`: the texts of the fields in the order of `dy_lmdb_reference_fields`, UTF-8; `data` NULL is
///   an absent field, and so is each from `count` on.
/// - `reference`: where to put it.
///
/// Returns `DY_LMDB_OK`; `DY_LMDB_CORRUPT` when a field cannot be right, naming it; `DY_LMDB_INVALID_ARGUMENT`,
/// also for a field that this version does not know.
///
/// Memory: the texts are copied. Free the reference with `dy_lmdb_reference_free`.
///
/// Threads: any number at once.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn dy_lmdb_reference_from_fields(
    fields: *const dy_lmdb_buffer_t,
    count: usize,
    reference: *mut *mut dy_lmdb_reference_t,
) -> dy_lmdb_status_t {
    guard(|| {
        // SAFETY: as the documentation demands of the caller.
        let (fields, reference) = unsafe { (items("fields", fields, count)?, ReferenceOut::new(reference)?) };
        if let Some(unknown) = fields.iter().skip(NAMES.len()).position(|field| !field.data.is_null()) {
            return Err(invalid(format!(
                "fields[{}] is set, but no field is known there",
                NAMES.len() + unknown
            )));
        }
        let mut given = Vec::with_capacity(NAMES.len());
        for (name, field) in NAMES.iter().zip(fields).filter(|(_, field)| !field.data.is_null()) {
            // SAFETY: `size` bytes lie there, says the caller.
            given.push((*name, unsafe { text(name, field.data.cast(), field.size) }?));
        }
        reference.write(Reference::from_fields(given)?);
        Ok(())
    })
}

/// Sets a field.
///
/// - `reference`: the reference.
/// - `name`, `name_len`: the field's name as it travels; another name is ignored, so a whole object can be
///   passed field by field.
/// - `value`, `value_len`: its text, UTF-8; for `_lmdb_ref` "true" or "false".
///
/// Returns `DY_LMDB_OK`; `DY_LMDB_CORRUPT` when the value cannot be right, naming field and value;
/// `DY_LMDB_INVALID_ARGUMENT`.
///
/// Memory: the texts are copied. Texts told by `dy_lmdb_reference_get` end here.
///
/// Threads: one at a time on a reference.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn dy_lmdb_reference_set(
    reference: *mut dy_lmdb_reference_t,
    name: *const c_char,
    name_len: usize,
    value: *const c_char,
    value_len: usize,
) -> dy_lmdb_status_t {
    guard(|| {
        // SAFETY: as the documentation demands of the caller.
        let (reference, name, value) = unsafe {
            (
                exclusive("reference", reference)?,
                text("name", name, name_len)?,
                text("value", value, value_len)?,
            )
        };
        reference.0.set(name, value)
    })
}

/// Tells a field.
///
/// - `reference`: the reference.
/// - `name`, `name_len`: the field's name as it travels.
/// - `value`, `value_len`: where to put its text, UTF-8 and not NUL-terminated; `_lmdb_ref` is "true".
///
/// Returns `DY_LMDB_OK`; `DY_LMDB_NOT_FOUND` when the field is not set or no field has the name;
/// `DY_LMDB_INVALID_ARGUMENT`.
///
/// Memory: the text is valid until the reference is changed or freed.
///
/// Threads: any number at once.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn dy_lmdb_reference_get(
    reference: *const dy_lmdb_reference_t,
    name: *const c_char,
    name_len: usize,
    value: *mut *const c_char,
    value_len: *mut usize,
) -> dy_lmdb_status_t {
    guard(|| {
        // SAFETY: as the documentation demands of the caller.
        let (reference, name, value, value_len) = unsafe {
            (
                self::reference(reference)?,
                text("name", name, name_len)?,
                out("value", value)?,
                out("value_len", value_len)?,
            )
        };
        let found = reference
            .get(name)
            .ok_or_else(|| Error::new(Status::NotFound, format!("the reference has no {name:?}")))?;
        value.write(found.as_ptr().cast());
        value_len.write(found.len());
        Ok(())
    })
}

/// Tells every field at once, for callers to whom every call is dear.
///
/// - `reference`: the reference.
/// - `fields`, `count`: room for as many fields, in this order: `_lmdb_ref`, `_lmdb_input_key`,
///   `_lmdb_output_key`, `_lmdb_db_path`, `_lmdb_db_name`, `_lmdb_format`, `_txn_id`. Later versions may add some
///   at the end; only `count` are written, and those this version does not know as ones that are not set.
///
/// A field's text is UTF-8 and not NUL-terminated, `_lmdb_ref` is "true"; one that is not set has `data` NULL.
///
/// Returns `DY_LMDB_OK` or `DY_LMDB_INVALID_ARGUMENT`.
///
/// Memory: the texts are valid until the reference is changed or freed.
///
/// Threads: any number at once.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn dy_lmdb_reference_fields(
    reference: *const dy_lmdb_reference_t,
    fields: *mut dy_lmdb_buffer_t,
    count: usize,
) -> dy_lmdb_status_t {
    guard(|| {
        // SAFETY: as the documentation demands of the caller.
        let (reference, fields) = unsafe { (self::reference(reference)?, room("fields", fields, count)?) };
        let mut names = NAMES.iter();
        for field in fields {
            let text = names.next().and_then(|name| reference.get(name));
            *field = match text {
                Some(text) => dy_lmdb_buffer_t { data: text.as_ptr().cast(), size: text.len() },
                None => dy_lmdb_buffer_t { data: ptr::null(), size: 0 },
            };
        }
        Ok(())
    })
}

/// Writes a reference as JSON.
///
/// - `reference`: the reference.
/// - `json`: where to put the block: a JSON object with the fields that are set.
///
/// Returns `DY_LMDB_OK` or `DY_LMDB_INVALID_ARGUMENT`.
///
/// Memory: free the block with `dy_lmdb_bytes_free`.
///
/// Threads: any number at once.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn dy_lmdb_reference_json(
    reference: *const dy_lmdb_reference_t,
    json: *mut *mut dy_lmdb_bytes_t,
) -> dy_lmdb_status_t {
    guard(|| {
        // SAFETY: as the documentation demands of the caller.
        let (reference, json) = unsafe { (self::reference(reference)?, BytesOut::new("json", json)?) };
        json.write(reference.to_json());
        Ok(())
    })
}

/// Frees a reference. The entries it names stay.
///
/// - `reference`: the reference; NULL does nothing.
///
/// Memory: texts told by `dy_lmdb_reference_get` end here. A reference is freed once.
///
/// Threads: any thread, when no other uses the reference.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn dy_lmdb_reference_free(reference: *mut dy_lmdb_reference_t) {
    guard(|| {
        // SAFETY: NULL or a reference, given back once, says the caller.
        unsafe { release(reference) };
        Ok(())
    });
}

/// Opens a view of the input. The store it names is opened once in this process and kept open. The input
/// counts as opened from now on: whoever sent it waits for the answer.
///
/// - `reference`: the reference.
/// - `view`: where to put the view.
/// - `info`: where to tell of the input, payload pointer included; may be NULL. Its format is what the
///   payload is in, whatever the reference says.
///
/// Returns `DY_LMDB_OK`; `DY_LMDB_NOT_FOUND` when the input is missing or expired, which a calculator must
/// report and not compute on nothing; `DY_LMDB_CORRUPT` when the reference names no input or no store; what
/// opening a store and `dy_lmdb_view_open` answer.
///
/// Memory: close the view with `dy_lmdb_view_close`; it does not need the reference.
///
/// Threads: any number at once.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn dy_lmdb_reference_view_input(
    reference: *const dy_lmdb_reference_t,
    view: *mut *mut dy_lmdb_view_t,
    info: *mut dy_lmdb_info_t,
) -> dy_lmdb_status_t {
    guard(|| {
        // SAFETY: as the documentation demands of the caller.
        let (reference, place) = unsafe { (self::reference(reference)?, ViewOut::new(view, info)?) };
        place.write(reference.view_input()?);
        Ok(())
    })
}

/// Puts the output where it is expected. Return a mapping with `_lmdb_output_written: true` then.
///
/// - `reference`: the reference.
/// - `parts`, `nparts`: the payload in parts, joined in order.
/// - `options`: how to put it; NULL means the defaults. The id of the exchange is the reference's unless
///   `options` has one.
/// - `info`: where to tell of the new entry; may be NULL.
///
/// Returns `DY_LMDB_OK`; `DY_LMDB_INVALID_ARGUMENT` when the reference has no `_lmdb_output_key`: return the
/// result instead; `DY_LMDB_CORRUPT` when it names no store; what opening a store and `dy_lmdb_store_put`
/// answer.
///
/// Memory: everything passed is read during the call only.
///
/// Threads: any number at once.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn dy_lmdb_reference_put_output(
    reference: *const dy_lmdb_reference_t,
    parts: *const dy_lmdb_buffer_t,
    nparts: usize,
    options: *const dy_lmdb_put_options_t,
    info: *mut dy_lmdb_info_t,
) -> dy_lmdb_status_t {
    guard(|| {
        // SAFETY: as the documentation demands of the caller.
        let (reference, parts, options, info) = unsafe {
            (
                self::reference(reference)?,
                Parts::new(parts, nparts)?,
                put_options(options)?,
                InfoOut::new(info)?,
            )
        };
        info.write(&reference.put_output(parts.as_slice(), &options)?, None);
        Ok(())
    })
}

/// Says that the calculator answers by its return value, so that nobody waits for an output in the store.
///
/// - `reference`: the reference.
///
/// Returns `DY_LMDB_OK`, also when there is no input or it is gone; `DY_LMDB_CORRUPT` when the reference
/// names no store; what opening a store answers; `DY_LMDB_INVALID_ARGUMENT`.
///
/// Threads: any number at once.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn dy_lmdb_reference_settle_direct(
    reference: *const dy_lmdb_reference_t,
) -> dy_lmdb_status_t {
    guard(|| {
        // SAFETY: as the documentation demands of the caller.
        unsafe { self::reference(reference) }?.settle_direct()
    })
}

/// Says that the calculator cannot take the input from the store, because no reader of its language knows its kind
/// (a frame, say): whoever sent the reference calls it again with the payload itself, this once. Whatever the
/// calculator answers then, an error most likely, does not matter.
///
/// - `reference`: the reference.
///
/// Returns `DY_LMDB_OK`, also when there is nothing to do (no input, or it is gone);
/// `DY_LMDB_CORRUPT` when it names no store; what opening a store answers.
///
/// Threads: any number at once.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn dy_lmdb_reference_decline(
    reference: *const dy_lmdb_reference_t,
) -> dy_lmdb_status_t {
    guard(|| {
        // SAFETY: as the documentation demands of the caller.
        unsafe { self::reference(reference) }?.decline()
    })
}

/// Opens the store that a reference names. It must be there already.
///
/// - `reference`: the reference.
/// - `store`: where to put a handle of the caller's own.
///
/// Returns `DY_LMDB_OK`; `DY_LMDB_CORRUPT` when the reference names no store; what `dy_lmdb_store_open`
/// answers.
///
/// Memory: close the handle with `dy_lmdb_store_close`.
///
/// Threads: any number at once.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn dy_lmdb_reference_store(
    reference: *const dy_lmdb_reference_t,
    store: *mut *mut dy_lmdb_store_t,
) -> dy_lmdb_status_t {
    guard(|| {
        // SAFETY: as the documentation demands of the caller.
        let (reference, store) = unsafe { (self::reference(reference)?, StoreOut::new(store)?) };
        store.write(reference.store()?);
        Ok(())
    })
}
