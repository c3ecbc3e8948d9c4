//! Links the tool as the library is linked: LMDB's `getpid` is the engine's.

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rustc-link-arg=-Wl,--wrap=getpid");
}
