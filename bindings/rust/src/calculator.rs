//! Calculators: what they get, what they answer, and how references are answered.
//!
//! ```no_run
//! use dishtayantra::Result;
//! use dishtayantra::calculator::{Calculator, Input, Map, calculate, map};
//!
//! struct Sum;
//!
//! impl Calculator for Sum {
//!     fn compute<'a>(&self, input: &'a dyn Input) -> Result<Map<'a>> {
//!         let values = input.numbers("values")?;
//!         Ok(map([("sum", values.slice().iter().sum::<f64>().into())]))
//!     }
//! }
//!
//! # fn called(given: &dyn Input) -> Result<()> {
//! let answer = calculate(&Sum, given)?; // `given`: the values themselves, or a reference to them
//! # Ok(())
//! # }
//! ```

pub use crate::columns::{Columns, Field};
pub use crate::ffi::{Column, Table};
pub use crate::input::{Input, Kept, MapInput, ViewInput};
pub use crate::output::{Memory, Output, Room};
pub use crate::value::{Map, Value, map};

use crate::entry::{Info, PutOptions};
use crate::error::{Error, ErrorKind, Result};
use crate::ffi::{Reference, References, View, Writer, wire};
use crate::input::{Beside, JoinedInput};
use crate::output::{Computed, StoreOutput, publish_options};
use crate::value::{in_c_order, into_owned, write_map};
use std::panic::{AssertUnwindSafe, catch_unwind};

/// A calculation. Any number of threads may call it at once.
pub trait Calculator: Send + Sync {
    /// The result for an input, which may be borrowed from it. Fails when the input is missing or wrong; never guesses.
    fn compute<'a>(&self, input: &'a dyn Input) -> Result<Map<'a>>;

    /// The same, given to `output`. What calls calculators calls this; see [`ComputesInto`].
    fn compute_to<'a>(&self, input: &'a dyn Input, output: &mut dyn Output<'a>) -> Result<()> {
        output.put(self.compute(input)?)
    }

    /// What the calculator says of itself: its settings.
    fn details(&self) -> Map<'static> {
        Map::new()
    }
}

/// A calculator that knows the size of its result before it computes it, and computes it where it goes: in the store's
/// map when the result goes there.
///
/// ```
/// use dishtayantra::Result;
/// use dishtayantra::calculator::{ComputesInto, Input, Output};
///
/// struct Double;
///
/// impl ComputesInto for Double {
///     fn compute_into<'a>(&self, input: &'a dyn Input, output: &mut dyn Output<'a>) -> Result<()> {
///         let values = input.numbers("values")?.c_order();
///         let out = output.array("values", values.shape(), values.is_list())?;
///         out.iter_mut().zip(values.slice()).for_each(|(out, value)| *out = 2.0 * value);
///         Ok(())
///     }
/// }
/// ```
///
/// It may be asked a second time for the same input, when the store lost what it lent. When it fails or panics nothing
/// is left in the store.
pub trait ComputesInto: Send + Sync {
    /// Gives the result for an input to `output`. Fails when the input is missing or wrong; never guesses.
    fn compute_into<'a>(&self, input: &'a dyn Input, output: &mut dyn Output<'a>) -> Result<()>;

    /// What the calculator says of itself: its settings.
    fn details(&self) -> Map<'static> {
        Map::new()
    }
}

impl<C: ComputesInto> Calculator for C {
    fn compute<'a>(&self, input: &'a dyn Input) -> Result<Map<'a>> {
        let mut memory = Memory::default();
        self.compute_into(input, &mut memory)?;
        memory.take()
    }

    fn compute_to<'a>(&self, input: &'a dyn Input, output: &mut dyn Output<'a>) -> Result<()> {
        self.compute_into(input, output)
    }

    fn details(&self) -> Map<'static> {
        ComputesInto::details(self)
    }
}

/// A calculator's answer.
#[derive(Debug, Clone, Default)]
pub struct Answer {
    /// The result is under the reference's output key: answer `_lmdb_output_written: true`.
    pub written: bool,
    /// The result itself when it is not.
    pub result: Map<'static>,
    /// Why the store did not take an output that was asked for.
    pub refusal: Option<String>,
}

/// The reference that an input carries, and whether it stands for the input itself: one with `_lmdb_ref` true, or an
/// output key beside the values. None when it carries none.
///
/// Fails with [`ErrorKind::Corrupt`], naming the field, when one cannot be right, and when there are several:
/// [`references_of`] gathers them.
pub fn reference_of(given: &dyn Input) -> Result<Option<(Reference, bool)>> {
    let References { mut inputs, output } = references_of(given)?;
    if inputs.len() > 1 {
        return Err(Error::new(ErrorKind::Corrupt, format!("{} references were merged", inputs.len())));
    }
    Ok(inputs.pop().map(|input| (input, true)).or(output.map(|output| (output, false))))
}

/// The references that an input carries: those whose payloads it stands for, since `_lmdb_ref` is true or they have a
/// marker, and where an output is asked for.
///
/// Fails with [`ErrorKind::Corrupt`], naming the field, when one cannot be right.
pub fn references_of(given: &dyn Input) -> Result<References> {
    if let Some(fields) = given.protocol()? {
        return if fields.is_empty() { Ok(References::default()) } else { References::of(&fields) };
    }
    let text = |name: &str| {
        let corrupt = |error: Error| Error::new(ErrorKind::Corrupt, format!("reference: {error}"));
        given.find_text(name).map_err(corrupt)
    };
    let is_reference = match given.find_flag(wire::REF) {
        Ok(flag) => flag.unwrap_or(false),
        // What is no bool says nothing.
        Err(error) if error.kind() == ErrorKind::InvalidArgument => false,
        Err(error) => return Err(error),
    };
    let mut names = given.names()?.unwrap_or_default();
    names.retain(|name| name.starts_with(wire::MARKER));
    if !is_reference && names.is_empty() && text(wire::OUTPUT_KEY)?.is_none() {
        return Ok(References::default());
    }
    let mut fields = vec![(wire::REF.to_owned(), is_reference.to_string())];
    names.extend(wire::TEXTS.map(str::to_owned));
    for name in names {
        if let Some(value) = text(&name)? {
            fields.push((name, value));
        }
    }
    References::of(&fields)
}

/// Computes on what a caller gave: values, values with an output key beside them, a reference to values, or several that
/// were merged, with fields beside them. Payloads are viewed in place and checked against their checksum if they have
/// one. The result goes where the base fields ask.
///
/// Fails with [`ErrorKind::NotFound`] when an input is missing or expired, with [`ErrorKind::Corrupt`] when it or the
/// reference is damaged, with [`ErrorKind::InvalidArgument`] when a name is in two of the mappings that were merged, or a
/// payload among several is no mapping, with [`ErrorKind::Panic`] when the calculator panics, and as it does. Any thread
/// may call it.
pub fn calculate(calculator: &dyn Calculator, given: &dyn Input) -> Result<Answer> {
    calculate_with(calculator, given, |view| Ok(Box::new(ViewInput::new(view)?)))
}

/// The same for callers that read payloads in their own way: `open` makes an input of a view, whose checksum is right.
pub fn calculate_with(
    calculator: &dyn Calculator,
    given: &dyn Input,
    open: impl FnMut(View) -> Result<Box<dyn Input>>,
) -> Result<Answer> {
    let references = references_of(given)?;
    let declining = |error| match &references.inputs[..] {
        [reference] => declined(reference, error),
        // Several were merged by whoever calls directly: no exchange waits for a word.
        _ => error,
    };
    let resolved = match references.inputs[..] {
        [] => None,
        _ => Some(resolved(given, &references.inputs, open).map_err(declining)?),
    };
    let input = resolved.as_deref().unwrap_or(given);
    match &references.output {
        Some(output) => delivered(calculator, output, input).map_err(declining),
        None => {
            let mut memory = Memory::default();
            computed(calculator, input, &mut memory).map_err(declining)?;
            Ok(Answer { result: into_owned(memory.take()?), ..Answer::default() })
        }
    }
}

/// The payloads that an input stands for by `references`, with its own fields, as one input.
///
/// Fails as [`calculate`] does.
pub fn resolved<'a>(
    given: &'a dyn Input,
    references: &[Reference],
    mut open: impl FnMut(View) -> Result<Box<dyn Input>>,
) -> Result<Box<dyn Input + 'a>> {
    let mut parts: Vec<Box<dyn Input + 'a>> = Vec::new();
    for reference in references {
        let view = reference.view_input()?;
        view.verify()?;
        parts.push(open(view)?);
    }
    let beside = Beside(given);
    if beside.names()?.is_some_and(|names| !names.is_empty()) {
        parts.push(Box::new(beside));
    }
    match parts.len() {
        1 => Ok(parts.remove(0)),
        _ => Ok(Box::new(JoinedInput::new(parts)?)),
    }
}

/// Declines an input of a kind that is not read here: whoever sent the reference calls again with the payload itself,
/// whatever becomes of the error.
fn declined(reference: &Reference, error: Error) -> Error {
    if error.kind() == ErrorKind::BadFormat
        && let Err(second) = reference.decline()
    {
        return second.about(error.message());
    }
    error
}

/// Computes and delivers as `reference` asks: what knows its size is computed where it goes.
fn delivered(calculator: &dyn Calculator, reference: &Reference, input: &dyn Input) -> Result<Answer> {
    let mut output = StoreOutput::new(reference);
    computed(calculator, input, &mut output)?;
    let refusal = match output.take()? {
        Computed::Lent(loan) => match reference.publish_output(loan, &publish_options()) {
            Ok(_) => return Ok(Answer { written: true, ..Answer::default() }),
            Err(error) => error,
        },
        Computed::Kept(result, None) => return deliver(reference, result),
        Computed::Kept(result, Some(error)) => return Ok(refused(reference, result, &error)),
    };
    let mut memory = Memory::default();
    computed(calculator, input, &mut memory)?;
    Ok(refused(reference, memory.take()?, &refusal))
}

/// A direct answer where an output was asked for: nobody waits.
fn refused(reference: &Reference, result: Map<'_>, error: &Error) -> Answer {
    let refusal = match reference.settle_direct() {
        Ok(()) => error.to_string(),
        Err(second) => format!("{error}; {second}"),
    };
    Answer { written: false, result: into_owned(result), refusal: Some(refusal) }
}

/// Computes; a panic becomes an error.
fn computed<'a>(
    calculator: &dyn Calculator,
    input: &'a dyn Input,
    output: &mut dyn Output<'a>,
) -> Result<()> {
    // A calculator is shared by reference: what its panic leaves behind is behind locks of its own. An output that it
    // left half filled is not looked at.
    catch_unwind(AssertUnwindSafe(|| calculator.compute_to(input, output))).unwrap_or_else(|panic| {
        let text = panic.downcast_ref::<&str>().copied();
        let text = text.or_else(|| panic.downcast_ref::<String>().map(String::as_str));
        Err(Error::new(
            ErrorKind::Panic,
            format!("the calculator panicked: {}", text.unwrap_or("no message")),
        ))
    })
}

/// Stores a result as the output of `reference`, in format msgpack: arrays as segments, copied straight from where they
/// lie into the store; arrays that came as lists so that they are lists again.
pub fn put_output(reference: &Reference, result: &Map<'_>) -> Result<Info> {
    let result = in_c_order(result.clone());
    let mut writer = Writer::new()?;
    write_map(&result, &mut writer)?;
    writer.put_output(reference, &PutOptions::default())
}

/// Delivers a result as `reference` asks: into the store, or directly when no output is asked for. When the store
/// cannot take it (full, say), the answer is direct, the reason is in `refusal` and nobody waits: a calculation does not
/// fail because the exchange does.
pub fn deliver(reference: &Reference, result: Map<'_>) -> Result<Answer> {
    if !reference.has_output()? {
        return Ok(Answer { result: into_owned(result), ..Answer::default() });
    }
    Ok(match put_output(reference, &result) {
        Ok(_) => Answer { written: true, ..Answer::default() },
        Err(error) => refused(reference, result, &error),
    })
}
