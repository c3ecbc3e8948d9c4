//! The committed bindings are what bindgen makes of the C header. `UPDATE_SYS=1` rewrites them.

use bindgen::callbacks::{IntKind, ParseCallbacks};
use std::collections::HashSet;
use std::path::{Path, PathBuf};

const BINDINGS: &str = "src/sys/bindings.rs";

fn path_of(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

fn header() -> PathBuf {
    path_of("../../include/dishtayantra_lmdb.h")
}

/// Types of the constants: a macro of C has none.
#[derive(Debug)]
struct Constants {
    statuses: HashSet<String>,
}

impl Constants {
    fn of_header() -> Constants {
        let header = std::fs::read_to_string(header()).expect("the header");
        // Statuses are declared first, in src/ffi/status.rs.
        let (before, _) = header.split_once("#define DY_LMDB_ABI_VERSION").expect("the end of the statuses");
        let names =
            before.lines().filter_map(|line| line.strip_prefix("#define DY_LMDB_")?.split(' ').next());
        Constants { statuses: names.map(|name| format!("DY_LMDB_{name}")).collect() }
    }
}

impl ParseCallbacks for Constants {
    fn int_macro(&self, name: &str, _value: i64) -> Option<IntKind> {
        Some(match name {
            "DY_LMDB_NODE_ROOT" | "DY_LMDB_NODE_NONE" => IntKind::U64,
            "DY_LMDB_SEGMENT_MAX_NDIM" => IntKind::Custom { name: "usize", is_signed: false },
            name if self.statuses.contains(name) => IntKind::I32,
            _ => IntKind::U32,
        })
    }
}

fn generated() -> String {
    bindgen::Builder::default()
        .header(header().to_str().expect("a path in UTF-8"))
        .raw_line(
            "//! The C ABI, made by bindgen from include/dishtayantra_lmdb.h; `make header` makes it anew.\n",
        )
        .allowlist_item("(dy_lmdb|DY_LMDB)_.*")
        .dynamic_library_name("Functions")
        .dynamic_link_require_all(true)
        .use_core()
        .ctypes_prefix("std::ffi")
        .rust_edition(bindgen::RustEdition::Edition2021)
        .wrap_unsafe_ops(true)
        .generate_comments(false)
        .layout_tests(false)
        .disable_header_comment()
        .parse_callbacks(Box::new(Constants::of_header()))
        .formatter(bindgen::Formatter::Prettyplease)
        .generate()
        .expect("the header can be read with libclang (Debian's libclang-dev)")
        .to_string()
}

#[test]
fn committed_bindings_are_the_generated_ones() {
    let path = path_of(BINDINGS);
    let generated = generated();
    if std::env::var_os("UPDATE_SYS").is_some_and(|value| value == "1") {
        std::fs::write(&path, &generated).expect("the bindings can be written");
        return;
    }
    let committed = std::fs::read_to_string(&path).expect("the committed bindings");
    let different = committed.lines().zip(generated.lines()).position(|(old, new)| old != new);
    assert!(
        committed == generated,
        "{BINDINGS} is not what the header says, first in line {}; run `make header`",
        different.unwrap_or(committed.lines().count().min(generated.lines().count())) + 1
    );
}
