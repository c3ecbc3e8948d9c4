//! What stands in the way of a store, or will: found, and what to change.

mod cleaners;
mod host;
mod libraries;
mod place;
mod state;

use std::path::{Path, PathBuf};

use serde_json::json;

use crate::arguments::Opening;
use crate::out::{colours, print};
use crate::report::as_line;
use crate::{Failure, key};

pub use libraries::Maps;

/// How bad it is.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Level {
    /// As it should be.
    Good,
    /// Costs time, memory or comfort.
    Hint,
    /// Will go wrong some day.
    Warning,
    /// Keeps the store from working.
    Fault,
}

impl Level {
    fn name(self) -> &'static str {
        match self {
            Level::Good => "good",
            Level::Hint => "hint",
            Level::Warning => "warning",
            Level::Fault => "fault",
        }
    }

    fn colour(self) -> &'static str {
        match self {
            Level::Good => "\x1b[32m",
            Level::Hint => "\x1b[36m",
            Level::Warning => "\x1b[33m",
            Level::Fault => "\x1b[31m",
        }
    }
}

/// One thing that was looked at.
struct Finding {
    level: Level,
    about: &'static str,
    found: String,
    /// What to do about it.
    change: Option<String>,
}

/// What was found so far.
struct Findings(Vec<Finding>);

impl Findings {
    fn good(&mut self, about: &'static str, found: impl Into<String>) {
        self.0.push(Finding { level: Level::Good, about, found: found.into(), change: None });
    }

    fn add(
        &mut self,
        level: Level,
        about: &'static str,
        found: impl Into<String>,
        change: impl Into<String>,
    ) {
        self.0.push(Finding { level, about, found: found.into(), change: Some(change.into()) });
    }
}

/// Looks at everything that a store in `path` depends on; it need not be there. Fails when there is a fault.
pub fn run(path: &Path, opening: &Opening) -> Result<(), Failure> {
    let path: PathBuf = std::path::absolute(path)?;
    let mut findings = Findings(Vec::new());
    place::look(&path, opening, &mut findings);
    cleaners::look(&path, &mut findings);
    host::look(&path, &mut findings);
    libraries::look(&path, &mut findings);
    state::look(&path, opening, &mut findings);
    let Findings(mut findings) = findings;
    findings.sort_by_key(|finding| std::cmp::Reverse(finding.level));
    if opening.json {
        let rows = findings.iter().map(|finding| {
            let Finding { level, about, found, change } = finding;
            json!({"level": level.name(), "about": about, "found": found, "change": change})
        });
        print(&as_line(&rows.collect()))?;
    } else {
        print(&text(&path, &findings))?;
    }
    match findings.iter().filter(|finding| finding.level == Level::Fault).count() {
        0 => Ok(()),
        faults => Err(format!("{faults} of these keep the store in {} from working", path.display()).into()),
    }
}

fn text(path: &Path, findings: &[Finding]) -> String {
    let coloured = colours(&std::io::stdout());
    let mut text = format!("{}\n", key::shown(path.as_os_str().as_encoded_bytes()));
    for Finding { level, about, found, change } in findings {
        let (on, off) = if coloured { (level.colour(), "\x1b[0m") } else { ("", "") };
        text += &format!("{on}{:<8}{off} {about:<18} {}\n", level.name(), key::shown(found.as_bytes()));
        if let Some(change) = change {
            text += &format!("{:<27} -> {}\n", "", key::shown(change.as_bytes()));
        }
    }
    text
}
