//! What the library has to say while it runs, for whoever wants to hear it.
//!
//! A message is kept for its thread until no lock is held any more: the doors hand it on when a call ends, the sweeper after
//! its round. Nothing is made of messages that nobody wants.

use std::cell::RefCell;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, PoisonError, RwLock};

/// How much a message matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u32)]
pub enum Level {
    /// Something failed that no call could tell of.
    Error = 1,
    /// Somebody should look at it.
    Warn = 2,
    /// Worth knowing.
    Info = 3,
    /// For who looks for a fault.
    Debug = 4,
}

/// Messages kept for a thread at most; others are lost.
const KEPT: usize = 64;

/// Who hears messages.
pub type Sink = Box<dyn Fn(Level, &str) + Send + Sync>;

/// Who hears messages, and from which level on; 0: nobody.
static SINK: RwLock<Option<Arc<Sink>>> = RwLock::new(None);
static LEVEL: AtomicU32 = AtomicU32::new(0);

thread_local! {
    static PENDING: RefCell<Vec<(Level, String)>> = const { RefCell::new(Vec::new()) };
}

/// Has messages of `least` and above handed to `sink` from now on, in place of who heard them before. That one goes when
/// no thread is inside any more.
pub fn listen(least: Level, sink: Option<Sink>) {
    let level = sink.as_ref().map_or(0, |_| least as u32);
    let before =
        std::mem::replace(&mut *SINK.write().unwrap_or_else(PoisonError::into_inner), sink.map(Arc::new));
    LEVEL.store(level, Ordering::Release);
    // It may be dropped by this, which is nothing to do under a lock.
    drop(before);
}

/// Says something, if somebody wants to hear it.
pub fn say(level: Level, message: impl FnOnce() -> String) {
    if level as u32 > LEVEL.load(Ordering::Acquire) {
        return;
    }
    // Gone while the thread ends.
    let _ = PENDING.try_with(|pending| {
        let mut pending = pending.borrow_mut();
        if pending.len() < KEPT {
            pending.push((level, message()));
        }
    });
}

/// Hands on what this thread has to say. No lock is held.
#[inline]
pub fn flush() {
    if LEVEL.load(Ordering::Relaxed) != 0 {
        hand_on();
    }
}

#[cold]
fn hand_on() {
    let said = PENDING.try_with(RefCell::take).unwrap_or_default();
    // Not waited for: in a forked child another thread may have it for ever.
    let Ok(Some(sink)) = SINK.try_read().map(|sink| sink.clone()) else {
        return;
    };
    for (level, message) in said {
        sink(level, &message);
    }
}
