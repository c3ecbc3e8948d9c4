//! What is asked of a store, at random, beside a model of what must be in it.

use super::choices::Bytes;
use dishtayantra_lmdb::error::Status;
use dishtayantra_lmdb::options::{Options, PutOptions};
use dishtayantra_lmdb::store::{Entry, Loan, Store, View};
use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

/// The database of all operations.
pub const DB: &str = "default";
/// Keys that the operations of one source use.
const KEYS: u64 = 12;
/// A size that many payloads share, so that extents are kept.
const COMMON: usize = 60_000;
/// Views and loans that are held meanwhile.
const HELD: usize = 6;

/// Where choices come from: a random generator, or the bytes of a fuzzer.
pub trait Choices {
    /// A number below `bound`.
    fn below(&mut self, bound: u64) -> u64;
}

/// The payload of an entry: made from a tag that no other has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Payload {
    pub tag: u64,
    pub size: usize,
}

impl Payload {
    fn choose(from: &mut impl Choices, tag: u64) -> Payload {
        let size = match from.below(8) {
            0 => from.below(64),
            1..=3 => from.below(2_000),
            4 => from.below(20_000),
            5 => from.below(300_000),
            _ => COMMON as u64,
        };
        Payload { tag, size: size as usize }
    }

    fn word(self, at: usize) -> u64 {
        (self.tag ^ at as u64).wrapping_mul(0x9E37_79B9_7F4A_7C15)
    }

    pub fn bytes(self) -> Vec<u8> {
        let mut bytes: Vec<u8> =
            (0..self.size.div_ceil(8)).flat_map(|at| self.word(at).to_le_bytes()).collect();
        bytes.truncate(self.size);
        bytes
    }

    /// Asserts that `bytes` are this payload, all of it.
    pub fn check(self, bytes: &[u8]) {
        assert_eq!(bytes.len(), self.size, "the size of {self:?}");
        for (at, chunk) in bytes.chunks(8).enumerate() {
            assert_eq!(chunk, &self.word(at).to_le_bytes()[..chunk.len()], "word {at} of {self:?}");
        }
    }

    /// The payload that an entry says it is.
    pub fn of(view: &View) -> Payload {
        let tag = view.source().parse().expect("its tag is in the source");
        Payload { tag, size: view.info().size as usize }
    }
}

/// One operation. What it does depends on the choices alone.
#[derive(Debug, Clone)]
pub enum Op {
    Put { key: u64, payload: Payload, tracked: bool },
    PutMany(Vec<(u64, Payload)>),
    Publish { key: u64, payload: Payload, cut: usize },
    PutNew { key: u64, payload: Payload },
    PutBrief { payload: Payload },
    Delete(u64),
    DeleteMany(Vec<u64>),
    Touch(u64),
    Get(u64),
    View(u64),
    DropView,
    Lend(usize),
    GiveBack,
    List,
    Wait(u64),
    Sweep,
    Audit,
}

/// What must be under the keys.
pub type Contents = BTreeMap<Vec<u8>, Payload>;

impl Op {
    /// The operation with a number that no other has.
    pub fn choose(from: &mut impl Choices, number: u64) -> Op {
        let kind = from.below(20);
        let key = from.below(KEYS);
        let payload = Payload::choose(from, number << 8);
        match kind {
            0..=2 => Op::Put { key, payload, tracked: from.below(4) == 0 },
            3 => {
                let entry = |nth| (from.below(KEYS), Payload::choose(from, number << 8 | nth));
                Op::PutMany((1..6).map(entry).collect())
            }
            4..=6 => Op::Publish { key, payload, cut: if from.below(4) == 0 { 5_000 } else { 0 } },
            7 => Op::PutNew { key, payload },
            8 => Op::PutBrief { payload },
            9 | 10 => Op::Delete(key),
            11 => Op::DeleteMany((0..4).map(|_| from.below(KEYS)).collect()),
            12 => Op::Touch(key),
            13 => Op::Get(key),
            14 => Op::View(key),
            15 => Op::DropView,
            16 => Op::Lend(payload.size),
            17 => Op::GiveBack,
            18 => Op::List,
            _ => match from.below(3) {
                0 => Op::Wait(key),
                1 => Op::Sweep,
                _ => Op::Audit,
            },
        }
    }

    /// What the operation does to the contents. `prefix` is that of the keys.
    pub fn apply(&self, prefix: &str, contents: &mut Contents) {
        match self {
            Op::Put { key, payload, .. } => {
                contents.insert(name(prefix, *key), *payload);
            }
            Op::Publish { key, payload, cut } => {
                let size = payload.size.saturating_sub(*cut);
                contents.insert(name(prefix, *key), Payload { size, ..*payload });
            }
            Op::PutNew { key, payload } => {
                contents.entry(name(prefix, *key)).or_insert(*payload);
            }
            Op::PutMany(entries) => {
                contents.extend(entries.iter().map(|&(key, payload)| (name(prefix, key), payload)));
            }
            Op::Delete(key) => {
                contents.remove(&name(prefix, *key));
            }
            Op::DeleteMany(keys) => {
                contents.retain(|key, _| !keys.iter().any(|&gone| name(prefix, gone) == *key))
            }
            _ => {}
        }
    }
}

/// A key of an operation.
fn name(prefix: &str, key: u64) -> Vec<u8> {
    format!("{prefix}{key:02}").into_bytes()
}

/// The options of all stores that operations run on: small, so that pages are used again soon.
pub fn options() -> Options {
    Options { map_size: 64 << 20, prefault: 0, ..Options::default() }
}

/// What is in the store under `prefix`, by what the entries say themselves; every byte is looked at.
pub fn contents_of(store: &Store, prefix: &str) -> Contents {
    let keys = store.list(DB, prefix.as_bytes()).expect("keys are listed");
    let found = keys.into_iter().filter_map(|key| {
        let view = store.view_quiet(DB, &key).expect("an entry can be viewed")?;
        let payload = Payload::of(&view);
        payload.check(view.bytes());
        Some((key, payload))
    });
    found.collect()
}

/// A process's part: its handles, and what it knows.
pub struct Session<'a> {
    store: &'a Store,
    prefix: String,
    contents: Contents,
    views: VecDeque<(View, Payload)>,
    loans: VecDeque<(Loan, Payload)>,
}

impl<'a> Session<'a> {
    /// Goes on from what is in the store under `prefix`, which nobody else writes.
    pub fn new(store: &'a Store, prefix: &str) -> Session<'a> {
        let contents = contents_of(store, prefix);
        let prefix = prefix.to_owned();
        Session { store, prefix, contents, views: VecDeque::new(), loans: VecDeque::new() }
    }

    /// Runs an operation and holds its answers against what must be there.
    pub fn run(&mut self, op: &Op) {
        let store = self.store;
        let name = |key: u64| name(&self.prefix, key);
        let there = |key: u64| self.contents.get(&name(key)).copied();
        match op {
            Op::Put { key, payload, tracked } => self.put(&name(*key), *payload, *tracked),
            Op::PutMany(entries) => self.put_many(entries),
            Op::Publish { key, payload, cut } => self.publish(&name(*key), *payload, *cut),
            Op::PutNew { key, payload } => {
                let source = payload.tag.to_string();
                let options =
                    PutOptions { no_overwrite: true, source: &source, ttl_ms: 0, ..PutOptions::default() };
                match store.put(DB, &name(*key), &[&payload.bytes()], &options) {
                    Ok(_) => assert!(there(*key).is_none(), "an entry was overwritten"),
                    Err(error) => {
                        assert_eq!(error.status(), Status::KeyExists, "{error}");
                        assert!(there(*key).is_some(), "{error}");
                    }
                }
            }
            Op::PutBrief { payload } => {
                let source = payload.tag.to_string();
                let options = PutOptions { ttl_ms: 1, source: &source, ..PutOptions::default() };
                store
                    .put("brief", &self.prefix.clone().into_bytes(), &[&payload.bytes()], &options)
                    .expect("a put");
            }
            Op::Delete(key) => {
                let deleted = store.delete(DB, &name(*key)).expect("a delete");
                assert_eq!(deleted, there(*key).is_some());
            }
            Op::DeleteMany(keys) => {
                let names: Vec<Vec<u8>> = keys.iter().map(|&key| name(key)).collect();
                let names: Vec<&[u8]> = names.iter().map(Vec::as_slice).collect();
                store.delete_many(DB, &names).expect("a delete of many");
            }
            Op::Touch(key) => {
                let touched = store.touch(DB, &name(*key), 0).expect("a touch");
                assert_eq!(touched, there(*key).is_some());
            }
            Op::Get(key) => {
                let got = store.get(DB, &name(*key)).expect("a get");
                assert_eq!(got.is_some(), there(*key).is_some());
                got.into_iter().zip(there(*key)).for_each(|((bytes, _), payload)| payload.check(&bytes));
            }
            Op::View(key) => {
                let view = store.view(DB, &name(*key)).expect("a view");
                let there = there(*key);
                assert_eq!(view.is_some(), there.is_some());
                self.views.extend(view.into_iter().zip(there));
                if self.views.len() > HELD {
                    self.drop_view();
                }
            }
            Op::DropView => self.drop_view(),
            Op::Lend(size) => {
                let payload = Payload { tag: *size as u64, size: *size };
                let mut loan = store.loan(*size as u64).expect("a loan");
                loan.bytes_mut().copy_from_slice(&payload.bytes());
                self.loans.push_back((loan, payload));
                if self.loans.len() > HELD {
                    self.give_back();
                }
            }
            Op::GiveBack => self.give_back(),
            Op::List => {
                let keys = store.list(DB, self.prefix.as_bytes()).expect("a list");
                assert!(keys.iter().eq(self.contents.keys()), "{keys:?}");
            }
            Op::Wait(key) => {
                let waited = store.wait(DB, &name(*key), Some(Duration::ZERO));
                assert_eq!(waited.is_ok(), there(*key).is_some());
            }
            Op::Sweep => drop(store.sweep().expect("a sweep")),
            Op::Audit => self.audit(),
        }
        op.apply(&self.prefix, &mut self.contents);
    }

    fn put(&self, key: &[u8], payload: Payload, tracked: bool) {
        let source = payload.tag.to_string();
        let options = PutOptions { tracked, source: &source, ttl_ms: 0, ..PutOptions::default() };
        let bytes = payload.bytes();
        let (front, rest) = bytes.split_at(bytes.len() / 3);
        self.store.put(DB, key, &[front, rest], &options).expect("a put");
    }

    fn put_many(&self, entries: &[(u64, Payload)]) {
        let owned: Vec<(Vec<u8>, Vec<u8>, String)> = entries
            .iter()
            .map(|&(key, payload)| (name(&self.prefix, key), payload.bytes(), payload.tag.to_string()))
            .collect();
        let parts: Vec<[&[u8]; 1]> = owned.iter().map(|(_, bytes, _)| [bytes.as_slice()]).collect();
        let batch: Vec<Entry> = owned
            .iter()
            .zip(&parts)
            .map(|((key, _, source), parts)| Entry {
                key,
                parts,
                options: PutOptions { source, ttl_ms: 0, ..PutOptions::default() },
            })
            .collect();
        self.store.put_many(DB, &batch).expect("a batch");
    }

    fn publish(&self, key: &[u8], payload: Payload, cut: usize) {
        let mut loan = self.store.loan(payload.size as u64).expect("a loan");
        let shorter = Payload { size: payload.size.saturating_sub(cut), ..payload };
        loan.bytes_mut()[..shorter.size].copy_from_slice(&shorter.bytes());
        loan.truncate(shorter.size as u64).expect("it is not longer");
        let source = payload.tag.to_string();
        let options = PutOptions { source: &source, ttl_ms: 0, ..PutOptions::default() };
        loan.publish(DB, key, &options).expect("a publication");
    }

    fn drop_view(&mut self) {
        if let Some((view, payload)) = self.views.pop_front() {
            payload.check(view.bytes());
        }
    }

    fn give_back(&mut self) {
        if let Some((loan, payload)) = self.loans.pop_front() {
            payload.check(loan.bytes());
        }
    }

    /// Nothing that is held has changed, and no page is lost or owned twice.
    pub fn audit(&self) {
        self.views.iter().for_each(|(view, payload)| payload.check(view.bytes()));
        self.loans.iter().for_each(|(loan, payload)| payload.check(loan.bytes()));
        let audit = self.store.audit().expect("an audit");
        assert!(audit.faults.is_empty(), "{:#?}", audit.faults);
    }

    /// All of it, at the end.
    pub fn check(&self) {
        self.audit();
        assert_eq!(contents_of(self.store, &self.prefix), self.contents);
    }
}

/// Operations as the bytes say, on a store that is used for all inputs of the process.
pub fn operations(bytes: &[u8]) {
    thread_local! {
        static STORE: (tempfile::TempDir, Store) = {
            let directory = tempfile::tempdir_in("/dev/shm").expect("a directory in memory");
            let store = Store::open(directory.path(), &options()).expect("a store");
            (directory, store)
        };
    }
    STORE.with(|(_, store)| {
        let mut session = Session::new(store, "k");
        let mut from = Bytes(bytes);
        for number in 0..200 {
            if from.0.is_empty() {
                break;
            }
            session.run(&Op::choose(&mut from, number));
        }
        session.check();
    });
}
