//! `com.dishtayantra.lmdb.DocumentWriter`.

use super::convert::{array as bytes_array, bytes, give, invalid, object, release, text, unsigned};
use super::guard::{Fallible, guard};
use super::loan::Held;
use crate::document::{Dtype, Writer};
use crate::error::Result;
use jni::EnvUnowned;
use jni::objects::{JByteArray, JClass, JLongArray};
use jni::sys::{jboolean, jdouble, jint, jlong};
use std::sync::{Mutex, PoisonError};

/// A writer in Java's hands. It borrows nothing: the items of segments are put in their places by Java.
type Owned = Mutex<Writer<'static>>;

/// Runs `body` on a writer.
fn on<T>(writer: jlong, body: impl FnOnce(&mut Writer<'static>) -> Result<T>) -> Fallible<T> {
    // SAFETY: the module's promise.
    let writer: &Owned = unsafe { object(writer) };
    Ok(body(&mut writer.lock().unwrap_or_else(PoisonError::into_inner))?)
}

/// `DocumentWriter.create`
#[unsafe(no_mangle)]
pub extern "system" fn Java_com_dishtayantra_lmdb_DocumentWriter_create<'local>(
    env: EnvUnowned<'local>,
    _class: JClass<'local>,
) -> jlong {
    guard(env, |_| Ok(give(Owned::default())))
}

/// `DocumentWriter.release`
#[unsafe(no_mangle)]
pub extern "system" fn Java_com_dishtayantra_lmdb_DocumentWriter_release<'local>(
    env: EnvUnowned<'local>,
    _class: JClass<'local>,
    writer: jlong,
) {
    guard(env, |_| {
        // SAFETY: the module's promise.
        unsafe { release::<Owned>(writer) };
        Ok(())
    })
}

/// `DocumentWriter.reset`
#[unsafe(no_mangle)]
pub extern "system" fn Java_com_dishtayantra_lmdb_DocumentWriter_reset<'local>(
    env: EnvUnowned<'local>,
    _class: JClass<'local>,
    writer: jlong,
) {
    guard(env, |_| {
        on(writer, |writer| {
            writer.reset();
            Ok(())
        })
    })
}

/// `DocumentWriter.map`
#[unsafe(no_mangle)]
pub extern "system" fn Java_com_dishtayantra_lmdb_DocumentWriter_map<'local>(
    env: EnvUnowned<'local>,
    _class: JClass<'local>,
    writer: jlong,
    pairs: jlong,
) {
    guard(env, |_| {
        let pairs = unsigned("the number of pairs", pairs)? as usize;
        on(writer, |writer| writer.map(pairs))
    })
}

/// `DocumentWriter.array`
#[unsafe(no_mangle)]
pub extern "system" fn Java_com_dishtayantra_lmdb_DocumentWriter_array<'local>(
    env: EnvUnowned<'local>,
    _class: JClass<'local>,
    writer: jlong,
    values: jlong,
) {
    guard(env, |_| {
        let values = unsigned("the number of values", values)? as usize;
        on(writer, |writer| writer.array(values))
    })
}

/// `DocumentWriter.nil`
#[unsafe(no_mangle)]
pub extern "system" fn Java_com_dishtayantra_lmdb_DocumentWriter_nil<'local>(
    env: EnvUnowned<'local>,
    _class: JClass<'local>,
    writer: jlong,
) {
    guard(env, |_| on(writer, Writer::nil))
}

/// `DocumentWriter.bool`
#[unsafe(no_mangle)]
pub extern "system" fn Java_com_dishtayantra_lmdb_DocumentWriter_bool<'local>(
    env: EnvUnowned<'local>,
    _class: JClass<'local>,
    writer: jlong,
    value: jboolean,
) {
    guard(env, |_| on(writer, |writer| writer.bool(value)))
}

/// `DocumentWriter.int64`
#[unsafe(no_mangle)]
pub extern "system" fn Java_com_dishtayantra_lmdb_DocumentWriter_int64<'local>(
    env: EnvUnowned<'local>,
    _class: JClass<'local>,
    writer: jlong,
    value: jlong,
) {
    guard(env, |_| on(writer, |writer| writer.int64(value)))
}

/// `DocumentWriter.uint64`
#[unsafe(no_mangle)]
pub extern "system" fn Java_com_dishtayantra_lmdb_DocumentWriter_uint64<'local>(
    env: EnvUnowned<'local>,
    _class: JClass<'local>,
    writer: jlong,
    bits: jlong,
) {
    guard(env, |_| on(writer, |writer| writer.uint64(bits as u64)))
}

/// `DocumentWriter.float64`
#[unsafe(no_mangle)]
pub extern "system" fn Java_com_dishtayantra_lmdb_DocumentWriter_float64<'local>(
    env: EnvUnowned<'local>,
    _class: JClass<'local>,
    writer: jlong,
    value: jdouble,
) {
    guard(env, |_| on(writer, |writer| writer.double(value)))
}

/// `DocumentWriter.string`
#[unsafe(no_mangle)]
pub extern "system" fn Java_com_dishtayantra_lmdb_DocumentWriter_string<'local>(
    env: EnvUnowned<'local>,
    _class: JClass<'local>,
    writer: jlong,
    value: JByteArray<'local>,
) {
    guard(env, |env| {
        let value = text(env, "a text", &value)?;
        on(writer, |writer| writer.string(&value))
    })
}

/// `DocumentWriter.binary`
#[unsafe(no_mangle)]
pub extern "system" fn Java_com_dishtayantra_lmdb_DocumentWriter_binary<'local>(
    env: EnvUnowned<'local>,
    _class: JClass<'local>,
    writer: jlong,
    value: JByteArray<'local>,
) {
    guard(env, |env| {
        let value = bytes(env, "bytes", &value)?;
        on(writer, |writer| writer.bytes(&value))
    })
}

/// `DocumentWriter.segment`: where its items belong.
#[unsafe(no_mangle)]
pub extern "system" fn Java_com_dishtayantra_lmdb_DocumentWriter_segment<'local>(
    env: EnvUnowned<'local>,
    _class: JClass<'local>,
    writer: jlong,
    dtype: jint,
    unit: jint,
    flags: jint,
    shape: JLongArray<'local>,
) -> jlong {
    guard(env, |env| {
        let dtype = Dtype::from_codes(dtype as u32, unit as u32).map_err(invalid)?;
        let mut dims = vec![0; shape.len(env)?];
        shape.get_region(env, 0, &mut dims)?;
        let shape =
            dims.into_iter().map(|dim| unsigned("a dimension", dim)).collect::<Fallible<Vec<u64>>>()?;
        on(writer, |writer| Ok(writer.reserve(dtype, &shape, flags as u32)? as jlong))
    })
}

/// `DocumentWriter.size`
#[unsafe(no_mangle)]
pub extern "system" fn Java_com_dishtayantra_lmdb_DocumentWriter_size<'local>(
    env: EnvUnowned<'local>,
    _class: JClass<'local>,
    writer: jlong,
) -> jlong {
    guard(env, |_| on(writer, |writer| Ok(writer.size()? as jlong)))
}

/// `DocumentWriter.bytes`
#[unsafe(no_mangle)]
pub extern "system" fn Java_com_dishtayantra_lmdb_DocumentWriter_bytes<'local>(
    env: EnvUnowned<'local>,
    _class: JClass<'local>,
    writer: jlong,
) -> JByteArray<'local> {
    guard(env, |env| {
        let value = on(writer, |writer| {
            let mut value = vec![0; writer.size()?];
            writer.fill(&mut value)?;
            Ok(value)
        })?;
        bytes_array(env, &value)
    })
}

/// `DocumentWriter.fill`
#[unsafe(no_mangle)]
pub extern "system" fn Java_com_dishtayantra_lmdb_DocumentWriter_fill<'local>(
    env: EnvUnowned<'local>,
    _class: JClass<'local>,
    writer: jlong,
    loan: jlong,
) {
    guard(env, |_| {
        // SAFETY: the module's promise.
        let held: &Held = unsafe { object(loan) };
        on(writer, |writer| {
            let size = writer.size()?;
            held.with(|loan| match loan.bytes_mut().get_mut(..size) {
                Some(front) => writer.fill(front),
                None => Err(invalid(format!("a document of {size} bytes and a loan of {}", loan.size()))),
            })
        })
    })
}
