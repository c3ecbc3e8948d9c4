//! Hexadecimal digits, as ids have them.

/// The eight digits of a number, all at once: a byte of a word for each.
pub fn digits(number: u32) -> [u8; 8] {
    const EACH: u64 = 0x0101_0101_0101_0101;
    let number = u64::from(number);
    let pairs = (number << 16 | number) & 0x0000_ffff_0000_ffff;
    let bytes = (pairs << 8 | pairs) & 0x00ff_00ff_00ff_00ff;
    let digits = (bytes << 4 | bytes) & 0x0f0f_0f0f_0f0f_0f0f;
    let letters = (digits + 6 * EACH) >> 4 & EACH;
    (digits + u64::from(b'0') * EACH + letters * u64::from(b'a' - b'9' - 1)).to_be_bytes()
}

/// The number that eight lower-case digits are; `None` when they are not.
pub fn number(text: [u8; 8]) -> Option<u32> {
    const EACH: u64 = 0x0101_0101_0101_0101;
    let word = u64::from_be_bytes(text);
    let nibbles = (word & (0x0f * EACH)) + 9 * ((word >> 6) & EACH);
    let bytes = (nibbles >> 4 | nibbles) & 0x00ff_00ff_00ff_00ff;
    let pairs = (bytes >> 8 | bytes) & 0x0000_ffff_0000_ffff;
    let number = (pairs >> 16 | pairs) as u32;
    // What is no digit became one.
    (digits(number) == text).then_some(number)
}

#[cfg(test)]
mod tests {
    use super::{digits, number};

    #[test]
    fn digits_are_hexadecimal() {
        let random = |n: u32| n.wrapping_mul(0x9e37_79b9);
        for number in
            [0, 1, 9, 10, 15, 16, 0x0123_4567, 0x89ab_cdef, u32::MAX].into_iter().chain((1..1000).map(random))
        {
            assert_eq!(digits(number), format!("{number:08x}").as_bytes());
            assert_eq!(super::number(digits(number)), Some(number));
        }
    }

    #[test]
    fn what_is_no_lower_case_digit_is_no_number() {
        let is_digit = |byte: u8| byte.is_ascii_hexdigit() && !byte.is_ascii_uppercase();
        for at in 0..8 {
            for byte in 0..=u8::MAX {
                for others in [*b"00000000", *b"ffffffff", *b"0a9f1e8c"] {
                    let mut text = others;
                    text[at] = byte;
                    assert_eq!(number(text).is_some(), is_digit(byte), "{byte} at {at}");
                }
            }
        }
    }
}
