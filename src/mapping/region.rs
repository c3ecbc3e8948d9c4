//! A shared mapping of a file, reached through bounds-checked atomics and slices.

use super::sys;
use std::fs::File;
use std::io;
use std::os::fd::AsRawFd;
use std::ptr::NonNull;
use std::sync::atomic::{AtomicU32, AtomicU64};

/// A shared mapping from the start of a file.
pub struct Region {
    base: NonNull<u8>,
    length: usize,
    owned: bool,
}

// SAFETY: shared memory is reached through atomics, or through slices whose exclusiveness the store's protocol keeps
// between processes as between threads.
unsafe impl Send for Region {}
// SAFETY: as above.
unsafe impl Sync for Region {}

impl Region {
    /// Maps the first `length` bytes of `file`, read-only or read-write.
    pub fn map(file: &File, length: usize, writable: bool) -> io::Result<Region> {
        Self::map_fd(file.as_raw_fd(), length, writable)
    }

    /// Maps the first `length` bytes of the open descriptor `fd`.
    pub fn map_fd(fd: i32, length: usize, writable: bool) -> io::Result<Region> {
        let protection = if writable { libc::PROT_READ | libc::PROT_WRITE } else { libc::PROT_READ };
        // SAFETY: a new mapping at an address the kernel picks.
        let base = unsafe { libc::mmap(std::ptr::null_mut(), length, protection, libc::MAP_SHARED, fd, 0) };
        if base == libc::MAP_FAILED {
            return Err(io::Error::last_os_error());
        }
        let base = NonNull::new(base.cast()).ok_or_else(|| io::Error::other("mapped at zero"))?;
        Ok(Region { base, length, owned: true })
    }

    /// A mapping that somebody else made and ends, after this is dropped.
    ///
    /// # Safety
    /// `[base, base + length)` is a shared mapping that outlives the region.
    pub unsafe fn borrowed(base: NonNull<u8>, length: usize) -> Region {
        Region { base, length, owned: false }
    }

    /// Address of the first byte.
    pub fn base(&self) -> NonNull<u8> {
        self.base
    }

    /// Length in bytes.
    pub fn len(&self) -> usize {
        self.length
    }

    /// The address of `[offset, offset + length)`.
    ///
    /// # Panics
    /// When the range is not inside the region.
    pub fn at(&self, offset: u64, length: u64) -> NonNull<u8> {
        let end = offset.checked_add(length);
        assert!(
            end.is_some_and(|end| end <= self.length as u64),
            "bytes {offset}+{length} of a map of {} bytes",
            self.length
        );
        // SAFETY: inside the mapping.
        unsafe { self.base.add(offset as usize) }
    }

    /// The 8-byte word at `offset`, which is a multiple of 8.
    pub fn u64_at(&self, offset: u64) -> &AtomicU64 {
        assert!(offset.is_multiple_of(8));
        // SAFETY: in bounds and aligned; the memory is shared and every access to it is atomic.
        unsafe { self.at(offset, 8).cast::<AtomicU64>().as_ref() }
    }

    /// The `count` 8-byte words from `offset` on, which is a multiple of 8.
    pub fn u64s_at(&self, offset: u64, count: usize) -> &[AtomicU64] {
        assert!(offset.is_multiple_of(8));
        // SAFETY: in bounds and aligned; the memory is shared and every access to it is atomic.
        unsafe { std::slice::from_raw_parts(self.at(offset, 8 * count as u64).cast().as_ptr(), count) }
    }

    /// The 4-byte word at `offset`, which is a multiple of 4.
    pub fn u32_at(&self, offset: u64) -> &AtomicU32 {
        assert!(offset.is_multiple_of(4));
        // SAFETY: in bounds and aligned; the memory is shared and every access to it is atomic.
        unsafe { self.at(offset, 4).cast::<AtomicU32>().as_ref() }
    }

    /// Makes the pages of the range present and writable without the cost of a fault each. `false`: the kernel cannot.
    pub fn populate(&self, offset: u64, length: u64) -> bool {
        let page = sys::page_size() as u64;
        let start = offset / page * page;
        let address = self.at(start, length + (offset - start));
        // SAFETY: populating changes no byte.
        unsafe {
            libc::madvise(
                address.as_ptr().cast(),
                (length + (offset - start)) as usize,
                libc::MADV_POPULATE_WRITE,
            ) == 0
        }
    }

    /// Keeps the mapping out of forked children.
    pub fn dont_fork(&self) -> io::Result<()> {
        // SAFETY: changes only what a later fork copies.
        let code = unsafe { libc::madvise(self.base.as_ptr().cast(), self.length, libc::MADV_DONTFORK) };
        if code == 0 { Ok(()) } else { Err(io::Error::last_os_error()) }
    }

    /// Has every later access end the process.
    pub fn forbid(&self) {
        // SAFETY: changes no byte; who would read other bytes than it expects must not read at all.
        unsafe { libc::mprotect(self.base.as_ptr().cast(), self.length, libc::PROT_NONE) };
    }
}

impl Drop for Region {
    fn drop(&mut self) {
        if self.owned {
            // SAFETY: our own mapping; borrows of the region end before it does.
            unsafe { libc::munmap(self.base.as_ptr().cast(), self.length) };
        }
    }
}
