//! `com.dishtayantra.lmdb.Node`, and what `Document` asks of it.

use super::convert::{array, invalid, object, text};
use super::env::{Env, JByteArray, JClass, JDoubleArray, JLongArray};
use super::guard::{Fallible, guard};
use crate::document::{Document, Iter, MAX_NDIM, TABLE, Value};
use crate::store::View;
use jni::sys::{jboolean, jdouble, jint, jlong};

/// Numbers that tell of a segment before its shape.
const SEGMENT: usize = 6;
/// Numbers that tell of a value in a scan: its type (and from bit 8 an extension's number), its position, two more.
const ROW: usize = 4;
/// The type of a whole number that no `long` holds, in a scan.
const UNSIGNED: jlong = 10;

/// Runs `body` on the document of a view.
pub(super) fn read<'local, T: Default>(
    env: Env<'local>,
    view: jlong,
    body: impl FnOnce(&Env<'local>, Document) -> Fallible<T>,
) -> T {
    guard(env, |env| {
        // SAFETY: the module's promise.
        let view: &View = unsafe { object(view) };
        body(env, Document::of_view(view))
    })
}

/// `Node.validate`
#[unsafe(no_mangle)]
pub extern "system" fn Java_com_dishtayantra_lmdb_Node_validate<'local>(
    env: Env<'local>,
    _class: JClass<'local>,
    view: jlong,
) {
    read(env, view, |_, document| Ok(document.validate()?))
}

/// `Node.refers`
#[unsafe(no_mangle)]
pub extern "system" fn Java_com_dishtayantra_lmdb_Node_refers<'local>(
    env: Env<'local>,
    _class: JClass<'local>,
    view: jlong,
) -> jboolean {
    read(env, view, |_, document| Ok(document.refers()))
}

/// `Node.type`
#[unsafe(no_mangle)]
pub extern "system" fn Java_com_dishtayantra_lmdb_Node_type<'local>(
    env: Env<'local>,
    _class: JClass<'local>,
    view: jlong,
    node: jlong,
) -> jint {
    read(env, view, |_, document| Ok(document.kind(node as u64)?.code() as jint))
}

/// `Node.size`
#[unsafe(no_mangle)]
pub extern "system" fn Java_com_dishtayantra_lmdb_Node_size<'local>(
    env: Env<'local>,
    _class: JClass<'local>,
    view: jlong,
    node: jlong,
) -> jlong {
    read(env, view, |_, document| Ok(document.count(node as u64)? as jlong))
}

/// `Node.asBoolean`
#[unsafe(no_mangle)]
pub extern "system" fn Java_com_dishtayantra_lmdb_Node_asBoolean<'local>(
    env: Env<'local>,
    _class: JClass<'local>,
    view: jlong,
    node: jlong,
) -> jboolean {
    read(env, view, |_, document| Ok(document.bool(node as u64)?))
}

/// `Node.asLong`
#[unsafe(no_mangle)]
pub extern "system" fn Java_com_dishtayantra_lmdb_Node_asLong<'local>(
    env: Env<'local>,
    _class: JClass<'local>,
    view: jlong,
    node: jlong,
) -> jlong {
    read(env, view, |_, document| Ok(document.int64(node as u64)?))
}

/// `Node.asUnsignedLong`
#[unsafe(no_mangle)]
pub extern "system" fn Java_com_dishtayantra_lmdb_Node_asUnsignedLong<'local>(
    env: Env<'local>,
    _class: JClass<'local>,
    view: jlong,
    node: jlong,
) -> jlong {
    read(env, view, |_, document| Ok(document.uint64(node as u64)? as jlong))
}

/// `Node.asDouble`
#[unsafe(no_mangle)]
pub extern "system" fn Java_com_dishtayantra_lmdb_Node_asDouble<'local>(
    env: Env<'local>,
    _class: JClass<'local>,
    view: jlong,
    node: jlong,
) -> jdouble {
    read(env, view, |_, document| Ok(document.double(node as u64)?))
}

/// `Node.asString`
#[unsafe(no_mangle)]
pub extern "system" fn Java_com_dishtayantra_lmdb_Node_asString<'local>(
    env: Env<'local>,
    _class: JClass<'local>,
    view: jlong,
    node: jlong,
) -> JByteArray<'local> {
    read(env, view, |env, document| array(env, document.string(node as u64)?.as_bytes()))
}

/// `Node.asBytes`
#[unsafe(no_mangle)]
pub extern "system" fn Java_com_dishtayantra_lmdb_Node_asBytes<'local>(
    env: Env<'local>,
    _class: JClass<'local>,
    view: jlong,
    node: jlong,
) -> JByteArray<'local> {
    read(env, view, |env, document| array(env, document.bytes(node as u64)?))
}

/// `Node.asDoubles`
#[unsafe(no_mangle)]
pub extern "system" fn Java_com_dishtayantra_lmdb_Node_asDoubles<'local>(
    env: Env<'local>,
    _class: JClass<'local>,
    view: jlong,
    node: jlong,
) -> JDoubleArray<'local> {
    read(env, view, |env, document| {
        let node = node as u64;
        let mut values = vec![0.0; document.count(node)?];
        document.numbers_into(node, &mut values)?;
        let array = env.new_doubles(values.len())?;
        env.set(&array, 0, &values)?;
        Ok(array)
    })
}

/// Numbers that tell of numbers before their shape.
const NUMBERS: usize = 4;

/// Tells of the numbers that a value is (where they lie or -1, how many, whether they are lists, dimensions, the shape),
/// and gives them when they do not lie anywhere as such.
fn numbers<'local>(
    env: &Env<'local>,
    document: &Document,
    node: u64,
    told: &JLongArray,
) -> Fallible<JByteArray<'local>> {
    let numbers = document.numbers(node)?;
    let place = numbers.in_place();
    let mut all = [0; NUMBERS + MAX_NDIM];
    all[..NUMBERS].copy_from_slice(&[
        place.map_or(-1, |data| document.offset_of(data) as jlong),
        numbers.count() as jlong,
        numbers.is_list().into(),
        numbers.shape().len() as jlong,
    ]);
    for (number, length) in all[NUMBERS..].iter_mut().zip(numbers.shape()) {
        *number = *length as jlong;
    }
    env.set(told, 0, &all)?;
    if place.is_some() {
        return Ok(JByteArray::null());
    }
    let mut values = vec![0.0; numbers.count()];
    document.copy_numbers(&numbers, &mut values)?;
    // SAFETY: doubles are bytes.
    array(env, unsafe { std::slice::from_raw_parts(values.as_ptr().cast(), size_of_val(&values[..])) })
}

/// `Node.numbers`
#[unsafe(no_mangle)]
pub extern "system" fn Java_com_dishtayantra_lmdb_Node_numbers<'local>(
    env: Env<'local>,
    _class: JClass<'local>,
    view: jlong,
    node: jlong,
    told: JLongArray<'local>,
) -> JByteArray<'local> {
    read(env, view, |env, document| numbers(env, &document, node as u64, &told))
}

/// `Node.numbersOf`: of a document in an array.
#[unsafe(no_mangle)]
pub extern "system" fn Java_com_dishtayantra_lmdb_Node_numbersOf<'local>(
    env: Env<'local>,
    _class: JClass<'local>,
    bytes: JByteArray<'local>,
    told: JLongArray<'local>,
) -> JByteArray<'local> {
    guard(env, |env| {
        let bytes = super::convert::bytes(env, "the document", &bytes)?;
        numbers(env, &Document::new(&bytes), 0, &told)
    })
}

/// `Node.segment`
#[unsafe(no_mangle)]
pub extern "system" fn Java_com_dishtayantra_lmdb_Node_segment<'local>(
    env: Env<'local>,
    _class: JClass<'local>,
    view: jlong,
    node: jlong,
    told: JLongArray<'local>,
) {
    read(env, view, |env, document| {
        let segment = document.segment(node as u64)?.segment;
        let (dtype, shape, data) = (segment.dtype(), segment.shape(), segment.data());
        let mut all = [0; SEGMENT + MAX_NDIM];
        all[..SEGMENT].copy_from_slice(&[
            dtype.code().into(),
            dtype.unit() as jlong,
            segment.flags().into(),
            shape.len() as jlong,
            document.offset_of(data) as jlong,
            data.len() as jlong,
        ]);
        for (number, length) in all[SEGMENT..].iter_mut().zip(shape) {
            *number = *length as jlong;
        }
        env.set(&told, 0, &all)
    })
}

/// `Node.isTable`
#[unsafe(no_mangle)]
pub extern "system" fn Java_com_dishtayantra_lmdb_Node_isTable<'local>(
    env: Env<'local>,
    _class: JClass<'local>,
    view: jlong,
    node: jlong,
) -> jboolean {
    read(env, view, |_, document| Ok(document.find_table(node as u64)?.is_some()))
}

/// `Node.find`
#[unsafe(no_mangle)]
pub extern "system" fn Java_com_dishtayantra_lmdb_Node_find<'local>(
    env: Env<'local>,
    _class: JClass<'local>,
    view: jlong,
    node: jlong,
    path: JByteArray<'local>,
) -> jlong {
    read(env, view, |env, document| Ok(document.find(node as u64, &text(env, "path", &path)?)? as jlong))
}

/// `Node.get`
#[unsafe(no_mangle)]
pub extern "system" fn Java_com_dishtayantra_lmdb_Node_get<'local>(
    env: Env<'local>,
    _class: JClass<'local>,
    view: jlong,
    node: jlong,
    key: JByteArray<'local>,
) -> jlong {
    read(env, view, |env, document| Ok(document.get(node as u64, &text(env, "key", &key)?)? as jlong))
}

/// `Node.at`
#[unsafe(no_mangle)]
pub extern "system" fn Java_com_dishtayantra_lmdb_Node_at<'local>(
    env: Env<'local>,
    _class: JClass<'local>,
    view: jlong,
    node: jlong,
    index: jlong,
) -> jlong {
    read(env, view, |_, document| {
        let index = usize::try_from(index).map_err(|_| invalid(format!("index {index} of an array")))?;
        Ok(document.at(node as u64, index)? as jlong)
    })
}

/// Tells where a walk stands.
fn tell(env: &Env, at: &JLongArray, iter: &Iter) -> Fallible<()> {
    let numbers = [iter.key as jlong, iter.value as jlong, iter.next as jlong, iter.remaining as jlong];
    env.set(at, 0, &numbers)
}

/// `Node.iterate`
#[unsafe(no_mangle)]
pub extern "system" fn Java_com_dishtayantra_lmdb_Node_iterate<'local>(
    env: Env<'local>,
    _class: JClass<'local>,
    view: jlong,
    node: jlong,
    at: JLongArray<'local>,
) {
    read(env, view, |env, document| tell(env, &at, &document.iterate(node as u64)?))
}

/// `Node.next`
#[unsafe(no_mangle)]
pub extern "system" fn Java_com_dishtayantra_lmdb_Node_next<'local>(
    env: Env<'local>,
    _class: JClass<'local>,
    view: jlong,
    at: JLongArray<'local>,
) {
    read(env, view, |env, document| {
        let mut numbers = [0; 4];
        env.get(&at, 0, &mut numbers)?;
        let [key, value, next, remaining] = numbers.map(|number| number as u64);
        let mut iter = Iter { key, value, next, remaining: remaining as usize };
        document.next(&mut iter)?;
        tell(env, &at, &iter)
    })
}

/// `Node.scan`: how many values were told of; the position after them is the last number.
#[unsafe(no_mangle)]
pub extern "system" fn Java_com_dishtayantra_lmdb_Node_scan<'local>(
    env: Env<'local>,
    _class: JClass<'local>,
    view: jlong,
    from: jlong,
    told: JLongArray<'local>,
) -> jint {
    read(env, view, |env, document| {
        let room = env.length(&told)?.saturating_sub(1) / ROW;
        let mut numbers = vec![0; room * ROW + 1];
        let (mut at, mut rows) = (from as u64, 0);
        for row in numbers[..room * ROW].as_chunks_mut::<ROW>().0 {
            let (value, next) = match document.value(at) {
                Ok(found) => found,
                // What comes before the fault may be all that is wanted.
                Err(_) if rows > 0 => break,
                Err(error) => return Err(error.into()),
            };
            *row = told_of(&document, at, &value);
            (at, rows) = (next, rows + 1);
        }
        numbers[room * ROW] = at as jlong;
        env.set(&told, 0, &numbers)?;
        Ok(rows)
    })
}

/// The numbers of a value in a scan.
fn told_of(document: &Document, at: u64, value: &Value) -> [jlong; ROW] {
    use crate::document::Type;
    let range = |bytes: &[u8]| (document.offset_of(bytes) as jlong, bytes.len() as jlong);
    let (kind, (first, second)) = match *value {
        Value::Nil => (Type::Nil as jlong, (0, 0)),
        Value::Bool(value) => (Type::Bool as jlong, (value.into(), 0)),
        Value::Negative(value) => (Type::Int as jlong, (value, 0)),
        Value::Unsigned(value) => match jlong::try_from(value) {
            Ok(value) => (Type::Int as jlong, (value, 0)),
            Err(_) => (UNSIGNED, (value as jlong, 0)),
        },
        Value::Float(value) => (Type::Float as jlong, (value.to_bits() as jlong, 0)),
        Value::String(text) => (Type::String as jlong, range(text.as_bytes())),
        Value::Bytes(bytes) => (Type::Bytes as jlong, range(bytes)),
        Value::Array(count) => (Type::Array as jlong, (count as jlong, 0)),
        Value::Map(count) => (Type::Map as jlong, (count as jlong, 0)),
        Value::Ext { tag, body } => (Type::Ext as jlong | jlong::from(tag as u8) << 8, range(body)),
        Value::Segment => (Type::Segment as jlong, (0, 0)),
        // As the extension that it is to classes that know no tables.
        Value::Table => (Type::Ext as jlong | jlong::from(TABLE) << 8, (0, 0)),
    };
    [kind, at as jlong, first, second]
}
