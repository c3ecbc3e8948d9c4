//! How large a payload is, as far as routing needs to know: looked at no further than a limit, nothing is serialised.

use super::api::{Method, PyObject, api};
use super::arrays;
use super::object::{Ref, method};
use super::pack::{IS_DICT, IS_LIST, IS_TUPLE};
use super::text::{arguments, int, names, new_int};
use std::ffi::c_int;
use std::ptr;

/// `size_up_to(value, limit, other)`: see [`up_to`].
unsafe extern "C" fn size_up_to(_: *mut PyObject, args: *const *mut PyObject, count: isize) -> *mut PyObject {
    // SAFETY: the arguments live as long as the call.
    unsafe {
        let found =
            arguments(args, count).and_then(|&[value, limit, other]| up_to(value, int(limit)?, other));
        found.map_or(ptr::null_mut(), new_int)
    }
}

/// The bytes that `value` has as MessagePack, roughly; `limit` when it has as many or more. `other(item, room)` tells the
/// size of what is none of Python's own types nor a plain array; `room` or more when it need not be looked at any
/// further. `None` with an exception set when that raises.
pub unsafe fn up_to(value: *mut PyObject, limit: u64, other: *mut PyObject) -> Option<u64> {
    let mut walk = Walk { total: 0, limit, other, pending: Vec::new() };
    // SAFETY: objects, says the caller; what is pending is referred to.
    unsafe {
        if limit > 0 {
            walk.add(value)?;
        }
        while walk.total < limit
            && let Some(container) = walk.pending.pop()
        {
            walk.items(&container)?;
        }
    }
    Some(walk.total.min(limit))
}

struct Walk {
    total: u64,
    limit: u64,
    other: *mut PyObject,
    /// Lists, tuples, dicts and sets that were not looked into yet.
    pending: Vec<Ref>,
}

impl Walk {
    /// Counts an item without what it holds.
    #[inline(always)]
    unsafe fn add(&mut self, item: *mut PyObject) -> Option<()> {
        let api = api();
        // SAFETY: an object, says the caller.
        let size = unsafe {
            let class = api.class_of(item);
            if class == api.float_type {
                9
            } else if class == api.int_type {
                let mut overflow: c_int = 0;
                let value = (api.signed_as)(item, &mut overflow);
                if overflow == 0 && (-32..128).contains(&value) { 1 } else { 9 }
            } else if class == api.text_type || class == api.bytes_type || class == api.bytearray_type {
                (api.size)(item) as u64 + 1
            } else if item == api.none || item == api.true_object || item == api.false_object {
                1
            } else {
                return self.add_other(item, class);
            }
        };
        self.total = self.total.saturating_add(size);
        Some(())
    }

    unsafe fn add_other(&mut self, item: *mut PyObject, class: *mut PyObject) -> Option<()> {
        let api = api();
        // SAFETY: as in `add`. It is kept while other code runs.
        unsafe {
            let flags = (api.flags_of)(class);
            let is_dict = flags & IS_DICT != 0;
            if is_dict || flags & (IS_LIST | IS_TUPLE) != 0 {
                let len = if is_dict {
                    (api.dict_size)(item)
                } else if flags & IS_LIST != 0 {
                    (api.list_size)(item)
                } else {
                    (api.tuple_size)(item)
                };
                // Every item takes a byte at least: only as many are looked at as can matter.
                let least = len as u64 * if is_dict { 2 } else { 1 };
                if least >= self.limit.saturating_sub(self.total) {
                    self.total = self.limit;
                } else {
                    self.total += 1;
                    self.pending.push(Ref::new(item));
                }
                return Some(());
            }
            let _held = Ref::new(item);
            let told = if arrays::known().is_some_and(|known| known.class() == class) {
                Ref::owned((api.attribute_of)(item, names().nbytes))?
            } else {
                let room = Ref::owned(new_int(self.limit.saturating_sub(self.total)))?;
                Ref::owned((api.call)(self.other, item, room.get(), ptr::null_mut::<PyObject>()))?
            };
            self.total = self.total.saturating_add(int(told.get())?);
            Some(())
        }
    }

    /// Counts what a dict, list or tuple holds, until there is enough.
    unsafe fn items(&mut self, container: &Ref) -> Option<()> {
        let (api, container) = (api(), container.get());
        // SAFETY: an object that is referred to, whose items are not touched any more after other code has run. Where
        // other threads may change it meanwhile, it is copied.
        unsafe {
            let flags = (api.flags_of)(api.class_of(container));
            if flags & IS_DICT != 0 {
                let copy = if api.is_free_threaded {
                    Ref::owned((api.dict_copy)(container))?
                } else {
                    Ref::new(container)
                };
                let (mut at, mut key, mut value) = (0, ptr::null_mut(), ptr::null_mut());
                while self.total < self.limit
                    && (api.dict_next)(copy.get(), &mut at, &mut key, &mut value) != 0
                {
                    let value = Ref::new(value);
                    self.add(key)?;
                    self.add(value.get())?;
                }
                return Some(());
            }
            let copied = api.is_free_threaded && flags & IS_LIST != 0;
            let copy = if copied { Ref::owned((api.tuple_of)(container))? } else { Ref::new(container) };
            let is_list = flags & IS_LIST != 0 && !copied;
            let get = if is_list { api.list_get } else { api.tuple_get };
            let size = if is_list { (api.list_size)(container) } else { (api.tuple_size)(copy.get()) };
            for index in 0..size {
                if self.total >= self.limit {
                    break;
                }
                let item = get(copy.get(), index);
                if item.is_null() {
                    // It is shorter by now.
                    (api.clear_failure)();
                    break;
                }
                self.add(item)?;
            }
        }
        Some(())
    }
}

/// The functions of this file.
pub fn functions() -> [Method; 1] {
    [method(c"size_up_to", size_up_to)]
}
