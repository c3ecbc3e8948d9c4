//! Exact values: a plain value that says which type of its writer's language it was.
//!
//! An extension of type 88, whose body is the number of the kind and one MessagePack value, the plain one. Readers that
//! know nothing of the kind see the plain value: a document means the same with and without.

use super::head::Head;
use super::table::VIRTUAL;
use super::{Document, Node};
use crate::error::Result;

/// The type number of the extension.
pub const EXACT: i8 = 88;
/// The type number of a table's extension.
pub const TABLE: i8 = 84;

/// Kind: an array that was a tuple of Python's.
pub const TUPLE: u8 = 1;
/// Kind: bytes that were a bytearray of Python's.
pub const BYTEARRAY: u8 = 2;
/// Kind: a segment that was an `array.array` of Python's.
pub const ARRAY: u8 = 3;
/// Kind: the same, with `long` as the type of its items.
pub const ARRAY_LONG: u8 = 4;
/// Kind: bytes or a segment that were a memoryview of Python's.
pub const MEMORYVIEW: u8 = 5;
/// Kind: a segment that was a big-endian array of NumPy's.
pub const BIG_ENDIAN: u8 = 6;
/// Kind: a segment that was an array of NumPy's in Fortran order.
pub const FORTRAN: u8 = 7;

impl<'a> Document<'a> {
    /// The kind of the value at `node`, if it is an exact one: what it is beside the plain value that all other
    /// methods see.
    pub fn exact(&self, node: Node) -> Result<Option<u8>> {
        self.at_node(node)?;
        if node & VIRTUAL != 0 {
            return Ok(None);
        }
        match self.outer_head(node as usize)?.0 {
            Head::Ext { tag: EXACT, body, .. } => Ok(body.first().copied()),
            _ => Ok(None),
        }
    }

    /// The head of the plain value in the exact value with this body, which begins at `at`.
    pub(crate) fn plain_head(&self, at: usize, body: &'a [u8]) -> Result<(Head<'a>, usize)> {
        if body.len() < 2 {
            return Err(self.corrupt(at, "an exact value without a value in it"));
        }
        let end = at + body.len();
        // What it holds ends with it.
        let within = Document { bytes: &self.bytes[..end], ..*self };
        let (head, next) = within.outer_head(at + 1)?;
        if matches!(head, Head::Ext { tag: EXACT, .. }) {
            return Err(self.corrupt(at + 1, "an exact value is the plain value of another"));
        }
        if head.children() == 0 {
            self.check_exact_end(next, end)?;
        }
        Ok((head, next))
    }

    /// The position after the exact value at `at`; `None` when something else is there.
    pub(super) fn exact_end(&self, at: usize) -> Option<usize> {
        if self.is_ext(at) { self.outer_head(at).ok().map(|(_, end)| end) } else { None }
    }

    /// Checks that the value that ends at `at` ends where the exact value does that it is.
    pub(crate) fn check_exact_end(&self, at: usize, end: usize) -> Result<()> {
        if end == at {
            return Ok(());
        }
        let what = format!("the value of an exact value ends here, and the exact value at {end}");
        Err(self.corrupt(at, what))
    }
}
