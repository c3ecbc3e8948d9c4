//! The store: entries under keys in named databases, payloads in extents of arenas.
//!
//! A call comes in through the handle and goes through one write transaction (`write`) or one snapshot of the `engine` to
//! the concept it is about. Each of these lines uses what stands below it, never what stands above:
//!
//! ```text
//! registry, open, inherited                   one engine per directory and process, every guard, and forks
//! put, loan, lookup, marks, view, publish     what is asked of a store
//! place                                       whether a store is the one at a path
//! rounds, recovery, sweep, audit, stats, calls what is done beside that
//! record, expiry, arena, databases            entries and where their payloads lie
//! quarantine, unseen, extents, loans          pages, and who has them
//! write, space                                the write transaction, and disk space before it changes anything
//! deferred                                    what the next write transaction deletes first (as `record` does)
//! engine                                      what is kept for one open store
//! identify, files, found, presence, guard, other   what is in a directory, and who has it open
//! shared, owners, pins, spares, sweeper, directory, doorbell, run, backoff
//! ```

mod arena;
mod audit;
mod backoff;
mod blocks;
mod calls;
mod databases;
mod deferred;
mod directory;
mod doorbell;
mod engine;
mod expiry;
mod extents;
mod files;
mod found;
mod guard;
mod handle;
mod identify;
mod inherited;
mod loan;
mod loans;
mod lookup;
mod marks;
mod members;
mod open;
mod other;
mod owners;
mod pins;
mod place;
mod presence;
mod publish;
mod put;
mod quarantine;
mod record;
mod recovery;
mod registry;
mod rounds;
mod run;
mod shared;
mod space;
mod spares;
mod stats;
mod sweep;
mod sweeper;
mod unseen;
mod view;
mod watch;
mod words;
mod write;

pub use audit::Audit;
pub use calls::{Count, Meter, Timing};
pub use deferred::Discarded;
pub use handle::Store;
pub use loan::{Loan, Mapped, Pinned};
pub use lookup::{Listed, Look};
pub use marks::Track;
pub use place::Place;
pub use put::{Entry, MAX_PAYLOAD};
pub use record::key_hex;
pub use view::View;
pub use watch::Watch;

use crate::error::{Error, Result, Status};
use crate::log::{self, Level};
use crate::options::Options;
use shared::Counter;
use space::Purpose;
use std::path::Path;
use std::time::Duration;
use write::Writer;

/// Entries that a transaction deletes without asking for room.
const FEW: u64 = 16;

impl Store {
    /// Opens the store in `path`, creating it unless only an existing one is wanted. Opening a directory again in the
    /// same process gives the same store: the larger map size wins, other differing options are warned about.
    ///
    /// # Errors
    /// `Permission`, `ForeignStore`, `AlreadyOpen`, `Unsupported`, `Limit`, `DiskFull`, `NotFound` (only an existing
    /// store is wanted), `Io`.
    pub fn open(path: &Path, options: &Options) -> Result<Store> {
        let store = registry::open(path, options).map(Store::from)?;
        log::say(Level::Debug, || format!("opened the store {}", store.path().display()));
        Ok(store)
    }

    /// Whether this process has the store in the directory `path` open.
    pub fn is_open(path: &Path) -> bool {
        registry::is_open(path)
    }

    /// The store with the id `id`, if this process has it open.
    pub(crate) fn with_id(id: u128) -> Option<Store> {
        registry::with_id(id).map(Store::from)
    }

    /// The id of this very store, which no other has: not its copies, nor one that takes its place.
    pub fn id(&self) -> u128 {
        self.engine.store_id()
    }

    /// Absolute path of the store's directory.
    pub fn path(&self) -> &Path {
        &self.engine.path
    }

    /// Whether the files at the store's path are still the ones that are open.
    pub fn is_there(&self) -> bool {
        Place::is_at(&self.engine.path, self)
    }

    /// Raises how far the store may grow, in bytes, for everybody and as long as it lives. Answers how far it might before.
    ///
    /// # Errors
    /// `InvalidArgument`: fewer bytes than before, or more than it was made for; `Forked`, `ForeignStore`.
    pub fn grow(&self, bytes: u64) -> Result<u64> {
        self.engine.check()?;
        open::grow(&self.engine, bytes)
    }

    /// Deletes the entry under `key`; false: there was no live one. Views of it stay valid.
    ///
    /// # Errors
    /// `BadKey`, `Corrupt`, `Forked`.
    pub fn delete(&self, db: &str, key: &[u8]) -> Result<bool> {
        self.engine.check()?;
        record::check_key(key)?;
        let Some(dbi) = self.engine.find_db(db)? else {
            return Ok(false);
        };
        let live = self.engine.relieved(|| {
            let mut writer = Writer::begin(&self.engine, Purpose::Delete, 0)?;
            let live = record::remove(&mut writer, dbi, key, None)?;
            writer.finish(live.is_some())?;
            Ok(live)
        })?;
        self.engine.shared.count(Counter::Deletes, u64::from(live.is_some()));
        Ok(live.unwrap_or(false))
    }

    /// Deletes the entries under several keys in one transaction: all that are there, or none.
    ///
    /// # Errors
    /// `BadKey`, `Corrupt`, `Forked`, `DiskFull`.
    pub fn delete_many(&self, db: &str, keys: &[&[u8]]) -> Result<()> {
        self.engine.check()?;
        for key in keys {
            record::check_key(key)?;
        }
        let Some(dbi) = self.engine.find_db(db)? else {
            return Ok(());
        };
        let deleted = self.engine.relieved(|| {
            // Up to here what every transaction has set aside is enough.
            let pages = match keys.len() as u64 {
                0..=FEW => 0,
                many => put::rows_pages(&self.engine, dbi, many)? + many / 2,
            };
            let mut writer = Writer::begin(&self.engine, Purpose::Delete, pages)?;
            let mut deleted = 0;
            for key in keys {
                deleted += u64::from(record::remove(&mut writer, dbi, key, None)?.is_some());
            }
            writer.finish(deleted > 0)?;
            Ok(deleted)
        })?;
        self.engine.shared.count(Counter::Deletes, deleted);
        Ok(())
    }

    /// Gives the live entry under `key` a new time to live, from now; 0 = until deleted. False: there is none.
    ///
    /// # Errors
    /// `BadKey`, `Corrupt`, `Forked`, `MapFull`, `DiskFull`.
    pub fn touch(&self, db: &str, key: &[u8], ttl_ms: u64) -> Result<bool> {
        self.engine.check()?;
        record::check_key(key)?;
        let Some(dbi) = self.engine.find_db(db)? else {
            return Ok(false);
        };
        let touched = self.engine.relieved(|| {
            let mut writer = Writer::begin(&self.engine, Purpose::Touch, 0)?;
            let touched = record::touch(&mut writer, (db, dbi), key, ttl_ms)?;
            writer.finish(touched)?;
            Ok(touched)
        })?;
        if touched {
            self.engine.sweeper.expires_in(ttl_ms);
        }
        Ok(touched)
    }

    /// Removes everything that has expired and takes back what dead processes held; answers how many entries went.
    ///
    /// # Errors
    /// `Corrupt`, `Forked`, `DiskFull`.
    pub fn sweep(&self) -> Result<u64> {
        self.engine.check()?;
        self.engine.relieved(|| {
            self.engine.flush()?;
            let removed = sweep::sweep(&self.engine, || true)?;
            recovery::reclaim(&self.engine)?;
            recovery::drain(&self.engine)?;
            Ok(removed)
        })
    }

    /// Waits until a live entry is under `key`. `None`: for ever.
    ///
    /// # Errors
    /// `Timeout`, naming the key and the milliseconds waited; `BadKey`, `Corrupt`, `Forked`.
    pub fn wait(&self, db: &str, key: &[u8], timeout: Option<Duration>) -> Result<()> {
        if self.wait_until(db, key, timeout, |store| store.contains(db, key))? {
            return Ok(());
        }
        Err(Error::new(
            Status::Timeout,
            format!(
                "nothing came under key {} in database {db:?} of {:?} within {} ms",
                record::shown(key),
                self.path(),
                timeout.unwrap_or_default().as_millis()
            ),
        ))
    }

    /// Waits until `ready` answers true; asks again whenever something happens to `key`. False: the time is up.
    ///
    /// # Errors
    /// What `ready` answers; `BadKey`, `Forked`.
    pub fn wait_until(
        &self,
        db: &str,
        key: &[u8],
        timeout: Option<Duration>,
        mut ready: impl FnMut(&Store) -> Result<bool>,
    ) -> Result<bool> {
        self.engine.check()?;
        record::check_key(key)?;
        doorbell::wait(&self.engine.shared, doorbell::word(db, key), timeout, || ready(self))
    }

    /// Has everybody who waits for `key` look again.
    pub fn notify(&self, db: &str, key: &[u8]) {
        if self.engine.is_ours() {
            doorbell::ring(&self.engine.shared, doorbell::word(db, key));
        }
    }

    /// Lends room for `size` bytes in the map.
    ///
    /// # Errors
    /// `TooLarge`, `MapFull`, `DiskFull`, `Forked`.
    pub fn loan(&self, size: u64) -> Result<Loan> {
        self.engine.check()?;
        put::check_size(size)?;
        self.engine.relieved(|| loan::open(&self.engine, size))
    }

    /// Lends room as [`Store::loan`] does when this engine keeps some that fits, which takes no transaction and waits
    /// for nobody. `None`: it does not, or the loan is refused.
    pub fn kept_loan(&self, size: u64) -> Option<Loan> {
        (self.engine.check().is_ok() && put::check_size(size).is_ok())
            .then(|| loan::open_kept(&self.engine, size))
            .flatten()
    }

    /// What the store holds and who uses it, as a JSON object.
    ///
    /// # Errors
    /// `Corrupt`, `Forked`.
    pub fn stats(&self) -> Result<serde_json::Value> {
        self.engine.check()?;
        self.engine.flush()?;
        stats::collect(&self.engine)
    }

    /// The calls of calculators, of every process since the store was made, and those that were slow, as a JSON object.
    /// Looks at no entry.
    ///
    /// # Errors
    /// `Forked`.
    pub fn calls(&self) -> Result<serde_json::Value> {
        self.engine.check()?;
        Ok(calls::collect(&self.engine))
    }

    /// Walks the whole store and says what is wrong with it: pages lost or owned twice, indexes that disagree.
    /// Holds the write lock meanwhile.
    ///
    /// # Errors
    /// `Forked`, LMDB's own.
    pub fn audit(&self) -> Result<Audit> {
        self.engine.check()?;
        self.engine.flush()?;
        audit::run(&self.engine)
    }
}
