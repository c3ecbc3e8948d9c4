//! The bytes of payloads in `data.mdb`: written through LMDB's map, read through a second, read-only one.

use super::proc_maps::Mapping;
use super::region::Region;
use super::sys;
use std::io;
use std::os::fd::RawFd;
use std::ptr::NonNull;
use std::sync::atomic::{AtomicU32, AtomicU64};

/// Both mappings of the data file.
pub struct PayloadMap {
    writable: Region,
    readable: Region,
    fd: RawFd,
}

impl PayloadMap {
    /// Takes LMDB's writable mapping and maps `fd`, its data file, a second time for reading.
    ///
    /// # Safety
    /// `lmdb` is the mapping LMDB made of `fd`; it and `fd` outlive the map.
    pub unsafe fn new(lmdb: &Mapping, fd: RawFd) -> io::Result<PayloadMap> {
        let length = lmdb.end - lmdb.start;
        let base = NonNull::new(lmdb.start as *mut u8).ok_or_else(|| io::Error::other("mapped at zero"))?;
        let readable = Region::map_fd(fd, length, false)?;
        // SAFETY: the caller's promise.
        let writable = unsafe { Region::borrowed(base, length) };
        writable.dont_fork()?;
        Ok(PayloadMap { writable, readable, fd })
    }

    /// Length of the map in bytes.
    pub fn len(&self) -> u64 {
        self.readable.len() as u64
    }

    /// First address of the read-only mapping.
    pub fn readable_base(&self) -> usize {
        self.readable.base().as_ptr() as usize
    }

    /// Bytes to look at. The store's pins keep them unchanged while somebody looks.
    pub fn read(&self, offset: u64, length: u64) -> &[u8] {
        let address = self.readable.at(offset, length);
        // SAFETY: in bounds; published payloads are not written until no pin and no snapshot can name them.
        unsafe { std::slice::from_raw_parts(address.as_ptr(), length as usize) }
    }

    /// Ends reading: whoever still does is ended.
    pub fn forbid(&self) {
        self.readable.forbid();
    }

    /// Where in the file `address`, an address inside the writable mapping, lies.
    pub fn offset_of(&self, address: *const u8) -> u64 {
        (address as usize - self.writable.base().as_ptr() as usize) as u64
    }

    /// Lends `[offset, offset + length)` to one writer, who is the only one until the loan ends.
    pub fn lend(&self, offset: u64, length: u64) -> Lent {
        Lent { address: self.writable.at(offset, length), length: length as usize }
    }

    /// A word in an extent's header that several processes may change.
    pub fn word(&self, offset: u64) -> &AtomicU32 {
        self.writable.u32_at(offset)
    }

    /// As [`PayloadMap::word`], of eight bytes.
    pub fn long_word(&self, offset: u64) -> &AtomicU64 {
        self.writable.u64_at(offset)
    }

    /// Makes pages of the writable mapping present.
    pub fn populate(&self, offset: u64, length: u64) -> bool {
        self.writable.populate(offset, length)
    }

    /// Has the file system set blocks aside for the range.
    pub fn allocate(&self, offset: u64, length: u64) -> io::Result<()> {
        sys::fallocate(self.fd, offset, length)
    }

    /// Gives the blocks of the range back; answers how many bytes the file has fewer. The caller knows that nobody looks
    /// at it or writes to it.
    pub fn punch(&self, offset: u64, length: u64) -> io::Result<u64> {
        let before = sys::blocks(self.fd)?;
        sys::punch(self.fd, offset, length)?;
        Ok(before.saturating_sub(sys::blocks(self.fd)?))
    }

    /// Whether something was written in the range, as far as the file system says.
    pub fn written(&self, offset: u64, length: u64) -> bool {
        sys::written(self.fd, offset, length)
    }

    /// Bytes that the file system has left.
    pub fn room(&self) -> io::Result<u64> {
        sys::room(self.fd)
    }
}

impl Drop for PayloadMap {
    fn drop(&mut self) {
        super::attach::forget(self.readable_base());
    }
}

/// Memory of an extent on loan. Whoever makes one keeps the map alive as long.
pub struct Lent {
    address: NonNull<u8>,
    length: usize,
}

// SAFETY: one writer at a time, from whatever thread.
unsafe impl Send for Lent {}
// SAFETY: writing takes a mutable borrow.
unsafe impl Sync for Lent {}

impl Lent {
    /// The bytes to fill.
    pub fn bytes_mut(&mut self) -> &mut [u8] {
        // SAFETY: in bounds, and the loan's row keeps everybody else away.
        unsafe { std::slice::from_raw_parts_mut(self.address.as_ptr(), self.length) }
    }

    /// The bytes so far.
    pub fn bytes(&self) -> &[u8] {
        // SAFETY: as for `bytes_mut`.
        unsafe { std::slice::from_raw_parts(self.address.as_ptr(), self.length) }
    }

    /// Address of the first byte, for a binding that fills it without holding a borrow.
    pub fn address(&self) -> NonNull<u8> {
        self.address
    }
}
