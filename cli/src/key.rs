//! Keys on the command line and on the screen: what is printed is what is taken back.
//!
//! A key is any bytes. One is shown as its text, with `\n`, `\t`, `\\`, `\u{202e}` for characters that would not be seen as
//! themselves and `\xff` for bytes that are no UTF-8.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;

use dishtayantra_lmdb::error::Status;

use crate::Failure;
use crate::store::failed;

/// A key as text on one line, with nothing in it that a terminal would act on, from which [`parse`] makes the key.
pub fn shown(key: &[u8]) -> String {
    // Most keys are shown as they are, and a list has many.
    if key.iter().all(|&byte| matches!(byte, b' '..=b'~') && byte != b'\\') {
        return String::from_utf8_lossy(key).into_owned();
    }
    let mut text = String::with_capacity(key.len());
    for chunk in key.utf8_chunks() {
        // Quotes are no danger; Rust's own escapes have them for its literals.
        for part in chunk.valid().split_inclusive(['"', '\'']) {
            let (plain, quote) = match part.strip_suffix(['"', '\'']) {
                Some(plain) => part.split_at(plain.len()),
                None => (part, ""),
            };
            text.extend(plain.escape_debug());
            text.push_str(quote);
        }
        text.extend(chunk.invalid().iter().map(|byte| format!("\\x{byte:02x}")));
    }
    text
}

/// The bytes that `text` stands for.
///
/// # Errors
/// A backslash that begins nothing.
pub fn parse(text: &OsStr) -> Result<Vec<u8>, Failure> {
    let bytes = text.as_bytes();
    let mut key = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while let Some(&byte) = bytes.get(at) {
        if byte != b'\\' {
            key.push(byte);
            at += 1;
            continue;
        }
        let Some((made, length)) = escape(&bytes[at..]) else {
            return failed(
                Status::BadKey,
                format!(
                    "{text:?} has a \\ at byte {at} that begins nothing: write \\\\ for it, or give the key with --key-hex"
                ),
            );
        };
        key.extend(made);
        at += length;
    }
    Ok(key)
}

/// What the escape at the beginning of `bytes` stands for, and its length.
fn escape(bytes: &[u8]) -> Option<(Vec<u8>, usize)> {
    let one = |byte: u8| Some((vec![byte], 2));
    match bytes.get(1)? {
        b'\\' => one(b'\\'),
        b'n' => one(b'\n'),
        b't' => one(b'\t'),
        b'r' => one(b'\r'),
        b'0' => one(0),
        b'x' => Some((unhex(bytes.get(2..4)?)?, 4)),
        b'u' => {
            let end = bytes.iter().position(|&byte| byte == b'}')?;
            let digits = str::from_utf8(bytes.get(2..end)?.strip_prefix(b"{")?).ok()?;
            let character = char::from_u32(u32::from_str_radix(digits, 16).ok()?)?;
            Some((character.to_string().into_bytes(), end + 1))
        }
        _ => None,
    }
}

/// The key of an argument in hexadecimal digits.
///
/// # Errors
/// Other characters, or an odd number of them.
pub fn of_hex(argument: &OsStr) -> Result<Vec<u8>, Failure> {
    unhex(argument.as_bytes()).map_or_else(
        || {
            let message = format!("{argument:?} is no key in hexadecimal digits, two for each byte");
            failed(Status::BadKey, message)
        },
        Ok,
    )
}

/// The bytes of hexadecimal digits.
pub fn unhex(digits: &[u8]) -> Option<Vec<u8>> {
    let digit = |byte: u8| char::from(byte).to_digit(16);
    let (pairs, rest) = digits.as_chunks::<2>();
    if !rest.is_empty() {
        return None;
    }
    pairs.iter().map(|&[high, low]| Some((digit(high)? << 4 | digit(low)?) as u8)).collect()
}

/// The hexadecimal digits of a key.
pub fn hex(key: &[u8]) -> String {
    key.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_shown_is_taken_back() {
        let all: Vec<u8> = (0..=255).collect();
        let keys: [&[u8]; 9] = [
            b"input:node:1",
            b"a\x1b[2J\n\t\r\0b",
            b"\"quoted\" and 'so'",
            b"back\\slash \\n",
            "grün e\u{301} \u{202e}txt.exe \u{200b}\u{2066}".as_bytes(),
            b"\xff\xfe cut \xe2\x82",
            b"{}",
            b"\\",
            &all,
        ];
        for key in keys {
            let text = shown(key);
            assert_eq!(parse(OsStr::new(&text)).unwrap(), key, "{text}");
            for bad in ['\u{1b}', '\n', '\u{202e}', '\u{200b}', '\u{2066}', '\u{7f}', '\u{85}'] {
                assert!(!text.contains(bad), "{text:?}");
            }
        }
        assert_eq!(shown("grün".as_bytes()), "grün");
    }

    #[test]
    fn bytes_are_taken_as_they_are_and_a_lone_backslash_is_refused() {
        assert_eq!(parse(OsStr::from_bytes(b"\xff\n")).unwrap(), b"\xff\n");
        for text in ["\\", "a\\q", "\\x1", "\\xzz", "\\u{110000}", "\\u{12", "\\u12"] {
            let message = parse(OsStr::new(text)).unwrap_err().to_string();
            assert!(message.contains("--key-hex"), "{message}");
        }
        assert_eq!(unhex(b"fF00"), Some(vec![255, 0]));
        assert_eq!((unhex(b"f"), unhex(b"gg")), (None, None));
    }
}
