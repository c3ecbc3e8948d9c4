//! What is stored with every payload, and the bytes of a record that hold it.
//!
//! A record is the value under an entry's key. Integers are little-endian:
//!
//! | offset | bytes | what |
//! |---|---|---|
//! | 0 | 4 | magic `DYR2` |
//! | 4 | 1 | format |
//! | 5 | 1 | flags: 1 inline, 2 checksum, 4 tracked |
//! | 6 | 2 | length of the exchange id |
//! | 8 | 2 | length of the source |
//! | 10 | 2 | length of the target |
//! | 12 | 4 | seconds from creation to the last touch |
//! | 16 | 8 | entry id |
//! | 24 | 8 | payload size |
//! | 32 | 8 | created, ns since the Unix epoch |
//! | 40 | 8 | expires, ns of `CLOCK_BOOTTIME`; 0 never |
//! | 48 | 8 | time to live, ms |
//! | 56 | 8 | XXH3-64 of the payload |
//! | 64 | 8 | first page of the extent; 0 when inline |
//! | 72 | 8 | pages of the extent |
//! | 80 | 8 | time of the row that stands for the entry in the expiry index, ns of `CLOCK_BOOTTIME`; 0 none |
//! | 88 | 8 | id in that row |
//! | 96 | … | exchange id, source, target, then the payload when inline |

use crate::error::{Error, Result, Status};
use crate::format::Format;
use crate::hex;
use crate::options::PutOptions;

const MAGIC: [u8; 4] = *b"DYR2";
/// Bytes before the texts.
pub const HEADER: usize = 96;
/// Bytes of an extent before its payload.
pub const EXTENT_HEADER: u64 = 64;
const INLINE: u8 = 1;
const CHECKSUM: u8 = 2;
const TRACKED: u8 = 4;
/// The longest exchange id, source or target.
const MAX_TEXT: usize = 1024;

/// What an entry's envelope says in numbers.
#[derive(Debug, Clone, Copy)]
pub struct Info {
    /// Unique in the store and never reused.
    pub entry_id: u64,
    /// Size of the payload in bytes.
    pub size: u64,
    /// When it was published: wall clock, ns since the Unix epoch.
    pub created_ns: u64,
    /// Time to live in milliseconds; 0 = until deleted.
    pub ttl_ms: u64,
    /// XXH3-64 of the payload, when one was stored.
    pub checksum: Option<u64>,
    /// Where the payload lies in `data.mdb`, in bytes; 0 when inline.
    pub file_offset: u64,
    /// Format of the payload.
    pub format: Format,
    /// The payload is in the record itself.
    pub inline: bool,
    /// The first opening is recorded.
    pub tracked: bool,
    /// The view is a copy since no pin was free.
    pub copied: bool,
    /// The store admits a group or others, who may have written what is in it.
    pub shared: bool,
}

/// A run of pages in an arena.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Extent {
    /// Number of the first page in the file.
    pub start: u64,
    /// Number of pages.
    pub pages: u64,
}

impl Extent {
    /// Page after the last.
    pub fn end(self) -> u64 {
        self.start + self.pages
    }
}

/// A row of the expiry index, by its key. An entry that replaces another takes its row over, so the row's time is that of
/// the entry or an earlier one, and its id that of an entry that was under the key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Due {
    /// When the entry is looked at, ns of `CLOCK_BOOTTIME`; not 0.
    pub ns: u64,
    /// Entry for which the row was made.
    pub id: u64,
}

/// A record as it is stored.
#[derive(Debug, Clone, Copy)]
pub struct Record<'a> {
    /// Format of the payload.
    pub format: Format,
    /// The first opening is recorded in the extent.
    pub tracked: bool,
    /// Unique id of the entry.
    pub entry_id: u64,
    /// Size of the payload.
    pub size: u64,
    /// Wall clock, ns.
    pub created_ns: u64,
    /// `CLOCK_BOOTTIME`, ns; 0 never.
    pub expires_ns: u64,
    /// Time to live, ms.
    pub ttl_ms: u64,
    /// Seconds from creation to the last touch, from which the time to live counts.
    pub touched_s: u32,
    /// XXH3-64 of the payload.
    pub checksum: Option<u64>,
    /// Where the payload is; `None`: in the record.
    pub extent: Option<Extent>,
    /// The row that stands for the entry in the expiry index; `None` when it never expires.
    pub due: Option<Due>,
    /// Exchange id, source, target.
    pub texts: [&'a str; 3],
    /// The payload, when inline.
    pub inline: &'a [u8],
}

impl<'a> Record<'a> {
    /// Bytes of a record with these texts before an inline payload.
    pub fn overhead(texts: &[&str; 3]) -> usize {
        HEADER + texts.iter().map(|text| text.len()).sum::<usize>()
    }

    /// Refuses texts that do not fit.
    pub fn check_texts(options: &PutOptions) -> Result<()> {
        for (name, text) in
            [("txn_id", options.txn_id), ("source", options.source), ("target", options.target)]
        {
            if text.len() > MAX_TEXT {
                return Err(Error::new(
                    Status::InvalidArgument,
                    format!("{name} of {} bytes; {MAX_TEXT} at most", text.len()),
                ));
            }
        }
        Ok(())
    }

    /// Writes everything but an inline payload to the front of `out` and answers where that would start.
    pub fn encode(&self, out: &mut [u8]) -> usize {
        let inline = if self.extent.is_none() { INLINE } else { 0 };
        let checksum = if self.checksum.is_some() { CHECKSUM } else { 0 };
        let tracked = if self.tracked { TRACKED } else { 0 };
        let extent = self.extent.unwrap_or(Extent { start: 0, pages: 0 });
        out[..4].copy_from_slice(&MAGIC);
        out[4] = self.format.code() as u8;
        out[5] = inline | checksum | tracked;
        for (at, text) in [6, 8, 10].into_iter().zip(self.texts) {
            out[at..at + 2].copy_from_slice(&(text.len() as u16).to_le_bytes());
        }
        out[12..16].copy_from_slice(&self.touched_s.to_le_bytes());
        let words = [
            self.entry_id,
            self.size,
            self.created_ns,
            self.expires_ns,
            self.ttl_ms,
            self.checksum.unwrap_or(0),
            extent.start,
            extent.pages,
            self.due.map_or(0, |due| due.ns),
            self.due.map_or(0, |due| due.id),
        ];
        for (chunk, word) in out[16..HEADER].chunks_exact_mut(8).zip(words) {
            chunk.copy_from_slice(&word.to_le_bytes());
        }
        let mut at = HEADER;
        for text in self.texts {
            out[at..at + text.len()].copy_from_slice(text.as_bytes());
            at += text.len();
        }
        at
    }

    /// Reads a record and checks all it says against `page_size` and `pages`, the pages of the map.
    pub fn decode(bytes: &'a [u8], page_size: u64, pages: u64) -> std::result::Result<Record<'a>, String> {
        if bytes.len() < HEADER || bytes[..4] != MAGIC {
            return Err(format!("{} bytes that are no record", bytes.len()));
        }
        let short = |at: usize| usize::from(u16::from_le_bytes([bytes[at], bytes[at + 1]]));
        let word = |at: usize| u64::from_le_bytes(bytes[at..at + 8].try_into().expect("eight bytes"));
        let flags = bytes[5];
        let format =
            Format::from_u32(u32::from(bytes[4])).map_err(|_| format!("format {} at byte 4", bytes[4]))?;
        let mut at = HEADER;
        let mut texts = [""; 3];
        for (text, length) in texts.iter_mut().zip([short(6), short(8), short(10)]) {
            if length == 0 {
                continue;
            }
            let raw =
                bytes.get(at..at + length).ok_or_else(|| format!("a text of {length} bytes at byte {at}"))?;
            *text = std::str::from_utf8(raw).map_err(|_| format!("text at byte {at} is not UTF-8"))?;
            at += length;
        }
        let size = word(24);
        let (extent, inline) = if flags & INLINE != 0 {
            let payload = &bytes[at..];
            if payload.len() as u64 != size {
                return Err(format!("{} payload bytes instead of {size}", payload.len()));
            }
            (None, payload)
        } else {
            let extent = Extent { start: word(64), pages: word(72) };
            let inside = extent.start > 1
                && extent.start.checked_add(extent.pages).is_some_and(|end| end <= pages)
                && size
                    .checked_add(EXTENT_HEADER)
                    .is_some_and(|need| need <= extent.pages.saturating_mul(page_size));
            if !inside {
                return Err(format!("extent {}+{} pages for {size} bytes", extent.start, extent.pages));
            }
            (Some(extent), &bytes[..0])
        };
        Ok(Record {
            format,
            tracked: flags & TRACKED != 0,
            entry_id: word(16),
            size,
            created_ns: word(32),
            expires_ns: word(40),
            ttl_ms: word(48),
            touched_s: u32::from_le_bytes(bytes[12..16].try_into().expect("four bytes")),
            checksum: (flags & CHECKSUM != 0).then(|| word(56)),
            extent,
            due: Some(Due { ns: word(80), id: word(88) }).filter(|due| due.ns != 0),
            texts,
            inline,
        })
    }

    /// Whether the entry's time is over at `now_ns` of `CLOCK_BOOTTIME`.
    pub fn expired(&self, now_ns: u64) -> bool {
        self.expires_ns != 0 && self.expires_ns <= now_ns
    }

    /// The numbers for callers.
    pub fn info(&self, page_size: u64) -> Info {
        Info {
            entry_id: self.entry_id,
            size: self.size,
            created_ns: self.created_ns,
            ttl_ms: self.ttl_ms,
            checksum: self.checksum,
            file_offset: self.extent.map_or(0, |extent| extent.start * page_size + EXTENT_HEADER),
            format: self.format,
            inline: self.extent.is_none(),
            tracked: self.tracked,
            copied: false,
            shared: false,
        }
    }
}

/// The exchange id of an entry that was put without one: its entry id in hexadecimal.
pub fn made_txn_id(entry_id: u64) -> [u8; 16] {
    let mut made = [0; 16];
    let (high, low) = made.split_at_mut(8);
    high.copy_from_slice(&hex::digits((entry_id >> 32) as u32));
    low.copy_from_slice(&hex::digits(entry_id as u32));
    made
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn made_ids_are_hexadecimal() {
        let random = |n: u64| n.wrapping_mul(0x9e37_79b9_7f4a_7c15);
        for id in
            [0, 1, 9, 10, 15, 16, 0x0123_4567_89ab_cdef, u64::MAX].into_iter().chain((1..1000).map(random))
        {
            assert_eq!(made_txn_id(id), format!("{id:016x}").as_bytes());
        }
    }

    fn sample() -> Record<'static> {
        Record {
            format: Format::Numpy,
            tracked: true,
            entry_id: 77,
            size: 5000,
            created_ns: 1,
            expires_ns: 10,
            ttl_ms: 3,
            touched_s: 5,
            checksum: Some(9),
            extent: Some(Extent { start: 40, pages: 2 }),
            due: Some(Due { ns: 8, id: 70 }),
            texts: ["id", "source", "ζ"],
            inline: &[],
        }
    }

    #[test]
    fn a_record_round_trips() {
        let record = sample();
        let mut bytes = vec![0; Record::overhead(&record.texts)];
        assert_eq!(record.encode(&mut bytes), bytes.len());
        let read = Record::decode(&bytes, 4096, 1000).unwrap();
        assert_eq!(read.texts, record.texts);
        assert_eq!((read.extent, read.due), (record.extent, record.due));
        assert_eq!((read.size, read.entry_id, read.checksum), (5000, 77, Some(9)));
        assert!(read.expired(10) && !read.expired(9));
    }

    #[test]
    fn an_extent_outside_the_map_is_refused() {
        let record = sample();
        let mut bytes = vec![0; Record::overhead(&record.texts)];
        record.encode(&mut bytes);
        assert!(Record::decode(&bytes, 4096, 41).is_err());
        bytes[24..32].copy_from_slice(&u64::MAX.to_le_bytes());
        assert!(Record::decode(&bytes, 4096, 1000).is_err());
    }

    #[test]
    fn every_truncation_of_a_record_is_refused() {
        let record = sample();
        let mut bytes = vec![0; Record::overhead(&record.texts)];
        record.encode(&mut bytes);
        for length in 0..bytes.len() {
            assert!(Record::decode(&bytes[..length], 4096, 1000).is_err(), "{length} bytes");
        }
    }
}
