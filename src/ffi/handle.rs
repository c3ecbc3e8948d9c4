//! Handles of stores and exchanges: safe to use after they were closed.
//!
//! The block behind a handle is small and never freed, so a late call finds it and answers `Closed`. One word
//! counts the calls that are inside and says whether the handle was closed; whoever brings a closed handle to
//! zero drops the value. Nothing here blocks, so a fork at any moment leaves the child with handles it can
//! use.

use super::arg::invalid;
use super::kept::Link;
use crate::error::{Error, Result, Status};
use crate::sync::{AtomicU64, Ordering};
use std::cell::UnsafeCell;
use std::ops::Deref;

/// The bit of the state that says "closed"; the rest counts calls.
const CLOSED: u64 = 1 << 63;

/// What a handle stands for.
pub(crate) trait Kind: Send + Sync {
    /// The noun in messages.
    const NAME: &'static str;
    /// Tells a handle of this kind from another pointer.
    const MAGIC: u64;
}

/// What every handle begins with.
#[repr(C)]
struct Head {
    link: Link,
    magic: u64,
    state: AtomicU64,
}

/// A handle on a `T`.
#[repr(C)]
pub(crate) struct Handle<T> {
    head: Head,
    value: UnsafeCell<Option<T>>,
}

// SAFETY: the value is shared while calls are inside and taken by one thread only, when none is and none can
// come (`leave`).
unsafe impl<T: Kind> Sync for Handle<T> {}

impl<T: Kind> Handle<T> {
    /// A new handle, which lives as long as the process.
    pub(crate) fn give(value: T) -> *mut Handle<T> {
        let handle = Box::into_raw(Box::new(Handle {
            head: Head { link: Link::new(), magic: T::MAGIC, state: AtomicU64::new(0) },
            value: UnsafeCell::new(Some(value)),
        }));
        // SAFETY: the block was just made, begins with its link, and is never freed.
        unsafe { Link::keep(handle.cast()) };
        handle
    }

    /// The handle behind a pointer that C passed.
    pub(crate) unsafe fn at<'a>(handle: *const Handle<T>) -> Result<&'a Handle<T>> {
        // SAFETY: NULL or a handle of some kind, says the caller; handles are never freed and all begin with
        // a head.
        let head = unsafe { handle.cast::<Head>().as_ref() };
        let head = head.ok_or_else(|| invalid(format!("{} is NULL", T::NAME)))?;
        if head.magic != T::MAGIC {
            return Err(invalid(format!("the pointer passed as {0} is no {0}", T::NAME)));
        }
        // SAFETY: the magic says that it is a handle of this kind.
        Ok(unsafe { &*handle })
    }

    /// Begins a call.
    pub(crate) fn enter(&self) -> Result<Inside<'_, T>> {
        let mut state = self.head.state.load(Ordering::Relaxed);
        loop {
            if state & CLOSED != 0 {
                return Err(Error::new(
                    Status::Closed,
                    format!("this {} handle was closed; open it again", T::NAME),
                ));
            }
            let more =
                self.head.state.compare_exchange_weak(state, state + 1, Ordering::Acquire, Ordering::Relaxed);
            match more {
                Ok(_) => break,
                Err(now) => state = now,
            }
        }
        // SAFETY: this call is counted, so nobody takes the value before it leaves.
        let value = unsafe { &*self.value.get() }.as_ref();
        value
            .map(|value| Inside { handle: self, value })
            .ok_or_else(|| Error::new(Status::Internal, format!("an open {} handle is empty", T::NAME)))
    }

    /// Closes the handle: no call begins any more. Closing again does nothing.
    pub(crate) fn close(&self) {
        if self.head.state.fetch_or(CLOSED, Ordering::AcqRel) == 0 {
            self.take();
        }
    }

    /// Ends a call.
    fn leave(&self) {
        if self.head.state.fetch_sub(1, Ordering::AcqRel) == CLOSED + 1 {
            self.take();
        }
    }

    /// Drops the value. Once closed the count only falls, so exactly one thread sees it reach zero and comes
    /// here.
    fn take(&self) {
        // SAFETY: closed and nobody inside; see above.
        drop(unsafe { &mut *self.value.get() }.take());
    }
}

/// A call that is using a handle's value.
pub(crate) struct Inside<'a, T: Kind> {
    handle: &'a Handle<T>,
    value: &'a T,
}

impl<T: Kind> Inside<'_, T> {
    /// Ends the call, unless the handle was closed meanwhile: dropping what is given back may then drop the value.
    pub(crate) fn leave_unless_closed(self) -> Option<Self> {
        let state = &self.handle.head.state;
        let mut now = state.load(Ordering::Relaxed);
        while now & CLOSED == 0 {
            match state.compare_exchange_weak(now, now - 1, Ordering::AcqRel, Ordering::Relaxed) {
                Ok(_) => {
                    std::mem::forget(self);
                    return None;
                }
                Err(other) => now = other,
            }
        }
        Some(self)
    }
}

impl<T: Kind> Deref for Inside<'_, T> {
    type Target = T;

    fn deref(&self) -> &T {
        self.value
    }
}

impl<T: Kind> Drop for Inside<'_, T> {
    fn drop(&mut self) {
        self.handle.leave();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Arc;
    use std::sync::atomic::AtomicUsize;

    struct Counted(Arc<AtomicUsize>);

    impl Kind for Counted {
        const NAME: &'static str = "counted";
        const MAGIC: u64 = 1;
    }

    impl Drop for Counted {
        fn drop(&mut self) {
            self.0.fetch_add(1, Ordering::SeqCst);
        }
    }

    struct Other;

    impl Kind for Other {
        const NAME: &'static str = "other";
        const MAGIC: u64 = 2;
    }

    fn counted() -> (&'static Handle<Counted>, Arc<AtomicUsize>) {
        let drops = Arc::new(AtomicUsize::new(0));
        let handle = Handle::give(Counted(Arc::clone(&drops)));
        // SAFETY: made on the line above.
        (unsafe { Handle::at(handle) }.unwrap(), drops)
    }

    #[test]
    fn a_closed_handle_answers_closed_and_dropped_its_value_once() {
        let (handle, drops) = counted();
        handle.close();
        handle.close();
        let error = handle.enter().err().expect("closed");
        assert_eq!(error.status(), Status::Closed);
        assert_eq!(drops.load(Ordering::SeqCst), 1);
    }

    #[test]
    fn the_last_call_inside_drops_the_value_of_a_closed_handle() {
        let (handle, drops) = counted();
        let inside = handle.enter().unwrap();
        handle.close();
        assert!(handle.enter().is_err());
        assert_eq!(drops.load(Ordering::SeqCst), 0);
        drop(inside);
        assert_eq!(drops.load(Ordering::SeqCst), 1);
    }

    #[test]
    fn a_call_leaves_an_open_handle_at_once_and_a_closed_one_when_it_is_dropped() {
        let (handle, drops) = counted();
        assert!(handle.enter().unwrap().leave_unless_closed().is_none());
        let inside = handle.enter().unwrap();
        handle.close();
        let inside = inside.leave_unless_closed().expect("closed");
        assert_eq!(drops.load(Ordering::SeqCst), 0);
        drop(inside);
        assert_eq!(drops.load(Ordering::SeqCst), 1);
    }

    #[test]
    fn eight_threads_racing_a_close_drop_the_value_once() {
        for _ in 0..200 {
            let (handle, drops) = counted();
            std::thread::scope(|scope| {
                for n in 0..8 {
                    scope.spawn(move || {
                        for _ in 0..20 {
                            if let Ok(inside) = handle.enter() {
                                assert_eq!(inside.0.load(Ordering::SeqCst), 0);
                            }
                        }
                        if n % 2 == 0 {
                            handle.close();
                        }
                    });
                }
            });
            assert_eq!(drops.load(Ordering::SeqCst), 1);
        }
    }

    #[test]
    fn a_handle_of_another_kind_is_refused() {
        let other = Handle::give(Other);
        // SAFETY: the block is a handle's; only its head is read.
        let error = unsafe { Handle::<Counted>::at(other.cast()) }.err().expect("refused");
        assert_eq!(error.message(), "the pointer passed as counted is no counted");
    }
}
