//! One engine per directory and process, whatever the language that opens it.

use super::directory::Identity;
use super::engine::Engine;
use super::inherited::Inherited;
use super::open;
use crate::error::{Error, Result};
use crate::mapping::fork;
use crate::options::{MIN_MAP_SIZE, Options};
use crate::warning::{Subject, warn};
use std::collections::BTreeMap;
use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::Duration;

struct Registered {
    engine: Weak<Engine>,
    generation: u64,
}

/// Only touched while opening and closing are excluded, so a forked child never inherits it locked.
static STORES: Mutex<Option<BTreeMap<Identity, Registered>>> = Mutex::new(None);

fn stores<T>(_excluded: &MutexGuard<'_, ()>, f: impl FnOnce(&mut BTreeMap<Identity, Registered>) -> T) -> T {
    let mut stores = STORES.lock().unwrap_or_else(PoisonError::into_inner);
    f(stores.get_or_insert_default())
}

/// The engine of the store in `path`: the one this process has, or a new one.
pub fn open(path: &Path, options: &Options) -> Result<Arc<Engine>> {
    let mut options = options.clone();
    if !options.existing && (1..MIN_MAP_SIZE).contains(&options.map_size) {
        warn(
            Subject::TooSmall,
            format!(
                "a map size of {} bytes is too small to be of use; {} gets {MIN_MAP_SIZE}",
                options.map_size,
                path.display()
            ),
        );
        options.map_size = MIN_MAP_SIZE;
    }
    let options = &options;
    loop {
        let excluded = fork::exclude();
        fork::install(&excluded, before_fork).map_err(|e| Error::io("installing fork handlers", &e))?;
        let directory = open::directory(path, options)?;
        let found = stores(&excluded, |stores| {
            stores.retain(|_, registered| registered.generation == fork::generation());
            stores.get(&directory.identity).map(|registered| registered.engine.clone())
        });
        match found.map(|weak| weak.upgrade()) {
            Some(Some(engine)) => {
                drop(excluded);
                engine.look_now()?;
                adopt(&engine, options);
                return Ok(engine);
            }
            // Its last holder is closing it on another thread.
            Some(None) => {
                drop(excluded);
                std::thread::sleep(Duration::from_micros(200));
            }
            None => {
                let identity = directory.identity;
                let engine = open::engine(directory, options)?;
                let registered =
                    Registered { engine: Arc::downgrade(&engine), generation: fork::generation() };
                stores(&excluded, |stores| stores.insert(identity, registered));
                let fresh = engine.forget.set(forget).is_ok();
                debug_assert!(fresh);
                return Ok(engine);
            }
        }
    }
}

/// What a child that is about to be forked keeps of the stores that are open here.
fn before_fork(excluded: &MutexGuard<'_, ()>) -> fork::Inheritance {
    ours(excluded)
        .into_iter()
        .map(|engine| Box::new(Inherited::new(engine)) as Box<dyn fork::Inherited>)
        .collect()
}

/// Whether this process has the store in `path` open.
pub fn is_open(path: &Path) -> bool {
    let Ok(metadata) = std::fs::metadata(path) else {
        return false;
    };
    let excluded = fork::exclude();
    stores(&excluded, |stores| {
        let found = stores.get(&(metadata.dev(), metadata.ino()));
        found.is_some_and(|registered| {
            registered.generation == fork::generation() && registered.engine.strong_count() > 0
        })
    })
}

/// The engine of the store with the id `id`, if this process has it open.
pub fn with_id(id: u128) -> Option<Arc<Engine>> {
    let excluded = fork::exclude();
    let engines = ours(&excluded);
    // Whoever lets go of an engine last closes it, for which forks are excluded anew.
    drop(excluded);
    engines.into_iter().find(|engine| engine.store_id() == id)
}

/// The engines that this process has open.
fn ours(excluded: &MutexGuard<'_, ()>) -> Vec<Arc<Engine>> {
    stores(excluded, |stores| {
        let ours = stores.values().filter(|registered| registered.generation == fork::generation());
        ours.filter_map(|registered| registered.engine.upgrade()).collect()
    })
}

/// Forgets an engine that is closed.
fn forget(excluded: &MutexGuard<'_, ()>, identity: Identity) {
    stores(excluded, |stores| stores.remove(&identity));
}

/// A larger map size wins; other differing options stay as they are, with a warning.
fn adopt(engine: &Engine, options: &Options) {
    open::raise_limit(engine, options);
    // Whoever only wants what is there, as a reference does, has no wishes.
    if options.existing {
        return;
    }
    let has = &engine.options;
    let path = engine.path.display();
    let differs = |name: &str, has: String, wanted: String| {
        if has != wanted {
            warn(
                Subject::OptionsDiffer,
                format!("store {path} is open in this process with {name} = {has}; {wanted} is not applied"),
            );
        }
    };
    differs("max_readers", has.max_readers.to_string(), options.max_readers.to_string());
    if options.max_dbs > has.max_dbs {
        differs("max_dbs", has.max_dbs.to_string(), options.max_dbs.to_string());
    }
    differs("durability", format!("{:?}", has.durability), format!("{:?}", options.durability));
    differs("prefault", has.prefault.to_string(), options.prefault.to_string());
    differs("mode", format!("{:04o}", has.mode), format!("{:04o}", options.mode));
    differs("sweeper", has.sweeper.to_string(), options.sweeper.to_string());
}
