//! The texts of a reference in one block of memory: a call makes, copies and frees several references.

use super::fields::{ALL, Field};

/// A text for each field that has one.
#[derive(Debug, Clone, Default)]
pub(super) struct Texts {
    all: String,
    /// Where in `all` each begins and ends.
    places: [Option<(usize, usize)>; ALL.len()],
}

/// Bytes that the texts of one reference mostly have.
const USUAL: usize = 256;

impl Texts {
    pub fn get(&self, field: Field) -> Option<&str> {
        self.places[field as usize].map(|(start, end)| &self.all[start..end])
    }

    pub fn set(&mut self, field: Field, text: &str) {
        self.set_parts(field, &[text]);
    }

    /// As [`Texts::set`], of a text in parts.
    pub fn set_parts(&mut self, field: Field, parts: &[&str]) {
        if self.places[field as usize].is_some() {
            self.remove(field);
        }
        if self.all.capacity() == 0 {
            self.all.reserve(USUAL);
        }
        let start = self.all.len();
        parts.iter().for_each(|part| self.all.push_str(part));
        self.places[field as usize] = Some((start, self.all.len()));
    }

    pub fn remove(&mut self, field: Field) {
        if let Some((start, end)) = self.places[field as usize].take() {
            self.all.drain(start..end);
            for place in self.places.iter_mut().flatten().filter(|place| place.0 >= end) {
                *place = (place.0 - (end - start), place.1 - (end - start));
            }
        }
    }

    /// A copy with room for more.
    pub fn roomy(&self) -> Texts {
        let mut all = String::with_capacity(self.all.len() + USUAL);
        all.push_str(&self.all);
        Texts { all, places: self.places }
    }
}

impl PartialEq for Texts {
    fn eq(&self, other: &Texts) -> bool {
        ALL.iter().all(|&field| self.get(field) == other.get(field))
    }
}

impl Eq for Texts {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_may_be_set_again_and_removed_in_any_order() {
        let mut texts = Texts::default();
        texts.set(Field::InputKey, "in");
        texts.set_parts(Field::OutputKey, &["o", "ut"]);
        texts.set(Field::TxnId, "");
        texts.set(Field::InputKey, "another");
        assert_eq!(texts.get(Field::InputKey), Some("another"));
        assert_eq!(texts.get(Field::OutputKey), Some("out"));
        assert_eq!(texts.get(Field::TxnId), Some(""));
        texts.remove(Field::OutputKey);
        texts.set(Field::DbPath, "/path");
        let mut other = Texts::default();
        other.set(Field::DbPath, "/path");
        other.set(Field::TxnId, "");
        assert_ne!(texts, other);
        other.set(Field::InputKey, "another");
        assert_eq!(texts, other);
        assert_eq!(texts.roomy(), texts);
    }
}
