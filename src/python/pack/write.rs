//! Writing plain values and the heads of extensions.

use super::super::api::{PyObject, api};
use super::super::object::Ref;
use super::super::text::{bytes_of, int};
use super::packed::Lent;
use super::{Open, Packer, fail};
use rmp::Marker;
use rmp::encode;
use std::ffi::c_int;

/// Bytes of the longest head of an extension: marker, length, type number.
const LONG_HEAD: usize = 6;
/// Bytes from this size on stay where they are.
const LENT: usize = 16 << 10;

impl Packer {
    /// Where in the payload the next byte goes.
    pub(super) fn position(&self) -> u64 {
        self.done.size()
    }

    pub(super) fn lend(&mut self, data: Lent, size: u64) {
        self.done.lent.push((self.done.out.len(), data));
        self.done.lent_size += size;
    }

    pub(super) fn float(&mut self, value: f64) {
        self.done.out.push(Marker::F64.to_u8());
        self.done.out.extend_from_slice(&value.to_be_bytes());
    }

    /// Whether an int has 64 bits at most, and was packed.
    pub(super) unsafe fn int(&mut self, item: *mut PyObject) -> bool {
        let mut overflow: c_int = 0;
        // SAFETY: an int.
        let value = unsafe { (api().signed_as)(item, &mut overflow) };
        if (0..128).contains(&value) && overflow == 0 {
            self.done.out.push(value as u8);
            return true;
        }
        if overflow == 0 {
            written(encode::write_sint(&mut self.done.out, value));
            return true;
        }
        if overflow > 0 {
            // SAFETY: an int; the failure is ours.
            unsafe {
                if let Some(value) = int(item) {
                    written(encode::write_uint(&mut self.done.out, value));
                    return true;
                }
                (api().clear_failure)();
            }
        }
        false
    }

    pub(super) unsafe fn text(&mut self, item: *mut PyObject) -> Option<()> {
        let mut len = 0;
        // SAFETY: a str, which keeps its UTF-8.
        unsafe {
            let start = (api().utf8)(item, &mut len);
            if start.is_null() {
                return None;
            }
            if len < 32 {
                self.done.out.push(0xa0 | len as u8);
            } else {
                written(encode::write_str_len(&mut self.done.out, length(len as usize)?));
            }
            self.done.out.extend_from_slice(std::slice::from_raw_parts(start.cast(), len as usize));
        }
        Some(())
    }

    pub(super) unsafe fn bytes(&mut self, item: *mut PyObject) -> Option<()> {
        // SAFETY: bytes, which keep what they hold.
        unsafe {
            let (start, len) = bytes_of(item)?;
            written(encode::write_bin_len(&mut self.done.out, length(len)?));
            if len >= LENT {
                self.lend(Lent::Bytes(Ref::new(item), start.cast(), len), len as u64);
                return Some(());
            }
            self.done.out.extend_from_slice(std::slice::from_raw_parts(start.cast(), len));
        }
        Some(())
    }

    pub(super) unsafe fn bytearray(&mut self, item: *mut PyObject) -> Option<()> {
        // SAFETY: what exports its bytes, let go again.
        unsafe {
            let mut export = std::mem::zeroed();
            if (api().get_buffer)(item, &mut export, 0) != 0 {
                return None;
            }
            let len = length(export.len as usize);
            if let Some(len) = len {
                written(encode::write_bin_len(&mut self.done.out, len));
                if len > 0 {
                    let bytes = std::slice::from_raw_parts(export.buf.cast(), len as usize);
                    self.done.out.extend_from_slice(bytes);
                }
            }
            (api().release_buffer)(&mut export);
            len.map(drop)
        }
    }

    pub(super) fn begin_extension(&mut self, tag: i8, prefix: &[u8], opaque: bool) {
        let start = self.done.out.len();
        self.done.out.extend_from_slice(&[Marker::Ext32.to_u8(), 0, 0, 0, 0, tag as u8]);
        self.done.out.extend_from_slice(prefix);
        self.opaque += usize::from(opaque);
        let (placed, lent_size) = (self.placed, self.done.lent_size);
        self.open.push(Open::Extension { start, placed, lent_size, opaque });
    }

    /// Writes the length of the extension whose head is at `start`. A short one gets a short head, where that `moves`
    /// nothing that has to stay in its place.
    pub(super) fn end_extension(&mut self, start: usize, moves: bool, lent_before: u64) -> Option<()> {
        let body = start + LONG_HEAD;
        let len = (self.done.out.len() - body) as u64 + (self.done.lent_size - lent_before);
        let short = u8::try_from(len).ok().filter(|_| moves);
        let Some(short) = short else {
            self.done.out[start + 1..body - 1]
                .copy_from_slice(&length(usize::try_from(len).ok()?)?.to_be_bytes());
            return Some(());
        };
        let tag = self.done.out[body - 1];
        let fixed = match short {
            1 => Some(Marker::FixExt1),
            2 => Some(Marker::FixExt2),
            4 => Some(Marker::FixExt4),
            8 => Some(Marker::FixExt8),
            16 => Some(Marker::FixExt16),
            _ => None,
        };
        let head = match fixed {
            Some(marker) => &[marker.to_u8(), tag][..],
            None => &[Marker::Ext8.to_u8(), short, tag],
        };
        self.done.out[start..start + head.len()].copy_from_slice(head);
        self.done.out.copy_within(body.., start + head.len());
        self.done.out.truncate(start + head.len() + usize::from(short));
        Some(())
    }
}

/// MessagePack lengths have 32 bits.
pub(super) fn length(len: usize) -> Option<u32> {
    u32::try_from(len).ok().or_else(|| fail(c"more than MessagePack holds: 4,294,967,295 items or bytes"))
}

/// Takes the result of writing into memory, which cannot fail.
pub(super) fn written<T, E: std::fmt::Debug>(result: Result<T, E>) {
    result.expect("writing into memory cannot fail");
}
