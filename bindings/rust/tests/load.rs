//! Which libraries are accepted; in a process of its own, since the first one that is stays.

use dishtayantra::{ErrorKind, load, versions};
use std::path::{Path, PathBuf};
use std::process::Command;

/// A library that says only that its ABI is of `version`, made by the C compiler.
fn library(directory: &Path, version: u32) -> PathBuf {
    let (source, library) = (directory.join("other.c"), directory.join(format!("libother{version}.so")));
    std::fs::write(&source, format!("unsigned dy_lmdb_abi_version(void) {{ return {version}; }}\n")).unwrap();
    let made =
        Command::new("cc").args(["-shared", "-fPIC", "-o"]).args([&library, &source]).status().unwrap();
    assert!(made.success());
    library
}

#[test]
fn an_older_library_is_refused_and_a_newer_one_only_for_what_it_lacks() {
    let directory = tempfile::tempdir().unwrap();
    for (version, said) in
        [(1, "has ABI version 1, this crate needs 2 or a later one"), (99, "undefined symbol: dy_lmdb_")]
    {
        let library = library(directory.path(), version);
        let error = load(Some(&library)).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Library);
        assert!(error.to_string().contains(said), "{error}");
        assert!(error.to_string().contains(library.to_str().unwrap()), "{error}");
    }
    load(None).unwrap();
    assert!(versions().unwrap().abi >= 2);
}
