//! What can go wrong, and what the engine said of it.

use crate::ffi::help;
use crate::sys;
use std::fmt;

/// The result of everything here that can fail.
pub type Result<T, E = Error> = std::result::Result<T, E>;

macro_rules! kinds {
    ($($(#[$doc:meta])* $kind:ident = $status:ident,)*) => {
        /// What went wrong: the statuses of the C ABI, and failures of this side. Later versions may add some.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        pub enum ErrorKind {
            $($(#[$doc])* $kind,)*
            /// The shared library was not found or cannot be used.
            Library,
            /// A status of a later version of the library.
            Unknown(i32),
        }

        impl ErrorKind {
            fn of_status(status: i32) -> ErrorKind {
                match status {
                    $(sys::$status => ErrorKind::$kind,)*
                    other => ErrorKind::Unknown(other),
                }
            }

            /// The number of the C ABI; none for failures of this side.
            pub fn status(self) -> Option<i32> {
                match self {
                    $(ErrorKind::$kind => Some(sys::$status),)*
                    ErrorKind::Unknown(status) => Some(status),
                    ErrorKind::Library => None,
                }
            }
        }
    };
}

kinds! {
    /// No live entry under the key: absent or expired. Also: no such element in a document.
    NotFound = DY_LMDB_NOT_FOUND,
    /// What was waited for did not come in time.
    Timeout = DY_LMDB_TIMEOUT,
    /// A buffer is smaller than what was to be copied to it.
    BufferTooSmall = DY_LMDB_BUFFER_TOO_SMALL,
    /// A live entry is under the key and was not to be replaced.
    KeyExists = DY_LMDB_KEY_EXISTS,
    /// The loan is no longer ours: its holder was taken for dead.
    LoanLost = DY_LMDB_LOAN_LOST,
    /// A calculator answered without ever opening the input its reference names.
    ReferenceIgnored = DY_LMDB_REFERENCE_IGNORED,
    /// An argument no call can accept, or a value of another type than was asked for.
    InvalidArgument = DY_LMDB_INVALID_ARGUMENT,
    /// A configuration key with a value that is not allowed.
    Config = DY_LMDB_CONFIG,
    /// A key that is empty or over 511 bytes, or a database name that is too long or reserved.
    BadKey = DY_LMDB_BAD_KEY,
    /// A payload over 4,294,836,160 bytes.
    TooLarge = DY_LMDB_TOO_LARGE,
    /// A format that does not exist or cannot be read here.
    BadFormat = DY_LMDB_BAD_FORMAT,
    /// The store may not grow further and nothing can be reclaimed.
    MapFull = DY_LMDB_MAP_FULL,
    /// The file system has no space left.
    DiskFull = DY_LMDB_DISK_FULL,
    /// Every reader slot is taken by a live reader.
    ReadersFull = DY_LMDB_READERS_FULL,
    /// Every slot for a named database is taken.
    DbsFull = DY_LMDB_DBS_FULL,
    /// A resource limit of the process is too small for the map.
    Limit = DY_LMDB_LIMIT,
    /// The directory or a file in it does not permit this.
    Permission = DY_LMDB_PERMISSION,
    /// The operating system reported an error.
    Io = DY_LMDB_IO,
    /// Bytes in the store, a document or a reference that cannot be right.
    Corrupt = DY_LMDB_CORRUPT,
    /// The directory holds a store that is not ours to use.
    ForeignStore = DY_LMDB_FOREIGN_STORE,
    /// The store is open in this process through another copy of LMDB.
    AlreadyOpen = DY_LMDB_ALREADY_OPEN,
    /// The file system cannot hold a store.
    Unsupported = DY_LMDB_UNSUPPORTED,
    /// The handle was closed.
    Closed = DY_LMDB_CLOSED,
    /// The handle was made before a fork and is used in the child; open the store again there.
    Forked = DY_LMDB_FORKED,
    /// LMDB or the engine met a state it never should.
    Internal = DY_LMDB_INTERNAL,
    /// A panic was caught: at the library's boundary, or of a calculator.
    Panic = DY_LMDB_PANIC,
}

/// What went wrong, with the message that says what happened, to which path, key or setting, and what to do.
#[derive(Clone, PartialEq, Eq)]
pub struct Error {
    kind: ErrorKind,
    message: String,
}

impl Error {
    /// An error of this side, with a message that names what is wrong.
    pub fn new(kind: ErrorKind, message: impl Into<String>) -> Error {
        Error { kind, message: message.into() }
    }

    /// An argument, or a value of an input, that cannot be used.
    pub fn invalid(message: impl Into<String>) -> Error {
        Error::new(ErrorKind::InvalidArgument, message)
    }

    pub(crate) fn of_status(status: i32, message: String) -> Error {
        Error::new(ErrorKind::of_status(status), message)
    }

    /// What went wrong.
    pub fn kind(&self) -> ErrorKind {
        self.kind
    }

    /// What the engine, or this side, had to say.
    pub fn message(&self) -> &str {
        &self.message
    }

    /// Where the documentation explains it, such as "docs/troubleshooting.md#map_full".
    pub fn help(&self) -> &'static str {
        help(self.kind.status())
    }

    /// The same error with what it is about in front of its message.
    pub(crate) fn about(self, what: &str) -> Error {
        Error { kind: self.kind, message: format!("{what}: {}", self.message) }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.message)
    }
}

/// As what `main` returns is shown: lines as lines.
impl fmt::Debug for Error {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{:?}: {}", self.kind, self.message)
    }
}

impl std::error::Error for Error {}
