//! Tables as record batches of arrow-rs, and those as tables: Arrow's C data interface, whose structs are the same there.

use super::{Document, Origin, Table, Writer, check};
use crate::error::{Error, ErrorKind, Result};
use arrow_array::ffi::{FFI_ArrowArray, FFI_ArrowSchema, from_ffi};
use arrow_array::ffi_stream::FFI_ArrowArrayStream;
use arrow_array::{RecordBatch, RecordBatchIterator, RecordBatchOptions, RecordBatchReader, StructArray};
use arrow_schema::{ArrowError, Schema};
use std::sync::Arc;

fn refused(error: &ArrowError) -> Error {
    Error::new(ErrorKind::BadFormat, format!("arrow: {error}"))
}

impl Document<'_> {
    /// Fails unless the document keeps its payload itself: what is made of it may outlive whatever it borrows.
    fn require_kept(&self) -> Result<()> {
        if self.keeps {
            return Ok(());
        }
        Err(Error::invalid(
            "a record batch may outlive bytes of the caller's; those of a view it keeps itself",
        ))
    }
}

impl Table<'_, '_> {
    /// The table as a record batch of arrow-rs, with every buffer where it lies: the payload stays in place until the last
    /// array is dropped, whatever becomes of document, view and store. It is checked whole.
    ///
    /// Fails with [`ErrorKind::InvalidArgument`] for a table in bytes of the caller's ([`Document::of_bytes`]), with
    /// [`ErrorKind::Corrupt`] when it is damaged.
    pub fn to_record_batch(self) -> Result<RecordBatch> {
        let (document, node) = self.place();
        document.require_kept()?;
        let (mut schema, mut array) = (FFI_ArrowSchema::empty(), FFI_ArrowArray::empty());
        // SAFETY: the document is open; the structs are those of the interface, and empty.
        check(document.functions, unsafe {
            (document.functions.dy_lmdb_document_export_arrow)(
                document.handle.as_ptr(),
                node,
                (&raw mut schema).cast(),
                (&raw mut array).cast(),
            )
        })?;
        // SAFETY: the library checked the table, exports what the interface says, and keeps it until it is released.
        let data = unsafe { from_ffi(array, &schema) }.map_err(|error| refused(&error))?;
        let schema = Arc::new(Schema::try_from(&schema).map_err(|error| refused(&error))?);
        let (_, columns, _) = StructArray::from(data).into_parts();
        let options = RecordBatchOptions::new().with_row_count(Some(self.rows()));
        RecordBatch::try_new_with_options(schema, columns, &options).map_err(|error| refused(&error))
    }
}

impl Writer<'_> {
    /// A table of record batches of arrow-rs, one behind the other. Buffers that lie as a table needs them are borrowed, and
    /// kept, until the writer is reset or dropped.
    ///
    /// Fails with [`ErrorKind::BadFormat`] for what no table holds: unions, maps, runs, batches with dictionaries of their own;
    /// with [`ErrorKind::InvalidArgument`] when the reader fails, with what it says.
    pub fn record_batches(
        &mut self,
        batches: impl RecordBatchReader + Send + 'static,
        origin: Origin,
    ) -> Result<&mut Self> {
        let mut stream = FFI_ArrowArrayStream::new(Box::new(batches));
        // SAFETY: the struct is that of the interface; the library releases it, which leaves nothing to drop.
        self.written(|f, writer| unsafe {
            (f.dy_lmdb_writer_arrow)(writer, origin.code(), (&raw mut stream).cast())
        })
    }

    /// A table of a record batch of arrow-rs, as [`record_batches`](Writer::record_batches).
    pub fn record_batch(&mut self, batch: &RecordBatch, origin: Origin) -> Result<&mut Self> {
        let schema = batch.schema();
        self.record_batches(RecordBatchIterator::new([Ok(batch.clone())], schema), origin)
    }
}
