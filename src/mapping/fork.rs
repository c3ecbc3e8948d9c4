//! What a forked child must not share with its parent.
//!
//! Locks of an open file description live on in a child that inherits the descriptor, so the child closes those that
//! say "this engine is alive". A counter tells every handle that it was made in another process.

use std::cell::UnsafeCell;
use std::io;
use std::os::fd::RawFd;
use std::sync::atomic::{AtomicBool, AtomicI32, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

/// Descriptors a child closes; a store has three.
static FDS: [AtomicI32; 768] = [const { AtomicI32::new(-1) }; 768];
static GENERATION: AtomicU64 = AtomicU64::new(1);
/// Held over every fork so that no child inherits it locked by a thread it does not have.
static OPENING: Mutex<()> = Mutex::new(());
static HELD: Held = Held(UnsafeCell::new(None));

struct Held(UnsafeCell<Option<(MutexGuard<'static, ()>, Inheritance)>>);

/// What a child inherits, made just before the fork. It is dropped in the parent, and never in the child.
pub trait Inherited {
    /// Called in the child, by its only thread.
    fn in_child(&self);
}

/// One for each store that is open.
pub type Inheritance = Vec<Box<dyn Inherited>>;

/// What [`install`] was given.
static BEFORE: OnceLock<fn(&MutexGuard<'_, ()>) -> Inheritance> = OnceLock::new();

// SAFETY: touched only by the fork handlers of one thread at a time, which hold the lock itself.
unsafe impl Sync for Held {}

/// Which process of a line of forks this is.
pub fn generation() -> u64 {
    GENERATION.load(Ordering::Relaxed)
}

/// Keeps forks away while stores are opened and closed, one at a time.
pub fn exclude() -> MutexGuard<'static, ()> {
    OPENING.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Installs the handlers, once per process. `before` is called before every fork, in the process that forks.
pub fn install(
    _excluded: &MutexGuard<'_, ()>,
    before: fn(&MutexGuard<'_, ()>) -> Inheritance,
) -> io::Result<()> {
    static INSTALLED: AtomicBool = AtomicBool::new(false);
    if !INSTALLED.load(Ordering::Relaxed) {
        BEFORE.get_or_init(|| before);
        // SAFETY: the handlers lock a mutex, count and close descriptors.
        let code = unsafe { libc::pthread_atfork(Some(prepare), Some(in_parent), Some(in_child)) };
        if code != 0 {
            return Err(io::Error::from_raw_os_error(code));
        }
        INSTALLED.store(true, Ordering::Relaxed);
    }
    Ok(())
}

/// Has every forked child close `fd`. `false`: too many are registered.
pub fn close_in_child(fd: RawFd) -> bool {
    FDS.iter().any(|slot| slot.compare_exchange(-1, fd, Ordering::AcqRel, Ordering::Relaxed).is_ok())
}

/// Forgets a descriptor that is about to be closed here.
pub fn forget(fd: RawFd) {
    for slot in &FDS {
        let _ = slot.compare_exchange(fd, -1, Ordering::AcqRel, Ordering::Relaxed);
    }
}

/// A lock that is held for longer than a borrow of it.
pub struct Locked<T: 'static> {
    guard: Option<MutexGuard<'static, T>>,
    _mutex: Arc<Mutex<T>>,
}

impl<T> Locked<T> {
    /// Waits for the lock.
    pub fn of(mutex: &Arc<Mutex<T>>) -> Locked<T> {
        let mutex = mutex.clone();
        // SAFETY: the guard goes before the reference that keeps the mutex where it is.
        let lasting: &'static Mutex<T> = unsafe { &*Arc::as_ptr(&mutex) };
        let guard = lasting.lock().unwrap_or_else(PoisonError::into_inner);
        Locked { guard: Some(guard), _mutex: mutex }
    }
}

impl<T> Drop for Locked<T> {
    fn drop(&mut self) {
        self.guard.take();
    }
}

extern "C" fn prepare() {
    let guard = exclude();
    let inheritance = BEFORE.get().map_or_else(Vec::new, |before| before(&guard));
    // SAFETY: this thread holds the lock, so no other handler runs.
    unsafe { *HELD.0.get() = Some((guard, inheritance)) };
}

extern "C" fn in_parent() {
    // SAFETY: the thread that ran `prepare` still holds the lock.
    let held = unsafe { (*HELD.0.get()).take() };
    if let Some((guard, inheritance)) = held {
        // The last holder of a store may have gone meanwhile, and closing it excludes others again.
        drop(guard);
        drop(inheritance);
    }
}

extern "C" fn in_child() {
    GENERATION.fetch_add(1, Ordering::Relaxed);
    for slot in &FDS {
        let fd = slot.swap(-1, Ordering::AcqRel);
        if fd >= 0 {
            // SAFETY: the descriptor belongs to an engine that is never dropped in a child.
            unsafe { libc::close(fd) };
        }
    }
    // SAFETY: as in the parent; the child's only thread is the one that forked.
    let held = unsafe { (*HELD.0.get()).take() };
    if let Some((guard, inheritance)) = held {
        for inherited in &inheritance {
            inherited.in_child();
        }
        std::mem::forget(inheritance);
        drop(guard);
    }
}
