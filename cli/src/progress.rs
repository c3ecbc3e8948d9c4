//! Bars on the standard error for work that takes long, when that is a terminal.

use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

/// Work that is done sooner has no bar.
const LONG: Duration = Duration::from_millis(500);

/// What is counted.
#[derive(Clone, Copy)]
pub enum Unit {
    /// Bytes.
    Bytes,
    /// Entries.
    Entries,
}

/// A bar, which goes away with this.
pub struct Progress {
    bar: ProgressBar,
    start: Instant,
}

impl Progress {
    /// A bar for `total` of something; 0: it is not known how many there are.
    pub fn new(what: &'static str, total: u64, unit: Unit) -> Progress {
        let template = match (unit, total) {
            (Unit::Bytes, _) => {
                "{msg} {wide_bar} {bytes} of {total_bytes}, {binary_bytes_per_sec}, {eta} left"
            }
            (Unit::Entries, 0) => "{msg} {spinner} {human_pos} entries, {per_sec}",
            (Unit::Entries, _) => "{msg} {wide_bar} {human_pos} of {human_len} entries, {eta} left",
        };
        let style = ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar());
        let total = Some(total).filter(|&total| total > 0);
        let bar = ProgressBar::with_draw_target(total, ProgressDrawTarget::hidden());
        bar.set_style(style);
        bar.set_message(what);
        Progress { bar, start: Instant::now() }
    }

    /// So much more is done.
    pub fn add(&self, done: u64) {
        // Hidden unless the standard error is a terminal.
        if self.bar.is_hidden() && self.start.elapsed() > LONG {
            self.bar.set_draw_target(ProgressDrawTarget::stderr());
        }
        self.bar.inc(done);
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.bar.finish_and_clear();
    }
}
