//! The file `shared`: header, counters, wait words and pin slots, mapped by every process of the store.
//!
//! | offset | bytes | what |
//! |---|---|---|
//! | 0 | 4,096 | header (see the constants) |
//! | 4,096 | 65,536 | 1,024 wait words, a cache line each: sequence, waiters |
//! | 69,632 | 128 | two lock words, a cache line each: of the writer, of the reader table |
//! | 69,760 | 3,968 | kept zero |
//! | 73,728 | 65,536 | calls of 64 calculators, 1,024 bytes each (`calls`) |
//! | 139,264 | 32,768 | a ring of 256 slow calls, 128 bytes each (`calls`) |
//! | 172,032 | 16,384 | 1,024 owners of pin chunks: engine id, pid |
//! | 188,416 | 1,048,576 | 65,536 pin slots: extent's first page, since when (ms of the boot's clock) |
//! | 1,236,992 | 196,608 | 1,024 members, 192 bytes each: who has the store open, for people (`members`) |
//!
//! What is kept zero is for later versions of the library, which then need no other version of the format. Version 3 had
//! no members, no lock words, and the clock of its time namespace. Version 2 had the same header and wait words, and
//! behind them only 256 owners of chunks and 16,384 pins.

use super::directory::FILES;
use crate::error::{Error, Result, Status};
use crate::lmdb::number;
use crate::mapping::proc_maps::FileId;
use crate::mapping::region::Region;
use crate::mapping::sys;
use std::fs::File;
use std::os::fd::AsRawFd;
use std::os::unix::fs::FileExt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};

/// First eight bytes of the file.
const MAGIC: u64 = u64::from_le_bytes(*b"DYLMDBS1");
/// Version of every format in the store's directory.
pub const FORMAT_VERSION: u32 = 4;
/// The versions before, which are upgraded in place when nobody has the store open.
pub const OLDER_VERSIONS: [u32; 2] = [3, 2];
/// The first version whose header names the store's files.
pub const WITH_FILES: u32 = 3;

const AT_MAGIC: u64 = 0;
const AT_VERSION: u64 = 8;
const AT_STATE: u64 = 12;
const AT_BOOT_ID: u64 = 16;
/// In which time namespace the times of an older version are; 0 since.
const AT_TIME_NAMESPACE: u64 = 40;
const AT_LIMIT: u64 = 48;
const AT_ALLOCATED_END: u64 = 56;
const AT_NEXT_ENGINE: u64 = 64;
const AT_DURABILITY: u64 = 68;
const AT_PIN_CHUNKS: u64 = 72;
const AT_MAX_DBS: u64 = 76;
const AT_FRONTIER: u64 = 80;
const AT_MAX_READERS: u64 = 88;
const AT_STORE_ID: u64 = 96;
const AT_DATA_DEVICE: u64 = 112;
const AT_DATA_INODE: u64 = 120;
/// Room for 24 counters, a cache line each.
const AT_COUNTERS: u64 = 128;
/// Device and inode of each of [`FILES`].
const AT_FILES: u64 = 2048;
/// Reader slots and named databases at the most.
const MAX_SLOTS: u32 = 1 << 16;

const AT_WAIT_WORDS: u64 = 4096;
/// Number of wait words.
pub const WAIT_WORDS: u64 = 1024;
const WAIT_WORD: u64 = 64;
/// What was behind the wait words in version 2: 256 owners of chunks, 16,384 pins.
const LENGTH_2: u64 = AT_LOCKS + 256 * CHUNK + 16_384 * PIN;
const LENGTH_3: u64 = AT_MEMBERS;
/// Lock word of the writer; behind it in a cache line of its own the one of the reader table.
pub const AT_LOCKS: u64 = AT_WAIT_WORDS + WAIT_WORDS * WAIT_WORD;
/// Bytes from lock word to lock word.
pub const LOCK_WORD: u64 = 64;
/// Rows of calculators.
pub const CALCULATORS: usize = 64;
/// Words of a row.
pub const CALCULATOR_WORDS: usize = 128;
const CALCULATOR: u64 = CALCULATOR_WORDS as u64 * 8;
const AT_CALCULATORS: u64 = AT_LOCKS + (4 << 10);
/// Slow calls that are kept.
pub const SLOW_CALLS: usize = 256;
const SLOW_CALL: u64 = 128;
const AT_SLOW_CALLS: u64 = AT_CALCULATORS + CALCULATORS as u64 * CALCULATOR;
const AT_CHUNKS: u64 = AT_SLOW_CALLS + SLOW_CALLS as u64 * SLOW_CALL;
/// Chunks of pin slots; an engine claims a chunk at a time.
pub const PIN_CHUNKS: u32 = 1024;
const CHUNK: u64 = 16;
const AT_PINS: u64 = AT_CHUNKS + PIN_CHUNKS as u64 * CHUNK;
/// Pin slots in a chunk.
pub const CHUNK_PINS: u32 = 64;
const PIN: u64 = 16;
const AT_MEMBERS: u64 = AT_PINS + (PIN_CHUNKS * CHUNK_PINS) as u64 * PIN;
/// Rows of members.
pub const MEMBERS: usize = 1024;
/// Words of a row.
pub const MEMBER_WORDS: usize = 24;
const MEMBER: u64 = MEMBER_WORDS as u64 * 8;
/// Length of the file in bytes.
const LENGTH: u64 = AT_MEMBERS + MEMBERS as u64 * MEMBER;

/// How far the store's creation has come.
const CREATING: u32 = 0;
const READY: u32 = 1;

/// Boot id of the kernel: its end ends every time of the clock, and everything that was not synchronised.
pub fn boot_id() -> Result<u128> {
    let path = "/proc/sys/kernel/random/boot_id";
    let text = std::fs::read_to_string(path).map_err(|e| Error::io(format!("reading {path}"), &e))?;
    let hex: String = text.trim().chars().filter(|c| *c != '-').collect();
    u128::from_str_radix(&hex, 16).map_err(|_| Error::new(Status::Io, format!("{path} holds {text:?}")))
}

/// What was counted since the store was created.
#[derive(Debug, Clone, Copy)]
#[repr(u64)]
pub enum Counter {
    /// Looked for and found.
    Hits = 0,
    /// Looked for and not found.
    Misses = 1,
    /// Removed because their time was over.
    Expired = 2,
    /// Calls that had to wait.
    Waits = 3,
    /// Entries put.
    Puts = 4,
    /// Entries deleted.
    Deletes = 5,
    /// Views that were copied since no pin slot was free.
    CopiedViews = 6,
    /// Calls that were slow; the number of the next.
    SlowCalls = 7,
}

/// The mapped file.
pub struct Shared {
    region: Arc<Region>,
}

/// What a file `shared` turned out to be.
pub enum Found {
    /// A complete store's.
    Ready(Shared),
    /// A complete store's of this version before. No more than its header may be looked at.
    Older(Shared, u32),
    /// Left by a creator that died.
    Unfinished,
    /// Of another format version, with what it says.
    Foreign(String),
}

impl Shared {
    /// Writes a new header and allocates the whole file, so that no later write to the map can fail.
    pub fn create(file: &File, boot_id: u128) -> Result<Shared> {
        let wrap = |e: std::io::Error| Error::io("creating the file shared", &e);
        file.set_len(0).map_err(wrap)?;
        sys::fallocate(file.as_raw_fd(), 0, LENGTH).map_err(|e| match e.raw_os_error() {
            Some(libc::EOPNOTSUPP) => Error::new(
                Status::Unsupported,
                "the file system cannot allocate space ahead (fallocate); use ext4, XFS or tmpfs",
            ),
            _ => wrap(e),
        })?;
        let shared = Self::map(file, LENGTH)?;
        shared.set_current();
        shared.set_boot_id(boot_id);
        shared.region.u32_at(AT_NEXT_ENGINE).store(1, Ordering::Relaxed);
        shared.region.u64_at(AT_MAGIC).store(MAGIC, Ordering::Release);
        Ok(shared)
    }

    /// Looks at an existing file. What cannot be read is an error, not a file that says nothing.
    pub fn open(file: &File) -> Result<Found> {
        let wrap = |e: std::io::Error| Error::io("reading the file shared", &e);
        let Some(head) = head(file).map_err(wrap)? else {
            return Ok(Found::Unfinished);
        };
        if head[..8] == [0; 8] {
            return Ok(Found::Unfinished);
        }
        if let Some(what) = strange_head(&head) {
            return Ok(Found::Foreign(what));
        }
        let version = version_of(&head);
        let (length, wanted) = (file.metadata().map_err(wrap)?.len(), length_of(version));
        if length < wanted {
            return Ok(Found::Foreign(format!("a file shared of {length} bytes instead of {wanted}")));
        }
        let shared = Self::map(file, wanted)?;
        if shared.region.u32_at(AT_STATE).load(Ordering::Acquire) != READY {
            return Ok(Found::Unfinished);
        }
        let in_range = |at, most: u32| (1..=most).contains(&shared.region.u32_at(at).load(Ordering::Relaxed));
        let limit = shared.limit().load(Ordering::Relaxed);
        if !(in_range(AT_MAX_READERS, MAX_SLOTS)
            && in_range(AT_MAX_DBS, MAX_SLOTS)
            && limit <= i64::MAX as u64)
        {
            return Ok(Found::Foreign("a store whose file shared is damaged".into()));
        }
        Ok(if version == FORMAT_VERSION { Found::Ready(shared) } else { Found::Older(shared, version) })
    }

    /// Gives the file of an older version its present length, with zeros where that had something else. Right only while
    /// no engine is alive: the versions before had nothing there that outlives one, so until [`Shared::set_current`] the
    /// file is still one of theirs.
    pub fn lengthen(file: &File, version: u32) -> Result<Shared> {
        sys::fallocate(file.as_raw_fd(), 0, LENGTH)
            .map_err(|e| Error::io("making the file shared longer for this version of the library", &e))?;
        let shared = Self::map(file, LENGTH)?;
        let before = if version < WITH_FILES { AT_LOCKS..LENGTH_2 } else { AT_LOCKS..AT_CALCULATORS };
        for at in before.chain(AT_MEMBERS..LENGTH).step_by(8) {
            shared.region.u64_at(at).store(0, Ordering::Relaxed);
        }
        // After a power failure the header must not say more than the file has.
        file.sync_all().map_err(|e| Error::io("synchronising the file shared", &e))?;
        Ok(shared)
    }

    /// Says that the file is of the present version.
    pub fn set_current(&self) {
        for at in [AT_TIME_NAMESPACE - 8, AT_TIME_NAMESPACE] {
            self.region.u64_at(at).store(0, Ordering::Relaxed);
        }
        self.region.u32_at(AT_VERSION).store(FORMAT_VERSION, Ordering::Release);
    }

    /// What is wrong with a file as far as its first bytes tell, which may be looked at without `open.lock`: nothing is
    /// mapped, and what its creator has not finished is not wrong.
    pub fn strange(file: &File) -> Option<String> {
        head(file).ok()?.as_ref().and_then(strange_head)
    }

    fn map(file: &File, length: u64) -> Result<Shared> {
        let region =
            Region::map(file, length as usize, true).map_err(|e| Error::io("mapping the file shared", &e))?;
        Ok(Shared { region: Arc::new(region) })
    }

    /// Says whether the store is complete.
    pub fn set_ready(&self, ready: bool) {
        let state = if ready { READY } else { CREATING };
        self.region.u32_at(AT_STATE).store(state, Ordering::Release);
    }

    /// The boot in which the store was used last.
    pub fn boot_id(&self) -> u128 {
        let word = |at| self.region.u64_at(at).load(Ordering::Relaxed);
        u128::from(word(AT_BOOT_ID)) << 64 | u128::from(word(AT_BOOT_ID + 8))
    }

    /// Moves the store to another boot.
    pub fn set_boot_id(&self, boot_id: u128) {
        self.region.u64_at(AT_BOOT_ID).store((boot_id >> 64) as u64, Ordering::Relaxed);
        self.region.u64_at(AT_BOOT_ID + 8).store(boot_id as u64, Ordering::Relaxed);
    }

    /// Inode of the time namespace whose clock an older version kept its times in.
    pub fn time_namespace(&self) -> u64 {
        self.region.u64_at(AT_TIME_NAMESPACE).load(Ordering::Relaxed)
    }

    /// The mapping, for those who take turns by its lock words.
    pub fn region(&self) -> &Arc<Region> {
        &self.region
    }

    /// The store's id, and the data file for which it was made. `None`: it has none, as stores of earlier versions.
    pub fn id(&self) -> Option<(u128, FileId)> {
        let word = |at| self.region.u64_at(at).load(Ordering::Acquire);
        let id = u128::from(word(AT_STORE_ID)) << 64 | u128::from(word(AT_STORE_ID + 8));
        (id != 0).then(|| (id, (word(AT_DATA_DEVICE), word(AT_DATA_INODE))))
    }

    /// Gives the store an id. Right only while `open.lock` is held and no engine lives that knows another one.
    pub fn set_id(&self, id: u128, data_file: FileId) {
        let store = |at, value| self.region.u64_at(at).store(value, Ordering::Release);
        store(AT_DATA_DEVICE, data_file.0);
        store(AT_DATA_INODE, data_file.1);
        store(AT_STORE_ID, (id >> 64) as u64);
        store(AT_STORE_ID + 8, id as u64);
    }

    /// Which file each of [`FILES`] is, as those who have the store open know it.
    pub fn files(&self) -> [FileId; FILES.len()] {
        let word = |at| self.region.u64_at(at).load(Ordering::Acquire);
        std::array::from_fn(|n| (word(AT_FILES + n as u64 * 16), word(AT_FILES + n as u64 * 16 + 8)))
    }

    /// Notes them. Right only while `open.lock` is held and no engine lives that knows others.
    pub fn set_files(&self, files: [FileId; FILES.len()]) {
        for (at, (device, inode)) in (AT_FILES..).step_by(16).zip(files) {
            self.region.u64_at(at).store(device, Ordering::Release);
            self.region.u64_at(at + 8).store(inode, Ordering::Release);
        }
    }

    /// Forgets pins, waiters and members, and whose turn it was. Right only while no engine is alive.
    pub fn clear_volatile(&self) {
        for word in 0..WAIT_WORDS {
            self.waiters(word).store(0, Ordering::Relaxed);
        }
        for chunk in 0..PIN_CHUNKS {
            for slot in 0..CHUNK_PINS {
                let pin = self.pin(chunk * CHUNK_PINS + slot);
                // Hardly ever anything is there, and what is only read costs no page of its own.
                if pin.load(Ordering::Relaxed) != 0 {
                    pin.store(0, Ordering::Relaxed);
                }
            }
            self.chunk_owner(chunk).store(0, Ordering::Relaxed);
        }
        self.pin_chunks().store(0, Ordering::SeqCst);
        for at in [AT_LOCKS, AT_LOCKS + LOCK_WORD] {
            self.region.u32_at(at).store(0, Ordering::SeqCst);
        }
        for row in 0..MEMBERS {
            self.member(row)[0].store(0, Ordering::Relaxed);
        }
        // Copies of a store, and file systems after a power failure, may hold less than was allocated.
        self.allocated_end().store(0, Ordering::SeqCst);
    }

    /// Bytes the store may use.
    pub fn limit(&self) -> &AtomicU64 {
        self.region.u64_at(AT_LIMIT)
    }

    /// End of the range that is surely allocated behind the last arena, in bytes.
    pub fn allocated_end(&self) -> &AtomicU64 {
        self.region.u64_at(AT_ALLOCATED_END)
    }

    /// A page near which free space was never written; where populating ahead goes on.
    pub fn frontier(&self) -> &AtomicU64 {
        self.region.u64_at(AT_FRONTIER)
    }

    /// An engine id; none is ever given twice.
    pub fn new_engine(&self) -> Result<u32> {
        let id = self.region.u32_at(AT_NEXT_ENGINE).fetch_add(1, Ordering::AcqRel);
        if (1..=number::MAX_ENGINE).contains(&id) {
            return Ok(id);
        }
        Err(Error::new(
            Status::Limit,
            format!(
                "the store was opened {} times, and can be no more: copy it to a new one",
                number::MAX_ENGINE
            ),
        ))
    }

    /// What entries survive, as the creator decided: 0 a process, 1 power loss.
    pub fn durability(&self) -> &AtomicU32 {
        self.region.u32_at(AT_DURABILITY)
    }

    /// Named databases every process may open: the most that any opener wanted.
    pub fn max_dbs(&self) -> &AtomicU32 {
        self.region.u32_at(AT_MAX_DBS)
    }

    /// Reader slots, as the creator decided.
    pub fn max_readers(&self) -> &AtomicU32 {
        self.region.u32_at(AT_MAX_READERS)
    }

    /// Counts one event.
    pub fn count(&self, counter: Counter, by: u64) {
        self.counter(counter).fetch_add(by, Ordering::Relaxed);
    }

    /// A counter, each in a cache line of its own.
    pub fn counter(&self, counter: Counter) -> &AtomicU64 {
        self.region.u64_at(AT_COUNTERS + counter as u64 * 64)
    }

    /// The row of a calculator.
    pub fn calculator(&self, row: usize) -> &[AtomicU64] {
        self.region.u64s_at(AT_CALCULATORS + row as u64 * CALCULATOR, CALCULATOR_WORDS)
    }

    /// One of the slow calls.
    pub fn slow_call(&self, at: usize) -> &[AtomicU64] {
        self.region.u64s_at(AT_SLOW_CALLS + at as u64 * SLOW_CALL, SLOW_CALL as usize / 8)
    }

    /// The row of a member.
    pub fn member(&self, row: usize) -> &[AtomicU64] {
        self.region.u64s_at(AT_MEMBERS + row as u64 * MEMBER, MEMBER_WORDS)
    }

    /// What a publisher bumps.
    pub fn sequence(&self, word: u64) -> &AtomicU32 {
        self.region.u32_at(AT_WAIT_WORDS + word % WAIT_WORDS * WAIT_WORD)
    }

    /// How many wait on the word.
    pub fn waiters(&self, word: u64) -> &AtomicU32 {
        self.region.u32_at(AT_WAIT_WORDS + word % WAIT_WORDS * WAIT_WORD + 4)
    }

    /// Chunks of pin slots that were ever claimed.
    pub fn pin_chunks(&self) -> &AtomicU32 {
        self.region.u32_at(AT_PIN_CHUNKS)
    }

    /// Engine that owns a chunk; 0: nobody.
    pub fn chunk_owner(&self, chunk: u32) -> &AtomicU32 {
        self.region.u32_at(AT_CHUNKS + u64::from(chunk) * CHUNK)
    }

    /// Pid of the chunk's owner, for people.
    pub fn chunk_pid(&self, chunk: u32) -> &AtomicU32 {
        self.region.u32_at(AT_CHUNKS + u64::from(chunk) * CHUNK + 4)
    }

    /// First page of the extent a slot pins; 0: none.
    pub fn pin(&self, slot: u32) -> &AtomicU64 {
        self.region.u64_at(AT_PINS + u64::from(slot) * PIN)
    }

    /// The slots of a chunk, as [`Shared::pin`] answers each.
    pub fn pins(&self, chunk: u32) -> impl Iterator<Item = &AtomicU64> {
        const WORDS: usize = PIN as usize / 8;
        let first = AT_PINS + u64::from(chunk * CHUNK_PINS) * PIN;
        let words = self.region.u64s_at(first, CHUNK_PINS as usize * WORDS);
        words.as_chunks::<WORDS>().0.iter().map(|[start, _]| start)
    }

    /// When the slot was taken, in ms of the boot's clock.
    pub fn pin_since(&self, slot: u32) -> &AtomicU64 {
        self.region.u64_at(AT_PINS + u64::from(slot) * PIN + 8)
    }
}

/// The first bytes of a file. `None`: it has less.
fn head(file: &File) -> std::io::Result<Option<[u8; 12]>> {
    let mut head = [0; 12];
    match file.read_exact_at(&mut head, 0) {
        Ok(()) => Ok(Some(head)),
        Err(error) if error.kind() == std::io::ErrorKind::UnexpectedEof => Ok(None),
        Err(error) => Err(error),
    }
}

/// Bytes of a file of a version that is known.
fn length_of(version: u32) -> u64 {
    match version {
        2 => LENGTH_2,
        3 => LENGTH_3,
        _ => LENGTH,
    }
}

fn version_of(head: &[u8; 12]) -> u32 {
    u32::from_le_bytes(head[8..].try_into().expect("four bytes"))
}

/// Format version of a finished file of this library; `None`: it is no such file.
pub fn version_in(file: &File) -> std::io::Result<Option<u32>> {
    let head = head(file)?;
    Ok(head.filter(|head| head.starts_with(&MAGIC.to_le_bytes())).map(|head| version_of(&head)))
}

/// What the first bytes of a finished file say against it.
fn strange_head(head: &[u8; 12]) -> Option<String> {
    let magic = u64::from_le_bytes(head[..8].try_into().expect("eight bytes"));
    match (magic, version_of(head)) {
        (0, _) | (MAGIC, FORMAT_VERSION) => None,
        (MAGIC, version) if OLDER_VERSIONS.contains(&version) => None,
        (MAGIC, version) => {
            Some(format!("a store of format version {version}; this library reads version {FORMAT_VERSION}"))
        }
        _ => Some("a file named shared that is not of this library".into()),
    }
}
