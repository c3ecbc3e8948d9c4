//! `dy_lmdb_view_t`.

use super::{Document, check, slice};
use crate::entry::{Format, Info};
use crate::error::{Error, Result};
use crate::npy::Array;
use crate::segment::SegmentItem;
use crate::sys::{self, Functions};
use std::ptr::{self, NonNull};

/// A payload in place, read-only, until the view is dropped, whatever happens to the entry and the [`Store`].
///
/// While it lives the payload's space is not used again, and its store stays open in this process. What it tells
/// borrows it: nothing can point into a payload whose view is gone.
///
/// ```compile_fail,E0505
/// fn dangling(view: dishtayantra::View) -> f64 {
///     let values = view.slice::<f64>().unwrap();
///     drop(view);
///     values[0]
/// }
/// ```
///
/// Any number of threads may read a view.
///
/// [`Store`]: crate::Store
pub struct View {
    functions: &'static Functions,
    handle: NonNull<sys::dy_lmdb_view_t>,
    data: NonNull<u8>,
    size: usize,
    info: Info,
}

// SAFETY: the C ABI lets any number of threads read a view, and any thread close it when no other uses it, as `Drop`
// does. The payload does not change.
unsafe impl Send for View {}
// SAFETY: as above.
unsafe impl Sync for View {}

impl Drop for View {
    fn drop(&mut self) {
        // SAFETY: the handle is ours, and what it told cannot be used any more: it borrowed this view.
        unsafe { (self.functions.dy_lmdb_view_close)(self.handle.as_ptr()) };
    }
}

impl View {
    pub(super) fn of(
        functions: &'static Functions,
        handle: NonNull<sys::dy_lmdb_view_t>,
        raw: sys::dy_lmdb_info_t,
    ) -> Result<View> {
        let data = NonNull::new(raw.data.cast_mut().cast()).unwrap_or(NonNull::dangling());
        match Info::of(&raw) {
            Ok(info) => Ok(View { functions, handle, data, size: raw.size as usize, info }),
            Err(error) => {
                // SAFETY: the handle is ours and given to nobody.
                unsafe { (functions.dy_lmdb_view_close)(handle.as_ptr()) };
                Err(error)
            }
        }
    }

    /// The payload's bytes as they are; they begin at a multiple of 64.
    pub fn bytes(&self) -> &[u8] {
        // SAFETY: the payload stays, unchanged, until the view is closed.
        unsafe { slice(self.data.as_ptr().cast(), self.size) }
    }

    /// The elements of a numpy payload in storage order, or a raw payload taken as `T`s.
    ///
    /// Fails with [`InvalidArgument`](crate::ErrorKind::InvalidArgument) when the dtype is another, the size is no
    /// multiple of `T`'s or the format has no elements; with [`Corrupt`](crate::ErrorKind::Corrupt) when the array's
    /// header is wrong.
    pub fn slice<T: SegmentItem>(&self) -> Result<&[T]> {
        let elements = match self.format() {
            Format::Numpy => Array::of(self.bytes()).and_then(|array| array.slice::<T>()),
            Format::Raw => crate::segment::cast(self.bytes()),
            other => {
                Err(Error::invalid(format!("a payload in format {} is no array of elements", other.name())))
            }
        };
        elements.map_err(|error| self.about(error))
    }

    /// A numpy payload's dtype, shape, order and elements, in place. Fails with
    /// [`InvalidArgument`](crate::ErrorKind::InvalidArgument) for another format, with
    /// [`Corrupt`](crate::ErrorKind::Corrupt) for a header that is wrong.
    pub fn array(&self) -> Result<Array<'_>> {
        self.require(Format::Numpy, "array")?;
        Array::of(self.bytes()).map_err(|error| self.about(error))
    }

    /// A msgpack payload as a document, in place. Fails with
    /// [`InvalidArgument`](crate::ErrorKind::InvalidArgument) for another format.
    pub fn document(&self) -> Result<Document<'_>> {
        self.require(Format::Msgpack, "document")?;
        Document::of_view(self.functions, self)
    }

    fn require(&self, wanted: Format, what: &str) -> Result<()> {
        if self.format() == wanted {
            return Ok(());
        }
        let (found, wanted) = (self.format().name(), wanted.name());
        Err(self
            .about(Error::invalid(format!("a payload in format {found} is no {what}: that needs {wanted}"))))
    }

    /// An error of this side with the key in front.
    pub(crate) fn about(&self, error: Error) -> Error {
        error.about(&format!("entry '{}'", String::from_utf8_lossy(self.key())))
    }

    /// What the payload is in.
    pub fn format(&self) -> Format {
        self.info.format
    }

    /// What the engine knows of the entry, as it was when the view was opened.
    pub fn info(&self) -> &Info {
        &self.info
    }

    /// The key.
    pub fn key(&self) -> &[u8] {
        self.text_bytes(sys::DY_LMDB_TEXT_KEY)
    }

    /// The id of the exchange.
    pub fn txn_id(&self) -> &str {
        self.text(sys::DY_LMDB_TEXT_TXN_ID)
    }

    /// Who put the entry.
    pub fn source(&self) -> &str {
        self.text(sys::DY_LMDB_TEXT_SOURCE)
    }

    /// Whom the entry is for.
    pub fn target(&self) -> &str {
        self.text(sys::DY_LMDB_TEXT_TARGET)
    }

    fn text(&self, field: u32) -> &str {
        std::str::from_utf8(self.text_bytes(field)).expect("the engine tells these texts in UTF-8")
    }

    fn text_bytes(&self, field: u32) -> &[u8] {
        let (mut text, mut len) = (ptr::null(), 0);
        // SAFETY: the handle is open until this is dropped; the outputs are places on our stack.
        let status =
            unsafe { (self.functions.dy_lmdb_view_text)(self.handle.as_ptr(), field, &mut text, &mut len) };
        check(self.functions, status).expect("the view is open and the field is there");
        // SAFETY: the text stays, unchanged, until the view is closed.
        unsafe { slice(text.cast(), len) }
    }

    /// Compares the payload with the checksum it was put with, if it has one. Fails with
    /// [`Corrupt`](crate::ErrorKind::Corrupt). Reads every byte.
    pub fn verify(&self) -> Result<()> {
        // SAFETY: the handle is open until this is dropped.
        check(self.functions, unsafe { (self.functions.dy_lmdb_view_verify)(self.handle.as_ptr()) })
    }

    pub(super) fn raw(&self) -> *const sys::dy_lmdb_view_t {
        self.handle.as_ptr()
    }
}
