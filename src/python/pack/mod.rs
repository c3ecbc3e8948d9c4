//! Packing objects as one MessagePack value. What has no counterpart there a function of Python's answers for.
//!
//! Nothing recurses: what is inside what is kept on the heap, so a thread's small stack holds any payload.

mod packed;

use super::api::{Method, PyObject, api};
use super::object::{Ref, method};
use super::text::{arguments, bytes_of, int, new_int};
use crate::document::{BYTEARRAY, EXACT, MAX_DEPTH, TUPLE};
use packed::Lent;
pub use packed::Packed;
use rmp::Marker;
use rmp::encode;
use std::ffi::{CStr, c_int};
use std::ptr;

/// Ext values may be written; otherwise nothing but plain MessagePack is.
const EXTENSIONS: u64 = 1;
/// What comes back as another type is not written as such.
const EXACTLY: u64 = 2;

/// Flags of a type that say which types it derives from; the stable ABI's, which its macros test.
const IS_INT: u64 = 1 << 24;
pub(super) const IS_LIST: u64 = 1 << 25;
pub(super) const IS_TUPLE: u64 = 1 << 26;
const IS_BYTES: u64 = 1 << 27;
const IS_TEXT: u64 = 1 << 28;
pub(super) const IS_DICT: u64 = 1 << 29;

/// Bytes of the longest head of an extension: marker, length, type number.
const LONG_HEAD: usize = 6;
/// Bytes from this size on stay where they are.
const LENT: usize = 16 << 10;
/// Answers in a row that one object may have: what stands for it, and what is inside that.
const MOST_ANSWERS: u8 = 4;

/// `pack(value, answer, kinds, flags)`: the parts of the value, a list.
///
/// `answer(item, position)` is asked for what has no counterpart; `position` is where in the payload the next byte goes,
/// None inside an ext value of Python's. It answers with a tuple: `(item,)` to pack instead; `(head, data, size)` to
/// write as it is, `data` being None or a buffer of `size` bytes that stays where it lies; `(type, prefix, item, opaque)`
/// for an ext value with the bytes `prefix` and then `item`, `opaque` saying that only Python looks into it. `kinds` has
/// the number of each type of NumPy's numbers and texts; 0 for types that are always asked for.
unsafe extern "C" fn pack(_: *mut PyObject, args: *const *mut PyObject, count: isize) -> *mut PyObject {
    // SAFETY: the arguments live as long as the call.
    unsafe {
        arguments(args, count)
            .and_then(|&[value, answer, kinds, flags]| packed(value, answer, kinds, int(flags)?)?.list())
    }
    .map_or(ptr::null_mut(), Ref::give)
}

/// Packs `value` as one payload; the arguments are those of [`pack`], and live as long as the call. `None` with an
/// exception set.
pub unsafe fn packed(
    value: *mut PyObject,
    answer: *mut PyObject,
    kinds: *mut PyObject,
    flags: u64,
) -> Option<Packed> {
    let mut packer = Packer {
        done: Packed { out: Vec::with_capacity(256), lent: Vec::new(), lent_size: 0 },
        placed: 0,
        open: Vec::new(),
        depth: 0,
        opaque: 0,
        answer,
        kinds,
        extensions: flags & EXTENSIONS != 0,
        exact: flags & EXACTLY != 0,
        last: (ptr::null_mut(), None),
    };
    // SAFETY: objects, says the caller.
    unsafe {
        packer.put(value, 0)?;
        packer.finish()?;
    }
    Some(packer.done)
}

struct Packer {
    done: Packed,
    /// How many values were placed by their position.
    placed: usize,
    open: Vec<Open>,
    /// Arrays and maps among what is open.
    depth: usize,
    /// Ext values among what is open that only Python looks into.
    opaque: usize,
    answer: *mut PyObject,
    kinds: *mut PyObject,
    extensions: bool,
    exact: bool,
    /// The type that `kinds` was asked for last, which the payload keeps, and the answer.
    last: (*mut PyObject, Option<u8>),
}

/// What has begun and is not complete.
enum Open {
    Sequence { items: Ref, tuple: bool, next: isize, size: isize },
    Mapping { items: Ref, at: isize, left: isize, value: Option<Ref> },
    Extension { start: usize, placed: usize, lent_size: u64, opaque: bool },
}

impl Packer {
    /// Packs what is open to its end.
    unsafe fn finish(&mut self) -> Option<()> {
        while let Some(open) = self.open.last_mut() {
            // SAFETY: what is open keeps its object, and that its items as far as no other code runs: `put` refers to
            // those whose packing runs some.
            unsafe {
                match open {
                    Open::Sequence { items, tuple, next, size } => {
                        if *next == *size {
                            if !*tuple && (api().size)(items.get()) != *size {
                                return changed(c"list changed size while it was packed");
                            }
                            self.open.pop();
                            self.depth -= 1;
                            continue;
                        }
                        let get = if *tuple { api().tuple_get } else { api().list_get };
                        let item = get(items.get(), *next);
                        if item.is_null() {
                            (api().clear_failure)();
                            return changed(c"list changed size while it was packed");
                        }
                        *next += 1;
                        self.put(item, 0)?;
                    }
                    Open::Mapping { items, at, left, value } => {
                        if let Some(value) = value.take() {
                            self.put(value.get(), 0)?;
                            continue;
                        }
                        let (mut key, mut value) = (ptr::null_mut(), ptr::null_mut());
                        let more = (api().dict_next)(items.get(), at, &mut key, &mut value) != 0;
                        if more != (*left > 0) {
                            return changed(c"dictionary changed size while it was packed");
                        }
                        if !more {
                            self.open.pop();
                            self.depth -= 1;
                            continue;
                        }
                        *left -= 1;
                        if api().class_of(key) == api().text_type {
                            self.text(key)?;
                            self.put(value, 0)?;
                        } else {
                            self.pair(Ref::new(key), Ref::new(value))?;
                        }
                    }
                    &mut Open::Extension { start, placed, lent_size, opaque } => {
                        self.open.pop();
                        self.opaque -= usize::from(opaque);
                        self.end_extension(start, placed == self.placed, lent_size)?;
                    }
                }
            }
        }
        Some(())
    }

    /// Packs a key, and its value at once or, when the key holds others, after those.
    unsafe fn pair(&mut self, key: Ref, value: Ref) -> Option<()> {
        let before = self.open.len();
        // SAFETY: both are referred to.
        unsafe {
            self.put(key.get(), 0)?;
            if self.open.len() == before {
                return self.put(value.get(), 0);
            }
        }
        if let Some(Open::Mapping { value: place, .. }) = self.open.get_mut(before - 1) {
            *place = Some(value);
        }
        Some(())
    }

    /// Packs an object, or begins to: what holds others is then open. `answers`: how many led to it.
    unsafe fn put(&mut self, item: *mut PyObject, answers: u8) -> Option<()> {
        let api = api();
        // SAFETY: an object that lives as long as the call, says the caller.
        unsafe {
            let class = api.class_of(item);
            if class == api.float_type {
                self.float((api.float_as)(item));
            } else if class == api.text_type {
                self.text(item)?;
            } else if class == api.int_type {
                return if self.int(item) { Some(()) } else { self.ask(item, answers) };
            } else if item == api.none {
                self.done.out.push(Marker::Null.to_u8());
            } else if item == api.true_object {
                self.done.out.push(Marker::True.to_u8());
            } else if item == api.false_object {
                self.done.out.push(Marker::False.to_u8());
            } else if class == api.list_type {
                return self.sequence(Ref::new(item), false);
            } else if class == api.dict_type {
                return self.mapping(Ref::new(item));
            } else if class == api.tuple_type {
                if self.exact {
                    if !self.extensions {
                        return self.ask(item, answers);
                    }
                    self.begin_extension(EXACT, &[TUPLE], false);
                }
                return self.sequence(Ref::new(item), true);
            } else if class == api.bytes_type {
                self.bytes(item)?;
            } else {
                return self.other(item, class, answers);
            }
        }
        Some(())
    }

    /// Packs what is of none of the plain types.
    unsafe fn other(&mut self, item: *mut PyObject, class: *mut PyObject, answers: u8) -> Option<()> {
        let api = api();
        // SAFETY: as in `put`. The payload may let go of it when other code runs.
        unsafe {
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
                self.sequence(Ref::owned((api.tuple_of)(item))?, true)
            } else if flags & IS_DICT != 0 {
                let (pairs, items) = (Ref::owned((api.items)(item))?, Ref::owned((api.dict_new)())?);
                if (api.dict_merge)(items.get(), pairs.get(), 1) != 0 {
                    return None;
                }
                self.mapping(items)
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

    /// Has Python say what stands for an object.
    unsafe fn ask(&mut self, item: *mut PyObject, answers: u8) -> Option<()> {
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
                1 => self.put((api.tuple_get)(answer.get(), 0), answers + 1),
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
                    self.put((api.tuple_get)(answer.get(), 2), answers + 1)
                }
                _ => fail(c"no answer"),
            }
        }
    }

    /// Where in the payload the next byte goes.
    fn position(&self) -> u64 {
        self.done.size()
    }

    fn lend(&mut self, data: Lent, size: u64) {
        self.done.lent.push((self.done.out.len(), data));
        self.done.lent_size += size;
    }

    fn float(&mut self, value: f64) {
        self.done.out.push(Marker::F64.to_u8());
        self.done.out.extend_from_slice(&value.to_be_bytes());
    }

    /// Whether an int has 64 bits at most, and was packed.
    unsafe fn int(&mut self, item: *mut PyObject) -> bool {
        let mut overflow: c_int = 0;
        // SAFETY: an int.
        let value = unsafe { (api().signed_as)(item, &mut overflow) };
        if overflow == 0 {
            written(encode::write_sint(&mut self.done.out, value));
            return true;
        }
        if overflow > 0 {
            // SAFETY: an int; the failure is ours.
            unsafe {
                if let Some(value) = int(item) {
                    written(encode::write_uint(&mut self.done.out, value));
                    return true;
                }
                (api().clear_failure)();
            }
        }
        false
    }

    unsafe fn text(&mut self, item: *mut PyObject) -> Option<()> {
        let mut len = 0;
        // SAFETY: a str, which keeps its UTF-8.
        unsafe {
            let start = (api().utf8)(item, &mut len);
            if start.is_null() {
                return None;
            }
            written(encode::write_str_len(&mut self.done.out, length(len as usize)?));
            self.done.out.extend_from_slice(std::slice::from_raw_parts(start.cast(), len as usize));
        }
        Some(())
    }

    unsafe fn bytes(&mut self, item: *mut PyObject) -> Option<()> {
        // SAFETY: bytes, which keep what they hold.
        unsafe {
            let (start, len) = bytes_of(item)?;
            written(encode::write_bin_len(&mut self.done.out, length(len)?));
            if len >= LENT {
                self.lend(Lent::Bytes(Ref::new(item), start.cast(), len), len as u64);
                return Some(());
            }
            self.done.out.extend_from_slice(std::slice::from_raw_parts(start.cast(), len));
        }
        Some(())
    }

    unsafe fn bytearray(&mut self, item: *mut PyObject) -> Option<()> {
        // SAFETY: what exports its bytes, let go again.
        unsafe {
            let mut export = std::mem::zeroed();
            if (api().get_buffer)(item, &mut export, 0) != 0 {
                return None;
            }
            let len = length(export.len as usize);
            if let Some(len) = len {
                written(encode::write_bin_len(&mut self.done.out, len));
                if len > 0 {
                    let bytes = std::slice::from_raw_parts(export.buf.cast(), len as usize);
                    self.done.out.extend_from_slice(bytes);
                }
            }
            (api().release_buffer)(&mut export);
            len.map(drop)
        }
    }

    unsafe fn sequence(&mut self, items: Ref, tuple: bool) -> Option<()> {
        // SAFETY: a list or a tuple.
        let size = unsafe { (api().size)(items.get()) };
        written(encode::write_array_len(&mut self.done.out, length(size as usize)?));
        self.begin(size, Open::Sequence { items, tuple, next: 0, size })
    }

    unsafe fn mapping(&mut self, items: Ref) -> Option<()> {
        // SAFETY: a dict.
        let left = unsafe { (api().size)(items.get()) };
        written(encode::write_map_len(&mut self.done.out, length(left as usize)?));
        self.begin(left, Open::Mapping { items, at: 0, left, value: None })
    }

    fn begin(&mut self, size: isize, open: Open) -> Option<()> {
        if size > 0 {
            if self.depth == MAX_DEPTH {
                return fail(c"nested too deep");
            }
            self.depth += 1;
            self.open.push(open);
        }
        Some(())
    }

    fn begin_extension(&mut self, tag: i8, prefix: &[u8], opaque: bool) {
        let start = self.done.out.len();
        self.done.out.extend_from_slice(&[Marker::Ext32.to_u8(), 0, 0, 0, 0, tag as u8]);
        self.done.out.extend_from_slice(prefix);
        self.opaque += usize::from(opaque);
        let (placed, lent_size) = (self.placed, self.done.lent_size);
        self.open.push(Open::Extension { start, placed, lent_size, opaque });
    }

    /// Writes the length of the extension whose head is at `start`. A short one gets a short head, where that `moves`
    /// nothing that has to stay in its place.
    fn end_extension(&mut self, start: usize, moves: bool, lent_before: u64) -> Option<()> {
        let body = start + LONG_HEAD;
        let len = (self.done.out.len() - body) as u64 + (self.done.lent_size - lent_before);
        let short = u8::try_from(len).ok().filter(|_| moves);
        let Some(short) = short else {
            self.done.out[start + 1..body - 1]
                .copy_from_slice(&length(usize::try_from(len).ok()?)?.to_be_bytes());
            return Some(());
        };
        let tag = self.done.out[body - 1];
        let fixed = match short {
            1 => Some(Marker::FixExt1),
            2 => Some(Marker::FixExt2),
            4 => Some(Marker::FixExt4),
            8 => Some(Marker::FixExt8),
            16 => Some(Marker::FixExt16),
            _ => None,
        };
        let head = match fixed {
            Some(marker) => &[marker.to_u8(), tag][..],
            None => &[Marker::Ext8.to_u8(), short, tag],
        };
        self.done.out[start..start + head.len()].copy_from_slice(head);
        self.done.out.copy_within(body.., start + head.len());
        self.done.out.truncate(start + head.len() + usize::from(short));
        Some(())
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

/// MessagePack lengths have 32 bits.
fn length(len: usize) -> Option<u32> {
    u32::try_from(len).ok().or_else(|| fail(c"more than MessagePack holds: 4,294,967,295 items or bytes"))
}

/// Takes the result of writing into memory, which cannot fail.
fn written<T, E: std::fmt::Debug>(result: Result<T, E>) {
    result.expect("writing into memory cannot fail");
}

/// Sets a ValueError.
fn fail<T>(what: &CStr) -> Option<T> {
    // SAFETY: a NUL-terminated text; the interpreter is held while objects are packed.
    unsafe { (api().fail)(api().value_error, what.as_ptr()) };
    None
}

fn changed<T>(what: &CStr) -> Option<T> {
    // SAFETY: as in `fail`.
    unsafe { (api().fail)(api().runtime_error, what.as_ptr()) };
    None
}

/// The functions of this file.
pub fn functions() -> [Method; 1] {
    [method(c"pack", pack)]
}
