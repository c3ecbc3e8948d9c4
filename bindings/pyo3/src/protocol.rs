//! What the fields of a dict say of references, gathered in one walk.

use crate::numbers::{Failure, type_name};
use dishtayantra::{Error, ErrorKind, wire};
use pyo3::prelude::*;
use pyo3::types::{PyBool, PyDict, PyString};

/// The fields that say something, by name and text; none when the dict neither stands for payloads nor asks for an output.
/// Fails when one of them is no text.
pub fn fields_of(dict: &Bound<'_, PyDict>) -> Result<Vec<(String, String)>, Failure> {
    let mut fields = Vec::new();
    let (mut refers, mut asks, mut wrong) = (false, false, None);
    for (key, value) in dict {
        let Ok(name) = key.cast::<PyString>() else { continue };
        // What has no UTF-8 is no name of the protocol.
        let Ok(name) = name.to_str() else { continue };
        if !name.starts_with('_') {
            continue;
        }
        let marker = name.starts_with(wire::MARKER);
        if name == wire::REF {
            let is_true = value.cast::<PyBool>().is_ok_and(|flag| flag.is_true());
            refers |= is_true;
            fields.push((name.to_owned(), is_true.to_string()));
        } else if (marker || wire::TEXTS.contains(&name)) && !value.is_none() {
            refers |= marker;
            asks |= name == wire::OUTPUT_KEY;
            match value.cast::<PyString>() {
                Ok(text) => fields.push((name.to_owned(), text.extract()?)),
                Err(_) => wrong = Some((name.to_owned(), type_name(&value))),
            }
        }
    }
    if !refers && !asks {
        return Ok(Vec::new());
    }
    match wrong {
        Some((name, kind)) => {
            let message = format!("reference: '{name}': a {kind}, not a text");
            Err(Failure::Wrong(Error::new(ErrorKind::Corrupt, message)))
        }
        None => Ok(fields),
    }
}
