//! The store itself, as its statistics tell.

use std::path::Path;

use dishtayantra_lmdb::error::{Error, Status};
use dishtayantra_lmdb::store::Store;

use super::{Findings, Level};
use crate::Failure;
use crate::arguments::Opening;
use crate::report::{list, number, shown_key, totals};
use crate::text::{size, time};

/// A view that is open for so long, in ms, is worth a look.
const LONG: u64 = 10 * 60 * 1000;

/// Why there are no statistics: there is no store, or none that can be opened.
fn closed(path: &Path, failure: &Failure, findings: &mut Findings) {
    let status = failure.downcast_ref::<Error>().map_or(Status::Internal, Error::status);
    if status != Status::NotFound {
        return findings.add(Level::Fault, "store", failure.to_string(), status.help().to_string_lossy());
    }
    if matches!(Store::version_at(path), Ok(None)) {
        return findings.good("store", "there is none yet; the first process that opens it makes it");
    }
    let change = "copy away what is there if it matters";
    findings.add(
        Level::Hint,
        "store",
        format!("{failure}: the first process that opens it makes it anew"),
        change,
    );
}

pub fn look(path: &Path, opening: &Opening, findings: &mut Findings) {
    let stats = match crate::store::open(path, opening).and_then(|store| Ok(store.stats()?)) {
        Ok(stats) => stats,
        Err(failure) => return closed(path, &failure, findings),
    };
    let map = |name: &str| number(&stats["map"][name]);
    let (limit, used, free) = (map("limit"), map("high_water"), map("free"));
    let found = format!("{} of {} used, {} of it free again", size(used), size(limit), size(free));
    if used >= limit / 10 * 9 && free < limit / 10 {
        let change = "let it grow (dylmdb grow, lmdb_map_size), shorten lmdb_ttl, delete entries";
        findings.add(Level::Warning, "space", found, change);
    } else {
        findings.good("space", found);
    }
    if map("quarantine") > limit / 4 {
        let found = format!("{} were deleted and may still be seen by somebody", size(map("quarantine")));
        findings.add(Level::Warning, "space", found, "see who holds old pins or snapshots: dylmdb holders");
    }
    let (readers, most) = (number(&stats["lmdb"]["num_readers"]), number(&stats["lmdb"]["max_readers"]));
    if readers > most / 4 * 3 {
        let found = format!("{readers} of {most} reader slots are taken");
        findings.add(
            Level::Warning,
            "readers",
            found,
            "a larger lmdb_max_readers where the store is created",
        );
    }
    for (name, database) in stats["databases"].as_object().into_iter().flatten() {
        if number(&database["corrupt"]) > 0 {
            let found = format!("{} records of database {name} cannot be read", database["corrupt"]);
            let change = "find out who writes to the files; dylmdb check names the faults";
            findings.add(Level::Warning, "records", found, change);
        }
        if number(&database["expired"]) > 1000 {
            let found = format!("{} expired entries of database {name} are not removed", database["expired"]);
            findings.add(
                Level::Hint,
                "sweeping",
                found,
                "no process sweeps: dylmdb sweep, or lmdb_sweeper on",
            );
        }
    }
    if number(&stats["counters"]["copied_views"]) > 0 {
        let found = format!("{} views were copies, since no pin was free", stats["counters"]["copied_views"]);
        findings.add(Level::Hint, "pins", found, "close views that are not needed");
    }
    for pin in list(&stats["pins"]).iter().filter(|pin| number(&pin["age_ms"]) > LONG).take(3) {
        let age = time(number(&pin["age_ms"]));
        let found = format!("pid {} has a view of {} open for {age}", pin["pid"], shown_key(pin));
        findings.add(Level::Hint, "pins", found, "its space is not used again until the view is closed");
    }
    let alive: Vec<u64> = list(&stats["engines"]).iter().map(|engine| number(&engine["engine"])).collect();
    for holder in totals(&stats) {
        // One without a name may be one too many to be listed.
        if holder.process.host.is_some() && holder.engine.is_some_and(|engine| !alive.contains(&engine)) {
            let found = format!("pid {} is gone, and what it held is not taken back yet", holder.process.pid);
            findings.add(Level::Hint, "processes", found, "dylmdb sweep takes it back");
        }
    }
}
