//! Tables: Arrow IPC streams, and those of documents.

use std::io::Cursor;
use std::sync::Arc;

use arrow_array::{Array, ArrayRef};
use arrow_cast::display::{ArrayFormatter, FormatOptions};
use arrow_ipc::reader::StreamReader;
use arrow_schema::{ArrowError, DataType};
use dishtayantra_lmdb::document;
use dishtayantra_lmdb::error::{Error, Status};

use super::column;
use crate::key;

/// A table.
pub struct Table {
    /// Name and type of each column.
    pub columns: Vec<(String, String)>,
    /// Rows there are.
    pub rows: usize,
    /// The first of them; `None` is nil.
    pub head: Vec<Vec<Option<String>>>,
}

/// The table in an IPC stream.
pub fn decoded(bytes: &[u8], limit: usize) -> Result<Table, ArrowError> {
    let reader = StreamReader::try_new(Cursor::new(bytes), None)?;
    let columns = reader
        .schema()
        .fields()
        .iter()
        .map(|field| (key::shown(field.name().as_bytes()), field.data_type().to_string()))
        .collect();
    let mut table = Table { columns, rows: 0, head: Vec::new() };
    for batch in reader {
        let batch = batch?;
        table.rows += batch.num_rows();
        let rows = batch.num_rows().min(limit - table.head.len());
        add(&mut table.head, batch.columns(), rows)?;
    }
    Ok(table)
}

/// The table of a document's.
pub fn of_columns(table: &document::table::Table, limit: usize) -> Result<Table, Error> {
    let columns: Vec<_> = (0..table.columns()).map(|index| table.column(index)).collect::<Result<_, _>>()?;
    let rows = table.rows() as usize;
    let arrays = columns.iter().map(|column| column::head(column, rows.min(limit)));
    let mut found = Table { columns: Vec::new(), rows, head: Vec::new() };
    for column in &columns {
        found.columns.push((key::shown(column.name().as_bytes()), column::kind(column)?.to_string()));
    }
    add(&mut found.head, &arrays.collect::<Result<Vec<_>, _>>()?, rows.min(limit))
        .map_err(|error| Error::new(Status::Corrupt, format!("a table cannot be shown: {error}")))?;
    Ok(found)
}

fn add(head: &mut Vec<Vec<Option<String>>>, columns: &[ArrayRef], rows: usize) -> Result<(), ArrowError> {
    let options = FormatOptions::new().with_null("null");
    let shown: Vec<ArrayRef> = columns.iter().map(in_shown_zone).collect::<Result<_, _>>()?;
    let formats = shown
        .iter()
        .map(|column| ArrayFormatter::try_new(column.as_ref(), &options))
        .collect::<Result<Vec<_>, _>>()?;
    for row in 0..rows {
        let cells = shown.iter().zip(&formats).map(|(column, format)| {
            if column.is_null(row) || column.data_type() == &DataType::Null {
                return Ok(None);
            }
            Ok(Some(key::shown(format.value(row).try_to_string()?.as_bytes())))
        });
        head.push(cells.collect::<Result<_, ArrowError>>()?);
    }
    Ok(())
}

fn in_shown_zone(column: &ArrayRef) -> Result<ArrayRef, ArrowError> {
    let kind = column::in_shown_zone(column.data_type().clone());
    if kind == *column.data_type() {
        return Ok(Arc::clone(column));
    }
    arrow_cast::cast(column, &kind)
}
