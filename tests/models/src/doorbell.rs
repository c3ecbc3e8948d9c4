//! No wake-up is lost: a waiter that slept for ever would be a deadlock.

use crate::store::doorbell::{ring, wait};
use crate::store::shared::Shared;
use crate::sync::{Arc, AtomicU64, Ordering};
use loom::thread;

fn committed(entries: &AtomicU64, wanted: u64) -> Result<bool, ()> {
    Ok(entries.load(Ordering::Acquire) >= wanted)
}

fn publish(shared: &Shared, entries: &AtomicU64) {
    entries.fetch_add(1, Ordering::Release);
    ring(shared, 0);
}

#[test]
fn a_waiter_sees_what_one_publisher_commits() {
    loom::model(|| {
        let (shared, entries) = (Arc::new(Shared::new()), Arc::new(AtomicU64::new(0)));
        let publisher = {
            let (shared, entries) = (shared.clone(), entries.clone());
            thread::spawn(move || publish(&shared, &entries))
        };
        assert_eq!(wait(&shared, 0, None, || committed(&entries, 1)), Ok(true));
        publisher.join().unwrap();
        assert_eq!(shared.waiters(0).load(Ordering::Relaxed), 0);
    });
}

#[test]
fn a_waiter_sees_the_second_of_two_entries_under_one_word() {
    bounded(2).check(|| {
        let (shared, entries) = (Arc::new(Shared::new()), Arc::new(AtomicU64::new(0)));
        let publishers = [(); 2].map(|()| {
            let (shared, entries) = (shared.clone(), entries.clone());
            thread::spawn(move || publish(&shared, &entries))
        });
        assert_eq!(wait(&shared, 0, None, || committed(&entries, 2)), Ok(true));
        publishers.into_iter().for_each(|publisher| publisher.join().unwrap());
    });
}

#[test]
fn two_waiters_see_what_one_publisher_commits() {
    bounded(2).check(|| {
        let (shared, entries) = (Arc::new(Shared::new()), Arc::new(AtomicU64::new(0)));
        let waiters = [(); 2].map(|()| {
            let (shared, entries) = (shared.clone(), entries.clone());
            thread::spawn(move || assert_eq!(wait(&shared, 0, None, || committed(&entries, 1)), Ok(true)))
        });
        publish(&shared, &entries);
        waiters.into_iter().for_each(|waiter| waiter.join().unwrap());
    });
}

/// All orders with at most so many switches away from a thread that could go on.
fn bounded(switches: usize) -> loom::model::Builder {
    let mut builder = loom::model::Builder::new();
    builder.preemption_bound = Some(switches);
    builder
}
