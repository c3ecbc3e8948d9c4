//! Columns of documents' tables as arrays of Arrow's, which show their values.

use std::sync::Arc;

use arrow_array::{ArrayRef, make_array};
use arrow_buffer::Buffer;
use arrow_data::ArrayData;
use arrow_schema::{DataType, Field, IntervalUnit, TimeUnit};
use dishtayantra_lmdb::document::table::{Column, Kind};
use dishtayantra_lmdb::error::{Error, Result, Status};

/// What times with a zone are shown in: Arrow's crates know no other zones by name without their tables.
pub const SHOWN_ZONE: &str = "+00:00";

/// What the values of a column are.
pub fn kind(column: &Column) -> Result<DataType> {
    let format = column.format();
    let children = |name: Option<&str>| -> Result<Vec<Arc<Field>>> {
        let child = |index| {
            let child = column.child(index)?;
            Ok(Arc::new(Field::new(name.unwrap_or_else(|| child.name()), kind(&child)?, true)))
        };
        (0..column.children().1).map(child).collect()
    };
    let item = || Ok::<_, Error>(children(Some("item"))?.remove(0));
    let values = match column.kind() {
        Kind::Null => DataType::Null,
        Kind::Bool => DataType::Boolean,
        Kind::Signed(1) => DataType::Int8,
        Kind::Signed(2) => DataType::Int16,
        Kind::Signed(4) => DataType::Int32,
        Kind::Signed(_) => DataType::Int64,
        Kind::Unsigned(1) => DataType::UInt8,
        Kind::Unsigned(2) => DataType::UInt16,
        Kind::Unsigned(4) => DataType::UInt32,
        Kind::Unsigned(_) => DataType::UInt64,
        Kind::Float(2) => DataType::Float16,
        Kind::Float(4) => DataType::Float32,
        Kind::Float(_) => DataType::Float64,
        Kind::Text(4) => DataType::Utf8,
        Kind::Text(_) => DataType::LargeUtf8,
        Kind::Bytes(4) => DataType::Binary,
        Kind::Bytes(_) => DataType::LargeBinary,
        Kind::Fixed(size) => DataType::FixedSizeBinary(size as i32),
        Kind::List(4) => DataType::List(item()?),
        Kind::List(_) => DataType::LargeList(item()?),
        Kind::FixedList(size) => DataType::FixedSizeList(item()?, size as i32),
        Kind::Struct => DataType::Struct(children(None)?.into()),
        Kind::Interval(8) => DataType::Interval(IntervalUnit::DayTime),
        Kind::Interval(_) => DataType::Interval(IntervalUnit::MonthDayNano),
        Kind::Decimal(size) => decimal(format, size).ok_or_else(|| unknown(column))?,
        Kind::Time(_) => time(format).ok_or_else(|| unknown(column))?,
    };
    Ok(match column.dictionary()? {
        None => values,
        Some(texts) => DataType::Dictionary(Box::new(values), Box::new(kind(&texts)?)),
    })
}

fn unknown(column: &Column) -> Error {
    let what = format!("column {:?} has format {:?}", column.name(), column.format());
    Error::new(Status::Corrupt, what)
}

fn decimal(format: &str, size: u8) -> Option<DataType> {
    let mut numbers = format.strip_prefix("d:")?.split(',');
    let (precision, scale) = (numbers.next()?.parse().ok()?, numbers.next()?.parse().ok()?);
    Some(match size {
        4 => DataType::Decimal32(precision, scale),
        8 => DataType::Decimal64(precision, scale),
        16 => DataType::Decimal128(precision, scale),
        _ => DataType::Decimal256(precision, scale),
    })
}

fn time(format: &str) -> Option<DataType> {
    let unit = match format.as_bytes().get(2)? {
        b's' => TimeUnit::Second,
        b'm' => TimeUnit::Millisecond,
        b'u' => TimeUnit::Microsecond,
        _ => TimeUnit::Nanosecond,
    };
    Some(match format.get(..2)? {
        "td" if format == "tdD" => DataType::Date32,
        "td" => DataType::Date64,
        "tt" if matches!(unit, TimeUnit::Second | TimeUnit::Millisecond) => DataType::Time32(unit),
        "tt" => DataType::Time64(unit),
        "tD" => DataType::Duration(unit),
        "ts" => {
            let zone = format.get(4..).filter(|zone| !zone.is_empty());
            DataType::Timestamp(unit, zone.map(Into::into))
        }
        _ => DataType::Interval(IntervalUnit::YearMonth),
    })
}

/// The first values of a column.
pub fn head(column: &Column, count: usize) -> Result<ArrayRef> {
    let data = data(column, count)?;
    Ok(make_array(data))
}

fn data(column: &Column, count: usize) -> Result<ArrayData> {
    let kind = kind(column)?;
    let (bits, sizes) = (count.div_ceil(8), column.kind());
    let mut builder = ArrayData::builder(in_shown_zone(kind)).len(count);
    if sizes != Kind::Null {
        let validity = column.validity().map(|all| Buffer::from(&all[..bits]));
        builder = builder.null_bit_buffer(validity);
    }
    let offset_size = sizes.offset_size() as usize;
    let last = if offset_size == 0 { 0 } else { offset(column, count, offset_size) };
    if offset_size > 0 {
        builder = builder.add_buffer(Buffer::from(&column.offsets()[..offset_size * (count + 1)]));
    }
    builder = match sizes {
        Kind::Null | Kind::FixedList(_) | Kind::Struct | Kind::List(_) => builder,
        Kind::Text(_) | Kind::Bytes(_) => builder.add_buffer(Buffer::from(&column.data()[..last])),
        Kind::Bool => builder.add_buffer(Buffer::from(&column.data()[..bits])),
        sized => builder.add_buffer(Buffer::from(&column.data()[..count * sized.itemsize() as usize])),
    };
    for index in 0..column.children().1 {
        let values = match sizes {
            Kind::List(_) => last,
            Kind::FixedList(size) => count * size as usize,
            _ => count,
        };
        builder = builder.add_child_data(data(&column.child(index)?, values)?);
    }
    if let Some(texts) = column.dictionary()? {
        builder = builder.add_child_data(data(&texts, texts.len() as usize)?);
    }
    builder.build().map_err(|error| {
        Error::new(Status::Corrupt, format!("column {:?} cannot be shown: {error}", column.name()))
    })
}

/// Where the values before one end; the table was checked.
fn offset(column: &Column, index: usize, size: usize) -> usize {
    let mut wide = [0; 8];
    wide[..size].copy_from_slice(&column.offsets()[size * index..][..size]);
    u64::from_le_bytes(wide) as usize
}

/// The same kind with times in the zone that they are shown in.
pub fn in_shown_zone(kind: DataType) -> DataType {
    let all = |field: Arc<Field>| {
        Arc::new(field.as_ref().clone().with_data_type(in_shown_zone(field.data_type().clone())))
    };
    match kind {
        DataType::Timestamp(unit, Some(_)) => DataType::Timestamp(unit, Some(SHOWN_ZONE.into())),
        DataType::List(item) => DataType::List(all(item)),
        DataType::LargeList(item) => DataType::LargeList(all(item)),
        DataType::FixedSizeList(item, size) => DataType::FixedSizeList(all(item), size),
        DataType::Struct(fields) => DataType::Struct(fields.iter().cloned().map(all).collect()),
        DataType::Dictionary(codes, values) => DataType::Dictionary(codes, Box::new(in_shown_zone(*values))),
        other => other,
    }
}
