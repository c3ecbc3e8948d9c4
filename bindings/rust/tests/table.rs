//! Tables: columns that are used in place, that are written, and that calculators get and give.

mod common;

use common::{assert_fails, open, scratch};
use dishtayantra::calculator::{Calculator, Input, Map, MapInput, ViewInput, calculate, map};
use dishtayantra::{
    Columns, ErrorKind, Field, Numbers, Origin, PutOptions, Result, Store, Table, Unit, Writer, wire,
};
use std::collections::BTreeMap;

fn fields() -> Vec<Field<'static>> {
    let made = || -> Result<Vec<Field<'static>>> {
        Ok(vec![
            Field::numbers("px", vec![1.5, -2.0, 4.0]),
            Field::numbers("qty", vec![10_i64, 0, 30]).present(&[true, false, true])?,
            Field::coded("symbol", vec![1, 0, -1], &["AB", "XYZ"])?,
            Field::texts("note", &["one", "", "zwölf"])?,
            Field::texts("maybe", &["a", "", "c"])?.present(&[true, false, true])?,
            Field::bools("buy", &[true, false, true]),
            Field::bools("flag", &[true, false, false]).present(&[true, false, true])?,
            Field::times("time", vec![5, 6, 7], Unit::Microsecond, Some("Europe/Berlin"))?,
            Field::dates("day", vec![19000, 19001, 19002]),
            Field::spans("took", vec![1, 2, 3], Unit::Millisecond)?,
            Field::lists("legs", vec![0, 2, 2, 3], Field::numbers("item", vec![1_f32, 2.0, 3.0]))?,
            Field::structs(
                "who",
                vec![Field::numbers("id", vec![7_u16, 8, 9]), Field::texts("name", &["x", "y", "z"])?],
            ),
        ])
    };
    made().unwrap()
}

fn put(store: &Store, columns: Columns<'_>) {
    let mut writer = Writer::new().unwrap();
    writer.map(2).unwrap().string("trades").unwrap().table(columns).unwrap();
    writer.string("after").unwrap().int64(1).unwrap();
    writer.put(store, "k", &PutOptions::default()).unwrap();
}

/// The rows as plain maps.
fn put_plain(store: &Store) {
    let mut writer = Writer::new().unwrap();
    writer.map(1).unwrap().string("trades").unwrap().array(3).unwrap();
    for (px, symbol) in [(1.5, Some("XYZ")), (-2.0, Some("AB")), (4.0, None)] {
        writer.map(2).unwrap().string("px").unwrap().double(px).unwrap().string("symbol").unwrap();
        match symbol {
            Some(symbol) => writer.string(symbol).unwrap(),
            None => writer.nil().unwrap(),
        };
    }
    writer.put(store, "k", &PutOptions::default()).unwrap();
}

fn check(table: Table<'_, '_>) -> Result<()> {
    table.check()?;
    assert_eq!((table.rows(), table.columns()), (3, 12));
    let px = table.column("px")?;
    assert_eq!(px.f64s()?, [1.5, -2.0, 4.0]);
    assert!(px.f64s()?.as_ptr().is_aligned());
    let qty = table.column("qty")?;
    assert_eq!((qty.null_count(), qty.is_null(1)?, qty.is_null(2)?, qty.i64s()?[2]), (1, true, false, 30));
    let symbol = table.column("symbol")?;
    assert_eq!(symbol.codes()?[0], 1);
    assert_eq!((symbol.code(1)?, symbol.dictionary()?.unwrap().len()), (0, 2));
    assert_eq!((symbol.str(0)?, symbol.str(1)?, symbol.str(2)?), (Some("XYZ"), Some("AB"), None));
    let note = table.column("note")?;
    assert_eq!((note.str(1)?, note.str(2)?, note.bytes(0)?), (Some(""), Some("zwölf"), Some(&b"one"[..])));
    let maybe = table.column("maybe")?;
    assert_eq!((maybe.str(0)?, maybe.str(1)?, maybe.bytes(1)?), (Some("a"), None, None));
    let (buy, flag) = (table.column("buy")?, table.column("flag")?);
    assert_eq!((buy.bool(0)?, buy.bool(1)?), (Some(true), Some(false)));
    assert_eq!((flag.bool(0)?, flag.bool(1)?, flag.bool(2)?), (Some(true), None, Some(false)));
    let time = table.column("time")?;
    assert_eq!((time.unit(), time.zone(), time.i64s()?[2]), (Unit::Microsecond, Some("Europe/Berlin"), 7));
    assert!(!time.holds::<u64>() && !time.holds::<i32>());
    let (day, took) = (table.column("day")?, table.column("took")?);
    assert_eq!((day.unit(), day.zone(), day.slice::<i32>()?[0]), (Unit::Day, None, 19000));
    assert_eq!((took.unit(), took.i64s()?[1], px.unit()), (Unit::Millisecond, 2, Unit::Generic));
    let legs = table.column("legs")?;
    assert_eq!((legs.range(0)?, legs.range(1)?, legs.range(2)?), (Some(0..2), Some(2..2), Some(2..3)));
    assert_eq!(legs.child(0)?.slice::<f32>()?[2], 3.0);
    let who = table.column("who")?;
    assert_eq!((who.children(), who.child(0)?.slice::<u16>()?[1], who.child(1)?.str(2)?), (2, 8, Some("z")));
    Ok(())
}

#[test]
fn columns_in_place() {
    let folder = scratch();
    let store = open(folder.path());
    put(&store, Columns::new(fields()));
    let view = store.view("k").unwrap();
    let document = view.document().unwrap();
    document.validate().unwrap();
    let table = document.find("trades").unwrap().table().unwrap();
    check(table).unwrap();
    assert_eq!(table.origin().unwrap(), Origin::Columns);
    let px = table.column("px").unwrap().f64s().unwrap();
    assert!(view.bytes().as_ptr_range().contains(&px.as_ptr().cast()));
    assert_eq!(table.column_at(0).unwrap().name(), "px");
    assert!(table.try_column("py").unwrap().is_none());
    assert_eq!(table.try_column("px").unwrap().unwrap().format(), "g");
    assert!(document.find("trades").unwrap().is_table().unwrap());
    assert!(!document.find("after").unwrap().is_table().unwrap());
}

#[test]
fn the_plain_value_to_the_other_calls() {
    let folder = scratch();
    let store = open(folder.path());
    put(&store, Columns::rows(fields()));
    let view = store.view("k").unwrap();
    let document = view.document().unwrap();
    assert_eq!(document.find("trades.2.px").unwrap().double().unwrap(), 4.0);
    assert_eq!(document.find("trades.0.symbol").unwrap().string().unwrap(), "XYZ");
    assert_eq!(document.find("trades.0.legs.1").unwrap().double().unwrap(), 2.0);
    let rows = document.find("trades").unwrap().items().unwrap();
    let sum: f64 = rows.map(|row| row.unwrap().value.get("px").unwrap().double().unwrap()).sum();
    assert_eq!(sum, 3.5);
    put(&store, Columns::new(fields()));
    let view = store.view("k").unwrap();
    let numbers = view.document().unwrap().find("trades.px").unwrap().numbers().unwrap();
    assert_eq!(numbers, [1.5, -2.0, 4.0]);
}

#[test]
fn written_anew_and_owned() {
    let folder = scratch();
    let store = open(folder.path());
    put(&store, Columns::rows(fields()));
    let owned = {
        let view = store.view("k").unwrap();
        let document = view.document().unwrap();
        let table = document.find("trades").unwrap().table().unwrap();
        let borrowed = Columns::of(table).unwrap();
        let mut writer = Writer::new().unwrap();
        writer.map(1).unwrap().string("trades").unwrap().table(borrowed.clone()).unwrap();
        writer.put(&store, "again", &PutOptions::default()).unwrap();
        borrowed.into_owned()
    };
    store.delete("k").unwrap();
    let view = store.view("again").unwrap();
    let document = view.document().unwrap();
    check(document.find("trades").unwrap().table().unwrap()).unwrap();
    check(owned.table().unwrap()).unwrap();
    assert_eq!(owned.table().unwrap().origin().unwrap(), Origin::Rows);
    put(&store, owned);
    let view = store.view("k").unwrap();
    check(view.document().unwrap().find("trades").unwrap().table().unwrap()).unwrap();
}

#[test]
fn a_writer_that_is_reset_borrows_no_more() {
    let small = vec![1_i8, 2];
    let mut writer = Writer::new().unwrap();
    let named = Field::borrowed("a", &small).named("b");
    writer.table(Columns::new(vec![named])).unwrap();
    writer.reset().unwrap();
    writer.table(Columns::new(vec![Field::borrowed("a", &small)])).unwrap();
    let document = dishtayantra::Document::of_bytes(writer.data().unwrap()).unwrap();
    assert_eq!(document.root().table().unwrap().column("a").unwrap().slice::<i8>().unwrap(), [1, 2]);
}

#[test]
fn says_what_is_wrong() {
    let columns = Columns::new(fields());
    let table = columns.table().unwrap();
    let invalid = ErrorKind::InvalidArgument;
    assert_fails(table.column("py"), ErrorKind::NotFound, "\"px\"");
    assert_fails(table.column_at(12), invalid, "12");
    let column = |name| table.column(name).unwrap();
    assert_fails(column("px").slice::<f32>(), invalid, "column \"px\" is of format \"g\", not float32");
    assert_fails(column("time").f64s(), invalid, "float64");
    assert_fails(column("px").str(0), invalid, "text");
    assert_fails(column("px").bool(0), invalid, "bool");
    assert_fails(column("px").code(0), invalid, "indices");
    assert_fails(column("qty").codes(), invalid, "indices");
    assert_fails(column("px").range(0), invalid, "lists");
    assert_fails(column("who").range(0), invalid, "lists");
    assert_fails(column("buy").bytes(0), invalid, "bytes");
    assert_fails(column("px").is_null(3), invalid, "none at 3");
    assert_fails(column("note").str(3), invalid, "none at 3");
    assert_fails(column("legs").child(1), invalid, "none at 1");
    assert!(column("px").dictionary().unwrap().is_none());
    assert_eq!(column("px").bytes(1).unwrap(), Some(&(-2_f64).to_le_bytes()[..]));

    assert_fails(Field::coded("s", vec![2], &["a", "b"]), invalid, "index 2 of 2 texts");
    assert_fails(Field::lists("l", vec![0, 2], Field::numbers("", vec![1])), invalid, "lists of 1");
    assert_fails(Field::lists("l", vec![0, 2, 1], Field::numbers("", vec![1])), invalid, "grow");
    assert_fails(Field::times("t", vec![1], Unit::Day, None), invalid, "seconds");
    assert_fails(Field::times("t", vec![1], Unit::Second, Some("\0")), invalid, "time zone");
    assert_fails(Field::spans("t", vec![1], Unit::Generic), invalid, "seconds");
    assert_fails(Field::numbers("n", vec![1.5]).present(&[]), invalid, "has 1 values, not 0");
    let mut writer = Writer::new().unwrap();
    let uneven = Columns::new(vec![Field::numbers("a", vec![1, 2]), Field::numbers("b", vec![1])]);
    assert_fails(writer.table(uneven.clone()), invalid, "in 2 rows");
    assert_fails(uneven.table(), invalid, "in 2 rows");
}

#[test]
fn columns_as_numbers() {
    let columns = Columns::new(fields());
    let table = columns.table().unwrap();
    let numbers = |name| Numbers::of_column(table.column(name).unwrap());
    let px = numbers("px").unwrap();
    assert_eq!(px.slice().as_ptr(), table.column("px").unwrap().f64s().unwrap().as_ptr());
    assert_eq!(numbers("buy").unwrap().slice(), [1.0, 0.0, 1.0]);
    let ids = table.column("who").unwrap().child(0).unwrap();
    assert_eq!(Numbers::of_column(ids).unwrap().slice(), [7.0, 8.0, 9.0]);
    for name in ["qty", "note", "symbol", "time"] {
        assert_fails(numbers(name), ErrorKind::InvalidArgument, name);
    }
}

/// The sum of `px` by `symbol`, as rows; what has no symbol is left out.
struct SumBySymbol;

impl Calculator for SumBySymbol {
    fn compute<'a>(&self, input: &'a dyn Input) -> Result<Map<'a>> {
        let trades = input.table("trades")?;
        let symbol = trades.column("symbol")?;
        let px = Numbers::of_column(trades.column("px")?)?;
        let mut sums = BTreeMap::<&str, f64>::new();
        for (at, px) in px.slice().iter().enumerate() {
            if let Some(symbol) = symbol.str(at)? {
                *sums.entry(symbol).or_default() += px;
            }
        }
        let names: Vec<&str> = sums.keys().copied().collect();
        let totals = Field::numbers("total", sums.values().copied().collect::<Vec<f64>>());
        let rows = Columns::rows(vec![Field::texts("symbol", &names)?, totals]);
        Ok(map([("sums", rows.into()), ("rows", trades.rows().into())]))
    }
}

#[test]
fn calculators_on_tables_and_on_plain_rows() {
    let folder = scratch();
    let store = open(folder.path());
    let given = MapInput(map([
        (wire::REF, true.into()),
        (wire::INPUT_KEY, "k".into()),
        (wire::OUTPUT_KEY, "out".into()),
        (wire::DB_PATH, store.path().unwrap().into()),
        (wire::TXN_ID, "1".into()),
    ]));
    type Put = fn(&Store);
    let cases: [(&str, Put); 3] = [
        ("columns", |store| put(store, Columns::new(fields()))),
        ("rows", |store| put(store, Columns::rows(fields()))),
        ("plain", put_plain),
    ];
    for (what, write) in cases {
        write(&store);
        let answer = calculate(&SumBySymbol, &given).unwrap();
        assert!(answer.written, "{what}: {:?}", answer.refusal);
        let view = store.view("out").unwrap();
        let document = view.document().unwrap();
        document.validate().unwrap();
        let sums = document.find("sums").unwrap().table().unwrap();
        assert_eq!(sums.origin().unwrap(), Origin::Rows, "{what}");
        assert_eq!(sums.column("symbol").unwrap().str(0).unwrap(), Some("AB"), "{what}");
        assert_eq!(sums.column("total").unwrap().f64s().unwrap(), [-2.0, 1.5], "{what}");
        assert_eq!(document.find("rows").unwrap().int64().unwrap(), 3, "{what}");
    }
    // The same without a store.
    let direct = MapInput(map([("trades", Columns::new(fields()).into())]));
    let answer = calculate(&SumBySymbol, &direct).unwrap();
    assert_eq!(answer.result.len(), 2);
}

#[test]
fn tables_of_inputs() {
    let folder = scratch();
    let store = open(folder.path());
    put(&store, Columns::new(fields()));
    let input = ViewInput::new(store.view("k").unwrap()).unwrap();
    assert!(input.find_table("others").unwrap().is_none());
    assert_fails(input.table("others"), ErrorKind::InvalidArgument, "no 'others'");
    assert_fails(input.find_table("after"), ErrorKind::InvalidArgument, "'after'");
    let view = store.view("k").unwrap();
    let px = |table: Table<'_, '_>| table.column("px").unwrap().f64s().unwrap().as_ptr();
    let lies = px(view.document().unwrap().find("trades").unwrap().table().unwrap());
    assert_eq!(px(input.table("trades").unwrap()), lies);

    put_plain(&store);
    let plain = ViewInput::new(store.view("k").unwrap()).unwrap();
    let first = px(plain.table("trades").unwrap());
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| assert_eq!(plain.table("trades").unwrap().rows(), 3));
        }
    });
    assert_eq!(px(plain.table("trades").unwrap()), first);

    let mut writer = Writer::new().unwrap();
    writer.table(Columns::rows(fields())).unwrap();
    writer.put(&store, "k", &PutOptions::default()).unwrap();
    check(ViewInput::new(store.view("k").unwrap()).unwrap().table("values").unwrap()).unwrap();

    let map = MapInput(map([("trades", Columns::new(fields()).into()), ("n", 1.into())]));
    check(map.table("trades").unwrap()).unwrap();
    assert_fails(map.find_table("n"), ErrorKind::InvalidArgument, "no table");
}
