//! What C passed, checked and turned into references.
//!
//! The functions are unsafe for one reason: a pointer that is not NULL must point to what the header says,
//! for as long as the exported function runs. NULL, lengths no object can have and text that is not UTF-8 are
//! answered with `InvalidArgument`.

use super::bytes::dy_lmdb_buffer_t;
use crate::error::{Error, Result, Status};
use crate::store::Store;
use std::ffi::{c_char, c_void};
use std::mem::MaybeUninit;
use std::time::Duration;

/// The named database when none is named.
const DEFAULT_DB: &str = "default";

/// An error of `InvalidArgument`.
pub(crate) fn invalid(message: impl Into<String>) -> Error {
    Error::new(Status::InvalidArgument, message)
}

/// The object behind a pointer.
pub(crate) unsafe fn shared<'a, T>(name: &str, object: *const T) -> Result<&'a T> {
    // SAFETY: NULL or an object of the library, says the caller.
    unsafe { object.as_ref() }.ok_or_else(|| invalid(format!("{name} is NULL")))
}

/// The object behind a pointer, which nobody else uses meanwhile.
pub(crate) unsafe fn exclusive<'a, T>(name: &str, object: *mut T) -> Result<&'a mut T> {
    // SAFETY: NULL or an object of the library, says the caller.
    unsafe { object.as_mut() }.ok_or_else(|| invalid(format!("{name} is NULL")))
}

/// A place for an output that the caller must give.
pub(crate) unsafe fn out<'a, T>(name: &str, place: *mut T) -> Result<&'a mut MaybeUninit<T>> {
    // SAFETY: NULL or room for a T, says the caller.
    unsafe { maybe_out(place) }.ok_or_else(|| invalid(format!("{name} is NULL")))
}

/// A place for an output that the caller may leave out.
pub(crate) unsafe fn maybe_out<'a, T>(place: *mut T) -> Option<&'a mut MaybeUninit<T>> {
    // SAFETY: NULL or room for a T, says the caller; a MaybeUninit accepts whatever lies there.
    unsafe { place.cast::<MaybeUninit<T>>().as_mut() }
}

/// Hands an object to the caller, who gives it back with `release`.
pub(crate) fn give<T>(object: T) -> *mut T {
    Box::into_raw(Box::new(object))
}

/// Frees an object made by `give`; NULL is nothing to free.
pub(crate) unsafe fn release<T>(object: *mut T) {
    if !object.is_null() {
        // SAFETY: made by `give` and given back once, says the caller.
        drop(unsafe { Box::from_raw(object) });
    }
}

/// The bytes at `data`.
pub(crate) unsafe fn bytes<'a>(name: &str, data: *const c_void, size: usize) -> Result<&'a [u8]> {
    // SAFETY: as the caller says.
    unsafe { items(name, data.cast(), size) }
}

/// The `count` items at `data`.
pub(crate) unsafe fn items<'a, T>(name: &str, data: *const T, count: usize) -> Result<&'a [T]> {
    if count == 0 {
        return Ok(&[]);
    }
    if data.is_null() {
        return Err(invalid(format!("{name} is NULL but its length is {count}")));
    }
    if count.checked_mul(size_of::<T>()).is_none_or(|bytes| bytes > isize::MAX as usize) {
        return Err(invalid(format!("the length of {name}, {count}, is more than any object can have")));
    }
    // SAFETY: not NULL, a length an object can have, and `count` items there, says the caller.
    Ok(unsafe { std::slice::from_raw_parts(data, count) })
}

/// The `count` items of the caller's at `data`, lent for writing.
pub(crate) unsafe fn room<'a, T: Plain>(name: &str, data: *mut T, count: usize) -> Result<&'a mut [T]> {
    // SAFETY: as the caller says; only the checks are used.
    unsafe { items(name, data.cast_const(), count) }?;
    if count == 0 {
        return Ok(&mut []);
    }
    // SAFETY: checked just now, lent for writing, and whatever the caller's memory holds is a T.
    Ok(unsafe { std::slice::from_raw_parts_mut(data, count) })
}

/// Types that any bytes make a value of.
///
/// # Safety As the sentence above says.
pub(crate) unsafe trait Plain {}
// SAFETY: any byte is a u8.
unsafe impl Plain for u8 {}
// SAFETY: any eight bytes are an f64.
unsafe impl Plain for f64 {}
// SAFETY: a pointer, which nobody follows unless its caller says that it is right.
unsafe impl<T> Plain for *mut T {}
// SAFETY: an address and a length, which nobody follows unless its caller says that they are right.
unsafe impl Plain for dy_lmdb_buffer_t {}

/// The UTF-8 text at `data`.
pub(crate) unsafe fn text<'a>(name: &str, data: *const c_char, len: usize) -> Result<&'a str> {
    // SAFETY: as the caller says.
    let bytes = unsafe { items(name, data.cast::<u8>(), len) }?;
    if bytes.is_ascii() {
        // SAFETY: ASCII is UTF-8. Names and keys mostly are, and this tells it sooner.
        return Ok(unsafe { std::str::from_utf8_unchecked(bytes) });
    }
    std::str::from_utf8(bytes).map_err(|error| {
        invalid(format!("{name} is not UTF-8: byte {} of {len} is wrong", error.valid_up_to()))
    })
}

/// The name of a database; empty means the default one.
pub(crate) unsafe fn db_name<'a>(data: *const c_char, len: usize) -> Result<&'a str> {
    // SAFETY: as the caller says.
    let name = unsafe { text("db", data, len) }?;
    Ok(if name.is_empty() { DEFAULT_DB } else { name })
}

/// Refuses flags that are not among `known`, naming them.
pub(crate) fn flags(name: &str, given: u32, known: u32) -> Result<()> {
    match given & !known {
        0 => Ok(()),
        unknown => {
            Err(invalid(format!("{name} has the unknown flag {unknown:#x}; known flags are {known:#x}")))
        }
    }
}

/// A timeout in milliseconds; negative means none.
pub(crate) fn timeout(ms: i64) -> Option<Duration> {
    u64::try_from(ms).ok().map(Duration::from_millis)
}

/// The parts of a payload, with no allocation for the usual few.
pub(crate) struct Parts<'a> {
    few: [&'a [u8]; 4],
    many: Vec<&'a [u8]>,
    count: usize,
}

impl<'a> Parts<'a> {
    /// The parts that `count` buffers at `buffers` describe.
    pub(crate) unsafe fn new(buffers: *const dy_lmdb_buffer_t, count: usize) -> Result<Parts<'a>> {
        // SAFETY: as the caller says.
        let buffers = unsafe { items("parts", buffers, count) }?;
        let mut parts = Parts { few: [&[]; 4], many: Vec::new(), count };
        let slots = if count <= parts.few.len() {
            &mut parts.few[..]
        } else {
            parts.many.resize(count, &[]);
            &mut parts.many[..]
        };
        for (slot, buffer) in slots.iter_mut().zip(buffers) {
            // SAFETY: as the caller says of every buffer.
            *slot = unsafe { bytes("the data of a part", buffer.data, buffer.size) }?;
        }
        Ok(parts)
    }

    /// The parts in order.
    pub(crate) fn as_slice(&self) -> &[&'a [u8]] {
        if self.count <= self.few.len() { &self.few[..self.count] } else { &self.many }
    }
}

/// The error of a key that has no live entry.
pub(crate) fn missing(store: &Store, db: &str, key: &[u8]) -> Error {
    Error::new(
        Status::NotFound,
        format!(
            "no live entry under {} in database {db:?} of {:?}: it is absent or expired",
            show(key),
            store.path()
        ),
    )
}

/// A key for a message.
pub(crate) fn show(key: &[u8]) -> String {
    format!("\"{}\"", key.escape_ascii())
}
