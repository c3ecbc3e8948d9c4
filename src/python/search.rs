//! Looking for references in a payload.
//!
//! Nothing recurses, and of what holds no others only the type is looked at.

use super::api::{Method, PyObject, api};
use super::object::{Ref, method};
use super::pack::{IS_DICT, IS_LIST, IS_TUPLE};
use super::text::arguments;
use crate::reference::{MARKER, REF};
use std::collections::HashSet;
use std::ptr;

/// Whatever was looked at is remembered once there is this much: what contains itself has no end, and what is in many
/// places would be looked at in each.
const MANY: usize = 4096;

/// `holds_references(value, parts, known)`: whether there are references in a value: a mapping in it has `_lmdb_ref` true
/// or a marker.
///
/// Looked through are dicts, lists and tuples, and what is derived from them. `parts(item)` answers for other types: the
/// dict that a mapping is, None for what is none. It is not asked about the types in the dict `known`.
unsafe extern "C" fn holds_references(
    _: *mut PyObject,
    args: *const *mut PyObject,
    count: isize,
) -> *mut PyObject {
    // SAFETY: the arguments live as long as the call.
    let found =
        unsafe { arguments(args, count).and_then(|&[value, parts, known]| found(value, parts, known)) };
    match found {
        // SAFETY: makes no demands but that the interpreter is held.
        Some(found) => unsafe { (api().bool_from)(found.into()) },
        None => ptr::null_mut(),
    }
}

/// As [`holds_references`]; `None` with an exception set when looking raised.
pub unsafe fn found(value: *mut PyObject, parts: *mut PyObject, known: *mut PyObject) -> Option<bool> {
    let mut search = Search {
        parts,
        known,
        last: ptr::null_mut(),
        pending: Vec::new(),
        seen: HashSet::new(),
        kept: Vec::new(),
        looked: 0,
    };
    // SAFETY: objects that live as long as the call, says the caller.
    unsafe { search.run(value) }
}

struct Search {
    parts: *mut PyObject,
    known: *mut PyObject,
    /// A type that holds no others, which something of the payload keeps: items of a list are often of one.
    last: *mut PyObject,
    /// Containers that were not looked through yet.
    pending: Vec<Ref>,
    /// Those that were.
    seen: HashSet<*mut PyObject>,
    /// The same, so that nothing else comes to be in their place.
    kept: Vec<Ref>,
    looked: usize,
}

impl Search {
    /// `None` with an exception set when looking raised.
    unsafe fn run(&mut self, value: *mut PyObject) -> Option<bool> {
        // SAFETY: an object, says the caller; what is pending is referred to.
        unsafe {
            self.item(value)?;
            while let Some(container) = self.pending.pop() {
                if self.is_new(container.get()) && self.container(container.get())? {
                    return Some(true);
                }
            }
        }
        Some(false)
    }

    /// Whether something is still to be looked through, as far as is remembered; from now on it is not.
    unsafe fn is_new(&mut self, item: *mut PyObject) -> bool {
        self.looked += 1;
        if self.looked <= MANY {
            return true;
        }
        let is_new = self.seen.insert(item);
        if is_new {
            // SAFETY: an object, says the caller.
            self.kept.push(unsafe { Ref::new(item) });
        }
        is_new
    }

    /// Looks through a dict, a list or a tuple; whether it is a reference.
    unsafe fn container(&mut self, container: *mut PyObject) -> Option<bool> {
        let api = api();
        // SAFETY: an object that is referred to. Its items are looked at before other code runs, but for what `item` says.
        unsafe {
            let flags = (api.flags_of)(api.class_of(container));
            // Where other threads may change it meanwhile, it is copied.
            let copy = match api.is_free_threaded {
                true if flags & IS_DICT != 0 => Ref::owned((api.dict_copy)(container))?,
                true if flags & IS_LIST != 0 => Ref::owned((api.tuple_of)(container))?,
                _ => Ref::new(container),
            };
            let (container, flags) = (copy.get(), (api.flags_of)(api.class_of(copy.get())));
            if flags & IS_DICT != 0 {
                let (mut at, mut key, mut value) = (0, ptr::null_mut(), ptr::null_mut());
                while (api.dict_next)(container, &mut at, &mut key, &mut value) != 0 {
                    if is_of_reference(key, value) {
                        return Some(true);
                    }
                    self.item(value)?;
                }
                return Some(false);
            }
            let get = if flags & IS_LIST != 0 { api.list_get } else { api.tuple_get };
            let mut next = 0;
            // A list may be shorter by now; the end is found by asking beyond it.
            let size =
                if flags & IS_LIST != 0 { (api.list_size)(container) } else { (api.tuple_size)(container) };
            while next < size {
                let item = get(container, next);
                if item.is_null() {
                    (api.clear_failure)();
                    break;
                }
                next += 1;
                self.item(item)?;
            }
        }
        Some(false)
    }

    /// Notes what is to be looked through.
    #[inline(always)]
    unsafe fn item(&mut self, item: *mut PyObject) -> Option<()> {
        let api = api();
        // SAFETY: an object, says the caller.
        unsafe {
            let class = api.class_of(item);
            if class == api.float_type
                || class == api.text_type
                || class == api.int_type
                || class == self.last
                || item == api.none
            {
                return Some(());
            }
            if class == api.dict_type || class == api.list_type || class == api.tuple_type {
                self.pending.push(Ref::new(item));
                return Some(());
            }
            self.other(item, class)
        }
    }

    /// Notes what is of none of the plain types.
    unsafe fn other(&mut self, item: *mut PyObject, class: *mut PyObject) -> Option<()> {
        let api = api();
        // SAFETY: as in `item`; it is kept while other code runs.
        unsafe {
            if item == api.true_object || item == api.false_object || class == api.bytes_type {
                return Some(());
            }
            if (api.flags_of)(class) & (IS_DICT | IS_LIST | IS_TUPLE) != 0 {
                self.pending.push(Ref::new(item));
                return Some(());
            }
            if !(api.dict_get)(self.known, class).is_null() {
                self.last = class;
                return Some(());
            }
            if !(api.failed)().is_null() {
                return None;
            }
            let held = Ref::new(item);
            let parts = Ref::owned((api.call)(self.parts, held.get(), ptr::null_mut::<PyObject>()))?;
            // What is made of a mapping is another each time.
            if parts.get() != api.none && self.is_new(item) {
                self.pending.push(parts);
            }
            Some(())
        }
    }
}

/// Whether a mapping with this item stands for a payload.
unsafe fn is_of_reference(key: *mut PyObject, value: *mut PyObject) -> bool {
    let api = api();
    // SAFETY: objects, says the caller; a str keeps its UTF-8.
    unsafe {
        if api.class_of(key) != api.text_type {
            return false;
        }
        let mut len = 0;
        let start = (api.utf8)(key, &mut len);
        if start.is_null() {
            // Surrogates: no name of the protocol.
            (api.clear_failure)();
            return false;
        }
        let name = std::slice::from_raw_parts(start.cast::<u8>(), len as usize);
        name.starts_with(REF.as_bytes())
            && (name.starts_with(MARKER.as_bytes()) || name.len() == REF.len() && value == api.true_object)
    }
}

/// The functions of this file.
pub fn functions() -> [Method; 1] {
    [method(c"holds_references", holds_references)]
}
