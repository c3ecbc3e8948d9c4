//! What the payloads hold; the rule is in tests/cross/content.py.

use dishtayantra::Element;

pub const NAME: &str = "größe ☃ 漢";
pub const RATIO: f64 = 0.125;
pub const TAGS: [&str; 3] = ["a", "", "ß"];

fn word(seed: u64, i: usize) -> u64 {
    let mut z = seed.wrapping_add((i as u64 + 1).wrapping_mul(0x9E37_79B9_7F4A_7C15));
    z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    z ^ (z >> 31)
}

/// A column of numbers.
pub trait Column {
    type Item: Element;
    const NAME: &'static str;
    fn at(seed: u64, i: usize) -> Self::Item;
}

pub struct Floats;
pub struct Longs;
pub struct Ints;
pub struct Marks;

impl Column for Floats {
    type Item = f64;
    const NAME: &'static str = "floats";
    fn at(seed: u64, i: usize) -> f64 {
        (word(seed, i) >> 11) as f64 / (1_u64 << 53) as f64 - 0.5
    }
}

impl Column for Longs {
    type Item = i64;
    const NAME: &'static str = "longs";
    fn at(seed: u64, i: usize) -> i64 {
        word(seed + 1, i).cast_signed()
    }
}

impl Column for Ints {
    type Item = i32;
    const NAME: &'static str = "ints";
    fn at(seed: u64, i: usize) -> i32 {
        ((word(seed + 2, i) >> 32) as u32).cast_signed()
    }
}

impl Column for Marks {
    type Item = u8;
    const NAME: &'static str = "marks";
    fn at(seed: u64, i: usize) -> u8 {
        (word(seed + 3, i) >> 56) as u8
    }
}

pub struct Times;

impl Column for Times {
    type Item = i64;
    const NAME: &'static str = "at";
    fn at(seed: u64, i: usize) -> i64 {
        (word(seed + 5, i) >> 2).cast_signed()
    }
}

pub const CODES: [&str; 3] = ["ab", "größe", "z"];

/// Which of `CODES` a row of a table has.
pub fn code(seed: u64, i: usize) -> i32 {
    (word(seed + 4, i) % 3) as i32
}

/// A text of a table.
pub fn text(seed: u64, i: usize) -> String {
    format!("größe {}", Marks::at(seed, i))
}

/// Whether a value of a table that has nulls is nil.
pub fn is_null(seed: u64, i: usize) -> bool {
    word(seed + 6, i).is_multiple_of(4)
}

/// The first `count` items of a column.
pub fn column<C: Column>(seed: u64, count: usize) -> Vec<C::Item> {
    (0..count).map(|i| C::at(seed, i)).collect()
}
