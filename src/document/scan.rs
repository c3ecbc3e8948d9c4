//! Values one after the other, as they lie in the payload.

use super::head::Head;
use super::scalar::NOWHERE;
use super::{Document, EXTENSION, Node};
use crate::error::Result;

/// A value, or the beginning of a container whose values follow it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Value<'a> {
    /// Nothing.
    Nil,
    /// True or false.
    Bool(bool),
    /// A whole number below zero.
    Negative(i64),
    /// A whole number that is not below zero.
    Unsigned(u64),
    /// A number of 32 or 64 bits.
    Float(f64),
    /// Text.
    String(&'a str),
    /// Bytes.
    Bytes(&'a [u8]),
    /// An array of so many values.
    Array(usize),
    /// A map of so many pairs.
    Map(usize),
    /// An extension that is no segment.
    Ext {
        /// Its type number.
        tag: i8,
        /// Its bytes.
        body: &'a [u8],
    },
    /// A table, which [`Document::table`] checks and reads, or a value in one that holds others.
    Table,
    /// An array of items of one type, which [`Document::segment`] checks and reads.
    Segment,
}

impl<'a> Document<'a> {
    /// The value at `node`, and the position after it or, for a container that is not empty, of the first value in it:
    /// from one to the next a caller that counts goes over all of a document in one pass, however deep it is.
    ///
    /// # Errors
    /// `Corrupt` when the bytes cannot be right. Nesting is for the caller to bound.
    pub fn value(&self, node: Node) -> Result<(Value<'a>, Node)> {
        let (head, next) = self.at_node(node)?;
        if next == NOWHERE && matches!(head, Head::Array(_) | Head::Map(_)) {
            let end = self.find_table(node)?.map_or(node, |table| table.end());
            return Ok((Value::Table, end));
        }
        let value = match head {
            Head::Nil => Value::Nil,
            Head::Bool(value) => Value::Bool(value),
            Head::Negative(value) => Value::Negative(value),
            Head::Unsigned(value) => Value::Unsigned(value),
            Head::Float(value) => Value::Float(value),
            Head::String(text) => Value::String(self.utf8(node as usize, text)?),
            Head::Bytes(bytes) => Value::Bytes(bytes),
            Head::Array(count) => Value::Array(count),
            Head::Map(count) => Value::Map(count),
            Head::Ext { tag: EXTENSION, .. } => Value::Segment,
            Head::Ext { tag, body, .. } => Value::Ext { tag, body },
        };
        Ok((value, next as Node))
    }

    /// Where in the payload a part of it lies.
    pub fn offset_of(&self, part: &[u8]) -> u64 {
        (part.as_ptr().addr() - self.bytes.as_ptr().addr()) as u64
    }
}
