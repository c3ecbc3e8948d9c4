//! What a forked child goes on looking at. Its views are copies of its parent's, whose pins end when the parent lets go;
//! so just before a fork the parent pins once more, in the name of an engine id that lives as long as the child.

use super::engine::Engine;
use super::members;
use super::owners::Owners;
use super::pins::{self, Claimed, Need, Pins};
use crate::error::{Error, Result, Status};
use crate::mapping::fork::Locked;
use crate::mapping::{fork, sys};
use crate::warning::{Subject, warn};
use std::fs::File;
use std::os::fd::AsRawFd;
use std::sync::Arc;

/// The pins of one engine for a child that is about to be forked.
pub struct Inherited {
    /// Until after the fork no view begins that would not be pinned for the child.
    _held: Locked<Claimed>,
    /// The child keeps the descriptor, and with it the lock that says that it lives, until its end or its `exec`; so do
    /// its own children. `None`: there is nothing to keep.
    owner: Option<Owners>,
    /// Whether all that is looked at is pinned. Otherwise the child must not look.
    whole: bool,
    engine: Arc<Engine>,
}

impl Inherited {
    /// Pins what the engine has pinned.
    pub fn new(engine: Arc<Engine>) -> Inherited {
        let held = engine.pins.hold();
        let pinned = pin(&engine);
        if let Err(error) = &pinned {
            let path = engine.path.display();
            warn(
                Subject::ChildCannotRead,
                format!("a forked child cannot read what it inherits of {path}: {error}"),
            );
        }
        let whole = pinned.is_ok();
        Inherited { _held: held, owner: pinned.unwrap_or_default(), whole, engine }
    }
}

impl fork::Inherited for Inherited {
    fn in_child(&self) {
        if let Some(owner) = &self.owner {
            pins::belong_here(&self.engine.shared, owner.id());
            members::belongs_here(&self.engine.shared, owner.id());
        }
        if !self.whole {
            self.engine.map.forbid();
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
    let owner = Owners::claim(file, shared.new_engine()?)?;
    let (slots, now) = (Pins::default(), sys::boottime_ns());
    let pin = |start| slots.pin(shared, owner.id(), start, now, Need::Urgent);
    if starts.iter().all(|&start| pin(start).is_some()) {
        members::join(shared, &owner);
        return Ok(Some(owner));
    }
    pins::release_all(shared, owner.id());
    Err(Error::new(Status::Limit, format!("no pins are free for its {} payloads", starts.len())))
}
