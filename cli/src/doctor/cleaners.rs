//! Programs that remove old files.

use std::path::{Path, PathBuf};

use super::{Findings, Level};

/// Where systemd-tmpfiles finds its rules; a file hides those of its name in later directories.
const DIRECTORIES: [&str; 3] = ["/etc/tmpfiles.d", "/run/tmpfiles.d", "/usr/lib/tmpfiles.d"];

pub fn look(path: &Path, findings: &mut Findings) {
    let mut found = false;
    if let Some((file, line, age)) = rule(path, &rules()) {
        found = true;
        let change = format!(
            "a store that is open is left alone; to keep it while nobody has it open write \"x {}\" to a file in \
             /etc/tmpfiles.d, or use another directory",
            path.display()
        );
        let text = format!("{} (\"{line}\") removes what was not used for {age}", file.display());
        findings.add(Level::Warning, "cleaners", text, change);
    }
    let temporary = path.starts_with("/tmp") || path.starts_with("/var/tmp");
    for (program, how) in [
        ("/etc/cron.daily/tmpreaper", "TMPREAPER_PROTECT_EXTRA in /etc/tmpreaper.conf"),
        ("/etc/cron.daily/tmpwatch", "-x in /etc/cron.daily/tmpwatch"),
    ] {
        if temporary && Path::new(program).exists() {
            found = true;
            let change = format!("except {} there ({how}), or use another directory", path.display());
            findings.add(Level::Warning, "cleaners", format!("{program} removes what is old"), change);
        }
    }
    if path.starts_with("/dev/shm")
        && Path::new("/run/systemd/system").exists()
        && !nix::unistd::geteuid().is_root()
    {
        findings.add(
            Level::Hint,
            "cleaners",
            "systemd-logind removes files in /dev/shm of a user whose last session ends, if RemoveIPC=yes",
            "RemoveIPC=no in /etc/systemd/logind.conf, a system user, or loginctl enable-linger",
        );
        found = true;
    }
    if !found {
        findings.good("cleaners", "no program that is known removes old files here");
    }
}

/// The lines of rules, with the files that they are in.
fn rules() -> Vec<(PathBuf, String)> {
    let mut seen = std::collections::BTreeSet::new();
    let mut rules = Vec::new();
    for directory in DIRECTORIES {
        for entry in std::fs::read_dir(directory).into_iter().flatten().flatten() {
            let name = entry.file_name();
            if !name.as_encoded_bytes().ends_with(b".conf") || !seen.insert(name) {
                continue;
            }
            let text = std::fs::read_to_string(entry.path()).unwrap_or_default();
            rules.extend(text.lines().map(|line| (entry.path(), line.trim().to_owned())));
        }
    }
    rules
}

/// The rule that would remove an old store in `path`, and the age it names.
fn rule(path: &Path, rules: &[(PathBuf, String)]) -> Option<(PathBuf, String, String)> {
    let mut removes = None;
    for (file, line) in rules {
        let fields: Vec<&str> = line.split_whitespace().collect();
        let [kind, at, rest @ ..] = fields.as_slice() else { continue };
        // With a * at the end it is about what is below as well.
        let at = at.trim_end_matches('*').trim_end_matches('/');
        if at.is_empty() || !path.starts_with(at) {
            continue;
        }
        match kind.chars().next() {
            Some('x' | 'X') => return None,
            Some('q' | 'Q' | 'd' | 'D' | 'e' | 'v') => {
                if let Some(age) = rest.get(3).filter(|age| **age != "-") {
                    removes = Some((file.clone(), line.clone(), (*age).to_owned()));
                }
            }
            _ => {}
        }
    }
    removes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_rules_of_systemd_are_read() {
        let with = |lines: &[&str]| {
            let rules: Vec<_> = lines.iter().map(|line| ("f".into(), (*line).to_owned())).collect();
            rule(Path::new("/tmp/store"), &rules).map(|(_, _, age)| age)
        };
        assert_eq!(with(&["# comment", "q /tmp 1777 root root 10d"]), Some("10d".into()));
        assert_eq!(with(&["q /tmp 1777 root root -"]), None);
        assert_eq!(with(&["q /var/tmp 1777 root root 30d", "d /tmp/other - - - 1d", "d /tmp"]), None);
        assert_eq!(with(&["q /tmp 1777 root root 10d", "x /tmp/store"]), None);
        assert_eq!(with(&["x /tmp/st*", "q /tmp 1777 root root 10d"]), Some("10d".into()));
        assert_eq!(with(&["x /tmp/store*", "q /tmp 1777 root root 10d"]), None);
    }
}
