//! A part of the memory that another object keeps, for who takes buffers.

use super::api::{Attribute, BF_GETBUFFER, Buffer, MEMBER_ULONGLONG, Method, PyObject};
use super::object::{Fields, Ref, Strong, WeakRefs, fields, make, show};
use std::ffi::{CStr, c_int, c_void};
use std::mem::offset_of;
use std::ptr;
use std::sync::atomic::{AtomicPtr, Ordering};

/// The fields of a piece.
#[repr(C)]
pub struct Piece {
    weak: WeakRefs,
    _owner: Strong,
    address: u64,
    size: u64,
}

/// The type, anew for each interpreter.
static CLASS: AtomicPtr<PyObject> = AtomicPtr::new(ptr::null_mut());

/// Keeps the type.
pub fn learn(class: Ref) {
    CLASS.store(class.give(), Ordering::Release);
}

/// An object that shows `size` bytes at `address`, which `owner` keeps; `None` with an exception set.
pub unsafe fn piece_of(owner: &Ref, address: *const u8, size: usize) -> Option<Ref> {
    // SAFETY: objects are only made once the types are.
    unsafe {
        let owner = Strong::of(Ref::new(owner.get()));
        let piece = Piece { weak: WeakRefs::NONE, _owner: owner, address: address as u64, size: size as u64 };
        Ref::owned(make(CLASS.load(Ordering::Acquire), piece))
    }
}

unsafe extern "C" fn look(object: *mut PyObject, view: *mut Buffer, flags: c_int) -> c_int {
    // SAFETY: Python asks an object of this type for its buffer.
    unsafe {
        let piece = fields::<Piece>(object);
        show(view, object, (piece.address, piece.size), true, flags)
    }
}

// SAFETY: repr(C), weak references first.
unsafe impl Fields for Piece {
    const NAME: &'static CStr = c"dishtayantra_lmdb.Piece";
    const DOC: &'static CStr = c"A part of what another object keeps.";
    const SLOTS: &'static [(c_int, *const c_void)] = &[(BF_GETBUFFER, look as *const c_void)];

    fn methods() -> Vec<Method> {
        Vec::new()
    }

    fn attributes() -> Vec<Attribute> {
        Vec::new()
    }

    fn members() -> Vec<(&'static CStr, c_int, usize, bool)> {
        vec![(c"nbytes", MEMBER_ULONGLONG, offset_of!(Piece, size), true)]
    }
}
