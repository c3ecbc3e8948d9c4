//! `com.dishtayantra.lmdb.View`.

use super::call::Call;
use super::convert::{array, invalid, object};
use super::env::{Env, JByteArray, JByteBuffer, JClass, JLongArray};
use super::guard::guard;
use super::told::{INFO, numbers};
use crate::format::npy;
use crate::store::View;
use crate::store::{Look, Store};
use jni::sys::{jint, jlong};
use std::sync::Arc;

/// Flag of opening: a tracked entry does not count as opened.
const QUIET: jint = 1;

/// Answers of `View.open`.
const ABSENT: jint = 0;
const KNOWN: jint = 1;
const FOUND: jint = 2;

/// Fields of `View.text`.
const TXN_ID: jint = 1;
const SOURCE: jint = 2;
const TARGET: jint = 3;
const KEY: jint = 4;

/// `View.open`: whether there is a live entry, and whether it is the one with the id `known`; 0: none is known.
#[unsafe(no_mangle)]
pub extern "system" fn Java_com_dishtayantra_lmdb_View_open<'local>(
    env: Env<'local>,
    _class: JClass<'local>,
    store: jlong,
    call: jlong,
    flags: jint,
    known: jlong,
) -> jint {
    guard(env, |_| {
        // SAFETY: the module's promise.
        let (store, mut call): (&Store, Call) = unsafe { (object(store), Call::at(call)) };
        let (db, key) = call.place()?;
        let known = (known != 0).then_some(known as u64);
        Ok(match store.look(db, key, known, flags & QUIET == 0)? {
            Look::Absent => ABSENT,
            Look::Known(info) => {
                call.tell(numbers(&info));
                KNOWN
            }
            Look::Found(view) => {
                hand(view, call);
                FOUND
            }
        })
    })
}

/// Hands a view to Java: with the envelope's numbers the view itself, and where its payload lies.
pub(super) fn hand(view: View, mut call: Call) {
    let mut all = [0; INFO + 2];
    all[..INFO].copy_from_slice(&numbers(view.info()));
    all[INFO + 1] = view.bytes().as_ptr().addr() as jlong;
    // Shared with what tables of it are handed on as.
    all[INFO] = Arc::into_raw(Arc::new(view)) as jlong;
    call.tell(all);
}

/// A share of a view that Java has.
///
/// # Safety
/// The module's promise.
pub(super) unsafe fn share(view: jlong) -> Arc<View> {
    let view = view as *const View;
    // SAFETY: the caller's promise: `hand` gave it, so there is a count.
    unsafe {
        Arc::increment_strong_count(view);
        Arc::from_raw(view)
    }
}

/// `View.range`
#[unsafe(no_mangle)]
pub extern "system" fn Java_com_dishtayantra_lmdb_View_range<'local>(
    env: Env<'local>,
    _class: JClass<'local>,
    view: jlong,
    offset: jlong,
    length: jlong,
) -> JByteBuffer<'local> {
    guard(env, |env| {
        // SAFETY: the module's promise.
        let view: &View = unsafe { object(view) };
        let (offset, length) = (offset as usize, length as usize);
        let part = view.bytes().get(offset..).and_then(|rest| rest.get(..length));
        let part = part.ok_or_else(|| invalid(format!("{length} bytes at {offset} of a payload")))?;
        // SAFETY: the bytes stay until Java frees the view, which it does when no buffer of it is reachable; it hands out
        // read-only duplicates.
        unsafe { env.new_direct(part.as_ptr().cast_mut(), length) }
    })
}

/// `View.text`
#[unsafe(no_mangle)]
pub extern "system" fn Java_com_dishtayantra_lmdb_View_text<'local>(
    env: Env<'local>,
    _class: JClass<'local>,
    view: jlong,
    field: jint,
) -> JByteArray<'local> {
    guard(env, |env| {
        // SAFETY: the module's promise.
        let view: &View = unsafe { object(view) };
        let found = match field {
            TXN_ID => view.txn_id().as_bytes(),
            SOURCE => view.source().as_bytes(),
            TARGET => view.target().as_bytes(),
            KEY => view.key(),
            other => return Err(invalid(format!("{other} is no field of an envelope")).into()),
        };
        array(env, found)
    })
}

/// Numbers that tell of an array in format numpy before its shape.
const ARRAY: usize = 6;
/// Flag of an array: the first index varies fastest.
const FORTRAN: jlong = 1;
/// Flag of an array: the bytes of each item are in the other order.
const BIG_ENDIAN: jlong = 2;

/// `View.array`: dtype, unit, flags, dimensions, where the items begin, their bytes, and the shape.
#[unsafe(no_mangle)]
pub extern "system" fn Java_com_dishtayantra_lmdb_View_array<'local>(
    env: Env<'local>,
    _class: JClass<'local>,
    view: jlong,
    told: JLongArray<'local>,
) {
    guard(env, |env| {
        // SAFETY: the module's promise.
        let view: &View = unsafe { object(view) };
        let array = npy::of_view(view)?;
        let dtype = array.dtype().ok_or_else(|| {
            let key = String::from_utf8_lossy(view.key());
            invalid(format!("key {key:?}: items of type '{}' are none that Java has", array.descr()))
        })?;
        let flags = if array.fortran_order() { FORTRAN } else { 0 };
        let flags = if array.big_endian() { flags | BIG_ENDIAN } else { flags };
        let offset = array.data().as_ptr().addr() - view.bytes().as_ptr().addr();
        let mut all = [0; ARRAY + npy::MAX_NDIM];
        all[..ARRAY].copy_from_slice(&[
            dtype.code().into(),
            dtype.unit() as jlong,
            flags,
            array.shape().len() as jlong,
            offset as jlong,
            array.data().len() as jlong,
        ]);
        for (number, length) in all[ARRAY..].iter_mut().zip(array.shape()) {
            *number = *length as jlong;
        }
        env.set(&told, 0, &all)
    })
}

/// `View.verify`
#[unsafe(no_mangle)]
pub extern "system" fn Java_com_dishtayantra_lmdb_View_verify<'local>(
    env: Env<'local>,
    _class: JClass<'local>,
    view: jlong,
) {
    guard(env, |_| {
        // SAFETY: the module's promise.
        let view: &View = unsafe { object(view) };
        Ok(view.verify()?)
    })
}

/// `View.release`
#[unsafe(no_mangle)]
pub extern "system" fn Java_com_dishtayantra_lmdb_View_release<'local>(
    env: Env<'local>,
    _class: JClass<'local>,
    view: jlong,
) {
    guard(env, |_| {
        if view != 0 {
            // SAFETY: the module's promise: `hand` gave it, and it is given back once.
            drop(unsafe { Arc::from_raw(view as *const View) });
        }
        Ok(())
    })
}
