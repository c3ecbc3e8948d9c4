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

pub use crate::input::{Input, MapInput, ViewInput};
pub use crate::value::{Map, Value, map};

use crate::entry::{Info, PutOptions};
use crate::error::{Error, ErrorKind, Result};
use crate::ffi::{Reference, View, Writer, wire};
use crate::value::{in_c_order, into_owned, write_map};
use std::panic::{AssertUnwindSafe, catch_unwind};

/// A calculation. Any number of threads may call it at once.
pub trait Calculator: Send + Sync {
    /// The result for an input, which may be borrowed from it. Fails when the input is missing or wrong; never guesses.
    fn compute<'a>(&self, input: &'a dyn Input) -> Result<Map<'a>>;

    /// What the calculator says of itself: its settings.
    fn details(&self) -> Map<'static> {
        Map::new()
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
/// Fails with [`ErrorKind::Corrupt`], naming the field, when one cannot be right.
pub fn reference_of(given: &dyn Input) -> Result<Option<(Reference, bool)>> {
    let text = |name: &str| {
        let corrupt = |error: Error| Error::new(ErrorKind::Corrupt, format!("reference: {error}"));
        given.find_text(name).map_err(corrupt)
    };
    let stands_for_input = given.find_flag(wire::REF)?.unwrap_or(false);
    if !stands_for_input && text(wire::OUTPUT_KEY)?.is_none() {
        return Ok(None);
    }
    let mut reference = Reference::new()?;
    reference.set(wire::REF, if stands_for_input { "true" } else { "false" })?;
    for name in [wire::INPUT_KEY, wire::OUTPUT_KEY, wire::DB_PATH, wire::DB_NAME, wire::FORMAT, wire::TXN_ID]
    {
        if let Some(value) = text(name)? {
            reference.set(name, &value)?;
        }
    }
    Ok(Some((reference, stands_for_input)))
}

/// Computes on what a caller gave: values, values with an output key beside them, or a reference to values, which are
/// viewed in place and checked against their checksum if they have one. The result goes where the reference asks.
///
/// Fails with [`ErrorKind::NotFound`] when the input is missing or expired, with [`ErrorKind::Corrupt`] when it or the
/// reference is damaged, with [`ErrorKind::Panic`] when the calculator panics, and as it does. Any thread may call it.
pub fn calculate(calculator: &dyn Calculator, given: &dyn Input) -> Result<Answer> {
    calculate_with(calculator, given, |view| Ok(Box::new(ViewInput::new(view)?)))
}

/// The same for callers that read payloads in their own way: `open` makes an input of a view, whose checksum is right.
pub fn calculate_with(
    calculator: &dyn Calculator,
    given: &dyn Input,
    open: impl FnOnce(View) -> Result<Box<dyn Input>>,
) -> Result<Answer> {
    let Some((reference, stands_for_input)) = reference_of(given)? else {
        let result = into_owned(computed(calculator, given)?);
        return Ok(Answer { result, ..Answer::default() });
    };
    if !stands_for_input {
        return deliver(&reference, computed(calculator, given)?);
    }
    let view = reference.view_input()?;
    view.verify()?;
    let input = open(view).map_err(|error| declined(&reference, error))?;
    let result = computed(calculator, &*input).map_err(|error| declined(&reference, error))?;
    deliver(&reference, result)
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

/// Computes; a panic becomes an error.
fn computed<'a>(calculator: &dyn Calculator, input: &'a dyn Input) -> Result<Map<'a>> {
    // A calculator is shared by reference: what its panic leaves behind is behind locks of its own.
    catch_unwind(AssertUnwindSafe(|| calculator.compute(input))).unwrap_or_else(|panic| {
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
    let mut refusal = None;
    if reference.has_output()? {
        match put_output(reference, &result) {
            Ok(_) => return Ok(Answer { written: true, ..Answer::default() }),
            Err(error) => {
                let settled = reference.settle_direct();
                refusal = Some(match settled {
                    Ok(()) => error.to_string(),
                    Err(second) => format!("{error}; {second}"),
                });
            }
        }
    }
    Ok(Answer { written: false, result: into_owned(result), refusal })
}
