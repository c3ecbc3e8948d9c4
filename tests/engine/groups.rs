//! Stores of several users in one group, and directories that others may write.

use crate::common::{Role, pause, role, say, scratch};
use dishtayantra_lmdb::config::Config;
use dishtayantra_lmdb::error::Status;
use dishtayantra_lmdb::exchange::Exchange;
use dishtayantra_lmdb::format::Format;
use dishtayantra_lmdb::options::{Options, PutOptions};
use dishtayantra_lmdb::reference::Reference;
use dishtayantra_lmdb::store::Store;
use serde_json::json;
use std::fs::{self, Permissions};
use std::os::unix::fs::{MetadataExt, PermissionsExt, chown};
use std::path::Path;

/// The group that the users share, as Kubernetes' `fsGroup`: beside one of their own.
const GROUP: u32 = 20_000;
const USERS: [u32; 2] = [30_001, 30_002];
const FILES: [&str; 5] = ["data.mdb", "lock.mdb", "shared", "owners", "open.lock"];

#[test]
#[ignore = "the body of the child processes; started by the tests of this file"]
fn child() {
    let Some((role, path)) = role() else {
        return;
    };
    let (role, mode) = role.split_once(' ').unwrap();
    match role {
        "first" => first(&path, mode),
        "second" => second(&path, mode),
        "outsider" => outsider(&path, mode),
        other => panic!("unknown role {other:?}"),
    }
}

/// Makes this process one of a user's, in all its threads.
#[allow(unsafe_code)]
fn become_user(user: u32, groups: &[u32]) {
    // SAFETY: plain system calls, and a slice that lives as long as they do.
    unsafe {
        libc::umask(0o077);
        assert_eq!(libc::setgroups(groups.len(), groups.as_ptr()), 0);
        assert_eq!(libc::setgid(user), 0);
        assert_eq!(libc::setuid(user), 0);
    }
}

fn is_root() -> bool {
    let is = fs::metadata("/proc/self").unwrap().uid() == 0;
    if !is {
        assert_ne!(
            std::env::var("DY_LMDB_REQUIRE_NAMESPACES").as_deref(),
            Ok("1"),
            "takes the rights of root"
        );
        eprintln!("skipped: it takes the rights of root to become two users");
    }
    is
}

fn exchange(path: &Path, mode: &str) -> Exchange {
    let config =
        json!({"lmdb_db_path": path, "lmdb_mode": mode, "lmdb_map_size": 16 << 20, "lmdb_prefault": 0});
    Exchange::open(Config::from_json(&config.to_string()).unwrap(), "calc").unwrap()
}

fn first(path: &Path, mode: &str) {
    become_user(USERS[0], &[GROUP]);
    let volume = path.parent().unwrap();
    let options = Options { mode: 0o2770, ..Options::default() };
    let error = Store::open(volume, &options).expect_err("everybody may write there");
    assert_eq!(error.status(), Status::Permission);
    for says in [volume.to_str().unwrap(), "emptyDir", "subdirectory", "lmdb_mode", "2770", "fsGroup"] {
        assert!(error.message().contains(says), "{says}: {error}");
    }
    assert_eq!(fs::read_dir(volume).unwrap().count(), 0);

    let ours = exchange(path, mode);
    let reference = ours.put_input("17", &[b"payload"], Format::Raw).unwrap();
    say("sent", reference.to_json());
    pause();
    let answer = ours.output_reference(&reference).unwrap().view_input().unwrap();
    assert_eq!(answer.bytes(), b"answer");
}

fn second(path: &Path, mode: &str) {
    become_user(USERS[1], &[GROUP]);
    let error = Store::open(path, &Options::default()).expect_err("not configured");
    assert_eq!(error.status(), Status::Permission);
    assert!(error.message().contains("lmdb_mode") && error.message().contains("2770"), "{error}");
    let reference = Reference::from_json(&std::env::var("DY_TEST_REFERENCE").unwrap()).unwrap();
    assert_eq!(reference.view_input().unwrap().bytes(), b"payload");
    reference.put_output(&[b"answer"], &PutOptions::default()).unwrap();
    let ours = exchange(path, mode);
    ours.put_input("18", &[&[7; 100_000]], Format::Raw).unwrap();
}

fn outsider(path: &Path, _mode: &str) {
    become_user(USERS[1], &[]);
    let options = Options { mode: 0o2770, ..Options::default() };
    assert_eq!(Store::open(path, &options).expect_err("not of the group").status(), Status::Permission);
}

#[test]
fn users_of_one_group_share_a_store_below_the_root_of_a_volume() {
    if !is_root() {
        return;
    }
    for mode in ["2770", "0770"] {
        let dir = scratch();
        fs::set_permissions(dir.path(), Permissions::from_mode(0o711)).unwrap();
        // As an emptyDir with fsGroup.
        let volume = dir.path().join("volume");
        fs::create_dir(&volume).unwrap();
        chown(&volume, None, Some(GROUP)).unwrap();
        fs::set_permissions(&volume, Permissions::from_mode(0o2777)).unwrap();
        let path = volume.join("store");

        let mut first = Role::start("groups::child", &format!("first {mode}"), &path);
        let sent = first.expect("sent");
        let there = fs::metadata(&path).unwrap();
        assert_eq!((there.mode() & 0o7777, there.gid(), there.uid()), (0o2770, GROUP, USERS[0]), "{mode}");
        for name in FILES {
            let file = fs::metadata(path.join(name)).unwrap();
            assert_eq!((file.mode() & 0o7777, file.gid()), (0o660, GROUP), "{name} {mode}");
        }
        let environment = [("DY_TEST_REFERENCE", sent.as_ref())];
        Role::start_with("groups::child", &format!("second {mode}"), &path, &environment).finish();
        Role::start("groups::child", &format!("outsider {mode}"), &path).finish();
        first.go();
        first.finish();
    }
}

#[test]
fn a_directory_is_refused_that_others_may_write_and_a_new_one_below_is_private() {
    let dir = scratch();
    for mode in [0o777, 0o1777, 0o2777, 0o757] {
        let volume = dir.path().join(format!("{mode:o}"));
        fs::create_dir(&volume).unwrap();
        fs::set_permissions(&volume, Permissions::from_mode(mode)).unwrap();
        for wanted in [0o700, 0o770, 0o2770] {
            let error =
                Store::open(&volume, &Options { mode: wanted, ..Options::default() }).expect_err("refused");
            assert_eq!(error.status(), Status::Permission, "{mode:o}: {error}");
            let chmod = format!("chmod it to {wanted:04o}");
            for says in [volume.to_str().unwrap(), "written by everybody", "subdirectory", "fsGroup", &chmod]
            {
                assert!(error.message().contains(says), "{says}: {error}");
            }
        }
        assert_eq!(fs::read_dir(&volume).unwrap().count(), 0);
        let store = volume.join("store");
        drop(Store::open(&store, &Options::default()).unwrap());
        assert_eq!(fs::metadata(&store).unwrap().mode() & 0o7777, 0o700, "{mode:o}");
    }
}
