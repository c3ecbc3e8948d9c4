//! Looking at a whole table, in one pass over its bytes: what is exported is trusted by whoever takes it.

use super::column::{Column, bit};
use super::format::{Kind, is_metadata};
use super::layout::{DESCRIPTOR, HEAD, Table, le};
use crate::error::Result;

/// Columns inside one another at most.
pub const MOST_LEVELS: u8 = 64;

impl Table<'_> {
    /// Checks all of it: that the descriptors are a tree in their order, the buffers follow one another in that order
    /// and none overlaps another, offsets grow, indices are in their dictionaries, texts are UTF-8, and as many values are
    /// nil as is said. Costs one pass.
    ///
    /// # Errors
    /// `Corrupt` with the position of the first fault.
    pub fn check(&self) -> Result<()> {
        // The next descriptor that belongs to nobody yet, and where the last buffer ended.
        let mut claimed = self.columns();
        let mut end = HEAD + DESCRIPTOR * self.descriptors as usize;
        for (at, (start, size)) in [(24, self.text), (40, self.metadata)] {
            self.follows(at, start, size, &mut end)?;
        }
        if !is_metadata(self.metadata()) {
            return Err(self.corrupt(40, "the metadata of a table are no pairs"));
        }
        // Who takes a table may go down from column to column.
        let mut levels = vec![0_u8; self.descriptors as usize];
        for index in 0..self.descriptors {
            let column = self.column(index)?;
            let level = levels[index as usize];
            if level == MOST_LEVELS {
                return Err(column.wrong(20, format_args!("over {MOST_LEVELS} columns inside one another")));
            }
            let (first, children) = column.children();
            if children > 0 && first != claimed {
                return Err(column.wrong(20, format_args!("its children are from {first} on, not {claimed}")));
            }
            let own = first..first + children;
            own.for_each(|child| levels[child as usize] = level + 1);
            claimed += children;
            if let Some(dictionary) = column.dictionary_index() {
                if dictionary != claimed {
                    return Err(
                        column.wrong(16, format_args!("its dictionary is {dictionary}, not {claimed}"))
                    );
                }
                levels[dictionary as usize] = level + 1;
                claimed += 1;
            }
            let at = HEAD + DESCRIPTOR * index as usize;
            let (metadata, size) = (le::<8>(self.bytes, at + 80) as usize, column.metadata().len());
            self.follows(at + 80, metadata, size, &mut end)?;
            if !is_metadata(column.metadata()) {
                return Err(column.wrong(80, "its metadata are no pairs"));
            }
            let bits = column.validity().map_or(0, <[u8]>::len);
            let buffers = [(48, bits), (72, column.offsets().len()), (56, column.data().len())];
            for (field, size) in buffers {
                let start = le::<8>(self.bytes, at + field) as usize;
                self.follows(at + field, start, size, &mut end)?;
            }
            column.check()?;
        }
        if claimed != self.descriptors {
            return Err(self.corrupt(12, format_args!("{claimed} of {} columns are used", self.descriptors)));
        }
        Ok(())
    }

    /// Holds bytes against what came before them.
    fn follows(&self, at: usize, start: usize, size: usize, end: &mut usize) -> Result<()> {
        if size > 0 {
            if start < *end {
                return Err(self.corrupt(
                    at,
                    format_args!("{size} bytes from {start} on, before {end}, where they may"),
                ));
            }
            *end = start + size;
        }
        Ok(())
    }
}

impl Column<'_> {
    /// Looks at every value; not at those of children and dictionaries, which are columns themselves.
    fn check(&self) -> Result<()> {
        if let Some(bits) = self.validity() {
            let nulls = self.len() - ones(bits, self.len() as usize);
            if nulls != self.nulls() {
                return Err(self.wrong(40, format_args!("{nulls} values are nil, not {}", self.nulls())));
            }
        }
        for index in 0..self.children().1 {
            self.child(index)?;
        }
        if let Some(values) = self.dictionary()?
            && !self.all_codes_are_below(values.len())
        {
            for row in 0..self.len() {
                if !self.is_null(row)? {
                    self.code_at(row, values.len())?;
                }
            }
        }
        match self.kind() {
            Kind::Text(_) => {
                self.check_offsets(self.data().len())?;
                self.check_text()
            }
            Kind::Bytes(_) => self.check_offsets(self.data().len()),
            Kind::List(_) => self.check_offsets(self.child(0)?.len() as usize),
            _ => Ok(()),
        }
    }

    /// Whether each index is in a dictionary of so many, nil or not; a quick look for the most common size.
    fn all_codes_are_below(&self, values: u64) -> bool {
        let codes = self.data().as_chunks::<4>().0;
        self.kind().itemsize() == 4
            && codes.iter().fold(0, |most, code| most.max(u32::from_le_bytes(*code)))
                < values.min(1 << 31) as u32
    }

    /// Whether the offsets grow; a quick look for the most common size.
    fn all_offsets_grow(&self) -> bool {
        let offsets = self.offsets().as_chunks::<4>().0;
        self.kind().offset_size() == 4
            && offsets.iter().zip(offsets.iter().skip(1)).fold(true, |grow, (one, next)| {
                grow & (u32::from_le_bytes(*one) <= u32::from_le_bytes(*next))
            })
    }

    /// Whether the offsets grow from within `len` values or bytes to within them.
    fn check_offsets(&self, len: usize) -> Result<()> {
        if !self.all_offsets_grow() {
            for row in 0..self.len() as usize {
                self.range(row)?;
            }
        }
        let last = match self.len() as usize {
            0 => 0,
            count => self.range(count - 1)?.1,
        };
        if last > len {
            return Err(self.wrong(72, format_args!("its values end at {last}, there are {len}")));
        }
        Ok(())
    }

    /// Whether the bytes are UTF-8 from value to value.
    fn check_text(&self) -> Result<()> {
        if self.is_empty() {
            return Ok(());
        }
        let (start, end) = (self.range(0)?.0, self.range(self.len() as usize - 1)?.1);
        let bytes = self.data().get(start..end).unwrap_or_default();
        if bytes.is_ascii() {
            return Ok(());
        }
        let each = self.kind().offset_size() as usize;
        match first_wrong_text(self.offsets(), each, self.data(), self.validity()) {
            None => Ok(()),
            Some(row) => Err(self.wrong(56, format_args!("value {row} is no UTF-8"))),
        }
    }
}

/// The first text that is no UTF-8, or ends outside the data; what lies where a value is nil may be anything. `offsets` are
/// of so many bytes each.
pub(crate) fn first_wrong_text(
    offsets: &[u8],
    each: usize,
    data: &[u8],
    validity: Option<&[u8]>,
) -> Option<usize> {
    let offset = |row: usize| match each {
        4 => le::<4>(offsets, 4 * row) as usize,
        _ => le::<8>(offsets, 8 * row) as usize,
    };
    let count = (offsets.len() / each).saturating_sub(1);
    let is_wrong = |row: usize| {
        let text = data.get(offset(row)..offset(row + 1));
        validity.is_none_or(|bits| bit(bits, row))
            && text.is_none_or(|text| std::str::from_utf8(text).is_err())
    };
    // All at once is much faster; then only where each begins is to be looked at.
    if count == 0 {
        return None;
    }
    let first = offset(0);
    if let Some(all) = data.get(first..offset(count))
        && let Ok(all) = std::str::from_utf8(all)
    {
        let begins = |row: usize| offset(row) >= first && all.is_char_boundary(offset(row) - first);
        let grow = |row: usize| offset(row) <= offset(row + 1);
        return (0..count).find(|&row| !(begins(row) && grow(row)) && is_wrong(row));
    }
    (0..count).find(|&row| is_wrong(row))
}

/// How many of the first bits are 1.
fn ones(bits: &[u8], count: usize) -> u64 {
    let whole: u64 = bits[..count / 8].iter().map(|byte| u64::from(byte.count_ones())).sum();
    whole + (count / 8 * 8..count).filter(|&index| bit(bits, index)).count() as u64
}
