//! What the crate declares of the C ABI against the committed header.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

/// What this crate has no use for: exchanges are run by whoever calls a calculator; payloads are viewed, not copied to
/// buffers; an error has a kind, and needs no name of a status; loans are taken and finished in one call each.
const LEFT_OUT: &[&str] = &[
    "dy_lmdb_document_next_extension",
    "dy_lmdb_document_next_segment",
    "dy_lmdb_exchange_",
    "dy_lmdb_loan_data",
    "dy_lmdb_loan_open",
    "dy_lmdb_loan_publish",
    "dy_lmdb_python_types",
    "dy_lmdb_reference_fields",
    "dy_lmdb_reference_from_fields",
    "dy_lmdb_status_name",
    "dy_lmdb_store_get",
    "dy_lmdb_view_data",
    "dy_lmdb_view_info",
];

fn read(path: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(path);
    std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// The header without comments and preprocessor.
fn header() -> String {
    let text = read("../../include/dishtayantra_lmdb.h");
    let without_comments: String =
        text.split("/*").map(|part| part.split_once("*/").map_or(part, |(_, code)| code)).collect();
    without_comments.lines().filter(|line| !line.starts_with('#')).collect::<Vec<_>>().join("\n")
}

/// Rust's name of a C type: `const struct dy_lmdb_view_t *` is `*const dy_lmdb_view_t`.
fn rust_type(c: &str) -> String {
    let stars = c.matches('*').count();
    let words: Vec<&str> = c.split(['*', ' ']).filter(|word| !["", "struct"].contains(word)).collect();
    let (constant, base) = match words[..] {
        ["const", base] => (true, base),
        [base] => (false, base),
        _ => panic!("a type '{c}'"),
    };
    let base = match base {
        "size_t" => "usize",
        "uint64_t" => "u64",
        "uint32_t" => "u32",
        "int64_t" => "i64",
        "int32_t" => "i32",
        "double" => "f64",
        "char" => "c_char",
        "void" => "c_void",
        other => other,
    };
    match (stars, constant) {
        (0, _) => base.to_owned(),
        (stars, true) => "*mut ".repeat(stars - 1) + "*const " + base,
        (stars, false) => "*mut ".repeat(stars) + base,
    }
}

/// `const char *name` as type and name.
fn declared(c: &str) -> (String, String) {
    let c = c.trim();
    let at = c.rfind(|end: char| !end.is_alphanumeric() && end != '_').expect("a type before the name") + 1;
    (rust_type(&c[..at]), c[at..].to_owned())
}

fn squeezed(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Name and signature of every function of the header, as Rust has it.
fn functions_of_header() -> BTreeMap<String, String> {
    let header = header();
    let declarations = header.split("extern \"C\" {").nth(1).expect("the functions");
    let mut functions = BTreeMap::new();
    for declaration in declarations.split(';').filter(|text| text.contains("dy_lmdb_")) {
        let (before, arguments) = declaration.trim().split_once('(').expect("arguments");
        let (returned, name) = declared(before);
        let arguments = squeezed(arguments.trim_end().trim_end_matches(')'));
        let arguments: Vec<String> = match arguments.as_str() {
            "void" => Vec::new(),
            list => list.split(',').map(declared).map(|(kind, name)| format!("{name}: {kind}")).collect(),
        };
        let returned = if returned == "c_void" { String::new() } else { format!(" -> {returned}") };
        functions.insert(name, format!("({}){returned}", arguments.join(", ")));
    }
    functions
}

fn functions_of_crate() -> BTreeMap<String, String> {
    let source = read("src/sys/functions.rs");
    let table = source.split("\nfunctions! {").nth(1).expect("the table");
    let one = |text: &str| {
        let (name, rest) = text.split_once('(')?;
        let (arguments, returned) = rest.rsplit_once(')')?;
        let arguments = squeezed(arguments);
        let returned = squeezed(returned);
        let space = if returned.is_empty() { "" } else { " " };
        Some((name.to_owned(), format!("({}){space}{returned}", arguments.trim_end_matches(','))))
    };
    table.split(';').filter_map(|text| one(text.trim().strip_prefix("fn ")?)).collect()
}

#[test]
fn functions_are_those_of_the_header() {
    let (header, ours) = (functions_of_header(), functions_of_crate());
    assert!(header.len() > 90 && ours.len() > 70, "{} and {}", header.len(), ours.len());
    for (name, signature) in &ours {
        assert_eq!(Some(signature), header.get(name), "{name}");
    }
    let missing: BTreeSet<_> = header.keys().filter(|name| !ours.contains_key(*name)).collect();
    let unexpected: Vec<_> =
        missing.iter().filter(|name| !LEFT_OUT.iter().any(|known| name.starts_with(known))).collect();
    assert!(unexpected.is_empty(), "not declared here: {unexpected:?}");
}

/// The fields of every struct: C's order and types decide the layout on both sides.
fn structs(source: &str, start: &str, field: impl Fn(&str) -> String) -> BTreeMap<String, Vec<String>> {
    let mut found = BTreeMap::new();
    for text in source.split(start).skip(1) {
        let Some((name, rest)) = text.split_once('{') else { continue };
        let body = rest.split_once('}').expect("an end").0;
        let fields = body.split([';', ',']).map(str::trim).filter(|text| !text.is_empty());
        found.insert(name.trim().to_owned(), fields.map(&field).collect());
    }
    found
}

#[test]
fn structs_are_those_of_the_header() {
    let header = header();
    // Opaque types have no body; what stands before the next one belongs to another struct.
    let with_bodies: String = header
        .split("typedef ")
        .filter(|text| text.starts_with("struct") && text.contains('{'))
        .map(|text| format!("typedef {text}"))
        .collect();
    let of_header = structs(&with_bodies, "typedef struct ", |field| {
        let (field, length) =
            field.split_once('[').map_or((field, None), |(field, rest)| (field, Some(rest)));
        let (kind, name) = declared(field);
        match length {
            Some(length) => format!("{name}: [{kind} x {}]", length.trim_end_matches(']')),
            None => format!("{name}: {kind}"),
        }
    });
    let types = read("src/sys/types.rs");
    let ours = structs(&types.replace("; 32]", " x 32]"), "pub struct dy_", |field| {
        field.trim_start_matches("pub ").to_owned()
    });
    let ours: BTreeMap<_, _> =
        ours.into_iter().map(|(name, fields)| (format!("dy_{name}"), fields)).collect();
    assert_eq!(ours.len(), 7);
    assert_eq!(ours, of_header);
}

#[test]
fn constants_are_those_of_the_header() {
    let header = read("../../include/dishtayantra_lmdb.h");
    let of_header: BTreeMap<&str, u64> = header
        .lines()
        .filter_map(|line| line.strip_prefix("#define ")?.split_once(' '))
        .filter_map(|(name, value)| Some((name, value.trim_end_matches("ull").parse().ok()?)))
        .collect();
    let source = read("src/sys/constants.rs");
    let ours: BTreeMap<&str, u64> = source
        .lines()
        .filter_map(|line| line.strip_prefix("pub const ")?.trim_end_matches(';').split_once(": "))
        .map(|(name, rest)| (name, rest.split_once(" = ").expect("a value").1))
        .map(|(name, value)| (name, value.replace('_', "").parse().expect("a number")))
        .collect();
    assert!(ours.len() > 80, "{}", ours.len());
    for (name, value) in &ours {
        assert_eq!(of_header.get(name), Some(value), "{name}");
    }
    // Statuses, and what a value of the store may turn out to be: none may be missing.
    for name in of_header.keys() {
        let kinds = ["FORMAT", "TYPE", "DTYPE", "UNIT", "INFO"].map(|kind| format!("DY_LMDB_{kind}_"));
        let status =
            header.split("#define DY_LMDB_ABI_VERSION").next().unwrap().contains(&format!("{name} "));
        if status || kinds.iter().any(|kind| name.starts_with(kind)) {
            assert!(ours.contains_key(name), "{name} is missing");
        }
    }
}
