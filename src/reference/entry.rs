//! Which entry a reference means, whatever is under its key by now, and the marker by which a merge is seen.

use std::sync::OnceLock;

use super::{DB_NAME, DB_PATH, ENTRY, INPUT_KEY, MARKER, REF};
use crate::hex;

/// The entry of one store: what `_lmdb_entry` says.
#[derive(Debug, Clone)]
pub(super) struct Entry {
    /// The id of the store.
    pub store: u128,
    /// The id of the entry.
    pub id: u64,
    /// Both as they travel.
    pub text: String,
}

impl PartialEq for Entry {
    fn eq(&self, other: &Entry) -> bool {
        (self.store, self.id) == (other.store, other.id)
    }
}

impl Eq for Entry {}

/// Hexadecimal digits of a store's id, and of an entry's.
const STORE_DIGITS: usize = 32;
const ID_DIGITS: usize = 16;
/// Digits of the store's id in a marker's name: stores count their entries from the same number on.
const NAME_DIGITS: usize = 8;

impl Entry {
    pub fn new(store: u128, id: u64) -> Entry {
        let words =
            |number: u128, words: u32| (0..words).rev().map(move |word| (number >> (32 * word)) as u32);
        let mut text = Vec::with_capacity(STORE_DIGITS + 1 + ID_DIGITS);
        words(store, 4).for_each(|word| text.extend_from_slice(&hex::digits(word)));
        text.push(b':');
        words(u128::from(id), 2).for_each(|word| text.extend_from_slice(&hex::digits(word)));
        Entry { store, id, text: String::from_utf8(text).expect("made of digits") }
    }

    /// Reads what travels; `None` when it cannot be right.
    pub fn parse(text: &str) -> Option<Entry> {
        let bytes: &[u8; STORE_DIGITS + 1 + ID_DIGITS] = text.as_bytes().try_into().ok()?;
        let (store, rest) = bytes.split_at(STORE_DIGITS);
        let (colon, id) = rest.split_at(1);
        let entry =
            |text: &str| Some(Entry { store: number(store)?, id: number(id)? as u64, text: text.to_owned() });
        if colon == b":" { entry(text) } else { None }
    }

    /// The name of the marker of a reference to this entry.
    pub fn marker(&self) -> String {
        self.marker_parts().concat()
    }

    /// Whether that is the marker's name.
    pub fn is_marker(&self, name: &str) -> bool {
        self.marker_parts().iter().try_fold(name, |rest, part| rest.strip_prefix(part)) == Some("")
    }

    fn marker_parts(&self) -> [&str; 4] {
        let (store, id) = self.text.split_at(STORE_DIGITS);
        [MARKER, &id[1..], "_", &store[..NAME_DIGITS]]
    }
}

/// The number of lower-case hexadecimal digits: 8 to 32, of which each eight make a word.
fn number(digits: &[u8]) -> Option<u128> {
    let (words, _) = digits.as_chunks();
    words.iter().try_fold(0, |number, &word| Some(number << 32 | u128::from(hex::number(word)?)))
}

/// A marker as a reference keeps it: made when it is first asked for. It says nothing that the reference does not.
#[derive(Debug, Clone, Default)]
pub(super) struct LazyMarker(OnceLock<Option<(String, String)>>);

impl PartialEq for LazyMarker {
    fn eq(&self, _: &LazyMarker) -> bool {
        true
    }
}

impl Eq for LazyMarker {}

impl LazyMarker {
    /// The marker's name and text, which `make` makes.
    pub fn get(&self, make: impl FnOnce() -> Option<(String, String)>) -> Option<(&str, &str)> {
        self.0.get_or_init(make).as_ref().map(|(name, text)| (name.as_str(), text.as_str()))
    }
}

/// The text of a marker: the JSON of the reference it stands for, which is what resolving it takes.
pub(super) fn marker_text(entry: &Entry, key: &str, path: &str, db: &str) -> String {
    let fixed = REF.len() + INPUT_KEY.len() + DB_PATH.len() + DB_NAME.len() + ENTRY.len() + 40;
    let mut out = String::with_capacity(fixed + entry.text.len() + key.len() + path.len() + db.len());
    out.push_str("{\"");
    out.push_str(REF);
    out.push_str("\":true");
    for (name, value) in [(INPUT_KEY, key), (DB_PATH, path), (DB_NAME, db), (ENTRY, &entry.text)] {
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
    out
}

/// Whether JSON writes a text as it is.
fn is_plain(text: &str) -> bool {
    // All bytes in any case, which goes several at a time.
    !text.bytes().fold(false, |special, byte| special | (byte < 0x20) | (byte == b'"') | (byte == b'\\'))
}

/// Whether that is the marker's text. False also where JSON writes a value otherwise than it is: who parses it sees.
pub(super) fn is_marker_text(text: &str, entry: &Entry, key: &str, path: &str, db: &str) -> bool {
    let mut rest = text;
    let mut next = |part: &str| rest.strip_prefix(part).map(|left| rest = left).is_some();
    next("{\"")
        && next(REF)
        && next("\":true")
        && [(INPUT_KEY, key), (DB_PATH, path), (DB_NAME, db), (ENTRY, &entry.text)]
            .into_iter()
            .all(|(name, value)| next(",\"") && next(name) && next("\":\"") && next(value) && next("\""))
        && rest == "}"
}
