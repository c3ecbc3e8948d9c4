//! The boundary: errors become statuses with a message, and no panic goes further.

use super::status::{DY_LMDB_OK, dy_lmdb_status_t};
use crate::error::{Error, Result, Status};
use crate::log;
use std::any::Any;
use std::cell::RefCell;
use std::ffi::{CStr, c_char};
use std::panic::{AssertUnwindSafe, catch_unwind};

thread_local! {
    /// The last failure of this thread, NUL-terminated; empty when there was none.
    static MESSAGE: RefCell<Vec<u8>> = const { RefCell::new(Vec::new()) };
}

/// Runs the body of an exported function. A success leaves the thread's message as it is.
pub(crate) fn guard(body: impl FnOnce() -> Result<()>) -> dy_lmdb_status_t {
    let done = catch_unwind(AssertUnwindSafe(body));
    log::flush();
    let error = match done {
        Ok(Ok(())) => return DY_LMDB_OK,
        Ok(Err(error)) => error,
        Err(payload) => Error::new(
            Status::Panic,
            format!("a panic was caught, which is a fault of the library: {}", said(&*payload)),
        ),
    };
    remember(error.message());
    error.status().code()
}

/// What a panic said.
fn said(payload: &(dyn Any + Send)) -> &str {
    payload
        .downcast_ref::<&str>()
        .copied()
        .or_else(|| payload.downcast_ref::<String>().map(String::as_str))
        .unwrap_or("no message")
}

/// Keeps a message for the calling thread.
pub(crate) fn remember(message: &str) {
    // The value is gone while the thread ends; nobody reads the message then.
    let _ = MESSAGE.try_with(|kept| {
        let mut kept = kept.borrow_mut();
        kept.clear();
        kept.extend(message.bytes().map(|b| if b == 0 { b'?' } else { b }));
        kept.push(0);
    });
}

/// The last failure's message, valid until the thread's next failure.
pub(crate) fn last_message() -> *const c_char {
    const NONE: &CStr = c"";
    MESSAGE
        .try_with(|kept| {
            let kept = kept.borrow();
            if kept.is_empty() { NONE.as_ptr() } else { kept.as_ptr().cast() }
        })
        .unwrap_or(NONE.as_ptr())
}

#[cfg(test)]
mod tests {
    use super::super::status::{DY_LMDB_NOT_FOUND, DY_LMDB_PANIC};
    use super::*;

    fn message() -> String {
        // SAFETY: the pointer is a NUL-terminated string until this thread fails again.
        unsafe { CStr::from_ptr(last_message()) }.to_str().unwrap().to_owned()
    }

    #[test]
    fn panic_becomes_a_status_with_its_message() {
        assert_eq!(guard(|| panic!("extent {} is owned twice", 7)), DY_LMDB_PANIC);
        assert_eq!(message(), "a panic was caught, which is a fault of the library: extent 7 is owned twice");
        assert_eq!(guard(|| panic!("plain")), DY_LMDB_PANIC);
        assert!(message().ends_with(": plain"), "{}", message());
    }

    #[test]
    fn panic_with_a_value_that_is_no_text_becomes_a_status() {
        assert_eq!(guard(|| std::panic::panic_any(5_u8)), DY_LMDB_PANIC);
        assert!(message().ends_with("no message"), "{}", message());
    }

    #[test]
    fn success_keeps_the_message_of_the_last_failure() {
        let missing = Error::new(Status::NotFound, "no live entry under 'a\0b'");
        assert_eq!(guard(|| Err(missing)), DY_LMDB_NOT_FOUND);
        assert_eq!(guard(|| Ok(())), DY_LMDB_OK);
        assert_eq!(message(), "no live entry under 'a?b'");
    }

    #[test]
    fn a_thread_sees_its_own_message_only() {
        guard(|| Err(Error::new(Status::Io, "here")));
        let there = std::thread::spawn(message).join().unwrap();
        assert_eq!(there, "");
        assert_eq!(message(), "here");
    }
}
