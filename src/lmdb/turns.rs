//! Whose turn it is to use LMDB's writer mutex and its reader mutex.
//!
//! LMDB's mutexes are robust by thread ids, which hold in one pid namespace only. So each is taken by one engine at a time,
//! under a lock of our own above it, and nobody ever waits for LMDB's: the kernel then gives it up for its owner alone.

use super::number;
use crate::mapping::living::Living;
use crate::mapping::owner_lock::{self, From};
use crate::mapping::region::Region;
use std::sync::Arc;

/// The two lock words of a store, and who asks for them.
pub struct Turns {
    /// The file that has the words,
    pub words: Arc<Region>,
    /// where the one of writers is,
    pub writer: u64,
    /// and that of those who change the reader table.
    pub readers: u64,
    /// Who is alive, and which engine this is.
    pub living: Arc<Living>,
}

impl Turns {
    /// What LMDB takes for the engine's pid.
    pub(super) fn number(&self) -> i32 {
        number::of_engine(self.living.own())
    }

    fn take(&self, at: u64) -> From {
        owner_lock::lock(self.words.u32_at(at), self.living.own(), |id| self.living.has(id))
    }

    /// Waits until this engine's turn to write has come. From the dead: LMDB repairs what they left as soon as its mutex
    /// is taken, and looks at the reader table for that.
    #[inline]
    pub(super) fn begin_writing(&self) -> From {
        self.take(self.writer)
    }

    #[inline]
    pub(super) fn end_writing(&self) {
        owner_lock::unlock(self.words.u32_at(self.writer));
    }

    /// The turn to take a slot of the reader table, or to clear those of the dead.
    pub(super) fn readers(&self) -> ReadersTurn<'_> {
        self.take(self.readers);
        ReadersTurn(self)
    }
}

/// Ends with it.
pub(super) struct ReadersTurn<'t>(&'t Turns);

impl Drop for ReadersTurn<'_> {
    fn drop(&mut self) {
        owner_lock::unlock(self.0.words.u32_at(self.0.readers));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicBool, Ordering};
    use std::time::{Duration, Instant};

    extern "C" fn nothing(_: i32) {}

    #[test]
    fn a_dead_owner_is_followed_however_often_signals_come() {
        let file = tempfile::tempfile().unwrap();
        file.set_len(4096).unwrap();
        let living = Living::new(tempfile::tempfile().unwrap(), 1).unwrap();
        let words = Arc::new(Region::map(&file, 4096, true).unwrap());
        let turns = Turns { words, writer: 0, readers: 64, living: Arc::new(living) };
        // An engine that is not.
        turns.words.u32_at(64).store(9, Ordering::SeqCst);
        // SAFETY: a handler that does nothing, after which a sleep is not taken up again.
        let waiter = unsafe {
            let mut action: libc::sigaction = std::mem::zeroed();
            action.sa_sigaction = nothing as extern "C" fn(i32) as usize;
            assert_eq!(libc::sigaction(libc::SIGUSR2, &action, std::ptr::null_mut()), 0);
            libc::pthread_self()
        };
        let taken = AtomicBool::new(false);
        let in_time = std::thread::scope(|scope| {
            let signals = scope.spawn(|| {
                let until = Instant::now() + Duration::from_secs(20);
                while !taken.load(Ordering::SeqCst) && Instant::now() < until {
                    // SAFETY: the waiter outlives the scope.
                    unsafe { libc::pthread_kill(waiter, libc::SIGUSR2) };
                    std::thread::sleep(Duration::from_micros(500));
                }
                taken.load(Ordering::SeqCst)
            });
            drop(turns.readers());
            taken.store(true, Ordering::SeqCst);
            signals.join().unwrap()
        });
        assert!(in_time, "nobody asked whether the owner is alive as long as signals came");
        assert_eq!(turns.words.u32_at(64).load(Ordering::SeqCst), 0);
    }
}
