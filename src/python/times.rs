//! Python's dates, times and spans of time as numbers, exactly, and back.
//!
//! The stable ABI has no functions for them. They are made by those of `datetime.datetime_CAPI`; what is in one is read where
//! CPython keeps it, in every version so far, which is held against samples before it is used.

use super::api::{Method, PyObject, api};
use super::object::{Ref, method, none};
use super::text::arguments;
use std::ffi::c_int;
use std::ptr;
use std::sync::atomic::{AtomicPtr, Ordering};

type Object = *mut PyObject;

/// The beginning of `PyDateTime_CAPI`.
#[repr(C)]
struct Functions {
    date: Object,
    datetime: Object,
    time: Object,
    delta: Object,
    tzinfo: Object,
    utc: Object,
    date_from: unsafe extern "C" fn(c_int, c_int, c_int, Object) -> Object,
    datetime_from:
        unsafe extern "C" fn(c_int, c_int, c_int, c_int, c_int, c_int, c_int, Object, Object) -> Object,
    time_from: *const std::ffi::c_void,
    delta_from: unsafe extern "C" fn(c_int, c_int, c_int, c_int, Object) -> Object,
}

static FUNCTIONS: AtomicPtr<Functions> = AtomicPtr::new(ptr::null_mut());

/// A moment, a date or a span of time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Microseconds since 1970, of no zone.
    Naive,
    /// The same in UTC.
    Utc,
    /// Days since 1970.
    Date,
    /// Microseconds.
    Delta,
}

impl Kind {
    /// As Arrow writes it.
    pub fn format(self) -> &'static str {
        match self {
            Kind::Naive => "tsu:",
            Kind::Utc => "tsu:UTC",
            Kind::Date => "tdD",
            Kind::Delta => "tDu",
        }
    }

    /// The kind of a format; `None` for others.
    pub fn of(format: &str) -> Option<Kind> {
        [Kind::Naive, Kind::Utc, Kind::Date, Kind::Delta].into_iter().find(|kind| kind.format() == format)
    }
}

const DAY: i64 = 86_400_000_000;
/// Days from 1 March of year 0 to 1970.
const EPOCH: i64 = 719_468;
const FIRST_DAY: i64 = -719_162;
const LAST_DAY: i64 = 2_932_896;

// Where things are behind the header of an object.
const FLAG: usize = 8;
const DATA: usize = 9;
const FOLD: usize = 19;
const ZONE: usize = 24;
const DELTA: usize = 8;

/// What is known of the module; `None` as long as Python did not tell, or when it is not as it was.
fn known() -> Option<&'static Functions> {
    // SAFETY: NULL, or the interpreter's, which stays.
    unsafe { FUNCTIONS.load(Ordering::Acquire).as_ref() }
}

/// Whether objects of a type may be numbers.
pub fn is_time(class: Object) -> bool {
    known().is_some_and(|known| class == known.datetime || class == known.date || class == known.delta)
}

unsafe fn field<T>(object: Object, at: usize) -> T {
    // SAFETY: as long as the object is, says the caller.
    unsafe { object.byte_add(api().header + at).cast::<T>().read_unaligned() }
}

/// The number of an object of this type; `None` when it is none, or says more: another zone, that it is the second of two hours.
pub unsafe fn number(object: Object, class: Object) -> Option<(Kind, i64)> {
    let known = known()?;
    // SAFETY: an object of the type, says the caller; what is where was tried.
    unsafe {
        if class == known.datetime {
            let data: [u8; 10] = field(object, DATA);
            let kind = match field::<u8>(object, FLAG) {
                0 => Kind::Naive,
                _ if field::<Object>(object, ZONE) == known.utc => Kind::Utc,
                _ => return None,
            };
            if field::<u8>(object, FOLD) != 0 {
                return None;
            }
            let [a, b, month, day, hour, minute, second, c, d, e] = data.map(i64::from);
            let micros = ((hour * 60 + minute) * 60 + second) * 1_000_000 + (c << 16 | d << 8 | e);
            return Some((kind, days(a << 8 | b, month, day) * DAY + micros));
        }
        if class == known.date {
            let [a, b, month, day] = field::<[u8; 4]>(object, DATA).map(i64::from);
            return Some((Kind::Date, days(a << 8 | b, month, day)));
        }
        if class == known.delta {
            let [days, seconds, micros] = field::<[i32; 3]>(object, DELTA).map(i64::from);
            let whole = days.checked_mul(DAY)?.checked_add(seconds * 1_000_000 + micros)?;
            return Some((Kind::Delta, whole));
        }
        None
    }
}

/// A new object of a number; `None` with an exception set when Python has none so early or late.
pub unsafe fn made(kind: Kind, number: i64) -> Option<Ref> {
    let refused = |what| {
        // SAFETY: a NUL-terminated text; the interpreter is held, says the caller.
        unsafe { (api().fail)(api().value_error, ptr::from_ref::<std::ffi::CStr>(what).cast()) };
        None
    };
    let Some(known) = known() else {
        return refused(c"times in a table, which this Python does not make");
    };
    let (day, micros) = match kind {
        Kind::Date => (number, 0),
        _ => (number.div_euclid(DAY), number.rem_euclid(DAY)),
    };
    let (seconds, rest) = ((micros / 1_000_000) as c_int, (micros % 1_000_000) as c_int);
    if kind == Kind::Delta {
        // SAFETY: the function of the module; 64 bits of microseconds are fewer days than a span has.
        return Ref::owned(unsafe { (known.delta_from)(day as c_int, seconds, rest, 1, known.delta) });
    }
    if !(FIRST_DAY..=LAST_DAY).contains(&day) {
        return refused(c"a time in a table is before year 1 or after year 9999");
    }
    let (year, month, date) = civil(day);
    let (hour, minute, second) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
    let zone = if kind == Kind::Utc { known.utc } else { api().none };
    // SAFETY: functions of the module, with a date that there is.
    Ref::owned(unsafe {
        match kind {
            Kind::Date => (known.date_from)(year, month, date, known.date),
            _ => (known.datetime_from)(year, month, date, hour, minute, second, rest, zone, known.datetime),
        }
    })
}

/// Days since 1970 of a date; years begin in March, and eras of 400 of them are all as long.
fn days(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let (era, of_era) = (year.div_euclid(400), year.rem_euclid(400));
    let of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - EPOCH
}

/// The date of days since 1970: year, month, day.
fn civil(days: i64) -> (c_int, c_int, c_int) {
    let days = days + EPOCH;
    let (era, of_era) = (days.div_euclid(146_097), days.rem_euclid(146_097));
    let year = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year + year / 4 - year / 100);
    let month = (5 * of_year + 2) / 153;
    let day = of_year - (153 * month + 2) / 5 + 1;
    let month = if month < 10 { month + 3 } else { month - 9 };
    let year = era * 400 + year + i64::from(month <= 2);
    (year as c_int, month as c_int, day as c_int)
}

/// `learn_times(capsule, samples)`: the functions of the module `datetime`, and pairs of one of its objects and the number that it
/// is to be, or None when it has to be none. Says whether dates and times are numbers from then on.
unsafe extern "C" fn learn_times(_: Object, args: *const Object, count: isize) -> Object {
    // SAFETY: the arguments live as long as the call.
    unsafe { arguments(args, count).and_then(|args| learn(args)) }.map_or(ptr::null_mut(), |()| none())
}

unsafe fn learn(&[capsule, samples]: &[Object; 2]) -> Option<()> {
    // SAFETY: objects, says the caller; a tuple keeps its items.
    unsafe {
        let functions = (api().capsule_pointer)(capsule, c"datetime.datetime_CAPI".as_ptr());
        if functions.is_null() {
            return None;
        }
        FUNCTIONS.store(functions.cast(), Ordering::Release);
        let mut all = !api().is_free_threaded;
        for index in 0..(api().size)(samples) {
            let sample = (api().tuple_get)(samples, index);
            let (object, wanted) = ((api().tuple_get)(sample, 0), (api().tuple_get)(sample, 1));
            let found = if all { number(object, api().class_of(object)) } else { None };
            let wanted = if wanted == api().none { None } else { Some((api().signed_as)(wanted, &mut 0)) };
            all &= found.map(|(_, number)| number) == wanted;
        }
        if !all {
            FUNCTIONS.store(ptr::null_mut(), Ordering::Release);
        }
        Some(())
    }
}

/// The functions of this file.
pub fn functions() -> [Method; 1] {
    [method(c"learn_times", learn_times)]
}

#[cfg(test)]
mod tests {
    use super::{FIRST_DAY, LAST_DAY, civil, days};

    #[test]
    fn every_day_is_one_date() {
        let mut last = (0, 12, 31);
        for day in FIRST_DAY..=LAST_DAY {
            let date = civil(day);
            assert_eq!(days(date.0.into(), date.1.into(), date.2.into()), day);
            assert!(date > last, "{date:?} after {last:?}");
            last = date;
        }
        assert_eq!(civil(FIRST_DAY), (1, 1, 1));
        assert_eq!(civil(0), (1970, 1, 1));
        assert_eq!(last, (9999, 12, 31));
    }
}
