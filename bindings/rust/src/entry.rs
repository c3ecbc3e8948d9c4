//! What lies beside a payload: its key, its format, how it is stored, and what the engine knows of it.

use crate::error::{Error, ErrorKind, Result};
use crate::sys;
use std::time::{Duration, SystemTime};

/// Where an entry is: 1 to 511 bytes of any value, in a named database or in "default".
///
/// Texts and bytes are keys of the default database: `store.view("prices")`. Of another one:
/// `store.view(Key::new("prices").in_db("flights"))`.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Key<'a> {
    pub(crate) bytes: &'a [u8],
    pub(crate) db: &'a str,
}

impl<'a> Key<'a> {
    /// A key of the default database.
    pub fn new(key: &'a (impl AsRef<[u8]> + ?Sized)) -> Key<'a> {
        Key { bytes: key.as_ref(), db: "" }
    }

    /// The same key in a named database, which a put makes when it is not there; "" is "default".
    pub fn in_db(self, db: &'a str) -> Key<'a> {
        Key { db, ..self }
    }
}

impl<'a, K: AsRef<[u8]> + ?Sized> From<&'a K> for Key<'a> {
    fn from(key: &'a K) -> Key<'a> {
        Key::new(key)
    }
}

/// How a payload's bytes are to be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Format {
    /// UTF-8 text, for debugging.
    Json,
    /// One MessagePack value.
    Msgpack,
    /// Bytes as they are.
    Raw,
    /// One array, as a `.npy` file holds it.
    Numpy,
    /// An Arrow IPC stream.
    Arrow,
}

impl Format {
    /// The name in configurations and references.
    pub fn name(self) -> &'static str {
        match self {
            Format::Json => "json",
            Format::Msgpack => "msgpack",
            Format::Raw => "raw",
            Format::Numpy => "numpy",
            Format::Arrow => "arrow",
        }
    }

    pub(crate) fn code(self) -> u32 {
        match self {
            Format::Json => sys::DY_LMDB_FORMAT_JSON,
            Format::Msgpack => sys::DY_LMDB_FORMAT_MSGPACK,
            Format::Raw => sys::DY_LMDB_FORMAT_RAW,
            Format::Numpy => sys::DY_LMDB_FORMAT_NUMPY,
            Format::Arrow => sys::DY_LMDB_FORMAT_ARROW,
        }
    }

    fn of_code(code: u32) -> Result<Format> {
        Ok(match code {
            sys::DY_LMDB_FORMAT_JSON => Format::Json,
            sys::DY_LMDB_FORMAT_MSGPACK => Format::Msgpack,
            sys::DY_LMDB_FORMAT_RAW => Format::Raw,
            sys::DY_LMDB_FORMAT_NUMPY => Format::Numpy,
            sys::DY_LMDB_FORMAT_ARROW => Format::Arrow,
            other => {
                let message = format!("format {other} is of a later version of the library");
                return Err(Error::new(ErrorKind::BadFormat, message));
            }
        })
    }
}

/// How an entry is put. `PutOptions::default()` is the engine's: raw, 300 s, may replace, no checksum.
#[derive(Debug, Clone, Copy, Default)]
pub struct PutOptions<'a> {
    /// What the payload is in; raw when `None`. Recorded, and checked against nothing.
    pub format: Option<Format>,
    /// Time to live, rounded up to a millisecond; 300 s when `None`. Zero: until deleted. The longest there is, as
    /// `Duration::MAX`, does not end in a lifetime.
    pub ttl: Option<Duration>,
    /// Fail with [`ErrorKind::KeyExists`] when a live entry is there.
    pub no_overwrite: bool,
    /// Store an XXH3-64 of the payload.
    pub checksum: bool,
    /// The input of an exchange: the engine records its first opening.
    pub tracked: bool,
    /// Id of the exchange; the engine makes one when it is empty.
    pub txn_id: &'a str,
    /// Who puts the entry, for people.
    pub source: &'a str,
    /// Whom it is for, for people.
    pub target: &'a str,
}

impl PutOptions<'_> {
    /// The defaults with a format.
    pub fn of(format: Format) -> PutOptions<'static> {
        PutOptions { format: Some(format), ..PutOptions::default() }
    }

    pub(crate) fn flags(&self) -> u32 {
        let flag = |set: bool, flag: u32| if set { flag } else { 0 };
        flag(self.no_overwrite, sys::DY_LMDB_PUT_NO_OVERWRITE)
            | flag(self.checksum, sys::DY_LMDB_PUT_CHECKSUM)
            | flag(self.tracked, sys::DY_LMDB_PUT_TRACKED)
    }
}

/// A duration in the milliseconds of the C ABI, rounded up; one that is too long for them is the longest.
pub(crate) fn milliseconds(duration: Duration) -> i64 {
    i64::try_from(duration.as_nanos().div_ceil(1_000_000)).unwrap_or(i64::MAX)
}

/// What the engine knows of an entry. A plain copy.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Info {
    /// Id of the entry in its store; never used twice.
    pub entry_id: u64,
    /// Bytes of the payload.
    pub size: u64,
    /// When it was put, by the wall clock.
    pub created: SystemTime,
    /// Time to live as it was put; zero: until deleted.
    pub ttl: Duration,
    /// XXH3-64 of the payload.
    pub checksum: Option<u64>,
    /// Where the payload begins in the file data.mdb; 0 when it lies in the record.
    pub file_offset: u64,
    /// What the payload is in.
    pub format: Format,
    /// The payload lies in the record itself; views of it are copies.
    pub is_inline: bool,
    /// The input of an exchange, whose first opening is recorded.
    pub is_tracked: bool,
    /// The view holds a snapshot of the whole store. Not set any more: such views are copies.
    pub holds_snapshot: bool,
    /// No pin was free, so the view is a copy.
    pub is_copied: bool,
}

impl Info {
    pub(crate) fn of(raw: &sys::dy_lmdb_info_t) -> Result<Info> {
        let has = |flag: u32| raw.flags & flag != 0;
        Ok(Info {
            entry_id: raw.entry_id,
            size: raw.size,
            created: SystemTime::UNIX_EPOCH + Duration::from_nanos(raw.created_ns),
            ttl: Duration::from_millis(raw.ttl_ms),
            checksum: has(sys::DY_LMDB_INFO_CHECKSUM).then_some(raw.checksum),
            file_offset: raw.file_offset,
            format: Format::of_code(raw.format)?,
            is_inline: has(sys::DY_LMDB_INFO_INLINE),
            is_tracked: has(sys::DY_LMDB_INFO_TRACKED),
            holds_snapshot: has(sys::DY_LMDB_INFO_SNAPSHOT),
            is_copied: has(sys::DY_LMDB_INFO_COPIED),
        })
    }
}
