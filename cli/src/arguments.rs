//! The command line.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use clap::{Parser, Subcommand};

/// Shows what a dishtayantra_lmdb store holds and who holds it
///
/// A store that is not there is not made. Errors go to the standard error with exit code 1, wrong usage with 2.
#[derive(Parser)]
#[command(name = "dishtayantra-lmdb", version)]
pub struct Arguments {
    /// JSON instead of tables; sizes in bytes, times in ms
    #[arg(long, global = true)]
    pub json: bool,
    /// Mode that the store's directory may have, in octal digits (lmdb_mode)
    #[arg(long, global = true, default_value = "0700", value_parser = octal, value_name = "OCTAL")]
    pub mode: u32,
    /// Accept a directory that is a symbolic link
    #[arg(long, global = true)]
    pub follow_symlinks: bool,
    /// What to do
    #[command(subcommand)]
    pub command: Command,
}

/// What can be done with a store.
#[derive(Subcommand)]
pub enum Command {
    /// Path, space, format version, boot id, and each database's entries and bytes
    Info {
        /// Directory of the store
        path: PathBuf,
    },
    /// The live entries
    Ls {
        /// Directory of the store
        path: PathBuf,
        /// One database instead of all
        #[arg(long)]
        db: Option<String>,
        /// Only keys that begin with this
        #[arg(long, default_value = "")]
        prefix: OsString,
        /// Format, size, age, time left, source, target, exchange id as well
        #[arg(short, long)]
        long: bool,
    },
    /// Who reads, pins and has on loan what
    Holders {
        /// Directory of the store
        path: PathBuf,
    },
    /// Writes the payload of an entry; with --json its envelope
    ///
    /// The entry does not count as opened by its calculator.
    Get {
        /// Directory of the store
        path: PathBuf,
        /// Key of the entry
        key: OsString,
        /// Named database
        #[arg(long, default_value = "default")]
        db: String,
        /// File to write the payload to instead of the standard output
        #[arg(short, long, value_name = "FILE")]
        output: Option<PathBuf>,
    },
    /// Deletes entries; views of them stay valid
    Rm {
        /// Directory of the store
        path: PathBuf,
        /// Keys of the entries
        #[arg(required = true)]
        keys: Vec<OsString>,
        /// Named database
        #[arg(long, default_value = "default")]
        db: String,
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

impl Command {
    /// Directory of the store.
    pub fn path(&self) -> &Path {
        match self {
            Command::Info { path }
            | Command::Ls { path, .. }
            | Command::Holders { path }
            | Command::Get { path, .. }
            | Command::Rm { path, .. }
            | Command::Sweep { path }
            | Command::Audit { path }
            | Command::Watch { path, .. } => path,
        }
    }
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

#[cfg(test)]
mod tests {
    use super::Arguments;
    use clap::CommandFactory;

    #[test]
    fn the_definition_is_consistent() {
        Arguments::command().debug_assert();
    }
}
