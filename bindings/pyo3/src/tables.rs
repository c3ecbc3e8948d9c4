//! Tables of Python's objects, and tables as them. NumPy is used when a caller has it, never needed.

use crate::numbers::Failure;
use crate::results::numpy;
use dishtayantra::calculator::{Column, Table};
use dishtayantra::{Element, Error, Origin, Unit};
use pyo3::IntoPyObjectExt;
use pyo3::exceptions::{PyImportError, PyTypeError, PyValueError};
use pyo3::prelude::*;
use pyo3::pybacked::PyBackedBytes;
use pyo3::types::{PyByteArray, PyBytes, PyDict, PyList};

/// Lists, dicts and frames as the Python package puts them into a store, which therefore has to be there.
pub fn packed(object: &Bound<'_, PyAny>) -> Result<PyBackedBytes, Failure> {
    let py = object.py();
    let bytes = py
        .import("dishtayantra_lmdb._payload.direct")
        .and_then(|direct| direct.call_method1("packed", (object,)));
    match bytes {
        Ok(bytes) => Ok(bytes.extract().map_err(PyErr::from)?),
        Err(error) if error.is_instance_of::<PyImportError>(py) => {
            Err(Error::invalid("tables of Python's objects need the package dishtayantra_lmdb").into())
        }
        Err(error) if error.is_instance_of::<PyValueError>(py) || error.is_instance_of::<PyTypeError>(py) => {
            Err(Error::invalid(error.value(py).to_string()).into())
        }
        Err(error) => Err(error.into()),
    }
}

/// A table as it also comes out of the store: a list of dicts, the values of one column, or a dict of the columns.
pub fn object_of<'py>(py: Python<'py>, table: Table<'_, '_>) -> Result<Bound<'py, PyAny>, Failure> {
    let columns =
        (0..table.columns()).map(|at| table.column_at(at)).collect::<dishtayantra::Result<Vec<_>>>()?;
    match table.origin()? {
        Origin::List => list_of(py, table.column_at(0)?),
        Origin::Rows => {
            let rows = PyList::empty(py);
            for row in 0..table.rows() {
                let dict = PyDict::new(py);
                for column in &columns {
                    dict.set_item(column.name(), object_at(py, *column, row)?)?;
                }
                rows.append(dict)?;
            }
            Ok(rows.into_any())
        }
        _ => {
            let dict = PyDict::new(py);
            for column in columns {
                dict.set_item(column.name(), column_of(py, column)?)?;
            }
            Ok(dict.into_any())
        }
    }
}

fn list_of<'py>(py: Python<'py>, column: Column<'_, '_>) -> Result<Bound<'py, PyAny>, Failure> {
    let values = (0..column.len()).map(|at| object_at(py, column, at));
    Ok(PyList::new(py, values.collect::<Result<Vec<_>, Failure>>()?)?.into_any())
}

/// A value as below, but what Python's own dates, times and spans of time say exactly as those.
fn object_at<'py>(
    py: Python<'py>,
    column: Column<'_, '_>,
    index: usize,
) -> Result<Bound<'py, PyAny>, Failure> {
    let format = column.format();
    if !matches!(format, "tsu:" | "tsu:UTC" | "tdD" | "tDu") || column.is_null(index)? {
        return value_at(py, column, index);
    }
    let datetime = py.import("datetime")?;
    let count = value_at(py, column, index)?;
    let span = datetime.getattr("timedelta")?;
    Ok(match format {
        "tdD" => datetime.call_method1("date", (1970, 1, 1))?.add(span.call1((count,))?)?,
        "tDu" => span.call1((0, 0, count))?,
        _ => {
            let zone = match format {
                "tsu:" => py.None().into_bound(py),
                _ => datetime.getattr("timezone")?.getattr("utc")?,
            };
            let epoch = datetime.call_method1("datetime", (1970, 1, 1, 0, 0, 0, 0, zone))?;
            epoch.add(span.call1((0, 0, count))?)?
        }
    })
}

/// A value of a column: None, a bool, an int, a float, a str, bytes, a list, a dict; of times what they are counted in.
fn value_at<'py>(
    py: Python<'py>,
    column: Column<'_, '_>,
    index: usize,
) -> Result<Bound<'py, PyAny>, Failure> {
    if column.is_null(index)? {
        return Ok(py.None().into_bound(py));
    }
    if let Some(dictionary) = column.dictionary()? {
        return value_at(py, dictionary, column.code(index)?);
    }
    fn number<'py, T: Element + IntoPyObjectExt<'py>>(
        py: Python<'py>,
        column: Column<'_, '_>,
        index: usize,
    ) -> Result<Bound<'py, PyAny>, Failure> {
        Ok(column.slice::<T>()?[index].into_bound_py_any(py)?)
    }
    let format = column.format();
    match format.as_bytes()[0] {
        b'b' => Ok(pyo3::types::PyBool::new(py, column.bool(index)? == Some(true)).to_owned().into_any()),
        b'c' => number::<i8>(py, column, index),
        b'C' => number::<u8>(py, column, index),
        b's' => number::<i16>(py, column, index),
        b'S' => number::<u16>(py, column, index),
        b'i' => number::<i32>(py, column, index),
        b'I' => number::<u32>(py, column, index),
        b'l' => number::<i64>(py, column, index),
        b'L' => number::<u64>(py, column, index),
        b'f' => number::<f32>(py, column, index),
        b'g' => number::<f64>(py, column, index),
        b'u' | b'U' => Ok(column.str(index)?.into_bound_py_any(py)?),
        b't' if format.starts_with("ti") => {
            Ok(PyBytes::new(py, column.bytes(index)?.unwrap_or_default()).into_any())
        }
        b't' if column.holds::<i64>() => number::<i64>(py, column, index),
        b't' if column.holds::<i32>() => number::<i32>(py, column, index),
        b'+' if format == "+s" => {
            let dict = PyDict::new(py);
            for at in 0..column.children() {
                let child = column.child(at)?;
                dict.set_item(child.name(), value_at(py, child, index)?)?;
            }
            Ok(dict.into_any())
        }
        b'+' => {
            let range = column.range(index)?.unwrap_or_default();
            let items = column.child(0)?;
            let values = range.map(|at| value_at(py, items, at)).collect::<Result<Vec<_>, Failure>>()?;
            Ok(PyList::new(py, values)?.into_any())
        }
        b'e' => Ok(half_of(column.bytes(index)?.unwrap_or_default()).into_bound_py_any(py)?),
        _ => Ok(PyBytes::new(py, column.bytes(index)?.unwrap_or_default()).into_any()),
    }
}

/// A float16 as a float.
fn half_of(bytes: &[u8]) -> f64 {
    let bits = u16::from_le_bytes([bytes[0], bytes[1]]);
    let (exponent, fraction) = (i32::from(bits >> 10 & 31), f64::from(bits & 1023));
    let size = match exponent {
        0 => fraction * 2_f64.powi(-24),
        31 if fraction == 0.0 => f64::INFINITY,
        31 => f64::NAN,
        _ => (1024.0 + fraction) * 2_f64.powi(exponent - 25),
    };
    if bits & 0x8000 == 0 { size } else { -size }
}

/// NumPy's dtype of a column; none when it has none.
fn numpy_dtype(column: Column<'_, '_>) -> Option<String> {
    if let Some(dtype) = column.dtype() {
        return Some(dtype.name().to_owned());
    }
    let format = column.format();
    let unit = match column.unit() {
        Unit::Second => "s",
        Unit::Millisecond => "ms",
        Unit::Microsecond => "us",
        Unit::Nanosecond => "ns",
        _ => "D",
    };
    match format.as_bytes() {
        // Indices have a dtype of their own when there is no dictionary.
        [b'c' | b's' | b'i' | b'l' | b'C' | b'S' | b'I' | b'L'] => None,
        [b'b'] => Some("bool".to_owned()),
        [b'e'] => Some("f2".to_owned()),
        [b't', b'i', ..] => None,
        [b't', b't', ..] => Some(if column.holds::<i64>() { "i8" } else { "i4" }.to_owned()),
        b"tdm" => Some("M8[ms]".to_owned()),
        [b't', b'D', ..] => Some(format!("m8[{unit}]")),
        [b't', ..] => Some(format!("M8[{unit}]")),
        _ => None,
    }
}

/// A column as the Python package shows it: an ndarray of numbers, bools and times, NaN and NaT for what is missing; lists of
/// all else.
fn column_of<'py>(py: Python<'py>, column: Column<'_, '_>) -> Result<Bound<'py, PyAny>, Failure> {
    let list = || list_of(py, column);
    let (Some(dtype), Some(numpy)) = (numpy_dtype(column), numpy(py)?) else { return list() };
    let has_missing = dtype.starts_with(['f', 'M', 'm']);
    if column.null_count() > 0 && !has_missing {
        return list();
    }
    if dtype == "bool" {
        return Ok(numpy.call_method1("array", (list()?, "bool"))?);
    }
    let days = column.format() == "tdD";
    let memory = PyByteArray::new(py, column.data());
    let found = numpy.call_method1("frombuffer", (memory, if days { "i4" } else { dtype.as_str() }))?;
    let found = if days { found.call_method1("astype", (dtype.as_str(),))? } else { found };
    for at in 0..column.len() {
        if column.null_count() > 0 && column.is_null(at)? {
            match dtype.starts_with('f') {
                true => found.set_item(at, f64::NAN)?,
                false => found.set_item(at, "NaT")?,
            }
        }
    }
    Ok(found)
}
