//! What this process maps, from `/proc/self/maps`.

use crate::error::{Error, Result};
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
    /// Inode of the file.
    pub inode: u64,
    /// Offset in the file in bytes.
    pub offset: u64,
    /// Path as the kernel prints it.
    pub path: PathBuf,
}

/// Mappings of the file with `inode` whose last path component is `name`.
///
/// The device is not compared: some file systems print another one here than `stat` answers.
pub fn of_file(inode: u64, name: &str) -> Result<Vec<Mapping>> {
    let text = std::fs::read("/proc/self/maps").map_err(|e| Error::io("reading /proc/self/maps", &e))?;
    Ok(String::from_utf8_lossy(&text)
        .lines()
        .filter_map(parse)
        .filter(|mapping| mapping.inode == inode && named(&mapping.path, name))
        .collect())
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
    let _device = fields.next()?;
    let inode = fields.next()?;
    let path = fields.next()?.trim_start();
    Some(Mapping {
        start: usize::from_str_radix(start, 16).ok()?,
        end: usize::from_str_radix(end, 16).ok()?,
        writable: permissions.as_bytes().get(1) == Some(&b'w'),
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
