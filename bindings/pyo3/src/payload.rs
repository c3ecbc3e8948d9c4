//! Python objects as inputs of calculators.

use crate::numbers::{Failure, is_list, number_of, numbers_of, tuple_of, type_name};
use crate::protocol::fields_of;
use crate::tables::packed;
use dishtayantra::calculator::{Columns, Input, Kept, Table, ViewInput, references_of, resolved};
use dishtayantra::{Error, ErrorKind, Format, Numbers, Result, View};
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::{PyBool, PyBytes, PyDict, PyMapping, PyString};
use std::fmt;
use std::sync::{Mutex, PoisonError};

const VALUES: &str = "values";

/// A mapping, or anything else, which then is its "values". Attaches to the interpreter only while it is asked.
pub struct PythonInput {
    payload: Py<PyAny>,
    is_mapping: bool,
    /// What asking raised: the exception goes on as it is, and not as an error about it.
    raised: Mutex<Option<PyErr>>,
    tables: Kept,
}

/// Without asking the payload, which only a thread that is attached may do.
impl fmt::Debug for PythonInput {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PythonInput").field("is_mapping", &self.is_mapping).finish_non_exhaustive()
    }
}

impl PythonInput {
    /// The payload as input.
    pub fn new(payload: Bound<'_, PyAny>) -> PythonInput {
        let is_mapping = payload.cast::<PyMapping>().is_ok();
        PythonInput {
            payload: payload.unbind(),
            is_mapping,
            raised: Mutex::new(None),
            tables: Kept::default(),
        }
    }

    /// The exception that asking raised, if it did.
    pub fn take_raised(&self) -> Option<PyErr> {
        self.raised.lock().unwrap_or_else(PoisonError::into_inner).take()
    }

    /// The object under `name`; none when there is none or it is `None`.
    fn find<'py>(&self, py: Python<'py>, name: &str) -> PyResult<Option<Bound<'py, PyAny>>> {
        let payload = self.payload.bind(py);
        let found = if !self.is_mapping {
            (name == VALUES).then(|| payload.clone())
        } else if let Ok(dict) = payload.cast_exact::<PyDict>() {
            // With no method of the dict called. The name that payloads mostly have is there already.
            match name {
                VALUES => dict.get_item(intern!(py, VALUES))?,
                _ => dict.get_item(name)?,
            }
        } else if payload.contains(name)? {
            Some(payload.get_item(name)?)
        } else {
            None
        };
        Ok(found.filter(|found| !found.is_none()))
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
                Failure::Raised(exception) => self.raise(exception),
            })
        })
    }

    /// Keeps an exception for whoever takes it; the error that stands for it.
    fn raise(&self, exception: PyErr) -> Error {
        let error = Error::invalid(exception.to_string());
        self.raised.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert(exception);
        error
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
        self.ask(name, |found| match single(found, |payload| payload.find_text("values"))? {
            Some(text) => Ok(text),
            None => text_of(found),
        })
    }

    fn find_flag(&self, name: &str) -> Result<Option<bool>> {
        self.ask(name, |found| match found.cast::<PyBool>() {
            Ok(flag) => Ok(flag.is_true()),
            Err(_) => Err(Error::invalid(format!("a {}, not a bool", type_name(found))).into()),
        })
    }

    fn find_texts(&self, name: &str) -> Result<Option<Vec<String>>> {
        self.ask(name, |found| {
            if !is_list(found) {
                return Ok(match single(found, |payload| payload.find_texts("values"))? {
                    Some(texts) => texts,
                    None => vec![text_of(found)?],
                });
            }
            let texts = tuple_of(found)?.iter().enumerate().map(|(at, item)| match text_of(&item) {
                Err(Failure::Wrong(error)) => {
                    Err(Error::invalid(format!("item [{at}]: {}", error.message())).into())
                }
                text => text,
            });
            texts.collect()
        })
    }

    fn find_table(&self, name: &str) -> Result<Option<Table<'_, '_>>> {
        self.ask(name, |found| {
            let given = single(found, |payload| {
                payload.find_table(VALUES)?.map(|table| Ok(Columns::of(table)?.into_owned())).transpose()
            })?;
            if let Some(columns) = given {
                return Ok(self.tables.written(name, |writer| writer.table(columns).map(|_| ()))?);
            }
            match self.tables.found(name)? {
                Some(table) => Ok(table),
                None => {
                    let bytes = packed(found)?;
                    Ok(self.tables.packed(name, bytes)?)
                }
            }
        })
    }

    fn protocol(&self) -> Result<Option<Vec<(String, String)>>> {
        if !self.is_mapping {
            return Ok(Some(Vec::new()));
        }
        Python::attach(|py| match self.payload.bind(py).cast_exact::<PyDict>() {
            Ok(dict) => fields_of(dict).map(Some).map_err(|failure| match failure {
                Failure::Wrong(error) => error,
                Failure::Raised(exception) => self.raise(exception),
            }),
            // Asked name by name, as its own methods answer.
            Err(_) => Ok(None),
        })
    }

    fn names(&self) -> Result<Option<Vec<String>>> {
        if !self.is_mapping {
            return Ok(None);
        }
        let names = Python::attach(|py| -> PyResult<Vec<String>> {
            let mut names = Vec::new();
            for key in self.payload.bind(py).try_iter()? {
                if let Ok(name) = key?.cast::<PyString>() {
                    names.push(name.extract()?);
                }
            }
            Ok(names)
        });
        names.map(Some).map_err(|exception| self.raise(exception))
    }
}

fn text_of(object: &Bound<'_, PyAny>) -> std::result::Result<String, Failure> {
    match object.cast::<PyString>() {
        Ok(text) => Ok(text.extract()?),
        Err(_) => Err(Error::invalid(format!("a {}, not a text", type_name(object))).into()),
    }
}

/// A reference's input. JSON, a format for debugging, is parsed by Python.
pub fn opened(view: View) -> Result<Box<dyn Input>> {
    if view.format() != Format::Json {
        return Ok(Box::new(ViewInput::new(view)?));
    }
    Python::attach(|py| {
        let parsed =
            py.import("json").and_then(|json| json.call_method1("loads", (PyBytes::new(py, view.bytes()),)));
        let corrupt = |error: PyErr| {
            let key = String::from_utf8_lossy(view.key());
            Error::new(ErrorKind::Corrupt, format!("entry '{key}': {error}"))
        };
        parsed.map(|parsed| Box::new(PythonInput::new(parsed)) as Box<dyn Input>).map_err(corrupt)
    })
}

/// What `find` finds under "values" in the payload that a mapping inside another stands for. None: it stands for none.
pub fn single<T>(
    object: &Bound<'_, PyAny>,
    find: impl FnOnce(&dyn Input) -> Result<Option<T>>,
) -> std::result::Result<Option<T>, Failure> {
    if !object.is_instance_of::<PyDict>() {
        return Ok(None);
    }
    let given = PythonInput::new(object.clone());
    let found = references_of(&given).and_then(|references| match references.inputs[..] {
        [] => Ok(None),
        _ => {
            let payload = resolved(&given, &references.inputs, opened)?;
            let value = if payload.names()?.is_none() { find(&*payload)? } else { None };
            value.map(Some).ok_or_else(|| Error::invalid("a reference to a mapping"))
        }
    });
    match given.take_raised() {
        Some(exception) => Err(Failure::Raised(exception)),
        None => Ok(found?),
    }
}
