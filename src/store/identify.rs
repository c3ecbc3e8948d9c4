//! What is in a store's directory, and what opening it therefore has to do.

use super::backoff::Backoff;
use super::directory::{DATA, Directory, FILES, LOCK, OPEN_LOCK, PATIENCE, SHARED};
use super::engine::RESERVED;
use super::shared::{FORMAT_VERSION, Found, Shared, WITH_FILES};
use super::{files, other, presence};
use crate::error::{Error, Result, Status};
use crate::mapping::proc_maps::{self, Mapping};
use crate::mapping::{attach, clock};
use crate::options::Options;
use crate::warning::{Subject, warn};
use std::fs::{File, TryLockError};
use std::io;
use std::os::unix::fs::{FileExt, MetadataExt};
use std::sync::atomic::Ordering;

/// What the modules that DAG engines had before this library keep their envelopes in.
const ENGINES_OWN: &[u8] = b"_metadata";
/// What `open.lock` holds when the store is durable.
const DURABLE: [u8; 5] = *b"sync\n";

/// What opening has to do.
pub enum Plan {
    /// Make a new store.
    Create,
    /// Use the one that is there; `rebase`: its expiry times are of another boot, or of an older version's clock.
    /// `torn`: the store is of another boot; `alone`: no other engine is alive; `version`: of its format.
    Use { shared: Shared, rebase: bool, torn: bool, alone: bool, version: u32 },
}

/// Opens one of the store's files, made when it is not there.
pub fn create_file(directory: &Directory, name: &str, options: &Options) -> Result<File> {
    directory.file(name, true, options)?.ok_or_else(|| {
        Error::new(Status::Io, format!("{name} was not created in {}", directory.path.display()))
    })
}

/// The error of a store that is not there.
pub fn no_store(directory: &Directory) -> Error {
    let message =
        format!("there is no store in {}, or none that outlived the last boot", directory.path.display());
    Error::new(Status::NotFound, message)
}

/// Refuses a directory that is plainly somebody else's, before anything is made in it. Looks without `open.lock`: a
/// creator makes `shared` first and writes its magic number last, so one at work is not taken for a stranger.
pub fn refuse_strangers(directory: &Directory, options: &Options) -> Result<()> {
    let data = directory.stat(DATA)?.is_some_and(|(size, _)| size > 0);
    let strange = match directory.file(SHARED, false, options)? {
        Some(file) => Shared::strange(&file).map(|what| foreign(directory, &what)),
        None if data => Some(without_shared(directory)?),
        None => None,
    };
    match strange {
        Some(error) => mapped(directory).and(Err(error)),
        None => Ok(()),
    }
}

/// Takes `open.lock`, which the kernel frees when its holder dies, and the lock of the directory.
pub fn lock_opening(directory: &Directory, options: &Options) -> Result<File> {
    let shown = || directory.path.join(OPEN_LOCK);
    let mut backoff = Backoff::new(PATIENCE);
    loop {
        let file = match directory.file(OPEN_LOCK, false, options)? {
            Some(file) => file,
            None => {
                // Who opens a store that is in use would go on beside one that has the lock that was taken away.
                if directory.stat(SHARED)?.is_some() {
                    mapped(directory)?;
                    presence::refuse_if_any(directory, options, &missing(OPEN_LOCK))?;
                }
                create_file(directory, OPEN_LOCK, options)?
            }
        };
        loop {
            match file.try_lock() {
                Ok(()) => break,
                Err(TryLockError::WouldBlock) if backoff.sleep() => {}
                Err(TryLockError::WouldBlock) => {
                    return Err(Error::new(
                        Status::Timeout,
                        format!(
                            "another process has been opening {} for {} s",
                            directory.path.display(),
                            PATIENCE.as_secs()
                        ),
                    ));
                }
                Err(TryLockError::Error(e)) => {
                    return Err(Error::io(format!("locking {}", shown().display()), &e));
                }
            }
        }
        // From here nobody who respects locks takes files away.
        directory.lock()?;
        let wrap = |e: io::Error| Error::io(shown().display(), &e);
        let locked = file.metadata().map_err(wrap)?;
        if directory.file_id(OPEN_LOCK).map_err(wrap)? == (locked.dev(), locked.ino()) {
            return Ok(file);
        }
    }
}

fn missing(name: &str) -> String {
    format!("no {name} any more")
}

/// The mappings of LMDB files that this process has before it opens the store; refused when the store's own data file is
/// among them, unless it is what a forked child inherited from us.
pub fn mapped(directory: &Directory) -> Result<Vec<Mapping>> {
    if let Some((_, file)) = directory.stat(DATA)? {
        let maps = proc_maps::of_file(file, DATA)?;
        if let Some(mapping) = maps.iter().find(|mapping| !attach::is_inherited(mapping)) {
            return Err(Error::new(
                Status::AlreadyOpen,
                format!(
                    "{} is already open in this process through another copy of LMDB (mapped at {:#x}): a second one \
                     would drop its locks. Close it there (py-lmdb, lmdbjava, another build of this library), or load \
                     the one library libdishtayantra_lmdb.so everywhere",
                    directory.path.join(DATA).display(),
                    mapping.start
                ),
            ));
        }
    }
    let mut maps = proc_maps::all_named(DATA)?;
    maps.extend(proc_maps::all_named(LOCK)?);
    Ok(maps)
}

/// Decides what to do from what is in the directory.
pub fn plan(directory: &Directory, options: &Options, boot_id: u128) -> Result<Plan> {
    let has_data = directory.stat(DATA)?.is_some_and(|(size, _)| size > 0);
    for name in FILES {
        // Links are refused as such.
        directory.stat(name)?;
    }
    let unless_in_use = |what: &str| presence::refuse_if_any(directory, options, what);
    let Some(file) = directory.file(SHARED, false, options)? else {
        if has_data {
            return Err(without_shared(directory)?);
        }
        unless_in_use(&missing(SHARED))?;
        return Ok(Plan::Create);
    };
    let (shared, version) = match Shared::open(&file)? {
        Found::Foreign(what) => return Err(foreign(directory, &what)),
        Found::Unfinished => {
            unless_in_use("a file shared that is damaged")?;
            return match has_data {
                true => unfinished(directory, options),
                false => Ok(Plan::Create),
            };
        }
        Found::Ready(shared) => (shared, FORMAT_VERSION),
        Found::Older(shared, version) => {
            unless_in_use(&format!(
                "a store of format version {version} that an earlier version of this library made"
            ))?;
            (shared, version)
        }
    };
    if !has_data {
        unless_in_use(&missing(DATA))?;
        return Ok(Plan::Create);
    }
    let torn = shared.boot_id() != boot_id;
    if torn {
        unless_in_use("a store of another boot id")?;
    }
    let durable = shared.durability().load(Ordering::Relaxed) == 1;
    if torn && !durable {
        warn(
            Subject::Recreated,
            format!(
                "the store in {} is of before the last boot and was not synchronised to the disk: it is recreated empty",
                directory.path.display()
            ),
        );
        return Ok(Plan::Create);
    }
    if version >= WITH_FILES {
        let changed = files::changed(&shared.files(), &files::identities(directory)?, torn);
        if !changed.is_empty() {
            unless_in_use(&format!("other files than those that were opened ({})", changed.join(", ")))?;
        }
    }
    if let Some(what) = files::damaged(directory, &shared)? {
        if other::map_size(directory).map_err(|e| Error::io(DATA, &e))?.is_none() {
            return Err(foreign(directory, &what));
        }
        unless_in_use(&what)?;
    }
    let alone = !presence::any(directory, options)?;
    // Its times were those of a clock that containers may have set off.
    let rebase = torn
        || version < FORMAT_VERSION && (clock::is_set_off() || shared.time_namespace() != clock::namespace());
    let shared = if version < FORMAT_VERSION { Shared::lengthen(&file, version)? } else { shared };
    if alone {
        shared.clear_volatile();
    }
    Ok(Plan::Use { rebase, torn, shared, alone, version })
}

/// What a creator leaves that died is made anew. What was complete once is damaged, and nothing of it is thrown away.
fn unfinished(directory: &Directory, options: &Options) -> Result<Plan> {
    let what = if is_durable(directory, options)? {
        "a durable store"
    } else if has_database(directory, |name| !name.starts_with(RESERVED.as_bytes()))? {
        "a store with entries"
    } else {
        return Ok(Plan::Create);
    };
    let message =
        format!("{what} whose file shared is damaged; its {DATA} is left as it is: copy it away first");
    Err(foreign(directory, &message))
}

fn has_database(directory: &Directory, wanted: impl Fn(&[u8]) -> bool) -> Result<bool> {
    let wrap = |e| Error::io(format!("reading {}", directory.path.join(DATA).display()), &e);
    other::has_database(directory, wanted).map_err(wrap)
}

/// The error of an LMDB store that has no file `shared`.
fn without_shared(directory: &Directory) -> Result<Error> {
    if has_database(directory, |name| name.starts_with(RESERVED.as_bytes()))? {
        return Ok(foreign(
            directory,
            "a store of this library whose file shared was removed; what is left is not touched",
        ));
    }
    if !has_database(directory, |name| name == ENGINES_OWN)? {
        return Ok(foreign(
            directory,
            "an LMDB store of another program (there is no file shared beside data.mdb)",
        ));
    }
    Ok(Error::new(
        Status::ForeignStore,
        format!(
            "{} holds a store of a DAG engine's own core.lmdb module (its database _metadata is there), left by runs \
             before this library: nothing reads it any more, so it is safe to remove once no process of that module \
             runs; or use another lmdb_db_path",
            directory.path.display()
        ),
    ))
}

/// Whether `open.lock` says that a durable store was complete here once.
pub fn is_durable(directory: &Directory, options: &Options) -> Result<bool> {
    let Some(file) = directory.file(OPEN_LOCK, false, options)? else {
        return Ok(false);
    };
    let mut mark = [0; DURABLE.len()];
    match file.read_exact_at(&mut mark, 0) {
        Err(error) if error.kind() != io::ErrorKind::UnexpectedEof => {
            Err(Error::io(format!("reading {}", directory.path.join(OPEN_LOCK).display()), &error))
        }
        read => Ok(read.is_ok() && mark == DURABLE),
    }
}

/// Removes the mark that an earlier store may have left.
pub fn forget_durable(directory: &Directory, options: &Options) -> Result<()> {
    let file = create_file(directory, OPEN_LOCK, options)?;
    file.set_len(0).map_err(|e| Error::io(format!("writing {OPEN_LOCK}"), &e))
}

/// Writes the mark, and what a later opening relies on, through to the disk.
pub fn make_durable(directory: &Directory, options: &Options) -> Result<()> {
    let wrap = |e: std::io::Error| Error::io(format!("synchronising {}", directory.path.display()), &e);
    for name in [SHARED, OPEN_LOCK] {
        let file = create_file(directory, name, options)?;
        if name == OPEN_LOCK {
            file.write_all_at(&DURABLE, 0).map_err(wrap)?;
        }
        file.sync_all().map_err(wrap)?;
    }
    directory.sync().map_err(wrap)
}

/// The error of a directory that is not ours to use.
pub fn foreign(directory: &Directory, what: &str) -> Error {
    Error::new(
        Status::ForeignStore,
        format!(
            "{} holds {what}; use another lmdb_db_path, or remove the directory",
            directory.path.display()
        ),
    )
}
