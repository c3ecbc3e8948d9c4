//! Looking at a payload in place.

use super::engine::Engine;
use super::handle::Store;
use super::record::shown;
use crate::document::new_id;
use crate::envelope::{Extent, Info, Record, made_txn_id};
use crate::error::{Error, Result, Status};
use std::sync::Arc;

/// A payload, read-only and in place. It stays as it is until the view is dropped, whatever happens to the entry.
///
/// A view keeps the store's map alive and may be used from any thread. It pins the extent of this one payload, not the
/// store: entries may come and go meanwhile. A payload of less than about 2 KB is a copy, and so is one for which no pin
/// is free.
pub struct View {
    engine: Arc<Engine>,
    hold: Hold,
    info: Info,
    copied: Copied,
    document_id: u64,
}

/// What keeps the bytes.
pub(crate) enum Hold {
    /// A copy, since the payload was in the record or no pin slot was free.
    Copy,
    /// A pin slot.
    Pin { slot: u32, extent: Extent },
}

impl Hold {
    /// Ends what keeps the bytes.
    pub(crate) fn end(&self, engine: &Engine) {
        if let Hold::Pin { slot, .. } = *self {
            engine.pins.unpin(&engine.shared, slot);
        }
    }
}

/// What is copied, in one allocation: a payload that is not pinned, the key, exchange id, source and target.
pub(crate) struct Copied {
    all: Vec<u8>,
    payload: usize,
    ends: [u32; 5],
}

/// Payloads start at a multiple of this, in the map and out of it.
const ALIGNMENT: usize = 64;
/// Hexadecimal digits of an entry id.
const MADE_ID: usize = 16;

impl Copied {
    /// `payload`: `None` when it stays where it is.
    pub(crate) fn new(record: &Record, key: &[u8], payload: Option<&[u8]>) -> Result<Copied> {
        let [txn_id, source, target] = record.texts;
        let room = payload.map_or(0, |payload| payload.len() + ALIGNMENT);
        let texts = key.len() + txn_id.len().max(MADE_ID) + source.len() + target.len();
        let mut all: Vec<u8> = Vec::new();
        all.try_reserve_exact(room + texts).map_err(|_| no_memory(key, room))?;
        let start = if room == 0 { 0 } else { all.as_ptr().align_offset(ALIGNMENT) };
        all.resize(start, 0);
        let mut ends = [0; 5];
        all.extend_from_slice(payload.unwrap_or_default());
        ends[0] = all.len() as u32;
        all.extend_from_slice(key);
        ends[1] = all.len() as u32;
        if txn_id.is_empty() {
            all.extend_from_slice(&made_txn_id(record.entry_id));
        } else {
            all.extend_from_slice(txn_id.as_bytes());
        }
        ends[2] = all.len() as u32;
        for (end, text) in ends[3..].iter_mut().zip([source, target]) {
            // Most entries have none.
            if !text.is_empty() {
                all.extend_from_slice(text.as_bytes());
            }
            *end = all.len() as u32;
        }
        Ok(Copied { all, payload: start, ends })
    }

    fn payload(&self) -> &[u8] {
        &self.all[self.payload..self.ends[0] as usize]
    }

    fn field(&self, index: usize) -> &[u8] {
        &self.all[self.ends[index] as usize..self.ends[index + 1] as usize]
    }

    fn text(&self, index: usize) -> &str {
        std::str::from_utf8(self.field(index)).expect("checked when the record was read")
    }
}

fn no_memory(key: &[u8], bytes: usize) -> Error {
    let what = format!("no memory for a copy of the {bytes} bytes under key {}", shown(key));
    Error::new(Status::Limit, what)
}

impl View {
    pub(crate) fn new(engine: Arc<Engine>, hold: Hold, info: Info, copied: Copied) -> View {
        View { engine, hold, info, copied, document_id: new_id() }
    }

    /// The id of the document that the payload is.
    pub(crate) fn document_id(&self) -> u64 {
        self.document_id
    }

    /// The payload; it starts at a multiple of 64.
    pub fn bytes(&self) -> &[u8] {
        match &self.hold {
            Hold::Copy => self.copied.payload(),
            Hold::Pin { .. } => self.engine.map.read(self.info.file_offset, self.info.size),
        }
    }

    /// What the envelope says in numbers.
    pub fn info(&self) -> &Info {
        &self.info
    }

    /// Key of the entry.
    pub fn key(&self) -> &[u8] {
        self.copied.field(0)
    }

    /// Exchange id.
    pub fn txn_id(&self) -> &str {
        self.copied.text(1)
    }

    /// Who put the entry.
    pub fn source(&self) -> &str {
        self.copied.text(2)
    }

    /// Whom it is for.
    pub fn target(&self) -> &str {
        self.copied.text(3)
    }

    /// Compares the payload with the checksum in its envelope, if there is one.
    ///
    /// # Errors
    /// `Corrupt`, naming the key, when they differ.
    pub fn verify(&self) -> Result<()> {
        let Some(stored) = self.info.checksum else {
            return Ok(());
        };
        let found = xxhash_rust::xxh3::xxh3_64(self.bytes());
        if found == stored {
            return Ok(());
        }
        Err(Error::new(
            Status::Corrupt,
            format!(
                "key {} in {}: the payload's checksum is {found:016x}, its envelope says {stored:016x}",
                shown(self.key()),
                self.engine.path.display()
            ),
        ))
    }

    /// The store the entry is in.
    pub fn store(&self) -> Store {
        Store::from(self.engine.clone())
    }

    pub(crate) fn extent(&self) -> Option<Extent> {
        match self.hold {
            Hold::Copy => None,
            Hold::Pin { extent, .. } => Some(extent),
        }
    }
}

impl std::fmt::Debug for View {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("View").field("key", &shown(self.key())).field("info", &self.info).finish()
    }
}

impl Drop for View {
    fn drop(&mut self) {
        if self.engine.is_ours() {
            self.hold.end(&self.engine);
        }
    }
}
