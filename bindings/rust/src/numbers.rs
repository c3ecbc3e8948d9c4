//! What calculators compute on: doubles with a shape, in place where they lie as such.

use crate::error::{Error, Result};
use crate::ffi::{Column, Node, to_doubles};
use crate::npy::Array;
use crate::segment::{Dtype, Element, Segment, cast};
use std::sync::Arc;

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

    /// A stored array: in place when its items are float64, else converted (integers, bool, float32, float16, either byte order).
    /// Fails with [`InvalidArgument`](crate::ErrorKind::InvalidArgument) for any other dtype.
    pub fn of_array(array: &Array<'a>) -> Result<Numbers<'a>> {
        let is_time = |dtype: &Dtype| matches!(dtype, Dtype::Datetime64(_) | Dtype::Timedelta64(_));
        let dtype = array.dtype().filter(|dtype| !is_time(dtype)).ok_or_else(|| {
            Error::invalid(format!(
                "elements of dtype '{}' are not numbers this side converts",
                array.descr()
            ))
        })?;
        let numbers = match array.big_endian() {
            true => Numbers::of_big_endian_items(dtype, array.bytes())?,
            false => Numbers::of_items(dtype, array.bytes())?,
        };
        let numbers = numbers.reshaped(lengths(array.shape())?)?;
        Ok(if array.fortran_order() { numbers.in_fortran_order() } else { numbers })
    }

    /// A segment: in place when its items are float64, else converted. Fails with
    /// [`InvalidArgument`](crate::ErrorKind::InvalidArgument) for times and complex numbers.
    pub fn of_segment(segment: &Segment<'a>) -> Result<Numbers<'a>> {
        let numbers =
            Numbers::of_items(segment.dtype(), segment.bytes())?.reshaped(lengths(segment.shape())?)?;
        numbers.listed(segment.is_list())
    }

    /// A value of a document: a segment as above; bytes, taken as float64, and nested lists, in which a bool is 0 or 1 and
    /// a segment stands for lists of its shape, are copied; a single number is an array without dimensions. Fails with
    /// [`InvalidArgument`](crate::ErrorKind::InvalidArgument), naming the place, when rows differ in length, items are not
    /// numbers or bytes do not divide, with [`BadFormat`](crate::ErrorKind::BadFormat) for a table.
    pub fn of_node(node: Node<'_, 'a>) -> Result<Numbers<'a>> {
        node.as_numbers()
    }

    /// A column of numbers or bools: in place when they are float64, else converted. Fails with
    /// [`InvalidArgument`](crate::ErrorKind::InvalidArgument) for columns of anything else, and when a value is nil.
    pub fn of_column(column: Column<'_, 'a>) -> Result<Numbers<'a>> {
        let (name, nulls) = (column.name(), column.null_count());
        if nulls > 0 {
            return Err(Error::invalid(format!("column {name:?}: {nulls} values are nil")));
        }
        if column.format() == "b" {
            let number = |at| Ok(if column.bool(at)? == Some(true) { 1.0 } else { 0.0 });
            return Ok(Numbers::from((0..column.len()).map(number).collect::<Result<Vec<f64>>>()?));
        }
        match column.dtype() {
            Some(dtype) => Numbers::of_items(dtype, column.data()),
            None => {
                let format = column.format();
                Err(Error::invalid(format!("column {name:?} of format {format:?} holds no numbers")))
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
        match cast::<f64>(bytes) {
            Ok(elements) if dtype == Dtype::Float64 => Numbers::borrowed(elements, vec![elements.len()]),
            _ => Ok(Numbers::from(to_doubles(dtype, false, bytes)?)),
        }
    }

    /// The same of big-endian items, which are converted.
    pub fn of_big_endian_items(dtype: Dtype, bytes: &[u8]) -> Result<Numbers<'static>> {
        Ok(Numbers::from(to_doubles(dtype, true, bytes)?))
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
pub(crate) fn require_few_lists(shape: &[usize]) -> Result<()> {
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
