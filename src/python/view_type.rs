//! `View`: one payload, looked at where it lies.

use super::api::{Attribute, BF_GETBUFFER, MEMBER_OBJECT, Method, PyObject, api};
use super::export::pass_on;
use super::memory::{self, Pin};
use super::object::{
    Fields, Place, Ref, Strong, WeakRefs, attribute, call, class_method, fields, make, method, none, or_none,
    plain_method,
};
use super::text::{arguments, fail, names};
use crate::ffi::status::DY_LMDB_NOT_FOUND;
use std::ffi::{CStr, c_int, c_void};
use std::mem::offset_of;
use std::ptr;

/// The fields of a view.
#[repr(C)]
pub struct View {
    weak: WeakRefs,
    key: Strong,
    pin: Place,
    memory: Place,
}

/// `_open(pin class, store, db, key)`: a view, or None when there is no live entry.
unsafe extern "C" fn open(class: *mut PyObject, args: *const *mut PyObject, count: isize) -> *mut PyObject {
    // SAFETY: a method of this type; the arguments live as long as the call.
    unsafe {
        let Some(&[pin_class, store, db, key]) = arguments(args, count) else {
            return ptr::null_mut();
        };
        let pin = match memory::open(pin_class, store, db, key, 0) {
            Ok(pin) => Ref::owned(pin),
            Err(DY_LMDB_NOT_FOUND) => return none(),
            Err(status) => return fail(pin_class, status),
        };
        let Some(pin) = pin else {
            return ptr::null_mut();
        };
        let (key, pin) = (Strong::of(Ref::new(key)), Place::of(pin));
        make(class, View { weak: WeakRefs::NONE, key, pin, memory: Place::default() })
    }
}

/// The pin, of which the caller may use the bytes; `None` with an exception set when there is none.
unsafe fn pin_of(object: *mut PyObject) -> Option<Ref> {
    // SAFETY: an object of this type, and a pin in its place.
    unsafe {
        match fields::<View>(object).pin.get() {
            Some(pin) if !fields::<Pin>(pin.get()).is_forked() => Some(pin),
            // Says why there is none.
            _ => call(object, names().open),
        }
    }
}

/// `__enter__`: the view, which must be open.
unsafe extern "C" fn enter(object: *mut PyObject, _: *mut PyObject) -> *mut PyObject {
    // SAFETY: a method of this type.
    unsafe { if pin_of(object).is_some() { Ref::new(object).give() } else { ptr::null_mut() } }
}

unsafe extern "C" fn memory(object: *mut PyObject, _: *mut c_void) -> *mut PyObject {
    // SAFETY: an attribute of this type.
    unsafe {
        let Some(pin) = pin_of(object) else {
            return ptr::null_mut();
        };
        let view = fields::<View>(object);
        if let Some(memory) = view.memory.get() {
            return memory.give();
        }
        let Some(memory) = Ref::owned((api().memory_view)(pin.get())) else {
            return ptr::null_mut();
        };
        drop(view.memory.set(Some(Ref::new(memory.get()))));
        memory.give()
    }
}

unsafe fn end(object: *mut PyObject) -> *mut PyObject {
    // SAFETY: an object of this type.
    let view = unsafe { fields::<View>(object) };
    let (memory, pin) = (view.memory.set(None), view.pin.set(None));
    if let Some(memory) = memory {
        // SAFETY: a memoryview.
        let released = unsafe { release(&memory) };
        if released.is_none() {
            return ptr::null_mut();
        }
    }
    drop(pin);
    none()
}

/// Releases a memoryview. Whether nothing was made from it that lives on, as far as Python tells; `None` with an
/// exception set when releasing fails for another reason.
pub unsafe fn release(memory: &Ref) -> Option<bool> {
    // SAFETY: a memoryview, says the caller.
    unsafe {
        if call(memory.get(), names().release).is_some() {
            return Some(true);
        }
        if (api().failed_with)(api().buffer_error) == 0 {
            return None;
        }
        (api().clear_failure)();
        Some(false)
    }
}

/// `close()`: ends the view; the second time nothing happens.
unsafe extern "C" fn close(object: *mut PyObject, _: *mut PyObject) -> *mut PyObject {
    // SAFETY: a method of this type.
    unsafe { end(object) }
}

/// `__exit__(kind, error, trace)`.
unsafe extern "C" fn exit(object: *mut PyObject, _: *const *mut PyObject, _: isize) -> *mut PyObject {
    // SAFETY: a method of this type.
    unsafe { end(object) }
}

unsafe extern "C" fn pin(object: *mut PyObject, _: *mut c_void) -> *mut PyObject {
    // SAFETY: an attribute of this type.
    or_none(unsafe { fields::<View>(object) }.pin.get())
}

// SAFETY: repr(C), weak references first.
unsafe impl Fields for View {
    const NAME: &'static CStr = c"dishtayantra_lmdb.View";
    const DOC: &'static CStr = c"One payload, looked at where it lies.";
    const SLOTS: &'static [(c_int, *const c_void)] = &[(BF_GETBUFFER, pass_on as *const c_void)];

    fn methods() -> Vec<Method> {
        vec![
            class_method(c"_open", open),
            plain_method(c"__enter__", enter),
            method(c"__exit__", exit),
            plain_method(c"close", close),
        ]
    }

    fn attributes() -> Vec<Attribute> {
        vec![
            attribute(
                c"memory",
                c"The payload as a read-only memoryview. Closing the view releases it, but not what was made from it.",
                memory,
            ),
            attribute(c"_pin", c"What keeps the payload; None when the view is closed.", pin),
        ]
    }

    fn members() -> Vec<(&'static CStr, c_int, usize, bool)> {
        vec![(c"_key", MEMBER_OBJECT, offset_of!(View, key), true)]
    }
}
