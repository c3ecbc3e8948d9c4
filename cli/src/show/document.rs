//! Documents: MessagePack with arrays and tables inside.

use dishtayantra_lmdb::document::table::Table;
use dishtayantra_lmdb::document::{Document, EXACT, Node, Type, Value};
use dishtayantra_lmdb::error::Result;
use dishtayantra_lmdb::format::npy;

use super::{DEEPEST, Shown, array, arrow, of_bytes};
use crate::key;

/// Extensions: an array as a `.npy` file, and a value with the name of its type.
const NPY: i8 = 78;
const NAMED: i8 = 80;
/// How an Arrow IPC stream begins.
const STREAM: [u8; 4] = [0xff; 4];

/// The document in a payload.
pub fn decoded(bytes: &[u8], limit: usize) -> Result<Shown> {
    let document = Document::new(bytes);
    document.validate()?;
    value(&document, Document::ROOT, limit, 0)
}

fn value(document: &Document, node: Node, limit: usize, depth: usize) -> Result<Shown> {
    let (found, _) = document.value(node)?;
    Ok(match found {
        Value::Nil => Shown::Plain(serde_json::Value::Null),
        Value::Bool(value) => Shown::Plain(value.into()),
        Value::Negative(value) => Shown::Plain(value.into()),
        Value::Unsigned(value) => Shown::Plain(value.into()),
        Value::Float(value) if value.is_finite() => Shown::Plain(value.into()),
        Value::Float(value) => Shown::Words(value.to_string()),
        Value::String(text) => Shown::Plain(text.into()),
        Value::Bytes(bytes) => match of_bytes(bytes) {
            Shown::Plain(_) => Shown::Bytes(bytes.len(), bytes[..bytes.len().min(64)].to_vec()),
            other => other,
        },
        Value::Segment => Shown::Array(array::of_segment(&document.segment(node)?.segment, limit)),
        Value::Table => match document.find_table(node)? {
            Some(found) => table(document, &found, limit)?,
            None => Shown::Words(format!("{} values", document.count(node)?)),
        },
        Value::Array(count) | Value::Map(count) if depth > DEEPEST => Shown::Words(format!("{count} values")),
        Value::Array(count) => {
            let mut iter = document.iterate(node)?;
            let mut items = Vec::new();
            while items.len() < limit && document.next(&mut iter)? {
                items.push(value(document, iter.value, limit, depth + 1)?);
            }
            Shown::List(items, count)
        }
        Value::Map(count) => {
            let mut iter = document.iterate(node)?;
            let mut fields = Vec::new();
            while fields.len() < limit && document.next(&mut iter)? {
                let name = match value(document, iter.key, limit, depth + 1)? {
                    Shown::Plain(serde_json::Value::String(name)) => name,
                    other => other.word(),
                };
                fields.push((name, value(document, iter.value, limit, depth + 1)?));
            }
            Shown::Map(fields, count)
        }
        Value::Ext { tag: EXACT, .. } => Shown::Words("an exact value".to_owned()),
        Value::Ext { tag, body } => extension(tag, body, limit),
    })
}

/// A table; a list of plain values is one again.
fn table(document: &Document, found: &Table, limit: usize) -> Result<Shown> {
    let plain = |kind| matches!(kind, Type::Bool | Type::Int | Type::Float | Type::String | Type::Nil);
    if found.is_list() && !found.column(0)?.format().starts_with('t') && plain(found.column(0)?.value_type()?)
    {
        let rows = found.rows() as usize;
        let items = (0..rows.min(limit))
            .map(|row| value(document, found.cell(row as u64, 0)?, limit, DEEPEST))
            .collect::<Result<_>>()?;
        return Ok(Shown::List(items, rows));
    }
    Ok(Shown::Table(arrow::of_columns(found, limit)?))
}

fn extension(tag: i8, body: &[u8], limit: usize) -> Shown {
    let known = match tag {
        NPY => npy::parse(body).ok().map(|array| Shown::Array(array::of_npy(&array, limit))),
        NAMED => named(body, limit),
        _ => None,
    };
    known.unwrap_or_else(|| {
        let head = key::hex(&body[..body.len().min(32)]);
        Shown::Words(format!("extension {tag} of {} bytes: {head}", body.len()))
    })
}

/// `[name, body]`: a table, or a value of Python's.
fn named(bytes: &[u8], limit: usize) -> Option<Shown> {
    let document = Document::new(bytes);
    document.validate().ok()?;
    let name = document.string(document.at(Document::ROOT, 0).ok()?).ok()?;
    let body = document.at(Document::ROOT, 1).ok()?;
    if let Ok(stream) = document.bytes(body)
        && stream.starts_with(&STREAM)
        && let Ok(table) = arrow::decoded(stream, limit)
    {
        return Some(Shown::Table(table));
    }
    match value(&document, body, limit, 0).ok()? {
        Shown::Plain(serde_json::Value::String(text)) => Some(Shown::Words(format!("{name} {text}"))),
        inner => Some(Shown::Map(vec![(name.to_owned(), inner)], 1)),
    }
}
