//! `dy_lmdb_document_t`.

use super::table::Table;
use super::{View, bytes, chars, check, made, slice};
use crate::error::{Error, ErrorKind, Result};
use crate::numbers::Numbers;
use crate::segment::{Dtype, Segment, SegmentItem};
use crate::sys::{self, Functions};
use std::any::Any;
use std::marker::PhantomData;
use std::ptr::{self, NonNull};

/// What a value of a document is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Type {
    /// Nothing.
    Nil,
    /// True or false.
    Bool,
    /// A whole number that fits in 64 bits, signed or unsigned.
    Int,
    /// A floating-point number.
    Float,
    /// Text.
    String,
    /// Bytes.
    Bytes,
    /// Values in a row.
    Array,
    /// Keys with a value each.
    Map,
    /// Bytes with a type number of their own.
    Ext,
    /// An array whose items lie aligned in the payload: [`Node::segment`].
    Segment,
}

/// A MessagePack payload, walked where it lies: nothing is parsed ahead, and nothing in it is trusted. What cannot be
/// right fails with [`ErrorKind::Corrupt`], which names the position.
///
/// Texts, bytes and segments that it tells borrow the payload, not the document: they outlive it.
///
/// ```no_run
/// # fn read(view: &dishtayantra::View) -> dishtayantra::Result<f64> {
/// let document = view.document()?;
/// let prices: &[f64] = document.root().get("prices")?.slice()?;
/// let currency: &str = document.find("meta.currency")?.string()?;
/// # let _ = currency;
/// # Ok(prices[0])
/// # }
/// ```
///
/// ```compile_fail,E0505
/// fn dangling(view: dishtayantra::View) -> String {
///     let document = view.document().unwrap();
///     drop(view);
///     document.root().string().unwrap().to_owned()
/// }
/// ```
///
/// Any number of threads may read a document.
pub struct Document<'a> {
    pub(super) functions: &'static Functions,
    pub(super) handle: NonNull<sys::dy_lmdb_document_t>,
    payload: PhantomData<&'a [u8]>,
    /// Whether the library keeps the payload as long as anything made of it.
    #[cfg_attr(
        not(feature = "arrow"),
        expect(dead_code, reason = "asked where things are made that outlive it")
    )]
    pub(super) keeps: bool,
    /// What the payload lies in when it is the document's own; goes after the handle.
    _owner: Option<Box<dyn Any + Send + Sync>>,
}

// SAFETY: the C ABI lets any number of threads read a document, and any thread close it when no other uses it, as
// `Drop` does.
unsafe impl Send for Document<'_> {}
// SAFETY: as above.
unsafe impl Sync for Document<'_> {}

impl Drop for Document<'_> {
    fn drop(&mut self) {
        // SAFETY: the handle is ours. What it told lies in the payload, which stays for `'a`.
        unsafe { (self.functions.dy_lmdb_document_close)(self.handle.as_ptr()) };
    }
}

impl<'a> Document<'a> {
    pub(super) fn of_view(functions: &'static Functions, view: &'a View) -> Result<Document<'a>> {
        // SAFETY: the view is open for `'a`.
        let handle = made(functions, |out| unsafe { (functions.dy_lmdb_document_open)(view.raw(), out) })?;
        Ok(Document { functions, handle, payload: PhantomData, keeps: true, _owner: None })
    }

    /// Bytes of the caller's as a document. Segments in it can be used when they lie at a multiple of their items'
    /// size.
    pub fn of_bytes(payload: &'a [u8]) -> Result<Document<'a>> {
        let functions = sys::functions()?;
        // SAFETY: the library borrows the payload until the document is closed; it stays, unchanged, for `'a`.
        let handle = made(functions, |out| unsafe {
            (functions.dy_lmdb_document_from_bytes)(bytes(payload), payload.len(), out)
        })?;
        Ok(Document { functions, handle, payload: PhantomData, keeps: false, _owner: None })
    }

    /// A document of its own whose outermost value is the table that a list of maps with the same keys, a map of lists, or a
    /// list of values of one type, is. What it tells is valid as long as it, and not longer: for whoever keeps it.
    /// Fails with [`ErrorKind::InvalidArgument`], saying why, when it is none of those.
    pub(crate) fn table_of(node: Node<'_, '_>) -> Result<Document<'a>> {
        let functions = node.document.functions;
        // SAFETY: the document is open while the node borrows it.
        let handle = made(functions, |out| unsafe {
            (functions.dy_lmdb_document_to_table)(node.document.handle.as_ptr(), node.node, out)
        })?;
        Ok(Document { functions, handle, payload: PhantomData, keeps: true, _owner: None })
    }

    /// Bytes that it keeps as a document, as above.
    pub(crate) fn of_owned(payload: impl AsRef<[u8]> + Send + Sync + 'static) -> Result<Document<'a>> {
        let functions = sys::functions()?;
        // In a box they stay where they are when the document moves.
        let owner = Box::new(payload);
        let data = (*owner).as_ref();
        // SAFETY: the bytes stay, unchanged, until the owner goes, after the handle.
        let handle = made(functions, |out| unsafe {
            (functions.dy_lmdb_document_from_bytes)(bytes(data), data.len(), out)
        })?;
        Ok(Document { functions, handle, payload: PhantomData, keeps: false, _owner: Some(owner) })
    }

    /// The payload of a view as a document that keeps it in place itself, as above.
    pub(crate) fn keeping(view: &View) -> Result<Document<'a>> {
        let functions = sys::functions()?;
        // SAFETY: the view is open; the document holds the payload after it.
        let handle = made(functions, |out| unsafe { (functions.dy_lmdb_document_open)(view.raw(), out) })?;
        Ok(Document { functions, handle, payload: PhantomData, keeps: true, _owner: None })
    }

    /// Checks every byte: one value, nothing after it, texts in UTF-8, segments as their headers say.
    pub fn validate(&self) -> Result<()> {
        // SAFETY: the handle is open until this is dropped.
        check(self.functions, unsafe { (self.functions.dy_lmdb_document_validate)(self.handle.as_ptr()) })
    }

    /// The outermost value.
    pub fn root(&self) -> Node<'_, 'a> {
        Node { document: self, node: sys::DY_LMDB_NODE_ROOT }
    }

    /// Whether it is a map that stands for another payload, or for several (see [`References`](crate::References)),
    /// whatever else is in it.
    pub fn refers(&self) -> Result<bool> {
        let mut refers = 0;
        // SAFETY: the document is open.
        let status = unsafe { (self.functions.dy_lmdb_document_refers)(self.handle.as_ptr(), &mut refers) };
        check(self.functions, status)?;
        Ok(refers != 0)
    }

    /// As [`Node::find`] from the root.
    pub fn find(&self, path: &str) -> Result<Node<'_, 'a>> {
        self.root().find(path)
    }
}

/// A value inside a document: a place in the payload. Each access walks the bytes it needs; it fails with
/// [`ErrorKind::InvalidArgument`] when the value is of another type than asked for.
#[derive(Clone, Copy)]
pub struct Node<'d, 'a> {
    document: &'d Document<'a>,
    node: sys::dy_lmdb_node_t,
}

impl<'d, 'a> Node<'d, 'a> {
    /// Runs a call on this value that gives one by its last argument.
    fn told<T>(
        self,
        start: T,
        call: impl FnOnce(&Functions, *const sys::dy_lmdb_document_t, u64, *mut T) -> i32,
    ) -> Result<T> {
        let mut told = start;
        let functions = self.document.functions;
        check(functions, call(functions, self.document.handle.as_ptr(), self.node, &mut told))?;
        Ok(told)
    }

    fn at_node(self, node: sys::dy_lmdb_node_t) -> Node<'d, 'a> {
        Node { node, ..self }
    }

    /// What the value is. Fails with [`ErrorKind::InvalidArgument`] for types of a later version.
    pub fn kind(self) -> Result<Type> {
        // SAFETY: the document is open while `self` borrows it; the output is a place on our stack.
        let kind =
            self.told(0, |f, document, node, out| unsafe { (f.dy_lmdb_document_type)(document, node, out) })?;
        Ok(match kind {
            sys::DY_LMDB_TYPE_NIL => Type::Nil,
            sys::DY_LMDB_TYPE_BOOL => Type::Bool,
            sys::DY_LMDB_TYPE_INT => Type::Int,
            sys::DY_LMDB_TYPE_FLOAT => Type::Float,
            sys::DY_LMDB_TYPE_STRING => Type::String,
            sys::DY_LMDB_TYPE_BYTES => Type::Bytes,
            sys::DY_LMDB_TYPE_ARRAY => Type::Array,
            sys::DY_LMDB_TYPE_MAP => Type::Map,
            sys::DY_LMDB_TYPE_EXT => Type::Ext,
            sys::DY_LMDB_TYPE_SEGMENT => Type::Segment,
            other => return Err(Error::invalid(format!("a value of type {other}, which is not known here"))),
        })
    }

    /// The number of values, pairs, bytes or items of an array, map, text, bytes or segment.
    pub fn count(self) -> Result<usize> {
        // SAFETY: as in `kind`.
        self.told(0, |f, document, node, out| unsafe { (f.dy_lmdb_document_count)(document, node, out) })
    }

    /// The value at a path of keys and indices, such as "meta.tags.0". Fails with [`ErrorKind::NotFound`], naming the
    /// step that leads nowhere.
    pub fn find(self, path: &str) -> Result<Node<'d, 'a>> {
        // SAFETY: as in `kind`; the path stays during the call.
        let found = self.told(0, |f, document, node, out| unsafe {
            (f.dy_lmdb_document_find)(document, node, chars(path), path.len(), out)
        })?;
        Ok(self.at_node(found))
    }

    /// The map's value under `key`, taken literally. Fails with [`ErrorKind::NotFound`].
    pub fn get(self, key: &str) -> Result<Node<'d, 'a>> {
        // SAFETY: as in `kind`; the key stays during the call.
        let found = self.told(0, |f, document, node, out| unsafe {
            (f.dy_lmdb_document_get)(document, node, chars(key), key.len(), out)
        })?;
        Ok(self.at_node(found))
    }

    /// The same; none when the map has no such key.
    pub fn try_get(self, key: &str) -> Result<Option<Node<'d, 'a>>> {
        match self.get(key) {
            Ok(node) => Ok(Some(node)),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// The array's value at `index`, from 0. Fails with [`ErrorKind::NotFound`]. To go through all of them use
    /// [`items`](Node::items): the time of this call grows with the index.
    pub fn at(self, index: usize) -> Result<Node<'d, 'a>> {
        // SAFETY: as in `kind`.
        let found = self.told(0, |f, document, node, out| unsafe {
            (f.dy_lmdb_document_at)(document, node, index, out)
        })?;
        Ok(self.at_node(found))
    }

    /// The values of an array, or the pairs of a map, in one pass.
    pub fn items(self) -> Result<Items<'d, 'a>> {
        let start = sys::dy_lmdb_iterator_t { key: 0, value: 0, next: 0, remaining: 0 };
        // SAFETY: as in `kind`.
        let state = self.told(start, |f, document, node, out| unsafe {
            (f.dy_lmdb_document_iterate)(document, node, out)
        })?;
        Ok(Items { document: self.document, state, failed: false })
    }

    /// A bool.
    pub fn bool(self) -> Result<bool> {
        // SAFETY: as in `kind`.
        self.told(false, |f, document, node, out| unsafe { (f.dy_lmdb_document_bool)(document, node, out) })
    }

    /// A whole number as a signed one.
    pub fn int64(self) -> Result<i64> {
        // SAFETY: as in `kind`.
        self.told(0, |f, document, node, out| unsafe { (f.dy_lmdb_document_int64)(document, node, out) })
    }

    /// A whole number as an unsigned one.
    pub fn uint64(self) -> Result<u64> {
        // SAFETY: as in `kind`.
        self.told(0, |f, document, node, out| unsafe { (f.dy_lmdb_document_uint64)(document, node, out) })
    }

    /// A number as a double; a whole one becomes the nearest.
    pub fn double(self) -> Result<f64> {
        // SAFETY: as in `kind`.
        self.told(0.0, |f, document, node, out| unsafe { (f.dy_lmdb_document_double)(document, node, out) })
    }

    /// A text, in place.
    pub fn string(self) -> Result<&'a str> {
        let mut len = 0;
        // SAFETY: as in `kind`.
        let text = self.told(ptr::null(), |f, document, node, out| unsafe {
            (f.dy_lmdb_document_string)(document, node, out, &mut len)
        })?;
        // SAFETY: the text lies in the payload, which stays, unchanged, for `'a`.
        let text = unsafe { slice(text.cast(), len) };
        Ok(std::str::from_utf8(text).expect("the engine tells only texts that are UTF-8"))
    }

    /// Bytes, in place.
    pub fn bytes(self) -> Result<&'a [u8]> {
        let mut size = 0;
        // SAFETY: as in `kind`.
        let data = self.told(ptr::null(), |f, document, node, out| unsafe {
            (f.dy_lmdb_document_bytes)(document, node, out, &mut size)
        })?;
        // SAFETY: the bytes lie in the payload, which stays, unchanged, for `'a`.
        Ok(unsafe { slice(data, size) })
    }

    /// An array in place: its dtype, shape and items. Fails with [`ErrorKind::Corrupt`] when its header is wrong, and
    /// with [`ErrorKind::InvalidArgument`] also when bytes of the caller's are not aligned for its items.
    pub fn segment(self) -> Result<Segment<'a>> {
        let start = sys::dy_lmdb_segment_t {
            struct_size: size_of::<sys::dy_lmdb_segment_t>(),
            data: ptr::null(),
            size: 0,
            itemsize: 0,
            node: 0,
            end: 0,
            dtype: 0,
            unit: 0,
            flags: 0,
            ndim: 0,
            shape: [0; sys::DY_LMDB_SEGMENT_MAX_NDIM],
        };
        // SAFETY: as in `kind`; the struct says its size.
        let raw = self.told(start, |f, document, node, out| unsafe {
            (f.dy_lmdb_document_segment)(document, node, out)
        })?;
        // SAFETY: the items lie in the payload, which stays, unchanged, for `'a`.
        let data = unsafe { slice(raw.data, raw.size) };
        let dtype = Dtype::of_codes(raw.dtype, raw.unit)?;
        Ok(Segment::of_parts(dtype, raw.flags, &raw.shape[..raw.ndim as usize], data))
    }

    /// Whether it is a table. To everything else here a table is the plain value that it was made of: rows are an array of
    /// maps, a frame is a map of arrays.
    pub fn is_table(self) -> Result<bool> {
        // SAFETY: as in `kind`.
        let is_table = self.told(0, |f, document, node, out| unsafe {
            (f.dy_lmdb_document_is_table)(document, node, out)
        })?;
        Ok(is_table != 0)
    }

    /// A table, in place. Fails with [`ErrorKind::InvalidArgument`] for any other value.
    pub fn table(self) -> Result<Table<'d, 'a>> {
        Table::at(self.document, self.node)
    }

    /// The items of a segment in C order, in place and aligned: [`Segment::slice`].
    pub fn slice<T: SegmentItem>(self) -> Result<&'a [T]> {
        self.segment()?.slice()
    }

    /// A single number: one of MessagePack's own, a bool as 0 or 1, or a segment without dimensions. Fails with
    /// [`ErrorKind::InvalidArgument`] for anything else, with [`ErrorKind::BadFormat`] for a table.
    pub fn single(self) -> Result<f64> {
        let told = self.described()?;
        if told.ndim != 0 {
            return Err(Error::invalid(format!("an array of {} items is no number", told.count)));
        }
        Ok(self.copied(1)?[0])
    }

    /// The value as doubles with a shape: [`Numbers::of_node`].
    pub(crate) fn as_numbers(self) -> Result<Numbers<'a>> {
        let told = self.described()?;
        // No dimension is longer than memory: the engine looked.
        let shape = told.shape[..told.ndim as usize].iter().map(|&length| length as usize).collect();
        let numbers = if told.data.is_null() {
            Numbers::shared(self.copied(told.count)?, shape)?
        } else {
            // SAFETY: the doubles lie in the payload, aligned, which stays, unchanged, for `'a`.
            Numbers::borrowed(unsafe { std::slice::from_raw_parts(told.data, told.count) }, shape)?
        };
        numbers.listed(told.flags & sys::DY_LMDB_SEGMENT_LIST != 0)
    }

    fn described(self) -> Result<sys::dy_lmdb_numbers_t> {
        let start = sys::dy_lmdb_numbers_t {
            struct_size: size_of::<sys::dy_lmdb_numbers_t>(),
            data: ptr::null(),
            count: 0,
            flags: 0,
            ndim: 0,
            shape: [0; sys::DY_LMDB_SEGMENT_MAX_NDIM],
        };
        // SAFETY: as in `kind`; the struct says its size.
        self.told(start, |f, document, node, out| unsafe {
            (f.dy_lmdb_numbers_describe)(document, node, out)
        })
    }

    fn copied(self, count: usize) -> Result<Vec<f64>> {
        let mut values = vec![0.0; count];
        // SAFETY: as in `kind`; at most `values.len()` doubles are written.
        self.told((), |f, document, node, _| unsafe {
            (f.dy_lmdb_numbers_copy)(document, node, values.as_mut_ptr(), values.len())
        })?;
        Ok(values)
    }

    /// A copy of an array of numbers, or of a segment of integers or floats in C order, as doubles.
    pub fn numbers(self) -> Result<Vec<f64>> {
        let mut values = vec![0.0; self.count()?];
        // SAFETY: as in `kind`; at most `values.len()` doubles are written.
        let count = self.told(0, |f, document, node, out| unsafe {
            (f.dy_lmdb_document_numbers)(document, node, values.as_mut_ptr(), values.len(), out)
        })?;
        values.truncate(count);
        Ok(values)
    }
}

/// One step through an array or a map.
#[derive(Debug, Clone, Copy)]
pub struct Item<'d, 'a> {
    /// The pair's key; none in an array.
    pub key: Option<Node<'d, 'a>>,
    /// The value.
    pub value: Node<'d, 'a>,
}

/// The values of an array or the pairs of a map. After an error it ends.
pub struct Items<'d, 'a> {
    document: &'d Document<'a>,
    state: sys::dy_lmdb_iterator_t,
    failed: bool,
}

impl Items<'_, '_> {
    /// How many there are still.
    pub(crate) fn left(&self) -> usize {
        if self.failed { 0 } else { self.state.remaining }
    }
}

impl<'d, 'a> Iterator for Items<'d, 'a> {
    type Item = Result<Item<'d, 'a>>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.failed {
            return None;
        }
        let (document, functions) = (self.document, self.document.functions);
        let mut more = false;
        // SAFETY: the document is open while `self` borrows it; iterator and output are ours.
        let status = unsafe {
            (functions.dy_lmdb_document_next)(document.handle.as_ptr(), &mut self.state, &mut more)
        };
        if let Err(error) = check(functions, status) {
            self.failed = true;
            return Some(Err(error));
        }
        more.then(|| {
            let node = |node| Node { document, node };
            let key = (self.state.key != sys::DY_LMDB_NODE_NONE).then(|| node(self.state.key));
            Ok(Item { key, value: node(self.state.value) })
        })
    }
}
