//! Files that are taken from a store, exchanged or overwritten: by a cleaner, a backup that is put back, somebody's mistake.

use crate::common::{Role, check_tagged, open, pause, role, say, scratch, tagged};
use dishtayantra_lmdb::error::{Error, Status};
use dishtayantra_lmdb::options::{Durability, Options, PutOptions};
use dishtayantra_lmdb::store::Store;
use std::collections::BTreeMap;
use std::fs;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::os::fd::AsRawFd;
use std::os::unix::fs::{FileExt, MetadataExt, symlink};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

const FILES: [&str; 5] = ["data.mdb", "lock.mdb", "shared", "owners", "open.lock"];
const SIZE: usize = 100_000;
/// Bytes of the file `shared` of the version before.
const OLDER_LENGTH: u64 = 335_872;
/// Where its pins and their owners began.
const OLDER_END: u64 = 69_632;

#[test]
#[ignore = "the body of the child processes; started by the tests of this file"]
fn child() {
    let Some((role, path)) = role() else {
        return;
    };
    match role.as_str() {
        "look" => look(&path),
        "read" | "wait" | "put" | "delete" => notice(&role, &path),
        "open" => say("answer", answer(&path)),
        other => panic!("unknown role {other:?}"),
    }
}

/// Holds a view and a loan, and says what they hold when asked.
fn look(path: &Path) {
    // The sweeper would change the files as well.
    let store = Store::open(path, &Options { sweeper: false, ..Options::default() }).unwrap();
    store.put("default", b"k", &[&tagged(1, SIZE)], &PutOptions::default()).unwrap();
    let view = store.view("default", b"k").unwrap().unwrap();
    let mut loan = store.loan(SIZE as u64).unwrap();
    loan.bytes_mut().copy_from_slice(&tagged(2, SIZE));
    say("open", "");
    loop {
        pause();
        say("same", format!("{} {}", check_tagged(view.bytes()), check_tagged(loan.bytes_mut())));
    }
}

/// Says how long calls went on, and the error that ended them.
fn notice(role: &str, path: &Path) {
    let store = open(path);
    store.put("default", b"k", &[&tagged(1, SIZE)], &PutOptions::default()).unwrap();
    drop(store);
    let store = open(path);
    say("open", "");
    pause();
    let start = Instant::now();
    let error = loop {
        let result = match role {
            "read" => store.view("default", b"k").map(|_| ()),
            "put" => store.put("default", b"k", &[&tagged(1, SIZE)], &PutOptions::default()).map(|_| ()),
            "delete" => store.delete("default", b"none").map(|_| ()),
            _ => match store.wait("default", b"none", Some(Duration::from_secs(20))) {
                Err(error) if error.status() == Status::Timeout => Ok(()),
                other => other,
            },
        };
        match result {
            Err(error) => break error,
            Ok(()) => assert!(start.elapsed() < Duration::from_secs(20), "nothing was noticed"),
        }
        std::thread::sleep(Duration::from_millis(5));
    };
    say("noticed", format!("{} {}", error.status().name(), error.message()));
}

fn answer(path: &Path) -> String {
    match Store::open(path, &Options::default()) {
        Ok(store) => format!("OK {}", store.contains("default", b"k").unwrap()),
        Err(error) => format!("{} {}", error.status().name(), error.message()),
    }
}

fn refused(path: &Path) -> Error {
    Store::open(path, &Options::default()).expect_err("it must not open")
}

/// Every file by name, with its inode, size and, where it is short, a hash of its bytes.
fn listing(path: &Path) -> BTreeMap<String, (u64, u64, u64)> {
    let entries = fs::read_dir(path).unwrap().map(Result::unwrap);
    let file = |entry: fs::DirEntry| {
        let metadata = fs::symlink_metadata(entry.path()).unwrap();
        let short = metadata.is_file() && metadata.len() < 8 << 20;
        let bytes = if short { fs::read(entry.path()).unwrap() } else { Vec::new() };
        let mut hasher = DefaultHasher::new();
        bytes.hash(&mut hasher);
        (entry.file_name().into_string().unwrap(), (metadata.ino(), metadata.len(), hasher.finish()))
    };
    entries.map(file).collect()
}

/// Copies a directory of which no process has anything open.
fn copy(from: &Path, to: &Path) {
    assert!(Command::new("cp").args(["-a", "--sparse=always"]).args([from, to]).status().unwrap().success());
}

fn write(path: PathBuf) -> fs::File {
    fs::OpenOptions::new().write(true).open(path).unwrap()
}

fn attack(path: &Path, name: &str, how: &str) {
    let file = path.join(name);
    let aside = path.with_extension("aside");
    match how {
        "removed" => fs::remove_file(&file).unwrap(),
        "replaced" => {
            assert!(
                Command::new("cp")
                    .args(["-a", "--sparse=always"])
                    .args([&file, &aside])
                    .status()
                    .unwrap()
                    .success()
            );
            fs::rename(&aside, &file).unwrap();
        }
        "truncated" => write(file).set_len(0).unwrap(),
        "zeroed" => {
            let length = fs::metadata(&file).unwrap().len();
            let file = write(file);
            // What it maps is gone at once, but not its length.
            file.write_all_at(&vec![0; length.min(1 << 20) as usize], 0).unwrap();
        }
        "made a link" => {
            fs::rename(&file, &aside).unwrap();
            symlink(&aside, &file).unwrap();
        }
        other => panic!("{other}"),
    }
}

#[test]
fn who_comes_after_a_file_was_taken_from_a_store_in_use_is_refused_and_changes_nothing() {
    for name in FILES {
        for how in ["removed", "replaced", "truncated", "zeroed", "made a link"] {
            let dir = scratch();
            let path = dir.path().join("store");
            let mut holder = Role::start("identity::child", "look", &path);
            holder.expect("open");
            attack(&path, name, how);
            let before = listing(&path);
            let what = format!("{name} {how}");
            // Empty files are what they were before, and so is the process that has them open.
            let harmless = matches!((name, how), ("owners" | "open.lock", "truncated" | "zeroed"));
            let answers: Vec<String> = (0..2)
                .map(|_| {
                    let mut opener = Role::start("identity::child", "open", &path);
                    let answer = opener.expect("answer");
                    opener.finish();
                    answer
                })
                .collect();
            for answer in &answers {
                if harmless {
                    assert_eq!(answer, "OK true", "{what}");
                    continue;
                }
                let status =
                    if how == "made a link" { "DY_LMDB_PERMISSION" } else { "DY_LMDB_FOREIGN_STORE" };
                assert!(answer.starts_with(status) && answer.contains(name), "{what}: {answer}");
            }
            if !harmless {
                assert_eq!(listing(&path), before, "{what}");
            }
            // Whose mapped bytes are gone cannot be helped.
            if !(name == "data.mdb" && matches!(how, "truncated" | "zeroed")) {
                holder.go();
                assert_eq!(holder.expect("same"), "1 2", "{what}");
            }
            holder.kill();
        }
    }
}

#[test]
fn who_has_a_store_open_is_told_which_file_was_taken() {
    for name in FILES {
        for role in ["read", "put", "delete", "wait"] {
            let dir = scratch();
            let mut holder = Role::start("identity::child", role, dir.path());
            holder.expect("open");
            let file = dir.path().join(name);
            if role == "read" {
                fs::rename(&file, dir.path().join("aside")).unwrap();
            } else {
                fs::remove_file(&file).unwrap();
            }
            holder.go();
            let said = holder.expect("noticed");
            assert!(
                said.starts_with("DY_LMDB_FOREIGN_STORE") && said.contains(name),
                "{role} {name}: {said}"
            );
            holder.finish();
        }
    }
}

#[test]
fn a_store_that_nobody_has_open_is_used_again_whatever_became_of_its_locks() {
    for name in ["lock.mdb", "owners", "open.lock"] {
        for durability in [Durability::Process, Durability::Sync] {
            let dir = scratch();
            let options = Options { durability, ..Options::default() };
            let store = Store::open(dir.path(), &options).unwrap();
            store.put("default", b"k", &[&tagged(1, SIZE)], &PutOptions::default()).unwrap();
            let id = store.id();
            drop(store);
            fs::remove_file(dir.path().join(name)).unwrap();
            for _ in 0..2 {
                let store = Store::open(dir.path(), &options).unwrap();
                assert_eq!(check_tagged(store.view("default", b"k").unwrap().unwrap().bytes()), 1);
                assert_eq!(store.id(), id, "{name}");
            }
        }
    }
}

#[test]
fn a_backup_that_is_put_back_is_used_and_is_another_store() {
    let dir = scratch();
    let (path, backup) = (dir.path().join("store"), dir.path().join("backup"));
    let store = open(&path);
    store.put("default", b"k", &[&tagged(1, SIZE)], &PutOptions::default()).unwrap();
    let id = store.id();
    drop(store);
    copy(&path, &backup);
    for name in FILES {
        fs::rename(backup.join(name), path.join(name)).unwrap();
    }
    let store = open(&path);
    assert_eq!(check_tagged(store.view("default", b"k").unwrap().unwrap().bytes()), 1);
    assert_ne!(store.id(), id);
    let renewed = store.id();
    drop(store);
    assert_eq!(open(&path).id(), renewed);
}

/// Runs `systemd-tmpfiles --clean` with a rule.
fn clean(dir: &Path, rule: &str) {
    let rules = dir.join("rules.conf");
    fs::write(&rules, rule).unwrap();
    let cleaned = Command::new("systemd-tmpfiles").arg("--clean").arg(&rules).output();
    let output = cleaned.expect("systemd-tmpfiles, which make setup installs");
    assert!(output.status.success(), "{output:?}");
}

#[test]
fn a_cleaner_leaves_a_store_in_use_alone() {
    let dir = scratch();
    let top = dir.path().join("tmp");
    let path = top.join("exchange");
    fs::create_dir(&top).unwrap();
    let mut holder = Role::start("identity::child", "look", &path);
    holder.expect("open");
    fs::write(top.join("old"), b"").unwrap();
    std::thread::sleep(Duration::from_millis(2_100));
    let before = listing(&path);
    clean(dir.path(), &format!("d {} 1777 root root 1s\n", top.display()));
    assert!(!top.join("old").exists(), "the cleaner did nothing");
    assert_eq!(listing(&path), before);
    holder.go();
    assert_eq!(holder.expect("same"), "1 2");
    let store = open(&path);
    assert_eq!(check_tagged(store.view("default", b"k").unwrap().unwrap().bytes()), 1);
    drop(store);
    holder.kill();
    // What it takes when nobody has the store open is not missed.
    std::thread::sleep(Duration::from_millis(2_100));
    clean(dir.path(), &format!("d {} 1777 root root 1s\n", top.display()));
    drop(open(&path));
}

#[test]
fn what_was_a_store_is_not_thrown_away_when_its_header_cannot_be_understood() {
    let damages: [(&str, fn(&fs::File)); 4] = [
        ("state", |shared| shared.write_all_at(&[0; 4], 12).unwrap()),
        ("magic", |shared| shared.write_all_at(&[0; 8], 0).unwrap()),
        ("header", |shared| shared.write_all_at(&[0; 4096], 0).unwrap()),
        ("all", |shared| shared.set_len(0).unwrap()),
    ];
    for (what, damage) in damages {
        for durability in [Durability::Process, Durability::Sync] {
            for alive in [false, true] {
                let dir = scratch();
                let options = Options { durability, ..Options::default() };
                let store = Store::open(dir.path(), &options).unwrap();
                store.put("default", b"k", &[&tagged(1, SIZE)], &PutOptions::default()).unwrap();
                drop(store);
                let holder = alive.then(|| {
                    let mut holder = Role::start("identity::child", "look", dir.path());
                    holder.expect("open");
                    holder
                });
                let shared =
                    fs::OpenOptions::new().read(true).write(true).open(dir.path().join("shared")).unwrap();
                let mut whole = vec![0; shared.metadata().unwrap().len() as usize];
                shared.read_exact_at(&mut whole, 0).unwrap();
                damage(&shared);
                let before = listing(dir.path());
                let error = refused(dir.path());
                assert_eq!(error.status(), Status::ForeignStore, "{what}");
                assert!(error.message().contains("shared"), "{error}");
                assert_eq!(listing(dir.path()), before, "{what} {durability:?} {alive}");
                if let Some(holder) = holder {
                    holder.kill();
                }
                shared.write_all_at(&whole, 0).unwrap();
                let store = open(dir.path());
                assert_eq!(check_tagged(store.view("default", b"k").unwrap().unwrap().bytes()), 1, "{what}");
            }
        }
    }
}

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

/// Makes of a store one of the version before, byte by byte.
fn make_older(path: &Path) {
    let shared = write(path.join("shared"));
    shared.set_len(OLDER_END).unwrap();
    shared.set_len(OLDER_LENGTH).unwrap();
    shared.write_all_at(&2_u32.to_le_bytes(), 8).unwrap();
    shared.write_all_at(&[0; 2048], 2048).unwrap();
    note_version(path, 2);
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
fn note_version(path: &Path, version: u32) {
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
fn a_store_of_the_version_before_is_upgraded_in_place_once_nobody_has_it_open() {
    for durability in [Durability::Process, Durability::Sync] {
        for garbage in [false, true] {
            let dir = scratch();
            let options = Options { durability, ..Options::default() };
            let store = Store::open(dir.path(), &options).unwrap();
            store.put("default", b"k", &[&tagged(1, SIZE)], &PutOptions::default()).unwrap();
            store.put("default", b"small", &[b"x"], &PutOptions::default()).unwrap();
            let id = store.id();
            drop(store);
            make_older(dir.path());
            let shared = write(dir.path().join("shared"));
            if garbage {
                // Pins and owners of a process that was killed.
                shared.write_all_at(&[7; (OLDER_LENGTH - OLDER_END) as usize], OLDER_END).unwrap();
                shared.write_all_at(&256_u32.to_le_bytes(), 72).unwrap();
            }
            // The locks of a process with the version before: its byte of owners, and its guard of LMDB's.
            for (name, byte) in [("owners", 7), ("lock.mdb", 0)] {
                let holder = write_lock(&dir.path().join(name), byte);
                let before = listing(dir.path());
                let error = refused(dir.path());
                assert_eq!(error.status(), Status::ForeignStore, "{name}");
                assert!(error.message().contains("version 2") && error.message().contains("live"), "{error}");
                assert_eq!(listing(dir.path()), before, "{name}");
                drop(holder);
            }
            let store = Store::open(dir.path(), &options).unwrap();
            assert_eq!(check_tagged(store.view("default", b"k").unwrap().unwrap().bytes()), 1);
            assert_eq!(store.get("default", b"small").unwrap().unwrap().0, b"x");
            assert_eq!(store.id(), id);
            crate::common::assert_clean(&store);
            store.put("default", b"new", &[&tagged(2, SIZE)], &PutOptions::default()).unwrap();
            drop(store);
            assert_eq!(versions(dir.path()).0, 3);
            let kept = fs::read(dir.path().join("shared")).unwrap();
            assert!(
                kept[OLDER_END as usize..172_032].iter().all(|&byte| byte == 0),
                "what is kept zero is not"
            );
            let store = open(dir.path());
            assert_eq!(check_tagged(store.view("default", b"new").unwrap().unwrap().bytes()), 2);
        }
    }
}

#[test]
fn an_upgrade_that_was_cut_off_is_finished_by_the_next_opener() {
    // Whichever of the two notes of the version was written first.
    for (shared, noted) in [(2, 3), (3, 2)] {
        let dir = scratch();
        let store = open(dir.path());
        store.put("default", b"k", &[&tagged(1, SIZE)], &PutOptions::default()).unwrap();
        drop(store);
        if shared == 2 {
            make_older(dir.path());
        }
        note_version(dir.path(), noted);
        let store = open(dir.path());
        assert_eq!(check_tagged(store.view("default", b"k").unwrap().unwrap().bytes()), 1);
        drop(store);
        let (header, places) = versions(dir.path());
        assert!(header == 3 && places.contains(&3), "{header} {places:?}");
    }
}
