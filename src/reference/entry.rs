//! Which entry a reference means, whatever is under its key by now, and the marker by which a merge is seen.

use std::sync::OnceLock;

use super::{DB_NAME, DB_PATH, ENTRY, INPUT_KEY, MARKER, REF};
use crate::hex;

/// The id of no entry: what it is beside means a store alone.
pub(super) const NONE: u64 = 0;

/// The entry of one store: what `_lmdb_entry` says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Entry {
    /// The id of the store.
    pub store: u128,
    /// The id of the entry.
    pub id: u64,
}

/// Hexadecimal digits of a store's id, and of an entry's.
const STORE_DIGITS: usize = 32;
const ID_DIGITS: usize = 16;
/// Bytes of an entry as it travels.
const ENTRY_BYTES: usize = STORE_DIGITS + 1 + ID_DIGITS;
/// Where its digits begin, eight by eight.
const WORDS: [usize; 6] = [0, 8, 16, 24, STORE_DIGITS + 1, STORE_DIGITS + 9];
/// Digits of the store's id in a marker's name: stores count their entries from the same number on.
const NAME_DIGITS: usize = 8;

impl Entry {
    /// As it travels: ASCII.
    pub fn text(&self) -> [u8; ENTRY_BYTES] {
        let mut text = [b':'; ENTRY_BYTES];
        let words =
            |number: u128, words: u32| (0..words).rev().map(move |word| (number >> (32 * word)) as u32);
        let (store, id) = (words(self.store, 4), words(u128::from(self.id), 2));
        for (place, word) in WORDS.into_iter().zip(store.chain(id)) {
            text[place..place + 8].copy_from_slice(&hex::digits(word));
        }
        text
    }

    /// Reads what travels; `None` when it cannot be right.
    pub fn parse(text: &str) -> Option<Entry> {
        let bytes: &[u8; ENTRY_BYTES] = text.as_bytes().try_into().ok()?;
        let (store, rest) = bytes.split_at(STORE_DIGITS);
        let (colon, id) = rest.split_at(1);
        if colon == b":" { Some(Entry { store: number(store)?, id: number(id)? as u64 }) } else { None }
    }
}

/// The parts of the name of the marker of a reference to an entry, of which this is the text.
fn marker_parts(entry: &str) -> [&str; 4] {
    let (store, id) = entry.split_at(STORE_DIGITS);
    [MARKER, &id[1..], "_", &store[..NAME_DIGITS]]
}

/// Whether that is the marker's name.
pub(super) fn is_marker_name(name: &str, entry: &str) -> bool {
    marker_parts(entry).iter().try_fold(name, |rest, part| rest.strip_prefix(part)) == Some("")
}

/// The number of lower-case hexadecimal digits: 8 to 32, of which each eight make a word.
fn number(digits: &[u8]) -> Option<u128> {
    let (words, _) = digits.as_chunks();
    words.iter().try_fold(0, |number, &word| Some(number << 32 | u128::from(hex::number(word)?)))
}

/// A marker as a reference keeps it: made when it is first asked for. It says nothing that the reference does not.
#[derive(Debug, Clone, Default)]
pub(super) struct LazyMarker(OnceLock<Option<Marker>>);

/// Name and text, one behind the other.
#[derive(Debug, Clone)]
pub(super) struct Marker {
    both: String,
    name: usize,
}

impl PartialEq for LazyMarker {
    fn eq(&self, _: &LazyMarker) -> bool {
        true
    }
}

impl Eq for LazyMarker {}

impl LazyMarker {
    /// The marker's name and text, which `make` makes.
    pub fn get(&self, make: impl FnOnce() -> Option<Marker>) -> Option<(&str, &str)> {
        self.0.get_or_init(make).as_ref().map(|marker| marker.both.split_at(marker.name))
    }
}

/// The marker of a reference to the entry of which `entry` is the text. Its own text is the JSON of the reference it stands
/// for, which is what resolving it takes.
pub(super) fn marker(entry: &str, key: &str, path: &str, db: &str) -> Marker {
    let fixed = 2 * MARKER.len() + INPUT_KEY.len() + DB_PATH.len() + DB_NAME.len() + ENTRY.len() + 70;
    let mut out = String::with_capacity(fixed + entry.len() + key.len() + path.len() + db.len());
    marker_parts(entry).iter().for_each(|part| out.push_str(part));
    let name = out.len();
    out.push_str("{\"");
    out.push_str(REF);
    out.push_str("\":true");
    for (name, value) in [(INPUT_KEY, key), (DB_PATH, path), (DB_NAME, db), (ENTRY, entry)] {
        out.push_str(",\"");
        out.push_str(name);
        if is_plain(value) {
            out.push_str("\":\"");
            out.push_str(value);
            out.push('"');
        } else {
            out.push_str("\":");
            out.push_str(&serde_json::Value::from(value).to_string());
        }
    }
    out.push('}');
    Marker { both: out, name }
}

/// Whether JSON writes a text as it is.
fn is_plain(text: &str) -> bool {
    // All bytes in any case, which goes several at a time.
    !text.bytes().fold(false, |special, byte| special | (byte < 0x20) | (byte == b'"') | (byte == b'\\'))
}

/// Whether that is the marker's text. False also where JSON writes a value otherwise than it is: who parses it sees.
pub(super) fn is_marker_text(text: &str, entry: &str, key: &str, path: &str, db: &str) -> bool {
    let mut rest = text;
    let mut next = |part: &str| rest.strip_prefix(part).map(|left| rest = left).is_some();
    next("{\"")
        && next(REF)
        && next("\":true")
        && [(INPUT_KEY, key), (DB_PATH, path), (DB_NAME, db), (ENTRY, entry)]
            .into_iter()
            .all(|(name, value)| next(",\"") && next(name) && next("\":\"") && next(value) && next("\""))
        && rest == "}"
}
