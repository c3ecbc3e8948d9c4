//! `com.dishtayantra.lmdb.Reference`.

use super::call::Call;
use super::convert::{Put, array, give, object, release, text};
use super::env::{Env, JByteArray, JClass, JIntArray, JLongArray, JObjectArray};
use super::guard::guard;
use super::sources::Sources;
use super::store::arrays;
use super::told::tell;
use super::view::hand;
use crate::reference::{Given, MARKER, NAMES, OUTPUT_WRITTEN, Reference};
use jni::sys::{jint, jlong};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// The reference behind a number. Java fills it before anybody else sees it.
fn at<'a>(reference: jlong) -> MutexGuard<'a, Reference> {
    // SAFETY: the module's promise.
    let reference: &Mutex<Reference> = unsafe { object(reference) };
    reference.lock().unwrap_or_else(PoisonError::into_inner)
}

/// `Reference.create`
#[unsafe(no_mangle)]
pub extern "system" fn Java_com_dishtayantra_lmdb_Reference_create<'local>(
    env: Env<'local>,
    _class: JClass<'local>,
) -> jlong {
    guard(env, |_| Ok(give(Mutex::new(Reference::new()))))
}

/// `Reference.parse`
#[unsafe(no_mangle)]
pub extern "system" fn Java_com_dishtayantra_lmdb_Reference_parse<'local>(
    env: Env<'local>,
    _class: JClass<'local>,
    json: JByteArray<'local>,
) -> jlong {
    guard(env, |env| Ok(give(Mutex::new(Reference::from_json(&text(env, "json", &json)?)?))))
}

/// `Reference.gather`: the references in the protocol's fields of one mapping, given as names and texts by turns. The
/// first handle is what says where the output goes, or 0; behind it are those to resolve, as many as are answered.
/// `handles` has room for the one and as many others as there are names.
#[unsafe(no_mangle)]
pub extern "system" fn Java_com_dishtayantra_lmdb_Reference_gather<'local>(
    env: Env<'local>,
    _class: JClass<'local>,
    fields: JObjectArray<'local>,
    handles: JLongArray<'local>,
) -> jint {
    guard(env, |env| {
        let count = env.length(&fields)?;
        env.ensure_capacity(count + 16)?;
        let mut texts = Vec::with_capacity(count);
        for at in 0..count {
            // SAFETY: Java's class passes arrays of bytes.
            let field: JByteArray = unsafe { env.element(&fields, at)?.cast() };
            texts.push(text(env, "fields", &field)?);
        }
        let pairs = texts.as_chunks::<2>().0.iter().map(|[name, text]| (name.as_str(), text.as_str()));
        let Given { inputs, output } = Given::of(pairs)?;
        let found = inputs.len() as jint;
        let given = [output].into_iter().chain(inputs.into_iter().map(Some));
        let given: Vec<jlong> = given.map(|one| one.map_or(0, |one| give(Mutex::new(one)))).collect();
        env.set(&handles, 0, &given).inspect_err(|_| {
            // SAFETY: made above, and Java has none of them.
            given.iter().for_each(|&one| unsafe { release::<Mutex<Reference>>(one) });
        })?;
        Ok(found)
    })
}

/// `Reference.release`
#[unsafe(no_mangle)]
pub extern "system" fn Java_com_dishtayantra_lmdb_Reference_release<'local>(
    env: Env<'local>,
    _class: JClass<'local>,
    reference: jlong,
) {
    guard(env, |_| {
        // SAFETY: the module's promise.
        unsafe { release::<Mutex<Reference>>(reference) };
        Ok(())
    })
}

/// `Reference.set`
#[unsafe(no_mangle)]
pub extern "system" fn Java_com_dishtayantra_lmdb_Reference_set<'local>(
    env: Env<'local>,
    _class: JClass<'local>,
    reference: jlong,
    name: JByteArray<'local>,
    value: JByteArray<'local>,
) {
    guard(env, |env| {
        let (name, value) = (text(env, "name", &name)?, text(env, "value", &value)?);
        Ok(at(reference).set(&name, &value)?)
    })
}

/// `Reference.get`
#[unsafe(no_mangle)]
pub extern "system" fn Java_com_dishtayantra_lmdb_Reference_get<'local>(
    env: Env<'local>,
    _class: JClass<'local>,
    reference: jlong,
    name: JByteArray<'local>,
) -> JByteArray<'local> {
    guard(env, |env| {
        let name = text(env, "name", &name)?;
        match at(reference).get(&name) {
            Some(value) => array(env, value.as_bytes()),
            None => Ok(JByteArray::null()),
        }
    })
}

/// `Reference.fields`: the names and texts of what is set, by turns; a marker is the last.
#[unsafe(no_mangle)]
pub extern "system" fn Java_com_dishtayantra_lmdb_Reference_fields<'local>(
    env: Env<'local>,
    _class: JClass<'local>,
    reference: jlong,
) -> JObjectArray<'local> {
    guard(env, |env| {
        let reference = at(reference);
        let set = NAMES.iter().filter_map(|name| Some([*name, reference.get(name)?]));
        let marker = reference.marker().map(|(name, text)| [name, text]);
        let texts: Vec<&str> = set.chain(marker).flatten().collect();
        arrays(env, texts.into_iter().map(str::as_bytes))
    })
}

/// `Reference.names`: what can be set, what markers begin with, and the name in an answer.
#[unsafe(no_mangle)]
pub extern "system" fn Java_com_dishtayantra_lmdb_Reference_names<'local>(
    env: Env<'local>,
    _class: JClass<'local>,
) -> JObjectArray<'local> {
    guard(env, |env| {
        let names = [NAMES, &[MARKER, OUTPUT_WRITTEN]].concat();
        arrays(env, names.into_iter().map(str::as_bytes))
    })
}

/// `Reference.decline`
#[unsafe(no_mangle)]
pub extern "system" fn Java_com_dishtayantra_lmdb_Reference_decline<'local>(
    env: Env<'local>,
    _class: JClass<'local>,
    reference: jlong,
) {
    guard(env, |_| {
        let reference = at(reference).clone();
        Ok(reference.decline()?)
    })
}

/// `Reference.json`
#[unsafe(no_mangle)]
pub extern "system" fn Java_com_dishtayantra_lmdb_Reference_json<'local>(
    env: Env<'local>,
    _class: JClass<'local>,
    reference: jlong,
) -> JByteArray<'local> {
    guard(env, |env| array(env, at(reference).to_json().as_bytes()))
}

/// `Reference.store`
#[unsafe(no_mangle)]
pub extern "system" fn Java_com_dishtayantra_lmdb_Reference_store<'local>(
    env: Env<'local>,
    _class: JClass<'local>,
    reference: jlong,
) -> jlong {
    guard(env, |_| Ok(give(at(reference).store()?)))
}

/// `Reference.viewInput`
#[unsafe(no_mangle)]
pub extern "system" fn Java_com_dishtayantra_lmdb_Reference_viewInput<'local>(
    env: Env<'local>,
    _class: JClass<'local>,
    reference: jlong,
    call: jlong,
) {
    guard(env, |_| {
        let reference = at(reference).clone();
        // SAFETY: the module's promise.
        hand(reference.view_input()?, unsafe { Call::at(call) });
        Ok(())
    })
}

/// `Reference.putOutput`
#[unsafe(no_mangle)]
pub extern "system" fn Java_com_dishtayantra_lmdb_Reference_putOutput<'local>(
    env: Env<'local>,
    _class: JClass<'local>,
    reference: jlong,
    sources: JObjectArray<'local>,
    ranges: JIntArray<'local>,
    format: jint,
    flags: jint,
    ttl_ms: jlong,
    txn_id: JByteArray<'local>,
    source: JByteArray<'local>,
    target: JByteArray<'local>,
    told: JLongArray<'local>,
) {
    guard(env, |env| {
        let reference = at(reference).clone();
        let put = Put::new(env, format, flags, ttl_ms, [&txn_id, &source, &target])?;
        let options = put.options()?;
        let info = Sources::new(env, &sources, &ranges)?.put(
            env,
            |parts| reference.put_output(parts, &options),
            |size| reference.store()?.loan(size),
            |loan| reference.publish_output(loan, &options),
        )?;
        tell(env, &told, &info)
    })
}

/// `Reference.settleDirect`
#[unsafe(no_mangle)]
pub extern "system" fn Java_com_dishtayantra_lmdb_Reference_settleDirect<'local>(
    env: Env<'local>,
    _class: JClass<'local>,
    reference: jlong,
) {
    guard(env, |_| {
        let reference = at(reference).clone();
        Ok(reference.settle_direct()?)
    })
}
