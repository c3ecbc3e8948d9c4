//! Stores of the versions before, which are upgraded in place.

use crate::common::{assert_clean, check_tagged, open, scratch, tagged};
use crate::identity::{SIZE, listing, refused, write};
use dishtayantra_lmdb::error::Status;
use dishtayantra_lmdb::options::{Durability, Options, PutOptions};
use dishtayantra_lmdb::store::Store;
use std::fs;
use std::os::fd::AsRawFd;
use std::os::unix::fs::{FileExt, MetadataExt};
use std::path::Path;

/// The version that stores have.
const PRESENT: u32 = 4;
/// Those before: the version, bytes of its file `shared`, and where it had what no store of the present version has.
const OLDER: [(u32, u64, std::ops::Range<u64>); 2] =
    [(2, 335_872, 69_632..335_872), (3, 1_236_992, 69_632..73_728)];

/// Locks a byte of a file as engines do.
#[allow(unsafe_code)]
fn write_lock(path: &Path, byte: i64) -> fs::File {
    let file = fs::OpenOptions::new().read(true).write(true).open(path).unwrap();
    // SAFETY: the struct is plain integers, and outlives the call on an open descriptor.
    let code = unsafe {
        let mut lock: libc::flock = std::mem::zeroed();
        (lock.l_type, lock.l_start, lock.l_len) = (libc::F_WRLCK as i16, byte, 1);
        libc::fcntl(file.as_raw_fd(), libc::F_OFD_SETLK, &lock)
    };
    assert_eq!(code, 0);
    file
}

/// Makes of a store one of a version before, byte by byte.
fn make_older(path: &Path, version: u32) {
    make_older_header(path, version);
    note_version(path, version);
}

pub fn make_older_header(path: &Path, version: u32) {
    let shared = write(path.join("shared"));
    let (_, length, own) = OLDER.into_iter().find(|older| older.0 == version).unwrap();
    if version == 2 {
        shared.set_len(own.start).unwrap();
        shared.write_all_at(&[0; 2048], 2048).unwrap();
    }
    shared.set_len(length).unwrap();
    shared.write_all_at(&version.to_le_bytes(), 8).unwrap();
    for (at, namespace) in [(32, "/proc/self/ns/pid"), (40, "/proc/self/ns/time")] {
        let inode = fs::metadata(namespace).map_or(0, |metadata| metadata.ino());
        shared.write_all_at(&inode.to_le_bytes(), at).unwrap();
    }
}

/// Places in `data.mdb` where a format version is noted, also in pages that are not used any more.
fn noted(path: &Path) -> (fs::File, Vec<u64>) {
    let data = fs::OpenOptions::new().read(true).write(true).open(path.join("data.mdb")).unwrap();
    let name = b"format_version";
    let mut places = Vec::new();
    let mut page = [0; 4096];
    for at in (0..64 << 20).step_by(page.len()) {
        data.read_exact_at(&mut page, at).unwrap();
        let found = (0..=page.len() - name.len() - 4).find(|&place| page[place..].starts_with(name));
        places.extend(found.map(|place| at + (place + name.len()) as u64));
    }
    (data, places)
}

/// Writes a format version in `data.mdb`.
pub fn note_version(path: &Path, version: u32) {
    let (data, places) = noted(path);
    for at in places {
        data.write_all_at(&version.to_le_bytes(), at).unwrap();
    }
}

/// The versions that are noted in `shared` and `data.mdb`.
fn versions(path: &Path) -> (u32, Vec<u32>) {
    let word = |bytes: &[u8]| u32::from_le_bytes(bytes[..4].try_into().unwrap());
    let (data, places) = noted(path);
    let read = |at| {
        let mut bytes = [0; 4];
        data.read_exact_at(&mut bytes, at).unwrap();
        word(&bytes)
    };
    (word(&fs::read(path.join("shared")).unwrap()[8..]), places.into_iter().map(read).collect())
}

#[test]
fn a_store_of_a_version_before_is_upgraded_in_place_once_nobody_has_it_open() {
    for durability in [Durability::Process, Durability::Sync] {
        for (version, _, own) in OLDER {
            for garbage in [false, true] {
                upgrade(durability, version, own.clone(), garbage);
            }
        }
    }
}

fn upgrade(durability: Durability, version: u32, own: std::ops::Range<u64>, garbage: bool) {
    let dir = scratch();
    let options = Options { durability, ..Options::default() };
    let store = Store::open(dir.path(), &options).unwrap();
    store.put("default", b"k", &[&tagged(1, SIZE)], &PutOptions::default()).unwrap();
    store.put("default", b"small", &[b"x"], &PutOptions::default()).unwrap();
    let id = store.id();
    drop(store);
    make_older(dir.path(), version);
    let shared = write(dir.path().join("shared"));
    if garbage {
        // Pins and owners of a process that was killed, or whatever else.
        shared.write_all_at(&vec![7; (own.end - own.start) as usize], own.start).unwrap();
        shared.write_all_at(&256_u32.to_le_bytes(), 72).unwrap();
    }
    // The locks of a process with that version: its byte of owners, and its guard of LMDB's.
    for (name, byte) in [("owners", 7), ("lock.mdb", 0)] {
        let holder = write_lock(&dir.path().join(name), byte);
        let before = listing(dir.path());
        let error = refused(dir.path());
        assert_eq!(error.status(), Status::ForeignStore, "{name}");
        let wanted = format!("version {version}");
        assert!(error.message().contains(&wanted) && error.message().contains("live"), "{error}");
        assert_eq!(listing(dir.path()), before, "{name}");
        drop(holder);
    }
    let store = Store::open(dir.path(), &options).unwrap();
    assert_eq!(check_tagged(store.view("default", b"k").unwrap().unwrap().bytes()), 1);
    assert_eq!(store.get("default", b"small").unwrap().unwrap().0, b"x");
    assert_eq!(store.id(), id);
    assert_clean(&store);
    store.put("default", b"new", &[&tagged(2, SIZE)], &PutOptions::default()).unwrap();
    drop(store);
    assert_eq!(versions(dir.path()).0, PRESENT);
    let kept = fs::read(dir.path().join("shared")).unwrap();
    assert!(kept[own.start as usize..73_728].iter().all(|&byte| byte == 0), "what is kept zero is not");
    assert!(kept[32..48].iter().all(|&byte| byte == 0), "namespaces are still noted");
    let store = open(dir.path());
    assert_eq!(check_tagged(store.view("default", b"new").unwrap().unwrap().bytes()), 2);
}

/// When the entry `key` of a store that nobody has open expires, as its record says.
fn expires(path: &Path, key: &str) -> u64 {
    let dump = std::process::Command::new("mdb_dump").args(["-s", "default"]).arg(path).output().unwrap();
    assert!(dump.status.success(), "{dump:?}");
    let dump = String::from_utf8(dump.stdout).unwrap();
    let hex: String = key.bytes().map(|byte| format!("{byte:02x}")).collect();
    let mut lines = dump.lines().skip_while(|line| line.trim() != hex);
    let record = lines.nth(1).unwrap().trim();
    u64::from_str_radix(&record[2 * 40..2 * 48], 16).unwrap().swap_bytes()
}

#[test]
fn times_of_another_time_namespace_are_of_the_boots_clock_after_an_upgrade() {
    for elsewhere in [false, true] {
        let dir = scratch();
        let store = open(dir.path());
        let an_hour = PutOptions { ttl_ms: 3_600_000, ..PutOptions::default() };
        store.put("default", b"long", &[b"x"], &an_hour).unwrap();
        drop(store);
        let before = expires(dir.path(), "long");
        make_older(dir.path(), 3);
        if elsewhere {
            write(dir.path().join("shared")).write_all_at(&1_u64.to_le_bytes(), 40).unwrap();
        }
        drop(open(dir.path()));
        let after = expires(dir.path(), "long");
        // What that namespace's clock said is nothing to go by: what is left by the wall clock is.
        assert_eq!(after != before, elsewhere, "{before} {after}");
        assert!(after.abs_diff(before) < 60_000_000_000, "{before} {after}");
    }
}

#[test]
fn an_upgrade_that_was_cut_off_is_finished_by_the_next_opener() {
    // Whichever of the two notes of the version was written first.
    for (shared, noted) in [(2, 4), (4, 2), (3, 4), (4, 3), (3, 2)] {
        let dir = scratch();
        let store = open(dir.path());
        store.put("default", b"k", &[&tagged(1, SIZE)], &PutOptions::default()).unwrap();
        drop(store);
        if shared != PRESENT {
            make_older(dir.path(), shared);
        }
        note_version(dir.path(), noted);
        let store = open(dir.path());
        assert_eq!(check_tagged(store.view("default", b"k").unwrap().unwrap().bytes()), 1);
        drop(store);
        let (header, places) = versions(dir.path());
        assert!(header == PRESENT && places.contains(&PRESENT), "{header} {places:?}");
    }
}
