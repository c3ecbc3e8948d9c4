//! Arrays in format `numpy`, used in place.

use super::arg::{bytes, flags, invalid, items, out, room, text};
use super::guard::guard;
use super::sized::{Growing, Out};
use super::status::dy_lmdb_status_t;
use super::view::{dy_lmdb_view_t, open};
use crate::error::{Error, Result, Status};
use crate::format::npy::{self, Array, MAX_NDIM};
use std::ffi::{c_char, c_void};
use std::ptr;

/// Dimensions of an array in format numpy at most.
pub const DY_LMDB_ARRAY_MAX_NDIM: u32 = 64;
/// Flag of an array: the first index varies fastest (Fortran's order), not the last (C's).
pub const DY_LMDB_ARRAY_FORTRAN: u32 = 1;
/// Flag of an array: the bytes of each item, of complex ones those of each part, are in the other order than the
/// machine's.
pub const DY_LMDB_ARRAY_BIG_ENDIAN: u32 = 2;

/// An array in format numpy. Set `struct_size` before the call; the call leaves it as it is and writes no byte beyond
/// it.
#[repr(C)]
#[derive(Debug, Clone, Copy)]
pub struct dy_lmdb_array_t {
    /// `sizeof(dy_lmdb_array_t)` as the caller was compiled.
    pub struct_size: usize,
    /// The items as they lie in the payload. NumPy's own files, and this library's, have them at a multiple of 64;
    /// others may have them anywhere. Not NULL, also when there are none.
    pub data: *const c_void,
    /// Bytes of the items.
    pub size: usize,
    /// Bytes of one item; 0 for texts of no length.
    pub itemsize: usize,
    /// NumPy's text of the dtype, such as "<f8", in the payload; not NUL-terminated.
    pub descr: *const c_char,
    /// Its bytes.
    pub descr_len: usize,
    /// One of `DY_LMDB_DTYPE_*`, or 0 when the items are of another type: texts, times that count several units and
    /// others, which `descr` tells; later versions may add some.
    pub dtype: u32,
    /// One of `DY_LMDB_UNIT_*` for times, else 0.
    pub unit: u32,
    /// `DY_LMDB_ARRAY_*`, or-ed.
    pub flags: u32,
    /// Number of dimensions: 0 for a single item, at most `DY_LMDB_ARRAY_MAX_NDIM`.
    pub ndim: u32,
    /// The length of each dimension; 0 behind the last. The bytes of all items, a length of 0 taken as 1, are less
    /// than 2^63: strides never overflow.
    pub shape: [u64; 64],
}

impl Default for dy_lmdb_array_t {
    fn default() -> Self {
        dy_lmdb_array_t {
            struct_size: size_of::<Self>(),
            data: ptr::null(),
            size: 0,
            itemsize: 0,
            descr: ptr::null(),
            descr_len: 0,
            dtype: 0,
            unit: 0,
            flags: 0,
            ndim: 0,
            shape: [0; MAX_NDIM],
        }
    }
}

// SAFETY: repr(C), size first, then integers, pointers and one array of integers.
unsafe impl Growing for dy_lmdb_array_t {
    const NAME: &'static str = "dy_lmdb_array_t";
}

impl From<Array<'_>> for dy_lmdb_array_t {
    fn from(array: Array) -> Self {
        let mut shape = [0; MAX_NDIM];
        shape[..array.shape().len()].copy_from_slice(array.shape());
        let flag = |set: bool, flag: u32| if set { flag } else { 0 };
        dy_lmdb_array_t {
            struct_size: 0,
            data: array.data().as_ptr().cast(),
            size: array.data().len(),
            itemsize: array.itemsize(),
            descr: array.descr().as_ptr().cast(),
            descr_len: array.descr().len(),
            dtype: array.dtype().map_or(0, |dtype| dtype.code().into()),
            unit: array.dtype().map_or(0, |dtype| dtype.unit() as u32),
            flags: flag(array.fortran_order(), DY_LMDB_ARRAY_FORTRAN)
                | flag(array.big_endian(), DY_LMDB_ARRAY_BIG_ENDIAN),
            ndim: array.shape().len() as u32,
            shape,
        }
    }
}

/// The place for an array.
unsafe fn place(array: *mut dy_lmdb_array_t) -> Result<Out<dy_lmdb_array_t>> {
    if array.is_null() {
        return Err(invalid("array is NULL"));
    }
    // SAFETY: as the caller says.
    unsafe { Out::new(array) }
}

/// Reads the header of a `.npy` image in memory: versions 1 to 3, as NumPy writes them.
///
/// - `data`, `size`: the image. Bytes behind the last item are passed over.
/// - `array`: where to tell.
///
/// Returns `DY_LMDB_OK`; `DY_LMDB_CORRUPT` when the header is none that NumPy would read, says more than
/// `DY_LMDB_ARRAY_MAX_NDIM` dimensions or a shape that no memory holds, or the items are not all there;
/// `DY_LMDB_INVALID_ARGUMENT` also for dtypes with fields, of objects, and without a width that is known here.
///
/// Memory: `data` and `descr` of the array point into the image.
///
/// Threads: any number at once.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn dy_lmdb_npy_header(
    data: *const c_void,
    size: usize,
    array: *mut dy_lmdb_array_t,
) -> dy_lmdb_status_t {
    guard(|| {
        // SAFETY: as the documentation demands of the caller.
        let (image, array) = unsafe { (bytes("data", data, size)?, place(array)?) };
        array.write(&npy::parse(image)?.into());
        Ok(())
    })
}

/// Tells of the array of a payload in format numpy, which is used in place.
///
/// - `view`: the view.
/// - `array`: where to tell.
///
/// Returns as `dy_lmdb_npy_header` does, naming the key, and `DY_LMDB_BAD_FORMAT` when the payload is in another
/// format.
///
/// Memory: `data` and `descr` of the array are valid until the view is closed, and must not be written to.
///
/// Threads: any number at once.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn dy_lmdb_view_array(
    view: *const dy_lmdb_view_t,
    array: *mut dy_lmdb_array_t,
) -> dy_lmdb_status_t {
    guard(|| {
        // SAFETY: as the documentation demands of the caller.
        let (view, array) = unsafe { (open(view)?, place(array)?) };
        array.write(&npy::of_view(view)?.into());
        Ok(())
    })
}

/// Writes the bytes that come before the items of an array in format numpy: a header of version 1, as NumPy writes it.
///
/// - `descr`, `descr_len`: NumPy's text of the dtype, such as "<f8"; it is not looked at.
/// - `shape`, `ndim`: the length of each dimension; (NULL, 0) is a single item.
/// - `flags`: `DY_LMDB_ARRAY_FORTRAN` or 0.
/// - `before`: bytes of something else that the caller has in front of the header, or 0: with them the items begin at a
///   multiple of 64.
/// - `header`, `capacity`: where to write; (NULL, 0) asks for the size.
/// - `size`: where to put the header's bytes, with `DY_LMDB_OK` and with `DY_LMDB_BUFFER_TOO_SMALL`.
///
/// Returns `DY_LMDB_OK`; `DY_LMDB_BUFFER_TOO_SMALL` when `capacity` is less than the size; `DY_LMDB_INVALID_ARGUMENT` also
/// when shape and dtype are longer than such a header can be.
///
/// Threads: any number at once.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn dy_lmdb_npy_write(
    descr: *const c_char,
    descr_len: usize,
    shape: *const u64,
    ndim: usize,
    flags: u32,
    before: usize,
    header: *mut c_void,
    capacity: usize,
    size: *mut usize,
) -> dy_lmdb_status_t {
    guard(|| {
        let counting = header.is_null() && capacity == 0;
        // SAFETY: as the documentation demands of the caller.
        let (descr, shape, header, size) = unsafe {
            (
                text("descr", descr, descr_len)?,
                items("shape", shape, ndim)?,
                room("header", header.cast::<u8>(), capacity)?,
                out("size", size)?,
            )
        };
        self::flags("flags", flags, DY_LMDB_ARRAY_FORTRAN)?;
        let made = npy::header(descr, shape, flags & DY_LMDB_ARRAY_FORTRAN != 0, before)?;
        size.write(made.len());
        match header.get_mut(..made.len()) {
            Some(header) => header.copy_from_slice(&made),
            None if counting => {}
            None => {
                let what = format!("a header of {} bytes for a buffer of {capacity}", made.len());
                return Err(Error::new(Status::BufferTooSmall, what));
            }
        }
        Ok(())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_limit_is_that_of_the_engine() {
        assert_eq!(DY_LMDB_ARRAY_MAX_NDIM as usize, MAX_NDIM);
    }
}
