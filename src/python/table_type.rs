//! `Table`: a table of a payload, used where it lies by whoever takes buffers or Arrow's C data interface.

use super::api::{Attribute, BF_GETBUFFER, Buffer, MEMBER_UINT, MEMBER_ULONGLONG, Method, PyObject, api};
use super::memory::Pin as PinObject;
use super::object::{
    Fields, Ref, WeakRefs, attribute, call, class_method, fields, make, method, plain_method, show,
};
use super::pack::{Frame, STREAM, told};
use super::text::{arguments, fail_with, int, names, new_int};
use super::unpack::list_of;
use crate::document::Document;
use crate::document::table::{self, Column, Layout, begin, lay_out};
use crate::error::Result;
use crate::ffi::arrow::{ArrowArray, ArrowArrayStream, ArrowSchema, Pin, Source, export, stream_of};
use crate::ffi::document::Made;
use crate::ffi::view::dy_lmdb_view_t;
use std::ffi::{CStr, c_int, c_void};
use std::mem::{MaybeUninit, offset_of};
use std::ptr;
use std::sync::Arc;

/// The fields of a table.
#[repr(C)]
pub struct Table {
    weak: WeakRefs,
    rows: u64,
    columns: u32,
    origin: u32,
    readonly: bool,
    table: table::Table<'static>,
    /// What keeps the bytes, whoever has it: no object of Python's, for any thread may let it go.
    pin: Pin,
}

/// A table of a payload of its own, made of parts, each behind so many zeros.
fn copied(parts: &[(usize, &[u8])]) -> Result<(table::Table<'static>, Pin)> {
    let pin = Arc::new(Made::of(parts)?);
    // SAFETY: the bytes stay where they are as long as the pin, which goes with the table.
    let bytes: &'static [u8] = unsafe { &*ptr::from_ref(pin.bytes()) };
    Ok((Document::new(bytes).table(0)?, pin))
}

/// The same of a table that is laid out.
fn laid_out(layout: &Layout) -> Result<(table::Table<'static>, Pin)> {
    let (fixed, buffers) = lay_out(0, layout)?;
    copied(&[&[(0, &fixed[..])], &buffers[..]].concat())
}

unsafe fn made(
    class: *mut PyObject,
    (table, pin): (table::Table<'static>, Pin),
    readonly: bool,
) -> *mut PyObject {
    let (rows, columns, origin) = (table.rows(), table.columns(), table.origin() as u32);
    // SAFETY: the class of a method of this type.
    unsafe { make(class, Table { weak: WeakRefs::NONE, rows, columns, origin, readonly, table, pin }) }
}

/// How a table is taken that is not used where it lies: its bytes are its own.
const COPY: u64 = 1;
/// Where something else is, a table is made of that.
const MAKE: u64 = 2;

/// `_of(pin, at, how)`: the table that begins at a position of a payload, checked.
unsafe extern "C" fn of(class: *mut PyObject, args: *const *mut PyObject, count: isize) -> *mut PyObject {
    // SAFETY: a method of this type; the arguments live as long as the call, and the first is a pin.
    unsafe {
        arguments(args, count)
            .and_then(|&[owner, at, how]| {
                let (at, how) = (int(at)?, int(how)?);
                let view = held(owner)?;
                // The view stays where it is as long as the pin, which goes with the table.
                let document: Document<'static> = Document::of_view((*Arc::as_ptr(&view)).view());
                let found = || {
                    Ok(match document.find_table(at)? {
                        Some(table) => {
                            table.check()?;
                            match how {
                                COPY => {
                                    let before = begin(0, table.data().len())?;
                                    (copied(&[(0, &before), (0, table.data())])?, false)
                                }
                                _ => ((table, view as Pin), true),
                            }
                        }
                        None if how == MAKE => (document.with_table(at, laid_out)?, true),
                        None => (document.table(at).map(|table| (table, view as Pin))?, true),
                    })
                };
                let (table, readonly) = known(owner, found())?;
                Some(made(class, table, readonly))
            })
            .unwrap_or(ptr::null_mut())
    }
}

/// The view behind a pin, which was not made before a fork.
unsafe fn held(owner: *mut PyObject) -> Option<Arc<dy_lmdb_view_t>> {
    // SAFETY: a pin, says the caller.
    unsafe {
        let pin = fields::<PinObject>(owner);
        if pin.is_forked() {
            call(owner, names().check)?;
        }
        known(owner, pin.hold())
    }
}

/// Has a pin raise the exception for an error of the engine's.
unsafe fn known<T>(pin: *mut PyObject, result: Result<T>) -> Option<T> {
    // SAFETY: a pin, says the caller.
    result.map_err(|error| unsafe { fail_with(pin, &error) }).ok()
}

/// `find_value(pin, path)`: where the value begins that names and indices lead to from the outermost one of a payload, a tuple.
unsafe extern "C" fn find_value(_: *mut PyObject, args: *const *mut PyObject, count: isize) -> *mut PyObject {
    // SAFETY: the arguments live as long as the call, and the first is a pin.
    unsafe {
        arguments(args, count)
            .and_then(|&[owner, path]| {
                let view = held(owner)?;
                let document = Document::of_view(view.view());
                let mut node = 0;
                for step in 0..(api().size)(path) {
                    let step = (api().tuple_get)(path, step);
                    if step.is_null() {
                        return None;
                    }
                    node = if api().class_of(step) == api().text_type {
                        let mut len = 0;
                        let start = (api().utf8)(step, &mut len);
                        if start.is_null() {
                            return None;
                        }
                        let name = std::slice::from_raw_parts(start.cast::<u8>(), len as usize);
                        let name = std::str::from_utf8(name).unwrap_or_default();
                        known(owner, document.get(node, name))?
                    } else {
                        known(owner, document.at(node, int(step)? as usize))?
                    };
                }
                Ref::owned(new_int(node))
            })
            .map_or(ptr::null_mut(), Ref::give)
    }
}

/// The functions of this file.
pub fn functions() -> [Method; 1] {
    [method(c"find_value", find_value)]
}

/// `_of_frame(frame)`: what a frame is as a table.
unsafe extern "C" fn of_frame(
    class: *mut PyObject,
    args: *const *mut PyObject,
    count: isize,
) -> *mut PyObject {
    // SAFETY: a method of this type; the one caller passes a frame.
    unsafe {
        arguments(args, count)
            .and_then(|&[frame]| {
                let table = told(laid_out(fields::<Frame>(frame).layout()))?;
                Some(made(class, table, true))
            })
            .unwrap_or(ptr::null_mut())
    }
}

/// What an index says: a column, or from the last on the table.
unsafe fn source_of(object: *mut PyObject, index: *mut PyObject) -> Option<(Source<'static>, Pin)> {
    // SAFETY: an object of this type.
    unsafe {
        let (table, index) = (fields::<Table>(object), int(index)?);
        let source = match u32::try_from(index).ok().filter(|index| *index < table.table.descriptors()) {
            Some(index) => Source::Column(told(table.table.column(index))?),
            None => Source::Table(table.table),
        };
        Some((source, Arc::clone(&table.pin)))
    }
}

/// What a capsule has.
trait Released {
    const NAME: &'static CStr;
    unsafe fn release(&mut self);
}

macro_rules! released {
    ($kind:ident, $name:expr) => {
        impl Released for $kind {
            const NAME: &'static CStr = $name;

            unsafe fn release(&mut self) {
                if let Some(release) = self.release {
                    // SAFETY: nobody took it.
                    unsafe { release(self) };
                }
            }
        }
    };
}

released!(ArrowSchema, c"arrow_schema");
released!(ArrowArray, c"arrow_array");
released!(ArrowArrayStream, STREAM);

unsafe extern "C" fn end<T: Released>(capsule: *mut PyObject) {
    // SAFETY: a capsule made here ends once.
    unsafe {
        let place = (api().capsule_pointer)(capsule, T::NAME.as_ptr()).cast::<T>();
        if !place.is_null() {
            let mut kept = Box::from_raw(place);
            kept.release();
        }
    }
}

/// A capsule, which releases what it has when nobody took it.
unsafe fn capsule<T: Released>(kept: T) -> Option<Ref> {
    let place = Box::into_raw(Box::new(kept));
    // SAFETY: the interpreter is held, says the caller; the box is the capsule's.
    unsafe {
        let made = Ref::owned((api().capsule_new)(place.cast(), T::NAME.as_ptr(), Some(end::<T>)));
        if made.is_none() {
            Box::from_raw(place).release();
        }
        made
    }
}

/// `_stream(index)`: a column, or the table, as a capsule.
unsafe extern "C" fn stream(
    object: *mut PyObject,
    args: *const *mut PyObject,
    count: isize,
) -> *mut PyObject {
    // SAFETY: a method of this type; the arguments live as long as the call.
    unsafe {
        arguments(args, count)
            .and_then(|&[index]| {
                let (source, pin) = source_of(object, index)?;
                capsule(stream_of(source, pin))
            })
            .map_or(ptr::null_mut(), Ref::give)
    }
}

/// `_schema(index)`: what it is of, as a capsule.
unsafe extern "C" fn schema(
    object: *mut PyObject,
    args: *const *mut PyObject,
    count: isize,
) -> *mut PyObject {
    // SAFETY: as for `stream`.
    unsafe {
        arguments(args, count)
            .and_then(|&[index]| {
                let (source, pin) = source_of(object, index)?;
                let mut schema = MaybeUninit::uninit();
                told(export(&source, &pin, Some(&mut schema), None))?;
                capsule(schema.assume_init())
            })
            .map_or(ptr::null_mut(), Ref::give)
    }
}

/// `_array(index)`: a tuple of two capsules: what it is of, and where its buffers are.
unsafe extern "C" fn array(object: *mut PyObject, args: *const *mut PyObject, count: isize) -> *mut PyObject {
    // SAFETY: as for `stream`; a tuple takes over the references that it is given.
    unsafe {
        arguments(args, count)
            .and_then(|&[index]| {
                let (source, pin) = source_of(object, index)?;
                let (mut schema, mut array) = (MaybeUninit::uninit(), MaybeUninit::uninit());
                told(export(&source, &pin, Some(&mut schema), Some(&mut array)))?;
                let (schema, array) = (capsule(schema.assume_init()), capsule(array.assume_init()));
                tuple([schema, array])
            })
            .map_or(ptr::null_mut(), Ref::give)
    }
}

unsafe fn tuple<const N: usize>(items: [Option<Ref>; N]) -> Option<Ref> {
    // SAFETY: a tuple takes over the references that it is given.
    unsafe {
        let made = Ref::owned((api().tuple_new)(N as isize))?;
        for (index, item) in items.into_iter().enumerate() {
            (api().tuple_set)(made.get(), index as isize, item?.give());
        }
        Some(made)
    }
}

unsafe fn text(text: &str) -> Option<Ref> {
    // SAFETY: as many bytes as there are; the interpreter is held, says the caller.
    Ref::owned(unsafe { (api().text_from)(text.as_ptr().cast(), text.len() as isize) })
}

/// Where a buffer begins in the bytes of a table.
fn place(table: &table::Table, bytes: &[u8]) -> Option<Ref> {
    let at = if bytes.is_empty() { 0 } else { bytes.as_ptr().addr() - table.data().as_ptr().addr() };
    Ref::owned(new_int(at as u64))
}

unsafe fn described(table: &table::Table, column: &Column) -> Option<Ref> {
    let number = |number: u64| Ref::owned(new_int(number));
    let (first, children) = column.children();
    // SAFETY: the interpreter is held, says the caller.
    unsafe {
        tuple([
            text(column.name()),
            text(column.format()),
            number(column.flags().into()),
            number(column.len()),
            number(column.nulls()),
            place(table, column.validity().unwrap_or_default()),
            place(table, column.data()),
            number(column.data().len() as u64),
            number(column.dictionary_index().unwrap_or_default().into()),
            number(first.into()),
            number(children.into()),
        ])
    }
}

/// `_described(index)`: name, format, flags, length, values that are nil, where the bits for that begin in the bytes of the
/// table (0: there are none), where the data do, their size, the numbers of the dictionary (0: none) and of the first child,
/// and of how many children.
unsafe extern "C" fn describe(
    object: *mut PyObject,
    args: *const *mut PyObject,
    count: isize,
) -> *mut PyObject {
    // SAFETY: a method of this type; the arguments live as long as the call.
    unsafe {
        arguments(args, count)
            .and_then(|&[index]| {
                let table = &fields::<Table>(object).table;
                let column = told(table.column(int(index)?.min(u32::MAX.into()) as u32))?;
                described(table, &column)
            })
            .map_or(ptr::null_mut(), Ref::give)
    }
}

/// `_list(index)`: the values of a column, where they are plain ones.
unsafe extern "C" fn list(object: *mut PyObject, args: *const *mut PyObject, count: isize) -> *mut PyObject {
    // SAFETY: as for `describe`; the table was checked.
    unsafe {
        arguments(args, count)
            .and_then(|&[index]| {
                let table = &fields::<Table>(object).table;
                list_of(&told(table.column(int(index)?.min(u32::MAX.into()) as u32))?)
            })
            .map_or(ptr::null_mut(), Ref::give)
    }
}

/// `_index(name)`: the number of the first column of a name; None when there is none.
unsafe extern "C" fn index(object: *mut PyObject, args: *const *mut PyObject, count: isize) -> *mut PyObject {
    // SAFETY: as for `describe`; a str keeps its UTF-8.
    unsafe {
        arguments(args, count)
            .and_then(|&[name]| {
                let mut len = 0;
                let start = (api().utf8)(name, &mut len);
                if start.is_null() {
                    return None;
                }
                let name = std::slice::from_raw_parts(start.cast::<u8>(), len as usize);
                let name = std::str::from_utf8(name).unwrap_or_default();
                let column = told(fields::<Table>(object).table.column_named(name))?;
                match column {
                    Some(column) => Ref::owned(new_int(column.index().into())),
                    None => Some(Ref::new(api().none)),
                }
            })
            .map_or(ptr::null_mut(), Ref::give)
    }
}

/// `_metadata()`: those of the whole, as Arrow has them.
unsafe extern "C" fn metadata(object: *mut PyObject, _: *mut PyObject) -> *mut PyObject {
    // SAFETY: a method of this type.
    unsafe {
        let metadata = fields::<Table>(object).table.metadata();
        (api().bytes_from)(metadata.as_ptr().cast(), metadata.len() as isize)
    }
}

unsafe extern "C" fn address(object: *mut PyObject, _: *mut c_void) -> *mut PyObject {
    // SAFETY: an attribute of this type.
    new_int(unsafe { fields::<Table>(object) }.table.data().as_ptr().addr() as u64)
}

unsafe extern "C" fn look(object: *mut PyObject, view: *mut Buffer, flags: c_int) -> c_int {
    // SAFETY: Python asks an object of this type for its buffer.
    unsafe {
        let table = fields::<Table>(object);
        let bytes = table.table.data();
        show(view, object, (bytes.as_ptr().addr() as u64, bytes.len() as u64), table.readonly, flags)
    }
}

// SAFETY: repr(C), weak references first.
unsafe impl Fields for Table {
    const NAME: &'static CStr = c"dishtayantra_lmdb.Table";
    const DOC: &'static CStr = c"A table, used where it lies.";
    const SLOTS: &'static [(c_int, *const c_void)] = &[(BF_GETBUFFER, look as *const c_void)];

    fn methods() -> Vec<Method> {
        vec![
            class_method(c"_of", of),
            class_method(c"_of_frame", of_frame),
            method(c"_stream", stream),
            method(c"_schema", schema),
            method(c"_array", array),
            method(c"_described", describe),
            method(c"_list", list),
            method(c"_index", index),
            plain_method(c"_metadata", metadata),
        ]
    }

    fn attributes() -> Vec<Attribute> {
        vec![attribute(c"_address", c"Where its head lies.", address)]
    }

    fn members() -> Vec<(&'static CStr, c_int, usize, bool)> {
        vec![
            (c"rows", MEMBER_ULONGLONG, offset_of!(Table, rows), true),
            (c"_columns", MEMBER_UINT, offset_of!(Table, columns), true),
            (c"_origin", MEMBER_UINT, offset_of!(Table, origin), true),
        ]
    }
}
