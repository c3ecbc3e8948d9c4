//! Long lists of numbers as segments: smaller, and native code reads them in place.
//!
//! A list becomes one when all its items are floats, or all are ints of one machine type, or when it is a rectangle of such
//! lists, and only when that takes no more bytes than MessagePack does.

use super::super::api::{PyObject, api};
use super::super::object::Ref;
use super::super::text::int;
use super::Packer;
use crate::document::{Dtype, EXACT, MAX_NDIM, Segment, TUPLE, write_before_data};
use crate::ffi::numbers::DY_LMDB_LIST_SEGMENT_MIN;
use std::ffi::c_int;

/// A list of fewer numbers is never smaller as a segment.
const LONG: usize = DY_LMDB_LIST_SEGMENT_MIN as usize;
/// What a segment takes beside shape and items, at most.
const OVERHEAD: usize = 14 + 63;

impl Packer {
    /// Packs a list or tuple as a segment if that is to be; says whether it did.
    pub(super) unsafe fn numbers(&mut self, items: *mut PyObject, tuple: bool) -> Option<bool> {
        self.go_deeper()?;
        // SAFETY: a list or tuple that lives as long as the call, says the caller.
        let Some(rectangle) = (unsafe { Rectangle::of(items, !self.exact) }) else {
            return Some(false);
        };
        let start = self.done.out.len();
        let is_exact = tuple && self.exact;
        if is_exact {
            self.begin_extension(EXACT, &[TUPLE], false);
        }
        // SAFETY: as above.
        let packed = unsafe {
            if rectangle.class == api().float_type {
                self.floats(&rectangle, items)
            } else {
                self.ints(&rectangle, items)
            }
        };
        if packed {
            self.placed += 1;
        } else {
            self.done.out.truncate(start);
            if is_exact {
                self.open.pop();
            }
        }
        Some(packed)
    }

    unsafe fn floats(&mut self, rectangle: &Rectangle, items: *mut PyObject) -> bool {
        let (api, count) = (api(), rectangle.count);
        if rectangle.size(8) > rectangle.heads().saturating_add(9 * count)
            || self.begin_segment(rectangle, Dtype::F64).is_none()
        {
            return false;
        }
        let out = &mut self.done.out;
        let end = out.len() + 8 * count;
        // SAFETY: there is room for as many as there are, and no more are written.
        unsafe {
            let mut place = out.as_mut_ptr().add(out.len()).cast::<[u8; 8]>();
            let all = rectangle.walk(items, 0, &mut |item| {
                place.write((api.float_as)(item).to_le_bytes());
                place = place.add(1);
                true
            });
            if all {
                out.set_len(end);
            }
            all
        }
    }

    unsafe fn ints(&mut self, rectangle: &Rectangle, items: *mut PyObject) -> bool {
        let mut values: Vec<i64> = Vec::new();
        if values.try_reserve_exact(rectangle.count).is_err() {
            return false;
        }
        let mut ints = Ints { least: i64::MAX, most: 0, plain: rectangle.heads() };
        // SAFETY: as in `numbers`.
        let all = unsafe {
            rectangle.walk(items, 0, &mut |item| {
                let Some(value) = ints.add(item) else { return false };
                values.push(value);
                true
            })
        };
        let Some(dtype) = ints.narrowest().filter(|_| all) else {
            return false;
        };
        if rectangle.size(dtype.itemsize()) > ints.plain || self.begin_segment(rectangle, dtype).is_none() {
            return false;
        }
        let (out, values) = (&mut self.done.out, values.into_iter());
        match dtype.itemsize() {
            1 => out.extend(values.map(|value| value as u8)),
            2 => out.extend(values.flat_map(|value| (value as u16).to_le_bytes())),
            4 => out.extend(values.flat_map(|value| (value as u32).to_le_bytes())),
            _ => out.extend(values.flat_map(i64::to_le_bytes)),
        }
        true
    }

    /// Writes what comes before the items, and makes room for them; `None` when they are too many.
    fn begin_segment(&mut self, rectangle: &Rectangle, dtype: Dtype) -> Option<()> {
        let (position, size) = (self.position() as usize, dtype.itemsize() * rectangle.count);
        let out = &mut self.done.out;
        write_before_data(out, position, dtype, Segment::LIST, rectangle.shape(), size).ok()?;
        out.try_reserve(size).ok()
    }
}

/// A list of lists of one length, and so on, by what its first items say.
struct Rectangle {
    lengths: [u64; MAX_NDIM],
    ndim: usize,
    count: usize,
    /// The type of the numbers.
    class: *mut PyObject,
    /// Whether rows may be tuples.
    tuples: bool,
}

impl Rectangle {
    /// Of a list or tuple; `None` when it does not begin as one of many numbers.
    unsafe fn of(items: *mut PyObject, tuples: bool) -> Option<Rectangle> {
        let api = api();
        let mut made = Rectangle { lengths: [0; MAX_NDIM], ndim: 0, count: 1, class: api.none, tuples };
        // SAFETY: as the caller says; rows keep what is in them.
        unsafe {
            let mut row = Row::of(items)?;
            loop {
                if row.size == 0 || made.ndim == MAX_NDIM {
                    return None;
                }
                made.lengths[made.ndim] = row.size as u64;
                made.ndim += 1;
                made.count = made.count.checked_mul(row.size as usize)?;
                let first = row.get(0)?;
                made.class = api.class_of(first);
                if !made.is_row(made.class) {
                    break;
                }
                row = Row::of(first)?;
            }
        }
        let is_number = made.class == api.float_type || made.class == api.int_type;
        // So many that sizes in bytes do not overflow.
        (is_number && (LONG..1 << 40).contains(&made.count)).then_some(made)
    }

    fn shape(&self) -> &[u64] {
        &self.lengths[..self.ndim]
    }

    fn is_row(&self, class: *mut PyObject) -> bool {
        class == api().list_type || self.tuples && class == api().tuple_type
    }

    /// Bytes of a segment, at most.
    fn size(&self, itemsize: usize) -> usize {
        OVERHEAD + 8 * self.ndim + itemsize * self.count
    }

    /// Bytes of the heads of all lists in MessagePack.
    fn heads(&self) -> usize {
        let mut lists = 1;
        let mut bytes: usize = 0;
        for &length in self.shape() {
            let head = match length {
                0..=15 => 1,
                16..=0xffff => 3,
                _ => 5,
            };
            bytes = bytes.saturating_add(lists * head);
            lists *= length as usize;
        }
        bytes
    }

    /// Hands `number` all numbers, in order, until it says no; whether there are as many as there should be, all of the
    /// type of the first.
    unsafe fn walk(
        &self,
        items: *mut PyObject,
        level: usize,
        number: &mut impl FnMut(*mut PyObject) -> bool,
    ) -> bool {
        let api = api();
        // SAFETY: as in `of`. No other code runs meanwhile but where a row is a copy.
        unsafe {
            let Some(row) = Row::of(items) else { return false };
            if row.size as u64 != self.lengths[level] {
                return false;
            }
            let innermost = level + 1 == self.ndim;
            (0..row.size).all(|index| {
                let Some(item) = row.get(index) else { return false };
                let class = api.class_of(item);
                if innermost {
                    class == self.class && number(item)
                } else {
                    self.is_row(class) && self.walk(item, level + 1, number)
                }
            })
        }
    }
}

/// The items of a list or tuple, as they are; where other threads may change them, as they were.
struct Row {
    items: *mut PyObject,
    size: isize,
    get: unsafe extern "C" fn(*mut PyObject, isize) -> *mut PyObject,
    _copy: Option<Ref>,
}

impl Row {
    /// `None`, with no exception set, when there is no memory.
    unsafe fn of(items: *mut PyObject) -> Option<Row> {
        let api = api();
        // SAFETY: a list or tuple, says the caller.
        unsafe {
            if api.class_of(items) == api.tuple_type {
                let size = (api.tuple_size)(items);
                return Some(Row { items, size, get: api.tuple_get, _copy: None });
            }
            if !api.is_free_threaded {
                let size = (api.list_size)(items);
                return Some(Row { items, size, get: api.list_get, _copy: None });
            }
            let Some(copy) = Ref::owned((api.tuple_of)(items)) else {
                (api.clear_failure)();
                return None;
            };
            let (items, size) = (copy.get(), (api.tuple_size)(copy.get()));
            Some(Row { items, size, get: api.tuple_get, _copy: Some(copy) })
        }
    }

    #[inline(always)]
    unsafe fn get(&self, index: isize) -> Option<*mut PyObject> {
        // SAFETY: an index that there is; NULL else.
        let item = unsafe { (self.get)(self.items, index) };
        (!item.is_null()).then_some(item)
    }
}

/// What is found out about ints on the way.
struct Ints {
    least: i64,
    most: u64,
    /// Bytes in MessagePack.
    plain: usize,
}

impl Ints {
    /// The int, or its bits if it needs the sign's; `None` for more than 64 bits.
    #[inline(always)]
    unsafe fn add(&mut self, item: *mut PyObject) -> Option<i64> {
        let mut overflow: c_int = 0;
        // SAFETY: an int, says the caller; the failure is ours.
        unsafe {
            let value = (api().signed_as)(item, &mut overflow);
            if overflow == 0 {
                self.least = self.least.min(value);
                self.most = self.most.max(value.max(0) as u64);
                self.plain += plain_size(value);
                return Some(value);
            }
            if overflow < 0 {
                return None;
            }
            let Some(value) = int(item) else {
                (api().clear_failure)();
                return None;
            };
            self.most = self.most.max(value);
            self.plain += 9;
            Some(value as i64)
        }
    }

    /// The narrowest type that holds them all.
    fn narrowest(&self) -> Option<Dtype> {
        let (least, most) = (self.least, self.most);
        if least >= 0 {
            return Some(match most {
                0..=0xff => Dtype::U8,
                0x100..=0xffff => Dtype::U16,
                0x1_0000..=0xffff_ffff => Dtype::U32,
                _ => Dtype::U64,
            });
        }
        let holds = |low: i64, high: u64| least >= low && most <= high;
        if holds(i8::MIN.into(), i8::MAX as u64) {
            Some(Dtype::I8)
        } else if holds(i16::MIN.into(), i16::MAX as u64) {
            Some(Dtype::I16)
        } else if holds(i32::MIN.into(), i32::MAX as u64) {
            Some(Dtype::I32)
        } else {
            holds(i64::MIN, i64::MAX as u64).then_some(Dtype::I64)
        }
    }
}

/// Bytes of an int in MessagePack.
#[inline(always)]
fn plain_size(value: i64) -> usize {
    match value {
        -0x20..=0x7f => 1,
        -0x80..=0xff => 2,
        -0x8000..=0xffff => 3,
        -0x8000_0000..=0xffff_ffff => 5,
        _ => 9,
    }
}
