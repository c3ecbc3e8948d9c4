//! Futures of entries: one thread of the process waits in the library in place of all of them.

use crate::entry::Key;
use crate::error::{ErrorKind, Result};
use crate::ffi::{Store, Watch};
use std::collections::HashMap;
use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};
use std::time::Duration;

/// How long the thread stays when nobody waits.
const IDLE: Duration = Duration::from_secs(1);
/// Keys that one look tells.
const TOLD: usize = 256;

impl Store {
    /// Which of the keys has a live entry, as soon as one has; see [`Watch::wait`]. `None` waits for ever.
    pub fn wait_any<'k, K: Into<Key<'k>>>(
        &self,
        keys: impl IntoIterator<Item = K>,
        timeout: Option<Duration>,
    ) -> Result<usize> {
        let watch = Watch::new()?;
        for (id, key) in (0..).zip(keys) {
            watch.add(self, key, id)?;
        }
        let told = watch.wait(timeout, 1)?;
        Ok(told[0] as usize)
    }

    /// A future that is done when a live entry is under `key`. It needs no particular runtime and holds up no thread;
    /// dropping it gives the wait up. Waiting begins with this call.
    pub fn wait_async<'k>(&self, key: impl Into<Key<'k>>) -> Result<Wait> {
        Wait::new(self, [key])
    }

    /// The same for the first of several keys; see [`Store::wait_any`].
    pub fn wait_any_async<'k, K: Into<Key<'k>>>(&self, keys: impl IntoIterator<Item = K>) -> Result<Wait> {
        Wait::new(self, keys)
    }
}

/// Waits for the first of several keys: which of them is there, in the order they were given. Made by
/// [`Store::wait_async`].
#[must_use = "dropping it gives the wait up"]
pub struct Wait {
    watcher: Arc<Watcher>,
    told: Arc<Mutex<Told>>,
    ids: Vec<u64>,
}

/// What is known of a wait.
#[derive(Default)]
struct Told {
    found: Option<usize>,
    waker: Option<Waker>,
}

impl Wait {
    fn new<'k, K: Into<Key<'k>>>(store: &Store, keys: impl IntoIterator<Item = K>) -> Result<Wait> {
        let told = Arc::default();
        let mut wait = Wait { watcher: Watcher::of_process()?, told, ids: Vec::new() };
        for (at, key) in keys.into_iter().enumerate() {
            let id = wait.watcher.expect(&wait.told, at);
            wait.ids.push(id);
            wait.watcher.watch.add(store, key, id)?;
        }
        wait.watcher.clone().start();
        Ok(wait)
    }

    /// How many keys it is for, and which of them is there.
    pub(crate) fn told(&self) -> (usize, Option<usize>) {
        (self.ids.len(), lock(&self.told).found)
    }
}

impl Future for Wait {
    type Output = usize;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<usize> {
        let mut told = lock(&self.told);
        match told.found {
            Some(found) => Poll::Ready(found),
            None => {
                told.waker = Some(context.waker().clone());
                Poll::Pending
            }
        }
    }
}

impl Drop for Wait {
    fn drop(&mut self) {
        for id in &self.ids {
            lock(&self.watcher.waiting).by_id.remove(id);
            self.watcher.watch.remove(*id);
        }
    }
}

/// The thread that waits for all.
struct Watcher {
    watch: Watch,
    process: u32,
    waiting: Mutex<Waiting>,
}

#[derive(Default)]
struct Waiting {
    by_id: HashMap<u64, (Arc<Mutex<Told>>, usize)>,
    last: u64,
    runs: bool,
}

static WATCHER: Mutex<Option<Arc<Watcher>>> = Mutex::new(None);

impl Watcher {
    /// The one of this process: in a forked child there is no thread of the parent's.
    fn of_process() -> Result<Arc<Watcher>> {
        let mut place = lock(&WATCHER);
        let process = std::process::id();
        match place.as_ref().filter(|watcher| watcher.process == process) {
            Some(watcher) => Ok(watcher.clone()),
            None => {
                let made = Arc::new(Watcher { watch: Watch::new()?, process, waiting: Mutex::default() });
                // The parent's is left alone.
                std::mem::forget(place.replace(made.clone()));
                Ok(made)
            }
        }
    }

    fn expect(&self, told: &Arc<Mutex<Told>>, at: usize) -> u64 {
        let mut waiting = lock(&self.waiting);
        waiting.last += 1;
        let id = waiting.last;
        waiting.by_id.insert(id, (told.clone(), at));
        id
    }

    fn start(self: Arc<Self>) {
        if std::mem::replace(&mut lock(&self.waiting).runs, true) {
            return;
        }
        let thread = std::thread::Builder::new().name("dy-lmdb-watcher".into());
        let again = self.clone();
        if thread.spawn(move || self.run()).is_err() {
            lock(&again.waiting).runs = false;
        }
    }

    fn run(&self) {
        loop {
            let told = match self.watch.wait(Some(IDLE), TOLD) {
                Ok(told) => told,
                Err(error) => {
                    let mut waiting = lock(&self.waiting);
                    if waiting.by_id.is_empty() || error.kind() != ErrorKind::Timeout {
                        waiting.runs = false;
                        return;
                    }
                    continue;
                }
            };
            for id in told {
                let Some((told, at)) = lock(&self.waiting).by_id.remove(&id) else { continue };
                let mut told = lock(&told);
                told.found.get_or_insert(at);
                let waker = told.waker.take();
                drop(told);
                if let Some(waker) = waker {
                    waker.wake();
                }
            }
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
