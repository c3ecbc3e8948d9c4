//! Buffers of Python's objects.

use super::api::{Buffer, PyObject, api};
use super::object::{call, is_away};
use super::text::names;
use std::ffi::{CStr, c_int};
use std::ptr;

/// The format of the items is told.
pub const FORMAT: c_int = 0x04;
/// The shape is told, and the items lie in C order, or it fails.
pub const C_CONTIGUOUS: c_int = 0x20 | 0x10 | 0x08;

/// The buffer of an object, which it keeps; let go when this is dropped. The interpreter is held then.
pub struct Export(Buffer);

impl Export {
    /// What `object` exports; `None` with an exception set when it exports nothing of the kind.
    pub unsafe fn of(object: *mut PyObject, flags: c_int) -> Option<Export> {
        // SAFETY: an object, says the caller; all zero is what Python fills.
        unsafe {
            let mut buffer = std::mem::zeroed::<Buffer>();
            ((api().get_buffer)(object, &mut buffer, flags) == 0).then_some(Export(buffer))
        }
    }

    /// The bytes; other threads may change them.
    pub fn bytes(&self) -> &[u8] {
        if self.0.len <= 0 {
            return &[];
        }
        // SAFETY: they stay where they are as long as the buffer is not let go.
        unsafe { std::slice::from_raw_parts(self.0.buf.cast_const().cast(), self.0.len as usize) }
    }

    /// The object whose bytes they are.
    pub fn object(&self) -> *mut PyObject {
        self.0.obj
    }

    /// Bytes of an item.
    pub fn itemsize(&self) -> usize {
        self.0.itemsize as usize
    }

    /// What the items are, asked for with [`FORMAT`].
    pub unsafe fn format(&self) -> &CStr {
        if self.0.format.is_null() {
            return c"B";
        }
        // SAFETY: NUL-terminated, and kept by the buffer.
        unsafe { CStr::from_ptr(self.0.format) }
    }

    /// Length of each dimension, asked for with [`C_CONTIGUOUS`].
    pub unsafe fn shape(&self) -> &[isize] {
        if self.0.shape.is_null() {
            return &[];
        }
        // SAFETY: as many as there are dimensions, kept by the exporter.
        unsafe { std::slice::from_raw_parts(self.0.shape, self.0.ndim as usize) }
    }
}

/// `bf_getbuffer` of what shows the buffer of another object, which its `_exported` answers: it is that object's from then
/// on, and so is the end of it.
pub unsafe extern "C" fn pass_on(object: *mut PyObject, view: *mut Buffer, flags: c_int) -> c_int {
    // SAFETY: Python asks an object of ours for its buffer.
    unsafe {
        (*view).obj = ptr::null_mut();
        match call(object, names().exported) {
            Some(exporter) => (api().get_buffer)(exporter.get(), view, flags),
            None => -1,
        }
    }
}

impl Drop for Export {
    fn drop(&mut self) {
        if !is_away() {
            // SAFETY: got from Python and let go once.
            unsafe { (api().release_buffer)(&mut self.0) };
        }
    }
}
