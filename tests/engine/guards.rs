//! What may be opened, by whom, and what is refused by name.

use crate::common::{Role, load, open, pause, role, say, scratch, tagged};
use dishtayantra_lmdb::error::{Error, Status};
use dishtayantra_lmdb::options::{Durability, Options, PutOptions};
use dishtayantra_lmdb::store::Store;
use dishtayantra_lmdb::warning;
use std::fs;
use std::os::unix::fs::{FileExt, PermissionsExt, symlink};
use std::path::Path;
use std::time::Duration;

#[test]
#[ignore = "the body of the child processes; started by the tests of this file"]
fn child() {
    let Some((role, path)) = role() else {
        return;
    };
    match role.as_str() {
        "hold" => {
            let _store = open(&path);
            say("open", "");
            pause();
        }
        "small address space" => say("refused", refused(&path, libc::RLIMIT_AS, 8 << 30)),
        "small files" => say("refused", refused(&path, libc::RLIMIT_FSIZE, 1 << 30)),
        other => panic!("unknown role {other:?}"),
    }
}

#[allow(unsafe_code)]
fn refused(path: &Path, resource: libc::__rlimit_resource_t, limit: u64) -> String {
    let limit = libc::rlimit { rlim_cur: limit, rlim_max: limit };
    // SAFETY: lowers a limit of this child process.
    unsafe { libc::setrlimit(resource, &limit) };
    let error = fail(path, &Options::default());
    format!("{} {}", error.status().name(), error.message())
}

fn fail(path: &Path, options: &Options) -> Error {
    Store::open(path, options).expect_err("it must not open")
}

fn mode(path: &Path) -> u32 {
    fs::metadata(path).unwrap().permissions().mode() & 0o777
}

fn set_mode(path: &Path, mode: u32) {
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
}

#[test]
fn opening_twice_gives_one_store_with_the_larger_map_size() {
    let dir = scratch();
    let first = open(dir.path());
    let options = Options { map_size: 2 << 30, prefault: 1, ..Options::default() };
    warning::take();
    let second = Store::open(dir.path(), &options).unwrap();
    let warnings = warning::take();
    assert!(warnings.len() == 2 && warnings[1].contains("prefault"), "{warnings:?}");
    assert!(warnings[0].contains("2147483648") && warnings[0].contains("1073741824"), "{warnings:?}");
    assert_eq!(first.stats().unwrap()["map"]["limit"], 2_u64 << 30);
    second.put("default", b"k", &[b"x"], &PutOptions::default()).unwrap();
    drop(second);
    assert!(first.contains("default", b"k").unwrap());
}

#[test]
fn closing_the_last_holder_closes_and_what_was_put_is_still_there() {
    let dir = scratch();
    for round in 0..20 {
        let store = open(dir.path());
        assert_eq!(store.list("default", b"").unwrap().len(), round);
        store
            .put("default", format!("k{round}").as_bytes(), &[&tagged(1, 100_000)], &PutOptions::default())
            .unwrap();
    }
    let data = fs::canonicalize(dir.path()).unwrap().join("data.mdb");
    let maps = fs::read_to_string("/proc/self/maps").unwrap();
    assert!(!maps.contains(data.to_str().unwrap()), "still mapped");
}

#[test]
fn a_view_outlives_the_store_and_the_store_can_be_opened_meanwhile() {
    let dir = scratch();
    let store = open(dir.path());
    store.put("default", b"k", &[&tagged(4, 100_000)], &PutOptions::default()).unwrap();
    let view = store.view("default", b"k").unwrap().unwrap();
    drop(store);
    let again = open(dir.path());
    again.delete("default", b"k").unwrap();
    again
        .put("default", b"other", &[&tagged(5, 100_000)], &PutOptions { ttl_ms: 30, ..PutOptions::default() })
        .unwrap();
    assert_eq!(crate::common::check_tagged(view.bytes()), 4);
    drop(again);
    assert_eq!(crate::common::check_tagged(view.bytes()), 4);
}

#[test]
fn the_directory_is_made_private_and_others_are_kept_out() {
    let dir = scratch();
    let path = dir.path().join("a/b");
    drop(open(&path));
    assert_eq!(mode(&path), 0o700);
    assert_eq!(mode(&path.join("data.mdb")), 0o600);
    set_mode(&path, 0o755);
    warning::take();
    drop(open(&path));
    let warnings = warning::take();
    assert!(warnings.iter().any(|w| w.contains("can be read by others")), "{warnings:?}");
    set_mode(&path, 0o770);
    let error = fail(&path, &Options::default());
    assert_eq!(error.status(), Status::Permission);
    assert!(error.message().contains("0770") && error.message().contains("lmdb_mode"), "{error}");
    drop(Store::open(&path, &Options { mode: 0o770, ..Options::default() }).unwrap());
}

#[test]
fn links_are_refused_unless_allowed() {
    let dir = scratch();
    let (real, link) = (dir.path().join("real"), dir.path().join("link"));
    drop(open(&real));
    symlink(&real, &link).unwrap();
    let error = fail(&link, &Options::default());
    assert_eq!(error.status(), Status::Permission);
    assert!(error.message().contains("symbolic link"), "{error}");
    drop(Store::open(&link, &Options { follow_symlinks: true, ..Options::default() }).unwrap());
    let target = dir.path().join("elsewhere");
    fs::rename(real.join("data.mdb"), &target).unwrap();
    symlink(&target, real.join("data.mdb")).unwrap();
    assert_eq!(fail(&real, &Options::default()).status(), Status::Permission);
}

#[test]
fn a_store_that_is_not_there_is_not_made_when_only_an_existing_one_is_wanted() {
    let dir = scratch();
    let existing = Options { existing: true, ..Options::default() };
    assert_eq!(fail(&dir.path().join("none"), &existing).status(), Status::NotFound);
    assert_eq!(fail(dir.path(), &existing).status(), Status::NotFound);
    assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 0);
}

#[test]
fn another_programs_store_is_refused_and_left_alone() {
    let dir = scratch();
    fs::write(dir.path().join("data.mdb"), b"somebody's bytes").unwrap();
    let error = fail(dir.path(), &Options::default());
    assert_eq!(error.status(), Status::ForeignStore);
    assert!(error.message().contains("another program"), "{error}");
    assert_eq!(fs::read(dir.path().join("data.mdb")).unwrap(), b"somebody's bytes");
}

#[test]
fn who_does_not_name_a_limit_leaves_it_alone() {
    const OWN: u64 = 64 << 20;
    let sized = |map_size| Options { map_size, ..Options::default() };
    for (wanted, limit) in [(0, OWN), (OWN, OWN), (OWN / 2, OWN), (2 * OWN, 2 * OWN), (64 << 30, 32 << 30)] {
        for closed in [false, true] {
            let dir = scratch();
            let mut first = Some(Store::open(dir.path(), &sized(OWN)).unwrap());
            if closed {
                first = None;
            }
            warning::take();
            let second = Store::open(dir.path(), &sized(wanted)).unwrap();
            let warnings = warning::take();
            assert_eq!(second.stats().unwrap()["map"]["limit"], limit, "{wanted} {closed}");
            let told = |size: u64| warnings.iter().any(|warning| warning.contains(&size.to_string()));
            let differs = wanted != 0 && wanted != OWN;
            assert_eq!(told(OWN) && told(wanted), differs, "{warnings:?}");
            assert_eq!(
                told(limit) && warnings.iter().any(|w| w.contains("is not applied")),
                differs && wanted != limit
            );
            // One who only wants what is there is not told what it did not ask for.
            let existing = Options { existing: true, ..sized(OWN / 2) };
            drop(Store::open(dir.path(), &existing).unwrap());
            assert_eq!(warning::take(), [""; 0]);
            drop(first);
        }
    }
    let dir = scratch();
    assert_eq!(open(dir.path()).stats().unwrap()["map"]["limit"], 1 << 30);
}

#[test]
fn a_store_grows_when_it_is_told_to_and_never_shrinks() {
    let dir = scratch();
    let store = Store::open(dir.path(), &Options { map_size: 64 << 20, ..Options::default() }).unwrap();
    warning::take();
    for (bytes, was) in [(64 << 20, 64 << 20), (96 << 20, 64 << 20), (32 << 30, 96 << 20)] {
        assert_eq!(store.grow(bytes).unwrap(), was);
        assert_eq!(store.stats().unwrap()["map"]["limit"], bytes);
    }
    for bytes in [0, 1 << 30, (32 << 30) + 1, u64::MAX] {
        let error = store.grow(bytes).unwrap_err();
        assert_eq!(error.status(), Status::InvalidArgument, "{error}");
    }
    assert_eq!(warning::take(), [""; 0]);
}

#[test]
fn what_cannot_be_made_is_not_said_to_be_missing() {
    let error = fail(Path::new("/proc/none/deep"), &Options::default());
    assert_eq!(error.status(), Status::Io);
    assert!(error.message().contains("/proc/none/deep cannot be made"), "{error}");
    let error = fail(Path::new("/proc/none"), &Options { existing: true, ..Options::default() });
    assert_eq!(error.status(), Status::NotFound, "{error}");
}

#[test]
fn an_engines_own_store_is_told_from_other_programs_and_left_alone() {
    for (databases, said) in
        [(&["default", "_metadata"][..], "safe to remove"), (&["default"], "another program")]
    {
        let dir = scratch();
        for name in databases {
            load(dir.path(), name, &[("default:k:meta", "{}")]);
        }
        let bytes = fs::read(dir.path().join("data.mdb")).unwrap();
        let error = fail(dir.path(), &Options::default());
        assert_eq!(error.status(), Status::ForeignStore);
        assert!(error.message().contains(said), "{error}");
        assert_eq!(fs::read(dir.path().join("data.mdb")).unwrap(), bytes);
    }
    // Whatever its bytes are, a file that is no store only is none.
    let dir = scratch();
    load(dir.path(), "_metadata", &[("k", "v")]);
    let whole = fs::read(dir.path().join("data.mdb")).unwrap();
    for at in 0..200 {
        let mut bytes = whole.clone();
        for byte in &mut bytes[at * whole.len() / 200..] {
            *byte ^= 0xff;
        }
        fs::write(dir.path().join("data.mdb"), bytes).unwrap();
        assert_eq!(fail(dir.path(), &Options::default()).status(), Status::ForeignStore);
    }
}

#[test]
fn another_format_version_is_refused_by_number() {
    let dir = scratch();
    drop(open(dir.path()));
    let shared = fs::OpenOptions::new().write(true).open(dir.path().join("shared")).unwrap();
    shared.write_all_at(&9_u32.to_le_bytes(), 8).unwrap();
    let error = fail(dir.path(), &Options::default());
    assert_eq!(error.status(), Status::ForeignStore);
    assert!(error.message().contains("version 9"), "{error}");
}

#[test]
fn a_data_file_without_our_format_is_refused_and_can_be_opened_once_mended() {
    let dir = scratch();
    drop(open(dir.path()));
    let path = dir.path().join("data.mdb");
    let data = fs::OpenOptions::new().read(true).write(true).open(path).unwrap();
    let mut head = vec![0; 1 << 20];
    data.read_exact_at(&mut head, 0).unwrap();
    let name = b"format_version";
    let places: Vec<usize> = (0..head.len() - 32).filter(|&at| head[at..].starts_with(name)).collect();
    for version in [7_u32, 3] {
        for at in &places {
            data.write_all_at(&version.to_le_bytes(), (at + name.len()) as u64).unwrap();
        }
        let result = Store::open(dir.path(), &Options::default());
        match version {
            7 => assert_eq!(result.unwrap_err().status(), Status::ForeignStore),
            _ => drop(result.unwrap()),
        }
    }
}

#[test]
fn a_data_file_that_was_swapped_under_an_open_store_is_noticed() {
    let dir = scratch();
    let store = open(dir.path());
    fs::remove_file(dir.path().join("data.mdb")).unwrap();
    fs::write(dir.path().join("data.mdb"), b"").unwrap();
    let error = fail(dir.path(), &Options::default());
    assert_eq!(error.status(), Status::ForeignStore);
    drop(store);
    drop(open(dir.path()));
}

#[test]
fn two_stores_with_the_same_inodes_on_two_file_systems_are_two_stores() {
    let places = [scratch(), scratch()];
    for place in &places {
        let mount = std::process::Command::new("mount")
            .args(["-t", "tmpfs", "-o", "size=16m", "tmpfs"])
            .arg(place.path())
            .status();
        assert!(mount.unwrap().success(), "this test mounts a tmpfs, which takes root");
    }
    for _round in 0..2 {
        let stores = places.each_ref().map(|place| open(&place.path().join("store")));
        for (seed, store) in stores.iter().enumerate() {
            store.put("default", b"k", &[&tagged(seed as u64, 100_000)], &PutOptions::default()).unwrap();
        }
        for (seed, store) in stores.iter().enumerate() {
            let view = store.view("default", b"k").unwrap().unwrap();
            assert_eq!(crate::common::check_tagged(view.bytes()), seed as u64);
        }
    }
    for place in &places {
        assert!(std::process::Command::new("umount").arg(place.path()).status().unwrap().success());
    }
}

#[test]
fn a_durable_store_with_a_damaged_header_is_not_recreated() {
    let dir = scratch();
    let durable = Options { durability: Durability::Sync, ..Options::default() };
    let store = Store::open(dir.path(), &durable).unwrap();
    store.put("default", b"k", &[b"x"], &PutOptions::default()).unwrap();
    drop(store);
    let data = fs::metadata(dir.path().join("data.mdb")).unwrap().len();
    fs::write(dir.path().join("shared"), b"").unwrap();
    let error = fail(dir.path(), &durable);
    assert_eq!(error.status(), Status::ForeignStore);
    assert!(error.message().contains("durable"), "{error}");
    assert_eq!(fs::metadata(dir.path().join("data.mdb")).unwrap().len(), data);
}

#[test]
fn lock_mdb_has_blocks_for_every_reader() {
    use std::os::unix::fs::MetadataExt;
    let dir = scratch();
    let _store = open(dir.path());
    let lock = fs::metadata(dir.path().join("lock.mdb")).unwrap();
    assert!(lock.blocks() * 512 >= lock.len(), "{} of {} bytes", lock.blocks() * 512, lock.len());
}

#[test]
fn the_mode_is_what_was_configured_whatever_the_umask() {
    let dir = scratch();
    let path = dir.path().join("group");
    drop(Store::open(&path, &Options { mode: 0o770, ..Options::default() }).unwrap());
    assert_eq!(mode(&path), 0o770);
    for file in ["data.mdb", "lock.mdb", "shared", "owners", "open.lock"] {
        assert_eq!(mode(&path.join(file)), 0o660, "{file}");
    }
}

#[test]
fn the_number_of_reader_slots_is_the_creators() {
    let dir = scratch();
    drop(Store::open(dir.path(), &Options { max_readers: 40, ..Options::default() }).unwrap());
    let store = open(dir.path());
    assert_eq!(store.stats().unwrap()["lmdb"]["max_readers"], 40);
}

#[test]
fn a_store_too_small_to_be_of_use_gets_the_smallest_size_that_is() {
    let dir = scratch();
    warning::take();
    let store = Store::open(dir.path(), &Options { map_size: 1 << 20, ..Options::default() }).unwrap();
    assert!(warning::take().iter().any(|w| w.contains("1048576") && w.contains("4194304")));
    assert_eq!(store.stats().unwrap()["map"]["limit"], 4 << 20);
    for i in 0..200 {
        store.put("default", b"k", &[&tagged(i, 512 << 10)], &PutOptions::default()).unwrap();
        store.put("default", format!("small{i}").as_bytes(), &[b"x"], &PutOptions::default()).unwrap();
        assert!(store.delete("default", b"k").unwrap());
    }
}

#[test]
fn the_number_of_named_databases_is_the_stores_not_the_openers() {
    let dir = scratch();
    drop(Store::open(dir.path(), &Options { max_dbs: 120, ..Options::default() }).unwrap());
    let store = open(dir.path());
    for i in 0..120 {
        store.put(&format!("db{i}"), b"k", &[b"x"], &PutOptions::default()).unwrap();
    }
}

#[test]
fn a_damaged_header_is_refused_and_takes_no_disk_space() {
    for at in [48, 76, 88] {
        let dir = scratch();
        drop(open(dir.path()));
        let lock = || fs::metadata(dir.path().join("lock.mdb")).unwrap().len();
        let before = lock();
        let shared = fs::OpenOptions::new().write(true).open(dir.path().join("shared")).unwrap();
        shared.write_all_at(&[0xff; 8], at).unwrap();
        let error = fail(dir.path(), &Options::default());
        assert_eq!(error.status(), Status::ForeignStore, "byte {at}");
        assert!(error.message().contains("damaged"), "{error}");
        assert_eq!(lock(), before);
    }
}

#[test]
fn a_store_whose_creator_died_is_made_anew() {
    let dir = scratch();
    drop(open(dir.path()));
    let shared = fs::OpenOptions::new().write(true).open(dir.path().join("shared")).unwrap();
    shared.write_all_at(&0_u32.to_le_bytes(), 12).unwrap();
    let store = open(dir.path());
    store.put("default", b"k", &[b"x"], &PutOptions::default()).unwrap();
}

fn forget_boot(path: &Path) {
    let shared = fs::OpenOptions::new().write(true).open(path.join("shared")).unwrap();
    shared.write_all_at(&[1; 16], 16).unwrap();
}

#[test]
fn after_a_boot_a_store_is_recreated_unless_it_is_durable() {
    for (durability, survives) in [(Durability::Process, false), (Durability::Sync, true)] {
        let dir = scratch();
        let options = Options { durability, ..Options::default() };
        let put = PutOptions { ttl_ms: 60_000, ..PutOptions::default() };
        let store = Store::open(dir.path(), &options).unwrap();
        store.put("default", b"k", &[&tagged(1, 50_000)], &put).unwrap();
        store.put("default", b"short", &[b"x"], &PutOptions { ttl_ms: 50, ..put }).unwrap();
        drop(store);
        std::thread::sleep(Duration::from_millis(60));
        forget_boot(dir.path());
        warning::take();
        let store = Store::open(dir.path(), &options).unwrap();
        assert_eq!(store.contains("default", b"k").unwrap(), survives, "{durability:?}");
        assert!(!store.contains("default", b"short").unwrap());
        assert_eq!(warning::take().iter().any(|w| w.contains("last boot")), !survives);
        let audit = store.audit().unwrap();
        assert!(audit.faults.is_empty(), "{:?}", audit.faults);
    }
}

#[test]
fn limits_of_the_process_are_named() {
    for (role, name) in [("small address space", "RLIMIT_AS"), ("small files", "RLIMIT_FSIZE")] {
        let dir = scratch();
        let mut child = Role::start("guards::child", role, dir.path());
        let said = child.expect("refused");
        assert!(said.starts_with("DY_LMDB_LIMIT") && said.contains(name), "{said}");
        child.finish();
    }
}

#[test]
fn a_file_where_the_directory_should_be_is_an_error() {
    let dir = scratch();
    let path = dir.path().join("file");
    fs::write(&path, b"x").unwrap();
    let error = fail(&path, &Options::default());
    assert!(error.message().contains("file"), "{error}");
    assert_eq!(fs::read(&path).unwrap(), b"x");
}

#[test]
fn a_corrupt_record_is_an_error_that_names_the_key() {
    let dir = scratch();
    let store = open(dir.path());
    let marker = b"find me in the file, please, whoever looks for this record";
    store.put("default", b"victim", &[marker], &PutOptions::default()).unwrap();
    let data = fs::OpenOptions::new().read(true).write(true).open(dir.path().join("data.mdb")).unwrap();
    let mut head = vec![0; 1 << 20];
    data.read_exact_at(&mut head, 0).unwrap();
    // Copies of the page as it was before later commits are there as well: all are changed.
    let places: Vec<usize> =
        (96..head.len() - marker.len()).filter(|&at| head[at..].starts_with(marker)).collect();
    assert!(!places.is_empty());
    for at in places {
        data.write_all_at(&u64::MAX.to_le_bytes(), (at - 96 + 24) as u64).unwrap();
    }
    let error = store.view("default", b"victim").unwrap_err();
    assert_eq!(error.status(), Status::Corrupt);
    assert!(error.message().contains("victim"), "{error}");
    assert!(!store.audit().unwrap().faults.is_empty());
    store.put("default", b"short", &[b"y"], &PutOptions { ttl_ms: 1, ..PutOptions::default() }).unwrap();
    std::thread::sleep(Duration::from_millis(5));
    store.sweep().unwrap();
    assert!(!store.contains("default", b"short").unwrap());
    store.put("default", b"victim", &[b"new"], &PutOptions::default()).unwrap();
    assert_eq!(store.get("default", b"victim").unwrap().unwrap().0, b"new");
}
