//! What was packed: bytes, and between them what stays where it lies.

use super::super::api::{PyObject, api};
use super::super::export::Export;
use super::super::object::Ref;
use super::super::piece::piece_of;
use super::super::text::bytes_of;
use super::table::Columns;
use std::cell::Cell;
use std::rc::Rc;

thread_local! {
    /// A buffer for the next value that this thread packs.
    static SPARE: Cell<Vec<u8>> = const { Cell::new(Vec::new()) };
}

/// Bytes for which there is room in a new buffer, and up to which a used one is kept.
const ROOM: usize = 4096;
const KEPT: usize = 64 << 10;

/// An empty buffer with room for a small value.
pub(super) fn spare() -> Vec<u8> {
    let spare = SPARE.try_with(Cell::take).unwrap_or_default();
    if spare.capacity() == 0 { Vec::with_capacity(ROOM) } else { spare }
}

/// A value as one payload, in parts. The interpreter is held when it is dropped.
pub struct Packed {
    /// The value but for what is lent.
    pub(super) out: Vec<u8>,
    /// Buffers that stay where they are, and how much of `out` comes before each.
    pub(super) lent: Vec<(usize, Lent)>,
    pub(super) lent_size: u64,
    /// A name in a dict begins as those of references do.
    pub(super) refers: bool,
}

/// Bytes of an object of Python's, which are kept where they lie.
pub(super) enum Lent {
    /// Of a bytes object: where, and how many.
    Bytes(Ref, *const u8, usize),
    /// A part of what an object keeps.
    Piece(Ref, *const u8, usize),
    /// Of anything else.
    Export(Export),
    /// Of columns that were made of objects: where, and how many.
    Columns(#[expect(dead_code, reason = "keeps them")] Rc<Columns>, *const u8, usize),
}

impl Lent {
    /// What `object` exports as bytes in a row; `None` with an exception set when that is nothing.
    pub(super) unsafe fn of(object: *mut PyObject) -> Option<Lent> {
        // SAFETY: an object, says the caller, which the buffer refers to.
        unsafe {
            if api().class_of(object) == api().bytes_type {
                let (start, len) = bytes_of(object)?;
                return Some(Lent::Bytes(Ref::new(object), start.cast(), len));
            }
            Export::of(object, 0).map(Lent::Export)
        }
    }

    fn bytes(&self) -> &[u8] {
        match self {
            // SAFETY: the object keeps its bytes as long as it is referred to; columns are not changed any more.
            Lent::Bytes(_, start, len) | Lent::Piece(_, start, len) | Lent::Columns(_, start, len) => unsafe {
                std::slice::from_raw_parts(*start, *len)
            },
            Lent::Export(export) => export.bytes(),
        }
    }

    /// An object whose bytes they are.
    unsafe fn object(&self) -> Option<Ref> {
        // SAFETY: objects that are referred to; the interpreter is held, says the caller.
        unsafe {
            match self {
                Lent::Bytes(object, ..) => Some(Ref::new(object.get())),
                Lent::Piece(owner, start, len) => piece_of(owner, *start, *len),
                Lent::Export(export) => Some(Ref::new(export.object())),
                Lent::Columns(_, start, len) => Ref::owned((api().bytes_from)(start.cast(), *len as isize)),
            }
        }
    }
}

impl Drop for Packed {
    fn drop(&mut self) {
        if (1..=KEPT).contains(&self.out.capacity()) {
            self.out.clear();
            let out = std::mem::take(&mut self.out);
            let _ = SPARE.try_with(|spare| spare.set(out));
        }
    }
}

impl Packed {
    /// A bytes object, as it is; `None` with an exception set when it is none.
    pub unsafe fn of_bytes(object: *mut PyObject) -> Option<Packed> {
        // SAFETY: an object, says the caller.
        let lent = unsafe { Lent::of(object)? };
        let lent_size = lent.bytes().len() as u64;
        Some(Packed { out: Vec::new(), lent: vec![(0, lent)], lent_size, refers: false })
    }

    /// A buffer behind some bytes.
    pub fn of_export(out: Vec<u8>, export: Export) -> Packed {
        let (after, lent_size) = (out.len(), export.bytes().len() as u64);
        Packed { out, lent: vec![(after, Lent::Export(export))], lent_size, refers: false }
    }

    /// Whether a name in it begins as those of references do.
    pub fn may_refer(&self) -> bool {
        self.refers
    }

    /// Bytes of the payload.
    pub fn size(&self) -> u64 {
        self.out.len() as u64 + self.lent_size
    }

    /// The bytes of the payload, in order, where they lie. Other threads may have the interpreter while they are used.
    pub fn parts(&self) -> Vec<&[u8]> {
        let mut parts = Vec::with_capacity(2 * self.lent.len() + 1);
        let mut from = 0;
        for (after, lent) in &self.lent {
            parts.extend([&self.out[from..*after], lent.bytes()]);
            from = *after;
        }
        if from < self.out.len() || parts.is_empty() {
            parts.push(&self.out[from..]);
        }
        parts
    }

    /// The parts as a list of objects: bytes, and between them those that lend theirs.
    pub(super) unsafe fn list(&self) -> Option<Ref> {
        let api = api();
        let count = 2 * self.lent.len() + 1;
        // SAFETY: a new list, which takes over the references that it is given. The interpreter is held, says the caller.
        unsafe {
            let parts = Ref::owned((api.list_new)(count as isize))?;
            let (mut from, mut index) = (0, 0);
            let mut add = |bytes: &[u8], lent: Option<Ref>| {
                let made = Ref::owned((api.bytes_from)(bytes.as_ptr().cast(), bytes.len() as isize))?;
                (api.list_set)(parts.get(), index, made.give());
                if let Some(lent) = lent {
                    (api.list_set)(parts.get(), index + 1, lent.give());
                }
                index += 2;
                Some(())
            };
            for (after, lent) in &self.lent {
                add(&self.out[from..*after], Some(lent.object()?))?;
                from = *after;
            }
            add(&self.out[from..], None)?;
            Some(parts)
        }
    }
}
