//! Exchanges: the caller's side of calling a calculator through the store.

use super::arg::{Parts, flags, invalid, out, text, timeout};
use super::bytes::{BytesOut, dy_lmdb_buffer_t, dy_lmdb_bytes_t};
use super::guard::{guard, remember};
use super::handle::{Handle, Inside, Kind};
use super::reference::{ReferenceOut, dy_lmdb_reference_t, reference};
use super::status::dy_lmdb_status_t;
use super::store::{StoreOut, dy_lmdb_store_t};
use crate::config::Config;
use crate::error::{Result, Status};
use crate::exchange::{Answer, Decision, Exchange, Side, new_txn_id};
use crate::format::Format;
use crate::reference::{INPUT_KEY, OUTPUT_KEY};
use std::ffi::c_char;

/// Side of an exchange: what the calculator gets.
pub const DY_LMDB_EXCHANGE_INPUT: u32 = 1;
/// Side of an exchange: what it answers.
pub const DY_LMDB_EXCHANGE_OUTPUT: u32 = 2;

/// Nothing is known of the answer: somebody else called the calculator.
pub const DY_LMDB_ANSWER_UNKNOWN: u32 = 0;
/// The calculator returned nothing.
pub const DY_LMDB_ANSWER_NONE: u32 = 1;
/// The calculator returned a value.
pub const DY_LMDB_ANSWER_VALUE: u32 = 2;
/// The calculator returned `_lmdb_output_written: true`.
pub const DY_LMDB_ANSWER_OUTPUT_WRITTEN: u32 = 3;
/// Nothing is known of the answer, and the caller does not want to wait.
pub const DY_LMDB_ANSWER_UNKNOWN_NO_WAIT: u32 = 4;
/// The calculator failed: on a reference, one that does not know them does as likely as not.
pub const DY_LMDB_ANSWER_RAISED: u32 = 5;
/// The calculator failed for a reason that has nothing to do with what it got: a connection broke, memory ran
/// out, somebody interrupted it.
pub const DY_LMDB_ANSWER_BROKEN_OFF: u32 = 6;

/// What the calculator returned, or its failure, is the result.
pub const DY_LMDB_DECISION_TAKE_ANSWER: u32 = 1;
/// The result is in the store, under the output key.
pub const DY_LMDB_DECISION_TAKE_OUTPUT: u32 = 2;
/// The calculator never opened its input, so it computed on the reference, or it declined its input: call it
/// again with the payload itself. `dy_lmdb_exchange_settle` passes everything directly from then on, unless it
/// declined; `dy_lmdb_exchange_judge` when it is told by `dy_lmdb_exchange_repeated` that this went well.
pub const DY_LMDB_DECISION_REPEAT: u32 = 3;
/// The input is another exchange's, and nothing tells whether this calculator opened it: put the payload as an
/// input of this exchange and call it again.
pub const DY_LMDB_DECISION_PROVE: u32 = 4;
/// The store failed, and nothing tells what the answer is worth: call the calculator again with the payload
/// itself. `dy_lmdb_last_error_message` says why.
pub const DY_LMDB_DECISION_PASS_DIRECTLY: u32 = 5;

/// Delete the input.
pub const DY_LMDB_CLEANUP_INPUT: u32 = 1;
/// Delete the output.
pub const DY_LMDB_CLEANUP_OUTPUT: u32 = 2;

/// The exchange with one calculator, as its caller runs it: a configuration, the calculator's name and an
/// open store. A handle that was closed may still be passed: calls answer `DY_LMDB_CLOSED`, never undefined
/// behaviour. All calls may come from any thread.
pub struct dy_lmdb_exchange_t {
    _is_a_handle: [u8; 0],
}

impl Kind for Exchange {
    const NAME: &'static str = "exchange";
    const MAGIC: u64 = 0x6479_6c6d_6462_2d78;
}

/// Begins a call on an exchange that C passed.
pub(crate) unsafe fn enter<'a>(exchange: *const dy_lmdb_exchange_t) -> Result<Inside<'a, Exchange>> {
    // SAFETY: NULL or a handle, says the caller.
    unsafe { Handle::at(exchange.cast::<Handle<Exchange>>()) }?.enter()
}

/// Opens an exchange, and the store of its configuration.
///
/// - `config`, `config_len`: a JSON object, UTF-8, with `lmdb_*` keys; see `dy_lmdb_config_parse`.
/// - `name`, `name_len`: the calculator's name, UTF-8, not empty; it is part of the keys.
/// - `exchange`: where to put the handle.
///
/// Returns `DY_LMDB_OK`; `DY_LMDB_CONFIG`; what `dy_lmdb_store_open` answers. `lmdb_enabled: false` opens an
/// exchange that says no in `dy_lmdb_exchange_should`.
///
/// Memory: close the handle with `dy_lmdb_exchange_close`.
///
/// Threads: any number at once.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn dy_lmdb_exchange_open(
    config: *const c_char,
    config_len: usize,
    name: *const c_char,
    name_len: usize,
    exchange: *mut *mut dy_lmdb_exchange_t,
) -> dy_lmdb_status_t {
    guard(|| {
        // SAFETY: as the documentation demands of the caller.
        let (config, name, exchange) = unsafe {
            (text("config", config, config_len)?, text("name", name, name_len)?, out("exchange", exchange)?)
        };
        if name.is_empty() {
            return Err(invalid("name is empty; an exchange needs its calculator's name"));
        }
        let opened = Exchange::open(Config::from_json(config)?, name)?;
        exchange.write(Handle::give(opened).cast());
        Ok(())
    })
}

/// Closes a handle.
///
/// - `exchange`: the handle; NULL, or one that was closed already, is nothing to do.
///
/// Returns `DY_LMDB_OK`; `DY_LMDB_INVALID_ARGUMENT` when the pointer is no exchange.
///
/// Memory: the handle may still be passed and answers `DY_LMDB_CLOSED`. References, views and handles on its
/// store stay valid.
///
/// Threads: any number at once. Calls under way in other threads end as they would.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn dy_lmdb_exchange_close(exchange: *mut dy_lmdb_exchange_t) -> dy_lmdb_status_t {
    guard(|| {
        if !exchange.is_null() {
            // SAFETY: a handle, says the caller.
            unsafe { Handle::at(exchange.cast::<Handle<Exchange>>()) }?.close();
        }
        Ok(())
    })
}

/// Gives a handle on the exchange's store.
///
/// - `exchange`: the exchange.
/// - `store`: where to put a handle of the caller's own.
///
/// Returns `DY_LMDB_OK`, `DY_LMDB_CLOSED` or `DY_LMDB_INVALID_ARGUMENT`.
///
/// Memory: close the handle with `dy_lmdb_store_close`; it does not need the exchange.
///
/// Threads: any number at once.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn dy_lmdb_exchange_store(
    exchange: *const dy_lmdb_exchange_t,
    store: *mut *mut dy_lmdb_store_t,
) -> dy_lmdb_status_t {
    guard(|| {
        // SAFETY: as the documentation demands of the caller.
        let (exchange, store) = unsafe { (enter(exchange)?, StoreOut::new(store)?) };
        store.write(exchange.store().clone());
        Ok(())
    })
}

/// Makes an id for an exchange, for callers that have none of their own: no other thread or process makes it.
///
/// - `id`: where to put the block: 32 hexadecimal digits.
///
/// Returns `DY_LMDB_OK`; `DY_LMDB_IO` when the kernel gives no random bits; `DY_LMDB_INVALID_ARGUMENT`.
///
/// Memory: free the block with `dy_lmdb_bytes_free`.
///
/// Threads: any number at once.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn dy_lmdb_txn_id_make(id: *mut *mut dy_lmdb_bytes_t) -> dy_lmdb_status_t {
    guard(|| {
        // SAFETY: as the documentation demands of the caller.
        let id = unsafe { BytesOut::new("id", id) }?;
        id.write(new_txn_id()?.to_vec());
        Ok(())
    })
}

/// Tells a key of the exchange: `prefix:name:id`.
///
/// - `exchange`: the exchange.
/// - `side`: `DY_LMDB_EXCHANGE_INPUT` or `DY_LMDB_EXCHANGE_OUTPUT`.
/// - `txn_id`, `txn_id_len`: the id, UTF-8.
/// - `key`: where to put the block.
///
/// Returns `DY_LMDB_OK`, `DY_LMDB_CLOSED` or `DY_LMDB_INVALID_ARGUMENT`.
///
/// Memory: free the block with `dy_lmdb_bytes_free`.
///
/// Threads: any number at once.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn dy_lmdb_exchange_key(
    exchange: *const dy_lmdb_exchange_t,
    side: u32,
    txn_id: *const c_char,
    txn_id_len: usize,
    key: *mut *mut dy_lmdb_bytes_t,
) -> dy_lmdb_status_t {
    guard(|| {
        // SAFETY: as the documentation demands of the caller.
        let (exchange, txn_id, key) =
            unsafe { (enter(exchange)?, text("txn_id", txn_id, txn_id_len)?, BytesOut::new("key", key)?) };
        key.write(exchange.key(Side::from_u32(side)?, txn_id));
        Ok(())
    })
}

/// Decides whether an input goes through the store: the exchange is enabled, its mode sends inputs, the
/// payload is not too small, and the calculator was not found to ignore references.
///
/// - `exchange`: the exchange.
/// - `size`: bytes of the payload, or a lower bound that is at least `lmdb_min_size`.
/// - `should`: where to put the decision.
///
/// Returns `DY_LMDB_OK`, `DY_LMDB_CLOSED` or `DY_LMDB_INVALID_ARGUMENT`.
///
/// Threads: any number at once.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn dy_lmdb_exchange_should(
    exchange: *const dy_lmdb_exchange_t,
    size: u64,
    should: *mut bool,
) -> dy_lmdb_status_t {
    guard(|| {
        // SAFETY: as the documentation demands of the caller.
        let (exchange, should) = unsafe { (enter(exchange)?, out("should", should)?) };
        should.write(exchange.should(size));
        Ok(())
    })
}

/// Puts an input, tracked, with the time to live and the checksum of the configuration, and makes the
/// reference that travels in its place. A live input is never overwritten.
///
/// - `exchange`: the exchange.
/// - `txn_id`, `txn_id_len`: the id of the exchange, UTF-8, not empty; it names this one call.
/// - `parts`, `nparts`: the payload in parts, joined in order.
/// - `format`: one of `DY_LMDB_FORMAT_*`: what the payload is in.
/// - `reference`: where to put the reference.
///
/// Returns `DY_LMDB_OK`, or:
/// - `DY_LMDB_KEY_EXISTS`: the id is in use;
/// - `DY_LMDB_REFERENCE_IGNORED`: the calculator ignores references; pass the payload directly;
/// - `DY_LMDB_INVALID_ARGUMENT`: also when the mode sends no inputs;
/// - what `dy_lmdb_store_put` answers: the payload can be passed directly then.
///
/// Memory: free the reference with `dy_lmdb_reference_free`.
///
/// Threads: any number at once, in any number of processes.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn dy_lmdb_exchange_put_input(
    exchange: *const dy_lmdb_exchange_t,
    txn_id: *const c_char,
    txn_id_len: usize,
    parts: *const dy_lmdb_buffer_t,
    nparts: usize,
    format: u32,
    reference: *mut *mut dy_lmdb_reference_t,
) -> dy_lmdb_status_t {
    guard(|| {
        // SAFETY: as the documentation demands of the caller.
        let (exchange, txn_id, parts, reference) = unsafe {
            (
                enter(exchange)?,
                text("txn_id", txn_id, txn_id_len)?,
                Parts::new(parts, nparts)?,
                ReferenceOut::new(reference)?,
            )
        };
        let format = Format::from_u32(format)?;
        reference.write(exchange.put_input(txn_id, parts.as_slice(), format)?);
        Ok(())
    })
}

/// Makes the reference of an exchange without an input: where the output goes. It travels beside a payload
/// that is passed directly.
///
/// - `exchange`: the exchange.
/// - `txn_id`, `txn_id_len`: the id of the exchange, UTF-8, not empty.
/// - `reference`: where to put the reference; it has no `_lmdb_output_key` in mode `input`.
///
/// Returns `DY_LMDB_OK`, `DY_LMDB_BAD_KEY` when name and id make too long a key, `DY_LMDB_CLOSED` or
/// `DY_LMDB_INVALID_ARGUMENT`.
///
/// Memory: free the reference with `dy_lmdb_reference_free`.
///
/// Threads: any number at once.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn dy_lmdb_exchange_reference(
    exchange: *const dy_lmdb_exchange_t,
    txn_id: *const c_char,
    txn_id_len: usize,
    reference: *mut *mut dy_lmdb_reference_t,
) -> dy_lmdb_status_t {
    guard(|| {
        // SAFETY: as the documentation demands of the caller.
        let (exchange, txn_id, reference) =
            unsafe { (enter(exchange)?, text("txn_id", txn_id, txn_id_len)?, ReferenceOut::new(reference)?) };
        reference.write(exchange.reference(txn_id)?);
        Ok(())
    })
}

/// Tells the calls of the exchange's calculator, of every process since the store was made: its row of
/// `dy_lmdb_store_calls`.
///
/// - `exchange`: the exchange.
/// - `json`: where to put the block: one JSON object.
///
/// Returns `DY_LMDB_OK`, `DY_LMDB_CLOSED` or `DY_LMDB_INVALID_ARGUMENT`.
///
/// Memory: free the block with `dy_lmdb_bytes_free`.
///
/// Threads: any number at once.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn dy_lmdb_exchange_calls(
    exchange: *const dy_lmdb_exchange_t,
    json: *mut *mut dy_lmdb_bytes_t,
) -> dy_lmdb_status_t {
    guard(|| {
        // SAFETY: as the documentation demands of the caller.
        let (exchange, json) = unsafe { (enter(exchange)?, BytesOut::new("json", json)?) };
        json.write(exchange.meter().report().to_string());
        Ok(())
    })
}

/// Counts a payload that could not be stored because the caller cannot write it in any format, so that it is passed
/// directly. What `dy_lmdb_exchange_put_input` refuses is counted there.
///
/// - `exchange`: the exchange.
/// - `why`, `why_len`: the reason, UTF-8; the last one is kept, up to 120 bytes of it.
///
/// Returns `DY_LMDB_OK`, `DY_LMDB_CLOSED` or `DY_LMDB_INVALID_ARGUMENT`.
///
/// Threads: any number at once.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn dy_lmdb_exchange_refused(
    exchange: *const dy_lmdb_exchange_t,
    why: *const c_char,
    why_len: usize,
) -> dy_lmdb_status_t {
    guard(|| {
        // SAFETY: as the documentation demands of the caller.
        let (exchange, why) = unsafe { (enter(exchange)?, text("why", why, why_len)?) };
        exchange.meter().refused(Status::BadFormat.code(), why);
        Ok(())
    })
}

/// Says how long a call took whose input this exchange did not put: another did, or there is none (exchange mode `output`).
/// The call is timed as others through the store, and kept when it took as long as `lmdb_slow_ms`.
///
/// - `exchange`: the exchange.
/// - `reference`: what the calculator got.
/// - `us`: microseconds from the reference to the result.
/// - `calculate_us`: those of them that the calculator took.
///
/// Returns `DY_LMDB_OK`, `DY_LMDB_CLOSED` or `DY_LMDB_INVALID_ARGUMENT`.
///
/// Threads: any number at once.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn dy_lmdb_exchange_called(
    exchange: *const dy_lmdb_exchange_t,
    reference: *const dy_lmdb_reference_t,
    us: u64,
    calculate_us: u64,
) -> dy_lmdb_status_t {
    guard(|| {
        // SAFETY: as the documentation demands of the caller.
        let (exchange, reference) = unsafe { (enter(exchange)?, self::reference(reference)?) };
        let key = reference.get(INPUT_KEY).or(reference.get(OUTPUT_KEY)).unwrap_or_default();
        exchange.meter().ended_elsewhere(us.saturating_mul(1000), calculate_us.saturating_mul(1000), key);
        Ok(())
    })
}

/// Says how long a call took whose payload was passed directly: it is kept when that is as long as `lmdb_slow_ms`. What goes
/// through the store is timed there.
///
/// - `exchange`: the exchange.
/// - `us`: microseconds.
///
/// Returns `DY_LMDB_OK`, `DY_LMDB_CLOSED` or `DY_LMDB_INVALID_ARGUMENT`.
///
/// Threads: any number at once.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn dy_lmdb_exchange_passed_directly(
    exchange: *const dy_lmdb_exchange_t,
    us: u64,
) -> dy_lmdb_status_t {
    guard(|| {
        // SAFETY: as the documentation demands of the caller.
        unsafe { enter(exchange) }?.meter().passed_directly(us.saturating_mul(1000));
        Ok(())
    })
}

/// Tells whether the calculator was found to ignore references: payloads are passed directly then.
///
/// - `exchange`: the exchange.
/// - `ignored`: where to put the answer.
///
/// Returns `DY_LMDB_OK`, `DY_LMDB_CLOSED` or `DY_LMDB_INVALID_ARGUMENT`.
///
/// Threads: any number at once.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn dy_lmdb_exchange_ignored(
    exchange: *const dy_lmdb_exchange_t,
    ignored: *mut bool,
) -> dy_lmdb_status_t {
    guard(|| {
        // SAFETY: as the documentation demands of the caller.
        let (exchange, ignored) = unsafe { (enter(exchange)?, out("ignored", ignored)?) };
        ignored.write(exchange.ignored());
        Ok(())
    })
}

/// Makes the reference that stands for the output of another, to travel in place of the result.
///
/// - `exchange`: the exchange.
/// - `reference`: what the calculator got.
/// - `output`: where to put the reference.
///
/// Returns `DY_LMDB_OK`; `DY_LMDB_NOT_FOUND` when the output is missing or expired; `DY_LMDB_CLOSED`;
/// `DY_LMDB_INVALID_ARGUMENT`, also when the reference asks for no output; what opening its store answers when that is
/// not the exchange's.
///
/// Memory: free the new reference with `dy_lmdb_reference_free`.
///
/// Threads: any number at once.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn dy_lmdb_exchange_output_reference(
    exchange: *const dy_lmdb_exchange_t,
    reference: *const dy_lmdb_reference_t,
    output: *mut *mut dy_lmdb_reference_t,
) -> dy_lmdb_status_t {
    guard(|| {
        // SAFETY: as the documentation demands of the caller.
        let (exchange, reference, output) =
            unsafe { (enter(exchange)?, self::reference(reference)?, ReferenceOut::new(output)?) };
        output.write(exchange.output_reference(reference)?);
        Ok(())
    })
}

/// Decides what a calculator's answer means, so that nothing computed on a reference is taken for a result
/// and nobody waits without need.
///
/// An output that is there is taken; one that was announced is waited for. An input nobody opened means that
/// the calculator computed on the reference, or failed on it: repeat with the payload; so does one that it
/// declined (`dy_lmdb_reference_decline`), whatever it answered. When it was opened, a returned value, or a failure, is the
/// result; when nothing was returned or nothing is known, the output is waited for, unless the calculator
/// said that it answers directly. An input that is another exchange's is proven with one of this exchange's own, until
/// the calculator was seen opening one.
///
/// - `exchange`: the exchange.
/// - `reference`: the reference that the calculator got.
/// - `answer`: one of `DY_LMDB_ANSWER_*`.
/// - `timeout_ms`: how long to wait in milliseconds; negative means `lmdb_wait_timeout` of the configuration.
/// - `decision`: where to put one of `DY_LMDB_DECISION_*`.
///
/// Returns `DY_LMDB_OK`, also when the store fails or the exchange was closed (`DY_LMDB_DECISION_PASS_DIRECTLY`);
/// `DY_LMDB_TIMEOUT` when the input was opened, or the output announced, and nothing came; `DY_LMDB_CORRUPT` when
/// an output was announced that the reference does not ask for, or an entry is damaged; `DY_LMDB_INVALID_ARGUMENT`.
///
/// Threads: any number at once. The thread sleeps while it waits.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn dy_lmdb_exchange_judge(
    exchange: *const dy_lmdb_exchange_t,
    reference: *const dy_lmdb_reference_t,
    answer: u32,
    timeout_ms: i64,
    decision: *mut u32,
) -> dy_lmdb_status_t {
    guard(|| {
        // SAFETY: as the documentation demands of the caller.
        let (exchange, reference, decision) =
            unsafe { (enter(exchange), self::reference(reference)?, out("decision", decision)?) };
        let answer = Answer::from_u32(answer)?;
        let (decided, reason) = match exchange {
            Ok(exchange) => exchange.judge(reference, answer, timeout(timeout_ms))?,
            Err(error) if error.status() == Status::Closed => (Decision::PassDirectly, Some(error)),
            Err(error) => return Err(error),
        };
        if let Some(reason) = reason {
            remember(reason.message());
        }
        decision.write(decided.code());
        Ok(())
    })
}

/// Says that a calculator that was called again with the payload (`DY_LMDB_DECISION_REPEAT`) returned a result:
/// payloads are passed to it directly from now on, with a warning (`dy_lmdb_warnings_take`) the first time. Not
/// when it declined its input, the input is another exchange's, or the store was removed meanwhile.
///
/// - `exchange`: the exchange.
/// - `reference`: the reference that the calculator got, not cleaned up yet.
///
/// Returns `DY_LMDB_OK`, `DY_LMDB_CLOSED` or `DY_LMDB_INVALID_ARGUMENT`.
///
/// Threads: any number at once.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn dy_lmdb_exchange_repeated(
    exchange: *const dy_lmdb_exchange_t,
    reference: *const dy_lmdb_reference_t,
) -> dy_lmdb_status_t {
    guard(|| {
        // SAFETY: as the documentation demands of the caller.
        let (exchange, reference) = unsafe { (enter(exchange)?, self::reference(reference)?) };
        exchange.repeated(reference);
        Ok(())
    })
}

/// Decides as `dy_lmdb_exchange_judge` does, for a caller that can only take an answer or repeat a call: an input
/// nobody opened means at once that the calculator ignores references, whether the repeated call goes well or
/// not, and a returned value whose input is another exchange's is repeated unless the calculator opened it.
///
/// - `exchange`: the exchange.
/// - `reference`: the reference that the calculator got.
/// - `answer`: one of `DY_LMDB_ANSWER_*`, but for `DY_LMDB_ANSWER_RAISED` and `DY_LMDB_ANSWER_BROKEN_OFF`.
/// - `timeout_ms`: how long to wait in milliseconds; negative means `lmdb_wait_timeout` of the configuration.
/// - `decision`: where to put one of `DY_LMDB_DECISION_*`, up to `DY_LMDB_DECISION_REPEAT`.
///
/// Returns `DY_LMDB_OK`; `DY_LMDB_TIMEOUT` when the input was opened, or the output announced, and nothing
/// came; `DY_LMDB_CORRUPT` when an output was announced that the reference does not ask for;
/// `DY_LMDB_CLOSED`, `DY_LMDB_FORKED`, `DY_LMDB_READERS_FULL`, `DY_LMDB_IO` or `DY_LMDB_INVALID_ARGUMENT`.
///
/// Threads: any number at once. The thread sleeps while it waits.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn dy_lmdb_exchange_settle(
    exchange: *const dy_lmdb_exchange_t,
    reference: *const dy_lmdb_reference_t,
    answer: u32,
    timeout_ms: i64,
    decision: *mut u32,
) -> dy_lmdb_status_t {
    guard(|| {
        // SAFETY: as the documentation demands of the caller.
        let (exchange, reference, decision) =
            unsafe { (enter(exchange)?, self::reference(reference)?, out("decision", decision)?) };
        let answer = Answer::from_u32(answer)?;
        if answer.is_failure() {
            return Err(invalid(
                "the answer of a calculator that failed is judged by dy_lmdb_exchange_judge",
            ));
        }
        let decided = exchange.settle(reference, answer, timeout(timeout_ms))?;
        decision.write(decided.code());
        Ok(())
    })
}

/// Deletes what an exchange put. Views of it stay valid. An input that another exchange put is left to that
/// one.
///
/// - `exchange`: the exchange.
/// - `reference`: the reference that the calculator got.
/// - `flags`: `DY_LMDB_CLEANUP_*`, or-ed.
///
/// Returns `DY_LMDB_OK`, also when nothing was there; `DY_LMDB_INVALID_ARGUMENT`, `DY_LMDB_CLOSED`,
/// `DY_LMDB_FORKED`, `DY_LMDB_DISK_FULL` or `DY_LMDB_IO`.
///
/// Threads: any number at once.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn dy_lmdb_exchange_cleanup(
    exchange: *const dy_lmdb_exchange_t,
    reference: *const dy_lmdb_reference_t,
    flags: u32,
) -> dy_lmdb_status_t {
    guard(|| {
        // SAFETY: as the documentation demands of the caller.
        let (exchange, reference) = unsafe { (enter(exchange)?, self::reference(reference)?) };
        self::flags("flags", flags, DY_LMDB_CLEANUP_INPUT | DY_LMDB_CLEANUP_OUTPUT)?;
        exchange.cleanup(reference, flags & DY_LMDB_CLEANUP_INPUT != 0, flags & DY_LMDB_CLEANUP_OUTPUT != 0)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sides_answers_and_decisions_have_the_numbers_of_the_engine() {
        assert_eq!(Side::from_u32(DY_LMDB_EXCHANGE_INPUT).unwrap(), Side::Input);
        assert_eq!(Side::from_u32(DY_LMDB_EXCHANGE_OUTPUT).unwrap(), Side::Output);
        let answers = [
            (DY_LMDB_ANSWER_UNKNOWN, Answer::Unknown),
            (DY_LMDB_ANSWER_NONE, Answer::None),
            (DY_LMDB_ANSWER_VALUE, Answer::Value),
            (DY_LMDB_ANSWER_OUTPUT_WRITTEN, Answer::OutputWritten),
            (DY_LMDB_ANSWER_UNKNOWN_NO_WAIT, Answer::UnknownNoWait),
            (DY_LMDB_ANSWER_RAISED, Answer::Raised),
            (DY_LMDB_ANSWER_BROKEN_OFF, Answer::BrokenOff),
        ];
        for (number, answer) in answers {
            assert_eq!(Answer::from_u32(number).unwrap(), answer);
        }
        assert_eq!(DY_LMDB_DECISION_TAKE_ANSWER, Decision::TakeAnswer.code());
        assert_eq!(DY_LMDB_DECISION_TAKE_OUTPUT, Decision::TakeOutput.code());
        assert_eq!(DY_LMDB_DECISION_REPEAT, Decision::Repeat.code());
        assert_eq!(DY_LMDB_DECISION_PROVE, Decision::Prove.code());
        assert_eq!(DY_LMDB_DECISION_PASS_DIRECTLY, Decision::PassDirectly.code());
    }
}
