//! What is written is written, or the exit code says so: 1, never 0 or 101.

use std::ffi::OsStr;
use std::fs::OpenOptions;
use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};

use dishtayantra_lmdb::options::{Options, PutOptions};
use dishtayantra_lmdb::store::{Entry, Store};

use crate::support::*;

const COMMANDS: [&str; 8] = [
    "info S",
    "holders S",
    "ls S",
    "ls S --long",
    "ls S --json",
    "get S key",
    "audit S",
    "watch S --count 1",
];
const OWN: [&str; 3] = ["--help", "--version", "help ls"];

fn big_store() -> (tempfile::TempDir, std::path::PathBuf, Store) {
    let (dir, path, store) = store();
    put(&store, "default", "key", &[7; 10 << 20]);
    (dir, path, store)
}

#[test]
fn output_that_is_lost_is_exit_code_1() {
    let (_dir, path, _store) = big_store();
    let with_store = COMMANDS.map(|command| command.replace('S', path.to_str().unwrap()));
    for command in with_store.iter().map(String::as_str).chain(OWN) {
        for way in [">/dev/full", ">&-", "| true"] {
            // The shell of a pipeline tells the exit code of its last command, so the program's is written elsewhere.
            let script = format!("{{ sleep 0.1; \"$0\" {command}; echo $? >&3; }} 3>&2 2>/dev/null {way}");
            let output = sh(&script);
            assert_eq!(String::from_utf8_lossy(&output.stderr), "1\n", "{command} {way}");
        }
    }
}

#[test]
fn a_full_output_is_named_and_a_reader_that_went_away_is_not() {
    let (_dir, path, _store) = big_store();
    let path = path.to_str().unwrap();
    for (way, named) in [(">/dev/full", "No space left"), (">&-", "closed")] {
        let output = sh(&format!("\"$0\" info {path} {way}"));
        let message = String::from_utf8(output.stderr).unwrap();
        assert!(message.contains("standard output") && message.contains(named), "{message}");
    }
    let mut child =
        program().args(["get", path, "key"]).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    drop(child.stdout.take());
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert_eq!(String::from_utf8_lossy(&output.stderr), "");
}

#[test]
fn an_error_that_cannot_be_told_is_exit_code_1() {
    let (_dir, path, _store) = big_store();
    let path = path.to_str().unwrap();
    for command in ["info /none", &format!("get {path} none"), "unknown", "ls"] {
        for way in ["2>/dev/full", "2>&-"] {
            assert_eq!(sh(&format!("\"$0\" {command} {way}")).status.code(), Some(1), "{command} {way}");
        }
    }
    for way in ["2>/dev/full", "2>&-", "</dev/null", "<&-"] {
        assert_eq!(sh(&format!("\"$0\" info {path} {way}")).status.code(), Some(0), "{way}");
    }
}

#[test]
fn a_warning_that_cannot_be_told_is_exit_code_1() {
    let (_dir, path, store) = store();
    drop(store);
    // One that others may read is warned about.
    let mode = std::os::unix::fs::PermissionsExt::from_mode(0o755);
    std::fs::set_permissions(&path, mode).unwrap();
    let path = path.to_str().unwrap();
    let output = sh(&format!("\"$0\" info {path} >/dev/null"));
    let told = String::from_utf8_lossy(&output.stderr);
    assert!(told.starts_with("warning: "), "{told}");
    assert!(told.ends_with("\nhelp: docs/troubleshooting.md#warnings\n"), "{told}");
    assert_eq!(output.status.code(), Some(0));
    assert_eq!(sh(&format!("\"$0\" info {path} >/dev/null 2>/dev/full")).status.code(), Some(1));
}

#[test]
fn a_file_that_cannot_be_written_is_exit_code_1() {
    let (dir, path, _store) = big_store();
    assert!(refused(&[&"get", &path, &"key", &"-o", &"/dev/full"]).contains("writing /dev/full: No space"));
    assert!(refused(&[&"get", &path, &"key", &"-o", &dir.path()]).contains("writing"));
    let read_only = OpenOptions::new().read(true).open("/dev/null").unwrap();
    let output = program().args([OsStr::new("info"), path.as_os_str()]).stdout(read_only).output().unwrap();
    assert_eq!(output.status.code(), Some(1));
}

#[test]
fn ls_of_20000_keys_of_400_bytes_takes_no_memory() {
    let dir = tempfile::TempDir::new().unwrap();
    let path = dir.path().join("store");
    let store =
        Store::open(&path, &Options { map_size: 256 << 20, sweeper: false, ..Options::default() }).unwrap();
    let keys: Vec<String> = (0..20_000).map(|number| format!("{number:0400}")).collect();
    for batch in keys.chunks(5000) {
        let entries: Vec<Entry> = batch
            .iter()
            .map(|key| Entry { key: key.as_bytes(), parts: &[b"x"], options: PutOptions::default() })
            .collect();
        store.put_many("default", &entries).unwrap();
    }
    for options in [&["--long"][..], &["--json"], &[], &["--sort=size", "--limit=50", "--long"]] {
        let mut child = program().arg("ls").arg(&path).args(options).stdout(Stdio::piped()).spawn().unwrap();
        let mut out = BufReader::new(child.stdout.take().unwrap());
        assert!(!out.fill_buf().unwrap().is_empty());
        // It stands still in the middle, or has found all it will tell.
        let status = std::fs::read_to_string(format!("/proc/{}/status", child.id())).unwrap();
        let anonymous = status.lines().find_map(|line| line.strip_prefix("RssAnon:")).unwrap_or("0 kB");
        let kilobytes: u64 = anonymous.trim().trim_end_matches(" kB").parse().unwrap();
        assert!(kilobytes < 6_000, "{options:?}: {kilobytes} kB");
        let rest = out.split(if options == ["--json"] { b',' } else { b'\n' }).count();
        assert!(child.wait().unwrap().success());
        let least = if options.len() > 1 { 40 } else { 19_000 };
        assert!(rest > least, "{options:?}: {rest}");
    }
}

fn sh(script: &str) -> std::process::Output {
    Command::new("sh").args(["-c", script, env!("CARGO_BIN_EXE_dishtayantra-lmdb")]).output().unwrap()
}
