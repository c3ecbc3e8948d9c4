//! A program that has the engine linked in, but not as `build.rs` of the engine says: LMDB has the kernel's pids here.

fn main() {
    let path = std::env::args().nth(1).expect("the directory of a store");
    match dishtayantra_lmdb::store::Store::open(path.as_ref(), &Default::default()) {
        Ok(_) => println!("opened"),
        Err(error) => println!("{:?}: {error}", error.status()),
    }
}
