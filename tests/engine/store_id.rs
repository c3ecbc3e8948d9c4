//! Which store a reference means, and that it never leads to the bytes of another.

use crate::common::{Role, open, pause, role, say, scratch};
use dishtayantra_lmdb::config::Config;
use dishtayantra_lmdb::error::Status;
use dishtayantra_lmdb::exchange::Exchange;
use dishtayantra_lmdb::format::Format;
use dishtayantra_lmdb::options::{Durability, Options, PutOptions};
use dishtayantra_lmdb::reference::{Reference, set_allowed};
use dishtayantra_lmdb::store::Store;
use dishtayantra_lmdb::warning;
use serde_json::json;
use std::fs;
use std::os::unix::fs::{FileExt, PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::process::Command;

#[test]
#[ignore = "the body of the child processes; started by the tests of this file"]
fn child() {
    let Some((role, path)) = role() else {
        return;
    };
    match role.as_str() {
        "hold" => {
            let store = open(&path);
            say("open", format!("{:032x}", store.id()));
            pause();
        }
        "roots" => roots(&path),
        "no roots" => no_roots(&path),
        other => panic!("unknown role {other:?}"),
    }
}

fn exchange(path: &Path) -> Exchange {
    let config =
        json!({"lmdb_enabled": true, "lmdb_db_path": path, "lmdb_map_size": 16 << 20, "lmdb_prefault": 0});
    Exchange::open(Config::from_json(&config.to_string()).unwrap(), "calc").unwrap()
}

fn put(path: &Path, payload: &[u8]) -> Reference {
    exchange(path).put_input("17", &[payload], Format::Raw).unwrap()
}

fn id(path: &Path) -> u128 {
    open(path).id()
}

/// The files are sparse, and so is their copy.
fn copy(from: &Path, to: &Path) {
    let copied = Command::new("cp").args(["-r", "--sparse=always"]).arg(from).arg(to).status().unwrap();
    assert!(copied.success());
}

fn shared(path: &Path) -> fs::File {
    fs::OpenOptions::new().read(true).write(true).open(path.join("shared")).unwrap()
}

fn status(reference: &Reference) -> Status {
    reference.view_input().expect_err("it must not resolve").status()
}

#[test]
fn the_id_stays_while_the_store_does() {
    let dir = scratch();
    let (path, moved) = (dir.path().join("store"), dir.path().join("moved"));
    let first = id(&path);
    assert_ne!(first, 0);
    let mut holder = Role::start("store_id::child", "hold", &path);
    assert_eq!(holder.expect("open"), format!("{first:032x}"));
    assert_eq!(id(&path), first);
    holder.kill();
    fs::rename(&path, &moved).unwrap();
    assert_eq!(id(&moved), first);
}

#[test]
fn a_copy_and_a_store_made_anew_have_ids_of_their_own() {
    let dir = scratch();
    let (path, copied) = (dir.path().join("store"), dir.path().join("copy"));
    let first = id(&path);
    copy(&path, &copied);
    let second = id(&copied);
    assert_ne!(second, first);
    assert_eq!((id(&path), id(&copied)), (first, second));
    fs::remove_dir_all(&path).unwrap();
    assert_ne!(id(&path), first);
}

#[test]
fn a_store_of_an_earlier_version_gets_an_id_when_it_is_opened() {
    let dir = scratch();
    let path = dir.path().join("store");
    let reference = put(&path, b"payload");
    shared(&path).write_all_at(&[0; 32], 96).unwrap();
    let second = id(&path);
    assert_ne!(second, 0);
    assert_eq!(id(&path), second);
    assert_eq!(status(&reference), Status::ForeignStore);
}

#[test]
fn engines_that_live_keep_the_id_that_they_know() {
    let dir = scratch();
    let path = dir.path().join("store");
    let mut holder = Role::start("store_id::child", "hold", &path);
    let known = holder.expect("open");
    // As if the data file had another number here.
    shared(&path).write_all_at(&7_u64.to_le_bytes(), 120).unwrap();
    assert_eq!(format!("{:032x}", id(&path)), known);
    holder.kill();
    assert_ne!(format!("{:032x}", id(&path)), known);
}

#[test]
fn a_synchronised_store_keeps_its_id_over_a_boot() {
    for (durability, keeps) in [(Durability::Sync, true), (Durability::Process, false)] {
        let dir = scratch();
        let options = Options { durability, ..Options::default() };
        let first = Store::open(dir.path(), &options).unwrap().id();
        // Another boot, after which the disk has another number.
        shared(dir.path()).write_all_at(&[1; 16], 16).unwrap();
        shared(dir.path()).write_all_at(&7_u64.to_le_bytes(), 112).unwrap();
        assert_eq!(Store::open(dir.path(), &options).unwrap().id() == first, keeps, "{durability:?}");
        assert_eq!(id(dir.path()) == first, keeps, "{durability:?}");
    }
}

#[test]
fn a_reference_never_resolves_to_another_store() {
    let dir = scratch();
    let (path, other) = (dir.path().join("store"), dir.path().join("other"));
    let reference = put(&path, b"payload");
    assert_eq!(reference.view_input().unwrap().bytes(), b"payload");
    // Two containers have different directories under one path: here the path comes to lead to another one.
    let same = put(&other, b"another");
    assert_eq!(same.get("_lmdb_input_key"), reference.get("_lmdb_input_key"));
    fs::rename(&path, dir.path().join("old")).unwrap();
    fs::rename(&other, &path).unwrap();
    // A path is looked at every 100 ms; until then the reference leads to its own store, wherever that is now.
    std::thread::sleep(std::time::Duration::from_millis(120));
    assert_eq!(status(&reference), Status::ForeignStore);
    let error = reference.put_output(&[b"x"], &PutOptions::default()).unwrap_err();
    assert_eq!(error.status(), Status::ForeignStore, "{error}");
    assert_eq!(reference.settle_direct().unwrap_err().status(), Status::ForeignStore);
    let loan = open(&path).loan(3).unwrap();
    let error = reference.publish_output(loan, &PutOptions::default()).unwrap_err();
    assert_eq!(error.status(), Status::ForeignStore, "{error}");
    assert!(!open(&path).contains("default", b"output:calc:17").unwrap());
}

#[test]
fn a_reference_never_resolves_to_another_entry() {
    let dir = scratch();
    let path = dir.path().join("store");
    let tracked = PutOptions { tracked: true, ..PutOptions::default() };
    for size in [10, 100_000] {
        let reference = put(&path, &vec![1; size]);
        let key = reference.get("_lmdb_input_key").unwrap().as_bytes();
        let store = open(&path);
        assert!(store.touch("default", key, 0).unwrap());
        assert_eq!(reference.view_input().unwrap().bytes().len(), size);
        store.put("default", key, &[&vec![2; size]], &tracked).unwrap();
        let error = reference.view_input().unwrap_err();
        assert_eq!(error.status(), Status::NotFound);
        assert!(error.message().contains("replaced"), "{error}");
        reference.settle_direct().unwrap();
        // It says nothing of the entry that is there instead.
        if let Some(track) = store.track("default", key).unwrap() {
            assert!(!track.opened && !track.settled, "{track:?}");
        }
        store.delete("default", key).unwrap();
        let error = reference.view_input().unwrap_err();
        assert!(error.status() == Status::NotFound && error.message().contains("missing"), "{error}");
    }
}

#[test]
fn a_refused_directory_is_left_as_it_was() {
    let existing = Options { existing: true, ..Options::default() };
    type Content = &'static [(&'static str, &'static [u8])];
    let files: [(&str, Content, Status); 3] = [
        ("another program's", &[("data.mdb", b"x")], Status::ForeignStore),
        (
            "of another version",
            &[("shared", b"DYLMDBS1\x09\0\0\0"), ("data.mdb", b"x")],
            Status::ForeignStore,
        ),
        ("not of this library", &[("shared", b"somebody else's"), ("data.mdb", b"x")], Status::ForeignStore),
    ];
    for (what, content, expected) in files {
        for options in [&Options::default(), &existing] {
            let dir = scratch();
            for (name, bytes) in content {
                fs::write(dir.path().join(name), bytes).unwrap();
            }
            let error = Store::open(dir.path(), options).expect_err(what);
            assert_eq!(error.status(), expected, "{what}: {error}");
            assert_eq!(fs::read_dir(dir.path()).unwrap().count(), content.len(), "{what}");
        }
    }
    let dir = scratch();
    assert_eq!(Store::open(dir.path(), &existing).unwrap_err().status(), Status::NotFound);
    assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 0);
}

/// Whether a reference to `store` is followed.
fn followed(store: &Path, reference: &Reference) -> Result<(), Status> {
    let mut there = reference.clone();
    there.set("_lmdb_db_path", store.to_str().unwrap()).unwrap();
    match there.view_input() {
        Ok(view) => {
            assert_eq!(view.bytes(), b"payload");
            Ok(())
        }
        Err(error) => {
            let message = error.message();
            assert!(message.contains(store.to_str().unwrap()), "{message}");
            let refused = error.status() == Status::Permission;
            assert_eq!(
                refused,
                message.contains("lmdb_allowed_roots") || message.contains("link"),
                "{message}"
            );
            Err(error.status())
        }
    }
}

/// In a child: what several settings allow.
fn roots(top: &Path) {
    let [inside, outside, open_dir, mine] =
        ["in/side/store", "outside/store", "open/store", "mine/store"].map(|name| top.join(name));
    let refused = Err(Status::Permission);
    let reference = |path: &Path| {
        let made = Reference::from_json(&fs::read_to_string(path.with_extension("json")).unwrap());
        made.unwrap()
    };
    let follow = |path: &PathBuf| followed(path, &reference(path));
    // The environment names `in`. The path counts as long as the store is not open, when its id finds it.
    symlink(&inside, top.join("in/link")).unwrap();
    assert!(followed(&top.join("in/link"), &reference(&inside)).is_err());
    assert_eq!(followed(&top.join("in/nowhere"), &reference(&inside)), Err(Status::NotFound));
    assert_eq!(follow(&inside), Ok(()));
    assert_eq!(followed(&top.join("in/nowhere"), &reference(&inside)), Ok(()));
    assert_eq!(follow(&outside), refused);
    assert!(warning::take().is_empty());
    let winding = top.join("in/../outside/store");
    assert_eq!(followed(&winding, &reference(&outside)), refused);
    let linked = top.join("in/linked/store");
    symlink(top.join("outside"), top.join("in/linked")).unwrap();
    assert_eq!(followed(&linked, &reference(&outside)), refused);

    // What this process has open is always allowed.
    let held = open(&mine);
    assert_eq!(follow(&mine), Ok(()));
    drop(held);
    set_allowed(&[top.join("open"), top.join("out")]).unwrap();
    assert_eq!(follow(&mine), refused);
    assert_eq!(follow(&inside), refused);
    assert_eq!(follow(&outside), refused, "a name that begins alike is no root");
    // Everybody may put a store of theirs in there.
    assert_eq!(follow(&open_dir), refused);
    set_allowed(std::slice::from_ref(&open_dir)).unwrap();
    assert_eq!(follow(&open_dir), Ok(()));

    // Configurations add.
    let config =
        json!({"lmdb_db_path": mine, "lmdb_allowed_roots": [top.join("outside")], "lmdb_map_size": 16 << 20});
    drop(Exchange::open(Config::from_json(&config.to_string()).unwrap(), "calc").unwrap());
    assert_eq!((follow(&outside), follow(&open_dir), follow(&inside)), (Ok(()), Ok(()), refused));
    assert_eq!(set_allowed(&[PathBuf::new()]).unwrap_err().status(), Status::InvalidArgument);
    set_allowed(&[]).unwrap();
    assert_eq!(follow(&inside), Ok(()));
}

/// In a child: without roots references are followed, which is said once.
fn no_roots(top: &Path) {
    for (path, said) in [("outside/store", 1), ("in/side/store", 0)] {
        let path = top.join(path);
        let reference =
            Reference::from_json(&fs::read_to_string(path.with_extension("json")).unwrap()).unwrap();
        assert_eq!(followed(&path, &reference), Ok(()));
        let warnings = warning::take();
        assert_eq!(warnings.len(), said, "{warnings:?}");
        assert!(warnings.iter().all(|warning| warning.contains("LMDB_ALLOWED_ROOTS")), "{warnings:?}");
    }
}

#[test]
fn references_are_followed_where_the_process_allows_it() {
    for (role, environment) in [("roots", Some("in")), ("no roots", None)] {
        let dir = scratch();
        for name in ["in/side/store", "outside/store", "open/store", "mine/store"] {
            let path = dir.path().join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            let reference = put(&path, b"payload");
            fs::write(path.with_extension("json"), reference.to_json()).unwrap();
        }
        fs::set_permissions(dir.path().join("open"), fs::Permissions::from_mode(0o1777)).unwrap();
        let roots = environment.map(|name| dir.path().join(name)).unwrap_or_default();
        let child = Role::start_with(
            "store_id::child",
            role,
            dir.path(),
            &[("LMDB_ALLOWED_ROOTS", roots.as_os_str())],
        );
        child.finish();
    }
}
