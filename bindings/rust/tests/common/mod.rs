//! What the tests share: stores of their own, and child processes of the test binary itself.
#![allow(dead_code, reason = "no test file uses all of it")]

use dishtayantra::{Error, ErrorKind, OpenOptions, Result, Store};
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use tempfile::TempDir;

/// Environment variables of a child: what it does, and on which store.
pub const ROLE: &str = "DY_TEST_ROLE";
pub const STORE: &str = "DY_TEST_STORE";

pub const MAP_SIZE: u64 = 64 << 20;

/// A directory for one test, on memory when the machine has a tmpfs.
pub fn scratch() -> TempDir {
    let memory = Path::new("/dev/shm");
    if memory.is_dir() { TempDir::new_in(memory).unwrap() } else { TempDir::new().unwrap() }
}

pub fn open(path: &Path) -> Store {
    Store::open_with(path, &OpenOptions { map_size: Some(MAP_SIZE), ..OpenOptions::default() }).unwrap()
}

/// The error of `result`, which must be of a kind and name what is wrong.
#[track_caller]
pub fn assert_fails<T: std::fmt::Debug>(result: Result<T>, kind: ErrorKind, named: &str) -> Error {
    let error = result.expect_err(named);
    assert_eq!(error.kind(), kind, "{error}");
    assert!(error.message().contains(named), "'{error}' does not name '{named}'");
    error
}

/// A child process that runs the test `child` of this binary, with pipes to talk to it.
pub struct Role {
    child: Child,
    input: ChildStdin,
    output: BufReader<ChildStdout>,
}

impl Role {
    pub fn start(role: &str, store: &Path) -> Role {
        Role::start_with(role, store, |command| command)
    }

    pub fn start_with(role: &str, store: &Path, change: impl FnOnce(&mut Command) -> &mut Command) -> Role {
        let mut command = Command::new(std::env::current_exe().unwrap());
        command.args(["--exact", "child", "--ignored", "--nocapture", "--test-threads=1"]);
        command.env(ROLE, role).env(STORE, store).stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut child = change(&mut command).spawn().unwrap();
        let input = child.stdin.take().unwrap();
        let output = BufReader::new(child.stdout.take().unwrap());
        Role { child, input, output }
    }

    /// Waits until the child says `word` on a line of its own; answers what follows it.
    pub fn expect(&mut self, word: &str) -> String {
        let mut line = String::new();
        loop {
            line.clear();
            assert!(self.output.read_line(&mut line).unwrap() > 0, "the child ended without saying {word:?}");
            if let Some((_, rest)) = line.split_once(&format!("~{word}")) {
                return rest.trim().to_owned();
            }
        }
    }

    /// Lets the child go on.
    pub fn go(&mut self) {
        self.input.write_all(b"go\n").unwrap();
        self.input.flush().unwrap();
    }

    pub fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    pub fn finish(mut self) {
        let mut rest = String::new();
        while self.output.read_line(&mut rest).unwrap() > 0 {}
        let status = self.child.wait().unwrap();
        assert!(status.success(), "a child ended with {status}:\n{rest}");
    }
}

/// In a child: says a word to the parent.
pub fn say(word: &str, rest: impl std::fmt::Display) {
    println!("~{word} {rest}");
    std::io::stdout().flush().unwrap();
}

/// In a child: waits for [`Role::go`].
pub fn pause() {
    let mut line = String::new();
    std::io::stdin().read_line(&mut line).unwrap();
}

/// In a child: its role and store; `None` when the test was started by hand.
pub fn role() -> Option<(String, PathBuf)> {
    Some((std::env::var(ROLE).ok()?, PathBuf::from(std::env::var_os(STORE)?)))
}
