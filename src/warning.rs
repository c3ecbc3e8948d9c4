//! Warnings of a call, kept for the calling thread until a binding takes them.

use crate::log::{self, Level};
use std::cell::RefCell;

/// Warnings kept at most; the oldest go first when nobody takes them.
const KEPT: usize = 64;

thread_local! {
    static WARNINGS: RefCell<Vec<String>> = const { RefCell::new(Vec::new()) };
}

macro_rules! subjects {
    ($($(#[$doc:meta])* $subject:ident = $words:literal;)*) => {
        /// What is warned of.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub enum Subject { $($(#[$doc])* $subject,)* }

        impl Subject {
            /// All of them.
            pub const ALL: &[Subject] = &[$(Subject::$subject,)*];

            /// What every message of it says; under these words the documentation explains it.
            pub const fn words(self) -> &'static str {
                match self { $(Subject::$subject => $words,)* }
            }
        }
    };
}

/// Where warnings are explained.
pub const HELP: &str = "docs/troubleshooting.md#warnings";

subjects! {
    /// A configuration key that nobody knows.
    UnknownKey = "unknown configuration key";
    /// A calculator that gets its payloads directly.
    ReferencesIgnored = "does not open the references it gets";
    /// References that may lead anywhere.
    RootsUnset = "nothing says which stores references may lead to";
    /// A directory's mode.
    Readable = "can be read by others";
    /// A durability that is asked for too late.
    DurabilityStays = "was created with lmdb_durability";
    /// A limit that a later process raises.
    LimitRaised = "may grow to";
    /// A limit that another one is asked for in vain.
    LimitKept = "; lmdb_map_size =";
    /// A limit that is none.
    TooSmall = "is too small to be of use";
    /// Options that differ in one process.
    OptionsDiffer = "is open in this process with";
    /// A store of before the last boot.
    Recreated = "is recreated empty";
    /// Views for which there is no pin.
    Copies = "are copies from now on";
    /// A fork for which there is no pin.
    ChildCannotRead = "a forked child cannot read what it inherits";
}

/// Adds a warning for the calling thread.
pub fn warn(subject: Subject, message: impl Into<String>) {
    let message = message.into();
    debug_assert!(message.contains(subject.words()), "{message}");
    log::say(Level::Warn, || message.clone());
    WARNINGS.with_borrow_mut(|warnings| {
        if warnings.len() == KEPT {
            warnings.remove(0);
        }
        warnings.push(message);
    });
}

/// Takes the calling thread's warnings, oldest first.
pub fn take() -> Vec<String> {
    WARNINGS.with_borrow_mut(std::mem::take)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_warning_is_explained_under_its_words() {
        let page = include_str!("../docs/troubleshooting.md");
        let (_, section) = page.split_once("\n## Warnings\n").unwrap();
        let section = section.split("\n## ").next().unwrap();
        for subject in Subject::ALL {
            let words = subject.words();
            assert!(section.lines().any(|row| row.starts_with("| ") && row.contains(words)), "{words}");
        }
        assert!(HELP.ends_with("#warnings"));
    }
}
