//! Runs of pages, and how much of them the disk has.

use crate::envelope::Extent;

/// Free pages, or pages handed out, of which those from `virgin` on have no blocks on the disk yet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Run {
    /// The pages.
    pub extent: Extent,
    /// First page that was never allocated; the extent's end when all were.
    pub virgin: u64,
}

impl Run {
    /// Pages that all have blocks.
    pub fn allocated(extent: Extent) -> Run {
        Run { extent, virgin: extent.end() }
    }

    /// Its row of `_dy_free_by_start`.
    pub fn value(self) -> [u8; 16] {
        let mut value = [0; 16];
        value[..8].copy_from_slice(&self.extent.pages.to_le_bytes());
        value[8..].copy_from_slice(&self.virgin.to_le_bytes());
        value
    }

    /// Reads a row of `_dy_free_by_start`.
    pub fn parse(key: &[u8], value: &[u8]) -> Option<Run> {
        let word = |bytes: &[u8]| bytes.try_into().ok().map(u64::from_le_bytes);
        let start = u64::from_be_bytes(key.try_into().ok()?);
        let pages = word(value.get(..8)?)?;
        Some(Run { extent: Extent { start, pages }, virgin: word(value.get(8..16)?)? })
    }
}
