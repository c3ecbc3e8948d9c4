//! What the envelope says of an entry, as C reads it.

use super::sized::{Growing, Out};
use crate::envelope::Info;
use crate::error::Result;
use std::ffi::c_void;
use std::ptr;

/// The payload lies in the entry's record; a view of it is a copy. Otherwise it has an extent of its own,
/// which views look at in place.
pub const DY_LMDB_INFO_INLINE: u32 = 1;
/// `checksum` holds a checksum.
pub const DY_LMDB_INFO_CHECKSUM: u32 = 2;
/// The store records when the entry is first opened.
pub const DY_LMDB_INFO_TRACKED: u32 = 4;
/// The view holds a snapshot of the whole store. Not set any more: such views are copies.
pub const DY_LMDB_INFO_SNAPSHOT: u32 = 8;
/// Told of views: the store's directory admits a group or others, as this process opened it. They may have written what is
/// in it, also what no checksum or length tells from damage.
pub const DY_LMDB_INFO_SHARED: u32 = 16;
/// No pin was free, so the view is a copy, although the payload has an extent.
pub const DY_LMDB_INFO_COPIED: u32 = 32;

/// What a call tells of an entry. Set `struct_size` before the call; the call leaves it as it is and writes
/// no byte beyond it.
#[repr(C)]
#[derive(Debug, Clone, Copy)]
pub struct dy_lmdb_info_t {
    /// `sizeof(dy_lmdb_info_t)` as the caller was compiled.
    pub struct_size: usize,
    /// Id of the entry in its store; never used twice.
    pub entry_id: u64,
    /// Bytes of the payload.
    pub size: u64,
    /// When it was put: wall clock, nanoseconds since the Unix epoch.
    pub created_ns: u64,
    /// Time to live in milliseconds, as it was put; 0 means until deleted.
    pub ttl_ms: u64,
    /// XXH3-64 of the payload when `flags` has `DY_LMDB_INFO_CHECKSUM`, else 0.
    pub checksum: u64,
    /// Where the payload begins in the file data.mdb; 0 when it lies in the record.
    pub file_offset: u64,
    /// The payload, while the view that told it is open; NULL from calls that open no view.
    pub data: *const c_void,
    /// One of `DY_LMDB_FORMAT_*`.
    pub format: u32,
    /// `DY_LMDB_INFO_*`, or-ed.
    pub flags: u32,
}

impl Default for dy_lmdb_info_t {
    fn default() -> Self {
        dy_lmdb_info_t {
            struct_size: size_of::<Self>(),
            entry_id: 0,
            size: 0,
            created_ns: 0,
            ttl_ms: 0,
            checksum: 0,
            file_offset: 0,
            data: ptr::null(),
            format: 0,
            flags: 0,
        }
    }
}

// SAFETY: repr(C), size first, integers and one pointer only.
unsafe impl Growing for dy_lmdb_info_t {
    const NAME: &'static str = "dy_lmdb_info_t";
}

/// The place for an info, which the caller may leave out.
pub(super) struct InfoOut(Out<dy_lmdb_info_t>);

impl InfoOut {
    /// Checks the place.
    pub(super) unsafe fn new(place: *mut dy_lmdb_info_t) -> Result<InfoOut> {
        // SAFETY: as the caller says.
        unsafe { Out::new(place) }.map(InfoOut)
    }

    /// Tells of an entry; `data` is the payload when a view shows it.
    pub(super) fn write(self, info: &Info, data: Option<&[u8]>) {
        let flag = |set: bool, flag: u32| if set { flag } else { 0 };
        self.0.write(&dy_lmdb_info_t {
            struct_size: 0,
            entry_id: info.entry_id,
            size: info.size,
            created_ns: info.created_ns,
            ttl_ms: info.ttl_ms,
            checksum: info.checksum.unwrap_or(0),
            file_offset: info.file_offset,
            data: data.map_or(ptr::null(), |data| data.as_ptr().cast()),
            format: info.format as u32,
            flags: flag(info.inline, DY_LMDB_INFO_INLINE)
                | flag(info.checksum.is_some(), DY_LMDB_INFO_CHECKSUM)
                | flag(info.tracked, DY_LMDB_INFO_TRACKED)
                | flag(info.shared, DY_LMDB_INFO_SHARED)
                | flag(info.copied, DY_LMDB_INFO_COPIED),
        });
    }
}
