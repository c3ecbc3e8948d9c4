//! Tables: named columns that lie in place, in Arrow's physical layout, and answer like the plain value they were.
//!
//! ```text
//! 0xc9, length of the body (4 bytes, big-endian), 84
//! body:  0  version, 1     1  padding     2  zero, two bytes
//!           padding, so that what follows, the base, is at a multiple of 64 from the payload's start
//!           head (64 bytes), a descriptor (96 bytes) for each column, texts, metadata, buffers; they end the body
//! ```
//!
//! `docs/tables.md` has every byte. To all other methods of a document a table *is* the value that it was made of: rows
//! are an array of maps, a list is an array, a frame is a map of arrays. See `node`.

mod check;
mod column;
mod format;
mod gather;
mod layout;
mod node;
mod recall;
mod texts;
mod write;

pub use check::MOST_LEVELS;
pub(crate) use check::first_wrong_text;
pub use column::Column;
pub use format::Kind;
pub use layout::{Origin, Table};
pub(super) use node::{Part, VIRTUAL, step};
pub use texts::{Dictionary, Texts};
pub use write::{Buffers, Field, Layout, begin, lay_out};

use super::head::Head;
use super::{Document, Node, TABLE};
use crate::error::{Error, Result, Status};

impl<'a> Document<'a> {
    /// The table at `node`.
    ///
    /// # Errors
    /// `InvalidArgument` too when something else is there, also a plain value that looks like a table.
    pub fn table(&self, node: Node) -> Result<Table<'a>> {
        match self.find_table(node)? {
            Some(table) => Ok(table),
            None => Err(self.mismatch(node, self.kind(node)?, "a table")),
        }
    }

    /// The table at `node`; `None` when something else is there.
    pub fn find_table(&self, node: Node) -> Result<Option<Table<'a>>> {
        if node & VIRTUAL != 0 {
            self.part_at(node)?;
            return Ok(None);
        }
        match self.head(node as usize)?.0 {
            Head::Ext { tag: TABLE, at, body } => self.decode_table(node as usize, at, body).map(Some),
            _ => Ok(None),
        }
    }

    /// What the value at `node` is when it is a table, or lies in one; `None` for all others.
    #[cold]
    pub(super) fn part(&self, node: Node) -> Result<Option<Part<'a>>> {
        if node & VIRTUAL != 0 {
            return self.part_at(node).map(Some);
        }
        Ok(self.find_table(node)?.map(Part::Table))
    }
}

/// Refuses what a caller asks of a table.
fn refused(what: impl Into<String>) -> Error {
    Error::new(Status::InvalidArgument, what.into())
}
