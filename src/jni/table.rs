//! `com.dishtayantra.lmdb.Table` and its `Column`.

use super::convert::{array, direct_bytes, invalid, object, text};
use super::env::{Env, JByteArray, JByteBuffer, JClass, JLongArray};
use super::guard::{Fallible, guard};
use super::view::share;
use crate::document::table::Table;
use crate::document::{Document, Writer};
use crate::ffi::arrow::{self, ArrowArray, ArrowSchema, Pin};
use crate::ffi::document::Made;
use crate::ffi::table::unnamed;
use crate::store::View;
use jni::sys::{jint, jlong};
use std::sync::Arc;

/// Runs `body` on a document in a view or, when that is 0, of Java's.
fn on<'local, T: Default>(
    env: Env<'local>,
    (view, bytes): (jlong, &JByteBuffer<'local>),
    body: impl FnOnce(&Env<'local>, Document) -> Fallible<T>,
) -> T {
    guard(env, |env| {
        let document = if view == 0 {
            // SAFETY: Java keeps the buffer during the call, and nobody writes into it.
            Document::new(unsafe { direct_bytes(env, bytes, 0, env.memory(bytes)?.1) }?)
        } else {
            // SAFETY: the module's promise.
            Document::of_view(unsafe { object::<View>(view) })
        };
        body(env, document)
    })
}

/// Runs `body` on a table in it.
fn read<'local, T: Default>(
    env: Env<'local>,
    place: (jlong, &JByteBuffer<'local>),
    node: jlong,
    body: impl FnOnce(&Env<'local>, Document, Table) -> Fallible<T>,
) -> T {
    on(env, place, |env, document| body(env, document, document.table(node as u64)?))
}

/// `Table.open`
#[unsafe(no_mangle)]
pub extern "system" fn Java_com_dishtayantra_lmdb_Table_open<'local>(
    env: Env<'local>,
    _class: JClass<'local>,
    view: jlong,
    bytes: JByteBuffer<'local>,
    node: jlong,
    told: JLongArray<'local>,
) {
    read(env, (view, &bytes), node, |env, document, table| {
        let metadata = table.metadata();
        let all = [
            table.rows() as jlong,
            table.columns().into(),
            table.origin() as jlong,
            if metadata.is_empty() { 0 } else { document.offset_of(metadata) as jlong },
            metadata.len() as jlong,
        ];
        env.set(&told, 0, &all)
    })
}

/// `Table.check`
#[unsafe(no_mangle)]
pub extern "system" fn Java_com_dishtayantra_lmdb_Table_check<'local>(
    env: Env<'local>,
    _class: JClass<'local>,
    view: jlong,
    bytes: JByteBuffer<'local>,
    node: jlong,
) {
    read(env, (view, &bytes), node, |_, _, table| Ok(table.check()?))
}

/// `Table.export`: to a schema and an array at two addresses, of a payload that goes when both are released.
#[unsafe(no_mangle)]
pub extern "system" fn Java_com_dishtayantra_lmdb_Table_export<'local>(
    env: Env<'local>,
    _class: JClass<'local>,
    view: jlong,
    bytes: JByteBuffer<'local>,
    node: jlong,
    schema: jlong,
    array: jlong,
) {
    guard(env, |env| {
        let (document, pin): (Document<'static>, Pin) = if view == 0 {
            // SAFETY: as for `on`.
            let bytes = unsafe { direct_bytes(env, &bytes, 0, env.memory(&bytes)?.1) }?;
            let copy = Arc::new(Made::of(&[(0, bytes)])?);
            // SAFETY: the copy stays where it is for as long as the pin, which goes with what is made of the document.
            (Document::new(unsafe { &*Arc::as_ptr(&copy) }.bytes()), copy)
        } else {
            // SAFETY: the module's promise.
            let pin = unsafe { share(view) };
            // SAFETY: as above.
            (Document::of_view(unsafe { &*Arc::as_ptr(&pin) }), pin)
        };
        let table = document.table(node as u64)?;
        table.check()?;
        // SAFETY: Java's caller says that there is room for both.
        let (schema, array) = unsafe {
            (
                (schema as *mut ArrowSchema).cast::<std::mem::MaybeUninit<_>>().as_mut(),
                (array as *mut ArrowArray).cast::<std::mem::MaybeUninit<_>>().as_mut(),
            )
        };
        // SAFETY: the table was checked.
        Ok(unsafe { arrow::export(&arrow::Source::Table(table), &pin, schema, array) }?)
    })
}

/// `Table.gather`: a document that is the table of plain values.
#[unsafe(no_mangle)]
pub extern "system" fn Java_com_dishtayantra_lmdb_Table_gather<'local>(
    env: Env<'local>,
    _class: JClass<'local>,
    view: jlong,
    bytes: JByteBuffer<'local>,
    node: jlong,
) -> JByteArray<'local> {
    on(env, (view, &bytes), |env, document| {
        let table = document.with_table(node as u64, |layout| {
            let mut writer = Writer::new();
            writer.table(layout)?;
            Ok(writer.parts()?.concat())
        })?;
        array(env, &table)
    })
}

/// `Column.open`: its format, a NUL and its name.
#[unsafe(no_mangle)]
pub extern "system" fn Java_com_dishtayantra_lmdb_Column_open<'local>(
    env: Env<'local>,
    _class: JClass<'local>,
    view: jlong,
    bytes: JByteBuffer<'local>,
    node: jlong,
    name: JByteArray<'local>,
    index: jint,
    told: JLongArray<'local>,
) -> JByteArray<'local> {
    read(env, (view, &bytes), node, |env, document, table| {
        let column = if name.is_null() {
            let index = u32::try_from(index).map_err(|_| invalid(format!("index {index} of a column")))?;
            table.column(index)?
        } else {
            let name = text(env, "name", &name)?;
            table.column_named(&name)?.ok_or_else(|| unnamed(&table, &name))?
        };
        let place = |bytes: &[u8]| if bytes.is_empty() { 0 } else { document.offset_of(bytes) as jlong };
        let (first_child, children) = column.children();
        let all = [
            column.index().into(),
            column.len() as jlong,
            column.nulls() as jlong,
            column.validity().map_or(-1, place),
            place(column.data()),
            column.data().len() as jlong,
            place(column.offsets()),
            column.kind().offset_size() as jlong,
            column.kind().itemsize() as jlong,
            column.dictionary_index().unwrap_or(0).into(),
            first_child.into(),
            children.into(),
            column.flags().into(),
            place(column.metadata()),
            column.metadata().len() as jlong,
        ];
        env.set(&told, 0, &all)?;
        let texts = [column.format().as_bytes(), &[0], column.name().as_bytes()].concat();
        array(env, &texts)
    })
}
