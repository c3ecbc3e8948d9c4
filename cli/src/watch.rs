//! A report that refreshes itself.

use std::io::IsTerminal;
use std::time::Duration;

use dishtayantra_lmdb::store::Store;

use crate::out::print;
use crate::{Failure, report};

/// Moves to the upper left corner and clears what is below.
const CLEAR: &str = "\x1b[H\x1b[J";

/// Prints info and holders every `interval` seconds, `count` times or until interrupted. JSON comes as a line a look.
pub fn run(store: &Store, interval: f64, count: Option<u64>, json: bool) -> Result<(), Failure> {
    let clear = if std::io::stdout().is_terminal() && !json { CLEAR } else { "" };
    let mut looks = 0;
    while count.is_none_or(|count| looks < count) {
        if looks > 0 {
            std::thread::sleep(Duration::from_secs_f64(interval));
        }
        print(&format!("{clear}{}", report::both(store, json)?))?;
        looks += 1;
    }
    Ok(())
}
