//! Nobody writes to pages that somebody looks at.
//!
//! One reader views the entry whose extent another thread deletes and hands out again as soon as the rule allows it. The
//! payload is one word: a reader that finds anything but the entry's must have found no record.

use crate::envelope::Extent;
use crate::lmdb::LockTable;
use crate::store::pins::{Need, Pins};
use crate::store::shared::Shared;
use crate::store::spares::{Spare, Spares};
use crate::store::unseen;
use crate::sync::{Arc, AtomicU64, Ordering};
use loom::thread;
use std::convert::Infallible;

const EXTENT: Extent = Extent { start: 40, pages: 2 };
/// Transactions: what the entry was put by, and what deletes it.
const PUT: u64 = 10;
const DELETE: u64 = 11;
const WHOLE: u64 = 1;
const REUSED: u64 = 2;

struct Store {
    table: LockTable,
    shared: Shared,
    payload: AtomicU64,
}

impl Store {
    fn new(readers: u32) -> Arc<Store> {
        Arc::new(Store {
            table: LockTable::new(PUT, readers),
            shared: Shared::new(),
            payload: AtomicU64::new(WHOLE),
        })
    }

    /// `Engine::snapshot`, the look-up, and a view of what it found, read twice.
    fn view(&self, reader: usize, pins: &Pins) {
        let mut id = self.table.renew(reader);
        while !self.table.is_seen(id) {
            self.table.reset(reader);
            id = self.table.renew(reader);
        }
        if id >= DELETE {
            self.table.reset(reader);
            return;
        }
        let slot = pins.pin(&self.shared, 1 + reader as u32, EXTENT.start, 0, Need::Ordinary);
        let slot = slot.expect("a slot for each reader");
        self.table.reset(reader);
        assert_eq!(self.payload.load(Ordering::Relaxed), WHOLE, "pages were reused under a view");
        pins.unpin(&self.shared, slot);
    }

    /// The deletion, another transaction, and one that hands the extent out as soon as it may.
    fn delete_and_reuse(&self, transactions: u64) {
        self.table.commit(DELETE);
        for id in DELETE + 1..=DELETE + transactions {
            let row = |old: &dyn Fn(u64) -> bool| -> Result<Vec<Extent>, Infallible> {
                Ok(if old(DELETE) { vec![EXTENT] } else { Vec::new() })
            };
            let Ok((rows, pinned)) = unseen::look(&self.table, &self.shared, id - 1, row, |row| row.start);
            if rows.iter().any(|row| !pinned.contains(&row.start)) {
                self.payload.store(REUSED, Ordering::Relaxed);
                return;
            }
            self.table.commit(id);
        }
    }

    /// The replacement by a loan, another transaction, and loans from what was kept.
    fn replace_and_keep(&self, spares: &Spares) {
        self.table.commit(DELETE);
        spares.add(&[Spare { id: 1, extent: EXTENT, freed: DELETE }]);
        for id in DELETE + 1..=DELETE + 2 {
            if spares.take(&self.table, &self.shared, EXTENT.pages).is_some() {
                self.payload.store(REUSED, Ordering::Relaxed);
                return;
            }
            self.table.commit(id);
        }
        if spares.take(&self.table, &self.shared, EXTENT.pages).is_some() {
            self.payload.store(REUSED, Ordering::Relaxed);
        }
    }
}

fn model(readers: u32, switches: usize, writer: fn(&Store)) {
    let mut builder = loom::model::Builder::new();
    builder.preemption_bound = Some(switches);
    builder.max_branches = 10_000;
    builder.check(move || {
        let store = Store::new(readers);
        let views: Vec<_> = (0..readers as usize)
            .map(|reader| {
                let store = store.clone();
                thread::spawn(move || store.view(reader, &Pins::default()))
            })
            .collect();
        writer(&store);
        views.into_iter().for_each(|view| view.join().unwrap());
    });
}

#[test]
fn a_view_keeps_its_extent_out_of_quarantine() {
    model(1, 3, |store| store.delete_and_reuse(3));
}

#[test]
fn two_views_keep_their_extent_out_of_quarantine() {
    model(2, 2, |store| store.delete_and_reuse(2));
}

#[test]
fn a_view_keeps_its_extent_from_being_lent_once_more() {
    model(1, 4, |store| store.replace_and_keep(&Spares::default()));
}

#[test]
fn extents_are_reused_once_nobody_looks() {
    loom::model(|| {
        let store = Store::new(1);
        store.delete_and_reuse(3);
        assert_eq!(store.payload.load(Ordering::Relaxed), REUSED);
        let store = Store::new(1);
        store.replace_and_keep(&Spares::default());
        assert_eq!(store.payload.load(Ordering::Relaxed), REUSED);
    });
}
