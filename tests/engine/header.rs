//! The committed C header is what cbindgen writes from `src/ffi`. `UPDATE_HEADER=1` rewrites it.

use std::path::{Path, PathBuf};

const HEADER: &str = "include/dishtayantra_lmdb.h";

/// The files of the C ABI, in the order in which the header speaks of them. Only what they declare is public in C.
const SOURCES: &[&str] = &[
    "status",
    "library",
    "bytes",
    "options",
    "info",
    "store",
    "entry",
    "keys",
    "view",
    "watch",
    "loan",
    "config",
    "reference",
    "exchange",
    "document",
    "value",
    "writer",
    "written",
    "segment",
    "table",
    "arrow",
    "arrow_import",
    "array",
    "numbers",
    "python",
];

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn file_of(source: &str) -> PathBuf {
    let folder = root().join("src/ffi");
    let file = folder.join(format!("{source}.rs"));
    if file.exists() { file } else { folder.join(source).join("mod.rs") }
}

fn generated() -> String {
    let config = cbindgen::Config::from_file(root().join("cbindgen.toml")).expect("cbindgen.toml");
    let mut builder = cbindgen::Builder::new().with_config(config);
    for source in SOURCES {
        builder = builder.with_src(file_of(source));
    }
    let mut header = Vec::new();
    builder.generate().expect("the C ABI can be declared in C").write(&mut header);
    String::from_utf8(header).expect("the header is UTF-8")
}

#[test]
fn committed_header_is_the_generated_one() {
    let path = root().join(HEADER);
    let generated = generated();
    if std::env::var_os("UPDATE_HEADER").is_some_and(|value| value == "1") {
        std::fs::write(&path, &generated).expect("the header can be written");
        return;
    }
    let committed = std::fs::read_to_string(&path).expect("the committed header");
    let different = committed.lines().zip(generated.lines()).position(|(old, new)| old != new);
    assert!(
        committed == generated,
        "{HEADER} is not what src/ffi says, first in line {}; run `make header`",
        different.unwrap_or(committed.lines().count().min(generated.lines().count())) + 1
    );
}

#[test]
fn every_file_that_exports_is_in_the_header() {
    for file in std::fs::read_dir(root().join("src/ffi")).unwrap().map(|file| file.unwrap().path()) {
        let name = file.file_stem().unwrap().to_str().unwrap();
        let text = std::fs::read_to_string(file_of(name)).unwrap();
        let exports = text.contains("#[unsafe(no_mangle)]") || text.contains("pub const DY_LMDB_");
        assert_eq!(exports, SOURCES.contains(&name), "{}", file.display());
    }
}

#[test]
fn every_declaration_is_documented() {
    let header = generated();
    let lines: Vec<&str> = header.lines().collect();
    let mut seen = 0;
    for (at, line) in lines.iter().enumerate() {
        let guard = line.starts_with("#define DISHTAYANTRA");
        let declares = line.contains(" dy_lmdb_") && line.contains('(') && !line.starts_with([' ', '/', '*']);
        if declares || (line.starts_with("#define ") && !guard) {
            assert!(lines[at - 1].trim_end().ends_with("*/"), "line {} has no comment: {line}", at + 1);
            seen += 1;
        }
    }
    assert!(seen > 100, "only {seen} declarations found");
}

/// What Doxygen asks for as well, where it is.
#[test]
fn every_parameter_is_documented() {
    let header = generated();
    let mut seen = 0;
    for part in header.split("/**").skip(1) {
        let (text, rest) = part.split_once("*/").unwrap();
        let declares = rest.split(';').next().unwrap();
        if let Some((name, parameters)) = declares.split_once('(').filter(|_| !declares.contains("typedef")) {
            let name = name.rsplit(['*', ' ']).next().unwrap();
            for parameter in parameters.trim_end_matches(')').split(',') {
                let parameter = parameter.rsplit(['*', ' ', '\n']).next().unwrap();
                if parameter != "void" {
                    assert!(
                        text.contains(&format!("`{parameter}`")),
                        "{name}: nothing is said of {parameter}"
                    );
                    seen += 1;
                }
            }
        }
    }
    assert!(seen > 400, "only {seen} parameters found");
}
