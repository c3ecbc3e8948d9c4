//! What is said at the two ends of an exchange: the sides, a calculator's answers, and what becomes of them.

use crate::error::{Error, Result, Status};

/// One of the two payloads of an exchange.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[repr(u32)]
pub enum Side {
    /// What the calculator gets.
    Input = 1,
    /// What it answers.
    Output = 2,
}

impl Side {
    /// The side of a number of the C ABI.
    ///
    /// # Errors
    /// `InvalidArgument` when there is none.
    pub fn from_u32(code: u32) -> Result<Side> {
        match code {
            1 => Ok(Side::Input),
            2 => Ok(Side::Output),
            _ => Err(unknown("side of an exchange", code, "input (1), output (2)")),
        }
    }
}

/// What the caller knows of a calculator's answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[repr(u32)]
pub enum Answer {
    /// Nothing: somebody else called the calculator.
    Unknown = 0,
    /// It returned nothing.
    None = 1,
    /// It returned a value.
    Value = 2,
    /// It said that it wrote its output (`_lmdb_output_written`).
    OutputWritten = 3,
    /// Nothing, and the caller does not want to wait.
    UnknownNoWait = 4,
}

impl Answer {
    /// The answer of a number of the C ABI.
    ///
    /// # Errors
    /// `InvalidArgument` when there is none.
    pub fn from_u32(code: u32) -> Result<Answer> {
        match code {
            0 => Ok(Answer::Unknown),
            1 => Ok(Answer::None),
            2 => Ok(Answer::Value),
            3 => Ok(Answer::OutputWritten),
            4 => Ok(Answer::UnknownNoWait),
            _ => Err(unknown(
                "answer",
                code,
                "unknown (0), none (1), value (2), output written (3), unknown and no wait (4)",
            )),
        }
    }
}

/// What the caller does with a calculator's answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[repr(u32)]
pub enum Decision {
    /// The answer is the result.
    TakeAnswer = 1,
    /// The result is in the store, under the output key.
    TakeOutput = 2,
    /// The calculator computed on the reference instead of the payload: call it again with the
    /// payload itself. The exchange passes everything directly from now on.
    Repeat = 3,
}

impl Decision {
    /// The number that crosses the C ABI.
    pub const fn code(self) -> u32 {
        self as u32
    }
}

fn unknown(what: &str, code: u32, allowed: &str) -> Error {
    let what = format!("unknown {what} {code}; allowed are {allowed}");
    Error::new(Status::InvalidArgument, what)
}
