//! Frames of other libraries, to be packed as tables: columns of buffers that stay where they lie, of Arrow streams, and of
//! lists.

use super::super::api::{Attribute, Method, PyObject, api};
use super::super::export::Export;
use super::super::object::{Fields, Ref, WeakRefs, class_method, fields, make, without_interpreter};
use super::super::text::{arguments, bytes_of, int};
use super::Packer;
use super::other::COPIED;
use super::packed::Lent;
use super::table::{Columns, text_of};
use crate::document::table::{Buffers, Field, Layout, Origin, lay_out};
use crate::error::{Error, Result};
use crate::ffi::arrow::ArrowArrayStream;
use crate::ffi::arrow_import::Imported;
use std::ffi::{CStr, CString, c_int};
use std::ptr;

/// The name of the capsules of streams.
pub const STREAM: &CStr = c"arrow_array_stream";

/// The fields of a frame: a table, and what has its buffers.
#[repr(C)]
pub struct Frame {
    weak: WeakRefs,
    layout: Layout<'static>,
    _kept: Kept,
}

impl Frame {
    /// The table, whose buffers the frame keeps.
    pub fn layout(&self) -> &Layout<'static> {
        &self.layout
    }
}

/// What columns borrow from, all of it on the heap: it stays where it is while more is added.
#[derive(Default)]
struct Kept {
    exports: Vec<Export>,
    texts: Vec<Box<[u8]>>,
    built: Vec<Columns>,
    imported: Vec<Imported>,
}

impl Drop for Kept {
    fn drop(&mut self) {
        // Whoever gave the buffers may wait for other threads that need the interpreter.
        let imported = std::mem::take(&mut self.imported);
        if !imported.is_empty() && !super::super::object::is_away() {
            without_interpreter(|| drop(imported));
        }
    }
}

/// Sets a ValueError for an error of the engine's.
pub fn told<T>(result: Result<T>) -> Option<T> {
    result.map_err(|error| raise(&error)).ok()
}

#[cold]
fn raise(error: &Error) {
    let what = CString::new(error.message().replace('\0', "?")).unwrap_or_default();
    // SAFETY: a NUL-terminated text; the interpreter is held where objects are made.
    unsafe { (api().fail)(api().value_error, what.as_ptr()) };
}

fn wrong<T>(what: &CStr) -> Option<T> {
    // SAFETY: as in `raise`.
    unsafe { (api().fail)(api().value_error, what.as_ptr()) };
    None
}

impl Kept {
    fn text(&mut self, bytes: &[u8]) -> &'static [u8] {
        let kept: Box<[u8]> = bytes.into();
        // SAFETY: the box does not move what is in it, and goes with what borrows from it.
        let text = unsafe { std::slice::from_raw_parts(kept.as_ptr(), kept.len()) };
        self.texts.push(kept);
        text
    }

    unsafe fn name(&mut self, object: *mut PyObject) -> Option<&'static str> {
        // SAFETY: an object, says the caller.
        let text = unsafe { (api().class_of(object) == api().text_type).then(|| text_of(object))? };
        let Some(text) = text else {
            return wrong(c"a name of a column is no text in UTF-8");
        };
        // SAFETY: the bytes of a text.
        Some(unsafe { std::str::from_utf8_unchecked(self.text(text.as_bytes())) })
    }

    /// What an object exports; nothing of None.
    unsafe fn buffer(&mut self, object: *mut PyObject) -> Option<&'static [u8]> {
        // SAFETY: an object, says the caller; the buffer stays where it is until it is let go.
        unsafe {
            if object == api().none {
                return Some(&[]);
            }
            let export = Export::of(object, 0)?;
            let bytes = export.bytes();
            let bytes = std::slice::from_raw_parts(bytes.as_ptr(), bytes.len());
            self.exports.push(export);
            Some(bytes)
        }
    }

    /// What a stream of Arrow's gives, all of it.
    unsafe fn import(&mut self, capsule: *mut PyObject) -> Option<&mut Imported> {
        // SAFETY: an object, says the caller, which keeps the stream.
        let stream = unsafe { (api().capsule_pointer)(capsule, STREAM.as_ptr()) };
        if stream.is_null() {
            return None;
        }
        let stream = stream.cast::<ArrowArrayStream>();
        // SAFETY: a stream that nobody else uses; it may wait for threads that need the interpreter.
        let imported = without_interpreter(|| unsafe { Imported::take(stream) });
        self.imported.push(told(imported)?);
        self.imported.last_mut()
    }

    /// A column of a tuple: `(name, stream)`, `(name, list)`, or `(name, format, flags, length, nulls, validity, offsets,
    /// data, dictionary)`.
    unsafe fn column(&mut self, tuple: *mut PyObject) -> Option<Field<'static>> {
        let api = api();
        // SAFETY: a tuple, says the caller, which keeps its items.
        unsafe {
            let item = |index| {
                let item = (api.tuple_get)(tuple, index);
                (!item.is_null()).then_some(item)
            };
            let name = self.name(item(0)?)?;
            if (api.size)(tuple) == 2 {
                let source = item(1)?;
                if api.class_of(source) == api.list_type {
                    return self.list(name, source);
                }
                let imported = self.import(source)?;
                return Some(Field { name, ..told(imported.column())? });
            }
            let format = self.name(item(1)?)?;
            let [flags, length, nulls] = [int(item(2)?)?, int(item(3)?)?, int(item(4)?)?];
            let validity = self.buffer(item(5)?)?;
            let buffers = Buffers { validity, offsets: self.buffer(item(6)?)?, data: self.buffer(item(7)?)? };
            let dictionary = item(8)?;
            let dictionary =
                if dictionary == api.none { None } else { Some(Box::new(self.column(dictionary)?)) };
            let flags = flags as u32;
            Some(Field { name, format, flags, length, nulls, buffers, dictionary, ..Field::default() })
        }
    }

    unsafe fn list(&mut self, name: &'static str, items: *mut PyObject) -> Option<Field<'static>> {
        // SAFETY: a list of the caller's own, says the caller.
        unsafe {
            let rows = (api().list_size)(items) as usize;
            let Some(built) = Columns::of_list(items, rows) else {
                return wrong(c"a column of values of several types");
            };
            let kept: &'static Columns = &*ptr::from_ref(&built);
            let field = kept.columns.first().map(|column| column.field(name));
            self.built.push(built);
            field
        }
    }
}

/// `_of(origin, rows, metadata, columns)`: a frame of a tuple of columns, each as for `Kept::column`.
unsafe extern "C" fn of(class: *mut PyObject, args: *const *mut PyObject, count: isize) -> *mut PyObject {
    // SAFETY: a method of this type; the arguments live as long as the call.
    unsafe { arguments(args, count).and_then(|args| of_columns(class, args)) }.unwrap_or(ptr::null_mut())
}

unsafe fn of_columns(
    class: *mut PyObject,
    &[origin, rows, metadata, columns]: &[*mut PyObject; 4],
) -> Option<*mut PyObject> {
    // SAFETY: objects, says the caller.
    unsafe {
        let mut kept = Kept::default();
        let Some(origin) = Origin::from_code(int(origin)? as u32) else {
            return wrong(c"no origin of a table");
        };
        let (start, len) = bytes_of(metadata)?;
        let metadata = kept.text(std::slice::from_raw_parts(start.cast(), len));
        let mut made = Vec::new();
        for index in 0..(api().tuple_size)(columns) {
            made.push(kept.column((api().tuple_get)(columns, index))?);
        }
        finished(class, Layout { origin, rows: int(rows)?, metadata, columns: made }, kept)
    }
}

/// `_import(origin, stream)`: a frame of what a stream gives.
unsafe extern "C" fn import(class: *mut PyObject, args: *const *mut PyObject, count: isize) -> *mut PyObject {
    // SAFETY: a method of this type; the arguments live as long as the call.
    unsafe {
        arguments(args, count)
            .and_then(|&[origin, stream]| {
                let Some(origin) = Origin::from_code(int(origin)? as u32) else {
                    return wrong(c"no origin of a table");
                };
                let mut kept = Kept::default();
                let imported = kept.import(stream)?;
                if !imported.is_table() {
                    return wrong(c"it is a column and no table");
                }
                let layout = told(imported.layout(origin))?;
                finished(class, layout, kept)
            })
            .unwrap_or(ptr::null_mut())
    }
}

unsafe fn finished(class: *mut PyObject, layout: Layout<'static>, kept: Kept) -> Option<*mut PyObject> {
    // What does not go together is said here, and not where it is packed.
    told(lay_out(0, &layout).map(drop))?;
    // SAFETY: the class of a method of this type.
    Some(unsafe { make(class, Frame { weak: WeakRefs::NONE, layout, _kept: kept }) })
}

impl Packer {
    /// Packs a frame as a table; large buffers where they lie.
    pub(super) unsafe fn frame(&mut self, frame: *mut PyObject) -> Option<()> {
        // SAFETY: a frame, says Python's side.
        let layout = unsafe { fields::<Frame>(frame) }.layout();
        let (fixed, buffers) = told(lay_out(self.position() as usize, layout))?;
        self.done.out.extend_from_slice(&fixed);
        for (zeros, bytes) in buffers {
            let out = &mut self.done.out;
            out.resize(out.len() + zeros, 0);
            if bytes.len() <= COPIED {
                out.extend_from_slice(bytes);
            } else {
                // SAFETY: an object, which keeps the buffer.
                let frame = unsafe { Ref::new(frame) };
                self.lend(Lent::Piece(frame, bytes.as_ptr(), bytes.len()), bytes.len() as u64);
            }
        }
        self.placed += 1;
        Some(())
    }
}

// SAFETY: repr(C), weak references first.
unsafe impl Fields for Frame {
    const NAME: &'static CStr = c"dishtayantra_lmdb.Frame";
    const DOC: &'static CStr = c"Columns that are to be packed as a table.";

    fn methods() -> Vec<Method> {
        vec![class_method(c"_of", of), class_method(c"_import", import)]
    }

    fn attributes() -> Vec<Attribute> {
        Vec::new()
    }

    fn members() -> Vec<(&'static CStr, c_int, usize, bool)> {
        Vec::new()
    }
}
