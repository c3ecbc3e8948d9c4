//! `com.dishtayantra.lmdb.Database`.

use super::call::Call;
use super::convert::{Put, array, bytes, direct_bytes, object, text, unsigned};
use super::env::{Env, JByteArray, JByteBuffer, JClass, JIntArray, JLongArray, JObjectArray};
use super::guard::{Fallible, guard};
use super::sources::{Sources, Staged};
use super::store::arrays;
use super::told::{numbers, tell_at};
use crate::store::{Entry, Store};
use jni::sys::{jboolean, jint, jlong};
use std::time::Duration;

/// `Database.put`
#[unsafe(no_mangle)]
pub extern "system" fn Java_com_dishtayantra_lmdb_Database_put<'local>(
    env: Env<'local>,
    _class: JClass<'local>,
    store: jlong,
    call: jlong,
    sources: JObjectArray<'local>,
    ranges: JIntArray<'local>,
    format: jint,
    flags: jint,
    ttl_ms: jlong,
) {
    guard(env, |env| {
        // SAFETY: the module's promise.
        let (store, mut call): (&Store, Call) = unsafe { (object(store), Call::at(call)) };
        let (db, key) = call.place()?;
        let options = call.options(format, flags, ttl_ms)?;
        let info = Sources::new(env, &sources, &ranges)?.put(
            env,
            |parts| store.put(db, key, parts, &options),
            |size| store.loan(size),
            |loan| loan.publish(db, key, &options),
        )?;
        call.tell(numbers(&info));
        Ok(())
    })
}

/// `Database.putDirect`
#[unsafe(no_mangle)]
pub extern "system" fn Java_com_dishtayantra_lmdb_Database_putDirect<'local>(
    env: Env<'local>,
    _class: JClass<'local>,
    store: jlong,
    call: jlong,
    buffer: JByteBuffer<'local>,
    offset: jint,
    length: jint,
    format: jint,
    flags: jint,
    ttl_ms: jlong,
) {
    guard(env, |env| {
        // SAFETY: the module's promise.
        let (store, mut call): (&Store, Call) = unsafe { (object(store), Call::at(call)) };
        let (db, key) = call.place()?;
        let options = call.options(format, flags, ttl_ms)?;
        // SAFETY: Java's class `Database` says that it is a direct buffer and that the range is inside; its caller keeps it
        // reachable. Whoever changes the bytes meanwhile changes what is stored, as with every put.
        let payload = unsafe { direct_bytes(env, &buffer, offset as usize, length as usize)? };
        let info = store.put(db, key, &[payload], &options)?;
        call.tell(numbers(&info));
        Ok(())
    })
}

/// Objects of an entry of a batch: key, sources and ranges of the payload, id, source, target.
const OBJECTS: usize = 6;
/// Numbers of an entry of a batch: format, flags, time to live.
const NUMBERS: usize = 3;

/// `Database.putMany`
#[unsafe(no_mangle)]
pub extern "system" fn Java_com_dishtayantra_lmdb_Database_putMany<'local>(
    env: Env<'local>,
    _class: JClass<'local>,
    store: jlong,
    db: JByteArray<'local>,
    each: JObjectArray<'local>,
    each_numbers: JLongArray<'local>,
    told: JLongArray<'local>,
) {
    guard(env, |env| {
        // SAFETY: the module's promise.
        let store: &Store = unsafe { object(store) };
        let db = text(env, "database", &db)?;
        let objects = env.length(&each)?;
        let mut plain = vec![0; objects / OBJECTS * NUMBERS];
        env.get(&each_numbers, 0, &mut plain)?;
        let (mut keys, mut puts, mut payloads) = (Vec::new(), Vec::new(), Vec::new());
        for (entry, &[format, flags, ttl_ms]) in plain.as_chunks::<NUMBERS>().0.iter().enumerate() {
            // What an entry is made of is let go before the next one is looked at.
            env.with_frame(OBJECTS + 2, || {
                let at = |object| env.element(&each, entry * OBJECTS + object);
                // SAFETY: an entry is a byte[], an Object[], an int[] and three byte[], says Java's class `Database`.
                let (key, sources, ranges, texts) = unsafe {
                    (
                        at(0)?.cast(),
                        at(1)?.cast(),
                        at(2)?.cast(),
                        [at(3)?.cast(), at(4)?.cast(), at(5)?.cast()],
                    )
                };
                keys.push(bytes(env, "key", &key)?);
                payloads.push(Sources::new(env, &sources, &ranges)?.staged(env)?);
                puts.push(Put::new(env, format as jint, flags as jint, ttl_ms, texts.each_ref())?);
                Ok(())
            })?;
        }
        let slices: Vec<_> = payloads.iter().map(Staged::parts).collect();
        let entries: Vec<Entry> = keys
            .iter()
            .zip(&puts)
            .zip(&slices)
            .map(|((key, put), parts)| Ok(Entry { key, parts, options: put.options()? }))
            .collect::<Fallible<_>>()?;
        for (at, info) in store.put_many(&db, &entries)?.iter().enumerate() {
            tell_at(env, &told, at, info)?;
        }
        Ok(())
    })
}

/// `Database.get`
#[unsafe(no_mangle)]
pub extern "system" fn Java_com_dishtayantra_lmdb_Database_get<'local>(
    env: Env<'local>,
    _class: JClass<'local>,
    store: jlong,
    db: JByteArray<'local>,
    key: JByteArray<'local>,
) -> JByteArray<'local> {
    guard(env, |env| {
        // SAFETY: the module's promise.
        let store: &Store = unsafe { object(store) };
        match store.view(&text(env, "database", &db)?, &bytes(env, "key", &key)?)? {
            Some(view) => array(env, view.bytes()),
            None => Ok(JByteArray::null()),
        }
    })
}

/// `Database.contains`
#[unsafe(no_mangle)]
pub extern "system" fn Java_com_dishtayantra_lmdb_Database_contains<'local>(
    env: Env<'local>,
    _class: JClass<'local>,
    store: jlong,
    db: JByteArray<'local>,
    key: JByteArray<'local>,
) -> jboolean {
    guard(env, |env| {
        // SAFETY: the module's promise.
        let store: &Store = unsafe { object(store) };
        Ok(store.contains(&text(env, "database", &db)?, &bytes(env, "key", &key)?)?)
    })
}

/// `Database.delete`
#[unsafe(no_mangle)]
pub extern "system" fn Java_com_dishtayantra_lmdb_Database_delete<'local>(
    env: Env<'local>,
    _class: JClass<'local>,
    store: jlong,
    db: JByteArray<'local>,
    key: JByteArray<'local>,
) -> jboolean {
    guard(env, |env| {
        // SAFETY: the module's promise.
        let store: &Store = unsafe { object(store) };
        Ok(store.delete(&text(env, "database", &db)?, &bytes(env, "key", &key)?)?)
    })
}

/// `Database.touch`
#[unsafe(no_mangle)]
pub extern "system" fn Java_com_dishtayantra_lmdb_Database_touch<'local>(
    env: Env<'local>,
    _class: JClass<'local>,
    store: jlong,
    db: JByteArray<'local>,
    key: JByteArray<'local>,
    ttl_ms: jlong,
) -> jboolean {
    guard(env, |env| {
        // SAFETY: the module's promise.
        let store: &Store = unsafe { object(store) };
        let (db, key) = (text(env, "database", &db)?, bytes(env, "key", &key)?);
        Ok(store.touch(&db, &key, unsigned("ttl", ttl_ms)?)?)
    })
}

/// `Database.keys`
#[unsafe(no_mangle)]
pub extern "system" fn Java_com_dishtayantra_lmdb_Database_keys<'local>(
    env: Env<'local>,
    _class: JClass<'local>,
    store: jlong,
    db: JByteArray<'local>,
    prefix: JByteArray<'local>,
) -> JObjectArray<'local> {
    guard(env, |env| {
        // SAFETY: the module's promise.
        let store: &Store = unsafe { object(store) };
        let keys = store.list(&text(env, "database", &db)?, &bytes(env, "prefix", &prefix)?)?;
        arrays(env, keys.iter().map(Vec::as_slice))
    })
}

/// `Database.waitFor`; false: the time is up.
#[unsafe(no_mangle)]
pub extern "system" fn Java_com_dishtayantra_lmdb_Database_waitFor<'local>(
    env: Env<'local>,
    _class: JClass<'local>,
    store: jlong,
    db: JByteArray<'local>,
    key: JByteArray<'local>,
    timeout_ms: jlong,
) -> jboolean {
    guard(env, |env| {
        // SAFETY: the module's promise.
        let store: &Store = unsafe { object(store) };
        let (db, key) = (text(env, "database", &db)?, bytes(env, "key", &key)?);
        let timeout = Duration::from_millis(unsigned("timeout", timeout_ms)?);
        Ok(store.wait_until(&db, &key, Some(timeout), |store| store.contains(&db, &key))?)
    })
}
