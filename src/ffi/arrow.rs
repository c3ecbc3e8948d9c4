//! Tables as Arrow's C data interface: columns leave where they lie, and keep the payload for as long as somebody has one.
//!
//! <https://arrow.apache.org/docs/format/CDataInterface.html>

use super::arg::{maybe_out, out};
use super::document::{dy_lmdb_document_t, dy_lmdb_node_t, hold};
use super::guard::guard;
use super::status::dy_lmdb_status_t;
use crate::document::Document;
use crate::document::table::{Column, Kind, Table};
use crate::error::Result;
use std::any::Any;
use std::ffi::{CStr, CString, c_char, c_int, c_void};
use std::mem::MaybeUninit;
use std::ptr;
use std::sync::Arc;

/// What an array is of.
#[repr(C)]
#[allow(missing_docs, reason = "the interface's page tells of each field")]
pub struct ArrowSchema {
    pub format: *const c_char,
    pub name: *const c_char,
    pub metadata: *const c_char,
    pub flags: i64,
    pub n_children: i64,
    pub children: *mut *mut ArrowSchema,
    pub dictionary: *mut ArrowSchema,
    pub release: Option<unsafe extern "C" fn(*mut ArrowSchema)>,
    pub private_data: *mut c_void,
}

/// Where the buffers of an array are.
#[repr(C)]
#[allow(missing_docs, reason = "the interface's page tells of each field")]
pub struct ArrowArray {
    pub length: i64,
    pub null_count: i64,
    pub offset: i64,
    pub n_buffers: i64,
    pub n_children: i64,
    pub buffers: *mut *const c_void,
    pub children: *mut *mut ArrowArray,
    pub dictionary: *mut ArrowArray,
    pub release: Option<unsafe extern "C" fn(*mut ArrowArray)>,
    pub private_data: *mut c_void,
}

/// Arrays that come one after the other.
#[repr(C)]
#[allow(missing_docs, reason = "the interface's page tells of each field")]
pub struct ArrowArrayStream {
    pub get_schema: Option<unsafe extern "C" fn(*mut ArrowArrayStream, *mut ArrowSchema) -> c_int>,
    pub get_next: Option<unsafe extern "C" fn(*mut ArrowArrayStream, *mut ArrowArray) -> c_int>,
    pub get_last_error: Option<unsafe extern "C" fn(*mut ArrowArrayStream) -> *const c_char>,
    pub release: Option<unsafe extern "C" fn(*mut ArrowArrayStream)>,
    pub private_data: *mut c_void,
}

/// What keeps the payload that arrays point into.
pub(crate) type Pin = Arc<dyn Any + Send + Sync>;

/// `EINVAL`, the one error of the streams here.
const EINVAL: c_int = 22;

/// The format of a table.
const STRUCT: &CStr = c"+s";

/// What a schema here owns. Its strings are in the payload.
struct SchemaParts {
    _pin: Pin,
    children: Vec<*mut ArrowSchema>,
    dictionary: *mut ArrowSchema,
}

/// What an array here owns.
struct ArrayParts {
    _pin: Pin,
    buffers: Vec<*const c_void>,
    children: Vec<*mut ArrowArray>,
    dictionary: *mut ArrowArray,
}

unsafe extern "C" fn release_schema(schema: *mut ArrowSchema) {
    // SAFETY: a schema made here that was not released, says the interface; its parts were given to it once.
    unsafe {
        let parts = Box::from_raw((*schema).private_data.cast::<SchemaParts>());
        for child in parts.children.iter().chain((!parts.dictionary.is_null()).then_some(&parts.dictionary)) {
            // Whoever took it has it released on its own, and left none here.
            let mut child = Box::from_raw(*child);
            if let Some(release) = child.release {
                release(&raw mut *child);
            }
        }
        (*schema).release = None;
    }
}

unsafe extern "C" fn release_array(array: *mut ArrowArray) {
    // SAFETY: as for schemas.
    unsafe {
        let parts = Box::from_raw((*array).private_data.cast::<ArrayParts>());
        for child in parts.children.iter().chain((!parts.dictionary.is_null()).then_some(&parts.dictionary)) {
            // Whoever took it has it released on its own, and left none here.
            let mut child = Box::from_raw(*child);
            if let Some(release) = child.release {
                release(&raw mut *child);
            }
        }
        (*array).release = None;
    }
}

/// Releases what was made before something failed.
fn drop_schema(schema: ArrowSchema) {
    let mut schema = schema;
    if let Some(release) = schema.release {
        // SAFETY: made here and not released.
        unsafe { release(&raw mut schema) };
    }
}

/// Releases what was made before something failed.
fn drop_array(array: ArrowArray) {
    let mut array = array;
    if let Some(release) = array.release {
        // SAFETY: made here and not released.
        unsafe { release(&raw mut array) };
    }
}

/// What was made of the columns in a column, or none of it.
fn all<T>(columns: impl Iterator<Item = Result<T>>, undo: fn(T)) -> Result<Vec<*mut T>> {
    let mut made = Vec::new();
    for column in columns {
        match column {
            Ok(column) => made.push(column),
            Err(error) => {
                made.into_iter().for_each(undo);
                return Err(error);
            }
        }
    }
    Ok(made.into_iter().map(|one| Box::into_raw(Box::new(one))).collect())
}

fn children<'a, 'b>(column: &'b Column<'a>) -> impl Iterator<Item = Result<Column<'a>>> + use<'a, 'b> {
    (0..column.children().1).map(|index| column.child(index))
}

fn columns<'a, 'b>(table: &'b Table<'a>) -> impl Iterator<Item = Result<Column<'a>>> + use<'a, 'b> {
    (0..table.columns()).map(|index| table.column(index))
}

fn schema_of(column: &Column, pin: &Pin) -> Result<ArrowSchema> {
    let children = all(children(column).map(|child| schema_of(&child?, pin)), drop_schema)?;
    let dictionary = column.dictionary()?.map(|values| schema_of(&values, pin)).transpose()?;
    Ok(schema(
        (column.format().as_ptr(), column.name().as_ptr(), column.metadata()),
        column.flags(),
        children,
        dictionary,
        pin,
    ))
}

/// The schema of a table: a struct of its columns.
fn schema_of_table(table: &Table, pin: &Pin) -> Result<ArrowSchema> {
    let children = all(columns(table).map(|column| schema_of(&column?, pin)), drop_schema)?;
    Ok(schema((STRUCT.as_ptr().cast(), c"".as_ptr().cast(), table.metadata()), 0, children, None, pin))
}

fn schema(
    (format, name, metadata): (*const u8, *const u8, &[u8]),
    flags: u32,
    children: Vec<*mut ArrowSchema>,
    dictionary: Option<ArrowSchema>,
    pin: &Pin,
) -> ArrowSchema {
    let dictionary = dictionary.map_or(ptr::null_mut(), |one| Box::into_raw(Box::new(one)));
    let mut parts = Box::new(SchemaParts { _pin: Arc::clone(pin), children, dictionary });
    ArrowSchema {
        format: format.cast(),
        name: name.cast(),
        metadata: if metadata.is_empty() { ptr::null() } else { metadata.as_ptr().cast() },
        flags: flags.into(),
        n_children: parts.children.len() as i64,
        children: parts.children.as_mut_ptr(),
        dictionary,
        release: Some(release_schema),
        private_data: Box::into_raw(parts).cast(),
    }
}

fn array_of(column: &Column, pin: &Pin) -> Result<ArrowArray> {
    let children = all(children(column).map(|child| array_of(&child?, pin)), drop_array)?;
    let dictionary = column.dictionary()?.map(|values| array_of(&values, pin)).transpose()?;
    let validity = column.validity().map_or(ptr::null(), |bits| bits.as_ptr().cast());
    let (data, offsets) = (column.data().as_ptr().cast(), column.offsets().as_ptr().cast());
    let buffers = match column.kind() {
        Kind::Null => vec![],
        Kind::Text(_) | Kind::Bytes(_) => vec![validity, offsets, data],
        Kind::List(_) => vec![validity, offsets],
        Kind::FixedList(_) | Kind::Struct => vec![validity],
        _ => vec![validity, data],
    };
    Ok(array(column.len(), column.nulls(), buffers, children, dictionary, pin))
}

/// The array of a table: structs, of which none is nil.
fn array_of_table(table: &Table, pin: &Pin) -> Result<ArrowArray> {
    let children = all(columns(table).map(|column| array_of(&column?, pin)), drop_array)?;
    Ok(array(table.rows(), 0, vec![ptr::null()], children, None, pin))
}

fn array(
    length: u64,
    nulls: u64,
    buffers: Vec<*const c_void>,
    children: Vec<*mut ArrowArray>,
    dictionary: Option<ArrowArray>,
    pin: &Pin,
) -> ArrowArray {
    let dictionary = dictionary.map_or(ptr::null_mut(), |one| Box::into_raw(Box::new(one)));
    let mut parts = Box::new(ArrayParts { _pin: Arc::clone(pin), buffers, children, dictionary });
    ArrowArray {
        length: length as i64,
        null_count: nulls as i64,
        offset: 0,
        n_buffers: parts.buffers.len() as i64,
        n_children: parts.children.len() as i64,
        buffers: parts.buffers.as_mut_ptr(),
        children: parts.children.as_mut_ptr(),
        dictionary,
        release: Some(release_array),
        private_data: Box::into_raw(parts).cast(),
    }
}

/// What is handed on: a table, or a column of one.
#[derive(Clone, Copy)]
pub(crate) enum Source<'a> {
    /// Structs of its columns.
    Table(Table<'a>),
    /// Its values.
    Column(Column<'a>),
}

impl Source<'_> {
    fn schema(&self, pin: &Pin) -> Result<ArrowSchema> {
        match self {
            Source::Table(table) => schema_of_table(table, pin),
            Source::Column(column) => schema_of(column, pin),
        }
    }

    fn array(&self, pin: &Pin) -> Result<ArrowArray> {
        match self {
            Source::Table(table) => array_of_table(table, pin),
            Source::Column(column) => array_of(column, pin),
        }
    }
}

/// Writes the schema, and the array, where they are wanted. The table was checked: who takes them trusts them.
pub(crate) unsafe fn export(
    source: &Source,
    pin: &Pin,
    schema: Option<&mut MaybeUninit<ArrowSchema>>,
    array: Option<&mut MaybeUninit<ArrowArray>>,
) -> Result<()> {
    let made = schema.is_some().then(|| source.schema(pin)).transpose()?;
    let arrays = match array.is_some().then(|| source.array(pin)).transpose() {
        Ok(arrays) => arrays,
        Err(error) => {
            made.into_iter().for_each(drop_schema);
            return Err(error);
        }
    };
    if let (Some(place), Some(made)) = (schema, made) {
        place.write(made);
    }
    if let (Some(place), Some(made)) = (array, arrays) {
        place.write(made);
    }
    Ok(())
}

/// What a stream owns, and gives once.
struct StreamParts {
    source: Source<'static>,
    pin: Pin,
    given: bool,
    error: CString,
}

/// Runs a call of a stream's.
unsafe fn of_stream(
    stream: *mut ArrowArrayStream,
    body: impl FnOnce(&mut StreamParts) -> Result<()>,
) -> c_int {
    // SAFETY: a stream made here that was not released, used by one thread, says the interface.
    let parts = unsafe { &mut *(*stream).private_data.cast::<StreamParts>() };
    match std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| body(parts))) {
        Ok(Ok(())) => return 0,
        Ok(Err(error)) => parts.error = CString::new(error.message().replace('\0', "?")).unwrap_or_default(),
        Err(_) => parts.error = c"a fault of libdishtayantra_lmdb".to_owned(),
    }
    EINVAL
}

unsafe extern "C" fn stream_schema(stream: *mut ArrowArrayStream, schema: *mut ArrowSchema) -> c_int {
    // SAFETY: as `of_stream`; there is room for a schema, says the interface.
    unsafe { of_stream(stream, |parts| export(&parts.source, &parts.pin, maybe_out(schema), None)) }
}

unsafe extern "C" fn stream_next(stream: *mut ArrowArrayStream, array: *mut ArrowArray) -> c_int {
    let body = |parts: &mut StreamParts| {
        if std::mem::replace(&mut parts.given, true) {
            // An array that is released says that there is no more.
            // SAFETY: there is room for an array, says the interface; all of it may be zero.
            unsafe { array.write_bytes(0, 1) };
            return Ok(());
        }
        // SAFETY: as above.
        unsafe { export(&parts.source, &parts.pin, None, maybe_out(array)) }
    };
    // SAFETY: as `of_stream`.
    unsafe { of_stream(stream, body) }
}

unsafe extern "C" fn stream_error(stream: *mut ArrowArrayStream) -> *const c_char {
    // SAFETY: as `of_stream`.
    let parts = unsafe { &*(*stream).private_data.cast::<StreamParts>() };
    if parts.error.is_empty() { ptr::null() } else { parts.error.as_ptr() }
}

unsafe extern "C" fn release_stream(stream: *mut ArrowArrayStream) {
    // SAFETY: a stream made here that was not released, says the interface.
    unsafe {
        drop(Box::from_raw((*stream).private_data.cast::<StreamParts>()));
        (*stream).release = None;
    }
}

/// A stream of what was checked, whose payload `pin` keeps.
pub(crate) fn stream_of(source: Source<'static>, pin: Pin) -> ArrowArrayStream {
    let parts = Box::new(StreamParts { source, pin, given: false, error: CString::default() });
    ArrowArrayStream {
        get_schema: Some(stream_schema),
        get_next: Some(stream_next),
        get_last_error: Some(stream_error),
        release: Some(release_stream),
        private_data: Box::into_raw(parts).cast(),
    }
}

/// The table at a node, checked, with what keeps it.
unsafe fn checked(
    document: *const dy_lmdb_document_t,
    node: dy_lmdb_node_t,
) -> Result<(Table<'static>, Pin)> {
    // SAFETY: as the caller says. What the document points into lives as long as the pin.
    let (document, pin): (Document<'static>, Pin) = unsafe { hold(document) }?;
    let table = document.table(node)?;
    table.check()?;
    Ok((table, pin))
}

/// Hands a table on as an array of Arrow's C data interface: structs of the columns, which stay where they are. Any
/// library that knows the interface takes it without a copy.
///
/// - `document`: the document.
/// - `node`: the table, which is checked as by `dy_lmdb_document_check_table`.
/// - `schema`: where to put what it is of.
/// - `array`: where to put where its buffers are.
///
/// Returns `DY_LMDB_OK`; `DY_LMDB_INVALID_ARGUMENT` also for a value that is no table; `DY_LMDB_CORRUPT`.
///
/// Memory: whoever has schema and array in the end calls their `release`, as the interface says. The payload stays in
/// place until the last part of them is released, whether document, view and store are open or not; bytes of the
/// caller's must stay as long.
///
/// Threads: any number at once; `release` may be called by any thread.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn dy_lmdb_document_export_arrow(
    document: *const dy_lmdb_document_t,
    node: dy_lmdb_node_t,
    schema: *mut ArrowSchema,
    array: *mut ArrowArray,
) -> dy_lmdb_status_t {
    guard(|| {
        // SAFETY: as the documentation demands of the caller.
        let (schema, array) = unsafe { (out("schema", schema)?, out("array", array)?) };
        // SAFETY: as above.
        let (table, pin) = unsafe { checked(document, node) }?;
        // SAFETY: the table was checked.
        unsafe { export(&Source::Table(table), &pin, Some(schema), Some(array)) }
    })
}

/// Hands a table on as a stream of one array; see `dy_lmdb_document_export_arrow`.
///
/// - `document`: the document.
/// - `node`: the table, which is checked as by `dy_lmdb_document_check_table`.
/// - `stream`: where to put the stream.
///
/// Returns what `dy_lmdb_document_export_arrow` does.
///
/// Memory: as for `dy_lmdb_document_export_arrow`; the stream is released as well.
///
/// Threads: any number at once; one at a time uses the stream.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn dy_lmdb_document_export_arrow_stream(
    document: *const dy_lmdb_document_t,
    node: dy_lmdb_node_t,
    stream: *mut ArrowArrayStream,
) -> dy_lmdb_status_t {
    guard(|| {
        // SAFETY: as the documentation demands of the caller.
        let stream = unsafe { out("stream", stream) }?;
        // SAFETY: as above.
        let (table, pin) = unsafe { checked(document, node) }?;
        stream.write(stream_of(Source::Table(table), pin));
        Ok(())
    })
}
