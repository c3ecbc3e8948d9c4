//! What the Python package is made with; `crate::python` does the work.

use std::ffi::c_void;

/// Makes what the classes of the Python package are derived from.
///
/// Returns a tuple of four types (Hold, Pin, Loan, View), six functions (put, put_input, put_output, fields, pack, unpack),
/// a type (Handle) and three functions (holds_references, new_txn_id, put_many), as a new reference of Python's; NULL with
/// an exception set when they cannot be made, and without one when this process has no Python that fits. Packages of
/// today call dy_lmdb_python_door.
///
/// Memory: what is made lives as long as Python refers to it.
///
/// Threads: the calling thread holds the interpreter, as a function that ctypes.PyDLL calls does.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn dy_lmdb_python_types() -> *mut c_void {
    // SAFETY: as the documentation demands of the caller.
    unsafe { crate::python::types() }
}

/// Makes the types and functions by which the Python package comes into the library, when they are of the version that it
/// was written for.
///
/// - `version`: of the door, a number of its own that changes whenever a type or a function changes its meaning.
///
/// Returns a dict from names to types and functions, as a new reference of Python's; NULL with an exception set when
/// they cannot be made or the version is another, and without one when this process has no Python that fits.
///
/// Memory: what is made lives as long as Python refers to it.
///
/// Threads: the calling thread holds the interpreter, as a function that ctypes.PyDLL calls does.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn dy_lmdb_python_door(version: u32) -> *mut c_void {
    // SAFETY: as the documentation demands of the caller.
    unsafe { crate::python::door(version) }
}
