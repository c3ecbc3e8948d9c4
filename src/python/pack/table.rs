//! Long lists of dicts with the same keys, and long lists of texts, as tables: smaller, and read in place by every language.
//!
//! A list becomes one when that loses nothing: the dicts have the same keys in the same order, and the values under each
//! are of one of the types `bool`, `int` (of 64 bits), `float` and `str`, or None. All others stay as they are.

use super::super::api::{PyObject, api};
use super::Packer;
use crate::document::table::{Buffers, Field, Layout, Origin, lay_out};
use crate::reference::REF;
use std::collections::HashMap;
use std::ffi::c_int;
use std::hash::{BuildHasherDefault, Hasher};

/// A list of fewer is not worth the head of a table.
const LONG: isize = 64;
/// Columns of a table at most.
const WIDE: usize = 4096;
/// Offsets have 31 bits.
const MOST_TEXT: usize = i32::MAX as usize;
/// So many values are looked at before texts that hardly ever come again are written as they are.
const FIRST_LOOK: usize = 512;
const SECOND_LOOK: usize = 4096;

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
                Built::of_rows(items, rows as usize)
            } else if class == api.text_type {
                Built::of_list(items, rows as usize)
            } else {
                None
            };
            Some(built.is_some_and(|built| self.write_table(&built)))
        }
    }

    fn write_table(&mut self, built: &Built) -> bool {
        let columns: Vec<Field> =
            built.columns.iter().zip(&built.names).map(|(column, name)| column.field(name)).collect();
        let layout = Layout { origin: built.origin, rows: built.rows as u64, metadata: &[], columns };
        let Ok((fixed, buffers)) = lay_out(self.position() as usize, &layout) else {
            return false;
        };
        let out = &mut self.done.out;
        let size = fixed.len() + buffers.iter().map(|(zeros, bytes)| zeros + bytes.len()).sum::<usize>();
        if out.try_reserve(size).is_err() {
            return false;
        }
        out.extend_from_slice(&fixed);
        for (zeros, bytes) in buffers {
            out.resize(out.len() + zeros, 0);
            out.extend_from_slice(bytes);
        }
        self.placed += 1;
        true
    }
}

/// The columns of a list.
struct Built {
    origin: Origin,
    rows: usize,
    names: Vec<String>,
    columns: Vec<Column>,
}

impl Built {
    unsafe fn of_rows(items: *mut PyObject, rows: usize) -> Option<Built> {
        // SAFETY: as in `Packer::table`.
        unsafe {
            let keys = Keys::of((api().list_get)(items, 0))?;
            // What is not uniform mostly shows at once.
            for row in [rows / 2, rows - 1] {
                keys.each((api().list_get)(items, row as isize), |_, _| true)?;
            }
            let mut columns: Vec<Column> = keys.names.iter().map(|_| Column::new(rows)).collect();
            for row in 0..rows {
                let item = (api().list_get)(items, row as isize);
                keys.each(item, |index, value| columns[index].add(value))?;
            }
            columns.iter_mut().for_each(Column::finish);
            // Values of no type take a bit each; a table of nothing else is none.
            let any = columns.iter().any(|column| !matches!(column.values, Values::None));
            any.then_some(Built { origin: Origin::Rows, rows, names: keys.names, columns })
        }
    }

    unsafe fn of_list(items: *mut PyObject, rows: usize) -> Option<Built> {
        let mut column = Column::new(rows);
        for row in 0..rows {
            // SAFETY: as in `Packer::table`.
            let added = unsafe { column.add((api().list_get)(items, row as isize)) };
            added.then_some(())?;
        }
        column.finish();
        Some(Built { origin: Origin::List, rows, names: vec![String::new()], columns: vec![column] })
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
unsafe fn text_of<'a>(text: *mut PyObject) -> Option<&'a str> {
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
struct Column {
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
    /// Texts that come again.
    Codes(Vec<i32>, Box<Known>),
    Text(Texts),
}

/// Texts one after the other.
#[derive(Default)]
struct Texts {
    ends: Vec<u32>,
    bytes: Vec<u8>,
}

impl Texts {
    fn with_room(count: usize) -> Texts {
        let mut ends = Vec::with_capacity(count + 1);
        ends.push(0);
        Texts { ends, bytes: Vec::new() }
    }

    #[inline]
    fn push(&mut self, text: &[u8]) -> bool {
        self.bytes.extend_from_slice(text);
        self.ends.push(self.bytes.len() as u32);
        self.bytes.len() <= MOST_TEXT
    }

    fn get(&self, index: usize) -> &[u8] {
        &self.bytes[self.ends[index] as usize..self.ends[index + 1] as usize]
    }

    fn len(&self) -> usize {
        self.ends.len() - 1
    }
}

/// Texts that were met, by the object first: the same one comes again and again.
struct Known {
    texts: Texts,
    objects: HashMap<usize, i32, BuildHasherDefault<ByAddress>>,
    codes: HashMap<Box<[u8]>, i32>,
    last: (*mut PyObject, i32),
}

/// So many objects are remembered; texts of others are compared.
const MOST_OBJECTS: usize = 8192;

/// Addresses of objects are all different, and multiples of 16.
#[derive(Default)]
struct ByAddress(u64);

impl Hasher for ByAddress {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, _: &[u8]) {}

    fn write_usize(&mut self, address: usize) {
        self.0 = (address as u64 >> 4).wrapping_mul(0x9e37_79b9_7f4a_7c15).rotate_left(20);
    }
}

impl Known {
    fn new() -> Known {
        Known {
            texts: Texts::with_room(0),
            objects: HashMap::default(),
            codes: HashMap::new(),
            last: (std::ptr::null_mut(), 0),
        }
    }

    /// The number of a text; `None` when it is none.
    #[inline]
    unsafe fn code(&mut self, text: *mut PyObject) -> Option<i32> {
        if self.last.0 == text {
            return Some(self.last.1);
        }
        let code = match self.objects.get(&text.addr()) {
            Some(code) => *code,
            None => {
                // SAFETY: as the caller says.
                let bytes = unsafe { text_of(text)? }.as_bytes();
                let code = match self.codes.get(bytes) {
                    Some(code) => *code,
                    None => {
                        let code = self.texts.len() as i32;
                        self.texts.push(bytes).then_some(())?;
                        self.codes.insert(bytes.into(), code);
                        code
                    }
                };
                if self.objects.len() < MOST_OBJECTS {
                    self.objects.insert(text.addr(), code);
                }
                code
            }
        };
        self.last = (text, code);
        Some(code)
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
    #[inline]
    unsafe fn add(&mut self, value: *mut PyObject) -> bool {
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
            } else {
                return false;
            }
        }
        self.there();
        true
    }

    unsafe fn add_text(&mut self, text: *mut PyObject) -> bool {
        if matches!(self.values, Values::None) {
            self.values = Values::Codes(self.begin(), Box::new(Known::new()));
        }
        match &mut self.values {
            Values::Codes(codes, known) => {
                // SAFETY: as the caller says.
                let Some(code) = (unsafe { known.code(text) }) else { return false };
                codes.push(code);
                let (met, distinct) = (codes.len(), known.texts.len());
                let is_many = met == FIRST_LOOK && distinct * 8 > met * 7
                    || met >= SECOND_LOOK && met % SECOND_LOOK == 0 && distinct * 2 > met;
                !is_many || self.spell_out()
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
            Values::Int(values) => values.push(0),
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
            texts.push(if there { known.texts.get(*code as usize) } else { b"" })
        });
        self.values = Values::Text(texts);
        all
    }

    /// All values are there: texts that come less than twice each are written as they are.
    fn finish(&mut self) {
        if let Values::Codes(codes, known) = &self.values
            && known.texts.len() * 2 > codes.len()
        {
            self.spell_out();
        }
    }

    fn field<'a>(&'a self, name: &'a str) -> Field<'a> {
        let (format, offsets, data): (&str, &[u8], &[u8]) = match &self.values {
            Values::None => ("n", &[], &[]),
            Values::Bool(bits) => ("b", &[], bits),
            Values::Int(values) => ("l", &[], bytes(values)),
            Values::Float(values) => ("g", &[], bytes(values)),
            Values::Codes(codes, _) => ("i", &[], bytes(codes)),
            Values::Text(texts) => ("u", bytes(&texts.ends), &texts.bytes),
        };
        let dictionary = match &self.values {
            Values::Codes(_, known) => Some(Box::new(Field {
                format: "u",
                length: known.texts.len() as u64,
                buffers: Buffers {
                    offsets: bytes(&known.texts.ends),
                    data: &known.texts.bytes,
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
