//! The command line.

use std::ffi::OsString;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, Parser, Subcommand, ValueEnum};
use clap_complete::Shell;
use dishtayantra_lmdb::config::DEFAULT_DB_PATH;
use dishtayantra_lmdb::format::Format;
use dishtayantra_lmdb::store::MAX_PAYLOAD;

use crate::metrics::LOOPBACK;
use crate::{Failure, key};

/// Shows what a dishtayantra_lmdb store holds, who holds it, and what is slow
///
/// A store that is not there is not made, but by put and copy when told so. Keys are printed with \n, \xff or \u{202e} for
/// what cannot be seen, and taken so. Errors go to the standard error with exit code 1, wrong usage with 2.
#[derive(Parser)]
#[command(name = "dishtayantra-lmdb", version, max_term_width = 110)]
pub struct Arguments {
    /// How stores are opened, and what is printed.
    #[command(flatten)]
    pub opening: Opening,
    /// What to do
    #[command(subcommand)]
    pub command: Command,
}

/// What counts for every command.
#[derive(Args)]
pub struct Opening {
    /// JSON instead of tables; sizes in bytes, times in ms
    #[arg(long, global = true)]
    pub json: bool,
    /// Mode that the store's directory may have, in octal digits (lmdb_mode)
    #[arg(long, global = true, default_value = "0700", value_parser = octal, value_name = "OCTAL")]
    pub mode: u32,
    /// Accept a directory that is a symbolic link
    #[arg(long, global = true)]
    pub follow_symlinks: bool,
}

/// Where an entry is.
#[derive(Args)]
pub struct At {
    /// Directory of the store
    pub path: PathBuf,
    /// Named database
    #[arg(long, default_value = "default")]
    pub db: String,
    /// Keys are given in hexadecimal digits
    #[arg(long)]
    pub key_hex: bool,
}

impl At {
    /// The key that an argument stands for.
    pub fn key(&self, argument: &OsString) -> Result<Vec<u8>, Failure> {
        if !self.key_hex {
            return key::parse(argument);
        }
        key::of_hex(argument)
    }
}

/// What can be done with a store.
#[derive(Subcommand)]
pub enum Command {
    /// Path, space, format version, boot id, and each database's entries and bytes
    Info {
        /// Directory of the store
        path: PathBuf,
    },
    /// The live entries, as they are found
    Ls(Ls),
    /// Who reads, pins and has on loan what: command line, user, state, totals
    Holders {
        /// Directory of the store
        path: PathBuf,
    },
    /// Writes the payload of an entry; with --json its envelope
    ///
    /// The entry does not count as opened by its calculator.
    Get {
        /// Where it is.
        #[command(flatten)]
        at: At,
        /// Key of the entry
        key: OsString,
        /// File to write the payload to instead of the standard output
        #[arg(short, long, value_name = "FILE")]
        output: Option<PathBuf>,
    },
    /// Shows what an entry holds: documents, tables, arrays with statistics, text
    ///
    /// The entry does not count as opened by its calculator.
    Show {
        /// Where it is.
        #[command(flatten)]
        at: At,
        /// Key of the entry
        key: OsString,
        /// So many values of each list, map, array and table
        #[arg(long, default_value_t = 20, value_name = "COUNT")]
        limit: usize,
    },
    /// Puts a file, or the standard input, as an entry
    Put(Put),
    /// Gives entries a new time to live, from now
    Touch {
        /// Where they are.
        #[command(flatten)]
        at: At,
        /// Keys of the entries
        #[arg(required = true)]
        keys: Vec<OsString>,
        /// Time to live, as 90s, 5m or 1h 30m; 0: until deleted
        #[arg(long, value_parser = duration, value_name = "TIME")]
        ttl: Duration,
    },
    /// Waits until an entry is there
    Wait {
        /// Where it is to be.
        #[command(flatten)]
        at: At,
        /// Key of the entry
        key: OsString,
        /// Give up after this time, as 500ms or 30s; for ever when not given
        #[arg(long, value_parser = duration, value_name = "TIME")]
        timeout: Option<Duration>,
    },
    /// Deletes entries; views of them stay valid
    Rm {
        /// Where they are.
        #[command(flatten)]
        at: At,
        /// Keys of the entries
        #[arg(required_unless_present = "prefix")]
        keys: Vec<OsString>,
        /// All entries whose keys begin with this
        #[arg(long, conflicts_with = "keys")]
        prefix: Option<OsString>,
    },
    /// A store, full-screen and live: throughput, space, entries, calculators, slow calls, holders
    Top {
        /// Directory of the store
        path: PathBuf,
        /// Seconds between two looks
        #[arg(short = 'n', long, default_value_t = 1.0, value_parser = seconds, value_name = "SECONDS")]
        interval: f64,
    },
    /// Calls of each calculator: how many, how, how long
    Calculators {
        /// Directory of the store
        path: PathBuf,
    },
    /// The latest calls of calculators that took longer than lmdb_slow_ms
    Slow {
        /// Directory of the store
        path: PathBuf,
        /// So many at most
        #[arg(long, default_value_t = 256, value_name = "COUNT")]
        limit: usize,
    },
    /// Statistics in the text format of Prometheus: once, or over HTTP
    ///
    /// With --listen they are at http://ADDRESS/metrics until interrupted.
    Metrics {
        /// Directory of the store
        path: PathBuf,
        /// Address and port to serve them at; port 0: one that is free
        #[arg(long, value_name = "ADDRESS", num_args = 0..=1, default_missing_value = LOOPBACK)]
        listen: Option<SocketAddr>,
    },
    /// A report as one HTML file: sizes, ages, lives, holders, calculators, growth
    Report {
        /// Directory of the store
        path: PathBuf,
        /// File to write it to instead of the standard output
        #[arg(short, long, value_name = "FILE")]
        output: Option<PathBuf>,
        /// Watch the store for so long first, to see it grow
        #[arg(long, value_parser = duration, default_value = "0", value_name = "TIME")]
        over: Duration,
    },
    /// Copies the live entries to another store, which is made when it is not there
    ///
    /// Unlike a copy of the files this may be done while the store is in use, and leaves free space behind.
    Copy(Copy),
    /// Audits the store, then reads every payload: checksums, and whether it is what its format says
    Check {
        /// Directory of the store
        path: PathBuf,
    },
    /// Measures puts, views and deletes in a store of its own, which it removes
    Bench {
        /// Directory on the file system to measure
        #[arg(default_value = "/tmp")]
        directory: PathBuf,
        /// Sizes of payloads
        #[arg(long, value_parser = payload, value_delimiter = ',', default_value = "1KiB,64KiB,1MiB,16MiB")]
        sizes: Vec<u64>,
        /// Time to take
        #[arg(long, value_parser = duration, default_value = "4s", value_name = "TIME")]
        time: Duration,
    },
    /// Completions of the command line for a shell
    ///
    /// bash: dylmdb completions bash > /etc/bash_completion.d/dylmdb
    Completions {
        /// The shell
        shell: Shell,
    },
    /// The manual page, for man; one for each command as well when a directory is given
    Man {
        /// Directory to write to, as /usr/local/share/man/man1
        directory: Option<PathBuf>,
    },
    /// Looks for what stands in the way of a store, and says what to change
    ///
    /// File system, room, permissions, limits of the process, copies of the library, programs that clean up, huge pages, and the
    /// store itself. It need not be there yet. Exit code 1 when something keeps it from working.
    Doctor {
        /// Directory of the store
        #[arg(default_value = DEFAULT_DB_PATH)]
        path: PathBuf,
    },
    /// Finds stores: those that processes have open, then others in the usual places
    Stores {
        /// Directories to look through instead
        directories: Vec<PathBuf>,
        /// Only those that some process has open
        #[arg(long)]
        open: bool,
    },
    /// Lets a store grow further than it might, at once and for everybody (lmdb_map_size)
    Grow {
        /// Directory of the store
        path: PathBuf,
        /// How far it may grow from now on, as 8GiB
        #[arg(value_parser = map_size)]
        size: u64,
    },
    /// Removes what has expired and takes back what dead processes held
    Sweep {
        /// Directory of the store
        path: PathBuf,
    },
    /// Checks that every page has one owner and the indexes agree; holds the write lock meanwhile
    Audit {
        /// Directory of the store
        path: PathBuf,
    },
    /// Info and holders, again and again until interrupted
    Watch {
        /// Directory of the store
        path: PathBuf,
        /// Seconds between two looks
        #[arg(short = 'n', long, default_value_t = 2.0, value_parser = seconds, value_name = "SECONDS")]
        interval: f64,
        /// End after so many looks
        #[arg(long)]
        count: Option<u64>,
    },
}

/// What to list and how.
#[derive(Args)]
pub struct Ls {
    /// Directory of the store
    pub path: PathBuf,
    /// One database instead of all
    #[arg(long)]
    pub db: Option<String>,
    /// Only keys that begin with this
    #[arg(long, default_value = "")]
    pub prefix: OsString,
    /// Format, size, age, time left, source, target, exchange id as well
    #[arg(short, long)]
    pub long: bool,
    /// The largest, oldest, or soonest to expire first, instead of database and key
    #[arg(long, value_enum, default_value_t = Sort::Key)]
    pub sort: Sort,
    /// Last ones first
    #[arg(short, long)]
    pub reverse: bool,
    /// So many at most
    #[arg(long, value_name = "COUNT")]
    pub limit: Option<usize>,
    /// Keys, and the prefix, in hexadecimal digits
    #[arg(long)]
    pub key_hex: bool,
}

/// An order of entries.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Sort {
    /// Database, then key
    Key,
    /// The largest first
    Size,
    /// The oldest first
    Age,
    /// What expires first
    Left,
}

/// What to put and how.
#[derive(Args)]
pub struct Put {
    /// Where to.
    #[command(flatten)]
    pub at: At,
    /// Key of the entry
    pub key: OsString,
    /// File with the payload; the standard input when not given, or -
    pub file: Option<PathBuf>,
    /// What the bytes are: json, msgpack, raw, numpy (a .npy file) or arrow (an IPC stream)
    #[arg(long, default_value = "raw", value_parser = format)]
    pub format: Format,
    /// Time to live, as 90s, 5m or 1h 30m; 0: until deleted
    #[arg(long, value_parser = duration, default_value = "5m", value_name = "TIME")]
    pub ttl: Duration,
    /// Who puts it
    #[arg(long, default_value = "", hide_default_value = true)]
    pub source: String,
    /// Whom it is for
    #[arg(long, default_value = "", hide_default_value = true)]
    pub target: String,
    /// Store a checksum with it
    #[arg(long)]
    pub checksum: bool,
    /// Fail when the key is taken
    #[arg(long)]
    pub no_overwrite: bool,
    /// Make the store when it is not there
    #[arg(long)]
    pub create: bool,
}

/// What to copy and where to.
#[derive(Args)]
pub struct Copy {
    /// Directory of the store
    pub path: PathBuf,
    /// Directory of the other one
    pub to: PathBuf,
    /// One database instead of all
    #[arg(long)]
    pub db: Option<String>,
    /// Only keys that begin with this
    #[arg(long, default_value = "", hide_default_value = true)]
    pub prefix: OsString,
    /// Leave entries as they are that are there already
    #[arg(long)]
    pub no_overwrite: bool,
    /// How far the other store may grow when it is made, as 512MiB; as far as this one when not given
    #[arg(long, value_parser = map_size, value_name = "SIZE")]
    pub map_size: Option<u64>,
}

fn octal(text: &str) -> Result<u32, String> {
    match u32::from_str_radix(text, 8) {
        Ok(mode @ 0o700..=0o777) => Ok(mode),
        _ => Err("allowed: 0700 to 0777 in octal digits".into()),
    }
}

fn seconds(text: &str) -> Result<f64, String> {
    match text.parse() {
        Ok(seconds) if (0.05..=86_400.0).contains(&seconds) => Ok(seconds),
        _ => Err("allowed: 0.05 to 86400 seconds".into()),
    }
}

fn duration(text: &str) -> Result<Duration, String> {
    humantime::parse_duration(text).map_err(|error| format!("{error}; write 500ms, 90s, 5m, 1h 30m, or 0"))
}

/// Bytes, with a unit of 1024 or none.
fn bytes(text: &str) -> Result<u64, String> {
    let (digits, unit) = text.split_at(text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len()));
    let power = match unit.trim().trim_end_matches("iB").trim_end_matches('B') {
        "" => 0,
        "K" | "k" => 10,
        "M" => 20,
        "G" => 30,
        "T" => 40,
        _ => return Err("write bytes, or 64KiB, 16MiB, 2GiB".into()),
    };
    let number: u64 = digits.parse().map_err(|_| "write bytes, or 64KiB, 16MiB, 2GiB".to_owned())?;
    number.checked_mul(1 << power).ok_or_else(|| "that is too much".to_owned())
}

/// Bytes that a payload may have.
fn payload(text: &str) -> Result<u64, String> {
    let size = bytes(text)?;
    if size <= MAX_PAYLOAD { Ok(size) } else { Err(format!("a payload has {MAX_PAYLOAD} bytes at most")) }
}

/// How far a store may grow.
fn map_size(text: &str) -> Result<u64, String> {
    // As lmdb_map_size.
    bytes(text)
        .and_then(|size| if size <= i64::MAX as u64 { Ok(size) } else { Err("that is too much".into()) })
}

fn format(text: &str) -> Result<Format, String> {
    Format::from_name(text).map_err(|error| error.message().to_owned())
}

#[cfg(test)]
mod tests {
    use super::{Arguments, bytes};
    use clap::CommandFactory;

    #[test]
    fn sizes_have_units() {
        let sizes = ["17", "1K", "64KiB", "3MiB", "2 GiB", "1B"].map(|text| bytes(text).unwrap());
        assert_eq!(sizes, [17, 1024, 65_536, 3 << 20, 2 << 30, 1]);
        for text in ["", "x", "1X", "-1", "1.5K", "99999999999T"] {
            assert!(bytes(text).is_err(), "{text}");
        }
    }

    #[test]
    fn the_definition_is_consistent() {
        Arguments::command().debug_assert();
    }
}
