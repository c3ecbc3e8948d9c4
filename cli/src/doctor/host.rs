//! Limits of processes, memory and huge pages, containers.

use std::path::Path;

use dishtayantra_lmdb::options::DEFAULT_MAP_SIZE;
use nix::sys::resource::{Resource, getrlimit};

use super::{Findings, Level, place};
use crate::text::size;

/// Address space that is kept for a store's file, mapped twice.
const RANGE: u64 = 32 << 30;
/// Descriptors of a store.
const DESCRIPTORS: u64 = 5;

pub fn look(path: &Path, findings: &mut Findings) {
    limits(findings);
    let nearest = path.ancestors().find(|path| path.is_dir()).unwrap_or(Path::new("/"));
    if place::kind(nearest).as_deref() == Some("tmpfs") {
        memory(findings);
        huge_pages(findings);
    }
    if !Path::new("/proc/self/maps").exists() {
        findings.add(Level::Fault, "/proc", "it is not mounted", "mount -t proc proc /proc");
    }
    let time = ["/proc/self/ns/time", "/proc/self/ns/time_for_children"].map(std::fs::read_link);
    if matches!(&time, [Ok(own), Ok(children)] if own != children) {
        findings.add(
            Level::Fault,
            "time namespace",
            "this process made one for its children and cannot tell its own clock",
            "open the store in a child: unshare --time --fork",
        );
    }
}

fn limits(findings: &mut Findings) {
    let mut short = false;
    for (name, resource, need, change) in [
        (
            "RLIMIT_AS",
            Resource::RLIMIT_AS,
            2 * RANGE,
            "ulimit -v unlimited, LimitAS=infinity in a unit of systemd",
        ),
        ("RLIMIT_FSIZE", Resource::RLIMIT_FSIZE, RANGE, "ulimit -f unlimited, LimitFSIZE=infinity"),
    ] {
        let Ok((soft, _)) = getrlimit(resource) else { continue };
        if soft < need {
            short = true;
            let found = format!("{name} is {}, and the map takes {}", size(soft), size(need));
            findings.add(Level::Fault, "limits", found, change);
        }
    }
    if let Ok((soft, hard)) = getrlimit(Resource::RLIMIT_NOFILE)
        && soft < 20 * DESCRIPTORS
    {
        short = true;
        let change = format!("ulimit -n {}", hard.min(1024));
        let found = format!("{soft} open files (RLIMIT_NOFILE); a store takes {DESCRIPTORS}");
        findings.add(Level::Warning, "limits", found, change);
    }
    if let Ok(most) = std::fs::read_to_string("/proc/sys/vm/overcommit_memory")
        && most.trim() == "2"
    {
        short = true;
        findings.add(
            Level::Hint,
            "limits",
            "vm.overcommit_memory is 2: address space counts as memory for private maps",
            "the store's maps are shared and do not count; sysctl vm.overcommit_memory=0 if others fail",
        );
    }
    if !short {
        findings.good("limits", "address space, file size and open files suffice");
    }
}

/// In a group with a limit, what is in a tmpfs counts as memory.
fn memory(findings: &mut Findings) {
    let group = std::fs::read_to_string("/proc/self/cgroup").unwrap_or_default();
    let below = group.lines().find_map(|line| line.strip_prefix("0::")).unwrap_or("/");
    let file = Path::new("/sys/fs/cgroup").join(below.trim_start_matches('/')).join("memory.max");
    let limit: Option<u64> = std::fs::read_to_string(file).ok().and_then(|text| text.trim().parse().ok());
    if let Some(limit) = limit.filter(|&limit| limit < 4 * DEFAULT_MAP_SIZE) {
        findings.add(
            Level::Warning,
            "memory",
            format!("the group of this process may have {}, and a store on a tmpfs is memory", size(limit)),
            "keep lmdb_map_size well below, or put the store on a disk",
        );
    }
}

fn huge_pages(findings: &mut Findings) {
    let file = "/sys/kernel/mm/transparent_hugepage/shmem_enabled";
    let Ok(text) = std::fs::read_to_string(file) else { return };
    let now = text.split('[').nth(1).and_then(|rest| rest.split(']').next()).unwrap_or("?");
    if matches!(now, "never" | "deny") {
        findings.add(
            Level::Hint,
            "huge pages",
            format!("{file} is {now}: large payloads take a fault for every 4 KiB when their pages are new"),
            format!("echo within_size > {file}, as root, or mount the tmpfs with huge=within_size"),
        );
    } else {
        findings.good("huge pages", format!("{now} for tmpfs"));
    }
}
