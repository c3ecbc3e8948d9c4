//! The store: entries under keys in named databases, payloads in extents of arenas.
//!
//! A call goes from here through one write transaction (`write`) or one snapshot to the concept it is about: records and
//! their expiry index, extents and their quarantine, loans, pins, the doorbell. `registry` and `open` hold the guards.

mod audit;
mod directory;
mod doorbell;
mod engine;
mod expiry;
mod extents;
mod identify;
mod kept;
mod loan;
mod lookup;
mod marks;
mod open;
mod owners;
mod pins;
mod put;
mod quarantine;
mod record;
mod recovery;
mod registry;
mod shared;
mod space;
mod stats;
mod sweeper;
mod view;
mod write;

pub use audit::Audit;
pub(crate) use engine::Engine;
pub use loan::{Loan, Mapped, Pinned};
pub use lookup::{Listed, Look};
pub use marks::Track;
pub use put::{Entry, MAX_PAYLOAD};
pub(crate) use record::shown as shown_key;
pub use view::View;

use crate::error::{Error, Result, Status};
use crate::options::Options;
use shared::Counter;
use space::Purpose;
use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;
use write::Writer;

/// An open store. Clones share it; the last one dropped closes it, when no view or loan is left either.
///
/// All methods may be called from any thread. In a forked child every method answers `Forked`: the child opens the
/// store again.
pub struct Store {
    engine: Arc<Engine>,
}

impl From<Arc<Engine>> for Store {
    fn from(engine: Arc<Engine>) -> Store {
        engine.holders.fetch_add(1, Ordering::Relaxed);
        Store { engine }
    }
}

impl Clone for Store {
    fn clone(&self) -> Store {
        Store::from(self.engine.clone())
    }
}

impl std::fmt::Debug for Store {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Store").field(&self.engine.path).finish()
    }
}

impl Drop for Store {
    fn drop(&mut self) {
        // The thread is ended before the engine, so that closing is over when this returns.
        if self.engine.holders.fetch_sub(1, Ordering::AcqRel) == 1 && self.engine.is_ours() {
            self.engine.sweeper.stop();
        }
    }
}

impl Store {
    /// Opens the store in `path`, creating it unless only an existing one is wanted. Opening a directory again in the
    /// same process gives the same store: the larger map size wins, other differing options are warned about.
    ///
    /// # Errors
    /// `Permission`, `ForeignStore`, `AlreadyOpen`, `Unsupported`, `Limit`, `DiskFull`, `NotFound` (only an existing
    /// store is wanted), `Io`.
    pub fn open(path: &Path, options: &Options) -> Result<Store> {
        registry::open(path, options).map(Store::from)
    }

    /// Absolute path of the store's directory.
    pub fn path(&self) -> &Path {
        &self.engine.path
    }

    /// Whether the files at the store's path are still the ones that are open.
    pub fn is_there(&self) -> bool {
        let file = std::fs::metadata(self.engine.path.join(identify::DATA));
        file.is_ok_and(|file| (file.dev(), file.ino()) == self.engine.data_file)
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
        let mut writer = Writer::begin(&self.engine, Purpose::Delete, 0)?;
        let Some(live) = record::remove(&mut writer, dbi, key)? else {
            return Ok(false);
        };
        writer.commit()?;
        self.engine.shared.count(Counter::Deletes, 1);
        Ok(live)
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
        let mut writer = Writer::begin(&self.engine, Purpose::Delete, 0)?;
        let mut deleted = 0;
        for key in keys {
            deleted += u64::from(record::remove(&mut writer, dbi, key)?.is_some());
        }
        if deleted > 0 {
            writer.commit()?;
            self.engine.shared.count(Counter::Deletes, deleted);
        }
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
        let mut writer = Writer::begin(&self.engine, Purpose::Delete, 0)?;
        let touched = record::touch(&mut writer, (db, dbi), key, ttl_ms)?;
        if touched {
            writer.commit()?;
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
        let removed = expiry::sweep(&self.engine, || true)?;
        recovery::reclaim(&self.engine)?;
        recovery::drain(&self.engine)?;
        Ok(removed)
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
                "nothing came under key {} in database {db:?} within {} ms",
                record::shown(key),
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
        self.engine.sweeper.start(&self.engine);
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
        stats::collect(&self.engine)
    }

    /// Walks the whole store and says what is wrong with it: pages lost or owned twice, indexes that disagree.
    /// Holds the write lock meanwhile.
    ///
    /// # Errors
    /// `Forked`, LMDB's own.
    pub fn audit(&self) -> Result<Audit> {
        self.engine.check()?;
        audit::run(&self.engine)
    }
}

impl Engine {
    /// Runs `attempt`; when the store or the disk is full, makes room and runs it once more.
    fn relieved<T>(&self, mut attempt: impl FnMut() -> Result<T>) -> Result<T> {
        match attempt() {
            Err(error) if matches!(error.status(), Status::MapFull | Status::DiskFull) => {
                if recovery::make_room(self).is_err() {
                    return Err(error);
                }
                attempt().map_err(|error| stats::explain_full(self, error))
            }
            other => other,
        }
    }

    /// What follows a commit that published entries.
    fn published(self: &Arc<Self>, entries: &[(&str, &[u8])], ttl_ms: u64) {
        for (db, key) in entries {
            doorbell::ring(&self.shared, doorbell::word(db, key));
        }
        self.shared.count(Counter::Puts, entries.len() as u64);
        self.sweeper.start(self);
        self.sweeper.expires_in(ttl_ms);
    }
}
