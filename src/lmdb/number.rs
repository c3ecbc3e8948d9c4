//! What LMDB takes for its process id: a number that no process and no other engine of the store ever has.
//!
//! LMDB names the owner of a reader slot, and of its lock that says so, by `getpid`, and in containers everybody may have
//! the same pid. It asks once when an environment is made and once when it is closed; the linker has its calls end here
//! (`--wrap=getpid` in `build.rs`), and for that long the calling thread has the engine's number.

use std::cell::Cell;

/// Above every pid of the kernel.
const FIRST: u32 = 1 << 22;
/// The greatest engine id whose number a pid can hold.
pub const MAX_ENGINE: u32 = i32::MAX as u32 - FIRST;

thread_local! {
    static ANSWER: Cell<i32> = const { Cell::new(0) };
}

/// The number of the engine `id`.
pub fn of_engine(id: u32) -> i32 {
    (FIRST + id) as i32
}

/// The engine that has the number, unless it is a process id.
pub fn engine(number: i32) -> Option<u32> {
    (number as u32).checked_sub(FIRST).filter(|_| number > 0)
}

/// The calling thread's process id is `number` while this lives.
pub struct Assumed(());

impl Assumed {
    pub fn new(number: i32) -> Assumed {
        ANSWER.set(number);
        Assumed(())
    }
}

impl Drop for Assumed {
    fn drop(&mut self) {
        ANSWER.set(0);
    }
}

extern "C" fn getpid() -> libc::pid_t {
    match ANSWER.get() {
        // SAFETY: cannot fail.
        0 => unsafe { libc::syscall(libc::SYS_getpid) as libc::pid_t },
        number => number,
    }
}

// A function of Rust's with this name would be exported from the library. Weak, so that a test can have LMDB ask the kernel.
#[cfg(target_arch = "x86_64")]
std::arch::global_asm!(
    ".weak __wrap_getpid",
    ".hidden __wrap_getpid",
    ".type __wrap_getpid, @function",
    "__wrap_getpid:",
    "jmp {getpid}",
    ".size __wrap_getpid, . - __wrap_getpid",
    getpid = sym getpid,
);
#[cfg(target_arch = "aarch64")]
std::arch::global_asm!(
    ".weak __wrap_getpid",
    ".hidden __wrap_getpid",
    ".type __wrap_getpid, %function",
    "__wrap_getpid:",
    "b {getpid}",
    ".size __wrap_getpid, . - __wrap_getpid",
    getpid = sym getpid,
);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_of_engines_and_pids_are_not() {
        for id in [1, 2, MAX_ENGINE] {
            assert_eq!(engine(of_engine(id)), Some(id));
        }
        for pid in [-1, 0, 1, FIRST as i32 - 1] {
            assert_eq!(engine(pid), None);
        }
    }

    #[test]
    fn a_number_is_assumed_by_one_thread_for_a_while() {
        let assumed = Assumed::new(of_engine(7));
        assert_eq!(getpid(), of_engine(7));
        std::thread::scope(|scope| {
            scope.spawn(|| assert_eq!(getpid() as u32, std::process::id()));
        });
        drop(assumed);
        assert_eq!(getpid() as u32, std::process::id());
    }
}
