//! What a calculator's answer means, so that no answer computed on a reference is taken for a result and nobody waits
//! without need.

use std::sync::atomic::Ordering;
use std::time::Duration;

use super::{Answer, Decision, Exchange};
use crate::error::{Error, Result, Status};
use crate::reference::{self, Reference};
use crate::store::{Count, Store, Track};
use crate::warning::{Subject, warn};

/// How far an exchange has come, as the store shows it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Seen {
    /// The output is there, of so many bytes.
    Written { bytes: u64 },
    /// There is no input in the store.
    NoInput,
    /// The calculator cannot take the input from the store.
    Declined,
    /// Nobody opened the input, which is this exchange's own or another one's.
    Unopened { own: bool },
    /// The input is another exchange's, and nothing tells that this calculator opened it: another one may have.
    Unseen,
    /// The calculator opened its input, or it vanished, and has not answered through the store.
    Opened,
    /// As opened, and it said that it answers directly.
    Settled,
}

/// What is known of a calculator beside the exchange at hand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Trust {
    /// Nothing, and the caller can only repeat a call.
    Nothing,
    /// It was not seen opening an input yet.
    Unproven,
    /// It was: it knows references.
    Proven,
}

/// The whole table. `None`: the output, which `asked` says was asked for, is waited for.
fn meaning(seen: Seen, answer: Answer, asked: bool, trust: Trust) -> Option<Decision> {
    match (seen, answer) {
        // Even if it answered something afterwards: with the payload itself it would have answered otherwise.
        (Seen::Declined, _) => Some(Decision::Repeat),
        (Seen::Unopened { own: true }, Answer::Raised) if trust != Trust::Proven => Some(Decision::Repeat),
        (Seen::Unopened { own: false } | Seen::Unseen, Answer::Raised) if trust == Trust::Unproven => {
            Some(Decision::Prove)
        }
        (_, Answer::Raised | Answer::BrokenOff) => Some(Decision::TakeAnswer),
        (Seen::Written { .. }, _) => Some(Decision::TakeOutput),
        (_, Answer::OutputWritten) => None,
        (Seen::NoInput | Seen::Settled, _) => Some(Decision::TakeAnswer),
        (Seen::Unopened { own: false } | Seen::Unseen, Answer::Value | Answer::None)
            if trust == Trust::Unproven =>
        {
            Some(Decision::Prove)
        }
        // It knows references, and may have had no need to look.
        (Seen::Unopened { own: false } | Seen::Unseen, Answer::Value) if trust == Trust::Proven => {
            Some(Decision::TakeAnswer)
        }
        // Whoever says that it answered directly, and never looked, has answered to the reference.
        (Seen::Unopened { .. }, _) | (Seen::Unseen, Answer::Value) => Some(Decision::Repeat),
        (Seen::Unseen, Answer::None) if !asked && trust == Trust::Nothing => Some(Decision::Repeat),
        (_, Answer::Value | Answer::UnknownNoWait) => Some(Decision::TakeAnswer),
        (Seen::Unseen | Seen::Opened, Answer::None | Answer::Unknown) => {
            if asked {
                None
            } else {
                Some(Decision::TakeAnswer)
            }
        }
    }
}

impl Exchange {
    /// Decides what a calculator's answer means, for a caller that can put an input of the calculator's own.
    ///
    /// An output that is there is taken, and one that was announced is waited for. An input that nobody opened
    /// means that the calculator computed on the reference, or failed on it: `Repeat`, and so does one that it
    /// declined, whatever it answered. An input that was opened means that a returned value, or a failure, is the
    /// result; when nothing was returned, or what was returned is unknown, the output is waited for, unless the
    /// calculator said that it answers directly. What happened to an input is known until it is cleaned up, even when
    /// it expired; one of which nothing is known any more counts as opened.
    ///
    /// When the input belongs to another exchange (a chain of references), only the marks of this exchange count.
    /// Without any (the payload was in its record, or opened by other means than [`Reference::view_input`]) the answer
    /// is taken from a calculator that was seen opening an input, and is `Prove` from another. When the store fails,
    /// or was removed before a calculator that failed had opened its input, nothing tells what the answer is worth:
    /// `PassDirectly`, with the reason.
    ///
    /// Waits for at most `timeout`, or `lmdb_wait_timeout` without one.
    ///
    /// # Errors
    /// `Timeout` naming key, time and setting when the input was opened and nothing came; `Corrupt` when an output
    /// was announced that the reference does not ask for, or what is in the store is damaged.
    pub fn judge(
        &self,
        reference: &Reference,
        answer: Answer,
        timeout: Option<Duration>,
    ) -> Result<(Decision, Option<Error>)> {
        let (decision, seen, reason) = self.judged(reference, answer, timeout)?;
        self.counted(reference, answer, decision, seen);
        Ok((decision, reason))
    }

    /// Whether a value that a calculator returned is the result. Nothing is waited for to tell that, and when it is not,
    /// nothing is counted: [`Exchange::judge`] is asked what it is.
    pub fn is_result(&self, reference: &Reference) -> bool {
        let judged = self.judged(reference, Answer::Value, Some(Duration::ZERO));
        matches!(judged, Ok((Decision::TakeAnswer, _, None)))
    }

    fn judged(
        &self,
        reference: &Reference,
        answer: Answer,
        timeout: Option<Duration>,
    ) -> Result<(Decision, Option<Seen>, Option<Error>)> {
        let proven = self.proven.load(Ordering::Relaxed);
        let trust = if proven { Trust::Proven } else { Trust::Unproven };
        if answer == Answer::Raised && self.is_removed(reference) {
            let what =
                format!("the store {} was removed before its input was opened", self.place.path().display());
            return Ok((Decision::PassDirectly, None, Some(Error::new(Status::ForeignStore, what))));
        }
        match self.decide(reference, answer, timeout, trust) {
            Ok((decision, seen)) => {
                let took = matches!(decision, Decision::TakeAnswer | Decision::TakeOutput);
                let knows = seen == Seen::Declined || took && !answer.is_failure() && seen != Seen::NoInput;
                if knows && !proven {
                    self.proven.store(true, Ordering::Relaxed);
                }
                Ok((decision, Some(seen), None))
            }
            Err(error) if matches!(error.status(), Status::Timeout | Status::Corrupt) => Err(error),
            // Who is known to read references did not fail for want of that.
            Err(_) if answer == Answer::BrokenOff || proven && answer.is_failure() => {
                Ok((Decision::TakeAnswer, None, None))
            }
            Err(error) => Ok((Decision::PassDirectly, None, Some(error))),
        }
    }

    /// Notes that a calculator that had to be called again ([`Decision::Repeat`]) returned a result: payloads are passed
    /// directly from now on, with a warning the first time. Not when it declined its input, the input is another
    /// exchange's, or the store was removed meanwhile: any of these may have been the reason.
    pub fn repeated(&self, reference: &Reference) {
        let Some(input) = reference.get(reference::INPUT_KEY) else { return };
        if !self.own_input(reference, input) || !self.store.is_there() {
            return;
        }
        let track = self.own_track(&self.store, reference, input);
        if !track.is_ok_and(|track| track.is_some_and(|track| track.declined)) {
            self.found_ignored();
        }
    }

    fn found_ignored(&self) {
        if !self.ignored.swap(true, Ordering::Relaxed) {
            let name = &self.name;
            warn(
                Subject::ReferencesIgnored,
                format!(
                    "calculator {name} does not open the references it gets; payloads are passed to it directly from now on"
                ),
            );
        }
    }

    /// Decides what a calculator's answer means, as [`Exchange::judge`] does, for a caller that can only repeat a call:
    /// `Prove` is `Repeat`, or waits as for an input that was opened, and an input of the exchange's own that nobody
    /// opened means at once that the calculator ignores references.
    ///
    /// # Errors
    /// As for [`Exchange::judge`], and what a store that fails answers.
    pub fn settle(
        &self,
        reference: &Reference,
        answer: Answer,
        timeout: Option<Duration>,
    ) -> Result<Decision> {
        let (decision, seen) = self.decide(reference, answer, timeout, Trust::Nothing)?;
        // The marks of another exchange's input say too little about this calculator to give up on it for good.
        if decision == Decision::Repeat && seen == (Seen::Unopened { own: true }) && self.store.is_there() {
            self.meter.count(Count::Repeated, 1);
            self.found_ignored();
        }
        if let (Decision::TakeOutput, Seen::Written { bytes }) = (decision, seen) {
            self.meter.count(Count::BytesOut, bytes);
        }
        Ok(decision)
    }

    fn decide(
        &self,
        reference: &Reference,
        answer: Answer,
        timeout: Option<Duration>,
        trust: Trust,
    ) -> Result<(Decision, Seen)> {
        let store = self.store_of(reference)?;
        self.answered(reference);
        let output = reference.get(reference::OUTPUT_KEY);
        if answer == Answer::OutputWritten && output.is_none() {
            return Err(self.unasked());
        }
        let look = |store: &Store| -> Result<_> {
            let seen = self.seen(store, reference, answer)?;
            Ok((meaning(seen, answer, output.is_some(), trust), seen))
        };
        let (decision, seen) = look(&store)?;
        match (decision, output) {
            (Some(decision), _) => Ok((decision, seen)),
            (None, None) => Ok((Decision::TakeAnswer, seen)),
            (None, Some(key)) => self.wait(&store, reference, key, timeout, look),
        }
    }

    /// Notes that the calculator of an exchange is done.
    fn answered(&self, reference: &Reference) {
        if let Some(key) = reference.get(reference::INPUT_KEY)
            && let Some(input) = self.inputs().iter_mut().rev().find(|input| input.key == key)
        {
            self.meter.answered(&mut input.timing);
        }
    }

    /// Counts what was decided.
    fn counted(&self, reference: &Reference, answer: Answer, decision: Decision, seen: Option<Seen>) {
        if let (Decision::TakeOutput, Some(Seen::Written { bytes })) = (decision, seen) {
            self.meter.count(Count::BytesOut, bytes);
        }
        match decision {
            Decision::Repeat | Decision::Prove | Decision::PassDirectly => {
                self.meter.count(Count::Repeated, 1);
            }
            Decision::TakeAnswer if answer.is_failure() => {
                self.meter.count(Count::Failed, 1);
            }
            Decision::TakeAnswer | Decision::TakeOutput => {}
        }
        match reference.get(reference::INPUT_KEY) {
            None => self.meter.count(Count::Direct, 1),
            // Put by somebody else.
            Some(input) if !self.own_input(reference, input) => self.meter.count(Count::Through, 1),
            Some(_) => {}
        }
    }

    fn seen(&self, store: &Store, reference: &Reference, answer: Answer) -> Result<Seen> {
        let input = reference.get(reference::INPUT_KEY);
        let own = input.is_some_and(|input| self.own_input(reference, input));
        let (track, by) = match input {
            Some(input) if own => {
                let track = self.own_track(store, reference, input)?;
                (track, track.unwrap_or_default())
            }
            // Its marks are anybody's; those beside them are this exchange's.
            Some(input) => {
                let txn_id = reference.get(reference::TXN_ID).unwrap_or_default();
                let (db, key) = (reference.db_name(), input.as_bytes());
                (store.track(db, key)?, store.track_by(db, key, txn_id)?)
            }
            None => Default::default(),
        };
        if by.declined {
            return Ok(Seen::Declined);
        }
        let output = reference.get(reference::OUTPUT_KEY);
        if !answer.is_failure()
            && let Some(output) = output
            && let Some(written) = store.info(reference.db_name(), output.as_bytes())?
        {
            return Ok(Seen::Written { bytes: written.size });
        }
        Ok(match track {
            _ if input.is_none() => Seen::NoInput,
            Some(Track { opened: false, .. }) => Seen::Unopened { own },
            _ if by.settled => Seen::Settled,
            _ if own || by.opened => Seen::Opened,
            _ => Seen::Unseen,
        })
    }

    /// Whether nobody opened an input of ours and nobody could: somebody removed the store, or put another in its place.
    fn is_removed(&self, reference: &Reference) -> bool {
        let input = reference.get(reference::INPUT_KEY).filter(|input| self.own_input(reference, input));
        let track = input.and_then(|input| self.kept_track(input));
        track.is_some_and(|track| !track.opened && !track.declined) && !self.place.holds_now(&self.store)
    }

    /// What happened to an input of ours, which may have expired.
    fn own_track(&self, store: &Store, reference: &Reference, input: &str) -> Result<Option<Track>> {
        match self.kept_track(input) {
            Some(track) => Ok(Some(track)),
            None => store.track(reference.db_name(), input.as_bytes()),
        }
    }

    fn wait(
        &self,
        store: &Store,
        reference: &Reference,
        key: &str,
        timeout: Option<Duration>,
        look: impl Fn(&Store) -> Result<(Option<Decision>, Seen)>,
    ) -> Result<(Decision, Seen)> {
        let timeout = timeout.unwrap_or_else(|| Duration::from_millis(self.config.wait_timeout_ms));
        let mut found = None;
        store.wait_until(reference.db_name(), key.as_bytes(), Some(timeout), |store| {
            let (decision, seen) = look(store)?;
            found = decision.map(|decision| (decision, seen));
            Ok(found.is_some())
        })?;
        found.ok_or_else(|| {
            let (name, ms) = (&self.name, timeout.as_millis());
            let what = format!(
                "calculator {name:?} gave no output under {key:?} within {ms} ms; lmdb_wait_timeout says how long"
            );
            Error::new(Status::Timeout, what)
        })
    }

    fn unasked(&self) -> Error {
        let (name, key) = (&self.name, reference::OUTPUT_KEY);
        let what =
            format!("calculator {name:?} says that it wrote its output, but its reference has no {key}");
        Error::new(Status::Corrupt, what)
    }
}
