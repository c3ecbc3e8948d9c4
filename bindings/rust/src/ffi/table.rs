//! Tables of documents.

use super::{Document, chars, check, slice};
use crate::error::{Error, ErrorKind, Result};
use crate::segment::{Dtype, SegmentItem, Unit, cast};
use crate::sys;
use std::ffi::CStr;
use std::ptr;

/// What a table was made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Origin {
    /// A list of maps with the same keys.
    Rows,
    /// A list of values of one type: one column, whose name is empty.
    List,
    /// Columns and nothing else.
    Columns,
    /// A table of pyarrow's.
    Arrow,
    /// A record batch of pyarrow's.
    Batch,
    /// A frame of pandas'.
    Pandas,
    /// A frame of Polars'.
    Polars,
    /// A series of pandas'.
    PandasSeries,
    /// A series of Polars'.
    PolarsSeries,
}

impl Origin {
    const ALL: [(u32, Origin); 9] = [
        (sys::DY_LMDB_TABLE_ROWS, Origin::Rows),
        (sys::DY_LMDB_TABLE_LIST, Origin::List),
        (sys::DY_LMDB_TABLE_COLUMNS, Origin::Columns),
        (sys::DY_LMDB_TABLE_ARROW, Origin::Arrow),
        (sys::DY_LMDB_TABLE_BATCH, Origin::Batch),
        (sys::DY_LMDB_TABLE_PANDAS, Origin::Pandas),
        (sys::DY_LMDB_TABLE_POLARS, Origin::Polars),
        (sys::DY_LMDB_TABLE_PANDAS_SERIES, Origin::PandasSeries),
        (sys::DY_LMDB_TABLE_POLARS_SERIES, Origin::PolarsSeries),
    ];

    pub(super) fn code(self) -> u32 {
        let found = Origin::ALL.iter().find(|(_, origin)| *origin == self);
        found.map_or(sys::DY_LMDB_TABLE_COLUMNS, |(number, _)| *number)
    }
}

/// A table in a document, in place: named columns. What it tells borrows the payload.
///
/// ```no_run
/// # fn read(view: &dishtayantra::View) -> dishtayantra::Result<f64> {
/// let document = view.document()?;
/// let trades = document.root().get("trades")?.table()?;
/// let prices: &[f64] = trades.column("px")?.slice()?;
/// let symbol: Option<&str> = trades.column("symbol")?.str(0)?;
/// # let _ = symbol;
/// # Ok(prices[0])
/// # }
/// ```
#[derive(Clone, Copy)]
pub struct Table<'d, 'a> {
    document: &'d Document<'a>,
    raw: sys::dy_lmdb_table_t,
}

/// A column of a table, or what the values of one lie in.
///
/// Values are asked for by their index, from 0; [`ErrorKind::InvalidArgument`] behind the last.
#[derive(Clone, Copy)]
pub struct Column<'d, 'a> {
    document: &'d Document<'a>,
    table: sys::dy_lmdb_node_t,
    raw: sys::dy_lmdb_column_t,
}

/// What a column has beside what it tells.
pub(crate) struct Parts<'a> {
    pub(crate) flags: u32,
    pub(crate) validity: &'a [u8],
    pub(crate) offsets: &'a [u8],
    pub(crate) metadata: &'a [u8],
}

impl<'d, 'a> Table<'d, 'a> {
    pub(super) fn at(document: &'d Document<'a>, node: sys::dy_lmdb_node_t) -> Result<Table<'d, 'a>> {
        let mut raw = sys::dy_lmdb_table_t {
            struct_size: size_of::<sys::dy_lmdb_table_t>(),
            node: 0,
            end: 0,
            rows: 0,
            columns: 0,
            all_columns: 0,
            origin: 0,
            is_array: 0,
            metadata: ptr::null(),
            metadata_size: 0,
        };
        let functions = document.functions;
        // SAFETY: the document is open; the struct says its size.
        check(functions, unsafe {
            (functions.dy_lmdb_document_table)(document.handle.as_ptr(), node, &mut raw)
        })?;
        Ok(Table { document, raw })
    }

    /// How many rows there are.
    pub fn rows(self) -> usize {
        self.raw.rows as usize
    }

    /// How many columns there are.
    pub fn columns(self) -> usize {
        self.raw.columns as usize
    }

    /// What it was made of. Fails with [`ErrorKind::InvalidArgument`] for what a later version makes tables of.
    pub fn origin(self) -> Result<Origin> {
        let found = Origin::ALL.iter().find(|(number, _)| *number == self.raw.origin);
        found.map(|(_, origin)| *origin).ok_or_else(|| {
            Error::invalid(format!("a table made of {}, which is not known here", self.raw.origin))
        })
    }

    /// The metadata of the whole, in the form of Arrow's C data interface.
    pub fn metadata(self) -> &'a [u8] {
        // SAFETY: the bytes lie in the payload, which stays, unchanged, for `'a`.
        unsafe { slice(self.raw.metadata, self.raw.metadata_size) }
    }

    /// The column of a name. Fails with [`ErrorKind::NotFound`], naming those that are there.
    pub fn column(self, name: &str) -> Result<Column<'d, 'a>> {
        let functions = self.document.functions;
        let mut raw = nothing();
        // SAFETY: the document is open; the name stays during the call; the struct says its size.
        let status = unsafe {
            (functions.dy_lmdb_document_column_named)(
                self.document.handle.as_ptr(),
                self.raw.node,
                chars(name),
                name.len(),
                &mut raw,
            )
        };
        check(functions, status)?;
        Ok(Column { document: self.document, table: self.raw.node, raw })
    }

    /// The same; none when there is no such column.
    pub fn try_column(self, name: &str) -> Result<Option<Column<'d, 'a>>> {
        match self.column(name) {
            Ok(column) => Ok(Some(column)),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// The column at an index, from 0.
    pub fn column_at(self, index: usize) -> Result<Column<'d, 'a>> {
        if index >= self.columns() {
            let columns = self.columns();
            return Err(Error::invalid(format!("a table of {columns} columns has none at {index}")));
        }
        Column::at(self.document, self.raw.node, index as u32)
    }

    /// The document that it is in, and where.
    #[cfg(feature = "arrow")]
    pub(super) fn place(self) -> (&'d Document<'a>, sys::dy_lmdb_node_t) {
        (self.document, self.raw.node)
    }

    /// Checks all of it in one pass: offsets, indices, texts, counts.
    pub fn check(self) -> Result<()> {
        let functions = self.document.functions;
        // SAFETY: the document is open.
        check(functions, unsafe {
            (functions.dy_lmdb_document_check_table)(self.document.handle.as_ptr(), self.raw.node)
        })
    }
}

fn nothing() -> sys::dy_lmdb_column_t {
    sys::dy_lmdb_column_t {
        struct_size: size_of::<sys::dy_lmdb_column_t>(),
        name: ptr::null(),
        name_size: 0,
        format: ptr::null(),
        length: 0,
        nulls: 0,
        validity: ptr::null(),
        data: ptr::null(),
        data_size: 0,
        offsets: ptr::null(),
        offset_size: 0,
        itemsize: 0,
        index: 0,
        dictionary: 0,
        first_child: 0,
        children: 0,
        dtype: 0,
        flags: 0,
        metadata: ptr::null(),
        metadata_size: 0,
    }
}

impl<'d, 'a> Column<'d, 'a> {
    fn at(document: &'d Document<'a>, table: sys::dy_lmdb_node_t, index: u32) -> Result<Column<'d, 'a>> {
        let (functions, mut raw) = (document.functions, nothing());
        // SAFETY: the document is open; the struct says its size.
        let status =
            unsafe { (functions.dy_lmdb_document_column)(document.handle.as_ptr(), table, index, &mut raw) };
        check(functions, status)?;
        Ok(Column { document, table, raw })
    }

    /// Its name.
    pub fn name(self) -> &'a str {
        // SAFETY: the text lies in the payload, which stays, unchanged, for `'a`.
        let name = unsafe { slice(self.raw.name.cast(), self.raw.name_size) };
        std::str::from_utf8(name).expect("the engine tells only names that are UTF-8")
    }

    /// What the values are, as Arrow's C data interface says it: "g" for `f64`, "l" for `i64`, "u" for text. With a
    /// dictionary, what the indices are.
    pub fn format(self) -> &'a str {
        // SAFETY: a text of the payload, which a NUL ends and which stays, unchanged, for `'a`.
        let format = unsafe { CStr::from_ptr(self.raw.format) };
        format.to_str().expect("the engine tells only formats that are UTF-8")
    }

    /// The dtype of numbers; none for all others, and for indices in a dictionary.
    pub fn dtype(self) -> Option<Dtype> {
        Dtype::of_codes(self.raw.dtype, sys::DY_LMDB_UNIT_GENERIC).ok()
    }

    /// How many values there are.
    pub fn len(self) -> usize {
        self.raw.length as usize
    }

    /// Whether there is none.
    pub fn is_empty(self) -> bool {
        self.raw.length == 0
    }

    /// How many of them are nil.
    pub fn null_count(self) -> usize {
        self.raw.nulls as usize
    }

    /// Whether a value is nil.
    pub fn is_null(self, index: usize) -> Result<bool> {
        self.inside(index)?;
        if self.raw.validity.is_null() {
            return Ok(self.raw.nulls == self.raw.length);
        }
        // SAFETY: there is a bit for each value.
        let bits = unsafe { slice(self.raw.validity.cast(), self.len().div_ceil(8)) };
        Ok(bits[index / 8] >> (index % 8) & 1 == 0)
    }

    /// Whether the values are `T`s in place: numbers, or what times are counted in, which are integers of their size.
    pub fn holds<T: SegmentItem>(self) -> bool {
        let counts = matches!(T::DTYPE, Dtype::Int32 | Dtype::Int64)
            && self.format().starts_with('t')
            && self.raw.itemsize as usize == size_of::<T>();
        self.raw.dtype == T::DTYPE.codes().0 || counts
    }

    /// The numbers in place, those of nil values among them, which mean nothing; of times what they are counted in, see
    /// [`unit`](Column::unit). Fails with [`ErrorKind::InvalidArgument`] when they are of another type.
    pub fn slice<T: SegmentItem>(self) -> Result<&'a [T]> {
        if !self.holds::<T>() {
            return Err(self.other(T::DTYPE.name()));
        }
        cast(self.data())
    }

    /// What dates, times and spans of time are counted in; [`Unit::Generic`] for all others.
    pub fn unit(self) -> Unit {
        match self.format().as_bytes() {
            [b't', b'i', ..] => Unit::Generic,
            [b't', _, b'D', ..] => Unit::Day,
            [b't', _, b's', ..] => Unit::Second,
            [b't', _, b'm', ..] => Unit::Millisecond,
            [b't', _, b'u', ..] => Unit::Microsecond,
            [b't', _, b'n', ..] => Unit::Nanosecond,
            _ => Unit::Generic,
        }
    }

    /// The time zone of points in time; none when they have none, and for all others.
    pub fn zone(self) -> Option<&'a str> {
        let format = self.format();
        format.starts_with("ts").then(|| &format[4..]).filter(|zone| !zone.is_empty())
    }

    /// The same, as `f64`.
    pub fn f64s(self) -> Result<&'a [f64]> {
        self.slice()
    }

    /// The same, as `i64`.
    pub fn i64s(self) -> Result<&'a [i64]> {
        self.slice()
    }

    /// A bool; none for nil.
    pub fn bool(self, index: usize) -> Result<Option<bool>> {
        if self.is_null(index)? {
            return Ok(None);
        }
        match self.format() {
            "b" => Ok(Some(self.data()[index / 8] >> (index % 8) & 1 == 1)),
            _ => Err(self.other("bool")),
        }
    }

    /// A text in place, with or without a dictionary; none for nil.
    pub fn str(self, index: usize) -> Result<Option<&'a str>> {
        if self.is_null(index)? {
            return Ok(None);
        }
        if let Some(dictionary) = self.dictionary()? {
            let (code, count) = (self.code(index)?, dictionary.len());
            if code >= count {
                let name = self.name();
                let what = format!("index {code} of {count} texts, value {index} of column {name:?}");
                return Err(Error::new(ErrorKind::Corrupt, what));
            }
            return dictionary.str(code);
        }
        if !matches!(self.format(), "u" | "U") {
            return Err(self.other("text"));
        }
        match std::str::from_utf8(self.item(index)?) {
            Ok(text) => Ok(Some(text)),
            Err(why) => Err(self.damaged(index, &why.to_string())),
        }
    }

    /// Bytes in place, of columns of bytes, of N bytes each, of decimals and whatever else has no type here; none for nil.
    pub fn bytes(self, index: usize) -> Result<Option<&'a [u8]>> {
        if self.is_null(index)? {
            return Ok(None);
        }
        if self.raw.offset_size != 0 && self.raw.children == 0 {
            return self.item(index).map(Some);
        }
        match self.raw.itemsize as usize {
            0 => Err(self.other("bytes")),
            size => Ok(Some(&self.data()[index * size..][..size])),
        }
    }

    /// Where the values of a list are in [`child(0)`](Column::child); none for nil.
    pub fn range(self, index: usize) -> Result<Option<std::ops::Range<usize>>> {
        let format = self.format();
        if self.children() != 1 || !format.starts_with('+') || format == "+s" {
            return Err(self.other("lists"));
        }
        if self.is_null(index)? {
            return Ok(None);
        }
        if let Some(each) = format.strip_prefix("+w:").and_then(|each| each.parse::<usize>().ok()) {
            return Ok(Some(index * each..(index + 1) * each));
        }
        let (from, to) = (self.offset(index), self.offset(index + 1));
        if from > to || to > self.child(0)?.len() {
            return Err(self.damaged(index, "its values are not there"));
        }
        Ok(Some(from..to))
    }

    /// The column that the values are indices in.
    pub fn dictionary(self) -> Result<Option<Column<'d, 'a>>> {
        match self.raw.dictionary {
            0 => Ok(None),
            index => Column::at(self.document, self.table, index).map(Some),
        }
    }

    /// The index of a value in the dictionary, which is smaller than its length once [`Table::check`] said so.
    pub fn code(self, index: usize) -> Result<usize> {
        self.inside(index)?;
        let size = self.raw.itemsize as usize;
        if self.raw.dictionary == 0 || !(1..=8).contains(&size) {
            return Err(self.other("indices in a dictionary"));
        }
        let mut code = [0; 8];
        code[..size].copy_from_slice(&self.data()[index * size..][..size]);
        Ok(u64::from_le_bytes(code) as usize)
    }

    /// The indices in place, for columns of format "i", which is what this library writes.
    pub fn codes(self) -> Result<&'a [i32]> {
        match (self.format(), self.raw.dictionary) {
            ("i", 1..) => cast(self.data()),
            _ => Err(self.other("indices of 32 bits")),
        }
    }

    /// How many columns its values lie in: one of lists, those of structs.
    pub fn children(self) -> usize {
        self.raw.children as usize
    }

    /// One of them.
    pub fn child(self, index: usize) -> Result<Column<'d, 'a>> {
        if index >= self.children() {
            let (name, children) = (self.name(), self.children());
            return Err(Error::invalid(format!("column {name:?} has {children} children, none at {index}")));
        }
        Column::at(self.document, self.table, self.raw.first_child + index as u32)
    }

    /// The bytes of the values, or of the texts, as Arrow lays them out.
    pub fn data(self) -> &'a [u8] {
        // SAFETY: the bytes lie in the payload, which stays, unchanged, for `'a`.
        unsafe { slice(self.raw.data, self.raw.data_size) }
    }

    /// The bytes of a value that has offsets.
    fn item(self, index: usize) -> Result<&'a [u8]> {
        let (from, to) = (self.offset(index), self.offset(index + 1));
        self.data().get(from..to).ok_or_else(|| self.damaged(index, "its bytes are not there"))
    }

    /// What else a column has when it is to be written again. Fails with [`ErrorKind::Corrupt`] when texts, or bytes, end
    /// outside the data.
    pub(crate) fn parts(self) -> Result<Parts<'a>> {
        let (length, size) = (self.len(), self.raw.offset_size as usize);
        if size != 0 && self.raw.children == 0 && length > 0 && self.offset(length) > self.raw.data_size {
            return Err(self.damaged(length - 1, "its bytes are not there"));
        }
        // SAFETY: as many bytes as there are values, in the payload, which stays, unchanged, for `'a`.
        unsafe {
            let bits = if self.raw.validity.is_null() { 0 } else { length.div_ceil(8) };
            let ends = if self.raw.offsets.is_null() { 0 } else { size * (length + 1) };
            Ok(Parts {
                flags: self.raw.flags,
                validity: slice(self.raw.validity.cast(), bits),
                offsets: slice(self.raw.offsets, ends),
                metadata: slice(self.raw.metadata, self.raw.metadata_size),
            })
        }
    }

    fn offset(self, index: usize) -> usize {
        let size = self.raw.offset_size as usize;
        // SAFETY: there is one more than values.
        let offsets = unsafe { slice(self.raw.offsets, size * (self.len() + 1)) };
        let mut offset = [0; 8];
        offset[..size].copy_from_slice(&offsets[index * size..][..size]);
        u64::from_le_bytes(offset) as usize
    }

    fn inside(self, index: usize) -> Result<()> {
        if index < self.len() {
            return Ok(());
        }
        let (name, len) = (self.name(), self.len());
        Err(Error::invalid(format!("column {name:?} has {len} values, none at {index}")))
    }

    fn damaged(self, index: usize, why: &str) -> Error {
        Error::new(ErrorKind::Corrupt, format!("value {index} of column {:?}: {why}", self.name()))
    }

    fn other(self, wanted: &str) -> Error {
        Error::invalid(format!("column {:?} is of format {:?}, not {wanted}", self.name(), self.format()))
    }
}

impl std::fmt::Debug for Table<'_, '_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let names: Vec<&str> = (0..self.columns().min(SHOWN))
            .filter_map(|index| self.column_at(index).ok())
            .map(Column::name)
            .collect();
        f.debug_struct("Table").field("rows", &self.rows()).field("columns", &names).finish_non_exhaustive()
    }
}

/// Names that are shown.
const SHOWN: usize = 6;

impl std::fmt::Debug for Column<'_, '_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Column")
            .field("name", &self.name())
            .field("format", &self.format())
            .field("len", &self.len())
            .field("null_count", &self.null_count())
            .finish_non_exhaustive()
    }
}
