//! What is asked of an exchange for every call.

use super::api::{Method, PyObject};
use super::object::{bool_of, method, none, without_interpreter};
use super::text::{arguments, fail, int, new_int};
use crate::ffi::exchange::{
    dy_lmdb_exchange_ignored, dy_lmdb_exchange_judge, dy_lmdb_exchange_settle, dy_lmdb_exchange_should,
    dy_lmdb_exchange_t,
};
use crate::ffi::reference::dy_lmdb_reference_t;
use crate::ffi::status::{DY_LMDB_OK, DY_LMDB_TIMEOUT};
use std::ptr;

/// `should(holder, exchange, size)`: whether an input of so many bytes goes through the store.
unsafe extern "C" fn should(_: *mut PyObject, args: *const *mut PyObject, count: isize) -> *mut PyObject {
    // SAFETY: the arguments live as long as the call; handles live for ever.
    unsafe {
        arguments(args, count).and_then(|&[holder, exchange, size]| {
            let (exchange, mut answer) = (int(exchange)? as *const dy_lmdb_exchange_t, false);
            let status = dy_lmdb_exchange_should(exchange, int(size)?, &mut answer);
            Some(if status == DY_LMDB_OK { bool_of(answer) } else { fail(holder, status) })
        })
    }
    .unwrap_or(ptr::null_mut())
}

/// `ignored(holder, exchange)`: whether the calculator was found to ignore references.
unsafe extern "C" fn ignored(_: *mut PyObject, args: *const *mut PyObject, count: isize) -> *mut PyObject {
    // SAFETY: as in `should`.
    unsafe {
        arguments(args, count).and_then(|&[holder, exchange]| {
            let (exchange, mut answer) = (int(exchange)? as *const dy_lmdb_exchange_t, false);
            let status = dy_lmdb_exchange_ignored(exchange, &mut answer);
            Some(if status == DY_LMDB_OK { bool_of(answer) } else { fail(holder, status) })
        })
    }
    .unwrap_or(ptr::null_mut())
}

/// `judge(holder, exchange, reference, answer, ms)` and `settle(…)`: the decision, an int; None when nothing was decided
/// within so many milliseconds.
unsafe fn decided(
    args: *const *mut PyObject,
    count: isize,
    decide: impl FnOnce(*const dy_lmdb_exchange_t, *const dy_lmdb_reference_t, u32, i64, *mut u32) -> i32,
) -> *mut PyObject {
    // SAFETY: as in `should`.
    unsafe {
        arguments(args, count).and_then(|&[holder, exchange, reference, answer, ms]| {
            let exchange = int(exchange)? as *const dy_lmdb_exchange_t;
            let reference = int(reference)? as *const dy_lmdb_reference_t;
            let (answer, ms, mut decision) = (int(answer)? as u32, int(ms)? as i64, 0);
            let status = without_interpreter(|| decide(exchange, reference, answer, ms, &mut decision));
            Some(match status {
                DY_LMDB_OK => new_int(decision.into()),
                DY_LMDB_TIMEOUT => none(),
                status => fail(holder, status),
            })
        })
    }
    .unwrap_or(ptr::null_mut())
}

unsafe extern "C" fn judge(_: *mut PyObject, args: *const *mut PyObject, count: isize) -> *mut PyObject {
    // SAFETY: as in `should`.
    unsafe { decided(args, count, |a, b, c, d, e| dy_lmdb_exchange_judge(a, b, c, d, e)) }
}

unsafe extern "C" fn settle(_: *mut PyObject, args: *const *mut PyObject, count: isize) -> *mut PyObject {
    // SAFETY: as in `should`.
    unsafe { decided(args, count, |a, b, c, d, e| dy_lmdb_exchange_settle(a, b, c, d, e)) }
}

/// The functions of this file.
pub fn functions() -> [Method; 4] {
    [
        method(c"should", should),
        method(c"ignored", ignored),
        method(c"judge", judge),
        method(c"settle", settle),
    ]
}
