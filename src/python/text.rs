//! Arguments and failures.

use super::api::{Api, PyObject, api};
use super::object::{Ref, call_with};
use crate::error::Error;
use crate::ffi::guard::remember;
use crate::ffi::options::dy_lmdb_put_options_t;
use crate::ffi::status::dy_lmdb_status_t;
use crate::reference::{NAMES as FIELDS, OUTPUT_WRITTEN};
use std::ffi::{CStr, CString, c_char};
use std::ptr;
use std::sync::atomic::{AtomicPtr, Ordering};

/// Names of attributes and methods, interned once.
pub struct Names {
    pub bytes: *mut PyObject,
    pub check: *mut PyObject,
    pub closed: *mut PyObject,
    pub copy: *mut PyObject,
    pub drop: *mut PyObject,
    pub exported: *mut PyObject,
    pub dtype: *mut PyObject,
    pub fail: *mut PyObject,
    pub metadata: *mut PyObject,
    pub nbytes: *mut PyObject,
    pub open: *mut PyObject,
    pub publish: *mut PyObject,
    pub publish_copy: *mut PyObject,
    pub release: *mut PyObject,
    pub warn: *mut PyObject,
    pub answered: *mut PyObject,
    pub finished: *mut PyObject,
    pub not_cleaned: *mut PyObject,
    pub not_stored: *mut PyObject,
    pub otherwise: *mut PyObject,
    pub output_written: *mut PyObject,
    pub went_on: *mut PyObject,
    /// Of the fields of references, as in `reference::NAMES`.
    pub wire: [*mut PyObject; FIELDS.len()],
}

static NAMES: AtomicPtr<Names> = AtomicPtr::new(ptr::null_mut());

/// The names, once `find_names` found them.
#[inline]
pub fn names() -> &'static Names {
    // SAFETY: NULL or names that are never given back.
    match unsafe { NAMES.load(Ordering::Acquire).as_ref() } {
        Some(names) => names,
        None => std::process::abort(),
    }
}

/// Interns the names, anew each time: those of an interpreter that ended are gone. `None` with an exception set when
/// there is no memory.
pub unsafe fn find_names(api: &Api) -> Option<()> {
    // SAFETY: NUL-terminated texts; the interpreter is held, says the caller.
    let name = |text: &CStr| unsafe { Ref::owned((api.interned)(text.as_ptr())) }.map(Ref::give);
    let mut wire = [ptr::null_mut(); FIELDS.len()];
    for (wire, text) in wire.iter_mut().zip(FIELDS) {
        *wire = name(&CString::new(*text).ok()?)?;
    }
    let names = Names {
        bytes: name(c"_bytes")?,
        check: name(c"check")?,
        copy: name(c"copy")?,
        dtype: name(c"dtype")?,
        metadata: name(c"metadata")?,
        nbytes: name(c"nbytes")?,
        closed: name(c"_raise_closed")?,
        drop: name(c"drop")?,
        exported: name(c"_exported")?,
        fail: name(c"_fail")?,
        open: name(c"_open_pin")?,
        publish: name(c"_publish")?,
        publish_copy: name(c"_publish_copy")?,
        release: name(c"release")?,
        warn: name(c"_warn")?,
        answered: name(c"_answered")?,
        finished: name(c"_finished")?,
        not_cleaned: name(c"_not_cleaned")?,
        not_stored: name(c"_not_stored")?,
        otherwise: name(c"_otherwise")?,
        output_written: name(&CString::new(OUTPUT_WRITTEN).ok()?)?,
        went_on: name(c"_went_on")?,
        wire,
    };
    NAMES.store(Box::into_raw(Box::new(names)), Ordering::Release);
    Some(())
}

/// The arguments of a call that takes `N` of them; `None` with an exception set when there are not as many.
///
/// # Safety
/// `count` objects are at `args`, which live as long as the result is used.
pub unsafe fn arguments<'a, const N: usize>(
    args: *const *mut PyObject,
    count: isize,
) -> Option<&'a [*mut PyObject; N]> {
    if count == N as isize {
        // SAFETY: as many as the caller says.
        return Some(unsafe { &*args.cast::<[*mut PyObject; N]>() });
    }
    // SAFETY: Python calls with the interpreter held.
    unsafe { (api().fail)(api().type_error, c"wrong number of arguments".as_ptr()) };
    None
}

/// An int that is passed as an address, a size or a flag; `None` with an exception set when it is none.
pub unsafe fn int(object: *mut PyObject) -> Option<u64> {
    // SAFETY: an object, says the caller.
    unsafe {
        let value = (api().int_as)(object);
        if value == u64::MAX && !(api().failed)().is_null() { None } else { Some(value) }
    }
}

/// A new int; NULL with an exception set when there is no memory.
pub fn new_int(value: u64) -> *mut PyObject {
    // SAFETY: makes no demands but that the interpreter is held.
    unsafe { (api().int_from)(value) }
}

/// A key or the name of a database: bytes that stay as long as this and the object it was made of.
pub struct Text {
    pub start: *const c_char,
    pub len: usize,
    _bytes: Option<Ref>,
}

impl Text {
    /// Of a str in UTF-8, else of the bytes that `class._bytes` makes of it; `None` with its exception set.
    pub unsafe fn of(class: *mut PyObject, object: *mut PyObject) -> Option<Text> {
        let mut len = 0;
        // SAFETY: objects, says the caller; a str keeps its UTF-8 as long as it lives.
        unsafe {
            let start = (api().utf8)(object, &mut len);
            if !start.is_null() {
                return Some(Text { start, len: len as usize, _bytes: None });
            }
            (api().clear_failure)();
            let bytes = call_with(class, names().bytes, Ref::new(object))?;
            let (start, len) = bytes_of(bytes.get())?;
            Some(Text { start, len, _bytes: Some(bytes) })
        }
    }
}

/// Whether a str may begin so.
pub unsafe fn begins_with_underscore(text: *mut PyObject) -> bool {
    let mut len = 0;
    // SAFETY: a str, says the caller, which keeps its UTF-8.
    unsafe {
        let start = (api().utf8)(text, &mut len);
        if start.is_null() {
            // Surrogates: the first is none, as far as anybody knows.
            (api().clear_failure)();
            return true;
        }
        len > 0 && start.read() == b'_' as c_char
    }
}

/// The content of a bytes object, as long as it lives; `None` with an exception set when it is none.
pub unsafe fn bytes_of(object: *mut PyObject) -> Option<(*const c_char, usize)> {
    let (mut start, mut len) = (ptr::null_mut(), 0);
    // SAFETY: an object, says the caller.
    let result = unsafe { (api().bytes)(object, &mut start, &mut len) };
    (result == 0).then_some((start.cast_const(), len as usize))
}

/// The options of a put, from the tuple of its settings: format, flags, time to live in milliseconds, exchange id,
/// source, target. They read the tuple, which the caller keeps.
pub unsafe fn put_options(settings: *mut PyObject) -> Option<dy_lmdb_put_options_t> {
    // SAFETY: a tuple, says the caller; an item that is missing is NULL with an exception set.
    unsafe {
        let item = |index| {
            let item = (api().tuple_get)(settings, index);
            (!item.is_null()).then_some(item)
        };
        let (txn_id, source, target) = (bytes_of(item(3)?)?, bytes_of(item(4)?)?, bytes_of(item(5)?)?);
        Some(dy_lmdb_put_options_t {
            format: int(item(0)?)? as u32,
            flags: int(item(1)?)? as u32,
            ttl_ms: int(item(2)?)?,
            txn_id: txn_id.0,
            txn_id_len: txn_id.1,
            source: source.0,
            source_len: source.1,
            target: target.0,
            target_len: target.1,
            ..dy_lmdb_put_options_t::default()
        })
    }
}

/// Has `holder._fail` raise the exception for a status; NULL, as the result of a call.
pub unsafe fn fail(holder: *mut PyObject, status: dy_lmdb_status_t) -> *mut PyObject {
    if let Some(status) = Ref::owned(new_int(status as u64)) {
        // SAFETY: an object, says the caller. Whatever it answers, NULL is what says that it failed.
        drop(unsafe { call_with(holder, names().fail, status) });
    }
    ptr::null_mut()
}

/// As [`fail`], for an error of the engine's.
pub unsafe fn fail_with(holder: *mut PyObject, error: &Error) -> *mut PyObject {
    remember(error.message());
    // SAFETY: as for `fail`.
    unsafe { fail(holder, error.status().code()) }
}
