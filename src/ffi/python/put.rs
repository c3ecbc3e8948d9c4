//! Putting a payload from buffers.

use super::api::{Buffer, METH_FASTCALL, Method, PyObject, api};
use super::object::{Ref, without_interpreter};
use super::text::{Text, arguments, fail, int, new_int, put_options};
use crate::ffi::bytes::dy_lmdb_buffer_t;
use crate::ffi::entry::dy_lmdb_store_put;
use crate::ffi::info::dy_lmdb_info_t;
use crate::ffi::status::DY_LMDB_OK;
use crate::ffi::store::dy_lmdb_store_t;
use std::ptr;

/// Buffers of Python objects, let go when this is dropped. The interpreter is held then.
struct Parts {
    _objects: Ref,
    exports: Vec<Buffer>,
}

impl Parts {
    /// The contiguous buffers of what is in a list; `None` with an exception set when one has none.
    unsafe fn of(list: *mut PyObject) -> Option<Parts> {
        // SAFETY: an object, says the caller; a tuple keeps its items.
        unsafe {
            let objects = Ref::owned((api().tuple_of)(list))?;
            let count = (api().size)(objects.get());
            let exports = Vec::with_capacity(usize::try_from(count).ok()?);
            let mut parts = Parts { _objects: objects, exports };
            for index in 0..count {
                let mut export = std::mem::zeroed::<Buffer>();
                let item = (api().tuple_get)(parts._objects.get(), index);
                if item.is_null() || (api().get_buffer)(item, &mut export, 0) != 0 {
                    return None;
                }
                parts.exports.push(export);
            }
            Some(parts)
        }
    }

    /// Where the bytes lie.
    fn places(&self) -> Vec<dy_lmdb_buffer_t> {
        let place =
            |export: &Buffer| dy_lmdb_buffer_t { data: export.buf.cast_const(), size: export.len as usize };
        self.exports.iter().map(place).collect()
    }
}

impl Drop for Parts {
    fn drop(&mut self) {
        for export in &mut self.exports {
            // SAFETY: got from Python and let go once.
            unsafe { (api().release_buffer)(export) };
        }
    }
}

/// `put(holder, store, db, key, parts, settings)`: the id of the entry.
unsafe extern "C" fn put(_: *mut PyObject, args: *const *mut PyObject, count: isize) -> *mut PyObject {
    // SAFETY: the arguments live as long as the call.
    unsafe { arguments(args, count).and_then(|args| put_parts(args)) }.unwrap_or(ptr::null_mut())
}

unsafe fn put_parts(
    &[holder, store, db, key, parts, settings]: &[*mut PyObject; 6],
) -> Option<*mut PyObject> {
    // SAFETY: objects, says the caller.
    unsafe {
        let store = int(store)?;
        let (db, key) = (Text::of(holder, db)?, Text::of(holder, key)?);
        let (parts, options) = (Parts::of(parts)?, put_options(settings)?);
        let (places, mut info) = (parts.places(), dy_lmdb_info_t::default());
        let status = without_interpreter(|| {
            dy_lmdb_store_put(
                store as *const dy_lmdb_store_t,
                db.start,
                db.len,
                key.start.cast(),
                key.len,
                places.as_ptr(),
                places.len(),
                &options,
                &mut info,
            )
        });
        Some(if status == DY_LMDB_OK { new_int(info.entry_id) } else { fail(holder, status) })
    }
}

/// The function as an object of Python's; `None` with an exception set when there is no memory.
pub unsafe fn function() -> Option<Ref> {
    // Python goes on reading it as long as the function lives.
    let definition = Box::leak(Box::new(Method {
        name: c"put".as_ptr(),
        function: put as *const _,
        flags: METH_FASTCALL,
        doc: ptr::null(),
    }));
    // SAFETY: the interpreter is held, says the caller.
    Ref::owned(unsafe { (api().function)(definition, ptr::null_mut(), ptr::null_mut()) })
}
