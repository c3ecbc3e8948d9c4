//! Laying out a table: the fixed part in one piece, then the buffers where they are.

use super::super::segment::ALIGNMENT;
use super::super::{TABLE, Type, Writer};
use super::check::MOST_LEVELS;
use super::column::LONGEST_FORMAT;
use super::format::{Kind, is_metadata};
use super::layout::{DESCRIPTOR, FIXED, HEAD, MOST_ROWS, Origin, VERSION};
use super::refused;
use crate::error::{Error, Result, Status};
use rmp::Marker;

/// Bytes before the body: marker, length, type number.
const BEFORE_BODY: usize = 6;

/// A column that is to be written, with the columns that its values lie in.
#[derive(Debug, Clone, Default)]
pub struct Field<'a> {
    /// Its name.
    pub name: &'a str,
    /// What the values are, as Arrow writes it; see [`Kind::of`]. With a dictionary, what its indices are.
    pub format: &'a str,
    /// Flags as in Arrow's schemas.
    pub flags: u32,
    /// Metadata as in Arrow's schemas.
    pub metadata: &'a [u8],
    /// How many values there are.
    pub length: u64,
    /// How many of them are nil.
    pub nulls: u64,
    /// Its buffers.
    pub buffers: Buffers<'a>,
    /// The values that it counts.
    pub dictionary: Option<Box<Field<'a>>>,
    /// The values of lists, the fields of structs.
    pub children: Vec<Field<'a>>,
}

/// The buffers of a column, as [`Column`](super::Column) has them.
#[derive(Debug, Clone, Copy, Default)]
pub struct Buffers<'a> {
    /// A bit for each value, 0 for nil; empty when none is.
    pub validity: &'a [u8],
    /// Where texts and lists begin and end.
    pub offsets: &'a [u8],
    /// The values.
    pub data: &'a [u8],
}

/// A table that is to be written.
#[derive(Debug, Clone)]
pub struct Layout<'a> {
    /// What it was.
    pub origin: Origin,
    /// How many rows there are.
    pub rows: u64,
    /// Metadata of the whole, as in Arrow's schemas.
    pub metadata: &'a [u8],
    /// The columns.
    pub columns: Vec<Field<'a>>,
}

impl<'a> Writer<'a> {
    /// Writes a table. The buffers are borrowed.
    ///
    /// Their sizes are held against the formats, what is in them is not looked at: who reads the table does.
    ///
    /// # Errors
    /// `InvalidArgument` for columns that do not go together; `TooLarge` when it is over 4 GiB − 1.
    pub fn table(&mut self, layout: &Layout<'a>) -> Result<()> {
        let (fixed, buffers) = lay_out(self.position(), layout)?;
        self.expect(Type::Segment)?;
        self.lend_all(&fixed, &buffers);
        Ok(())
    }
}

/// Buffers, and how many zeros come before each.
pub type Pieces<'a> = Vec<(usize, &'a [u8])>;

/// A table that begins at `at`: its fixed part, and the buffers with how many zeros come before each.
///
/// # Errors
/// As for [`Writer::table`].
pub fn lay_out<'a>(at: usize, layout: &Layout<'a>) -> Result<(Vec<u8>, Pieces<'a>)> {
    let plan = Plan::new(layout)?;
    let mut fixed = begin(at, plan.size)?;
    fixed.extend_from_slice(&plan.fixed);
    Ok((fixed, plan.buffers))
}

/// What comes before the base of a table at `at` that has so many bytes from there on.
///
/// # Errors
/// `TooLarge` when it is over 4 GiB − 1.
pub fn begin(at: usize, size: usize) -> Result<Vec<u8>> {
    let before = at + BEFORE_BODY + FIXED;
    let padding = before.next_multiple_of(ALIGNMENT) - before;
    let size = FIXED + padding + size;
    let size = u32::try_from(size).map_err(|_| {
        let what = format!("a table of {size} bytes: MessagePack holds at most {}", u32::MAX);
        Error::new(Status::TooLarge, what)
    })?;
    let [a, b, c, d] = size.to_be_bytes();
    let mut fixed = vec![Marker::Ext32.to_u8(), a, b, c, d, TABLE as u8, VERSION, padding as u8, 0, 0];
    fixed.resize(fixed.len() + padding, 0);
    Ok(fixed)
}

/// What comes where, from the base on.
struct Plan<'a> {
    /// Head, descriptors, texts and metadata.
    fixed: Vec<u8>,
    /// Each buffer with the zeros before it, which bring it to a multiple of 64.
    buffers: Pieces<'a>,
    size: usize,
}

impl<'a> Plan<'a> {
    fn new(layout: &Layout<'a>) -> Result<Plan<'a>> {
        let Layout { origin, rows, metadata, columns } = layout;
        if *rows > MOST_ROWS {
            return Err(refused(format!("a table of {rows} rows; {MOST_ROWS} are allowed at most")));
        }
        if columns.is_empty() && *rows > 0 {
            return Err(refused(format!("a table of {rows} rows without a column")));
        }
        if !is_metadata(metadata) {
            return Err(refused("metadata that are no pairs as Arrow has them"));
        }
        let is_list = matches!(origin, Origin::List | Origin::PandasSeries | Origin::PolarsSeries);
        if is_list && columns.len() != 1 {
            return Err(refused(format!("a list of {} columns, not of one", columns.len())));
        }
        // In the order of the descriptors: the columns, then what the first of them has, and so on.
        let mut all: Vec<&Field<'a>> = columns.iter().collect();
        let mut links = Vec::new();
        let mut levels = vec![0_u8; columns.len()];
        let mut at = 0;
        while let Some(&field) = all.get(at) {
            let kind = check(field)?;
            let level = levels[at];
            if level == MOST_LEVELS {
                let what = format!("column {:?} is the {MOST_LEVELS}th inside another", field.name);
                return Err(refused(what));
            }
            if at < columns.len() && field.length != *rows {
                let what = format!("column {:?} has {} values in {rows} rows", field.name, field.length);
                return Err(refused(what));
            }
            let first_child = if field.children.is_empty() { 0 } else { all.len() as u32 };
            all.extend(&field.children);
            let dictionary = if field.dictionary.is_some() { all.len() as u32 } else { 0 };
            all.extend(field.dictionary.as_deref());
            levels.resize(all.len(), level + 1);
            links.push((kind, first_child, dictionary));
            at += 1;
        }
        let mut texts = Vec::new();
        let named: Vec<[u32; 2]> = all
            .iter()
            .map(|field| {
                [field.format, field.name].map(|text| {
                    let start = texts.len() as u32;
                    texts.extend_from_slice(text.as_bytes());
                    texts.push(0);
                    start
                })
            })
            .collect();
        let first = HEAD + DESCRIPTOR * all.len();
        let mut plan = Plan { fixed: Vec::with_capacity(first + texts.len()), buffers: Vec::new(), size: 0 };
        plan.size = first + texts.len();
        let text_at = if texts.is_empty() { 0 } else { first as u64 };
        let metadata_at = plan.place(metadata);
        let mut descriptors = Vec::with_capacity(DESCRIPTOR * all.len());
        for (index, ((field, [format, name]), (kind, first_child, dictionary))) in
            all.iter().zip(named).zip(&links).enumerate()
        {
            let (metadata, validity) = (plan.place(field.metadata), plan.place(field.buffers.validity));
            let offsets = plan.place(field.buffers.offsets);
            let (data, data_size) = plan.place_data(field, *kind);
            let words = [
                format,
                name,
                field.name.len() as u32,
                field.flags,
                *dictionary,
                *first_child,
                field.children.len() as u32,
                field.metadata.len() as u32,
            ];
            descriptors.extend(words.iter().flat_map(|word| word.to_le_bytes()));
            let wides =
                [field.length, field.nulls, validity, data, data_size, offsets, metadata, index as u64];
            descriptors.extend(wides.iter().flat_map(|wide| wide.to_le_bytes()));
        }
        let fixed = &mut plan.fixed;
        fixed.extend(rows.to_le_bytes());
        fixed.extend((columns.len() as u32).to_le_bytes());
        fixed.extend((all.len() as u32).to_le_bytes());
        fixed.extend([*origin as u8, 0, 0, 0, 0, 0, 0, 0]);
        let metadata_size = metadata.len() as u64;
        let ends = [text_at, texts.len() as u64, metadata_at, metadata_size, plan.size as u64];
        fixed.extend(ends.iter().flat_map(|wide| wide.to_le_bytes()));
        fixed.append(&mut descriptors);
        fixed.append(&mut texts);
        Ok(plan)
    }

    /// Where the values go, and their size. Those of no type are a bit each, all zero.
    fn place_data(&mut self, field: &Field<'a>, kind: Kind) -> (u64, u64) {
        if kind != Kind::Null || field.length == 0 {
            return (self.place(field.buffers.data), field.buffers.data.len() as u64);
        }
        let (start, size) = (self.size.next_multiple_of(ALIGNMENT), field.length.div_ceil(8));
        let end = start + size as usize;
        self.buffers.push((end - self.size, &[]));
        self.size = end;
        (start as u64, size)
    }

    /// Where a buffer goes; nothing has no place.
    fn place(&mut self, bytes: &'a [u8]) -> u64 {
        if bytes.is_empty() {
            return 0;
        }
        let start = self.size.next_multiple_of(ALIGNMENT);
        self.buffers.push((start - self.size, bytes));
        self.size = start + bytes.len();
        start as u64
    }
}

/// Holds what is said of a column against what its format needs.
fn check(field: &Field) -> Result<Kind> {
    let wrong =
        |what: String| refused(format!("column {:?} of format {:?}: {what}", field.name, field.format));
    let Some(kind) = Kind::of(field.format) else {
        return Err(wrong("tables hold no such values".to_owned()));
    };
    let Field { length, nulls, buffers, .. } = field;
    if *length > MOST_ROWS || nulls > length {
        return Err(wrong(format!("{length} values, {nulls} of them nil")));
    }
    if field.format.contains('\0') || field.format.len() >= LONGEST_FORMAT {
        return Err(wrong("a format is short and holds no NUL".to_owned()));
    }
    if !is_metadata(field.metadata) {
        return Err(wrong("its metadata are no pairs as Arrow has them".to_owned()));
    }
    // Bits may be there when no value is nil, and offsets, not the length, say how many bytes texts have.
    let bits =
        if kind == Kind::Null || *nulls == 0 && buffers.validity.is_empty() { 0 } else { length.div_ceil(8) };
    let sizes = [
        ("bytes of bits that say what is nil", buffers.validity.len(), Some(bits)),
        ("bytes of offsets", buffers.offsets.len(), (length + 1).checked_mul(kind.offset_size())),
        (
            "bytes of values",
            buffers.data.len(),
            if kind == Kind::Null { Some(0) } else { kind.data_size(*length) },
        ),
    ];
    for (what, size, needed) in sizes {
        if let Some(needed) = needed.filter(|&needed| needed != size as u64) {
            return Err(wrong(format!("{size} {what}, {length} values need {needed}")));
        }
    }
    let (least, most) = kind.children();
    let children = field.children.len() as u64;
    if children < least.into() || children > most.into() {
        return Err(wrong(format!("{children} children")));
    }
    for child in &field.children {
        let needed = match kind {
            Kind::Struct => *length,
            Kind::FixedList(size) => length * u64::from(size),
            _ => child.length,
        };
        if child.length != needed {
            return Err(wrong(format!("{} values in a child, {length} values need {needed}", child.length)));
        }
    }
    if let Some(values) = &field.dictionary {
        let is_index = matches!(kind, Kind::Signed(_) | Kind::Unsigned(_));
        if !is_index || values.dictionary.is_some() {
            return Err(wrong("a dictionary needs integers, and has none itself".to_owned()));
        }
    }
    Ok(kind)
}
