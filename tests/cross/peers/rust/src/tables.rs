//! Tables: written, and compared with what they should hold.

use crate::content::{self, CODES, Column as _, Floats, Ints, Longs, Times, column};
use crate::read::{place, require};
use crate::request::{Outcome, Request, said};
use dishtayantra::{Column, Columns, Field, Info, Node, Origin, PutOptions, Result, Store, Unit, Writer};
use serde_json::Value;

fn origin(request: &Request) -> Origin {
    match request.origin {
        1 => Origin::Rows,
        2 => Origin::List,
        6 => Origin::Pandas,
        7 => Origin::Polars,
        _ => Origin::Arrow,
    }
}

fn is_null(request: &Request, i: usize) -> bool {
    request.nulls && content::is_null(request.seed, i)
}

fn field(request: &Request, name: &str, kind: &str) -> Result<Field<'static>> {
    let (seed, count) = (request.seed, request.count);
    let there: Vec<bool> = (0..count).map(|i| !is_null(request, i)).collect();
    match kind {
        "float" => Field::numbers(name, column::<Floats>(seed, count)).present(&there),
        "long" => Field::numbers(name, column::<Longs>(seed, count)).present(&there),
        "text" => {
            let texts: Vec<String> = (0..count).map(|i| content::text(seed, i)).collect();
            Field::texts(name, &texts)?.present(&there)
        }
        "code" => Field::coded(name, (0..count).map(|i| content::code(seed, i)).collect(), &CODES),
        "time" => Field::times(name, column::<Times>(seed, count), Unit::Nanosecond, Some("UTC")),
        "list" => {
            let mut ends = vec![0];
            (0..count).for_each(|i| ends.push(ends[i] + (i % 3) as i32));
            let items = column::<Ints>(seed, ends[count] as usize);
            Field::lists(name, ends, Field::numbers("item", items))
        }
        _ => Ok(Field::structs(name, vec![field(request, "a", "float")?, field(request, "b", "text")?])),
    }
}

pub fn write(store: &Store, request: &Request, options: &PutOptions<'_>) -> Result<Info> {
    let fields =
        request.columns.iter().map(|(name, kind)| field(request, name, kind)).collect::<Result<_>>()?;
    let mut writer = Writer::new()?;
    writer.map(2)?.string("seed")?.uint64(request.seed)?.string("table")?;
    writer.table(Columns::new(fields).made_of(origin(request)))?;
    writer.put(store, request.key.as_str(), options)
}

pub fn read(request: &Request, node: Node<'_, '_>, arrays: &mut Vec<Value>) -> Outcome<()> {
    let table = node.table().map_err(said)?;
    table.check().map_err(said)?;
    let (count, columns) = (request.count, request.columns.len());
    require(table.origin().map_err(said)? == origin(request), format!("a table of {:?}", table.origin()))?;
    let said_of = format!("{} rows, {} columns", table.rows(), table.columns());
    require(table.rows() == count && table.columns() == columns, said_of)?;
    // To who knows no tables it is what it was made of.
    let is_list = matches!(origin(request), Origin::Rows | Origin::List);
    let plain = node.count().map_err(said)?;
    require(plain == if is_list { count } else { columns }, format!("a plain value of {plain}"))?;
    if origin(request) == Origin::Rows && count > 0 {
        let last = node.at(count - 1).and_then(|row| row.get("text")?.string()).map_err(said)?;
        require(last == content::text(request.seed, count - 1), "the last row differs")?;
    }
    for (name, kind) in &request.columns {
        check(request, table.column(name).map_err(said)?, name, kind, arrays)?;
    }
    Ok(())
}

fn check(
    request: &Request,
    column: Column<'_, '_>,
    name: &str,
    kind: &str,
    arrays: &mut Vec<Value>,
) -> Outcome<()> {
    require(column.len() == request.count, format!("{name} has {} values", column.len()))?;
    if kind == "pair" {
        let child = |index| column.child(index).map_err(said);
        check(request, child(0)?, &format!("{name}.a"), "float", arrays)?;
        return check(request, child(1)?, &format!("{name}.b"), "text", arrays);
    }
    if kind == "list" {
        arrays.push(place(&format!("{name}.item"), column.child(0).map_err(said)?.data()));
    } else {
        arrays.push(place(name, column.data()));
    }
    let mut items = 0;
    for i in 0..request.count {
        let same = if is_null(request, i) {
            column.is_null(i).map_err(said)?
        } else {
            !column.is_null(i).map_err(said)? && value(request, column, kind, i, items).map_err(said)?
        };
        require(same, format!("{name}[{i}] differs"))?;
        items += i % 3;
    }
    Ok(())
}

fn value(request: &Request, column: Column<'_, '_>, kind: &str, i: usize, items: usize) -> Result<bool> {
    let seed = request.seed;
    Ok(match kind {
        "float" => column.f64s()?[i] == Floats::at(seed, i),
        "long" => column.i64s()?[i] == Longs::at(seed, i),
        "text" => column.str(i)? == Some(&content::text(seed, i)),
        "code" => {
            column.dictionary()?.is_some() && column.str(i)? == Some(CODES[content::code(seed, i) as usize])
        }
        "time" => column.format() == "tsn:UTC" && column.i64s()?[i] == Times::at(seed, i),
        _ => {
            let list = column.range(i)?.unwrap_or_default();
            let values = column.child(0)?;
            list == (items..items + i % 3)
                && list
                    .clone()
                    .zip(&values.slice::<i32>()?[list])
                    .all(|(at, &found)| found == Ints::at(seed, at))
        }
    })
}
