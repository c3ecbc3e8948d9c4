//! Looking at a payload in place.

use crate::envelope::{Extent, Info, made_txn_id};
use crate::error::{Error, Result, Status};
use crate::lmdb::DetachedSnapshot;
use crate::mapping::aligned::Aligned;
use crate::store::{Engine, Store, shown_key};
use std::sync::Arc;

/// A payload, read-only and in place. It stays as it is until the view is dropped, whatever happens to the entry.
///
/// A view keeps the store's map alive and may be used from any thread. It pins the extent of this one payload, not the
/// store: entries may come and go meanwhile. A payload of less than about 2 KB is a copy.
pub struct View {
    engine: Arc<Engine>,
    hold: Hold,
    info: Info,
    texts: Texts,
}

/// What keeps the bytes.
pub(crate) enum Hold {
    /// A copy.
    Copy(Aligned),
    /// A pin slot.
    Pin { slot: u32, extent: Extent },
    /// A snapshot, since no pin slot was free.
    Snapshot { snapshot: Option<DetachedSnapshot>, extent: Extent },
}

/// Key, exchange id, source and target, one behind the other.
pub(crate) struct Texts {
    all: Box<[u8]>,
    ends: [u32; 3],
}

impl Texts {
    pub(crate) fn new(key: &[u8], texts: &[&str; 3], entry_id: u64) -> Texts {
        let made;
        let txn_id = if texts[0].is_empty() {
            made = made_txn_id(entry_id);
            made.as_str()
        } else {
            texts[0]
        };
        let mut all = Vec::with_capacity(key.len() + txn_id.len() + texts[1].len() + texts[2].len());
        let mut ends = [0; 3];
        all.extend_from_slice(key);
        for (end, text) in ends.iter_mut().zip([txn_id, texts[1], texts[2]]) {
            *end = all.len() as u32;
            all.extend_from_slice(text.as_bytes());
        }
        Texts { all: all.into_boxed_slice(), ends }
    }

    fn key(&self) -> &[u8] {
        &self.all[..self.ends[0] as usize]
    }

    fn text(&self, index: usize) -> &str {
        let start = self.ends[index] as usize;
        let end = self.ends.get(index + 1).map_or(self.all.len(), |&end| end as usize);
        std::str::from_utf8(&self.all[start..end]).expect("checked when the record was read")
    }
}

impl View {
    pub(crate) fn new(engine: Arc<Engine>, hold: Hold, info: Info, texts: Texts) -> View {
        View { engine, hold, info, texts }
    }

    /// The payload; it starts at a multiple of 64.
    pub fn bytes(&self) -> &[u8] {
        match &self.hold {
            Hold::Copy(bytes) => bytes.bytes(),
            Hold::Pin { .. } | Hold::Snapshot { .. } => {
                self.engine.map.read(self.info.file_offset, self.info.size)
            }
        }
    }

    /// What the envelope says in numbers.
    pub fn info(&self) -> &Info {
        &self.info
    }

    /// Key of the entry.
    pub fn key(&self) -> &[u8] {
        self.texts.key()
    }

    /// Exchange id.
    pub fn txn_id(&self) -> &str {
        self.texts.text(0)
    }

    /// Who put the entry.
    pub fn source(&self) -> &str {
        self.texts.text(1)
    }

    /// Whom it is for.
    pub fn target(&self) -> &str {
        self.texts.text(2)
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
                shown_key(self.key()),
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
            Hold::Copy(_) => None,
            Hold::Pin { extent, .. } | Hold::Snapshot { extent, .. } => Some(extent),
        }
    }
}

impl std::fmt::Debug for View {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("View").field("key", &shown_key(self.key())).field("info", &self.info).finish()
    }
}

impl Drop for View {
    fn drop(&mut self) {
        if !self.engine.is_ours() {
            return;
        }
        match &mut self.hold {
            Hold::Copy(_) => {}
            Hold::Pin { slot, .. } => self.engine.pins.unpin(&self.engine.shared, *slot),
            Hold::Snapshot { snapshot, .. } => {
                if let Some(snapshot) = snapshot.take() {
                    self.engine.env.release(snapshot);
                }
            }
        }
    }
}
