//! References: the small objects that travel in place of payloads.

mod entry;
mod fields;
mod given;
mod like_input;
mod locate;
mod path_map;
mod roots;
mod stores;
mod texts;

use std::path::Path;

use serde_json::{Map, Value};

use crate::envelope::Info;
use crate::error::{Error, Result, Status};
use crate::format::Format;
use crate::options::PutOptions;
use crate::store::{Loan, Store, View};
use entry::Entry;
use fields::Field;
use like_input::LikeInput;
use texts::Texts;

pub use given::Given;
pub use path_map::{PATH_MAP_VARIABLE, PathMap, map_paths, set_path_map};
pub use roots::{ROOTS_VARIABLE, allow, set_allowed};

/// `true` in an object that stands for a payload in the store.
pub const REF: &str = "_lmdb_ref";
/// The key of the input.
pub const INPUT_KEY: &str = "_lmdb_input_key";
/// The key under which the output is expected.
pub const OUTPUT_KEY: &str = "_lmdb_output_key";
/// The directory of the store.
pub const DB_PATH: &str = "_lmdb_db_path";
/// The named database.
pub const DB_NAME: &str = "_lmdb_db_name";
/// The format that the output should have.
pub const FORMAT: &str = "_lmdb_format";
/// The id of the exchange.
pub const TXN_ID: &str = "_txn_id";

/// The store's id and the entry's: the one payload that the reference stands for, whatever is under the key by now.
pub const ENTRY: &str = "_lmdb_entry";
/// What the names of markers begin with.
pub const MARKER: &str = "_lmdb_ref_";
/// In an answer: the result is under the output key.
pub const OUTPUT_WRITTEN: &str = "_lmdb_output_written";

/// Every wire name with one meaning, in the order in which they are written; a reference's marker follows.
pub const NAMES: &[&str] = &[REF, INPUT_KEY, OUTPUT_KEY, DB_PATH, DB_NAME, FORMAT, TXN_ID, ENTRY];

/// The named database of a reference that names none.
const DEFAULT_DB_NAME: &str = "default";
/// The longest key a store takes.
pub(crate) const KEY_BYTES: usize = 511;

/// What a calculator gets in place of its input, and what it needs to answer through the store.
///
/// A reference with an input stands for that payload. One without (exchange mode `output`) travels
/// beside the payload and only says where the output goes.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Reference {
    is_ref: bool,
    format: Option<Format>,
    /// All others.
    texts: Texts,
    entry: Option<Entry>,
    marker: entry::LazyMarker,
    like_input: LikeInput,
}

impl Reference {
    /// A reference with nothing in it, to be filled by [`Reference::set`].
    pub fn new() -> Reference {
        Reference::default()
    }

    /// Parses a JSON object. Keys other than the wire names and markers are ignored, `null` is an absent key.
    ///
    /// # Errors
    /// `Corrupt` naming the field, what it holds and what it should; also when several references were merged in the
    /// object: [`Given::of`] gathers them.
    pub fn from_json(json: &str) -> Result<Reference> {
        let fields = parsed(json)?;
        let base = Reference::of_base(&fields)?;
        let mut texts: Vec<(&str, &str)> =
            NAMES.iter().filter_map(|name| Some((*name, base.get(name)?))).collect();
        for (name, value) in fields.iter().filter(|(name, _)| name.starts_with(MARKER)) {
            match value {
                Value::String(text) => texts.push((name, text)),
                Value::Null => {}
                other => return Err(corrupt(format_args!("{name} is {other}, not a string"))),
            }
        }
        if texts.iter().all(|(name, _)| !name.starts_with(MARKER)) {
            return base.complete();
        }
        Ok(given::single(texts)?.unwrap_or(base))
    }

    /// As [`Reference::from_json`] without a look at markers.
    fn from_base_json(json: &str) -> Result<Reference> {
        Reference::of_base(&parsed(json)?)?.complete()
    }

    fn of_base(fields: &Map<String, Value>) -> Result<Reference> {
        let mut reference = Reference::new();
        for name in NAMES {
            match fields.get(*name) {
                None | Some(Value::Null) => {}
                Some(Value::Bool(value)) if *name == REF => reference.is_ref = *value,
                Some(Value::String(value)) if *name != REF => reference.set(name, value)?,
                Some(other) => {
                    let wanted = if *name == REF { "a bool" } else { "a string" };
                    return Err(corrupt(format_args!("{name} is {other}, not {wanted}")));
                }
            }
        }
        Ok(reference)
    }

    /// Makes a reference of wire names and their texts, as [`Reference::set`] takes them; markers as in
    /// [`Reference::from_json`].
    ///
    /// # Errors
    /// As for [`Reference::from_json`].
    pub fn from_fields<'a>(fields: impl IntoIterator<Item = (&'a str, &'a str)>) -> Result<Reference> {
        let fields: Vec<_> = fields.into_iter().collect();
        let mut reference = Reference::new();
        for (name, value) in &fields {
            reference.set(name, value)?;
        }
        let reference = reference.complete()?;
        let mut markers = fields.iter().filter(|(name, _)| name.starts_with(MARKER));
        match (markers.next(), markers.next()) {
            (None, _) => Ok(reference),
            // Mostly there is one reference, and its marker says nothing new.
            (Some((name, text)), None) if reference.is_marker(name, text) => Ok(reference),
            _ => Ok(given::single(fields)?.unwrap_or(reference)),
        }
    }

    /// As [`Reference::from_fields`], of texts in the order of [`NAMES`] and no marker.
    ///
    /// # Errors
    /// As for [`Reference::from_json`].
    pub(crate) fn from_texts(texts: &[Option<&str>; NAMES.len()]) -> Result<Reference> {
        let mut reference = Reference::new();
        for (field, text) in fields::ALL.iter().zip(texts) {
            if let Some(text) = text {
                reference.set_field(*field, text)?;
            }
        }
        reference.complete()
    }

    fn complete(self) -> Result<Reference> {
        if self.is_ref && self.input_key().is_none() {
            return Err(missing(INPUT_KEY));
        }
        Ok(self)
    }

    /// The reference as a JSON object that holds the fields that are set.
    pub fn to_json(&self) -> String {
        let mut fields = Map::new();
        for name in NAMES {
            match self.get(name) {
                Some(_) if *name == REF => fields.insert(REF.to_owned(), Value::Bool(true)),
                Some(value) => fields.insert((*name).to_owned(), Value::from(value)),
                None => None,
            };
        }
        if let Some((name, text)) = self.marker() {
            fields.insert(name.to_owned(), Value::from(text));
        }
        Value::Object(fields).to_string()
    }

    /// The name and the text of the marker: a field of this reference alone, so that one which was merged with others
    /// is seen. `None` when nothing says which entry the reference stands for.
    pub fn marker(&self) -> Option<(&str, &str)> {
        self.marker.get(|| {
            let entry = self.text(Field::Entry).filter(|_| self.is_ref && self.entry_id().is_some())?;
            Some(entry::marker(entry, self.input_key()?, self.db_path()?, self.db_name()))
        })
    }

    /// Whether that is the reference's marker.
    fn is_marker(&self, name: &str, text: &str) -> bool {
        match (self.text(Field::Entry), self.input_key(), self.db_path()) {
            (Some(entry), Some(key), Some(path)) if self.is_ref && entry::is_marker_name(name, entry) => {
                entry::is_marker_text(text, entry, key, path, self.db_name())
            }
            _ => false,
        }
    }

    /// This with an exchange's id and, behind a prefix, where its output goes.
    pub(crate) fn of_exchange(&self, txn_id: &str, output_prefix: Option<&str>) -> Reference {
        let mut texts = self.texts.roomy();
        texts.set(Field::TxnId, txn_id);
        if let Some(prefix) = output_prefix {
            texts.set_parts(Field::OutputKey, &[prefix, txn_id]);
        }
        self.with(texts)
    }

    /// The same with other texts, and nothing of what was found out about those before.
    fn with(&self, texts: Texts) -> Reference {
        Reference { texts, marker: entry::LazyMarker::default(), like_input: LikeInput::default(), ..*self }
    }

    /// Has the reference stand for the entry of `store` under `key`, one that the store took.
    pub(crate) fn set_input(&mut self, key: &str, store: &Store, id: u64) {
        self.is_ref = true;
        self.texts.set(Field::InputKey, key);
        self.set_entry(store, id);
    }

    /// Has the reference lead to `store` wherever it is mounted, and stand for none of its entries.
    pub(crate) fn set_store(&mut self, store: &Store) {
        self.set_entry(store, entry::NONE);
    }

    /// The id of the entry that the reference stands for, when it says.
    fn entry_id(&self) -> Option<u64> {
        self.entry.map(|entry| entry.id).filter(|&id| id != entry::NONE)
    }

    /// Says which entry of `store` the reference stands for.
    fn set_entry(&mut self, store: &Store, id: u64) {
        self.marker = entry::LazyMarker::default();
        let entry = Entry { store: store.id(), id };
        let text = entry.text();
        self.texts.set(Field::Entry, std::str::from_utf8(&text).expect("made of digits"));
        self.entry = Some(entry);
    }

    /// The reference that stands for the output of this one, which is in `store`.
    ///
    /// # Errors
    /// `InvalidArgument` when this one asks for no output; `NotFound` naming the key when the output is missing or
    /// expired.
    pub(crate) fn to_output(&self, store: &Store) -> Result<Reference> {
        let key = self.asked_output()?;
        let id = store.entry_id(self.db_name(), key.as_bytes())?;
        let id = id.ok_or_else(|| self.absent("output", key, store, "is missing or expired"))?;
        let mut output = self.with(self.texts.roomy());
        output.texts.remove(Field::OutputKey);
        output.set_input(key, store, id);
        Ok(output)
    }

    /// The named database.
    pub fn db_name(&self) -> &str {
        self.text(Field::DbName).unwrap_or(DEFAULT_DB_NAME)
    }

    fn text(&self, field: Field) -> Option<&str> {
        self.texts.get(field)
    }

    fn input_key(&self) -> Option<&str> {
        self.text(Field::InputKey)
    }

    fn output_key(&self) -> Option<&str> {
        self.text(Field::OutputKey)
    }

    fn db_path(&self) -> Option<&str> {
        self.text(Field::DbPath)
    }

    fn txn_id(&self) -> Option<&str> {
        self.text(Field::TxnId)
    }

    /// The format that the output should have, when the reference says.
    pub fn format(&self) -> Option<Format> {
        self.format
    }

    /// The store that the reference names. It must exist; it is opened once and stays open in this
    /// process, until others push it out or another store takes its place on the disk.
    ///
    /// A reference that says in which store it was made leads to that one: if this process has it open, wherever; else
    /// if it is at the reference's path; else if it is where [`map_paths`] has that path. Any other reference leads to
    /// what is at its path or, when nothing is, where the map has the path.
    ///
    /// # Errors
    /// `Corrupt` when the reference names no store; `Permission` when it is outside of what [`allow`] allows;
    /// `ForeignStore` when another store is there than the one that the reference was made in; `Config` when
    /// [`PATH_MAP_VARIABLE`] does not hold a map; else what opening it answers.
    pub fn store(&self) -> Result<Store> {
        let path = self.db_path().ok_or_else(|| missing(DB_PATH))?;
        match &self.entry {
            Some(entry) => locate::by_id(entry.store, path),
            None => locate::by_path(path),
        }
    }

    /// Whether nothing says that the reference was made in another store than the one with this id.
    pub(crate) fn may_be_of(&self, store: u128) -> bool {
        self.entry.is_none_or(|entry| entry.store == store)
    }

    /// Refuses a store that is not the one in which the reference was made, by its id.
    ///
    /// # Errors
    /// `ForeignStore`.
    pub(crate) fn check_made_in(&self, store: u128) -> Result<()> {
        match &self.entry {
            Some(entry) if entry.store != store => {
                let path = Path::new(self.db_path().unwrap_or_default());
                Err(locate::foreign(path, store, entry.store))
            }
            _ => Ok(()),
        }
    }

    /// Opens the input in place, which marks it as opened.
    ///
    /// # Errors
    /// `NotFound` naming the key when the input is missing or expired, or another entry is under its key by now;
    /// `Corrupt` when the reference names no input; what [`Reference::store`] answers.
    pub fn view_input(&self) -> Result<View> {
        let key = self.input_key().ok_or_else(|| missing(INPUT_KEY))?;
        let store = self.store()?;
        let entry = self.entry_id();
        let view = store.view_for(self.db_name(), key.as_bytes(), entry, self.txn_id())?;
        if let Some(view) = view {
            self.like_input.note(view.info());
            return Ok(view);
        }
        let replaced = entry.is_some() && store.contains(self.db_name(), key.as_bytes())?;
        let what = if replaced { "was replaced by another entry" } else { "is missing or expired" };
        Err(self.absent("input", key, &store, what))
    }

    fn absent(&self, side: &str, key: &str, store: &Store, what: &str) -> Error {
        let (db, path) = (self.db_name(), store.path().display());
        Error::new(
            Status::NotFound,
            format!("the {side} {key:?} in database {db:?} of the store {path} {what}"),
        )
    }

    /// Puts the output where the caller expects it. The exchange's id is taken from the reference
    /// when `options` hold none. With the usual time to live it lives as long as the input was to, and it has a checksum
    /// when that has one.
    ///
    /// # Errors
    /// `InvalidArgument` when the reference asks for no output in the store (return it instead), `Permission` when the
    /// key is not one of this exchange, or another's entry is under it, else what a put answers.
    pub fn put_output(&self, parts: &[&[u8]], options: &PutOptions) -> Result<Info> {
        let (key, mut options) = self.output(options)?;
        let store = self.store()?;
        self.like_input(&store, &mut options)?;
        store.put_own(self.db_name(), key.as_bytes(), parts, &options)
    }

    /// Publishes a loan of the reference's store as the output; see [`Reference::put_output`].
    ///
    /// # Errors
    /// As for [`Reference::put_output`] and [`Loan::publish`].
    pub fn publish_output(&self, loan: Loan, options: &PutOptions) -> Result<Info> {
        let (key, mut options) = self.output(options)?;
        self.check_made_in(loan.store_id())?;
        self.like_input(&self.store()?, &mut options)?;
        loan.publish_own(self.db_name(), key.as_bytes(), &options)
    }

    /// Refuses an output key that is not one of this exchange: a reference is data, and whoever wrote it shall not have
    /// other entries replaced. Keys of an exchange end with its id, and what is there already is of the same one, as
    /// the store sees to.
    fn check_output(&self, key: &str, txn_id: &str) -> Result<()> {
        let is_of_exchange = |key: &str| key.strip_suffix(txn_id).is_some_and(|prefix| prefix.ends_with(':'));
        let input = self.input_key();
        if txn_id.is_empty() || is_of_exchange(key) || !input.is_some_and(is_of_exchange) {
            return Ok(());
        }
        let what = format!(
            "an output is not written under {key:?}: the keys of the exchange {txn_id:?} end with its id"
        );
        Err(Error::new(Status::Permission, what))
    }

    /// The key of the output, and the options with which it is put.
    fn output<'a>(&'a self, options: &PutOptions<'a>) -> Result<(&'a str, PutOptions<'a>)> {
        let key = self.asked_output()?;
        let mut options = *options;
        if options.txn_id.is_empty() {
            options.txn_id = self.txn_id().unwrap_or_default();
        }
        self.check_output(key, options.txn_id)?;
        Ok((key, options))
    }

    /// Gives an output what it has in common with the input, unless its options say how long it lives.
    fn like_input(&self, store: &Store, options: &mut PutOptions) -> Result<()> {
        match self.input_key() {
            Some(input) if options.ttl_ms == PutOptions::default().ttl_ms => {
                self.like_input.adopt(options, || store.info(self.db_name(), input.as_bytes()))
            }
            _ => Ok(()),
        }
    }

    fn asked_output(&self) -> Result<&str> {
        self.output_key().ok_or_else(|| {
            let what = format!("the reference has no {OUTPUT_KEY}: return the result instead");
            Error::new(Status::InvalidArgument, what)
        })
    }

    /// Says that the calculator answers by its return value, so that nobody waits for an output.
    /// Does nothing when the reference has no input, or the input is gone.
    ///
    /// # Errors
    /// What opening the store answers.
    pub fn settle_direct(&self) -> Result<()> {
        self.note(Store::settle)
    }

    /// Says that the calculator cannot take a payload of this kind from the store (a frame, say, that no
    /// reader of its language knows): whoever sent the reference calls it again with the payload itself, this
    /// once. What the calculator answers after that does not matter. Does nothing when the reference
    /// has no input, or the input is gone.
    ///
    /// # Errors
    /// What opening the store answers.
    pub fn decline(&self) -> Result<()> {
        self.note(Store::decline)
    }

    /// Leaves a note on the input, and wakes whoever waits for the output.
    fn note(&self, leave: impl Fn(&Store, &str, &[u8], Option<u64>, &str) -> Result<bool>) -> Result<()> {
        let Some(input) = self.input_key() else {
            return Ok(());
        };
        let store = self.store()?;
        let txn_id = self.txn_id().unwrap_or_default();
        let entry = self.entry_id();
        if leave(&store, self.db_name(), input.as_bytes(), entry, txn_id)?
            && let Some(output) = self.output_key()
        {
            store.notify(self.db_name(), output.as_bytes());
        }
        Ok(())
    }
}

fn parsed(json: &str) -> Result<Map<String, Value>> {
    serde_json::from_str(json).map_err(|error| corrupt(format_args!("it is no JSON object: {error}")))
}

fn corrupt(what: impl std::fmt::Display) -> Error {
    Error::new(Status::Corrupt, format!("corrupt reference: {what}"))
}

fn missing(name: &str) -> Error {
    corrupt(format_args!("{name} is missing"))
}
