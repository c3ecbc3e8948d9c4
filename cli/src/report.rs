//! Reports on a whole store.

use dishtayantra_lmdb::store::Store;
use serde_json::{Map, Value, json};

use crate::Failure;
use crate::text::{line, size, table, time};

/// What the store is and how full.
pub fn info(store: &Store, json: bool) -> Result<String, Failure> {
    let stats = store.stats()?;
    Ok(if json { as_line(&info_json(&stats)) } else { info_text(&stats) })
}

/// Who holds what.
pub fn holders(store: &Store, json: bool) -> Result<String, Failure> {
    let stats = store.stats()?;
    Ok(if json { as_line(&holders_json(&stats)) } else { holders_text(&stats) })
}

/// Both, from one look.
pub fn both(store: &Store, json: bool) -> Result<String, Failure> {
    let stats = store.stats()?;
    if json {
        return Ok(as_line(&json!({"info": info_json(&stats), "holders": holders_json(&stats)})));
    }
    Ok(format!("{}\n{}", info_text(&stats), holders_text(&stats)))
}

/// Sweeps.
pub fn sweep(store: &Store, json: bool) -> Result<String, Failure> {
    let removed = store.sweep()?;
    Ok(if json {
        as_line(&json!({"removed": removed}))
    } else {
        format!("{removed} expired entries removed\n")
    })
}

/// Audits, and fails when something is wrong.
pub fn audit(store: &Store, json: bool) -> Result<(), Failure> {
    let report = serde_json::to_value(store.audit()?)?;
    let faults = list(&report["faults"]);
    if json {
        crate::print(&as_line(&report))?;
    } else {
        let figures = report.as_object().into_iter().flatten().filter(|(name, _)| *name != "faults");
        let rows = figures.map(|(name, value)| vec![name.replace('_', " "), value.to_string()]).collect();
        crate::print(&table(&["audit", ""], &[1], rows))?;
    }
    if faults.is_empty() {
        return Ok(());
    }
    let named: Vec<String> =
        faults.iter().filter_map(Value::as_str).map(|fault| line(fault.as_bytes())).collect();
    Err(format!("{} faults:\n  {}", named.len(), named.join("\n  ")).into())
}

/// JSON on a line of its own.
pub fn as_line(value: &Value) -> String {
    format!("{value}\n")
}

fn info_json(stats: &Value) -> Value {
    let names = ["path", "format_version", "boot_id", "durability", "map", "lmdb", "databases", "counters"];
    names.iter().map(|name| ((*name).to_owned(), stats[name].clone())).collect::<Map<_, _>>().into()
}

fn info_text(stats: &Value) -> String {
    let map = &stats["map"];
    let bytes = |name: &str| size(number(&map[name]));
    let mut text = format!(
        "{}\nformat version {}, boot id {}, durability {}\n\
         used {} of {} ({} free inside, {} in a row), {} waiting for readers, {} on loan, {} on disk\n\
         {} of {} reader slots\n\n",
        word(&stats["path"]),
        stats["format_version"],
        word(&stats["boot_id"]),
        word(&stats["durability"]),
        bytes("high_water"),
        bytes("limit"),
        bytes("free"),
        bytes("largest_free"),
        bytes("quarantine"),
        bytes("loaned"),
        bytes("on_disk"),
        stats["lmdb"]["num_readers"],
        stats["lmdb"]["max_readers"],
    );
    let databases = stats["databases"].as_object().into_iter().flatten();
    let rows = databases
        .map(|(name, database)| {
            vec![
                name.clone(),
                database["entries"].to_string(),
                size(number(&database["bytes"])),
                database["expired"].to_string(),
                database["corrupt"].to_string(),
            ]
        })
        .collect();
    text += &table(&["database", "entries", "bytes", "expired", "corrupt"], &[1, 2, 3, 4], rows);
    text
}

/// Pins and loans by the process that has them, with the readers; this program's own reader apart.
fn holders_json(stats: &Value) -> Value {
    let readers: Vec<&Value> = list(&stats["readers"])
        .iter()
        .filter(|reader| number(&reader["pid"]) != u64::from(std::process::id()))
        .collect();
    json!({"readers": readers, "pins": stats["pins"], "loans": stats["loans"]})
}

fn holders_text(stats: &Value) -> String {
    let holders = holders_json(stats);
    let rows = |name: &str, row: &dyn Fn(&Value) -> Vec<String>| {
        list(&holders[name]).iter().map(row).collect::<Vec<_>>()
    };
    let readers = rows("readers", &|reader| {
        let snapshot = &reader["snapshot"];
        let reads = if snapshot.is_null() { "-".to_owned() } else { snapshot.to_string() };
        vec![reader["pid"].to_string(), reads, command(number(&reader["pid"]))]
    });
    let mut pins = rows("pins", &|pin| {
        let database = pin["database"].as_str().unwrap_or("(deleted)");
        let bytes = pin["bytes"].as_u64().map_or_else(|| "?".to_owned(), size);
        let key = line(pin["key"].as_str().unwrap_or("?").as_bytes());
        vec![pin["pid"].to_string(), time(number(&pin["age_ms"])), bytes, line(database.as_bytes()), key]
    });
    pins.sort();
    let loans = rows("loans", &|loan| {
        vec![loan["pid"].to_string(), size(number(&loan["bytes"])), command(number(&loan["pid"]))]
    });
    let sections = [
        table(&["reader pid", "snapshot", "command"], &[0, 1], readers),
        table(&["pin pid", "age", "bytes", "database", "key"], &[0, 1, 2], pins),
        table(&["loan pid", "bytes", "command"], &[0, 1], loans),
    ];
    sections.join("\n")
}

/// Name of the program that a process runs; empty when that cannot be told.
fn command(pid: u64) -> String {
    let name = std::fs::read(format!("/proc/{pid}/comm")).unwrap_or_default();
    crate::text::line(name.trim_ascii_end())
}

fn list(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}

fn number(value: &Value) -> u64 {
    value.as_u64().unwrap_or(0)
}

fn word(value: &Value) -> &str {
    value.as_str().unwrap_or("?")
}
