//! The references in one mapping: engines merge what their nodes answer, and then several lie side by side.

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
        let mut base = Reference::new();
        let mut markers = Vec::new();
        for (name, text) in fields {
            if name.starts_with(MARKER) {
                markers.push((name, text));
            } else {
                base.set(name, text)?;
            }
        }
        let output = base.output_key.is_some().then(|| base.clone());
        let mut base = if base.is_ref { Some(base.complete()?) } else { None };
        let mut inputs = Vec::with_capacity(markers.len().max(1));
        for (name, text) in markers {
            // Mostly there is one reference: a marker that is what the base fields make says nothing new.
            inputs.push(match base.take_if(|base| base.marker() == Some((name, text))) {
                Some(base) => base,
                None => marked(name, text)?,
            });
        }
        if let Some(base) = base {
            match inputs.iter().position(|input| base.means(input)) {
                Some(at) => inputs[at] = Reference { entry: inputs[at].entry.clone(), ..base },
                None if inputs.is_empty() => inputs.push(base),
                None => {
                    return Err(corrupt(format_args!(
                        "{} is {:?}, which none of the {} references names that were merged with it ({MARKER}…)",
                        INPUT_KEY,
                        base.input_key.as_deref().unwrap_or_default(),
                        inputs.len()
                    )));
                }
            }
        }
        Ok(Given { inputs, output })
    }

    /// The one reference that a mapping is.
    pub(super) fn single(self) -> Result<Option<Reference>> {
        let Given { mut inputs, output } = self;
        if inputs.len() > 1 {
            let keys: Vec<_> = inputs.iter().filter_map(|input| input.input_key.as_deref()).collect();
            return Err(corrupt(format_args!(
                "{} were merged, of {keys:?}: gather them with dy_lmdb_references_of",
                inputs.len()
            )));
        }
        Ok(inputs.pop().or(output))
    }
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
        self.input_key == marked.input_key
            && self.db_path == marked.db_path
            && self.db_name() == marked.db_name()
            && (self.entry.is_none() || self.entry == marked.entry)
    }
}
