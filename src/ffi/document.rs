//! Documents: MessagePack payloads walked in place; `value` reads what is found.

use super::arg::{bytes, exclusive, give, out, release, shared, text};
use super::guard::guard;
use super::status::dy_lmdb_status_t;
use super::view::dy_lmdb_view_t;
use crate::document::{ALIGNMENT, Document, Iter, new_id};
use crate::error::{Error, Result, Status};
use std::any::Any;
use std::ffi::{c_char, c_void};
use std::sync::Arc;
use std::{ptr, slice};

/// A value in a document: its position in the payload, in bytes. Any number may be passed; one that is no
/// value's position is answered with an error or reads as some other value, never outside the payload.
pub type dy_lmdb_node_t = u64;

/// The outermost value.
pub const DY_LMDB_NODE_ROOT: dy_lmdb_node_t = 0;
/// No value: the key of an array's elements in `dy_lmdb_iterator_t`.
pub const DY_LMDB_NODE_NONE: dy_lmdb_node_t = 0xFFFF_FFFF_FFFF_FFFF;

/// A MessagePack payload, walked where it lies. Nothing in it is trusted: bytes that cannot be right are
/// answered with `DY_LMDB_CORRUPT`, which names the position, and the key for a document of a view.
///
/// Any number of threads may read a document; it is closed once, when no thread uses it.
pub struct dy_lmdb_document_t(Source);

/// Where the bytes are.
enum Source {
    View(Arc<dy_lmdb_view_t>),
    /// With the id of the document.
    Borrowed(&'static [u8], u64),
    Made(Arc<Made>),
}

/// A payload that lies in no store, its bytes where a payload's would lie.
pub(crate) struct Made {
    lines: Vec<Line>,
    size: usize,
    id: u64,
}

/// As many bytes as payloads are aligned to.
#[repr(align(64))]
#[derive(Clone, Copy)]
struct Line(#[expect(dead_code, reason = "looked at as bytes")] [u8; ALIGNMENT]);

impl Made {
    pub(crate) fn bytes(&self) -> &[u8] {
        // SAFETY: lines follow one another without a gap, and hold as many bytes.
        unsafe { slice::from_raw_parts(self.lines.as_ptr().cast(), self.size) }
    }

    /// Parts, each behind so many zeros.
    pub(crate) fn of(parts: &[(usize, &[u8])]) -> Result<Made> {
        let size = parts.iter().map(|(zeros, part)| zeros + part.len()).sum::<usize>();
        let (mut lines, count) = (Vec::new(), size.div_ceil(ALIGNMENT));
        lines
            .try_reserve_exact(count)
            .map_err(|_| Error::new(Status::Limit, format!("no memory for a table of {size} bytes")))?;
        lines.resize(count, Line([0; ALIGNMENT]));
        // SAFETY: lines follow one another without a gap.
        let mut rest: &mut [u8] =
            unsafe { slice::from_raw_parts_mut(lines.as_mut_ptr().cast(), count * ALIGNMENT) };
        for (zeros, part) in parts {
            let (place, behind) = rest[*zeros..].split_at_mut(part.len());
            place.copy_from_slice(part);
            rest = behind;
        }
        Ok(Made { lines, size, id: new_id() })
    }
}

/// A document of a payload of its own: parts, each behind so many zeros.
pub(super) fn made(parts: &[(usize, &[u8])]) -> Result<dy_lmdb_document_t> {
    Ok(dy_lmdb_document_t(Source::Made(Arc::new(Made::of(parts)?))))
}

/// Where a walk through an array or a map stands. The caller provides the memory; nothing needs to be freed.
#[repr(C)]
#[derive(Debug, Clone, Copy)]
pub struct dy_lmdb_iterator_t {
    /// The current pair's key; `DY_LMDB_NODE_NONE` in an array.
    pub key: dy_lmdb_node_t,
    /// The current value.
    pub value: dy_lmdb_node_t,
    /// Where the next one begins.
    pub next: dy_lmdb_node_t,
    /// How many are still to come.
    pub remaining: usize,
}

impl From<Iter> for dy_lmdb_iterator_t {
    fn from(iter: Iter) -> Self {
        dy_lmdb_iterator_t { key: iter.key, value: iter.value, next: iter.next, remaining: iter.remaining }
    }
}

/// The engine's document behind one that C passed.
pub(super) unsafe fn document_at<'a>(document: *const dy_lmdb_document_t) -> Result<Document<'a>> {
    // SAFETY: as the caller says.
    let document: &'a dy_lmdb_document_t = unsafe { shared("document", document) }?;
    Ok(match &document.0 {
        Source::View(view) => Document::of_view(view.view()),
        Source::Borrowed(bytes, id) => Document::with_id(bytes, *id),
        Source::Made(made) => Document::with_id(made.bytes(), made.id),
    })
}

/// The engine's document behind one that C passed, with what keeps its bytes in place; for bytes of the caller's, who keeps
/// them, that is nothing.
pub(super) unsafe fn hold(
    document: *const dy_lmdb_document_t,
) -> Result<(Document<'static>, Arc<dyn Any + Send + Sync>)> {
    // SAFETY: as the caller says.
    let document: &dy_lmdb_document_t = unsafe { shared("document", document) }?;
    Ok(match &document.0 {
        Source::View(view) => {
            let pin: Arc<dy_lmdb_view_t> = Arc::clone(view);
            // SAFETY: the view stays where it is as long as the pin, which goes with what is made of the document.
            let view: &'static dy_lmdb_view_t = unsafe { &*Arc::as_ptr(&pin) };
            (Document::of_view(view.view()), pin)
        }
        Source::Borrowed(bytes, id) => (Document::with_id(bytes, *id), Arc::new(())),
        Source::Made(made) => {
            // SAFETY: the bytes stay where they are as long as what is returned with them.
            let bytes: &'static [u8] = unsafe { &*ptr::from_ref(made.bytes()) };
            (Document::with_id(bytes, made.id), Arc::clone(made) as Arc<dyn Any + Send + Sync>)
        }
    })
}

/// Opens the payload of a view as a document. Looks at nothing yet; `dy_lmdb_document_validate` checks it
/// from end to end.
///
/// - `view`: the view.
/// - `document`: where to put the document.
///
/// Returns `DY_LMDB_OK` or `DY_LMDB_INVALID_ARGUMENT`.
///
/// Memory: close it with `dy_lmdb_document_close`. It holds the payload itself: the view may be closed before
/// it.
///
/// Threads: any number at once.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn dy_lmdb_document_open(
    view: *const dy_lmdb_view_t,
    document: *mut *mut dy_lmdb_document_t,
) -> dy_lmdb_status_t {
    guard(|| {
        // SAFETY: as the documentation demands of the caller.
        let (view, document) = unsafe { (dy_lmdb_view_t::hold(view)?, out("document", document)?) };
        document.write(give(dy_lmdb_document_t(Source::View(view))));
        Ok(())
    })
}

/// Whether a document is a map that stands for another payload, or for several: `_lmdb_ref` is true in it, or there is a
/// marker (see `dy_lmdb_references_of`). Where values are read in place nobody follows it; a calculator declines such an
/// input with `dy_lmdb_reference_decline`.
///
/// - `document`: the document.
/// - `refers`: where to put 1 or 0. What is damaged does not refer: reading it says what is wrong.
///
/// Returns `DY_LMDB_OK` or `DY_LMDB_INVALID_ARGUMENT`.
///
/// Threads: any number at once.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn dy_lmdb_document_refers(
    document: *const dy_lmdb_document_t,
    refers: *mut u8,
) -> dy_lmdb_status_t {
    guard(|| {
        // SAFETY: as the documentation demands of the caller.
        let (document, refers) = unsafe { (document_at(document)?, out("refers", refers)?) };
        refers.write(document.refers().into());
        Ok(())
    })
}

/// Opens bytes of the caller's as a document. Looks at nothing yet.
///
/// - `data`, `size`: the payload.
/// - `document`: where to put the document.
///
/// Returns `DY_LMDB_OK` or `DY_LMDB_INVALID_ARGUMENT`.
///
/// Memory: the bytes are borrowed: they must stay, unchanged, until the document is closed with
/// `dy_lmdb_document_close`.
///
/// Threads: any number at once.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn dy_lmdb_document_from_bytes(
    data: *const c_void,
    size: usize,
    document: *mut *mut dy_lmdb_document_t,
) -> dy_lmdb_status_t {
    guard(|| {
        // SAFETY: as the documentation demands of the caller, until the document is closed.
        let (data, document) = unsafe { (bytes("data", data, size)?, out("document", document)?) };
        document.write(give(dy_lmdb_document_t(Source::Borrowed(data, new_id()))));
        Ok(())
    })
}

/// Closes a document.
///
/// - `document`: the document; NULL does nothing. It is closed once.
///
/// Returns `DY_LMDB_OK`.
///
/// Memory: the document and the texts and bytes it told end here (unless the view they lie in is still open).
///
/// Threads: any thread, when no other uses the document.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn dy_lmdb_document_close(document: *mut dy_lmdb_document_t) -> dy_lmdb_status_t {
    guard(|| {
        // SAFETY: NULL or a document, given back once, says the caller.
        unsafe { release(document) };
        Ok(())
    })
}

/// Checks a whole document: one value, well formed to its end, its texts UTF-8, its segments as their headers say,
/// nothing after it.
///
/// - `document`: the document.
///
/// Returns `DY_LMDB_OK`; `DY_LMDB_CORRUPT`, naming the position of the first fault;
/// `DY_LMDB_INVALID_ARGUMENT`.
///
/// Threads: any number at once. It reads the whole payload.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn dy_lmdb_document_validate(document: *const dy_lmdb_document_t) -> dy_lmdb_status_t {
    guard(|| {
        // SAFETY: as the documentation demands of the caller.
        unsafe { document_at(document) }?.validate()
    })
}

/// Finds a value by a path of keys and indices, such as "a.b.0".
///
/// - `document`: the document.
/// - `from`: where the path begins; `DY_LMDB_NODE_ROOT` for the outermost value.
/// - `path`, `path_len`: keys of maps and indices of arrays, from 0, separated by dots; the empty path is
///   `from` itself. A key that holds a dot is reached with `dy_lmdb_document_get`.
/// - `found`: where to put the value's position.
///
/// Returns `DY_LMDB_OK`; `DY_LMDB_NOT_FOUND`, naming the step that leads nowhere; `DY_LMDB_CORRUPT`;
/// `DY_LMDB_INVALID_ARGUMENT`.
///
/// Threads: any number at once. The time grows with what lies before the value.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn dy_lmdb_document_find(
    document: *const dy_lmdb_document_t,
    from: dy_lmdb_node_t,
    path: *const c_char,
    path_len: usize,
    found: *mut dy_lmdb_node_t,
) -> dy_lmdb_status_t {
    guard(|| {
        // SAFETY: as the documentation demands of the caller.
        let (document, path, found) =
            unsafe { (document_at(document)?, text("path", path, path_len)?, out("found", found)?) };
        found.write(document.find(from, path)?);
        Ok(())
    })
}

/// Finds the value of a key in a map.
///
/// - `document`: the document.
/// - `map`: the map.
/// - `key`, `key_len`: the key, UTF-8, taken literally.
/// - `found`: where to put the value's position; the first when the map holds the key more than once.
///
/// Returns `DY_LMDB_OK`; `DY_LMDB_NOT_FOUND`; `DY_LMDB_CORRUPT`; `DY_LMDB_INVALID_ARGUMENT` also when `map`
/// is no map.
///
/// Threads: any number at once. The time grows with what lies before the value.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn dy_lmdb_document_get(
    document: *const dy_lmdb_document_t,
    map: dy_lmdb_node_t,
    key: *const c_char,
    key_len: usize,
    found: *mut dy_lmdb_node_t,
) -> dy_lmdb_status_t {
    guard(|| {
        // SAFETY: as the documentation demands of the caller.
        let (document, key, found) =
            unsafe { (document_at(document)?, text("key", key, key_len)?, out("found", found)?) };
        found.write(document.get(map, key)?);
        Ok(())
    })
}

/// Finds the value at an index of an array.
///
/// - `document`: the document.
/// - `array`: the array.
/// - `index`: counted from 0.
/// - `found`: where to put the value's position.
///
/// Returns `DY_LMDB_OK`; `DY_LMDB_NOT_FOUND` when the array is shorter; `DY_LMDB_CORRUPT`;
/// `DY_LMDB_INVALID_ARGUMENT` also when `array` is no array.
///
/// Threads: any number at once. The time grows with the index; `dy_lmdb_document_iterate` goes through all
/// values in one pass.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn dy_lmdb_document_at(
    document: *const dy_lmdb_document_t,
    array: dy_lmdb_node_t,
    index: usize,
    found: *mut dy_lmdb_node_t,
) -> dy_lmdb_status_t {
    guard(|| {
        // SAFETY: as the documentation demands of the caller.
        let (document, found) = unsafe { (document_at(document)?, out("found", found)?) };
        found.write(document.at(array, index)?);
        Ok(())
    })
}

/// Begins to go through an array or a map. `dy_lmdb_document_next` then moves to its first value.
///
/// - `document`: the document.
/// - `node`: the array or map.
/// - `iterator`: room for the iterator; all of it is written.
///
/// Returns `DY_LMDB_OK`; `DY_LMDB_INVALID_ARGUMENT` also for another type; `DY_LMDB_CORRUPT`.
///
/// Threads: any number at once, each with its own iterator.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn dy_lmdb_document_iterate(
    document: *const dy_lmdb_document_t,
    node: dy_lmdb_node_t,
    iterator: *mut dy_lmdb_iterator_t,
) -> dy_lmdb_status_t {
    guard(|| {
        // SAFETY: as the documentation demands of the caller.
        let (document, iterator) = unsafe { (document_at(document)?, out("iterator", iterator)?) };
        iterator.write(document.iterate(node)?.into());
        Ok(())
    })
}

/// Moves to the next value of an array, or the next pair of a map.
///
/// - `document`: the document.
/// - `iterator`: from `dy_lmdb_document_iterate`; its `key` and `value` are the current pair afterwards. It
///   stays as it was when there is nothing more.
/// - `more`: where to put whether there was a next one.
///
/// Returns `DY_LMDB_OK`, also at the end; `DY_LMDB_CORRUPT`; `DY_LMDB_INVALID_ARGUMENT`.
///
/// Threads: any number at once, each with its own iterator. A whole walk is one pass over the container.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn dy_lmdb_document_next(
    document: *const dy_lmdb_document_t,
    iterator: *mut dy_lmdb_iterator_t,
    more: *mut bool,
) -> dy_lmdb_status_t {
    guard(|| {
        // SAFETY: as the documentation demands of the caller; any numbers are an iterator.
        let (document, iterator, more) =
            unsafe { (document_at(document)?, exclusive("iterator", iterator)?, out("more", more)?) };
        let mut walk = Iter {
            key: iterator.key,
            value: iterator.value,
            next: iterator.next,
            remaining: iterator.remaining,
        };
        let moved = document.next(&mut walk)?;
        *iterator = walk.into();
        more.write(moved);
        Ok(())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nodes_have_the_numbers_of_the_engine() {
        assert_eq!(DY_LMDB_NODE_ROOT, Document::ROOT);
        assert_eq!(DY_LMDB_NODE_NONE, Iter::NO_KEY);
    }
}
