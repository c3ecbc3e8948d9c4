//! The caller's side of an exchange: what goes through the store, and what a calculator's answer
//! means.

mod answer;

use std::collections::VecDeque;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use crate::config::Config;
use crate::error::{Error, Result, Status};
use crate::format::Format;
use crate::options::PutOptions;
use crate::reference::{self, Reference};
use crate::store::View;
use crate::store::{Store, Track};

pub use answer::{Answer, Decision, Side};

/// The exchange with one calculator, as its caller runs it.
///
/// May be used from any number of threads.
#[derive(Debug)]
pub struct Exchange {
    config: Config,
    name: String,
    store: Store,
    ignored: AtomicBool,
    /// Inputs put and not cleaned up yet, kept in view: what happened to them can be read after they expired.
    inputs: Mutex<VecDeque<(String, View)>>,
}

/// Inputs kept at the most; of older ones only what the store still knows is known.
const INPUTS: usize = 1024;

/// How far an exchange has come, as the store shows it.
enum Progress {
    Decided(Decision),
    /// The calculator opened its input (or it vanished) and has not answered through the store.
    Opened,
    /// The input was put by somebody else, and nothing tells that this calculator opened it: another one may have.
    Foreign,
}

impl Exchange {
    /// Opens the store of `config` for the calculator `name`.
    ///
    /// # Errors
    /// What opening the store answers.
    pub fn open(config: Config, name: &str) -> Result<Exchange> {
        let store = Store::open(&config.db_path, &config.options())?;
        Ok(Exchange {
            config,
            name: name.to_owned(),
            store,
            ignored: AtomicBool::new(false),
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
        self.store.put(db, key.as_bytes(), parts, &options)?;
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

    /// What happened to an input of ours that is kept, whether it has expired or not.
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

    /// Decides what a calculator's answer means, so that no answer computed on a reference is taken
    /// for a result and nobody waits without need.
    ///
    /// An output that is there is taken, and one that was announced is waited for. An input that
    /// nobody opened means that the calculator computed on the reference: `Repeat`. An input that was
    /// opened means that a returned value is the result; when nothing was returned, or what was
    /// returned is unknown, the output is waited for, unless the calculator said that it answers
    /// directly. What happened to an input is known until it is cleaned up, even when it expired; one of
    /// which nothing is known any more counts as opened.
    ///
    /// When the input belongs to another exchange (a chain of references), only the marks of this exchange
    /// count. Without any (the payload was in its record, or opened by other means than
    /// [`Reference::view_input`]) a value that is not in the store is `Repeat`, which may cost a second call
    /// but is never wrong.
    ///
    /// Waits for at most `timeout`, or `lmdb_wait_timeout` without one.
    ///
    /// # Errors
    /// `Timeout` naming key, time and setting when the input was opened and nothing came; `Corrupt`
    /// when an output was announced that the reference does not ask for.
    pub fn settle(
        &self,
        reference: &Reference,
        answer: Answer,
        timeout: Option<Duration>,
    ) -> Result<Decision> {
        let timeout = timeout.unwrap_or_else(|| Duration::from_millis(self.config.wait_timeout_ms));
        let decision = self.decide(reference, answer, timeout)?;
        let input = reference.get(reference::INPUT_KEY);
        // The marks of another exchange's input say too little about this calculator to give up on it for good.
        if decision == Decision::Repeat && input.is_some_and(|input| self.own_input(reference, input)) {
            self.ignored.store(true, Ordering::Relaxed);
        }
        Ok(decision)
    }

    fn decide(&self, reference: &Reference, answer: Answer, timeout: Duration) -> Result<Decision> {
        let store = self.store_of(reference)?;
        let output = reference.get(reference::OUTPUT_KEY);
        if answer == Answer::OutputWritten {
            let key = output.ok_or_else(|| self.unasked())?;
            return self.wait(&store, reference, key, timeout, |store| {
                Ok(there(store, reference, key)?.then_some(Decision::TakeOutput))
            });
        }
        let progress = self.progress(&store, reference)?;
        match (progress, output, answer) {
            (Progress::Decided(decision), ..) => Ok(decision),
            (Progress::Foreign, _, Answer::Value) => Ok(Decision::Repeat),
            (Progress::Foreign, None, Answer::None) => Ok(Decision::Repeat),
            (_, None, _) | (_, _, Answer::Value | Answer::UnknownNoWait) => Ok(Decision::TakeAnswer),
            (_, Some(key), _) => {
                self.wait(&store, reference, key, timeout, |store| match self.progress(store, reference)? {
                    Progress::Decided(decision) => Ok(Some(decision)),
                    Progress::Opened | Progress::Foreign => Ok(None),
                })
            }
        }
    }

    fn progress(&self, store: &Store, reference: &Reference) -> Result<Progress> {
        if let Some(output) = reference.get(reference::OUTPUT_KEY)
            && there(store, reference, output)?
        {
            return Ok(Progress::Decided(Decision::TakeOutput));
        }
        let Some(input) = reference.get(reference::INPUT_KEY) else {
            return Ok(Progress::Decided(Decision::TakeAnswer));
        };
        let own = self.own_input(reference, input);
        let track = match self.kept_track(input).filter(|_| own) {
            Some(track) => Some(track),
            None => store.track(reference.db_name(), input.as_bytes())?,
        };
        Ok(match track {
            // Whoever says that it answered directly, and never looked, has answered to the reference.
            Some(track) if !track.opened => Progress::Decided(Decision::Repeat),
            Some(track) if own && track.settled => Progress::Decided(Decision::TakeAnswer),
            _ if own => Progress::Opened,
            _ => self.foreign(store, reference, input)?,
        })
    }

    /// How far the exchange has come with the input of another one: what its own calculator did tells.
    fn foreign(&self, store: &Store, reference: &Reference, input: &str) -> Result<Progress> {
        let txn_id = reference.get(reference::TXN_ID).unwrap_or_default();
        let track = store.track_by(reference.db_name(), input.as_bytes(), txn_id)?;
        Ok(match track {
            Track { settled: true, .. } => Progress::Decided(Decision::TakeAnswer),
            Track { opened: true, .. } => Progress::Opened,
            _ => Progress::Foreign,
        })
    }

    fn wait(
        &self,
        store: &Store,
        reference: &Reference,
        key: &str,
        timeout: Duration,
        mut decide: impl FnMut(&Store) -> Result<Option<Decision>>,
    ) -> Result<Decision> {
        let mut decided = None;
        store.wait_until(reference.db_name(), key.as_bytes(), Some(timeout), |store| {
            decided = decide(store)?;
            Ok(decided.is_some())
        })?;
        decided.ok_or_else(|| {
            let (name, ms) = (&self.name, timeout.as_millis());
            let what = format!(
                "calculator {name:?} gave no output under {key:?} within {ms} ms; lmdb_wait_timeout says how long"
            );
            Error::new(Status::Timeout, what)
        })
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
            _ => Ok(self.store.clone()),
        }
    }

    fn unasked(&self) -> Error {
        let (name, key) = (&self.name, reference::OUTPUT_KEY);
        let what =
            format!("calculator {name:?} says that it wrote its output, but its reference has no {key}");
        Error::new(Status::Corrupt, what)
    }
}

fn there(store: &Store, reference: &Reference, key: &str) -> Result<bool> {
    store.contains(reference.db_name(), key.as_bytes())
}
