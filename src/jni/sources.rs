//! The parts of a payload: direct buffers, read where they are, and arrays of Java, copied once.

use super::convert::{invalid, read};
use super::env::{Env, JByteArray, JByteBuffer, JIntArray, JObject, JObjectArray};
use super::guard::Fallible;
use crate::envelope::Info;
use crate::error::Result;
use crate::store::Loan;

/// Payloads with more bytes in arrays are copied straight into room lent by the store; of others the arrays are copied
/// to the side first, and the store copies them again in the same transaction that publishes them.
const STAGED: usize = 128 << 10;

/// Numbers that Java read from a source: where its part begins, the part's length, and 1 for an array.
const RANGE: usize = 3;

/// One part. Memory of direct buffers stays for `'call`, the native method: Java keeps the sources reachable.
enum Part<'local, 'call> {
    /// Bytes outside of Java's heap.
    Direct(&'call [u8]),
    /// A range of an array.
    Array(JByteArray<'local>, usize, usize),
}

/// The parts of a payload as Java passed them.
pub(super) struct Sources<'local, 'call>(Vec<Part<'local, 'call>>);

impl<'local, 'call> Sources<'local, 'call> {
    /// Takes `sources`, each a direct buffer or an array, with the ranges that Java read from them.
    pub(super) fn new(
        env: &Env<'local>,
        sources: &JObjectArray<'local>,
        ranges: &JIntArray<'local>,
    ) -> Fallible<Sources<'local, 'call>> {
        let count = env.length(sources)?;
        // One for each array, and what single calls need.
        env.ensure_capacity(count + 16)?;
        let mut numbers = vec![0; RANGE * count];
        env.get(ranges, 0, &mut numbers)?;
        let mut parts = Vec::with_capacity(count);
        for (at, range) in numbers.as_chunks::<RANGE>().0.iter().enumerate() {
            let [offset, length, array] = range.map(|number| number as usize);
            let source = env.element(sources, at)?;
            parts.push(Part::new(env, source, offset, length, array != 0)?);
        }
        Ok(Sources(parts))
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
            return Ok(put(&staged.parts())?);
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
    pub(super) fn staged(&self, env: &Env<'local>) -> Fallible<Staged<'call>> {
        let mut bytes = vec![0; self.in_arrays()];
        let mut rest = &mut bytes[..];
        let mut pieces = Vec::with_capacity(self.0.len());
        for part in &self.0 {
            pieces.push(match part {
                Part::Direct(bytes) => Piece::Direct(bytes),
                Part::Array(array, offset, length) => {
                    let (front, back) = rest.split_at_mut(*length);
                    read(env, array, *offset, front)?;
                    rest = back;
                    Piece::Copied(*length)
                }
            });
        }
        Ok(Staged { bytes, pieces })
    }

    fn in_arrays(&self) -> usize {
        self.0.iter().map(|part| if let Part::Array(_, _, length) = part { *length } else { 0 }).sum()
    }
}

/// A payload that no longer needs Java's arrays.
pub(super) struct Staged<'call> {
    /// Copies of the arrays, one after the other.
    bytes: Vec<u8>,
    pieces: Vec<Piece<'call>>,
}

/// One part of it.
enum Piece<'call> {
    Direct(&'call [u8]),
    /// The next so many bytes of the copies.
    Copied(usize),
}

impl Staged<'_> {
    /// All parts in their order.
    pub(super) fn parts(&self) -> Vec<&[u8]> {
        let mut rest = &self.bytes[..];
        let mut parts = Vec::with_capacity(self.pieces.len());
        for piece in &self.pieces {
            parts.push(match *piece {
                Piece::Direct(bytes) => bytes,
                Piece::Copied(length) => {
                    let (front, back) = rest.split_at(length);
                    rest = back;
                    front
                }
            });
        }
        parts
    }
}

impl<'local, 'call> Part<'local, 'call> {
    fn new(
        env: &Env<'local>,
        source: JObject<'local>,
        offset: usize,
        length: usize,
        array: bool,
    ) -> Fallible<Part<'local, 'call>> {
        if array {
            // SAFETY: Java's class `Parts` says that it is a byte[].
            return Ok(Part::Array(unsafe { source.cast() }, offset, length));
        }
        // SAFETY: Java's class `Parts` says that it is a direct ByteBuffer.
        let buffer: JByteBuffer = unsafe { source.cast() };
        if length == 0 {
            return Ok(Part::Direct(&[]));
        }
        let (address, capacity) = env.memory(&buffer)?;
        if offset.checked_add(length).is_none_or(|end| end > capacity) {
            return Err(invalid(format!("{length} bytes at {offset} of a buffer of {capacity}")).into());
        }
        env.release(buffer);
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
