//! Long lists of dicts with the same keys, and long lists of texts, as tables: smaller, and read in place by every language.
//!
//! A list becomes one when that loses nothing: the dicts have the same keys in the same order, and the values under each
//! are of one of the types `bool`, `int` (of 64 bits), `float`, `str`, `datetime` (naive or in UTC), `date` and `timedelta`, or
//! None. All others stay as they are.

use super::super::api::{PyObject, api};
use super::super::times;
use super::Packer;
use super::packed::Lent;
use crate::document::table::{Buffers, Dictionary, Field, Layout, Origin, Texts, lay_out};
use crate::reference::REF;
use std::ffi::c_int;
use std::rc::Rc;

/// A list of fewer is not worth the head of a table.
const LONG: isize = 64;
/// So many rows are looked at before all are.
const LOOKS: usize = 16;
/// Buffers of as many bytes stay where they are until they are stored.
const LENT: usize = 16 << 10;
/// Columns of a table at most.
const WIDE: usize = 4096;
impl Packer {
    /// Packs a list as a table if that is to be; says whether it did.
    pub(super) unsafe fn table(&mut self, items: *mut PyObject) -> Option<bool> {
        let api = api();
        // SAFETY: a list that lives as long as the call, says the caller. No code of Python's runs while it is looked at,
        // and no other thread: where threads run at once, no table is made.
        unsafe {
            let rows = (api.list_size)(items);
            if rows < LONG || rows as u64 > u64::from(u32::MAX) || api.is_free_threaded {
                return Some(false);
            }
            let class = api.class_of((api.list_get)(items, 0));
            let built = if class == api.dict_type {
                self.go_deeper()?;
                Columns::of_rows(items, rows as usize)
            } else if class == api.text_type || times::is_time(class) {
                Columns::of_list(items, rows as usize)
            } else {
                None
            };
            Some(built.is_some_and(|built| self.write_table(Rc::new(built))))
        }
    }

    fn write_table(&mut self, built: Rc<Columns>) -> bool {
        let columns: Vec<Field> =
            built.columns.iter().zip(&built.names).map(|(column, name)| column.field(name)).collect();
        let layout = Layout { origin: built.origin, rows: built.rows as u64, metadata: &[], columns };
        let Ok((fixed, buffers)) = lay_out(self.position() as usize, &layout) else {
            return false;
        };
        let done = &mut self.done;
        done.out.extend_from_slice(&fixed);
        for (zeros, bytes) in buffers {
            done.out.resize(done.out.len() + zeros, 0);
            if bytes.len() < LENT {
                done.out.extend_from_slice(bytes);
            } else {
                let lent = Lent::Columns(Rc::clone(&built), bytes.as_ptr(), bytes.len());
                done.lent.push((done.out.len(), lent));
                done.lent_size += bytes.len() as u64;
            }
        }
        self.placed += 1;
        true
    }
}

/// The columns of a list.
pub(super) struct Columns {
    origin: Origin,
    rows: usize,
    names: Vec<String>,
    pub(super) columns: Vec<Column>,
}

impl Columns {
    unsafe fn of_rows(items: *mut PyObject, rows: usize) -> Option<Columns> {
        // SAFETY: as in `Packer::table`.
        unsafe {
            let keys = Keys::of((api().list_get)(items, 0))?;
            // What is not uniform mostly shows in a few rows, of which the last is one.
            let mut classes = vec![api().none; keys.names.len()];
            for look in 0..=LOOKS {
                let item = (api().list_get)(items, ((rows - 1) * look / LOOKS) as isize);
                keys.each(item, |index, value| {
                    let class = api().class_of(value);
                    let known = &mut classes[index];
                    if value != api().none && *known == api().none {
                        *known = class;
                    }
                    value == api().none || *known == class
                })?;
            }
            let mut columns: Vec<Column> = keys.names.iter().map(|_| Column::new(rows)).collect();
            for row in 0..rows {
                let item = (api().list_get)(items, row as isize);
                keys.each(item, |index, value| columns[index].add(value))?;
            }
            columns.iter_mut().for_each(Column::finish);
            // Values of no type take a bit each; a table of nothing else is none.
            let any = columns.iter().any(|column| !matches!(column.values, Values::None));
            any.then_some(Columns { origin: Origin::Rows, rows, names: keys.names, columns })
        }
    }

    /// Of a list that no other code changes meanwhile.
    pub(super) unsafe fn of_list(items: *mut PyObject, rows: usize) -> Option<Columns> {
        let mut column = Column::new(rows);
        for row in 0..rows {
            // SAFETY: as in `Packer::table`.
            let added = unsafe { column.add((api().list_get)(items, row as isize)) };
            added.then_some(())?;
        }
        column.finish();
        Some(Columns { origin: Origin::List, rows, names: vec![String::new()], columns: vec![column] })
    }
}

/// The keys of the first dict.
struct Keys {
    objects: Vec<*mut PyObject>,
    names: Vec<String>,
}

impl Keys {
    /// `None` when a table cannot have them: other objects than texts, names of references, which are to be found.
    unsafe fn of(row: *mut PyObject) -> Option<Keys> {
        let api = api();
        let mut keys = Keys { objects: Vec::new(), names: Vec::new() };
        let (mut at, mut key, mut value) = (0, std::ptr::null_mut(), std::ptr::null_mut());
        // SAFETY: a dict that lives as long as the call.
        unsafe {
            while (api.dict_next)(row, &mut at, &mut key, &mut value) != 0 {
                let name = (api.class_of(key) == api.text_type).then(|| text_of(key))??;
                if keys.names.len() == WIDE || name.contains('\0') || name.starts_with(REF) {
                    return None;
                }
                keys.objects.push(key);
                keys.names.push(name.to_owned());
            }
        }
        (!keys.names.is_empty()).then_some(keys)
    }

    /// Hands `take` each value of a dict that has just these keys; `None` when it has others, or `take` says no.
    unsafe fn each(
        &self,
        row: *mut PyObject,
        mut take: impl FnMut(usize, *mut PyObject) -> bool,
    ) -> Option<()> {
        let api = api();
        let (mut at, mut key, mut value) = (0, std::ptr::null_mut(), std::ptr::null_mut());
        // SAFETY: an object that lives as long as the call.
        unsafe {
            if api.class_of(row) != api.dict_type || (api.dict_size)(row) != self.objects.len() as isize {
                return None;
            }
            let mut index = 0;
            while (api.dict_next)(row, &mut at, &mut key, &mut value) != 0 {
                let same = key == *self.objects.get(index)?
                    || api.class_of(key) == api.text_type && text_of(key)? == self.names[index];
                if !same || !take(index, value) {
                    return None;
                }
                index += 1;
            }
            Some(())
        }
    }
}

/// The text of a str; `None` when it is none in UTF-8, as with a lone surrogate.
#[inline]
pub(super) unsafe fn text_of<'a>(text: *mut PyObject) -> Option<&'a str> {
    let mut len = 0;
    // SAFETY: a str, says the caller, which keeps its UTF-8; the failure is ours.
    unsafe {
        let start = (api().utf8)(text, &mut len);
        if start.is_null() {
            (api().clear_failure)();
            return None;
        }
        Some(std::str::from_utf8_unchecked(std::slice::from_raw_parts(start.cast(), len as usize)))
    }
}

/// The values under one key.
pub(super) struct Column {
    rows: usize,
    len: usize,
    nulls: usize,
    /// Which are there; empty as long as all are.
    validity: Vec<u8>,
    values: Values,
}

enum Values {
    /// Nothing but None so far.
    None,
    Bool(Vec<u8>),
    Int(Vec<i64>),
    Float(Vec<f64>),
    Date(Vec<i32>),
    Time(times::Kind, Vec<i64>),
    /// Texts that come again.
    Codes(Vec<i32>, Box<Known>),
    Text(Texts),
}

/// Texts that were met, by the object first: the same one comes again and again.
struct Known {
    texts: Dictionary,
    /// The last object of those whose addresses end alike, and the number of its text.
    objects: Box<[(*mut PyObject, u32); OBJECTS]>,
}

const OBJECTS: usize = 2048;

impl Known {
    fn new() -> Known {
        Known { texts: Dictionary::default(), objects: Box::new([(std::ptr::null_mut(), 0); OBJECTS]) }
    }

    /// The number of a text of an object that was met not long ago.
    #[inline]
    fn met(&self, text: *mut PyObject) -> Option<u32> {
        let (object, code) = self.objects[Known::place(text)];
        (object == text).then_some(code)
    }

    /// The number of a text; `None` when it is none, or there can be no more of them.
    unsafe fn code(&mut self, text: *mut PyObject) -> Option<u32> {
        // SAFETY: as the caller says.
        let code = self.texts.code(unsafe { text_of(text)? }.as_bytes())?;
        self.objects[Known::place(text)] = (text, code);
        Some(code)
    }

    /// Where an object is remembered. Objects lie at multiples of their size.
    #[inline]
    fn place(object: *mut PyObject) -> usize {
        let spread = (object.addr() as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        (spread >> (64 - OBJECTS.ilog2())) as usize
    }
}

impl Column {
    fn new(rows: usize) -> Column {
        Column { rows, len: 0, nulls: 0, validity: Vec::new(), values: Values::None }
    }

    /// Room for the values, of which those before were None.
    fn begin<T: Clone + Default>(&self) -> Vec<T> {
        let mut values = Vec::with_capacity(self.rows);
        values.resize(self.len, T::default());
        values
    }

    /// Takes the next value; false when it does not go with those before.
    #[inline(always)]
    unsafe fn add(&mut self, value: *mut PyObject) -> bool {
        let api = api();
        // SAFETY: an object that lives as long as the call.
        unsafe {
            let class = api.class_of(value);
            match &mut self.values {
                Values::Float(values) if class == api.float_type => values.push((api.float_as)(value)),
                Values::Codes(codes, known) if class == api.text_type => match known.met(value) {
                    Some(code) => codes.push(code as i32),
                    None => return self.add_any(value),
                },
                Values::Text(texts) if class == api.text_type => match text_of(value) {
                    Some(text) if texts.push(text.as_bytes()) => {}
                    _ => return false,
                },
                _ => return self.add_any(value),
            }
        }
        self.there();
        true
    }

    /// Takes any value.
    unsafe fn add_any(&mut self, value: *mut PyObject) -> bool {
        let api = api();
        // SAFETY: an object that lives as long as the call.
        unsafe {
            let class = api.class_of(value);
            if class == api.float_type {
                if matches!(self.values, Values::None) {
                    self.values = Values::Float(self.begin());
                }
                let Values::Float(values) = &mut self.values else { return false };
                values.push((api.float_as)(value));
            } else if class == api.text_type {
                if !self.add_text(value) {
                    return false;
                }
            } else if class == api.int_type {
                if matches!(self.values, Values::None) {
                    self.values = Values::Int(self.begin());
                }
                let Values::Int(values) = &mut self.values else { return false };
                let mut overflow: c_int = 0;
                let number = (api.signed_as)(value, &mut overflow);
                if overflow != 0 {
                    return false;
                }
                values.push(number);
            } else if value == api.none {
                return self.add_none();
            } else if value == api.true_object || value == api.false_object {
                if matches!(self.values, Values::None) {
                    self.values = Values::Bool(vec![0; self.rows.div_ceil(8)]);
                }
                let Values::Bool(bits) = &mut self.values else { return false };
                bits[self.len / 8] |= u8::from(value == api.true_object) << (self.len % 8);
            } else if !self.add_time(value, class) {
                return false;
            }
        }
        self.there();
        true
    }

    unsafe fn add_time(&mut self, value: *mut PyObject, class: *mut PyObject) -> bool {
        // SAFETY: an object of the type, says the caller.
        let Some((kind, number)) = (unsafe { times::number(value, class) }) else { return false };
        if matches!(self.values, Values::None) {
            self.values = match kind {
                times::Kind::Date => Values::Date(self.begin()),
                kind => Values::Time(kind, self.begin()),
            };
        }
        match &mut self.values {
            Values::Date(days) if kind == times::Kind::Date => days.push(number as i32),
            Values::Time(known, numbers) if kind == *known => numbers.push(number),
            _ => return false,
        }
        true
    }

    unsafe fn add_text(&mut self, text: *mut PyObject) -> bool {
        if matches!(self.values, Values::None) {
            self.values = Values::Codes(self.begin(), Box::new(Known::new()));
        }
        match &mut self.values {
            Values::Codes(codes, known) => {
                // SAFETY: as the caller says.
                if let Some(code) = unsafe { known.code(text) } {
                    codes.push(code as i32);
                    return !known.texts.is_too_large(codes.len()) || self.spell_out();
                }
                // SAFETY: as the caller says.
                unsafe { self.spell_out() && self.add_text(text) }
            }
            Values::Text(texts) => {
                // SAFETY: as the caller says.
                let Some(text) = (unsafe { text_of(text) }) else { return false };
                texts.push(text.as_bytes())
            }
            _ => false,
        }
    }

    /// Notes that the value is there.
    #[inline]
    fn there(&mut self) {
        if !self.validity.is_empty() {
            self.validity[self.len / 8] |= 1 << (self.len % 8);
        }
        self.len += 1;
    }

    fn add_none(&mut self) -> bool {
        if self.validity.is_empty() {
            self.validity = vec![0; self.rows.div_ceil(8)];
            for index in 0..self.len {
                self.validity[index / 8] |= 1 << (index % 8);
            }
        }
        match &mut self.values {
            Values::None | Values::Bool(_) => {}
            Values::Int(values) | Values::Time(_, values) => values.push(0),
            Values::Date(days) => days.push(0),
            Values::Float(values) => values.push(0.0),
            Values::Codes(codes, _) => codes.push(0),
            Values::Text(texts) => return texts.push(b"") && self.count_none(),
        }
        self.count_none()
    }

    fn count_none(&mut self) -> bool {
        self.nulls += 1;
        self.len += 1;
        true
    }

    fn is_there(&self, index: usize) -> bool {
        self.validity.is_empty() || self.validity[index / 8] >> (index % 8) & 1 == 1
    }

    /// Writes each text instead of the number of one that came before; false when they are too long.
    fn spell_out(&mut self) -> bool {
        let Values::Codes(codes, known) = &self.values else { return true };
        let mut texts = Texts::with_room(self.rows);
        // The one that comes now is there and not counted yet.
        let all = codes.iter().enumerate().all(|(index, code)| {
            let there = index >= self.len || self.is_there(index);
            texts.push(if there { known.texts.texts().get(*code as usize) } else { b"" })
        });
        texts.reserve_as_before(self.rows - codes.len());
        self.values = Values::Text(texts);
        all
    }

    /// All values are there: texts that come less than twice each are written as they are.
    fn finish(&mut self) {
        if let Values::Codes(codes, known) = &self.values
            && known.texts.is_no_use(codes.len())
        {
            self.spell_out();
        }
    }

    pub(super) fn field<'a>(&'a self, name: &'a str) -> Field<'a> {
        let (format, offsets, data): (&str, &[u8], &[u8]) = match &self.values {
            Values::None => ("n", &[], &[]),
            Values::Bool(bits) => ("b", &[], bits),
            Values::Int(values) => ("l", &[], bytes(values)),
            Values::Date(days) => (times::Kind::Date.format(), &[], bytes(days)),
            Values::Time(kind, values) => (kind.format(), &[], bytes(values)),
            Values::Float(values) => ("g", &[], bytes(values)),
            Values::Codes(codes, _) => ("i", &[], bytes(codes)),
            Values::Text(texts) => ("u", bytes(texts.ends()), texts.bytes()),
        };
        let dictionary = match &self.values {
            Values::Codes(_, known) => Some(Box::new(Field {
                format: "u",
                length: known.texts.texts().len() as u64,
                buffers: Buffers {
                    offsets: bytes(known.texts.texts().ends()),
                    data: known.texts.texts().bytes(),
                    ..Buffers::default()
                },
                ..Field::default()
            })),
            _ => None,
        };
        let validity: &[u8] = if matches!(self.values, Values::None) { &[] } else { &self.validity };
        Field {
            name,
            format,
            flags: NULLABLE,
            length: self.rows as u64,
            nulls: self.nulls as u64,
            buffers: Buffers { validity, offsets, data },
            dictionary,
            ..Field::default()
        }
    }
}

/// Flag of Arrow's: nil is allowed.
const NULLABLE: u32 = 2;

/// The bytes of numbers.
fn bytes<T: Number>(numbers: &[T]) -> &[u8] {
    // SAFETY: numbers have no padding, and any of their bytes is one.
    unsafe { std::slice::from_raw_parts(numbers.as_ptr().cast(), size_of_val(numbers)) }
}

trait Number: Copy {}
impl Number for i32 {}
impl Number for u32 {}
impl Number for i64 {}
impl Number for f64 {}
