//! What Java passed, checked and turned into what the engine takes, and back.

use super::env::{Env, JByteArray, JByteBuffer};
use super::guard::Fallible;
use crate::error::{Error, Result, Status};
use crate::format::Format;
use crate::options::PutOptions;
use jni::sys::{jbyte, jint, jlong};

/// Flag of a put: fail when a live entry is under the key.
const NO_OVERWRITE: jint = 1;
/// Flag of a put: store a checksum.
const CHECKSUM: jint = 2;
/// Flag of a put: record when the entry is first opened.
const TRACKED: jint = 4;

/// Bytes copied from an array without a pause in which the garbage collector can begin.
const STEP: usize = 1 << 20;

/// An error of `InvalidArgument`.
pub(super) fn invalid(message: impl Into<String>) -> Error {
    Error::new(Status::InvalidArgument, message)
}

/// Hands an object to Java, which gives it back with `release`.
pub(super) fn give<T>(object: T) -> jlong {
    Box::into_raw(Box::new(object)) as jlong
}

/// The object behind a number that `give` made.
///
/// # Safety
/// The module's promise, for as long as the result is used.
pub(super) unsafe fn object<'a, T>(pointer: jlong) -> &'a T {
    // SAFETY: the caller's promise.
    unsafe { &*(pointer as *const T) }
}

/// Frees an object made by `give`; 0 is none.
///
/// # Safety
/// The module's promise; it is given back once.
pub(super) unsafe fn release<T>(pointer: jlong) {
    if pointer != 0 {
        // SAFETY: the caller's promise.
        drop(unsafe { Box::from_raw(pointer as *mut T) });
    }
}

/// A number of Java's that is not below zero.
pub(super) fn unsigned(name: &str, value: jlong) -> Fallible<u64> {
    Ok(u64::try_from(value).map_err(|_| invalid(format!("{name} is {value}; it cannot be negative")))?)
}

/// The bytes of an array.
pub(super) fn bytes(env: &Env, name: &str, array: &JByteArray) -> Fallible<Vec<u8>> {
    if array.is_null() {
        return Err(invalid(format!("{name} is null")).into());
    }
    let mut bytes = vec![0; env.length(array)?];
    read(env, array, 0, &mut bytes)?;
    Ok(bytes)
}

/// Copies the bytes of an array from `offset` on, as many as `out` takes.
pub(super) fn read(env: &Env, array: &JByteArray, offset: usize, out: &mut [u8]) -> Fallible<()> {
    for (step, chunk) in out.chunks_mut(STEP).enumerate() {
        // SAFETY: a jbyte is a byte, and the slice is lent for writing.
        let chunk =
            unsafe { std::slice::from_raw_parts_mut(chunk.as_mut_ptr().cast::<jbyte>(), chunk.len()) };
        env.get(array, offset + step * STEP, chunk)?;
    }
    Ok(())
}

/// Bytes of a direct buffer.
///
/// # Safety
/// The buffer stays while the result is used, and the range is inside of it.
pub(super) unsafe fn direct_bytes<'a>(
    env: &Env,
    buffer: &JByteBuffer,
    offset: usize,
    length: usize,
) -> Fallible<&'a [u8]> {
    if length == 0 {
        return Ok(&[]);
    }
    // SAFETY: the caller's promise.
    Ok(unsafe { std::slice::from_raw_parts(env.memory(buffer)?.0.add(offset), length) })
}

/// The text of an array in UTF-8.
pub(super) fn text(env: &Env, name: &str, array: &JByteArray) -> Fallible<String> {
    let text = String::from_utf8(bytes(env, name, array)?);
    Ok(text.map_err(|error| invalid(format!("{name} is not UTF-8: {error}")))?)
}

/// An array with these bytes.
pub(super) fn array<'local>(env: &Env<'local>, bytes: &[u8]) -> Fallible<JByteArray<'local>> {
    if jint::try_from(bytes.len()).is_err() {
        let what = format!("{} bytes; a Java array holds at most {}", bytes.len(), jint::MAX);
        return Err(Error::new(Status::TooLarge, what).into());
    }
    let array = env.new_bytes(bytes.len())?;
    for (step, chunk) in bytes.chunks(STEP).enumerate() {
        // SAFETY: a jbyte is a byte.
        let chunk = unsafe { std::slice::from_raw_parts(chunk.as_ptr().cast::<jbyte>(), chunk.len()) };
        env.set(&array, step * STEP, chunk)?;
    }
    Ok(array)
}

/// The engine's options of a put, of Java's.
pub(super) fn put_options<'a>(
    format: jint,
    flags: jint,
    ttl_ms: jlong,
    [txn_id, source, target]: [&'a str; 3],
) -> Result<PutOptions<'a>> {
    let ttl_ms = u64::try_from(ttl_ms)
        .map_err(|_| invalid(format!("the time to live is {ttl_ms}; it cannot be negative")))?;
    Ok(PutOptions {
        format: Format::from_u32(format as u32)?,
        ttl_ms,
        no_overwrite: flags & NO_OVERWRITE != 0,
        checksum: flags & CHECKSUM != 0,
        tracked: flags & TRACKED != 0,
        txn_id,
        source,
        target,
    })
}

/// The options of a put whose texts are arrays.
pub(super) struct Put {
    format: jint,
    flags: jint,
    ttl_ms: jlong,
    texts: [String; 3],
}

impl Put {
    /// Takes Java's options.
    pub(super) fn new(
        env: &Env,
        format: jint,
        flags: jint,
        ttl_ms: jlong,
        [txn_id, source, target]: [&JByteArray; 3],
    ) -> Fallible<Put> {
        let texts = [text(env, "txnId", txn_id)?, text(env, "source", source)?, text(env, "target", target)?];
        Ok(Put { format, flags, ttl_ms, texts })
    }

    /// The engine's options.
    pub(super) fn options(&self) -> Result<PutOptions<'_>> {
        put_options(self.format, self.flags, self.ttl_ms, self.texts.each_ref().map(String::as_str))
    }
}
