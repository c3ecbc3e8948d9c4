//! Tables: the golden ones, damaged, and plain values that tables are made of.

use super::documents::{document, in_place};
use dishtayantra_lmdb::document::table::{Column, Table};
use dishtayantra_lmdb::document::{Document, Writer};

/// Tables that are right, to be damaged.
const GOLDEN: [&[u8]; 8] = [
    include_bytes!("../../tests/fixtures/tables/rows.msgpack"),
    include_bytes!("../../tests/fixtures/tables/list.msgpack"),
    include_bytes!("../../tests/fixtures/tables/kinds.msgpack"),
    include_bytes!("../../tests/fixtures/tables/nested.msgpack"),
    include_bytes!("../../tests/fixtures/tables/frame.msgpack"),
    include_bytes!("../../tests/fixtures/tables/series.msgpack"),
    include_bytes!("../../tests/fixtures/tables/empty.msgpack"),
    include_bytes!("../../tests/fixtures/tables/root.msgpack"),
];
/// Rows that are looked at in a column.
const LOOKED_AT: u64 = 100;

/// The first byte chooses a table; each three that follow say where a byte of it becomes which. What is told as right can
/// be walked, written again and made a table of; nothing else panics.
pub fn table(bytes: &[u8]) {
    let Some((&first, changes)) = bytes.split_first() else { return };
    let mut payload = GOLDEN[usize::from(first) % GOLDEN.len()].to_vec();
    for [low, high, value] in changes.as_chunks::<3>().0 {
        let at = usize::from(u16::from_le_bytes([*low, *high])) % payload.len();
        payload[at] = *value;
    }
    document(&payload);
    in_place(&payload, |document| {
        let whole = document.validate().is_ok();
        for path in ["", "table"] {
            let Ok(node) = document.find(Document::ROOT, path) else { continue };
            // As many columns as a payload announces may be made of its values: bounded by its size.
            if let Ok(written) = document.with_table(node, |layout| {
                let mut writer = Writer::new();
                writer.table(layout)?;
                Ok(writer.data()?.to_vec())
            }) {
                in_place(&written, |made| made.validate().expect("a table that was made is right"));
            }
            if let Ok(Some(table)) = document.find_table(node) {
                look(&table, whole);
            }
        }
    });
}

fn look(table: &Table, whole: bool) {
    let right = table.check().is_ok();
    assert!(right || !whole, "a table of a whole document");
    for index in 0..table.descriptors() {
        match table.column(index) {
            Ok(column) => values(&column, right),
            Err(error) => assert!(!right, "a column of a table that is right: {error}"),
        }
    }
}

fn values(column: &Column, right: bool) {
    let dictionary = column.dictionary();
    assert!(dictionary.is_ok() || !right);
    for row in 0..column.len().min(LOOKED_AT) {
        let there = !column.is_null(row).expect("a row that is there");
        let _ = column.bytes_at(row);
        if let Ok(Some(values)) = &dictionary {
            assert!(column.code_at(row, values.len()).is_ok() || !right || !there);
        }
    }
}
