//! Who has the store open, for people: a row of the file `shared` for each engine, with what its process is called where it
//! runs. A pid says little to those in another container, where it may be another process's or nobody's.

use super::owners::Owners;
use super::shared::{MEMBERS, Shared};
use super::words::{Place, read_text, start_of, write_text};
use crate::lmdb::number;
use crate::mapping::sys;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::sync::atomic::Ordering;

/// Word with the engine's id, and above it the pid.
const WHO: usize = 0;
/// Inode of the pid namespace in which it has that pid.
const NAMESPACE: usize = 1;
/// Name of the host, which containers have one of their own of.
const HOST: Place = (2, 8);
/// Command line.
const COMMAND: Place = (10, 14);

/// Notes the engine of this process. When every row is a living engine's nobody is told of it.
pub fn join(shared: &Shared, owners: &Owners) {
    let row = (0..MEMBERS).find(|&row| {
        let who = &shared.member(row)[WHO];
        let found = who.load(Ordering::Acquire);
        let deserted = found == 0 || !owners.is_alive(found as u32);
        // Others may come at the same time: a fork does not wait for those who open.
        deserted
            && who.compare_exchange(found, word(owners.id()), Ordering::AcqRel, Ordering::Relaxed).is_ok()
    });
    if let Some(row) = row {
        let words = shared.member(row);
        words[NAMESPACE].store(namespace(), Ordering::Relaxed);
        write_text(words, HOST, &start_of(&host(), HOST));
        write_text(words, COMMAND, &start_of(&command(), COMMAND));
    }
}

/// Says that an engine is this process's, in a forked child, which may be in a pid namespace of its own.
pub fn belongs_here(shared: &Shared, id: u32) {
    if let Some(row) = row_of(shared, id) {
        shared.member(row)[NAMESPACE].store(namespace(), Ordering::Relaxed);
        shared.member(row)[WHO].store(word(id), Ordering::Release);
    }
}

/// Forgets an engine.
pub fn leave(shared: &Shared, id: u32) {
    if let Some(row) = row_of(shared, id) {
        shared.member(row)[WHO].store(0, Ordering::Release);
    }
}

fn word(id: u32) -> u64 {
    u64::from(id) | u64::from(std::process::id()) << 32
}

fn namespace() -> u64 {
    sys::inode("/proc/self/ns/pid")
}

fn row_of(shared: &Shared, id: u32) -> Option<usize> {
    (0..MEMBERS).find(|&row| shared.member(row)[WHO].load(Ordering::Acquire) as u32 == id)
}

/// Name of the host, as this process has it.
pub fn host() -> String {
    let name = std::fs::read("/proc/sys/kernel/hostname").unwrap_or_default();
    String::from_utf8_lossy(name.trim_ascii()).into_owned()
}

fn command() -> String {
    let line = std::fs::read("/proc/self/cmdline").unwrap_or_default();
    let words: Vec<_> = line.split(|&byte| byte == 0).map(String::from_utf8_lossy).collect();
    words.join(" ").trim_end().to_owned()
}

/// What is known of an engine.
#[derive(Debug, Clone)]
pub struct Member {
    /// Its pid where it runs.
    pub pid: u32,
    /// Inode of that pid namespace; 0: not known.
    pub namespace: u64,
    /// Name of the host there.
    pub host: String,
    /// Its command line.
    pub command: String,
}

/// Every engine that has a row, by id.
pub struct Roll(BTreeMap<u32, Member>);

impl Roll {
    /// Reads the rows.
    pub fn of(shared: &Shared) -> Roll {
        let rows = (0..MEMBERS).filter_map(|row| {
            let words = shared.member(row);
            let who = words[WHO].load(Ordering::Acquire);
            let member = Member {
                pid: (who >> 32) as u32,
                namespace: words[NAMESPACE].load(Ordering::Relaxed),
                host: read_text(words, HOST),
                command: read_text(words, COMMAND),
            };
            (who != 0).then_some((who as u32, member))
        });
        Roll(rows.collect())
    }

    /// Whose the row of statistics is: the engine, and what is known of its process. `pid`: what is noted beside the id.
    pub fn name(&self, engine: u32, pid: Option<u32>) -> Value {
        let member = self.0.get(&engine);
        json!({
            "engine": engine, "pid": member.map(|member| member.pid).or(pid),
            "pid_namespace": member.map(|member| member.namespace),
            "host": member.map(|member| &member.host), "command": member.map(|member| &member.command),
        })
    }

    /// Whose a reader slot is: an engine's, or of a process with another LMDB.
    pub fn holder(&self, number: i32) -> Value {
        match number::engine(number) {
            Some(engine) => self.name(engine, None),
            None => {
                json!({"engine": null, "pid": number, "pid_namespace": null, "host": null, "command": null})
            }
        }
    }

    /// Every member that is alive, as JSON.
    pub fn list(&self, owners: &Owners) -> Vec<Value> {
        let alive = self.0.keys().filter(|&&engine| owners.is_alive(engine));
        alive.map(|&engine| self.name(engine, None)).collect()
    }
}
