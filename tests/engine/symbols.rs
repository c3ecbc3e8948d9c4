//! What the shared library exports, and the name that programs find it by.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The shared library of this build, which lies beside the test.
fn library() -> PathBuf {
    let test = std::env::current_exe().expect("the path of this test");
    let library = test.with_file_name("libdishtayantra_lmdb.so");
    assert!(library.exists(), "{} is not built", library.display());
    library
}

/// What a tool of binutils says of the library.
fn said_by(tool: &str, arguments: &[&str]) -> String {
    let output = Command::new(tool)
        .args(arguments)
        .arg(library())
        .env("LC_ALL", "C")
        .output()
        .unwrap_or_else(|error| panic!("{tool} (package binutils): {error}"));
    assert!(output.status.success(), "{tool}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).expect("names are UTF-8")
}

fn read(path: &str) -> String {
    std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(path)).expect(path)
}

/// The functions that the header declares.
fn declared() -> BTreeSet<String> {
    let header = read("include/dishtayantra_lmdb.h");
    let declarations = header.lines().filter(|line| !line.starts_with([' ', '/', '*', '#']));
    declarations
        .filter_map(|line| line.split_once('(').map(|(before, _)| before))
        .filter_map(|before| before.rsplit([' ', '*']).next())
        .filter(|name| name.starts_with("dy_lmdb_"))
        .map(str::to_owned)
        .collect()
}

#[test]
fn only_what_the_header_declares_and_jni_is_exported() {
    let symbols = said_by("nm", &["-D", "--defined-only", "--format=posix"]);
    let exported: BTreeSet<String> = symbols
        .lines()
        .filter_map(|line| line.split(' ').next())
        .filter(|name| !name.starts_with("Java_") && !["JNI_OnLoad", "JNI_OnUnload"].contains(name))
        .map(str::to_owned)
        .collect();
    assert!(exported.len() > 80, "only {} symbols", exported.len());
    assert_eq!(exported, declared());
}

#[test]
fn the_name_is_versioned_and_the_code_stays_loaded() {
    let dynamic = said_by("readelf", &["-d", "-W"]);
    assert!(dynamic.contains("Library soname: [libdishtayantra_lmdb.so.0]"), "{dynamic}");
    assert!(dynamic.contains("NODELETE"), "{dynamic}");
}

#[test]
fn every_function_is_called_by_the_c_tests() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/c");
    let sources: String = std::fs::read_dir(folder)
        .expect("tests/c")
        .map(|file| file.expect("a file of tests/c").path())
        .filter(|path| path.extension().is_some_and(|end| end == "c"))
        .map(|path| std::fs::read_to_string(path).expect("a C test"))
        .collect();
    let missing: Vec<String> =
        declared().into_iter().filter(|name| !sources.contains(&format!("{name}("))).collect();
    assert!(missing.is_empty(), "no C test calls {missing:?}");
}
