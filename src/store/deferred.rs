//! Entries that are deleted and still there: they go with the next write transaction of this engine, which so saves one.
//!
//! For whoever made the entries and knows that nobody else will look at them: this process sees them no more, others do
//! until they are gone. That is when the engine writes next, some ms later by the sweeper's hand, or when the store
//! is closed here. Entries are named by their ids, so what comes under a key later is never meant. If the process dies, their
//! time to live removes them; an entry that has none is deleted at once, and so is any where no sweeper runs.

use super::engine::Engine;
use super::handle::Store;
use super::record;
use super::shared::Counter;
use super::space::Purpose;
use super::write::Writer;
use crate::error::{Error, Result, Status};
use crate::lmdb::Dbi;
use crate::options::Durability;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// How many there are at the most,
const MOST: usize = 8;
/// and the bytes of their payloads.
const BYTES: u64 = 1 << 20;
/// Pages that removing one may touch: it may sit on leaves of its own.
const ENTRY_PAGES: u64 = 10;

/// An entry that is to go.
#[derive(Debug, Clone, Copy)]
pub struct Discarded<'a> {
    /// Its key.
    pub key: &'a [u8],
    /// Its id.
    pub entry: u64,
    /// Bytes of its payload.
    pub size: u64,
    /// Its time to live; 0 = until deleted.
    pub ttl_ms: u64,
}

struct Waiting {
    dbi: Dbi,
    key: Vec<u8>,
    entry: u64,
    size: u64,
}

/// The entries that wait.
#[derive(Default)]
pub struct Deferred {
    queue: Mutex<Queue>,
    /// How many are in the queue, or in a transaction that is not committed yet.
    pending: AtomicUsize,
}

#[derive(Default)]
struct Queue {
    waiting: Vec<Waiting>,
    /// Ids of those that a transaction is removing.
    riding: Vec<u64>,
}

/// Ids of entries that count as deleted.
pub struct Hidden {
    few: [u64; MOST],
    count: usize,
    /// Those for which there was no room, while others of them are being removed.
    more: Vec<u64>,
}

impl Hidden {
    fn of(entries: impl Iterator<Item = u64>) -> Hidden {
        let mut hidden = Hidden { few: [0; MOST], count: 0, more: Vec::new() };
        for entry in entries {
            match hidden.few.get_mut(hidden.count) {
                Some(place) => {
                    *place = entry;
                    hidden.count += 1;
                }
                None => hidden.more.push(entry),
            }
        }
        hidden
    }

    /// Whether the entry with the id `entry` does.
    #[inline]
    pub fn holds(&self, entry: u64) -> bool {
        self.few[..self.count].contains(&entry) || self.more.contains(&entry)
    }
}

impl Deferred {
    fn queue(&self) -> MutexGuard<'_, Queue> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether nothing waits.
    pub fn is_empty(&self) -> bool {
        self.pending.load(Ordering::SeqCst) == 0
    }

    /// What a snapshot that is begun after this does not show.
    #[inline]
    pub fn hidden(&self) -> Hidden {
        if self.is_empty() {
            return Hidden::of(std::iter::empty());
        }
        let queue = self.queue();
        Hidden::of(queue.waiting.iter().map(|one| one.entry).chain(queue.riding.iter().copied()))
    }

    /// Takes them all, or none when they would be too many.
    fn add(&self, dbi: Dbi, entries: &[Discarded]) -> bool {
        let mut queue = self.queue();
        let bytes = queue.waiting.iter().map(|one| one.size).sum::<u64>();
        let more = entries.iter().fold(0, |bytes: u64, entry| bytes.saturating_add(entry.size));
        if queue.waiting.len() + entries.len() > MOST || bytes.saturating_add(more) > BYTES {
            return false;
        }
        queue.waiting.extend(entries.iter().map(|entry| Waiting {
            dbi,
            key: entry.key.to_vec(),
            entry: entry.entry,
            size: entry.size,
        }));
        self.pending.fetch_add(entries.len(), Ordering::SeqCst);
        true
    }

    /// All that wait, for a write transaction that has begun.
    pub fn board(&self) -> Riding<'_> {
        let mut queue = self.queue();
        let entries = std::mem::take(&mut queue.waiting);
        queue.riding.extend(entries.iter().map(|one| one.entry));
        Riding { of: self, entries, removed: 0 }
    }
}

/// Entries that a write transaction removes. Without a commit they wait again.
pub struct Riding<'e> {
    of: &'e Deferred,
    entries: Vec<Waiting>,
    removed: u64,
}

impl Riding<'_> {
    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// Pages that removing them may touch.
    pub fn pages(&self) -> u64 {
        self.entries.len() as u64 * ENTRY_PAGES
    }

    /// Removes them, as far as they are still there. They wait no more when one cannot be removed for another reason than
    /// want of room: nothing else shall fail for it again.
    pub fn remove(&mut self, writer: &mut Writer) -> Result<()> {
        for one in &self.entries {
            match record::remove(writer, one.dbi, &one.key, Some(one.entry)) {
                Ok(removed) => self.removed += u64::from(removed.is_some()),
                Err(error) => {
                    if !is_full(&error) {
                        self.leave(false);
                    }
                    return Err(error);
                }
            }
        }
        Ok(())
    }

    /// Says that the transaction is committed.
    pub fn arrived(mut self, engine: &Engine) {
        if !self.is_empty() {
            engine.shared.count(Counter::Deletes, self.removed);
            self.leave(false);
        }
    }

    fn leave(&mut self, back: bool) {
        let entries = std::mem::take(&mut self.entries);
        let mut queue = self.of.queue();
        queue.riding.retain(|id| entries.iter().all(|one| one.entry != *id));
        if back {
            queue.waiting.splice(..0, entries);
        } else {
            self.of.pending.fetch_sub(entries.len(), Ordering::SeqCst);
        }
    }
}

impl Drop for Riding<'_> {
    fn drop(&mut self) {
        if !self.is_empty() {
            self.leave(true);
        }
    }
}

fn is_full(error: &Error) -> bool {
    matches!(error.status(), Status::MapFull | Status::DiskFull)
}

impl Engine {
    /// Removes what waits to be deleted, now.
    pub fn flush(&self) -> Result<()> {
        match self.deferred.is_empty() {
            true => Ok(()),
            false => Writer::begin(self, Purpose::Delete, 0)?.commit(),
        }
    }

    /// Whether entries may be deleted a little later.
    fn may_defer(&self, entries: &[Discarded]) -> bool {
        self.sweeper.runs()
            && self.options.durability != Durability::Sync
            && entries.iter().all(|entry| entry.ttl_ms != 0)
    }
}

impl Store {
    /// Deletes entries that the caller made and nobody else looks at, if they are still there: for this process at once,
    /// for others within about 50 ms. Views of them stay valid.
    ///
    /// # Errors
    /// `Corrupt`, `Forked`, `DiskFull`.
    pub fn discard(&self, db: &str, entries: &[Discarded]) -> Result<()> {
        let engine = &self.engine;
        engine.check()?;
        let Some(dbi) = engine.find_db(db)? else {
            return Ok(());
        };
        if engine.may_defer(entries) && engine.deferred.add(dbi, entries) {
            engine.sweeper.soon();
            return Ok(());
        }
        let deleted = engine.relieved(|| {
            let mut writer = Writer::begin(engine, Purpose::Delete, 0)?;
            let mut deleted = 0;
            for one in entries {
                let removed = record::remove(&mut writer, dbi, one.key, Some(one.entry))?;
                deleted += u64::from(removed.is_some());
            }
            writer.finish(deleted > 0)?;
            Ok(deleted)
        })?;
        engine.shared.count(Counter::Deletes, deleted);
        Ok(())
    }

    /// Removes what [`Store::discard`] left for later.
    ///
    /// # Errors
    /// As for [`Store::discard`].
    pub fn flush(&self) -> Result<()> {
        self.engine.check()?;
        self.engine.flush()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::options::{Options, PutOptions};
    use crate::store::put::Entry;
    use crate::store::sweeper::Signal;
    use std::path::Path;
    use std::time::Duration;

    /// A store whose sweeper's thread does nothing.
    fn open(path: &Path, options: &Options) -> Store {
        let store = Store::open(path, options).unwrap();
        if options.sweeper {
            store.engine.sweeper.start(|| {
                |signal: &Signal, run| {
                    while signal.wanted(run) {
                        std::thread::sleep(Duration::from_millis(1));
                    }
                }
            });
        }
        store
    }

    fn put(store: &Store, key: &str, size: usize, options: &PutOptions) -> u64 {
        store.put("default", key.as_bytes(), &[&vec![1; size]], options).unwrap().entry_id
    }

    fn discard(store: &Store, keys: &[(&str, u64, u64, u64)]) {
        let entries: Vec<_> = keys
            .iter()
            .map(|&(key, entry, size, ttl_ms)| Discarded { key: key.as_bytes(), entry, size, ttl_ms })
            .collect();
        store.discard("default", &entries).unwrap();
    }

    /// Whether others see an entry.
    fn is_there(store: &Store, key: &str) -> bool {
        let engine = &store.engine;
        let dbi = engine.find_db("default").unwrap().unwrap();
        record::find(engine, &engine.snapshot().unwrap(), dbi, key.as_bytes()).unwrap().is_some()
    }

    /// A store with `gone` discarded and still there, and `kept`.
    fn with_one_left(path: &Path) -> Store {
        let store = open(path, &Options::default());
        put(&store, "kept", 10, &PutOptions::default());
        let entry = put(&store, "gone", 5000, &PutOptions::default());
        discard(&store, &[("gone", entry, 5000, 300_000)]);
        assert!(is_there(&store, "gone"));
        store
    }

    #[test]
    fn a_discarded_entry_goes_before_anything_that_this_process_writes_or_counts() {
        type Act = fn(&Store);
        let acts: [(&str, Act); 14] = [
            ("put", |store| _ = put(store, "other", 3000, &PutOptions::default())),
            ("put of the key", |store| {
                put(store, "gone", 3000, &PutOptions { no_overwrite: true, ..PutOptions::default() });
            }),
            ("batch", |store| {
                let options = PutOptions { no_overwrite: true, ..PutOptions::default() };
                let entries = ["gone", "x"].map(|key| Entry { key: key.as_bytes(), parts: &[b"y"], options });
                store.put_many("default", &entries).unwrap();
            }),
            ("loan", |store| {
                let options = PutOptions { no_overwrite: true, ..PutOptions::default() };
                store.loan(3).unwrap().publish("default", b"gone", &options).unwrap();
            }),
            ("delete", |store| assert!(store.delete("default", b"kept").unwrap())),
            ("delete of the key", |store| assert!(!store.delete("default", b"gone").unwrap())),
            ("deletes of nothing", |store| store.delete_many("default", &[b"none"]).unwrap()),
            ("touch of the key", |store| assert!(!store.touch("default", b"gone", 9).unwrap())),
            ("another database", |store| {
                store.put("another", b"k", &[b"x"], &PutOptions::default()).unwrap();
            }),
            ("sweep", |store| assert_eq!(store.sweep().unwrap(), 0)),
            ("statistics", |store| {
                assert_eq!(store.stats().unwrap()["databases"]["default"]["entries"], 1);
            }),
            ("audit", |store| assert_eq!(store.audit().unwrap().entries, 1)),
            ("flush", |store| store.flush().unwrap()),
            ("making room", |store| crate::store::recovery::make_room(&store.engine, true).unwrap()),
        ];
        for (name, act) in acts {
            let dir = tempfile::TempDir::new().unwrap();
            let store = with_one_left(dir.path());
            let before = store.view("default", b"kept").unwrap().unwrap();
            act(&store);
            let again = store.view("default", b"gone").unwrap();
            assert!(again.is_none_or(|view| view.info().size < 5000), "{name}");
            let engine = &store.engine;
            assert!(engine.deferred.is_empty(), "{name}");
            assert_eq!(before.bytes(), [1; 10]);
            assert!(store.audit().unwrap().faults.is_empty(), "{name}");
        }
    }

    #[test]
    fn its_pages_serve_the_next_loan_of_their_size_without_a_transaction() {
        let dir = tempfile::TempDir::new().unwrap();
        let store = open(dir.path(), &Options::default());
        let engine = &store.engine;
        let pinned = {
            let entry = put(&store, "pinned", 5000, &PutOptions::default());
            let view = store.view("default", b"pinned").unwrap().unwrap();
            discard(&store, &[("pinned", entry, 5000, 300_000)]);
            view
        };
        let entry = put(&store, "gone", 5000, &PutOptions::default());
        discard(&store, &[("gone", entry, 5000, 300_000)]);
        put(&store, "other", 10, &PutOptions::default());
        // No snapshot is from before that any more.
        put(&store, "other", 11, &PutOptions::default());
        let before = engine.lock_table.last_txn();
        let loan = crate::store::loan::open_kept(engine, 5000).unwrap();
        assert!(crate::store::loan::open_kept(engine, 5000).is_none(), "the other one is pinned");
        assert_eq!(engine.lock_table.last_txn(), before);
        assert!(store.audit().unwrap().faults.is_empty());
        loan.publish("default", b"again", &PutOptions::default()).unwrap();
        assert_eq!(pinned.bytes(), [1; 5000]);
        drop(pinned);
        assert!(store.audit().unwrap().faults.is_empty());
        assert!(crate::store::loan::open_kept(engine, 5000).is_some());
    }

    #[test]
    fn a_discarded_entry_goes_when_the_store_is_closed() {
        let dir = tempfile::TempDir::new().unwrap();
        let store = with_one_left(dir.path());
        let view = store.view("default", b"kept").unwrap().unwrap();
        drop(store);
        let store = view.store();
        assert!(!is_there(&store, "gone") && is_there(&store, "kept"));
    }

    #[test]
    fn this_process_does_not_see_a_discarded_entry_and_writes_nothing_to_look() {
        let dir = tempfile::TempDir::new().unwrap();
        let store = with_one_left(dir.path());
        let nothing = Some(Duration::ZERO);
        assert!(store.view("default", b"gone").unwrap().is_none());
        assert!(store.get("default", b"gone").unwrap().is_none());
        assert!(!store.contains("default", b"gone").unwrap());
        assert!(store.entry_id("default", b"gone").unwrap().is_none());
        assert!(store.track("default", b"gone").unwrap().is_none());
        assert!(store.wait("default", b"gone", nothing).is_err());
        assert_eq!(store.list("default", b"").unwrap(), [b"kept"]);
        assert_eq!(store.entries("default", b"").unwrap().len(), 1);
        assert!(is_there(&store, "gone"));
    }

    #[test]
    fn what_comes_under_the_key_later_is_not_meant() {
        let dir = tempfile::TempDir::new().unwrap();
        let store = open(dir.path(), &Options::default());
        let old = put(&store, "key", 10, &PutOptions::default());
        put(&store, "key", 20, &PutOptions::default());
        discard(&store, &[("key", old, 10, 300_000)]);
        assert_eq!(store.view("default", b"key").unwrap().unwrap().info().size, 20);
        store.flush().unwrap();
        assert!(is_there(&store, "key"));
    }

    #[test]
    fn a_put_that_fails_leaves_them_to_the_next() {
        let dir = tempfile::TempDir::new().unwrap();
        let store = with_one_left(dir.path());
        let once = PutOptions { no_overwrite: true, ..PutOptions::default() };
        store.put("default", b"kept", &[b"x"], &once).unwrap_err();
        assert!(is_there(&store, "gone") && !store.contains("default", b"gone").unwrap());
        put(&store, "other", 10, &PutOptions::default());
        assert!(!is_there(&store, "gone"));
    }

    #[test]
    fn few_and_small_ones_wait_and_others_are_deleted_at_once() {
        const MIB: u64 = 1 << 20;
        let with = |sweeper, durability| Options { sweeper, durability, ..Options::default() };
        let usual = with(true, Durability::Process);
        for (what, options, count, size, ttl_ms, waits) in [
            ("few", usual.clone(), 8, 10, 300_000, true),
            ("small", usual.clone(), 2, MIB / 2, 300_000, true),
            ("many", usual.clone(), 9, 10, 300_000, false),
            ("large", usual.clone(), 2, MIB / 2 + 1, 300_000, false),
            ("no time to live", usual.clone(), 1, 10, 0, false),
            ("no sweeper", with(false, Durability::Process), 1, 10, 300_000, false),
            ("sync", with(true, Durability::Sync), 1, 10, 300_000, false),
        ] {
            let dir = tempfile::TempDir::new().unwrap();
            let store = open(dir.path(), &options);
            let keys: Vec<String> = (0..count).map(|n| format!("k{n}")).collect();
            let put = |key: &String| {
                put(&store, key, size as usize, &PutOptions { ttl_ms, ..PutOptions::default() })
            };
            let entries: Vec<u64> = keys.iter().map(put).collect();
            let each = keys.iter().zip(&entries).map(|(key, &entry)| (key.as_str(), entry, size, ttl_ms));
            discard(&store, &each.collect::<Vec<_>>());
            let there = keys.iter().filter(|key| is_there(&store, key)).count();
            assert_eq!(there, if waits { count } else { 0 }, "{what}");
            assert!(store.list("default", b"").unwrap().is_empty(), "{what}");
        }
    }
}
