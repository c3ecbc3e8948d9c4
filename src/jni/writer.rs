//! `com.dishtayantra.lmdb.Writer`.

use super::convert::{
    array as bytes_array, bytes, direct_bytes, give, invalid, object, release, text, unsigned,
};
use super::env::{Env, JByteArray, JByteBuffer, JClass, JLongArray};
use super::guard::{Fallible, guard};
use super::loan::Held;
use super::segment::dims;
use crate::document::table::{Buffers, Field, Layout, MOST_LEVELS, Origin};
use crate::document::{Dtype, Writer};
use crate::error::Result;
use crate::ffi::arrow_import;
use jni::sys::{jboolean, jdouble, jint, jlong};
use std::any::Any;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// A writer in Java's hands. The items of segments are put in their places by Java; of tables it borrows the buffers, which
/// Java keeps until the writer is reset or released.
#[derive(Default)]
struct Owned {
    writer: Mutex<Writer<'static>>,
    /// What the writer borrows that is not Java's; goes after it.
    kept: Mutex<Vec<Box<dyn Any + Send>>>,
}

/// Runs `body` on a writer.
fn on<T>(writer: jlong, body: impl FnOnce(&mut Writer<'static>) -> Result<T>) -> Fallible<T> {
    // SAFETY: the module's promise.
    let owned: &Owned = unsafe { object(writer) };
    Ok(body(&mut owned.writer.lock().unwrap_or_else(PoisonError::into_inner))?)
}

/// What a writer borrows that is not Java's.
fn kept<'a>(writer: jlong) -> MutexGuard<'a, Vec<Box<dyn Any + Send>>> {
    // SAFETY: the module's promise.
    let owned: &Owned = unsafe { object(writer) };
    owned.kept.lock().unwrap_or_else(PoisonError::into_inner)
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
        })?;
        kept(writer).clear();
        Ok(())
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

/// What Java's class `Field` told of columns, in its order.
struct Told<'a>(&'a [u8]);

impl<'a> Told<'a> {
    fn take(&mut self, size: usize) -> Result<&'a [u8]> {
        let (taken, rest) =
            self.0.split_at_checked(size).ok_or_else(|| invalid("what is told of columns ends early"))?;
        self.0 = rest;
        Ok(taken)
    }

    fn number(&mut self) -> Result<u64> {
        Ok(u64::from_le_bytes(self.take(8)?.try_into().expect("8 bytes")))
    }

    fn text(&mut self, size: u64) -> Result<&'a str> {
        std::str::from_utf8(self.take(size as usize)?)
            .map_err(|error| invalid(format!("a text of a column is no UTF-8: {error}")))
    }

    /// A buffer.
    ///
    /// # Safety
    /// The memory is Java's, which keeps it as long as the result is used.
    unsafe fn buffer(&mut self) -> Result<&'static [u8]> {
        let (address, size) = (self.number()? as usize, self.number()? as usize);
        if size == 0 {
            return Ok(&[]);
        }
        // SAFETY: the caller's promise.
        Ok(unsafe { std::slice::from_raw_parts(address as *const u8, size) })
    }

    /// A column with what it has.
    ///
    /// # Safety
    /// As for `buffer`; the result's texts are those told.
    unsafe fn field(&mut self, level: u8) -> Result<Field<'a>> {
        if level == MOST_LEVELS {
            return Err(invalid(format!("more than {MOST_LEVELS} columns inside one another")));
        }
        let [name, format, flags, children, dictionary, length, nulls] = {
            let mut numbers = [0; 7];
            for number in &mut numbers {
                *number = self.number()?;
            }
            numbers
        };
        // SAFETY: the caller's promise.
        let [validity, offsets, data, metadata] =
            unsafe { [self.buffer()?, self.buffer()?, self.buffer()?, self.buffer()?] };
        let padding = (name + format).next_multiple_of(8) - name - format;
        let (name, format) = (self.text(name)?, self.text(format)?);
        self.take(padding as usize)?;
        // SAFETY: the caller's promise.
        let children = (0..children).map(|_| unsafe { self.field(level + 1) }).collect::<Result<_>>()?;
        // SAFETY: the caller's promise.
        let dictionary = (dictionary != 0).then(|| unsafe { self.field(level + 1) }).transpose()?;
        Ok(Field {
            name,
            format,
            flags: flags as u32,
            metadata,
            length,
            nulls,
            buffers: Buffers { validity, offsets, data },
            dictionary: dictionary.map(Box::new),
            children,
        })
    }
}

fn origin_of(code: jint) -> Result<Origin> {
    Origin::from_code(code as u32).ok_or_else(|| invalid(format!("{code} is no origin of a table")))
}

/// `Writer.table`: metadata of the whole, then what Java's class `Field` tells of each column.
#[unsafe(no_mangle)]
pub extern "system" fn Java_com_dishtayantra_lmdb_Writer_table<'local>(
    env: Env<'local>,
    _class: JClass<'local>,
    writer: jlong,
    origin: jint,
    rows: jlong,
    columns: jint,
    told: JByteBuffer<'local>,
) {
    guard(env, |env| {
        let origin = origin_of(origin)?;
        // SAFETY: Java keeps the buffer during the call, to which the texts that lie in it are copied.
        let mut told = Told(unsafe { direct_bytes(env, &told, 0, env.memory(&told)?.1) }?);
        // SAFETY: Java keeps the buffers until the writer is reset or released.
        let metadata = unsafe { told.buffer() }?;
        // SAFETY: as above.
        let columns = (0..columns).map(|_| unsafe { told.field(0) }).collect::<Result<_>>()?;
        let layout = Layout { origin, rows: rows as u64, metadata, columns };
        on(writer, |writer| writer.table(&layout))
    })
}

/// `Writer.arrow`
#[unsafe(no_mangle)]
pub extern "system" fn Java_com_dishtayantra_lmdb_Writer_arrow<'local>(
    env: Env<'local>,
    _class: JClass<'local>,
    writer: jlong,
    origin: jint,
    stream: jlong,
) {
    guard(env, |_| {
        // SAFETY: Java's caller says that there is a stream.
        let imported = unsafe { arrow_import::Imported::take(stream as *mut _) }?;
        // SAFETY: what is imported is kept below for as long as the writer borrows from it.
        let (imported, layout) = unsafe { imported.into_layout(origin_of(origin)?) }?;
        on(writer, |writer| writer.table(&layout))?;
        kept(writer).push(imported);
        Ok(())
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
