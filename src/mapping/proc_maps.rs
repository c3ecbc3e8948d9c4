//! What this process maps, from `/proc/self/maps`.

use crate::error::{Error, Result};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

/// One line of `/proc/self/maps` that names a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mapping {
    /// First address.
    pub start: usize,
    /// Address after the last.
    pub end: usize,
    /// Writable.
    pub writable: bool,
    /// Major and minor number of the device.
    pub device: (u32, u32),
    /// Inode of the file.
    pub inode: u64,
    /// Offset in the file in bytes.
    pub offset: u64,
    /// Path as the kernel prints it.
    pub path: PathBuf,
}

/// Device and inode of a file, as `stat` answers them.
pub type FileId = (u64, u64);

/// Mappings of a file whose last path component is `name`.
///
/// Inodes are unique within a file system only, and some file systems print another device here than `stat` answers: a
/// path that can be looked up decides; the device only when it cannot.
pub fn of_file(file: FileId, name: &str) -> Result<Vec<Mapping>> {
    let mut maps = all_named(name)?;
    maps.retain(|mapping| mapping.inode == file.1 && same_device(mapping, file));
    Ok(maps)
}

/// Mappings of any file of that name.
pub fn all_named(name: &str) -> Result<Vec<Mapping>> {
    let text = std::fs::read("/proc/self/maps").map_err(|e| Error::io("reading /proc/self/maps", &e))?;
    Ok(String::from_utf8_lossy(&text)
        .lines()
        .filter_map(parse)
        .filter(|mapping| named(&mapping.path, name))
        .collect())
}

fn same_device(mapping: &Mapping, file: FileId) -> bool {
    match std::fs::metadata(&mapping.path) {
        Ok(found) if found.ino() == mapping.inode => found.dev() == file.0,
        _ => mapping.device == (libc::major(file.0), libc::minor(file.0)),
    }
}

fn named(path: &Path, name: &str) -> bool {
    let last = path.file_name().unwrap_or_default().to_string_lossy();
    last == name || last == format!("{name} (deleted)")
}

fn parse(line: &str) -> Option<Mapping> {
    let mut fields = line.splitn(6, ' ');
    let (start, end) = fields.next()?.split_once('-')?;
    let permissions = fields.next()?;
    let offset = fields.next()?;
    let (major, minor) = fields.next()?.split_once(':')?;
    let inode = fields.next()?;
    let path = fields.next()?.trim_start();
    Some(Mapping {
        start: usize::from_str_radix(start, 16).ok()?,
        end: usize::from_str_radix(end, 16).ok()?,
        writable: permissions.as_bytes().get(1) == Some(&b'w'),
        device: (u32::from_str_radix(major, 16).ok()?, u32::from_str_radix(minor, 16).ok()?),
        inode: inode.parse().ok()?,
        offset: u64::from_str_radix(offset, 16).ok()?,
        path: PathBuf::from(path),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_with_spaces_in_the_path_is_parsed() {
        let line =
            "7f00aa000000-7f00ab000000 rw-s 00001000 fe:00 4242                       /tmp/a b/data.mdb";
        let mapping = parse(line).unwrap();
        assert_eq!(mapping.start, 0x7f00_aa00_0000);
        assert_eq!((mapping.inode, mapping.offset), (4242, 4096));
        assert!(mapping.writable);
        assert_eq!(mapping.path, Path::new("/tmp/a b/data.mdb"));
    }

    #[test]
    fn a_deleted_file_keeps_its_name() {
        assert!(named(Path::new("/tmp/x/data.mdb (deleted)"), "data.mdb"));
        assert!(!named(Path::new("/tmp/x/other.mdb"), "data.mdb"));
    }
}
