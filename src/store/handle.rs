//! The handle that everything is asked of.

use super::engine::Engine;
use crate::log::{self, Level};
use std::sync::Arc;
use std::sync::atomic::Ordering;

/// An open store. Clones share it; the last one dropped closes it, when no view or loan is left either.
///
/// All methods may be called from any thread. In a forked child every method answers `Forked`: the child opens the
/// store again.
pub struct Store {
    pub(super) engine: Arc<Engine>,
}

impl From<Arc<Engine>> for Store {
    fn from(engine: Arc<Engine>) -> Store {
        engine.holders.fetch_add(1, Ordering::Relaxed);
        Store { engine }
    }
}

impl Clone for Store {
    fn clone(&self) -> Store {
        Store::from(self.engine.clone())
    }
}

impl std::fmt::Debug for Store {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Store").field(&self.engine.path).finish()
    }
}

impl Drop for Store {
    fn drop(&mut self) {
        // The thread is ended before the engine, so that closing is over when this returns.
        if self.engine.holders.fetch_sub(1, Ordering::AcqRel) == 1 && self.engine.is_ours() {
            self.engine.sweeper.stop();
            // What cannot be removed now goes when its time is over.
            let _ = self.engine.flush();
            log::say(Level::Debug, || format!("closed the store {}", self.engine.path.display()));
        }
    }
}
