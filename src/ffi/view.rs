//! Views: payloads in place, read-only.

use super::arg::{bytes, db_name, flags, invalid, missing, out, shared};
use super::guard::guard;
use super::info::{InfoOut, dy_lmdb_info_t};
use super::status::dy_lmdb_status_t;
use super::store::{dy_lmdb_store_t, enter};
use crate::error::Result;
use crate::store::View;
use std::ffi::{c_char, c_void};
use std::mem::MaybeUninit;
use std::sync::Arc;

/// The view does not count as opening a tracked entry: for tools that look without answering.
pub const DY_LMDB_VIEW_QUIET: u32 = 1;

/// Field of `dy_lmdb_view_text`: the id of the exchange.
pub const DY_LMDB_TEXT_TXN_ID: u32 = 1;
/// Field of `dy_lmdb_view_text`: who put the entry.
pub const DY_LMDB_TEXT_SOURCE: u32 = 2;
/// Field of `dy_lmdb_view_text`: whom the entry is for.
pub const DY_LMDB_TEXT_TARGET: u32 = 3;
/// Field of `dy_lmdb_view_text`: the key; bytes as they were put, UTF-8 or not.
pub const DY_LMDB_TEXT_KEY: u32 = 4;

/// A payload in place, read-only: writing to it faults. It stays valid until the view is closed, whatever
/// happens to the entry and the handle of its store. An open view keeps the payload's space from being used
/// again, and its store open in this process.
///
/// Any number of threads may read a view; it is closed once, when no thread uses it.
pub struct dy_lmdb_view_t(View);

/// The place for a view that a call gives to its caller, with an info beside it.
pub(crate) struct ViewOut<'a> {
    view: &'a mut MaybeUninit<*mut dy_lmdb_view_t>,
    info: InfoOut,
}

impl ViewOut<'_> {
    /// Checks the places.
    pub(crate) unsafe fn new<'a>(
        view: *mut *mut dy_lmdb_view_t,
        info: *mut dy_lmdb_info_t,
    ) -> Result<ViewOut<'a>> {
        // SAFETY: as the caller says.
        unsafe { Ok(ViewOut { view: out("view", view)?, info: InfoOut::new(info)? }) }
    }

    /// Gives the caller the view.
    pub(crate) fn write(self, view: View) {
        self.info.write(view.info(), Some(view.bytes()));
        let handle = Arc::into_raw(Arc::new(dy_lmdb_view_t(view)));
        self.view.write(handle.cast_mut());
    }
}

impl dy_lmdb_view_t {
    /// Another holder of the view that C passed: it stays open until the last one goes.
    pub(crate) unsafe fn hold(view: *const dy_lmdb_view_t) -> Result<Arc<dy_lmdb_view_t>> {
        if view.is_null() {
            return Err(invalid("view is NULL"));
        }
        // SAFETY: an open view, says the caller, which `ViewOut` made from an Arc; the new count is the
        // result's.
        unsafe {
            Arc::increment_strong_count(view);
            Ok(Arc::from_raw(view))
        }
    }

    /// The engine's view.
    pub(crate) fn view(&self) -> &View {
        &self.0
    }
}

/// The engine's view behind a view that C passed.
pub(super) unsafe fn open<'a>(view: *const dy_lmdb_view_t) -> Result<&'a View> {
    // SAFETY: as the caller says.
    unsafe { shared("view", view) }.map(dy_lmdb_view_t::view)
}

/// Opens a view of a payload. Nothing is copied, except a payload small enough to lie in its record.
///
/// - `store`: the store.
/// - `db`, `db_len`: the named database, UTF-8; (NULL, 0) means "default".
/// - `key`, `key_len`: the key.
/// - `flags`: `DY_LMDB_VIEW_QUIET` or 0.
/// - `view`: where to put the view.
/// - `info`: where to tell of the entry, payload pointer included; may be NULL.
///
/// Returns `DY_LMDB_OK`; `DY_LMDB_NOT_FOUND` when the entry is absent or expired; `DY_LMDB_BAD_KEY`,
/// `DY_LMDB_INVALID_ARGUMENT`, `DY_LMDB_CORRUPT`, `DY_LMDB_READERS_FULL`, `DY_LMDB_CLOSED`, `DY_LMDB_FORKED`
/// or `DY_LMDB_IO`.
///
/// Memory: close the view with `dy_lmdb_view_close`.
///
/// Threads: any number at once.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn dy_lmdb_view_open(
    store: *const dy_lmdb_store_t,
    db: *const c_char,
    db_len: usize,
    key: *const c_void,
    key_len: usize,
    flags: u32,
    view: *mut *mut dy_lmdb_view_t,
    info: *mut dy_lmdb_info_t,
) -> dy_lmdb_status_t {
    guard(|| {
        // SAFETY: as the documentation demands of the caller.
        let (store, db, key, place) = unsafe {
            (enter(store)?, db_name(db, db_len)?, bytes("key", key, key_len)?, ViewOut::new(view, info)?)
        };
        self::flags("flags", flags, DY_LMDB_VIEW_QUIET)?;
        let view =
            if flags & DY_LMDB_VIEW_QUIET == 0 { store.view(db, key)? } else { store.view_quiet(db, key)? };
        place.write(view.ok_or_else(|| missing(&store, db, key))?);
        Ok(())
    })
}

/// Tells where the payload is.
///
/// - `view`: the view.
/// - `data`: where to put the pointer to the first byte. It is a multiple of 64.
/// - `size`: where to put the number of bytes.
///
/// Returns `DY_LMDB_OK` or `DY_LMDB_INVALID_ARGUMENT`.
///
/// Memory: the bytes are valid until the view is closed, and must not be written to.
///
/// Threads: any number at once.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn dy_lmdb_view_data(
    view: *const dy_lmdb_view_t,
    data: *mut *const c_void,
    size: *mut usize,
) -> dy_lmdb_status_t {
    guard(|| {
        // SAFETY: as the documentation demands of the caller.
        let (view, data, size) = unsafe { (open(view)?, out("data", data)?, out("size", size)?) };
        let payload = view.bytes();
        data.write(payload.as_ptr().cast());
        size.write(payload.len());
        Ok(())
    })
}

/// Tells of the entry as it was when the view was opened.
///
/// - `view`: the view.
/// - `info`: where to tell, payload pointer included.
///
/// Returns `DY_LMDB_OK` or `DY_LMDB_INVALID_ARGUMENT`.
///
/// Threads: any number at once.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn dy_lmdb_view_info(
    view: *const dy_lmdb_view_t,
    info: *mut dy_lmdb_info_t,
) -> dy_lmdb_status_t {
    guard(|| {
        if info.is_null() {
            return Err(invalid("info is NULL"));
        }
        // SAFETY: as the documentation demands of the caller.
        let (view, info) = unsafe { (open(view)?, InfoOut::new(info)?) };
        info.write(view.info(), Some(view.bytes()));
        Ok(())
    })
}

/// Tells a text of the envelope.
///
/// - `view`: the view.
/// - `field`: one of `DY_LMDB_TEXT_*`.
/// - `text`, `len`: where to put the text and its bytes; it is not NUL-terminated, and UTF-8 except for a key
///   that was not.
///
/// Returns `DY_LMDB_OK`; `DY_LMDB_INVALID_ARGUMENT` for NULL or another field.
///
/// Memory: the text is valid until the view is closed.
///
/// Threads: any number at once.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn dy_lmdb_view_text(
    view: *const dy_lmdb_view_t,
    field: u32,
    text: *mut *const c_char,
    len: *mut usize,
) -> dy_lmdb_status_t {
    guard(|| {
        // SAFETY: as the documentation demands of the caller.
        let (view, text, len) = unsafe { (open(view)?, out("text", text)?, out("len", len)?) };
        let found = match field {
            DY_LMDB_TEXT_TXN_ID => view.txn_id().as_bytes(),
            DY_LMDB_TEXT_SOURCE => view.source().as_bytes(),
            DY_LMDB_TEXT_TARGET => view.target().as_bytes(),
            DY_LMDB_TEXT_KEY => view.key(),
            _ => {
                return Err(invalid(format!(
                    "field is {field}; allowed are 1 (id), 2 (source), 3 (target), 4 (key)"
                )));
            }
        };
        text.write(found.as_ptr().cast());
        len.write(found.len());
        Ok(())
    })
}

/// Compares the payload with the checksum it was put with.
///
/// - `view`: the view.
///
/// Returns `DY_LMDB_OK`, also when there is no checksum; `DY_LMDB_CORRUPT`, naming the key, when they differ;
/// `DY_LMDB_INVALID_ARGUMENT`.
///
/// Threads: any number at once. It reads the whole payload.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn dy_lmdb_view_verify(view: *const dy_lmdb_view_t) -> dy_lmdb_status_t {
    guard(|| {
        // SAFETY: as the documentation demands of the caller.
        unsafe { open(view) }?.verify()
    })
}

/// Closes a view.
///
/// - `view`: the view; NULL does nothing. It is closed once.
///
/// Returns `DY_LMDB_OK`.
///
/// Memory: the view and every pointer into the payload and the envelope's texts end here. A document opened
/// on the view stays valid until it is closed itself.
///
/// Threads: any thread, when no other uses the view.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn dy_lmdb_view_close(view: *mut dy_lmdb_view_t) -> dy_lmdb_status_t {
    guard(|| {
        if !view.is_null() {
            // SAFETY: `ViewOut` made it from an Arc, and the caller gives it back once.
            drop(unsafe { Arc::from_raw(view.cast_const()) });
        }
        Ok(())
    })
}
