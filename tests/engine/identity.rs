//! Files that are taken from a store, exchanged or overwritten: by a cleaner, a backup that is put back, somebody's mistake.

use crate::common::{Role, check_tagged, open, pause, role, say, scratch, tagged};
use crate::upgrade::{make_older_header, note_version};
use dishtayantra_lmdb::error::{Error, Status};
use dishtayantra_lmdb::options::{Durability, Options, PutOptions};
use dishtayantra_lmdb::store::Store;
use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::fs;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::os::unix::fs::{FileExt, MetadataExt, PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

const FILES: [&str; 5] = ["data.mdb", "lock.mdb", "shared", "owners", "open.lock"];
pub const SIZE: usize = 100_000;

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
        "open in little room" => {
            little_room();
            say("answer", answer(&path));
        }
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

pub fn refused(path: &Path) -> Error {
    Store::open(path, &Options::default()).expect_err("it must not open")
}

/// Every file by name, with its inode, size and, where it is short, a hash of its bytes.
pub fn listing(path: &Path) -> BTreeMap<String, (u64, u64, u64)> {
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

pub fn write(path: PathBuf) -> fs::File {
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

/// Side by side: what these tests do is mostly waiting.
fn for_each_file(test: impl Fn(&str) + Sync) {
    std::thread::scope(|scope| {
        for name in FILES {
            let test = &test;
            scope.spawn(move || test(name));
        }
    });
}

#[test]
fn who_comes_after_a_file_was_taken_from_a_store_in_use_is_refused_and_changes_nothing() {
    for_each_file(|name| {
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
    });
}

#[test]
fn who_has_a_store_open_is_told_which_file_was_taken() {
    for_each_file(|name| {
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
    });
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

#[test]
fn the_sweeper_keeps_the_files_from_looking_old() {
    let dir = scratch();
    let store = open(dir.path());
    let files = FILES.map(|name| dir.path().join(name));
    let touched = Command::new("touch").args(["-d", "2001-01-01"]).args(&files).status();
    assert!(touched.unwrap().success());
    store.put("default", b"k", &[b"x"], &PutOptions::default()).unwrap();
    let start = Instant::now();
    let old = |name: &&str| fs::metadata(dir.path().join(name)).unwrap().mtime() < 1_500_000_000;
    while FILES.iter().any(old) {
        assert!(start.elapsed() < Duration::from_secs(20), "they still look old");
        std::thread::sleep(Duration::from_millis(5));
    }
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
    type Damage = fn(&fs::File);
    let damages: [(&str, Damage); 4] = [
        ("state", |shared| shared.write_all_at(&[0; 4], 12).unwrap()),
        ("magic", |shared| shared.write_all_at(&[0; 8], 0).unwrap()),
        ("header", |shared| shared.write_all_at(&[0; 4096], 0).unwrap()),
        ("all", |shared| shared.set_len(0).unwrap()),
    ];
    for (what, damage) in damages {
        for durability in [Durability::Process, Durability::Sync] {
            for alive in [false, true] {
                let (dir, holder) = stored(durability, alive);
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

/// A store with an entry, and when it is to be `alive` a process that has it open.
fn stored(durability: Durability, alive: bool) -> (tempfile::TempDir, Option<Role>) {
    let dir = scratch();
    let store = Store::open(dir.path(), &Options { durability, ..Options::default() }).unwrap();
    store.put("default", b"k", &[&tagged(1, SIZE)], &PutOptions::default()).unwrap();
    drop(store);
    let holder = alive.then(|| {
        let mut holder = Role::start("identity::child", "look", dir.path());
        holder.expect("open");
        holder
    });
    (dir, holder)
}

/// Leaves this process too little address space for a store.
#[allow(unsafe_code)]
fn little_room() {
    let limit = libc::rlimit { rlim_cur: 8 << 30, rlim_max: 8 << 30 };
    // SAFETY: lowers a limit of this child process.
    assert_eq!(unsafe { libc::setrlimit(libc::RLIMIT_AS, &limit) }, 0);
}

#[test]
fn a_file_that_cannot_be_read_is_an_error_and_not_an_empty_file() {
    let tools = scratch();
    let shim = tools.path().join("unreadable.so");
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/engine/shims/unreadable.c");
    let built =
        Command::new("cc").args(["-shared", "-fPIC", "-o"]).args([&shim, &source]).arg("-ldl").status();
    assert!(built.unwrap().success());
    for name in ["shared", "data.mdb", "open.lock"] {
        for durability in [Durability::Process, Durability::Sync] {
            for alive in [false, true] {
                let (dir, holder) = stored(durability, alive);
                let before = listing(dir.path());
                let tail = format!("{}/{name}", dir.path().display());
                let environment =
                    [("LD_PRELOAD", shim.as_os_str()), ("DY_TEST_UNREADABLE", OsStr::new(&tail))];
                let mut opener = Role::start_with("identity::child", "open", dir.path(), &environment);
                let answer = opener.expect("answer");
                opener.finish();
                let what = format!("{name} {durability:?} {alive}: {answer}");
                // The mark of a durable store is read of such a store alone.
                if name == "open.lock" && durability == Durability::Process {
                    assert_eq!(answer, "OK true", "{what}");
                } else {
                    assert!(answer.starts_with("DY_LMDB_IO") && answer.contains(name), "{what}");
                    if name != "open.lock" {
                        assert_eq!(listing(dir.path()), before, "{what}");
                    }
                }
                if let Some(mut holder) = holder {
                    holder.go();
                    assert_eq!(holder.expect("same"), "1 2", "{what}");
                    holder.kill();
                }
                let store = Store::open(dir.path(), &Options { durability, ..Options::default() }).unwrap();
                assert_eq!(check_tagged(store.view("default", b"k").unwrap().unwrap().bytes()), 1, "{what}");
            }
        }
    }
}

#[test]
fn whatever_the_reason_a_refused_directory_is_left_as_it_was() {
    type Prepare = fn(&Path);
    let cases: [(&str, Prepare, &str); 6] = [
        ("open in little room", |_| (), "DY_LMDB_LIMIT"),
        (
            "open in little room",
            |path| {
                filled(path);
            },
            "DY_LMDB_LIMIT",
        ),
        (
            "open",
            |path| {
                filled(path);
                note_version(path, 7);
            },
            "DY_LMDB_FOREIGN_STORE",
        ),
        (
            "open",
            |path| {
                filled(path);
                write(path.join("data.mdb")).write_all_at(&[0x5a; 8192], 0).unwrap();
            },
            "DY_LMDB_FOREIGN_STORE",
        ),
        (
            "open",
            |path| {
                filled(path);
                write(path.join("data.mdb")).write_all_at(&[0x5a; 8192], 0).unwrap();
                make_older_header(path, 2);
            },
            "DY_LMDB_FOREIGN_STORE",
        ),
        (
            "open",
            |path| {
                // Compacting moves the payloads.
                let made = path.with_extension("made");
                fs::create_dir(&made).unwrap();
                filled(&made);
                let copied = Command::new("mdb_copy").arg("-c").args([made.as_path(), path]).status();
                assert!(copied.unwrap().success());
                fs::copy(made.join("shared"), path.join("shared")).unwrap();
            },
            "DY_LMDB_FOREIGN_STORE",
        ),
    ];
    for (number, (role, prepare, status)) in cases.into_iter().enumerate() {
        let dir = scratch();
        let path = dir.path().join("store");
        fs::create_dir(&path).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o700)).unwrap();
        prepare(&path);
        let mut before = listing(&path);
        let mut opener = Role::start("identity::child", role, &path);
        let answer = opener.expect("answer");
        opener.finish();
        assert!(answer.starts_with(status), "{number}: {answer}");
        let mut after = listing(&path);
        // What nobody relies on once all have ended, as the next engine's number, may differ there.
        for files in [&mut before, &mut after] {
            for name in ["shared", "lock.mdb"] {
                files.entry(name.into()).and_modify(|file| file.2 = 0);
            }
        }
        assert_eq!(after, before, "{number}");
    }
}

/// A store with small and large entries.
pub fn filled(path: &Path) {
    let store = open(path);
    for i in 0..40 {
        let key = format!("k{i}");
        store.put("default", key.as_bytes(), &[&tagged(i, SIZE)], &PutOptions::default()).unwrap();
        store.put("other", key.as_bytes(), &[b"x"], &PutOptions::default()).unwrap();
    }
    store.delete("default", b"k3").unwrap();
}
