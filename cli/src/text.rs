//! Tables, sizes and times for people.

use std::time::Duration;

use comfy_table::{CellAlignment, Table, presets};
use humansize::BINARY;

/// A table without lines; the columns of `right` (from 0) are aligned to the right.
pub fn table(header: &[&str], right: &[usize], rows: Vec<Vec<String>>) -> String {
    let mut table = Table::new();
    table.load_style(presets::NOTHING).set_header(header.iter().copied()).add_rows(rows);
    for (index, column) in table.column_iter_mut().enumerate() {
        column.set_padding((0, 2));
        if right.contains(&index) {
            column.set_cell_alignment(CellAlignment::Right);
        }
    }
    let mut text = table.trim_fmt();
    text.push('\n');
    text
}

/// Bytes in binary units.
pub fn size(bytes: u64) -> String {
    humansize::format_size(bytes, BINARY)
}

/// A time in its two largest units.
pub fn time(ms: u64) -> String {
    let whole = if ms < 1000 { Duration::from_millis(ms) } else { Duration::from_secs(ms / 1000) };
    let text = humantime::format_duration(whole).to_string();
    text.split(' ').take(2).collect::<Vec<_>>().join(" ")
}

/// Bytes as text on one line, with nothing in it that a terminal would act on.
pub fn line(bytes: &[u8]) -> String {
    let mut text = String::new();
    for character in String::from_utf8_lossy(bytes).chars() {
        if character.is_control() {
            text.extend(character.escape_default());
        } else {
            text.push(character);
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_and_times_are_short() {
        assert_eq!((size(17).as_str(), size(1 << 30).as_str()), ("17 B", "1 GiB"));
        assert_eq!((time(12).as_str(), time(61_500).as_str()), ("12ms", "1m 1s"));
        assert_eq!(time(0), "0s");
    }

    #[test]
    fn a_line_holds_no_controls() {
        assert_eq!(line(b"a\x1b[2Jb\n\xff"), "a\\u{1b}[2Jb\\n\u{fffd}");
    }
}
