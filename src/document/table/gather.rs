//! Tables of plain values: who asks for columns gets them whether a value was kept as a table or not.

use super::super::head::Head;
use super::super::{Document, Dtype, EXTENSION, Node, Segment, Type, Unit};
use super::column::Column;
use super::format::Kind;
use super::layout::{Origin, Table};
use super::refused;
use super::texts::{Dictionary, Texts};
use super::write::{Buffers, Field, Layout};
use crate::error::Result;
use std::borrow::Cow;
use std::collections::HashMap;

/// A value that a row does not have.
const MISSING: Node = Node::MAX;
/// Lists and structs inside one another at most; what is deeper makes no column.
const MOST_LEVELS: u8 = 16;
/// Whole numbers up to this are floats as well.
const MOST_EXACT: u64 = 1 << 53;
/// Flag of Arrow's: nil is allowed.
const NULLABLE: u32 = 2;

/// A column that was gathered.
#[derive(Default)]
struct Gathered<'a> {
    name: &'a str,
    format: Cow<'static, str>,
    length: usize,
    nulls: usize,
    validity: Vec<u8>,
    offsets: Vec<u8>,
    data: Cow<'a, [u8]>,
    dictionary: Option<Box<Gathered<'a>>>,
    children: Vec<Gathered<'a>>,
}

impl<'a> Document<'a> {
    /// Lays out the value at `node` as a table and hands it to `write`: a table as it is; a list of maps by their keys,
    /// which are nil where a map lacks them; a map of lists and arrays that are as long as each other; a list of values.
    ///
    /// Integers beside floats become floats when that loses nothing. A key whose values do not go together, or are
    /// arrays in rows, makes no column.
    ///
    /// # Errors
    /// `InvalidArgument` for what no table can be made of.
    pub fn with_table<T>(&self, node: Node, write: impl FnOnce(&Layout) -> Result<T>) -> Result<T> {
        let (origin, rows, columns) = self.gather(node)?;
        if columns.is_empty() && rows > 0 {
            return Err(refused(format!("the values at byte {node} of the document go into no column")));
        }
        let columns = columns.iter().map(Gathered::field).collect();
        write(&Layout { origin, rows: rows as u64, metadata: &[], columns })
    }

    fn gather(&self, node: Node) -> Result<(Origin, usize, Vec<Gathered<'a>>)> {
        let count = match self.kind(node)? {
            Type::Map => return self.gather_columns(node),
            Type::Array => self.count(node)?,
            Type::Segment => {
                let segment = self.segment(node)?.segment;
                let column = of_segment("", &segment).ok_or_else(|| {
                    refused(format!("{segment:?} at byte {node} of the document is no column"))
                })?;
                return Ok((Origin::List, column.length, vec![column]));
            }
            other => return Err(self.mismatch(node, other, "rows: an array of maps, or a map of arrays")),
        };
        let mut items = Vec::new();
        let mut iter = self.iterate(node)?;
        let mut maps = 0;
        while self.next(&mut iter)? {
            items.push(iter.value);
            maps += usize::from(self.kind(iter.value)? == Type::Map);
        }
        if maps == count && count > 0 {
            return Ok((Origin::Rows, count, self.fields(&items, 0)?));
        }
        let column = self.column("", &items, 0)?;
        let column = column.ok_or_else(|| {
            refused(format!("the values at byte {node} of the document are of several types"))
        })?;
        Ok((Origin::List, count, vec![column]))
    }

    /// The columns of a map of lists and arrays.
    fn gather_columns(&self, node: Node) -> Result<(Origin, usize, Vec<Gathered<'a>>)> {
        let mut columns: Vec<Gathered<'a>> = Vec::new();
        let mut iter = self.iterate(node)?;
        while self.next(&mut iter)? {
            let name = self.string(iter.key)?;
            let column = match self.at_node(iter.value)?.0 {
                Head::Ext { tag: EXTENSION, at, body } => of_segment(name, &self.decode(at, body)?),
                Head::Array(_) if let Some(table) = self.find_table(iter.value)?.filter(Table::is_list) => {
                    Some(Gathered { name, ..of_column(&table.column(0)?)? })
                }
                Head::Array(_) => {
                    let mut items = Vec::new();
                    let mut values = self.iterate(iter.value)?;
                    while self.next(&mut values)? {
                        items.push(values.value);
                    }
                    self.column(name, &items, 0)?
                }
                other => return Err(self.mismatch(iter.value, other.kind(), "a column: an array")),
            };
            let Some(column) = column else { continue };
            if let Some(first) = columns.first().filter(|first| first.length != column.length) {
                let (a, b) = (first.length, column.length);
                return Err(refused(format!("{:?} has {a} values, {name:?} {b}: no table", first.name)));
            }
            columns.push(column);
        }
        Ok((Origin::Columns, columns.first().map_or(0, |first| first.length), columns))
    }

    /// A column for each key of maps, in the order in which they are met.
    fn fields(&self, maps: &[Node], level: u8) -> Result<Vec<Gathered<'a>>> {
        let mut names: Vec<(&'a str, Vec<Node>)> = Vec::new();
        let mut places: HashMap<&'a str, usize> = HashMap::new();
        // Keys of maps that have nothing in common would make columns of almost nothing.
        let most = 65_536 + 16 * self.len();
        for (row, map) in maps.iter().enumerate().filter(|(_, map)| **map != MISSING) {
            let mut iter = self.iterate(*map)?;
            let mut expected = 0;
            while self.next(&mut iter)? {
                let Head::String(name) = self.at_node(iter.key)?.0 else {
                    return Err(self.mismatch(iter.key, self.kind(iter.key)?, "the name of a column"));
                };
                // Mostly the keys come in the order of the first map.
                let place = match names.get(expected) {
                    Some((known, _)) if known.as_bytes() == name => expected,
                    _ => {
                        let name = self.utf8(iter.key as usize, name)?;
                        *places.entry(name).or_insert_with(|| {
                            names.push((name, Vec::new()));
                            names.len() - 1
                        })
                    }
                };
                if names.len() * maps.len() > most {
                    let what =
                        format!("{} keys in {} maps: too different for a table", names.len(), maps.len());
                    return Err(refused(what));
                }
                let values = &mut names[place].1;
                values.resize(row, MISSING);
                values.push(iter.value);
                expected = place + 1;
            }
        }
        let mut columns = Vec::new();
        for (name, mut values) in names {
            values.resize(maps.len(), MISSING);
            columns.extend(self.column(name, &values, level)?);
        }
        Ok(columns)
    }

    /// A column of these values; `None` when they do not go together.
    fn column(&self, name: &'a str, values: &[Node], level: u8) -> Result<Option<Gathered<'a>>> {
        let found = self.survey(values)?;
        let length = values.len();
        let mut column = Gathered { name, length, ..Gathered::default() };
        if found.nils > 0 && found.nils < length {
            column.nulls = found.nils;
            column.validity = vec![0; length.div_ceil(8)];
        }
        let kind = match found.types {
            0 => {
                column.format = "n".into();
                column.nulls = length;
                return Ok(Some(column));
            }
            types if types == 1 << Type::Int as u32 | 1 << Type::Float as u32 => {
                if !found.exact {
                    return Ok(None);
                }
                Type::Float
            }
            types if types.is_power_of_two() => found.last,
            _ => return Ok(None),
        };
        if kind == Type::Int && found.beyond && found.negative {
            return Ok(None);
        }
        let unsigned = kind == Type::Int && found.beyond;
        column.format = match kind {
            Type::Bool => "b",
            Type::Int => {
                if unsigned {
                    "L"
                } else {
                    "l"
                }
            }
            Type::Float => "g",
            Type::String => "u",
            Type::Bytes => "z",
            Type::Array => "+l",
            Type::Map => "+s",
            _ => return Ok(None),
        }
        .into();
        match kind {
            Type::String => return self.texts(column, values),
            Type::Array | Type::Map if level == MOST_LEVELS => return Ok(None),
            Type::Map => {
                self.each(values, &mut column, |_, _, _| Some(()))?;
                column.children = self.fields(values, level + 1)?;
                // A struct has a field at least.
                return Ok((!column.children.is_empty()).then_some(column));
            }
            Type::Array => {
                let (mut items, mut ends) = (Vec::new(), vec![0_u32]);
                for (row, value) in values.iter().enumerate() {
                    if *value != MISSING && self.kind(*value)? != Type::Nil {
                        column.note(row);
                        let mut iter = self.iterate(*value)?;
                        while self.next(&mut iter)? {
                            items.push(iter.value);
                        }
                    }
                    let Ok(end) = u32::try_from(items.len()) else { return Ok(None) };
                    ends.push(end);
                }
                column.offsets = ends.iter().flat_map(|end| end.to_le_bytes()).collect();
                let child = self.column("item", &items, level + 1)?;
                return Ok(child.map(|child| Gathered { children: vec![child], ..column }));
            }
            _ => {}
        }
        if kind == Type::Bool {
            column.data = vec![0; length.div_ceil(8)].into();
        } else if kind == Type::Bytes {
            column.offsets = vec![0; 4];
        }
        let fits = self.each(values, &mut column, |column, row, head| {
            let data = column.data.to_mut();
            match (kind, head) {
                (Type::Bool, Some(Head::Bool(value))) => data[row / 8] |= u8::from(value) << (row % 8),
                (Type::Int, Some(Head::Negative(value))) => data.extend(value.to_le_bytes()),
                (Type::Int, Some(Head::Unsigned(value))) => data.extend(value.to_le_bytes()),
                (Type::Float, Some(Head::Float(value))) => data.extend(value.to_le_bytes()),
                (Type::Float, Some(Head::Negative(value))) => data.extend((value as f64).to_le_bytes()),
                (Type::Float, Some(Head::Unsigned(value))) => data.extend((value as f64).to_le_bytes()),
                (Type::Bytes, bytes) => {
                    if let Some(Head::Bytes(bytes)) = bytes {
                        data.extend_from_slice(bytes);
                    }
                    let end = i32::try_from(data.len()).ok()?;
                    column.offsets.extend(end.to_le_bytes());
                }
                (Type::Bool, _) => {}
                _ => data.extend([0; 8]),
            }
            Some(())
        })?;
        Ok(fits.map(|()| column))
    }

    /// Hands on each value, or `None` for nil, and notes which are there; `None` when `take` says so.
    fn each(
        &self,
        values: &[Node],
        column: &mut Gathered<'a>,
        mut take: impl FnMut(&mut Gathered<'a>, usize, Option<Head<'a>>) -> Option<()>,
    ) -> Result<Option<()>> {
        for (row, value) in values.iter().enumerate() {
            let head = if *value == MISSING { Head::Nil } else { self.scalar(*value)? };
            let there = !matches!(head, Head::Nil);
            if there {
                column.note(row);
            }
            if take(column, row, there.then_some(head)).is_none() {
                return Ok(None);
            }
        }
        Ok(Some(()))
    }

    /// Texts, by their numbers when they come again.
    fn texts(&self, mut column: Gathered<'a>, values: &[Node]) -> Result<Option<Gathered<'a>>> {
        let (mut known, mut codes) = (Dictionary::default(), Vec::with_capacity(values.len()));
        let mut is_use = true;
        for value in values {
            let head = if *value == MISSING { Head::Nil } else { self.at_node(*value)?.0 };
            let code = match head {
                Head::String(text) => known.code(self.utf8(*value as usize, text)?.as_bytes()),
                _ => Some(0),
            };
            let Some(code) = code.filter(|_| !known.is_too_large(codes.len() + 1)) else {
                is_use = false;
                break;
            };
            codes.push(code as i32);
        }
        if is_use && !known.is_no_use(values.len()) {
            self.each(values, &mut column, |_, _, _| Some(()))?;
            column.format = "i".into();
            column.data = codes.iter().flat_map(|code| code.to_le_bytes()).collect::<Vec<_>>().into();
            column.dictionary = Some(Box::new(Gathered::default().of_texts(known.texts())));
            return Ok(Some(column));
        }
        let mut texts = Texts::with_room(values.len());
        let mut damaged = Ok(());
        let fits = self.each(values, &mut column, |_, row, head| {
            let text = match head {
                Some(Head::String(text)) => text,
                _ => &[],
            };
            damaged = self.utf8(values[row] as usize, text).map(drop);
            (damaged.is_ok() && texts.push(text)).then_some(())
        })?;
        damaged?;
        Ok(fits.map(|()| column.of_texts(&texts)))
    }

    /// What values there are.
    fn survey(&self, values: &[Node]) -> Result<Survey> {
        let mut survey =
            Survey { types: 0, last: Type::Nil, nils: 0, exact: true, beyond: false, negative: false };
        for value in values {
            let head = if *value == MISSING { Head::Nil } else { self.scalar(*value)? };
            let kind = head.kind();
            match head {
                Head::Nil => {
                    survey.nils += 1;
                    continue;
                }
                Head::Negative(number) => {
                    survey.negative = true;
                    survey.exact &= number.unsigned_abs() <= MOST_EXACT;
                }
                Head::Unsigned(number) => {
                    survey.beyond |= number > i64::MAX as u64;
                    survey.exact &= number <= MOST_EXACT;
                }
                _ => {}
            }
            survey.types |= 1 << kind as u32;
            survey.last = kind;
        }
        Ok(survey)
    }
}

/// What the values of a column are.
struct Survey {
    /// A bit for each type but nil.
    types: u32,
    last: Type,
    nils: usize,
    /// Whole numbers are floats as well.
    exact: bool,
    /// There are such as no `i64` holds.
    beyond: bool,
    negative: bool,
}

impl<'a> Gathered<'a> {
    /// Notes that a value is there.
    fn note(&mut self, row: usize) {
        if let Some(byte) = self.validity.get_mut(row / 8) {
            *byte |= 1 << (row % 8);
        }
    }

    fn of_texts(mut self, texts: &Texts) -> Gathered<'a> {
        self.format = "u".into();
        self.length = texts.len();
        self.offsets = texts.ends().iter().flat_map(|end| end.to_le_bytes()).collect();
        self.data = texts.bytes().to_vec().into();
        self
    }

    fn field(&self) -> Field<'_> {
        Field {
            name: self.name,
            format: &self.format,
            flags: NULLABLE,
            metadata: &[],
            length: self.length as u64,
            nulls: self.nulls as u64,
            buffers: Buffers { validity: &self.validity, offsets: &self.offsets, data: &self.data },
            dictionary: self.dictionary.as_ref().map(|values| Box::new(values.field())),
            children: self.children.iter().map(Gathered::field).collect(),
        }
    }
}

/// A column that lies in a table.
fn of_column<'a>(column: &Column<'a>) -> Result<Gathered<'a>> {
    let children = (0..column.children().1).map(|index| of_column(&column.child(index)?));
    let dictionary = column.dictionary()?;
    Ok(Gathered {
        name: column.name(),
        format: column.format().to_owned().into(),
        length: column.len() as usize,
        nulls: column.nulls() as usize,
        validity: column.validity().unwrap_or_default().to_vec(),
        offsets: column.offsets().to_vec(),
        data: if column.kind() == Kind::Null { (&[]).into() } else { column.data().into() },
        dictionary: dictionary.map(|values| of_column(&values)).transpose()?.map(Box::new),
        children: children.collect::<Result<_>>()?,
    })
}

/// The column that an array of one dimension is; `None` for others.
fn of_segment<'a>(name: &'a str, segment: &Segment<'a>) -> Option<Gathered<'a>> {
    let &[length] = segment.shape() else { return None };
    let unit = |unit| {
        Some(match unit {
            Unit::Second => 's',
            Unit::Millisecond => 'm',
            Unit::Microsecond => 'u',
            Unit::Nanosecond => 'n',
            _ => return None,
        })
    };
    let format: Cow<'static, str> = match segment.dtype() {
        Dtype::Bool => "b".into(),
        Dtype::I8 => "c".into(),
        Dtype::U8 => "C".into(),
        Dtype::I16 => "s".into(),
        Dtype::U16 => "S".into(),
        Dtype::I32 => "i".into(),
        Dtype::U32 => "I".into(),
        Dtype::I64 => "l".into(),
        Dtype::U64 => "L".into(),
        Dtype::F32 => "f".into(),
        Dtype::F64 => "g".into(),
        Dtype::Datetime(of) => format!("ts{}:", unit(of)?).into(),
        Dtype::Timedelta(of) => format!("tD{}", unit(of)?).into(),
        Dtype::F16 => "e".into(),
        Dtype::C64 | Dtype::C128 => return None,
    };
    let data = match segment.dtype() {
        Dtype::Bool => {
            let bits = |bytes: &[u8]| {
                bytes.iter().enumerate().fold(0, |bits, (at, byte)| bits | u8::from(*byte != 0) << at)
            };
            segment.data().chunks(8).map(bits).collect::<Vec<_>>().into()
        }
        _ => segment.data().into(),
    };
    Some(Gathered { name, format, length: length as usize, data, ..Gathered::default() })
}
