//! What the tests of several processes share: child processes of the test binary itself, and payloads that prove
//! themselves.
#![allow(dead_code)]

pub mod tree;

use dishtayantra_lmdb::options::Options;
use dishtayantra_lmdb::store::Store;
use std::ffi::OsStr;
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::time::Duration;
use tempfile::TempDir;

/// Environment variables of a child: what it does, and on which store.
pub const ROLE: &str = "DY_TEST_ROLE";
pub const STORE: &str = "DY_TEST_STORE";

/// A directory for one test, on memory when the machine has a tmpfs: these tests are about processes, not disks.
pub fn scratch() -> TempDir {
    let memory = Path::new("/dev/shm");
    if memory.is_dir() { TempDir::new_in(memory).unwrap() } else { TempDir::new().unwrap() }
}

/// A child process that runs the test `body` of this binary, with pipes to talk to it.
pub struct Role {
    pub child: Child,
    input: ChildStdin,
    output: BufReader<ChildStdout>,
}

impl Role {
    pub fn start(body: &str, role: &str, store: &Path) -> Role {
        Role::start_with(body, role, store, &[])
    }

    /// As [`Role::start`], with more in its environment.
    pub fn start_with(body: &str, role: &str, store: &Path, environment: &[(&str, &OsStr)]) -> Role {
        Role::start_by(Command::new(std::env::current_exe().unwrap()), body, role, store, environment)
    }

    /// As [`Role::start_with`], by a command that takes this binary's arguments: one that starts it elsewhere.
    pub fn start_by(
        mut command: Command,
        body: &str,
        role: &str,
        store: &Path,
        environment: &[(&str, &OsStr)],
    ) -> Role {
        let mut child = command
            .args(["--exact", body, "--ignored", "--nocapture", "--test-threads=1"])
            .env(ROLE, role)
            .env(STORE, store)
            .envs(environment.iter().copied())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let input = child.stdin.take().unwrap();
        let output = BufReader::new(child.stdout.take().unwrap());
        Role { child, input, output }
    }

    /// Waits until the child says `word` on a line of its own; answers what follows it.
    pub fn expect(&mut self, word: &str) -> String {
        let mut line = String::new();
        loop {
            line.clear();
            let read = self.output.read_line(&mut line).unwrap();
            assert!(read > 0, "the child ended without saying {word:?}");
            if let Some(at) = line.find(&format!("~{word}")) {
                return line[at + word.len() + 1..].trim().to_owned();
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

pub fn open(path: &Path) -> Store {
    Store::open(path, &Options::default()).unwrap()
}

/// Has LMDB's own `mdb_load` put texts under keys in a named database, as other programs do.
pub fn load(path: &Path, database: &str, rows: &[(&str, &str)]) {
    let mut child =
        Command::new("mdb_load").args(["-s", database]).arg(path).stdin(Stdio::piped()).spawn().unwrap();
    let mut input = child.stdin.take().unwrap();
    write!(input, "VERSION=3\nformat=print\ndatabase={database}\ntype=btree\nHEADER=END\n").unwrap();
    for (key, value) in rows {
        write!(input, " {key}\n {value}\n").unwrap();
    }
    writeln!(input, "DATA=END").unwrap();
    drop(input);
    assert!(child.wait().unwrap().success());
}

/// Small, seeded, and the same everywhere.
pub struct Random(pub u64);

impl Random {
    pub fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0.wrapping_mul(0x2545_F491_4F6C_DD1D)
    }

    pub fn below(&mut self, bound: u64) -> u64 {
        (self.next() >> 11) % bound
    }

    /// Log-uniform between `from` and `to`.
    pub fn size(&mut self, from: f64, to: f64) -> usize {
        let unit = (self.next() >> 11) as f64 / (1_u64 << 53) as f64;
        (from * (to / from).powf(unit)) as usize
    }
}

/// A payload that names itself: its tag and size in front, words made from the tag behind.
pub fn tagged(tag: u64, size: usize) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(size + 8);
    bytes.extend_from_slice(&tag.to_le_bytes());
    bytes.extend_from_slice(&(size as u64).to_le_bytes());
    let mut word = tag;
    while bytes.len() < size {
        word = word.wrapping_add(0x9E37_79B9_7F4A_7C15);
        bytes.extend_from_slice(&word.to_le_bytes());
    }
    bytes.truncate(size.max(16));
    bytes
}

/// The tag of a payload made by [`tagged`], after looking at every byte.
pub fn check_tagged(bytes: &[u8]) -> u64 {
    let tag = u64::from_le_bytes(bytes[..8].try_into().unwrap());
    let size = u64::from_le_bytes(bytes[8..16].try_into().unwrap());
    assert_eq!(bytes.len() as u64, size.max(16), "a payload of tag {tag:#x} has another size");
    let mut word = tag;
    for (at, chunk) in bytes[16..].chunks(8).enumerate() {
        word = word.wrapping_add(0x9E37_79B9_7F4A_7C15);
        assert_eq!(chunk, &word.to_le_bytes()[..chunk.len()], "word {at} of tag {tag:#x} is wrong");
    }
    tag
}

/// Asserts that the audit finds nothing wrong and nothing left over, but for a moment's look of the sweeper's.
pub fn assert_clean(store: &Store) {
    let mut audit = store.audit().unwrap();
    for _ in 0..200 {
        if audit.reading == 0 {
            break;
        }
        std::thread::sleep(Duration::from_millis(10));
        audit = store.audit().unwrap();
    }
    assert!(audit.faults.is_empty(), "{:#?}", audit.faults);
    assert_eq!((audit.loans, audit.pins, audit.reading), (0, 0, 0), "{audit:?}");
}

/// CPU time this process has used, user and system.
pub fn cpu_time() -> std::time::Duration {
    let stat = std::fs::read_to_string("/proc/self/schedstat").unwrap();
    let ns = stat.split(' ').next().unwrap().parse().unwrap();
    std::time::Duration::from_nanos(ns)
}
