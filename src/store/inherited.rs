//! What a forked child goes on looking at. Its views are copies of its parent's, whose pins end when the parent lets go;
//! so just before a fork the parent pins once more, in the name of an engine id that lives as long as the child.

use super::engine::Engine;
use super::owners::Owners;
use super::pins::{self, Pins};
use crate::error::{Error, Result};
use crate::mapping::{fork, sys};
use crate::warning::warn;
use std::fs::File;
use std::os::fd::AsRawFd;
use std::sync::Arc;
use std::sync::atomic::Ordering;

/// The pins of one engine for a child that is about to be forked.
pub struct Inherited {
    engine: Arc<Engine>,
    /// The child keeps the descriptor, and with it the lock that says that it lives, until its end or its `exec`; so do
    /// its own children. `None`: there is nothing to keep.
    owner: Option<Owners>,
}

impl Inherited {
    /// Pins what the engine has pinned.
    pub fn new(engine: Arc<Engine>) -> Inherited {
        let owner = pin(&engine).unwrap_or_else(|error| {
            warn(format!(
                "a forked child cannot keep what it inherits of {}: {error}",
                engine.path.display()
            ));
            None
        });
        Inherited { engine, owner }
    }
}

impl fork::Inherited for Inherited {
    fn in_child(&self) {
        if let Some(owner) = &self.owner {
            pins::belong_here(&self.engine.shared, owner.id());
        }
    }
}

fn pin(engine: &Engine) -> Result<Option<Owners>> {
    let shared = &engine.shared;
    let starts = pins::of_owner(shared, engine.owners.id());
    if starts.is_empty() {
        return Ok(None);
    }
    // An open file description of its own: the engine's is closed in the child.
    let path = format!("/proc/self/fd/{}", engine.owners.file().as_raw_fd());
    let file = File::options().read(true).write(true).open(&path).map_err(|e| Error::io(path, &e))?;
    let owner = Owners::claim(file, shared.next_engine().fetch_add(1, Ordering::AcqRel))?;
    let (slots, now) = (Pins::default(), sys::boottime_ns());
    let kept = starts.iter().filter(|&&start| slots.pin(shared, owner.id(), start, now).is_some()).count();
    if kept < starts.len() {
        let path = engine.path.display();
        warn(format!(
            "a forked child keeps {kept} of the {} payloads of {path} that it inherits",
            starts.len()
        ));
    }
    Ok(Some(owner))
}
