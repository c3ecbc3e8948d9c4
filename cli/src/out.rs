//! Writing to the standard output and error so that nothing is lost unnoticed.

use std::fmt;
use std::fs::File;
use std::io::{self, BufWriter, ErrorKind, IsTerminal, Write};
use std::os::fd::AsFd;
use std::process::ExitCode;
use std::sync::atomic::{AtomicBool, Ordering};

use nix::fcntl::{FcntlArg, fcntl};

use crate::Failure;

static OUTPUT_CLOSED: AtomicBool = AtomicBool::new(false);
static ERROR_CLOSED: AtomicBool = AtomicBool::new(false);

// Rust's start-up opens /dev/null in the place of what was closed, and everything would seem to be written.
#[ctor::ctor(unsafe)]
fn look_what_is_closed() {
    let closed = |stream: &dyn AsFd| fcntl(stream.as_fd(), FcntlArg::F_GETFD).is_err();
    OUTPUT_CLOSED.store(closed(&io::stdout()), Ordering::Relaxed);
    ERROR_CLOSED.store(closed(&io::stderr()), Ordering::Relaxed);
}

/// Output that could not be written.
#[derive(Debug)]
pub struct Lost(io::Error);

impl fmt::Display for Lost {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "writing to the standard output: {}", self.0)
    }
}

impl std::error::Error for Lost {}

/// Whether the reader of our output has gone, as `head` does: that is nothing to speak of.
pub fn is_left(failure: &Failure) -> bool {
    failure.downcast_ref::<Lost>().is_some_and(|Lost(error)| error.kind() == ErrorKind::BrokenPipe)
}

/// The standard output, in large pieces. Whoever writes has to call [`Out::finish`].
pub struct Out(BufWriter<File>);

impl Out {
    /// Takes the standard output.
    pub fn new() -> Result<Out, Failure> {
        let file = file(&io::stdout(), &OUTPUT_CLOSED).map_err(Lost)?;
        Ok(Out(BufWriter::with_capacity(1 << 16, file)))
    }

    /// Writes `bytes`.
    pub fn write(&mut self, bytes: &[u8]) -> Result<(), Failure> {
        self.0.write_all(bytes).map_err(|error| Lost(error).into())
    }

    /// Writes what is still kept here.
    pub fn finish(mut self) -> Result<(), Failure> {
        self.0.flush().map_err(|error| Lost(error).into())
    }
}

/// Writes `text` to the standard output.
pub fn print(text: &str) -> Result<(), Failure> {
    let mut out = Out::new()?;
    out.write(text.as_bytes())?;
    out.finish()
}

/// Writes `text` to the standard error; false: it was lost.
pub fn tell(text: &str) -> bool {
    file(&io::stderr(), &ERROR_CLOSED)
        .and_then(|mut file| file.write_all(format!("{text}\n").as_bytes()))
        .is_ok()
}

/// A stream as a file: Rust's own handles take what is not open for writing for written.
fn file(stream: &impl AsFd, closed: &AtomicBool) -> io::Result<File> {
    if closed.load(Ordering::Relaxed) {
        return Err(io::Error::other("it is closed"));
    }
    Ok(File::from(stream.as_fd().try_clone_to_owned()?))
}

/// Ends with what clap has to say: help and version to the standard output, wrong usage to the standard error.
pub fn usage(error: &clap::Error) -> ExitCode {
    let text = error.render();
    let coloured = |terminal| if terminal { text.ansi().to_string() } else { text.to_string() };
    let told = if error.use_stderr() {
        tell(coloured(colours(&io::stderr())).trim_end())
    } else {
        print(&coloured(colours(&io::stdout()))).is_ok()
    };
    if told { ExitCode::from(error.exit_code() as u8) } else { ExitCode::FAILURE }
}

/// Whether what goes to `stream` may have colours: it is a terminal, and nobody said that it should not
/// (<https://no-color.org>).
pub fn colours(stream: &impl IsTerminal) -> bool {
    stream.is_terminal()
        && std::env::var_os("NO_COLOR").is_none_or(|set| set.is_empty())
        && std::env::var_os("TERM").is_some_and(|term| term != "dumb")
}
