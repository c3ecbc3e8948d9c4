//! The types of the C ABI. `tests/abi.rs` compares the structs with the committed header.

use std::ffi::{c_char, c_void};
use std::marker::{PhantomData, PhantomPinned};

pub type dy_lmdb_status_t = i32;
pub type dy_lmdb_node_t = u64;

macro_rules! opaque {
    ($($name:ident)*) => {
        $(
            /// Only the library knows what is in it; never sent or shared by itself.
            #[repr(C)]
            pub struct $name {
                _data: [u8; 0],
                _marker: PhantomData<(*mut u8, PhantomPinned)>,
            }
        )*
    };
}

opaque! {
    dy_lmdb_bytes_t
    dy_lmdb_document_t
    dy_lmdb_keys_t
    dy_lmdb_loan_t
    dy_lmdb_reference_t
    dy_lmdb_store_t
    dy_lmdb_view_t
    dy_lmdb_writer_t
}

#[repr(C)]
#[derive(Debug, Clone, Copy)]
pub struct dy_lmdb_options_t {
    pub struct_size: usize,
    pub map_size: u64,
    pub prefault: u64,
    pub max_readers: u32,
    pub max_dbs: u32,
    pub mode: u32,
    pub durability: u32,
    pub flags: u32,
    pub reserved: u32,
}

#[repr(C)]
#[derive(Debug, Clone, Copy)]
pub struct dy_lmdb_put_options_t {
    pub struct_size: usize,
    pub format: u32,
    pub flags: u32,
    pub ttl_ms: u64,
    pub txn_id: *const c_char,
    pub txn_id_len: usize,
    pub source: *const c_char,
    pub source_len: usize,
    pub target: *const c_char,
    pub target_len: usize,
}

#[repr(C)]
#[derive(Debug, Clone, Copy)]
pub struct dy_lmdb_buffer_t {
    pub data: *const c_void,
    pub size: usize,
}

#[repr(C)]
#[derive(Debug, Clone, Copy)]
pub struct dy_lmdb_info_t {
    pub struct_size: usize,
    pub entry_id: u64,
    pub size: u64,
    pub created_ns: u64,
    pub ttl_ms: u64,
    pub checksum: u64,
    pub file_offset: u64,
    pub data: *const c_void,
    pub format: u32,
    pub flags: u32,
}

#[repr(C)]
#[derive(Debug, Clone, Copy)]
pub struct dy_lmdb_entry_t {
    pub key: *const c_void,
    pub key_len: usize,
    pub parts: *const dy_lmdb_buffer_t,
    pub nparts: usize,
    pub options: *const dy_lmdb_put_options_t,
}

#[repr(C)]
#[derive(Debug, Clone, Copy)]
pub struct dy_lmdb_iterator_t {
    pub key: dy_lmdb_node_t,
    pub value: dy_lmdb_node_t,
    pub next: dy_lmdb_node_t,
    pub remaining: usize,
}

#[repr(C)]
#[derive(Debug, Clone, Copy)]
pub struct dy_lmdb_segment_t {
    pub struct_size: usize,
    pub data: *const c_void,
    pub size: usize,
    pub itemsize: usize,
    pub node: dy_lmdb_node_t,
    pub end: dy_lmdb_node_t,
    pub dtype: u32,
    pub unit: u32,
    pub flags: u32,
    pub ndim: u32,
    pub shape: [u64; 32],
}
