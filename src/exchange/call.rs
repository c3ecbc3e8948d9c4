//! An exchange whose id is made here and whose calculator is called by the caller of these functions itself: what is known
//! of it in advance need not be asked of the store.

use super::{Exchange, new_txn_id};
use crate::error::Result;
use crate::format::Format;
use crate::reference::{self, Reference};
use crate::store::View;

impl Exchange {
    /// Puts an input under an id that is made for it; see [`Exchange::put_input`].
    ///
    /// # Errors
    /// As for [`Exchange::put_input`].
    pub fn put_fresh(&self, parts: &[&[u8]], format: Format) -> Result<Reference> {
        let txn_id = new_txn_id()?;
        let txn_id = std::str::from_utf8(&txn_id).unwrap_or_default();
        self.put_input(txn_id, parts, format)
    }

    /// The output that a calculator says it wrote; `None` when the reference asks for none, and when there is none.
    ///
    /// # Errors
    /// What a view answers.
    pub fn take_written(&self, reference: &Reference) -> Result<Option<View>> {
        let Some(key) = reference.get(reference::OUTPUT_KEY) else {
            return Ok(None);
        };
        self.store.view(reference.db_name(), key.as_bytes())
    }

    /// Deletes what an exchange of [`Exchange::put_fresh`] left, by and by.
    ///
    /// # Errors
    /// As for [`Exchange::cleanup`].
    pub fn discard(&self, reference: &Reference, input: bool, output: bool) -> Result<()> {
        self.cleanup(reference, input, output)
    }

    /// Whether the files that are open are those that others find at the store's path.
    pub fn is_current(&self) -> bool {
        true
    }
}
