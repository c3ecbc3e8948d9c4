//! Calls of calculators, counted in the file `shared`: every process of the store counts there, and any may look.
//!
//! A calculator is known by its name, and has the same row in every process. What is counted is never taken back while the
//! store lives. Rows and slow calls are for people: what is read while somebody writes may be a call behind.

use super::Store;
use super::engine::Engine;
use super::shared::{CALCULATOR_WORDS, CALCULATORS, Counter, SLOW_CALLS, Shared};
use super::words::{Place, read_text, room, start_of, write_text};
use crate::error::Error;
use crate::log::{self, Level};
use crate::mapping::sys;
use serde_json::{Map, Value, json};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering, fence};
use xxhash_rust::xxh3::xxh3_64;

/// What a row holds, in words of eight bytes: a hash of the name, which claims the row; length and bytes of the name; when
/// the last failure was and its status; [`Count`]s; nanoseconds and [histograms](BUCKETS) of [`Span`]s; length and bytes of the
/// last failure's message.
mod row {
    pub const HASH: usize = 0;
    pub const NAME: (usize, usize) = (1, 13);
    pub const FAILED_AT: usize = 14;
    pub const STATUS: usize = 15;
    pub const COUNTS: usize = 16;
    pub const SUMS: usize = 24;
    pub const HISTOGRAMS: usize = 32;
    pub const MESSAGE: (usize, usize) = (112, 16);
}

/// What a slow call holds, in words: twice its number and 1 while it is written, then 2 more; when it ended; pid, row and
/// longest span; nanoseconds of the call and of that span; length and bytes of the key's end.
mod slow {
    pub const STATE: usize = 0;
    pub const ENDED: usize = 1;
    pub const WHO: usize = 2;
    pub const CALL: usize = 3;
    pub const SPAN: usize = 4;
    pub const KEY: (usize, usize) = (5, 11);
}

/// Buckets of a histogram: of 0 and 1 µs, and from each power of two to the next; the last is of all that is longer.
const BUCKETS: usize = 20;
/// Of so many calls one has its steps timed, and not only the whole.
const SAMPLED: u64 = 16;

/// What is counted.
#[derive(Debug, Clone, Copy)]
#[repr(usize)]
pub enum Count {
    /// The payload went through the store.
    Through = 0,
    /// The payload was passed directly.
    Direct = 1,
    /// The calculator had to be called again.
    Repeated = 2,
    /// The payload was to go through the store, and could not.
    Refused = 3,
    /// The calculator failed.
    Failed = 4,
    /// Bytes of inputs.
    BytesIn = 5,
    /// Bytes of outputs.
    BytesOut = 6,
}

/// What is timed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(usize)]
pub enum Span {
    /// The whole call, from the payload to the result.
    Call = 0,
    /// Packing the payload and putting it.
    Store = 1,
    /// The calculator.
    Calculate = 2,
    /// Judging its answer, and taking and deleting what it left.
    Take = 3,
}

const SPANS: [(Span, &str); 4] =
    [(Span::Call, "call"), (Span::Store, "store"), (Span::Calculate, "calculate"), (Span::Take, "take")];

/// How far a call through the store has come.
#[derive(Debug, Clone, Copy)]
pub struct Timing {
    /// Nanoseconds of `CLOCK_MONOTONIC`.
    began: u64,
    stored: u64,
    answered: u64,
    sampled: bool,
}

/// Counts the calls of one calculator.
pub struct Meter {
    engine: Arc<Engine>,
    row: usize,
    slow_ns: u64,
}

impl std::fmt::Debug for Meter {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Meter").field("row", &self.row).finish_non_exhaustive()
    }
}

impl Meter {
    /// For the calculator `name`; its calls of more than `slow_ms` are kept.
    pub fn new(store: &Store, name: &str, slow_ms: u64) -> Meter {
        let row = row_of(&store.engine.shared, name);
        Meter { engine: store.engine.clone(), row, slow_ns: slow_ms.saturating_mul(1_000_000) }
    }

    fn words(&self) -> &[AtomicU64] {
        self.engine.shared.calculator(self.row)
    }

    /// The row, of which the length is known; not in a forked child, which would count as the parent.
    #[inline]
    fn row(&self) -> Option<&Row> {
        self.engine.is_ours().then(|| self.words().try_into().expect("a row has so many words"))
    }

    /// Counts.
    #[inline]
    pub fn count(&self, count: Count, by: u64) {
        if let Some(words) = self.row() {
            words[row::COUNTS + count as usize].fetch_add(by, Ordering::Relaxed);
        }
    }

    /// A payload of `bytes` went into the store, for a call that began at `began`.
    pub fn stored(&self, began: u64, bytes: u64) -> Timing {
        let sampled = self.row().is_some_and(|words| {
            words[row::COUNTS + Count::BytesIn as usize].fetch_add(bytes, Ordering::Relaxed);
            let before = words[row::COUNTS + Count::Through as usize].fetch_add(1, Ordering::Relaxed);
            before.is_multiple_of(SAMPLED)
        });
        Timing { began, stored: sys::monotonic_ns(), answered: 0, sampled }
    }

    /// The calculator answered.
    pub fn answered(&self, timing: &mut Timing) {
        if timing.answered == 0 {
            timing.answered = sys::monotonic_ns();
        }
    }

    /// The call is over.
    pub fn ended(&self, timing: &Timing, key: &str) {
        let Some(words) = self.row() else {
            return;
        };
        let now = sys::monotonic_ns();
        let call = now.saturating_sub(timing.began);
        timed(words, Span::Call, call);
        if timing.sampled || call >= self.slow_ns {
            self.steps(words, timing, now, key);
        }
    }

    #[cold]
    fn steps(&self, words: &Row, timing: &Timing, now: u64, key: &str) {
        let began = timing.began.min(now);
        let stored = timing.stored.clamp(began, now);
        let answered = if timing.answered == 0 { now } else { timing.answered.clamp(stored, now) };
        let call = now - began;
        let steps = [
            (Span::Store, stored - began),
            (Span::Calculate, answered - stored),
            (Span::Take, now - answered),
        ];
        if timing.sampled {
            for (step, ns) in steps {
                timed(words, step, ns);
            }
        }
        if call >= self.slow_ns {
            let (longest, ns) = steps.into_iter().max_by_key(|(_, ns)| *ns).expect("there are some");
            self.keep(longest, call, ns, key);
        }
    }

    /// A call whose payload was passed directly took `ns`.
    pub fn passed_directly(&self, ns: u64) {
        if ns >= self.slow_ns && self.engine.is_ours() {
            self.keep(Span::Calculate, ns, ns, "");
        }
    }

    /// A call took `ns`, and the calculator `calculate_ns` of them, whose input was put by somebody else or passed directly.
    pub fn ended_elsewhere(&self, ns: u64, calculate_ns: u64, key: &str) {
        let Some(words) = self.row() else {
            return;
        };
        let counted = |count: Count| words[row::COUNTS + count as usize].load(Ordering::Relaxed);
        // It is counted already.
        let sampled = (counted(Count::Through) + counted(Count::Direct)) % SAMPLED == 1;
        let began = sys::monotonic_ns().saturating_sub(ns);
        self.ended(
            &Timing { began, stored: began, answered: began.saturating_add(calculate_ns), sampled },
            key,
        );
    }

    /// A payload could not go through the store.
    pub fn refused(&self, status: i32, why: &str) {
        if !self.engine.is_ours() {
            return;
        }
        self.count(Count::Refused, 1);
        let words = self.words();
        log::say(Level::Info, || {
            format!("calculator {} gets a payload directly: {why}", read_text(words, row::NAME))
        });
        words[row::STATUS].store(status as u64, Ordering::Relaxed);
        words[row::FAILED_AT].store(sys::wall_ns(), Ordering::Relaxed);
        write_text(words, row::MESSAGE, &start_of(why, row::MESSAGE));
    }

    /// As [`Meter::refused`], for an error of the engine's.
    pub fn refused_by(&self, error: &Error) {
        self.refused(error.status().code(), error.message());
    }

    /// The row as a JSON object.
    pub fn report(&self) -> Value {
        if !self.engine.is_ours() {
            return Value::Object(Map::new());
        }
        row_json(self.words(), self.row)
    }

    /// Keeps a slow call in place of the oldest.
    fn keep(&self, longest: Span, call_ns: u64, span_ns: u64, key: &str) {
        let shared = &self.engine.shared;
        log::say(Level::Info, || {
            let (_, step) = SPANS[longest as usize];
            let name = read_text(self.words(), row::NAME);
            format!("a call of {name} took {} us, {} of them to {step}", call_ns / 1000, span_ns / 1000)
        });
        let number = shared.counter(Counter::SlowCalls).fetch_add(1, Ordering::Relaxed);
        let words = shared.slow_call(number as usize % SLOW_CALLS);
        words[slow::STATE].store(number * 2 + 1, Ordering::Relaxed);
        fence(Ordering::Release);
        let who = u64::from(std::process::id()) | (self.row as u64) << 32 | (longest as u64) << 48;
        for (at, value) in
            [(slow::ENDED, sys::wall_ns()), (slow::WHO, who), (slow::CALL, call_ns), (slow::SPAN, span_ns)]
        {
            words[at].store(value, Ordering::Relaxed);
        }
        write_text(words, slow::KEY, end_of(key, slow::KEY));
        words[slow::STATE].store(number * 2 + 2, Ordering::Release);
    }
}

type Row = [AtomicU64; CALCULATOR_WORDS];

#[inline]
fn timed(words: &Row, span: Span, ns: u64) {
    words[row::SUMS + span as usize].fetch_add(ns, Ordering::Relaxed);
    let bucket = ((ns / 1000).max(1).ilog2() as usize).min(BUCKETS - 1);
    words[row::HISTOGRAMS + span as usize * BUCKETS + bucket].fetch_add(1, Ordering::Relaxed);
}

/// The row of the calculator `name`; when all are others', the last, which then is of several.
fn row_of(shared: &Shared, name: &str) -> usize {
    let hash = xxh3_64(name.as_bytes()).max(1);
    let last = CALCULATORS - 1;
    for row in 0..last {
        let words = shared.calculator(row);
        let claimed = words[row::HASH].compare_exchange(0, hash, Ordering::AcqRel, Ordering::Acquire);
        if claimed.is_ok() || claimed == Err(hash) {
            // Whoever comes at the same time writes the same.
            write_text(words, row::NAME, &start_of(name, row::NAME));
            return row;
        }
    }
    let words = shared.calculator(last);
    words[row::HASH].store(1, Ordering::Relaxed);
    write_text(words, row::NAME, "(others)");
    last
}

/// As much of a text as there is room for, up to its end.
fn end_of(text: &str, place: Place) -> &str {
    let mut start = text.len().saturating_sub(room(place));
    while !text.is_char_boundary(start) {
        start += 1;
    }
    &text[start..]
}

fn row_json(words: &[AtomicU64], row: usize) -> Value {
    let word = |at: usize| words[at].load(Ordering::Relaxed);
    let count = |count: Count| word(row::COUNTS + count as usize);
    let spans: Map<String, Value> = SPANS
        .iter()
        .map(|(span, name)| {
            let at = row::HISTOGRAMS + *span as usize * BUCKETS;
            let buckets: Vec<u64> = (at..at + BUCKETS).map(word).collect();
            let value = json!({
                "count": buckets.iter().sum::<u64>(),
                "total_us": word(row::SUMS + *span as usize) / 1000,
                "buckets": buckets,
            });
            ((*name).to_owned(), value)
        })
        .collect();
    let failed_at = word(row::FAILED_AT);
    let last_error = (failed_at != 0).then(|| {
        json!({
            "status": word(row::STATUS) as i64, "message": read_text(words, row::MESSAGE),
            "at_ns": failed_at,
        })
    });
    json!({
        "name": read_text(words, row::NAME),
        "row": row,
        "through_store": count(Count::Through),
        "direct": count(Count::Direct),
        "repeated": count(Count::Repeated),
        "refused": count(Count::Refused),
        "failed": count(Count::Failed),
        "bytes_in": count(Count::BytesIn),
        "bytes_out": count(Count::BytesOut),
        "last_error": last_error,
        "us": spans,
    })
}

/// The rows of all calculators.
fn calculators(shared: &Shared) -> Vec<Value> {
    (0..CALCULATORS)
        .map(|row| (row, shared.calculator(row)))
        .filter(|(_, words)| words[row::HASH].load(Ordering::Acquire) != 0)
        .map(|(row, words)| row_json(words, row))
        .collect()
}

/// The slow calls that are kept, the latest first.
fn slow_calls(shared: &Shared) -> Vec<Value> {
    let last = shared.counter(Counter::SlowCalls).load(Ordering::Acquire);
    (last.saturating_sub(SLOW_CALLS as u64)..last)
        .rev()
        .filter_map(|number| {
            let words = shared.slow_call(number as usize % SLOW_CALLS);
            let word = |at: usize| words[at].load(Ordering::Relaxed);
            let done = number * 2 + 2;
            if words[slow::STATE].load(Ordering::Acquire) != done {
                return None;
            }
            let who = word(slow::WHO);
            let row = (who >> 32) as usize & 0xffff;
            let (_, longest) = SPANS.get((who >> 48) as usize)?;
            let call = json!({
                "number": number,
                "ended_ns": word(slow::ENDED),
                "pid": who as u32,
                "calculator": (row < CALCULATORS).then(|| read_text(shared.calculator(row), row::NAME)),
                "route": if word(slow::KEY.0) == 0 { "direct" } else { "store" },
                "key": read_text(words, slow::KEY),
                "us": word(slow::CALL) / 1000,
                "step": longest,
                "step_us": word(slow::SPAN) / 1000,
            });
            fence(Ordering::Acquire);
            (words[slow::STATE].load(Ordering::Relaxed) == done).then_some(call)
        })
        .collect()
}

/// Calls of calculators, of all processes since the store was made: a JSON object.
pub fn collect(engine: &Engine) -> Value {
    let bounds: Vec<u64> = (1..BUCKETS as u32).map(|bucket| 1 << bucket).collect();
    json!({
        "calculators": calculators(&engine.shared),
        "slow_calls": slow_calls(&engine.shared),
        "slow_calls_ever": engine.shared.counter(Counter::SlowCalls).load(Ordering::Relaxed),
        "bucket_bounds_us": bounds,
        "steps_sampled": SAMPLED,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_that_is_cut_says_so() {
        let place = (0, 3);
        for (text, kept) in [
            ("", ""),
            ("sixteen bytes ab", "sixteen bytes ab"),
            ("sixteen bytes abc", "sixteen bytes\u{2026}"),
            ("twelve bytes\u{e4}\u{e4}\u{e4}", "twelve bytes\u{2026}"),
        ] {
            let words: Vec<AtomicU64> = (0..3).map(|_| AtomicU64::new(0)).collect();
            write_text(&words, place, &start_of(text, place));
            assert_eq!(read_text(&words, place), kept, "{text}");
        }
    }
}
