//! Exceptions that are set, taken off and put back.

use super::api::{PyObject, api};
use super::object::Ref;
use std::ptr;

/// The exception that is set, and no longer is; `None` when it is none that calculators and codecs fail with, or there is
/// none.
pub unsafe fn raised() -> Option<Ref> {
    // SAFETY: the interpreter is held, says the caller.
    unsafe {
        if (api().failed_with)(api().exception) == 0 {
            return None;
        }
        Failure::take().normalized()
    }
}

/// An exception that was set, or none: type, value and traceback. The interpreter is held as long as it lives.
pub struct Failure([*mut PyObject; 3]);

impl Failure {
    /// What is set, which no longer is.
    pub unsafe fn take() -> Failure {
        let mut failure = [ptr::null_mut(); 3];
        let [kind, value, trace] = &mut failure;
        // SAFETY: places for references, which are then ours.
        unsafe { (api().fetch)(kind, value, trace) };
        Failure(failure)
    }

    /// Whether there was none.
    pub fn is_none(&self) -> bool {
        self.0[0].is_null()
    }

    /// Sets it again, in place of any other.
    pub unsafe fn restore(mut self) {
        let [kind, value, trace] = std::mem::replace(&mut self.0, [ptr::null_mut(); 3]);
        // SAFETY: what was fetched.
        unsafe { (api().restore)(kind, value, trace) };
    }

    unsafe fn normalized(mut self) -> Option<Ref> {
        let [mut kind, mut value, mut trace] = std::mem::replace(&mut self.0, [ptr::null_mut(); 3]);
        // SAFETY: what was fetched; the references are ours.
        unsafe {
            (api().normalize)(&mut kind, &mut value, &mut trace);
            let (_kind, value, trace) = (Ref::owned(kind), Ref::owned(value)?, Ref::owned(trace));
            if let Some(trace) = trace {
                (api().set_traceback)(value.get(), trace.get());
            }
            Some(value)
        }
    }
}

impl Drop for Failure {
    fn drop(&mut self) {
        drop(self.0.map(Ref::owned));
    }
}
