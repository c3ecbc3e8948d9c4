//! Blocks of bytes: the caller's to read from, and the library's own handed to the caller.

use super::arg::{give, out, release};
use super::guard::guard;
use crate::error::Result;
use std::ffi::c_void;
use std::mem::MaybeUninit;
use std::ptr;

/// A piece of memory of the caller's that the library reads during a call. `(NULL, 0)` is a valid, empty
/// piece.
#[repr(C)]
#[derive(Debug, Clone, Copy)]
pub struct dy_lmdb_buffer_t {
    /// First byte; may be NULL when `size` is 0.
    pub data: *const c_void,
    /// Bytes.
    pub size: usize,
}

/// A block of bytes that the library owns: a path, a key, a JSON text. It never changes; free it with
/// `dy_lmdb_bytes_free`.
pub struct dy_lmdb_bytes_t(Vec<u8>);

/// The place for a block that a call gives to its caller.
pub(super) struct BytesOut<'a>(&'a mut MaybeUninit<*mut dy_lmdb_bytes_t>);

impl BytesOut<'_> {
    /// Checks the place.
    pub(super) unsafe fn new<'a>(name: &str, place: *mut *mut dy_lmdb_bytes_t) -> Result<BytesOut<'a>> {
        // SAFETY: as the caller says.
        unsafe { out(name, place) }.map(BytesOut)
    }

    /// Gives the caller a block with these bytes.
    pub(super) fn write(self, bytes: impl Into<Vec<u8>>) {
        self.0.write(give(dy_lmdb_bytes_t(bytes.into())));
    }
}

/// The first byte of a block.
///
/// - `bytes`: the block, or NULL.
///
/// Returns a pointer to `dy_lmdb_bytes_size` bytes; they are not NUL-terminated. NULL when `bytes` is NULL.
/// Cannot fail.
///
/// Memory: valid until the block is freed.
///
/// Threads: any number at once.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn dy_lmdb_bytes_data(bytes: *const dy_lmdb_bytes_t) -> *const c_void {
    // SAFETY: NULL or a block of the library's, says the caller.
    unsafe { bytes.as_ref() }.map_or(ptr::null(), |bytes| bytes.0.as_ptr().cast())
}

/// How many bytes a block has.
///
/// - `bytes`: the block, or NULL.
///
/// Returns the number of bytes; 0 when `bytes` is NULL. Cannot fail.
///
/// Threads: any number at once.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn dy_lmdb_bytes_size(bytes: *const dy_lmdb_bytes_t) -> usize {
    // SAFETY: NULL or a block of the library's, says the caller.
    unsafe { bytes.as_ref() }.map_or(0, |bytes| bytes.0.len())
}

/// Frees a block.
///
/// - `bytes`: the block; NULL does nothing.
///
/// Memory: pointers from `dy_lmdb_bytes_data` end here. A block is freed once.
///
/// Threads: any thread, when no other uses the block.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn dy_lmdb_bytes_free(bytes: *mut dy_lmdb_bytes_t) {
    guard(|| {
        // SAFETY: NULL or a block of the library's, given back once, says the caller.
        unsafe { release(bytes) };
        Ok(())
    });
}
