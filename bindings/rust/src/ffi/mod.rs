//! The objects of the C ABI as Rust types: who owns them, how long what they tell is valid, which threads may use
//! them. The only module that calls the library; one file for each C type.
//!
//! What every call here relies on: the function table comes from a library that was checked when it was loaded; a
//! handle is passed to the function that ends it once, by `Drop`; texts and bytes are passed as pointer and length of a
//! slice, which the library reads during the call only, unless a comment says so; outputs are places on our stack.

#![allow(unsafe_code)]

mod array;
#[cfg(feature = "arrow")]
mod arrow;
mod document;
mod item;
mod library;
mod loan;
mod options;
mod reference;
mod store;
mod table;
mod view;
mod watch;
mod writer;

pub(crate) use array::{npy_array, npy_header, to_doubles};
pub use document::{Document, Item, Items, Node, Type};
pub(crate) use library::help;
pub use library::{LogLevel, Versions, load, parse_config, set_log, take_warnings, versions};
pub use loan::Loan;
pub use reference::{Reference, References, wire};
pub use store::Store;
pub use table::{Column, Origin, Table};
pub use view::View;
pub use watch::Watch;
pub use writer::Writer;

use crate::error::{Error, Result};
use crate::sys::{self, Functions};
use std::ffi::{CStr, c_char, c_void};
use std::ptr::{self, NonNull};

/// The answer of a call on this thread as a result, with the engine's message.
fn check(functions: &Functions, status: sys::dy_lmdb_status_t) -> Result<()> {
    if status == sys::DY_LMDB_OK {
        return Ok(());
    }
    // SAFETY: the message of this thread is NUL-terminated and stays until its next failing call; it is copied here.
    let message = unsafe { CStr::from_ptr((functions.dy_lmdb_last_error_message)()) };
    Err(Error::of_status(status, message.to_string_lossy().into_owned()))
}

/// Runs a call that gives an object by its last argument.
fn made<T>(
    functions: &Functions,
    call: impl FnOnce(*mut *mut T) -> sys::dy_lmdb_status_t,
) -> Result<NonNull<T>> {
    let mut object = ptr::null_mut();
    check(functions, call(&mut object))?;
    Ok(NonNull::new(object).expect("a call that succeeds gives an object"))
}

/// Runs a call that gives a block of text.
fn text(
    functions: &Functions,
    call: impl FnOnce(*mut *mut sys::dy_lmdb_bytes_t) -> sys::dy_lmdb_status_t,
) -> Result<String> {
    let block = made(functions, call)?.as_ptr();
    // SAFETY: the block is ours until it is freed, below and once; its bytes are copied before that.
    unsafe {
        let size = (functions.dy_lmdb_bytes_size)(block);
        let text = String::from_utf8_lossy(slice((functions.dy_lmdb_bytes_data)(block), size)).into_owned();
        (functions.dy_lmdb_bytes_free)(block);
        Ok(text)
    }
}

/// Bytes that the library told of.
///
/// # Safety
///
/// `data` must point to `size` bytes that stay and do not change for `'a`; it may be anything when `size` is 0.
unsafe fn slice<'a>(data: *const c_void, size: usize) -> &'a [u8] {
    if size == 0 {
        return &[];
    }
    // SAFETY: the caller vouches for the bytes; no object of theirs is over isize::MAX.
    unsafe { std::slice::from_raw_parts(data.cast(), size) }
}

fn chars(text: &str) -> *const c_char {
    text.as_ptr().cast()
}

fn bytes(bytes: &[u8]) -> *const c_void {
    bytes.as_ptr().cast()
}

/// Parts of a payload as the C ABI takes them. They point to the caller's bytes, which must stay during the call.
fn buffers<B: AsRef<[u8]>>(parts: &[B]) -> Vec<sys::dy_lmdb_buffer_t> {
    parts
        .iter()
        .map(AsRef::as_ref)
        .map(|part| sys::dy_lmdb_buffer_t { data: bytes(part), size: part.len() })
        .collect()
}

fn empty_info() -> sys::dy_lmdb_info_t {
    sys::dy_lmdb_info_t {
        struct_size: size_of::<sys::dy_lmdb_info_t>(),
        entry_id: 0,
        size: 0,
        created_ns: 0,
        ttl_ms: 0,
        checksum: 0,
        file_offset: 0,
        data: ptr::null(),
        format: 0,
        flags: 0,
    }
}
