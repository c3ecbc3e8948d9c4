//! Results and configurations of calculators: names and values.

use crate::columns::Columns;
use crate::error::Result;
use crate::ffi::Writer;
use crate::numbers::Numbers;
use crate::segment::Segment;
use crate::sys;

/// A value of a result or a configuration.
#[derive(Debug, Clone)]
#[allow(missing_docs, reason = "the names say it")]
pub enum Value<'a> {
    Nil,
    Bool(bool),
    Int(i64),
    Float(f64),
    Text(String),
    Numbers(Numbers<'a>),
    Map(Map<'a>),
    Table(Columns<'a>),
}

/// Names and values in the order they were put.
pub type Map<'a> = Vec<(String, Value<'a>)>;

macro_rules! from {
    ($($kind:ty => |$value:ident| $made:expr,)*) => {
        $(impl<'a> From<$kind> for Value<'a> {
            fn from($value: $kind) -> Self {
                $made
            }
        })*
    };
}

from! {
    bool => |value| Value::Bool(value),
    i32 => |value| Value::Int(value.into()),
    i64 => |value| Value::Int(value),
    usize => |value| Value::Int(value as i64),
    f64 => |value| Value::Float(value),
    &str => |value| Value::Text(value.to_owned()),
    String => |value| Value::Text(value),
    Numbers<'a> => |value| Value::Numbers(value),
    Vec<f64> => |items| Value::Numbers(items.into()),
    Map<'a> => |value| Value::Map(value),
    Columns<'a> => |value| Value::Table(value),
}

/// Makes a [`Map`]: `map([("rows", 3.into()), ("mean", 1.5.into())])`.
pub fn map<'a, const N: usize>(pairs: [(&str, Value<'a>); N]) -> Map<'a> {
    pairs.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
}

/// Applies `change` to every array, `table` to every table.
fn changed<'a, 'b>(
    map: Map<'a>,
    change: fn(Numbers<'a>) -> Numbers<'b>,
    table: fn(Columns<'a>) -> Columns<'b>,
) -> Map<'b> {
    let value = |value| match value {
        Value::Nil => Value::Nil,
        Value::Bool(value) => Value::Bool(value),
        Value::Int(value) => Value::Int(value),
        Value::Float(value) => Value::Float(value),
        Value::Text(value) => Value::Text(value),
        Value::Numbers(numbers) => Value::Numbers(change(numbers)),
        Value::Map(map) => Value::Map(changed(map, change, table)),
        Value::Table(columns) => Value::Table(table(columns)),
    };
    map.into_iter().map(|(name, held)| (name, value(held))).collect()
}

/// The same, borrowed from nobody.
pub(crate) fn into_owned(map: Map<'_>) -> Map<'static> {
    changed(map, Numbers::into_owned, Columns::into_owned)
}

/// The same with every array in C order, as documents have them.
pub(crate) fn in_c_order(map: Map<'_>) -> Map<'_> {
    changed(map, Numbers::c_order, |columns| columns)
}

/// Writes a result whose arrays are in C order. They are lent to the writer.
pub(crate) fn write_map<'a>(map: &'a Map<'a>, writer: &mut Writer<'a>) -> Result<()> {
    writer.map(map.len())?;
    write_pairs(map, writer)
}

/// The pairs of a map that was opened.
pub(crate) fn write_pairs<'a>(map: &'a Map<'a>, writer: &mut Writer<'a>) -> Result<()> {
    for (name, value) in map {
        writer.string(name)?;
        match value {
            Value::Nil => writer.nil()?,
            Value::Bool(value) => writer.bool(*value)?,
            Value::Int(value) => writer.int64(*value)?,
            Value::Float(value) => writer.double(*value)?,
            Value::Text(text) => writer.string(text)?,
            Value::Table(columns) => writer.table(columns.clone())?,
            Value::Numbers(numbers) => {
                write_numbers(numbers, writer)?;
                continue;
            }
            Value::Map(map) => {
                write_map(map, writer)?;
                continue;
            }
        };
    }
    Ok(())
}

/// Arrays become segments; what came as lists is to come back as lists.
fn write_numbers<'a>(numbers: &'a Numbers<'_>, writer: &mut Writer<'a>) -> Result<()> {
    let elements = numbers.slice();
    let shape: Vec<u64> = numbers.shape().iter().map(|length| *length as u64).collect();
    if !numbers.is_list() {
        writer.segment(&Segment::shaped(elements, &shape)?)?;
    } else if shape.is_empty() {
        writer.double(elements[0])?;
    } else if elements.len() < sys::DY_LMDB_LIST_SEGMENT_MIN as usize {
        write_rows(elements, numbers.shape(), writer)?;
    } else {
        writer.segment(&Segment::shaped(elements, &shape)?.as_list())?;
    }
    Ok(())
}

fn write_rows(elements: &[f64], shape: &[usize], writer: &mut Writer<'_>) -> Result<()> {
    let [count, rest @ ..] = shape else { return Ok(()) };
    if rest.is_empty() {
        writer.doubles(elements)?;
        return Ok(());
    }
    writer.array(*count)?;
    let row = elements.len() / (*count).max(1);
    (0..*count).try_for_each(|at| write_rows(&elements[at * row..(at + 1) * row], rest, writer))
}
