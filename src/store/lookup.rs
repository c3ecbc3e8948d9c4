//! Looking entries up: views, copies, lists.

use super::databases::database_names;
use super::engine::Engine;
use super::handle::Store;
use super::pins::Need;
use super::shared::Counter;
use super::view::{Copied, Hold, View};
use super::{marks, record};
use crate::envelope::{Extent, Info, Record, made_txn_id};
use crate::error::Result;
use crate::lmdb::{Access, Dbi};
use crate::mapping::sys;
use crate::steps;
use crate::warning::{Subject, warn};

/// An entry in a list: what its envelope says.
#[derive(Debug, Clone)]
pub struct Listed {
    /// Key of the entry.
    pub key: Vec<u8>,
    /// The numbers of the envelope.
    pub info: Info,
    /// Exchange id.
    pub txn_id: String,
    /// Who put the entry.
    pub source: String,
    /// Whom it is for.
    pub target: String,
    /// What is left of the time to live, in ms. `None`: it lives until it is deleted.
    pub left_ms: Option<u64>,
}

/// What is looked for under a key.
struct Wanted {
    /// The entry with this id alone.
    only: Option<u64>,
    /// The id of the entry that the caller has a view of.
    known: Option<u64>,
    /// A tracked entry counts as opened.
    opens: bool,
}

/// What looking at a key found.
pub enum Look {
    /// No live entry.
    Absent,
    /// The entry that the caller has a view of; what its envelope says.
    Known(Info),
    /// Another one.
    Found(View),
}

impl Look {
    fn into_view(self) -> Option<View> {
        if let Look::Found(view) = self { Some(view) } else { None }
    }
}

impl Store {
    /// Looks at the payload under `key` in place. `None`: there is no live entry. A tracked entry counts as opened.
    ///
    /// # Errors
    /// `BadKey`, `Corrupt`, `ReadersFull`, `Forked`.
    pub fn view(&self, db: &str, key: &[u8]) -> Result<Option<View>> {
        self.look(db, key, None, true).map(Look::into_view)
    }

    /// As [`Store::view`], for the entry with the id `entry` alone: another one under the key is none.
    ///
    /// # Errors
    /// As for [`Store::view`].
    pub fn view_entry(&self, db: &str, key: &[u8], entry: u64) -> Result<Option<View>> {
        self.look_for(db, key, Wanted { only: Some(entry), known: None, opens: true }).map(Look::into_view)
    }

    /// The id of the live entry under `key`. `None`: there is none.
    ///
    /// # Errors
    /// `BadKey`, `Corrupt`, `ReadersFull`, `Forked`.
    pub fn entry_id(&self, db: &str, key: &[u8]) -> Result<Option<u64>> {
        self.live(db, key, |record| record.entry_id)
    }

    /// What the envelope of the live entry under `key` says in numbers. `None`: there is none.
    ///
    /// # Errors
    /// As for [`Store::entry_id`].
    pub fn info(&self, db: &str, key: &[u8]) -> Result<Option<Info>> {
        self.live(db, key, |record| record.info(self.engine.page_size))
    }

    /// As [`Store::view`], but a tracked entry does not count as opened: for whoever put it.
    ///
    /// # Errors
    /// As for [`Store::view`].
    pub fn view_quiet(&self, db: &str, key: &[u8]) -> Result<Option<View>> {
        self.look(db, key, None, false).map(Look::into_view)
    }

    /// As [`Store::view`], for a caller that holds a view of the entry with the id `known`, if there is one: when that
    /// is the live entry its view serves once more. A tracked entry counts as opened when `opens` says so.
    ///
    /// # Errors
    /// As for [`Store::view`].
    pub fn look(&self, db: &str, key: &[u8], known: Option<u64>, opens: bool) -> Result<Look> {
        self.look_for(db, key, Wanted { only: None, known, opens })
    }

    fn look_for(&self, db: &str, key: &[u8], wanted: Wanted) -> Result<Look> {
        let engine = &self.engine;
        engine.check()?;
        record::check_key(key)?;
        let look = match engine.find_db(db)? {
            Some(dbi) => self.look_in(dbi, key, wanted)?,
            None => Look::Absent,
        };
        let counter = if matches!(look, Look::Absent) { Counter::Misses } else { Counter::Hits };
        engine.shared.count(counter, 1);
        Ok(look)
    }

    fn look_in(&self, dbi: Dbi, key: &[u8], Wanted { only, known, opens }: Wanted) -> Result<Look> {
        let engine = &self.engine;
        let now_ns = sys::boottime_ns();
        engine.look(now_ns)?;
        let hidden = engine.deferred.hidden();
        let txn = engine.snapshot()?;
        let live = |record: &Record| {
            !record.expired(now_ns)
                && only.is_none_or(|only| only == record.entry_id)
                && !hidden.holds(record.entry_id)
        };
        let Some(record) = record::find(engine, &txn, dbi, key)?.filter(live) else {
            return Ok(Look::Absent);
        };
        let mut info = record.info(engine.page_size);
        info.shared = engine.options.mode & 0o077 != 0;
        let opened = record.extent.filter(|_| opens && info.tracked);
        let look = if known == Some(info.entry_id) {
            Look::Known(info)
        } else {
            let (hold, payload) = match record.extent {
                None => (Hold::Copy, Some(record.inline)),
                // Named in a slot before the snapshot ends: an allocator that no longer sees the one sees the other.
                Some(extent) => match self.pin(extent, info.tracked, now_ns) {
                    Some(slot) => (Hold::Pin { slot, extent }, None),
                    None => {
                        info.copied = true;
                        (Hold::Copy, Some(engine.map.read(info.file_offset, info.size)))
                    }
                },
            };
            let copied = Copied::new(&record, key, payload).inspect_err(|_| hold.end(engine))?;
            Look::Found(View::new(engine.clone(), hold, info, copied))
        };
        steps::reached("view: before the snapshot ends");
        if let Some(extent) = opened {
            marks::open(engine, extent);
        }
        Ok(look)
    }

    /// Pins an extent for a view. `None`: it has to be a copy. The marks of a tracked entry cannot be copied.
    #[inline]
    fn pin(&self, extent: Extent, tracked: bool, now_ns: u64) -> Option<u32> {
        let engine = &self.engine;
        let need = if tracked { Need::Urgent } else { Need::Ordinary };
        let slot = engine.pins.pin(&engine.shared, engine.owners.id(), extent.start, now_ns, need);
        if slot.is_none() {
            self.note_copy();
        }
        slot
    }

    #[cold]
    fn note_copy(&self) {
        let engine = &self.engine;
        engine.shared.count(Counter::CopiedViews, 1);
        if engine.pins.first_copy() {
            warn(
                Subject::Copies,
                format!(
                    "views of {} are copies from now on when no pin is free for them: close views that are not needed \
                 (counters.copied_views of the statistics)",
                    engine.path.display()
                ),
            );
        }
    }

    /// A copy of the payload under `key`. `None`: there is no live entry.
    ///
    /// # Errors
    /// As for [`Store::view`].
    pub fn get(&self, db: &str, key: &[u8]) -> Result<Option<(Vec<u8>, Info)>> {
        Ok(self.view(db, key)?.map(|view| (view.bytes().to_vec(), *view.info())))
    }

    /// Whether a live entry is under `key`.
    ///
    /// # Errors
    /// `BadKey`, `Corrupt`, `ReadersFull`, `Forked`.
    pub fn contains(&self, db: &str, key: &[u8]) -> Result<bool> {
        Ok(self.live(db, key, |_| ())?.is_some())
    }

    /// What `tell` makes of the record of the live entry under `key`, if there is one.
    fn live<T>(&self, db: &str, key: &[u8], tell: impl FnOnce(&Record) -> T) -> Result<Option<T>> {
        self.engine.check()?;
        self.engine.look(sys::boottime_ns())?;
        record::check_key(key)?;
        match self.engine.find_db(db)? {
            Some(dbi) => self.engine.live(dbi, key, tell),
            None => Ok(None),
        }
    }

    /// The live keys that start with `prefix`, in the order of their bytes, less those whose records cannot be read.
    ///
    /// # Errors
    /// `ReadersFull`, `Forked`.
    pub fn list(&self, db: &str, prefix: &[u8]) -> Result<Vec<Vec<u8>>> {
        self.collect(db, (prefix, None, usize::MAX), |key, _, _| key.to_vec())
    }

    /// The live entries whose keys start with `prefix`, as [`Store::list`] lists them. None counts as opened.
    ///
    /// # Errors
    /// `ReadersFull`, `Forked`.
    pub fn entries(&self, db: &str, prefix: &[u8]) -> Result<Vec<Listed>> {
        self.entries_after(db, prefix, None, usize::MAX)
    }

    /// As [`Store::entries`], at most `most` of those whose keys come after `after`: for whoever goes through many of them
    /// without having them all in memory, or a snapshot of the store all the time.
    ///
    /// # Errors
    /// `ReadersFull`, `Forked`.
    pub fn entries_after(
        &self,
        db: &str,
        prefix: &[u8],
        after: Option<&[u8]>,
        most: usize,
    ) -> Result<Vec<Listed>> {
        self.collect(db, (prefix, after, most), |key, record, now| {
            let [txn_id, source, target] = record.texts.map(str::to_owned);
            let made = || String::from_utf8_lossy(&made_txn_id(record.entry_id)).into_owned();
            Listed {
                key: key.to_vec(),
                info: record.info(self.engine.page_size),
                txn_id: if txn_id.is_empty() { made() } else { txn_id },
                source,
                target,
                left_ms: (record.expires_ns != 0).then(|| (record.expires_ns - now) / 1_000_000),
            }
        })
    }

    /// What `make` makes of the live entries under a prefix, after a key, so many at most; it gets key, record and the time
    /// in ns. A record that cannot be read, since something else wrote it, is left out: whether it is live is not known.
    fn collect<T>(
        &self,
        db: &str,
        (prefix, after, most): (&[u8], Option<&[u8]>, usize),
        make: impl Fn(&[u8], &Record, u64) -> T,
    ) -> Result<Vec<T>> {
        self.engine.check()?;
        let now = sys::boottime_ns();
        self.engine.look(now)?;
        let Some(dbi) = self.engine.find_db(db)? else {
            return Ok(Vec::new());
        };
        let hidden = self.engine.deferred.hidden();
        let txn = self.engine.snapshot()?;
        let mut cursor = txn.cursor(dbi)?;
        let from = after.map_or(prefix, |after| after.max(prefix));
        let mut pair = if from.is_empty() { cursor.first()? } else { cursor.seek(from)? };
        let mut found = Vec::new();
        while let Some((key, value)) = pair.filter(|(key, _)| key.starts_with(prefix) && found.len() < most) {
            if after != Some(key)
                && let Ok(record) = record::decode(&self.engine, key, value)
                && !record.expired(now)
                && !hidden.holds(record.entry_id)
            {
                found.push(make(key, &record, now));
            }
            pair = cursor.next_pair()?;
        }
        Ok(found)
    }

    /// Names of the databases, in the order of their bytes.
    ///
    /// # Errors
    /// `ReadersFull`, `Forked`.
    pub fn databases(&self) -> Result<Vec<String>> {
        self.engine.check()?;
        database_names(&self.engine)
    }
}

impl Engine {
    /// What `tell` makes of the record of the live entry under `key`, if there is one; its extent stays meanwhile.
    pub fn live<T>(&self, dbi: Dbi, key: &[u8], tell: impl FnOnce(&Record) -> T) -> Result<Option<T>> {
        let hidden = self.deferred.hidden();
        let txn = self.snapshot()?;
        let record = record::find_live(self, &txn, dbi, key)?;
        Ok(record.filter(|record| !hidden.holds(record.entry_id)).as_ref().map(tell))
    }
}
