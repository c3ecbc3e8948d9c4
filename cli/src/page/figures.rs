//! What a report draws, gathered in one pass over the entries.

use std::collections::{BTreeMap, BinaryHeap};

use dishtayantra_lmdb::store::{Listed, Store};

use crate::Failure;
use crate::list::{age_ms, walk};

/// Entries that are named.
const NAMED: usize = 25;

/// The figures of all live entries.
#[derive(Default)]
pub struct Figures {
    /// Entries, by the power of two that their size reaches.
    pub sizes: BTreeMap<u64, u64>,
    /// Entries, by the round time in ms that their age reaches.
    pub ages: BTreeMap<u64, u64>,
    /// Entries, by the round time in ms that what is left of their lives reaches; `u64::MAX`: until they are deleted.
    pub left: BTreeMap<u64, u64>,
    /// Entries and bytes, by the second in which they were put.
    pub put: BTreeMap<u64, (u64, u64)>,
    /// Entries and bytes, by database and who put them.
    pub sources: BTreeMap<(String, String), (u64, u64)>,
    /// The largest entries, with their databases.
    pub largest: Vec<(String, Listed)>,
    /// Live entries.
    pub entries: u64,
    /// Their bytes.
    pub bytes: u64,
}

/// Times that ages and lives are sorted into, in ms.
const TIMES: [u64; 14] = [
    0,
    10,
    100,
    1_000,
    10_000,
    60_000,
    300_000,
    1_800_000,
    3_600_000,
    21_600_000,
    86_400_000,
    604_800_000,
    2_592_000_000,
    31_536_000_000,
];

/// The largest of [`TIMES`] that a time reaches.
fn reached(ms: u64) -> u64 {
    TIMES.into_iter().rev().find(|bound| *bound <= ms).unwrap_or(0)
}

impl Figures {
    /// Looks at every live entry of `store`.
    pub fn gather(store: &Store) -> Result<Figures, Failure> {
        let mut figures = Figures::default();
        let mut largest = BinaryHeap::new();
        let mut named: BTreeMap<(String, Vec<u8>), Listed> = BTreeMap::new();
        for database in store.databases()? {
            walk(store, &database, b"", |entry| {
                figures.add(&database, entry);
                largest.push(std::cmp::Reverse((entry.info.size, database.clone(), entry.key.clone())));
                named.insert((database.clone(), entry.key.clone()), entry.clone());
                if largest.len() > NAMED
                    && let Some(std::cmp::Reverse((_, database, key))) = largest.pop()
                {
                    named.remove(&(database, key));
                }
                Ok(())
            })?;
        }
        let mut found: Vec<_> = named.into_iter().map(|((database, _), entry)| (database, entry)).collect();
        found.sort_by_key(|(_, entry)| std::cmp::Reverse(entry.info.size));
        figures.largest = found;
        Ok(figures)
    }

    fn add(&mut self, database: &str, entry: &Listed) {
        let size = entry.info.size;
        self.entries += 1;
        self.bytes += size;
        *self.sizes.entry(1 << size.max(1).ilog2()).or_default() += 1;
        *self.ages.entry(reached(age_ms(entry.info.created_ns))).or_default() += 1;
        *self.left.entry(entry.left_ms.map_or(u64::MAX, reached)).or_default() += 1;
        for (entries, bytes) in [
            self.put.entry(entry.info.created_ns / 1_000_000_000).or_default(),
            self.sources.entry((database.to_owned(), entry.source.clone())).or_default(),
        ] {
            *entries += 1;
            *bytes += size;
        }
    }
}
