//! Packing what is of none of the plain types.

use super::super::api::{PyObject, api};
use super::super::arrays::Arrays;
use super::super::object::Ref;
use super::super::text::{bytes_of, int, new_int};
use super::packed::Lent;
use super::{IS_BYTES, IS_DICT, IS_INT, IS_LIST, IS_TEXT, IS_TUPLE, MOST_ANSWERS, Packer, fail};
use crate::document::{BYTEARRAY, EXACT, MAX_NDIM, write_before_data};
use rmp::Marker;
use std::ptr;

/// Items of an array up to this many bytes are copied beside their head: a part of their own costs more.
pub(super) const COPIED: usize = 1024;

impl Packer {
    /// Packs what is of none of the plain types.
    pub(super) unsafe fn other(
        &mut self,
        item: *mut PyObject,
        class: *mut PyObject,
        answers: u8,
    ) -> Option<()> {
        let api = api();
        // SAFETY: as in `put`. The payload may let go of it when other code runs.
        unsafe {
            if let Some(arrays) = self.arrays
                && class == arrays.class()
            {
                let _held = Ref::new(item);
                return if self.array(arrays, item)? { Some(()) } else { self.ask(item, answers) };
            }
            let _held = Ref::new(item);
            if let Some(kind) = self.kind(class)? {
                // What derives from Python's own counterpart.
                let is_plain = matches!(kind, b'd' | b'U' | b'S');
                let asks = kind == 0
                    || if self.exact { !self.extensions } else { self.extensions && !is_plain }
                    || self.exact && loses_bits(item, kind)?;
                return if asks { self.ask(item, answers) } else { self.number(item, kind) };
            }
            if class == api.bytearray_type && self.exact && self.extensions {
                self.begin_extension(EXACT, &[BYTEARRAY], false);
                return self.bytearray(item);
            }
            if self.exact {
                return self.ask(item, answers);
            }
            let flags = (api.flags_of)(class);
            if flags & IS_INT != 0 && self.int(item) {
                Some(())
            } else if (api.is_subtype)(class, api.float_type) != 0 {
                let value = (api.float_as)(item);
                self.float(value);
                Some(())
            } else if flags & IS_BYTES != 0 {
                self.bytes(item)
            } else if flags & IS_TEXT != 0 {
                self.text(item)
            } else if flags & (IS_LIST | IS_TUPLE) != 0 {
                self.sequence(Ref::owned((api.tuple_of)(item))?, true, false)
            } else if flags & IS_DICT != 0 {
                let (pairs, items) = (Ref::owned((api.items)(item))?, Ref::owned((api.dict_new)())?);
                if (api.dict_merge)(items.get(), pairs.get(), 1) != 0 {
                    return None;
                }
                self.mapping(items, false)
            } else if (api.is_subtype)(class, api.bytearray_type) != 0 {
                self.bytearray(item)
            } else {
                self.ask(item, answers)
            }
        }
    }

    /// What `kinds` says of a type; `None` with an exception set when it cannot be asked.
    unsafe fn kind(&mut self, class: *mut PyObject) -> Option<Option<u8>> {
        if self.last.0 == class {
            return Some(self.last.1);
        }
        // SAFETY: a dict and a type.
        let kind = unsafe {
            let kind = (api().dict_get)(self.kinds, class);
            if kind.is_null() {
                if !(api().failed)().is_null() {
                    return None;
                }
                None
            } else {
                Some(int(kind)? as u8)
            }
        };
        self.last = (class, kind);
        Some(kind)
    }

    /// Packs one of NumPy's numbers and texts: as an exact value, or where that is to be, or may only be, plain, as the
    /// plain value.
    unsafe fn number(&mut self, item: *mut PyObject, kind: u8) -> Option<()> {
        if self.exact {
            self.begin_extension(EXACT, &[kind], false);
        }
        // SAFETY: as in `put`; what is made is a reference of ours.
        unsafe {
            match kind {
                b'?' => {
                    let value = (api().is_true)(item);
                    self.done.out.push(if value == 1 { Marker::True } else { Marker::False }.to_u8());
                    (value >= 0).then_some(())?;
                }
                b'U' => self.text(item)?,
                b'S' => self.bytes(item)?,
                b'e' | b'f' | b'd' => {
                    let value = (api().float_as)(item);
                    if value == -1.0 && !(api().failed)().is_null() {
                        return None;
                    }
                    self.float(value);
                }
                _ => {
                    let value = Ref::owned((api().index)(item))?;
                    if !self.int(value.get()) {
                        return fail(c"an integer of NumPy's of over 64 bits");
                    }
                }
            }
        }
        Some(())
    }

    /// Packs a plain array as a segment, its items where they lie; says whether it is one that needs nothing of Python's.
    unsafe fn array(&mut self, arrays: &Arrays, item: *mut PyObject) -> Option<bool> {
        // SAFETY: an array, which is referred to.
        let Some((dtype, export)) = (unsafe { arrays.items_of(item)? }) else {
            return Some(false);
        };
        let mut shape = [0; MAX_NDIM];
        // SAFETY: as many as the buffer says.
        let dims = unsafe { export.shape() };
        if self.opaque > 0 || dims.len() > MAX_NDIM {
            return Some(false);
        }
        for (to, from) in shape.iter_mut().zip(dims) {
            *to = *from as u64;
        }
        let (position, size) = (self.position() as usize, export.bytes().len());
        if write_before_data(&mut self.done.out, position, dtype, 0, &shape[..dims.len()], size).is_err() {
            return Some(false);
        }
        self.placed += 1;
        if size <= COPIED {
            self.done.out.extend_from_slice(export.bytes());
        } else {
            self.lend(Lent::Export(export), size as u64);
        }
        Some(true)
    }

    /// Has Python say what stands for an object.
    pub(super) unsafe fn ask(&mut self, item: *mut PyObject, answers: u8) -> Option<()> {
        let api = api();
        // SAFETY: as in `put`; an answer keeps its items.
        unsafe {
            if answers == MOST_ANSWERS {
                return fail(c"there is no representation for what should represent it");
            }
            let _held = Ref::new(item);
            // Python may add to `kinds` what it was not asked about before.
            self.last = (ptr::null_mut(), None);
            let position =
                if self.opaque > 0 { Ref::new(api.none) } else { Ref::owned(new_int(self.position()))? };
            let answer =
                Ref::owned((api.call)(self.answer, item, position.get(), ptr::null_mut::<PyObject>()))?;
            match (api.size)(answer.get()) {
                1 => self.put((api.tuple_get)(answer.get(), 0), answers + 1, false),
                2 => self.frame((api.tuple_get)(answer.get(), 0)),
                3 => {
                    let (head, len) = bytes_of((api.tuple_get)(answer.get(), 0))?;
                    self.done.out.extend_from_slice(std::slice::from_raw_parts(head.cast(), len));
                    self.placed += 1;
                    let data = (api.tuple_get)(answer.get(), 1);
                    if data != api.none {
                        let size = int((api.tuple_get)(answer.get(), 2))?;
                        self.lend(Lent::of(data)?, size);
                    }
                    Some(())
                }
                4 => {
                    let tag = int((api.tuple_get)(answer.get(), 0))? as i8;
                    let (prefix, len) = bytes_of((api.tuple_get)(answer.get(), 1))?;
                    let opaque = (api.tuple_get)(answer.get(), 3) == api.true_object;
                    self.begin_extension(tag, std::slice::from_raw_parts(prefix.cast(), len), opaque);
                    self.put((api.tuple_get)(answer.get(), 2), answers + 1, false)
                }
                _ => fail(c"no answer"),
            }
        }
    }
}

/// Whether a number has bits that its plain value, a double, does not keep: those of a NaN say which one it is, and
/// converting it to another width changes them.
unsafe fn loses_bits(item: *mut PyObject, kind: u8) -> Option<bool> {
    if !matches!(kind, b'e' | b'f') {
        return Some(false);
    }
    // SAFETY: an object that lives as long as the call, says the caller.
    unsafe {
        let value = (api().float_as)(item);
        if value == -1.0 && !(api().failed)().is_null() { None } else { Some(value.is_nan()) }
    }
}
