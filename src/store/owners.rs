//! Who is alive: each engine locks the byte that is its id, and the kernel unlocks it when the process dies.

use crate::error::{Error, Result, Status};
use crate::mapping::living::Living;
use crate::mapping::lock;
use std::fs::File;
use std::sync::Arc;

/// The file `owners`: who is alive is decided by the kernel, by a lock on the byte that is an engine's id.
pub struct Owners {
    living: Arc<Living>,
    pid: u32,
}

/// Byte whose lock makes its holder the one that sweeps.
const SWEEPING: u64 = 0;

impl Owners {
    /// Whether any engine of the store is alive.
    pub fn any_alive(file: &File) -> Result<bool> {
        lock::held_by_another(file, SWEEPING + 1, 0)
            .map_err(|e| Error::io("reading locks of the file owners", &e))
    }

    /// Claims the byte `id`.
    pub fn claim(file: File, id: u32) -> Result<Owners> {
        match lock::try_ofd(&file, u64::from(id), lock::Kind::Exclusive) {
            Ok(true) => {
                let living =
                    Living::new(file, id).map_err(|e| Error::io("looking at the file owners", &e))?;
                Ok(Owners { living: Arc::new(living), pid: std::process::id() })
            }
            Ok(false) => {
                Err(Error::new(Status::Internal, format!("engine id {id} is taken by a live process")))
            }
            Err(e) => Err(Error::io("locking the file owners", &e)),
        }
    }

    /// The engine's own id.
    pub fn id(&self) -> u32 {
        self.living.own()
    }

    /// The pid of this process, which an engine never leaves.
    pub fn pid(&self) -> u32 {
        self.pid
    }

    /// The descriptor, which a forked child closes.
    pub fn file(&self) -> &File {
        self.living.file()
    }

    /// The file, to be asked for others.
    pub fn living(&self) -> &Arc<Living> {
        &self.living
    }

    /// Whether the engine `id` is alive. When the kernel cannot say, it is.
    pub fn is_alive(&self, id: u32) -> bool {
        self.living.has(id)
    }

    /// Becomes the engine that sweeps; `false`: another one is.
    pub fn try_sweeping(&self) -> bool {
        lock::try_ofd(self.file(), SWEEPING, lock::Kind::Exclusive).unwrap_or(false)
    }

    /// Ends [`Owners::try_sweeping`].
    pub fn end_sweeping(&self) {
        // Unlocking a byte we hold cannot fail; if it did, closing the file would free it.
        let _ = lock::unlock_ofd(self.file(), SWEEPING);
    }
}
