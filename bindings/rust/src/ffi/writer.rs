//! `dy_lmdb_writer_t`.

use super::options::put_options;
use super::{Loan, Reference, Store, bytes, chars, check, empty_info, made, slice};
use crate::columns::{Columns, Field};
use crate::entry::{Info, Key, PutOptions};
use crate::error::{Error, Result};
use crate::segment::{Dtype, Segment};
use crate::sys::{self, Functions};
use std::ffi::CString;
use std::ptr::{self, NonNull};

/// Builds one MessagePack value, as MessagePack libraries write it. Arrays and maps are announced with their count and
/// filled by the calls that follow; a call that does not fit fails with
/// [`InvalidArgument`](crate::ErrorKind::InvalidArgument), which says why, and changes nothing.
///
/// ```no_run
/// # use dishtayantra::{Writer, PutOptions, Segment, Store};
/// # fn write(store: &Store, prices: &[f64]) -> dishtayantra::Result<()> {
/// let mut writer = Writer::new()?;
/// writer.map(2)?.string("prices")?.segment(&Segment::new(prices))?.string("name")?.string("close")?;
/// writer.put(store, "close", &PutOptions::default())?;
/// # Ok(())
/// # }
/// ```
///
/// What is written is copied, but for the items of segments: they are borrowed for `'a` and copied once, straight into
/// the store.
///
/// ```compile_fail,E0505
/// # use dishtayantra::{Writer, Segment, Store};
/// fn freed(store: &Store, prices: Vec<f64>) {
///     let mut writer = Writer::new().unwrap();
///     writer.segment(&Segment::new(&prices)).unwrap();
///     drop(prices);
///     writer.put(store, "close", &Default::default()).unwrap();
/// }
/// ```
///
/// One thread at a time uses a writer.
///
/// ```compile_fail,E0277
/// fn shared<T: Sync>() {}
/// shared::<dishtayantra::Writer>();
/// ```
pub struct Writer<'a> {
    functions: &'static Functions,
    handle: NonNull<sys::dy_lmdb_writer_t>,
    /// Tables whose own columns the library borrows from; go after the handle.
    tables: Vec<Columns<'a>>,
}

// SAFETY: the C ABI lets a writer be used by one thread after another, and what it borrowed may be read by any.
unsafe impl Send for Writer<'_> {}

impl Drop for Writer<'_> {
    fn drop(&mut self) {
        // SAFETY: the handle is ours, and what it told cannot be used any more: it borrowed this writer.
        unsafe { (self.functions.dy_lmdb_writer_free)(self.handle.as_ptr()) };
    }
}

impl<'a> Writer<'a> {
    /// A writer that holds nothing yet.
    pub fn new() -> Result<Writer<'a>> {
        let functions = sys::functions()?;
        // SAFETY: the place of the output is valid.
        let handle = made(functions, |out| unsafe { (functions.dy_lmdb_writer_new)(out) })?;
        Ok(Writer { functions, handle, tables: Vec::new() })
    }

    /// Runs a call on the writer, which nobody else uses meanwhile.
    pub(super) fn written(
        &mut self,
        call: impl FnOnce(&Functions, *mut sys::dy_lmdb_writer_t) -> i32,
    ) -> Result<&mut Self> {
        check(self.functions, call(self.functions, self.handle.as_ptr()))?;
        Ok(self)
    }

    /// Writes an array whose items come later, into the loan of [`loan_output`](Writer::loan_output). Returns where in the
    /// value they go, in bytes. Whatever puts or tells the value refuses one with such room.
    pub fn reserve(&mut self, dtype: Dtype, shape: &[u64], is_list: bool) -> Result<usize> {
        let flags = if is_list { sys::DY_LMDB_SEGMENT_LIST } else { 0 };
        let (dtype, unit) = dtype.codes();
        let mut at = 0;
        // SAFETY: as in `reset`; the shape stays during the call.
        self.written(|f, writer| unsafe {
            (f.dy_lmdb_writer_reserve)(writer, dtype, unit, flags, shape.as_ptr(), shape.len(), &mut at)
        })?;
        usize::try_from(at).map_err(|_| Error::invalid(format!("a value of over {at} bytes")))
    }

    /// A loan of the size of the finished value, in the store that a reference names, with all of it written but what was
    /// reserved: to fill, and to give to [`Reference::publish_output`].
    pub fn loan_output(&self, reference: &Reference) -> Result<Loan> {
        let functions = self.functions;
        // SAFETY: the handles are open until they are dropped.
        let handle = made(functions, |out| unsafe {
            (functions.dy_lmdb_writer_loan_output)(self.handle.as_ptr(), reference.raw(), out)
        })?;
        Loan::opened(functions, handle)
    }

    /// Forgets everything written and keeps the memory for the next value.
    pub fn reset(&mut self) -> Result<&mut Self> {
        // SAFETY: the handle is open; what the writer told was borrowed from it and is gone.
        self.written(|f, writer| unsafe { (f.dy_lmdb_writer_reset)(writer) })?;
        self.tables.clear();
        Ok(self)
    }

    /// Nothing.
    pub fn nil(&mut self) -> Result<&mut Self> {
        // SAFETY: as in `reset`.
        self.written(|f, writer| unsafe { (f.dy_lmdb_writer_nil)(writer) })
    }

    /// A bool.
    pub fn bool(&mut self, value: bool) -> Result<&mut Self> {
        // SAFETY: as in `reset`.
        self.written(|f, writer| unsafe { (f.dy_lmdb_writer_bool)(writer, value) })
    }

    /// A signed whole number.
    pub fn int64(&mut self, value: i64) -> Result<&mut Self> {
        // SAFETY: as in `reset`.
        self.written(|f, writer| unsafe { (f.dy_lmdb_writer_int64)(writer, value) })
    }

    /// An unsigned whole number.
    pub fn uint64(&mut self, value: u64) -> Result<&mut Self> {
        // SAFETY: as in `reset`.
        self.written(|f, writer| unsafe { (f.dy_lmdb_writer_uint64)(writer, value) })
    }

    /// A double.
    pub fn double(&mut self, value: f64) -> Result<&mut Self> {
        // SAFETY: as in `reset`.
        self.written(|f, writer| unsafe { (f.dy_lmdb_writer_double)(writer, value) })
    }

    /// A text, also as the key of a map.
    pub fn string(&mut self, text: &str) -> Result<&mut Self> {
        // SAFETY: as in `reset`; the text is copied.
        self.written(|f, writer| unsafe { (f.dy_lmdb_writer_string)(writer, chars(text), text.len()) })
    }

    /// Bytes.
    pub fn bytes(&mut self, data: &[u8]) -> Result<&mut Self> {
        // SAFETY: as in `reset`; the bytes are copied.
        self.written(|f, writer| unsafe { (f.dy_lmdb_writer_bytes)(writer, bytes(data), data.len()) })
    }

    /// Begins an array: the next `count` values are its values.
    pub fn array(&mut self, count: usize) -> Result<&mut Self> {
        // SAFETY: as in `reset`.
        self.written(|f, writer| unsafe { (f.dy_lmdb_writer_array)(writer, count) })
    }

    /// Begins a map: the next `count` pairs, each a key and then its value, are its pairs.
    pub fn map(&mut self, count: usize) -> Result<&mut Self> {
        // SAFETY: as in `reset`.
        self.written(|f, writer| unsafe { (f.dy_lmdb_writer_map)(writer, count) })
    }

    /// A whole array of doubles, one by one as MessagePack has it.
    pub fn doubles(&mut self, values: &[f64]) -> Result<&mut Self> {
        // SAFETY: as in `reset`; the values are copied.
        self.written(|f, writer| unsafe { (f.dy_lmdb_writer_doubles)(writer, values.as_ptr(), values.len()) })
    }

    /// A whole array of signed whole numbers, one by one as MessagePack has it.
    pub fn int64s(&mut self, values: &[i64]) -> Result<&mut Self> {
        // SAFETY: as in `reset`; the values are copied.
        self.written(|f, writer| unsafe { (f.dy_lmdb_writer_int64s)(writer, values.as_ptr(), values.len()) })
    }

    /// An array that readers use in place. Its items are borrowed.
    pub fn segment(&mut self, segment: &Segment<'a>) -> Result<&mut Self> {
        let (dtype, unit) = segment.dtype().codes();
        let (shape, data) = (segment.shape(), segment.bytes());
        // SAFETY: as in `reset`. The items are as many as dtype and shape say, and stay, unchanged, for `'a`, which is
        // longer than the writer.
        self.written(|f, writer| unsafe {
            let flags = segment.flags();
            (f.dy_lmdb_writer_segment)(writer, dtype, unit, flags, shape.as_ptr(), shape.len(), bytes(data))
        })
    }

    /// A table. What its columns own the writer keeps; what they borrow is borrowed. Fails with
    /// [`InvalidArgument`](crate::ErrorKind::InvalidArgument) when the columns do not go together.
    pub fn table(&mut self, columns: Columns<'a>) -> Result<&mut Self> {
        let raw = Raw::of(columns.fields.iter());
        let (rows, origin, metadata) = (columns.rows as u64, columns.origin.code(), columns.metadata.bytes());
        // SAFETY: as in `reset`. Buffers are as long as format and length say: fields are made so. They stay, unchanged: they
        // are borrowed for `'a`, which is longer than the writer, or shared with the columns that it keeps.
        self.written(|f, writer| unsafe {
            let (fields, count) = (raw.fields.as_ptr(), raw.fields.len());
            (f.dy_lmdb_writer_table)(writer, origin, rows, fields, count, bytes(metadata), metadata.len())
        })?;
        self.tables.push(columns);
        Ok(self)
    }

    /// The finished value's bytes. With segments they are a copy, made by the first call, that begins at a multiple of
    /// 64; `put`, `put_output` and `parts` need none. Fails with
    /// [`InvalidArgument`](crate::ErrorKind::InvalidArgument), saying what is missing, when it is not finished.
    pub fn data(&self) -> Result<&[u8]> {
        let (mut data, mut size) = (ptr::null(), 0);
        // SAFETY: the handle is open until this is dropped; the outputs are places on our stack.
        let status =
            unsafe { (self.functions.dy_lmdb_writer_data)(self.handle.as_ptr(), &mut data, &mut size) };
        check(self.functions, status)?;
        // SAFETY: they stay, unchanged, until the writer is reset or freed, which takes it exclusively.
        Ok(unsafe { slice(data, size) })
    }

    /// The finished value in parts, which joined in order are its bytes; segments are parts where the caller has them.
    pub fn parts(&self) -> Result<Vec<&[u8]>> {
        let (mut parts, mut count) = (ptr::null(), 0);
        // SAFETY: as in `data`.
        let status =
            unsafe { (self.functions.dy_lmdb_writer_parts)(self.handle.as_ptr(), &mut parts, &mut count) };
        check(self.functions, status)?;
        // SAFETY: the parts, and what they name, stay until the writer is reset or freed.
        Ok((0..count).map(|at| unsafe { slice((*parts.add(at)).data, (*parts.add(at)).size) }).collect())
    }

    /// Puts the finished value in format msgpack; the options' format is not used. The writer keeps it.
    pub fn put<'k>(&self, store: &Store, key: impl Into<Key<'k>>, options: &PutOptions<'_>) -> Result<Info> {
        let key = key.into();
        let raw = put_options(self.functions, options)?;
        let mut info = empty_info();
        // SAFETY: what the pointers name stays during the call.
        check(self.functions, unsafe {
            (self.functions.dy_lmdb_writer_put)(
                self.handle.as_ptr(),
                store.raw(),
                chars(key.db),
                key.db.len(),
                bytes(key.bytes),
                key.bytes.len(),
                &raw,
                &mut info,
            )
        })?;
        Info::of(&info)
    }

    /// Puts the finished value as the output that a reference asks for, and wakes who waits for it.
    pub fn put_output(&self, reference: &Reference, options: &PutOptions<'_>) -> Result<Info> {
        let raw = put_options(self.functions, options)?;
        let mut info = empty_info();
        // SAFETY: what the pointers name stays during the call.
        check(self.functions, unsafe {
            (self.functions.dy_lmdb_writer_put_output)(self.handle.as_ptr(), reference.raw(), &raw, &mut info)
        })?;
        Info::of(&info)
    }
}

/// The fields that the library takes, and what they point to.
struct Raw {
    fields: Vec<sys::dy_lmdb_field_t>,
    formats: Vec<CString>,
    inner: Vec<Raw>,
}

impl Raw {
    fn of<'f>(fields: impl Iterator<Item = &'f Field<'f>>) -> Raw {
        let mut raw = Raw { fields: Vec::new(), formats: Vec::new(), inner: Vec::new() };
        for field in fields {
            let format = CString::new(&*field.format).expect("formats are made without a NUL");
            // Where the fields of inner ones are they stay when those move.
            let mut inner = |fields: Raw| {
                let place = fields.fields.as_ptr();
                raw.inner.push(fields);
                place
            };
            let dictionary = match &field.dictionary {
                Some(texts) => inner(Raw::of(std::iter::once(&**texts))),
                None => ptr::null(),
            };
            let children = match field.children.len() {
                0 => ptr::null(),
                _ => inner(Raw::of(field.children.iter())),
            };
            let (validity, data, offsets) =
                (field.validity.bytes(), field.data.bytes(), field.offsets.bytes());
            let metadata = field.metadata.bytes();
            raw.fields.push(sys::dy_lmdb_field_t {
                struct_size: size_of::<sys::dy_lmdb_field_t>(),
                name: chars(&field.name),
                name_size: field.name.len(),
                format: format.as_ptr(),
                length: field.length as u64,
                nulls: field.nulls as u64,
                validity: if validity.is_empty() { ptr::null() } else { validity.as_ptr() },
                data: bytes(data),
                offsets: if offsets.is_empty() { ptr::null() } else { bytes(offsets) },
                dictionary,
                children,
                child_count: field.children.len(),
                metadata: bytes(metadata),
                metadata_size: metadata.len(),
                flags: field.flags.into(),
            });
            raw.formats.push(format);
        }
        raw
    }
}
