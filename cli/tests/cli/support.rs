//! Stores to look at, and the program that looks.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use dishtayantra_lmdb::options::{Options, PutOptions};
use dishtayantra_lmdb::store::Store;
use serde_json::Value;
use tempfile::TempDir;

pub fn program() -> Command {
    Command::new(env!("CARGO_BIN_EXE_dishtayantra-lmdb"))
}

pub fn run(arguments: &[&dyn AsRef<OsStr>]) -> Output {
    program().args(arguments.iter().map(|argument| argument.as_ref())).output().unwrap()
}

/// What the program printed; it has to succeed.
pub fn printed(arguments: &[&dyn AsRef<OsStr>]) -> String {
    let output = run(arguments);
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{errors}");
    assert_eq!(errors, "");
    String::from_utf8(output.stdout).unwrap()
}

pub fn json(arguments: &[&dyn AsRef<OsStr>]) -> Value {
    let mut all: Vec<&dyn AsRef<OsStr>> = vec![&"--json"];
    all.extend(arguments);
    serde_json::from_str(&printed(&all)).unwrap()
}

/// What the program complained of; it has to fail with exit code 1 and print nothing else.
pub fn refused(arguments: &[&dyn AsRef<OsStr>]) -> String {
    let output = run(arguments);
    assert_eq!(output.status.code(), Some(1));
    assert_eq!(String::from_utf8_lossy(&output.stdout), "");
    String::from_utf8(output.stderr).unwrap()
}

pub fn store() -> (TempDir, PathBuf, Store) {
    let dir = TempDir::new().unwrap();
    let path = dir.path().join("store");
    let options = Options { map_size: 64 << 20, sweeper: false, ..Options::default() };
    let store = Store::open(&path, &options).unwrap();
    (dir, path, store)
}

pub fn put(store: &Store, db: &str, key: &str, payload: &[u8]) {
    let options =
        PutOptions { source: "a source", target: "a target", txn_id: "an id", ..PutOptions::default() };
    store.put(db, key.as_bytes(), &[payload], &options).unwrap();
}

pub fn pid() -> u64 {
    u64::from(std::process::id())
}

pub fn names(dir: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(dir).unwrap();
    entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
}
