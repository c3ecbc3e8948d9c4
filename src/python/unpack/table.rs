//! Making the lists that tables were.

use super::super::api::api;
use super::super::object::Ref;
use super::super::text::new_int;
use super::super::times;
use super::{Unpacker, call, plain, told};
use crate::document::Head;
use crate::document::table::{Column, Kind, Origin, Table};

impl<'a> Unpacker<'a> {
    /// What the table is whose value begins at `at`.
    pub(super) unsafe fn table(&mut self, at: usize) -> Option<Ref> {
        let table = told(self.document.table(at as u64))?;
        // SAFETY: as in `value`.
        unsafe {
            match table.origin() {
                Origin::Rows => {
                    told(table.check())?;
                    rows(&table)
                }
                Origin::List => {
                    told(table.check())?;
                    list(&told(table.column(0))?)
                }
                // Frames are made of what lies there; see there who checks it.
                _ => {
                    let at = Ref::owned(new_int(at as u64))?;
                    call(self.readers.table, &[self.owner, at.get()])
                }
            }
        }
    }
}

/// A list of dicts of the rows.
unsafe fn rows(table: &Table) -> Option<Ref> {
    let api = api();
    // SAFETY: as in `value`; lists take over the reference that they are given.
    unsafe {
        let mut columns = Vec::with_capacity(table.columns() as usize);
        for index in 0..table.columns() {
            columns.push(Made::of(told(table.column(index))?)?);
        }
        let list = Ref::owned((api.list_new)(table.rows() as isize))?;
        // Copying a dict with all its keys is faster than making one key by key.
        let row = Ref::owned((api.dict_new)())?;
        for index in 0..table.rows() as usize {
            for column in &mut columns {
                if let Some(value) = column.next(index)?
                    && (api.dict_set)(row.get(), column.name.get(), value.get()) != 0
                {
                    return None;
                }
            }
            let copy = Ref::owned((api.dict_copy)(row.get()))?;
            (api.list_set)(list.get(), index as isize, copy.give());
        }
        Some(list)
    }
}

/// A list of the values of a column of a table that was checked.
pub unsafe fn list(column: &Column) -> Option<Ref> {
    let api = api();
    // SAFETY: as in `rows`.
    unsafe {
        let rows = column.len() as usize;
        let list = Ref::owned((api.list_new)(rows as isize))?;
        let mut made = Made::of(*column)?;
        for index in 0..rows {
            let value = match made.next(index)? {
                Some(value) => value,
                None => Ref::new((api.list_get)(list.get(), index as isize - 1)),
            };
            (api.list_set)(list.get(), index as isize, value.give());
        }
        Some(list)
    }
}

/// A column whose values are made one after the other.
struct Made<'a> {
    column: Column<'a>,
    name: Ref,
    values: Values<'a>,
    /// What the last value was, where the same may come again.
    last: Last,
}

#[derive(PartialEq)]
enum Last {
    Unknown,
    None,
    Code(u64),
}

enum Values<'a> {
    Nil,
    Bool(&'a [u8]),
    Int(&'a [[u8; 8]]),
    Float(&'a [[u8; 8]]),
    Date(&'a [[u8; 4]]),
    Time(times::Kind, &'a [[u8; 8]]),
    /// Indices, and the texts that they are of, made when they are first met.
    Codes(&'a [[u8; 4]], Box<Column<'a>>, Vec<Option<Ref>>),
    /// Offsets, and the bytes.
    Text(&'a [[u8; 4]], &'a [u8]),
    LongText,
    /// What is made value by value.
    Other,
}

impl<'a> Made<'a> {
    unsafe fn of(column: Column<'a>) -> Option<Made<'a>> {
        let name = column.name();
        // SAFETY: as many bytes as there are; the interpreter is held, says the caller.
        let name = Ref::owned(unsafe { (api().text_from)(name.as_ptr().cast(), name.len() as isize) })?;
        let dictionary = told(column.dictionary())?;
        let values = match (column.kind(), dictionary) {
            (Kind::Signed(4), Some(texts)) if matches!(texts.kind(), Kind::Text(_)) => {
                let made = (0..texts.len()).map(|_| None).collect();
                Values::Codes(column.data().as_chunks().0, Box::new(texts), made)
            }
            (Kind::Null, None) => Values::Nil,
            (Kind::Bool, None) => Values::Bool(column.data()),
            (Kind::Signed(8), None) => Values::Int(column.data().as_chunks().0),
            (Kind::Float(8), None) => Values::Float(column.data().as_chunks().0),
            (Kind::Time(size), None) if let Some(kind) = times::Kind::of(column.format()) => match size {
                4 => Values::Date(column.data().as_chunks().0),
                _ => Values::Time(kind, column.data().as_chunks().0),
            },
            (Kind::Text(4), None) => Values::Text(column.offsets().as_chunks().0, column.data()),
            (Kind::Text(_), None) => Values::LongText,
            _ => Values::Other,
        };
        Some(Made { column, name, values, last: Last::Unknown })
    }

    /// The value at an index; `Some(None)` when it is the one before. The table was checked.
    #[inline]
    unsafe fn next(&mut self, index: usize) -> Option<Option<Ref>> {
        let api = api();
        // SAFETY: as in `rows`.
        unsafe {
            if let Some(bits) = self.column.validity()
                && bits[index / 8] >> (index % 8) & 1 == 0
            {
                if self.last == Last::None {
                    return Some(None);
                }
                self.last = Last::None;
                return Some(Some(Ref::new(api.none)));
            }
            let made = match &mut self.values {
                Values::Float(values) => (api.float_from)(f64::from_le_bytes(values[index])),
                Values::Int(values) => (api.signed_from)(i64::from_le_bytes(values[index])),
                Values::Codes(codes, texts, made) => {
                    let code = u64::from(u32::from_le_bytes(codes[index]));
                    if self.last == Last::Code(code) {
                        return Some(None);
                    }
                    self.last = Last::Code(code);
                    let place = &mut made[code as usize];
                    if place.is_none() {
                        *place = Some(text(texts, code)?);
                    }
                    return Some(place.as_ref().map(|text| Ref::new(text.get())));
                }
                Values::Text(offsets, bytes) => {
                    let at = |index: usize| u32::from_le_bytes(offsets[index]) as usize;
                    let text = &bytes[at(index)..at(index + 1)];
                    (api.text_from)(text.as_ptr().cast(), text.len() as isize)
                }
                Values::Date(days) => {
                    times::made(times::Kind::Date, i32::from_le_bytes(days[index]).into())?.give()
                }
                Values::Time(kind, values) => times::made(*kind, i64::from_le_bytes(values[index]))?.give(),
                Values::Other => value(&self.column, index as u64)?.give(),
                Values::LongText => text(&self.column, index as u64)?.give(),
                Values::Bool(bits) => {
                    let set = bits[index / 8] >> (index % 8) & 1 == 1;
                    Ref::new(if set { api.true_object } else { api.false_object }).give()
                }
                Values::Nil => {
                    if self.last == Last::None {
                        return Some(None);
                    }
                    self.last = Last::None;
                    return Some(Some(Ref::new(api.none)));
                }
            };
            self.last = Last::Unknown;
            Some(Some(Ref::owned(made)?))
        }
    }
}

/// A value of a column of a table that was checked, whatever it holds: of times what they are counted in.
unsafe fn value(column: &Column, row: u64) -> Option<Ref> {
    let api = api();
    // A dictionary's values are told by the column itself, but for what lies in them.
    let (column, row) = match told(column.dictionary())? {
        Some(values) if !told(column.is_null(row))? => {
            let code = told(column.code_at(row, values.len()))?;
            (values, code)
        }
        _ => (*column, row),
    };
    // SAFETY: as in `rows`.
    unsafe {
        match told(column.head(row))? {
            Head::Array(count) => {
                let (from, child) = (told(column.items(row))?.0, told(column.child(0))?);
                let list = Ref::owned((api.list_new)(count as isize))?;
                for index in 0..count {
                    (api.list_set)(list.get(), index as isize, value(&child, from + index as u64)?.give());
                }
                Some(list)
            }
            Head::Map(count) => {
                let dict = Ref::owned((api.dict_new)())?;
                for index in 0..count as u32 {
                    let child = told(column.child(index))?;
                    let name = child.name();
                    let name = Ref::owned((api.text_from)(name.as_ptr().cast(), name.len() as isize))?;
                    if (api.dict_set)(dict.get(), name.get(), value(&child, row)?.get()) != 0 {
                        return None;
                    }
                }
                Some(dict)
            }
            plain_value => Ref::owned(plain(&plain_value)),
        }
    }
}

/// A str of a text of a column.
unsafe fn text(column: &Column, row: u64) -> Option<Ref> {
    let bytes = told(column.bytes_at(row))?;
    // SAFETY: as many bytes as there are; the interpreter is held, says the caller.
    Ref::owned(unsafe { (api().text_from)(bytes.as_ptr().cast(), bytes.len() as isize) })
}
