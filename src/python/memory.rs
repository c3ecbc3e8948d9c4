//! Memory of a store as buffers of Python's: what a loan lends, and what a view pins.

use super::api::{
    Attribute, BF_GETBUFFER, BF_RELEASEBUFFER, Buffer, MEMBER_UINT, MEMBER_ULONGLONG, Method, PyObject, api,
};
use super::object::{
    Fields, Ref, WeakRefs, attribute, bool_of, call, class_method, fields, make, show, without_interpreter,
};
use super::text::{Text, arguments, fail, int, names};
use crate::error::Result as Told;
use crate::ffi::info::{DY_LMDB_INFO_COPIED, dy_lmdb_info_t};
use crate::ffi::loan::{dy_lmdb_loan_drop, dy_lmdb_loan_t};
use crate::ffi::status::{DY_LMDB_NOT_FOUND, DY_LMDB_OK, dy_lmdb_status_t};
use crate::ffi::store::dy_lmdb_store_t;
use crate::ffi::view::{ViewOut, dy_lmdb_view_close, dy_lmdb_view_open, dy_lmdb_view_t, dy_lmdb_view_verify};
use crate::mapping::fork;
use crate::store::{Pinned, View};
use std::ffi::{CStr, c_int, c_void};
use std::mem::offset_of;
use std::ptr;
use std::sync::atomic::{AtomicPtr, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

/// What the memory of a loan belongs to: gives the loan back when the last that refers to the memory is gone.
#[repr(C)]
pub struct Hold {
    weak: WeakRefs,
    /// Where the loan begins.
    address: u64,
    /// Where the bytes begin that are shown.
    shown: u64,
    size: u64,
    generation: u64,
    exports: AtomicUsize,
    loan: AtomicPtr<dy_lmdb_loan_t>,
    pinned: Mutex<Option<Pinned>>,
}

impl Hold {
    /// Of a loan at `address`; its first `room` bytes are not shown, the `size` bytes behind them are.
    pub fn new(loan: *mut dy_lmdb_loan_t, address: u64, room: u64, size: u64) -> Hold {
        Hold {
            weak: WeakRefs::NONE,
            address,
            shown: address + room,
            size,
            generation: fork::generation(),
            exports: AtomicUsize::new(0),
            loan: AtomicPtr::new(loan),
            pinned: Mutex::new(None),
        }
    }

    /// Whether it was made before a fork: the bytes are the parent's.
    pub fn is_forked(&self) -> bool {
        self.generation != fork::generation()
    }

    /// Whether there are memoryviews, or what was made from them.
    pub fn is_shown(&self) -> bool {
        self.exports.load(Ordering::Acquire) > 0
    }

    /// Takes the loan out, to be ended; NULL when somebody did.
    pub fn take(&self) -> *mut dy_lmdb_loan_t {
        self.loan.swap(ptr::null_mut(), Ordering::AcqRel)
    }

    /// A pin on the bytes; `None` when none is free.
    pub fn pin(&self) -> Option<Pinned> {
        // SAFETY: NULL or a loan that ends when it is taken out, by the one thread that uses it.
        unsafe { self.loan.load(Ordering::Acquire).as_ref() }?.pin()
    }

    /// Keeps the bytes as they are until this object goes.
    pub fn keep(&self, pinned: Pinned) {
        *self.pinned.lock().unwrap_or_else(PoisonError::into_inner) = Some(pinned);
    }

    /// Gives the loan back.
    pub fn end(&self) {
        let loan = self.take();
        // In a forked child the loan is the parent's.
        if !loan.is_null() && !self.is_forked() {
            // SAFETY: a loan that nobody else has any more.
            without_interpreter(|| unsafe { dy_lmdb_loan_drop(loan) });
        }
    }
}

impl Drop for Hold {
    fn drop(&mut self) {
        self.end();
    }
}

unsafe extern "C" fn lend(object: *mut PyObject, view: *mut Buffer, flags: c_int) -> c_int {
    // SAFETY: Python asks an object of this type for its buffer.
    unsafe {
        let hold = fields::<Hold>(object);
        if hold.loan.load(Ordering::Acquire).is_null() {
            (*view).obj = ptr::null_mut();
            (api().fail)(api().buffer_error, c"the loan was published or dropped".as_ptr());
            return -1;
        }
        let result = show(view, object, (hold.shown, hold.size), false, flags);
        if result == 0 {
            hold.exports.fetch_add(1, Ordering::AcqRel);
        }
        result
    }
}

unsafe extern "C" fn lent_back(object: *mut PyObject, _: *mut Buffer) {
    // SAFETY: Python ends a buffer of an object of this type.
    unsafe { fields::<Hold>(object) }.exports.fetch_sub(1, Ordering::AcqRel);
}

unsafe extern "C" fn hold_forked(object: *mut PyObject, _: *mut c_void) -> *mut PyObject {
    // SAFETY: an attribute of an object of this type.
    bool_of(unsafe { fields::<Hold>(object) }.is_forked())
}

// SAFETY: repr(C), weak references first.
unsafe impl Fields for Hold {
    const NAME: &'static CStr = c"dishtayantra_lmdb.Hold";
    const DOC: &'static CStr = c"What the memory of a loan belongs to.";
    const SLOTS: &'static [(c_int, *const c_void)] =
        &[(BF_GETBUFFER, lend as *const c_void), (BF_RELEASEBUFFER, lent_back as *const c_void)];

    fn methods() -> Vec<Method> {
        Vec::new()
    }

    fn attributes() -> Vec<Attribute> {
        vec![attribute(c"forked", c"Whether it was made before a fork.", hold_forked)]
    }

    fn members() -> Vec<(&'static CStr, c_int, usize, bool)> {
        vec![(c"address", MEMBER_ULONGLONG, offset_of!(Hold, address), true)]
    }
}

/// One view of the library: a payload that stays where it is until the object goes.
#[repr(C)]
pub struct Pin {
    weak: WeakRefs,
    view: u64,
    address: u64,
    size: u64,
    generation: u64,
    format: u32,
    flags: u32,
}

impl Pin {
    /// The payload.
    pub fn bytes(&self) -> &[u8] {
        match self.size {
            0 => &[],
            // SAFETY: the view keeps it as long as this lives.
            size => unsafe { std::slice::from_raw_parts(self.address as *const u8, size as usize) },
        }
    }

    /// Holds the payload to its checksum; touches no object.
    pub fn verify(&self) -> dy_lmdb_status_t {
        // SAFETY: the view is this object's.
        unsafe { dy_lmdb_view_verify(self.view as *const dy_lmdb_view_t) }
    }

    /// Format and flags of the payload.
    pub fn kind(&self) -> (u32, u32) {
        (self.format, self.flags)
    }

    /// What keeps the payload as long as anybody has it, whatever becomes of this object.
    pub fn hold(&self) -> Told<Arc<dy_lmdb_view_t>> {
        // SAFETY: the view is this object's, and open.
        unsafe { dy_lmdb_view_t::hold(self.view as *const dy_lmdb_view_t) }
    }

    /// Whether it was made before a fork: its bytes are only promised to the parent.
    pub fn is_forked(&self) -> bool {
        self.generation != fork::generation()
    }
}

impl Drop for Pin {
    fn drop(&mut self) {
        // SAFETY: the view is this object's; in a forked child it leaves the parent's pin alone.
        unsafe { dy_lmdb_view_close(self.view as *mut dy_lmdb_view_t) };
    }
}

unsafe extern "C" fn look(object: *mut PyObject, view: *mut Buffer, flags: c_int) -> c_int {
    // SAFETY: Python asks an object of this type for its buffer.
    unsafe {
        let pin = fields::<Pin>(object);
        show(view, object, (pin.address, pin.size), true, flags)
    }
}

/// Makes a pin of `class` from what a call of the library answered.
unsafe fn pin_of(class: *mut PyObject, view: u64, info: &dy_lmdb_info_t) -> *mut PyObject {
    let pin = Pin {
        weak: WeakRefs::NONE,
        view,
        address: info.data as u64,
        size: info.size,
        generation: fork::generation(),
        format: info.format,
        flags: info.flags,
    };
    // SAFETY: a class derived from the type for `Pin`, says the caller.
    unsafe {
        let made = make(class, pin);
        if info.flags & DY_LMDB_INFO_COPIED == 0 || made.is_null() {
            return made;
        }
        let made = Ref::owned(made);
        // What a signal handler raises there ends the call.
        call(class, names().warn).and(made).map_or(ptr::null_mut(), Ref::give)
    }
}

/// Makes a pin of `class` from a view of the engine's.
pub unsafe fn pin_of_view(class: *mut PyObject, view: View) -> *mut PyObject {
    let (mut handle, mut info) = (ptr::null_mut(), dy_lmdb_info_t::default());
    // SAFETY: places of this function's; a class derived from the type for `Pin`, says the caller.
    unsafe {
        if let Ok(place) = ViewOut::new(&mut handle, &mut info) {
            place.write(view);
        }
        pin_of(class, handle as u64, &info)
    }
}

/// Opens a view; NULL with an exception set when that fails, None when there is no live entry.
pub unsafe fn open(
    class: *mut PyObject,
    store: *mut PyObject,
    db: *mut PyObject,
    key: *mut PyObject,
    flags: u32,
) -> Result<*mut PyObject, dy_lmdb_status_t> {
    let mut view: *mut dy_lmdb_view_t = ptr::null_mut();
    let mut info = dy_lmdb_info_t::default();
    // SAFETY: objects of Python's, and places of this function's.
    unsafe {
        // One after the other: the second would clear what the first has raised.
        let texts = |store| Some((int(store)?, Text::of(class, db)?, Text::of(class, key)?));
        let Some((store, db, key)) = texts(store) else {
            return Ok(ptr::null_mut());
        };
        let status = dy_lmdb_view_open(
            store as *const dy_lmdb_store_t,
            db.start,
            db.len,
            key.start.cast(),
            key.len,
            flags,
            &mut view,
            &mut info,
        );
        if status != DY_LMDB_OK {
            return Err(status);
        }
        Ok(pin_of(class, view as u64, &info))
    }
}

/// `_open(store, db, key, flags)`: a pin, or None when there is no live entry.
unsafe extern "C" fn open_pin(
    class: *mut PyObject,
    args: *const *mut PyObject,
    count: isize,
) -> *mut PyObject {
    // SAFETY: a method of this type; the arguments live as long as the call.
    unsafe {
        let Some(&[store, db, key, flags]) = arguments(args, count) else {
            return ptr::null_mut();
        };
        let Some(flags) = int(flags) else {
            return ptr::null_mut();
        };
        match open(class, store, db, key, flags as u32) {
            Ok(pin) => pin,
            Err(DY_LMDB_NOT_FOUND) => super::object::none(),
            Err(status) => fail(class, status),
        }
    }
}

/// `_of(view, size, address, format, flags)`: a pin that takes over a view.
unsafe extern "C" fn take_over(
    class: *mut PyObject,
    args: *const *mut PyObject,
    count: isize,
) -> *mut PyObject {
    // SAFETY: a method of this type; the one caller in Python passes a view of its own.
    unsafe {
        let Some(args) = arguments::<5>(args, count) else {
            return ptr::null_mut();
        };
        let [Some(view), Some(size), Some(address), Some(format), Some(flags)] = args.map(|arg| int(arg))
        else {
            return ptr::null_mut();
        };
        let info = dy_lmdb_info_t {
            size,
            data: address as *const c_void,
            format: format as u32,
            flags: flags as u32,
            ..dy_lmdb_info_t::default()
        };
        pin_of(class, view, &info)
    }
}

unsafe extern "C" fn pin_forked(object: *mut PyObject, _: *mut c_void) -> *mut PyObject {
    // SAFETY: an attribute of an object of this type.
    bool_of(unsafe { fields::<Pin>(object) }.is_forked())
}

// SAFETY: repr(C), weak references first.
unsafe impl Fields for Pin {
    const NAME: &'static CStr = c"dishtayantra_lmdb.Pin";
    const DOC: &'static CStr = c"A payload that stays where it is.";
    const SLOTS: &'static [(c_int, *const c_void)] = &[(BF_GETBUFFER, look as *const c_void)];

    fn methods() -> Vec<Method> {
        vec![class_method(c"_open", open_pin), class_method(c"_of", take_over)]
    }

    fn attributes() -> Vec<Attribute> {
        vec![attribute(c"forked", c"Whether it was made before a fork.", pin_forked)]
    }

    fn members() -> Vec<(&'static CStr, c_int, usize, bool)> {
        vec![
            (c"_as_parameter_", MEMBER_ULONGLONG, offset_of!(Pin, view), true),
            (c"address", MEMBER_ULONGLONG, offset_of!(Pin, address), true),
            (c"size", MEMBER_ULONGLONG, offset_of!(Pin, size), true),
            (c"format", MEMBER_UINT, offset_of!(Pin, format), true),
            (c"flags", MEMBER_UINT, offset_of!(Pin, flags), true),
        ]
    }
}
