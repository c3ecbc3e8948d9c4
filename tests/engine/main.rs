//! The engine, from the inside of Rust: what a store promises, to one process and to several, and that header and symbols
//! are what they are said to be.
//!
//! Tests that need processes of their own start this program again, with the name of an ignored test that is their body.

mod abi;
mod alignment;
mod common;
mod config;
mod corpus;
mod crash;
mod document;
mod document_golden;
mod exact;
mod exchange;
mod forks;
mod full_disk;
#[path = "../../fuzz/src/lib.rs"]
mod fuzz;
mod groups;
mod guards;
mod header;
mod identity;
mod memory;
mod merging;
mod mount_paths;
mod npy;
mod numbers;
mod processes;
mod reference;
mod segment;
mod segment_golden;
#[cfg(debug_assertions)]
mod simulation;
mod slots;
mod stock_tools;
mod store;
mod store_id;
mod symbols;
mod table;
mod table_golden;
mod upgrade;
