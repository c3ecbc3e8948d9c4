//! The value under an entry's key.

use super::choices::Bytes;
use super::operations::Choices;
use dishtayantra_lmdb::envelope::{Due, EXTENT_HEADER, Extent, Record};
use dishtayantra_lmdb::format::Format;

const PAGE: u64 = 4096;
const PAGES: u64 = 1 << 23;

/// Any bytes as a record: refused, or all it says holds, and it is written as it was read.
pub fn record(bytes: &[u8]) {
    let Ok(read) = Record::decode(bytes, PAGE, PAGES) else {
        return;
    };
    match read.extent {
        Some(extent) => {
            assert!(extent.start > 1 && extent.end() <= PAGES);
            assert!(read.size + EXTENT_HEADER <= extent.pages * PAGE);
        }
        None => assert_eq!(read.inline.len() as u64, read.size),
    }
    same(&read);
}

/// A record of any fields comes back as it was, and none of its beginnings is one, but for those of an inline payload
/// that are refused by their size.
pub fn envelope(bytes: &[u8]) {
    let mut from = Bytes(bytes);
    let format = Format::ALL[from.below(Format::ALL.len() as u64) as usize];
    let flags = from.below(8);
    let texts: Vec<String> = (0..3).map(|_| String::from_utf8_lossy(from.some()).into_owned()).collect();
    let mut word = || from.word();
    let pages = 1 + word() % 1000;
    let extent = (flags & 1 == 0).then(|| Extent { start: 2 + word() % (PAGES - 2 - pages), pages });
    let mut record = Record {
        format,
        tracked: flags & 2 != 0,
        entry_id: word(),
        size: word() % (pages * PAGE - EXTENT_HEADER + 1),
        created_ns: word(),
        expires_ns: word(),
        ttl_ms: word(),
        touched_s: word() as u32,
        checksum: (flags & 4 != 0).then(&mut word),
        extent,
        due: Some(Due { ns: word(), id: word() }).filter(|due| due.ns != 0),
        texts: [&texts[0], &texts[1], &texts[2]],
        inline: &[],
    };
    if extent.is_none() {
        record.inline = from.some();
        record.size = record.inline.len() as u64;
    }
    let written = same(&record);
    for length in 0..written.len() {
        assert!(Record::decode(&written[..length], PAGE, PAGES).is_err(), "{length} bytes are a record");
    }
}

/// Writes a record, reads it, and finds what was written.
fn same(record: &Record) -> Vec<u8> {
    let mut written = vec![0; Record::overhead(&record.texts)];
    assert_eq!(record.encode(&mut written), written.len());
    written.extend_from_slice(record.inline);
    let read = Record::decode(&written, PAGE, PAGES).expect("what was written is a record");
    assert_eq!(format!("{read:?}"), format!("{record:?}"));
    written
}
