//! Tables as record batches of arrow-rs and those as tables: no number is copied, and everything is let go of.
#![cfg(feature = "arrow")]

mod common;

use arrow_array::builder::{ListBuilder, StringBuilder};
use arrow_array::types::Int32Type;
use arrow_array::{
    Array, ArrayRef, BooleanArray, DictionaryArray, Float64Array, Int32Array, Int64Array, RecordBatch,
    RecordBatchIterator, RecordBatchReader, StringArray, TimestampMicrosecondArray, cast::AsArray,
};
use arrow_schema::{ArrowError, DataType, Field as ArrowField, Schema, SchemaRef, TimeUnit};
use common::{assert_fails, open, scratch};
use dishtayantra::{Columns, Document, ErrorKind, Field, Origin, PutOptions, Segment, Store, Unit, Writer};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

fn put(store: &Store, writer: &Writer<'_>) {
    writer.put(store, "k", &PutOptions::default()).unwrap();
}

fn trades() -> Columns<'static> {
    let lists = Field::lists("legs", vec![0, 2, 2, 3], Field::numbers("item", vec![1_i32, 2, 3])).unwrap();
    Columns::new(vec![
        Field::numbers("px", vec![1.5, -2.0, 4.0]),
        Field::numbers("qty", vec![10_i64, 0, 30]).present(&[true, false, true]).unwrap(),
        Field::coded("symbol", vec![1, 0, -1], &["AB", "XYZ"]).unwrap(),
        Field::texts("note", &["one", "", "zwölf"]).unwrap(),
        Field::bools("buy", &[true, false, true]),
        Field::times("time", vec![5, 6, 7], Unit::Microsecond, Some("UTC")).unwrap(),
        lists,
    ])
}

/// How many views pin payloads of the store now.
fn pins(store: &Store) -> usize {
    let stats: serde_json::Value = serde_json::from_str(&store.stats().unwrap()).unwrap();
    stats["pins"].as_array().unwrap_or_else(|| panic!("no pins in {stats}")).len()
}

#[test]
fn a_table_is_a_record_batch_where_it_lies() {
    let folder = scratch();
    let store = open(folder.path());
    // Small payloads are kept by the snapshot that they lie in.
    let padding = vec![0_u8; 1 << 20];
    let mut writer = Writer::new().unwrap();
    writer.map(2).unwrap().string("padding").unwrap().segment(&Segment::new(&padding)).unwrap();
    writer.string("trades").unwrap().table(trades()).unwrap();
    put(&store, &writer);
    let (batch, lies) = {
        let view = store.view("k").unwrap();
        let document = view.document().unwrap();
        let table = document.find("trades").unwrap().table().unwrap();
        let addresses =
            ["px", "qty", "symbol", "time"].map(|name| table.column(name).unwrap().data().as_ptr());
        (table.to_record_batch().unwrap(), addresses)
    };
    store.delete("k").unwrap();
    assert_eq!((batch.num_rows(), batch.num_columns()), (3, 7));
    let px = batch.column(0).as_any().downcast_ref::<Float64Array>().unwrap();
    assert_eq!(px.values(), &[1.5, -2.0, 4.0]);
    let qty = batch.column(1).as_any().downcast_ref::<Int64Array>().unwrap();
    assert_eq!((qty.null_count(), qty.value(2)), (1, 30));
    let symbol = batch.column(2).as_dictionary::<Int32Type>();
    assert_eq!((symbol.keys().value(0), symbol.values().as_string::<i32>().value(1)), (1, "XYZ"));
    assert!(symbol.is_null(2));
    assert_eq!(batch.column(3).as_string::<i32>().value(2), "zwölf");
    assert!(batch.column(4).as_boolean().value(0));
    let time = batch.column(5).as_any().downcast_ref::<TimestampMicrosecondArray>().unwrap();
    assert_eq!(time.value(1), 6);
    assert_eq!(time.data_type(), &DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into())));
    assert_eq!(batch.column(6).as_list::<i32>().value(0).len(), 2);
    let found = [
        px.values().as_ptr().cast(),
        qty.values().as_ptr().cast(),
        symbol.keys().values().as_ptr().cast(),
        time.values().as_ptr().cast::<u8>(),
    ];
    assert_eq!(found, lies);

    // The payload stays until the last array goes, a part of the batch alone as well.
    let kept: ArrayRef = Arc::clone(batch.column(0));
    assert_eq!(pins(&store), 1);
    drop(batch);
    assert_eq!(pins(&store), 1);
    drop(kept);
    assert_eq!(pins(&store), 0);
}

/// Batches whose reader says when it goes.
struct Counted {
    batches: std::vec::IntoIter<Result<RecordBatch, ArrowError>>,
    schema: SchemaRef,
    dropped: Arc<AtomicUsize>,
}

impl Iterator for Counted {
    type Item = Result<RecordBatch, ArrowError>;

    fn next(&mut self) -> Option<Self::Item> {
        self.batches.next()
    }
}

impl RecordBatchReader for Counted {
    fn schema(&self) -> SchemaRef {
        Arc::clone(&self.schema)
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        self.dropped.fetch_add(1, Ordering::Relaxed);
    }
}

fn batch() -> RecordBatch {
    let mut lists = ListBuilder::new(StringBuilder::new());
    lists.values().append_value("a");
    lists.append(true);
    lists.append(false);
    lists.append(true);
    let symbols: DictionaryArray<Int32Type> = vec![Some("x"), None, Some("x")].into_iter().collect();
    let columns: Vec<(&str, ArrayRef)> = vec![
        ("px", Arc::new(Float64Array::from(vec![1.0, 2.0, 3.0]))),
        ("qty", Arc::new(Int32Array::from(vec![Some(1), None, Some(3)]))),
        ("note", Arc::new(StringArray::from(vec!["a", "b", "ccc"]))),
        ("buy", Arc::new(BooleanArray::from(vec![true, false, true]))),
        ("symbol", Arc::new(symbols)),
        ("tags", Arc::new(lists.finish())),
    ];
    RecordBatch::try_from_iter_with_nullable(columns.into_iter().map(|(name, column)| (name, column, true)))
        .unwrap()
}

#[test]
fn a_record_batch_is_a_table_and_the_same_batch_again() {
    let folder = scratch();
    let store = open(folder.path());
    for (what, given) in [("whole", batch()), ("slice", batch().slice(1, 2)), ("empty", batch().slice(0, 0))]
    {
        let mut writer = Writer::new().unwrap();
        writer.record_batch(&given, Origin::Rows).unwrap();
        put(&store, &writer);
        let view = store.view("k").unwrap();
        let document = view.document().unwrap();
        document.validate().unwrap();
        let table = document.root().table().unwrap();
        assert_eq!(table.origin().unwrap(), Origin::Rows, "{what}");
        assert_eq!(table.to_record_batch().unwrap(), given, "{what}");
    }
}

#[test]
fn batches_of_a_reader_follow_each_other_and_are_let_go_of() {
    let folder = scratch();
    let store = open(folder.path());
    let dropped = Arc::new(AtomicUsize::new(0));
    let numbers = |from: i64| -> ArrayRef { Arc::new(Int64Array::from_iter_values(from..from + 3)) };
    let made = |from| RecordBatch::try_from_iter([("n", numbers(from))]);
    let reader = Counted {
        batches: vec![made(0), made(3)].into_iter(),
        schema: Arc::new(Schema::new(vec![ArrowField::new("n", DataType::Int64, false)])),
        dropped: Arc::clone(&dropped),
    };
    let mut writer = Writer::new().unwrap();
    writer.record_batches(reader, Origin::Columns).unwrap();
    assert_eq!(dropped.load(Ordering::Relaxed), 1);
    put(&store, &writer);
    let view = store.view("k").unwrap();
    let document = view.document().unwrap();
    let column = document.root().table().unwrap().column("n").unwrap();
    assert_eq!(column.i64s().unwrap(), [0, 1, 2, 3, 4, 5]);
}

#[test]
fn what_is_borrowed_is_kept_until_the_writer_lets_go() {
    let held = Arc::new(Float64Array::from(vec![1.0, 2.0, 3.0]));
    let given = RecordBatch::try_from_iter([("px", Arc::clone(&held) as ArrayRef)]).unwrap();
    let mut writer = Writer::new().unwrap();
    writer.record_batch(&given, Origin::Columns).unwrap();
    drop(given);
    let shared = held.values().inner().strong_count();
    assert!(shared > 1, "{shared}");
    let parts: Vec<*const u8> = writer.parts().unwrap().iter().map(|part| part.as_ptr()).collect();
    assert!(parts.contains(&held.values().as_ptr().cast()), "copied");
    writer.reset().unwrap();
    assert_eq!(held.values().inner().strong_count(), 1);
}

#[test]
fn says_what_is_wrong() {
    let mut writer = Writer::new().unwrap();
    writer.table(trades()).unwrap();
    let document = Document::of_bytes(writer.data().unwrap()).unwrap();
    let table = document.root().table().unwrap();
    assert_fails(table.to_record_batch(), ErrorKind::InvalidArgument, "bytes of the caller's");

    let schema = Arc::new(Schema::new(vec![ArrowField::new("n", DataType::Int64, false)]));
    let failing = [Err(ArrowError::ComputeError("the wire broke".to_owned()))];
    let mut writer = Writer::new().unwrap();
    let reader = RecordBatchIterator::new(failing, schema);
    let error = writer.record_batches(reader, Origin::Columns).map(|_| ());
    assert_fails(error, ErrorKind::InvalidArgument, "the wire broke");
}
