//! A column: where its buffers are, held against the table, and the values in it.

use super::super::dtype::half;
use super::super::head::Head;
use super::super::segment::ALIGNMENT;
use super::super::{Dtype, Type};
use super::format::Kind;
use super::layout::{DESCRIPTOR, HEAD, MOST_ROWS, Table, le};
use super::{recall, refused};
use crate::error::Result;

/// A column of a table, or what the values of one lie in: a child, or a dictionary.
///
/// The buffers are there, and long enough for what the format says. What is in them is looked at where a value is asked
/// for; [`Table::check`] looks at all of it.
#[derive(Clone, Copy)]
pub struct Column<'a> {
    pub(super) table: Table<'a>,
    pub(super) told: Told,
}

/// What was found of a column, and held against the table. Parts of the table are told by where they begin and their size.
#[derive(Clone, Copy)]
pub(super) struct Told {
    pub(super) index: u32,
    kind: Kind,
    /// UTF-8, as is the name.
    format: Place,
    pub(super) name: Place,
    flags: u32,
    length: u64,
    nulls: u64,
    validity: Option<Place>,
    data: Place,
    offsets: Place,
    dictionary: Option<u32>,
    first_child: u32,
    children: u32,
    metadata: Place,
}

/// Where bytes begin in a table, and how many they are.
type Place = (usize, usize);

impl std::fmt::Debug for Column<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let (name, format, length, nulls) = (self.name(), self.format(), self.len(), self.nulls());
        write!(f, "Column({name:?}, format {format:?}, {length} values, {nulls} of them nil)")
    }
}

/// Bytes of a format at most; the names of time zones are the longest part.
pub(super) const LONGEST_FORMAT: usize = 256;

/// Where a descriptor begins, from the base.
pub(super) const fn descriptor(index: u32) -> usize {
    HEAD + DESCRIPTOR * index as usize
}

impl<'a> Table<'a> {
    /// The name of a column as it is in the texts, which may be no UTF-8.
    pub(super) fn name_of(&self, index: u32) -> Result<&'a [u8]> {
        Ok(self.part(self.name_at(index)?))
    }

    fn name_at(&self, index: u32) -> Result<Place> {
        let at = descriptor(index);
        self.text_at(at + 4, le::<4>(self.bytes, at + 4), le::<4>(self.bytes, at + 8))
    }

    /// Bytes that were found inside.
    fn part(&self, (start, size): Place) -> &'a [u8] {
        &self.bytes[start..start + size]
    }

    /// Bytes of the texts, which a NUL follows.
    fn text_at(&self, at: usize, start: u64, size: u64) -> Result<Place> {
        let (first, len) = self.text;
        let texts = &self.bytes[first..first + len];
        match texts.get(start as usize..).and_then(|rest| rest.get(..size as usize + 1)) {
            Some([.., 0]) => Ok((first + start as usize, size as usize)),
            _ => Err(self
                .corrupt(at, format_args!("a text of {size} bytes from {start} on in {len} bytes of texts"))),
        }
    }

    /// The text from `start` to the next NUL, which a format has within its first bytes.
    fn nul_terminated(&self, at: usize, start: u32) -> Result<Place> {
        let (first, len) = self.text;
        let rest = self.bytes[first..first + len].get(start as usize..).unwrap_or_default();
        match rest.iter().take(LONGEST_FORMAT).position(|&byte| byte == 0) {
            Some(end) => Ok((first + start as usize, end)),
            None => Err(self.corrupt(at, format_args!("no text ends after {start} in {len} bytes of texts"))),
        }
    }
}

impl<'a> Column<'a> {
    pub(super) fn at(table: &Table<'a>, index: u32) -> Result<Column<'a>> {
        let place = table.place_of(index);
        match recall::column(&table.document, place) {
            Some(known) if known.table.base == table.base => Ok(Column { table: *table, ..known }),
            _ => {
                let column = Column::looked_at(table, index)?;
                recall::keep(place, &column);
                Ok(column)
            }
        }
    }

    fn looked_at(table: &Table<'a>, index: u32) -> Result<Column<'a>> {
        let (at, bytes) = (descriptor(index), table.bytes);
        let word = |offset: usize| le::<4>(bytes, at + offset) as u32;
        let wide = |offset: usize| le::<8>(bytes, at + offset);
        let wrong = |offset: usize, what: String| table.corrupt(at + offset, what);
        let utf8 = |offset: usize, text: Place| {
            std::str::from_utf8(table.part(text))
                .map_err(|_| wrong(offset, "a text of a table is not UTF-8".to_owned()))
        };
        if wide(88) != u64::from(index) {
            return Err(wrong(88, format!("descriptor {index} says it is number {}", wide(88))));
        }
        let format_at = table.nul_terminated(at, word(0))?;
        let format = utf8(0, format_at)?;
        let Some(kind) = Kind::of(format) else {
            return Err(wrong(0, format!("{format:?} is no format of a column")));
        };
        let name_at = table.name_at(index)?;
        let name = utf8(4, name_at)?;
        let (length, nulls) = (wide(32), wide(40));
        if index < table.columns() && length != table.rows() {
            return Err(wrong(32, format!("column {name:?} has {length} values in {} rows", table.rows())));
        }
        if length > MOST_ROWS {
            return Err(wrong(32, format!("column {name:?} has {length} values, at most {MOST_ROWS}")));
        }
        if nulls > length {
            return Err(wrong(40, format!("{nulls} of {length} values of column {name:?} are nil")));
        }
        let buffer = |offset: usize, start: u64, size: Option<u64>| {
            let size = size.filter(|&size| size <= bytes.len() as u64);
            let size = size
                .ok_or_else(|| wrong(offset, format!("column {name:?} of {length} values is too large")))?;
            if !start.is_multiple_of(ALIGNMENT as u64) {
                return Err(wrong(
                    offset,
                    format!("a buffer of column {name:?} is at {start}, no multiple of {ALIGNMENT}"),
                ));
            }
            table.inside(at + offset, start, size, "a buffer")
        };
        let data_size = wide(64);
        if let Some(size) = kind.data_size(length).filter(|&size| size != data_size) {
            return Err(wrong(
                64,
                format!("column {name:?} of {length} values has {data_size} bytes, not {size}"),
            ));
        }
        let data = buffer(56, wide(56), Some(data_size))?;
        let validity = match wide(48) {
            0 => None,
            start => Some(buffer(48, start, Some(length.div_ceil(8)))?),
        };
        if validity.is_none() && nulls > 0 && kind != Kind::Null {
            return Err(wrong(
                40,
                format!("column {name:?} has {nulls} nil values and no bits that say which"),
            ));
        }
        if kind == Kind::Null && (nulls != length || validity.is_some()) {
            return Err(wrong(40, format!("column {name:?} has values of no type")));
        }
        let offsets = match kind.offset_size() {
            0 if wide(72) == 0 => (0, 0),
            0 => return Err(wrong(72, format!("column {name:?} has offsets, and values that need none"))),
            each => buffer(72, wide(72), length.checked_add(1).and_then(|count| count.checked_mul(each)))?,
        };
        let (first_child, children) = (word(20), word(24));
        let (least, most) = kind.children();
        let behind = u64::from(first_child) + u64::from(children);
        let placed = children == 0 && first_child == 0
            || first_child > index && first_child >= table.columns() && behind <= table.descriptors.into();
        if children < least || children > most || !placed {
            return Err(wrong(
                20,
                format!("column {name:?} of format {format:?} has {children} from {first_child} on"),
            ));
        }
        let dictionary = Some(word(16)).filter(|&of| of != 0);
        if let Some(of) = dictionary {
            let is_index = matches!(kind, Kind::Signed(_) | Kind::Unsigned(_));
            if !is_index || of <= index || of < table.columns() || of >= table.descriptors {
                return Err(wrong(16, format!("column {name:?} of format {format:?} has dictionary {of}")));
            }
        }
        let metadata = table.inside(at + 80, wide(80), u64::from(word(28)), "metadata")?;
        let told = Told {
            index,
            kind,
            format: format_at,
            name: name_at,
            flags: word(12),
            length,
            nulls,
            validity,
            data,
            offsets,
            dictionary,
            first_child,
            children,
            metadata,
        };
        Ok(Column { table: *table, told })
    }

    /// A text that was found to be one.
    fn text(&self, place: Place) -> &'a str {
        std::str::from_utf8(self.table.part(place)).unwrap_or_default()
    }

    /// Where its descriptor is in the payload.
    pub(super) fn place(&self) -> usize {
        self.table.base + descriptor(self.told.index)
    }

    /// Its index among the columns of the table, and of those they have.
    pub fn index(&self) -> u32 {
        self.told.index
    }

    /// What its values are. Those of a column with a dictionary are indices in that.
    pub fn kind(&self) -> Kind {
        self.told.kind
    }

    /// The format, as Arrow writes it. In the table a NUL follows.
    pub fn format(&self) -> &'a str {
        self.text(self.told.format)
    }

    /// Its name. In the table a NUL follows.
    pub fn name(&self) -> &'a str {
        self.text(self.told.name)
    }

    /// Flags as in Arrow's schemas.
    pub fn flags(&self) -> u32 {
        self.told.flags
    }

    /// How many values it has.
    pub fn len(&self) -> u64 {
        self.told.length
    }

    /// Whether it has no value.
    pub fn is_empty(&self) -> bool {
        self.told.length == 0
    }

    /// How many of them are nil.
    pub fn nulls(&self) -> u64 {
        self.told.nulls
    }

    /// A bit for each value, the lowest of a byte first: 0 says nil. `None`: all values are there, or none.
    pub fn validity(&self) -> Option<&'a [u8]> {
        self.told.validity.map(|bits| self.table.part(bits))
    }

    /// The values, or the bytes of texts.
    pub fn data(&self) -> &'a [u8] {
        self.table.part(self.told.data)
    }

    /// Where each text or list begins, and where the last ends. Empty for values that are all as long.
    pub fn offsets(&self) -> &'a [u8] {
        self.table.part(self.told.offsets)
    }

    /// Metadata as they are in Arrow's schemas.
    pub fn metadata(&self) -> &'a [u8] {
        self.table.part(self.told.metadata)
    }

    /// The column whose values this one counts.
    ///
    /// # Errors
    /// `Corrupt`.
    pub fn dictionary(&self) -> Result<Option<Column<'a>>> {
        let Some(index) = self.told.dictionary else {
            return Ok(None);
        };
        let values = Column::at(&self.table, index)?;
        if values.told.dictionary.is_some() {
            return Err(self.wrong(16, "a dictionary has a dictionary"));
        }
        Ok(Some(values))
    }

    /// The index of the dictionary's column.
    pub fn dictionary_index(&self) -> Option<u32> {
        self.told.dictionary
    }

    /// The index of the first child, and how many there are.
    pub fn children(&self) -> (u32, u32) {
        (self.told.first_child, self.told.children)
    }

    /// A child: the values of lists, a field of structs.
    ///
    /// # Errors
    /// `InvalidArgument` where there is none.
    pub fn child(&self, index: u32) -> Result<Column<'a>> {
        if index >= self.told.children {
            let what =
                format!("column {:?} has {} children, no index {index}", self.name(), self.told.children);
            return Err(refused(what));
        }
        let child = Column::at(&self.table, self.told.first_child + index)?;
        let needed = match self.told.kind {
            Kind::Struct => Some(self.told.length),
            Kind::FixedList(size) => self.told.length.checked_mul(size.into()),
            _ => Some(child.told.length),
        };
        if needed != Some(child.told.length) {
            return Err(self.wrong(
                20,
                format_args!("{} values have {} in child {index}", self.told.length, child.told.length),
            ));
        }
        Ok(child)
    }

    /// The child of a name, the first if there are several; `None` when there is none.
    ///
    /// # Errors
    /// `Corrupt`.
    pub fn child_named(&self, name: &str) -> Result<Option<Column<'a>>> {
        for index in 0..self.told.children {
            if self.table.name_of(self.told.first_child + index)? == name.as_bytes() {
                return self.child(index).map(Some);
            }
        }
        Ok(None)
    }

    pub(super) fn wrong(&self, offset: usize, what: impl std::fmt::Display) -> crate::error::Error {
        let what = format!("column {:?} of a table: {what}", self.name());
        self.table.corrupt(descriptor(self.told.index) + offset, what)
    }

    /// Refuses a value that is not there.
    fn inside(&self, row: u64) -> Result<usize> {
        if row < self.told.length {
            return Ok(row as usize);
        }
        Err(refused(format!("column {:?} has {} values, none at {row}", self.name(), self.told.length)))
    }

    /// Whether the value is nil.
    ///
    /// # Errors
    /// `InvalidArgument` behind the last.
    pub fn is_null(&self, row: u64) -> Result<bool> {
        let row = self.inside(row)?;
        Ok(match self.validity() {
            Some(bits) => !bit(bits, row),
            None => self.told.kind == Kind::Null,
        })
    }

    /// Where the value of offsets begins and ends.
    pub(super) fn range(&self, row: usize) -> Result<(usize, usize)> {
        let (start, end) = match self.told.kind.offset_size() {
            4 => (le::<4>(self.offsets(), 4 * row), le::<4>(self.offsets(), 4 * row + 4)),
            _ => (le::<8>(self.offsets(), 8 * row), le::<8>(self.offsets(), 8 * row + 8)),
        };
        if start > end || end > usize::MAX as u64 {
            return Err(self.wrong(72, format_args!("value {row} is from {start} to {end}")));
        }
        Ok((start as usize, end as usize))
    }

    /// The bytes of a text or of bytes.
    ///
    /// # Errors
    /// `InvalidArgument` for columns of other values, and behind the last; `Corrupt`.
    pub fn bytes_at(&self, row: u64) -> Result<&'a [u8]> {
        let row = self.inside(row)?;
        match self.told.kind {
            Kind::Text(_) | Kind::Bytes(_) => {
                let (start, end) = self.range(row)?;
                self.data().get(start..end).ok_or_else(|| {
                    let what = format!("value {row} is from {start} to {end} in {} bytes", self.data().len());
                    self.wrong(72, what)
                })
            }
            kind if kind.itemsize() > 0 => {
                let size = kind.itemsize() as usize;
                Ok(&self.data()[row * size..(row + 1) * size])
            }
            _ => Err(refused(format!("column {:?} of format {:?} has no bytes", self.name(), self.format()))),
        }
    }

    /// The index that a value of a column with a dictionary has in it.
    ///
    /// # Errors
    /// `Corrupt` where the dictionary is shorter.
    pub fn code_at(&self, row: u64, values: u64) -> Result<u64> {
        let code = match self.number(self.inside(row)?) {
            Head::Unsigned(code) if code < values => return Ok(code),
            Head::Unsigned(code) => code.to_string(),
            Head::Negative(code) => code.to_string(),
            _ => String::new(),
        };
        Err(self.wrong(56, format_args!("value {row} is {code} in a dictionary of {values}")))
    }

    fn number(&self, row: usize) -> Head<'a> {
        number(self.told.kind, self.data(), row)
    }

    /// The value at a row, as documents have it: times are their integers, intervals and decimals their bytes, lists
    /// arrays and structs maps, whose values have nodes of their own.
    pub(crate) fn head(&self, row: u64) -> Result<Head<'a>> {
        if self.is_null(row)? {
            return Ok(Head::Nil);
        }
        if let Some(values) = self.dictionary()? {
            return values.head(self.code_at(row, values.told.length)?);
        }
        let index = row as usize;
        Ok(match self.told.kind {
            Kind::Null => Head::Nil,
            Kind::Bool => Head::Bool(bit(self.data(), index)),
            Kind::Text(_) => Head::String(self.bytes_at(row)?),
            Kind::Bytes(_) | Kind::Fixed(_) | Kind::Decimal(_) | Kind::Interval(_) => {
                Head::Bytes(self.bytes_at(row)?)
            }
            Kind::List(_) | Kind::FixedList(_) => Head::Array(self.items(row)?.1),
            Kind::Struct => Head::Map(self.told.children as usize),
            _ => self.number(index),
        })
    }

    /// Where in the child the items of a list begin, and how many there are.
    pub(crate) fn items(&self, row: u64) -> Result<(u64, usize)> {
        let row = self.inside(row)?;
        let (start, end) = match self.told.kind {
            Kind::FixedList(size) => (row * size as usize, (row + 1) * size as usize),
            _ => self.range(row)?,
        };
        let length = self.child(0)?.told.length;
        if end as u64 > length {
            return Err(
                self.wrong(72, format_args!("list {row} is from {start} to {end} in {length} values"))
            );
        }
        Ok((start as u64, end - start))
    }

    /// What the items of the data are, where they are whole or floating numbers that lie one after the other, and no
    /// indices in a dictionary.
    pub fn dtype(&self) -> Option<Dtype> {
        match self.told.kind {
            _ if self.told.dictionary.is_some() => None,
            Kind::Signed(1) => Some(Dtype::I8),
            Kind::Signed(2) => Some(Dtype::I16),
            Kind::Signed(4) => Some(Dtype::I32),
            Kind::Signed(_) => Some(Dtype::I64),
            Kind::Unsigned(1) => Some(Dtype::U8),
            Kind::Unsigned(2) => Some(Dtype::U16),
            Kind::Unsigned(4) => Some(Dtype::U32),
            Kind::Unsigned(_) => Some(Dtype::U64),
            Kind::Float(4) => Some(Dtype::F32),
            Kind::Float(8) => Some(Dtype::F64),
            Kind::Float(_) => Some(Dtype::F16),
            _ => None,
        }
    }

    /// What the values are to those who do not know tables, for messages.
    pub fn value_type(&self) -> Result<Type> {
        if let Some(values) = self.dictionary()? {
            return values.value_type();
        }
        Ok(match self.told.kind {
            Kind::Null => Type::Nil,
            Kind::Bool => Type::Bool,
            Kind::Signed(_) | Kind::Unsigned(_) | Kind::Time(_) => Type::Int,
            Kind::Float(_) => Type::Float,
            Kind::Text(_) => Type::String,
            Kind::Bytes(_) | Kind::Fixed(_) | Kind::Decimal(_) | Kind::Interval(_) => Type::Bytes,
            Kind::List(_) | Kind::FixedList(_) => Type::Array,
            Kind::Struct => Type::Map,
        })
    }
}

impl Told {
    /// The value at a row of a column of the table with these bytes, or its index in the dictionary of this number, when
    /// it lies there plainly and is right.
    pub(super) fn plain_value<'a>(&self, table: &'a [u8], row: u64) -> Option<(Head<'a>, Option<u32>)> {
        let part = |(start, size): Place| table.get(start..start + size);
        if row >= self.length {
            return None;
        }
        let row = row as usize;
        if let Some(bits) = self.validity
            && !bit(part(bits)?, row)
        {
            return Some((Head::Nil, None));
        }
        let data = part(self.data)?;
        let head = match self.kind {
            Kind::Signed(_) | Kind::Unsigned(_) | Kind::Float(_) | Kind::Time(_) => {
                number(self.kind, data, row)
            }
            Kind::Bool => Head::Bool(bit(data, row)),
            Kind::Text(4) => {
                let offsets = part(self.offsets)?;
                let (start, end) = (le::<4>(offsets, 4 * row), le::<4>(offsets, 4 * row + 4));
                Head::String(data.get(start as usize..end as usize)?)
            }
            _ => return None,
        };
        Some((head, self.dictionary))
    }
}

/// A number of one of the fixed sizes.
fn number<'a>(kind: Kind, data: &[u8], row: usize) -> Head<'a> {
    let signed = |value: i64| if value < 0 { Head::Negative(value) } else { Head::Unsigned(value as u64) };
    match kind {
        Kind::Signed(1) => signed((data[row] as i8).into()),
        Kind::Signed(2) => signed((le::<2>(data, 2 * row) as i16).into()),
        Kind::Signed(4) | Kind::Time(4) => signed((le::<4>(data, 4 * row) as i32).into()),
        Kind::Signed(_) | Kind::Time(_) => signed(le::<8>(data, 8 * row) as i64),
        Kind::Unsigned(1) => Head::Unsigned(data[row].into()),
        Kind::Unsigned(2) => Head::Unsigned(le::<2>(data, 2 * row)),
        Kind::Unsigned(4) => Head::Unsigned(le::<4>(data, 4 * row)),
        Kind::Unsigned(_) => Head::Unsigned(le::<8>(data, 8 * row)),
        Kind::Float(2) => Head::Float(half(le::<2>(data, 2 * row) as u16)),
        Kind::Float(4) => Head::Float(f32::from_bits(le::<4>(data, 4 * row) as u32).into()),
        _ => Head::Float(f64::from_bits(le::<8>(data, 8 * row))),
    }
}

/// The bit of a value, the lowest of a byte first.
pub(super) fn bit(bits: &[u8], index: usize) -> bool {
    bits[index / 8] >> (index % 8) & 1 == 1
}
