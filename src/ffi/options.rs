//! Option structs, as C fills them and as the engine takes them.

use super::arg::{flags, invalid, maybe_out, text};
use super::guard::guard;
use super::sized::{self, Growing};
use crate::error::Result;
use crate::format::Format;
use crate::options::{Durability, Options, PutOptions};
use std::ffi::c_char;
use std::ptr;

/// A published entry survives the death of any process, but not a power failure.
pub const DY_LMDB_DURABILITY_PROCESS: u32 = 0;
/// A published entry survives a power failure too: every commit is synchronised to the disk.
pub const DY_LMDB_DURABILITY_SYNC: u32 = 1;

/// Accept a directory that is a symbolic link.
pub const DY_LMDB_OPEN_FOLLOW_SYMLINKS: u32 = 1;
/// Start no sweeper thread in this process; expired entries go when `dy_lmdb_store_sweep` or another process
/// sweeps.
pub const DY_LMDB_OPEN_NO_SWEEPER: u32 = 2;
/// Fail with `DY_LMDB_NOT_FOUND` when the directory holds no store, instead of creating one.
pub const DY_LMDB_OPEN_EXISTING: u32 = 4;

/// JSON text in UTF-8.
pub const DY_LMDB_FORMAT_JSON: u32 = 1;
/// One MessagePack value.
pub const DY_LMDB_FORMAT_MSGPACK: u32 = 2;
/// Bytes as they are.
pub const DY_LMDB_FORMAT_RAW: u32 = 3;
/// One array as a `.npy` file holds it.
pub const DY_LMDB_FORMAT_NUMPY: u32 = 4;
/// An Arrow IPC stream.
pub const DY_LMDB_FORMAT_ARROW: u32 = 5;

/// Fail with `DY_LMDB_KEY_EXISTS` when a live entry is under the key.
pub const DY_LMDB_PUT_NO_OVERWRITE: u32 = 1;
/// Store an XXH3-64 checksum of the payload.
pub const DY_LMDB_PUT_CHECKSUM: u32 = 2;
/// Record when the entry is first opened, and whether it was answered directly: for the input of an exchange.
pub const DY_LMDB_PUT_TRACKED: u32 = 4;

/// How a store is opened. Fill it with `dy_lmdb_options_default`, then change fields.
#[repr(C)]
#[derive(Debug, Clone, Copy)]
pub struct dy_lmdb_options_t {
    /// `sizeof(dy_lmdb_options_t)` as the caller was compiled; fields beyond it keep their defaults.
    pub struct_size: usize,
    /// How far the store may grow, in bytes. 0, the default, is 1 GiB when the store is created and leaves one
    /// that is there as it is; a value above the store's own raises it for everybody, with a warning.
    pub map_size: u64,
    /// How many bytes ahead of the used ones the sweeper keeps populated; 16 MiB by default.
    pub prefault: u64,
    /// Reader slots, 512 by default. The process that creates the store decides.
    pub max_readers: u32,
    /// Named databases, 100 by default. A store keeps the largest number it was opened with.
    pub max_dbs: u32,
    /// Mode of the directory, 0700 by default; bits for group or others allow a store that is shared with
    /// them.
    pub mode: u32,
    /// One of `DY_LMDB_DURABILITY_*`; `DY_LMDB_DURABILITY_PROCESS` by default.
    pub durability: u32,
    /// `DY_LMDB_OPEN_*`, or-ed; 0 by default.
    pub flags: u32,
    /// Must be 0.
    pub reserved: u32,
}

/// How an entry is put. Fill it with `dy_lmdb_put_options_default`, then change fields. Texts are UTF-8 and
/// read during the call only.
#[repr(C)]
#[derive(Debug, Clone, Copy)]
pub struct dy_lmdb_put_options_t {
    /// `sizeof(dy_lmdb_put_options_t)` as the caller was compiled; fields beyond it keep their defaults.
    pub struct_size: usize,
    /// One of `DY_LMDB_FORMAT_*`; `DY_LMDB_FORMAT_RAW` by default. The envelope records it, nothing checks
    /// the payload against it.
    pub format: u32,
    /// `DY_LMDB_PUT_*`, or-ed; 0 by default.
    pub flags: u32,
    /// Time to live in milliseconds, 300000 by default; 0 means until deleted.
    pub ttl_ms: u64,
    /// Id of the exchange; when empty, one is made from the entry's id.
    pub txn_id: *const c_char,
    /// Bytes of `txn_id`.
    pub txn_id_len: usize,
    /// Who puts the entry; may be empty.
    pub source: *const c_char,
    /// Bytes of `source`.
    pub source_len: usize,
    /// Whom the entry is for; may be empty.
    pub target: *const c_char,
    /// Bytes of `target`.
    pub target_len: usize,
}

impl Default for dy_lmdb_options_t {
    fn default() -> Self {
        let options = Options::default();
        dy_lmdb_options_t {
            struct_size: size_of::<Self>(),
            map_size: options.map_size,
            prefault: options.prefault,
            max_readers: options.max_readers,
            max_dbs: options.max_dbs,
            mode: options.mode,
            durability: DY_LMDB_DURABILITY_PROCESS,
            flags: 0,
            reserved: 0,
        }
    }
}

impl Default for dy_lmdb_put_options_t {
    fn default() -> Self {
        let options = PutOptions::default();
        dy_lmdb_put_options_t {
            struct_size: size_of::<Self>(),
            format: options.format as u32,
            flags: 0,
            ttl_ms: options.ttl_ms,
            txn_id: ptr::null(),
            txn_id_len: 0,
            source: ptr::null(),
            source_len: 0,
            target: ptr::null(),
            target_len: 0,
        }
    }
}

// SAFETY: repr(C), size first, integers only.
unsafe impl Growing for dy_lmdb_options_t {
    const NAME: &'static str = "dy_lmdb_options_t";
}

// SAFETY: repr(C), size first, integers and pointers only.
unsafe impl Growing for dy_lmdb_put_options_t {
    const NAME: &'static str = "dy_lmdb_put_options_t";
}

// The `_default` functions write whole structs, and old programs have room for version 1 only: whoever
// appends a field lets them write the first fields only and adds a function that fills the rest.
const _: () = assert!(size_of::<dy_lmdb_options_t>() == 48);
const _: () = assert!(size_of::<dy_lmdb_put_options_t>() == 72);

/// The engine's options for those of C; NULL means the defaults.
pub(super) unsafe fn open_options(given: *const dy_lmdb_options_t) -> Result<Options> {
    // SAFETY: as the caller says.
    let given = unsafe { sized::read(given) }?;
    flags(
        "flags of dy_lmdb_options_t",
        given.flags,
        DY_LMDB_OPEN_FOLLOW_SYMLINKS | DY_LMDB_OPEN_NO_SWEEPER | DY_LMDB_OPEN_EXISTING,
    )?;
    if given.reserved != 0 {
        return Err(invalid(format!("reserved of dy_lmdb_options_t is {}; it must be 0", given.reserved)));
    }
    let durability = match given.durability {
        DY_LMDB_DURABILITY_PROCESS => Durability::Process,
        DY_LMDB_DURABILITY_SYNC => Durability::Sync,
        other => {
            return Err(invalid(format!(
                "durability of dy_lmdb_options_t is {other}; allowed are 0 (process) and 1 (sync)"
            )));
        }
    };
    Ok(Options {
        map_size: given.map_size,
        prefault: given.prefault,
        max_readers: given.max_readers,
        max_dbs: given.max_dbs,
        mode: given.mode,
        durability,
        follow_symlinks: given.flags & DY_LMDB_OPEN_FOLLOW_SYMLINKS != 0,
        sweeper: given.flags & DY_LMDB_OPEN_NO_SWEEPER == 0,
        existing: given.flags & DY_LMDB_OPEN_EXISTING != 0,
    })
}

/// The engine's options of a put for those of C; NULL means the defaults.
pub(super) unsafe fn put_options<'a>(given: *const dy_lmdb_put_options_t) -> Result<PutOptions<'a>> {
    if given.is_null() {
        return Ok(PutOptions::default());
    }
    // SAFETY: as the caller says.
    let given = unsafe { sized::read(given) }?;
    flags(
        "flags of dy_lmdb_put_options_t",
        given.flags,
        DY_LMDB_PUT_NO_OVERWRITE | DY_LMDB_PUT_CHECKSUM | DY_LMDB_PUT_TRACKED,
    )?;
    // SAFETY: the texts live as long as the call, says the caller.
    let (txn_id, source, target) = unsafe {
        (
            text("txn_id", given.txn_id, given.txn_id_len)?,
            text("source", given.source, given.source_len)?,
            text("target", given.target, given.target_len)?,
        )
    };
    Ok(PutOptions {
        format: Format::from_u32(given.format)?,
        ttl_ms: given.ttl_ms,
        no_overwrite: given.flags & DY_LMDB_PUT_NO_OVERWRITE != 0,
        checksum: given.flags & DY_LMDB_PUT_CHECKSUM != 0,
        tracked: given.flags & DY_LMDB_PUT_TRACKED != 0,
        txn_id,
        source,
        target,
    })
}

/// Fills a struct with the defaults of opening a store.
///
/// - `options`: room for the struct; NULL does nothing. The fields of ABI version 1 are written, and
///   `struct_size` to match, whatever the version of the library: nothing is written past the struct of an
///   older program.
///
/// Threads: any number at once, each on its own struct.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn dy_lmdb_options_default(options: *mut dy_lmdb_options_t) {
    guard(|| {
        // SAFETY: as the documentation demands of the caller.
        if let Some(options) = unsafe { maybe_out(options) } {
            options.write(dy_lmdb_options_t::default());
        }
        Ok(())
    });
}

/// Fills a struct with the defaults of a put.
///
/// - `options`: room for the struct; NULL does nothing. The fields of ABI version 1 are written, and
///   `struct_size` to match, whatever the version of the library: nothing is written past the struct of an
///   older program.
///
/// Threads: any number at once, each on its own struct.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn dy_lmdb_put_options_default(options: *mut dy_lmdb_put_options_t) {
    guard(|| {
        // SAFETY: as the documentation demands of the caller.
        if let Some(options) = unsafe { maybe_out(options) } {
            options.write(dy_lmdb_put_options_t::default());
        }
        Ok(())
    });
}
