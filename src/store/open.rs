//! Opening a store: every guard, in the order that makes it safe.
//!
//! Under an exclusive lock of `open.lock`: what is in the directory is identified, a store of an earlier boot is
//! recreated or its times are rebased, LMDB is opened with the map size that is stored (or, by the creator, set), and
//! LMDB's own locks are guarded so that closing some descriptor of `lock.mdb` in this process cannot drop them.

use super::arena;
use super::deferred::Deferred;
use super::directory::{DATA, Directory, FILES, LOCK, OPEN_LOCK, OWNERS, SHARED};
use super::engine::{Engine, FreeDbs, RESERVED, Resources, SYSTEM_DBS, SystemDbs};
use super::files::{self, OpenFiles};
use super::identify::{
    Plan, create_file, foreign, forget_durable, is_durable, lock_opening, make_durable, mapped, no_store,
    plan, refuse_strangers,
};
use super::owners::Owners;
use super::pins::Pins;
use super::shared::{AT_LOCKS, FORMAT_VERSION, LOCK_WORD, OLDER_VERSIONS, Shared, WITH_FILES, boot_id};
use super::space::{self, Purpose};
use super::spares::Spares;
use super::sweeper::Sweeper;
use super::write::{Growth, Writer};
use super::{guard, members, recovery, sweep};
use crate::error::{Error, Result, Status};
use crate::lmdb::{Access, Env, EnvOptions, LmdbError, Turns, number};
use crate::mapping::attach::{self, Attached};
use crate::mapping::proc_maps::{FileId, Mapping};
use crate::mapping::{clock, fork, sys};
use crate::options::{DEFAULT_MAP_SIZE, Durability, Options};
use crate::warning::{Subject, warn};
use std::os::fd::AsRawFd;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, OnceLock, RwLock};

/// Bytes of address space a store takes unless its limit is larger.
const MAP_RANGE: u64 = 32 << 30;
const VERSION_KEY: &[u8] = b"format_version";

/// Opens and checks the directory.
pub fn directory(path: &std::path::Path, options: &Options) -> Result<Directory> {
    Directory::open(path, options)
}

/// Opens the store in `directory`, which this process does not have open yet.
pub fn engine(directory: Directory, options: &Options) -> Result<Arc<Engine>> {
    let directory = Arc::new(directory);
    if options.existing && (directory.stat(DATA)?.is_none() || directory.stat(SHARED)?.is_none()) {
        refuse_strangers(&directory, options)?;
        return Err(no_store(&directory));
    }
    refuse_strangers(&directory, options)?;
    let made_lock = directory.stat(OPEN_LOCK)?.is_none();
    let open_lock = lock_opening(&directory, options)?;
    let before = Before::of(&directory)?;
    let opened = opened(&directory, options);
    match &opened {
        Ok(engine) => {
            directory.share_lock()?;
            // A program that starts or ends beside us may have touched what was not locked yet.
            engine.look_now()?;
            if let Some(concern) = &directory.concern {
                warn(Subject::Readable, concern);
            }
        }
        Err(error) => before.restore(&directory, made_lock, error.status()),
    }
    drop(open_lock);
    let engine = opened?;
    // Takes the longer the more live, and nobody has to wait for it.
    recovery::reclaim(&engine)?;
    Ok(engine)
}

/// What was in a directory before it was opened, to be left like that when it is refused.
struct Before {
    there: [bool; FILES.len()],
    data: u64,
}

impl Before {
    fn of(directory: &Directory) -> Result<Before> {
        let there = files::identities(directory)?.map(|file| file != (0, 0));
        Ok(Before { there, data: directory.stat(DATA)?.map_or(0, |(size, _)| size) })
    }

    /// Right only while `open.lock` is held. Files that were made remain when they cannot be removed: they hold nothing.
    fn restore(&self, directory: &Directory, made_lock: bool, why: Status) {
        if !matches!(directory.lock(), Ok(true)) {
            return;
        }
        for (name, _) in FILES.iter().zip(self.there).filter(|(_, there)| !there) {
            let _ = directory.remove(name);
        }
        // LMDB makes the file as long as its map, also that of a copy, and what is foreign was not written to.
        if self.data > 0
            && why == Status::ForeignStore
            && let Ok(file) = directory.writable(DATA)
        {
            let _ = file.set_len(self.data);
        }
        // Who waits for it looks whether it is still there.
        if made_lock {
            let _ = directory.remove(OPEN_LOCK);
        }
    }
}

fn opened(directory: &Arc<Directory>, options: &Options) -> Result<Arc<Engine>> {
    clock::set()?;
    let boot_id = boot_id()?;
    let maps_before = mapped(directory)?;
    let engine = match plan(directory, options, boot_id)? {
        Plan::Create if options.existing => return Err(no_store(directory)),
        Plan::Create => create(directory, options, boot_id, &maps_before)?,
        Plan::Use { shared, rebase, torn, alone, version } => {
            let older = version < FORMAT_VERSION;
            // A copy may be shorter than the map it opens with.
            check_limits(directory.stat(DATA)?.map_or(0, |(size, _)| size).max(MAP_RANGE))?;
            let engine = assemble(directory, options, shared, None, &maps_before)?;
            let current = check_format(&engine)?;
            let renamed = identify_store(&engine, torn, alone, version)?;
            if rebase {
                sweep::rebase(&engine)?;
                engine.shared.set_boot_id(boot_id);
            }
            if older {
                engine.shared.set_current();
            }
            if !current {
                note_format(&engine)?;
            }
            let durable = engine.shared.durability().load(Ordering::Relaxed) == 1;
            if durable && (rebase || renamed || older || !is_durable(directory, options)?) {
                make_durable(directory, options)?;
            }
            if durable != (options.durability == Durability::Sync) && !options.existing {
                let kept = if durable { "sync" } else { "process" };
                warn(
                    Subject::DurabilityStays,
                    format!(
                        "the store in {} was created with lmdb_durability = {kept}, which stays",
                        directory.path.display()
                    ),
                );
            }
            raise_limit(&engine, options);
            if alone {
                recovery::reclaim_everything(&engine)?;
            }
            engine
        }
    };
    Ok(engine)
}

/// Has the engine know the store's files and its id: the one that is there, or a new one when there is none, or when data
/// or `shared` is another file than the id was made for. Engines that live know the old ones, and keep them. Answers
/// whether anything was written.
fn identify_store(engine: &Engine, torn: bool, alone: bool, version: u32) -> Result<bool> {
    let (shared, file) = (&engine.shared, engine.data_file);
    let now = files::identities(&engine.directory)?;
    let known = shared.files();
    let changed = files::changed(&known, &now, torn);
    // A disk may have another number after a boot, which a synchronised store outlives.
    let same = |made_for: FileId| {
        made_for.1 == file.1
            && (torn || made_for.0 == file.0)
            && (version < WITH_FILES || !changed.contains(&SHARED))
    };
    let (id, renamed) = match shared.id() {
        Some((id, made_for)) if !alone || same(made_for) => (id, alone && made_for != file),
        _ => {
            let bytes = sys::random().map_err(|e| Error::io("making an id for the store", &e))?;
            // 0 says that there is none.
            (u128::from_be_bytes(bytes).max(1), true)
        }
    };
    if renamed {
        shared.set_id(id, file);
    }
    if known != now {
        shared.set_files(now);
    }
    let fresh = engine.id.set(id).is_ok() && engine.files.set(OpenFiles::new(now)).is_ok();
    debug_assert!(fresh);
    Ok(renamed || known != now)
}

fn create(
    directory: &Arc<Directory>,
    options: &Options,
    boot_id: u128,
    maps_before: &[Mapping],
) -> Result<Arc<Engine>> {
    let limit = match options.map_size {
        0 => DEFAULT_MAP_SIZE,
        bytes => bytes,
    };
    let map_size = limit.max(MAP_RANGE).next_multiple_of(sys::page_size() as u64);
    check_limits(map_size)?;
    let file = create_file(directory, SHARED, options)?;
    let shared = Shared::create(&file, boot_id)?;
    for name in [DATA, LOCK] {
        directory.remove(name)?;
    }
    let durable = u32::from(options.durability == Durability::Sync);
    shared.durability().store(durable, Ordering::Relaxed);
    shared.limit().store(limit, Ordering::Relaxed);
    let result = assemble(directory, options, shared, Some(map_size as usize), maps_before);
    let result = result.and_then(|engine| {
        for name in [DATA, LOCK] {
            directory.set_mode(name, options)?;
        }
        identify_store(&engine, false, true, FORMAT_VERSION)?;
        engine.shared.set_ready(true);
        if options.durability == Durability::Sync {
            make_durable(directory, options)?;
        } else {
            forget_durable(directory, options)?;
        }
        Ok(engine)
    });
    if result.is_err() {
        // What is left would look like an unfinished store; nothing of anybody's is in it.
        for name in [DATA, LOCK, SHARED] {
            let _ = directory.remove(name);
        }
    }
    result
}

/// Raises how far the store may grow to what an opener asks for, for everybody, and says so; also when it does not.
pub fn raise_limit(engine: &Engine, options: &Options) {
    let asked = options.map_size;
    let wanted = asked.min(engine.map.len());
    let was = engine.shared.limit().fetch_max(wanted, Ordering::AcqRel);
    let path = engine.path.display();
    if was < wanted {
        warn(
            Subject::LimitRaised,
            format!(
                "the store in {path} may grow to {wanted} bytes from now on, not {was} as before (lmdb_map_size)"
            ),
        );
    }
    let now = was.max(wanted);
    if asked != 0 && asked != now && !options.existing {
        let why = if asked > now { "the most that it was made for" } else { "which stays" };
        warn(
            Subject::LimitKept,
            format!(
                "the store in {path} may grow to {now} bytes, {why}; lmdb_map_size = {asked} is not applied"
            ),
        );
    }
}

/// Raises how far the store may grow, for everybody. Answers how far it might before.
pub fn grow(engine: &Engine, bytes: u64) -> Result<u64> {
    let (most, was) = (engine.map.len(), engine.shared.limit().load(Ordering::Acquire));
    let path = engine.path.display();
    let refuse = |why: String| Err(Error::new(Status::InvalidArgument, why));
    if bytes > most {
        return refuse(format!(
            "the store in {path} was made for {most} bytes at most, and {bytes} are more: copy it to a larger one"
        ));
    }
    if bytes < was {
        return refuse(format!(
            "the store in {path} may grow to {was} bytes, and never to fewer than before: copy it to a smaller one"
        ));
    }
    Ok(engine.shared.limit().fetch_max(bytes, Ordering::AcqRel))
}

/// Resource limits under which mapping the file would fail, or kill the process.
fn check_limits(map_size: u64) -> Result<()> {
    let limits = [
        ("RLIMIT_AS (ulimit -v)", libc::RLIMIT_AS, map_size.saturating_mul(2)),
        ("RLIMIT_FSIZE (ulimit -f)", libc::RLIMIT_FSIZE, map_size),
    ];
    for (name, resource, need) in limits {
        if let Some(limit) = sys::resource_limit(resource).filter(|&limit| limit < need) {
            return Err(Error::new(
                Status::Limit,
                format!(
                    "{name} is {limit} bytes and the store's map needs {need}; raise it, up to unlimited"
                ),
            ));
        }
    }
    Ok(())
}

/// Opens LMDB and puts the engine together. `map_size` is given by the creator alone.
fn assemble(
    directory: &Arc<Directory>,
    options: &Options,
    shared: Shared,
    map_size: Option<usize>,
    maps_before: &[Mapping],
) -> Result<Arc<Engine>> {
    let owners = Owners::claim(create_file(directory, OWNERS, options)?, shared.new_engine()?)?;
    let durable = shared.durability().load(Ordering::Relaxed) == 1;
    let max_dbs = shared.max_dbs().fetch_max(options.max_dbs, Ordering::AcqRel).max(options.max_dbs);
    if map_size.is_some() {
        shared.max_readers().store(options.max_readers, Ordering::Relaxed);
    }
    let max_readers = shared.max_readers().load(Ordering::Relaxed);
    let env_options = EnvOptions {
        map_size,
        max_readers,
        max_dbs: max_dbs + SYSTEM_DBS,
        sync: durable,
        mode: super::directory::file_mode(options),
    };
    guard::allocate(directory, options, max_readers)?;
    let turns = Turns {
        words: shared.region().clone(),
        writer: AT_LOCKS,
        readers: AT_LOCKS + LOCK_WORD,
        living: owners.living().clone(),
    };
    let env =
        Env::open(&directory.c_path(), &env_options, turns).map_err(|error| open_error(directory, error))?;
    let identity = |name: &str| -> Result<FileId> {
        let missing = || Error::new(Status::Io, format!("{name} vanished from {}", directory.path.display()));
        Ok(directory.stat(name)?.ok_or_else(missing)?.1)
    };
    let Attached { map, lock_table } = attach::attach(&env, identity(DATA)?, identity(LOCK)?, maps_before)?;
    let data_file = identity(DATA)?;
    let guard = guard::take(directory, options, &env, &lock_table, number::of_engine(owners.id()))?;
    members::join(&shared, &owners);
    let page_size = env.page_size() as u64;
    let kept = [guard.as_raw_fd(), owners.file().as_raw_fd(), directory.fd()].map(fork::close_in_child);
    if kept.contains(&false) {
        return Err(Error::new(Status::Limit, "more than 256 stores are open in this process"));
    }
    let map_pages = map.len() / page_size;
    let engine = Arc::new(Engine::new(Resources {
        sweeper: Sweeper::new(),
        map,
        lock_table,
        env,
        guard,
        owners,
        shared,
        directory: directory.clone(),
        files: OnceLock::new(),
        pins: Pins::default(),
        drained: Mutex::default(),
        expiry_bytes: AtomicU64::new(0),
        spares: Spares::default(),
        deferred: Deferred::default(),
        path: directory.path.clone(),
        page_size,
        map_pages,
        options: Options { max_dbs, max_readers, ..options.clone() },
        data_file,
        seen_ns: AtomicU64::new(0),
        forget: OnceLock::new(),
        identity: directory.identity,
        id: OnceLock::new(),
        system: OnceLock::new(),
        named: RwLock::default(),
        holders: AtomicUsize::new(0),
    }));
    open_system_dbs(&engine, map_size.is_some())?;
    Ok(engine)
}

fn open_error(directory: &Directory, error: LmdbError) -> Error {
    match error {
        LmdbError::INVALID => foreign(directory, "a data.mdb that is not an LMDB data file"),
        LmdbError::VERSION_MISMATCH => {
            foreign(directory, "a store of another version of LMDB (lock version 1 is ours)")
        }
        other => {
            let error = Error::from(other);
            Error::new(error.status(), format!("opening {}: {}", directory.path.display(), error.message()))
        }
    }
}

fn open_system_dbs(engine: &Arc<Engine>, create: bool) -> Result<()> {
    if create {
        let end = space::allocate_behind(engine, 2, &Growth::default())?;
        engine.shared.allocated_end().store(end, Ordering::Release);
    }
    let mut txn = engine.env.write()?;
    let mut open = |name: &str| -> Result<_> {
        txn.open(&format!("{RESERVED}{name}"), create)?.ok_or_else(|| {
            Error::new(
                Status::ForeignStore,
                format!(
                    "{} holds an LMDB store without {RESERVED}{name}, so not one of this library; use another lmdb_db_path",
                    engine.path.display()
                ),
            )
        })
    };
    let system = SystemDbs {
        arenas: open("arenas")?,
        free: FreeDbs { by_start: open("free_by_start")?, by_len: open("free_by_len")? },
        quarantine: open("quarantine")?,
        loans: open("loans")?,
        expiry: open("expiry")?,
        meta: open("meta")?,
    };
    if create {
        txn.put(system.meta, VERSION_KEY, &FORMAT_VERSION.to_le_bytes())?;
    }
    txn.commit()?;
    let fresh = engine.system.set(system).is_ok();
    debug_assert!(fresh);
    Ok(())
}

/// Refuses other formats, and copies whose payloads are not where their records say. Answers whether the format is noted as
/// the present one: the versions before differ in the file `shared` alone.
fn check_format(engine: &Engine) -> Result<bool> {
    let txn = engine.snapshot()?;
    let stored = txn.get(engine.dbs().meta, VERSION_KEY)?;
    for version in [FORMAT_VERSION].into_iter().chain(OLDER_VERSIONS) {
        if stored == Some(&version.to_le_bytes()) {
            arena::check_places(engine, &txn)?;
            return Ok(version == FORMAT_VERSION);
        }
    }
    Err(Error::new(
        Status::ForeignStore,
        format!(
            "{} holds a store of format {stored:?}; this library reads version {FORMAT_VERSION}",
            engine.path.display()
        ),
    ))
}

/// Notes the format, as the last step of an upgrade.
fn note_format(engine: &Engine) -> Result<()> {
    let mut writer = Writer::begin(engine, Purpose::Delete, 0)?;
    let meta = writer.dbs().meta;
    writer.txn().put(meta, VERSION_KEY, &FORMAT_VERSION.to_le_bytes())?;
    writer.commit()
}
