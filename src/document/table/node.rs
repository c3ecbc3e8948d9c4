//! Nodes of values that lie in tables: to who walks a document, a table is the plain value that it was made of.
//!
//! A value in a table has no bytes of its own where a walk could stand, so its node says which it is:
//!
//! ```text
//! bit 63     1
//! bits 60-62 what it is: see `Place`
//! bits 32-59 where what describes it is in the payload, in units of 32 bytes: the head, or a descriptor
//! bits 0-31  the row
//! ```
//!
//! Nodes come back from callers, so whatever they say is held against the payload again.

use super::super::head::Head;
use super::super::{Document, Iter, Node, Type};
use super::column::{Column, descriptor};
use super::layout::{DESCRIPTOR, HEAD, Table, le};
use super::recall;
use crate::error::{Error, Result, Status};

/// The bit of a node that lies in a table.
pub(in super::super) const VIRTUAL: Node = 1 << 63;
/// Descriptors are at multiples of this.
const UNIT: usize = 32;

/// What a node in a table is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
enum Place {
    /// A map of the values of a row.
    Row = 0,
    /// A value of a column.
    Cell = 1,
    /// An array of the values of a column.
    Column = 2,
    /// The name of a column, which the cell of a row follows.
    CellName = 3,
    /// The name of a column, which the column follows.
    ColumnName = 4,
}

/// What a table is, or a value in it.
#[derive(Debug, Clone, Copy)]
pub(in super::super) enum Part<'a> {
    Table(Table<'a>),
    Row(Table<'a>, u64),
    Column(Column<'a>),
    Cell(Column<'a>, u64),
    Name(Column<'a>),
}

/// Where what describes the value is in the payload.
const fn place_in(node: Node) -> usize {
    (node >> 32 & 0x0fff_ffff) as usize * UNIT
}

const fn node(place: Place, at: usize, row: u64) -> Node {
    VIRTUAL | (place as u64) << 60 | ((at / UNIT) as u64) << 32 | row
}

impl<'a> Document<'a> {
    /// The beginning of the value that a node in a table stands for.
    pub(in super::super) fn head_in_table(&self, node: Node) -> Result<Head<'a>> {
        let at = place_in(node);
        let known = match node >> 60 & 7 {
            1 => recall::value(self, at, node & 0xffff_ffff),
            3 | 4 => recall::name(self, at).map(Head::String),
            _ => None,
        };
        if let Some(head) = known {
            return Ok(head);
        }
        self.part_at(node)?.head()
    }

    /// What a node in a table stands for.
    pub(in super::super) fn part_at(&self, node: Node) -> Result<Part<'a>> {
        let at = place_in(node);
        let row = node & 0xffff_ffff;
        let part = match node >> 60 & 7 {
            0 => Part::Row(self.table_at(at)?, row),
            1 => {
                let column = self.column_at(at)?;
                match column.dictionary()? {
                    Some(values) if row < column.len() && !column.is_null(row)? => {
                        Part::Cell(values, column.code_at(row, values.len())?)
                    }
                    _ => Part::Cell(column, row),
                }
            }
            2 => Part::Column(self.column_at(at)?),
            3 | 4 => Part::Name(self.column_at(at)?),
            _ => return Err(self.no_value(node)),
        };
        let rows = match part {
            Part::Row(table, _) => table.rows(),
            Part::Cell(column, _) => column.len(),
            _ => u64::MAX,
        };
        match part {
            Part::Row(_, row) | Part::Cell(_, row) if row >= rows => Err(self.no_value(node)),
            part => Ok(part),
        }
    }

    fn no_value(&self, node: Node) -> Error {
        let size = self.bytes.len();
        self.corrupt(size, format_args!("no value at {node}: no table in the payload has it"))
    }

    /// The table whose head is at `base`.
    fn table_at(&self, base: usize) -> Result<Table<'a>> {
        let rest = self.bytes.get(base..).unwrap_or_default();
        if rest.len() < HEAD {
            return Err(self.corrupt(base, "no table in the document"));
        }
        match usize::try_from(le::<8>(rest, 56)).ok().and_then(|size| rest.get(..size)) {
            Some(bytes) => Table::with_head_at(*self, base, bytes),
            None => Err(self.corrupt(base + 56, "a table that goes on behind the document")),
        }
    }

    /// The column whose descriptor is at `at`.
    fn column_at(&self, at: usize) -> Result<Column<'a>> {
        if let Some(column) = recall::column(self, at) {
            return Ok(column);
        }
        let found = self.bytes.get(at..).filter(|rest| rest.len() >= DESCRIPTOR);
        let index = found.map(|rest| le::<4>(rest, 88) as u32);
        let base = index.and_then(|index| at.checked_sub(descriptor(index)));
        match (base, index) {
            (Some(base), Some(index)) => self.table_at(base)?.column(index),
            _ => Err(self.corrupt(at, "no column of a table")),
        }
    }
}

impl Table<'_> {
    /// The node of a value of a column, which a document reads as any other.
    ///
    /// # Errors
    /// `InvalidArgument` when there is no such column; `Corrupt`.
    pub fn cell(&self, row: u64, column: u32) -> Result<Node> {
        Ok(cell(&self.column(column)?, row))
    }
}

impl<'a> Part<'a> {
    /// The beginning of it, as documents have it.
    pub(in super::super) fn head(&self) -> Result<Head<'a>> {
        Ok(match self {
            Part::Table(table) if table.plain_type() == Type::Array => Head::Array(table.rows() as usize),
            Part::Table(table) | Part::Row(table, _) => Head::Map(table.columns() as usize),
            Part::Column(column) => Head::Array(column.len() as usize),
            Part::Cell(column, row) => column.head(*row)?,
            Part::Name(column) => Head::String(column.name().as_bytes()),
        })
    }

    /// The node of the value at an index of an array, which has as many.
    pub(in super::super) fn item(&self, index: usize) -> Result<Node> {
        let index = index as u64;
        Ok(match self {
            Part::Table(table) if table.plain_type() == Type::Map => return Err(Self::none()),
            Part::Table(table) if table.is_list() => node(Place::Cell, table.place_of(0), index),
            Part::Table(table) => node(Place::Row, table.base, index),
            Part::Column(column) => cell(column, index),
            Part::Cell(column, row) => cell(&column.child(0)?, column.items(*row)?.0 + index),
            Part::Row(..) | Part::Name(_) => return Err(Self::none()),
        })
    }

    /// The node of the key at an index of a map, which has as many.
    pub(in super::super) fn key(&self, index: usize) -> Result<Node> {
        let index = index as u32;
        Ok(match self {
            Part::Table(table) => node(Place::ColumnName, table.place_of(index), 0),
            Part::Row(table, row) => node(Place::CellName, table.place_of(index), *row),
            Part::Cell(column, row) => node(Place::CellName, column.child(index)?.place(), *row),
            Part::Column(_) | Part::Name(_) => return Err(Self::none()),
        })
    }

    /// The node of the value of a key of a map; `None` when it is not there.
    pub(in super::super) fn value_of(&self, key: &str) -> Result<Option<Node>> {
        Ok(match self {
            Part::Table(table) => {
                table.index_of(key)?.map(|index| node(Place::Column, table.place_of(index), 0))
            }
            Part::Row(table, row) => {
                table.index_of(key)?.map(|index| node(Place::Cell, table.place_of(index), *row))
            }
            Part::Cell(column, row) => column.child_named(key)?.map(|child| cell(&child, *row)),
            Part::Column(_) | Part::Name(_) => None,
        })
    }

    fn none() -> Error {
        Error::new(Status::InvalidArgument, "the value of a table has no values in it")
    }
}

/// Where a walk stands that goes to `iter.next` in a table.
pub(in super::super) fn step(iter: Iter) -> Iter {
    let Iter { key, next, remaining, .. } = iter;
    if key == Iter::NO_KEY {
        // The next row, or value of the column.
        return Iter { key, value: next, next: next.wrapping_add(1), remaining: remaining - 1 };
    }
    let to = if next >> 60 & 7 == Place::CellName as u64 { Place::Cell } else { Place::Column };
    let value = next & !(7 << 60) | (to as u64) << 60;
    let further = next.wrapping_add(((DESCRIPTOR / UNIT) as u64) << 32);
    Iter { key: next, value, next: further, remaining: remaining - 1 }
}

fn cell(column: &Column, row: u64) -> Node {
    node(Place::Cell, column.place(), row)
}
