//! Whether a store that is open is the one at a path, asked before every call: somebody may have removed the directory,
//! or put another one in its place, and an open file shows nothing of that.

use super::directory::DATA;
use super::handle::Store;
use crate::mapping::sys;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

/// How long a look at the path holds. It is for directories that were moved; a look at the file shows that it was removed.
const LOOK_NS: u64 = 100_000_000;
/// How long a look at the file holds for whoever takes another's word.
const TRUST_NS: u64 = 1_000_000;

/// A path at which a store was opened.
#[derive(Debug)]
pub struct Place {
    path: PathBuf,
    /// When to look at it again, ns of `CLOCK_BOOTTIME`.
    next_ns: AtomicU64,
}

impl Place {
    /// The place `path`, which was not looked at yet.
    pub fn new(path: &Path) -> Place {
        Place { path: path.to_owned(), next_ns: AtomicU64::new(0) }
    }

    /// The path.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Whether the files of `store`, opened by this process, are the ones here. That they were removed is seen within a
    /// millisecond, that their directory was moved within 100.
    pub fn held(&self, store: &Store) -> bool {
        let now_ns = sys::boottime_ns();
        let trusted = now_ns < store.engine.seen_ns.load(Ordering::Relaxed).saturating_add(TRUST_NS);
        self.is_looked_at(store, now_ns) && (trusted || store.engine.has_its_file(now_ns))
    }

    /// As [`Place::held`], at once.
    pub fn holds_now(&self, store: &Store) -> bool {
        store.engine.check().is_ok() && self.look(store, sys::boottime_ns())
    }

    fn is_looked_at(&self, store: &Store, now_ns: u64) -> bool {
        if store.engine.check().is_err() {
            return false;
        }
        now_ns < self.next_ns.load(Ordering::Relaxed) || self.look(store, now_ns)
    }

    fn look(&self, store: &Store, now_ns: u64) -> bool {
        let there = Place::is_at(&self.path, store);
        if there {
            self.next_ns.store(now_ns + LOOK_NS, Ordering::Relaxed);
        }
        there
    }

    /// Whether the data file of `store` is the one in the directory `path` now.
    pub fn is_at(path: &Path, store: &Store) -> bool {
        let file = std::fs::metadata(path.join(DATA));
        file.is_ok_and(|file| (file.dev(), file.ino()) == store.engine.data_file)
    }
}
