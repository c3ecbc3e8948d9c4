//! `com.dishtayantra.lmdb.Watcher`.

use super::convert::{bytes, object, text, unsigned};
use super::env::{Env, JByteArray, JClass, JLongArray};
use super::guard::guard;
use crate::store::{Store, Watch};
use jni::sys::{jint, jlong};
use std::time::Duration;

/// What Java's virtual threads wait for.
static WATCH: Watch = Watch::new();

/// Answer of `Watcher.await`: the time is up and nothing is watched.
const IDLE: jint = -1;

/// `Watcher.add`
#[unsafe(no_mangle)]
pub extern "system" fn Java_com_dishtayantra_lmdb_Watcher_add<'local>(
    env: Env<'local>,
    _class: JClass<'local>,
    store: jlong,
    db: JByteArray<'local>,
    key: JByteArray<'local>,
    id: jlong,
) {
    guard(env, |env| {
        // SAFETY: the module's promise.
        let store: &Store = unsafe { object(store) };
        Ok(WATCH.add(id as u64, store, &text(env, "database", &db)?, &bytes(env, "key", &key)?)?)
    })
}

/// `Watcher.remove`
#[unsafe(no_mangle)]
pub extern "system" fn Java_com_dishtayantra_lmdb_Watcher_remove<'local>(
    env: Env<'local>,
    _class: JClass<'local>,
    id: jlong,
) {
    guard(env, |_| {
        WATCH.remove(id as u64);
        Ok(())
    })
}

/// `Watcher.await`: how many ids were told.
#[unsafe(no_mangle)]
pub extern "system" fn Java_com_dishtayantra_lmdb_Watcher_await<'local>(
    env: Env<'local>,
    _class: JClass<'local>,
    told: JLongArray<'local>,
    timeout_ms: jlong,
) -> jint {
    guard(env, |env| {
        let timeout = Duration::from_millis(unsigned("timeout", timeout_ms)?);
        let ids = WATCH.wait(Some(timeout), env.length(&told)?)?;
        if ids.is_empty() && WATCH.is_idle() {
            return Ok(IDLE);
        }
        let ids: Vec<jlong> = ids.into_iter().map(|id| id as jlong).collect();
        env.set(&told, 0, &ids)?;
        Ok(ids.len() as jint)
    })
}
