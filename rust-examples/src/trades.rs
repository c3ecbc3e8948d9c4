//! Sums of one column of a table by another, and some columns of one.

use dishtayantra_pyo3::dishtayantra::calculator::{Calculator, Column, Columns, Field, Input, Map, map};
use dishtayantra_pyo3::dishtayantra::{Numbers, Result};
use std::collections::BTreeMap;

/// What lib.rs says of it in Python.
pub struct TradeSums {
    value: String,
    by: String,
    shape: String,
}

#[derive(Clone, Copy, Default)]
struct Sum {
    total: f64,
    count: i64,
}

impl Sum {
    fn add(&mut self, total: f64, count: i64) {
        self.total += total;
        self.count += count;
    }
}

impl TradeSums {
    /// Its configuration names the columns.
    pub fn new(config: &dyn Input) -> Result<TradeSums> {
        let text = |name, default: &str| Ok(config.find_text(name)?.unwrap_or_else(|| default.to_owned()));
        Ok(TradeSums { value: text("value", "px")?, by: text("by", "symbol")?, shape: text("as", "rows")? })
    }
}

impl Calculator for TradeSums {
    fn compute<'a>(&self, input: &'a dyn Input) -> Result<Map<'a>> {
        let text = |name, default: &str| Ok(input.find_text(name)?.unwrap_or_else(|| default.to_owned()));
        let trades = input.table("trades")?;
        let by = text("by", &self.by)?;
        let values = Numbers::of_column(trades.column(&text("value", &self.value)?)?)?;
        let sums = sums(trades.column(&by)?, values.slice())?;

        let names: Vec<&str> = sums.keys().copied().collect();
        let totals: Vec<f64> = sums.values().map(|sum| sum.total).collect();
        let counts: Vec<i64> = sums.values().map(|sum| sum.count).collect();
        let fields =
            vec![Field::texts(&by, &names)?, Field::numbers("sum", totals), Field::numbers("count", counts)];
        let rows = text("as", &self.shape)? == "rows";
        let sums = if rows { Columns::rows(fields) } else { Columns::new(fields) };
        Ok(map([("sums", sums.into()), ("rows", trades.rows().into())]))
    }

    fn details(&self) -> Map<'static> {
        map([
            ("value", self.value.as_str().into()),
            ("by", self.by.as_str().into()),
            ("as", self.shape.as_str().into()),
        ])
    }
}

fn sums<'a>(group: Column<'_, 'a>, values: &[f64]) -> Result<BTreeMap<&'a str, Sum>> {
    let mut found = BTreeMap::<&str, Sum>::new();
    // With a dictionary each text is looked at once.
    if let Some(texts) = group.dictionary()? {
        let mut sums = vec![Sum::default(); texts.len()];
        for (at, value) in values.iter().enumerate() {
            if !group.is_null(at)? {
                sums[group.code(at)?].add(*value, 1);
            }
        }
        for (at, sum) in sums.iter().enumerate().filter(|(_, sum)| sum.count > 0) {
            if let Some(text) = texts.str(at)? {
                found.entry(text).or_default().add(sum.total, sum.count);
            }
        }
        return Ok(found);
    }
    for (at, value) in values.iter().enumerate() {
        if let Some(text) = group.str(at)? {
            found.entry(text).or_default().add(*value, 1);
        }
    }
    Ok(found)
}

/// What lib.rs says of it in Python.
pub struct ColumnSelection;

impl ColumnSelection {
    /// There is nothing to configure.
    pub fn new(_config: &dyn Input) -> Result<ColumnSelection> {
        Ok(ColumnSelection)
    }
}

impl Calculator for ColumnSelection {
    fn compute<'a>(&self, input: &'a dyn Input) -> Result<Map<'a>> {
        let table = input.table("table")?;
        let names = input.texts("columns")?;
        let fields =
            names.iter().map(|name| Field::of(table.column(name)?)).collect::<Result<Vec<Field<'a>>>>()?;
        let columns = input.find_text("as")?.as_deref() == Some("columns");
        let table = if columns { Columns::new(fields) } else { Columns::rows(fields) };
        Ok(map([("table", table.into())]))
    }
}
