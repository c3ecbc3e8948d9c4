//! Texts in rows of 8-byte words of the file `shared`: a word with the length, then the bytes.

use std::borrow::Cow;
use std::sync::atomic::{AtomicU64, Ordering};

/// Where a text is in a row: its first word, and how many there are with that one.
pub type Place = (usize, usize);

/// Says that there was more.
pub const CUT: &str = "…";

/// Bytes there is room for.
pub fn room((_, words): Place) -> usize {
    (words - 1) * 8
}

/// As much of a text as there is room for, from its start; `…` says that there was more.
pub fn start_of(text: &str, place: Place) -> Cow<'_, str> {
    if text.len() <= room(place) {
        return text.into();
    }
    let mut end = room(place) - CUT.len();
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    format!("{}{CUT}", &text[..end]).into()
}

/// Writes a text there is room for.
pub fn write_text(words: &[AtomicU64], (at, _): Place, text: &str) {
    for (word, bytes) in words[at + 1..].iter().zip(text.as_bytes().chunks(8)) {
        let mut padded = [0; 8];
        padded[..bytes.len()].copy_from_slice(bytes);
        word.store(u64::from_le_bytes(padded), Ordering::Relaxed);
    }
    words[at].store(text.len() as u64, Ordering::Release);
}

/// The text that is there.
pub fn read_text(words: &[AtomicU64], place: Place) -> String {
    let (at, count) = place;
    let length = (words[at].load(Ordering::Acquire) as usize).min(room(place));
    let bytes: Vec<u8> = words[at + 1..at + count]
        .iter()
        .flat_map(|word| word.load(Ordering::Relaxed).to_le_bytes())
        .collect();
    String::from_utf8_lossy(&bytes[..length]).into_owned()
}
