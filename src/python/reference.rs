//! References: the mappings that travel, and what they stand for.

use super::api::{Method, PyObject, api};
use super::memory::pin_of_view;
use super::object::{Ref, method, without_interpreter};
use super::text::{arguments, fail_with, int, names, new_int};
use crate::ffi::reference::{dy_lmdb_reference_t, give_reference, reference};
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
    unsafe { mapping_of(of(handle)?, |_| None) }
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

/// `parse(holder, mapping)`: the reference that a dict is, an int; names that are not of the protocol are left out. TypeError
/// when a field is of another type than references have.
unsafe extern "C" fn parse(_: *mut PyObject, args: *const *mut PyObject, count: isize) -> *mut PyObject {
    // SAFETY: the arguments live as long as the call.
    unsafe { arguments(args, count).and_then(|args| parsed(args)) }.unwrap_or(ptr::null_mut())
}

unsafe fn parsed(&[holder, mapping]: &[*mut PyObject; 2]) -> Option<*mut PyObject> {
    let api = api();
    let mut fields = [("", ""); NAMES.len()];
    let mut count = 0;
    // SAFETY: a dict, says the caller. No other code runs while its items are looked at, and a str keeps its UTF-8.
    unsafe {
        for (&name, wire) in NAMES.iter().zip(names().wire) {
            let value = (api.dict_get)(mapping, wire);
            if value.is_null() && !(api.failed)().is_null() {
                return None;
            }
            if value.is_null() || value == api.none {
                continue;
            }
            let is_ref = name == REF;
            let text = if is_ref && value == api.true_object {
                "true"
            } else if is_ref && value == api.false_object {
                "false"
            } else if !is_ref && api.class_of(value) == api.text_type {
                utf8(value)?
            } else {
                (api.fail)(api.type_error, c"a field of a reference of another type".as_ptr());
                return None;
            };
            fields[count] = (name, text);
            count += 1;
        }
        Some(match Reference::from_fields(fields[..count].iter().copied()) {
            Ok(reference) => new_int(give_reference(reference) as u64),
            Err(error) => fail_with(holder, &error),
        })
    }
}

/// The text of a str; `None` with an exception set when it is no valid Unicode.
unsafe fn utf8<'a>(text: *mut PyObject) -> Option<&'a str> {
    let mut len = 0;
    // SAFETY: a str, says the caller, which keeps its UTF-8.
    unsafe {
        let start = (api().utf8)(text, &mut len);
        if start.is_null() {
            return None;
        }
        Some(std::str::from_utf8_unchecked(std::slice::from_raw_parts(start.cast(), len as usize)))
    }
}

/// `view_input(pin class, reference)`: a pin of what the reference stands for, which counts as opening it.
unsafe extern "C" fn view_input(_: *mut PyObject, args: *const *mut PyObject, count: isize) -> *mut PyObject {
    // SAFETY: the arguments live as long as the call, and a reference as well.
    unsafe {
        arguments(args, count).and_then(|&[class, handle]| {
            let reference = of(handle)?;
            // A store that is not open yet is opened.
            Some(match without_interpreter(|| reference.view_input()) {
                Ok(view) => pin_of_view(class, view),
                Err(error) => fail_with(class, &error),
            })
        })
    }
    .unwrap_or(ptr::null_mut())
}

/// The engine's reference behind an int; `None` with an exception set when there is none.
unsafe fn of<'a>(handle: *mut PyObject) -> Option<&'a Reference> {
    // SAFETY: a reference that lives as long as the call, says the caller.
    unsafe {
        let handle = int(handle)? as *const dy_lmdb_reference_t;
        match reference(handle) {
            Ok(reference) => Some(reference),
            Err(_) => {
                (api().fail)(api().type_error, c"there is no reference".as_ptr());
                None
            }
        }
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

/// Those that came later, for the end of the list.
pub fn later_functions() -> [Method; 2] {
    [method(c"parse", parse), method(c"view_input", view_input)]
}
