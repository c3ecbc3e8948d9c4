//! A handle's value is dropped once, by whoever leaves last, and nobody uses it afterwards.

use super::handle::{Handle, Kind};
use crate::sync::{Arc, AtomicU32, Ordering};
use loom::cell::UnsafeCell;
use loom::thread;

/// Loom ends the model when the drop does not come after every use.
struct Value {
    used: UnsafeCell<u32>,
    drops: Arc<AtomicU32>,
}

// SAFETY: that is what the models are about.
unsafe impl Sync for Value {}

impl Kind for Value {
    const NAME: &'static str = "value";
    const MAGIC: u64 = 1;
}

impl Drop for Value {
    fn drop(&mut self) {
        self.used.with_mut(|_| ());
        self.drops.fetch_add(1, Ordering::Relaxed);
    }
}

fn use_it(handle: &Handle<Value>) {
    if let Ok(inside) = handle.enter() {
        inside.used.with(|_| ());
    }
}

fn race(callers: usize, closers: usize) {
    let mut builder = loom::model::Builder::new();
    builder.preemption_bound = Some(3);
    builder.check(move || {
        let drops = Arc::new(AtomicU32::new(0));
        let given = Handle::give(Value { used: UnsafeCell::new(0), drops: drops.clone() });
        // SAFETY: made on the line above and never freed by what is tested.
        let handle: &'static Handle<Value> = unsafe { Handle::at(given) }.unwrap();
        let mut threads = Vec::new();
        threads.extend((0..callers).map(|_| thread::spawn(move || use_it(handle))));
        threads.extend((1..closers).map(|_| thread::spawn(move || handle.close())));
        handle.close();
        assert!(handle.enter().is_err());
        threads.into_iter().for_each(|thread| thread.join().unwrap());
        assert_eq!(drops.load(Ordering::Relaxed), 1);
        // SAFETY: nobody has it any more; loom's state must not outlive the model.
        drop(unsafe { Box::from_raw(given) });
    });
}

#[test]
fn two_calls_and_a_close_drop_the_value_once() {
    race(2, 1);
}

#[test]
fn a_call_and_two_closes_drop_the_value_once() {
    race(1, 2);
}
