//! Tables, sizes and times for people.

use std::time::Duration;

use comfy_table::{CellAlignment, Table, presets};
use humansize::BINARY;
use unicode_width::UnicodeWidthStr;

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

/// A table that is written while its rows are still being found: columns become wider when they have to.
pub struct Columns<const N: usize> {
    widths: [usize; N],
    right: &'static [usize],
}

impl<const N: usize> Columns<N> {
    /// Columns of these widths at least; those of `right` (from 0) are aligned to the right.
    pub fn new(widths: [usize; N], right: &'static [usize]) -> Columns<N> {
        Columns { widths, right }
    }

    /// The rows, a line each.
    pub fn lines(&mut self, rows: &[[String; N]]) -> String {
        for row in rows {
            for (width, cell) in self.widths.iter_mut().zip(row) {
                *width = (*width).max(columns(cell));
            }
        }
        let mut text = String::new();
        for row in rows {
            for (column, (cell, width)) in row.iter().zip(self.widths).enumerate() {
                let padding = " ".repeat(width - columns(cell));
                let right = self.right.contains(&column);
                let (before, after) = if right { (padding.as_str(), "") } else { ("", padding.as_str()) };
                text.extend([before, cell, after, "  "]);
            }
            text.truncate(text.trim_end_matches(' ').len());
            text.push('\n');
        }
        text
    }
}

/// Columns that a cell takes on a terminal; nearly all cells are ASCII, and a list has many.
fn columns(cell: &str) -> usize {
    if cell.is_ascii() { cell.len() } else { cell.width() }
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

/// A short time.
pub fn micros(us: u64) -> String {
    match us {
        0..1_000 => format!("{us} µs"),
        1_000..1_000_000 => format!("{:.1} ms", us as f64 / 1e3),
        _ => format!("{:.1} s", us as f64 / 1e6),
    }
}

/// The time since one of the wall clock's.
pub fn since_ns(ns: u64) -> String {
    time(crate::list::age_ms(ns) / 1000 * 1000)
}

/// A number of something a second.
pub fn rate(per_second: f64) -> String {
    match per_second {
        ..10.0 if per_second > 0.0 => format!("{per_second:.1}/s"),
        ..10_000.0 => format!("{per_second:.0}/s"),
        ..10_000_000.0 => format!("{:.1}k/s", per_second / 1e3),
        _ => format!("{:.1}M/s", per_second / 1e6),
    }
}

/// So many entries, in words.
pub fn entries(number: u64) -> String {
    format!("{number} {}", if number == 1 { "entry" } else { "entries" })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_and_times_are_short() {
        assert_eq!((size(17).as_str(), size(1 << 30).as_str()), ("17 B", "1 GiB"));
        assert_eq!((time(12).as_str(), time(61_500).as_str()), ("12ms", "1m 1s"));
        assert_eq!(time(0), "0s");
        assert_eq!([micros(7), micros(1_500), micros(2_000_000)], ["7 µs", "1.5 ms", "2.0 s"]);
        assert_eq!([rate(0.0), rate(0.5), rate(99.6), rate(12_345.0)], ["0/s", "0.5/s", "100/s", "12.3k/s"]);
    }

    #[test]
    fn columns_become_wider_and_stay_so() {
        let mut columns = Columns::new([1, 3], &[1]);
        let row = |a: &str, b: &str| [a.to_owned(), b.to_owned()];
        assert_eq!(columns.lines(&[row("a", "1"), row("long", "22")]), "a       1\nlong   22\n");
        assert_eq!(columns.lines(&[row("é漢", "3")]), "é漢     3\n");
        assert_eq!(columns.lines(&[row("a", "")]), "a\n");
    }
}
