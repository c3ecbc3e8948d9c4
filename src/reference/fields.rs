//! The fields of a reference by their wire names.

use std::path::Path;

use super::entry::{self, Entry};
use super::like_input::LikeInput;
use super::{
    DB_NAME, DB_PATH, ENTRY, FORMAT, INPUT_KEY, KEY_BYTES, MARKER, NAMES, OUTPUT_KEY, REF, Reference, TXN_ID,
    corrupt,
};
use crate::error::Result;
use crate::format::Format;

/// The fields that [`NAMES`] name, in the same order.
#[derive(Debug, Clone, Copy)]
pub(super) enum Field {
    Ref,
    InputKey,
    OutputKey,
    DbPath,
    DbName,
    Format,
    TxnId,
    Entry,
}

pub(super) const ALL: [Field; NAMES.len()] = [
    Field::Ref,
    Field::InputKey,
    Field::OutputKey,
    Field::DbPath,
    Field::DbName,
    Field::Format,
    Field::TxnId,
    Field::Entry,
];

impl Reference {
    /// Sets the field with the wire name `name`; another name is ignored. The value is text, for
    /// `_lmdb_ref` `"true"` or `"false"`.
    ///
    /// # Errors
    /// `Corrupt` naming the field, what it holds and what it should.
    pub fn set(&mut self, name: &str, value: &str) -> Result<()> {
        self.marker = entry::LazyMarker::default();
        self.like_input = LikeInput::default();
        match NAMES.iter().position(|known| *known == name) {
            Some(at) => self.set_field(ALL[at], value),
            None => Ok(()),
        }
    }

    pub(super) fn set_field(&mut self, field: Field, value: &str) -> Result<()> {
        let name = NAMES[field as usize];
        let wrong = |wanted: &str| corrupt(format_args!("{name} is {value:?}, not {wanted}"));
        match field {
            Field::Ref => {
                self.is_ref = value.parse().map_err(|_| wrong("\"true\" or \"false\""))?;
            }
            Field::InputKey | Field::OutputKey => {
                if !(1..=KEY_BYTES).contains(&value.len()) {
                    return Err(wrong("a key of 1 to 511 bytes"));
                }
                self.texts.set(field, value);
            }
            Field::DbPath => {
                // A relative path would mean another directory in every process.
                if !Path::new(value).is_absolute() || value.contains('\0') {
                    return Err(wrong("an absolute path"));
                }
                self.texts.set(field, value);
            }
            Field::DbName => {
                if !(1..=KEY_BYTES).contains(&value.len()) {
                    return Err(wrong("the name of a database, of 1 to 511 bytes"));
                }
                self.texts.set(field, value);
            }
            Field::Format => {
                let format =
                    Format::from_name(value).map_err(|error| corrupt(format_args!("{name}: {error}")))?;
                self.format = Some(format);
            }
            Field::TxnId => self.texts.set(field, value),
            Field::Entry => {
                let wanted = "the ids of a store and of an entry, of 32 and 16 hexadecimal digits";
                self.entry = Some(Entry::parse(value).ok_or_else(|| wrong(wanted))?);
                self.texts.set(field, value);
            }
        }
        Ok(())
    }

    /// The text of the field with the wire name `name`, also of the marker; `None` when it is not set, and for a name
    /// that is none. `_lmdb_ref` is `"true"` or not set.
    pub fn get(&self, name: &str) -> Option<&str> {
        match name {
            REF => self.is_ref.then_some("true"),
            FORMAT => self.format.map(Format::name),
            INPUT_KEY => self.input_key(),
            OUTPUT_KEY => self.output_key(),
            DB_PATH => self.db_path(),
            DB_NAME => self.text(Field::DbName),
            TXN_ID => self.txn_id(),
            ENTRY => self.text(Field::Entry),
            _ if name.starts_with(MARKER) => {
                self.marker().filter(|(marker, _)| *marker == name).map(|(_, text)| text)
            }
            _ => None,
        }
    }
}
