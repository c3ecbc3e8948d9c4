//! Processes that die in the middle of things, by SIGKILL.

use crate::common::{Random, Role, assert_clean, check_tagged, open, pause, role, say, scratch, tagged};
use dishtayantra_lmdb::options::PutOptions;
use std::os::fd::AsRawFd;
use std::path::Path;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

#[test]
#[ignore = "the body of the child processes; started by the tests of this file"]
fn child() {
    let Some((role, path)) = role() else {
        return;
    };
    match role.split_once(' ').unwrap_or((&role, "")) {
        ("write", seed) => write(&path, seed.parse().unwrap()),
        ("lend", _) => lend(&path),
        ("replace", seed) => replace(&path, seed.parse().unwrap()),
        ("view", _) => view(&path),
        ("put_while_locked", _) => put_while_locked(&path),
        ("fork", _) => fork_and_die(&path),
        other => panic!("unknown role {other:?}"),
    }
}

fn write(path: &Path, seed: u64) {
    let store = open(path);
    let mut random = Random(seed + 1);
    say("writing", "");
    for i in 0.. {
        let size = random.size(50_000.0, 8e6);
        let key = format!("k{}", random.below(12));
        store
            .put("default", key.as_bytes(), &[&tagged(seed << 32 | i, size)], &PutOptions::default())
            .unwrap();
        if random.below(4) == 0 {
            store.delete("default", format!("k{}", random.below(12)).as_bytes()).unwrap();
        }
    }
}

#[test]
fn a_writer_killed_200_times_leaves_whole_entries_and_no_lost_page() {
    let dir = scratch();
    let mut random = Random(20_240);
    for round in 0..200 {
        let mut writer = Role::start("crash::child", &format!("write {round}"), dir.path());
        writer.expect("writing");
        std::thread::sleep(Duration::from_micros(random.below(15_000)));
        writer.kill();
        let store = open(dir.path());
        for key in store.list("default", b"").unwrap() {
            check_tagged(store.view("default", &key).unwrap().unwrap().bytes());
        }
        assert_clean(&store);
        if round == 199 {
            assert!(!store.list("default", b"").unwrap().is_empty());
        }
    }
}

fn lend(path: &Path) {
    let store = open(path);
    let mut loans: Vec<_> = (0..20).map(|i| store.loan(i * 100_000 + 1).unwrap()).collect();
    loans.iter_mut().for_each(|loan| loan.bytes_mut().fill(1));
    say("lent", "");
    pause();
}

#[test]
fn the_loans_of_a_killed_process_are_taken_back_by_a_sweep() {
    let dir = scratch();
    let store = open(dir.path());
    let mut lender = Role::start("crash::child", "lend", dir.path());
    lender.expect("lent");
    assert_eq!(store.audit().unwrap().loans, 20);
    store.sweep().unwrap();
    assert_eq!(store.audit().unwrap().loans, 20, "taken from the living");
    lender.kill();
    store.sweep().unwrap();
    assert_clean(&store);
    assert_eq!(store.audit().unwrap().loaned_pages, 0);
}

/// Publishes loans of one size under one key, for which the engine keeps the extents that they replace.
fn replace(path: &Path, seed: u64) {
    let store = open(path);
    for i in 0_u64.. {
        let mut loan = store.loan(REPLACED as u64).unwrap();
        loan.bytes_mut().copy_from_slice(&tagged(seed << 32 | i, REPLACED));
        loan.publish("default", b"k", &PutOptions::default()).unwrap();
        if i == 3 {
            say("replacing", "");
        }
    }
}

const REPLACED: usize = 60_000;

#[test]
fn views_of_what_a_killed_process_replaced_stay_right_and_what_it_kept_is_taken_back() {
    let dir = scratch();
    let store = open(dir.path());
    let look = || {
        let view = store.view("default", b"k").unwrap().expect("it is only replaced");
        (check_tagged(view.bytes()), view)
    };
    let mut kept = 0;
    for seed in 0..8 {
        let mut replacer = Role::start("crash::child", &format!("replace {seed}"), dir.path());
        replacer.expect("replacing");
        let mut held = std::collections::VecDeque::new();
        for _ in 0..250 {
            held.push_back(look());
            if held.len() == 9 {
                let (tag, view) = held.pop_front().unwrap();
                assert_eq!(check_tagged(view.bytes()), tag, "a payload changed while it was looked at");
            }
        }
        replacer.kill();
        kept += store.audit().unwrap().loaned_pages;
        store.sweep().unwrap();
        // What is free by now is used.
        for key in 0..20 {
            let payload = tagged(key, REPLACED);
            store.put("other", &key.to_be_bytes(), &[&payload], &PutOptions::default()).unwrap();
        }
        for (tag, view) in held {
            assert_eq!(check_tagged(view.bytes()), tag, "a payload was reused while it was looked at");
        }
        store.sweep().unwrap();
        assert_clean(&store);
        assert_eq!(store.audit().unwrap().loaned_pages, 0);
    }
    assert!(kept > 0, "nothing was ever kept");
}

fn view(path: &Path) {
    let store = open(path);
    let views: Vec<_> = (0..200).map(|_| store.view("default", b"k").unwrap().unwrap()).collect();
    say("viewing", views.len());
    pause();
}

#[test]
fn the_pins_of_a_killed_process_are_taken_back() {
    let dir = scratch();
    let store = open(dir.path());
    store.put("default", b"k", &[&tagged(1, 100_000)], &PutOptions::default()).unwrap();
    let mut viewer = Role::start("crash::child", "view", dir.path());
    viewer.expect("viewing");
    assert_eq!(store.audit().unwrap().pins, 200);
    store.sweep().unwrap();
    assert_eq!(store.audit().unwrap().pins, 200);
    viewer.kill();
    store.sweep().unwrap();
    assert_clean(&store);
}

/// Forks while a loan is open, then dies; the child goes on using everything it inherited.
#[allow(unsafe_code)]
fn fork_and_die(path: &Path) {
    let store = open(path);
    let mut loan = store.loan(8 << 20).unwrap();
    let address = loan.bytes_mut().as_mut_ptr() as usize;
    // SAFETY: the child only makes system calls and calls the engine, which forks are handled by.
    let child = unsafe { libc::fork() };
    if child == 0 {
        let put = store.put("default", b"child", &[b"x"], &PutOptions::default());
        let refused = put.unwrap_err().status().name();
        let reopened = open(path).put("default", b"child", &[b"y"], &PutOptions::default()).is_ok();
        // SAFETY: a write that must not reach the file: the map is not inherited, so it ends the process.
        let died = unsafe {
            match libc::fork() {
                0 => {
                    std::ptr::write_bytes(address as *mut u8, 0x77, 8 << 20);
                    libc::_exit(0)
                }
                grandchild => {
                    let mut status = 0;
                    libc::waitpid(grandchild, &mut status, 0);
                    libc::WIFSIGNALED(status)
                }
            }
        };
        say("child", format!("{refused} {reopened} {died}"));
        drop(loan);
        drop(store);
        say("dropped", "");
        pause();
        // SAFETY: ends the child without running the parent's exit handlers.
        unsafe { libc::_exit(0) };
    }
    pause();
}

#[test]
fn the_forked_child_of_a_killed_parent_writes_nothing_and_opens_by_itself() {
    let dir = scratch();
    let store = open(dir.path());
    let mut parent = Role::start("crash::child", "fork", dir.path());
    assert_eq!(parent.expect("child"), "DY_LMDB_FORKED true true");
    parent.expect("dropped");
    assert_eq!(store.audit().unwrap().loans, 1, "the child gave back its parent's loan");
    parent.kill();
    store.sweep().unwrap();
    assert_eq!(store.audit().unwrap().loans, 0, "the child keeps its dead parent alive");
    for i in 0..6 {
        let key = format!("k{i}");
        store.put("default", key.as_bytes(), &[&tagged(i, 3 << 20)], &PutOptions::default()).unwrap();
    }
    for i in 0..6 {
        let view = store.view("default", format!("k{i}").as_bytes()).unwrap().unwrap();
        assert_eq!(check_tagged(view.bytes()), i);
    }
    assert_eq!(store.get("default", b"child").unwrap().unwrap().0, b"y");
}

fn put_while_locked(path: &Path) {
    let store = open(path);
    // The sweeper's thread begins with the first put.
    store.put("default", b"k", &[b"first"], &PutOptions::default()).unwrap();
    say("ready", "");
    pause();
    store.put("default", b"k", &[b"second"], &PutOptions::default()).unwrap();
    say("put", "");
}

/// The word of LMDB's writer mutex, mapped from `lock.mdb`.
#[allow(unsafe_code)]
fn writer_mutex(path: &Path) -> &'static AtomicU32 {
    let file = std::fs::File::options().read(true).write(true).open(path.join("lock.mdb")).unwrap();
    // SAFETY: a mapping that is never ended; the word is aligned, and used by atomic accesses only.
    unsafe {
        let protection = libc::PROT_READ | libc::PROT_WRITE;
        let base = libc::mmap(std::ptr::null_mut(), 4096, protection, libc::MAP_SHARED, file.as_raw_fd(), 0);
        assert_ne!(base, libc::MAP_FAILED);
        &*base.cast::<AtomicU32>().add(16)
    }
}

/// What is left when a thread is killed that was woken to take the lock, and somebody else had it meanwhile: the lock is
/// free, a thread sleeps on it, and nobody knows.
#[test]
#[cfg(target_arch = "x86_64")]
#[allow(unsafe_code)]
fn a_writer_whose_wake_up_died_with_another_process_goes_on() {
    const WAITERS: u32 = 1 << 31;
    let dir = scratch();
    let mut writer = Role::start("crash::child", "put_while_locked", dir.path());
    writer.expect("ready");
    let mutex = writer_mutex(dir.path());
    while mutex.compare_exchange(0, std::process::id(), Ordering::SeqCst, Ordering::SeqCst).is_err() {}
    writer.go();
    while mutex.load(Ordering::SeqCst) & WAITERS == 0 {
        std::thread::sleep(Duration::from_millis(1));
    }
    // Time to fall asleep.
    std::thread::sleep(Duration::from_millis(100));
    mutex.store(0, Ordering::SeqCst);
    let (told, done) = std::sync::mpsc::channel();
    let pid = writer.child.id();
    std::thread::spawn(move || {
        writer.expect("put");
        writer.finish();
        told.send(()).unwrap();
    });
    if done.recv_timeout(Duration::from_secs(60)).is_err() {
        // SAFETY: the child of this test.
        unsafe { libc::kill(pid as i32, libc::SIGKILL) };
        panic!("it still sleeps");
    }
}
