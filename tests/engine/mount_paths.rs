//! References to stores that are mounted at other paths here than where the references were made.

use crate::common::{Role, open, pause, role, say, scratch};
use dishtayantra_lmdb::config::Config;
use dishtayantra_lmdb::error::{Error, Status};
use dishtayantra_lmdb::exchange::{Answer, Decision, Exchange};
use dishtayantra_lmdb::format::Format;
use dishtayantra_lmdb::options::PutOptions;
use dishtayantra_lmdb::reference::{PathMap, Reference, set_allowed, set_path_map};
use serde_json::{Value, json};
use std::ffi::OsStr;
use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

#[test]
#[ignore = "the body of the child processes; started by the tests of this file"]
fn child() {
    let Some((role, top)) = role() else {
        return;
    };
    match role.as_str() {
        "resolve" => resolve(&top),
        "without an id" => without_an_id(&top),
        "environment" => environment(&top),
        "exchange" => exchanging(&top),
        "elsewhere" => elsewhere(&top),
        other => panic!("unknown role {other:?}"),
    }
}

fn run(role: &str, environment: &[(&str, &OsStr)]) {
    let dir = scratch();
    Role::start_with("mount_paths::child", role, dir.path(), environment).finish();
}

fn exchange(path: &Path, more: &Value) -> Exchange {
    let mut config = json!({"lmdb_enabled": true, "lmdb_db_path": path, "lmdb_map_size": 16 << 20,
        "lmdb_prefault": 0, "lmdb_wait_timeout": 10_000});
    let more = more.as_object().unwrap().clone();
    config.as_object_mut().unwrap().extend(more);
    Exchange::open(Config::from_json(&config.to_string()).unwrap(), "calc").unwrap()
}

fn put(path: &Path, payload: &[u8]) -> Reference {
    exchange(path, &json!({})).put_input("17", &[payload], Format::Raw).unwrap()
}

/// The reference as a container made it in which the store's directory is at `path`.
fn made_at(reference: &Reference, path: &str) -> Reference {
    let mut made = reference.clone();
    made.set("_lmdb_db_path", path).unwrap();
    made
}

fn map(pairs: &[(&str, &Path)]) -> PathMap {
    let mut map = PathMap::default();
    assert!(pairs.iter().all(|(theirs, ours)| map.insert(theirs, ours.to_str().unwrap())));
    map
}

fn read(reference: &Reference) -> Result<Vec<u8>, Error> {
    reference.view_input().map(|view| view.bytes().to_vec())
}

/// Asserts that the reference does not resolve, with such a status, and for which reason.
fn fails(reference: &Reference, status: Status, says: &[&str]) {
    let error = read(reference).expect_err("it must not resolve");
    assert_eq!(error.status(), status, "{error}");
    let message = error.message();
    assert!(says.iter().all(|says| message.contains(says)), "{says:?}: {message}");
}

const THEIRS: &str = "/dy/their/mount/store";

fn resolve(top: &Path) {
    let (mine, other) = (top.join("mine"), top.join("other"));
    let (path, wrong) = (mine.join("store"), other.join("store"));
    let here = put(&path, b"payload");
    let made = made_at(&here, THEIRS);
    drop(put(&wrong, b"another"));
    let id = |path: &Path| format!("{:032x}", open(path).id());
    let (id, wrong_id) = (id(&path), id(&wrong));

    // Nothing leads there, and one that is opened is found wherever it is, for as long as it is open or kept.
    fails(&made, Status::NotFound, &[THEIRS, "lmdb_path_map"]);
    let store = open(&path);
    assert_eq!(read(&made).unwrap(), b"payload");
    drop(store);
    assert_eq!(read(&made).unwrap(), b"payload");

    // A map, by the longest directory; a change of it forgets what was found by another.
    set_path_map(map(&[("/dy/their", &other), ("/dy/their/mount", &mine)]));
    assert_eq!(read(&made).unwrap(), b"payload");
    set_path_map(map(&[("/dy/their/mount", &other)]));
    let mapped = wrong.to_str().unwrap();
    fails(&made, Status::ForeignStore, &[THEIRS, mapped, &id, &wrong_id, "lmdb_path_map"]);
    set_path_map(map(&[("/dy/their/mount", &top.join("nowhere"))]));
    fails(&made, Status::NotFound, &[THEIRS, "nowhere/store", "lmdb_path_map"]);

    // The store of another container at the same path: it is told from the right one, which the map leads to.
    let taken = made_at(&here, mapped);
    set_path_map(PathMap::default());
    fails(&taken, Status::ForeignStore, &[mapped, &id, &wrong_id, "lmdb_path_map"]);
    set_path_map(map(&[(mapped, &top.join("nowhere"))]));
    fails(&taken, Status::ForeignStore, &[mapped, &id, &wrong_id, "nowhere", "lmdb_path_map"]);
    set_path_map(map(&[(mapped, &path)]));
    assert_eq!(read(&taken).unwrap(), b"payload");
    taken.put_output(&[b"answer"], &PutOptions::default()).unwrap();
    assert!(open(&path).contains("default", b"output:calc:17").unwrap());
    assert!(!open(&wrong).contains("default", b"output:calc:17").unwrap());
    taken.settle_direct().unwrap();

    // Roots hold for where a map leads.
    set_path_map(map(&[("/dy/their/mount", &mine)]));
    set_allowed(std::slice::from_ref(&other)).unwrap();
    fails(&made, Status::Permission, &["lmdb_allowed_roots", mine.to_str().unwrap()]);
    set_allowed(std::slice::from_ref(&mine)).unwrap();
    assert_eq!(read(&made).unwrap(), b"payload");

    // A store that was moved away is not reached, though it is open; nor is one that was removed.
    let moved = top.join("mine/moved");
    fs::rename(&path, &moved).unwrap();
    std::thread::sleep(Duration::from_millis(120));
    fails(&made, Status::NotFound, &[THEIRS]);
    set_path_map(map(&[(THEIRS, &moved)]));
    assert_eq!(read(&made).unwrap(), b"payload");
    fs::remove_dir_all(&moved).unwrap();
    std::thread::sleep(Duration::from_millis(120));
    fails(&made, Status::NotFound, &[THEIRS, "moved"]);
}

#[test]
fn a_store_is_found_by_its_id_then_by_its_path_then_by_the_map() {
    run("resolve", &[]);
}

/// References that an engine built itself do not say in which store they were made.
fn without_an_id(top: &Path) {
    let mine = top.join("mine");
    let (path, other) = (mine.join("store"), top.join("other"));
    let here = put(&path, b"payload");
    drop(put(&other, b"another"));
    let built = |path: &str| {
        let key = here.get("_lmdb_input_key").unwrap();
        let built = json!({"_lmdb_ref": true, "_lmdb_input_key": key, "_lmdb_db_path": path});
        Reference::from_json(&built.to_string()).unwrap()
    };
    let made = built(THEIRS);
    // That it is open does not help.
    let store = open(&path);
    fails(&made, Status::NotFound, &[THEIRS]);
    drop(store);
    set_path_map(map(&[("/dy/their/mount", &mine)]));
    for _ in 0..2 {
        assert_eq!(read(&made).unwrap(), b"payload");
    }
    // What is at the path is what is meant.
    let taken = built(other.to_str().unwrap());
    set_path_map(map(&[(other.to_str().unwrap(), &path)]));
    assert_eq!(read(&taken).unwrap(), b"another");
    let file = top.join("file");
    fs::write(&file, b"no directory").unwrap();
    set_path_map(map(&[(file.to_str().unwrap(), &path)]));
    assert!(read(&built(file.to_str().unwrap())).is_err());
    set_path_map(map(&[(THEIRS, &top.join("nowhere"))]));
    fails(&made, Status::NotFound, &[THEIRS, "nowhere", "lmdb_path_map"]);
}

#[test]
fn what_is_at_its_path_is_meant_by_a_reference_without_an_id() {
    run("without an id", &[]);
}

/// `LMDB_PATH_MAP` has what the parent set.
fn environment(top: &Path) {
    let path = top.join("mine/store");
    let given = std::env::var("LMDB_PATH_MAP").unwrap();
    if let Some(wrong) = given.strip_prefix("wrong ") {
        let config = json!({"lmdb_db_path": path});
        let config = Config::from_json(&config.to_string()).unwrap();
        let error = Exchange::open(config, "calc").expect_err("no map");
        assert_eq!(error.status(), Status::Config, "{error}");
        let message = error.message();
        assert!(message.contains("LMDB_PATH_MAP") && message.contains(wrong), "{message}");
        assert!(message.contains("absolute paths"), "{message}");
        assert!(!path.exists());
        // Until a call says something else; that the variable is wrong is said whenever it is needed.
        let made = made_at(&Reference::from_json(&there()).unwrap(), THEIRS);
        fails(&made, Status::Config, &["LMDB_PATH_MAP"]);
        set_path_map(PathMap::default());
        fails(&made, Status::NotFound, &[THEIRS]);
        return;
    }
    let here = put(&path, b"payload");
    let made = made_at(&here, THEIRS);
    fails(&made, Status::NotFound, &[THEIRS, "elsewhere"]);
    // A configuration's directories come before those of the environment, and go with them.
    let more = json!({"lmdb_path_map": {"/dy/their/mount": top.join("mine")}});
    drop(exchange(&top.join("another"), &more));
    assert_eq!(read(&made).unwrap(), b"payload");
    let also = made_at(&here, "/dy/also/store");
    set_path_map(PathMap::default());
    fails(&also, Status::NotFound, &["/dy/also/store"]);
}

/// A reference to an entry that is nowhere.
fn there() -> String {
    let (store, id) = ("1".repeat(32), "2".repeat(16));
    json!({"_lmdb_ref": true, "_lmdb_input_key": "k", "_lmdb_db_path": "/", "_lmdb_entry": format!("{store}:{id}")})
        .to_string()
}

#[test]
fn the_environment_holds_a_map_and_configurations_add_to_it() {
    let map = r#"{"/dy/their/mount": "/dy/elsewhere", "/dy/also": "/dy/elsewhere"}"#;
    run("environment", &[("LMDB_PATH_MAP", OsStr::new(map))]);
    for wrong in ["wrong /a=/b", "wrong {}", "wrong [1]"] {
        run("environment", &[("LMDB_PATH_MAP", OsStr::new(wrong))]);
    }
}

/// An exchange judges what it gets from a container in which its store is elsewhere.
fn exchanging(top: &Path) {
    let path = top.join("mine/store");
    let ours = exchange(&path, &json!({}));
    let made = made_at(&ours.put_input("17", &[b"payload"], Format::Raw).unwrap(), THEIRS);
    assert_eq!(read(&made).unwrap(), b"payload");
    made.put_output(&[b"answer"], &PutOptions::default()).unwrap();
    let (decision, reason) = ours.judge(&made, Answer::OutputWritten, None).unwrap();
    assert!(decision == Decision::TakeOutput && reason.is_none(), "{decision:?} {reason:?}");
    // What is made here says where the store is here, and leads to it everywhere.
    let output = ours.output_reference(&made).unwrap();
    assert_eq!(output.get("_lmdb_db_path"), path.to_str());
    assert!(output.marker().unwrap().1.contains(path.to_str().unwrap()), "{:?}", output.marker());
    assert_eq!(read(&output).unwrap(), b"answer");
    let again = Reference::from_json(&output.to_json()).unwrap();
    assert_eq!(read(&made_at(&again, THEIRS)).unwrap(), b"answer");
    // One of another store at our path is no reference of ours.
    let other = top.join("other/store");
    let foreign = put(&other, b"another");
    foreign.put_output(&[b"its answer"], &PutOptions::default()).unwrap();
    let taken = made_at(&foreign, path.to_str().unwrap());
    set_path_map(map(&[(path.to_str().unwrap(), &other)]));
    let output = ours.output_reference(&taken).unwrap();
    assert_eq!(read(&output).unwrap(), b"its answer");
    ours.cleanup(&made, true, true).unwrap();
    ours.cleanup(&taken, false, true).unwrap();
    assert!(read(&made).is_err() && read(&output).is_err());
}

#[test]
fn an_exchange_takes_references_of_another_path_to_its_own_store() {
    run("exchange", &[]);
}

/// In a mount namespace: the parent's directory `theirs` is at `mine`, and another file system at `theirs`.
fn elsewhere(top: &Path) {
    let (theirs, mine) = (top.join("theirs/store"), top.join("mine/store"));
    let reference = Reference::from_json(&std::env::var("DY_TEST_REFERENCE").unwrap()).unwrap();
    let their_path = theirs.to_str().unwrap();
    assert_eq!(reference.get("_lmdb_db_path"), Some(their_path));
    assert!(!theirs.exists() && mine.exists());
    fails(&reference, Status::NotFound, &[their_path, "lmdb_path_map"]);

    set_path_map(map(&[(top.join("theirs").to_str().unwrap(), &top.join("mine"))]));
    assert_eq!(read(&reference).unwrap(), b"payload");
    set_path_map(PathMap::default());
    fails(&reference, Status::NotFound, &[their_path]);
    // A store of this container's own is at the path.
    let own = put(&theirs, b"another");
    assert_eq!(read(&own).unwrap(), b"another");
    fails(&reference, Status::ForeignStore, &[their_path]);

    let ours =
        exchange(&mine, &json!({"lmdb_path_map": {top.join("theirs").to_str().unwrap(): top.join("mine")}}));
    assert_eq!(read(&reference).unwrap(), b"payload");
    reference.put_output(&[b"answer"], &PutOptions::default()).unwrap();
    assert_eq!(read(&own).unwrap(), b"another");
    let sent = ours.put_input("18", &[b"back"], Format::Raw).unwrap();
    assert_eq!(sent.get("_lmdb_db_path"), mine.to_str());
    say("sent", sent.to_json());
    pause();
}

/// `unshare` with a mount namespace, and a user namespace where that takes one; `None` where neither is permitted.
fn unshare() -> Option<Command> {
    let ways: [&[&str]; 2] = [&["--mount"], &["--mount", "--user", "--map-root-user"]];
    let permitted = |way: &&&[&str]| {
        let run = Command::new("unshare").args(**way).args(["mount", "--bind", "/tmp", "/mnt"]).output();
        run.is_ok_and(|run| run.status.success())
    };
    let way = ways.iter().find(permitted)?;
    let mut command = Command::new("unshare");
    command.args(*way);
    Some(command)
}

#[test]
fn two_containers_with_one_directory_at_two_paths_exchange_references() {
    let Some(mut command) = unshare() else {
        assert_ne!(std::env::var("DY_LMDB_REQUIRE_NAMESPACES").as_deref(), Ok("1"), "no mount namespace");
        eprintln!("skipped: mount namespaces are not permitted here");
        return;
    };
    let dir = scratch();
    let (theirs, mine) = (dir.path().join("theirs"), dir.path().join("mine"));
    fs::create_dir(&mine).unwrap();
    let path = theirs.join("store");
    let ours = exchange(&path, &json!({}));
    let reference = ours.put_input("17", &[b"payload"], Format::Raw).unwrap();
    let mounts = r#"mount --bind "$1" "$2" && mount -t tmpfs none "$1" && shift 2 && exec "$@""#;
    command.args(["sh", "-c", mounts, "sh"]).args([&theirs, &mine]).arg(std::env::current_exe().unwrap());
    let json = reference.to_json();
    let environment = [("DY_TEST_REFERENCE", OsStr::new(&json))];
    let mut child = Role::start_by(command, "mount_paths::child", "elsewhere", dir.path(), &environment);
    let sent = Reference::from_json(&child.expect("sent")).unwrap();
    let (decision, reason) = ours.judge(&reference, Answer::OutputWritten, None).unwrap();
    assert!(decision == Decision::TakeOutput && reason.is_none(), "{decision:?} {reason:?}");
    assert_eq!(read(&ours.output_reference(&reference).unwrap()).unwrap(), b"answer");
    // Its path leads to an empty directory here.
    assert_eq!(fs::read_dir(&mine).unwrap().count(), 0);
    assert_eq!(read(&sent).unwrap(), b"back");
    assert_eq!(ours.output_reference(&sent).unwrap_err().status(), Status::NotFound);
    child.go();
    child.finish();
}
