//! As much of the engine's errors as the files use.

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Status {
    Closed,
    Internal,
    InvalidArgument,
}

#[derive(Debug)]
pub struct Error(Status, String);

pub type Result<T> = std::result::Result<T, Error>;

impl Error {
    pub fn new(status: Status, message: impl Into<String>) -> Error {
        Error(status, message.into())
    }

    pub fn status(&self) -> Status {
        self.0
    }

    pub fn message(&self) -> &str {
        &self.1
    }
}
