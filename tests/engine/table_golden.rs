//! Tables against those that another program wrote: `tests/fixtures/make_tables.py`.

use crate::common::tree::{Tree, read};
use crate::segment_golden::{tree, unhex};
use dishtayantra_lmdb::document::table::{Buffers, Column, Field, Layout, Origin};
use dishtayantra_lmdb::document::{Document, Writer};
use serde_json::Value;
use std::path::PathBuf;

/// Name, payload and content of every golden table.
fn tables() -> Vec<(String, Vec<u8>, Value)> {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/tables");
    let mut found = Vec::new();
    for file in std::fs::read_dir(folder).unwrap().map(|file| file.unwrap().path()) {
        if file.extension().is_some_and(|end| end == "msgpack") {
            let name = file.file_stem().unwrap().to_str().unwrap().to_owned();
            let content = std::fs::read(file.with_extension("json")).unwrap();
            let content = serde_json::from_slice(&content).unwrap();
            found.push((name, std::fs::read(&file).unwrap(), content));
        }
    }
    assert!(found.len() >= 8, "{} tables", found.len());
    found
}

/// A column that the JSON tells of, its buffers as bytes.
struct Told {
    name: String,
    format: String,
    numbers: [u64; 3],
    metadata: Vec<u8>,
    buffers: [Vec<u8>; 3],
    dictionary: Option<Box<Told>>,
    children: Vec<Told>,
}

impl Told {
    fn of(column: &Value) -> Told {
        let text = |field: &str| column[field].as_str().unwrap().to_owned();
        let dictionary = &column["dictionary"];
        Told {
            name: text("name"),
            format: text("format"),
            numbers: ["flags", "length", "nulls"].map(|field| column[field].as_u64().unwrap()),
            metadata: unhex(&column["metadata"]),
            buffers: ["validity", "offsets", "data"].map(|field| unhex(&column[field])),
            dictionary: (!dictionary.is_null()).then(|| Box::new(Told::of(dictionary))),
            children: column["children"].as_array().unwrap().iter().map(Told::of).collect(),
        }
    }

    fn field(&self) -> Field<'_> {
        let [validity, offsets, data] = &self.buffers;
        let [flags, length, nulls] = self.numbers;
        // Values of no type have no data of their own.
        let data: &[u8] = if self.format == "n" { &[] } else { data };
        Field {
            name: &self.name,
            format: &self.format,
            flags: flags as u32,
            metadata: &self.metadata,
            length,
            nulls,
            buffers: Buffers { validity, offsets, data },
            dictionary: self.dictionary.as_ref().map(|values| Box::new(values.field())),
            children: self.children.iter().map(Told::field).collect(),
        }
    }

    fn expect(&self, column: &Column) {
        let name = &self.name;
        assert_eq!((column.name(), column.format()), (name.as_str(), self.format.as_str()));
        assert_eq!([u64::from(column.flags()), column.len(), column.nulls()], self.numbers, "{name}");
        assert_eq!(column.metadata(), self.metadata, "{name}");
        let buffers = [column.validity().unwrap_or_default(), column.offsets(), column.data()];
        assert_eq!(buffers, self.buffers.each_ref().map(Vec::as_slice), "{name}");
        match (column.dictionary().unwrap(), &self.dictionary) {
            (Some(values), Some(told)) => told.expect(&values),
            (values, told) => assert!(values.is_none() && told.is_none(), "{name}"),
        }
        assert_eq!(column.children().1 as usize, self.children.len(), "{name}");
        for (index, child) in self.children.iter().enumerate() {
            child.expect(&column.child(index as u32).unwrap());
        }
    }
}

#[test]
fn golden_tables_are_read_by_their_columns_and_as_the_plain_values() {
    for (name, payload, content) in tables() {
        let document = Document::new(&payload);
        document.validate().unwrap();
        let node = document.find(Document::ROOT, if name == "root" { "" } else { "table" }).unwrap();
        let (table, told) = (document.table(node).unwrap(), &content["table"]);
        assert_eq!(table.origin() as u64, told["origin"].as_u64().unwrap(), "{name}");
        assert_eq!(table.rows(), told["rows"].as_u64().unwrap(), "{name}");
        assert_eq!(table.metadata(), unhex(&told["metadata"]), "{name}");
        let columns: Vec<Told> = told["columns"].as_array().unwrap().iter().map(Told::of).collect();
        assert_eq!(table.columns() as usize, columns.len(), "{name}");
        for (index, column) in columns.iter().enumerate() {
            column.expect(&table.column(index as u32).unwrap());
        }
        assert_eq!(read(&document, Document::ROOT).unwrap(), tree(&content["plain"]), "{name}");
    }
}

#[test]
fn golden_tables_are_written_as_they_are() {
    for (name, payload, content) in tables() {
        let told = &content["table"];
        let columns: Vec<Told> = told["columns"].as_array().unwrap().iter().map(Told::of).collect();
        let metadata = unhex(&told["metadata"]);
        let layout = Layout {
            origin: Origin::from_code(told["origin"].as_u64().unwrap() as u32).unwrap(),
            rows: told["rows"].as_u64().unwrap(),
            metadata: &metadata,
            columns: columns.iter().map(Told::field).collect(),
        };
        let mut writer = Writer::new();
        if name == "root" {
            writer.table(&layout).unwrap();
        } else {
            writer.map(3).unwrap();
            writer.string("before").unwrap();
            let Tree::Map(plain) = tree(&content["plain"]) else { panic!("{name} is no map") };
            let Tree::Text(before) = &plain[0].1 else { panic!("{name} begins otherwise") };
            writer.string(before).unwrap();
            writer.string("table").unwrap();
            writer.table(&layout).unwrap();
            writer.string("after").unwrap();
            writer.int64(1).unwrap();
        }
        assert_eq!(writer.data().unwrap(), payload, "{name}");
    }
}
