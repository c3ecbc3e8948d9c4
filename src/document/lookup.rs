//! Finding a value by its key, its index, or a path of both.

use super::head::Head;
use super::scalar::NOWHERE;
use super::table::VIRTUAL;
use super::{Document, Node, place};
use crate::error::{Error, Result, Status};

impl Document<'_> {
    /// The value that `path` leads to from `from`.
    ///
    /// A path is keys and indices separated by dots: `"a.b.0"`. In a map a step is a string key, in
    /// an array a decimal index from 0. The empty path is `from` itself. Keys that hold a dot are
    /// reached by [`Document::get`].
    ///
    /// # Errors
    /// `NotFound` naming the step that leads nowhere.
    pub fn find(&self, from: Node, path: &str) -> Result<Node> {
        let mut node = from;
        if path.is_empty() {
            return self.at_node(node).map(|_| node);
        }
        for step in path.split('.') {
            let found = match self.at_node(node)?.0 {
                Head::Map(_) => self.value_of(node, step)?,
                Head::Array(_) => match step.parse() {
                    Ok(index) => self.value_at(node, index)?,
                    Err(_) => None,
                },
                _ => None,
            };
            node = match found {
                Some(found) => found,
                None => return Err(self.nowhere(node, path, step)),
            };
        }
        Ok(node)
    }

    /// The value of the string key `key` in the map at `map`, taken literally; the first when the
    /// map holds it more than once.
    ///
    /// # Errors
    /// `NotFound` when the map does not hold the key.
    pub fn get(&self, map: Node, key: &str) -> Result<Node> {
        self.value_of(map, key)?.ok_or_else(|| {
            let what = format!("the map at byte {map} of the document has no key {key:?}");
            Error::new(Status::NotFound, what)
        })
    }

    /// The value at `index`, counted from 0, in the array at `array`. Costs a pass over the values before it, or from the
    /// last one that the thread asked for on; [`Document::iterate`] goes through all of them in one.
    ///
    /// # Errors
    /// `NotFound` when the array is shorter.
    pub fn at(&self, array: Node, index: usize) -> Result<Node> {
        self.value_at(array, index)?.ok_or_else(|| {
            let what = format!("the array at byte {array} of the document has no index {index}");
            Error::new(Status::NotFound, what)
        })
    }

    fn value_of(&self, map: Node, key: &str) -> Result<Option<Node>> {
        if map & VIRTUAL != 0 {
            let part = self.part_at(map)?;
            return match part.head()? {
                Head::Map(_) => part.value_of(key),
                other => Err(self.mismatch(map, other.kind(), "a map")),
            };
        }
        let (count, mut at) = match self.at_node(map)? {
            (Head::Map(_), NOWHERE) => {
                return self.part(map)?.map_or(Ok(None), |part| part.value_of(key));
            }
            (Head::Map(count), start) => (count, start),
            (other, _) => return Err(self.mismatch(map, other.kind(), "a map")),
        };
        for _ in 0..count {
            let found = match self.short_text(at) {
                Some(text) => (text == key.as_bytes()).then_some(at + 1 + text.len()),
                None => match self.head(at)? {
                    (Head::String(text), next) if text == key.as_bytes() => Some(next),
                    _ => None,
                },
            };
            if let Some(value) = found {
                self.head(value)?;
                return Ok(Some(value as Node));
            }
            // A key is any value, even a container.
            at = self.skip(at)?;
            at = self.skip(at)?;
        }
        Ok(None)
    }

    fn value_at(&self, array: Node, index: usize) -> Result<Option<Node>> {
        let (count, mut at) = match self.at_node(array)? {
            (Head::Array(count), start) => (count, start),
            (other, _) => return Err(self.mismatch(array, other.kind(), "an array")),
        };
        if index >= count {
            return Ok(None);
        }
        if at == NOWHERE {
            return self.part(array)?.map(|part| part.item(index)).transpose();
        }
        let mut from = 0;
        if let Some((known, place)) = place::before(self.id, array, index) {
            (from, at) = (known, place);
        }
        for _ in from..index {
            at = self.skip(at)?;
        }
        self.head(at)?;
        place::remember(self.id, array, index, at);
        Ok(Some(at as Node))
    }

    fn nowhere(&self, node: Node, path: &str, step: &str) -> Error {
        let holder = match self.at_node(node) {
            Ok((head, _)) => head.kind().phrase(),
            Err(error) => return error,
        };
        Error::new(
            Status::NotFound,
            format!(
                "the document has nothing at {path:?}: the value at byte {node} is {holder} and has no {step:?}"
            ),
        )
    }
}
