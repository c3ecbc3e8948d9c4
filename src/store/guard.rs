//! The guard of `lock.mdb`: its blocks, and LMDB's locks held twice, so that closing some descriptor of the file in this
//! process cannot drop them.

use super::directory::{Directory, LOCK};
use super::engine;
use super::identify::create_file;
use crate::error::{Error, Result, Status};
use crate::lmdb::{Env, LmdbError, LockTable};
use crate::mapping::{lock, sys};
use crate::options::Options;
use std::fs::File;
use std::os::fd::AsRawFd;
use std::time::{Duration, Instant};

/// How long a program may take from its fork to its start.
const START_PATIENCE: Duration = Duration::from_secs(5);

/// Makes `lock.mdb` with blocks for every reader before LMDB, which leaves it sparse: a new reader's slot on a full disk
/// would be a SIGBUS. Nobody in this process has the file open yet, so closing it again drops no lock.
pub fn allocate(directory: &Directory, options: &Options, max_readers: u32) -> Result<()> {
    let wrap =
        |e: std::io::Error| Error::io(format!("allocating {}", directory.path.join(LOCK).display()), &e);
    let file = create_file(directory, LOCK, options)?;
    let length = file.metadata().map_err(wrap)?.len().max(LockTable::length(max_readers));
    sys::fallocate(file.as_raw_fd(), 0, length).map_err(wrap)
}

/// Begins the first read transaction, which has LMDB lock the byte of our pid.
///
/// A program that this process is just starting shares the guard of a store closed a moment ago, until it runs.
fn lock_pid(env: &Env, directory: &Directory) -> Result<()> {
    let deadline = Instant::now() + START_PATIENCE;
    loop {
        match env.read() {
            Ok(_) => return Ok(()),
            Err(LmdbError::READERS_FULL) => return engine::read(env, &directory.path).map(drop),
            Err(LmdbError(libc::EAGAIN | libc::EACCES)) if Instant::now() < deadline => {
                std::thread::sleep(Duration::from_millis(1));
            }
            Err(error) => return Err(error.into()),
        }
    }
}

/// Holds LMDB's locks a second time, for an open file description of our own: closing any other descriptor of
/// `lock.mdb` in this process drops the POSIX locks that LMDB relies on, but not these.
///
/// `number` is what LMDB has to have taken for our pid.
pub fn take(
    directory: &Directory,
    options: &Options,
    env: &Env,
    lock_table: &LockTable,
    number: i32,
) -> Result<File> {
    let wrap = |e: std::io::Error| Error::io(format!("locking {}", directory.path.join(LOCK).display()), &e);
    lock_pid(env, directory)?;
    if !lock_table.slots().iter().any(|slot| slot.holder == number) {
        return Err(Error::new(
            Status::Unsupported,
            "this program was linked without -Wl,--wrap=getpid, so that LMDB takes processes of several containers for \
             one: link it as build.rs of dishtayantra-lmdb-engine does, or use libdishtayantra_lmdb.so",
        ));
    }
    let pid = number as u64;
    let file = create_file(directory, LOCK, options)?;
    let mut held = lock::share_posix(&file, pid).map_err(wrap)?;
    for byte in [pid, 0] {
        held &= lock::try_ofd(&file, byte, lock::Kind::Shared).map_err(wrap)?;
    }
    if !held {
        return Err(Error::new(
            Status::Internal,
            format!(
                "the locks of {} are held exclusively by another process",
                directory.path.join(LOCK).display()
            ),
        ));
    }
    Ok(file)
}
