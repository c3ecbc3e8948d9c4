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

#[cfg(test)]
mod tests {
    use super::digits;

    #[test]
    fn digits_are_hexadecimal() {
        let random = |n: u32| n.wrapping_mul(0x9e37_79b9);
        for number in
            [0, 1, 9, 10, 15, 16, 0x0123_4567, 0x89ab_cdef, u32::MAX].into_iter().chain((1..1000).map(random))
        {
            assert_eq!(digits(number), format!("{number:08x}").as_bytes());
        }
    }
}
