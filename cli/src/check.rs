//! Looking whether everything in a store is what it says it is.

use dishtayantra_lmdb::document::Document;
use dishtayantra_lmdb::error::Status;
use dishtayantra_lmdb::format::{Format, npy};
use dishtayantra_lmdb::store::{Store, View};
use serde_json::{Value, json};

use crate::list::walk;
use crate::out::print;
use crate::progress::{Progress, Unit};
use crate::report::{as_line, list, number, word};
use crate::store::failed;
use crate::text::{entries, size};
use crate::{Failure, key};

/// Audits the store, then reads every payload: checksums, and whether it is what its format says.
pub fn run(store: &Store, json: bool) -> Result<(), Failure> {
    let audit = serde_json::to_value(store.audit()?)?;
    let mut faults: Vec<String> =
        list(&audit["faults"]).iter().map(|fault| key::shown(word(fault).as_bytes())).collect();
    let stats = store.stats()?;
    let figures = || stats["databases"].as_object().into_iter().flatten();
    for (name, database) in figures().filter(|(_, database)| number(&database["corrupt"]) > 0) {
        let name = key::shown(name.as_bytes());
        faults.push(format!("{} records of database {name} cannot be read", database["corrupt"]));
    }
    let total = figures().map(|(_, database)| number(&database["bytes"])).sum();
    let progress = Progress::new("checking", total, Unit::Bytes);
    let (mut looked, mut bytes, mut sums) = (0_u64, 0_u64, 0_u64);
    for name in store.databases()? {
        walk(store, &name, b"", |entry| {
            let fault = match store.view_quiet(&name, &entry.key) {
                Ok(Some(view)) => {
                    looked += 1;
                    bytes += view.info().size;
                    sums += u64::from(view.info().checksum.is_some());
                    progress.add(view.info().size);
                    fault(&view)
                }
                Ok(None) => None,
                Err(error) => Some(error.to_string()),
            };
            if let Some(fault) = fault {
                let (name, key) = (key::shown(name.as_bytes()), key::shown(&entry.key));
                faults.push(format!("{name}/{key}: {}", key::shown(fault.as_bytes())));
            }
            Ok(())
        })?;
    }
    drop(progress);
    if json {
        let rows: Vec<Value> = faults.iter().map(|fault| fault.as_str().into()).collect();
        print(&as_line(&json!({"entries": looked, "bytes": bytes, "checksums": sums, "faults": rows})))?;
    } else {
        print(&format!("{}, {}, {sums} with a checksum\n", entries(looked), size(bytes)))?;
    }
    match faults.as_slice() {
        [] => Ok(()),
        faults => failed(Status::Corrupt, format!("{} faults:\n  {}", faults.len(), faults.join("\n  "))),
    }
}

/// What is wrong with a payload.
fn fault(view: &View) -> Option<String> {
    if let Err(error) = view.verify() {
        return Some(error.to_string());
    }
    let wrong = match view.info().format {
        Format::Json => serde_json::from_slice::<Value>(view.bytes()).err().map(|error| error.to_string()),
        Format::Msgpack => Document::of_view(view).validate().err().map(|error| error.to_string()),
        Format::Numpy => npy::of_view(view).err().map(|error| error.to_string()),
        Format::Arrow => crate::show::is_table(view.bytes()).err().map(|error| error.to_string()),
        Format::Raw => None,
    };
    wrong.map(|error| format!("it is no {}: {error}", view.info().format))
}
