//! Tables in documents: columns that are used in place, and the writing of them.

use super::arg::{bytes, give, invalid, items, out, text};
use super::document::{document_at, dy_lmdb_document_t, dy_lmdb_node_t, made};
use super::guard::guard;
use super::sized::{Growing, Out, read};
use super::status::dy_lmdb_status_t;
use super::writer::{dy_lmdb_writer_t, write};
use crate::document::table::{
    Buffers, Column, Field, Kind, Layout, MOST_LEVELS, Origin, Table, begin, lay_out,
};
use crate::error::{Error, Result, Status};
use std::ffi::{CStr, c_char, c_void};
use std::ptr;

/// The type number of the MessagePack extension that a table is to other libraries.
pub const DY_LMDB_TABLE_EXTENSION: u32 = 84;

/// What a table was made of, and is to `dy_lmdb_document_type` and its like: an array of maps, one for each row.
pub const DY_LMDB_TABLE_ROWS: u32 = 1;
/// An array: the values of the one column.
pub const DY_LMDB_TABLE_LIST: u32 = 2;
/// A map of arrays: the columns by their names.
pub const DY_LMDB_TABLE_COLUMNS: u32 = 3;
/// A map of arrays, which was a table of pyarrow's.
pub const DY_LMDB_TABLE_ARROW: u32 = 4;
/// A map of arrays, which was a record batch of pyarrow's.
pub const DY_LMDB_TABLE_BATCH: u32 = 5;
/// A map of arrays, which was a frame of pandas'.
pub const DY_LMDB_TABLE_PANDAS: u32 = 6;
/// A map of arrays, which was a frame of Polars'.
pub const DY_LMDB_TABLE_POLARS: u32 = 7;
/// An array, which was a series of pandas'.
pub const DY_LMDB_TABLE_PANDAS_SERIES: u32 = 8;
/// An array, which was a series of Polars'.
pub const DY_LMDB_TABLE_POLARS_SERIES: u32 = 9;

/// A table in a document. Set `struct_size` before the call; the call leaves it as it is and writes no byte beyond it.
#[repr(C)]
#[derive(Debug, Clone, Copy)]
pub struct dy_lmdb_table_t {
    /// `sizeof(dy_lmdb_table_t)` as the caller was compiled.
    pub struct_size: usize,
    /// The table's position in the document.
    pub node: dy_lmdb_node_t,
    /// The position after it.
    pub end: dy_lmdb_node_t,
    /// How many rows it has, at most 2^32 - 1.
    pub rows: u64,
    /// How many columns it has: their indices are 0 to `columns` - 1.
    pub columns: u32,
    /// How many columns there are with those that others have, children and dictionaries, whose indices follow.
    pub all_columns: u32,
    /// One of `DY_LMDB_TABLE_*`; later versions may add some.
    pub origin: u32,
    /// 1 when it is an array to `dy_lmdb_document_type`, 0 when it is a map.
    pub is_array: u32,
    /// Metadata of the whole in the form of Arrow's C data interface; NULL when there are none.
    pub metadata: *const c_void,
    /// Bytes of the metadata.
    pub metadata_size: usize,
}

impl Default for dy_lmdb_table_t {
    fn default() -> Self {
        dy_lmdb_table_t {
            struct_size: size_of::<Self>(),
            node: 0,
            end: 0,
            rows: 0,
            columns: 0,
            all_columns: 0,
            origin: 0,
            is_array: 0,
            metadata: ptr::null(),
            metadata_size: 0,
        }
    }
}

// SAFETY: repr(C), size first, then integers and a pointer.
unsafe impl Growing for dy_lmdb_table_t {
    const NAME: &'static str = "dy_lmdb_table_t";
}

impl From<Table<'_>> for dy_lmdb_table_t {
    fn from(table: Table) -> Self {
        dy_lmdb_table_t {
            struct_size: 0,
            node: table.node(),
            end: table.end(),
            rows: table.rows(),
            columns: table.columns(),
            all_columns: table.descriptors(),
            origin: table.origin() as u32,
            is_array: (table.plain_type() == crate::document::Type::Array).into(),
            metadata: pointer(table.metadata()),
            metadata_size: table.metadata().len(),
        }
    }
}

/// A column of a table, or what the values of one lie in. Set `struct_size` before the call; the call leaves it as it is
/// and writes no byte beyond it.
///
/// Buffers are as Arrow lays them out, in the payload, at multiples of 64 bytes from its start, and as long as `format`
/// and `length` need. What is *in* offsets and indices is checked by `dy_lmdb_document_check_table` alone: who follows
/// them without it compares them with the sizes.
#[repr(C)]
#[derive(Debug, Clone, Copy)]
pub struct dy_lmdb_column_t {
    /// `sizeof(dy_lmdb_column_t)` as the caller was compiled.
    pub struct_size: usize,
    /// The name, which a NUL follows.
    pub name: *const c_char,
    /// Bytes of the name without the NUL.
    pub name_size: usize,
    /// What the values are: a format of Arrow's C data interface, which a NUL follows. With a dictionary, what the indices
    /// are.
    pub format: *const c_char,
    /// How many values there are.
    pub length: u64,
    /// How many of them are nil.
    pub nulls: u64,
    /// A bit for each value, the lowest of a byte first: 0 says nil. NULL when all are there, and for format `n`.
    pub validity: *const u8,
    /// The values; the bytes of texts; bits of bools; NULL when there are none.
    pub data: *const c_void,
    /// Bytes of the data.
    pub data_size: usize,
    /// Where each text or list begins, and where the last ends: `length` + 1 integers. NULL for other formats.
    pub offsets: *const c_void,
    /// Bytes of each offset: 4 or 8; 0 without.
    pub offset_size: u32,
    /// Bytes of each value in the data; 0 for bools, texts, bytes, lists and structs.
    pub itemsize: u32,
    /// Its index in the table.
    pub index: u32,
    /// The index of the column that the values are indices in; 0 when there is none.
    pub dictionary: u32,
    /// The index of the first child: the values of lists, the fields of structs.
    pub first_child: u32,
    /// How many children there are, their indices follow each other.
    pub children: u32,
    /// One of `DY_LMDB_DTYPE_*` for integers and floats of a segment's types without a dictionary, else 0.
    pub dtype: u32,
    /// Flags of Arrow's C data interface: 1 the dictionary is ordered, 2 nil is allowed.
    pub flags: u32,
    /// Metadata in the form of Arrow's C data interface; NULL when there are none.
    pub metadata: *const c_void,
    /// Bytes of the metadata.
    pub metadata_size: usize,
}

impl Default for dy_lmdb_column_t {
    fn default() -> Self {
        dy_lmdb_column_t {
            struct_size: size_of::<Self>(),
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
}

// SAFETY: repr(C), size first, then integers and pointers.
unsafe impl Growing for dy_lmdb_column_t {
    const NAME: &'static str = "dy_lmdb_column_t";
}

impl From<Column<'_>> for dy_lmdb_column_t {
    fn from(column: Column) -> Self {
        let (first_child, children) = column.children();
        dy_lmdb_column_t {
            struct_size: 0,
            name: column.name().as_ptr().cast(),
            name_size: column.name().len(),
            format: column.format().as_ptr().cast(),
            length: column.len(),
            nulls: column.nulls(),
            validity: column.validity().map_or(ptr::null(), <[u8]>::as_ptr),
            data: pointer(column.data()),
            data_size: column.data().len(),
            offsets: pointer(column.offsets()),
            offset_size: column.kind().offset_size() as u32,
            itemsize: column.kind().itemsize() as u32,
            index: column.index(),
            dictionary: column.dictionary_index().unwrap_or(0),
            first_child,
            children,
            dtype: column.dtype().map_or(0, |dtype| dtype.code().into()),
            flags: column.flags(),
            metadata: pointer(column.metadata()),
            metadata_size: column.metadata().len(),
        }
    }
}

/// Where bytes are; NULL when there are none.
fn pointer(bytes: &[u8]) -> *const c_void {
    if bytes.is_empty() { ptr::null() } else { bytes.as_ptr().cast() }
}

/// The place for what tells of a table or a column.
unsafe fn place<T: Growing>(name: &str, place: *mut T) -> Result<Out<T>> {
    if place.is_null() {
        return Err(invalid(format!("{name} is NULL")));
    }
    // SAFETY: as the caller says.
    unsafe { Out::new(place) }
}

/// Whether a value is a table. `dy_lmdb_document_type` tells what the table was made of, so that who knows no tables
/// reads it as that.
///
/// - `document`: the document.
/// - `node`: the value.
/// - `is_table`: where to put 1 or 0.
///
/// Returns `DY_LMDB_OK`; `DY_LMDB_CORRUPT`.
///
/// Threads: any number at once.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn dy_lmdb_document_is_table(
    document: *const dy_lmdb_document_t,
    node: dy_lmdb_node_t,
    is_table: *mut u8,
) -> dy_lmdb_status_t {
    guard(|| {
        // SAFETY: as the documentation demands of the caller.
        let (document, is_table) = unsafe { (document_at(document)?, out("is_table", is_table)?) };
        is_table.write(document.find_table(node)?.is_some().into());
        Ok(())
    })
}

/// Tells of a table, which is used in place.
///
/// - `document`: the document.
/// - `node`: the table.
/// - `table`: where to tell.
///
/// Returns `DY_LMDB_OK`; `DY_LMDB_INVALID_ARGUMENT` also for a value that is no table; `DY_LMDB_CORRUPT`.
///
/// Memory: what it points to lies in the payload and is valid as long as that.
///
/// Threads: any number at once. Takes constant time.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn dy_lmdb_document_table(
    document: *const dy_lmdb_document_t,
    node: dy_lmdb_node_t,
    table: *mut dy_lmdb_table_t,
) -> dy_lmdb_status_t {
    guard(|| {
        // SAFETY: as the documentation demands of the caller.
        let (document, table) = unsafe { (document_at(document)?, place("table", table)?) };
        table.write(&document.table(node)?.into());
        Ok(())
    })
}

/// Tells of a column by its index.
///
/// - `document`: the document.
/// - `node`: the table.
/// - `index`: 0 to `columns` - 1; up to `all_columns` - 1 the children and dictionaries, which columns tell of.
/// - `column`: where to tell.
///
/// Returns `DY_LMDB_OK`; `DY_LMDB_INVALID_ARGUMENT` also when there is no table or no such column; `DY_LMDB_CORRUPT` when
/// the column's buffers cannot be right.
///
/// Memory: what it points to lies in the payload and is valid as long as that: until the document is closed, or the view,
/// whichever is later. It must not be written to.
///
/// Threads: any number at once. Takes constant time.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn dy_lmdb_document_column(
    document: *const dy_lmdb_document_t,
    node: dy_lmdb_node_t,
    index: u32,
    column: *mut dy_lmdb_column_t,
) -> dy_lmdb_status_t {
    guard(|| {
        // SAFETY: as the documentation demands of the caller.
        let (document, column) = unsafe { (document_at(document)?, place("column", column)?) };
        column.write(&document.table(node)?.column(index)?.into());
        Ok(())
    })
}

/// Tells of a column by its name; of the first, when several have it.
///
/// - `document`: the document.
/// - `node`: the table.
/// - `name`, `name_size`: the name.
/// - `column`: where to tell.
///
/// Returns `DY_LMDB_OK`; `DY_LMDB_NOT_FOUND`, which names the columns that are there; otherwise what
/// `dy_lmdb_document_column` does.
///
/// Memory: as for `dy_lmdb_document_column`.
///
/// Threads: any number at once. The time grows with the number of columns.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn dy_lmdb_document_column_named(
    document: *const dy_lmdb_document_t,
    node: dy_lmdb_node_t,
    name: *const c_char,
    name_size: usize,
    column: *mut dy_lmdb_column_t,
) -> dy_lmdb_status_t {
    guard(|| {
        // SAFETY: as the documentation demands of the caller.
        let (document, name, column) =
            unsafe { (document_at(document)?, text("name", name, name_size)?, place("column", column)?) };
        let table = document.table(node)?;
        let found = table.column_named(name)?.ok_or_else(|| unnamed(&table, name))?;
        column.write(&found.into());
        Ok(())
    })
}

/// Names at most so many columns in a message.
const NAMED: u32 = 20;

/// There is no column of a name.
pub(crate) fn unnamed(table: &Table, name: &str) -> Error {
    let names: Vec<String> = (0..table.columns().min(NAMED))
        .filter_map(|index| table.column(index).ok())
        .map(|column| format!("{:?}", column.name()))
        .collect();
    let more = if table.columns() > NAMED { ", …" } else { "" };
    let what = format!("the table has no column {name:?}; its columns are {}{more}", names.join(", "));
    Error::new(Status::NotFound, what)
}

/// Makes a table of a value, for readers that ask for columns whether a list was kept as a table or not: of an array of
/// maps (a column for each key, nil where a map lacks it), of a map of arrays and segments of one length, of an array or a
/// segment of one dimension. A table is taken as it is.
///
/// Values under one key become a column when they are of one type; integers beside floats become floats when that loses
/// nothing. Others, and segments in maps, make no column: who asks for it is told what columns there are.
///
/// - `document`: the document.
/// - `node`: the value.
/// - `table`: where to put a document of its own, whose outermost value is the table.
///
/// Returns `DY_LMDB_OK`; `DY_LMDB_INVALID_ARGUMENT` also for a value that no table can be made of; `DY_LMDB_LIMIT` when
/// there is no memory for it; `DY_LMDB_TOO_LARGE` over 4 GiB − 1; `DY_LMDB_CORRUPT`.
///
/// Memory: close it with `dy_lmdb_document_close`. It is a copy: it needs the document and its payload no more.
///
/// Threads: any number at once. Takes some passes over the value.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn dy_lmdb_document_to_table(
    document: *const dy_lmdb_document_t,
    node: dy_lmdb_node_t,
    table: *mut *mut dy_lmdb_document_t,
) -> dy_lmdb_status_t {
    guard(|| {
        // SAFETY: as the documentation demands of the caller.
        let (document, table) = unsafe { (document_at(document)?, out("table", table)?) };
        let done = match document.find_table(node)? {
            Some(found) => made(&[(0, &begin(0, found.data().len())?), (0, found.data())])?,
            None => document.with_table(node, |layout| {
                let (fixed, buffers) = lay_out(0, layout)?;
                made(&[&[(0, &fixed[..])], &buffers[..]].concat())
            })?,
        };
        table.write(give(done));
        Ok(())
    })
}

/// Checks all of a table: offsets, indices, texts, counts. Whoever then follows them without comparing reads nothing
/// outside.
///
/// - `document`: the document.
/// - `node`: the table.
///
/// Returns `DY_LMDB_OK`; `DY_LMDB_CORRUPT` with the position of the first fault; `DY_LMDB_INVALID_ARGUMENT` also for a
/// value that is no table.
///
/// Threads: any number at once. Takes one pass over the table.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn dy_lmdb_document_check_table(
    document: *const dy_lmdb_document_t,
    node: dy_lmdb_node_t,
) -> dy_lmdb_status_t {
    guard(|| {
        // SAFETY: as the documentation demands of the caller.
        unsafe { document_at(document) }?.table(node)?.check()
    })
}

/// A column that is to be written. Set `struct_size`, in each of an array of them; fields that are left zero are empty.
#[repr(C)]
#[derive(Debug, Clone, Copy)]
pub struct dy_lmdb_field_t {
    /// `sizeof(dy_lmdb_field_t)` as the caller was compiled.
    pub struct_size: usize,
    /// The name; needs no NUL.
    pub name: *const c_char,
    /// Bytes of the name.
    pub name_size: usize,
    /// What the values are: a format of Arrow's C data interface, up to its NUL. With a dictionary, what the indices are.
    pub format: *const c_char,
    /// How many values there are: in a table's columns as many as it has rows.
    pub length: u64,
    /// How many of them are nil.
    pub nulls: u64,
    /// A bit for each value, the lowest of a byte first: 0 says nil. May be NULL when none is.
    pub validity: *const u8,
    /// The values, as many bytes as `format` and `length` say; the bytes of texts, up to the last offset. May be NULL when
    /// there are none, and for format `n`.
    pub data: *const c_void,
    /// Where each text or list begins, and where the last ends: `length` + 1 integers of 4 or 8 bytes, from 0 on. NULL for
    /// other formats, and when there is no value.
    pub offsets: *const c_void,
    /// The column whose values these are indices in; NULL when there is none.
    pub dictionary: *const dy_lmdb_field_t,
    /// The values of lists, the fields of structs: an array of them.
    pub children: *const dy_lmdb_field_t,
    /// How many children there are.
    pub child_count: usize,
    /// Metadata in the form of Arrow's C data interface.
    pub metadata: *const c_void,
    /// Bytes of the metadata.
    pub metadata_size: usize,
    /// Flags of Arrow's C data interface.
    pub flags: u64,
}

impl Default for dy_lmdb_field_t {
    fn default() -> Self {
        dy_lmdb_field_t {
            struct_size: size_of::<Self>(),
            name: ptr::null(),
            name_size: 0,
            format: ptr::null(),
            length: 0,
            nulls: 0,
            validity: ptr::null(),
            data: ptr::null(),
            offsets: ptr::null(),
            dictionary: ptr::null(),
            children: ptr::null(),
            child_count: 0,
            metadata: ptr::null(),
            metadata_size: 0,
            flags: 0,
        }
    }
}

// SAFETY: repr(C), size first, then integers and pointers.
unsafe impl Growing for dy_lmdb_field_t {
    const NAME: &'static str = "dy_lmdb_field_t";
}

/// What offsets point to when a column has no value and no offsets.
const NO_OFFSET: [u8; 8] = [0; 8];

/// The fields at `fields`, each as long as its caller was compiled with.
unsafe fn fields<'a>(
    name: &str,
    first: *const dy_lmdb_field_t,
    count: usize,
    level: u8,
) -> Result<Vec<Field<'a>>> {
    if count > 0 && first.is_null() {
        return Err(invalid(format!("{name} is NULL but its length is {count}")));
    }
    let mut fields = Vec::new();
    let mut at = first.cast::<u8>();
    for _ in 0..count {
        // SAFETY: as the caller says, there are as many, one after the other.
        fields.push(unsafe { field(at.cast(), level) }?);
        // SAFETY: as above; the size is the caller's of each, which `field` has looked at.
        at = unsafe { at.add(at.cast::<usize>().read()) };
    }
    Ok(fields)
}

unsafe fn field<'a>(given: *const dy_lmdb_field_t, level: u8) -> Result<Field<'a>> {
    if level == MOST_LEVELS {
        return Err(invalid(format!("more than {MOST_LEVELS} columns inside one another")));
    }
    // SAFETY: as the caller says.
    let given = unsafe { read(given) }?;
    // SAFETY: as the caller says.
    let name = unsafe { text("name of a column", given.name, given.name_size) }?;
    if given.format.is_null() {
        return Err(invalid(format!("the format of column {name:?} is NULL")));
    }
    // SAFETY: not NULL, and a NUL ends it, says the caller.
    let format = unsafe { CStr::from_ptr(given.format) }
        .to_str()
        .map_err(|_| invalid(format!("the format of column {name:?} is not UTF-8")))?;
    let Some(kind) = Kind::of(format) else {
        return Err(invalid(format!(
            "tables hold no values of format {format:?}, which column {name:?} has"
        )));
    };
    let length = usize::try_from(given.length).unwrap_or(usize::MAX);
    // SAFETY: as the caller says.
    let metadata = unsafe { bytes("metadata of a column", given.metadata, given.metadata_size) }?;
    let validity = match (given.validity.is_null(), kind) {
        (true, _) | (_, Kind::Null) => &[][..],
        // SAFETY: as the caller says.
        _ => unsafe { items("validity of a column", given.validity, length.div_ceil(8)) }?,
    };
    let offsets = match kind.offset_size() as usize {
        0 => &[][..],
        each if length == 0 && given.offsets.is_null() => &NO_OFFSET[..each],
        each => {
            let size = length.saturating_add(1).saturating_mul(each);
            // SAFETY: as the caller says.
            unsafe { bytes("offsets of a column", given.offsets, size) }?
        }
    };
    let size = match (kind.data_size(given.length), kind) {
        (Some(_), Kind::Null) => 0,
        (Some(size), _) => size as usize,
        (None, Kind::Text(_) | Kind::Bytes(_)) => last(offsets, kind.offset_size() as usize)?,
        (None, _) => usize::MAX,
    };
    // SAFETY: as the caller says.
    let data = unsafe { bytes("data of a column", given.data, size) }?;
    let dictionary = if given.dictionary.is_null() {
        None
    } else {
        // SAFETY: not NULL, so one is there, says the caller.
        Some(Box::new(unsafe { field(given.dictionary, level + 1) }?))
    };
    // SAFETY: as the caller says.
    let children = unsafe { fields("children of a column", given.children, given.child_count, level + 1) }?;
    let flags =
        u32::try_from(given.flags).map_err(|_| invalid(format!("flags {:#x} of a column", given.flags)))?;
    Ok(Field {
        name,
        format,
        flags,
        metadata,
        length: given.length,
        nulls: given.nulls,
        buffers: Buffers { validity, offsets, data },
        dictionary,
        children,
    })
}

/// The last offset, up to which bytes are.
fn last(offsets: &[u8], each: usize) -> Result<usize> {
    let last = offsets.len().checked_sub(each).and_then(|at| offsets.get(at..)).unwrap_or_default();
    let mut wide = [0; 8];
    wide[..last.len()].copy_from_slice(last);
    usize::try_from(u64::from_le_bytes(wide)).map_err(|_| invalid("the last offset of a column is no size"))
}

/// Writes a table: named columns whose readers use them in place. To who knows no tables it is the value that `origin`
/// says.
///
/// - `writer`: the writer.
/// - `origin`: one of `DY_LMDB_TABLE_*`.
/// - `rows`: how many rows it has.
/// - `columns`, `count`: the columns.
/// - `metadata`, `metadata_size`: metadata of the whole in the form of Arrow's C data interface, or (NULL, 0).
///
/// Returns `DY_LMDB_OK`; `DY_LMDB_INVALID_ARGUMENT` also when columns do not go together, or a table has no place here (as
/// a map's key, say); `DY_LMDB_TOO_LARGE` over 4 GiB - 1. What is *in* offsets, indices and texts is not looked at.
///
/// Memory: the buffers are borrowed: they must stay, unchanged, until the writer is reset or freed. Each
/// `dy_lmdb_writer_put` copies them once, straight into the entry. The structs and names are copied.
///
/// Threads: one at a time on a writer.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn dy_lmdb_writer_table(
    writer: *mut dy_lmdb_writer_t,
    origin: u32,
    rows: u64,
    columns: *const dy_lmdb_field_t,
    count: usize,
    metadata: *const c_void,
    metadata_size: usize,
) -> dy_lmdb_status_t {
    let layout = || -> Result<Layout<'static>> {
        let origin =
            Origin::from_code(origin).ok_or_else(|| invalid(format!("{origin} is no origin of a table")))?;
        // SAFETY: as the documentation demands of the caller, until the writer is reset or freed.
        let (columns, metadata) =
            unsafe { (fields("columns", columns, count, 0)?, bytes("metadata", metadata, metadata_size)?) };
        Ok(Layout { origin, rows, metadata, columns })
    };
    // SAFETY: as the documentation demands of the caller.
    unsafe { write(writer, |writer| writer.table(&layout()?)) }
}
