//! System calls the standard library does not offer.

use std::ffi::CString;
use std::fs::File;
use std::io;
use std::os::fd::{AsRawFd, RawFd};
use std::os::unix::fs::MetadataExt;
use std::sync::OnceLock;
use std::sync::atomic::AtomicU32;
use std::time::Duration;

fn check(code: i32) -> io::Result<()> {
    if code == -1 { Err(io::Error::last_os_error()) } else { Ok(()) }
}

/// The machine's page size in bytes.
pub fn page_size() -> usize {
    static SIZE: OnceLock<usize> = OnceLock::new();
    // SAFETY: reads a constant of the system.
    *SIZE.get_or_init(|| unsafe { libc::sysconf(libc::_SC_PAGESIZE) } as usize)
}

pub use super::clock::{boottime_ns, monotonic_ns, wall_ns};

/// Random bytes from the kernel.
pub fn random() -> io::Result<[u8; 16]> {
    let mut bytes = [0; 16];
    loop {
        // SAFETY: fills the local; up to 256 bytes come whole or not at all.
        let got = unsafe { libc::getrandom(bytes.as_mut_ptr().cast(), bytes.len(), 0) };
        match got {
            16 => return Ok(bytes),
            _ if io::Error::last_os_error().kind() == io::ErrorKind::Interrupted => {}
            _ => return Err(io::Error::last_os_error()),
        }
    }
}

/// Inode of what is at `path`, as of a namespace; 0: there is nothing.
pub fn inode(path: &str) -> u64 {
    std::fs::metadata(path).map_or(0, |found| found.ino())
}

/// The effective user id.
pub fn effective_user() -> u32 {
    // SAFETY: cannot fail.
    unsafe { libc::geteuid() }
}

/// Allocates blocks for `[offset, offset + length)`; the file's size may grow.
pub fn fallocate(fd: RawFd, offset: u64, length: u64) -> io::Result<()> {
    change_blocks(fd, 0, offset, length)
}

/// Gives the blocks of `[offset, offset + length)` back to the file system; the range reads as zeros from then on.
pub fn punch(fd: RawFd, offset: u64, length: u64) -> io::Result<()> {
    change_blocks(fd, libc::FALLOC_FL_PUNCH_HOLE | libc::FALLOC_FL_KEEP_SIZE, offset, length)
}

fn change_blocks(fd: RawFd, mode: i32, offset: u64, length: u64) -> io::Result<()> {
    loop {
        // SAFETY: changes only the file's allocation.
        let code = unsafe { libc::fallocate(fd, mode, offset as libc::off_t, length as libc::off_t) };
        match check(code) {
            Err(error) if error.raw_os_error() == Some(libc::EINTR) => {}
            other => return other,
        }
    }
}

/// Gives the file `name` in an open directory the present time, without opening it: closing it again would drop the
/// process's locks of it.
pub fn touch(directory: RawFd, name: &str) -> io::Result<()> {
    let name = CString::new(name)?;
    let flags = libc::AT_SYMLINK_NOFOLLOW;
    // SAFETY: a NUL-terminated name; no times mean now.
    check(unsafe { libc::utimensat(directory, name.as_ptr(), std::ptr::null(), flags) })
}

/// Whether something was written in `[offset, offset + length)`, as far as the file system says.
pub fn written(fd: RawFd, offset: u64, length: u64) -> bool {
    // SAFETY: moves the descriptor's position, which nobody uses.
    let at = unsafe { libc::lseek(fd, offset as libc::off_t, libc::SEEK_DATA) };
    at >= 0 && (at as u64) < offset + length
}

/// Bytes of blocks that a file has.
pub fn blocks(fd: RawFd) -> io::Result<u64> {
    Ok(stat(fd)?.st_blocks as u64 * 512)
}

/// Whether an open file has a name in some directory.
pub fn is_named(fd: RawFd) -> bool {
    stat(fd).is_ok_and(|stat| stat.st_nlink > 0)
}

fn stat(fd: RawFd) -> io::Result<libc::stat> {
    // SAFETY: the struct is plain integers; the kernel fills it.
    let mut stat: libc::stat = unsafe { std::mem::zeroed() };
    // SAFETY: an open descriptor and an out pointer to a local.
    check(unsafe { libc::fstat(fd, &mut stat) })?;
    Ok(stat)
}

/// Bytes that the file system of `fd` has left for this user.
pub fn room(fd: RawFd) -> io::Result<u64> {
    // SAFETY: the struct is plain integers; the kernel fills it.
    let mut stat: libc::statvfs = unsafe { std::mem::zeroed() };
    // SAFETY: an open descriptor and an out pointer to a local.
    check(unsafe { libc::fstatvfs(fd, &mut stat) })?;
    // A tmpfs without a bound says that it has no blocks at all.
    Ok(if stat.f_blocks == 0 { u64::MAX } else { stat.f_bavail as u64 * stat.f_frsize as u64 })
}

/// Keeps a descriptor out of programs this process starts.
pub fn close_on_exec(fd: RawFd) -> io::Result<()> {
    // SAFETY: changes a flag of the descriptor.
    check(unsafe { libc::fcntl(fd, libc::F_SETFD, libc::FD_CLOEXEC) })
}

/// The soft limit of a resource; `None`: unlimited.
pub fn resource_limit(resource: libc::__rlimit_resource_t) -> Option<u64> {
    let mut limit = libc::rlimit { rlim_cur: 0, rlim_max: 0 };
    // SAFETY: out pointer to a local.
    let code = unsafe { libc::getrlimit(resource, &mut limit) };
    (code == 0 && limit.rlim_cur != libc::RLIM_INFINITY).then_some(limit.rlim_cur)
}

/// The magic number of the file system that holds `file`.
pub fn file_system(file: &File) -> io::Result<i64> {
    // SAFETY: the struct is plain integers; the kernel fills it.
    let mut stat: libc::statfs = unsafe { std::mem::zeroed() };
    // SAFETY: an open descriptor and an out pointer to a local.
    check(unsafe { libc::fstatfs(file.as_raw_fd(), &mut stat) })?;
    Ok(stat.f_type as i64)
}

/// How a wait on a futex ended.
#[derive(Debug, PartialEq, Eq)]
pub enum Woken {
    /// Woken, interrupted, or the word had changed already.
    LookAgain,
    /// The time is up.
    TimedOut,
}

/// Sleeps while `word` is `expected`, at most `timeout`. The word may be in memory shared between processes.
pub fn futex_wait(word: &AtomicU32, expected: u32, timeout: Duration) -> Woken {
    let time = libc::timespec {
        tv_sec: timeout.as_secs() as libc::time_t,
        tv_nsec: timeout.subsec_nanos() as libc::c_long,
    };
    // SAFETY: the kernel only reads the word and the time.
    let code = unsafe {
        libc::syscall(libc::SYS_futex, word.as_ptr(), libc::FUTEX_WAIT, expected, &time as *const _)
    };
    if code == -1 && io::Error::last_os_error().raw_os_error() == Some(libc::ETIMEDOUT) {
        Woken::TimedOut
    } else {
        Woken::LookAgain
    }
}

/// Wakes everybody who sleeps on `word`, in any process.
pub fn futex_wake_all(word: &AtomicU32) {
    // SAFETY: the kernel only uses the word's address.
    unsafe { libc::syscall(libc::SYS_futex, word.as_ptr(), libc::FUTEX_WAKE, i32::MAX) };
}

/// Wakes one of those who sleep on `word`, in any process.
pub fn futex_wake_one(word: &AtomicU32) {
    // SAFETY: the kernel only uses the word's address.
    unsafe { libc::syscall(libc::SYS_futex, word.as_ptr(), libc::FUTEX_WAKE, 1) };
}

/// Words that [`futex_wait_any`] takes at most.
pub const FUTEXES: usize = libc::FUTEX_WAITV_MAX as usize;

/// Sleeps while each word is what is expected of it, at most `timeout`. False: this system cannot (Linux before 5.16, or
/// a filter of system calls).
pub fn futex_wait_any(words: &[(&AtomicU32, u32)], timeout: Duration) -> bool {
    let futexes: Vec<libc::futex_waitv> = words
        .iter()
        .map(|(word, expected)| {
            // SAFETY: all zero is one, of numbers only.
            let mut futex: libc::futex_waitv = unsafe { std::mem::zeroed() };
            futex.val = u64::from(*expected);
            futex.uaddr = word.as_ptr().addr() as u64;
            futex.flags = libc::FUTEX2_SIZE_U32 as u32;
            futex
        })
        .collect();
    // SAFETY: the kernel writes the time, and only reads the words, of which there are as many as said.
    let code = unsafe {
        let mut until: libc::timespec = std::mem::zeroed();
        libc::clock_gettime(libc::CLOCK_MONOTONIC, &mut until);
        let nanos = until.tv_nsec as u64 + u64::from(timeout.subsec_nanos());
        until.tv_sec += (timeout.as_secs() + nanos / 1_000_000_000) as libc::time_t;
        until.tv_nsec = (nanos % 1_000_000_000) as libc::c_long;
        let (count, flags) = (futexes.len(), 0);
        libc::syscall(
            libc::SYS_futex_waitv,
            futexes.as_ptr(),
            count,
            flags,
            &until as *const libc::timespec,
            libc::CLOCK_MONOTONIC,
        )
    };
    let failure = io::Error::last_os_error().raw_os_error();
    code >= 0 || matches!(failure, Some(libc::EAGAIN | libc::EINTR | libc::ETIMEDOUT))
}

/// Signals that the calling thread blocked, which it has back when this is dropped.
pub struct SignalsBlocked(libc::sigset_t);

/// Blocks every signal for the calling thread, and so for threads that it starts, from their first instruction on: a
/// program's handlers run on its own threads.
pub fn block_signals() -> SignalsBlocked {
    // SAFETY: fills and applies signal sets of this function; all zero is a set.
    unsafe {
        let (mut all, mut before) = std::mem::zeroed::<(libc::sigset_t, libc::sigset_t)>();
        libc::sigfillset(&mut all);
        libc::pthread_sigmask(libc::SIG_SETMASK, &all, &mut before);
        SignalsBlocked(before)
    }
}

impl Drop for SignalsBlocked {
    fn drop(&mut self) {
        // SAFETY: applies the set that the thread had.
        unsafe { libc::pthread_sigmask(libc::SIG_SETMASK, &self.0, std::ptr::null_mut()) };
    }
}
