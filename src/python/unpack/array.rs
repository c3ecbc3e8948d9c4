//! Making arrays, and lists of numbers, of segments.

use super::super::api::{PyObject, api};
use super::super::object::Ref;
use super::super::text::new_int;
use super::{COPIES, LISTS, Unpacker, call, told};
use crate::document::{Dtype, Segment, half};

impl<'a> Unpacker<'a> {
    /// What the segment is whose body begins at `at`.
    pub(super) unsafe fn array(&mut self, at: usize, body: &'a [u8]) -> Option<Ref> {
        let segment = told(self.document.decode(at, body))?;
        let (dtype, data) = (segment.dtype(), segment.data());
        let is_list = segment.flags() & Segment::LIST != 0 && self.readers.flags & LISTS != 0;
        let is_asked = match dtype {
            Dtype::Datetime(_) | Dtype::Timedelta(_) => true,
            Dtype::C64 | Dtype::C128 => is_list,
            _ => false,
        };
        // SAFETY: as in `value`.
        unsafe {
            if is_asked || data.is_empty() || segment.flags() & Segment::SCALAR != 0 {
                self.ask(&segment)
            } else if is_list {
                list(dtype, segment.shape(), data)
            } else if let Some(arrays) = self.readers.arrays {
                let copy = self.readers.flags & COPIES != 0;
                arrays.make(self.owner, self.document.offset_of(data), dtype, segment.shape(), copy)
            } else {
                self.ask(&segment)
            }
        }
    }

    /// What Python makes of a segment.
    unsafe fn ask(&self, segment: &Segment) -> Option<Ref> {
        let api = api();
        let (dtype, shape) = (segment.dtype(), segment.shape());
        // SAFETY: as in `value`; the tuple takes over the references that it is given.
        unsafe {
            let dims = Ref::owned((api.tuple_new)(shape.len() as isize))?;
            for (index, dim) in shape.iter().enumerate() {
                let dim = Ref::owned(new_int(*dim))?;
                (api.tuple_set)(dims.get(), index as isize, dim.give());
            }
            let offset = self.document.offset_of(segment.data());
            let mut numbers = Vec::with_capacity(5);
            for number in [
                offset,
                segment.data().len() as u64,
                dtype.code().into(),
                dtype.unit() as u64,
                segment.flags().into(),
            ] {
                numbers.push(Ref::owned(new_int(number))?);
            }
            let n = |index: usize| numbers[index].get();
            call(self.readers.segment, &[self.owner, n(0), n(1), n(2), n(3), n(4), dims.get()])
        }
    }
}

/// The list that a segment was; where it has no dimensions, the number.
unsafe fn list(dtype: Dtype, shape: &[u64], data: &[u8]) -> Option<Ref> {
    let api = api();
    // SAFETY: each makes a new object, with the interpreter held, as the caller says.
    unsafe {
        match dtype {
            Dtype::Bool => nested(shape, data, &|[bit]: [u8; 1]| (api.bool_from)((bit != 0).into())),
            Dtype::I8 => nested(shape, data, &|b| (api.signed_from)(i8::from_le_bytes(b).into())),
            Dtype::U8 => nested(shape, data, &|b| (api.signed_from)(u8::from_le_bytes(b).into())),
            Dtype::I16 => nested(shape, data, &|b| (api.signed_from)(i16::from_le_bytes(b).into())),
            Dtype::U16 => nested(shape, data, &|b| (api.signed_from)(u16::from_le_bytes(b).into())),
            Dtype::I32 => nested(shape, data, &|b| (api.signed_from)(i32::from_le_bytes(b).into())),
            Dtype::U32 => nested(shape, data, &|b| (api.signed_from)(u32::from_le_bytes(b).into())),
            Dtype::U64 => nested(shape, data, &|b| new_int(u64::from_le_bytes(b))),
            Dtype::F32 => nested(shape, data, &|b| (api.float_from)(f32::from_le_bytes(b).into())),
            Dtype::F64 => nested(shape, data, &|b| (api.float_from)(f64::from_le_bytes(b))),
            Dtype::F16 => nested(shape, data, &|b| (api.float_from)(half(u16::from_le_bytes(b)))),
            // Python is asked about the last of these.
            Dtype::I64 | Dtype::Datetime(_) | Dtype::Timedelta(_) | Dtype::C64 | Dtype::C128 => {
                nested(shape, data, &|b| (api.signed_from)(i64::from_le_bytes(b)))
            }
        }
    }
}

/// Lists inside one another, as many levels as the shape has, of which no length is 0.
unsafe fn nested<const N: usize>(
    shape: &[u64],
    data: &[u8],
    number: &impl Fn([u8; N]) -> *mut PyObject,
) -> Option<Ref> {
    let (items, _) = data.as_chunks::<N>();
    let Some((&length, inner)) = shape.split_first() else {
        return Ref::owned(number(*items.first()?));
    };
    // SAFETY: a new list, which takes over the references that it is given.
    unsafe {
        let list = Ref::owned((api().list_new)(length as isize))?;
        let set = |index: usize, made: *mut PyObject| {
            (!made.is_null() && (api().list_set)(list.get(), index as isize, made) == 0).then_some(())
        };
        if inner.is_empty() {
            for (index, item) in items.iter().enumerate() {
                set(index, number(*item))?;
            }
        } else {
            for (index, part) in data.chunks_exact(data.len() / length as usize).enumerate() {
                set(index, nested(inner, part, number)?.give())?;
            }
        }
        Some(list)
    }
}
