//! References: the mappings that travel, and what they stand for.

use super::api::{Method, PyObject, api};
use super::memory::pin_of_view;
use super::object::{Ref, method, without_interpreter};
use super::text::{arguments, fail_with, int, names, new_int};
use crate::ffi::reference::{dy_lmdb_reference_t, give_reference, reference};
use crate::reference::{DB_NAME, DB_PATH, FORMAT, NAMES, REF, Reference};
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
        let (reference, mapping) = (of(handle)?, Ref::owned((api().dict_new)())?);
        for (name, wire) in NAMES.iter().zip(names().wire) {
            if let Some(value) = reference.get(name) {
                let value = if *name == REF { Ref::new(api().true_object) } else { text(value)? };
                set(&mapping, wire, &value)?;
            }
        }
        set_marker(&mapping, reference)?;
        Some(mapping)
    }
}

/// The fields that are the same in all references of an exchange, in the order of the objects that say them.
const COMMON: [&str; 3] = [DB_PATH, DB_NAME, FORMAT];

/// A dict for [`mapping_from`], with the objects of `common`, a tuple, for the directory, the database and the format. To copy
/// it costs less than to make one with as many names.
pub unsafe fn template(common: *mut PyObject) -> Option<Ref> {
    // SAFETY: objects, says the caller; a tuple keeps its items, and is NULL with an exception set where it has none.
    unsafe {
        let mapping = Ref::owned((api().dict_new)())?;
        for (name, wire) in NAMES.iter().zip(names().wire) {
            let value = match COMMON.iter().position(|common| common == name) {
                Some(at) => (api().tuple_get)(common, at as isize),
                None if *name == REF => api().true_object,
                None => api().none,
            };
            if value.is_null() {
                return None;
            }
            set(&mapping, wire, &Ref::new(value))?;
        }
        Some(mapping)
    }
}

/// A reference of an exchange as a dict; `template` is what [`template`] made for it.
pub unsafe fn mapping_from(template: *mut PyObject, reference: &Reference) -> Option<Ref> {
    // SAFETY: a dict, says the caller; the interpreter is held.
    unsafe {
        let mapping = Ref::owned((api().dict_copy)(template))?;
        let own = NAMES.iter().zip(names().wire).filter(|(name, _)| **name != REF && !COMMON.contains(name));
        for (name, wire) in own {
            match reference.get(name) {
                Some(value) => set(&mapping, wire, &text(value)?)?,
                None if (api().dict_remove)(mapping.get(), wire) != 0 => return None,
                None => {}
            }
        }
        set_marker(&mapping, reference)?;
        Some(mapping)
    }
}

unsafe fn set_marker(mapping: &Ref, reference: &Reference) -> Option<()> {
    // SAFETY: as in `mapping`.
    unsafe {
        match reference.marker() {
            Some((name, value)) => set(mapping, text(name)?.get(), &text(value)?),
            None => Some(()),
        }
    }
}

/// Sets an item of a dict; `None` with an exception set.
unsafe fn set(mapping: &Ref, name: *mut PyObject, value: &Ref) -> Option<()> {
    // SAFETY: a dict and objects, says the caller.
    (unsafe { (api().dict_set)(mapping.get(), name, value.get()) } == 0).then_some(())
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
