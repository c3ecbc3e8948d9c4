//! Every order of the steps of the protocols between threads and processes, by loom.
//!
//! The files below `#[path]` are those that ship. What they stand on is small here: a shared file of a few words, a reader
//! table of a few slots, a futex. `sync` gives them loom's atomics in place of the standard library's.
#![cfg(test)]
// The files have more than the models call.
#![allow(dead_code, unused_imports)]

mod doorbell;
mod extents;
mod owner_lock;
mod sync;

mod error;

mod steps {
    pub fn reached(_step: &'static str) {}
}

mod envelope {
    #[derive(Debug, Clone, Copy, PartialEq, Eq)]
    pub struct Extent {
        pub start: u64,
        pub pages: u64,
    }
}

mod lmdb {
    pub mod locktable;
    #[path = "../../../../src/lmdb/oldest.rs"]
    mod oldest;

    pub use locktable::LockTable;
}

mod mapping {
    pub mod fork {
        use crate::sync::{Arc, Mutex};
        use std::marker::PhantomData;

        /// Forks are no part of the models.
        pub struct Locked<T>(PhantomData<T>);

        impl<T> Locked<T> {
            pub fn of(_mutex: &Arc<Mutex<T>>) -> Locked<T> {
                unreachable!()
            }
        }
    }

    #[path = "../../../../src/mapping/owner_lock.rs"]
    pub mod owner_lock;
    pub mod sys;
}

mod store {
    #[path = "../../../../src/store/doorbell.rs"]
    pub mod doorbell;
    pub mod owners;
    #[path = "../../../../src/store/pins.rs"]
    pub mod pins;
    pub mod shared;
    #[path = "../../../../src/store/spares.rs"]
    pub mod spares;
    #[path = "../../../../src/store/unseen.rs"]
    pub mod unseen;
}

mod ffi {
    mod arg;
    #[path = "../../../../src/ffi/handle.rs"]
    mod handle;
    mod handles;
    mod kept;
}
