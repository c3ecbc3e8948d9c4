//! What several processes do to one store, and how a process finds the library.

mod common;

use common::{Role, assert_fails, open, pause, role, say, scratch};
use dishtayantra::calculator::{Calculator, Input, Map, MapInput, calculate, map};
use dishtayantra::{ErrorKind, PutOptions, Result, Store, Writer, load, versions, wire};
use std::path::Path;
use std::time::Duration;

#[test]
#[ignore = "the body of the child processes; started by the tests of this file"]
fn child() {
    let Some((role, path)) = role() else { return };
    match role.split_once(' ').unwrap_or((&role, "")) {
        ("answer", _) => answer(&path),
        ("lend", _) => lend(&path),
        ("view", _) => view(&path),
        ("load", file) => load_named(file),
        ("elsewhere", mount) => elsewhere(&path, mount),
        other => panic!("unknown role {other:?}"),
    }
}

/// Reads what it waited for in place, and answers by a loan.
fn answer(path: &Path) {
    let store = Store::open(path).unwrap();
    say("waiting", "");
    store.wait("question", Some(Duration::from_secs(60))).unwrap();
    let view = store.view("question").unwrap();
    let values = view.slice::<f64>().unwrap();
    let mut loan = store.loan(view.bytes().len() as u64).unwrap();
    for (to, from) in loan.slice_mut::<f64>().unwrap().iter_mut().zip(values) {
        *to = from * 2.0;
    }
    let size = loan.len();
    loan.publish("answer", size, &PutOptions::default()).unwrap();
}

#[test]
fn a_process_answers_another_by_a_loan() {
    let dir = scratch();
    let store = open(dir.path());
    let mut other = Role::start("answer", dir.path());
    other.expect("waiting");
    let question: Vec<u8> = (0..100_000).flat_map(|at| f64::from(at).to_le_bytes()).collect();
    store.put("question", &question, &PutOptions::default()).unwrap();
    store.wait("answer", Some(Duration::from_secs(60))).unwrap();
    let view = store.view("answer").unwrap();
    assert!(view.slice::<f64>().unwrap().iter().enumerate().all(|(at, value)| *value == 2.0 * at as f64));
    other.finish();
}

fn lend(path: &Path) {
    let store = Store::open(path).unwrap();
    let mut loan = store.loan(20 << 20).unwrap();
    loan.bytes_mut().fill(1);
    say("lent", "");
    pause();
}

/// Counts of the audit.
fn counted(store: &Store, what: &str) -> u64 {
    let audit: serde_json::Value = serde_json::from_str(&store.audit().unwrap()).unwrap();
    audit[what].as_u64().unwrap_or_else(|| panic!("no {what} in {audit}"))
}

#[test]
fn a_killed_loan_holder_leaves_nothing() {
    let dir = scratch();
    let store = open(dir.path());
    for _ in 0..5 {
        let mut holder = Role::start("lend", dir.path());
        holder.expect("lent");
        assert_eq!(counted(&store, "loans"), 1);
        holder.kill();
        store.sweep().unwrap();
        assert_eq!(counted(&store, "loans"), 0);
    }
    assert!(store.list("").unwrap().is_empty());
    // Five loans of 20 MiB went through a store of 64 MiB.
    store.put("key", &vec![7; 40 << 20], &PutOptions::default()).unwrap();
}

fn view(path: &Path) {
    let store = Store::open(path).unwrap();
    let view = store.view("key").unwrap();
    say("viewing", "");
    pause();
    assert!(view.bytes().iter().all(|byte| *byte == 7));
}

#[test]
fn a_view_in_another_process_stays_right_while_the_store_is_used() {
    let dir = scratch();
    let store = open(dir.path());
    store.put("key", &vec![7; 1 << 20], &PutOptions::default()).unwrap();
    let mut reader = Role::start("view", dir.path());
    reader.expect("viewing");
    for round in 0..200_u8 {
        store.put("key", &vec![round; 1 << 20], &PutOptions::default()).unwrap();
    }
    assert_eq!(counted(&store, "pins"), 1);
    reader.go();
    reader.finish();
}

/// Says what a first call answers, or which file it loaded.
fn load_named(file: &str) {
    if !file.is_empty() {
        load(Some(Path::new(file)))
            .unwrap_or_else(|error| say("failed", error.to_string().replace('\n', " ")));
    }
    match versions() {
        Ok(_) => {
            let maps = std::fs::read_to_string("/proc/self/maps").unwrap();
            let mut files: Vec<_> = maps
                .lines()
                .filter(|line| line.contains("dishtayantra_lmdb.so"))
                .filter_map(|line| line.split(' ').next_back())
                .collect();
            files.dedup();
            say("loaded", files.join(" "));
        }
        Err(error) => {
            assert_eq!(error.kind(), ErrorKind::Library);
            say("failed", error.to_string().replace('\n', " "));
        }
    }
}

#[test]
fn the_library_is_the_one_that_was_named() {
    let dir = scratch();
    let built = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../target/release/libdishtayantra_lmdb.so");
    let copy = dir.path().join("copy of libdishtayantra_lmdb.so");
    std::fs::copy(built.canonicalize().unwrap(), &copy).unwrap();
    let mut by_variable =
        Role::start_with("load", dir.path(), |command| command.env("DISHTAYANTRA_LMDB_LIBRARY", &copy));
    assert!(copy.to_str().unwrap().ends_with(&by_variable.expect("loaded")));
    by_variable.finish();
    let mut by_call = Role::start(&format!("load {}", copy.display()), dir.path());
    assert!(copy.to_str().unwrap().ends_with(&by_call.expect("loaded")));
    by_call.finish();
    let mut neither = Role::start("load", dir.path());
    assert!(neither.expect("loaded").ends_with("/target/release/libdishtayantra_lmdb.so"));
    neither.finish();
}

#[test]
fn a_library_that_cannot_be_used_is_named_and_replaced_by_no_other() {
    let dir = scratch();
    let missing = |command: &mut std::process::Command| {
        command.env("DISHTAYANTRA_LMDB_LIBRARY", "/nowhere/lib.so");
    };
    let mut role = Role::start_with("load", dir.path(), |command| {
        missing(command);
        command
    });
    let said = role.expect("failed");
    assert!(said.contains("DISHTAYANTRA_LMDB_LIBRARY names /nowhere/lib.so"), "{said}");
    role.finish();
    // A library, but not ours.
    let mut role =
        Role::start_with("load", dir.path(), |command| command.env("DISHTAYANTRA_LMDB_LIBRARY", "libm.so.6"));
    assert!(role.expect("failed").contains("libm.so.6 is not libdishtayantra_lmdb"));
    role.finish();
}

#[test]
fn a_directory_that_is_no_store_is_refused() {
    let dir = scratch();
    std::fs::write(dir.path().join("data.mdb"), b"something else").unwrap();
    assert_fails(Store::open(dir.path()), ErrorKind::ForeignStore, dir.path().to_str().unwrap());
}

#[test]
fn the_example_program_answers() {
    let dir = scratch();
    let store = open(dir.path());
    let program = std::env::current_exe().unwrap().parent().unwrap().join("../examples/answer");
    let mut command = std::process::Command::new(program);
    command.args([dir.path().to_str().unwrap(), "prices", "returns", "60"]);
    let running = command.stdout(std::process::Stdio::piped()).spawn();
    let running = running.expect("the example is built by `cargo test`, or by `cargo build --examples`");
    let prices: Vec<u8> = [100.0_f64, 110.0, 99.0].iter().flat_map(|price| price.to_le_bytes()).collect();
    store.put("prices", &prices, &PutOptions::default()).unwrap();
    store.wait("returns", Some(Duration::from_secs(60))).unwrap();
    let view = store.view("returns").unwrap();
    let returns = view.slice::<f64>().unwrap();
    assert!((returns[0] - 0.1).abs() < 1e-12 && (returns[1] + 0.1).abs() < 1e-12, "{returns:?}");
    assert_eq!(view.source(), "answer.rs");
    let done = running.wait_with_output().unwrap();
    assert!(done.status.success());
    assert_eq!(done.stdout, b"2 returns under 'returns'\n");
    let late = command.args(["1"]).output().unwrap();
    assert_eq!(late.status.code(), Some(2));
}

struct Count;

impl Calculator for Count {
    fn compute<'a>(&self, input: &'a dyn Input) -> Result<Map<'a>> {
        Ok(map([("count", input.numbers("values")?.len().into())]))
    }
}

/// Calculates where the store is at another path than the reference says: `LMDB_PATH_MAP` has it at `mount`, or elsewhere.
fn elsewhere(path: &Path, mount: &str) {
    let given = MapInput(map([
        (wire::REF, true.into()),
        (wire::INPUT_KEY, "input:calc:7".into()),
        (wire::OUTPUT_KEY, "output:calc:7".into()),
        (wire::DB_PATH, "/dy/their/mount/store".into()),
        (wire::TXN_ID, "7".into()),
    ]));
    if mount == path.parent().unwrap().to_str().unwrap() {
        assert!(calculate(&Count, &given).unwrap().written);
    } else {
        let error = calculate(&Count, &given).expect_err("the map leads nowhere");
        assert_eq!(error.kind(), ErrorKind::NotFound, "{error}");
        assert!(
            error.message().contains("/dy/their/mount/store") && error.message().contains(mount),
            "{error}"
        );
    }
}

#[test]
fn a_reference_is_resolved_where_a_map_of_paths_has_its_store() {
    let dir = scratch();
    let path = dir.path().join("store");
    let store = open(&path);
    let mut writer = Writer::new().unwrap();
    writer.map(1).unwrap().string("values").unwrap().doubles(&[1.0, 2.0]).unwrap();
    writer.put(&store, "input:calc:7", &PutOptions { tracked: true, ..PutOptions::default() }).unwrap();
    for (mount, answers) in [("/nowhere", false), (dir.path().to_str().unwrap(), true)] {
        let path_map = format!("{{\"/dy/their/mount\": {mount:?}}}");
        let role = format!("elsewhere {mount}");
        Role::start_with(&role, &path, |command| command.env("LMDB_PATH_MAP", path_map)).finish();
        assert_eq!(store.contains("output:calc:7").unwrap(), answers);
    }
}
