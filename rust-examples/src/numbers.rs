//! Python objects as numbers: lists, arrays and raw bytes. NumPy is used when a caller has it, never needed.

use dishtayantra::{Dtype, Error, Numbers};
use pyo3::prelude::*;
use pyo3::pybacked::PyBackedBytes;
use pyo3::types::{PyByteArray, PyBytes, PyList, PyMemoryView, PyString, PyTuple};

/// Levels of lists at most.
const MOST_DIMENSIONS: usize = 32;

/// Why an object is no array of numbers: it holds something else, or asking it raised.
pub enum Failure {
    Wrong(Error),
    Raised(PyErr),
}

impl From<Error> for Failure {
    fn from(error: Error) -> Failure {
        Failure::Wrong(error)
    }
}

impl From<PyErr> for Failure {
    fn from(error: PyErr) -> Failure {
        Failure::Raised(error)
    }
}

fn wrong<T>(message: impl Into<String>) -> Result<T, Failure> {
    Err(Failure::Wrong(Error::invalid(message)))
}

pub fn type_name(object: &Bound<'_, PyAny>) -> String {
    object.get_type().name().map_or_else(|_| "?".to_owned(), |name| name.to_string())
}

/// Numbers from lists, arrays (buffer protocol or `__array__`) or raw bytes of float64.
///
/// Arrays are copied once: another Python thread may write to them while this one computes without the GIL.
pub fn numbers_of(object: &Bound<'_, PyAny>) -> Result<Numbers<'static>, Failure> {
    if is_list(object) {
        return numbers_of_list(object);
    }
    if let Ok(bytes) = object.cast::<PyBytes>() {
        return numbers_of_bytes(backed(bytes)?);
    }
    if let Ok(bytes) = object.cast::<PyByteArray>() {
        return numbers_of_bytes(backed(bytes)?);
    }
    match PyMemoryView::from(object) {
        Ok(view) if object.is_instance_of::<PyMemoryView>() && text(&view, "format")? == "B" => {
            numbers_of_bytes(backed(&view.call_method0("tobytes")?)?)
        }
        Ok(view) => numbers_of_buffer(&view),
        Err(_) if object.hasattr("__array__")? => {
            numbers_of_buffer(&PyMemoryView::from(&object.call_method0("__array__")?)?)
        }
        // Something with a buffer that cannot be had says why itself.
        Err(error) if !error.is_instance_of::<pyo3::exceptions::PyTypeError>(object.py()) => {
            Err(error.into())
        }
        Err(_) => wrong(format!("a {} is no array of numbers", type_name(object))),
    }
}

fn is_list(object: &Bound<'_, PyAny>) -> bool {
    object.is_instance_of::<PyList>() || object.is_instance_of::<PyTuple>()
}

/// The bytes of a `bytes`, or a copy of those of a `bytearray`.
fn backed(object: &Bound<'_, PyAny>) -> PyResult<PyBackedBytes> {
    Ok(object.extract()?)
}

/// The doubles in bytes that nobody changes.
struct Doubles(PyBackedBytes);

impl AsRef<[f64]> for Doubles {
    fn as_ref(&self) -> &[f64] {
        // Checked when it was made.
        bytemuck::cast_slice(&self.0)
    }
}

/// The doubles of raw bytes, in the byte order of this host; in place when they are aligned.
fn numbers_of_bytes(bytes: PyBackedBytes) -> Result<Numbers<'static>, Failure> {
    let count = bytes.len() / size_of::<f64>();
    match bytemuck::try_cast_slice::<u8, f64>(&bytes) {
        Ok(_) => Ok(Numbers::shared(Doubles(bytes), vec![count])?),
        Err(_) => Ok(Numbers::of_raw(&bytes)?.into_owned()),
    }
}

fn text(object: &Bound<'_, PyAny>, name: &str) -> PyResult<String> {
    Ok(object.getattr(name)?.cast_into::<PyString>()?.to_string())
}

fn numbers_of_buffer(view: &Bound<'_, PyMemoryView>) -> Result<Numbers<'static>, Failure> {
    let format = text(view, "format")?;
    let Some(dtype) = dtype_of(&format, view.getattr("itemsize")?.extract()?) else {
        return wrong(format!("elements of format '{format}' are not numbers this side converts"));
    };
    let shape: Vec<usize> = view.getattr("shape")?.extract()?;
    let by_rows: bool = view.getattr("c_contiguous")?.extract()?;
    let by_columns: bool = view.getattr("f_contiguous")?.extract()?;
    // "A": as they are stored, by rows or by columns; by rows when they have gaps.
    let bytes = backed(&view.call_method1("tobytes", ("A",))?)?;
    let numbers = match dtype {
        Dtype::Float64 => numbers_of_bytes(bytes)?,
        dtype => Numbers::of_items(dtype, &bytes)?.into_owned(),
    };
    let numbers = numbers.reshaped(shape)?;
    Ok(if by_columns && !by_rows { numbers.in_fortran_order() } else { numbers })
}

/// The dtype of a format of the module `struct`; none for what is no little-endian number.
fn dtype_of(format: &str, item_size: usize) -> Option<Dtype> {
    let swapped = format.starts_with(['>', '!']) && item_size > 1;
    let code = format.strip_prefix(['@', '=', '<', '>', '!', '^']).unwrap_or(format);
    Some(match (code, item_size) {
        _ if swapped => return None,
        ("d" | "f", 8) => Dtype::Float64,
        ("d" | "f", 4) => Dtype::Float32,
        ("?", 1) => Dtype::Bool,
        ("b" | "h" | "i" | "l" | "q" | "n", 1) => Dtype::Int8,
        ("b" | "h" | "i" | "l" | "q" | "n", 2) => Dtype::Int16,
        ("b" | "h" | "i" | "l" | "q" | "n", 4) => Dtype::Int32,
        ("b" | "h" | "i" | "l" | "q" | "n", 8) => Dtype::Int64,
        ("B" | "H" | "I" | "L" | "Q" | "N", 1) => Dtype::Uint8,
        ("B" | "H" | "I" | "L" | "Q" | "N", 2) => Dtype::Uint16,
        ("B" | "H" | "I" | "L" | "Q" | "N", 4) => Dtype::Uint32,
        ("B" | "H" | "I" | "L" | "Q" | "N", 8) => Dtype::Uint64,
        _ => return None,
    })
}

fn numbers_of_list(object: &Bound<'_, PyAny>) -> Result<Numbers<'static>, Failure> {
    let mut shape = Vec::new();
    let mut level = object.clone();
    while is_list(&level) {
        if shape.len() == MOST_DIMENSIONS {
            return wrong(format!("lists nested in more than {MOST_DIMENSIONS} levels"));
        }
        shape.push(level.len()?);
        match level.try_iter()?.next() {
            Some(first) => level = first?,
            None => break,
        }
    }
    let mut elements = Vec::new();
    append_list(object, &shape, 0, &mut elements)?;
    Ok(Numbers::shared(elements, shape)?.as_list())
}

fn append_list(
    object: &Bound<'_, PyAny>,
    shape: &[usize],
    level: usize,
    out: &mut Vec<f64>,
) -> Result<(), Failure> {
    // A tuple of its own: the list may change under another thread's hands.
    let elements = match object.cast::<PyList>() {
        Ok(list) => list.to_tuple(),
        Err(_) => object.cast::<PyTuple>().map_err(PyErr::from)?.clone(),
    };
    if elements.len() != shape[level] {
        let level = level + 1;
        return wrong(format!("nested lists of numbers must have equal lengths in level {level}"));
    }
    let leaf = level + 1 == shape.len();
    for element in elements {
        if leaf == is_list(&element) {
            return wrong("nested lists of numbers must be nested equally deep");
        }
        if !leaf {
            append_list(&element, shape, level + 1, out)?;
            continue;
        }
        match element.extract::<f64>() {
            Ok(number) => out.push(number),
            Err(_) => return wrong(format!("a list of numbers holds a {}", type_name(&element))),
        }
    }
    Ok(())
}
