//! Which copies of the library, and of LMDB, the processes have that use the store.

use std::collections::{BTreeMap, BTreeSet};
use std::os::unix::fs::MetadataExt;
use std::path::Path;

use super::{Findings, Level};
use crate::process::{self, Process};

/// The library's file name begins so.
const LIBRARY: &str = "libdishtayantra_lmdb";

pub fn look(path: &Path, findings: &mut Findings) {
    let data = path.join("data.mdb").metadata().ok().map(|metadata| metadata.ino());
    let mut copies: BTreeMap<String, BTreeSet<u64>> = BTreeMap::new();
    for pid in process::all().into_iter().filter(|pid| *pid != u64::from(std::process::id())) {
        let maps = Maps::of(pid);
        for copy in &maps.copies {
            copies.entry(copy.clone()).or_default().insert(pid);
        }
        if maps.copies.len() > 1 {
            findings.add(
                Level::Fault,
                "library copies",
                format!("pid {pid} has {} loaded: {}", maps.copies.len(), list(&maps.copies)),
                "load one in a process: set DISHTAYANTRA_LMDB_LIBRARY to it, and remove the other",
            );
        }
        if data.is_some_and(|data| maps.files.contains(&data)) && Process::look(pid).is_stopped() {
            findings.add(
                Level::Warning,
                "processes",
                format!("pid {pid}, which has the store open, is stopped: what it pins stays pinned"),
                format!("kill -CONT {pid}, or end it"),
            );
        }
    }
    match copies.len() {
        0 => findings.good("library copies", "no process that we may look at has the library loaded"),
        1 => {
            for (copy, pids) in &copies {
                findings.good("library copies", format!("{copy} in {} processes", pids.len()));
            }
        }
        _ => {
            let named = copies.iter().map(|(copy, pids)| format!("{copy} (pids {})", list(pids)));
            findings.add(
                Level::Hint,
                "library copies",
                format!("processes have different ones: {}", named.collect::<Vec<_>>().join("; ")),
                "that is well as long as their format versions agree; install one for all",
            );
        }
    }
}

fn list(items: &BTreeSet<impl ToString>) -> String {
    items.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
}

/// What a process maps that is of interest here.
pub struct Maps {
    /// Paths of copies of the library.
    copies: BTreeSet<String>,
    /// Inodes of data files.
    files: BTreeSet<u64>,
    /// Paths of data files.
    pub stores: BTreeSet<String>,
}

impl Maps {
    /// What process `pid` maps; nothing when we may not look.
    pub fn of(pid: u64) -> Maps {
        let mut found = Maps { copies: BTreeSet::new(), files: BTreeSet::new(), stores: BTreeSet::new() };
        let text = std::fs::read(format!("/proc/{pid}/maps")).unwrap_or_default();
        for line in String::from_utf8_lossy(&text).lines() {
            let Some(at) = line.find('/') else { continue };
            let path = &line[at..];
            let name = path.rsplit('/').next().unwrap_or_default();
            if name.starts_with(LIBRARY) && name.contains(".so") {
                found.copies.insert(path.to_owned());
            } else if let Some(directory) = path.strip_suffix("/data.mdb") {
                found.stores.insert(directory.to_owned());
                found
                    .files
                    .extend(line.split_ascii_whitespace().nth(4).and_then(|inode| inode.parse::<u64>().ok()));
            }
        }
        found
    }
}
