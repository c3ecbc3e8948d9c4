//! Fail points: places between the steps of an operation that no system call marks, where tests end the process or hold
//! a thread. They exist in builds with debug assertions; others have nothing there.

#[cfg(debug_assertions)]
mod hook {
    use std::sync::OnceLock;

    type Hook = Box<dyn Fn(&'static str) + Send + Sync>;

    static HOOK: OnceLock<Hook> = OnceLock::new();

    /// Has `hook` called at every fail point, with its name. Once in a process; it may end the process or wait.
    pub fn hook(hook: impl Fn(&'static str) + Send + Sync + 'static) -> bool {
        HOOK.set(Box::new(hook)).is_ok()
    }

    pub(crate) fn reached(step: &'static str) {
        if let Some(hook) = HOOK.get() {
            hook(step);
        }
    }
}

#[cfg(debug_assertions)]
pub use hook::hook;
#[cfg(debug_assertions)]
pub(crate) use hook::reached;

#[cfg(not(debug_assertions))]
#[inline(always)]
pub(crate) fn reached(_step: &'static str) {}
