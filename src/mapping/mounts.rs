//! What kind of mount a file is on, by its name: one magic number stands for every file system of FUSE.

use std::fs::File;
use std::os::fd::AsRawFd;

/// The type of the file system, as `mount` prints it; `None` when `/proc` does not tell.
pub fn kind(file: &File) -> Option<String> {
    let about = std::fs::read_to_string(format!("/proc/self/fdinfo/{}", file.as_raw_fd())).ok()?;
    let id = about.lines().find_map(|line| line.strip_prefix("mnt_id:"))?.trim();
    let mounts = std::fs::read("/proc/self/mountinfo").ok()?;
    kind_of(&String::from_utf8_lossy(&mounts), id).map(str::to_owned)
}

fn kind_of<'t>(mounts: &'t str, id: &str) -> Option<&'t str> {
    let line = mounts.lines().find(|line| line.split(' ').next() == Some(id))?;
    line.split_once(" - ")?.1.split(' ').next()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_kind_of_a_mount_is_the_word_behind_its_options() {
        let mounts = "22 28 0:20 / /sys rw,relatime shared:7 - sysfs sysfs rw\n\
                      220 28 0:45 / /exchange rw,relatime - virtiofs exchange rw\n\
                      29 28 0:46 / /two\\040words rw - tmpfs - rw\n";
        for (id, wanted) in
            [("22", Some("sysfs")), ("220", Some("virtiofs")), ("29", Some("tmpfs")), ("2", None)]
        {
            assert_eq!(kind_of(mounts, id), wanted, "{id}");
        }
        assert_eq!(kind(&File::open("/proc/self/maps").unwrap()).as_deref(), Some("proc"));
    }
}
