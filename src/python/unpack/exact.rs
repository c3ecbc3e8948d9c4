//! Values that say their exact type, and those that have a name.

use super::super::api::api;
use super::super::object::Ref;
use super::super::text::new_int;
use super::{Make, Open, Unpacker, call, fail, told};
use crate::document::{
    ARRAY, ARRAY_LONG, BIG_ENDIAN, BYTEARRAY, EXTENSION, FORTRAN, Head, MEMORYVIEW, TUPLE,
};

impl Unpacker<'_> {
    pub(super) unsafe fn exact_value(&mut self, at: usize, body: &[u8]) -> Option<(Option<Ref>, usize)> {
        let (kind, end) = (body.first().copied(), at + body.len());
        // Also looks whether there is a value, and no exact one in it.
        let (head, next) = told(self.document.plain_head(at, body))?;
        if let (Some(TUPLE), Head::Array(size)) = (kind, &head) {
            if *size > 0 {
                self.open.push(Open::Extension { make: Make::Plain, end });
            }
            // SAFETY: as in `value`.
            return Some((unsafe { self.sequence(at + 1, *size, true) }?, next));
        }
        let kind = kind.unwrap_or_default();
        if !fits(kind, &head) {
            return fail(&format!("an exact value of kind {kind} of another plain value, at byte {at}"));
        }
        let make = match self.kinds.iter().find(|(known, _)| *known == kind) {
            // SAFETY: an object that is referred to.
            Some((_, make)) => unsafe { Ref::new(make.get()) },
            // SAFETY: as in `value`.
            None => unsafe {
                let number = Ref::owned(new_int(kind.into()))?;
                let make = call(self.readers.exact, &[number.get()])?;
                self.kinds.push((kind, Ref::new(make.get())));
                make
            },
        };
        self.open.push(Open::Extension { make: Make::Exact(make), end });
        Some((None, at + 1))
    }

    pub(super) unsafe fn named_value(&mut self, at: usize, body: &[u8]) -> Option<(Option<Ref>, usize)> {
        let end = at + body.len();
        let name = match told(self.document.outer_head(at))? {
            (Head::Array(2), name_at) if !body.is_empty() => match told(self.document.outer_head(name_at))? {
                (Head::String(name), next) if next < end => (name, next),
                _ => return fail("an ext value of code 80 that this version does not know"),
            },
            _ => return fail("an ext value of code 80 that this version does not know"),
        };
        // SAFETY: as in `value`.
        let text = unsafe { (api().text_from)(name.0.as_ptr().cast(), name.0.len() as isize) };
        self.open.push(Open::Extension { make: Make::Named(Ref::owned(text)?), end });
        Some((None, name.1))
    }
}

/// Whether the plain value of a kind can begin so: what makes the values would take others for something else.
fn fits(kind: u8, head: &Head) -> bool {
    match kind {
        TUPLE => matches!(head, Head::Array(_) | Head::Ext { tag: EXTENSION, .. }),
        BYTEARRAY | b'S' => matches!(head, Head::Bytes(_)),
        ARRAY | ARRAY_LONG | BIG_ENDIAN | FORTRAN => matches!(head, Head::Ext { tag: EXTENSION, .. }),
        MEMORYVIEW => matches!(head, Head::Bytes(_) | Head::Ext { tag: EXTENSION, .. }),
        b'?' => matches!(head, Head::Bool(_)),
        b'e' | b'f' | b'd' => matches!(head, Head::Float(_)),
        b'U' => matches!(head, Head::String(_)),
        b'b' | b'B' | b'h' | b'H' | b'i' | b'I' | b'q' | b'Q' => {
            matches!(head, Head::Negative(_) | Head::Unsigned(_))
        }
        // Unknown, as Python says.
        _ => true,
    }
}
