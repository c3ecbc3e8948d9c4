//! What native methods tell of entries: numbers in a `long[]` whose order Java's class `Info` knows.

use super::env::{Env, JLongArray};
use super::guard::Fallible;
use crate::envelope::Info;
use jni::sys::jlong;

/// Numbers of an envelope.
pub(super) const INFO: usize = 8;

/// Flag of an envelope: the payload lies in the record.
const INLINE: u32 = 1;
/// Flag of an envelope: there is a checksum.
const CHECKSUM: u32 = 2;
/// Flag of an envelope: the first opening is recorded.
const TRACKED: u32 = 4;
/// Flag of an envelope: the view is a copy for want of a pin.
const COPIED: u32 = 32;

/// The numbers of an envelope.
pub(super) fn numbers(info: &Info) -> [jlong; INFO] {
    let flags = [
        (info.inline, INLINE),
        (info.checksum.is_some(), CHECKSUM),
        (info.tracked, TRACKED),
        (info.copied, COPIED),
    ];
    let flags: u32 = flags.iter().map(|&(set, flag)| if set { flag } else { 0 }).sum();
    [
        info.entry_id,
        info.size,
        info.created_ns,
        info.ttl_ms,
        info.checksum.unwrap_or_default(),
        info.file_offset,
        info.format.code().into(),
        flags.into(),
    ]
    .map(|number| number as jlong)
}

/// Tells of an entry that was put.
pub(super) fn tell(env: &Env, told: &JLongArray, info: &Info) -> Fallible<()> {
    env.set(told, 0, &numbers(info))
}

/// Tells of the entry at `index` of a batch.
pub(super) fn tell_at(env: &Env, told: &JLongArray, index: usize, info: &Info) -> Fallible<()> {
    env.set(told, INFO * index, &numbers(info))
}
