//! Going through an array or a map, one value at a time.

use super::head::Head;
use super::scalar::NOWHERE;
use super::table::{VIRTUAL, step};
use super::{Document, Node};
use crate::error::Result;

/// Where a walk through a container stands.
///
/// Made by [`Document::iterate`], moved by [`Document::next`]. The fields are plain, so that the C
/// ABI can keep them in the caller's memory; whatever they hold is checked when it is used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Iter {
    /// The current pair's key; [`Iter::NO_KEY`] in an array.
    pub key: Node,
    /// The current value.
    pub value: Node,
    /// The position after the current value.
    pub next: Node,
    /// Values (pairs) still to come.
    pub remaining: usize,
}

impl Iter {
    /// What `key` is when an array is gone through.
    pub const NO_KEY: Node = Node::MAX;
}

impl Document<'_> {
    /// Begins to go through the array or map at `node`: [`Document::next`] moves to its first value.
    pub fn iterate(&self, node: Node) -> Result<Iter> {
        let (head, start) = self.at_node(node)?;
        let (key, remaining) = match head {
            Head::Array(count) => (Iter::NO_KEY, count),
            Head::Map(count) => (node, count),
            other => return Err(self.mismatch(node, other.kind(), "an array or a map")),
        };
        if start == NOWHERE && remaining > 0 {
            let next = match self.part(node)? {
                Some(part) if key == Iter::NO_KEY => part.item(0)?,
                Some(part) => part.key(0)?,
                None => NOWHERE as Node,
            };
            return Ok(Iter { key, value: node, next, remaining });
        }
        Ok(Iter { key, value: node, next: start as Node, remaining })
    }

    /// Moves to the next value; false when there is none, and `iter` is then as it was.
    pub fn next(&self, iter: &mut Iter) -> Result<bool> {
        if iter.remaining == 0 {
            return Ok(false);
        }
        if iter.next & VIRTUAL != 0 {
            *iter = step(*iter);
            return Ok(true);
        }
        let (mut key, mut value) = (Iter::NO_KEY, iter.next);
        if iter.key != Iter::NO_KEY {
            key = value;
            value = self.after(key)?;
        }
        *iter = Iter { key, value, next: self.after(value)?, remaining: iter.remaining - 1 };
        Ok(true)
    }

    /// The position after the value at `node`.
    #[inline]
    fn after(&self, node: Node) -> Result<Node> {
        Ok(self.skip(usize::try_from(node).unwrap_or(NOWHERE))? as Node)
    }
}
