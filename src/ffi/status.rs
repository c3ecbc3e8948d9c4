//! The statuses as numbers of the C ABI.

use crate::error::Status;
use std::ffi::c_char;

/// What a call answers: `DY_LMDB_OK` or the number of what went wrong. Numbers are never used twice; later
/// versions may add some, so treat one you do not know as a failure. `dy_lmdb_last_error_message` tells the
/// details.
pub type dy_lmdb_status_t = i32;

/// The call did what it says.
pub const DY_LMDB_OK: i32 = 0;
/// No live entry under the key: absent or expired. Also: no such element in a document, no such field in a
/// reference.
pub const DY_LMDB_NOT_FOUND: i32 = 10;
/// What was waited for did not come in time.
pub const DY_LMDB_TIMEOUT: i32 = 11;
/// The caller's buffer is smaller than the payload; the size output tells what is needed.
pub const DY_LMDB_BUFFER_TOO_SMALL: i32 = 12;
/// A live entry is under the key and `DY_LMDB_PUT_NO_OVERWRITE` was asked for.
pub const DY_LMDB_KEY_EXISTS: i32 = 13;
/// The loan is no longer ours: its holder was taken for dead, or it was published or dropped already.
pub const DY_LMDB_LOAN_LOST: i32 = 14;
/// A calculator answered without ever opening the input its reference names.
pub const DY_LMDB_REFERENCE_IGNORED: i32 = 15;
/// An argument no call can accept: NULL, text that is not UTF-8, an unknown flag, a wrong type.
pub const DY_LMDB_INVALID_ARGUMENT: i32 = 20;
/// A configuration key with a value that is not allowed; the message names key, value and what is allowed.
pub const DY_LMDB_CONFIG: i32 = 21;
/// A key that is empty or over 511 bytes, or a database name that is too long or reserved.
pub const DY_LMDB_BAD_KEY: i32 = 22;
/// A payload over 4,294,836,160 bytes.
pub const DY_LMDB_TOO_LARGE: i32 = 23;
/// A format that does not exist.
pub const DY_LMDB_BAD_FORMAT: i32 = 24;
/// The store may not grow further and nothing can be reclaimed; the message says who pins what and which
/// setting to raise.
pub const DY_LMDB_MAP_FULL: i32 = 30;
/// The file system has no space left.
pub const DY_LMDB_DISK_FULL: i32 = 31;
/// Every reader slot is taken by a live reader.
pub const DY_LMDB_READERS_FULL: i32 = 32;
/// Every slot for a named database is taken.
pub const DY_LMDB_DBS_FULL: i32 = 33;
/// A resource limit of the process (RLIMIT_AS, RLIMIT_FSIZE) is too small for the map.
pub const DY_LMDB_LIMIT: i32 = 34;
/// The directory or a file in it does not permit this.
pub const DY_LMDB_PERMISSION: i32 = 40;
/// The operating system reported an error.
pub const DY_LMDB_IO: i32 = 41;
/// Bytes in the store, a document or a reference that cannot be right; the message names the key and the
/// position.
pub const DY_LMDB_CORRUPT: i32 = 42;
/// The directory holds a store that is not ours to use: another program's, another format version; or one of its
/// files was taken or exchanged while it is in use, which every call on it may answer.
pub const DY_LMDB_FOREIGN_STORE: i32 = 43;
/// The store is open in this process through another copy of LMDB.
pub const DY_LMDB_ALREADY_OPEN: i32 = 44;
/// The file system cannot hold a store.
pub const DY_LMDB_UNSUPPORTED: i32 = 45;
/// The handle was closed.
pub const DY_LMDB_CLOSED: i32 = 50;
/// The handle was made before a fork and is used in the child; open the store again there.
pub const DY_LMDB_FORKED: i32 = 51;
/// LMDB or the engine met a state it never should.
pub const DY_LMDB_INTERNAL: i32 = 60;
/// A panic was caught at the library's boundary: a fault of the library.
pub const DY_LMDB_PANIC: i32 = 61;

/// The name of a status.
///
/// - `status`: what a call answered.
///
/// Returns the constant's name, such as "DY_LMDB_MAP_FULL"; "DY_LMDB_UNKNOWN" for a number that is no status.
/// Cannot fail.
///
/// Memory: a constant of the library; do not free it.
///
/// Threads: any number at once.
#[unsafe(no_mangle)]
pub extern "C" fn dy_lmdb_status_name(status: dy_lmdb_status_t) -> *const c_char {
    let name = match status {
        DY_LMDB_OK => c"DY_LMDB_OK",
        DY_LMDB_NOT_FOUND => c"DY_LMDB_NOT_FOUND",
        DY_LMDB_TIMEOUT => c"DY_LMDB_TIMEOUT",
        DY_LMDB_BUFFER_TOO_SMALL => c"DY_LMDB_BUFFER_TOO_SMALL",
        DY_LMDB_KEY_EXISTS => c"DY_LMDB_KEY_EXISTS",
        DY_LMDB_LOAN_LOST => c"DY_LMDB_LOAN_LOST",
        DY_LMDB_REFERENCE_IGNORED => c"DY_LMDB_REFERENCE_IGNORED",
        DY_LMDB_INVALID_ARGUMENT => c"DY_LMDB_INVALID_ARGUMENT",
        DY_LMDB_CONFIG => c"DY_LMDB_CONFIG",
        DY_LMDB_BAD_KEY => c"DY_LMDB_BAD_KEY",
        DY_LMDB_TOO_LARGE => c"DY_LMDB_TOO_LARGE",
        DY_LMDB_BAD_FORMAT => c"DY_LMDB_BAD_FORMAT",
        DY_LMDB_MAP_FULL => c"DY_LMDB_MAP_FULL",
        DY_LMDB_DISK_FULL => c"DY_LMDB_DISK_FULL",
        DY_LMDB_READERS_FULL => c"DY_LMDB_READERS_FULL",
        DY_LMDB_DBS_FULL => c"DY_LMDB_DBS_FULL",
        DY_LMDB_LIMIT => c"DY_LMDB_LIMIT",
        DY_LMDB_PERMISSION => c"DY_LMDB_PERMISSION",
        DY_LMDB_IO => c"DY_LMDB_IO",
        DY_LMDB_CORRUPT => c"DY_LMDB_CORRUPT",
        DY_LMDB_FOREIGN_STORE => c"DY_LMDB_FOREIGN_STORE",
        DY_LMDB_ALREADY_OPEN => c"DY_LMDB_ALREADY_OPEN",
        DY_LMDB_UNSUPPORTED => c"DY_LMDB_UNSUPPORTED",
        DY_LMDB_CLOSED => c"DY_LMDB_CLOSED",
        DY_LMDB_FORKED => c"DY_LMDB_FORKED",
        DY_LMDB_INTERNAL => c"DY_LMDB_INTERNAL",
        DY_LMDB_PANIC => c"DY_LMDB_PANIC",
        _ => c"DY_LMDB_UNKNOWN",
    };
    name.as_ptr()
}

/// Where a status is explained: what it means, and what to do.
///
/// - `status`: what a call answered.
///
/// Returns a place in the documentation, such as "docs/troubleshooting.md#map_full"; the page without a section
/// for `DY_LMDB_OK` and for a number that is no status. Cannot fail.
///
/// Memory: a constant of the library; do not free it.
///
/// Threads: any number at once.
#[unsafe(no_mangle)]
pub extern "C" fn dy_lmdb_status_help(status: dy_lmdb_status_t) -> *const c_char {
    Status::help_of(status).as_ptr()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::ffi::CStr;

    fn name(status: dy_lmdb_status_t) -> &'static str {
        // SAFETY: the function answers with constants.
        unsafe { CStr::from_ptr(dy_lmdb_status_name(status)) }.to_str().unwrap()
    }

    #[test]
    fn every_status_of_the_engine_has_its_number_and_name() {
        for status in Status::ALL {
            assert_eq!(name(status.code()), status.name());
        }
        let named = (-1..1000).filter(|n| name(*n) != "DY_LMDB_UNKNOWN").count();
        assert_eq!(named, Status::ALL.len() + 1, "all of the engine's, and OK");
    }

    #[test]
    fn every_status_is_explained_under_its_own_name() {
        let help = |status| {
            // SAFETY: the function answers with constants.
            unsafe { CStr::from_ptr(dy_lmdb_status_help(status)) }.to_str().unwrap()
        };
        let page = include_str!("../../docs/troubleshooting.md");
        for status in Status::ALL {
            let name = status.name().trim_start_matches("DY_LMDB_");
            assert_eq!(help(status.code()), format!("docs/troubleshooting.md#{}", name.to_lowercase()));
            assert!(page.contains(&format!("\n## {name}\n")), "{name}");
        }
        assert_eq!(help(DY_LMDB_OK), "docs/troubleshooting.md");
        assert_eq!(help(9999), "docs/troubleshooting.md");
    }
}
