//! Reports on a whole store.

use dishtayantra_lmdb::error::Status;
use dishtayantra_lmdb::store::Store;
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;

use crate::out::print;
use crate::process::Process;
use crate::store::failed;
use crate::text::{size, table, time};
use crate::{Failure, key};

/// What the store is and how full.
pub fn info(store: &Store, json: bool) -> Result<String, Failure> {
    let stats = crate::store::look(store)?;
    Ok(if json { as_line(&info_json(&stats)) } else { info_text(&stats) })
}

/// Who holds what.
pub fn holders(store: &Store, json: bool) -> Result<String, Failure> {
    let stats = crate::store::look(store)?;
    Ok(if json { as_line(&holders_json(&stats)) } else { holders_text(&stats) })
}

/// Both, from one look.
pub fn both(store: &Store, json: bool) -> Result<String, Failure> {
    let stats = crate::store::look(store)?;
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

/// Lets the store grow further.
pub fn grow(store: &Store, bytes: u64, json: bool) -> Result<(), Failure> {
    let was = store.grow(bytes)?;
    print(&if json {
        as_line(&json!({"limit": bytes, "before": was}))
    } else {
        format!(
            "{} may grow to {}, {} before\n",
            key::shown(store.path().as_os_str().as_encoded_bytes()),
            size(bytes),
            size(was)
        )
    })
}

/// Audits, and fails when something is wrong.
pub fn audit(store: &Store, json: bool) -> Result<(), Failure> {
    let report = serde_json::to_value(store.audit()?)?;
    let faults = list(&report["faults"]);
    if json {
        print(&as_line(&report))?;
    } else {
        let figures = report.as_object().into_iter().flatten().filter(|(name, _)| *name != "faults");
        let rows = figures.map(|(name, value)| vec![name.replace('_', " "), value.to_string()]).collect();
        print(&table(&["audit", ""], &[1], rows))?;
    }
    if faults.is_empty() {
        return Ok(());
    }
    let named: Vec<String> =
        faults.iter().filter_map(Value::as_str).map(|fault| key::shown(fault.as_bytes())).collect();
    failed(Status::Corrupt, format!("{} faults:\n  {}", named.len(), named.join("\n  ")))
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
        key::shown(word(&stats["path"]).as_bytes()),
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
                key::shown(name.as_bytes()),
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

/// Readers, pins and loans, and the processes that have them with their totals; this program's own reader apart.
pub fn holders_json(stats: &Value) -> Value {
    let readers: Vec<&Value> =
        list(&stats["readers"]).iter().filter(|reader| !is_own(stats, reader)).collect();
    let processes: Vec<Value> = totals(stats)
        .into_iter()
        .map(|Holder { engine, process, totals }| {
            let mut row = process.json();
            row["engine"] = engine.into();
            row["readers"] = totals.readers.into();
            row["pins"] = totals.pins.into();
            row["pinned_bytes"] = totals.pinned_bytes.into();
            row["oldest_pin_ms"] = totals.oldest_pin_ms.into();
            row["loans"] = totals.loans.into();
            row["loaned_bytes"] = totals.loaned_bytes.into();
            row
        })
        .collect();
    json!({"processes": processes, "readers": readers, "pins": stats["pins"], "loans": stats["loans"]})
}

/// What a process has.
#[derive(Default)]
pub struct Totals {
    /// Reader slots.
    pub readers: u64,
    /// Views that are open.
    pub pins: u64,
    /// Bytes of what they show.
    pub pinned_bytes: u64,
    /// Age of the oldest of them.
    pub oldest_pin_ms: Option<u64>,
    /// Loans.
    pub loans: u64,
    /// Bytes on loan.
    pub loaned_bytes: u64,
}

/// A process that has something of a store.
pub struct Holder {
    /// Its engine's id; of a process with another LMDB there is none.
    pub engine: Option<u64>,
    /// The process.
    pub process: Process,
    /// What it has.
    pub totals: Totals,
}

impl Holder {
    /// The engine's id for a table.
    pub fn number(&self) -> String {
        self.engine.map_or_else(|| "-".to_owned(), |engine| engine.to_string())
    }
}

/// Whether a row is of this program's own engine.
fn is_own(stats: &Value, row: &Value) -> bool {
    !row["engine"].is_null() && row["engine"] == stats["engine"]
}

/// What each process has, less this one. Engines tell them apart: several containers may have the same pids.
pub fn totals(stats: &Value) -> Vec<Holder> {
    let mut all: BTreeMap<(Option<u64>, u64), Holder> = BTreeMap::new();
    for kind in ["readers", "pins", "loans"] {
        for row in list(&stats[kind]).iter().filter(|row| !is_own(stats, row)) {
            let engine = row["engine"].as_u64();
            let holder = all.entry((engine, number(&row["pid"]))).or_insert_with(|| Holder {
                engine,
                process: Process::of(row),
                totals: Totals::default(),
            });
            holder.totals.add(kind, row);
        }
    }
    all.into_values().collect()
}

impl Totals {
    fn add(&mut self, kind: &str, row: &Value) {
        match kind {
            "readers" => self.readers += 1,
            "pins" => {
                self.pins += 1;
                self.pinned_bytes += number(&row["bytes"]);
                self.oldest_pin_ms = self.oldest_pin_ms.max(row["age_ms"].as_u64());
            }
            _ => {
                self.loans += 1;
                self.loaned_bytes += number(&row["bytes"]);
            }
        }
    }
}

/// The bytes of the key in a row of the statistics, as they are printed; `?` when nobody knows it.
pub fn shown_key(row: &Value) -> String {
    let bytes = row["key_hex"].as_str().and_then(|digits| key::unhex(digits.as_bytes()));
    match (bytes, row["key"].as_str()) {
        (Some(bytes), _) => key::shown(&bytes),
        (None, Some(text)) => key::shown(text.as_bytes()),
        (None, None) => "?".to_owned(),
    }
}

fn holders_text(stats: &Value) -> String {
    let processes = totals(stats)
        .into_iter()
        .map(|holder| {
            let (engine, [pid, host, user, state, command]) = (holder.number(), holder.process.cells());
            let totals = holder.totals;
            let oldest = totals.oldest_pin_ms.map_or_else(|| "-".to_owned(), time);
            let (pins, pinned) = (totals.pins.to_string(), size(totals.pinned_bytes));
            let (loans, loaned) = (totals.loans.to_string(), size(totals.loaned_bytes));
            let readers = totals.readers.to_string();
            vec![engine, pid, host, user, state, readers, pins, pinned, oldest, loans, loaned, command]
        })
        .collect();
    let engine = |row: &Value| row["engine"].as_u64().map_or_else(|| "-".to_owned(), |id| id.to_string());
    let rows = |name: &str, row: &dyn Fn(&Value) -> Vec<String>| {
        list(&stats[name]).iter().filter(|each| !is_own(stats, each)).map(row).collect::<Vec<_>>()
    };
    let readers = rows("readers", &|reader| {
        let snapshot = &reader["snapshot"];
        let reads = if snapshot.is_null() { "-".to_owned() } else { snapshot.to_string() };
        vec![engine(reader), reader["pid"].to_string(), reads]
    });
    let mut pins = rows("pins", &|pin| {
        let database = pin["database"].as_str().unwrap_or("(deleted)");
        let bytes = pin["bytes"].as_u64().map_or_else(|| "?".to_owned(), size);
        let age = time(number(&pin["age_ms"]));
        vec![engine(pin), pin["pid"].to_string(), age, bytes, key::shown(database.as_bytes()), shown_key(pin)]
    });
    pins.sort();
    let loans =
        rows("loans", &|loan| vec![engine(loan), loan["pid"].to_string(), size(number(&loan["bytes"]))]);
    let header = [
        "engine",
        "pid",
        "host",
        "user",
        "state",
        "readers",
        "pins",
        "pinned",
        "oldest pin",
        "loans",
        "on loan",
        "command",
    ];
    let sections = [
        table(&header, &[0, 1, 5, 6, 7, 8, 9, 10], processes),
        table(&["reader of", "pid", "snapshot"], &[0, 1, 2], readers),
        table(&["pin of", "pid", "age", "bytes", "database", "key"], &[0, 1, 2, 3], pins),
        table(&["loan of", "pid", "bytes"], &[0, 1, 2], loans),
    ];
    sections.join("\n")
}

/// What is there, else nothing.
pub fn list(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}

/// What is there, else nothing.
pub fn number(value: &Value) -> u64 {
    value.as_u64().unwrap_or(0)
}

/// What is there, else nothing.
pub fn word(value: &Value) -> &str {
    value.as_str().unwrap_or("?")
}
