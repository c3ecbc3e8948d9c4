//! Errors as Python exceptions.

use dishtayantra::{Error, ErrorKind};
use pyo3::exceptions::{
    PyImportError, PyLookupError, PyOSError, PyPermissionError, PyRuntimeError, PyTimeoutError, PyValueError,
};
use pyo3::prelude::*;
use pyo3::types::PyDict;

/// The module whose exceptions are those of the Python package.
const ERRORS: &str = "dishtayantra_lmdb.errors";

/// As the kinds of the Python package when the process has loaded it, else as built-in exceptions: LookupError for a
/// missing entry, TimeoutError, PermissionError, OSError, ValueError, RuntimeError.
pub fn raised(py: Python<'_>, error: &Error) -> PyErr {
    of_package(py, error).unwrap_or_else(Some).unwrap_or_else(|| builtin(error))
}

fn of_package(py: Python<'_>, error: &Error) -> PyResult<Option<PyErr>> {
    let Some(status) = error.kind().status() else { return Ok(None) };
    let modules = py.import("sys")?.getattr("modules")?.cast_into::<PyDict>()?;
    let Some(errors) = modules.get_item(ERRORS)? else { return Ok(None) };
    errors.call_method1("error_for", (status, error.message())).map(PyErr::from_value).map(Some)
}

fn builtin(error: &Error) -> PyErr {
    let message = error.message().to_owned();
    match error.kind() {
        ErrorKind::NotFound => PyLookupError::new_err(message),
        ErrorKind::Timeout => PyTimeoutError::new_err(message),
        ErrorKind::Permission => PyPermissionError::new_err(message),
        ErrorKind::DiskFull | ErrorKind::Io => PyOSError::new_err(message),
        ErrorKind::InvalidArgument
        | ErrorKind::Config
        | ErrorKind::BadKey
        | ErrorKind::TooLarge
        | ErrorKind::BadFormat => PyValueError::new_err(message),
        ErrorKind::Library => PyImportError::new_err(message),
        _ => PyRuntimeError::new_err(message),
    }
}
