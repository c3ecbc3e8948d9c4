//! Safe Rust over the shared library `libdishtayantra_lmdb`: large payloads handed between languages and processes of
//! one host through a memory map, read where they lie.
//!
//! The engine is not linked in: the library is found when it is first needed ([`load`] says where), and a copy that
//! the process has already is used. So a Rust module in a Python process shares the engine of the Python package.
//!
//! ```no_run
//! use dishtayantra::{Format, PutOptions, Store};
//!
//! let store = Store::open("/tmp/exchange")?;
//! store.put("greeting", b"hello", &PutOptions::of(Format::Raw))?;
//! let view = store.view("greeting")?;
//! assert_eq!(view.bytes(), b"hello");
//! # Ok::<(), dishtayantra::Error>(())
//! ```
//!
//! From the outside in: [`calculator`] computes on [`Numbers`], which come from documents and arrays;
//! [`Store`], [`View`], [`Loan`], [`Document`], [`Writer`] and [`Reference`] own the objects of the C ABI and
//! are the only code that calls it.

pub mod calculator;
mod columns;
mod entry;
mod error;
mod ffi;
mod input;
mod npy;
mod numbers;
mod options;
mod output;
mod segment;
mod shown;
mod sys;
#[cfg(feature = "tracing")]
mod traced;
mod value;
mod wait;

pub use columns::{Columns, Field};
pub use entry::{Format, Info, Key, PutOptions};
pub use error::{Error, ErrorKind, Result};
pub use ffi::{
    Column, Document, Item, Items, Loan, LogLevel, Node, Origin, Reference, References, Store, Table, Type,
    Versions, View, Watch, Writer, load, parse_config, set_log, take_warnings, versions, wire,
};
pub use npy::{Array, npy_header};
pub use numbers::Numbers;
pub use options::{Durability, OpenOptions};
pub use segment::{Complex, Dtype, Element, Half, Segment, SegmentItem, Unit};
#[cfg(feature = "tracing")]
pub use traced::log_to_tracing;
pub use wait::Wait;

/// The former name of [`Writer`].
#[deprecated(note = "is called Writer")]
pub type DocumentWriter<'a> = Writer<'a>;
