//! The store's directory: made, or found to be ours to use.

use super::backoff::Backoff;
use crate::error::{Error, Result, Status};
use crate::mapping::proc_maps::FileId;
use crate::mapping::{mounts, sys};
use crate::options::Options;
use std::ffi::CString;
use std::fs::{DirBuilder, File, OpenOptions, Permissions, TryLockError};
use std::io;
use std::os::fd::{AsRawFd, RawFd};
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

/// Device and inode of a store's directory.
pub type Identity = (u64, u64);

/// LMDB's data file.
pub const DATA: &str = "data.mdb";
/// LMDB's lock file.
pub const LOCK: &str = "lock.mdb";
/// Header, counters, wait words and pins.
pub const SHARED: &str = "shared";
/// Liveness of engines.
pub const OWNERS: &str = "owners";
/// Locked by who opens the store.
pub const OPEN_LOCK: &str = "open.lock";
/// All of them, in the order in which `shared` has their identities.
pub const FILES: [&str; 5] = [OWNERS, OPEN_LOCK, LOCK, SHARED, DATA];
/// How long an opener waits for another one.
pub const PATIENCE: Duration = Duration::from_secs(30);

/// How long whoever makes a file or directory may take to give it its mode.
const SETTLING: Duration = Duration::from_secs(1);

/// File systems on which a mapped file cannot be written safely, by their magic number.
const REFUSED: &[(i64, &str)] = &[
    (0x9123_683E, "btrfs writes copies instead of in place"),
    (0x2FC1_2FC1, "ZFS writes copies instead of in place"),
    (0xCA45_1A4E, "bcachefs writes copies instead of in place"),
    (0x6969, "NFS does not keep memory maps coherent"),
    (0xFF53_4D42, "CIFS does not keep memory maps coherent"),
    (0xFE53_4D42, "SMB does not keep memory maps coherent"),
    (0x0102_1997, "9p does not keep memory maps coherent"),
];

/// Every file system of FUSE, of which one is not to be used.
const FUSE: i64 = 0x6573_5546;

/// An open directory of a store.
pub struct Directory {
    file: File,
    /// Absolute path.
    pub path: PathBuf,
    /// Device and inode.
    pub identity: Identity,
    /// What a first opening warns about.
    pub concern: Option<String>,
}

impl Directory {
    /// Makes the directory unless only an existing one is wanted, opens and checks it.
    pub fn open(path: &Path, options: &Options) -> Result<Directory> {
        let path = std::path::absolute(path)
            .map_err(|e| Error::io(format!("making {} absolute", path.display()), &e))?;
        let made = !options.existing && create(&path, options)?;
        let follow = if options.follow_symlinks { 0 } else { libc::O_NOFOLLOW };
        let file =
            OpenOptions::new().read(true).custom_flags(libc::O_DIRECTORY | libc::O_CLOEXEC | follow).clone();
        let file = settled(&path, || file.open(&path)).map_err(|error| open_error(&path, &error))?;
        if made {
            set_directory_mode(&path, &file, options)?;
        }
        let metadata = file.metadata().map_err(|e| Error::io(path.display(), &e))?;
        let concern = check_access(&path, &metadata, options)?;
        refuse_file_system(&path, &file)?;
        Ok(Directory { file, path, identity: (metadata.dev(), metadata.ino()), concern })
    }

    /// A path to `name` in this very directory, whatever happens to the directory's own path.
    fn path_of(&self, name: &str) -> PathBuf {
        PathBuf::from(format!("/proc/self/fd/{}/{name}", self.file.as_raw_fd()))
    }

    /// The directory as LMDB opens it.
    pub fn c_path(&self) -> CString {
        CString::new(format!("/proc/self/fd/{}", self.file.as_raw_fd())).expect("no zero byte")
    }

    /// Opens `name` for reading and writing; never follows a link. `None`: it does not exist and `create` is false.
    pub fn file(&self, name: &str, create: bool, options: &Options) -> Result<Option<File>> {
        let path = self.path_of(name);
        let mut how = OpenOptions::new();
        how.read(true).write(true).custom_flags(libc::O_NOFOLLOW | libc::O_CLOEXEC);
        let result = settled(&path, || match how.open(&path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound && create => {
                let mut made = how.clone();
                match made.create_new(true).mode(file_mode(options)).open(&path) {
                    Ok(file) => {
                        // Whatever the umask says.
                        file.set_permissions(Permissions::from_mode(file_mode(options)))?;
                        Ok(file)
                    }
                    // Another user of the group was faster, and its mode is that one's to set.
                    Err(error) if error.kind() == io::ErrorKind::AlreadyExists => how.open(&path),
                    other => other,
                }
            }
            other => other,
        });
        match result {
            Ok(file) => Ok(Some(file)),
            Err(error) if error.kind() == io::ErrorKind::NotFound && !create => Ok(None),
            Err(error) => Err(open_error(&self.path.join(name), &error)),
        }
    }

    /// Opens `name` for reading alone; never follows a link.
    pub fn readable(&self, name: &str) -> io::Result<File> {
        let how = libc::O_NOFOLLOW | libc::O_CLOEXEC | libc::O_NONBLOCK;
        OpenOptions::new().read(true).custom_flags(how).open(self.path_of(name))
    }

    /// Opens `name` for writing alone; never follows a link.
    pub fn writable(&self, name: &str) -> io::Result<File> {
        let how = libc::O_NOFOLLOW | libc::O_CLOEXEC | libc::O_NONBLOCK;
        OpenOptions::new().write(true).custom_flags(how).open(self.path_of(name))
    }

    /// Gives a file that LMDB made the mode of the others, whatever the umask says.
    pub fn set_mode(&self, name: &str, options: &Options) -> Result<()> {
        std::fs::set_permissions(self.path_of(name), Permissions::from_mode(file_mode(options)))
            .map_err(|error| open_error(&self.path.join(name), &error))
    }

    /// Size and identity of `name`. `None`: it does not exist.
    pub fn stat(&self, name: &str) -> Result<Option<(u64, FileId)>> {
        match std::fs::symlink_metadata(self.path_of(name)) {
            Ok(metadata) if metadata.file_type().is_symlink() => Err(Error::new(
                Status::Permission,
                format!("{} is a symbolic link; a store's files never are", self.path.join(name).display()),
            )),
            Ok(metadata) => Ok(Some((metadata.len(), (metadata.dev(), metadata.ino())))),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(open_error(&self.path.join(name), &error)),
        }
    }

    /// Locks the directory (`flock`): alone when nobody has the store open, else as one of those who have. True: alone.
    /// Engines hold the shared lock as long as they live, and programs that clean up old files (systemd-tmpfiles) leave
    /// a directory alone that is locked. A cleaner that is at work there now has the lock for itself: it is waited for.
    pub fn lock(&self) -> Result<bool> {
        let mut backoff = Backoff::new(PATIENCE);
        loop {
            for (alone, locked) in [(true, self.file.try_lock()), (false, self.file.try_lock_shared())] {
                match locked {
                    Ok(()) => return Ok(alone),
                    Err(TryLockError::WouldBlock) => {}
                    Err(TryLockError::Error(error)) => {
                        return Err(Error::io(format!("locking {}", self.path.display()), &error));
                    }
                }
            }
            if !backoff.sleep() {
                let shown = self.path.display();
                return Err(Error::new(Status::Timeout, format!("another program keeps {shown} locked")));
            }
        }
    }

    /// Turns the lock that [`Directory::lock`] took into the shared one that an engine holds.
    pub fn share_lock(&self) -> Result<()> {
        self.file.lock_shared().map_err(|e| Error::io(format!("locking {}", self.path.display()), &e))
    }

    /// The descriptor, which a forked child closes.
    pub fn fd(&self) -> RawFd {
        self.file.as_raw_fd()
    }

    /// Gives the file `name` the present time, so that nobody takes it for deserted.
    pub fn touch(&self, name: &str) -> io::Result<()> {
        sys::touch(self.fd(), name)
    }

    /// Which file `name` is, itself when it is a link; zeros when it does not exist.
    pub fn file_id(&self, name: &str) -> io::Result<FileId> {
        match std::fs::symlink_metadata(self.path_of(name)) {
            Ok(metadata) => Ok((metadata.dev(), metadata.ino())),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok((0, 0)),
            Err(error) => Err(error),
        }
    }

    /// Writes the directory itself to the disk.
    pub fn sync(&self) -> io::Result<()> {
        self.file.sync_all()
    }

    /// Removes `name` if it is there.
    pub fn remove(&self, name: &str) -> Result<()> {
        match std::fs::remove_file(self.path_of(name)) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                Err(Error::io(format!("removing {}", self.path.join(name).display()), &error))
            }
            _ => Ok(()),
        }
    }
}

/// Refuses a directory on a file system that cannot hold a store.
pub fn check_file_system(path: &Path) -> Result<()> {
    refuse_file_system(path, &File::open(path).map_err(|error| open_error(path, &error))?)
}

fn refuse_file_system(path: &Path, file: &File) -> Result<()> {
    let magic = sys::file_system(file).map_err(|e| Error::io(path.display(), &e))?;
    match why_refused(magic, || mounts::kind(file)) {
        Some(why) => Err(Error::new(
            Status::Unsupported,
            format!("{}: {why}; put the store on ext4, XFS or tmpfs", path.display()),
        )),
        None => Ok(()),
    }
}

fn why_refused(magic: i64, kind: impl FnOnce() -> Option<String>) -> Option<&'static str> {
    if magic == FUSE && kind().as_deref() == Some("virtiofs") {
        return Some("virtiofs shares neither memory maps nor locks between machines");
    }
    REFUSED.iter().find(|(refused, _)| *refused == magic).map(|&(_, why)| why)
}

/// What `open` answers, once whoever is just making `path` has given it its mode.
fn settled(path: &Path, open: impl Fn() -> io::Result<File>) -> io::Result<File> {
    let begun = Instant::now();
    loop {
        let result = open();
        let refused = result.as_ref().is_err_and(|error| error.kind() == io::ErrorKind::PermissionDenied);
        if !refused || begun.elapsed() > SETTLING || !is_new(path) {
            return result;
        }
        std::thread::sleep(Duration::from_millis(2));
    }
}

/// Whether what is there was made, or got its mode, about a second ago.
fn is_new(path: &Path) -> bool {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |time| time.as_secs());
    std::fs::symlink_metadata(path).is_ok_and(|found| now.abs_diff(found.ctime() as u64) <= 1)
}

/// Mode of the store's files: the directory's, without the right to search.
pub fn file_mode(options: &Options) -> u32 {
    options.mode & 0o666
}

/// Makes the directory; false when it was there.
fn create(path: &Path, options: &Options) -> Result<bool> {
    let mut builder = DirBuilder::new();
    builder.mode(options.mode);
    let made = match builder.create(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => builder.recursive(true).create(path),
        other => other,
    };
    match made {
        Ok(()) => Ok(true),
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(false),
        // Not even its parents can be made, as in /proc.
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            Err(Error::io(format!("{} cannot be made", path.display()), &error))
        }
        Err(error) => Err(open_error(path, &error)),
    }
}

/// Gives a directory that was just made its mode, whatever the umask says. By its descriptor: where others may write the
/// directory above, the path may lead to anything by now. Below a directory that hands on its group a shared one does so too.
fn set_directory_mode(path: &Path, file: &File, options: &Options) -> Result<()> {
    let has = file.metadata().map_err(|e| Error::io(path.display(), &e))?.mode();
    let handed_on = if shared_with_group(options) { has & libc::S_ISGID } else { 0 };
    file.set_permissions(Permissions::from_mode(options.mode | handed_on))
        .map_err(|error| open_error(path, &error))
}

fn shared_with_group(options: &Options) -> bool {
    options.mode & 0o070 != 0
}

fn open_error(path: &Path, error: &io::Error) -> Error {
    let shown = path.display();
    match error.raw_os_error() {
        Some(libc::ENOENT) => Error::new(Status::NotFound, format!("there is no store in {shown}")),
        Some(libc::ELOOP) => refused_link(path),
        Some(libc::ENOTDIR) if path.is_symlink() => refused_link(path),
        Some(libc::EACCES | libc::EPERM | libc::EROFS) => {
            let nearest = path.ancestors().find_map(|p| Some((p, std::fs::metadata(p).ok()?)));
            let owner = nearest.map_or(String::new(), |(p, m)| {
                format!("; {} belongs to uid {} with mode {:04o}", p.display(), m.uid(), m.mode() & 0o7777)
            });
            Error::new(
                Status::Permission,
                format!("{shown}: {error} for uid {}{owner}", sys::effective_user()),
            )
        }
        _ => Error::io(shown, error),
    }
}

fn refused_link(path: &Path) -> Error {
    Error::new(
        Status::Permission,
        format!(
            "{} is a symbolic link; name its target, or allow links with follow_symlinks",
            path.display()
        ),
    )
}

fn check_access(path: &Path, metadata: &std::fs::Metadata, options: &Options) -> Result<Option<String>> {
    let mode = metadata.mode() & 0o777;
    let (shown, owner, me) = (path.display(), metadata.uid(), sys::effective_user());
    let refuse = |what: String| Err(Error::new(Status::Permission, what));
    if owner != me && !shared_with_group(options) {
        return refuse(format!(
            "{shown} belongs to uid {owner} (mode {mode:04o}), not to uid {me}; a store shared with a group needs \
             lmdb_mode = 0770 or 2770"
        ));
    }
    let extra = mode & !options.mode;
    if extra & 0o002 != 0 {
        return refuse(format!(
            "{shown} (uid {owner}, mode {mode:04o}) can be written by everybody, as the root of an emptyDir volume can; \
             name a subdirectory of it, which is made with lmdb_mode (2770 and a common group, fsGroup in Kubernetes, \
             where several users share it), or chmod it to {:04o}",
            options.mode
        ));
    }
    if extra & 0o020 != 0 {
        return refuse(format!(
            "{shown} (uid {owner}, mode {mode:04o}) can be written by its group; chmod it to {:04o} or configure lmdb_mode",
            options.mode
        ));
    }
    Ok((extra & 0o055 != 0).then(|| {
        format!("{shown} (mode {mode:04o}) can be read by others; chmod it to {:04o}", options.mode)
    }))
}

#[cfg(test)]
mod tests {
    use super::{settled, why_refused};
    use std::cell::Cell;
    use std::fs::File;
    use std::io;

    #[test]
    fn what_is_just_being_made_is_asked_for_again() {
        let dir = tempfile::tempdir().unwrap();
        let (new, absent) = (dir.path().join("new"), dir.path().join("absent"));
        File::create(&new).unwrap();
        for (path, asked, found) in [(&new, 4, true), (&absent, 1, false)] {
            let times = Cell::new(0);
            let result = settled(path, || {
                times.set(times.get() + 1);
                if times.get() < 4 { Err(io::ErrorKind::PermissionDenied.into()) } else { File::open(path) }
            });
            assert_eq!((times.get(), result.is_ok()), (asked, found), "{}", path.display());
        }
    }

    #[test]
    fn file_systems_that_cannot_hold_a_store_are_refused() {
        let why = |magic, kind: &str| why_refused(magic, || Some(kind.to_owned()));
        assert!(why(0x0102_1997, "9p").unwrap().contains("9p"));
        assert!(why(0x6573_5546, "virtiofs").unwrap().contains("virtiofs"));
        for (magic, kind) in [(0x6573_5546, "fuse.fuse-overlayfs"), (0x0102_1994, "tmpfs"), (0xef53, "ext4")]
        {
            assert_eq!(why(magic, kind), None, "{kind}");
        }
        assert_eq!(why_refused(0x6573_5546, || None), None);
    }
}
