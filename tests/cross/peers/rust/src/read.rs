//! Compares a payload with what it should hold.

use crate::content::{self, Column, Floats, Ints, Longs, Marks};
use crate::request::{Outcome, Request, said};
use crate::tables;
use crate::write::document;
use dishtayantra::{Format, Node, Type, View};
use serde_json::{Value, json};

/// Where something lies in this process.
pub fn place(name: &str, bytes: &[u8]) -> Value {
    json!({"name": name, "address": bytes.as_ptr().addr(), "bytes": bytes.len()})
}

pub fn require(condition: bool, what: impl Into<String>) -> Outcome<()> {
    if condition { Ok(()) } else { Err(what.into()) }
}

/// A reader of one payload, and which arrays it used in place.
pub struct Reading<'r> {
    request: &'r Request,
    pub arrays: Vec<Value>,
}

impl<'r> Reading<'r> {
    pub fn new(request: &'r Request) -> Reading<'r> {
        Reading { request, arrays: Vec::new() }
    }

    /// Fails with what is not as it should be.
    pub fn read(&mut self, view: &View) -> Outcome<()> {
        let count = self.request.count;
        match self.request.format.as_str() {
            "json" => {
                require(view.format() == Format::Json, "no json")?;
                let found: Value = serde_json::from_slice(view.bytes()).map_err(said)?;
                require(found == document(self.request), "the document differs")
            }
            "msgpack" => {
                let document = view.document().map_err(said)?;
                self.plain(document.root(), 2)?;
                self.listed::<Floats>(document.root(), |node| node.double())?;
                self.listed::<Longs>(document.root(), |node| node.int64())
            }
            "segments" => {
                let document = view.document().map_err(said)?;
                self.plain(document.root(), 4)?;
                self.segment::<Marks>(document.root(), &[2 * count as u64 + 1])?;
                self.segment::<Floats>(document.root(), &[count as u64])?;
                self.segment::<Ints>(document.root(), &[count as u64])?;
                self.segment::<Longs>(document.root(), &[count as u64, 1])
            }
            "raw" => self.items::<Longs>(view.slice().map_err(said)?, count),
            "numpy" | "Fortran numpy" => {
                let array = view.array().map_err(said)?;
                require(array.shape() == [count as u64, 2], format!("shape {:?}", array.shape()))?;
                // Without an item both orders are one.
                let is_fortran = self.request.format != "numpy";
                require(count == 0 || array.fortran_order() == is_fortran, "another order")?;
                self.items::<Floats>(array.slice().map_err(said)?, 2 * count)
            }
            "table" => {
                let document = view.document().map_err(said)?;
                let node = document.root().get("table").map_err(said)?;
                tables::read(self.request, node, &mut self.arrays)
            }
            _ => self.stream(view),
        }
    }

    fn items<C: Column>(&mut self, found: &[C::Item], count: usize) -> Outcome<()> {
        self.arrays.push(place(C::NAME, bytemuck::cast_slice(found)));
        require(found.len() == count, format!("{} has {} items", C::NAME, found.len()))?;
        let wrong = found.iter().enumerate().find(|(i, item)| **item != C::at(self.request.seed, *i));
        match wrong {
            None => Ok(()),
            Some((i, item)) => {
                Err(format!("{}[{i}] is {item:?}, not {:?}", C::NAME, C::at(self.request.seed, i)))
            }
        }
    }

    fn segment<C: Column>(&mut self, root: Node<'_, '_>, shape: &[u64]) -> Outcome<()> {
        let segment = root.get(C::NAME).and_then(Node::segment).map_err(said)?;
        require(segment.shape() == shape, format!("{} has shape {:?}", C::NAME, segment.shape()))?;
        require(!segment.is_list() && !segment.is_scalar(), format!("{} is no array", C::NAME))?;
        self.items::<C>(segment.slice().map_err(said)?, segment.len())
    }

    fn listed<C: Column>(
        &self,
        root: Node<'_, '_>,
        get: fn(Node<'_, '_>) -> dishtayantra::Result<C::Item>,
    ) -> Outcome<()> {
        let list = root.get(C::NAME).map_err(said)?;
        require(list.kind().map_err(said)? == Type::Array, format!("{} is no list", C::NAME))?;
        let mut count = 0;
        for (i, item) in list.items().map_err(said)?.enumerate() {
            let found = get(item.map_err(said)?.value).map_err(said)?;
            require(found == C::at(self.request.seed, i), format!("{}[{i}] is {found:?}", C::NAME))?;
            count += 1;
        }
        require(count == self.request.count, format!("{} has {count} items", C::NAME))
    }

    /// What a document holds beside `columns` columns.
    fn plain(&self, root: Node<'_, '_>, columns: usize) -> Outcome<()> {
        let expected = || -> dishtayantra::Result<bool> {
            let nested = root.get("nested")?;
            let tags = nested.get("tags")?;
            let mut same = root.count()? == 6 + columns && tags.count()? == content::TAGS.len();
            for (i, tag) in content::TAGS.into_iter().enumerate() {
                same &= tags.at(i)?.string()? == tag;
            }
            Ok(same
                && root.get("name")?.string()? == content::NAME
                && root.get("none")?.kind()? == Type::Nil
                && root.get("yes")?.bool()?
                && root.get("ratio")?.double()? == content::RATIO
                && root.get("seed")?.uint64()? == self.request.seed
                && nested.get("least")?.int64()? == i64::MIN
                && nested.get("most")?.int64()? == i64::MAX)
        };
        require(expected().map_err(said)?, "what is beside the columns differs")
    }

    fn stream(&mut self, view: &View) -> Outcome<()> {
        require(view.format() == Format::Arrow, "no arrow")?;
        let [head, between, tail] = self.request.frame()?;
        let column = 8 * self.request.count;
        let bytes = view.bytes();
        let size = head.len() + column + between.len() + column + tail.len();
        require(bytes.len() == size, format!("a stream of {} bytes", bytes.len()))?;
        let (found_head, rest) = bytes.split_at(head.len());
        let (floats, rest) = rest.split_at(column);
        let (found_between, rest) = rest.split_at(between.len());
        let (longs, found_tail) = rest.split_at(column);
        require(found_head == head && found_between == between && found_tail == tail, "the frame differs")?;
        self.items::<Floats>(bytemuck::try_cast_slice(floats).map_err(said)?, self.request.count)?;
        self.items::<Longs>(bytemuck::try_cast_slice(longs).map_err(said)?, self.request.count)
    }
}
