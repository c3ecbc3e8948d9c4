//! Links the tool as the library is linked: LMDB's `getpid` is the engine's.

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    // Not the example, by which a test shows what becomes of a program without it.
    for targets in ["bins", "tests"] {
        println!("cargo::rustc-link-arg-{targets}=-Wl,--wrap=getpid");
    }
}
