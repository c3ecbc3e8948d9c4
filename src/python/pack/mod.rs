//! Packing objects as one MessagePack value. What has no counterpart there a function of Python's answers for.
//!
//! Nothing recurses: what is inside what is kept on the heap, so a thread's small stack holds any payload.

mod frame;
mod numbers;
mod other;
mod packed;
mod table;
mod write;

use super::api::{Method, PyObject, api};
use super::arrays::{self, Arrays};
use super::object::{Ref, method};
use super::text::{arguments, int};
use crate::document::{EXACT, MAX_DEPTH, TUPLE};
use crate::reference::REF;
pub use frame::{Frame, STREAM, told};
pub use packed::Packed;
use rmp::Marker;
use rmp::encode;
use std::ffi::CStr;
use std::ptr;
use write::{length, written};

/// Ext values may be written; otherwise nothing but plain MessagePack is.
const EXTENSIONS: u64 = 1;
/// What comes back as another type is not written as such.
const EXACTLY: u64 = 2;
/// Long lists of numbers become segments, where ext values may be written.
const LISTS: u64 = 4;
/// Every array is asked about: a test compares what is written then.
const ASKING: u64 = 8;
/// Long lists of uniform dicts, and of texts, become tables, where long lists of numbers become segments.
const TABLES: u64 = 16;

/// Flags of a type that say which types it derives from; the stable ABI's, which its macros test.
const IS_INT: u64 = 1 << 24;
pub(super) const IS_LIST: u64 = 1 << 25;
pub(super) const IS_TUPLE: u64 = 1 << 26;
const IS_BYTES: u64 = 1 << 27;
const IS_TEXT: u64 = 1 << 28;
pub(super) const IS_DICT: u64 = 1 << 29;

/// Lists and dicts inside one another from which on no list of the payload becomes a segment: nobody who means well has as
/// many, and what contains itself twice would be walked for ever.
const DEEP: usize = 64;
/// Answers in a row that one object may have: what stands for it, and what is inside that.
const MOST_ANSWERS: u8 = 4;

/// `pack(value, answer, kinds, flags)`: the parts of the value, a list.
///
/// `answer(item, position)` is asked for what has no counterpart; `position` is where in the payload the next byte goes,
/// None inside an ext value of Python's. It answers with a tuple: `(item,)` to pack instead; `(head, data, size)` to
/// write as it is, `data` being None or a buffer of `size` bytes that stays where it lies; `(frame, None)` for a table whose
/// columns a [`Frame`] has; `(type, prefix, item, opaque)`
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
    let made = |flags: u64| {
        let extensions = flags & EXTENSIONS != 0;
        let mut packer = Packer {
            done: Packed { out: packed::spare(), lent: Vec::new(), lent_size: 0, refers: false },
            placed: 0,
            open: Vec::new(),
            depth: 0,
            walked: 0,
            too_deep: false,
            opaque: 0,
            answer,
            kinds,
            arrays: if extensions && flags & ASKING == 0 { arrays::known() } else { None },
            extensions,
            exact: flags & EXACTLY != 0,
            lists: extensions && flags & LISTS != 0,
            tables: extensions && flags & TABLES != 0,
            last: (ptr::null_mut(), None),
        };
        let walk = packer.lists || packer.tables;
        // SAFETY: objects, says the caller.
        let whole = unsafe { packer.put(value, 0, walk).and_then(|()| packer.finish()) };
        (whole.map(|()| packer.done), packer.too_deep)
    };
    match made(flags) {
        (None, true) => made(flags & !(LISTS | TABLES)).0,
        (whole, _) => whole,
    }
}

struct Packer {
    done: Packed,
    /// How many values were placed by their position.
    placed: usize,
    open: Vec<Open>,
    /// Arrays and maps among what is open.
    depth: usize,
    /// Those of them whose lists may become segments or tables.
    walked: usize,
    /// Those were too many, and no exception is set.
    too_deep: bool,
    /// Ext values among what is open that only Python looks into.
    opaque: usize,
    answer: *mut PyObject,
    kinds: *mut PyObject,
    arrays: Option<&'static Arrays>,
    extensions: bool,
    exact: bool,
    /// Long lists of numbers become segments.
    lists: bool,
    tables: bool,
    /// The type that `kinds` was asked for last, which the payload keeps, and the answer.
    last: (*mut PyObject, Option<u8>),
}

/// What has begun and is not complete; `walk`: lists in it may become segments and tables.
enum Open {
    Sequence { items: Ref, tuple: bool, walk: bool, next: isize, size: isize },
    Mapping { items: Ref, walk: bool, at: isize, left: isize, value: Option<Ref> },
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
                    Open::Sequence { items, tuple, walk, next, size } => {
                        let walk = *walk;
                        if *next == *size {
                            if !*tuple && (api().size)(items.get()) != *size {
                                return changed(c"list changed size while it was packed");
                            }
                            self.end(walk);
                            continue;
                        }
                        let get = if *tuple { api().tuple_get } else { api().list_get };
                        let item = get(items.get(), *next);
                        if item.is_null() {
                            (api().clear_failure)();
                            return changed(c"list changed size while it was packed");
                        }
                        *next += 1;
                        self.put(item, 0, walk)?;
                    }
                    Open::Mapping { items, walk, at, left, value } => {
                        let walk = *walk;
                        if let Some(value) = value.take() {
                            self.put(value.get(), 0, walk)?;
                            continue;
                        }
                        let (mut key, mut value) = (ptr::null_mut(), ptr::null_mut());
                        let more = (api().dict_next)(items.get(), at, &mut key, &mut value) != 0;
                        if more != (*left > 0) {
                            return changed(c"dictionary changed size while it was packed");
                        }
                        if !more {
                            self.end(walk);
                            continue;
                        }
                        *left -= 1;
                        if api().class_of(key) == api().text_type {
                            let at = self.done.out.len();
                            self.text(key)?;
                            self.note_name(at);
                            self.put(value, 0, walk)?;
                        } else {
                            self.pair(Ref::new(key), Ref::new(value), walk)?;
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

    /// Looks at the name whose head is at `at`.
    fn note_name(&mut self, at: usize) {
        let head = match Marker::from_u8(self.done.out[at]) {
            Marker::Str8 => 2,
            Marker::Str16 => 3,
            Marker::Str32 => 5,
            _ => 1,
        };
        self.done.refers |= self.done.out[at + head..].starts_with(REF.as_bytes());
    }

    /// Packs a key, and its value at once or, when the key holds others, after those.
    unsafe fn pair(&mut self, key: Ref, value: Ref, walk: bool) -> Option<()> {
        let before = self.open.len();
        // SAFETY: both are referred to.
        unsafe {
            self.put(key.get(), 0, false)?;
            if self.open.len() == before {
                return self.put(value.get(), 0, walk);
            }
        }
        if let Some(Open::Mapping { value: place, .. }) = self.open.get_mut(before - 1) {
            *place = Some(value);
        }
        Some(())
    }

    /// Packs an object, or begins to: what holds others is then open. `answers`: how many led to it.
    /// `walk`: it, or lists in it, may become segments or tables.
    unsafe fn put(&mut self, item: *mut PyObject, answers: u8, walk: bool) -> Option<()> {
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
                if walk && (self.tables && self.table(item)? || self.lists && self.numbers(item, false)?) {
                    return Some(());
                }
                return self.sequence(Ref::new(item), false, walk);
            } else if class == api.dict_type {
                if walk {
                    self.go_deeper()?;
                }
                return self.mapping(Ref::new(item), walk);
            } else if class == api.tuple_type {
                if walk && self.lists && self.numbers(item, true)? {
                    return Some(());
                }
                if self.exact {
                    if !self.extensions {
                        return self.ask(item, answers);
                    }
                    self.begin_extension(EXACT, &[TUPLE], false);
                }
                return self.sequence(Ref::new(item), true, walk);
            } else if class == api.bytes_type {
                self.bytes(item)?;
            } else {
                return self.other(item, class, answers);
            }
        }
        Some(())
    }

    unsafe fn sequence(&mut self, items: Ref, tuple: bool, walk: bool) -> Option<()> {
        // SAFETY: a list or a tuple. Where other threads may change a list meanwhile, it is copied.
        let (items, tuple, size) = unsafe {
            let copied = api().is_free_threaded && !tuple;
            let items = if copied { Ref::owned((api().tuple_of)(items.get()))? } else { items };
            let size = (api().size)(items.get());
            (items, tuple || copied, size)
        };
        written(encode::write_array_len(&mut self.done.out, length(size as usize)?));
        self.begin(size, walk, Open::Sequence { items, tuple, walk, next: 0, size })
    }

    unsafe fn mapping(&mut self, items: Ref, walk: bool) -> Option<()> {
        // SAFETY: a dict; as in `sequence`.
        let (items, left) = unsafe {
            let copied = api().is_free_threaded;
            let items = if copied { Ref::owned((api().dict_copy)(items.get()))? } else { items };
            let left = (api().size)(items.get());
            (items, left)
        };
        written(encode::write_map_len(&mut self.done.out, length(left as usize)?));
        self.begin(left, walk, Open::Mapping { items, walk, at: 0, left, value: None })
    }

    fn begin(&mut self, size: isize, walk: bool, open: Open) -> Option<()> {
        if size > 0 {
            if self.depth == MAX_DEPTH {
                return fail(c"nested too deep");
            }
            self.depth += 1;
            self.walked += usize::from(walk);
            self.open.push(open);
        }
        Some(())
    }

    fn end(&mut self, walk: bool) {
        self.open.pop();
        self.depth -= 1;
        self.walked -= usize::from(walk);
    }

    /// Whether lists may still become segments where one more list or dict begins.
    fn go_deeper(&mut self) -> Option<()> {
        self.too_deep = self.walked > DEEP;
        (!self.too_deep).then_some(())
    }
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
