//! Option structs of the C ABI, filled from ours.

use super::chars;
use crate::entry::{PutOptions, milliseconds};
use crate::error::Result;
use crate::options::OpenOptions;
use crate::sys::{self, Functions};
use std::mem::MaybeUninit;

pub fn open_options(functions: &Functions, options: &OpenOptions) -> sys::dy_lmdb_options_t {
    let mut raw = MaybeUninit::uninit();
    // SAFETY: the call fills the whole struct of ABI version 1, which this is.
    let mut raw: sys::dy_lmdb_options_t = unsafe {
        (functions.dy_lmdb_options_default)(raw.as_mut_ptr());
        raw.assume_init()
    };
    raw.map_size = options.map_size.unwrap_or(raw.map_size);
    raw.prefault = options.prefault.unwrap_or(raw.prefault);
    raw.max_readers = options.max_readers.unwrap_or(raw.max_readers);
    raw.max_dbs = options.max_dbs.unwrap_or(raw.max_dbs);
    raw.mode = options.mode.unwrap_or(raw.mode);
    raw.durability = options.durability.map_or(raw.durability, |durability| durability.code());
    raw.flags = options.flags();
    raw
}

/// The struct points to the texts of `options`, which must stay while it is used.
pub fn put_options(functions: &Functions, options: &PutOptions<'_>) -> Result<sys::dy_lmdb_put_options_t> {
    let mut raw = MaybeUninit::uninit();
    // SAFETY: the call fills the whole struct of ABI version 1, which this is.
    let mut raw: sys::dy_lmdb_put_options_t = unsafe {
        (functions.dy_lmdb_put_options_default)(raw.as_mut_ptr());
        raw.assume_init()
    };
    raw.format = options.format.map_or(raw.format, |format| format.code());
    raw.flags = options.flags();
    raw.ttl_ms = options.ttl.map_or(raw.ttl_ms, |ttl| milliseconds(ttl) as u64);
    (raw.txn_id, raw.txn_id_len) = (chars(options.txn_id), options.txn_id.len());
    (raw.source, raw.source_len) = (chars(options.source), options.source.len());
    (raw.target, raw.target_len) = (chars(options.target), options.target.len());
    Ok(raw)
}
