//! The references in one mapping: engines merge what their nodes answer, and then several lie side by side.

use super::fields::Field;
use super::{INPUT_KEY, MARKER, Reference, corrupt};
use crate::error::Result;

/// What the protocol's fields of one mapping say.
///
/// Each reference that this library makes carries a marker, a field with a name of its own that says all it takes to
/// resolve it. Of two references that were merged the base fields (`_lmdb_input_key` and so on) are those of one, but
/// both markers are there.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Given {
    /// The references, each to one payload; in the order in which their markers were given.
    pub inputs: Vec<Reference>,
    /// Where an output is asked for: what the base fields say when there is an `_lmdb_output_key` among them.
    pub output: Option<Reference>,
}

impl Given {
    /// Gathers the references from the fields of one mapping, as names and texts: at least those whose names begin with
    /// `_lmdb_`, and `_txn_id`. Names that are not of the protocol are ignored. Of `_lmdb_ref` the text is `"true"` or
    /// `"false"`: one that is no bool is not passed.
    ///
    /// # Errors
    /// `Corrupt` naming the field when one cannot be right, and when the base fields stand for a payload that no marker
    /// names: the reference they were of was merged with others in part, and nothing tells what else was lost.
    pub fn of<'a>(fields: impl IntoIterator<Item = (&'a str, &'a str)>) -> Result<Given> {
        let (inputs, base) = gathered(fields)?;
        let output = match base {
            Base::Input(at) => Some(&inputs[at]).filter(|base| base.output_key().is_some()).cloned(),
            Base::Apart(base) => Some(base).filter(|base| base.output_key().is_some()),
        };
        Ok(Given { inputs, output })
    }
}

/// The one reference that a mapping is.
pub(super) fn single<'a>(fields: impl IntoIterator<Item = (&'a str, &'a str)>) -> Result<Option<Reference>> {
    let (mut inputs, base) = gathered(fields)?;
    if inputs.len() > 1 {
        let keys: Vec<_> = inputs.iter().filter_map(|input| input.input_key()).collect();
        return Err(corrupt(format_args!(
            "{} were merged, of {keys:?}: gather them with dy_lmdb_references_of",
            inputs.len()
        )));
    }
    let output = match base {
        Base::Apart(base) if base.output_key().is_some() => Some(base),
        _ => None,
    };
    Ok(inputs.pop().or(output))
}

/// What the base fields are.
#[expect(clippy::large_enum_variant, reason = "one at a time, on the stack")]
enum Base {
    /// The input at that place.
    Input(usize),
    /// No input.
    Apart(Reference),
}

fn gathered<'a>(fields: impl IntoIterator<Item = (&'a str, &'a str)>) -> Result<(Vec<Reference>, Base)> {
    let mut base = Reference::new();
    let mut markers = Vec::new();
    for (name, text) in fields {
        if name.starts_with(MARKER) {
            markers.push((name, text));
        } else {
            base.set(name, text)?;
        }
    }
    let mut base = base.complete()?;
    if let [(name, text)] = *markers
        && base.is_marker(name, text)
    {
        // Mostly there is one reference, and its marker says nothing new.
        return Ok((vec![base], Base::Input(0)));
    }
    let mut inputs =
        markers.into_iter().map(|(name, text)| marked(name, text)).collect::<Result<Vec<_>>>()?;
    if !base.is_ref {
        return Ok((inputs, Base::Apart(base)));
    }
    if inputs.is_empty() {
        return Ok((vec![base], Base::Input(0)));
    }
    let Some(at) = inputs.iter().position(|input| base.means(input)) else {
        return Err(corrupt(format_args!(
            "{} is {:?}, which none of the {} references names that were merged with it ({MARKER}…)",
            INPUT_KEY,
            base.input_key().unwrap_or_default(),
            inputs.len()
        )));
    };
    if base.entry_id().is_none()
        && let Some(entry) = inputs[at].text(Field::Entry)
    {
        base.set_field(Field::Entry, entry)?;
    }
    inputs[at] = base;
    Ok((inputs, Base::Input(at)))
}

/// The reference that a marker stands for.
fn marked(name: &str, text: &str) -> Result<Reference> {
    let wrong = |what: &str| corrupt(format_args!("the marker {name} {what}: {text:?}"));
    let reference = Reference::from_base_json(text)?;
    let marker = reference.marker().ok_or_else(|| wrong("is of no entry"))?;
    if marker.0 != name {
        return Err(wrong("is of another entry"));
    }
    Ok(reference)
}

impl Reference {
    /// Whether both stand for the same payload.
    fn means(&self, marked: &Reference) -> bool {
        self.input_key() == marked.input_key()
            && self.db_path() == marked.db_path()
            && self.db_name() == marked.db_name()
            && (self.entry_id().is_none() || self.entry == marked.entry)
    }
}
