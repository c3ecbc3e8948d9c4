//! What is in a store's directory, and what opening it therefore has to do.

use super::directory::{DATA, Directory, LOCK, SHARED};
use super::other;
use super::owners::Owners;
use super::shared::{Found, Place, Shared};
use crate::error::{Error, Result, Status};
use crate::mapping::attach;
use crate::mapping::proc_maps::{self, Mapping};
use crate::options::Options;
use crate::warning::warn;
use std::fs::File;
use std::os::unix::fs::FileExt;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

/// What the modules that DAG engines had before this library keep their envelopes in.
const ENGINES_OWN: &[u8] = b"_metadata";
const OPEN_LOCK: &str = "open.lock";
/// What `open.lock` holds when the store is durable.
const DURABLE: [u8; 5] = *b"sync\n";
/// How long another process may take to open or recover the store.
const OPEN_PATIENCE: Duration = Duration::from_secs(30);

/// What opening has to do.
pub enum Plan {
    /// Make a new store.
    Create,
    /// Use the one that is there; `rebase`: its expiry times are of another boot or time namespace.
    /// `torn`: the store is of another boot; `alone`: no other engine is alive.
    Use { shared: Shared, rebase: bool, torn: bool, alone: bool },
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
        None => data.then(|| of_another_program(directory)),
    };
    match strange {
        Some(error) => mapped(directory).and(Err(error)),
        None => Ok(()),
    }
}

/// Takes `open.lock`, which the kernel frees when its holder dies.
pub fn lock_opening(directory: &Directory, options: &Options) -> Result<File> {
    let file = create_file(directory, OPEN_LOCK, options)?;
    let deadline = Instant::now() + OPEN_PATIENCE;
    loop {
        match file.try_lock() {
            Ok(()) => return Ok(file),
            Err(std::fs::TryLockError::WouldBlock) if Instant::now() < deadline => {
                std::thread::sleep(Duration::from_millis(1));
            }
            Err(std::fs::TryLockError::WouldBlock) => {
                return Err(Error::new(
                    Status::Timeout,
                    format!(
                        "another process has been opening {} for {} s",
                        directory.path.display(),
                        OPEN_PATIENCE.as_secs()
                    ),
                ));
            }
            Err(std::fs::TryLockError::Error(e)) => {
                return Err(Error::io(format!("locking {}", directory.path.join(OPEN_LOCK).display()), &e));
            }
        }
    }
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
pub fn plan(directory: &Directory, options: &Options, owners: &File, place: &Place) -> Result<Plan> {
    let data = directory.stat(DATA)?;
    let Some(file) = directory.file(SHARED, false, options)? else {
        return match data {
            Some((size, _)) if size > 0 => Err(of_another_program(directory)),
            _ => Ok(Plan::Create),
        };
    };
    let alive = Owners::any_alive(owners)?;
    let shared = match Shared::open(&file)? {
        Found::Foreign(what) => return Err(foreign(directory, &what)),
        // A creator that died leaves this; so may a power failure, and then a durable store's data is not given up.
        Found::Unfinished if data.is_some_and(|(size, _)| size > 0) && is_durable(directory, options)? => {
            return Err(foreign(
                directory,
                "a durable store whose file shared is damaged; its data.mdb is left as it is: copy it away first",
            ));
        }
        Found::Unfinished => return Ok(Plan::Create),
        Found::Ready(shared) => shared,
    };
    if data.is_none_or(|(size, _)| size == 0) {
        return match alive {
            false => Ok(Plan::Create),
            true => {
                Err(foreign(directory, "no data.mdb any more, though live processes have the store open"))
            }
        };
    }
    let was = shared.place();
    let torn = was.boot_id != place.boot_id;
    if torn && alive {
        return Err(foreign(directory, "a store that live processes use under another boot id"));
    }
    let durable = shared.durability().load(Ordering::Relaxed) == 1;
    if torn && !durable {
        warn(format!(
            "the store in {} is of before the last boot and was not synchronised to the disk: it is recreated empty",
            directory.path.display()
        ));
        return Ok(Plan::Create);
    }
    let moved = was.pid_namespace != place.pid_namespace || was.time_namespace != place.time_namespace;
    if moved && alive {
        return Err(foreign(
            directory,
            "a store in use in another pid or time namespace (container), where its locks and clocks do not hold here",
        ));
    }
    if !alive {
        shared.clear_volatile();
        if moved && !torn && was.time_namespace == place.time_namespace {
            shared.set_place(place);
        }
    }
    let rebase = torn || was.time_namespace != place.time_namespace;
    Ok(Plan::Use { rebase, torn, shared, alone: !alive })
}

/// The error of an LMDB store that this library did not make.
fn of_another_program(directory: &Directory) -> Error {
    if !other::has_database(directory, ENGINES_OWN) {
        return foreign(
            directory,
            "an LMDB store of another program (there is no file shared beside data.mdb)",
        );
    }
    Error::new(
        Status::ForeignStore,
        format!(
            "{} holds a store of a DAG engine's own core.lmdb module (its database _metadata is there), left by runs \
             before this library: nothing reads it any more, so it is safe to remove once no process of that module \
             runs; or use another lmdb_db_path",
            directory.path.display()
        ),
    )
}

/// Whether `open.lock` says that a durable store was complete here once.
pub fn is_durable(directory: &Directory, options: &Options) -> Result<bool> {
    let Some(file) = directory.file(OPEN_LOCK, false, options)? else {
        return Ok(false);
    };
    let mut mark = [0; DURABLE.len()];
    Ok(file.read_exact_at(&mut mark, 0).is_ok() && mark == DURABLE)
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
