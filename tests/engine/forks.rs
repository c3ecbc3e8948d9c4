//! What a forked child inherits of its parent's views.

use crate::common::{Role, assert_clean, check_tagged, open, pause, role, say, scratch, tagged};
use dishtayantra_lmdb::options::PutOptions;
use std::path::Path;

const SIZE: usize = 1 << 20;

#[test]
#[ignore = "the body of the child processes; started by the tests of this file"]
fn child() {
    let Some((role, path)) = role() else {
        return;
    };
    match role.split_once(' ').unwrap_or((&role, "")) {
        ("inherit", views) => let_go(&path, views.parse().unwrap()),
        ("full", _) => fork_without_pins(&path),
        other => panic!("unknown role {other:?}"),
    }
}

/// Forks while it has views, and lets go of them; the child looks at them later.
#[allow(unsafe_code)]
fn let_go(path: &Path, views: u64) {
    let store = open(path);
    let options = PutOptions::default();
    let views: Vec<_> = (0..views)
        .map(|tag| {
            store.put("default", b"key", &[&tagged(tag, SIZE)], &options).unwrap();
            store.view("default", b"key").unwrap().unwrap()
        })
        .collect();
    store.delete("default", b"key").unwrap();
    // SAFETY: the child reads memory, writes to a pipe and ends.
    let child = unsafe { libc::fork() };
    if child == 0 {
        pause();
        let right = views.iter().zip(0..).all(|(view, tag)| check_tagged(view.bytes()) == tag);
        say("looked", right);
        // SAFETY: ends the child without running the parent's exit handlers.
        unsafe { libc::_exit(0) };
    }
    drop(views);
    for tag in 0..200 {
        store.put("default", b"other", &[&tagged(1 << 40 | tag, SIZE)], &options).unwrap();
    }
    say("overwritten", "");
    let mut status = 0;
    // SAFETY: waits for the child made above.
    unsafe { libc::waitpid(child, &mut status, 0) };
    say("ended", status);
}

/// Forks when no pin is left for the child, which then reads.
#[allow(unsafe_code)]
fn fork_without_pins(path: &Path) {
    let store = open(path);
    let views = [store.view("default", b"key").unwrap().unwrap()];
    say("viewing", "");
    pause();
    // SAFETY: the child reads memory and ends.
    let child = unsafe { libc::fork() };
    if child == 0 {
        check_tagged(views[0].bytes());
        // SAFETY: ends the child without running the parent's exit handlers.
        unsafe { libc::_exit(0) };
    }
    let mut status = 0;
    // SAFETY: waits for the child made above.
    unsafe { libc::waitpid(child, &mut status, 0) };
    assert_eq!(check_tagged(views[0].bytes()), 7);
    say("ended", libc::WIFSIGNALED(status) && libc::WTERMSIG(status) == libc::SIGSEGV);
}

#[test]
fn a_child_for_which_no_pin_is_free_cannot_read() {
    let dir = scratch();
    let store = open(dir.path());
    store.put("default", b"key", &[&tagged(7, SIZE)], &PutOptions::default()).unwrap();
    let mut parent = Role::start("forks::child", "full", dir.path());
    parent.expect("viewing");
    // Each takes half of what is there.
    let mut others = Vec::new();
    while {
        let mut other = Role::start("slots::child", "keep", dir.path());
        let kept = other.expect("kept");
        others.push(other);
        kept != "0"
    } {}
    parent.go();
    assert_eq!(parent.expect("ended"), "true");
    parent.finish();
    others.into_iter().for_each(Role::kill);
}

#[test]
fn what_a_forked_child_looks_at_stays_until_it_ends() {
    for views in [1, 150] {
        let dir = scratch();
        let store = open(dir.path());
        let mut parent = Role::start("forks::child", &format!("inherit {views}"), dir.path());
        parent.expect("overwritten");
        store.sweep().unwrap();
        assert_eq!(store.audit().unwrap().pins, views);
        parent.go();
        assert_eq!(parent.expect("looked"), "true");
        assert_eq!(parent.expect("ended"), "0");
        parent.finish();
        store.sweep().unwrap();
        assert_eq!(store.audit().unwrap().pins, 0);
        assert_clean(&store);
    }
}
