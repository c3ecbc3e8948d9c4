//! Tables that are written: columns with what they lie in.

use crate::error::{Error, ErrorKind, Result};
use crate::ffi::{Column, Origin, Table};
use crate::input::Kept;
use crate::segment::{Dtype, Element, Unit};
use std::fmt;
use std::sync::Arc;

/// What a column lies in: bytes of somebody else's, or its own.
#[derive(Clone, Default)]
pub(crate) enum Buffer<'a> {
    #[default]
    None,
    Borrowed(&'a [u8]),
    Owned(Arc<dyn AsRef<[u8]> + Send + Sync>),
}

/// Items of its own as bytes.
struct Items<T>(Vec<T>);

impl<T: Element> AsRef<[u8]> for Items<T> {
    fn as_ref(&self) -> &[u8] {
        bytemuck::cast_slice(&self.0)
    }
}

impl<'a> Buffer<'a> {
    fn owned<T: Element>(items: Vec<T>) -> Buffer<'static> {
        Buffer::Owned(Arc::new(Items(items)))
    }

    fn borrowed(bytes: &'a [u8]) -> Buffer<'a> {
        if bytes.is_empty() { Buffer::None } else { Buffer::Borrowed(bytes) }
    }

    pub(crate) fn bytes(&self) -> &[u8] {
        match self {
            Buffer::None => &[],
            Buffer::Borrowed(bytes) => bytes,
            Buffer::Owned(bytes) => (**bytes).as_ref(),
        }
    }

    fn into_owned(self) -> Buffer<'static> {
        match self {
            Buffer::None => Buffer::None,
            Buffer::Borrowed(bytes) => Buffer::owned(bytes.to_vec()),
            Buffer::Owned(bytes) => Buffer::Owned(bytes),
        }
    }
}

/// Bits of bools, the lowest of a byte first.
fn bits_of(bools: impl ExactSizeIterator<Item = bool>) -> Vec<u8> {
    let mut bits = vec![0; bools.len().div_ceil(8)];
    bools.enumerate().for_each(|(at, set)| bits[at / 8] |= u8::from(set) << (at % 8));
    bits
}

/// Nil is allowed: a flag of Arrow's.
const NULLABLE: u32 = 2;

/// A column that is to be written: its values are its own, or borrowed for `'a`. Cheap to clone.
///
/// ```
/// use dishtayantra::{Columns, Field};
///
/// # fn made() -> dishtayantra::Result<()> {
/// let px = Field::numbers("px", vec![1.5, 2.5, 4.0]).present(&[true, false, true])?;
/// let symbol = Field::coded("symbol", vec![1, 0, 1], &["AB", "XYZ"])?;
/// let trades = Columns::rows(vec![px, symbol]);
/// # let _ = trades;
/// # Ok(())
/// # }
/// # made().unwrap();
/// ```
#[derive(Clone, Default)]
pub struct Field<'a> {
    pub(crate) name: String,
    pub(crate) format: String,
    pub(crate) length: usize,
    pub(crate) nulls: usize,
    pub(crate) flags: u32,
    pub(crate) validity: Buffer<'a>,
    pub(crate) data: Buffer<'a>,
    pub(crate) offsets: Buffer<'a>,
    pub(crate) metadata: Buffer<'a>,
    pub(crate) dictionary: Option<Arc<Field<'a>>>,
    pub(crate) children: Vec<Field<'a>>,
}

impl Field<'static> {
    fn made(name: &str, format: impl Into<String>, length: usize, data: Buffer<'static>) -> Field<'static> {
        let (name, format) = (name.to_owned(), format.into());
        Field { name, format, length, data, flags: NULLABLE, ..Field::default() }
    }

    /// Numbers.
    pub fn numbers<T: Element>(name: &str, values: Vec<T>) -> Field<'static> {
        Field::made(name, format_of::<T>(), values.len(), Buffer::owned(values))
    }

    /// Bools.
    pub fn bools(name: &str, values: &[bool]) -> Field<'static> {
        Field::made(name, "b", values.len(), Buffer::owned(bits_of(values.iter().copied())))
    }

    /// Texts. Fails with [`TooLarge`](ErrorKind::TooLarge) over 2 GiB.
    pub fn texts<S: AsRef<str>>(name: &str, texts: &[S]) -> Result<Field<'static>> {
        let (mut all, mut ends) = (Vec::new(), Vec::with_capacity(texts.len() + 1));
        ends.push(0_i32);
        for text in texts {
            all.extend_from_slice(text.as_ref().as_bytes());
            let end = i32::try_from(all.len()).map_err(|_| {
                Error::new(ErrorKind::TooLarge, format!("column {name:?} has over 2 GiB of text"))
            })?;
            ends.push(end);
        }
        let offsets = Buffer::owned(ends);
        Ok(Field { offsets, ..Field::made(name, "u", texts.len(), Buffer::owned(all)) })
    }

    /// Texts as indices in those that there are, from 0; a negative one is nil. Fails with
    /// [`InvalidArgument`](ErrorKind::InvalidArgument) for an index beyond them.
    pub fn coded<S: AsRef<str>>(name: &str, codes: Vec<i32>, texts: &[S]) -> Result<Field<'static>> {
        if let Some(code) = codes.iter().find(|&&code| code >= 0 && code as usize >= texts.len()) {
            let count = texts.len();
            return Err(Error::invalid(format!("column {name:?}: index {code} of {count} texts")));
        }
        let there: Vec<bool> = codes.iter().map(|&code| code >= 0).collect();
        let field = Field::numbers(name, codes.into_iter().map(|code| code.max(0)).collect());
        let dictionary = Some(Arc::new(Field::texts("", texts)?));
        Field { dictionary, ..field }.present(&there)
    }

    /// Points in time, counted from 1970-01-01T00:00 UTC in seconds or finer; with a zone they are instants that people there
    /// see by its clocks, without one dates and times of nowhere. Fails with
    /// [`InvalidArgument`](ErrorKind::InvalidArgument) for other units.
    pub fn times(name: &str, counts: Vec<i64>, unit: Unit, zone: Option<&str>) -> Result<Field<'static>> {
        let zone = zone.unwrap_or_default();
        if zone.contains('\0') {
            return Err(Error::invalid(format!("column {name:?}: {zone:?} is no time zone")));
        }
        let format = format!("ts{}:{zone}", letter(name, unit)?);
        Ok(Field { format, ..Field::numbers(name, counts) })
    }

    /// Spans of time in seconds or finer. Fails with [`InvalidArgument`](ErrorKind::InvalidArgument) for other units.
    pub fn spans(name: &str, counts: Vec<i64>, unit: Unit) -> Result<Field<'static>> {
        Ok(Field { format: format!("tD{}", letter(name, unit)?), ..Field::numbers(name, counts) })
    }

    /// Dates: days since 1970-01-01.
    pub fn dates(name: &str, days: Vec<i32>) -> Field<'static> {
        Field { format: "tdD".to_owned(), ..Field::numbers(name, days) }
    }
}

impl<'a> Field<'a> {
    /// Numbers where they are.
    pub fn borrowed<T: Element>(name: &str, values: &'a [T]) -> Field<'a> {
        let data = Buffer::borrowed(bytemuck::cast_slice(values));
        Field { data, ..Field::made(name, format_of::<T>(), values.len(), Buffer::None) }
    }

    /// Lists of the values of another column: the first has those from `ends[0]`, which is 0, to `ends[1]`, and so on.
    /// Fails with [`InvalidArgument`](ErrorKind::InvalidArgument) when the ends are none.
    pub fn lists(name: &str, ends: Vec<i32>, values: Field<'a>) -> Result<Field<'a>> {
        let whole = ends.first() == Some(&0) && ends.last().map(|&end| end as usize) == Some(values.length);
        if !whole || !ends.is_sorted() {
            let count = values.length;
            let what = format!("column {name:?}: lists of {count} values begin at 0, grow and end with them");
            return Err(Error::invalid(what));
        }
        let length = ends.len() - 1;
        let offsets = Buffer::owned(ends);
        Ok(Field { offsets, children: vec![values], ..Field::made(name, "+l", length, Buffer::None) })
    }

    /// Maps of the values of other columns, which are of one length.
    pub fn structs(name: &str, fields: Vec<Field<'a>>) -> Field<'a> {
        let length = fields.first().map_or(0, Field::len);
        Field { children: fields, ..Field::made(name, "+s", length, Buffer::None) }
    }

    /// A column of a table as it is, where it is. Fails with [`Corrupt`](ErrorKind::Corrupt) when its texts end where there is
    /// nothing.
    pub fn of(column: Column<'_, 'a>) -> Result<Field<'a>> {
        let parts = column.parts()?;
        let dictionary = column.dictionary()?.map(Field::of).transpose()?.map(Arc::new);
        let children =
            (0..column.children()).map(|at| Field::of(column.child(at)?)).collect::<Result<_>>()?;
        Ok(Field {
            name: column.name().to_owned(),
            format: column.format().to_owned(),
            length: column.len(),
            nulls: column.null_count(),
            flags: parts.flags,
            validity: Buffer::borrowed(parts.validity),
            data: Buffer::borrowed(column.data()),
            offsets: Buffer::borrowed(parts.offsets),
            metadata: Buffer::borrowed(parts.metadata),
            dictionary,
            children,
        })
    }

    /// The same, nil where `there` says false. Fails with [`InvalidArgument`](ErrorKind::InvalidArgument) when it says that of
    /// more or fewer values than there are.
    pub fn present(self, there: &[bool]) -> Result<Field<'a>> {
        if there.len() != self.length {
            let (name, length, given) = (self.name, self.length, there.len());
            return Err(Error::invalid(format!("column {name:?} has {length} values, not {given}")));
        }
        let nulls = there.iter().filter(|there| !**there).count();
        let validity = match nulls {
            0 => Buffer::None,
            _ => Buffer::owned(bits_of(there.iter().copied())),
        };
        Ok(Field { validity, nulls, ..self })
    }

    /// The same under another name.
    pub fn named(self, name: &str) -> Field<'a> {
        Field { name: name.to_owned(), ..self }
    }

    /// Its name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// How many values there are.
    pub fn len(&self) -> usize {
        self.length
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.length == 0
    }

    fn into_owned(self) -> Field<'static> {
        Field {
            name: self.name,
            format: self.format,
            length: self.length,
            nulls: self.nulls,
            flags: self.flags,
            validity: self.validity.into_owned(),
            data: self.data.into_owned(),
            offsets: self.offsets.into_owned(),
            metadata: self.metadata.into_owned(),
            dictionary: self.dictionary.map(|texts| Arc::new((*texts).clone().into_owned())),
            children: self.children.into_iter().map(Field::into_owned).collect(),
        }
    }
}

impl fmt::Debug for Field<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Field")
            .field("name", &self.name)
            .field("format", &self.format)
            .field("len", &self.length)
            .finish_non_exhaustive()
    }
}

/// The format of Arrow's that numbers of a type have.
fn format_of<T: Element>() -> &'static str {
    match T::DTYPE {
        Dtype::Int8 => "c",
        Dtype::Uint8 => "C",
        Dtype::Int16 => "s",
        Dtype::Uint16 => "S",
        Dtype::Int32 => "i",
        Dtype::Uint32 => "I",
        Dtype::Int64 => "l",
        Dtype::Uint64 => "L",
        Dtype::Float32 => "f",
        _ => "g",
    }
}

fn letter(name: &str, unit: Unit) -> Result<char> {
    match unit {
        Unit::Second => Ok('s'),
        Unit::Millisecond => Ok('m'),
        Unit::Microsecond => Ok('u'),
        Unit::Nanosecond => Ok('n'),
        _ => Err(Error::invalid(format!("column {name:?}: times are counted in seconds to nanoseconds"))),
    }
}

/// A table that is to be written: columns of one length, and what its reader gets in Python: a dict of the columns, or a
/// list of dicts. Cheap to clone.
#[derive(Clone)]
pub struct Columns<'a> {
    pub(crate) origin: Origin,
    pub(crate) rows: usize,
    pub(crate) fields: Vec<Field<'a>>,
    pub(crate) metadata: Buffer<'a>,
    /// The same as its reader has it, once it was asked for.
    read: Arc<Kept>,
}

impl<'a> Columns<'a> {
    /// Columns that are columns in Python as well.
    pub fn new(fields: Vec<Field<'a>>) -> Columns<'a> {
        let rows = fields.first().map_or(0, Field::len);
        Columns { origin: Origin::Columns, rows, fields, metadata: Buffer::None, read: Arc::default() }
    }

    /// Columns that are a list of dicts in Python.
    pub fn rows(fields: Vec<Field<'a>>) -> Columns<'a> {
        Columns { origin: Origin::Rows, ..Columns::new(fields) }
    }

    /// The same, to its reader what it was made of: of a list, which has one column without a name, a list; of a frame, a
    /// frame of that library.
    pub fn made_of(self, origin: Origin) -> Columns<'a> {
        Columns { origin, read: Arc::default(), ..self }
    }

    /// A table as it is, where it is. Fails as [`Field::of`] does.
    pub fn of(table: Table<'_, 'a>) -> Result<Columns<'a>> {
        let fields = (0..table.columns()).map(|at| Field::of(table.column_at(at)?)).collect::<Result<_>>()?;
        let metadata = Buffer::borrowed(table.metadata());
        Ok(Columns { origin: table.origin()?, rows: table.rows(), metadata, ..Columns::new(fields) })
    }

    /// The columns.
    pub fn fields(&self) -> &[Field<'a>] {
        &self.fields
    }

    /// The same, borrowed from nobody.
    pub fn into_owned(self) -> Columns<'static> {
        let fields = self.fields.into_iter().map(Field::into_owned).collect();
        let metadata = self.metadata.into_owned();
        Columns { origin: self.origin, rows: self.rows, metadata, ..Columns::new(fields) }
    }

    /// The same as its reader has it, in memory. Fails with [`InvalidArgument`](ErrorKind::InvalidArgument) when the columns
    /// do not go together.
    pub fn table(&self) -> Result<Table<'_, '_>> {
        self.read.written("", |writer| writer.table(self.clone().into_owned()).map(|_| ()))
    }
}

impl fmt::Debug for Columns<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut told = f.debug_struct("Columns");
        told.field("origin", &self.origin).field("rows", &self.rows);
        told.field("fields", &self.fields).finish_non_exhaustive()
    }
}
