//! What the kernel tells of a process.

use serde_json::{Value, json};
use std::os::unix::fs::MetadataExt;

use crate::key;

/// A process as /proc shows it, or as a store tells of it.
pub struct Process {
    /// Its number, where it runs.
    pub pid: u64,
    /// The host, or container, where that is.
    pub host: Option<String>,
    /// Its whole command line; of one that has none the name in brackets, as ps does.
    pub command: Option<String>,
    /// Whose it is, by name or number.
    pub user: Option<String>,
    /// What it does: running, sleeping, stopped …
    pub state: Option<&'static str>,
}

impl Process {
    /// Looks at process `pid`. What cannot be told is `None`, all of it when there is no such process.
    pub fn look(pid: u64) -> Process {
        let status = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
        let field = |name: &str| {
            status.lines().find_map(|line| line.strip_prefix(name)?.split_ascii_whitespace().next())
        };
        Process {
            pid,
            host: None,
            command: command(pid),
            user: field("Uid:").and_then(|uid| uid.parse().ok()).map(user),
            state: field("State:").map(state),
        }
    }

    /// Whose a row of a store's statistics is. One in another container, whose pid means somebody else here or nobody, is
    /// known by what it told of itself.
    pub fn of(row: &Value) -> Process {
        let pid = row["pid"].as_u64().unwrap_or(0);
        let (host, told) = (row["host"].as_str(), row["command"].as_str());
        let here = row["pid_namespace"].as_u64().is_none_or(|namespace| namespace == own_namespace());
        let host = host.map(|host| key::shown(host.as_bytes()));
        if here {
            return Process { host, ..Process::look(pid) };
        }
        let command = told.map(|command| key::shown(command.as_bytes()));
        Process { pid, host, command, user: None, state: None }
    }

    /// Whether it does not run on its own: what it holds stays held.
    pub fn is_stopped(&self) -> bool {
        matches!(self.state, Some("stopped" | "traced"))
    }

    /// For JSON.
    pub fn json(&self) -> Value {
        json!({
            "pid": self.pid, "host": self.host, "user": self.user, "state": self.state, "command": self.command,
        })
    }

    /// Pid, host, user, state and command for a table.
    pub fn cells(&self) -> [String; 5] {
        let known = |value: Option<&str>| value.unwrap_or("?").to_owned();
        let (host, user, command) = (self.host.as_deref(), self.user.as_deref(), self.command.as_deref());
        [self.pid.to_string(), known(host), known(user), known(self.state), known(command)]
    }
}

/// Inode of the pid namespace of this process.
fn own_namespace() -> u64 {
    std::fs::metadata("/proc/self/ns/pid").map_or(0, |found| found.ino())
}

/// The name of a user, or the number of one that has none.
pub fn user(uid: u32) -> String {
    let found = nix::unistd::User::from_uid(uid.into());
    found.ok().flatten().map_or_else(|| uid.to_string(), |user| key::shown(user.name.as_bytes()))
}

fn command(pid: u64) -> Option<String> {
    let line = std::fs::read(format!("/proc/{pid}/cmdline")).ok()?;
    let words: Vec<String> =
        line.strip_suffix(b"\0").unwrap_or(&line).split(|&byte| byte == 0).map(key::shown).collect();
    if line.is_empty() {
        let name = std::fs::read(format!("/proc/{pid}/comm")).ok()?;
        return Some(format!("[{}]", key::shown(name.trim_ascii_end())));
    }
    Some(words.join(" "))
}

fn state(letter: &str) -> &'static str {
    match letter {
        "R" => "running",
        "S" | "I" => "sleeping",
        "D" => "in the kernel",
        "T" => "stopped",
        "t" => "traced",
        "Z" => "zombie",
        "X" | "x" => "dead",
        _ => "?",
    }
}

/// The processes there are, as far as they are shown to us.
pub fn all() -> Vec<u64> {
    let entries = std::fs::read_dir("/proc").into_iter().flatten().flatten();
    entries.filter_map(|entry| entry.file_name().to_str()?.parse().ok()).collect()
}
