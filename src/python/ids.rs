//! Ids of exchanges.

use super::api::{Method, PyObject, api};
use super::object::method;
use super::text::arguments;
use crate::exchange;
use std::ptr;

/// `new_txn_id()`: an id for an exchange, a str.
unsafe extern "C" fn new_txn_id(_: *mut PyObject, args: *const *mut PyObject, count: isize) -> *mut PyObject {
    // SAFETY: the arguments, of which there are none, live as long as the call; the digits are ASCII.
    unsafe {
        if arguments::<0>(args, count).is_none() {
            return ptr::null_mut();
        }
        match exchange::new_txn_id() {
            Ok(id) => (api().text_from)(id.as_ptr().cast(), id.len() as isize),
            Err(_) => {
                (api().fail)(api().runtime_error, c"the kernel gives no random bits".as_ptr());
                ptr::null_mut()
            }
        }
    }
}

/// The functions of this file.
pub fn functions() -> [Method; 1] {
    [method(c"new_txn_id", new_txn_id)]
}
