//! `com.dishtayantra.lmdb.Segment`.

use super::convert::{array, invalid, unsigned};
use super::env::{Env, JByteArray, JClass, JLongArray};
use super::guard::{Fallible, guard};
use crate::document::Dtype;
use crate::ffi::numbers::DY_LMDB_LIST_SEGMENT_MIN;
use crate::format::npy;
use jni::sys::{jboolean, jint};

/// `Segment.npyHeader`: what comes before the items in a `.npy` image.
#[unsafe(no_mangle)]
pub extern "system" fn Java_com_dishtayantra_lmdb_Segment_npyHeader<'local>(
    env: Env<'local>,
    _class: JClass<'local>,
    dtype: jint,
    unit: jint,
    shape: JLongArray<'local>,
    fortran_order: jboolean,
) -> JByteArray<'local> {
    guard(env, |env| {
        let dtype = Dtype::from_codes(dtype as u32, unit as u32).map_err(invalid)?;
        let shape = dims(env, &shape)?;
        array(env, &npy::header(&npy::descr(dtype), &shape, fortran_order, 0)?)
    })
}

/// `Segment.listMinimum`
#[unsafe(no_mangle)]
pub extern "system" fn Java_com_dishtayantra_lmdb_Segment_listMinimum<'local>(
    _env: Env<'local>,
    _class: JClass<'local>,
) -> jint {
    DY_LMDB_LIST_SEGMENT_MIN as jint
}

/// The lengths of dimensions.
pub(super) fn dims(env: &Env, shape: &JLongArray) -> Fallible<Vec<u64>> {
    let mut dims = vec![0; env.length(shape)?];
    env.get(shape, 0, &mut dims)?;
    dims.into_iter().map(|dim| unsigned("a dimension", dim)).collect()
}
