//! Making objects of a MessagePack payload. What is no plain value functions of Python's make.
//!
//! Nothing recurses: what is inside what is kept on the heap, so a thread's small stack holds any payload.

mod array;
mod exact;
mod fill;
mod keys;
mod table;

use super::api::{Method, PyObject, api};
use super::arrays::{self, Arrays};
use super::memory::Pin;
use super::object::{Ref, call as call_method, fields, method};
use super::text::{arguments, int, names, new_int};
use crate::document::{Document, EXACT, EXTENSION, Head, MAX_DEPTH, TABLE};
use crate::error::Error;
use keys::Names;
use std::ffi::CString;
use std::ptr;
pub use table::list as list_of;

/// The type number of what only Python looks into: an array of a name and a value.
const NAMED: i8 = 80;
/// A list or tuple of more items gets its memory only when the payload has as many: a few bytes could announce any
/// number, one inside another.
const FEW: usize = 1 << 16;

/// `unpack(owner, address, size, segment, extension, named, exact, table)`: the value of the payload.
///
/// `segment(owner, offset, size, dtype, unit, flags, shape)` makes an array, `extension(type, body)` what other
/// extensions are, `named(name, value)` one of Python's own. `exact(kind)` tells what makes the value of a kind of its
/// plain one. `table(owner, at)` makes what a table was that was no list, whose value begins at `at`.
unsafe extern "C" fn unpack(_: *mut PyObject, args: *const *mut PyObject, count: isize) -> *mut PyObject {
    // SAFETY: the arguments live as long as the call, and the owner keeps the payload.
    unsafe {
        arguments(args, count).and_then(|&[owner, address, size, segment, extension, named, exact, table]| {
            let (address, size) = (int(address)?, int(size)? as usize);
            let bytes = match size {
                0 => &[][..],
                _ => std::slice::from_raw_parts(address as *const u8, size),
            };
            value_of(
                owner,
                bytes,
                Readers { segment, extension, named, exact, table, arrays: None, flags: 0 },
            )
        })
    }
    .map_or(ptr::null_mut(), |(value, _)| value.give())
}

/// `read(pin, readers)`: the value under a pin; `readers` is a tuple of the functions of [`unpack`], and flags: 1: arrays are
/// copies of their own; 2: what was packed as a list is one again.
unsafe extern "C" fn read(_: *mut PyObject, args: *const *mut PyObject, count: isize) -> *mut PyObject {
    // SAFETY: the arguments live as long as the call; the one caller passes a pin of the library's class.
    unsafe {
        arguments(args, count).and_then(|&[owner, readers]| {
            let pin = fields::<Pin>(owner);
            if pin.is_forked() {
                call_method(owner, names().check)?;
            }
            value_of(owner, pin.bytes(), Readers::of(readers)?)
        })
    }
    .map_or(ptr::null_mut(), |(value, _)| value.give())
}

/// Arrays are copies.
const COPIES: u64 = 1;
/// Lists are lists again.
const LISTS: u64 = 2;

/// Functions of Python's for what is no plain value, as for [`unpack`].
#[derive(Clone, Copy)]
pub struct Readers {
    segment: *mut PyObject,
    extension: *mut PyObject,
    named: *mut PyObject,
    exact: *mut PyObject,
    table: *mut PyObject,
    /// Arrays that need nothing of Python's are made without `segment`.
    arrays: Option<&'static Arrays>,
    flags: u64,
}

impl Readers {
    /// Of a tuple as for [`read`], which the caller keeps; `None` with an exception set when it is none.
    pub unsafe fn of(tuple: *mut PyObject) -> Option<Readers> {
        let item = |index| {
            // SAFETY: an object, says the caller; an item that is missing is NULL with an exception set.
            let item = unsafe { (api().tuple_get)(tuple, index) };
            (!item.is_null()).then_some(item)
        };
        Some(Readers {
            segment: item(0)?,
            extension: item(1)?,
            named: item(2)?,
            exact: item(3)?,
            table: item(4)?,
            arrays: arrays::known(),
            // SAFETY: an object.
            flags: unsafe { int(item(5)?)? },
        })
    }
}

/// The value of the payload `bytes`, which `owner` keeps. Arrays look at it in place and refer to the owner. `None` with
/// an exception set. Also whether a name in a map begins as those of the protocol do.
pub unsafe fn value_of(owner: *mut PyObject, bytes: &[u8], readers: Readers) -> Option<(Ref, bool)> {
    let mut unpacker = Unpacker {
        document: Document::new(bytes),
        owner,
        readers,
        open: Vec::new(),
        depth: 0,
        seen: 0,
        kinds: Vec::new(),
        names: Names::new(),
    };
    // SAFETY: objects that live as long as the call, says the caller.
    let value = unsafe { unpacker.value() }?;
    Some((value, unpacker.names.underscored()))
}

struct Unpacker<'a> {
    document: Document<'a>,
    owner: *mut PyObject,
    readers: Readers,
    open: Vec<Open>,
    /// Arrays and maps among what is open.
    depth: usize,
    /// Up to where the payload is known to be well formed.
    seen: usize,
    /// What makes the values of kinds, as far as they were met.
    kinds: Vec<(u8, Ref)>,
    names: Names<'a>,
}

/// What has begun and is not complete.
enum Open {
    /// `tuple`: it becomes one; `hashable`: what is in it has to be able to be a key.
    Sequence {
        items: Ref,
        tuple: bool,
        hashable: bool,
        next: usize,
        size: usize,
    },
    Mapping {
        items: Ref,
        left: usize,
        key: Option<Ref>,
    },
    Extension {
        make: Make,
        end: usize,
    },
}

/// What becomes of the value in an extension.
enum Make {
    /// It is complete.
    Plain,
    /// What this makes of it.
    Exact(Ref),
    /// One of Python's own, of this name.
    Named(Ref),
}

impl<'a> Unpacker<'a> {
    unsafe fn value(&mut self) -> Option<Ref> {
        let mut at = 0;
        loop {
            // SAFETY: the interpreter is held, says the caller.
            let (made, next) = unsafe { self.read(at)? };
            at = next;
            let Some(mut made) = made else {
                // SAFETY: as above.
                at = unsafe { self.fill(at)? };
                continue;
            };
            loop {
                // SAFETY: as above.
                match unsafe { self.place(made, at)? } {
                    Placed::Inside => {
                        // SAFETY: as above.
                        at = unsafe { self.fill(at)? };
                        break;
                    }
                    Placed::Complete(whole) => made = whole,
                    Placed::Outermost(whole) => {
                        let extra = self.document.len() - at;
                        if extra > 0 {
                            return fail(&format!("{extra} bytes after the end of the value, at byte {at}"));
                        }
                        return Some(whole);
                    }
                }
            }
        }
    }

    /// Reads what begins at `at`: an object, or `None` when its values follow; and the position after what was read.
    unsafe fn read(&mut self, at: usize) -> Option<(Option<Ref>, usize)> {
        let api = api();
        if at >= self.document.len() {
            return fail(&format!("the payload ends at byte {at}, where a value should begin"));
        }
        let (head, next) = told(self.document.outer_head(at))?;
        // SAFETY: as in `value`; each object is a new reference.
        let made = unsafe {
            match head {
                Head::Array(size) => return Some((self.sequence(at, size, false)?, next)),
                Head::Map(left) => {
                    let items = Ref::owned((api.dict_new)())?;
                    let open = |items| Open::Mapping { items, left, key: None };
                    return Some((self.begin(left, items, open)?, next));
                }
                Head::Ext { tag: EXTENSION, at: body_at, body } => self.array(body_at, body)?,
                Head::Ext { tag: EXACT, at: body_at, body } => return self.exact_value(body_at, body),
                Head::Ext { tag: NAMED, at: body_at, body } => return self.named_value(body_at, body),
                Head::Ext { tag: TABLE, .. } => self.table(at)?,
                Head::Ext { tag, body, .. } => {
                    let tag = Ref::owned((api.signed_from)(tag.into()))?;
                    let body = Ref::owned((api.bytes_from)(body.as_ptr().cast(), body.len() as isize))?;
                    call(self.readers.extension, &[tag.get(), body.get()])?
                }
                _ => Ref::owned(plain(&head))?,
            }
        };
        Some((Some(made), next))
    }

    /// Puts an object that is complete, behind which is `at`, where it belongs.
    unsafe fn place(&mut self, made: Ref, at: usize) -> Option<Placed> {
        let api = api();
        // SAFETY: as in `value`; lists and tuples take over the reference.
        unsafe {
            match self.open.last_mut() {
                None => return Some(Placed::Outermost(made)),
                Some(Open::Sequence { items, tuple, next, size, .. }) => {
                    let set = if *tuple { api.tuple_set } else { api.list_set };
                    if set(items.get(), *next as isize, made.give()) != 0 {
                        return None;
                    }
                    *next += 1;
                    if next < size {
                        return Some(Placed::Inside);
                    }
                }
                Some(Open::Mapping { items, left, key }) => {
                    let Some(key) = key.take() else {
                        *key = Some(made);
                        return Some(Placed::Inside);
                    };
                    if (api.dict_set)(items.get(), key.get(), made.get()) != 0 {
                        if (api.failed_with)(api.type_error) == 0 {
                            return None;
                        }
                        (api.clear_failure)();
                        return fail(&format!("a map has a key that cannot be one, before byte {at}"));
                    }
                    *left -= 1;
                    if *left > 0 {
                        return Some(Placed::Inside);
                    }
                }
                Some(Open::Extension { make, end }) => {
                    told(self.document.check_exact_end(at, *end))?;
                    let whole = match make {
                        Make::Plain => made,
                        Make::Exact(make) => call(make.get(), &[made.get()])?,
                        Make::Named(name) => call(self.readers.named, &[name.get(), made.get()])?,
                    };
                    self.open.pop();
                    return Some(Placed::Complete(whole));
                }
            }
        }
        let Some(Open::Sequence { items, .. } | Open::Mapping { items, .. }) = self.open.pop() else {
            return None;
        };
        self.depth -= 1;
        Some(Placed::Complete(items))
    }

    /// Begins an array whose head is at `at`.
    unsafe fn sequence(&mut self, at: usize, size: usize, tuple: bool) -> Option<Option<Ref>> {
        if size > FEW && self.seen <= at {
            self.seen = told(self.document.skip(at))?;
        }
        let hashable = self.is_hashable();
        let tuple = tuple || hashable;
        // SAFETY: as in `value`.
        let items = unsafe {
            let new = if tuple { api().tuple_new } else { api().list_new };
            Ref::owned(new(size as isize))?
        };
        self.begin(size, items, |items| Open::Sequence { items, tuple, hashable, next: 0, size })
    }

    /// Whether what comes next has to be able to be a key.
    fn is_hashable(&self) -> bool {
        for open in self.open.iter().rev() {
            return match open {
                Open::Sequence { hashable, .. } => *hashable,
                Open::Mapping { key, .. } => key.is_none(),
                Open::Extension { make: Make::Named(_), .. } => true,
                Open::Extension { .. } => continue,
            };
        }
        false
    }

    /// What is begun when it has values to come, else complete.
    fn begin(&mut self, size: usize, items: Ref, open: impl FnOnce(Ref) -> Open) -> Option<Option<Ref>> {
        if size == 0 {
            return Some(Some(items));
        }
        if self.depth == MAX_DEPTH {
            return fail(&format!("more than {MAX_DEPTH} arrays and maps inside one another"));
        }
        self.depth += 1;
        self.open.push(open(items));
        Some(None)
    }
}

/// What became of a complete object.
enum Placed {
    /// What it is in goes on.
    Inside,
    /// It completed what it is in.
    Complete(Ref),
    /// It is in nothing.
    Outermost(Ref),
}

/// Calls a function of Python's.
unsafe fn call(function: *mut PyObject, arguments: &[*mut PyObject]) -> Option<Ref> {
    let end = ptr::null_mut::<PyObject>();
    // SAFETY: objects, says the caller; NULL ends the arguments.
    Ref::owned(unsafe {
        match *arguments {
            [a] => (api().call)(function, a, end),
            [a, b] => (api().call)(function, a, b, end),
            [a, b, c, d, e, f, g] => (api().call)(function, a, b, c, d, e, f, g, end),
            _ => return fail("a call with as many arguments as no function has"),
        }
    })
}

/// A new reference to what holds nothing else; NULL with an exception set when there is no memory, or a text is damaged.
#[inline(always)]
unsafe fn plain(head: &Head) -> *mut PyObject {
    let api = api();
    // SAFETY: as many bytes as there are; the interpreter is held, says the caller.
    unsafe {
        match *head {
            Head::Float(value) => (api.float_from)(value),
            // Faster than an unsigned one.
            Head::Unsigned(value) if value <= i64::MAX as u64 => (api.signed_from)(value as i64),
            Head::Unsigned(value) => new_int(value),
            Head::Negative(value) => (api.signed_from)(value),
            Head::String(text) => (api.text_from)(text.as_ptr().cast(), text.len() as isize),
            Head::Bytes(bytes) => (api.bytes_from)(bytes.as_ptr().cast(), bytes.len() as isize),
            Head::Bool(value) => Ref::new(if value { api.true_object } else { api.false_object }).give(),
            // What holds others is not asked for.
            _ => Ref::new(api.none).give(),
        }
    }
}

/// Sets a ValueError for an error of the engine's.
#[inline(always)]
fn told<T>(result: Result<T, Error>) -> Option<T> {
    match result {
        Ok(value) => Some(value),
        Err(error) => fail(error.message()),
    }
}

/// Sets a ValueError.
#[cold]
fn fail<T>(what: &str) -> Option<T> {
    let what = CString::new(what.replace('\0', "?")).unwrap_or_default();
    // SAFETY: a NUL-terminated text; the interpreter is held while objects are made.
    unsafe { (api().fail)(api().value_error, what.as_ptr()) };
    None
}

/// The functions of this file.
pub fn functions() -> [Method; 1] {
    [method(c"unpack", unpack)]
}

/// Those that came later.
pub fn later_functions() -> [Method; 1] {
    [method(c"read", read)]
}
