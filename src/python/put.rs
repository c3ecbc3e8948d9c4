//! Putting payloads from buffers.

use super::api::{Method, PyObject, api};
use super::export::Export;
use super::object::{Ref, bool_of, method, without_interpreter};
use super::text::{Text, arguments, fail, int, new_int, put_options};
use super::values::Packing;
use crate::ffi::bytes::dy_lmdb_buffer_t;
use crate::ffi::entry::{dy_lmdb_entry_t, dy_lmdb_store_put, dy_lmdb_store_put_many};
use crate::ffi::exchange::{dy_lmdb_exchange_put_input, dy_lmdb_exchange_t};
use crate::ffi::info::dy_lmdb_info_t;
use crate::ffi::options::dy_lmdb_put_options_t;
use crate::ffi::reference::{dy_lmdb_reference_put_output, dy_lmdb_reference_t};
use crate::ffi::status::{DY_LMDB_OK, dy_lmdb_status_t};
use crate::ffi::store::dy_lmdb_store_t;
use std::ptr;

/// What the objects of a list export.
pub struct Buffers(Vec<Export>);

impl Buffers {
    /// The contiguous buffers of what is in a list; `None` with an exception set when one has none.
    pub unsafe fn of(list: *mut PyObject) -> Option<Buffers> {
        // SAFETY: an object, says the caller; a tuple keeps its items, and each buffer its own.
        unsafe {
            let objects = Ref::owned((api().tuple_of)(list))?;
            let export = |index| Export::of((api().tuple_get)(objects.get(), index), 0);
            (0..(api().size)(objects.get())).map(export).collect::<Option<_>>().map(Buffers)
        }
    }

    /// The bytes, for as long as the buffers are kept.
    pub fn slices(&self) -> Vec<&[u8]> {
        self.0.iter().map(Export::bytes).collect()
    }
}

/// Where bytes lie, for the C ABI.
pub fn places(parts: &[&[u8]]) -> Vec<dy_lmdb_buffer_t> {
    let place = |part: &&[u8]| dy_lmdb_buffer_t { data: part.as_ptr().cast(), size: part.len() };
    parts.iter().map(place).collect()
}

/// Puts bytes under a key, and lets others have the interpreter meanwhile; the id of the entry.
pub unsafe fn put_under(
    store: u64,
    (db, key): (&Text, &Text),
    places: &[dy_lmdb_buffer_t],
    options: &dy_lmdb_put_options_t,
) -> Result<u64, dy_lmdb_status_t> {
    let mut info = dy_lmdb_info_t::default();
    // SAFETY: a store, and bytes that stay as long as the call, says the caller.
    let status = without_interpreter(|| unsafe {
        dy_lmdb_store_put(
            store as *const dy_lmdb_store_t,
            db.start,
            db.len,
            key.start.cast(),
            key.len,
            places.as_ptr(),
            places.len(),
            options,
            &mut info,
        )
    });
    if status == DY_LMDB_OK { Ok(info.entry_id) } else { Err(status) }
}

/// `put(holder, store, db, key, parts, settings)`: the id of the entry.
unsafe extern "C" fn put(_: *mut PyObject, args: *const *mut PyObject, count: isize) -> *mut PyObject {
    // SAFETY: the arguments live as long as the call.
    unsafe { arguments(args, count).and_then(|args| put_entry(args)) }.unwrap_or(ptr::null_mut())
}

unsafe fn put_entry(
    &[holder, store, db, key, parts, settings]: &[*mut PyObject; 6],
) -> Option<*mut PyObject> {
    // SAFETY: objects, says the caller.
    unsafe {
        let store = int(store)?;
        let (db, key) = (Text::of(holder, db)?, Text::of(holder, key)?);
        let (parts, options) = (Buffers::of(parts)?, put_options(settings)?);
        Some(match put_under(store, (&db, &key), &places(&parts.slices()), &options) {
            Ok(entry_id) => new_int(entry_id),
            Err(status) => fail(holder, status),
        })
    }
}

/// An entry of a batch.
pub struct Row<Kept> {
    key: Text,
    places: Vec<dy_lmdb_buffer_t>,
    options: dy_lmdb_put_options_t,
    /// What has the bytes.
    pub kept: Kept,
}

impl<Kept> Row<Kept> {
    /// Of bytes at `places`, which `kept` keeps there.
    pub fn new(
        key: Text,
        places: Vec<dy_lmdb_buffer_t>,
        options: dy_lmdb_put_options_t,
        kept: Kept,
    ) -> Row<Kept> {
        Row { key, places, options, kept }
    }

    fn entry(&self) -> dy_lmdb_entry_t {
        dy_lmdb_entry_t {
            key: self.key.start.cast(),
            key_len: self.key.len,
            parts: self.places.as_ptr(),
            nparts: self.places.len(),
            options: &self.options,
        }
    }
}

/// Puts a batch, and lets others have the interpreter meanwhile.
pub unsafe fn put_rows<Kept>(store: u64, db: &Text, rows: &[Row<Kept>]) -> dy_lmdb_status_t {
    let entries: Vec<dy_lmdb_entry_t> = rows.iter().map(Row::entry).collect();
    let store = store as *const dy_lmdb_store_t;
    // SAFETY: a store, and rows that keep their bytes, says the caller.
    without_interpreter(|| unsafe {
        dy_lmdb_store_put_many(store, db.start, db.len, entries.as_ptr(), entries.len())
    })
}

impl Row<Buffers> {
    /// Of a tuple of key, parts and settings, which the caller keeps; `None` with an exception set.
    unsafe fn of(holder: *mut PyObject, entry: *mut PyObject) -> Option<Row<Buffers>> {
        // SAFETY: an object, says the caller; an item that is missing is NULL with an exception set.
        unsafe {
            let item = |index| {
                let item = (api().tuple_get)(entry, index);
                (!item.is_null()).then_some(item)
            };
            let (key, parts) = (Text::of(holder, item(0)?)?, Buffers::of(item(1)?)?);
            Some(Row::new(key, places(&parts.slices()), put_options(item(2)?)?, parts))
        }
    }
}

/// `put_many(holder, store, db, entries)`: the number of entries, each a tuple of key, parts and settings.
unsafe extern "C" fn put_many(_: *mut PyObject, args: *const *mut PyObject, count: isize) -> *mut PyObject {
    // SAFETY: the arguments live as long as the call.
    unsafe { arguments(args, count).and_then(|args| put_entries(args)) }.unwrap_or(ptr::null_mut())
}

unsafe fn put_entries(&[holder, store, db, entries]: &[*mut PyObject; 4]) -> Option<*mut PyObject> {
    // SAFETY: objects, says the caller; a tuple keeps its items.
    unsafe {
        let (store, db) = (int(store)?, Text::of(holder, db)?);
        let tuples = Ref::owned((api().tuple_of)(entries))?;
        let tuple = |index| (api().tuple_get)(tuples.get(), index);
        let rows: Vec<Row<Buffers>> = (0..(api().size)(tuples.get()))
            .map(|index| Row::of(holder, tuple(index)))
            .collect::<Option<_>>()?;
        let status = put_rows(store, &db, &rows);
        Some(if status == DY_LMDB_OK { new_int(rows.len() as u64) } else { fail(holder, status) })
    }
}

/// `put_input(holder, exchange, exchange id, parts, format)`: the reference that travels, an int.
unsafe extern "C" fn put_input(_: *mut PyObject, args: *const *mut PyObject, count: isize) -> *mut PyObject {
    // SAFETY: the arguments live as long as the call.
    unsafe { arguments(args, count).and_then(|args| put_into(args)) }.unwrap_or(ptr::null_mut())
}

unsafe fn put_into(&[holder, exchange, txn_id, parts, format]: &[*mut PyObject; 5]) -> Option<*mut PyObject> {
    // SAFETY: objects, says the caller.
    unsafe {
        let (exchange, format) = (int(exchange)?, int(format)? as u32);
        let (txn_id, parts) = (Text::of(holder, txn_id)?, Buffers::of(parts)?);
        let (places, mut reference) = (places(&parts.slices()), ptr::null_mut());
        let status = without_interpreter(|| {
            dy_lmdb_exchange_put_input(
                exchange as *const dy_lmdb_exchange_t,
                txn_id.start,
                txn_id.len,
                places.as_ptr(),
                places.len(),
                format,
                &mut reference,
            )
        });
        Some(if status == DY_LMDB_OK { new_int(reference as u64) } else { fail(holder, status) })
    }
}

/// `put_output(holder, reference, parts, settings)`: the id of the entry.
unsafe extern "C" fn put_output(_: *mut PyObject, args: *const *mut PyObject, count: isize) -> *mut PyObject {
    // SAFETY: the arguments live as long as the call.
    unsafe { arguments(args, count).and_then(|args| put_answer(args)) }.unwrap_or(ptr::null_mut())
}

unsafe fn put_answer(&[holder, reference, parts, settings]: &[*mut PyObject; 4]) -> Option<*mut PyObject> {
    // SAFETY: objects, says the caller.
    unsafe {
        let reference = int(reference)?;
        let (parts, options) = (Buffers::of(parts)?, put_options(settings)?);
        Some(match put_there(reference, &places(&parts.slices()), &options) {
            Ok(entry_id) => new_int(entry_id),
            Err(status) => fail(holder, status),
        })
    }
}

/// Puts bytes as the output that a reference names a key for, and lets others have the interpreter meanwhile; the id of
/// the entry.
unsafe fn put_there(
    reference: u64,
    places: &[dy_lmdb_buffer_t],
    options: &dy_lmdb_put_options_t,
) -> Result<u64, dy_lmdb_status_t> {
    let mut info = dy_lmdb_info_t::default();
    // SAFETY: a reference and places of bytes that stay as long as the call, says the caller.
    let status = without_interpreter(|| unsafe {
        dy_lmdb_reference_put_output(
            reference as *const dy_lmdb_reference_t,
            places.as_ptr(),
            places.len(),
            options,
            &mut info,
        )
    });
    if status == DY_LMDB_OK { Ok(info.entry_id) } else { Err(status) }
}

/// `put_packed(holder, reference, value, packing, settings)`: whether the value was put as the output; False for what
/// Python's encoder has to look at.
unsafe extern "C" fn put_packed(_: *mut PyObject, args: *const *mut PyObject, count: isize) -> *mut PyObject {
    // SAFETY: the arguments live as long as the call.
    unsafe { arguments(args, count).and_then(|args| put_value(args)) }.unwrap_or(ptr::null_mut())
}

unsafe fn put_value(
    &[holder, reference, value, packing, settings]: &[*mut PyObject; 5],
) -> Option<*mut PyObject> {
    // SAFETY: objects, says the caller.
    unsafe {
        let reference = int(reference)?;
        let options = put_options(settings)?;
        let Some(packed) = Packing::of(packing)?.packed(value, options.format)? else {
            return Some(bool_of(false));
        };
        Some(match put_there(reference, &places(&packed.parts()), &options) {
            Ok(_) => bool_of(true),
            Err(status) => fail(holder, status),
        })
    }
}

/// The functions of this file.
pub fn functions() -> [Method; 3] {
    [method(c"put", put), method(c"put_input", put_input), method(c"put_output", put_output)]
}

/// Those that came later, for the end of the list.
pub fn later_functions() -> [Method; 2] {
    [method(c"put_many", put_many), method(c"put_packed", put_packed)]
}
