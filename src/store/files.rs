//! Which files a store is made of, and whether those at its path still are these.
//!
//! Locks say who is alive only to those who ask about the same file. So `shared` has the identities of all files, whoever
//! opens the store compares them, and whoever has it open looks again once a second.

use super::directory::{DATA, Directory, FILES, LOCK};
use super::other;
use super::shared::Shared;
use crate::error::{Error, Result, Status};
use crate::lmdb::LockTable;
use crate::mapping::proc_maps::FileId;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};

/// How long a change may go unnoticed.
const LOOK_NS: u64 = 900_000_000;

/// Cleaners reckon in hours.
const TOUCH_NS: u64 = 60_000_000_000;

/// The identities of a directory's files now; zeros for what is not there.
pub fn identities(directory: &Directory) -> Result<[FileId; FILES.len()]> {
    let mut files = [(0, 0); FILES.len()];
    for (file, name) in files.iter_mut().zip(FILES) {
        let wrap = |e| Error::io(directory.path.join(name).display(), &e);
        *file = directory.file_id(name).map_err(wrap)?;
    }
    Ok(files)
}

/// The names of files that are others than those in `known`. A disk may have another number after a boot.
pub fn changed(
    known: &[FileId; FILES.len()],
    now: &[FileId; FILES.len()],
    any_device: bool,
) -> Vec<&'static str> {
    let differs = |known: FileId, now: FileId| known.1 != now.1 || (known.0 != now.0 && !any_device);
    (0..FILES.len()).filter(|&n| differs(known[n], now[n])).map(|n| FILES[n]).collect()
}

/// What is wrong with the content of LMDB's files while somebody uses them: cut off, or overwritten.
pub fn damaged(directory: &Directory, shared: &Shared) -> Result<Option<String>> {
    let size = |name| Ok::<_, Error>(directory.stat(name)?.map_or(0, |(size, _)| size));
    let wrap = |name: &str, e: &std::io::Error| Error::io(directory.path.join(name).display(), e);
    let Some(map) = other::map_size(directory).map_err(|e| wrap(DATA, &e))? else {
        return Ok(Some(format!("a {DATA} that is not an LMDB data file")));
    };
    let slots = shared.max_readers().load(Ordering::Relaxed);
    for (name, wanted) in [(DATA, map), (LOCK, LockTable::length(slots))] {
        let length = size(name)?;
        if length < wanted {
            return Ok(Some(format!("a {name} of {length} bytes instead of {wanted}")));
        }
    }
    let file = directory.readable(LOCK).map_err(|e| wrap(LOCK, &e))?;
    let whole = LockTable::is_head_of(&file).map_err(|e| wrap(LOCK, &e))?;
    Ok((!whole).then(|| format!("a {LOCK} that is overwritten")))
}

/// The files that an engine has open.
pub struct OpenFiles {
    files: [FileId; FILES.len()],
    /// When to look again, ns of `CLOCK_BOOTTIME`.
    next_ns: AtomicU64,
    /// When to touch them again.
    touch_ns: AtomicU64,
    lost: OnceLock<&'static str>,
}

impl OpenFiles {
    /// These, which were just opened.
    pub fn new(files: [FileId; FILES.len()]) -> OpenFiles {
        OpenFiles { files, next_ns: AtomicU64::new(0), touch_ns: AtomicU64::new(0), lost: OnceLock::new() }
    }

    /// Gives the files the present time, once a minute.
    pub fn touch(&self, directory: &Directory, now_ns: u64) {
        if now_ns < self.touch_ns.load(Ordering::Relaxed) {
            return;
        }
        self.touch_ns.store(now_ns + TOUCH_NS, Ordering::Relaxed);
        for name in FILES {
            // Cleaners respect the lock as well, so this may fail.
            let _ = directory.touch(name);
        }
    }

    /// The file that was found to be gone.
    pub fn lost(&self) -> Option<&'static str> {
        self.lost.get().copied()
    }

    /// Looks at the files unless that was done within the last second.
    pub fn look(&self, directory: &Directory, now_ns: u64) -> Result<()> {
        if now_ns < self.next_ns.load(Ordering::Relaxed) {
            return Ok(());
        }
        self.look_now(directory, now_ns)
    }

    /// Looks at the files.
    #[cold]
    pub fn look_now(&self, directory: &Directory, now_ns: u64) -> Result<()> {
        self.next_ns.store(now_ns + LOOK_NS, Ordering::Relaxed);
        // What cannot be looked at is not known to be gone.
        let Ok(now) = identities(directory) else {
            return Ok(());
        };
        match changed(&self.files, &now, false).first() {
            Some(name) => Err(gone(directory, self.lost.get_or_init(|| name))),
            None => Ok(()),
        }
    }
}

/// The error of every call once a file is gone.
pub fn gone(directory: &Directory, name: &str) -> Error {
    Error::new(
        Status::ForeignStore,
        format!(
            "{} is no longer the file that this process has open: somebody removed or replaced it. Views go on, but the \
             store is another one, or none; close every handle and view of it in all processes, then open it again",
            directory.path.join(name).display()
        ),
    )
}
