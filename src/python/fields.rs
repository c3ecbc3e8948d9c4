//! A reference as the mapping that travels.

use super::api::{Method, PyObject, api};
use super::object::{Ref, method};
use super::text::{arguments, int, names};
use crate::ffi::reference::{dy_lmdb_reference_t, reference};
use crate::reference::{NAMES, REF, Reference};
use std::ptr;

/// `fields(reference)`: its fields by the names that travel.
unsafe extern "C" fn fields(_: *mut PyObject, args: *const *mut PyObject, count: isize) -> *mut PyObject {
    // SAFETY: the arguments live as long as the call.
    unsafe { arguments(args, count).and_then(|&[reference]| mapping(reference)) }
        .map_or(ptr::null_mut(), Ref::give)
}

unsafe fn mapping(handle: *mut PyObject) -> Option<Ref> {
    // SAFETY: an object, says the caller, and a reference that lives as long as the call.
    unsafe {
        let handle = int(handle)? as *const dy_lmdb_reference_t;
        let Ok(reference) = reference(handle) else {
            (api().fail)(api().type_error, c"there is no reference".as_ptr());
            return None;
        };
        mapping_of(reference, |_| None)
    }
}

/// A reference as a dict. `known` may have the objects for what fields hold.
pub unsafe fn mapping_of(
    reference: &Reference,
    known: impl Fn(&str) -> Option<*mut PyObject>,
) -> Option<Ref> {
    // SAFETY: the interpreter is held, says the caller.
    unsafe {
        let mapping = Ref::owned((api().dict_new)())?;
        for (name, wire) in NAMES.iter().zip(names().wire) {
            let Some(value) = reference.get(name) else {
                continue;
            };
            let value = match known(name) {
                Some(value) => Ref::new(value),
                None if *name == REF => Ref::new(api().true_object),
                None => text(value)?,
            };
            if (api().dict_set)(mapping.get(), wire, value.get()) != 0 {
                return None;
            }
        }
        if let Some((name, value)) = reference.marker()
            && (api().dict_set)(mapping.get(), text(name)?.get(), text(value)?.get()) != 0
        {
            return None;
        }
        Some(mapping)
    }
}

/// A new str; `None` with an exception set when there is no memory.
unsafe fn text(text: &str) -> Option<Ref> {
    // SAFETY: as many bytes as the text has.
    Ref::owned(unsafe { (api().text_from)(text.as_ptr().cast(), text.len() as isize) })
}

/// The functions of this file.
pub fn functions() -> [Method; 1] {
    [method(c"fields", fields)]
}
