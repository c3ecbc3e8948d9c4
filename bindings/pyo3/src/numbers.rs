//! Python objects as numbers: lists, arrays and raw bytes. NumPy is used when a caller has it, never needed.

use crate::payload::single;
use dishtayantra::{Dtype, Error, Numbers};
use pyo3::exceptions::PyTypeError;
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::pybacked::PyBackedBytes;
use pyo3::sync::PyOnceLock;
use pyo3::types::{PyByteArray, PyBytes, PyDict, PyFloat, PyInt, PyList, PyMemoryView, PyString, PyTuple};

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

/// Numbers from a single one, lists, arrays (buffer protocol or `__array__`) or raw bytes of float64.
///
/// Arrays are copied once: another Python thread may write to them while this one computes without the GIL.
pub fn numbers_of(object: &Bound<'_, PyAny>) -> Result<Numbers<'static>, Failure> {
    if is_ndarray(object)? {
        return numbers_of_buffer(&exported(object)?);
    }
    if is_list(object) {
        return numbers_of_list(object);
    }
    if let Some(numbers) = referred(object)? {
        return Ok(numbers);
    }
    if is_number(object) {
        return Ok(Numbers::shared(vec![number_of(object)?], Vec::new())?.as_list()?);
    }
    if is_bytes(object)? {
        // A view of bytes may have gaps.
        return match object.is_instance_of::<PyMemoryView>() {
            true => numbers_of_bytes(backed(&object.call_method0("tobytes")?)?),
            false => numbers_of_bytes(backed(object)?),
        };
    }
    if let Some(half) = half_of(object)? {
        return Ok(Numbers::shared(vec![half], Vec::new())?.as_list()?);
    }
    match buffer_of(object)? {
        // A scalar is a number as those of Python are, and no array.
        Some(view) => Ok(numbers_of_buffer(&view)?.listed(is_numpy_scalar(object)?)?),
        None if object.hasattr("__array__")? => match buffer_of(&object.call_method0("__array__")?)? {
            Some(view) => numbers_of_buffer(&view),
            None => wrong(format!("the array of a {} has no buffer", type_name(object))),
        },
        None => wrong(format!("a {} is no array of numbers", type_name(object))),
    }
}

/// The numbers of the payload that a mapping stands for; none when it stands for none.
fn referred(object: &Bound<'_, PyAny>) -> Result<Option<Numbers<'static>>, Failure> {
    single(object, |payload| Ok(payload.find_numbers("values")?.map(Numbers::into_owned)))
}

pub fn is_list(object: &Bound<'_, PyAny>) -> bool {
    object.is_instance_of::<PyList>() || object.is_instance_of::<PyTuple>()
}

/// Whether it is bytes in a row, or a view of some: such a payload is taken as float64. Any other memoryview is an array.
fn is_bytes(object: &Bound<'_, PyAny>) -> PyResult<bool> {
    if object.is_instance_of::<PyMemoryView>() {
        return Ok(object.getattr("ndim")?.extract::<usize>()? == 1 && text(object, "format")? == "B");
    }
    Ok(object.is_instance_of::<PyBytes>() || object.is_instance_of::<PyByteArray>())
}

fn is_number(object: &Bound<'_, PyAny>) -> bool {
    object.is_instance_of::<PyFloat>() || object.is_instance_of::<PyInt>()
}

pub fn modules<'py>(py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
    static MODULES: PyOnceLock<Py<PyDict>> = PyOnceLock::new();
    let modules = || Ok(py.import("sys")?.getattr("modules")?.cast_into::<PyDict>()?.unbind());
    MODULES.get_or_try_init(py, modules).map(|modules: &Py<PyDict>| modules.bind(py).clone())
}

/// Whether it is an array of NumPy's itself, and of no class derived from it.
fn is_ndarray(object: &Bound<'_, PyAny>) -> PyResult<bool> {
    // Kept: NumPy is loaded once in a process.
    static KNOWN: PyOnceLock<Py<PyAny>> = PyOnceLock::new();
    let py = object.py();
    if KNOWN.get(py).is_none()
        && let Some(numpy) = modules(py)?.get_item(intern!(py, "numpy"))?.filter(|numpy| !numpy.is_none())
    {
        let _ = KNOWN.set(py, numpy.getattr("ndarray")?.unbind());
    }
    Ok(KNOWN.get(py).is_some_and(|known| object.get_type().is(known)))
}

/// Whether it is one of NumPy's scalars.
fn is_numpy_scalar(object: &Bound<'_, PyAny>) -> PyResult<bool> {
    // None stands there for a NumPy that shall not be found.
    match modules(object.py())?.get_item("numpy")?.filter(|numpy| !numpy.is_none()) {
        Some(numpy) => object.is_instance(&numpy.getattr("generic")?),
        None => Ok(false),
    }
}

/// A float16 of NumPy's: a number that only Python reads, stored as a double.
fn half_of(object: &Bound<'_, PyAny>) -> Result<Option<f64>, Failure> {
    let is_half = is_numpy_scalar(object)? && text(&object.getattr("dtype")?, "char")? == "e";
    Ok(if is_half { Some(object.extract()?) } else { None })
}

/// Refuses what has a buffer that says less than the object: a masked array, whose masked elements are there like all
/// others, and NumPy's scalars that are no numbers, times among them, whose buffer is their bytes.
fn refuse_misleading(object: &Bound<'_, PyAny>) -> Result<(), Failure> {
    if let Some(masked) = modules(object.py())?.get_item("numpy.ma")?
        && object.is_instance(&masked.getattr("MaskedArray")?)?
    {
        return wrong("a masked array would lose its mask; pass array.filled()");
    }
    if is_numpy_scalar(object)? {
        let dtype = object.getattr("dtype")?;
        if !matches!(text(&dtype, "kind")?.as_str(), "b" | "i" | "u" | "f") {
            return wrong(format!("items of {dtype} are not numbers this side converts"));
        }
    }
    Ok(())
}

/// The object's buffer, as arrays and NumPy's scalars have; none when it has none.
fn buffer_of<'py>(object: &Bound<'py, PyAny>) -> Result<Option<Bound<'py, PyMemoryView>>, Failure> {
    refuse_misleading(object)?;
    match PyMemoryView::from(object) {
        Err(error) if error.is_instance_of::<PyTypeError>(object.py()) => Ok(None),
        _ => exported(object).map(Some),
    }
}

/// The buffer of an object that has one.
fn exported<'py>(object: &Bound<'py, PyAny>) -> Result<Bound<'py, PyMemoryView>, Failure> {
    // NumPy has no buffers of times.
    PyMemoryView::from(object).or_else(|error| wrong(error.value(object.py()).to_string()))
}

/// A number that a stored payload can hold as well, so that both ways take the same: a float, an int of 64 bits, a bool
/// as 0 or 1, a NumPy scalar.
pub fn number_of(object: &Bound<'_, PyAny>) -> Result<f64, Failure> {
    if let Ok(float) = object.cast::<PyFloat>() {
        return Ok(float.value());
    }
    if object.is_instance_of::<PyInt>() {
        let signed = object.extract::<i64>().map(|number| number as f64);
        return match signed.or_else(|_| object.extract::<u64>().map(|number| number as f64)) {
            Ok(number) => Ok(number),
            Err(_) => wrong("an int of more than 64 bits"),
        };
    }
    if let Some(number) = single(object, |payload| payload.find_number("values"))? {
        return Ok(number);
    }
    if let Some(half) = half_of(object)? {
        return Ok(half);
    }
    if !is_bytes(object)?
        && let Some(view) = buffer_of(object)?
    {
        let numbers = numbers_of_buffer(&view)?;
        if numbers.shape().is_empty() {
            return Ok(numbers.slice()[0]);
        }
    }
    wrong(format!("a {} is no number", type_name(object)))
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
    let py = view.py();
    let format = text(view, "format")?;
    let item_size: usize = view.getattr(intern!(py, "itemsize"))?.extract()?;
    let Some(dtype) = dtype_of(&format, item_size) else {
        return wrong(format!("elements of format '{format}' are not numbers this side converts"));
    };
    let shape: Vec<usize> = view.getattr(intern!(py, "shape"))?.extract()?;
    let by_rows: bool = view.getattr(intern!(py, "c_contiguous"))?.extract()?;
    let by_columns: bool = view.getattr(intern!(py, "f_contiguous"))?.extract()?;
    // "A": as they are stored, by rows or by columns; by rows when they have gaps.
    let bytes = backed(&view.call_method1("tobytes", ("A",))?)?;
    let numbers = match dtype {
        dtype if format.starts_with(['>', '!']) => Numbers::of_big_endian_items(dtype, &bytes)?,
        Dtype::Float64 => numbers_of_bytes(bytes)?,
        dtype => Numbers::of_items(dtype, &bytes)?.into_owned(),
    };
    let numbers = numbers.reshaped(shape)?;
    Ok(if by_columns && !by_rows { numbers.in_fortran_order() } else { numbers })
}

/// The dtype of a format of the module `struct`, in either byte order; none for what is no number.
fn dtype_of(format: &str, item_size: usize) -> Option<Dtype> {
    let code = format.strip_prefix(['@', '=', '<', '>', '!', '^']).unwrap_or(format);
    Some(match (code, item_size) {
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
        ("e", 2) => Dtype::Float16,
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
        let elements = tuple_of(&level)?;
        shape.push(elements.len());
        level = match elements.iter().next() {
            Some(first) => first,
            None => break,
        };
    }
    if !is_list(&level)
        && let Some(rows) = rows_of(&level)?
    {
        shape.extend(rows.shape());
    }
    // Rows may be shorter than the first: no more than there are items of the first level at least.
    let mut elements = Vec::with_capacity(shape[0]);
    append_list(object, &shape, 0, &mut elements)?;
    Ok(Numbers::shared(elements, shape)?.as_list()?)
}

/// A tuple of its own: the list may change under another thread's hands.
pub fn tuple_of<'py>(list: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyTuple>> {
    match list.cast::<PyList>() {
        Ok(list) => Ok(list.to_tuple()),
        Err(_) => Ok(list.cast::<PyTuple>()?.clone()),
    }
}

/// An array that stands in a list for the levels it has.
fn rows_of(object: &Bound<'_, PyAny>) -> Result<Option<Numbers<'static>>, Failure> {
    if is_bytes(object)? || is_number(object) {
        return Ok(None);
    }
    if let Some(numbers) = referred(object)? {
        return Ok(Some(numbers.c_order()));
    }
    if let Some(half) = half_of(object)? {
        return Ok(Some(Numbers::shared(vec![half], Vec::new())?));
    }
    buffer_of(object)?.map(|view| numbers_of_buffer(&view).map(Numbers::c_order)).transpose()
}

/// Appends the numbers of nested lists, each level as long as `shape` says.
fn append_list(
    object: &Bound<'_, PyAny>,
    shape: &[usize],
    level: usize,
    out: &mut Vec<f64>,
) -> Result<(), Failure> {
    if level == shape.len() {
        out.push(number_of(object)?);
        return Ok(());
    }
    if is_list(object) {
        let elements = tuple_of(object)?;
        if elements.len() == shape[level] {
            return elements.iter().try_for_each(|element| append_list(&element, shape, level + 1, out));
        }
    } else if let Some(rows) = rows_of(object)?
        && rows.shape() == &shape[level..]
    {
        out.extend_from_slice(rows.slice());
        return Ok(());
    }
    let level = level + 1;
    wrong(format!("nested lists of numbers must have equal lengths in level {level}"))
}
