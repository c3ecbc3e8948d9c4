//! Configurations.

use super::arg::text;
use super::bytes::{BytesOut, dy_lmdb_bytes_t};
use super::guard::guard;
use super::status::dy_lmdb_status_t;
use crate::config::Config;
use std::ffi::c_char;

/// Checks a configuration and fills in the defaults.
///
/// - `json`, `json_len`: a JSON object, UTF-8. Its `lmdb_*` keys are read; an unknown one is warned about
///   with the nearest name (`dy_lmdb_warnings_take`). Other keys are somebody else's.
/// - `normalised`: where to put the block: a JSON object with every `lmdb_*` key, the path made absolute.
///
/// Returns `DY_LMDB_OK`; `DY_LMDB_CONFIG` when the text is no JSON object or a value is not allowed, naming
/// the key, the value and what is allowed; `DY_LMDB_INVALID_ARGUMENT`.
///
/// Memory: free the block with `dy_lmdb_bytes_free`.
///
/// Threads: any number at once.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn dy_lmdb_config_parse(
    json: *const c_char,
    json_len: usize,
    normalised: *mut *mut dy_lmdb_bytes_t,
) -> dy_lmdb_status_t {
    guard(|| {
        // SAFETY: as the documentation demands of the caller.
        let (json, normalised) =
            unsafe { (text("json", json, json_len)?, BytesOut::new("normalised", normalised)?) };
        normalised.write(Config::from_json(json)?.to_json());
        Ok(())
    })
}
