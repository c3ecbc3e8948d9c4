//! What `doctor` finds, and the stores that `stores` finds.

use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::Path;
use std::process::Command;

use serde_json::Value;

use crate::support::*;

/// What is said about something.
fn about<'a>(findings: &'a Value, what: &str) -> Vec<(&'a str, &'a str)> {
    let rows = findings.as_array().unwrap().iter().filter(|row| row["about"] == what);
    rows.map(|row| (row["level"].as_str().unwrap(), row["found"].as_str().unwrap())).collect()
}

fn examined(path: &Path) -> (Option<i32>, Value) {
    let output = run(&[&"doctor", &path, &"--json"]);
    (output.status.code(), serde_json::from_slice(&output.stdout).unwrap())
}

#[test]
fn a_healthy_store_and_one_that_is_not_there_have_no_fault() {
    let (dir, path, store) = store();
    put(&store, "default", "key", &[7; 9000]);
    for path in [path, dir.path().join("none")] {
        let (code, findings) = examined(&path);
        assert_eq!(code, Some(0), "{findings}");
        for what in ["file system", "room", "permissions", "limits", "library copies"] {
            assert!(!about(&findings, what).is_empty(), "{what} in {findings}");
        }
        let text = printed(&[&"doctor", &path]);
        assert!(text.contains("good") && !text.contains('\x1b'), "{text}");
    }
    assert!(!dir.path().join("none").exists());
}

#[test]
fn faults_are_named_with_what_to_change() {
    let (dir, path, store) = store();
    drop(store);
    let link = dir.path().join("link");
    symlink(&path, &link).unwrap();
    std::fs::set_permissions(&path, PermissionsExt::from_mode(0o777)).unwrap();
    for (path, what) in [(&link, "symbolic link"), (&path, "others may write")] {
        let output = run(&[&"doctor", path]);
        assert_eq!(output.status.code(), Some(1));
        let text = String::from_utf8(output.stdout).unwrap();
        assert!(text.contains(what) && text.contains("-> "), "{text}");
        assert!(String::from_utf8_lossy(&output.stderr).contains("from working"));
    }
    std::fs::set_permissions(&path, PermissionsExt::from_mode(0o755)).unwrap();
    assert!(
        about(&examined(&path).1, "permissions")
            .contains(&("warning", about(&examined(&path).1, "permissions")[0].1))
    );
    let limited = Command::new("sh")
        .args(["-c", "ulimit -v 10000000; \"$0\" doctor \"$1\"", env!("CARGO_BIN_EXE_dylmdb")])
        .arg(&path)
        .output()
        .unwrap();
    let text = String::from_utf8(limited.stdout).unwrap();
    assert!(
        limited.status.code() == Some(1) && text.contains("RLIMIT_AS") && text.contains("ulimit -v"),
        "{text}"
    );
}

#[test]
fn a_broken_store_is_told_in_the_engines_words() {
    let (dir, path, store) = store();
    put(&store, "default", "key", b"x");
    drop(store);
    type Break = fn(&Path);
    let removed: Break = |path| std::fs::remove_file(path.join("shared")).unwrap();
    let damaged: Break = |path| std::fs::write(path.join("shared"), [7; 4096]).unwrap();
    let emptied: Break = |path| std::fs::write(path.join("data.mdb"), "").unwrap();
    let gone: Break = |path| std::fs::remove_file(path.join("data.mdb")).unwrap();
    for (what, how, level, words) in [
        ("removed", removed, "fault", "shared was removed"),
        ("damaged", damaged, "fault", "use another lmdb_db_path"),
        ("emptied", emptied, "hint", "makes it anew"),
        ("gone", gone, "hint", "makes it anew"),
    ] {
        let broken = dir.path().join(what);
        Command::new("cp").arg("-a").arg(&path).arg(&broken).status().unwrap();
        how(&broken);
        let (code, findings) = examined(&broken);
        let store = about(&findings, "store");
        assert!(
            store.iter().any(|(found, text)| *found == level && text.contains(words)),
            "{what}: {findings}"
        );
        assert_eq!(code, Some(i32::from(level == "fault")), "{what}: {findings}");
        if level == "fault" {
            let text = String::from_utf8(run(&[&"doctor", &broken]).stdout).unwrap();
            assert!(text.contains("-> docs/troubleshooting.md#foreign_store\n"), "{text}");
        }
    }
}

#[test]
fn a_store_that_is_nearly_full_is_warned_about() {
    let (_dir, path, store) = store();
    put(&store, "default", "large", &vec![7; 58 << 20]);
    let (_, findings) = examined(&path);
    let space = about(&findings, "space");
    assert!(space.iter().any(|(level, _)| *level == "warning"), "{findings}");
}

#[test]
fn a_stopped_process_is_warned_about() {
    let (_dir, path, store) = store();
    put(&store, "default", "key", b"x");
    let mut child = program()
        .arg("watch")
        .arg(&path)
        .args(["-n", "60"])
        .stdout(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    // It has printed, so it has the store open.
    std::io::Read::read_exact(child.stdout.as_mut().unwrap(), &mut [0]).unwrap();
    let kill = |how: &str| Command::new("kill").args([how, &child.id().to_string()]).status().unwrap();
    assert!(kill("-STOP").success());
    let found = (0..100).any(|_| {
        std::thread::sleep(std::time::Duration::from_millis(20));
        about(&examined(&path).1, "processes")
            .iter()
            .any(|(_, found)| found.contains(&child.id().to_string()))
    });
    child.kill().unwrap();
    child.wait().unwrap();
    assert!(found);
}

#[test]
fn stores_finds_what_is_there() {
    let (dir, path, store) = store();
    std::fs::create_dir_all(dir.path().join("deep/er")).unwrap();
    std::fs::write(dir.path().join("deep/shared"), "no store").unwrap();
    let second = dir.path().join("deep/er/store");
    drop(dishtayantra_lmdb::store::Store::open(&second, &Default::default()).unwrap());
    let found = json(&[&"stores", &dir.path()]);
    let found = found.as_array().unwrap();
    assert_eq!(found.len(), 2, "{found:?}");
    assert_eq!((&found[0]["path"], &found[1]["path"]), (&path.to_str().into(), &second.to_str().into()));
    assert_eq!((&found[0]["format_version"], &found[0]["mode"]), (&4.into(), &"0700".into()));
    assert_eq!(found[0]["pids"], serde_json::json!([pid()]));
    assert_eq!(found[1]["pids"], serde_json::json!([]));
    assert!(printed(&[&"stores", &dir.path()]).contains(path.to_str().unwrap()));
    // Those that are open come first, whatever their names.
    let later = dir.path().join("a_first");
    drop(dishtayantra_lmdb::store::Store::open(&later, &Default::default()).unwrap());
    let order = |found: &Value| -> Vec<String> {
        let rows = found.as_array().unwrap().iter();
        rows.map(|row| row["path"].as_str().unwrap().to_owned()).collect()
    };
    let shown = |path: &Path| path.display().to_string();
    assert_eq!(order(&json(&[&"stores", &dir.path()])), [&path, &later, &second].map(|path| shown(path)));
    assert_eq!(order(&json(&[&"stores", &dir.path(), &"--open"])), [shown(&path)]);
    // Among all there are: this process has it open.
    assert!(printed(&[&"stores"]).contains(path.to_str().unwrap()));
    // What is left of one is found as well.
    std::fs::remove_file(later.join("shared")).unwrap();
    std::fs::write(second.join("shared"), "damaged").unwrap();
    let left = json(&[&"stores", &dir.path()]);
    assert_eq!(order(&left), [&path, &later, &second].map(|path| shown(path)));
    assert!(left[1]["format_version"].is_null() && left[2]["format_version"].is_null(), "{left}");
    assert!(refused(&[&"stores", &dir.path().join("none")]).contains("none: No such file"));
    drop(store);
}
