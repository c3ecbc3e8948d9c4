//! What a payload means, for people and as JSON.

mod array;
mod arrow;
mod column;
mod document;

use dishtayantra_lmdb::error::{Error, Status};
use dishtayantra_lmdb::format::{Format, npy};
use dishtayantra_lmdb::store::View;
use serde_json::{Map, Value, json};

use crate::entry::envelope;
use crate::list::age_ms;
use crate::out::print;
use crate::report::as_line;
use crate::text::{size, table, time};
use crate::{Failure, key};

/// Values inside one another that are shown.
const DEEPEST: usize = 24;
/// Characters of a text that are shown.
const LONGEST: usize = 400;

/// A part of a payload.
pub enum Shown {
    /// A value in one word or line, as JSON has it.
    Plain(Value),
    /// Something in words of our own: an extension, a time.
    Words(String),
    /// Bytes.
    Bytes(usize, Vec<u8>),
    /// Values in a row, as many as are shown; how many there are.
    List(Vec<Shown>, usize),
    /// Names with values, as many as are shown; how many there are.
    Map(Vec<(String, Shown)>, usize),
    /// An array of numbers or times.
    Array(array::Array),
    /// A table.
    Table(arrow::Table),
}

/// Prints an entry.
pub fn run(database: &str, view: &View, limit: usize, as_json: bool) -> Result<(), Failure> {
    let value = decoded(view, limit)?;
    if !as_json {
        return print(&text(database, view, &value));
    }
    let mut row = envelope(database, view);
    row["value"] = value.json();
    print(&as_line(&row))
}

/// Envelope and payload as text, a line or more for each.
pub fn text(database: &str, view: &View, value: &Shown) -> String {
    let info = view.info();
    let life = if info.ttl_ms == 0 { "until it is deleted".to_owned() } else { time(info.ttl_ms) };
    let mut text = format!(
        "{}\ndatabase {}, {}, {}, put {} ago, lives {life}\n",
        key::shown(view.key()),
        key::shown(database.as_bytes()),
        info.format,
        size(info.size),
        time(age_ms(info.created_ns)),
    );
    for (name, value) in [("from", view.source()), ("to", view.target()), ("exchange", view.txn_id())] {
        if !value.is_empty() {
            text += &format!("{name} {}  ", key::shown(value.as_bytes()));
        }
    }
    text.truncate(text.trim_end().len());
    text += "\n\n";
    value.write(&mut text, 0);
    text.truncate(text.trim_end().len());
    text.push('\n');
    text
}

/// What the payload of a view is; `limit` values of each list, map, array and table.
///
/// # Errors
/// The payload is not what its format says.
pub fn decoded(view: &View, limit: usize) -> Result<Shown, Failure> {
    let bytes = view.bytes();
    let wrong = |what: String| {
        let what = format!("entry \"{}\" is no {}: {what}", key::shown(view.key()), view.info().format);
        Error::new(Status::Corrupt, what)
    };
    match view.info().format {
        Format::Json => match serde_json::from_slice(bytes) {
            Ok(value) => Ok(of_json(value, limit)),
            Err(error) => Err(wrong(error.to_string()).into()),
        },
        Format::Msgpack => Ok(document::decoded(bytes, limit).map_err(|error| wrong(error.to_string()))?),
        Format::Raw => Ok(of_bytes(bytes)),
        Format::Numpy => Ok(Shown::Array(array::of_npy(&npy::of_view(view)?, limit))),
        Format::Arrow => {
            Ok(Shown::Table(arrow::decoded(bytes, limit).map_err(|error| wrong(error.to_string()))?))
        }
    }
}

/// Whether a payload is an Arrow IPC stream to its end.
pub fn is_table(bytes: &[u8]) -> Result<(), Failure> {
    arrow::decoded(bytes, 0)?;
    Ok(())
}

fn of_json(value: Value, limit: usize) -> Shown {
    match value {
        Value::Array(items) => {
            let count = items.len();
            Shown::List(items.into_iter().take(limit).map(|item| of_json(item, limit)).collect(), count)
        }
        Value::Object(fields) => {
            let count = fields.len();
            let shown = fields.into_iter().take(limit).map(|(name, value)| (name, of_json(value, limit)));
            Shown::Map(shown.collect(), count)
        }
        plain => Shown::Plain(plain),
    }
}

/// Bytes, as text when they are text.
fn of_bytes(bytes: &[u8]) -> Shown {
    let head = &bytes[..bytes.len().min(4 * LONGEST)];
    match str::from_utf8(bytes) {
        Ok(text) if !head.contains(&0) => Shown::Plain(text.into()),
        _ => Shown::Bytes(bytes.len(), bytes[..bytes.len().min(64)].to_vec()),
    }
}

impl Shown {
    fn is_short(&self) -> bool {
        match self {
            Shown::Plain(_) | Shown::Words(_) | Shown::Bytes(..) => true,
            Shown::List(items, _) => {
                items.iter().all(|item| matches!(item, Shown::Plain(value) if !value.is_string()))
            }
            Shown::Map(fields, _) => fields.is_empty(),
            Shown::Array(_) | Shown::Table(_) => false,
        }
    }

    fn write(&self, text: &mut String, depth: usize) {
        let indent = "  ".repeat(depth);
        match self {
            Shown::List(items, count) if !self.is_short() => {
                if depth >= DEEPEST {
                    *text += &format!("{indent}[ {count} values ]\n");
                    return;
                }
                for (index, item) in items.iter().enumerate() {
                    item.field(text, depth, &format!("[{index}]"));
                }
                more(text, &indent, items.len(), *count);
            }
            Shown::Map(fields, count) if !fields.is_empty() => {
                if depth >= DEEPEST {
                    *text += &format!("{indent}{{ {count} fields }}\n");
                    return;
                }
                for (name, value) in fields {
                    value.field(text, depth, &key::shown(name.as_bytes()));
                }
                more(text, &indent, fields.len(), *count);
            }
            Shown::Array(array) => {
                for line in array.lines() {
                    *text += &format!("{indent}{line}\n");
                }
            }
            Shown::Table(found) => {
                *text += &format!("{indent}table of {} rows, {} columns\n", found.rows, found.columns.len());
                let header: Vec<String> =
                    found.columns.iter().map(|(name, kind)| format!("{name}\n{kind}")).collect();
                let header: Vec<&str> = header.iter().map(String::as_str).collect();
                let cell = |cell: &Option<String>| cell.clone().unwrap_or_else(|| "null".to_owned());
                let rows = found.head.iter().map(|row| row.iter().map(cell).collect()).collect();
                let lines = table(&header, &[], rows);
                lines.lines().for_each(|line| *text += &format!("{indent}{line}\n"));
                more(text, &indent, found.head.len(), found.rows);
            }
            short => *text += &format!("{indent}{}\n", short.word()),
        }
    }

    fn field(&self, text: &mut String, depth: usize, name: &str) {
        let indent = "  ".repeat(depth);
        if self.is_short() {
            *text += &format!("{indent}{name}: {}\n", self.word());
        } else {
            *text += &format!("{indent}{name}:\n");
            self.write(text, depth + 1);
        }
    }

    /// A short value in a line.
    fn word(&self) -> String {
        match self {
            Shown::Plain(Value::String(text)) => format!("\"{}\"", shortened(text)),
            Shown::Plain(value) => value.to_string(),
            Shown::Words(words) => shortened(words),
            Shown::Bytes(length, head) => {
                let dots = if head.len() < *length { " …" } else { "" };
                format!("{} bytes: {}{dots}", length, key::hex(head))
            }
            Shown::List(items, count) => {
                let words: Vec<_> = items.iter().map(Shown::word).collect();
                let dots = if items.len() < *count { format!(", … {count} in all") } else { String::new() };
                format!("[{}{dots}]", words.join(", "))
            }
            Shown::Map(..) => "{}".to_owned(),
            Shown::Array(_) | Shown::Table(_) => String::new(),
        }
    }

    /// For JSON. What is left out is told by a count beside it.
    fn json(&self) -> Value {
        match self {
            Shown::Plain(value) => value.clone(),
            Shown::Words(words) => json!({"text": words}),
            Shown::Bytes(length, head) => json!({"bytes": length, "head_hex": key::hex(head)}),
            Shown::List(items, count) => {
                let shown: Vec<Value> = items.iter().map(Shown::json).collect();
                if shown.len() == *count { shown.into() } else { json!({"count": count, "head": shown}) }
            }
            Shown::Map(fields, count) => {
                let shown: Map<_, _> =
                    fields.iter().map(|(name, value)| (name.clone(), value.json())).collect();
                if fields.len() == *count { shown.into() } else { json!({"count": count, "head": shown}) }
            }
            Shown::Array(array) => array.json(),
            Shown::Table(found) => {
                let columns = found.columns.iter().map(|(name, kind)| json!({"name": name, "type": kind}));
                json!({"rows": found.rows, "columns": columns.collect::<Vec<_>>(), "head": found.head})
            }
        }
    }
}

fn more(text: &mut String, indent: &str, shown: usize, count: usize) {
    if shown < count {
        *text += &format!("{indent}… {} more\n", count - shown);
    }
}

fn shortened(text: &str) -> String {
    match text.char_indices().nth(LONGEST) {
        Some((end, _)) => {
            format!("{} … {} characters", key::shown(&text.as_bytes()[..end]), text.chars().count())
        }
        None => key::shown(text.as_bytes()),
    }
}
