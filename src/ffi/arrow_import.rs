//! Tables made of what other libraries give through Arrow's C data interface: their buffers are borrowed where they lie as a
//! table needs them, until the writer is reset or freed.

use super::arg::invalid;
use super::arrow::{ArrowArray, ArrowArrayStream, ArrowSchema};
use super::guard::guard;
use super::status::dy_lmdb_status_t;
use super::writer::{dy_lmdb_writer_t, keeping};
use crate::document::table::{Buffers, Field, Kind, Layout, MOST_LEVELS, Origin, first_wrong_text};
use crate::error::{Error, Result, Status};
use std::ffi::{CStr, c_char};
use std::{ptr, slice};

/// What an import borrows from: released, and freed, when the writer needs it no more.
pub(crate) struct Imported {
    schema: ArrowSchema,
    batches: Vec<ArrowArray>,
    /// Buffers, names and metadata that are no library's. They stay where they are while more are added.
    owned: Vec<Box<[u8]>>,
}

// SAFETY: the interface lets any thread release what it gives; one thread at a time has a writer.
unsafe impl Send for Imported {}

impl Drop for Imported {
    fn drop(&mut self) {
        for batch in &mut self.batches {
            if let Some(release) = batch.release {
                // SAFETY: given to us, and not released.
                unsafe { release(batch) };
            }
        }
        if let Some(release) = self.schema.release {
            // SAFETY: as above.
            unsafe { release(&raw mut self.schema) };
        }
    }
}

/// A part of an array: which values of it.
#[derive(Clone, Copy)]
struct Chunk<'a> {
    array: &'a ArrowArray,
    offset: usize,
    length: usize,
}

impl<'a> Chunk<'a> {
    /// All of an array.
    fn whole(array: &'a ArrowArray) -> Result<Chunk<'a>> {
        let most = i64::from(u32::MAX);
        if !(0..=most).contains(&array.offset) || !(0..=most).contains(&array.length) {
            let (offset, length) = (array.offset, array.length);
            return Err(invalid(format!("an array of Arrow's of {length} values from {offset} on")));
        }
        Ok(Chunk { array, offset: array.offset as usize, length: array.length as usize })
    }

    /// A buffer's first bytes; the interface lets it be NULL when there are none.
    unsafe fn buffer(&self, index: usize, size: usize) -> Result<&'static [u8]> {
        if index as i64 >= self.array.n_buffers || self.array.buffers.is_null() {
            return Err(invalid(format!(
                "an array of Arrow's has {} buffers, no {index}",
                self.array.n_buffers
            )));
        }
        // SAFETY: there are as many buffers, says the interface.
        let start = unsafe { *self.array.buffers.add(index) };
        if size == 0 || start.is_null() {
            return if size == 0 { Ok(&[]) } else { Err(invalid("a buffer of Arrow's is NULL")) };
        }
        // SAFETY: as long as format, length and offset say, says the interface; kept until it is released.
        Ok(unsafe { slice::from_raw_parts(start.cast(), size) })
    }

    /// The bits that say which values are there; `None` when all are.
    unsafe fn validity(&self) -> Result<Option<&'static [u8]>> {
        // SAFETY: as for `buffer`.
        let none = self.array.n_buffers == 0 || self.array.buffers.is_null();
        // SAFETY: as for `buffer`.
        let is_null = none || unsafe { (*self.array.buffers).is_null() };
        if is_null || self.array.null_count == 0 {
            return Ok(None);
        }
        // SAFETY: as for `buffer`.
        unsafe { self.buffer(0, (self.offset + self.length).div_ceil(8)) }.map(Some)
    }

    /// A child, of which each value here has `each`.
    unsafe fn child(&self, index: usize, from: usize, length: usize) -> Result<Chunk<'a>> {
        if index as i64 >= self.array.n_children || self.array.children.is_null() {
            return Err(invalid("an array of Arrow's lacks a child"));
        }
        // SAFETY: there are as many children, says the interface; NULL, or an array.
        let array = unsafe { (*self.array.children.add(index)).as_ref() };
        let whole = Chunk::whole(array.ok_or_else(|| invalid("a child of an array of Arrow's is NULL"))?)?;
        if from + length > whole.length {
            let what =
                format!("a child of {} values in an array of Arrow's needs {}", whole.length, from + length);
            return Err(invalid(what));
        }
        Ok(Chunk { offset: whole.offset + from, length, ..whole })
    }
}

/// Makes bits of bits that begin anywhere.
fn copy_bits(to: &mut [u8], at: usize, from: &[u8], offset: usize, length: usize) {
    if at.is_multiple_of(8) && offset.is_multiple_of(8) {
        let (to, from) = (&mut to[at / 8..], &from[offset / 8..]);
        to[..length / 8].copy_from_slice(&from[..length / 8]);
        for index in length / 8 * 8..length {
            to[index / 8] |= (from[index / 8] >> (index % 8) & 1) << (index % 8);
        }
        return;
    }
    for index in 0..length {
        let (source, target) = (offset + index, at + index);
        to[target / 8] |= (from[source / 8] >> (source % 8) & 1) << (target % 8);
    }
}

impl Imported {
    /// Takes what a stream gives to its end. Where the stream was is then one that was released, as the interface has it of
    /// streams that moved.
    pub(crate) unsafe fn take(stream: *mut ArrowArrayStream) -> Result<Imported> {
        // SAFETY: a stream, released or not, says the caller.
        let mut moved = unsafe { stream.read() };
        let Some(release) = moved.release else {
            return Err(invalid("the stream was released"));
        };
        // SAFETY: as above.
        unsafe { (*stream).release = None };
        // SAFETY: as above.
        let imported = unsafe { Imported::of(&raw mut moved) };
        // SAFETY: not released before.
        unsafe { release(&raw mut moved) };
        imported
    }

    unsafe fn of(stream: *mut ArrowArrayStream) -> Result<Imported> {
        // SAFETY: a stream that was not released, says the caller.
        let given = unsafe { &mut *stream };
        let (Some(get_schema), Some(get_next)) = (given.get_schema, given.get_next) else {
            return Err(invalid("the stream was released"));
        };
        let failed = |status: i32| {
            // SAFETY: as above; NULL or a NUL-terminated text.
            let said =
                given.get_last_error.map(|error| unsafe { error(stream) }).filter(|said| !said.is_null());
            // SAFETY: as above.
            let why = said.map(|said| unsafe { CStr::from_ptr(said) }.to_string_lossy().into_owned());
            invalid(format!("the stream fails with {status}: {}", why.unwrap_or_default()))
        };
        // SAFETY: all zero is a schema, or an array, that is released.
        let mut imported =
            unsafe { Imported { schema: std::mem::zeroed(), batches: Vec::new(), owned: Vec::new() } };
        // SAFETY: a stream; room for a schema.
        let status = unsafe { get_schema(stream, &raw mut imported.schema) };
        if status != 0 {
            return Err(failed(status));
        }
        loop {
            // SAFETY: as above.
            let mut batch: ArrowArray = unsafe { std::mem::zeroed() };
            // SAFETY: a stream; room for an array.
            let status = unsafe { get_next(stream, &raw mut batch) };
            if status != 0 {
                return Err(failed(status));
            }
            if batch.release.is_none() {
                break;
            }
            imported.batches.push(batch);
        }
        Ok(imported)
    }

    /// Keeps bytes where they are.
    fn keep(&mut self, bytes: Vec<u8>) -> &'static [u8] {
        let bytes = bytes.into_boxed_slice();
        // SAFETY: the box does not move what is in it, and is freed with this, when nothing borrows from it.
        let kept = unsafe { slice::from_raw_parts(bytes.as_ptr(), bytes.len()) };
        self.owned.push(bytes);
        kept
    }

    unsafe fn text(&mut self, what: &str, text: *const c_char) -> Result<&'static str> {
        if text.is_null() {
            return Ok("");
        }
        // SAFETY: a NUL-terminated text, says the interface.
        let bytes = unsafe { CStr::from_ptr(text) }.to_bytes().to_vec();
        std::str::from_utf8(self.keep(bytes)).map_err(|_| invalid(format!("{what} is not UTF-8")))
    }

    /// Metadata, whose length they say themselves.
    unsafe fn metadata(&mut self, metadata: *const c_char) -> &'static [u8] {
        if metadata.is_null() {
            return &[];
        }
        // SAFETY: a count, and as many pairs of lengths with their bytes, says the interface.
        let bytes = unsafe {
            let number = |at: usize| metadata.add(at).cast::<i32>().read_unaligned().max(0) as usize;
            let mut end = 4;
            for _ in 0..2 * number(0) {
                end += 4 + number(end);
            }
            slice::from_raw_parts(metadata.cast::<u8>(), end).to_vec()
        };
        self.keep(bytes)
    }

    /// A column of parts of arrays.
    unsafe fn field(&mut self, schema: &ArrowSchema, chunks: &[Chunk], level: u8) -> Result<Field<'static>> {
        if level == MOST_LEVELS {
            return Err(invalid(format!("more than {MOST_LEVELS} columns inside one another")));
        }
        // SAFETY: what the interface says of schemas and arrays, here and below.
        let (name, given) =
            unsafe { (self.text("a name", schema.name)?, self.text("a format", schema.format)?) };
        let unknown = || {
            let what = format!("tables hold no values of format {given:?}, which column {name:?} has");
            Error::new(Status::BadFormat, what)
        };
        let length: usize = chunks.iter().map(|chunk| chunk.length).sum();
        // SAFETY: as above.
        let metadata = unsafe { self.metadata(schema.metadata) };
        let flags = schema.flags as u32;
        let mut field =
            Field { name, format: given, flags, metadata, length: length as u64, ..Field::default() };
        if let "vu" | "vz" = given {
            // SAFETY: as above.
            unsafe { self.texts_of_views(&mut field, chunks) }?;
            return Ok(field);
        }
        let kind = Kind::of(given).ok_or_else(unknown)?;
        if kind == Kind::Null {
            field.nulls = length as u64;
            return Ok(field);
        }
        // SAFETY: as above.
        unsafe {
            self.validity(&mut field, chunks)?;
            match kind {
                Kind::Bool => {
                    field.buffers.data = self.bits(chunks, |chunk| {
                        chunk.buffer(1, (chunk.offset + chunk.length).div_ceil(8)).map(Some)
                    })?
                }
                Kind::Text(size) | Kind::Bytes(size) => self.texts(&mut field, chunks, size.into())?,
                Kind::List(size) => {
                    let ranges = self.offsets(&mut field, chunks, size.into())?;
                    let mut items = Vec::new();
                    for (chunk, (from, to)) in chunks.iter().zip(ranges) {
                        items.push(chunk.child(0, from, to - from)?);
                    }
                    field.children.push(self.field(child_of(schema, 0)?, &items, level + 1)?);
                }
                Kind::FixedList(size) => {
                    let size = size as usize;
                    let items: Result<Vec<_>> = chunks
                        .iter()
                        .map(|chunk| chunk.child(0, chunk.offset * size, chunk.length * size))
                        .collect();
                    field.children.push(self.field(child_of(schema, 0)?, &items?, level + 1)?);
                }
                Kind::Struct => {
                    for index in 0..schema.n_children as usize {
                        let parts: Result<Vec<_>> = chunks
                            .iter()
                            .map(|chunk| chunk.child(index, chunk.offset, chunk.length))
                            .collect();
                        field.children.push(self.field(child_of(schema, index)?, &parts?, level + 1)?);
                    }
                }
                sized => {
                    let size = sized.itemsize() as usize;
                    let mut parts = Vec::new();
                    for chunk in chunks {
                        let all = chunk.buffer(1, (chunk.offset + chunk.length) * size)?;
                        parts.push(&all[chunk.offset * size..]);
                    }
                    field.buffers.data = self.joined(&parts);
                }
            }
            if !schema.dictionary.is_null() {
                field.dictionary = Some(Box::new(self.dictionary(&*schema.dictionary, chunks, level)?));
            }
        }
        Ok(field)
    }

    unsafe fn dictionary(
        &mut self,
        schema: &ArrowSchema,
        chunks: &[Chunk],
        level: u8,
    ) -> Result<Field<'static>> {
        let Some(first) = chunks.iter().find(|chunk| !chunk.array.dictionary.is_null()) else {
            // SAFETY: as in `field`.
            return unsafe { self.field(schema, &[], level + 1) };
        };
        // SAFETY: as in `field`.
        let values = unsafe { &*first.array.dictionary };
        for chunk in chunks {
            // SAFETY: as in `field`.
            let others = unsafe { chunk.array.dictionary.as_ref() };
            if !others.is_some_and(|others| is_same(values, others)) {
                let what = "the batches have dictionaries of their own: unify them before";
                return Err(Error::new(Status::BadFormat, what));
            }
        }
        // SAFETY: as in `field`.
        unsafe { self.field(schema, &[Chunk::whole(values)?], level + 1) }
    }

    /// Pieces as one buffer: the one there is where it lies.
    fn joined(&mut self, pieces: &[&'static [u8]]) -> &'static [u8] {
        match pieces {
            [] => &[],
            [one] => one,
            several => {
                let all = several.concat();
                self.keep(all)
            }
        }
    }

    /// Bits of parts, one behind the other, where they lie if they are as a table needs them.
    fn bits(
        &mut self,
        chunks: &[Chunk],
        bits_of: impl Fn(&Chunk) -> Result<Option<&'static [u8]>>,
    ) -> Result<&'static [u8]> {
        if let [one] = chunks
            && one.offset.is_multiple_of(8)
            && let Some(bits) = bits_of(one)?
        {
            return Ok(&bits[one.offset / 8..]);
        }
        let length: usize = chunks.iter().map(|chunk| chunk.length).sum();
        let (mut all, mut at) = (vec![0; length.div_ceil(8)], 0);
        for chunk in chunks {
            match bits_of(chunk)? {
                Some(bits) => copy_bits(&mut all, at, bits, chunk.offset, chunk.length),
                None => (at..at + chunk.length).for_each(|index| all[index / 8] |= 1 << (index % 8)),
            }
            at += chunk.length;
        }
        Ok(self.keep(all))
    }

    unsafe fn validity(&mut self, field: &mut Field<'static>, chunks: &[Chunk]) -> Result<()> {
        let mut any = false;
        for chunk in chunks {
            // SAFETY: as in `field`.
            any |= unsafe { chunk.validity() }?.is_some();
        }
        if any {
            // SAFETY: as in `field`.
            let bits = self.bits(chunks, |chunk| unsafe { chunk.validity() })?;
            let length = field.length as usize;
            let set = (0..length).filter(|&index| bits[index / 8] >> (index % 8) & 1 == 1).count();
            field.nulls = (length - set) as u64;
            field.buffers.validity = if field.nulls > 0 { bits } else { &[] };
        }
        Ok(())
    }

    /// Offsets that begin at 0, and from where to where each part goes in what they count.
    unsafe fn offsets(
        &mut self,
        field: &mut Field<'static>,
        chunks: &[Chunk],
        size: usize,
    ) -> Result<Vec<(usize, usize)>> {
        let mut ranges = Vec::new();
        let mut all: Vec<u8> = vec![0; size];
        let mut end = 0;
        for chunk in chunks {
            if chunk.length == 0 {
                ranges.push((0, 0));
                continue;
            }
            // SAFETY: as in `field`.
            let given = unsafe { chunk.buffer(1, (chunk.offset + chunk.length + 1) * size) }?;
            let given = &given[chunk.offset * size..];
            let at = |index: usize| number(&given[index * size..][..size]);
            let (first, last) = (at(0), at(chunk.length));
            if last < first {
                return Err(invalid(format!("offsets of column {:?} do not grow", field.name)));
            }
            ranges.push((first, last));
            if chunks.len() == 1 && first == 0 {
                field.buffers.offsets = given;
                return Ok(ranges);
            }
            all.reserve(chunk.length * size);
            for index in 1..=chunk.length {
                let offset = (at(index).wrapping_sub(first)).wrapping_add(end) as u64;
                all.extend_from_slice(&offset.to_le_bytes()[..size]);
            }
            end += last - first;
        }
        if size == 4 && end > i32::MAX as usize {
            let what =
                format!("column {:?} has {end} bytes or values, more than its offsets count", field.name);
            return Err(Error::new(Status::BadFormat, what));
        }
        field.buffers.offsets = self.keep(all);
        Ok(ranges)
    }

    unsafe fn texts(&mut self, field: &mut Field<'static>, chunks: &[Chunk], size: usize) -> Result<()> {
        // SAFETY: as in `field`.
        unsafe {
            let ranges = self.offsets(field, chunks, size)?;
            let mut pieces = Vec::new();
            for (chunk, (from, to)) in chunks.iter().zip(ranges) {
                if to > from {
                    pieces.push(&chunk.buffer(2, to)?[from..]);
                }
            }
            field.buffers.data = self.joined(&pieces);
        }
        is_text(field, size)
    }

    /// Texts that Arrow keeps as views: made plain.
    unsafe fn texts_of_views(&mut self, field: &mut Field<'static>, chunks: &[Chunk]) -> Result<()> {
        // SAFETY: as in `field`.
        unsafe {
            self.validity(field, chunks)?;
            let (mut ends, mut bytes): (Vec<u64>, Vec<u8>) = (vec![0], Vec::new());
            for chunk in chunks {
                let views = chunk.buffer(1, 16 * (chunk.offset + chunk.length))?;
                for view in views.as_chunks::<16>().0.iter().skip(chunk.offset) {
                    let index = ends.len() - 1;
                    let there = field.nulls == 0 || field.buffers.validity[index / 8] >> (index % 8) & 1 == 1;
                    let size = if there { number(&view[..4]) } else { 0 };
                    if size <= 12 {
                        bytes.extend_from_slice(&view[4..4 + size]);
                    } else {
                        let (buffer, from) = (number(&view[8..12]), number(&view[12..]));
                        bytes.extend_from_slice(&chunk.buffer(2 + buffer, from + size)?[from..]);
                    }
                    ends.push(bytes.len() as u64);
                }
            }
            let long = bytes.len() > i32::MAX as usize;
            field.format = match (field.format, long) {
                ("vu", false) => "u",
                ("vu", true) => "U",
                (_, false) => "z",
                (_, true) => "Z",
            };
            let size = if long { 8 } else { 4 };
            let offsets = ends.iter().flat_map(|end| end.to_le_bytes().into_iter().take(size)).collect();
            field.buffers = Buffers {
                validity: field.buffers.validity,
                offsets: self.keep(offsets),
                data: self.keep(bytes),
            };
            is_text(field, size)
        }
    }

    /// The table of all batches, and what it borrows from.
    ///
    /// # Safety
    /// That is kept for as long as the table, or what is written of it.
    pub(crate) unsafe fn into_layout(self, origin: Origin) -> Result<(Box<Imported>, Layout<'static>)> {
        let mut imported = Box::new(self);
        // SAFETY: what the interface says of what was taken.
        let layout = unsafe { imported.layout(origin) }?;
        Ok((imported, layout))
    }

    /// What came: neither moves while this is borrowed from, and what is made of them goes before.
    unsafe fn given(&self) -> (&'static ArrowSchema, &'static [ArrowArray]) {
        // SAFETY: as the caller says.
        unsafe {
            (&*ptr::from_ref(&self.schema), slice::from_raw_parts(self.batches.as_ptr(), self.batches.len()))
        }
    }

    /// Whether there are structs, whose fields are columns.
    pub(crate) fn is_table(&self) -> bool {
        // SAFETY: a NUL-terminated text, says the interface.
        unsafe { CStr::from_ptr(self.schema.format) == c"+s" }
    }

    /// All batches as one column.
    pub(crate) unsafe fn column(&mut self) -> Result<Field<'static>> {
        // SAFETY: as in `field`.
        unsafe {
            let (schema, batches) = self.given();
            let chunks: Vec<_> = batches.iter().map(Chunk::whole).collect::<Result<_>>()?;
            self.field(schema, &chunks, 0)
        }
    }

    /// The table of all batches.
    pub(crate) unsafe fn layout(&mut self, origin: Origin) -> Result<Layout<'static>> {
        // SAFETY: as in `field`.
        unsafe {
            let (schema, batches) = self.given();
            if !self.is_table() {
                let column = self.column()?;
                return Ok(Layout { origin, rows: column.length, metadata: &[], columns: vec![column] });
            }
            let chunks: Vec<_> = batches.iter().map(Chunk::whole).collect::<Result<_>>()?;
            for chunk in &chunks {
                if chunk.validity()?.is_some() {
                    return Err(Error::new(Status::BadFormat, "a table of which rows are nil"));
                }
            }
            let mut columns = Vec::new();
            for index in 0..schema.n_children as usize {
                let parts: Result<Vec<_>> =
                    chunks.iter().map(|chunk| chunk.child(index, chunk.offset, chunk.length)).collect();
                columns.push(self.field(child_of(schema, index)?, &parts?, 0)?);
            }
            let rows = chunks.iter().map(|chunk| chunk.length as u64).sum();
            Ok(Layout { origin, rows, metadata: self.metadata(schema.metadata), columns })
        }
    }
}

/// Refuses texts that are none: who reads them would.
fn is_text(field: &Field, each: usize) -> Result<()> {
    let Buffers { validity, offsets, data } = field.buffers;
    if !matches!(field.format, "u" | "U") || data.is_ascii() {
        return Ok(());
    }
    let validity = (!validity.is_empty()).then_some(validity);
    match first_wrong_text(offsets, each, data, validity) {
        None => Ok(()),
        Some(row) => {
            let what = format!("value {row} of column {:?} is no UTF-8", field.name);
            Err(Error::new(Status::BadFormat, what))
        }
    }
}

/// A little-endian number of at most 8 bytes.
fn number(bytes: &[u8]) -> usize {
    let mut wide = [0; 8];
    wide[..bytes.len()].copy_from_slice(bytes);
    u64::from_le_bytes(wide) as usize
}

/// Whether two dictionaries are the same buffers.
fn is_same(one: &ArrowArray, other: &ArrowArray) -> bool {
    // SAFETY: there are as many buffers, says the interface.
    let buffers = |array: &ArrowArray| unsafe {
        (0..array.n_buffers as usize).map(|index| *array.buffers.add(index)).collect::<Vec<_>>()
    };
    (one.length, one.offset, one.n_buffers) == (other.length, other.offset, other.n_buffers)
        && buffers(one) == buffers(other)
}

unsafe fn child_of(schema: &ArrowSchema, index: usize) -> Result<&ArrowSchema> {
    if index as i64 >= schema.n_children {
        return Err(invalid("a schema of Arrow's lacks a child"));
    }
    // SAFETY: there are as many children, says the interface.
    Ok(unsafe { &**schema.children.add(index) })
}

/// Writes what a stream of Arrow's C data interface gives as a table: its batches one behind the other. The stream is read to
/// its end.
///
/// - `writer`: the writer.
/// - `origin`: one of `DY_LMDB_TABLE_*`.
/// - `stream`: the stream: of structs, whose fields are the columns, or of anything else, which is the one column.
///
/// Returns `DY_LMDB_OK`; `DY_LMDB_BAD_FORMAT` for what no table holds: unions, maps, runs, rows that are nil, batches with
/// dictionaries of their own; `DY_LMDB_INVALID_ARGUMENT` also when the stream fails, with what it says; else what
/// `dy_lmdb_writer_table` does.
///
/// Memory: the stream is released in any case. Buffers that lie as a table needs them are borrowed until the writer is reset
/// or freed, which releases them; `dy_lmdb_writer_put` copies them once.
///
/// Threads: one at a time on a writer.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn dy_lmdb_writer_arrow(
    writer: *mut dy_lmdb_writer_t,
    origin: u32,
    stream: *mut ArrowArrayStream,
) -> dy_lmdb_status_t {
    guard(|| {
        if stream.is_null() {
            return Err(invalid("stream is NULL"));
        }
        // SAFETY: as the documentation demands of the caller.
        let imported = unsafe { Imported::take(stream) }?;
        let origin =
            Origin::from_code(origin).ok_or_else(|| invalid(format!("{origin} is no origin of a table")))?;
        // SAFETY: kept as long as the writer borrows from it.
        let (imported, layout) = unsafe { imported.into_layout(origin) }?;
        // SAFETY: as the documentation demands of the caller.
        unsafe { keeping(writer, imported, |writer| writer.table(&layout)) }
    })
}
