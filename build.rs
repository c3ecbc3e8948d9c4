//! Names the shared library and refuses platforms it is not made for.

use std::env;

/// The version in the name counts the breaks of the C ABI.
const SONAME: &str = "libdishtayantra_lmdb.so.0";

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    let target = |what: &str| env::var(format!("CARGO_CFG_TARGET_{what}")).unwrap_or_default();
    let (os, arch, endian) = (target("OS"), target("ARCH"), target("ENDIAN"));
    if os != "linux" || !["x86_64", "aarch64"].contains(&arch.as_str()) || endian != "little" {
        println!(
            "cargo::error=dishtayantra_lmdb runs on Linux x86_64 and aarch64 (little-endian); the target is {os} {arch} ({endian}-endian)"
        );
        return;
    }
    println!("cargo::rustc-cdylib-link-arg=-Wl,-soname,{SONAME}");
    // The sweeper's thread and the fork handlers stay for the life of the process, so the code must, too.
    println!("cargo::rustc-cdylib-link-arg=-Wl,-z,nodelete");
    // LMDB asks `getpid` who it is; `src/lmdb/number.rs` answers. What opens a store without this is refused there.
    println!("cargo::rustc-link-arg=-Wl,--wrap=getpid");
}
