//! Memory maps and the system calls around them: the only place beside `lmdb` and the bindings with unsafe code.
#![allow(unsafe_code)]

pub mod attach;
pub mod clock;
pub mod fork;
pub mod living;
pub mod lock;
pub mod mounts;
pub mod owner_lock;
pub mod payload;
pub mod proc_maps;
pub mod region;
pub mod sys;
