//! A copy of bytes on the heap, aligned like a payload in the map.

use std::alloc::{Layout, alloc, dealloc, handle_alloc_error};
use std::ptr::NonNull;

const ALIGNMENT: usize = 64;

/// Bytes that start at a multiple of 64.
pub struct Aligned {
    address: NonNull<u8>,
    length: usize,
}

// SAFETY: owns its memory and hands it out by shared reference only.
unsafe impl Send for Aligned {}
// SAFETY: as above.
unsafe impl Sync for Aligned {}

impl Aligned {
    /// A copy of `bytes`.
    pub fn copy(bytes: &[u8]) -> Aligned {
        let layout = Self::layout(bytes.len());
        // SAFETY: the layout is never empty; the copy stays inside it.
        let address = unsafe {
            let Some(address) = NonNull::new(alloc(layout)) else {
                handle_alloc_error(layout);
            };
            std::ptr::copy_nonoverlapping(bytes.as_ptr(), address.as_ptr(), bytes.len());
            address
        };
        Aligned { address, length: bytes.len() }
    }

    /// The bytes.
    pub fn bytes(&self) -> &[u8] {
        // SAFETY: allocated and filled by `copy`.
        unsafe { std::slice::from_raw_parts(self.address.as_ptr(), self.length) }
    }

    fn layout(length: usize) -> Layout {
        Layout::from_size_align(length.max(1), ALIGNMENT).expect("a small size")
    }
}

impl Drop for Aligned {
    fn drop(&mut self) {
        // SAFETY: the layout it was allocated with.
        unsafe { dealloc(self.address.as_ptr(), Self::layout(self.length)) };
    }
}
