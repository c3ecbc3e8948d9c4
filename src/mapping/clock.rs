//! The clocks. Times that processes share are of the clock of the boot, `CLOCK_BOOTTIME` as it is outside of all time
//! namespaces: a container may have one of its own, in which that clock is set off by some time.

use super::sys;
use crate::error::{Error, Result, Status};
use std::sync::atomic::{AtomicI64, Ordering};

/// By how much this process's `CLOCK_BOOTTIME` is ahead, ns.
static AHEAD: AtomicI64 = AtomicI64::new(0);

const NAMESPACE: &str = "/proc/self/ns/time";
const OF_CHILDREN: &str = "/proc/self/ns/time_for_children";
const OFFSETS: &str = "/proc/self/timens_offsets";

/// Nanoseconds since the machine was booted, asleep or not, for everybody the same.
#[inline]
pub fn boottime_ns() -> u64 {
    clock_ns(libc::CLOCK_BOOTTIME).wrapping_sub(AHEAD.load(Ordering::Relaxed) as u64)
}

/// Nanoseconds since the Unix epoch (`CLOCK_REALTIME`).
pub fn wall_ns() -> u64 {
    clock_ns(libc::CLOCK_REALTIME)
}

/// Nanoseconds of `CLOCK_MONOTONIC`.
pub fn monotonic_ns() -> u64 {
    clock_ns(libc::CLOCK_MONOTONIC)
}

fn clock_ns(clock: libc::clockid_t) -> u64 {
    let mut time = libc::timespec { tv_sec: 0, tv_nsec: 0 };
    // SAFETY: out pointer to a local.
    unsafe { libc::clock_gettime(clock, &mut time) };
    time.tv_sec as u64 * 1_000_000_000 + time.tv_nsec as u64
}

/// Learns how far the clock of this process is set off. Asked whenever a store is opened: a forked child may be in
/// another namespace than its parent.
pub fn set() -> Result<()> {
    if sys::inode(NAMESPACE) != sys::inode(OF_CHILDREN) {
        return Err(Error::new(
            Status::Unsupported,
            format!(
                "{NAMESPACE} and {OF_CHILDREN} are two time namespaces: the process made one for its children \
                 (unshare), and cannot tell its own clock; open the store in a child"
            ),
        ));
    }
    let text = match std::fs::read_to_string(OFFSETS) {
        // A kernel without time namespaces.
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => String::new(),
        read => read.map_err(|e| Error::io(format!("reading {OFFSETS}"), &e))?,
    };
    let ahead = ahead(&text).ok_or_else(|| Error::new(Status::Io, format!("{OFFSETS} holds {text:?}")))?;
    AHEAD.store(ahead, Ordering::Relaxed);
    Ok(())
}

/// Whether this process's clock is not the machine's.
pub fn is_set_off() -> bool {
    AHEAD.load(Ordering::Relaxed) != 0
}

/// Inode of the time namespace; 0 where there are none.
pub fn namespace() -> u64 {
    sys::inode(NAMESPACE)
}

/// The offset of `CLOCK_BOOTTIME` in ns. Those of nested namespaces are told from the first one on.
fn ahead(text: &str) -> Option<i64> {
    let Some(line) = text.lines().find_map(|line| line.strip_prefix("boottime")) else {
        return text.trim().is_empty().then_some(0);
    };
    let mut words = line.split_ascii_whitespace().map(str::parse::<i64>);
    let (seconds, nanos) = (words.next()?.ok()?, words.next()?.ok()?);
    seconds.checked_mul(1_000_000_000)?.checked_add(nanos)
}

#[cfg(test)]
mod tests {
    use super::ahead;

    #[test]
    fn offsets_are_read() {
        for (text, wanted) in [
            ("", Some(0)),
            ("monotonic           0         0\nboottime            0         0\n", Some(0)),
            ("monotonic  5 0\nboottime  -86400  500000000\n", Some(-86_399_500_000_000)),
            ("boottime 7 1\n", Some(7_000_000_001)),
            ("boottime 7\n", None),
            ("boottime x 1\n", None),
            ("realtime 7 1\n", None),
        ] {
            assert_eq!(ahead(text), wanted, "{text:?}");
        }
    }
}
