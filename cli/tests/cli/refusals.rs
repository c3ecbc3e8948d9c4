//! What is refused, and how.

use std::ffi::OsStr;
use std::os::unix::fs::symlink;
use std::path::Path;

use tempfile::TempDir;

use crate::support::*;

#[test]
fn a_store_that_is_not_there_is_not_made() {
    let dir = TempDir::new().unwrap();
    for path in [dir.path().join("none"), dir.path().to_owned(), dir.path().join("a/b")] {
        for command in ["info", "ls", "holders", "sweep", "audit", "watch"] {
            let message = refused(&[&command, &path]);
            assert!(message.starts_with("error (NOT_FOUND): "), "{message}");
            assert!(message.contains(path.to_str().unwrap()), "{message}");
        }
        refused(&[&"get", &path, &"key"]);
        refused(&[&"rm", &path, &"key"]);
    }
    assert_eq!(names(dir.path()), [""; 0]);
}

#[test]
fn a_program_in_which_lmdb_has_the_kernels_pids_is_refused() {
    let (_dir, path, store) = store();
    put(&store, "default", "key", b"x");
    let example = Path::new(env!("CARGO_BIN_EXE_dishtayantra-lmdb")).with_file_name("examples/unwrapped");
    // In a store that is in use, and in one that it would make.
    for directory in [&path, &path.with_file_name("new")] {
        let output = std::process::Command::new(&example).arg(directory).output().unwrap();
        let said = String::from_utf8(output.stdout).unwrap();
        assert!(said.starts_with("Unsupported: ") && said.contains("--wrap=getpid"), "{said}");
    }
    assert_eq!(store.get("default", b"key").unwrap().unwrap().0, b"x");
    assert_eq!(names(&path.with_file_name("new")), ["open.lock"; 0]);
}

#[test]
fn what_is_another_programs_is_left_alone() {
    let dir = TempDir::new().unwrap();
    std::fs::write(dir.path().join("data.mdb"), [7; 8192]).unwrap();
    let message = refused(&[&"info", &dir.path()]);
    assert!(message.contains("store of another program"), "{message}");
    assert!(message.ends_with("help: docs/troubleshooting.md#foreign_store\n"), "{message}");
    assert_eq!(names(dir.path()), ["data.mdb"]);
}

#[test]
fn what_went_wrong_is_told_with_its_status_and_its_place_in_the_documentation() {
    let (dir, path, store) = store();
    put(&store, "default", "key", b"x");
    drop(store);
    let broken = dir.path().join("broken");
    std::fs::create_dir(&broken).unwrap();
    std::fs::set_permissions(&broken, std::os::unix::fs::PermissionsExt::from_mode(0o700)).unwrap();
    for name in names(&path).iter().filter(|name| *name != "shared") {
        std::process::Command::new("cp").arg(path.join(name)).arg(&broken).status().unwrap();
    }
    std::fs::create_dir(dir.path().join("empty")).unwrap();
    std::fs::write(dir.path().join("file"), "").unwrap();
    let removed = "shared was removed";
    let long = format!("get store {}", "k".repeat(512));
    // The words of a command are parted by spaces; @ stands for nothing.
    for (command, status, words) in [
        ("info broken", "FOREIGN_STORE", removed),
        ("ls broken", "FOREIGN_STORE", removed),
        ("get broken key", "FOREIGN_STORE", removed),
        ("check broken", "FOREIGN_STORE", removed),
        ("top broken", "FOREIGN_STORE", removed),
        ("copy broken to", "FOREIGN_STORE", removed),
        ("put broken key file --create", "FOREIGN_STORE", removed),
        ("info none", "NOT_FOUND", "there is no store in"),
        ("info empty", "NOT_FOUND", "empty holds no store"),
        ("put none key file", "NOT_FOUND", "--create makes one"),
        ("put empty key file", "NOT_FOUND", "--create makes one"),
        ("put /proc/none/deep key file --create", "IO", "/proc/none/deep cannot be made"),
        ("copy store /proc/none", "IO", "/proc/none cannot be made"),
        ("copy store store", "INVALID_ARGUMENT", "same store"),
        ("get store none", "NOT_FOUND", "no live entry under key \"none\""),
        ("show store none", "NOT_FOUND", "\"none\""),
        ("rm store none more", "NOT_FOUND", "\"more\""),
        ("touch store none --ttl 1s", "NOT_FOUND", "\"none\""),
        ("ls store --db none", "NOT_FOUND", "there are: default"),
        ("wait store none --timeout 1ms", "TIMEOUT", "none"),
        ("get store @", "BAD_KEY", "empty"),
        ("put store @ file", "BAD_KEY", "empty"),
        (&long, "BAD_KEY", "511"),
        ("get store a\\q", "BAD_KEY", "--key-hex"),
        ("get store xyz --key-hex", "BAD_KEY", "hexadecimal"),
        ("ls store --prefix x --key-hex", "BAD_KEY", "hexadecimal"),
        ("put store key file --no-overwrite", "KEY_EXISTS", "key"),
        ("grow store 1KiB", "INVALID_ARGUMENT", "never to fewer"),
        ("grow store 1TiB", "INVALID_ARGUMENT", "copy it to a larger one"),
    ] {
        let words_of = command.split(' ').map(|word| if word == "@" { "" } else { word });
        let output = program().args(words_of).current_dir(dir.path()).output().unwrap();
        let message = String::from_utf8(output.stderr).unwrap();
        assert_eq!((output.status.code(), output.stdout.len()), (Some(1), 0), "{command}: {message}");
        assert!(message.starts_with(&format!("error ({status}): ")), "{command}: {message}");
        let help = format!("\nhelp: docs/troubleshooting.md#{}\n", status.to_lowercase());
        assert!(message.contains(words) && message.ends_with(&help), "{command}: {message}");
    }
    assert_eq!(names(dir.path()).len(), 4, "nothing was made: {:?}", names(dir.path()));
    assert!(!broken.join("shared").exists());
}

#[test]
fn a_link_and_a_group_need_to_be_allowed() {
    let (dir, path, store) = store();
    let link = dir.path().join("link");
    symlink(&path, &link).unwrap();
    assert!(refused(&[&"info", &link]).contains("symbolic link"));
    printed(&[&"info", &link, &"--follow-symlinks"]);
    drop(store);
    let mode = std::os::unix::fs::PermissionsExt::from_mode(0o770);
    std::fs::set_permissions(&path, mode).unwrap();
    assert!(refused(&[&"info", &path]).contains("770"));
    printed(&[&"--mode", &"0770", &"info", &path]);
}

#[test]
fn wrong_usage_is_exit_code_2() {
    let (_dir, path, _store) = store();
    let wrong: [&[&dyn AsRef<OsStr>]; 7] = [
        &[],
        &[&"info"],
        &[&"unknown", &path],
        &[&"get", &path],
        &[&"rm", &path],
        &[&"watch", &path, &"-n", &"0"],
        &[&"info", &path, &"--mode", &"999"],
    ];
    for arguments in wrong {
        let output = run(arguments);
        assert_eq!(output.status.code(), Some(2));
        assert!(!output.stderr.is_empty() && output.stdout.is_empty());
    }
}

#[test]
fn a_store_of_another_user_is_permission_denied() {
    let (dir, path, store) = store();
    put(&store, "default", "key", b"x");
    drop(store);
    let closed = std::os::unix::fs::PermissionsExt::from_mode(0o000);
    std::fs::set_permissions(&path, closed).unwrap();
    let open = std::os::unix::fs::PermissionsExt::from_mode(0o755);
    std::fs::set_permissions(dir.path(), open).unwrap();
    // Root may look into everything: then somebody else asks, who has to be able to start the program.
    let mine = dir.path().join("program");
    std::fs::copy(env!("CARGO_BIN_EXE_dishtayantra-lmdb"), &mine).unwrap();
    let nobody = std::os::unix::fs::MetadataExt::uid(&std::fs::metadata(&mine).unwrap()) == 0;
    let ask = |path: &Path| {
        let mut program = std::process::Command::new(&mine);
        if nobody {
            std::os::unix::process::CommandExt::uid(&mut program, 65534);
        }
        let output = program.arg("get").arg(path).arg("key").output().unwrap();
        (output.status.code(), String::from_utf8(output.stderr).unwrap())
    };
    for path in [path.clone(), path.join("inner")] {
        let (code, message) = ask(&path);
        assert_eq!(code, Some(1), "{message}");
        assert!(message.contains("permission denied") && message.contains("mode 0000"), "{message}");
        assert!(message.ends_with("help: docs/troubleshooting.md#permission\n"), "{message}");
        assert!(!message.contains("no store"), "{message}");
    }
    // One that may be read is refused by the engine.
    std::fs::set_permissions(&path, std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
    if nobody {
        assert!(ask(&path).1.contains("permission denied"), "{}", ask(&path).1);
    }
    let back = std::os::unix::fs::PermissionsExt::from_mode(0o700);
    std::fs::set_permissions(&path, back).unwrap();
}

#[test]
fn both_names_are_one_program() {
    let (_dir, path, _store) = store();
    let short =
        std::process::Command::new(env!("CARGO_BIN_EXE_dylmdb")).arg("info").arg(&path).output().unwrap();
    assert_eq!(String::from_utf8(short.stdout).unwrap(), printed(&[&"info", &path]));
    let usage = std::process::Command::new(env!("CARGO_BIN_EXE_dylmdb")).output().unwrap();
    assert!(String::from_utf8(usage.stderr).unwrap().contains("Usage: dylmdb"));
}
