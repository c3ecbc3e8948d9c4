//! The `.npy` image of an array: <https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html>

use crate::error::{Error, Result};
use crate::ffi;
use crate::segment::{Dtype, SegmentItem, cast};

/// An array that lies in a `.npy` image, in place.
#[derive(Clone, PartialEq)]
pub struct Array<'a> {
    pub(crate) descr: &'a str,
    pub(crate) dtype: Option<Dtype>,
    pub(crate) item_size: usize,
    pub(crate) shape: Vec<u64>,
    pub(crate) fortran_order: bool,
    pub(crate) big_endian: bool,
    pub(crate) bytes: &'a [u8],
}

impl<'a> Array<'a> {
    /// Reads the header of `image` (versions 1 to 3). Fails with [`Corrupt`](crate::ErrorKind::Corrupt) when NumPy would
    /// not read it, with [`InvalidArgument`](crate::ErrorKind::InvalidArgument) for structured dtypes and those without a
    /// fixed width.
    pub fn of(image: &'a [u8]) -> Result<Array<'a>> {
        ffi::npy_array(image)
    }

    /// NumPy's dtype string, such as "<f8".
    pub fn descr(&self) -> &str {
        self.descr
    }

    /// The dtype, when the items are of a type that segments have too; see [`big_endian`](Array::big_endian).
    pub fn dtype(&self) -> Option<Dtype> {
        self.dtype
    }

    /// Whether the items are big-endian; [`slice`](Array::slice) then refuses them.
    pub fn big_endian(&self) -> bool {
        self.big_endian
    }

    /// Bytes of an element.
    pub fn item_size(&self) -> usize {
        self.item_size
    }

    /// The length of each dimension; empty: a scalar.
    pub fn shape(&self) -> &[u64] {
        &self.shape
    }

    /// The first index varies fastest, not the last.
    pub fn fortran_order(&self) -> bool {
        self.fortran_order
    }

    /// The elements, without the header.
    pub fn bytes(&self) -> &'a [u8] {
        self.bytes
    }

    /// The elements in storage order (see [`fortran_order`](Array::fortran_order)); bools as `u8`, times as `i64`.
    /// Fails with [`InvalidArgument`](crate::ErrorKind::InvalidArgument) when they are no `T`s.
    pub fn slice<T: SegmentItem>(&self) -> Result<&'a [T]> {
        let holds = match self.dtype {
            Some(dtype) => dtype.holds::<T>(),
            // Times that count several units.
            None => self.descr.contains(['M', 'm']) && T::DTYPE == Dtype::Int64,
        };
        if self.big_endian || !holds {
            return Err(Error::invalid(format!("the array holds '{}', not {}", self.descr, T::DTYPE.name())));
        }
        cast(self.bytes)
    }
}

/// The header of a `.npy` image (version 1.0) of `T`s; put it in front of the elements:
/// `store.put_parts(key, &[header, elements], &PutOptions::of(Format::Numpy))`. The elements begin at a multiple of 64.
pub fn npy_header<T: SegmentItem>(shape: &[u64], fortran_order: bool) -> Result<Vec<u8>> {
    let kind = match T::DTYPE {
        Dtype::Float32 | Dtype::Float64 | Dtype::Float16 => 'f',
        Dtype::Complex64 | Dtype::Complex128 => 'c',
        Dtype::Int8 | Dtype::Int16 | Dtype::Int32 | Dtype::Int64 => 'i',
        _ => 'u',
    };
    let endian = if size_of::<T>() == 1 { '|' } else { '<' };
    ffi::npy_header(&format!("{endian}{kind}{}", size_of::<T>()), shape, fortran_order)
}
