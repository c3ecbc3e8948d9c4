//! Columns that were looked at: who walks a table as the plain value it was asks for one value after the other, each of which
//! says only where its column is described.

use super::super::Document;
use super::super::head::Head;
use super::column::{Column, Told, descriptor};
use super::layout::{Origin, Table};
use std::cell::RefCell;

/// Columns that each thread remembers.
const COLUMNS: usize = 16;

/// A column of a document, and what the head of its table says.
#[derive(Clone, Copy)]
struct Known {
    document: u64,
    at: usize,
    base: usize,
    size: usize,
    rows: u64,
    columns: u32,
    descriptors: u32,
    origin: Origin,
    text: (usize, usize),
    metadata: (usize, usize),
    told: Told,
}

thread_local! {
    static KNOWN: [RefCell<Option<Known>>; COLUMNS] = const { [const { RefCell::new(None) }; COLUMNS] };
}

/// Descriptors lie 96 bytes apart.
fn slot(at: usize) -> usize {
    at / 96 % COLUMNS
}

/// The column whose descriptor is at `at`, when the thread looked at it before.
pub(super) fn column<'a>(document: &Document<'a>, at: usize) -> Option<Column<'a>> {
    known(document, at, |known| Some(known.column(document)))
}

/// The value at a row of such a column where it lies plainly in it: numbers, texts, what is nil. `None` says nothing.
pub(super) fn value<'a>(document: &Document<'a>, at: usize, row: u64) -> Option<Head<'a>> {
    known(document, at, |known| {
        let table = document.bytes.get(known.base..known.base + known.size)?;
        match known.told.plain_value(table, row)? {
            (head, None) => Some(head),
            (Head::Unsigned(code), Some(values)) => value(document, known.base + descriptor(values), code),
            _ => None,
        }
    })
}

/// The name of such a column.
pub(super) fn name<'a>(document: &Document<'a>, at: usize) -> Option<&'a [u8]> {
    known(document, at, |known| {
        let (start, size) = known.told.name;
        document.bytes.get(known.base + start..known.base + start + size)
    })
}

fn known<T>(document: &Document, at: usize, take: impl FnOnce(&Known) -> Option<T>) -> Option<T> {
    KNOWN.with(|places| {
        let known = places[slot(at)].try_borrow().ok()?;
        let known = known.as_ref().filter(|known| known.document == document.id && known.at == at)?;
        take(known)
    })
}

impl Known {
    fn column<'a>(&self, document: &Document<'a>) -> Column<'a> {
        let end = self.base + self.size;
        let table = Table {
            document: *document,
            node: self.base,
            end,
            base: self.base,
            bytes: document.bytes.get(self.base..end).unwrap_or_default(),
            rows: self.rows,
            columns: self.columns,
            descriptors: self.descriptors,
            origin: self.origin,
            text: self.text,
            metadata: self.metadata,
        };
        Column { table, told: self.told }
    }
}

/// Remembers a column.
pub(super) fn keep(at: usize, column: &Column) {
    let Column { table, told } = *column;
    let document = table.document;
    let known = Known {
        document: document.id,
        at,
        base: table.base,
        size: table.bytes.len(),
        rows: table.rows,
        columns: table.columns,
        descriptors: table.descriptors,
        origin: table.origin,
        text: table.text,
        metadata: table.metadata,
        told,
    };
    KNOWN.with(|places| {
        if let Ok(mut place) = places[slot(at)].try_borrow_mut() {
            *place = Some(known);
        }
    });
}
