//! The fixed part of a table: its head and what describes its columns, held against the bytes that are there.

use super::super::segment::ALIGNMENT;
use super::super::{Document, Node, Type};
use super::column::{Column, descriptor};
use super::refused;
use crate::error::Result;

/// The version of the layout.
pub(super) const VERSION: u8 = 1;
/// Bytes of the body before the padding.
pub(super) const FIXED: usize = 4;
/// Bytes of the head.
pub(super) const HEAD: usize = 64;
/// Bytes of a descriptor.
pub(super) const DESCRIPTOR: usize = 96;
/// Rows of a table at most: a node has 32 bits for the row.
pub(super) const MOST_ROWS: u64 = u32::MAX as u64;

/// What a table was before, and is to those who do not know tables.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum Origin {
    /// A list of maps that have the same keys in the same order.
    Rows = 1,
    /// A list of values of one type: a table of one column without a name.
    List = 2,
    /// Columns and nothing else.
    Columns = 3,
    /// A table of pyarrow's.
    Arrow = 4,
    /// A record batch of pyarrow's.
    Batch = 5,
    /// A frame of pandas'.
    Pandas = 6,
    /// A frame of Polars'.
    Polars = 7,
    /// A column of pandas': a table of one column.
    PandasSeries = 8,
    /// A column of Polars': a table of one column.
    PolarsSeries = 9,
}

impl Origin {
    /// All of them.
    pub const ALL: [Origin; 9] = [
        Origin::Rows,
        Origin::List,
        Origin::Columns,
        Origin::Arrow,
        Origin::Batch,
        Origin::Pandas,
        Origin::Polars,
        Origin::PandasSeries,
        Origin::PolarsSeries,
    ];

    /// The origin with this number.
    pub fn from_code(code: u32) -> Option<Origin> {
        Origin::ALL.into_iter().find(|origin| *origin as u32 == code)
    }
}

/// A table in a document, with what its head says.
#[derive(Clone, Copy)]
pub struct Table<'a> {
    pub(super) document: Document<'a>,
    /// Where the value begins, and ends.
    pub(super) node: usize,
    pub(super) end: usize,
    /// Where the head begins in the payload, and all from there on.
    pub(super) base: usize,
    pub(super) bytes: &'a [u8],
    pub(super) rows: u64,
    pub(super) columns: u32,
    pub(super) descriptors: u32,
    pub(super) origin: Origin,
    /// The texts, and the metadata of the whole.
    pub(super) text: (usize, usize),
    pub(super) metadata: (usize, usize),
}

impl std::fmt::Debug for Table<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let (rows, columns, origin, node) = (self.rows, self.columns, self.origin, self.node);
        write!(f, "Table({rows} rows, {columns} columns, {origin:?}, at byte {node})")
    }
}

/// Reads a little-endian number of `N` bytes; the caller has looked whether it is there.
pub(super) fn le<const N: usize>(bytes: &[u8], at: usize) -> u64 {
    let mut wide = [0; 8];
    wide[..N].copy_from_slice(&bytes[at..at + N]);
    u64::from_le_bytes(wide)
}

impl<'a> Document<'a> {
    /// Reads the table with this body, which begins at `at`, in the value at `node`.
    pub(in super::super) fn decode_table(&self, node: usize, at: usize, body: &'a [u8]) -> Result<Table<'a>> {
        let Some((&[version, padding, zeros @ ..], _)) = body.split_first_chunk::<FIXED>() else {
            let len = body.len();
            return Err(self.corrupt(at, format_args!("a table of {len} bytes: {FIXED} are its beginning")));
        };
        if version != VERSION {
            return Err(self.corrupt(at, format_args!("a table of version {version}, not {VERSION}")));
        }
        if usize::from(padding) >= ALIGNMENT {
            return Err(self.corrupt(at + 1, format_args!("{padding} bytes of padding in a table")));
        }
        if zeros != [0; 2] {
            return Err(self.corrupt(at + 2, "two bytes at the beginning of a table should be zero"));
        }
        let start = FIXED + usize::from(padding);
        let base = at + start;
        if !base.is_multiple_of(ALIGNMENT) {
            let what = format!("the head of a table is at byte {base}, no multiple of {ALIGNMENT}");
            return Err(self.corrupt(at + 1, what));
        }
        let bytes = body.get(start..).unwrap_or_default();
        Ok(Table { node, ..Table::with_head_at(*self, base, bytes)? })
    }
}

impl<'a> Table<'a> {
    /// The table whose head `bytes` begin with, at `base`, and which they are whole.
    pub(super) fn with_head_at(document: Document<'a>, base: usize, bytes: &'a [u8]) -> Result<Table<'a>> {
        if bytes.len() < HEAD {
            let what = format!("a table of {} bytes, {HEAD} are its head", bytes.len());
            return Err(document.corrupt(base, what));
        }
        let table = Table {
            document,
            node: base,
            end: base + bytes.len(),
            base,
            bytes,
            rows: 0,
            columns: 0,
            descriptors: 0,
            origin: Origin::Columns,
            text: (0, 0),
            metadata: (0, 0),
        };
        table.with_head()
    }

    /// The same with what its head says.
    fn with_head(mut self) -> Result<Table<'a>> {
        let bytes = self.bytes;
        self.rows = le::<8>(bytes, 0);
        self.columns = le::<4>(bytes, 8) as u32;
        self.descriptors = le::<4>(bytes, 12) as u32;
        self.origin = match Origin::from_code(bytes[16].into()) {
            Some(origin) => origin,
            None => return Err(self.corrupt(16, format_args!("{} is no origin of a table", bytes[16]))),
        };
        if bytes[17..24] != [0; 7] {
            return Err(self.corrupt(17, "seven bytes in the head of a table should be zero"));
        }
        if self.rows > MOST_ROWS {
            return Err(self.corrupt(0, format_args!("a table of {} rows, at most {MOST_ROWS}", self.rows)));
        }
        let size = le::<8>(bytes, 56);
        if size != bytes.len() as u64 {
            return Err(self.corrupt(56, format_args!("a table of {size} bytes in {}", bytes.len())));
        }
        // A value of a column takes a bit at least.
        if self.rows.div_ceil(8) > bytes.len() as u64 {
            return Err(self.corrupt(0, format_args!("{} rows in {} bytes", self.rows, bytes.len())));
        }
        let most = (bytes.len() - HEAD) / DESCRIPTOR;
        if self.descriptors as usize > most || self.columns > self.descriptors {
            let (columns, descriptors) = (self.columns, self.descriptors);
            let what = format!("{columns} columns and {descriptors} descriptors where {most} find room");
            return Err(self.corrupt(8, what));
        }
        if self.columns == 0 && self.rows > 0 {
            return Err(self.corrupt(0, format_args!("{} rows without a column", self.rows)));
        }
        if self.is_list() && self.columns != 1 {
            return Err(self.corrupt(8, format_args!("a list with {} columns", self.columns)));
        }
        self.text = self.range(24, "the texts")?;
        self.metadata = self.range(40, "the metadata")?;
        Ok(self)
    }

    /// The position and size at `at`, which name bytes behind the descriptors.
    pub(super) fn range(&self, at: usize, what: &str) -> Result<(usize, usize)> {
        let (start, size) = (le::<8>(self.bytes, at), le::<8>(self.bytes, at + 8));
        self.inside(at, start, size, what)
    }

    /// Holds a range against the bytes behind the descriptors; `at` is what named it.
    pub(super) fn inside(&self, at: usize, start: u64, size: u64, what: &str) -> Result<(usize, usize)> {
        let first = (HEAD + DESCRIPTOR * self.descriptors as usize) as u64;
        let end = start.checked_add(size);
        if (size == 0 && start == 0)
            || (start >= first && end.is_some_and(|end| end <= self.bytes.len() as u64))
        {
            return Ok((start as usize, size as usize));
        }
        let (len, what) = (self.bytes.len(), format!("{what} of a table are {size} bytes from {start} on"));
        Err(self.corrupt(at, format_args!("{what}, it has room from {first} to {len}")))
    }

    pub(super) fn corrupt(&self, at: usize, what: impl std::fmt::Display) -> crate::error::Error {
        self.document.corrupt(self.base + at, what)
    }

    /// How many rows there are.
    pub fn rows(&self) -> u64 {
        self.rows
    }

    /// How many columns there are; those that are values of others are not counted.
    pub fn columns(&self) -> u32 {
        self.columns
    }

    /// How many columns there are with those that others have: children and dictionaries.
    pub fn descriptors(&self) -> u32 {
        self.descriptors
    }

    /// What it was before.
    pub fn origin(&self) -> Origin {
        self.origin
    }

    /// The position of the value.
    pub fn node(&self) -> Node {
        self.node as Node
    }

    /// The position after it.
    pub fn end(&self) -> Node {
        self.end as Node
    }

    /// The metadata of the whole, as they are in Arrow's schemas.
    pub fn metadata(&self) -> &'a [u8] {
        &self.bytes[self.metadata.0..self.metadata.0 + self.metadata.1]
    }

    /// All from the head on.
    pub fn data(&self) -> &'a [u8] {
        self.bytes
    }

    /// Whether it is one column, and its values are those of the column.
    pub fn is_list(&self) -> bool {
        matches!(self.origin, Origin::List | Origin::PandasSeries | Origin::PolarsSeries)
    }

    /// What it is to those who do not know tables.
    pub fn plain_type(&self) -> Type {
        if self.is_list() || self.origin == Origin::Rows { Type::Array } else { Type::Map }
    }

    /// The column at `index`: the columns first, then those that they have.
    ///
    /// # Errors
    /// `InvalidArgument` where there is none.
    pub fn column(&self, index: u32) -> Result<Column<'a>> {
        if index >= self.descriptors {
            let what =
                format!("the table at byte {} has {} columns, no index {index}", self.node, self.columns);
            return Err(refused(what));
        }
        Column::at(self, index)
    }

    /// The column of a name, the first if there are several; `None` when there is none.
    pub fn column_named(&self, name: &str) -> Result<Option<Column<'a>>> {
        self.index_of(name)?.map(|index| Column::at(self, index)).transpose()
    }

    /// The index of the column of a name.
    pub(super) fn index_of(&self, name: &str) -> Result<Option<u32>> {
        for index in 0..self.columns {
            if self.name_of(index)? == name.as_bytes() {
                return Ok(Some(index));
            }
        }
        Ok(None)
    }

    /// Where in the payload the descriptor of a column is.
    pub(super) fn place_of(&self, index: u32) -> usize {
        self.base + descriptor(index)
    }
}
