//! `com.dishtayantra.lmdb.Database`.

use super::call::Call;
use super::convert::{Put, array, bytes, direct_bytes, object, text, unsigned};
use super::guard::{Fallible, guard, guard_brief};
use super::parts::{Parts, Staged};
use super::store::arrays;
use super::told::{numbers, tell_at};
use crate::store::{Entry, Store};
use jni::EnvUnowned;
use jni::objects::{JByteArray, JClass, JIntArray, JLongArray, JObject, JObjectArray};
use jni::sys::{jboolean, jint, jlong, jobject};
use std::time::Duration;

/// `Database.put`
#[unsafe(no_mangle)]
pub extern "system" fn Java_com_dishtayantra_lmdb_Database_put<'local>(
    env: EnvUnowned<'local>,
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
        let info = Parts::new(env, &sources, &ranges)?.put(
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
    env: EnvUnowned<'local>,
    _class: JClass<'local>,
    store: jlong,
    call: jlong,
    buffer: jobject,
    offset: jint,
    length: jint,
    format: jint,
    flags: jint,
    ttl_ms: jlong,
) {
    let jvm = env.as_raw();
    guard_brief(env, (), || {
        // SAFETY: the module's promise.
        let (store, mut call): (&Store, Call) = unsafe { (object(store), Call::at(call)) };
        let (db, key) = call.place()?;
        let options = call.options(format, flags, ttl_ms)?;
        // SAFETY: Java's class `Database` says that it is a direct buffer and that the range is inside; its caller keeps it
        // reachable. Whoever changes the bytes meanwhile changes what is stored, as with every put.
        let payload = unsafe { direct_bytes(jvm, buffer, offset as usize, length as usize) };
        let info = store.put(db, key, &[payload], &options)?;
        call.tell(numbers(&info));
        Ok(())
    })
}

/// Objects of an entry of a batch: key, sources and ranges of the payload, id, source, target.
const OBJECTS: usize = 6;
/// Numbers of an entry of a batch: format, flags, time to live.
const NUMBERS: usize = 3;

/// `Database.putAll`
#[unsafe(no_mangle)]
pub extern "system" fn Java_com_dishtayantra_lmdb_Database_putAll<'local>(
    env: EnvUnowned<'local>,
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
        let objects = each.len(env)?;
        let mut plain = vec![0; objects / OBJECTS * NUMBERS];
        each_numbers.get_region(env, 0, &mut plain)?;
        let (mut keys, mut puts, mut payloads) = (Vec::new(), Vec::new(), Vec::new());
        for (entry, &[format, flags, ttl_ms]) in plain.as_chunks::<NUMBERS>().0.iter().enumerate() {
            // What an entry is made of is let go before the next one is looked at.
            env.with_local_frame(OBJECTS + 2, |env| -> Fallible<()> {
                let mut row = Vec::with_capacity(OBJECTS);
                for object in 0..OBJECTS {
                    row.push(each.get_element(env, entry * OBJECTS + object)?.into_raw());
                }
                // SAFETY: an entry is a byte[], an Object[], an int[] and three byte[], says Java's class `Database`.
                let (key, sources, ranges, texts) = unsafe {
                    (
                        JByteArray::from_raw(env, row[0]),
                        JObjectArray::<JObject>::from_raw(env, row[1]),
                        JIntArray::from_raw(env, row[2]),
                        [3, 4, 5].map(|text| JByteArray::from_raw(env, row[text])),
                    )
                };
                keys.push(bytes(env, "key", &key)?);
                payloads.push(Parts::new(env, &sources, &ranges)?.staged(env)?);
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
    env: EnvUnowned<'local>,
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
    env: EnvUnowned<'local>,
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
    env: EnvUnowned<'local>,
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
    env: EnvUnowned<'local>,
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
    env: EnvUnowned<'local>,
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
    env: EnvUnowned<'local>,
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
