//! What the engine says of arrays outside of documents: `.npy` headers, and items as doubles.

use super::{bytes, chars, check, slice};
use crate::error::Result;
use crate::npy::Array;
use crate::segment::Dtype;
use crate::sys;
use std::ptr;

/// Reads the header of a `.npy` image.
pub(crate) fn npy_array(image: &[u8]) -> Result<Array<'_>> {
    let functions = sys::functions()?;
    let mut told = sys::dy_lmdb_array_t {
        struct_size: size_of::<sys::dy_lmdb_array_t>(),
        data: ptr::null(),
        size: 0,
        itemsize: 0,
        descr: ptr::null(),
        descr_len: 0,
        dtype: 0,
        unit: 0,
        flags: 0,
        ndim: 0,
        shape: [0; 64],
    };
    // SAFETY: the image is read during the call; the struct says its size.
    check(functions, unsafe { (functions.dy_lmdb_npy_header)(bytes(image), image.len(), &mut told) })?;
    // SAFETY: both lie in the image, which stays, unchanged, as long as what is made of it.
    let (descr, bytes) = unsafe { (slice(told.descr.cast(), told.descr_len), slice(told.data, told.size)) };
    // A dtype of a later version is one that is not known here.
    let dtype = Dtype::of_codes(told.dtype, told.unit).ok();
    Ok(Array {
        descr: std::str::from_utf8(descr).expect("the engine tells only texts that are UTF-8"),
        dtype,
        item_size: told.itemsize,
        shape: told.shape[..told.ndim as usize].to_vec(),
        fortran_order: told.flags & sys::DY_LMDB_ARRAY_FORTRAN != 0,
        big_endian: told.flags & sys::DY_LMDB_ARRAY_BIG_ENDIAN != 0,
        bytes,
    })
}

/// The header of a `.npy` image.
pub(crate) fn npy_header(descr: &str, shape: &[u64], fortran_order: bool) -> Result<Vec<u8>> {
    let functions = sys::functions()?;
    let flags = if fortran_order { sys::DY_LMDB_ARRAY_FORTRAN } else { 0 };
    let mut header = Vec::new();
    let mut size = 0;
    // The first call asks for the size.
    for _ in 0..2 {
        header.resize(size, 0);
        let room = if header.is_empty() { ptr::null_mut() } else { header.as_mut_ptr() };
        // SAFETY: text and shape are read during the call; at most `header.len()` bytes are written.
        check(functions, unsafe {
            (functions.dy_lmdb_npy_write)(
                chars(descr),
                descr.len(),
                shape.as_ptr(),
                shape.len(),
                flags,
                0,
                room.cast(),
                header.len(),
                &mut size,
            )
        })?;
    }
    Ok(header)
}

/// Items as the nearest doubles; bools are 0 or 1. Fails with
/// [`InvalidArgument`](crate::ErrorKind::InvalidArgument) for times, complex numbers and bytes that do not divide.
pub(crate) fn to_doubles(dtype: Dtype, big_endian: bool, items: &[u8]) -> Result<Vec<f64>> {
    let functions = sys::functions()?;
    let flags = if big_endian { sys::DY_LMDB_ARRAY_BIG_ENDIAN } else { 0 };
    let mut values = vec![0.0; items.len() / dtype.item_size()];
    // SAFETY: the items are read during the call; at most `values.len()` doubles are written.
    check(functions, unsafe {
        (functions.dy_lmdb_numbers_convert)(
            dtype.codes().0,
            flags,
            bytes(items),
            items.len(),
            values.as_mut_ptr(),
            values.len(),
        )
    })?;
    Ok(values)
}
