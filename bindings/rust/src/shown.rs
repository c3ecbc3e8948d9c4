//! `Debug` of what holds payloads or belongs to the library: a few facts, no addresses, and little of what lies in them.

use crate::entry::Key;
use crate::ffi::{Document, Items, Loan, Node, Reference, Store, Type, View, Watch, Writer};
use crate::npy::Array;
use crate::numbers::Numbers;
use crate::segment::Segment;
use crate::wait::Wait;
use std::fmt::{Debug, Formatter, Result};

/// Items, and letters of a text, that are shown.
const SHOWN: usize = 6;
const TEXT: usize = 60;

/// The first items of several.
pub(crate) struct First<'a, T>(pub &'a [T]);

impl<T: Debug> Debug for First<'_, T> {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        let mut list = f.debug_list();
        list.entries(self.0.iter().take(SHOWN));
        if self.0.len() > SHOWN { list.finish_non_exhaustive() } else { list.finish() }
    }
}

/// The start of a text.
struct Start<'a>(&'a str);

impl Debug for Start<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        let end = self.0.char_indices().nth(TEXT).map_or(self.0.len(), |(at, _)| at);
        Debug::fmt(&self.0[..end], f)?;
        if end < self.0.len() { f.write_str("..") } else { Ok(()) }
    }
}

/// Bytes that are mostly a text.
struct Escaped<'a>(&'a [u8]);

impl Debug for Escaped<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        match std::str::from_utf8(self.0) {
            Ok(text) => Debug::fmt(text, f),
            Err(_) => write!(f, "b\"{}\"", self.0.escape_ascii()),
        }
    }
}

impl Debug for Store {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        let mut told = f.debug_struct("Store");
        match self.path() {
            Ok(path) => told.field("path", &path),
            Err(error) => told.field("path", &error.kind()),
        };
        told.finish()
    }
}

impl Debug for View {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        let info = self.info();
        let mut told = f.debug_struct("View");
        told.field("key", &Escaped(self.key())).field("size", &info.size);
        told.field("format", &info.format).field("entry_id", &info.entry_id).finish_non_exhaustive()
    }
}

impl Debug for Loan {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        f.debug_struct("Loan").field("size", &self.len()).finish()
    }
}

impl Debug for Document<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        f.debug_tuple("Document").field(&self.root()).finish()
    }
}

/// What a value is, and how much of it there is or, when it is single, which.
impl Debug for Node<'_, '_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        let kind = match self.kind() {
            Ok(kind) => kind,
            Err(error) => return f.debug_tuple("Node").field(&error.kind()).finish(),
        };
        let name = format!("{kind:?}");
        let mut told = f.debug_tuple(&name);
        let told = match kind {
            Type::Nil => Ok(&mut told),
            Type::Bool => self.bool().map(|value| told.field(&value)),
            Type::Int => match self.int64() {
                Ok(value) => Ok(told.field(&value)),
                Err(_) => self.uint64().map(|value| told.field(&value)),
            },
            Type::Float => self.double().map(|value| told.field(&value)),
            Type::String => self.string().map(|text| told.field(&Start(text))),
            Type::Bytes => self.bytes().map(|bytes| told.field(&bytes.len())),
            Type::Segment => self.segment().map(|segment| told.field(&segment)),
            _ => self.count().map(|count| told.field(&count)),
        };
        match told {
            Ok(told) => told.finish(),
            Err(error) => f.debug_tuple("Node").field(&error.kind()).finish(),
        }
    }
}

impl Debug for Items<'_, '_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        f.debug_struct("Items").field("left", &self.left()).finish()
    }
}

impl Debug for Reference {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        match self.json() {
            Ok(json) => write!(f, "Reference({json})"),
            Err(error) => f.debug_tuple("Reference").field(&error.kind()).finish(),
        }
    }
}

impl Debug for Writer<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        let size = self.parts().ok().map(|parts| parts.iter().map(|part| part.len()).sum::<usize>());
        f.debug_struct("Writer").field("finished_size", &size).finish()
    }
}

impl Debug for Watch {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        f.debug_struct("Watch").finish_non_exhaustive()
    }
}

impl Debug for Wait {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        let (keys, found) = self.told();
        f.debug_struct("Wait").field("keys", &keys).field("found", &found).finish()
    }
}

impl Debug for Key<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        let mut told = f.debug_struct("Key");
        told.field("key", &Escaped(self.bytes));
        if !self.db.is_empty() {
            told.field("db", &self.db);
        }
        told.finish()
    }
}

impl Debug for Segment<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        let mut told = f.debug_struct("Segment");
        told.field("dtype", &self.dtype()).field("shape", &self.shape()).field("is_list", &self.is_list());
        told.finish_non_exhaustive()
    }
}

impl Debug for Array<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        let mut told = f.debug_struct("Array");
        told.field("descr", &self.descr()).field("shape", &self.shape());
        told.field("fortran_order", &self.fortran_order()).finish_non_exhaustive()
    }
}

impl Debug for Numbers<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        let mut told = f.debug_struct("Numbers");
        told.field("shape", &self.shape()).field("fortran_order", &self.fortran_order());
        told.field("is_list", &self.is_list()).field("slice", &First(self.slice())).finish()
    }
}
