//! A program in which LMDB's `getpid` answers the kernel's pid, as in one that is linked without what `build.rs` of the
//! engine says.
#![allow(unsafe_code)]

/// Where the linker has calls of `getpid` end.
#[unsafe(no_mangle)]
extern "C" fn __wrap_getpid() -> i32 {
    let own = std::fs::read_link("/proc/self").expect("/proc is mounted");
    own.to_string_lossy().parse().expect("a pid")
}

fn main() {
    let path = std::env::args().nth(1).expect("the directory of a store");
    match dishtayantra_lmdb::store::Store::open(path.as_ref(), &Default::default()) {
        Ok(_) => println!("opened"),
        Err(error) => println!("{:?}: {error}", error.status()),
    }
}
