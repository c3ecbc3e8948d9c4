//! Python objects as inputs of calculators.

use crate::numbers::{Failure, number_of, numbers_of, type_name};
use dishtayantra::calculator::Input;
use dishtayantra::{Error, Numbers, Result};
use pyo3::prelude::*;
use pyo3::types::{PyMapping, PyString};
use std::sync::{Mutex, PoisonError};

/// A mapping, or anything else, which then is its "values". Attaches to the interpreter only while it is asked.
pub struct PythonInput {
    payload: Py<PyAny>,
    is_mapping: bool,
    /// What asking raised: the exception goes on as it is, and not as an error about it.
    raised: Mutex<Option<PyErr>>,
}

impl PythonInput {
    pub fn new(payload: Bound<'_, PyAny>) -> PythonInput {
        let is_mapping = payload.cast::<PyMapping>().is_ok();
        PythonInput { payload: payload.unbind(), is_mapping, raised: Mutex::new(None) }
    }

    /// The exception that asking raised, if it did.
    pub fn take_raised(&self) -> Option<PyErr> {
        self.raised.lock().unwrap_or_else(PoisonError::into_inner).take()
    }

    /// The object under `name`; none when there is none or it is `None`.
    fn find<'py>(&self, py: Python<'py>, name: &str) -> PyResult<Option<Bound<'py, PyAny>>> {
        let payload = self.payload.bind(py);
        let found = match self.is_mapping {
            true if payload.contains(name)? => payload.get_item(name)?,
            false if name == "values" => payload.clone(),
            _ => return Ok(None),
        };
        Ok(Some(found).filter(|found| !found.is_none()))
    }

    /// Reads the object under `name`, if there is one.
    fn ask<T>(
        &self,
        name: &str,
        read: impl FnOnce(&Bound<'_, PyAny>) -> std::result::Result<T, Failure>,
    ) -> Result<Option<T>> {
        Python::attach(|py| {
            let answer = self
                .find(py, name)
                .map_err(Failure::Raised)
                .and_then(|found| found.as_ref().map(read).transpose());
            answer.map_err(|failure| match failure {
                Failure::Wrong(error) => Error::new(error.kind(), format!("'{name}': {error}")),
                Failure::Raised(exception) => {
                    let error = Error::invalid(format!("'{name}': {exception}"));
                    self.raised.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert(exception);
                    error
                }
            })
        })
    }
}

impl Input for PythonInput {
    fn find_numbers(&self, name: &str) -> Result<Option<Numbers<'_>>> {
        self.ask(name, numbers_of)
    }

    fn find_number(&self, name: &str) -> Result<Option<f64>> {
        self.ask(name, number_of)
    }

    fn find_text(&self, name: &str) -> Result<Option<String>> {
        self.ask(name, |found| match found.cast::<PyString>() {
            Ok(text) => Ok(text.extract()?),
            Err(_) => Err(Error::invalid(format!("a {}, not a text", type_name(found))).into()),
        })
    }

    fn find_flag(&self, name: &str) -> Result<Option<bool>> {
        self.ask(name, |found| Ok(found.is_truthy()?))
    }
}
