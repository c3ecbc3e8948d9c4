//! What a payload's bytes are; every envelope names one of these.

pub mod npy;

use std::fmt;

use crate::error::{Error, Result, Status};

/// The format of a payload. The numbers are those of the C ABI and of the envelope, and are never used twice.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[repr(u32)]
pub enum Format {
    /// JSON text in UTF-8, for debugging.
    Json = 1,
    /// One MessagePack value.
    Msgpack = 2,
    /// Bytes as they are.
    Raw = 3,
    /// One array as a `.npy` file holds it.
    Numpy = 4,
    /// An Arrow IPC stream.
    Arrow = 5,
}

impl Format {
    /// Every format there is, in the order of their numbers.
    pub const ALL: &[Format] = &[Format::Json, Format::Msgpack, Format::Raw, Format::Numpy, Format::Arrow];

    /// The number that crosses the C ABI and stands in the envelope.
    pub const fn code(self) -> u32 {
        self as u32
    }

    /// The format of a number.
    ///
    /// # Errors
    /// `BadFormat` when no format has it.
    pub fn from_u32(code: u32) -> Result<Format> {
        Self::ALL.iter().copied().find(|format| format.code() == code).ok_or_else(|| bad(code))
    }

    /// The name that configurations and references use.
    pub const fn name(self) -> &'static str {
        match self {
            Format::Json => "json",
            Format::Msgpack => "msgpack",
            Format::Raw => "raw",
            Format::Numpy => "numpy",
            Format::Arrow => "arrow",
        }
    }

    /// The format of a name, in lower case as [`Format::name`] writes it.
    ///
    /// # Errors
    /// `BadFormat` when no format has it.
    pub fn from_name(name: &str) -> Result<Format> {
        Self::ALL
            .iter()
            .copied()
            .find(|format| format.name() == name)
            .ok_or_else(|| bad(format_args!("{name:?}")))
    }
}

impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

fn bad(found: impl fmt::Display) -> Error {
    let allowed: Vec<String> =
        Format::ALL.iter().map(|format| format!("{format} ({})", format.code())).collect();
    Error::new(Status::BadFormat, format!("unknown format {found}; allowed are {}", allowed.join(", ")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_format_is_found_by_its_number_and_its_name() {
        for format in Format::ALL {
            assert_eq!(Format::from_u32(format.code()).unwrap(), *format);
            assert_eq!(Format::from_name(format.name()).unwrap(), *format);
        }
    }

    #[test]
    fn an_unknown_format_names_what_was_found_and_what_is_allowed() {
        let error = Format::from_u32(6).unwrap_err();
        assert_eq!(error.status(), Status::BadFormat);
        assert!(error.message().contains("unknown format 6"));
        let error = Format::from_name("pickle").unwrap_err();
        assert_eq!(error.status(), Status::BadFormat);
        assert!(error.message().contains("\"pickle\""));
        assert!(error.message().contains("msgpack (2)"));
    }
}
