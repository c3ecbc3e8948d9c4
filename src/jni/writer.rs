//! `com.dishtayantra.lmdb.Writer`.

use super::convert::{array as bytes_array, bytes, give, invalid, object, release, text, unsigned};
use super::env::{Env, JByteArray, JClass, JLongArray};
use super::guard::{Fallible, guard};
use super::loan::Held;
use super::segment::dims;
use crate::document::{Dtype, Writer};
use crate::error::Result;
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

/// `Writer.create`
#[unsafe(no_mangle)]
pub extern "system" fn Java_com_dishtayantra_lmdb_Writer_create<'local>(
    env: Env<'local>,
    _class: JClass<'local>,
) -> jlong {
    guard(env, |_| Ok(give(Owned::default())))
}

/// `Writer.release`
#[unsafe(no_mangle)]
pub extern "system" fn Java_com_dishtayantra_lmdb_Writer_release<'local>(
    env: Env<'local>,
    _class: JClass<'local>,
    writer: jlong,
) {
    guard(env, |_| {
        // SAFETY: the module's promise.
        unsafe { release::<Owned>(writer) };
        Ok(())
    })
}

/// `Writer.reset`
#[unsafe(no_mangle)]
pub extern "system" fn Java_com_dishtayantra_lmdb_Writer_reset<'local>(
    env: Env<'local>,
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

/// `Writer.map`
#[unsafe(no_mangle)]
pub extern "system" fn Java_com_dishtayantra_lmdb_Writer_map<'local>(
    env: Env<'local>,
    _class: JClass<'local>,
    writer: jlong,
    pairs: jlong,
) {
    guard(env, |_| {
        let pairs = unsigned("the number of pairs", pairs)? as usize;
        on(writer, |writer| writer.map(pairs))
    })
}

/// `Writer.array`
#[unsafe(no_mangle)]
pub extern "system" fn Java_com_dishtayantra_lmdb_Writer_array<'local>(
    env: Env<'local>,
    _class: JClass<'local>,
    writer: jlong,
    values: jlong,
) {
    guard(env, |_| {
        let values = unsigned("the number of values", values)? as usize;
        on(writer, |writer| writer.array(values))
    })
}

/// `Writer.nil`
#[unsafe(no_mangle)]
pub extern "system" fn Java_com_dishtayantra_lmdb_Writer_nil<'local>(
    env: Env<'local>,
    _class: JClass<'local>,
    writer: jlong,
) {
    guard(env, |_| on(writer, Writer::nil))
}

/// `Writer.bool`
#[unsafe(no_mangle)]
pub extern "system" fn Java_com_dishtayantra_lmdb_Writer_bool<'local>(
    env: Env<'local>,
    _class: JClass<'local>,
    writer: jlong,
    value: jboolean,
) {
    guard(env, |_| on(writer, |writer| writer.bool(value)))
}

/// `Writer.int64`
#[unsafe(no_mangle)]
pub extern "system" fn Java_com_dishtayantra_lmdb_Writer_int64<'local>(
    env: Env<'local>,
    _class: JClass<'local>,
    writer: jlong,
    value: jlong,
) {
    guard(env, |_| on(writer, |writer| writer.int64(value)))
}

/// `Writer.uint64`
#[unsafe(no_mangle)]
pub extern "system" fn Java_com_dishtayantra_lmdb_Writer_uint64<'local>(
    env: Env<'local>,
    _class: JClass<'local>,
    writer: jlong,
    bits: jlong,
) {
    guard(env, |_| on(writer, |writer| writer.uint64(bits as u64)))
}

/// `Writer.float64`
#[unsafe(no_mangle)]
pub extern "system" fn Java_com_dishtayantra_lmdb_Writer_float64<'local>(
    env: Env<'local>,
    _class: JClass<'local>,
    writer: jlong,
    value: jdouble,
) {
    guard(env, |_| on(writer, |writer| writer.double(value)))
}

/// `Writer.string`
#[unsafe(no_mangle)]
pub extern "system" fn Java_com_dishtayantra_lmdb_Writer_string<'local>(
    env: Env<'local>,
    _class: JClass<'local>,
    writer: jlong,
    value: JByteArray<'local>,
) {
    guard(env, |env| {
        let value = text(env, "a text", &value)?;
        on(writer, |writer| writer.string(&value))
    })
}

/// `Writer.binary`
#[unsafe(no_mangle)]
pub extern "system" fn Java_com_dishtayantra_lmdb_Writer_binary<'local>(
    env: Env<'local>,
    _class: JClass<'local>,
    writer: jlong,
    value: JByteArray<'local>,
) {
    guard(env, |env| {
        let value = bytes(env, "bytes", &value)?;
        on(writer, |writer| writer.bytes(&value))
    })
}

/// `Writer.segment`: where its items belong.
#[unsafe(no_mangle)]
pub extern "system" fn Java_com_dishtayantra_lmdb_Writer_segment<'local>(
    env: Env<'local>,
    _class: JClass<'local>,
    writer: jlong,
    dtype: jint,
    unit: jint,
    flags: jint,
    shape: JLongArray<'local>,
) -> jlong {
    guard(env, |env| {
        let dtype = Dtype::from_codes(dtype as u32, unit as u32).map_err(invalid)?;
        let shape = dims(env, &shape)?;
        on(writer, |writer| Ok(writer.reserve(dtype, &shape, flags as u32)? as jlong))
    })
}

/// `Writer.size`
#[unsafe(no_mangle)]
pub extern "system" fn Java_com_dishtayantra_lmdb_Writer_size<'local>(
    env: Env<'local>,
    _class: JClass<'local>,
    writer: jlong,
) -> jlong {
    guard(env, |_| on(writer, |writer| Ok(writer.size()? as jlong)))
}

/// `Writer.bytes`
#[unsafe(no_mangle)]
pub extern "system" fn Java_com_dishtayantra_lmdb_Writer_bytes<'local>(
    env: Env<'local>,
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

/// `Writer.fill`
#[unsafe(no_mangle)]
pub extern "system" fn Java_com_dishtayantra_lmdb_Writer_fill<'local>(
    env: Env<'local>,
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
