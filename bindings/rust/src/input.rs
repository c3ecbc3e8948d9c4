//! What calculators compute on: named numbers, arrays and texts, wherever they lie.

use crate::entry::Format;
use crate::error::{Error, ErrorKind, Result};
use crate::ffi::{Document, Node, Origin, Table, Type, View, Writer, wire};
use crate::numbers::Numbers;
use crate::value::{Map, Value};
use std::collections::HashMap;
use std::sync::OnceLock;

/// Named numbers, arrays and texts. A payload that is one array has it under the name "values". Any number of threads
/// may read an input.
///
/// What is there but of another type fails with [`ErrorKind::InvalidArgument`]; what is absent, or nil, is `None`.
pub trait Input: Send + Sync {
    /// The array under `name`, in place if it can be.
    fn find_numbers(&self, name: &str) -> Result<Option<Numbers<'_>>>;

    /// The number under `name`.
    fn find_number(&self, name: &str) -> Result<Option<f64>>;

    /// The text under `name`.
    fn find_text(&self, name: &str) -> Result<Option<String>>;

    /// Whether what is under `name` is true.
    fn find_flag(&self, name: &str) -> Result<Option<bool>>;

    /// The texts under `name`: those of a list, or a single one.
    fn find_texts(&self, name: &str) -> Result<Option<Vec<String>>> {
        Ok(self.find_text(name)?.map(|text| vec![text]))
    }

    /// The table under `name`: rows, which are a list of maps with the same keys, or columns, which are a map of lists. It
    /// has the same columns whether they came as a table, which then is used in place, or as plain values.
    fn find_table(&self, name: &str) -> Result<Option<Table<'_, '_>>> {
        let _ = name;
        Ok(None)
    }

    /// The names there are; none when the payload is no mapping, but one value under "values".
    fn names(&self) -> Result<Option<Vec<String>>> {
        Ok(None)
    }

    /// The fields of the protocol that say something of references, by name and text, from an implementation that gathers
    /// them at once; none from one that is asked name by name. See [`references_of`](crate::calculator::references_of).
    fn protocol(&self) -> Result<Option<Vec<(String, String)>>> {
        Ok(None)
    }

    /// The array under `name`. Fails with [`ErrorKind::InvalidArgument`] when there is none: nothing computes on a
    /// missing input.
    fn numbers(&self, name: &str) -> Result<Numbers<'_>> {
        given(name, self.find_numbers(name)?)
    }

    /// The number under `name`, which must be there, as for [`numbers`](Input::numbers).
    fn number(&self, name: &str) -> Result<f64> {
        given(name, self.find_number(name)?)
    }

    /// The text under `name`, which must be there, as for [`numbers`](Input::numbers).
    fn text(&self, name: &str) -> Result<String> {
        given(name, self.find_text(name)?)
    }

    /// Whether what is under `name` is true, which must be there, as for [`numbers`](Input::numbers).
    fn flag(&self, name: &str) -> Result<bool> {
        given(name, self.find_flag(name)?)
    }

    /// The texts under `name`, which must be there, as for [`numbers`](Input::numbers).
    fn texts(&self, name: &str) -> Result<Vec<String>> {
        given(name, self.find_texts(name)?)
    }

    /// The table under `name`, which must be there, as for [`numbers`](Input::numbers).
    fn table(&self, name: &str) -> Result<Table<'_, '_>> {
        given(name, self.find_table(name)?)
    }
}

/// Documents that an input keeps as long as it lives, by name. Asked again, they are there.
#[derive(Debug, Default)]
pub struct Kept(OnceLock<Box<Link>>);

#[derive(Debug)]
struct Link {
    name: String,
    document: Document<'static>,
    next: Kept,
}

impl Kept {
    /// The document of a name, which `make` makes unless it is there.
    pub(crate) fn document<'s>(
        &'s self,
        name: &str,
        make: impl FnOnce() -> Result<Document<'static>>,
    ) -> Result<&'s Document<'s>> {
        if let Some(found) = self.get(name) {
            return Ok(found);
        }
        let mut link = Box::new(Link { name: name.to_owned(), document: make()?, next: Kept::default() });
        let mut place = self;
        while let Err(back) = place.0.set(link) {
            link = back;
            // It has one, which is why it took no other.
            place = place.0.get().map_or(place, |taken| &taken.next);
        }
        Ok(self.get(name).expect("put there just now"))
    }

    fn get<'s>(&'s self, name: &str) -> Option<&'s Document<'s>> {
        let mut place = self;
        while let Some(link) = place.0.get() {
            if link.name == name {
                return Some(&link.document);
            }
            place = &link.next;
        }
        None
    }

    /// The table of a name that is kept already.
    pub fn found(&self, name: &str) -> Result<Option<Table<'_, '_>>> {
        self.get(name).map(|document| document.root().table()).transpose()
    }

    /// The table of a name: unless one is kept, the one that a MessagePack value is, or can be made of.
    pub fn packed<'s>(
        &'s self,
        name: &str,
        payload: impl AsRef<[u8]> + Send + Sync + 'static,
    ) -> Result<Table<'s, 's>> {
        let document = self.document(name, || {
            let document = Document::of_owned(payload)?;
            let root = document.root();
            if root.is_table()? { Ok(document) } else { Document::table_of(root) }
        })?;
        document.root().table()
    }

    /// The table of a name in a document of its own, which `write` writes unless it is there.
    pub fn written<'s>(
        &'s self,
        name: &str,
        write: impl FnOnce(&mut Writer<'static>) -> Result<()>,
    ) -> Result<Table<'s, 's>> {
        let document = self.document(name, || {
            let mut writer = Writer::new()?;
            write(&mut writer)?;
            Document::of_owned(writer.data()?.to_vec())
        })?;
        document.root().table()
    }

    /// The table that plain values are.
    pub(crate) fn table_of<'s>(&'s self, name: &str, node: Node<'_, '_>) -> Result<Table<'s, 's>> {
        self.document(name, || Document::table_of(node))?.root().table()
    }
}

fn given<T>(name: &str, found: Option<T>) -> Result<T> {
    found.ok_or_else(|| Error::invalid(format!("the input has no '{name}'")))
}

/// A payload in a store: numpy and raw (float64) in place, msgpack through its document, segments in it in place when
/// they hold float64.
#[derive(Debug)]
pub struct ViewInput {
    view: View,
    /// The payload as a document, for tables that lie in it.
    document: Kept,
    /// Tables made of plain values.
    kept: Kept,
}

impl ViewInput {
    /// Fails with [`ErrorKind::BadFormat`] for formats that a calculator cannot read here (json, arrow), and for a payload
    /// that is itself a reference.
    pub fn new(view: View) -> Result<ViewInput> {
        match view.format() {
            Format::Msgpack if view.document()?.refers()? => {
                let what = "a reference, which is resolved in Python";
                Err(view.about(Error::new(ErrorKind::BadFormat, what)))
            }
            Format::Msgpack | Format::Numpy | Format::Raw => {
                Ok(ViewInput { view, kept: Kept::default(), document: Kept::default() })
            }
            other => {
                let message = "cannot be calculated on in Rust; msgpack, numpy and raw can";
                Err(view
                    .about(Error::new(ErrorKind::BadFormat, format!("format {} {message}", other.name()))))
            }
        }
    }

    /// Asks the value under `name`, if there is one.
    fn ask<'a, T>(&'a self, name: &str, read: impl FnOnce(Node<'_, 'a>) -> Result<T>) -> Result<Option<T>> {
        if self.view.format() != Format::Msgpack {
            return Ok(None);
        }
        ask_in(&self.view, &self.view.document()?, name, read)
    }
}

/// Whether the values of a document have names; a frame is one value. What begins as an extension and is a map is a table.
fn is_map(view: &View, root: Node<'_, '_>) -> Result<bool> {
    const EXTENSION: u8 = 0xc9;
    Ok(root.kind()? == Type::Map
        && (view.bytes().first() != Some(&EXTENSION) || root.table()?.origin()? == Origin::Columns))
}

/// Asks the value under `name` in a document, if there is one.
fn ask_in<'d, 'a, T>(
    view: &View,
    document: &'d Document<'a>,
    name: &str,
    read: impl FnOnce(Node<'d, 'a>) -> Result<T>,
) -> Result<Option<T>> {
    let root = document.root();
    let found = if is_map(view, root)? { root.try_get(name)? } else { (name == "values").then_some(root) };
    match found {
        Some(node) if node.kind()? != Type::Nil => {
            read(node).map(Some).map_err(|error| error.about(&format!("'{name}'")))
        }
        _ => Ok(None),
    }
}

impl Input for ViewInput {
    fn find_numbers(&self, name: &str) -> Result<Option<Numbers<'_>>> {
        match self.view.format() {
            Format::Msgpack => self.ask(name, Numbers::of_node),
            _ if name != "values" => Ok(None),
            Format::Numpy => Numbers::of_array(&self.view.array()?).map(Some),
            _ => Numbers::of_raw(self.view.bytes()).map(Some),
        }
    }

    fn find_number(&self, name: &str) -> Result<Option<f64>> {
        self.ask(name, |node| node.single())
    }

    fn find_text(&self, name: &str) -> Result<Option<String>> {
        self.ask(name, |node| node.string().map(str::to_owned))
    }

    fn find_flag(&self, name: &str) -> Result<Option<bool>> {
        self.ask(name, |node| node.bool())
    }

    fn find_texts(&self, name: &str) -> Result<Option<Vec<String>>> {
        self.ask(name, |node| match node.kind()? {
            Type::Array => node.items()?.map(|item| Ok(item?.value.string()?.to_owned())).collect(),
            _ => Ok(vec![node.string()?.to_owned()]),
        })
    }

    fn find_table(&self, name: &str) -> Result<Option<Table<'_, '_>>> {
        if self.view.format() != Format::Msgpack {
            return Ok(None);
        }
        let document = self.document.document("", || Document::keeping(&self.view))?;
        ask_in(&self.view, document, name, |node| {
            if node.kind()? == Type::Ext {
                return Err(Error::new(ErrorKind::BadFormat, "a value that only Python reads"));
            }
            if node.is_table()? { node.table() } else { self.kept.table_of(name, node) }
        })
    }

    fn names(&self) -> Result<Option<Vec<String>>> {
        if self.view.format() != Format::Msgpack {
            return Ok(None);
        }
        let document = self.view.document()?;
        if !is_map(&self.view, document.root())? {
            return Ok(None);
        }
        let mut names = Vec::new();
        for item in document.root().items()? {
            if let Some(key) = item?.key {
                names.push(key.string()?.to_owned());
            }
        }
        Ok(Some(names))
    }
}

/// Payloads that were merged, as one input. Each name is in one of them: of two values nothing tells which came last.
pub(crate) struct JoinedInput<'a> {
    parts: Vec<Box<dyn Input + 'a>>,
    /// In which of the parts a name is.
    places: HashMap<String, usize>,
}

impl<'a> JoinedInput<'a> {
    /// Fails with [`ErrorKind::InvalidArgument`] when a name occurs twice, or a payload among several is no mapping.
    pub(crate) fn new(parts: Vec<Box<dyn Input + 'a>>) -> Result<JoinedInput<'a>> {
        let mut places = HashMap::new();
        for (at, part) in parts.iter().enumerate() {
            let Some(names) = part.names()? else {
                return Err(Error::invalid("a payload that is no mapping was merged with others"));
            };
            for name in names {
                if places.insert(name.clone(), at).is_some() {
                    return Err(Error::invalid(format!(
                        "'{name}' is in two of the mappings that were merged"
                    )));
                }
            }
        }
        Ok(JoinedInput { parts, places })
    }

    fn with(&self, name: &str) -> Option<&(dyn Input + 'a)> {
        self.places.get(name).map(|at| &*self.parts[*at])
    }
}

impl Input for JoinedInput<'_> {
    fn find_numbers(&self, name: &str) -> Result<Option<Numbers<'_>>> {
        self.with(name).map_or(Ok(None), |part| part.find_numbers(name))
    }

    fn find_number(&self, name: &str) -> Result<Option<f64>> {
        self.with(name).map_or(Ok(None), |part| part.find_number(name))
    }

    fn find_text(&self, name: &str) -> Result<Option<String>> {
        self.with(name).map_or(Ok(None), |part| part.find_text(name))
    }

    fn find_flag(&self, name: &str) -> Result<Option<bool>> {
        self.with(name).map_or(Ok(None), |part| part.find_flag(name))
    }

    fn find_texts(&self, name: &str) -> Result<Option<Vec<String>>> {
        self.with(name).map_or(Ok(None), |part| part.find_texts(name))
    }

    fn find_table(&self, name: &str) -> Result<Option<Table<'_, '_>>> {
        self.with(name).map_or(Ok(None), |part| part.find_table(name))
    }

    fn names(&self) -> Result<Option<Vec<String>>> {
        Ok(Some(self.places.keys().cloned().collect()))
    }
}

/// What lies beside references: the same input without the names of the protocol.
pub(crate) struct Beside<'a>(pub(crate) &'a dyn Input);

impl Input for Beside<'_> {
    fn find_numbers(&self, name: &str) -> Result<Option<Numbers<'_>>> {
        self.0.find_numbers(name)
    }

    fn find_number(&self, name: &str) -> Result<Option<f64>> {
        self.0.find_number(name)
    }

    fn find_text(&self, name: &str) -> Result<Option<String>> {
        self.0.find_text(name)
    }

    fn find_flag(&self, name: &str) -> Result<Option<bool>> {
        self.0.find_flag(name)
    }

    fn find_texts(&self, name: &str) -> Result<Option<Vec<String>>> {
        self.0.find_texts(name)
    }

    fn find_table(&self, name: &str) -> Result<Option<Table<'_, '_>>> {
        self.0.find_table(name)
    }

    fn names(&self) -> Result<Option<Vec<String>>> {
        let own = |name: &String| !name.starts_with("_lmdb_") && name != wire::TXN_ID;
        Ok(self.0.names()?.map(|names| names.into_iter().filter(own).collect()))
    }
}

/// A map of the caller's, say a configuration.
#[derive(Debug, Clone)]
pub struct MapInput<'a>(pub Map<'a>);

impl MapInput<'_> {
    fn find(&self, name: &str) -> Option<&Value<'_>> {
        let found = self.0.iter().find(|(key, _)| key == name).map(|(_, value)| value);
        found.filter(|value| !matches!(value, Value::Nil))
    }
}

fn wrong<T>(name: &str, what: &str) -> Result<Option<T>> {
    Err(Error::invalid(format!("'{name}' is no {what}")))
}

impl Input for MapInput<'_> {
    fn find_numbers(&self, name: &str) -> Result<Option<Numbers<'_>>> {
        match self.find(name) {
            None => Ok(None),
            Some(Value::Numbers(numbers)) => Ok(Some(numbers.clone())),
            Some(_) => wrong(name, "array"),
        }
    }

    fn find_number(&self, name: &str) -> Result<Option<f64>> {
        match self.find(name) {
            None => Ok(None),
            Some(Value::Float(value)) => Ok(Some(*value)),
            Some(Value::Int(value)) => Ok(Some(*value as f64)),
            Some(_) => wrong(name, "number"),
        }
    }

    fn find_text(&self, name: &str) -> Result<Option<String>> {
        match self.find(name) {
            None => Ok(None),
            Some(Value::Text(text)) => Ok(Some(text.clone())),
            Some(_) => wrong(name, "text"),
        }
    }

    fn find_flag(&self, name: &str) -> Result<Option<bool>> {
        match self.find(name) {
            None => Ok(None),
            Some(Value::Bool(value)) => Ok(Some(*value)),
            Some(_) => wrong(name, "bool"),
        }
    }

    fn find_table(&self, name: &str) -> Result<Option<Table<'_, '_>>> {
        match self.find(name) {
            None => Ok(None),
            Some(Value::Table(columns)) => columns.table().map(Some),
            Some(_) => wrong(name, "table"),
        }
    }

    fn names(&self) -> Result<Option<Vec<String>>> {
        Ok(Some(self.0.iter().map(|(name, _)| name.to_string()).collect()))
    }
}
