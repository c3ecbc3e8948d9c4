//! Handles of the library as objects that give them back, without a line of Python: Python runs signal handlers where
//! its code begins, and drops what they raise in a finalizer.

use super::api::{Attribute, MEMBER_ULONGLONG, Method, PyObject};
use super::object::{
    Fields, WeakRefs, attribute, class_method, fields, make, none, plain_method, without_interpreter,
};
use super::text::{arguments, int, new_int};
use crate::ffi::exchange::{dy_lmdb_exchange_close, dy_lmdb_exchange_t};
use crate::ffi::reference::{dy_lmdb_reference_free, dy_lmdb_reference_t};
use crate::ffi::store::{dy_lmdb_store_close, dy_lmdb_store_t};
use crate::mapping::fork;
use std::ffi::{CStr, c_int, c_void};
use std::mem::offset_of;
use std::ptr;
use std::sync::atomic::{AtomicU64, Ordering};

const STORE: u64 = 0;
const EXCHANGE: u64 = 1;

/// A handle that is given back once, and never by a forked child.
#[repr(C)]
pub struct Handle {
    weak: WeakRefs,
    /// 0: it was given back.
    value: AtomicU64,
    /// What it is of.
    kind: u64,
    generation: u64,
}

impl Handle {
    fn end(&self) {
        let value = self.value.swap(0, Ordering::AcqRel);
        if value == 0 || self.generation != fork::generation() {
            return;
        }
        // SAFETY: a handle of this kind, which nobody else has any more.
        unsafe {
            match self.kind {
                STORE => {
                    without_interpreter(|| dy_lmdb_store_close(value as *mut dy_lmdb_store_t));
                }
                EXCHANGE => {
                    without_interpreter(|| dy_lmdb_exchange_close(value as *mut dy_lmdb_exchange_t));
                }
                _ => dy_lmdb_reference_free(value as *mut dy_lmdb_reference_t),
            }
        }
    }
}

impl Drop for Handle {
    fn drop(&mut self) {
        self.end();
    }
}

/// `_of(value, kind)`: what takes over a handle; 0: none.
unsafe extern "C" fn take_over(
    class: *mut PyObject,
    args: *const *mut PyObject,
    count: isize,
) -> *mut PyObject {
    // SAFETY: a method of this type; its callers pass handles of their own, and arguments live as long as the call.
    unsafe {
        let Some(&[value, kind]) = arguments(args, count) else {
            return ptr::null_mut();
        };
        let (Some(value), Some(kind)) = (int(value), int(kind)) else {
            return ptr::null_mut();
        };
        let value = AtomicU64::new(value);
        make(class, Handle { weak: WeakRefs::NONE, value, kind, generation: fork::generation() })
    }
}

unsafe extern "C" fn close(object: *mut PyObject, _: *mut PyObject) -> *mut PyObject {
    // SAFETY: a method of an object of this type.
    unsafe { fields::<Handle>(object) }.end();
    none()
}

unsafe extern "C" fn value(object: *mut PyObject, _: *mut c_void) -> *mut PyObject {
    // SAFETY: an attribute of an object of this type.
    match unsafe { fields::<Handle>(object) }.value.load(Ordering::Acquire) {
        0 => none(),
        value => new_int(value),
    }
}

// SAFETY: repr(C), weak references first.
unsafe impl Fields for Handle {
    const NAME: &'static CStr = c"dishtayantra_lmdb.Handle";
    const DOC: &'static CStr = c"A handle of the library that is given back once.";

    fn methods() -> Vec<Method> {
        vec![class_method(c"_of", take_over), plain_method(c"close", close)]
    }

    fn attributes() -> Vec<Attribute> {
        vec![attribute(c"value", c"The handle; None when it was given back.", value)]
    }

    fn members() -> Vec<(&'static CStr, c_int, usize, bool)> {
        vec![(c"_kind", MEMBER_ULONGLONG, offset_of!(Handle, kind), true)]
    }
}
