//! Every handle ever given out: they stay reachable, so that a leak checker does not take them for lost.

use std::ptr;
use std::sync::atomic::{AtomicPtr, Ordering};

/// The part of every handle that the list of all handles runs through.
#[repr(C)]
pub(crate) struct Link {
    next: AtomicPtr<Link>,
}

static ALL: AtomicPtr<Link> = AtomicPtr::new(ptr::null_mut());

impl Link {
    pub(crate) fn new() -> Link {
        Link { next: AtomicPtr::new(ptr::null_mut()) }
    }

    /// Keeps the block that begins with `link`.
    ///
    /// # Safety
    /// The block is never freed, and kept once.
    pub(crate) unsafe fn keep(link: *mut Link) {
        let mut first = ALL.load(Ordering::Relaxed);
        loop {
            // SAFETY: see above.
            unsafe { &*link }.next.store(first, Ordering::Relaxed);
            match ALL.compare_exchange_weak(first, link, Ordering::Release, Ordering::Relaxed) {
                Ok(_) => return,
                Err(now) => first = now,
            }
        }
    }
}
