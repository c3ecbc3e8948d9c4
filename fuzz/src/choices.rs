//! Choices read from bytes.

use super::operations::Choices;

/// Takes a number from the front for each choice; zero when there are no bytes left.
pub struct Bytes<'a>(pub &'a [u8]);

impl<'a> Bytes<'a> {
    pub fn word(&mut self) -> u64 {
        let mut word = [0; 8];
        let (front, rest) = self.0.split_at(self.0.len().min(8));
        word[..front.len()].copy_from_slice(front);
        self.0 = rest;
        u64::from_le_bytes(word)
    }

    /// So many bytes as the first one says, as far as there are.
    pub fn some(&mut self) -> &'a [u8] {
        let length = self.below(256) as usize;
        let (front, rest) = self.0.split_at(self.0.len().min(length));
        self.0 = rest;
        front
    }
}

impl Choices for Bytes<'_> {
    fn below(&mut self, bound: u64) -> u64 {
        let width = if bound <= 256 { 1 } else { 3 };
        let (front, rest) = self.0.split_at(self.0.len().min(width));
        self.0 = rest;
        front.iter().fold(0, |value, &byte| value << 8 | u64::from(byte)) % bound
    }
}
