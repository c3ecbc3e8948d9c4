//! Random operations of two processes on one store, each killed at a random fail point again and again, beside a model of
//! what must be in it.
//!
//! What an operation does depends on its number and the seed alone, and each process has keys of its own. So once both are
//! dead their keys must hold what all operations made that were begun, but that the last may not have happened. A third
//! process lives on: what it views never changes.
//!
//! `SIMULATION_OPERATIONS` and `SIMULATION_SEED` choose how many, and which.

use crate::common::{Random, Role, role, scratch};
use crate::fuzz::operations::{Choices, Contents, DB, Op, Payload, Session, contents_of, options};
use dishtayantra_lmdb::store::{Store, View};
use std::collections::BTreeMap;
use std::fs::File;
use std::os::unix::fs::FileExt;
use std::path::Path;
use std::process::ExitStatus;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

const PREFIXES: [&str; 2] = ["a", "b"];
/// Fail points between two deaths, at most.
const LONGEST_LIFE: f64 = 2000.0;

impl Choices for Random {
    fn below(&mut self, bound: u64) -> u64 {
        Random::below(self, bound)
    }
}

fn op(seed: u64, prefix: &str, number: u64) -> Op {
    let mut random = Random(seed << 40 ^ u64::from(prefix.as_bytes()[0]) << 32 ^ (number + 1));
    // Neighbouring states give neighbouring numbers at first.
    for _ in 0..4 {
        random.next();
    }
    Op::choose(&mut random, number)
}

/// The file in which a process says how many operations it has begun, and where it ends.
fn progress(path: &Path, prefix: &str) -> std::path::PathBuf {
    path.with_file_name(format!("progress-{prefix}"))
}

#[test]
#[ignore = "the body of the processes that are killed"]
#[allow(unsafe_code)]
fn child() {
    let Some((role, path)) = role() else {
        return;
    };
    let mut words = role.split(' ');
    let prefix = words.next().unwrap();
    let [seed, first, life] = [(); 3].map(|()| words.next().unwrap().parse::<u64>().unwrap());
    static LEFT: AtomicU64 = AtomicU64::new(0);
    LEFT.store(life, Ordering::Relaxed);
    let progress = File::options().write(true).open(progress(&path, prefix)).unwrap();
    let last_words = progress.try_clone().unwrap();
    dishtayantra_lmdb::steps::hook(move |step| {
        if LEFT.fetch_sub(1, Ordering::Relaxed) <= 1 {
            last_words.write_all_at(format!("{step:<64}").as_bytes(), 8).unwrap();
            // SAFETY: ends the process, as others end it, in the middle of whatever it does.
            unsafe { libc::kill(libc::getpid(), libc::SIGKILL) };
        }
    });
    let store = Store::open(&path, &options()).unwrap();
    let mut session = Session::new(&store, prefix);
    for number in first.. {
        progress.write_all_at(&(number + 1).to_le_bytes(), 0).unwrap();
        session.run(&op(seed, prefix, number));
    }
}

/// One of the processes, over all its lives.
struct Process {
    prefix: &'static str,
    /// Operations that have happened.
    done: u64,
    contents: Contents,
    progress: File,
}

impl Process {
    /// Starts it; it dies after a random number of fail points.
    fn start(&self, path: &Path, seed: u64, random: &mut Random) -> Role {
        let life = random.size(1.0, LONGEST_LIFE);
        Role::start("simulation::child", &format!("{} {seed} {} {life}", self.prefix, self.done), path)
    }

    /// The fail point at which it died.
    fn died_at(&self) -> String {
        let mut step = [0; 64];
        self.progress.read_exact_at(&mut step, 8).unwrap();
        String::from_utf8_lossy(&step).trim().to_owned()
    }

    /// Once it is dead: what it began has happened, but for the last operation, which may have.
    fn check(&mut self, store: &Store, seed: u64) {
        let mut begun = [0; 8];
        self.progress.read_exact_at(&mut begun, 0).unwrap();
        let begun = u64::from_le_bytes(begun).max(self.done);
        let found = contents_of(store, self.prefix);
        let mut before = self.contents.clone();
        while self.done < begun {
            before.clone_from(&self.contents);
            op(seed, self.prefix, self.done).apply(self.prefix, &mut self.contents);
            self.done += 1;
        }
        if found == self.contents {
            return;
        }
        self.done -= 1;
        assert!(
            found == before,
            "seed {seed}, {}{}, killed in {:?}:\nfound {found:?}\nbefore {before:?}\nafter {:?}",
            self.prefix,
            self.done,
            op(seed, self.prefix, self.done),
            self.contents
        );
        self.contents = before;
    }
}

/// Waits for its death, and sweeps now and then as others do: it may wait for a lock whose next holder died.
fn wait_for(role: &mut Role, store: &Store) -> ExitStatus {
    loop {
        for _ in 0..500 {
            if let Some(status) = role.child.try_wait().unwrap() {
                return status;
            }
            std::thread::sleep(Duration::from_millis(1));
        }
        store.sweep().unwrap();
    }
}

fn simulate(seed: u64, operations: u64) {
    let dir = scratch();
    let path = dir.path().join("store");
    std::fs::create_dir(&path).unwrap();
    let store = Store::open(&path, &options()).unwrap();
    let mut random = Random(seed + 1);
    let mut processes = PREFIXES.map(|prefix| {
        std::fs::write(progress(&path, prefix), 0_u64.to_le_bytes()).unwrap();
        let progress = File::open(progress(&path, prefix)).unwrap();
        Process { prefix, done: 0, contents: Contents::new(), progress }
    });
    let mut held: Vec<(View, Payload)> = Vec::new();
    let mut deaths = BTreeMap::new();
    while processes.iter().map(|process| process.done).sum::<u64>() < operations {
        let running: Vec<Role> =
            processes.iter().map(|process| process.start(&path, seed, &mut random)).collect();
        for mut role in running {
            let status = wait_for(&mut role, &store);
            assert_eq!(
                std::os::unix::process::ExitStatusExt::signal(&status),
                Some(libc::SIGKILL),
                "seed {seed}: a process ended with {status}; {:?} were done",
                processes.each_ref().map(|process| process.done)
            );
        }
        for process in &mut processes {
            *deaths.entry(process.died_at()).or_insert(0) += 1;
            process.check(&store, seed);
        }
        held.iter().for_each(|(view, payload)| payload.check(view.bytes()));
        if random.below(3) == 0 {
            store.sweep().unwrap();
        }
        let audit = store.audit().unwrap();
        assert!(audit.faults.is_empty(), "seed {seed}: {:#?}", audit.faults);
        // Some views of now are kept for the next lives.
        held.retain(|_| random.below(3) > 0);
        for (key, payload) in processes.iter().flat_map(|process| &process.contents) {
            if random.below(3) == 0 {
                held.push((store.view(DB, key).unwrap().expect("it was there"), *payload));
            }
        }
    }
    held.clear();
    store.sweep().unwrap();
    crate::common::assert_clean(&store);
    println!("seed {seed}: {operations} operations, deaths at {deaths:#?}");
}

#[test]
fn operations_of_two_processes_killed_between_any_two_steps_happen_or_do_not() {
    let number = |name: &str, usual| std::env::var(name).map_or(usual, |text| text.parse().unwrap());
    simulate(number("SIMULATION_SEED", 1), number("SIMULATION_OPERATIONS", 3_000));
}
