//! The parts of a payload: direct buffers, read where they are, and arrays of Java, copied once.

use super::convert::{invalid, read};
use super::guard::Fallible;
use crate::envelope::Info;
use crate::error::Result;
use crate::store::Loan;
use jni::Env;
use jni::objects::{JByteArray, JByteBuffer, JIntArray, JObject, JObjectArray};

/// Payloads with more bytes in arrays are copied straight into room lent by the store; of others the arrays are copied
/// to the side first, and the store copies them again in the same transaction that publishes them.
const STAGED: usize = 128 << 10;

/// One part.
enum Part<'local> {
    /// Bytes outside of Java's heap.
    Direct(&'local [u8]),
    /// A range of an array.
    Array(JByteArray<'local>, usize, usize),
}

/// The parts of a payload as Java passed them.
pub(super) struct Parts<'local>(Vec<Part<'local>>);

impl<'local> Parts<'local> {
    /// Takes `sources`, each a direct buffer or an array, with the ranges that Java read from them.
    pub(super) fn new(
        env: &mut Env<'local>,
        sources: &JObjectArray<'local>,
        ranges: &JIntArray<'local>,
    ) -> Fallible<Parts<'local>> {
        let count = sources.len(env)?;
        env.ensure_local_capacity(count + 16)?;
        let mut numbers = vec![0; 2 * count];
        ranges.get_region(env, 0, &mut numbers)?;
        let mut parts = Vec::with_capacity(count);
        for (at, range) in numbers.as_chunks::<2>().0.iter().enumerate() {
            let [offset, length] = range.map(|number| number as usize);
            let source: JObject<'local> = sources.get_element(env, at)?;
            parts.push(Part::new(env, source, offset, length)?);
        }
        Ok(Parts(parts))
    }

    /// Gives the parts to `put`, or a loan filled with them to `publish`.
    pub(super) fn put(
        &self,
        env: &Env<'local>,
        put: impl FnOnce(&[&[u8]]) -> Result<Info>,
        lend: impl FnOnce(u64) -> Result<Loan>,
        publish: impl FnOnce(Loan) -> Result<Info>,
    ) -> Fallible<Info> {
        if self.in_arrays() <= STAGED {
            let staged = self.staged(env)?;
            return Ok(put(&staged.parts(self))?);
        }
        let size: usize = self.0.iter().map(Part::size).sum();
        let mut loan = lend(size as u64)?;
        let mut rest = loan.bytes_mut();
        for part in &self.0 {
            let (front, back) = rest.split_at_mut(part.size());
            match part {
                Part::Direct(bytes) => front.copy_from_slice(bytes),
                Part::Array(array, offset, _) => read(env, array, *offset, front)?,
            }
            rest = back;
        }
        Ok(publish(loan)?)
    }

    /// Copies what lies in arrays.
    pub(super) fn staged(&self, env: &Env<'local>) -> Fallible<Staged> {
        let mut bytes = vec![0; self.in_arrays()];
        let mut rest = &mut bytes[..];
        for part in &self.0 {
            if let Part::Array(array, offset, length) = part {
                let (front, back) = rest.split_at_mut(*length);
                read(env, array, *offset, front)?;
                rest = back;
            }
        }
        Ok(Staged(bytes))
    }

    fn in_arrays(&self) -> usize {
        self.0.iter().map(|part| if let Part::Array(_, _, length) = part { *length } else { 0 }).sum()
    }
}

/// Copies of a payload's arrays, one after the other.
pub(super) struct Staged(Vec<u8>);

impl Staged {
    /// All parts in their order.
    pub(super) fn parts<'a>(&'a self, parts: &'a Parts) -> Vec<&'a [u8]> {
        let mut rest = &self.0[..];
        let mut next = |length| {
            let (front, back) = rest.split_at(length);
            rest = back;
            front
        };
        let slice = |part: &'a Part| match part {
            Part::Direct(bytes) => bytes,
            Part::Array(_, _, length) => next(*length),
        };
        parts.0.iter().map(slice).collect()
    }
}

impl<'local> Part<'local> {
    fn new(
        env: &mut Env<'local>,
        source: JObject<'local>,
        offset: usize,
        length: usize,
    ) -> Fallible<Part<'local>> {
        if env.is_instance_of(&source, jni::jni_str!("[B"))? {
            return Ok(Part::Array(env.cast_local::<JByteArray>(source)?, offset, length));
        }
        let buffer = env.cast_local::<JByteBuffer>(source)?;
        let capacity = env.get_direct_buffer_capacity(&buffer)?;
        if offset.checked_add(length).is_none_or(|end| end > capacity) {
            return Err(invalid(format!("{length} bytes at {offset} of a buffer of {capacity}")).into());
        }
        if length == 0 {
            return Ok(Part::Direct(&[]));
        }
        let address = env.get_direct_buffer_address(&buffer)?;
        // SAFETY: inside the buffer, which Java's caller keeps reachable; whoever changes it meanwhile changes what is
        // stored, as with every put.
        Ok(Part::Direct(unsafe { std::slice::from_raw_parts(address.add(offset), length) }))
    }

    fn size(&self) -> usize {
        match self {
            Part::Direct(bytes) => bytes.len(),
            Part::Array(_, _, length) => *length,
        }
    }
}
