//! The caller's side of an exchange: what goes through the store, and what a calculator's answer
//! means.

mod answer;
mod call;
mod ids;
mod judge;

use std::collections::VecDeque;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::config::Config;
use crate::error::{Error, Result, Status};
use crate::format::Format;
use crate::options::PutOptions;
use crate::reference::{self, Reference};
use crate::store::View;
use crate::store::{Store, Track};

pub use answer::{Answer, Decision, Side};
pub use ids::{TXN_ID_DIGITS, new_txn_id};

/// The exchange with one calculator, as its caller runs it.
///
/// May be used from any number of threads.
#[derive(Debug)]
pub struct Exchange {
    config: Config,
    name: String,
    store: Store,
    /// The calculator was found to ignore references.
    ignored: AtomicBool,
    /// The calculator was seen opening an input, so that it can be trusted with others'.
    proven: AtomicBool,
    /// Inputs put and not cleaned up yet, kept in view: what happened to them can be read after they expired.
    inputs: Mutex<VecDeque<(String, View)>>,
}

/// Inputs kept at the most; of older ones only what the store still knows is known.
const INPUTS: usize = 1024;

impl Exchange {
    /// Opens the store of `config` for the calculator `name`.
    ///
    /// # Errors
    /// What opening the store answers.
    pub fn open(config: Config, name: &str) -> Result<Exchange> {
        if !config.allowed_roots.is_empty() {
            reference::allow(&config.allowed_roots)?;
        }
        let store = Store::open(&config.db_path, &config.options())?;
        Ok(Exchange {
            config,
            name: name.to_owned(),
            store,
            ignored: AtomicBool::new(false),
            proven: AtomicBool::new(false),
            inputs: Mutex::default(),
        })
    }

    /// The configuration.
    pub fn config(&self) -> &Config {
        &self.config
    }

    /// The calculator's name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The store.
    pub fn store(&self) -> &Store {
        &self.store
    }

    /// Whether the calculator was found to ignore references; payloads are then passed directly.
    pub fn ignored(&self) -> bool {
        self.ignored.load(Ordering::Relaxed)
    }

    /// The key of one side of the exchange `txn_id`: `prefix:name:txn_id`.
    pub fn key(&self, side: Side, txn_id: &str) -> String {
        let prefix = match side {
            Side::Input => &self.config.input_prefix,
            Side::Output => &self.config.output_prefix,
        };
        format!("{prefix}:{}:{txn_id}", self.name)
    }

    /// Whether an input of `size` bytes goes through the store.
    pub fn should(&self, size: u64) -> bool {
        self.config.enabled
            && self.config.exchange_mode.sends_inputs()
            && size >= self.config.min_size
            && !self.ignored()
    }

    /// Puts the input of the exchange `txn_id`, made of `parts` in a row, and returns the reference
    /// that travels in its place. A live input is never overwritten; an output that an earlier exchange
    /// of the same id left is deleted. The input stays pinned until [`Exchange::cleanup`].
    ///
    /// # Errors
    /// `KeyExists` when the id is in use; `ReferenceIgnored` when the calculator ignores references
    /// and `InvalidArgument` in mode `output` (pass the payload directly); else what a put answers.
    pub fn put_input(&self, txn_id: &str, parts: &[&[u8]], format: Format) -> Result<Reference> {
        if !self.config.exchange_mode.sends_inputs() {
            let what = "exchange mode output passes inputs directly";
            return Err(Error::new(Status::InvalidArgument, what));
        }
        if self.ignored() {
            let name = &self.name;
            let what = format!("calculator {name:?} ignores references: pass the payload directly");
            return Err(Error::new(Status::ReferenceIgnored, what));
        }
        let mut reference = self.reference(txn_id)?;
        let key = self.key(Side::Input, txn_id);
        reference.set(reference::REF, "true")?;
        reference.set(reference::INPUT_KEY, &key)?;
        let options = PutOptions {
            format,
            ttl_ms: self.config.ttl * 1000,
            no_overwrite: true,
            checksum: self.config.checksum,
            tracked: true,
            txn_id,
            source: "",
            target: &self.name,
        };
        let db = &self.config.db_name;
        let info = self.store.put(db, key.as_bytes(), parts, &options)?;
        reference.set_entry(&self.store, info.entry_id);
        // An answer to an earlier exchange of the same id is none to this one.
        if let Some(output) = reference.get(reference::OUTPUT_KEY)
            && there(&self.store, &reference, output)?
        {
            self.store.delete(db, output.as_bytes())?;
        }
        if let Some(view) = self.store.view_quiet(db, key.as_bytes())? {
            let mut inputs = self.inputs();
            if inputs.len() == INPUTS {
                inputs.pop_front();
            }
            inputs.push_back((key, view));
        }
        Ok(reference)
    }

    fn inputs(&self) -> MutexGuard<'_, VecDeque<(String, View)>> {
        self.inputs.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What happened to an input of ours that is kept in view, whether it has expired or not.
    fn kept_track(&self, key: &str) -> Option<Track> {
        let inputs = self.inputs();
        let (_, view) = inputs.iter().rev().find(|(kept, _)| kept == key)?;
        self.store.marks(view)
    }

    /// The reference of the exchange `txn_id` without an input: where the output goes, unless the
    /// mode is `input`.
    ///
    /// # Errors
    /// `InvalidArgument` when the id is empty; `BadKey` when name and id make too long a key.
    pub fn reference(&self, txn_id: &str) -> Result<Reference> {
        if txn_id.is_empty() {
            let what = "the id of an exchange is empty";
            return Err(Error::new(Status::InvalidArgument, what));
        }
        let longest = self.key(Side::Input, txn_id).len();
        let longest = longest.max(self.key(Side::Output, txn_id).len());
        if longest > reference::KEY_BYTES {
            let most = reference::KEY_BYTES;
            let what = format!(
                "a key of {longest} bytes for calculator {:?} and id {txn_id:?}; at most {most} are allowed",
                self.name
            );
            return Err(Error::new(Status::BadKey, what));
        }
        let mut reference = Reference::new();
        if self.config.exchange_mode.sends_outputs() {
            reference.set(reference::OUTPUT_KEY, &self.key(Side::Output, txn_id))?;
        }
        reference.set(reference::DB_PATH, &self.config.db_path.to_string_lossy())?;
        reference.set(reference::DB_NAME, &self.config.db_name)?;
        reference.set(reference::FORMAT, self.config.data_format.name())?;
        reference.set(reference::TXN_ID, txn_id)?;
        Ok(reference)
    }

    /// The reference that stands for the output of another, to travel in place of the result.
    ///
    /// # Errors
    /// `NotFound` naming the key when the output is missing or expired; `InvalidArgument` when the reference asks for
    /// none; what opening its store answers.
    pub fn output_reference(&self, reference: &Reference) -> Result<Reference> {
        reference.to_output(&self.store_of(reference)?)
    }

    /// Deletes the input of an exchange, its output, or both. An input that this exchange did not put
    /// is left to whoever did. Views of what is deleted stay valid.
    ///
    /// # Errors
    /// What a deletion answers; the other one is tried all the same.
    pub fn cleanup(&self, reference: &Reference, input: bool, output: bool) -> Result<()> {
        let store = self.store_of(reference)?;
        let db = reference.db_name();
        let input = reference.get(reference::INPUT_KEY).filter(|_| input);
        if let Some(key) = input {
            self.inputs().retain(|(kept, _)| kept != key);
        }
        let input = input.filter(|key| self.own_input(reference, key)).map(str::as_bytes);
        let output = reference.get(reference::OUTPUT_KEY).filter(|_| output).map(str::as_bytes);
        if let (Some(input), Some(output)) = (input, output) {
            // Only when one of them cannot be deleted each is tried by itself.
            if store.delete_many(db, &[input, output]).is_ok() {
                return Ok(());
            }
        }
        let delete = |key: Option<&[u8]>| key.map_or(Ok(false), |key| store.delete(db, key));
        let input_done = delete(input);
        let output_done = delete(output);
        input_done.and(output_done).map(drop)
    }

    /// Whether `input` is the entry that [`Exchange::put_input`] made for this reference.
    fn own_input(&self, reference: &Reference, input: &str) -> bool {
        let txn_id = reference.get(reference::TXN_ID).unwrap_or_default();
        self.key(Side::Input, txn_id) == input
    }

    /// The store that a reference lives in: ours, but for references of other makers.
    fn store_of(&self, reference: &Reference) -> Result<Store> {
        match reference.get(reference::DB_PATH) {
            Some(path) if Some(path) != self.config.db_path.to_str() => reference.store(),
            _ => {
                reference.check_made_in(self.store.id())?;
                Ok(self.store.clone())
            }
        }
    }
}

fn there(store: &Store, reference: &Reference, key: &str) -> Result<bool> {
    store.contains(reference.db_name(), key.as_bytes())
}
