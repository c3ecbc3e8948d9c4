//! Results as Python objects, as they also come out of the store.

use crate::errors::raised;
use crate::numbers::{Failure, modules};
use crate::tables::object_of;
use dishtayantra::Numbers;
use dishtayantra::calculator::{Map, Value};
use pyo3::exceptions::PyImportError;
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::{PyByteArray, PyDict, PyList};

/// Arrays as ndarrays, those that came as lists as lists, tables as rows or columns.
pub fn dict_of<'py>(py: Python<'py>, map: Map<'_>) -> PyResult<Bound<'py, PyDict>> {
    let dict = PyDict::new(py);
    for (name, value) in map {
        match value {
            Value::Nil => dict.set_item(name, py.None())?,
            Value::Bool(value) => dict.set_item(name, value)?,
            Value::Int(value) => dict.set_item(name, value)?,
            Value::Float(value) => dict.set_item(name, value)?,
            Value::Text(text) => dict.set_item(name, text)?,
            Value::Numbers(numbers) if numbers.is_list() => dict.set_item(name, list_of(py, numbers)?)?,
            Value::Numbers(numbers) => dict.set_item(name, array_of(py, numbers)?)?,
            Value::Map(map) => dict.set_item(name, dict_of(py, map)?)?,
            Value::Table(columns) => {
                let made = columns.table().map_err(Failure::from).and_then(|table| object_of(py, table));
                let object = made.map_err(|failure| match failure {
                    Failure::Wrong(error) => raised(py, &error),
                    Failure::Raised(exception) => exception,
                })?;
                dict.set_item(name, object)?;
            }
        }
    }
    Ok(dict)
}

/// An ndarray of its own memory; nested lists where there is no NumPy.
fn array_of<'py>(py: Python<'py>, numbers: Numbers<'_>) -> PyResult<Bound<'py, PyAny>> {
    let Some(numpy) = numpy(py)? else { return list_of(py, numbers) };
    let memory = PyByteArray::new(py, bytemuck::cast_slice(numbers.slice()));
    let order = if numbers.fortran_order() { "F" } else { "C" };
    // ndarray(shape, dtype, buffer, offset, strides, order)
    numpy.getattr(intern!(py, "ndarray"))?.call1((
        numbers.shape().to_vec(),
        "float64",
        memory,
        0,
        py.None(),
        order,
    ))
}

/// NumPy, loaded already or now; none where there is none.
pub fn numpy<'py>(py: Python<'py>) -> PyResult<Option<Bound<'py, PyAny>>> {
    if let Some(numpy) = modules(py)?.get_item(intern!(py, "numpy"))?.filter(|numpy| !numpy.is_none()) {
        return Ok(Some(numpy));
    }
    match py.import("numpy") {
        Ok(numpy) => Ok(Some(numpy.into_any())),
        Err(error) if error.is_instance_of::<PyImportError>(py) => Ok(None),
        Err(error) => Err(error),
    }
}

fn list_of<'py>(py: Python<'py>, numbers: Numbers<'_>) -> PyResult<Bound<'py, PyAny>> {
    let numbers = numbers.c_order();
    nested(py, numbers.slice(), numbers.shape())
}

fn nested<'py>(py: Python<'py>, elements: &[f64], shape: &[usize]) -> PyResult<Bound<'py, PyAny>> {
    let [count, rest @ ..] = shape else { return Ok(elements[0].into_pyobject(py)?.into_any()) };
    if rest.is_empty() {
        return Ok(PyList::new(py, elements)?.into_any());
    }
    let row = elements.len() / (*count).max(1);
    let rows = (0..*count).map(|at| nested(py, &elements[at * row..(at + 1) * row], rest));
    Ok(PyList::new(py, rows.collect::<PyResult<Vec<_>>>()?)?.into_any())
}
