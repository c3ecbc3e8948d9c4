//! Completions and manual pages, made from the definition of the command line.

use std::path::Path;

use clap::CommandFactory;
use clap_complete::Shell;

use crate::Failure;
use crate::arguments::Arguments;
use crate::out::print;

/// Names that the program is installed under.
const NAMES: [&str; 2] = ["dishtayantra-lmdb", "dylmdb"];

/// Prints what a shell needs to complete both names.
pub fn completions(shell: Shell) -> Result<(), Failure> {
    let mut text = Vec::new();
    for name in NAMES {
        clap_complete::generate(shell, &mut Arguments::command(), name, &mut text);
    }
    // zsh takes the names that a file serves from its first line alone.
    let first = |names: &str| format!("#compdef {names}\n");
    print(&String::from_utf8(text)?.replacen(&first(NAMES[0]), &first(&NAMES.join(" ")), 1))
}

/// Prints the manual page, or writes one for the program and for each command to a directory.
pub fn manual(directory: Option<&Path>) -> Result<(), Failure> {
    let Some(directory) = directory else {
        let mut text = Vec::new();
        clap_mangen::Man::new(Arguments::command()).render(&mut text)?;
        return print(&String::from_utf8(text)?);
    };
    let wrap = |error: std::io::Error| format!("writing to {}: {error}", directory.display());
    std::fs::create_dir_all(directory).map_err(wrap)?;
    clap_mangen::generate_to(Arguments::command(), directory).map_err(wrap)?;
    // The short name has the same page.
    std::fs::write(directory.join("dylmdb.1"), ".so man1/dishtayantra-lmdb.1\n").map_err(wrap)?;
    Ok(())
}
