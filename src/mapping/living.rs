//! The file in which every living engine has the byte of its id locked, which the kernel unlocks when it dies.

use super::lock;
use super::proc_maps::FileId;
use std::fs::File;
use std::io;
use std::os::unix::fs::MetadataExt;

/// The open file, of an engine that is in it.
pub struct Living {
    file: File,
    identity: FileId,
    own: u32,
}

impl Living {
    /// Takes the file over, in which the engine `own` has its byte locked.
    pub fn new(file: File, own: u32) -> io::Result<Living> {
        let identity = identity(&file)?;
        Ok(Living { file, identity, own })
    }

    /// Id of the engine itself.
    pub fn own(&self) -> u32 {
        self.own
    }

    /// The file.
    pub fn file(&self) -> &File {
        &self.file
    }

    /// Whether the engine `id` is alive. When the kernel cannot say, it is. A program that closes descriptors it does not know
    /// may have another file under the number by now, in which nobody has locked anything.
    pub fn has(&self, id: u32) -> bool {
        let held = || lock::held_by_another(&self.file, u64::from(id), 1);
        id == self.own || held().unwrap_or(true) || identity(&self.file).ok() != Some(self.identity)
    }
}

fn identity(file: &File) -> io::Result<FileId> {
    file.metadata().map(|found| (found.dev(), found.ino()))
}

#[cfg(test)]
mod tests {
    use super::Living;
    use std::os::fd::AsRawFd;

    #[test]
    fn who_cannot_ask_takes_nobody_for_dead() {
        let (owners, other) = (tempfile::tempfile().unwrap(), tempfile::tempfile().unwrap());
        let living = Living::new(owners, 1).unwrap();
        assert!(living.has(1) && !living.has(7));
        // SAFETY: descriptors of this test alone.
        assert!(unsafe { libc::dup2(other.as_raw_fd(), living.file().as_raw_fd()) } >= 0);
        assert!(living.has(7));
    }
}
