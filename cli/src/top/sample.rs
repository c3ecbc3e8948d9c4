//! One look at a store, and what happened since the one before.

use std::collections::{BTreeMap, BinaryHeap};
use std::time::Instant;

use dishtayantra_lmdb::store::{Listed, Store};
use serde_json::Value;

use super::Order;
use crate::Failure;
use crate::list::walk;
use crate::ranked::{Ranked, keep};
use crate::report::number;

/// Entries that are kept of each look.
pub const KEPT: usize = 500;

/// A look.
pub struct Sample {
    /// When it was.
    pub at: Instant,
    /// The statistics.
    pub stats: Value,
    /// The first entries in the order that is wanted, with their databases.
    pub entries: Vec<(String, Listed)>,
    /// Live entries and bytes of each who puts them, by database and source.
    pub sources: BTreeMap<(String, String), (u64, u64)>,
}

impl Sample {
    /// Looks at `store`.
    pub fn take(store: &Store, order: Order) -> Result<Sample, Failure> {
        let stats = crate::store::look(store)?;
        let mut sources: BTreeMap<(String, String), (u64, u64)> = BTreeMap::new();
        let mut first = BinaryHeap::new();
        for database in store.databases()? {
            walk(store, &database, b"", |entry| {
                let (entries, bytes) = sources.entry((database.clone(), entry.source.clone())).or_default();
                *entries += 1;
                *bytes += entry.info.size;
                let rank = (order.rank(entry), database.clone(), entry.key.clone());
                keep(&mut first, Ranked { rank, entry: entry.clone() }, KEPT);
                Ok(())
            })?;
        }
        let entries =
            first.into_sorted_vec().into_iter().map(|Ranked { rank: (_, name, _), entry }| (name, entry));
        Ok(Sample { at: Instant::now(), stats, entries: entries.collect(), sources })
    }

    /// Bytes of all live payloads.
    pub fn live(&self) -> u64 {
        let databases = self.stats["databases"].as_object().into_iter().flatten();
        databases.map(|(_, database)| number(&database["bytes"])).sum()
    }

    /// How often something happened a second since `before`.
    pub fn rate(&self, before: &Sample, counter: &str) -> f64 {
        let seconds = (self.at - before.at).as_secs_f64();
        let count = |sample: &Sample| number(&sample.stats["counters"][counter]);
        if seconds > 0.0 { count(self).saturating_sub(count(before)) as f64 / seconds } else { 0.0 }
    }
}
