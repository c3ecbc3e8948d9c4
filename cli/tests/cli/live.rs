//! `top` on a terminal.

use std::io::{Read, Write};
use std::process::{Command, Stdio};

use crate::support::*;

#[test]
fn top_fills_a_terminal_and_gives_it_back() {
    let (_dir, path, store) = store();
    put(&store, "default", "some-key", &[7; 9000]);
    let line =
        format!("stty cols 100 rows 30; {} top {} -n 0.1", env!("CARGO_BIN_EXE_dylmdb"), path.display());
    let mut child = Command::new("script")
        .args(["-qec", &line, "/dev/null"])
        .env("TERM", "xterm-256color")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("script, of util-linux");
    let (mut keys, mut screen) = (child.stdin.take().unwrap(), child.stdout.take().unwrap());
    let mut seen = Vec::new();
    let mut piece = [0; 4096];
    let holds = |seen: &[u8], part: &str| String::from_utf8_lossy(seen).contains(part);
    while !holds(&seen, "some-key") {
        let length = screen.read(&mut piece).unwrap();
        assert!(length > 0, "{}", String::from_utf8_lossy(&seen));
        seen.extend(&piece[..length]);
    }
    keys.write_all(b"q").unwrap();
    screen.read_to_end(&mut seen).unwrap();
    assert!(child.wait().unwrap().success());
    // The other screen, and back.
    assert!(holds(&seen, "\x1b[?1049h") && holds(&seen, "\x1b[?1049l"));
}

#[test]
fn top_needs_a_terminal() {
    let (_dir, path, _store) = store();
    assert!(refused(&[&"top", &path]).contains("terminal"));
}

#[test]
fn colours_are_for_terminals_alone() {
    let (_dir, path, _store) = store();
    let help = printed(&[&"--help"]);
    assert!(!help.contains('\x1b') && !printed(&[&"doctor", &path]).contains('\x1b'));
    let on_terminal = |variable: &str| {
        let line = format!("{} doctor {}", env!("CARGO_BIN_EXE_dylmdb"), path.display());
        let output = Command::new("script")
            .args(["-qec", &line, "/dev/null"])
            .env("TERM", "xterm")
            .env(variable, "1")
            .stdin(Stdio::null())
            .output()
            .unwrap();
        String::from_utf8(output.stdout).unwrap()
    };
    assert!(on_terminal("OTHER").contains("\x1b[32mgood"));
    assert!(!on_terminal("NO_COLOR").contains('\x1b'));
}
