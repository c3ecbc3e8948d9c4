//! Arrays whose items are of one type: what the types are, and segments, the arrays of documents.

use crate::error::{Error, Result};
use crate::sys;

mod sealed {
    pub trait Sealed {}
}

/// A type of items that arrays hold: each [`Element`], [`Half`], and [`Complex`] numbers. `bool` is none: bytes of a payload
/// need not be valid `bool`s; read those as `u8`.
pub trait SegmentItem:
    bytemuck::Pod + Default + PartialEq + std::fmt::Debug + Send + Sync + sealed::Sealed
{
    /// Its dtype.
    const DTYPE: Dtype;
}

/// An integer or a float of 4 or 8 bytes.
pub trait Element: SegmentItem {
    /// The nearest double.
    fn to_f64(self) -> f64;
}

/// A float of 16 bits as its bits; [`Numbers`](crate::Numbers) has them as doubles.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
#[repr(transparent)]
pub struct Half(pub u16);

/// A complex number.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
#[repr(C)]
pub struct Complex<T> {
    /// The real part.
    pub re: T,
    /// The imaginary part.
    pub im: T,
}

macro_rules! elements {
    ($($kind:ty => $dtype:ident),*) => {
        $(
            impl sealed::Sealed for $kind {}

            impl SegmentItem for $kind {
                const DTYPE: Dtype = Dtype::$dtype;
            }

            impl Element for $kind {
                fn to_f64(self) -> f64 {
                    self as f64
                }
            }
        )*
    };
}

elements!(
    i8 => Int8, u8 => Uint8, i16 => Int16, u16 => Uint16, i32 => Int32, u32 => Uint32, i64 => Int64, u64 => Uint64,
    f32 => Float32, f64 => Float64
);

macro_rules! others {
    ($($kind:ty => $dtype:ident),*) => {
        $(
            impl sealed::Sealed for $kind {}

            impl SegmentItem for $kind {
                const DTYPE: Dtype = Dtype::$dtype;
            }
        )*
    };
}

others!(Half => Float16, Complex<f32> => Complex64, Complex<f64> => Complex128);

/// Bytes as items, in place.
pub(crate) fn cast<T: SegmentItem>(bytes: &[u8]) -> Result<&[T]> {
    // Where nothing lies is aligned for nothing.
    if bytes.is_empty() {
        return Ok(&[]);
    }
    bytemuck::try_cast_slice(bytes).map_err(|why| refused::<T>(bytes.len(), why))
}

pub(crate) fn cast_mut<T: SegmentItem>(bytes: &mut [u8]) -> Result<&mut [T]> {
    if bytes.is_empty() {
        return Ok(&mut []);
    }
    let len = bytes.len();
    bytemuck::try_cast_slice_mut(bytes).map_err(|why| refused::<T>(len, why))
}

fn refused<T: SegmentItem>(len: usize, why: bytemuck::PodCastError) -> Error {
    let dtype = T::DTYPE.name();
    match why {
        bytemuck::PodCastError::TargetAlignmentGreaterAndInputNotAligned => Error::invalid(format!(
            "the bytes are not aligned to {} bytes, as {dtype} needs",
            align_of::<T>()
        )),
        _ => Error::invalid(format!(
            "{len} bytes are no whole number of {dtype}, which has {}",
            size_of::<T>()
        )),
    }
}

/// The unit of times.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[repr(u32)]
#[allow(missing_docs, reason = "the names say it")]
pub enum Unit {
    Generic = sys::DY_LMDB_UNIT_GENERIC,
    Year = sys::DY_LMDB_UNIT_YEAR,
    Month = sys::DY_LMDB_UNIT_MONTH,
    Week = sys::DY_LMDB_UNIT_WEEK,
    Day = sys::DY_LMDB_UNIT_DAY,
    Hour = sys::DY_LMDB_UNIT_HOUR,
    Minute = sys::DY_LMDB_UNIT_MINUTE,
    Second = sys::DY_LMDB_UNIT_SECOND,
    Millisecond = sys::DY_LMDB_UNIT_MILLISECOND,
    Microsecond = sys::DY_LMDB_UNIT_MICROSECOND,
    Nanosecond = sys::DY_LMDB_UNIT_NANOSECOND,
    Picosecond = sys::DY_LMDB_UNIT_PICOSECOND,
    Femtosecond = sys::DY_LMDB_UNIT_FEMTOSECOND,
    Attosecond = sys::DY_LMDB_UNIT_ATTOSECOND,
}

impl Unit {
    const ALL: [Unit; 14] = [
        Unit::Generic,
        Unit::Year,
        Unit::Month,
        Unit::Week,
        Unit::Day,
        Unit::Hour,
        Unit::Minute,
        Unit::Second,
        Unit::Millisecond,
        Unit::Microsecond,
        Unit::Nanosecond,
        Unit::Picosecond,
        Unit::Femtosecond,
        Unit::Attosecond,
    ];
}

/// What the items of a segment are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
#[allow(missing_docs, reason = "NumPy's names say it")]
pub enum Dtype {
    /// One byte, 0 or 1.
    Bool,
    Int8,
    Uint8,
    Int16,
    Uint16,
    Int32,
    Uint32,
    Int64,
    Uint64,
    Float32,
    Float64,
    /// `i64`: units since 1970-01-01T00:00 UTC; `i64::MIN` is none.
    Datetime64(Unit),
    /// `i64`: units; `i64::MIN` is none.
    Timedelta64(Unit),
    Float16,
    /// Two `f32`s, the real part first.
    Complex64,
    /// Two `f64`s, the real part first.
    Complex128,
}

impl Dtype {
    /// The dtype of a code of the C ABI, with its unit. Fails with
    /// [`InvalidArgument`](crate::ErrorKind::InvalidArgument) for those of a later version.
    pub fn of_codes(dtype: u32, unit: u32) -> Result<Dtype> {
        let unit_code = unit;
        let unit = Unit::ALL.into_iter().find(|known| *known as u32 == unit);
        Ok(match (dtype, unit) {
            (sys::DY_LMDB_DTYPE_DATETIME64, Some(unit)) => Dtype::Datetime64(unit),
            (sys::DY_LMDB_DTYPE_TIMEDELTA64, Some(unit)) => Dtype::Timedelta64(unit),
            (sys::DY_LMDB_DTYPE_BOOL, _) => Dtype::Bool,
            (sys::DY_LMDB_DTYPE_INT8, _) => Dtype::Int8,
            (sys::DY_LMDB_DTYPE_UINT8, _) => Dtype::Uint8,
            (sys::DY_LMDB_DTYPE_INT16, _) => Dtype::Int16,
            (sys::DY_LMDB_DTYPE_UINT16, _) => Dtype::Uint16,
            (sys::DY_LMDB_DTYPE_INT32, _) => Dtype::Int32,
            (sys::DY_LMDB_DTYPE_UINT32, _) => Dtype::Uint32,
            (sys::DY_LMDB_DTYPE_INT64, _) => Dtype::Int64,
            (sys::DY_LMDB_DTYPE_UINT64, _) => Dtype::Uint64,
            (sys::DY_LMDB_DTYPE_FLOAT32, _) => Dtype::Float32,
            (sys::DY_LMDB_DTYPE_FLOAT64, _) => Dtype::Float64,
            (sys::DY_LMDB_DTYPE_FLOAT16, _) => Dtype::Float16,
            (sys::DY_LMDB_DTYPE_COMPLEX64, _) => Dtype::Complex64,
            (sys::DY_LMDB_DTYPE_COMPLEX128, _) => Dtype::Complex128,
            _ => {
                return Err(Error::invalid(format!("dtype {dtype} with unit {unit_code} is not known here")));
            }
        })
    }

    /// Code and unit of the C ABI.
    pub fn codes(self) -> (u32, u32) {
        let code = match self {
            Dtype::Bool => sys::DY_LMDB_DTYPE_BOOL,
            Dtype::Int8 => sys::DY_LMDB_DTYPE_INT8,
            Dtype::Uint8 => sys::DY_LMDB_DTYPE_UINT8,
            Dtype::Int16 => sys::DY_LMDB_DTYPE_INT16,
            Dtype::Uint16 => sys::DY_LMDB_DTYPE_UINT16,
            Dtype::Int32 => sys::DY_LMDB_DTYPE_INT32,
            Dtype::Uint32 => sys::DY_LMDB_DTYPE_UINT32,
            Dtype::Int64 => sys::DY_LMDB_DTYPE_INT64,
            Dtype::Uint64 => sys::DY_LMDB_DTYPE_UINT64,
            Dtype::Float32 => sys::DY_LMDB_DTYPE_FLOAT32,
            Dtype::Float64 => sys::DY_LMDB_DTYPE_FLOAT64,
            Dtype::Float16 => sys::DY_LMDB_DTYPE_FLOAT16,
            Dtype::Complex64 => sys::DY_LMDB_DTYPE_COMPLEX64,
            Dtype::Complex128 => sys::DY_LMDB_DTYPE_COMPLEX128,
            Dtype::Datetime64(unit) => return (sys::DY_LMDB_DTYPE_DATETIME64, unit as u32),
            Dtype::Timedelta64(unit) => return (sys::DY_LMDB_DTYPE_TIMEDELTA64, unit as u32),
        };
        (code, sys::DY_LMDB_UNIT_GENERIC)
    }

    /// NumPy's name, such as "float64".
    pub fn name(self) -> &'static str {
        match self {
            Dtype::Bool => "bool",
            Dtype::Int8 => "int8",
            Dtype::Uint8 => "uint8",
            Dtype::Int16 => "int16",
            Dtype::Uint16 => "uint16",
            Dtype::Int32 => "int32",
            Dtype::Uint32 => "uint32",
            Dtype::Int64 => "int64",
            Dtype::Uint64 => "uint64",
            Dtype::Float32 => "float32",
            Dtype::Float64 => "float64",
            Dtype::Datetime64(_) => "datetime64",
            Dtype::Timedelta64(_) => "timedelta64",
            Dtype::Float16 => "float16",
            Dtype::Complex64 => "complex64",
            Dtype::Complex128 => "complex128",
        }
    }

    /// Bytes of an item.
    pub fn item_size(self) -> usize {
        match self {
            Dtype::Bool | Dtype::Int8 | Dtype::Uint8 => 1,
            Dtype::Int16 | Dtype::Uint16 | Dtype::Float16 => 2,
            Dtype::Int32 | Dtype::Uint32 | Dtype::Float32 => 4,
            Dtype::Int64
            | Dtype::Uint64
            | Dtype::Float64
            | Dtype::Datetime64(_)
            | Dtype::Timedelta64(_)
            | Dtype::Complex64 => 8,
            Dtype::Complex128 => 16,
        }
    }

    /// Whether the items can be read as `T`s: of the same dtype, bools as `u8`, times as `i64`.
    pub fn holds<T: SegmentItem>(self) -> bool {
        match self {
            Dtype::Bool => T::DTYPE == Dtype::Uint8,
            Dtype::Datetime64(_) | Dtype::Timedelta64(_) => T::DTYPE == Dtype::Int64,
            other => T::DTYPE == other,
        }
    }
}

/// An array in a document, or one to be written into it: items in C order that somebody else owns. Cheap to clone.
#[derive(Clone, PartialEq)]
pub struct Segment<'a> {
    dtype: Dtype,
    flags: u32,
    shape: Vec<u64>,
    data: &'a [u8],
}

impl<'a> Segment<'a> {
    /// One dimension of items.
    pub fn new<T: SegmentItem>(items: &'a [T]) -> Segment<'a> {
        let shape = vec![items.len() as u64];
        Segment { dtype: T::DTYPE, flags: 0, shape, data: bytemuck::cast_slice(items) }
    }

    /// Items with a shape; an empty one is a single item. Fails with
    /// [`InvalidArgument`](crate::ErrorKind::InvalidArgument) when the shape does not hold them or has more than 32
    /// dimensions.
    pub fn shaped<T: SegmentItem>(items: &'a [T], shape: &[u64]) -> Result<Segment<'a>> {
        Segment::of_bytes(T::DTYPE, shape, bytemuck::cast_slice(items))
    }

    /// Items of any dtype as the bytes they are, little-endian. Fails as [`shaped`](Segment::shaped) does.
    pub fn of_bytes(dtype: Dtype, shape: &[u64], data: &'a [u8]) -> Result<Segment<'a>> {
        if shape.len() > sys::DY_LMDB_SEGMENT_MAX_NDIM {
            let (found, most) = (shape.len(), sys::DY_LMDB_SEGMENT_MAX_NDIM);
            return Err(Error::invalid(format!("a shape of {found} dimensions; {most} are possible")));
        }
        let needed = bytes_of(dtype.item_size(), shape);
        if needed != Some(data.len() as u64) {
            let len = data.len();
            return Err(Error::invalid(format!(
                "{len} bytes of {} do not have the shape {shape:?}",
                dtype.name()
            )));
        }
        Ok(Segment { dtype, flags: 0, shape: shape.to_vec(), data })
    }

    /// What the C ABI told; it has checked all of it.
    pub(crate) fn of_parts(dtype: Dtype, flags: u32, shape: &[u64], data: &'a [u8]) -> Segment<'a> {
        Segment { dtype, flags, shape: shape.to_vec(), data }
    }

    /// The same items, told to be a list: languages that tell lists from arrays give a list back.
    pub fn as_list(self) -> Segment<'a> {
        Segment { flags: sys::DY_LMDB_SEGMENT_LIST, ..self }
    }

    /// The same item, told to be a number with a type of its own and no array; only without dimensions.
    pub fn as_scalar(self) -> Segment<'a> {
        Segment { flags: sys::DY_LMDB_SEGMENT_SCALAR, ..self }
    }

    /// What the items are.
    pub fn dtype(&self) -> Dtype {
        self.dtype
    }

    /// The length of each dimension, the last varying fastest; empty: a single item.
    pub fn shape(&self) -> &[u64] {
        &self.shape
    }

    /// Whether it was a list.
    pub fn is_list(&self) -> bool {
        self.flags & sys::DY_LMDB_SEGMENT_LIST != 0
    }

    /// Whether it was a number with a type of its own.
    pub fn is_scalar(&self) -> bool {
        self.flags & sys::DY_LMDB_SEGMENT_SCALAR != 0
    }

    pub(crate) fn flags(&self) -> u32 {
        self.flags
    }

    /// How many items there are in all dimensions.
    pub fn len(&self) -> usize {
        self.data.len() / self.dtype.item_size()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.data.is_empty()
    }

    /// The bytes of the items.
    pub fn bytes(&self) -> &'a [u8] {
        self.data
    }

    /// The items in C order, in place. Fails with [`InvalidArgument`](crate::ErrorKind::InvalidArgument) when they are
    /// no `T`s.
    pub fn slice<T: SegmentItem>(&self) -> Result<&'a [T]> {
        if !self.dtype.holds::<T>() {
            let (found, wanted) = (self.dtype.name(), T::DTYPE.name());
            return Err(Error::invalid(format!("the segment holds {found}, not {wanted}")));
        }
        cast(self.data)
    }
}

/// The bytes of an array; none when no memory holds them.
pub(crate) fn bytes_of(item_size: usize, shape: &[u64]) -> Option<u64> {
    if shape.contains(&0) {
        return Some(0);
    }
    shape.iter().try_fold(item_size as u64, |bytes, &length| bytes.checked_mul(length))
}
