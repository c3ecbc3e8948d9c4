//! Tables: Arrow IPC streams.

use std::io::Cursor;

use arrow_array::RecordBatch;
use arrow_cast::display::{ArrayFormatter, FormatOptions};
use arrow_ipc::reader::StreamReader;
use arrow_schema::ArrowError;

use crate::key;

/// A table.
pub struct Table {
    /// Name and type of each column.
    pub columns: Vec<(String, String)>,
    /// Rows there are.
    pub rows: usize,
    /// The first of them.
    pub head: Vec<Vec<String>>,
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
        add(&mut table.head, &batch, limit)?;
    }
    Ok(table)
}

fn add(head: &mut Vec<Vec<String>>, batch: &RecordBatch, limit: usize) -> Result<(), ArrowError> {
    let options = FormatOptions::new().with_null("null");
    let columns = batch
        .columns()
        .iter()
        .map(|column| ArrayFormatter::try_new(column.as_ref(), &options))
        .collect::<Result<Vec<_>, _>>()?;
    for row in 0..batch.num_rows().min(limit.saturating_sub(head.len())) {
        let cells =
            columns.iter().map(|column| Ok(key::shown(column.value(row).try_to_string()?.as_bytes())));
        head.push(cells.collect::<Result<_, ArrowError>>()?);
    }
    Ok(())
}
