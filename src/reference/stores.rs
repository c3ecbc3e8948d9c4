//! The stores that references name, kept open so that a calculation does not pay for opening them.

use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::sync::{Mutex, MutexGuard, TryLockError};

use super::roots;
use crate::error::Result;
use crate::options::Options;
use crate::store::{Place, Store};

/// Stores kept open at most; the one unused for longest goes first.
const KEPT: usize = 8;
/// How often a lock held by somebody else is tried; it is never held for longer than a look.
const TRIES: u32 = 1000;

/// The least recently used first.
static STORES: Mutex<Vec<OpenStore>> = Mutex::new(Vec::new());

struct OpenStore {
    place: Place,
    store: Store,
}

/// The store with the id `id`, which this process has open, wherever it lies: one that is kept here, or another's. What
/// was at its path a moment ago still is; the id tells that it is the right one.
pub(super) fn with_id(id: u128) -> Option<Store> {
    kept(|kept| kept.store.id() == id, Place::held).or_else(|| opened_by_others(id))
}

#[cold]
fn opened_by_others(id: u128) -> Option<Store> {
    let store = Store::with_id(id)?;
    let place = Place::new(store.path());
    // One that was moved or removed is no longer what others reach.
    if !place.holds_now(&store) {
        return None;
    }
    keep(OpenStore { place, store: store.clone() });
    Some(store)
}

/// The store in the directory `path`, which must exist: opened now, or earlier in this process and still the one that
/// is there.
pub(super) fn at(path: &Path) -> Result<Store> {
    if let Some(store) = kept(|kept| kept.place.path().as_os_str() == path.as_os_str(), Place::holds_now) {
        return Ok(store);
    }
    let allowed = roots::check(path)?;
    let store = Store::open(&allowed, &as_it_is(&allowed))?;
    let place = Place::new(path);
    // A store that was replaced on the disk while it was opened is not kept.
    if place.holds_now(&store) {
        keep(OpenStore { place, store: store.clone() });
    }
    Ok(store)
}

/// The store among the kept ones that is `wanted`, if it is still `there`; one that is not is let go.
fn kept(wanted: impl Fn(&OpenStore) -> bool, there: impl Fn(&Place, &Store) -> bool) -> Option<Store> {
    let mut stores = stores()?;
    let at = stores.iter().rposition(wanted)?;
    let OpenStore { place, store } = &stores[at];
    if there(place, store) {
        let store = store.clone();
        stores[at..].rotate_left(1);
        return Some(store);
    }
    let gone = stores.remove(at);
    // Closing a store is nothing to do under a lock.
    drop(stores);
    drop(gone);
    None
}

/// Lets go of every store that is kept.
pub(super) fn forget() {
    let kept = stores().map(|mut stores| std::mem::take(&mut *stores));
    // Closing stores is nothing to do under a lock.
    drop(kept);
}

/// Options that leave a store as whoever configured it wants it: its limit is not raised, and members of a
/// group it is shared with get in. What others may write stays refused.
fn as_it_is(path: &Path) -> Options {
    let mode = fs::metadata(path).map_or(0, |directory| directory.mode()) & 0o775;
    Options { existing: true, map_size: 0, mode: mode | 0o700, ..Options::default() }
}

fn keep(new: OpenStore) {
    let Some(mut stores) = stores() else { return };
    let mut gone = Vec::new();
    if let Some(at) = stores.iter().position(|kept| kept.place.path() == new.place.path()) {
        gone.push(stores.remove(at));
    }
    if stores.len() == KEPT {
        gone.push(stores.remove(0));
    }
    stores.push(new);
    drop(stores);
}

/// The list, or `None` when its lock cannot be had. A fork may have copied it locked by a thread that
/// the child does not have; the child then opens its stores anew each time.
fn stores() -> Option<MutexGuard<'static, Vec<OpenStore>>> {
    for _ in 0..TRIES {
        match STORES.try_lock() {
            Ok(stores) => return Some(stores),
            Err(TryLockError::Poisoned(stores)) => return Some(stores.into_inner()),
            Err(TryLockError::WouldBlock) => std::thread::yield_now(),
        }
    }
    None
}
