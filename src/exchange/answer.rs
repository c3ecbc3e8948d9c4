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
    /// It failed, for want of knowing references as likely as not.
    Raised = 5,
    /// It failed for a reason that has nothing to do with what it got: a connection broke, memory
    /// ran out, somebody interrupted it.
    BrokenOff = 6,
}

impl Answer {
    const ALL: [Answer; 7] = [
        Answer::Unknown,
        Answer::None,
        Answer::Value,
        Answer::OutputWritten,
        Answer::UnknownNoWait,
        Answer::Raised,
        Answer::BrokenOff,
    ];

    /// The answer of a number of the C ABI.
    ///
    /// # Errors
    /// `InvalidArgument` when there is none.
    pub fn from_u32(code: u32) -> Result<Answer> {
        Answer::ALL.into_iter().find(|answer| *answer as u32 == code).ok_or_else(|| {
            unknown(
                "answer",
                code,
                "unknown (0), none (1), value (2), output written (3), unknown and no wait (4), raised (5), \
                 broken off (6)",
            )
        })
    }

    /// Whether the calculator failed.
    pub fn is_failure(self) -> bool {
        matches!(self, Answer::Raised | Answer::BrokenOff)
    }
}

/// What the caller does with a calculator's answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[repr(u32)]
pub enum Decision {
    /// The answer, a failure as well, is the result.
    TakeAnswer = 1,
    /// The result is in the store, under the output key.
    TakeOutput = 2,
    /// The calculator computed on the reference instead of the payload, or cannot take the payload from
    /// the store: call it again with the payload itself, and say so to [`Exchange::repeated`](super::Exchange::repeated)
    /// when it returned.
    Repeat = 3,
    /// Nothing tells whether the calculator opened an input that is another exchange's: put the payload
    /// as an input of its own and call it again.
    Prove = 4,
    /// The store failed, so that nothing tells what the answer is worth: call the calculator again with
    /// the payload itself.
    PassDirectly = 5,
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
