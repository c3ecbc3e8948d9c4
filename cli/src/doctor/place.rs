//! The directory: its file system, the room there, who may do what.

use std::os::unix::fs::MetadataExt;
use std::path::Path;

use dishtayantra_lmdb::error::Status;
use dishtayantra_lmdb::options::{DEFAULT_MAP_SIZE, MIN_MAP_SIZE};
use dishtayantra_lmdb::store::Store;
use nix::sys::statvfs::statvfs;
use nix::unistd::{AccessFlags, access};

use super::{Findings, Level};
use crate::arguments::Opening;
use crate::process;
use crate::text::size;

pub fn look(path: &Path, opening: &Opening, findings: &mut Findings) {
    let Some(nearest) = path.ancestors().find(|path| path.is_dir()) else { return };
    file_system(path, nearest, findings);
    permissions(path, nearest, opening, findings);
}

fn file_system(path: &Path, nearest: &Path, findings: &mut Findings) {
    let kind = kind(nearest).unwrap_or_else(|| "an unknown file system".to_owned());
    // What may not be looked into is for the permissions to tell.
    if let Err(error) = Store::check_file_system(path)
        && error.status() != Status::Permission
    {
        let change = "set lmdb_db_path to a directory on ext4, XFS or tmpfs (/dev/shm)";
        return findings.add(Level::Fault, "file system", format!("{kind}: {error}"), change);
    }
    if matches!(kind.as_str(), "ext4" | "xfs" | "tmpfs") {
        findings.good("file system", &kind);
    } else {
        let change = "ext4, XFS and tmpfs are tried with every version; on others run your own load first";
        findings.add(Level::Hint, "file system", &kind, change);
    }
    let Ok(room) = statvfs(nearest) else { return };
    let bytes = |blocks: u64| blocks.saturating_mul(room.fragment_size());
    let (free, all) = (bytes(room.blocks_available()), bytes(room.blocks()));
    let found = format!("{} of {} free on {kind}", size(free), size(all));
    if free < MIN_MAP_SIZE {
        findings.add(Level::Fault, "room", found, "make room there, or put the store elsewhere");
    } else if free < DEFAULT_MAP_SIZE / 4 || free < all / 20 {
        let tmpfs = kind == "tmpfs";
        let larger = if tmpfs { " (mount -o remount,size=… for a larger tmpfs)" } else { "" };
        findings.add(
            Level::Warning,
            "room",
            found,
            format!("make room there, or put the store elsewhere{larger}"),
        );
    } else {
        findings.good("room", found);
    }
    if room.files() > 0 && room.files_available() == 0 {
        findings.add(Level::Fault, "room", "no inodes are free", "remove files there");
    }
}

/// What kind of file system a directory is on.
pub fn kind(directory: &Path) -> Option<String> {
    let real = directory.canonicalize().ok()?;
    let mounts = std::fs::read_to_string("/proc/self/mountinfo").ok()?;
    // A later mount covers an earlier one at the same place.
    mounts
        .lines()
        .filter_map(|line| {
            let (mount, rest) = line.split_once(" - ")?;
            let at = mount.split(' ').nth(4)?.replace("\\040", " ");
            real.starts_with(&at).then(|| (at.len(), rest.split(' ').next().unwrap_or("?").to_owned()))
        })
        .max_by_key(|(length, _)| *length)
        .map(|(_, kind)| kind)
}

fn permissions(path: &Path, nearest: &Path, opening: &Opening, findings: &mut Findings) {
    let me = process::user(nix::unistd::geteuid().as_raw());
    let may = AccessFlags::R_OK | AccessFlags::W_OK | AccessFlags::X_OK;
    if access(nearest, may).is_err() {
        let owner = nearest.metadata().map_or_else(|_| "?".to_owned(), |m| process::user(m.uid()));
        let change = format!("run as {owner}, or set lmdb_db_path to a directory of your own");
        let found = format!("{me} may not read and write in {}, which is {owner}'s", nearest.display());
        return findings.add(Level::Fault, "permissions", found, change);
    }
    let Ok(metadata) = path.symlink_metadata() else {
        return findings.good("permissions", format!("{me} may make the store in {}", nearest.display()));
    };
    if metadata.is_symlink() && !opening.follow_symlinks {
        let target = path.canonicalize().map_or_else(|_| "its target".into(), |to| to.display().to_string());
        return findings.add(Level::Fault, "permissions", "it is a symbolic link", format!("name {target}"));
    }
    let Ok(metadata) = path.metadata() else { return };
    let (mode, owner) = (metadata.mode() & 0o777, process::user(metadata.uid()));
    let found = format!("{owner}'s, mode {mode:04o}");
    let wanted = format!("chmod {:04o} {}, or set lmdb_mode", opening.mode, path.display());
    match mode & !opening.mode {
        extra if extra & 0o022 != 0 => {
            findings.add(Level::Fault, "permissions", found + ": others may write", wanted)
        }
        extra if extra & 0o055 != 0 => {
            findings.add(Level::Warning, "permissions", found + ": others may read", wanted)
        }
        _ => findings.good("permissions", found),
    }
    for name in ["data.mdb", "lock.mdb", "shared", "owners", "open.lock"] {
        let file = path.join(name);
        let Ok(metadata) = file.symlink_metadata() else { continue };
        if metadata.is_symlink() {
            let change = "put the file itself there; a store's files are never links";
            findings.add(Level::Fault, "permissions", format!("{name} is a symbolic link"), change);
        } else if access(&file, AccessFlags::R_OK | AccessFlags::W_OK).is_err() {
            let found = format!("{me} may not write {name}, which is {}'s", process::user(metadata.uid()));
            findings.add(Level::Fault, "permissions", found, format!("chown or chmod {}", file.display()));
        }
    }
}
