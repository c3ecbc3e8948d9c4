//! An exchange whose id is made here and whose calculator is called by the caller of these functions itself: what is known
//! of it in advance need not be asked of the store.

use super::{Entry, Exchange, new_txn_id};
use crate::error::Result;
use crate::format::Format;
use crate::reference::{self, Reference};
use crate::store::{Count, View};
use std::sync::atomic::Ordering;

impl Exchange {
    /// Puts an input under an id that is made for it, in one transaction, for a call that began at `began` nanoseconds of
    /// `CLOCK_MONOTONIC`; see [`Exchange::put_input`].
    ///
    /// # Errors
    /// As for [`Exchange::put_input`].
    pub fn put_fresh(&self, parts: &[&[u8]], format: Format, began: u64) -> Result<Reference> {
        let txn_id = new_txn_id()?;
        let txn_id = std::str::from_utf8(&txn_id).expect("made of digits");
        self.put(txn_id, parts, format, Some(began))
    }

    /// The output that a calculator says it wrote; `None` when the reference asks for none, when there is none, and when the
    /// calculator declined its input: [`Exchange::judge`] knows what to do then.
    ///
    /// # Errors
    /// What a view answers.
    pub fn take_written(&self, reference: &Reference) -> Result<Option<View>> {
        let Some(key) = reference.get(reference::OUTPUT_KEY) else {
            return Ok(None);
        };
        let Some(view) = self.store.view(reference.db_name(), key.as_bytes())? else {
            return Ok(None);
        };
        if let Some(input) = reference.get(reference::INPUT_KEY)
            && let Some(input) = self.inputs().iter_mut().rev().find(|kept| kept.key == input)
        {
            if input.pinned.marks().is_some_and(|track| track.declined) {
                return Ok(None);
            }
            input.output = Some(Entry::of(view.info()));
            self.meter.answered(&mut input.timing);
        }
        self.meter.count(Count::BytesOut, view.info().size);
        self.proven.store(true, Ordering::Relaxed);
        Ok(Some(view))
    }

    /// Whether the input of an exchange was not cleaned up yet.
    pub fn keeps(&self, reference: &Reference) -> bool {
        let key = reference.get(reference::INPUT_KEY);
        key.is_some_and(|key| self.inputs().iter().any(|kept| kept.key == key))
    }

    /// Deletes what an exchange of [`Exchange::put_fresh`] left. This process sees it no more; for others it may go a
    /// little later: with what the store is asked to write next, or within about 50 ms. Anything else is cleaned up at
    /// once, as [`Exchange::cleanup`] does. Views of what is deleted stay valid.
    ///
    /// # Errors
    /// As for [`Exchange::cleanup`].
    pub fn discard(&self, reference: &Reference, input: bool, output: bool) -> Result<()> {
        let key = reference.get(reference::INPUT_KEY).filter(|_| input);
        let Some((key, kept)) = key.and_then(|key| Some((key, self.forget(key)?))) else {
            return self.cleanup(reference, input, output);
        };
        if !kept.fresh {
            return self.cleanup(reference, input, output);
        }
        let db = reference.db_name();
        let output = match reference.get(reference::OUTPUT_KEY).filter(|_| output) {
            Some(key) => match kept.output {
                Some(output) => Some((key, output)),
                // The calculator may have written it all the same.
                None => self.store.info(db, key.as_bytes())?.map(|info| (key, Entry::of(&info))),
            },
            None => None,
        };
        drop(kept.pinned);
        let input = kept.entry.under(key);
        match output {
            Some((key, output)) => self.store.discard(db, &[input, output.under(key)]),
            None => self.store.discard(db, &[input]),
        }
    }

    /// Whether the files that are open are those that others find at the store's path: removed ones are seen within a
    /// millisecond, a directory that was moved within 100 ms. A call that comes between is as one that began before.
    pub fn is_current(&self) -> bool {
        self.place.held(&self.store)
    }
}
