//! `com.dishtayantra.lmdb.Table` and its `Column`.

use super::convert::{array, invalid, text};
use super::env::{Env, JByteArray, JClass, JLongArray};
use super::node::read;
use crate::ffi::table::unnamed;
use jni::sys::{jint, jlong};

/// `Table.open`
#[unsafe(no_mangle)]
pub extern "system" fn Java_com_dishtayantra_lmdb_Table_open<'local>(
    env: Env<'local>,
    _class: JClass<'local>,
    view: jlong,
    node: jlong,
    told: JLongArray<'local>,
) {
    read(env, view, |env, document| {
        let table = document.table(node as u64)?;
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
    node: jlong,
) {
    read(env, view, |_, document| Ok(document.table(node as u64)?.check()?))
}

/// `Column.open`: its format, a NUL and its name.
#[unsafe(no_mangle)]
pub extern "system" fn Java_com_dishtayantra_lmdb_Column_open<'local>(
    env: Env<'local>,
    _class: JClass<'local>,
    view: jlong,
    node: jlong,
    name: JByteArray<'local>,
    index: jint,
    told: JLongArray<'local>,
) -> JByteArray<'local> {
    read(env, view, |env, document| {
        let table = document.table(node as u64)?;
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
            column.dtype().map_or(0, |dtype| dtype.code().into()),
        ];
        env.set(&told, 0, &all)?;
        let texts = [column.format().as_bytes(), &[0], column.name().as_bytes()].concat();
        array(env, &texts)
    })
}
