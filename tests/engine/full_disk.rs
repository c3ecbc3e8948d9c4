//! A file system that is full: what is stored stays, everything that removes goes on, and what was removed makes room.
//!
//! Each case has a tmpfs of its own, and a process of its own on it, since writing where the disk has no block would end
//! that process. `DY_TEST_FULL_DISK=1` has larger disks among them.

use crate::common::{Role, assert_clean, check_tagged, open, role, say, scratch, tagged};
use dishtayantra_lmdb::error::Status;
use dishtayantra_lmdb::options::PutOptions;
use dishtayantra_lmdb::store::Store;
use std::path::Path;
use std::process::Command;

const SIZES: [usize; 4] = [50, 1_000, 64 << 10, 1 << 20];
const HOUR: u64 = 3_600_000;

#[test]
#[ignore = "the body of the child process; started by a test of this file"]
fn child() {
    let Some((role, path)) = role() else {
        return;
    };
    let words: Vec<&str> = role.split(' ').collect();
    let sizes: Vec<usize> = words[1..].iter().map(|size| size.parse().unwrap()).collect();
    fill_and_empty(&path, words[0], &sizes);
}

/// Runs `role` on a new tmpfs of `mib` MiB; answers what it said for each filling, and how many bytes it gave back.
fn on_disk(mib: u64, role: &str, fillings: usize) -> (Vec<u64>, u64) {
    let dir = scratch();
    let mount = Command::new("mount")
        .args(["-t", "tmpfs", "-o", &format!("size={mib}m"), "tmpfs"])
        .arg(dir.path())
        .status();
    assert!(mount.unwrap().success(), "this test mounts a tmpfs, which takes root");
    let mut child = Role::start("full_disk::child", role, &dir.path().join("store"));
    let stored = (0..fillings).map(|_| child.expect("stored").parse().unwrap()).collect();
    let given_back = child.expect("done").parse().unwrap();
    child.finish();
    assert!(Command::new("umount").arg(dir.path()).status().unwrap().success());
    (stored, given_back)
}

fn disks() -> &'static [u64] {
    if std::env::var_os("DY_TEST_FULL_DISK").is_some() { &[12, 16, 24, 64, 200] } else { &[16] }
}

/// Puts entries until one is refused; answers how many there are.
fn fill(store: &Store, size: usize) -> u64 {
    let hour = PutOptions { ttl_ms: HOUR, ..PutOptions::default() };
    let mut stored = 0;
    loop {
        match store.put("default", format!("k{stored}").as_bytes(), &[&tagged(stored, size)], &hour) {
            Ok(_) => stored += 1,
            Err(error) if error.status() == Status::DiskFull => return stored,
            Err(error) => panic!("{size} bytes, {stored} stored: {error}"),
        }
    }
}

/// Fills the disk with each of the sizes in turn, and empties the store each time.
fn fill_and_empty(path: &Path, way: &str, sizes: &[usize]) {
    let store = open(path);
    for &size in sizes {
        let stored = fill(&store, size);
        say("stored", stored);
        let keys: Vec<String> = (0..stored).map(|i| format!("k{i}")).collect();
        for (i, key) in keys.iter().enumerate() {
            assert!(store.touch("default", key.as_bytes(), HOUR + 1).unwrap(), "{key}");
            if i % 97 == 0 {
                let view = store.view("default", key.as_bytes()).unwrap().unwrap();
                assert_eq!(check_tagged(view.bytes()), i as u64);
            }
        }
        for key in &keys {
            match way {
                "delete" => assert!(store.delete("default", key.as_bytes()).unwrap(), "{key}"),
                _ => assert!(store.touch("default", key.as_bytes(), 1).unwrap(), "{key}"),
            }
        }
        while !store.list("default", b"").unwrap().is_empty() {}
        store.sweep().unwrap();
        assert_clean(&store);
    }
    say("done", &store.stats().unwrap()["map"]["given_back"]);
}

#[test]
fn an_emptied_store_takes_what_it_took_when_it_was_new() {
    for &mib in disks() {
        for size in SIZES {
            for way in ["delete", "expire"] {
                let (stored, _) = on_disk(mib, &format!("{way} {size} {size} {size}"), 3);
                println!("{mib} MiB, {size} bytes, {way}: {stored:?}");
                assert!(stored[0] > 0, "nothing fits");
                // How full the pages of its indexes are differs a little.
                assert!(stored[1..].iter().all(|&again| again + again / 50 >= stored[0]), "{stored:?}");
            }
        }
    }
}

#[test]
fn room_that_entries_of_one_size_left_serves_those_of_another() {
    for sizes in [[50, 1 << 20, 50, 1 << 20], [1_000, 64 << 10, 1_000, 64 << 10]] {
        let text = sizes.map(|size| size.to_string()).join(" ");
        let (stored, given_back) = on_disk(24, &format!("delete {text}"), 4);
        println!("{sizes:?}: {stored:?}, {given_back} bytes given back");
        assert!(stored.iter().all(|&count| count > 0), "{stored:?}");
        assert!(given_back > 0);
    }
}
