//! `com.dishtayantra.lmdb.Store`.

use super::convert::{array, give, object, release, text, unsigned};
use super::env::{Env, JByteArray, JClass, JObjectArray};
use super::guard::{Fallible, guard};
use crate::error::Result;
use crate::options::{Durability, Options};
use crate::store::Store;
use crate::warning;
use jni::sys::{jint, jlong};
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

/// Flag of opening: the directory may be a symbolic link.
const FOLLOW_SYMLINKS: jint = 1;
/// Flag of opening: no sweeper thread.
const NO_SWEEPER: jint = 2;
/// Flag of opening: there must be a store.
const EXISTING: jint = 4;
/// Flag of opening: entries survive a power failure.
const SYNC: jint = 8;

/// `Store.open`
#[unsafe(no_mangle)]
pub extern "system" fn Java_com_dishtayantra_lmdb_Store_open<'local>(
    env: Env<'local>,
    _class: JClass<'local>,
    path: JByteArray<'local>,
    map_size: jlong,
    prefault: jlong,
    max_readers: jint,
    max_dbs: jint,
    mode: jint,
    flags: jint,
) -> jlong {
    guard(env, |env| {
        let options = Options {
            map_size: unsigned("mapSize", map_size)?,
            prefault: unsigned("prefault", prefault)?,
            max_readers: unsigned("maxReaders", max_readers.into())? as u32,
            max_dbs: unsigned("maxDatabases", max_dbs.into())? as u32,
            mode: unsigned("mode", mode.into())? as u32,
            durability: if flags & SYNC != 0 { Durability::Sync } else { Durability::Process },
            follow_symlinks: flags & FOLLOW_SYMLINKS != 0,
            sweeper: flags & NO_SWEEPER == 0,
            existing: flags & EXISTING != 0,
        };
        Ok(give(Store::open(Path::new(&text(env, "path", &path)?), &options)?))
    })
}

/// `Store.warnings`
#[unsafe(no_mangle)]
pub extern "system" fn Java_com_dishtayantra_lmdb_Store_warnings<'local>(
    env: Env<'local>,
    _class: JClass<'local>,
) -> JObjectArray<'local> {
    guard(env, |env| {
        let warnings = warning::take();
        arrays(env, warnings.iter().map(String::as_bytes))
    })
}

/// A `byte[][]`.
pub(super) fn arrays<'local, 'a>(
    env: &Env<'local>,
    rows: impl ExactSizeIterator<Item = &'a [u8]>,
) -> Fallible<JObjectArray<'local>> {
    let arrays = env.new_objects(rows.len(), c"[B")?;
    for (at, row) in rows.enumerate() {
        let row = array(env, row)?;
        env.set_element(&arrays, at, &row)?;
        env.release(row);
    }
    Ok(arrays)
}

/// `Store.release`
#[unsafe(no_mangle)]
pub extern "system" fn Java_com_dishtayantra_lmdb_Store_release<'local>(
    env: Env<'local>,
    _class: JClass<'local>,
    store: jlong,
) {
    guard(env, |_| {
        // SAFETY: the module's promise.
        unsafe { release::<Store>(store) };
        Ok(())
    })
}

/// `Store.path`
#[unsafe(no_mangle)]
pub extern "system" fn Java_com_dishtayantra_lmdb_Store_path<'local>(
    env: Env<'local>,
    _class: JClass<'local>,
    store: jlong,
) -> JByteArray<'local> {
    guard(env, |env| {
        // SAFETY: the module's promise.
        let store: &Store = unsafe { object(store) };
        array(env, store.path().as_os_str().as_bytes())
    })
}

/// `Store.id`
#[unsafe(no_mangle)]
pub extern "system" fn Java_com_dishtayantra_lmdb_Store_id<'local>(
    env: Env<'local>,
    _class: JClass<'local>,
    store: jlong,
) -> JByteArray<'local> {
    guard(env, |env| {
        // SAFETY: the module's promise.
        let store: &Store = unsafe { object(store) };
        array(env, format!("{:032x}", store.id()).as_bytes())
    })
}

/// `Store.sweep`
#[unsafe(no_mangle)]
pub extern "system" fn Java_com_dishtayantra_lmdb_Store_sweep<'local>(
    env: Env<'local>,
    _class: JClass<'local>,
    store: jlong,
) -> jlong {
    guard(env, |_| {
        // SAFETY: the module's promise.
        let store: &Store = unsafe { object(store) };
        Ok(store.sweep()? as jlong)
    })
}

/// `Store.stats`
#[unsafe(no_mangle)]
pub extern "system" fn Java_com_dishtayantra_lmdb_Store_stats<'local>(
    env: Env<'local>,
    _class: JClass<'local>,
    store: jlong,
) -> JByteArray<'local> {
    told(env, store, Store::stats)
}

/// `Store.calls`
#[unsafe(no_mangle)]
pub extern "system" fn Java_com_dishtayantra_lmdb_Store_calls<'local>(
    env: Env<'local>,
    _class: JClass<'local>,
    store: jlong,
) -> JByteArray<'local> {
    told(env, store, Store::calls)
}

/// What a store tells, as JSON.
fn told<'local>(
    env: Env<'local>,
    store: jlong,
    what: fn(&Store) -> Result<serde_json::Value>,
) -> JByteArray<'local> {
    guard(env, |env| {
        // SAFETY: the module's promise.
        let store: &Store = unsafe { object(store) };
        array(env, what(store)?.to_string().as_bytes())
    })
}
