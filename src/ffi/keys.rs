//! Lists of keys.

use super::arg::{bytes, db_name, give, invalid, out, release, shared};
use super::guard::guard;
use super::status::dy_lmdb_status_t;
use super::store::{dy_lmdb_store_t, enter};
use std::ffi::{c_char, c_void};

/// Keys as they were at one moment, in key order. The list never changes; free it with `dy_lmdb_keys_free`.
pub struct dy_lmdb_keys_t(Vec<Vec<u8>>);

/// Lists the live keys that begin with a prefix.
///
/// - `store`: the store.
/// - `db`, `db_len`: the named database, UTF-8; (NULL, 0) means "default". One that is not there has no keys.
/// - `prefix`, `prefix_len`: what the keys begin with; (NULL, 0) lists all.
/// - `keys`: where to put the list.
///
/// Returns `DY_LMDB_OK`, `DY_LMDB_BAD_KEY`, `DY_LMDB_INVALID_ARGUMENT`, `DY_LMDB_CORRUPT`,
/// `DY_LMDB_READERS_FULL`, `DY_LMDB_CLOSED`, `DY_LMDB_FORKED` or `DY_LMDB_IO`.
///
/// Memory: free the list with `dy_lmdb_keys_free`.
///
/// Threads: any number at once.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn dy_lmdb_store_list(
    store: *const dy_lmdb_store_t,
    db: *const c_char,
    db_len: usize,
    prefix: *const c_void,
    prefix_len: usize,
    keys: *mut *mut dy_lmdb_keys_t,
) -> dy_lmdb_status_t {
    guard(|| {
        // SAFETY: as the documentation demands of the caller.
        let (store, db, prefix, keys) = unsafe {
            (enter(store)?, db_name(db, db_len)?, bytes("prefix", prefix, prefix_len)?, out("keys", keys)?)
        };
        keys.write(give(dy_lmdb_keys_t(store.list(db, prefix)?)));
        Ok(())
    })
}

/// How many keys a list has.
///
/// - `keys`: the list, or NULL.
///
/// Returns the number of keys; 0 when `keys` is NULL. Cannot fail.
///
/// Threads: any number at once.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn dy_lmdb_keys_count(keys: *const dy_lmdb_keys_t) -> usize {
    // SAFETY: NULL or a list of the library's, says the caller.
    unsafe { keys.as_ref() }.map_or(0, |keys| keys.0.len())
}

/// Tells one key of a list.
///
/// - `keys`: the list.
/// - `index`: 0 to `dy_lmdb_keys_count` - 1.
/// - `key`, `key_len`: where to put the key and its bytes.
///
/// Returns `DY_LMDB_OK`; `DY_LMDB_INVALID_ARGUMENT` for NULL or an index beyond the list.
///
/// Memory: the key is valid until the list is freed.
///
/// Threads: any number at once.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn dy_lmdb_keys_at(
    keys: *const dy_lmdb_keys_t,
    index: usize,
    key: *mut *const c_void,
    key_len: *mut usize,
) -> dy_lmdb_status_t {
    guard(|| {
        // SAFETY: as the documentation demands of the caller.
        let (keys, key, key_len) =
            unsafe { (shared("keys", keys)?, out("key", key)?, out("key_len", key_len)?) };
        let found = keys
            .0
            .get(index)
            .ok_or_else(|| invalid(format!("index is {index}, the list has {} keys", keys.0.len())))?;
        key.write(found.as_ptr().cast());
        key_len.write(found.len());
        Ok(())
    })
}

/// Frees a list.
///
/// - `keys`: the list; NULL does nothing.
///
/// Memory: keys told by `dy_lmdb_keys_at` end here. A list is freed once.
///
/// Threads: any thread, when no other uses the list.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn dy_lmdb_keys_free(keys: *mut dy_lmdb_keys_t) {
    guard(|| {
        // SAFETY: NULL or a list of the library's, given back once, says the caller.
        unsafe { release(keys) };
        Ok(())
    });
}
