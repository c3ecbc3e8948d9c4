//! Arrays: what they are, statistics, and how they begin.

use dishtayantra_lmdb::document::{Dtype, Segment, Unit, convert, half};
use dishtayantra_lmdb::format::npy;
use serde_json::{Value, json};

use crate::key;
use crate::text::size;

/// Items that are looked at together.
const PIECE: usize = 4096;

/// An array.
pub struct Array {
    dtype: String,
    shape: Vec<u64>,
    bytes: usize,
    /// What it was in the language that put it.
    kind: &'static str,
    statistics: Option<Statistics>,
    head: Vec<String>,
    count: usize,
}

/// Of all numbers that are numbers.
struct Statistics {
    least: f64,
    most: f64,
    mean: f64,
    deviation: f64,
    sum: f64,
    zeros: u64,
    not_numbers: u64,
}

impl Statistics {
    /// By Welford's method: one pass, and nothing cancels out.
    fn of(dtype: Dtype, big_endian: bool, items: &[u8]) -> Option<Statistics> {
        let mut values = vec![0.0; PIECE];
        let (mut seen, mut mean, mut squares) = (0.0, 0.0, 0.0);
        let mut found = Statistics {
            least: f64::INFINITY,
            most: f64::NEG_INFINITY,
            mean: 0.0,
            deviation: 0.0,
            sum: 0.0,
            zeros: 0,
            not_numbers: 0,
        };
        for piece in items.chunks(PIECE * dtype.itemsize()) {
            let values = &mut values[..piece.len() / dtype.itemsize()];
            convert(dtype, big_endian, piece, values)?;
            for &value in &*values {
                if value.is_nan() {
                    found.not_numbers += 1;
                    continue;
                }
                found.zeros += u64::from(value == 0.0);
                found.least = found.least.min(value);
                found.most = found.most.max(value);
                found.sum += value;
                seen += 1.0;
                let away = value - mean;
                mean += away / seen;
                squares += away * (value - mean);
            }
        }
        found.mean = mean;
        found.deviation = f64::sqrt(squares / seen);
        (seen > 0.0 || found.not_numbers > 0).then_some(found)
    }
}

/// The array in a `.npy` image.
pub fn of_npy(array: &npy::Array, limit: usize) -> Array {
    let kind = if array.fortran_order() { "in Fortran order" } else { "" };
    let (items, big) = (array.data(), array.big_endian());
    let Some(dtype) = array.dtype() else {
        let count = array.data().len().checked_div(array.itemsize()).unwrap_or(0);
        let head = items.chunks(array.itemsize().max(1)).take(limit).map(key::hex).collect();
        let (dtype, shape) = (array.descr().to_owned(), array.shape().to_vec());
        return Array { dtype, shape, bytes: items.len(), kind, statistics: None, head, count };
    };
    Array::new(dtype, array.shape(), items, big, kind, limit)
}

/// The array in a document.
pub fn of_segment(segment: &Segment, limit: usize) -> Array {
    let kind = match segment.flags() {
        flags if flags & Segment::LIST != 0 => "a list",
        flags if flags & Segment::SCALAR != 0 => "a number",
        _ => "",
    };
    Array::new(segment.dtype(), segment.shape(), segment.data(), false, kind, limit)
}

impl Array {
    fn new(dtype: Dtype, shape: &[u64], items: &[u8], big: bool, kind: &'static str, limit: usize) -> Array {
        Array {
            dtype: dtype.to_string(),
            shape: shape.to_vec(),
            bytes: items.len(),
            kind,
            statistics: Statistics::of(dtype, big, items),
            head: items
                .chunks_exact(dtype.itemsize())
                .take(limit)
                .map(|item| word(dtype, big, item))
                .collect(),
            count: items.len() / dtype.itemsize(),
        }
    }

    pub(super) fn lines(&self) -> Vec<String> {
        let shape: Vec<String> = self.shape.iter().map(u64::to_string).collect();
        let shape = if shape.is_empty() { "one item".to_owned() } else { shape.join(" x ") };
        let kind = if self.kind.is_empty() { String::new() } else { format!(", {}", self.kind) };
        let mut lines = vec![format!("{} array, {shape}, {}{kind}", self.dtype, size(self.bytes as u64))];
        if let Some(found) = self.statistics.as_ref().filter(|_| self.count > 1) {
            lines.push(format!(
                "min {}, max {}, mean {}, deviation {}, sum {}, {} zeros, {} not a number",
                found.least,
                found.most,
                found.mean,
                found.deviation,
                found.sum,
                found.zeros,
                found.not_numbers
            ));
        }
        let dots = if self.head.len() < self.count { ", …" } else { "" };
        lines.push(format!("[{}{dots}]", self.head.join(", ")));
        lines
    }

    pub(super) fn json(&self) -> Value {
        let statistics = self.statistics.as_ref().map(|found| {
            json!({"min": found.least, "max": found.most, "mean": found.mean, "deviation": found.deviation,
                   "sum": found.sum, "zeros": found.zeros, "not_numbers": found.not_numbers})
        });
        json!({"dtype": self.dtype, "shape": self.shape, "bytes": self.bytes, "count": self.count,
               "statistics": statistics, "head": self.head})
    }
}

/// An item in words.
fn word(dtype: Dtype, big_endian: bool, item: &[u8]) -> String {
    if let Dtype::C64 | Dtype::C128 = dtype {
        let (real, imaginary) = item.split_at(item.len() / 2);
        let of = if dtype == Dtype::C64 { Dtype::F32 } else { Dtype::F64 };
        let (real, imaginary) = (word(of, big_endian, real), word(of, big_endian, imaginary));
        let sign = if imaginary.starts_with('-') { "" } else { "+" };
        return format!("{real}{sign}{imaginary}j");
    }
    let mut bytes = [0; 8];
    bytes[..item.len()].copy_from_slice(item);
    if big_endian {
        bytes[..item.len()].reverse();
    }
    let whole = i64::from_le_bytes(bytes);
    match dtype {
        Dtype::Bool => (item[0] != 0).to_string(),
        Dtype::I8 => (whole as i8).to_string(),
        Dtype::I16 => (whole as i16).to_string(),
        Dtype::I32 => (whole as i32).to_string(),
        Dtype::I64 => whole.to_string(),
        Dtype::U8 | Dtype::U16 | Dtype::U32 | Dtype::U64 => (whole as u64).to_string(),
        Dtype::F32 => f32::from_bits(whole as u32).to_string(),
        Dtype::F64 => f64::from_le_bytes(bytes).to_string(),
        Dtype::Datetime(_) | Dtype::Timedelta(_) if whole == i64::MIN => "not a time".to_owned(),
        Dtype::Datetime(unit) => moment(whole, unit).unwrap_or_else(|| format!("{whole} {}", unit.name())),
        Dtype::Timedelta(unit) => format!("{whole} {}", unit.name()),
        Dtype::F16 => half(whole as u16).to_string(),
        Dtype::C64 | Dtype::C128 => unreachable!("it was taken apart"),
    }
}

/// A point in time as RFC 3339 has it.
fn moment(count: i64, unit: Unit) -> Option<String> {
    let (seconds, parts): (u64, u64) = match unit {
        Unit::Week => (604_800, 1),
        Unit::Day => (86_400, 1),
        Unit::Hour => (3600, 1),
        Unit::Minute => (60, 1),
        Unit::Second => (1, 1),
        Unit::Millisecond => (1, 1_000),
        Unit::Microsecond => (1, 1_000_000),
        Unit::Nanosecond => (1, 1_000_000_000),
        _ => return None,
    };
    let count = u64::try_from(count).ok()?;
    let whole = (count / parts).checked_mul(seconds)?;
    let nanoseconds = (count % parts) * (1_000_000_000 / parts);
    // The year 9999 is the last that has four digits.
    let time = std::time::Duration::new(whole, nanoseconds as u32);
    (whole < 253_402_300_800)
        .then(|| humantime::format_rfc3339(std::time::SystemTime::UNIX_EPOCH + time).to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn statistics_leave_out_what_is_no_number() {
        let values = [1.0, f64::NAN, 3.0, 0.0, 4.0];
        let items: Vec<u8> = values.iter().flat_map(|value: &f64| value.to_be_bytes()).collect();
        let found = Statistics::of(Dtype::F64, true, &items).unwrap();
        assert_eq!((found.least, found.most, found.mean, found.sum), (0.0, 4.0, 2.0, 8.0));
        assert_eq!((found.zeros, found.not_numbers), (1, 1));
        assert!((found.deviation - 2.5_f64.sqrt()).abs() < 1e-12);
        assert!(Statistics::of(Dtype::F64, false, &[]).is_none());
    }

    #[test]
    fn items_are_shown_as_what_they_are() {
        let time = |count: i64, unit| word(Dtype::Datetime(unit), false, &count.to_le_bytes());
        assert_eq!(time(1_700_000_000_123, Unit::Millisecond), "2023-11-14T22:13:20.123000000Z");
        assert_eq!(
            (time(-1, Unit::Second).as_str(), time(i64::MIN, Unit::Day).as_str()),
            ("-1 s", "not a time")
        );
        assert_eq!(word(Dtype::I16, true, &[0xff, 0xfe]), "-2");
        assert_eq!(word(Dtype::U64, false, &[0xff; 8]), u64::MAX.to_string());
        assert_eq!(word(Dtype::F32, false, &1.5_f32.to_le_bytes()), "1.5");
        assert_eq!(word(Dtype::F16, true, &[0x3e, 0x00]), "1.5");
        let pair = [1.5_f32, -0.25].map(f32::to_be_bytes).concat();
        assert_eq!(word(Dtype::C64, true, &pair), "1.5-0.25j");
        let pair = [-1.0_f64, f64::INFINITY].map(f64::to_le_bytes).concat();
        assert_eq!(word(Dtype::C128, false, &pair), "-1+infj");
    }
}
