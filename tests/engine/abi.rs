//! The C ABI is append-only: what a version exported stays, with its numbers, signatures, sizes and offsets.
//!
//! `tests/fixtures/abi/current.txt` is what the header declares now (`UPDATE_ABI=1` rewrites it); `VERSION.txt` is what it
//! declared when that `DY_LMDB_ABI_VERSION` was closed, and is never rewritten.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Command;

const CURRENT: &str = "current";
/// The versions that were closed.
const CLOSED: &[&str] = &["1"];

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn file(version: &str) -> PathBuf {
    root().join(format!("tests/fixtures/abi/{version}.txt"))
}

fn lines(version: &str) -> BTreeSet<String> {
    let path = file(version);
    let text = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    text.lines().map(str::to_owned).collect()
}

/// The header without comments, one declaration a line: `#define`s, types, and functions.
fn declarations() -> Vec<String> {
    let header = std::fs::read_to_string(root().join("include/dishtayantra_lmdb.h")).expect("the header");
    let code: String =
        header.split("/*").map(|part| part.split_once("*/").map_or(part, |(_, code)| code)).collect();
    let (defines, rest): (Vec<&str>, Vec<&str>) = code.lines().partition(|line| line.starts_with('#'));
    let squeezed = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
    let mut found: Vec<String> = defines.into_iter().map(squeezed).collect();
    // A struct's members end in semicolons too: a declaration ends where braces are balanced.
    let mut open = String::new();
    for part in rest.join("\n").replace("extern \"C\" {", "").split_inclusive(';') {
        open.push_str(part);
        if open.matches('{').count() == open.matches('}').count() {
            found.push(squeezed(open.trim().trim_end_matches(';')));
            open.clear();
        }
    }
    found
}

/// Name and members of a struct whose members are declared.
fn members(declaration: &str) -> Option<(&str, Vec<&str>)> {
    let (before, rest) = declaration.strip_prefix("typedef struct ")?.split_once('{')?;
    let (body, _) = rest.split_once('}')?;
    let names = body.split(';').filter_map(|member| {
        let member = member.trim().split('[').next()?;
        member.rsplit([' ', '*']).next().filter(|name| !name.is_empty())
    });
    Some((before.trim(), names.collect()))
}

/// Sizes and offsets, which the C compiler knows.
fn layouts(declarations: &[String]) -> Vec<String> {
    let mut program =
        String::from("#include <stdio.h>\n#include \"dishtayantra_lmdb.h\"\nint main(void) {\n");
    for (name, members) in declarations.iter().filter_map(|declaration| members(declaration)) {
        program += &format!("printf(\"sizeof {name} %zu\\n\", sizeof({name}));\n");
        for member in members {
            program += &format!("printf(\"offsetof {name}.{member} %zu\\n\", offsetof({name}, {member}));\n");
        }
    }
    program += "return 0;\n}\n";
    let folder = tempfile::tempdir().expect("a directory");
    let (source, binary) = (folder.path().join("layouts.c"), folder.path().join("layouts"));
    std::fs::write(&source, program).expect("the program can be written");
    let compiled = Command::new("cc")
        .arg("-I")
        .arg(root().join("include"))
        .args([&source, Path::new("-o"), &binary])
        .status()
        .expect("cc (package gcc)");
    assert!(compiled.success(), "the header does not compile");
    let printed = Command::new(&binary).output().expect("the program runs").stdout;
    String::from_utf8(printed).expect("names are ASCII").lines().map(str::to_owned).collect()
}

fn snapshot() -> BTreeSet<String> {
    let declarations = declarations();
    let layouts = layouts(&declarations);
    let constants = declarations.iter().filter_map(|line| {
        let (name, value) = line.strip_prefix("#define DY_LMDB_")?.split_once(' ')?;
        Some(format!("constant DY_LMDB_{name} {value}"))
    });
    let functions = declarations.iter().filter(|line| line.contains("dy_lmdb_") && line.ends_with(')'));
    let functions = functions.filter(|line| !line.starts_with('#')).map(|line| format!("function {line}"));
    constants.chain(functions).chain(layouts).collect()
}

#[test]
fn the_committed_snapshot_is_what_the_header_declares() {
    let now = snapshot();
    if std::env::var_os("UPDATE_ABI").is_some_and(|value| value == "1") {
        let text = now.iter().fold(String::new(), |text, line| text + line + "\n");
        std::fs::write(file(CURRENT), text).expect("the snapshot can be written");
        return;
    }
    let committed = lines(CURRENT);
    let gone: Vec<_> = committed.difference(&now).collect();
    let new: Vec<_> = now.difference(&committed).collect();
    assert!(
        gone.is_empty() && new.is_empty(),
        "not as the header says, run `make header`\ngone: {gone:#?}\nnew: {new:#?}"
    );
}

/// Whether a line of a closed version still holds: the version itself rises, and structs that begin with their size grow.
fn holds(line: &str, now: &BTreeSet<String>) -> bool {
    if now.contains(line) || line.starts_with("constant DY_LMDB_ABI_VERSION ") {
        return true;
    }
    let Some((name, size)) = line.strip_prefix("sizeof ").and_then(|rest| rest.split_once(' ')) else {
        return false;
    };
    let grown = now.iter().find_map(|line| line.strip_prefix(&format!("sizeof {name} ")));
    now.contains(&format!("offsetof {name}.struct_size 0"))
        && grown.is_some_and(|now| now.parse::<u64>().unwrap() >= size.parse::<u64>().unwrap())
}

#[test]
fn what_a_closed_version_exported_stays_as_it_was() {
    let now = snapshot();
    for version in CLOSED {
        let broken: Vec<String> = lines(version).into_iter().filter(|line| !holds(line, &now)).collect();
        assert!(broken.is_empty(), "of version {version} these no longer hold: {broken:#?}");
    }
}
