//! Where results go: calculators that know the size of theirs compute it right there.

use crate::entry::{Format, PutOptions};
use crate::error::{Error, Result};
use crate::ffi::{Loan, Reference, Writer};
use crate::numbers::{Numbers, require_few_lists};
use crate::segment::{Dtype, cast_mut};
use crate::sys;
use crate::value::{Map, Value, in_c_order, write_pairs};
use std::fmt;

/// An array of a result that is not computed yet.
#[derive(Debug, Clone, Copy)]
pub struct Room<'r> {
    /// Its name in the result.
    pub name: &'r str,
    /// Its lengths; in C order.
    pub shape: &'r [usize],
    /// To be answered as lists.
    pub is_list: bool,
}

impl Room<'_> {
    /// How many items it has. Fails for a shape that no memory holds.
    fn count(&self) -> Result<usize> {
        if self.is_list {
            require_few_lists(self.shape)?;
        }
        let sizes = self.shape.iter().filter(|length| **length != 0);
        let most = isize::MAX as usize / size_of::<f64>();
        match sizes.copied().try_fold(1_usize, usize::checked_mul) {
            Some(count) if count <= most => Ok(self.shape.iter().product()),
            _ => Err(Error::invalid("a shape that no memory holds")),
        }
    }
}

/// Where one result goes, of a calculator on an input that lives for `'a`. It is given once: as arrays to fill, or as it
/// is; a second time fails with [`InvalidArgument`](crate::ErrorKind::InvalidArgument).
pub trait Output<'a> {
    /// Room for a result of arrays, in their order, with values after them that are known already. What is in it at first
    /// is anything, so all of it has to be written.
    fn arrays(&mut self, rooms: &[Room<'_>], beside: Map<'a>) -> Result<Vec<&mut [f64]>>;

    /// A result that lies elsewhere.
    fn put(&mut self, result: Map<'a>) -> Result<()>;

    /// Room for a result that is one array: `output.array("values", values.shape(), values.is_list())`.
    fn array(&mut self, name: &str, shape: &[usize], is_list: bool) -> Result<&mut [f64]> {
        let mut rooms = self.arrays(&[Room { name, shape, is_list }], Map::new())?;
        Ok(rooms.remove(0))
    }
}

/// Memory as output.
#[derive(Default)]
pub struct Memory<'a> {
    given: bool,
    arrays: Vec<Array>,
    beside: Map<'a>,
}

struct Array {
    name: String,
    shape: Vec<usize>,
    is_list: bool,
    elements: Vec<f64>,
}

/// What was given, arrays by their shapes: they may be long, and not filled yet.
impl fmt::Debug for Memory<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut told = f.debug_map();
        told.entries(self.arrays.iter().map(|array| (&array.name, &array.shape)));
        told.entries(self.beside.iter().map(|(name, value)| (name, value))).finish()
    }
}

impl<'a> Memory<'a> {
    /// The result. Fails with [`InvalidArgument`](crate::ErrorKind::InvalidArgument) when none was given.
    pub fn take(self) -> Result<Map<'a>> {
        self.require_given()?;
        let mut result = Map::with_capacity(self.arrays.len() + self.beside.len());
        for Array { name, shape, is_list, elements } in self.arrays {
            result.push((name, Value::Numbers(Numbers::shared(elements, shape)?.listed(is_list)?)));
        }
        result.extend(self.beside);
        Ok(result)
    }

    fn begin(&mut self) -> Result<()> {
        match std::mem::replace(&mut self.given, true) {
            true => Err(Error::invalid("the calculator gave a second result")),
            false => Ok(()),
        }
    }

    fn require_given(&self) -> Result<()> {
        match self.given {
            true => Ok(()),
            false => Err(Error::invalid("the calculator gave no result")),
        }
    }
}

impl<'a> Output<'a> for Memory<'a> {
    fn arrays(&mut self, rooms: &[Room<'_>], beside: Map<'a>) -> Result<Vec<&mut [f64]>> {
        self.begin()?;
        for room in rooms {
            self.arrays.push(Array {
                name: room.name.to_owned(),
                shape: room.shape.to_vec(),
                is_list: room.is_list,
                elements: vec![0.0; room.count()?],
            });
        }
        self.beside = beside;
        Ok(self.arrays.iter_mut().map(|array| &mut *array.elements).collect())
    }

    fn put(&mut self, result: Map<'a>) -> Result<()> {
        self.begin()?;
        self.beside = result;
        Ok(())
    }
}

/// Bytes of arrays from which a loan costs less than a put.
const LEAST_LENT: usize = 1536;

/// A reference's output: arrays are filled in a loan of its store, which becomes the entry under the output key. Small
/// results are put, which costs less. A store that refuses the loan leaves the result in memory.
pub(crate) struct StoreOutput<'r, 'a> {
    reference: &'r Reference,
    memory: Memory<'a>,
    loan: Option<Loan>,
    /// Why the store did not lend.
    refusal: Option<Error>,
}

/// What became of a result that was to go into the store.
pub(crate) enum Computed<'a> {
    /// It lies in a loan, to be published.
    Lent(Loan),
    /// It lies in memory; the store refused the loan when there is an error.
    Kept(Map<'a>, Option<Error>),
}

impl<'r, 'a> StoreOutput<'r, 'a> {
    pub(crate) fn new(reference: &'r Reference) -> StoreOutput<'r, 'a> {
        StoreOutput { reference, memory: Memory::default(), loan: None, refusal: None }
    }

    pub(crate) fn take(self) -> Result<Computed<'a>> {
        match self.loan {
            Some(loan) => Ok(Computed::Lent(loan)),
            None => Ok(Computed::Kept(self.memory.take()?, self.refusal)),
        }
    }

    /// A loan for these arrays, and where in it each begins; none when they are better put.
    fn lent(&self, rooms: &[Room<'_>], beside: &Map<'a>) -> Result<Option<(Loan, Vec<usize>)>> {
        let counts = rooms.iter().map(Room::count).collect::<Result<Vec<_>>>()?;
        // Those are no segments.
        let short = |(room, count): (&Room<'_>, &usize)| {
            room.is_list && *count < sys::DY_LMDB_LIST_SEGMENT_MIN as usize
        };
        let bytes = counts.iter().map(|count| count * size_of::<f64>()).sum::<usize>();
        if bytes < LEAST_LENT || rooms.iter().zip(&counts).any(short) {
            return Ok(None);
        }
        let beside = in_c_order(beside.clone());
        let mut writer = Writer::new()?;
        writer.map(rooms.len() + beside.len())?;
        let mut places = Vec::with_capacity(rooms.len());
        for room in rooms {
            let shape: Vec<u64> = room.shape.iter().map(|length| *length as u64).collect();
            writer.string(room.name)?;
            places.push(writer.reserve(Dtype::Float64, &shape, room.is_list)?);
        }
        write_pairs(&beside, &mut writer)?;
        Ok(Some((writer.loan_output(self.reference)?, places)))
    }
}

impl<'a> Output<'a> for StoreOutput<'_, 'a> {
    fn arrays(&mut self, rooms: &[Room<'_>], beside: Map<'a>) -> Result<Vec<&mut [f64]>> {
        if !self.memory.given {
            match self.lent(rooms, &beside) {
                Ok(Some((loan, places))) => {
                    self.memory.begin()?;
                    return filled(self.loan.insert(loan), rooms, &places);
                }
                Ok(None) => {}
                Err(error) => self.refusal = Some(error),
            }
        }
        self.memory.arrays(rooms, beside)
    }

    fn put(&mut self, result: Map<'a>) -> Result<()> {
        self.memory.put(result)
    }
}

/// The arrays in a loan, whose places ascend.
fn filled<'l>(loan: &'l mut Loan, rooms: &[Room<'_>], places: &[usize]) -> Result<Vec<&'l mut [f64]>> {
    let (mut rest, mut passed) = (loan.bytes_mut(), 0);
    let mut arrays = Vec::with_capacity(rooms.len());
    for (room, place) in rooms.iter().zip(places) {
        let size = room.count()? * size_of::<f64>();
        let (_, from) = rest.split_at_mut(place - passed);
        let (items, behind) = from.split_at_mut(size);
        arrays.push(cast_mut(items)?);
        (rest, passed) = (behind, place + size);
    }
    Ok(arrays)
}

/// How an output that was filled in place is published.
pub(crate) fn publish_options() -> PutOptions<'static> {
    PutOptions::of(Format::Msgpack)
}
