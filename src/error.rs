//! What can go wrong, as a numbered status with a message that names the thing.

use std::ffi::CStr;
use std::fmt;

macro_rules! statuses {
    ($($(#[$doc:meta])* $variant:ident = $code:literal, $name:literal;)*) => {
        /// The numbered statuses of the C ABI. Numbers have gaps and are never used twice.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        #[repr(i32)]
        pub enum Status { $($(#[$doc])* $variant = $code,)* }

        impl Status {
            /// Every status there is.
            pub const ALL: &[Status] = &[$(Status::$variant,)*];

            /// The constant's name in the C header.
            pub const fn name(self) -> &'static str {
                match self { $(Status::$variant => concat!("DY_LMDB_", $name),)* }
            }

            /// Where it is explained: a place in the documentation.
            pub const fn help(self) -> &'static CStr {
                match self {
                    $(Status::$variant => {
                        const UPPER: &str = concat!("docs/troubleshooting.md#", $name, "\0");
                        const LOWER: [u8; UPPER.len()] = lowered(UPPER);
                        const { terminated(&LOWER) }
                    })*
                }
            }
        }
    };
}

statuses! {
    /// No live entry under the key: absent or expired.
    NotFound = 10, "NOT_FOUND";
    /// What was waited for did not come in time.
    Timeout = 11, "TIMEOUT";
    /// The caller's buffer is smaller than the payload.
    BufferTooSmall = 12, "BUFFER_TOO_SMALL";
    /// A live entry is under the key and overwriting was not allowed.
    KeyExists = 13, "KEY_EXISTS";
    /// The loan's row is gone: its owner was taken for dead or it was published already.
    LoanLost = 14, "LOAN_LOST";
    /// A calculator answered without ever opening the input its reference names.
    ReferenceIgnored = 15, "REFERENCE_IGNORED";
    /// An argument that no call can accept.
    InvalidArgument = 20, "INVALID_ARGUMENT";
    /// A configuration key with a value that is not allowed.
    Config = 21, "CONFIG";
    /// A key or database name that is empty, too long or reserved.
    BadKey = 22, "BAD_KEY";
    /// A payload over 4,294,836,160 bytes.
    TooLarge = 23, "TOO_LARGE";
    /// A format number or name that does not exist.
    BadFormat = 24, "BAD_FORMAT";
    /// The store may not grow further and nothing can be reclaimed.
    MapFull = 30, "MAP_FULL";
    /// The file system has no space left.
    DiskFull = 31, "DISK_FULL";
    /// Every reader slot is taken by a live reader.
    ReadersFull = 32, "READERS_FULL";
    /// Every named database slot is taken.
    DbsFull = 33, "DBS_FULL";
    /// A resource limit of the process is too small for the map.
    Limit = 34, "LIMIT";
    /// The directory or a file in it does not permit this.
    Permission = 40, "PERMISSION";
    /// The operating system reported an error.
    Io = 41, "IO";
    /// Bytes in the store, a document or a reference that cannot be right.
    Corrupt = 42, "CORRUPT";
    /// The directory holds a store that is not ours to use.
    ForeignStore = 43, "FOREIGN_STORE";
    /// The store is open in this process through another copy of LMDB.
    AlreadyOpen = 44, "ALREADY_OPEN";
    /// The file system cannot hold a store.
    Unsupported = 45, "UNSUPPORTED";
    /// The handle was closed.
    Closed = 50, "CLOSED";
    /// The handle was made before a fork and is used in the child.
    Forked = 51, "FORKED";
    /// LMDB or the engine met a state it never should.
    Internal = 60, "INTERNAL";
    /// A panic was caught at the library's boundary.
    Panic = 61, "PANIC";
}

/// `text` in lower case, as headings become anchors.
const fn lowered<const N: usize>(text: &str) -> [u8; N] {
    let mut lower = [0; N];
    let mut at = 0;
    while at < N {
        lower[at] = text.as_bytes()[at].to_ascii_lowercase();
        at += 1;
    }
    lower
}

const fn terminated(text: &'static [u8]) -> &'static CStr {
    match CStr::from_bytes_with_nul(text) {
        Ok(text) => text,
        Err(_) => panic!("it has no NUL at its end"),
    }
}

impl Status {
    /// Where the status of a number is explained; the page without a section when it is none.
    pub fn help_of(code: i32) -> &'static CStr {
        let known = Status::ALL.iter().find(|known| known.code() == code);
        known.map_or(c"docs/troubleshooting.md", |known| known.help())
    }

    /// The number that crosses the C ABI.
    pub const fn code(self) -> i32 {
        self as i32
    }
}

/// A status with the message that explains it.
#[derive(Debug, Clone)]
pub struct Error {
    status: Status,
    message: String,
}

impl Error {
    /// An error of `status` that says `message`.
    pub fn new(status: Status, message: impl Into<String>) -> Error {
        Error { status, message: message.into() }
    }

    /// The error of a system call that failed with `error` while doing `what`.
    pub fn io(what: impl fmt::Display, error: &std::io::Error) -> Error {
        let status = match error.raw_os_error() {
            Some(libc::ENOSPC | libc::EDQUOT) => Status::DiskFull,
            Some(libc::EACCES | libc::EPERM | libc::EROFS) => Status::Permission,
            _ => Status::Io,
        };
        Error::new(status, format!("{what}: {error}"))
    }

    /// What kind of error it is.
    pub fn status(&self) -> Status {
        self.status
    }

    /// What happened, to what, and what to do.
    pub fn message(&self) -> &str {
        &self.message
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.message)
    }
}

impl std::error::Error for Error {}

/// What every fallible function of the engine returns.
pub type Result<T> = std::result::Result<T, Error>;
