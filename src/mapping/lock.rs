//! Advisory file locks: of an open file description (OFD), of the process (POSIX), and of the whole file.

use std::fs::File;
use std::io;
use std::os::fd::AsRawFd;

/// Shared or exclusive.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Others may hold it shared as well.
    Shared,
    /// Nobody else may hold it.
    Exclusive,
}

fn request(kind: i32, start: u64, length: u64) -> libc::flock {
    // SAFETY: the struct is plain integers; OFD locks want the pid zero.
    let mut lock: libc::flock = unsafe { std::mem::zeroed() };
    lock.l_type = kind as libc::c_short;
    lock.l_whence = libc::SEEK_SET as libc::c_short;
    lock.l_start = start as libc::off_t;
    lock.l_len = length as libc::off_t;
    lock
}

fn type_of(kind: Kind) -> i32 {
    match kind {
        Kind::Shared => libc::F_RDLCK,
        Kind::Exclusive => libc::F_WRLCK,
    }
}

/// Locks one byte for the open file description. `false`: somebody else holds it.
pub fn try_ofd(file: &File, byte: u64, kind: Kind) -> io::Result<bool> {
    set(file, libc::F_OFD_SETLK, type_of(kind), byte)
}

/// Unlocks one byte that [`try_ofd`] locked.
pub fn unlock_ofd(file: &File, byte: u64) -> io::Result<()> {
    set(file, libc::F_OFD_SETLK, libc::F_UNLCK, byte).map(|_| ())
}

/// Turns the process's own lock on one byte into a shared one.
pub fn share_posix(file: &File, byte: u64) -> io::Result<bool> {
    set(file, libc::F_SETLK, libc::F_RDLCK, byte)
}

fn set(file: &File, command: i32, kind: i32, byte: u64) -> io::Result<bool> {
    let lock = request(kind, byte, 1);
    // SAFETY: an open descriptor and a request that outlives the call.
    if unsafe { libc::fcntl(file.as_raw_fd(), command, &lock) } == 0 {
        return Ok(true);
    }
    let error = io::Error::last_os_error();
    match error.raw_os_error() {
        Some(libc::EAGAIN | libc::EACCES) => Ok(false),
        _ => Err(error),
    }
}

/// Whether some other open file description holds a byte of `[start, start + length)`; length 0: to the end.
pub fn held_by_another(file: &File, start: u64, length: u64) -> io::Result<bool> {
    let mut lock = request(libc::F_WRLCK, start, length);
    // SAFETY: an open descriptor and a request that outlives the call.
    if unsafe { libc::fcntl(file.as_raw_fd(), libc::F_OFD_GETLK, &mut lock) } != 0 {
        return Err(io::Error::last_os_error());
    }
    Ok(i32::from(lock.l_type) != libc::F_UNLCK)
}
