//! What calculators compute on: doubles with a shape, in place where they lie as such.

use crate::error::{Error, Result};
use crate::ffi::{Node, Type};
use crate::npy::Array;
use crate::segment::{Dtype, Element, Segment, cast};
use std::fmt;
use std::sync::Arc;

/// Levels of lists at most; more than any segment has dimensions.
const MOST_DIMENSIONS: usize = 32;
const MOST_EMPTY_LISTS: usize = 1 << 20;

/// An n-dimensional array of doubles: borrowed for `'a` where they lie, or shared with whoever else holds them. Cheap to
/// clone; the elements never change.
#[derive(Clone)]
pub struct Numbers<'a> {
    elements: Elements<'a>,
    shape: Vec<usize>,
    fortran_order: bool,
    is_list: bool,
}

#[derive(Clone)]
enum Elements<'a> {
    Borrowed(&'a [f64]),
    Shared(Arc<dyn AsRef<[f64]> + Send + Sync>),
}

impl fmt::Debug for Numbers<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut told = formatter.debug_struct("Numbers");
        told.field("shape", &self.shape).field("fortran_order", &self.fortran_order);
        told.field("is_list", &self.is_list).field("slice", &self.slice()).finish()
    }
}

impl<'a> Numbers<'a> {
    /// Elements in place. Fails with [`InvalidArgument`](crate::ErrorKind::InvalidArgument) when `shape` does not hold
    /// them.
    pub fn borrowed(elements: &'a [f64], shape: Vec<usize>) -> Result<Numbers<'a>> {
        require_shape(elements.len(), &shape)?;
        Ok(Numbers { elements: Elements::Borrowed(elements), shape, fortran_order: false, is_list: false })
    }

    /// Elements that somebody owns, a `Vec<f64>` say. Fails as [`borrowed`](Numbers::borrowed) does.
    pub fn shared(
        elements: impl AsRef<[f64]> + Send + Sync + 'static,
        shape: Vec<usize>,
    ) -> Result<Numbers<'static>> {
        require_shape(elements.as_ref().len(), &shape)?;
        let elements = Elements::Shared(Arc::new(elements));
        Ok(Numbers { elements, shape, fortran_order: false, is_list: false })
    }

    /// Elements as the nearest doubles, in one dimension.
    pub fn converted<T: Element>(elements: &[T]) -> Numbers<'static> {
        let elements: Vec<f64> = elements.iter().map(|element| element.to_f64()).collect();
        Numbers::from(elements)
    }

    /// A stored array: in place when its items are float64, else converted (integers, bool, float32, either byte order).
    /// Fails with [`InvalidArgument`](crate::ErrorKind::InvalidArgument) for any other dtype.
    pub fn of_array(array: &Array<'a>) -> Result<Numbers<'a>> {
        let numbers = match array.dtype() {
            Some(dtype) if array.big_endian() => Numbers::of_big_endian_items(dtype, array.bytes())?,
            Some(dtype) => Numbers::of_items(dtype, array.bytes())?,
            None => {
                let descr = array.descr();
                return Err(Error::invalid(format!(
                    "elements of dtype '{descr}' are not numbers this side converts"
                )));
            }
        };
        let numbers = numbers.reshaped(lengths(array.shape())?)?;
        Ok(if array.fortran_order() { numbers.in_fortran_order() } else { numbers })
    }

    /// A segment: in place when its items are float64, else converted. Fails with
    /// [`InvalidArgument`](crate::ErrorKind::InvalidArgument) for times.
    pub fn of_segment(segment: &Segment<'a>) -> Result<Numbers<'a>> {
        let numbers =
            Numbers::of_items(segment.dtype(), segment.bytes())?.reshaped(lengths(segment.shape())?)?;
        numbers.listed(segment.is_list())
    }

    /// An array of a document: a segment as above; bytes, taken as float64, and nested lists, in which a bool is 0 or 1,
    /// are copied; a single number is an array without dimensions. Fails with
    /// [`InvalidArgument`](crate::ErrorKind::InvalidArgument) when rows differ in length, items are not numbers or
    /// bytes do not divide.
    pub fn of_node(node: Node<'_, 'a>) -> Result<Numbers<'a>> {
        match node.kind()? {
            Type::Bytes => Numbers::of_raw(node.bytes()?),
            Type::Segment => Numbers::of_segment(&node.segment()?),
            _ => {
                let shape = shape_of(node)?;
                let mut elements = Vec::new();
                match shape.is_empty() {
                    true => elements.push(number_of(node)?),
                    false => append_numbers(node, &shape, 0, &mut elements)?,
                }
                Numbers::shared(elements, shape)?.as_list()
            }
        }
    }

    /// Bytes taken as float64: in place when they are aligned, else copied. Fails with
    /// [`InvalidArgument`](crate::ErrorKind::InvalidArgument) when they do not divide.
    pub fn of_raw(bytes: &'a [u8]) -> Result<Numbers<'a>> {
        if !bytes.len().is_multiple_of(size_of::<f64>()) {
            let len = bytes.len();
            return Err(Error::invalid(format!("{len} raw bytes are no whole number of float64")));
        }
        Numbers::of_items(Dtype::Float64, bytes)
    }

    /// Little-endian items in one dimension: in place when they are doubles and aligned, else the nearest doubles. Fails
    /// with [`InvalidArgument`](crate::ErrorKind::InvalidArgument) for times.
    pub fn of_items(dtype: Dtype, bytes: &'a [u8]) -> Result<Numbers<'a>> {
        Ok(match dtype {
            Dtype::Float64 => match cast::<f64>(bytes) {
                Ok(elements) => Numbers::borrowed(elements, vec![elements.len()])?,
                Err(_) => convert::<f64>(bytes),
            },
            Dtype::Float32 => convert::<f32>(bytes),
            Dtype::Int8 => convert::<i8>(bytes),
            Dtype::Bool | Dtype::Uint8 => convert::<u8>(bytes),
            Dtype::Int16 => convert::<i16>(bytes),
            Dtype::Uint16 => convert::<u16>(bytes),
            Dtype::Int32 => convert::<i32>(bytes),
            Dtype::Uint32 => convert::<u32>(bytes),
            Dtype::Int64 => convert::<i64>(bytes),
            Dtype::Uint64 => convert::<u64>(bytes),
            Dtype::Datetime64(_) | Dtype::Timedelta64(_) => {
                return Err(Error::invalid(format!(
                    "items of {} are not numbers this side converts",
                    dtype.name()
                )));
            }
        })
    }

    /// The same of big-endian items, which are converted.
    pub fn of_big_endian_items(dtype: Dtype, bytes: &[u8]) -> Result<Numbers<'static>> {
        let mut swapped = bytes.to_vec();
        swapped.chunks_exact_mut(dtype.item_size()).for_each(<[u8]>::reverse);
        Numbers::of_items(dtype, &swapped).map(Numbers::into_owned)
    }

    /// The same elements in another shape. Fails with [`InvalidArgument`](crate::ErrorKind::InvalidArgument) when it
    /// does not hold them.
    pub fn reshaped(self, shape: Vec<usize>) -> Result<Numbers<'a>> {
        require_shape(self.len(), &shape)?;
        Ok(Numbers { shape, ..self })
    }

    /// The same, told that the first index varies fastest.
    pub fn in_fortran_order(self) -> Numbers<'a> {
        Numbers { fortran_order: true, ..self }
    }

    /// The same, told that they came as lists and are to be answered as lists. Fails with
    /// [`InvalidArgument`](crate::ErrorKind::InvalidArgument) when there are no elements and over 1,048,576 empty lists
    /// would stand for them.
    pub fn as_list(self) -> Result<Numbers<'a>> {
        self.listed(true)
    }

    /// The same, lists or not. Fails as [`as_list`](Numbers::as_list) does.
    pub fn listed(self, is_list: bool) -> Result<Numbers<'a>> {
        if is_list {
            require_few_lists(&self.shape)?;
        }
        Ok(Numbers { is_list, ..self })
    }

    /// The elements in storage order.
    pub fn slice(&self) -> &[f64] {
        match &self.elements {
            Elements::Borrowed(elements) => elements,
            Elements::Shared(elements) => (**elements).as_ref(),
        }
    }

    /// How many elements there are.
    pub fn len(&self) -> usize {
        self.slice().len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The length of each dimension; empty: a scalar.
    pub fn shape(&self) -> &[usize] {
        &self.shape
    }

    /// The first index varies fastest, not the last.
    pub fn fortran_order(&self) -> bool {
        self.fortran_order
    }

    /// Whether they came as lists and are to be answered as lists.
    pub fn is_list(&self) -> bool {
        self.is_list
    }

    /// The same array with the last index varying fastest: itself, or a rearranged copy.
    pub fn c_order(self) -> Numbers<'a> {
        if !self.fortran_order || self.shape.len() < 2 {
            return Numbers { fortran_order: false, ..self };
        }
        let from = self.slice();
        let mut index = vec![0; self.shape.len()];
        let rearranged: Vec<f64> = (0..from.len())
            .map(|_| {
                let at = self.shape.iter().zip(&index).rev().fold(0, |at, (length, i)| at * length + i);
                for (i, length) in index.iter_mut().zip(&self.shape).rev() {
                    *i += 1;
                    if i != length {
                        break;
                    }
                    *i = 0;
                }
                from[at]
            })
            .collect();
        Numbers { elements: Elements::Shared(Arc::new(rearranged)), fortran_order: false, ..self }
    }

    /// The same, borrowed from nobody: what is borrowed is copied.
    pub fn into_owned(self) -> Numbers<'static> {
        let elements = match self.elements {
            Elements::Borrowed(elements) => Elements::Shared(Arc::new(elements.to_vec())),
            Elements::Shared(elements) => Elements::Shared(elements),
        };
        Numbers { elements, shape: self.shape, fortran_order: self.fortran_order, is_list: self.is_list }
    }
}

impl From<Vec<f64>> for Numbers<'_> {
    /// One dimension.
    fn from(elements: Vec<f64>) -> Self {
        let shape = vec![elements.len()];
        Numbers {
            elements: Elements::Shared(Arc::new(elements)),
            shape,
            fortran_order: false,
            is_list: false,
        }
    }
}

fn require_shape(elements: usize, shape: &[usize]) -> Result<()> {
    match shape.iter().try_fold(1_usize, |product, length| product.checked_mul(*length)) {
        Some(product) if product == elements => Ok(()),
        _ => Err(Error::invalid(format!("{elements} elements do not have the shape {shape:?}"))),
    }
}

/// A few bytes of a shape without elements announce any number of lists.
fn require_few_lists(shape: &[usize]) -> Result<()> {
    let Some(outer) = shape.iter().position(|length| *length == 0) else { return Ok(()) };
    match shape[..outer].iter().try_fold(1_usize, |lists, length| lists.checked_mul(*length)) {
        Some(lists) if lists <= MOST_EMPTY_LISTS => Ok(()),
        _ => Err(Error::invalid(format!("more than {MOST_EMPTY_LISTS} empty lists in shape {shape:?}"))),
    }
}

fn lengths(shape: &[u64]) -> Result<Vec<usize>> {
    // A dimension of an empty array may be longer than any memory.
    let length = |length: &u64| {
        usize::try_from(*length).map_err(|_| Error::invalid(format!("a dimension of {length} elements")))
    };
    shape.iter().map(length).collect()
}

/// Items that may lie anywhere.
fn convert<T: Element>(bytes: &[u8]) -> Numbers<'static> {
    let items = bytes.chunks_exact(size_of::<T>());
    Numbers::from(items.map(|item| bytemuck::pod_read_unaligned::<T>(item).to_f64()).collect::<Vec<_>>())
}

/// A number: one of MessagePack's own, a bool as 0 or 1, or a segment without dimensions.
pub(crate) fn number_of(node: Node<'_, '_>) -> Result<f64> {
    match node.kind()? {
        Type::Segment => {}
        Type::Bool => return Ok(f64::from(u8::from(node.bool()?))),
        _ => return node.double(),
    }
    let segment = node.segment()?;
    if !segment.shape().is_empty() {
        return Err(Error::invalid(format!("an array of {} items is no number", segment.len())));
    }
    Ok(Numbers::of_segment(&segment)?.slice()[0])
}

/// The lengths of nested arrays, level by level down to the first number; a segment among them has its own.
fn shape_of(node: Node<'_, '_>) -> Result<Vec<usize>> {
    let mut shape = Vec::new();
    let mut level = node;
    loop {
        match level.kind()? {
            Type::Array => shape.push(level.count()?),
            Type::Segment => shape.extend(lengths(level.segment()?.shape())?),
            _ => {}
        }
        if shape.len() > MOST_DIMENSIONS {
            return Err(Error::invalid(format!("lists nested in more than {MOST_DIMENSIONS} levels")));
        }
        if level.kind()? != Type::Array || shape.last() == Some(&0) {
            return Ok(shape);
        }
        level = level.at(0)?;
    }
}

/// Appends the numbers of nested arrays, each level as long as `shape` says. Segments stand for the levels they have.
fn append_numbers(node: Node<'_, '_>, shape: &[usize], level: usize, out: &mut Vec<f64>) -> Result<()> {
    let kind = node.kind()?;
    if kind == Type::Segment {
        let numbers = Numbers::of_segment(&node.segment()?)?;
        if numbers.shape() == &shape[level..] {
            out.extend_from_slice(numbers.slice());
            return Ok(());
        }
    }
    if kind != Type::Array || node.count()? != shape[level] {
        let level = level + 1;
        return Err(Error::invalid(format!(
            "nested lists of numbers must have equal lengths in level {level}"
        )));
    }
    if level + 1 < shape.len() {
        return node.items()?.try_for_each(|item| append_numbers(item?.value, shape, level + 1, out));
    }
    match node.numbers() {
        Ok(row) => out.extend(row),
        // Some may be bools, or segments without dimensions.
        Err(_) => node.items()?.try_for_each(|item| {
            out.push(number_of(item?.value)?);
            Ok(())
        })?,
    }
    Ok(())
}
