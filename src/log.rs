//! What the library has to say while it runs, for whoever wants to hear it.
//!
//! A message is kept for its thread until no lock is held any more: the doors hand it on when a call ends, the sweeper after
//! its round. Nothing is made of messages that nobody wants.

use std::cell::RefCell;
use std::sync::atomic::{AtomicU32, AtomicUsize, Ordering};
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

impl Level {
    /// The level of a number that came through a door.
    pub fn of(number: u32) -> Option<Level> {
        [Level::Error, Level::Warn, Level::Info, Level::Debug]
            .into_iter()
            .find(|known| *known as u32 == number)
    }
}

/// Messages kept for a thread at most; others are lost.
const KEPT: usize = 64;

/// Who hears messages.
pub type Sink = Box<dyn Fn(Level, &str) + Send + Sync>;

/// Through which door somebody hears messages: one for each, so that neither language of a process silences the other.
#[derive(Debug, Clone, Copy)]
pub enum Door {
    /// The C ABI.
    C = 0,
    /// The JVM.
    Java = 1,
}

struct Listener {
    least: Level,
    sink: Sink,
}

static LISTENERS: RwLock<[Option<Arc<Listener>>; 2]> = RwLock::new([None, None]);
/// From which level on somebody hears messages; 0: nobody.
static LEVEL: AtomicU32 = AtomicU32::new(0);
/// Messages that are kept, for all threads: whoever said one sees that it is not 0.
static WAITING: AtomicUsize = AtomicUsize::new(0);

thread_local! {
    static PENDING: RefCell<Pending> = const { RefCell::new(Pending(Vec::new())) };
}

#[derive(Default)]
struct Pending(Vec<(Level, String)>);

impl Drop for Pending {
    fn drop(&mut self) {
        WAITING.fetch_sub(self.0.len(), Ordering::Relaxed);
    }
}

/// Has messages of `least` and above handed to `sink` from now on, in place of who heard them there before. That one goes
/// when no thread is inside any more.
pub fn listen(door: Door, least: Level, sink: Option<Sink>) {
    let listener = sink.map(|sink| Arc::new(Listener { least, sink }));
    let before = {
        let mut listeners = LISTENERS.write().unwrap_or_else(PoisonError::into_inner);
        let before = std::mem::replace(&mut listeners[door as usize], listener);
        let level = listeners.iter().flatten().map(|listener| listener.least as u32).max();
        LEVEL.store(level.unwrap_or(0), Ordering::Release);
        before
    };
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
        if pending.0.len() < KEPT {
            pending.0.push((level, message()));
            WAITING.fetch_add(1, Ordering::Relaxed);
        }
    });
}

/// Whether this thread may have something to say.
#[inline]
pub fn is_waiting() -> bool {
    WAITING.load(Ordering::Relaxed) != 0
}

/// Hands on what this thread has to say. No lock is held.
#[inline]
pub fn flush() {
    if is_waiting() {
        hand_on();
    }
}

#[cold]
fn hand_on() {
    let mut said = PENDING.try_with(RefCell::take).unwrap_or_default();
    if said.0.is_empty() {
        return;
    }
    WAITING.fetch_sub(said.0.len(), Ordering::Relaxed);
    let said = std::mem::take(&mut said.0);
    // Not waited for: in a forked child another thread may have it for ever.
    let Ok(listeners) = LISTENERS.try_read().map(|listeners| listeners.clone()) else {
        return;
    };
    for (level, message) in said {
        for listener in listeners.iter().flatten().filter(|listener| level <= listener.least) {
            (listener.sink)(level, &message);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Mutex;

    #[test]
    fn each_door_hears_from_its_own_level_on() {
        static HEARD: Mutex<Vec<(&str, Level)>> = Mutex::new(Vec::new());
        let sink = |door| -> Option<Sink> {
            Some(Box::new(move |level, message: &str| {
                // Other tests may say something as well.
                if message == "heard by a door" {
                    HEARD.lock().unwrap().push((door, level));
                }
            }))
        };
        let said = || {
            for level in [Level::Debug, Level::Info, Level::Warn] {
                say(level, || "heard by a door".to_owned());
            }
            flush();
            std::mem::take(&mut *HEARD.lock().unwrap())
        };
        assert_eq!(said(), []);
        listen(Door::C, Level::Warn, sink("c"));
        listen(Door::Java, Level::Info, sink("java"));
        assert_eq!(said(), [("java", Level::Info), ("c", Level::Warn), ("java", Level::Warn)]);
        listen(Door::Java, Level::Debug, None);
        assert_eq!(said(), [("c", Level::Warn)]);
        listen(Door::C, Level::Warn, None);
        assert_eq!(said(), []);
        assert!(PENDING.with_borrow(|pending| pending.0.is_empty()));
    }
}
