//! Warnings of a call, kept for the calling thread until a binding takes them.

use crate::log::{self, Level};
use std::cell::RefCell;

/// Warnings kept at most; the oldest go first when nobody takes them.
const KEPT: usize = 64;

thread_local! {
    static WARNINGS: RefCell<Vec<String>> = const { RefCell::new(Vec::new()) };
}

/// Adds a warning for the calling thread.
pub fn warn(message: impl Into<String>) {
    let message = message.into();
    log::say(Level::Warn, || message.clone());
    WARNINGS.with_borrow_mut(|warnings| {
        if warnings.len() == KEPT {
            warnings.remove(0);
        }
        warnings.push(message);
    });
}

/// Takes the calling thread's warnings, oldest first.
pub fn take() -> Vec<String> {
    WARNINGS.with_borrow_mut(std::mem::take)
}
