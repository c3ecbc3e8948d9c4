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
use crate::envelope::Info;
use crate::error::{Error, Result, Status};
use crate::format::Format;
use crate::mapping::sys;
use crate::options::PutOptions;
use crate::reference::{self, Reference};
use crate::store::{Count, Discarded, Meter, Pinned, Place, Store, Timing, Track};

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
    /// Where the store was opened.
    place: Place,
    /// What all references of the exchange say.
    said: Reference,
    /// What keys of inputs and of outputs begin with: all but the exchange's id.
    prefixes: [String; 2],
    /// The calculator was found to ignore references.
    ignored: AtomicBool,
    /// The calculator was seen opening an input, so that it can be trusted with others'.
    proven: AtomicBool,
    /// Inputs put and not cleaned up yet, the last at the end.
    inputs: Mutex<VecDeque<Input>>,
    /// Counts the calculator's calls.
    meter: Meter,
}

/// An input that was put and not cleaned up yet.
#[derive(Debug)]
struct Input {
    key: String,
    /// What happened to it can be read after it expired.
    pinned: Pinned,
    entry: Entry,
    /// Its key was made here, and nobody else uses it.
    fresh: bool,
    /// The output that was taken.
    output: Option<Entry>,
    timing: Timing,
}

/// What is known of an entry.
#[derive(Debug, Clone, Copy)]
struct Entry {
    id: u64,
    size: u64,
    ttl_ms: u64,
}

impl Entry {
    fn of(info: &Info) -> Entry {
        Entry { id: info.entry_id, size: info.size, ttl_ms: info.ttl_ms }
    }

    /// To be discarded.
    fn under(self, key: &str) -> Discarded<'_> {
        Discarded { key: key.as_bytes(), entry: self.id, size: self.size, ttl_ms: self.ttl_ms }
    }
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
        reference::map_paths(&config.path_map)?;
        let store = Store::open(&config.db_path, &config.options())?;
        let mut said = Reference::new();
        said.set(reference::DB_PATH, &config.db_path.to_string_lossy())?;
        said.set(reference::DB_NAME, &config.db_name)?;
        said.set(reference::FORMAT, config.data_format.name())?;
        let prefixes =
            [&config.input_prefix, &config.output_prefix].map(|prefix| format!("{prefix}:{name}:"));
        Ok(Exchange {
            meter: Meter::new(&store, name, config.slow_ms),
            place: Place::new(&config.db_path),
            said,
            prefixes,
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
        [self.prefix(side), txn_id].concat()
    }

    fn prefix(&self, side: Side) -> &str {
        &self.prefixes[side as usize - 1]
    }

    /// Whether an input of `size` bytes goes through the store.
    pub fn should(&self, size: u64) -> bool {
        let should = self.config.enabled
            && self.config.exchange_mode.sends_inputs()
            && size >= self.config.min_size
            && !self.ignored();
        if !should {
            self.meter.count(Count::Direct, 1);
        }
        should
    }

    /// What counts the calculator's calls.
    pub fn meter(&self) -> &Meter {
        &self.meter
    }

    /// Puts the input of the exchange `txn_id`, made of `parts` in a row, and returns the reference
    /// that travels in its place. A live input is never overwritten; an output that an earlier exchange
    /// of the same id left is deleted. The input stays pinned until [`Exchange::cleanup`].
    ///
    /// # Errors
    /// `KeyExists` when the id is in use; `ReferenceIgnored` when the calculator ignores references
    /// and `InvalidArgument` in mode `output` (pass the payload directly); else what a put answers.
    pub fn put_input(&self, txn_id: &str, parts: &[&[u8]], format: Format) -> Result<Reference> {
        let reference = self.put(txn_id, parts, format, None)?;
        // An answer to an earlier exchange of the same id is none to this one.
        if let Some(output) = reference.get(reference::OUTPUT_KEY)
            && there(&self.store, &reference, output)?
        {
            self.store.delete(&self.config.db_name, output.as_bytes())?;
        }
        Ok(reference)
    }

    /// Puts an input, and looks for nothing. `began`: when a call began whose id was made for it.
    fn put(&self, txn_id: &str, parts: &[&[u8]], format: Format, began: Option<u64>) -> Result<Reference> {
        self.put_unmetered(txn_id, parts, format, began).inspect_err(|error| self.meter.refused_by(error))
    }

    fn put_unmetered(
        &self,
        txn_id: &str,
        parts: &[&[u8]],
        format: Format,
        began: Option<u64>,
    ) -> Result<Reference> {
        let fresh = began.is_some();
        let began = began.unwrap_or_else(sys::monotonic_ns);
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
        let (info, pinned) = self.store.put_pinned(db, key.as_bytes(), parts, &options)?;
        reference.set_input(&key, &self.store, info.entry_id);
        let timing = self.meter.stored(began, info.size);
        if let Some(pinned) = pinned {
            let input = Input { key, pinned, entry: Entry::of(&info), fresh, output: None, timing };
            let mut inputs = self.inputs();
            let oldest = if inputs.len() == INPUTS { inputs.pop_front() } else { None };
            inputs.push_back(input);
            drop(inputs);
            drop(oldest);
        }
        Ok(reference)
    }

    fn inputs(&self) -> MutexGuard<'_, VecDeque<Input>> {
        self.inputs.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What happened to an input of ours that is pinned, whether it has expired or not.
    fn kept_track(&self, key: &str) -> Option<Track> {
        self.inputs().iter().rev().find(|input| input.key == key)?.pinned.marks()
    }

    /// Lets go of an input.
    fn forget(&self, key: &str) -> Option<Input> {
        let mut inputs = self.inputs();
        let at = inputs.iter().rposition(|input| input.key == key)?;
        let input = inputs.remove(at);
        drop(inputs);
        if let Some(input) = &input {
            self.meter.ended(&input.timing, key);
        }
        input
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
        let longest = self.prefixes.iter().map(String::len).max().unwrap_or_default() + txn_id.len();
        if longest > reference::KEY_BYTES {
            let most = reference::KEY_BYTES;
            let what = format!(
                "a key of {longest} bytes for calculator {:?} and id {txn_id:?}; at most {most} are allowed",
                self.name
            );
            return Err(Error::new(Status::BadKey, what));
        }
        let output = self.config.exchange_mode.sends_outputs().then(|| self.prefix(Side::Output));
        let mut reference = self.said.of_exchange(txn_id, output);
        if !self.config.exchange_mode.sends_inputs() {
            reference.set_store(&self.store);
        }
        Ok(reference)
    }

    /// The reference that stands for the output of another, to travel in place of the result.
    ///
    /// # Errors
    /// `NotFound` naming the key when the output is missing or expired; `InvalidArgument` when the reference asks for
    /// none; what opening its store answers.
    pub fn output_reference(&self, reference: &Reference) -> Result<Reference> {
        if self.is_ours(reference) {
            return reference.to_output(&self.store);
        }
        // Its maker may have the directory elsewhere.
        let store = reference.store()?;
        let here = if store.id() == self.store.id() { &self.config.db_path } else { store.path() };
        let mut output = reference.to_output(&store)?;
        output.set(reference::DB_PATH, &here.to_string_lossy())?;
        Ok(output)
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
            drop(self.forget(key));
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
        input.strip_prefix(self.prefix(Side::Input)) == Some(txn_id)
    }

    /// The store that a reference lives in: ours, but for references of other makers.
    fn store_of(&self, reference: &Reference) -> Result<Store> {
        if self.is_ours(reference) { Ok(self.store.clone()) } else { reference.store() }
    }

    /// Whether a reference names our store as we do.
    fn is_ours(&self, reference: &Reference) -> bool {
        let path = reference.get(reference::DB_PATH);
        path.is_none_or(|path| Some(path) == self.config.db_path.to_str())
            && reference.may_be_of(self.store.id())
    }
}

impl Drop for Exchange {
    fn drop(&mut self) {
        // The store may stay open for others. What cannot be removed now goes when its time is over.
        let _ = self.store.flush();
    }
}

fn there(store: &Store, reference: &Reference, key: &str) -> Result<bool> {
    store.contains(reference.db_name(), key.as_bytes())
}
