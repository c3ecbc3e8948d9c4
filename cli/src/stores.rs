//! Finding stores.

use std::collections::{BTreeMap, BTreeSet};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use dishtayantra_lmdb::config::DEFAULT_DB_PATH;
use dishtayantra_lmdb::store::Store;
use serde_json::json;

use crate::doctor::Maps;
use crate::out::print;
use crate::report::as_line;
use crate::text::{size, table};
use crate::{Failure, key, process};

/// Where stores are looked for besides the maps of processes, and how deep.
const PLACES: [(&str, usize); 5] =
    [("/tmp", 2), ("/dev/shm", 3), ("/var/tmp", 2), ("/var/lib", 2), ("/run", 2)];
/// How deep directories are looked through that somebody names.
const DEPTH: usize = 6;

/// Lists the stores in `directories`, or those of processes and in the usual places; those that are open first.
pub fn run(directories: &[PathBuf], open: bool, json: bool) -> Result<(), Failure> {
    let mut users: BTreeMap<PathBuf, BTreeSet<u64>> = BTreeMap::new();
    for pid in process::all() {
        for store in Maps::of(pid).stores {
            users.entry(store.into()).or_default().insert(pid);
        }
    }
    let mut found: BTreeSet<PathBuf> = BTreeSet::new();
    if directories.is_empty() {
        found.extend(users.keys().cloned());
        found.insert(DEFAULT_DB_PATH.into());
        PLACES.iter().for_each(|(place, depth)| search(Path::new(place), *depth, &mut found));
    }
    for directory in directories {
        std::fs::read_dir(directory).map_err(|error| format!("{}: {error}", directory.display()))?;
        search(&std::path::absolute(directory)?, DEPTH, &mut found);
    }
    let mut rows = Vec::new();
    for path in found {
        // What may not be looked into is there all the same when it is the place of a store, and so is what is left of one.
        let version = match Store::version_at(&path) {
            Ok(None) if !path.join("data.mdb").exists() => continue,
            version => version.unwrap_or(None),
        };
        let Ok(metadata) = path.metadata() else { continue };
        let bytes = path.join("data.mdb").metadata().ok().map(|data| data.blocks() * 512);
        let pids: Vec<u64> = users.get(&path).into_iter().flatten().copied().collect();
        if open && pids.is_empty() {
            continue;
        }
        rows.push((path, version, process::user(metadata.uid()), metadata.mode() & 0o7777, bytes, pids));
    }
    rows.sort_by_key(|(.., pids)| pids.is_empty());
    if json {
        let rows = rows.iter().map(|(path, version, user, mode, bytes, pids)| {
            json!({"path": path.to_string_lossy(), "format_version": version, "user": user, "mode": format!("{mode:04o}"),
                   "on_disk": bytes, "pids": pids})
        });
        return print(&as_line(&rows.collect()));
    }
    let rows = rows
        .into_iter()
        .map(|(path, version, user, mode, bytes, pids)| {
            let pids = pids.iter().map(u64::to_string).collect::<Vec<_>>().join(" ");
            vec![
                key::shown(path.as_os_str().as_encoded_bytes()),
                version.map_or_else(|| "?".to_owned(), |version| version.to_string()),
                user,
                format!("{mode:04o}"),
                bytes.map_or_else(|| "?".to_owned(), size),
                if pids.is_empty() { "-".to_owned() } else { pids },
            ]
        })
        .collect();
    print(&table(&["store", "version", "user", "mode", "on disk", "open in"], &[1, 4], rows))
}

/// Adds the directories below `place` that hold a store; links are not followed.
fn search(place: &Path, depth: usize, found: &mut BTreeSet<PathBuf>) {
    let has = |name: &str| place.join(name).symlink_metadata().is_ok();
    // The engine alone makes a file `owners` beside LMDB's.
    if has("shared") || (has("data.mdb") && has("owners")) {
        found.insert(place.to_owned());
    }
    if depth == 0 {
        return;
    }
    for entry in std::fs::read_dir(place).into_iter().flatten().flatten() {
        if entry.file_type().is_ok_and(|kind| kind.is_dir()) {
            search(&entry.path(), depth - 1, found);
        }
    }
}
