//! Listing, fetching, putting and deleting entries.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::process::Stdio;
use std::time::Duration;

use dishtayantra_lmdb::format::Format;
use dishtayantra_lmdb::options::PutOptions;
use serde_json::Value;

use crate::support::*;

#[test]
fn ls_lists_live_entries_with_their_envelopes() {
    let (_dir, path, store) = store();
    put(&store, "first", "a:1", &[7; 5000]);
    put(&store, "first", "b:1", b"x");
    put(&store, "second", "a:2", b"x");
    let forever = PutOptions { ttl_ms: 0, format: Format::Json, ..PutOptions::default() };
    store.put("second", b"a:3\x1b[2J", &[b"1"], &forever).unwrap();
    store.put("second", b"gone", &[b"1"], &PutOptions { ttl_ms: 1, ..PutOptions::default() }).unwrap();
    std::thread::sleep(Duration::from_millis(10));
    assert_eq!(printed(&[&"ls", &path]), "a:1\nb:1\na:2\na:3\\u{1b}[2J\n");
    assert_eq!(printed(&[&"ls", &path, &"--prefix", &"a:", &"--db", &"first"]), "a:1\n");
    let long = printed(&[&"ls", &path, &"--long", &"--prefix=a:1"]);
    for part in ["first", "a:1", "raw", "4.88 KiB", "4m 5", "a source", "a target", "an id"] {
        assert!(long.contains(part), "{part} in {long}");
    }
    let entries = json(&[&"ls", &path, &"--db", &"second"]);
    assert_eq!(entries.as_array().unwrap().len(), 2);
    assert_eq!(
        (&entries[0]["key"], &entries[0]["size"], &entries[0]["ttl_ms"]),
        (&"a:2".into(), &1.into(), &300_000.into())
    );
    assert!((1..=300_000).contains(&entries[0]["left_ms"].as_u64().unwrap()));
    assert!(entries[0]["age_ms"].as_u64().unwrap() < 60_000);
    assert_eq!((&entries[1]["format"], &entries[1]["left_ms"]), (&"json".into(), &Value::Null));
    assert!(refused(&[&"ls", &path, &"--db", &"third"]).contains("there are: first, second"));
}

#[test]
fn a_key_is_shown_as_it_is_and_in_hexadecimal_when_it_is_no_text() {
    let (_dir, path, store) = store();
    let keys = [&b"\"quoted\""[..], b"line\n", b"\xffbytes"];
    for key in keys {
        store.put("db", key, &[&[7; 9000]], &PutOptions::default()).unwrap();
    }
    let views = keys.map(|key| store.view("db", key).unwrap().unwrap());
    let listed = json(&[&"ls", &path]);
    let pinned = json(&[&"holders", &path]);
    for rows in [&listed, &pinned["pins"]] {
        for (key, hex) in [("\"quoted\"", None), ("line\n", None), ("\u{fffd}bytes", Some("ff6279746573"))] {
            let row = rows.as_array().unwrap().iter().find(|row| row["key"] == key).expect(key);
            assert_eq!(row.get("key_hex").and_then(Value::as_str), hex, "{row}");
        }
    }
    let text = printed(&[&"holders", &path]);
    assert!(text.contains("line\\n") && text.contains("\"quoted\""), "{text}");
    drop(views);
}

#[test]
fn get_writes_the_payload_and_counts_as_nobodys_opening() {
    let (dir, path, store) = store();
    let payload: Vec<u8> = (0..=255).cycle().take(100_000).collect();
    let tracked = PutOptions { tracked: true, checksum: true, ..PutOptions::default() };
    store.put("default", b"key", &[&payload], &tracked).unwrap();
    let output = run(&[&"get", &path, &"key"]);
    assert!(output.status.success());
    assert_eq!(output.stdout, payload);
    let file = dir.path().join("payload");
    assert_eq!(printed(&[&"get", &path, &"key", &"-o", &file]), "");
    assert_eq!(std::fs::read(&file).unwrap(), payload);
    let envelope = json(&[&"get", &path, &"key", &"--db", &"default"]);
    assert_eq!((&envelope["size"], &envelope["format"]), (&100_000.into(), &"raw".into()));
    assert!(envelope["checksum"].is_u64());
    assert!(!store.track("default", b"key").unwrap().unwrap().opened);
    assert!(refused(&[&"get", &path, &"none"]).contains("no live entry under key \"none\""));
    assert!(refused(&[&"get", &path, &"key", &"--db", &"other"]).contains("\"other\""));
    assert!(refused(&[&"get", &path, &"key", &"-o", &dir.path()]).contains("writing"));
}

#[test]
fn rm_deletes_and_names_what_is_not_there() {
    let (_dir, path, store) = store();
    for key in ["a", "b", "c"] {
        put(&store, "default", key, b"x");
    }
    let odd = OsStr::from_bytes(b"\xff\n");
    store.put("default", odd.as_bytes(), &[b"x"], &PutOptions::default()).unwrap();
    assert_eq!(printed(&[&"rm", &path, &"a", &odd]), "");
    let message = refused(&[&"rm", &path, &"b", &"z"]);
    assert!(message.contains("\"z\"") && !message.contains("\"b\""), "{message}");
    assert_eq!(store.list("default", b"").unwrap(), [b"c"]);
    assert_eq!(json(&[&"rm", &path, &"c"])["removed"], serde_json::json!(["c"]));
}

#[test]
fn a_short_time_to_live_is_not_for_ever_and_a_long_one_not_over() {
    let (dir, path, store) = store();
    let file = dir.path().join("file");
    std::fs::write(&file, "x").unwrap();
    for (ttl, wanted) in [("500us", 1), ("1ms", 1), ("0", 0), ("9999999999y", u64::MAX)] {
        let put = run(&[&"put", &path, &"key", &file, &"--ttl", &ttl, &"--json"]);
        let row: Value = serde_json::from_slice(&put.stdout).unwrap();
        assert_eq!(row["ttl_ms"], wanted, "{ttl}");
        std::thread::sleep(Duration::from_millis(5));
        let live = store.contains("default", b"key").unwrap();
        assert_eq!(live, wanted != 1, "{ttl}");
    }
    assert!(printed(&[&"ls", &path, &"--long"]).contains("key"));
    printed(&[&"wait", &path, &"key", &"--timeout=9999999999y"]);
}

/// Keys that cannot be printed as they are.
const ODD: [&[u8]; 8] = [
    b"line\nbreak",
    b"\x1b[31mred",
    b"back\\slash",
    b"\xff\xfebytes",
    b"\0",
    "right \u{202e} to left".as_bytes(),
    "zero\u{200b}width".as_bytes(),
    b"\"quoted\" 'twice'",
];

#[test]
fn keys_are_taken_back_as_they_are_printed() {
    let (_dir, path, store) = store();
    for hex in [false, true] {
        for key in ODD {
            store.put("default", key, &[key], &PutOptions::default()).unwrap();
        }
        let option: &[&dyn AsRef<OsStr>] = if hex { &[&"--key-hex"] } else { &[] };
        let listed = printed(&[&[&"ls" as &dyn AsRef<OsStr>, &path], option].concat());
        assert_eq!(listed.lines().count(), ODD.len(), "{listed:?}");
        assert!(!listed.contains(['\u{1b}', '\u{202e}', '\u{200b}', '\0']), "{listed:?}");
        let mut found: Vec<Vec<u8>> = Vec::new();
        for line in listed.lines() {
            let output = run(&[&[&"get" as &dyn AsRef<OsStr>, &path, &line], option].concat());
            assert!(output.status.success(), "{line}: {output:?}");
            found.push(output.stdout);
            printed(&[&[&"touch" as &dyn AsRef<OsStr>, &path, &line, &"--ttl=1h"], option].concat());
            assert_eq!(printed(&[&[&"rm" as &dyn AsRef<OsStr>, &path, &line], option].concat()), "");
        }
        let mut keys = ODD.map(<[u8]>::to_vec);
        keys.sort();
        assert_eq!(found, keys);
        assert_eq!(printed(&[&"ls", &path]), "");
    }
    assert!(refused(&[&"get", &path, &"a\\q"]).contains("--key-hex"));
    assert!(refused(&[&"get", &path, &"--key-hex", &"abc"]).contains("hexadecimal"));
    let message = refused(&[&"get", &path, &"\u{202e}"]);
    assert!(message.contains("\\u{202e}") && !message.contains('\u{202e}'), "{message}");
}

#[test]
fn ls_sorts_and_limits() {
    let (_dir, path, store) = store();
    for (number, (db, key, size, ttl_ms)) in [
        ("b", "small", 10, 0),
        ("a", "large", 9000, 50_000),
        ("b", "middle", 500, 900_000),
        ("a", "x", 9000, 60_000),
    ]
    .into_iter()
    .enumerate()
    {
        let options = PutOptions { ttl_ms, ..PutOptions::default() };
        store.put(db, key.as_bytes(), &[&vec![number as u8; size]], &options).unwrap();
    }
    for (options, wanted) in [
        ("--sort key", "large x middle small"),
        ("--sort key --reverse", "small middle x large"),
        ("--sort size", "large x middle small"),
        ("--sort size --limit 3", "large x middle"),
        ("--sort size --reverse --limit 2", "small middle"),
        ("--sort age", "small large middle x"),
        ("--sort age -r --limit 1", "x"),
        ("--sort left", "large x middle small"),
        ("--limit 3", "large x middle"),
        ("--limit 0", ""),
        ("--limit 1 --db b", "middle"),
        ("--sort size --limit 0", ""),
        ("--prefix s", "small"),
        ("--prefix \\x73", "small"),
        ("--prefix 73 --key-hex", "736d616c6c"),
    ] {
        let output = program().arg("ls").arg(&path).args(options.split(' ')).output().unwrap();
        let text = String::from_utf8(output.stdout).unwrap();
        assert_eq!(text.lines().collect::<Vec<_>>().join(" "), wanted, "{options}");
    }
    assert_eq!(printed(&[&"ls", &path, &"--json", &"--prefix=none"]), "[]\n");
}

#[test]
fn put_takes_a_file_or_the_standard_input() {
    let (dir, path, store) = store();
    let file = dir.path().join("payload");
    let payload: Vec<u8> = (0..=255).cycle().take(3_000_000).collect();
    std::fs::write(&file, &payload).unwrap();
    assert_eq!(
        printed(&[&"put", &path, &"a", &file, &"--ttl=0", &"--checksum", &"--source=s", &"--target=t"]),
        ""
    );
    let listed = json(&[&"ls", &path]);
    assert_eq!(
        (&listed[0]["left_ms"], &listed[0]["source"], &listed[0]["target"]),
        (&Value::Null, &"s".into(), &"t".into())
    );
    assert!(listed[0]["checksum"].is_u64());
    for arguments in
        [&["--format=json", "--ttl=1m 30s"][..], &["-", "--format=json", "--ttl=90s", "--db=default"]]
    {
        let mut child = program()
            .args(["put", path.to_str().unwrap(), "b"])
            .args(arguments)
            .stdin(Stdio::piped())
            .spawn()
            .unwrap();
        std::io::Write::write_all(&mut child.stdin.take().unwrap(), b"[1]").unwrap();
        assert!(child.wait().unwrap().success());
        let (bytes, info) = store.get("default", b"b").unwrap().unwrap();
        assert_eq!((bytes.as_slice(), info.format, info.ttl_ms), (&b"[1]"[..], Format::Json, 90_000));
        store.delete("default", b"b").unwrap();
    }
    assert_eq!(store.get("default", b"a").unwrap().unwrap().0, payload);
    assert_eq!(json(&[&"put", &path, &"new", &file, &"--db=other"])["size"], 3_000_000);
    assert!(refused(&[&"put", &path, &"a", &file, &"--no-overwrite"]).contains("\"a\""));
    assert!(refused(&[&"put", &path, &"a", &dir.path().join("none")]).contains("none: No such file"));
    assert!(refused(&[&"put", &path, &"a", &dir.path()]).contains("reading"));
    let made = dir.path().join("made");
    refused(&[&"put", &made, &"a", &file]);
    assert!(!made.exists());
    printed(&[&"put", &made, &"a", &file, &"--create"]);
    assert_eq!(printed(&[&"ls", &made]), "a\n");
}

#[test]
fn touch_lengthens_a_life_and_wait_waits() {
    let (_dir, path, store) = store();
    put(&store, "default", "key", b"x");
    printed(&[&"touch", &path, &"key", &"--ttl", &"2h"]);
    assert!(json(&[&"ls", &path])[0]["left_ms"].as_u64().unwrap() > 7_000_000);
    assert_eq!(json(&[&"touch", &path, &"key", &"--ttl", &"0"])["touched"], serde_json::json!(["key"]));
    assert_eq!(json(&[&"ls", &path])[0]["left_ms"], Value::Null);
    assert!(refused(&[&"touch", &path, &"none", &"--ttl", &"1s"]).contains("no live entry"));
    assert_eq!(printed(&[&"wait", &path, &"key", &"--timeout=0"]), "");
    assert!(refused(&[&"wait", &path, &"later", &"--timeout=50ms"]).contains("within 50 ms"));
    let child =
        program().arg("wait").arg(&path).args(["later", "--json"]).stdout(Stdio::piped()).spawn().unwrap();
    std::thread::sleep(Duration::from_millis(100));
    put(&store, "default", "later", b"x");
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success());
    assert_eq!(serde_json::from_slice::<Value>(&output.stdout).unwrap()["key"], "later");
}

#[test]
fn rm_removes_all_under_a_prefix() {
    let (_dir, path, store) = store();
    for number in 0..3000 {
        put(&store, "default", &format!("a:{number}"), b"x");
    }
    put(&store, "default", "b", b"x");
    put(&store, "other", "a:1", b"x");
    assert_eq!(printed(&[&"rm", &path, &"--prefix", &"a:"]), "3000 entries removed\n");
    assert_eq!(json(&[&"rm", &path, &"--prefix", &"a:"])["removed"], 0);
    assert_eq!(printed(&[&"ls", &path]), "b\na:1\n");
    assert_eq!(run(&[&"rm", &path, &"--prefix", &"a:", &"b"]).status.code(), Some(2));
}
