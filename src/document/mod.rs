//! Documents: MessagePack payloads walked in place, and built, without a tree in between.
//!
//! A [`Document`] reads values where they lie. Nothing is trusted: every length is held against the
//! bytes that are left before it is used, nesting is bounded by [`MAX_DEPTH`], nothing recurses,
//! and no call costs more than one pass over the payload. A [`Writer`] builds one value and writes
//! what MessagePack libraries write. Arrays are [`Segment`]s: extensions whose data lie aligned in the
//! payload and are used in place.
//!
//! The format is <https://github.com/msgpack/msgpack/blob/master/spec.md>.

mod dtype;
mod exact;
mod head;
mod iterate;
mod lookup;
mod numbers;
mod place;
mod scalar;
mod scan;
mod segment;
pub mod table;
mod write;

pub use dtype::{Dtype, Unit, half};
pub use exact::{ARRAY, ARRAY_LONG, BIG_ENDIAN, BYTEARRAY, EXACT, FORTRAN, MEMORYVIEW, TABLE, TUPLE};
pub(crate) use head::Head;
pub use iterate::Iter;
pub use numbers::{Numbers, convert};
pub(crate) use place::new_id;
pub use scan::Value;
pub(crate) use segment::write_before_data;
pub use segment::{ALIGNMENT, EXTENSION, MAX_NDIM, Placed, Segment};
pub use write::Writer;

use crate::error::{Error, Result, Status};
use crate::reference;
use crate::store::View;

/// Arrays and maps inside one another at most, in what is walked and in what is written.
pub const MAX_DEPTH: usize = 512;

/// A value's position in the payload, in bytes.
pub type Node = u64;

/// What a value is. The numbers are those of the C ABI.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[repr(u32)]
pub enum Type {
    /// Nothing.
    Nil = 0,
    /// True or false.
    Bool = 1,
    /// A whole number that fits in 64 bits, signed or unsigned.
    Int = 2,
    /// A floating-point number of 32 or 64 bits.
    Float = 3,
    /// Text in UTF-8.
    String = 4,
    /// Bytes.
    Bytes = 5,
    /// Values in a row.
    Array = 6,
    /// Keys with a value each.
    Map = 7,
    /// Bytes with a type number of their own.
    Ext = 8,
    /// An array whose items are of one type, used in place; MessagePack libraries see an extension of type
    /// [`EXTENSION`].
    Segment = 9,
}

impl Type {
    /// The number that crosses the C ABI.
    pub const fn code(self) -> u32 {
        self as u32
    }

    /// The type with its article, for messages.
    pub(super) const fn phrase(self) -> &'static str {
        match self {
            Type::Nil => "nil",
            Type::Bool => "a bool",
            Type::Int => "an integer",
            Type::Float => "a float",
            Type::String => "a string",
            Type::Bytes => "bytes",
            Type::Array => "an array",
            Type::Map => "a map",
            Type::Ext => "an extension",
            Type::Segment => "a segment",
        }
    }
}

/// A MessagePack payload, read in place.
///
/// It borrows the bytes, holds no state, and may be used from any number of threads. What its
/// methods return points into the payload.
///
/// Every method answers `Corrupt` with the byte position (and the entry's key, for a document of
/// a view) when the bytes cannot be right, and `InvalidArgument` when the value is of another type
/// than asked for.
#[derive(Debug, Clone, Copy)]
pub struct Document<'a> {
    bytes: &'a [u8],
    key: Option<&'a [u8]>,
    /// Which it is: see `place`.
    id: u64,
}

impl<'a> Document<'a> {
    /// The position of the outermost value.
    pub const ROOT: Node = 0;

    /// The document in `bytes`. Looks at nothing yet.
    pub fn new(bytes: &'a [u8]) -> Document<'a> {
        Document::with_id(bytes, new_id())
    }

    /// The document in the payload of `view`; errors name the view's key. Looks at nothing yet.
    pub fn of_view(view: &'a View) -> Document<'a> {
        Document { bytes: view.bytes(), key: Some(view.key()), id: view.document_id() }
    }

    /// The document in `bytes`, which stay as they are as long as anybody uses this id, one of [`new_id`]'s: it is
    /// remembered where values were found.
    pub(crate) fn with_id(bytes: &'a [u8], id: u64) -> Document<'a> {
        Document { bytes, key: None, id }
    }

    /// Checks the whole payload: one value, well formed to its end, its strings UTF-8, its segments as
    /// their headers say, and nothing after it.
    ///
    /// # Errors
    /// `Corrupt` with the position of the first fault.
    pub fn validate(&self) -> Result<()> {
        let end = self.walk(0, |at, head| match head {
            head::Head::String(text) => self.utf8(at, text).map(drop),
            &head::Head::Ext { tag: EXTENSION, at, body } => self.decode(at, body).map(drop),
            &head::Head::Ext { tag: TABLE, at: body_at, body } => {
                self.decode_table(at, body_at, body)?.check()
            }
            _ => Ok(()),
        })?;
        if end == self.bytes.len() {
            Ok(())
        } else {
            let extra = self.bytes.len() - end;
            Err(self.corrupt(end, format_args!("{extra} bytes after the end of the value")))
        }
    }

    /// Bytes of the payload.
    pub(crate) fn len(&self) -> usize {
        self.bytes.len()
    }

    fn corrupt(&self, at: usize, what: impl std::fmt::Display) -> Error {
        let of = match self.key {
            Some(key) => format!(" of entry \"{}\"", key.escape_ascii()),
            None => String::new(),
        };
        Error::new(Status::Corrupt, format!("corrupt MessagePack document{of} at byte {at}: {what}"))
    }

    fn mismatch(&self, node: Node, found: Type, wanted: &str) -> Error {
        let (status, found) = match found {
            Type::Map if self.is_reference(node as usize) => (Status::BadFormat, REFERENCE),
            found => (Status::InvalidArgument, found.phrase()),
        };
        Error::new(status, format!("the value at byte {node} of the document is {found}, not {wanted}"))
    }

    /// Whether the document is a map that stands for a payload, or for several, whatever else is in it: where values are
    /// read in place nobody follows it.
    pub fn refers(&self) -> bool {
        self.is_reference(0)
    }

    /// Whether the map at `at` stands for a payload, or for several.
    fn is_reference(&self, at: usize) -> bool {
        let Ok((Head::Map(count), mut at)) = self.head(at) else {
            return false;
        };
        for _ in 0..count {
            let Ok((key, value_at)) = self.head(at) else {
                return false;
            };
            // Keys that hold others have their values behind those.
            let value_at = if key.children() == 0 { value_at } else { at };
            if let Head::String(name) = key
                && name.starts_with(reference::REF.as_bytes())
                && (name.starts_with(reference::MARKER.as_bytes())
                    || name == reference::REF.as_bytes()
                        && matches!(self.head(value_at), Ok((Head::Bool(true), _))))
            {
                return true;
            }
            match self.skip(at).and_then(|value_at| self.skip(value_at)) {
                Ok(next) => at = next,
                Err(_) => return false,
            }
        }
        false
    }
}

/// What is said of a reference inside a document: where values are read in place nobody follows it. Python does.
const REFERENCE: &str = "a reference, which is resolved in Python";

/// Checks that `bytes` are one MessagePack value; see [`Document::validate`].
///
/// # Errors
/// `Corrupt` with the position of the first fault.
pub fn validate(bytes: &[u8]) -> Result<()> {
    Document::new(bytes).validate()
}
