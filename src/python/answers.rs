//! What calculators answer, as far as a look tells.

use super::api::{PyObject, api};
use super::text::{begins_with_underscore, names};
use std::ptr;

/// Whether an answer says that the output is written.
pub unsafe fn is_written(answer: *mut PyObject) -> bool {
    let api = api();
    // SAFETY: objects that live as long as the call; only a dict is looked into.
    unsafe {
        if api.class_of(answer) != api.dict_type {
            return false;
        }
        let said = (api.dict_get)(answer, names().output_written);
        if said.is_null() {
            (api.clear_failure)();
        }
        said == api.true_object
    }
}

/// Whether a value is a result as it is: of Python's own types, and no dict with names of the protocol.
pub unsafe fn is_plain(value: *mut PyObject) -> bool {
    let api = api();
    // SAFETY: objects that live as long as the call; no other code runs while the dict is looked through.
    unsafe {
        let class = api.class_of(value);
        if class != api.dict_type {
            let own = [api.list_type, api.float_type, api.int_type, api.text_type, api.tuple_type];
            return value == api.none || own.contains(&class);
        }
        let (mut at, mut key, mut item) = (0, ptr::null_mut(), ptr::null_mut());
        while (api.dict_next)(value, &mut at, &mut key, &mut item) != 0 {
            let class = api.class_of(key);
            let is_plain = if class == api.text_type {
                !begins_with_underscore(key)
            } else {
                // Texts of other classes may be names of the protocol, too.
                class == api.int_type || class == api.bytes_type || class == api.tuple_type
            };
            if !is_plain {
                return false;
            }
        }
        true
    }
}
