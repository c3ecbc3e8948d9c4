//! `com.dishtayantra.lmdb.NativeLibrary`.

use super::convert::array;
use super::env::{Env, JByteArray, JClass, JObject};
use super::guard::{guard, prepare};
use crate::error::Status;
use jni::sys::jint;

/// Version of the native methods, as in Java's class `NativeLibrary`: one more whenever some are added. None is ever
/// removed or changed, so that the classes work with a later library.
const VERSION: jint = 6;

/// `NativeLibrary.version`
#[unsafe(no_mangle)]
pub extern "system" fn Java_com_dishtayantra_lmdb_NativeLibrary_version<'local>(
    _env: Env<'local>,
    _class: JClass<'local>,
) -> jint {
    VERSION
}

/// `NativeLibrary.help`
#[unsafe(no_mangle)]
pub extern "system" fn Java_com_dishtayantra_lmdb_NativeLibrary_help<'local>(
    env: Env<'local>,
    _class: JClass<'local>,
    status: jint,
) -> JByteArray<'local> {
    guard(env, |env| array(env, Status::help_of(status).to_bytes()))
}

/// `NativeLibrary.prepare`: keeps what exceptions are made with, before there is one to throw.
#[unsafe(no_mangle)]
pub extern "system" fn Java_com_dishtayantra_lmdb_NativeLibrary_prepare<'local>(
    env: Env<'local>,
    _class: JClass<'local>,
    status: JClass<'local>,
    no_memory: JObject<'local>,
) {
    guard(env, |env| prepare(env, &status, &no_memory))
}
