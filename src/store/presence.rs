//! Whether anybody has the store open, asked of every lock that an engine holds: the directory's, the byte of `owners` and
//! the guard of `lock.mdb`. Whoever took one of the files away has not ended those who have them open, and a new file
//! of that name knows of nobody.

use super::backoff::Backoff;
use super::directory::{Directory, LOCK, OWNERS};
use super::owners::Owners;
use crate::error::{Error, Result, Status};
use crate::mapping::lock;
use crate::options::Options;
use std::time::Duration;

/// How long the kernel may take to end the locks of a process that was killed, one after the other.
const DYING: Duration = Duration::from_secs(1);

/// Whether an engine is alive by any lock. Leaves the directory locked, alone if none is. Right only while this process has
/// no LMDB open there: looking at `lock.mdb` would drop the locks of it.
pub fn any(directory: &Directory, options: &Options) -> Result<bool> {
    if !directory.lock()? {
        return Ok(true);
    }
    if let Some(owners) = directory.file(OWNERS, false, options)?
        && Owners::any_alive(&owners)?
    {
        return Ok(true);
    }
    let Some(file) = directory.file(LOCK, false, options)? else {
        return Ok(false);
    };
    lock::held_by_another(&file, 0, 0).map_err(|e| Error::io(format!("reading locks of {LOCK}"), &e))
}

/// Refuses what must not be done to a store that is in use, for the reason `what`.
pub fn refuse_if_any(directory: &Directory, options: &Options, what: &str) -> Result<()> {
    let mut backoff = Backoff::new(DYING);
    while any(directory, options)? {
        if !backoff.sleep() {
            let shown = directory.path.display();
            return Err(Error::new(
                Status::ForeignStore,
                format!(
                    "{shown} holds {what}, while live processes have the store open; close it there first"
                ),
            ));
        }
    }
    Ok(())
}
