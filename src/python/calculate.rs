//! A calculator's call through the store, as the wrapper makes it nearly always: the payload goes in, the calculator says
//! that it wrote its output, or returns a value that is judged to be the result. Whatever else happens the wrapper's own
//! steps go on with.

use super::api::{Attribute, Method, PyObject, api};
use super::memory::{Pin, pin_of_view};
use super::object::{
    self, Fields, Ref, Strong, WeakRefs, class_method, fields as fields_of, make, without_interpreter,
};
use super::pack::Packed;
use super::put::Buffers;
use super::reference::mapping_of;
use super::text::{arguments, fail_with, int, names, new_int};
use super::unpack::{self, Readers};
use super::values::Packing;
use super::{search, size};
use crate::error::{Error, Result};
use crate::exchange::{Answer, Decision, Exchange};
use crate::ffi::exchange::{dy_lmdb_exchange_t, enter};
use crate::ffi::info::DY_LMDB_INFO_SHARED;
use crate::ffi::reference::give_reference;
use crate::format::Format;
use crate::mapping::fork;
use crate::reference::{self, Reference};
use crate::store::View;
use std::ffi::{CStr, c_int};
use std::ptr;
use std::time::Duration;

/// What the calls of one wrapped calculator have in common.
#[repr(C)]
pub struct Caller {
    weak: WeakRefs,
    /// What the wrapper's steps know the exchange by.
    owner: Strong,
    exchange: u64,
    generation: u64,
    least: u64,
    /// The class of pins.
    pin: Strong,
    /// `encode(payload)`: format and parts.
    encode: Strong,
    /// What is asked while payloads are packed.
    packing: Strong,
    /// The format that is wanted.
    format: u32,
    /// `size(item, room)`: as for [`size::up_to`].
    size: Strong,
    /// What is asked when references are looked for.
    looking: [Strong; 2],
    /// What makes values when payloads are unpacked, and the same for a store that admits others.
    reading: [Strong; 2],
    /// What references say of the store: its directory, the database, the format.
    place: [Strong; 3],
}

/// `_of(owner, exchange, least, pin, encode, packing, format, size, looking, reading, place)`: a caller for an exchange, which has to outlive it.
unsafe extern "C" fn new(class: *mut PyObject, args: *const *mut PyObject, count: isize) -> *mut PyObject {
    // SAFETY: a method of this type; the arguments live as long as the call.
    unsafe {
        arguments(args, count)
            .and_then(
                |&[owner, exchange, least, pin, encode, packing, format, size, looking, reading, place]| {
                    let keep = |object| Strong::of(Ref::new(object));
                    let made = Caller {
                        weak: WeakRefs::NONE,
                        owner: keep(owner),
                        exchange: int(exchange)?,
                        generation: fork::generation(),
                        least: int(least)?,
                        pin: keep(pin),
                        encode: keep(encode),
                        packing: keep(packing),
                        format: int(format)? as u32,
                        size: keep(size),
                        looking: kept(looking)?,
                        reading: kept(reading)?,
                        place: kept(place)?,
                    };
                    Ref::owned(make(class, made))
                },
            )
            .map_or(ptr::null_mut(), Ref::give)
    }
}

/// The items of a tuple; `None` with an exception set when there are others.
unsafe fn kept<const N: usize>(tuple: *mut PyObject) -> Option<[Strong; N]> {
    let mut items = [const { Strong::NONE }; N];
    for (index, item) in items.iter_mut().enumerate() {
        // SAFETY: a tuple, says the caller, which keeps its items; NULL comes with an exception.
        unsafe {
            let found = (api().tuple_get)(tuple, index as isize);
            if found.is_null() {
                return None;
            }
            *item = Strong::of(Ref::new(found));
        }
    }
    Some(items)
}

/// `calculate(wrapper, calculate, payload)`: the result.
unsafe extern "C" fn calculate(
    object: *mut PyObject,
    args: *const *mut PyObject,
    count: isize,
) -> *mut PyObject {
    // SAFETY: a method of this type; the arguments live as long as the call.
    unsafe {
        arguments(args, count)
            .and_then(|&[wrapper, calculate, payload]| {
                // The wrapper may take another one meanwhile.
                let _held = Ref::new(object);
                Call { caller: fields_of::<Caller>(object), wrapper, calculate, payload }.run()
            })
            .map_or(ptr::null_mut(), Ref::give)
    }
}

/// One call.
struct Call<'a> {
    caller: &'a Caller,
    wrapper: *mut PyObject,
    calculate: *mut PyObject,
    payload: *mut PyObject,
}

impl Call<'_> {
    /// Does something with the exchange, if that is open, and lets others have the interpreter meanwhile.
    fn with<R>(&self, work: impl FnOnce(&Exchange) -> R) -> Option<R> {
        if self.caller.generation != fork::generation() {
            return None;
        }
        // SAFETY: a handle, says who made the caller.
        let exchange = unsafe { enter(self.caller.exchange as *const dy_lmdb_exchange_t) }.ok()?;
        Some(without_interpreter(move || {
            let done = work(&exchange);
            // Whoever leaves last closes it.
            drop(exchange);
            done
        }))
    }

    unsafe fn run(&self) -> Option<Ref> {
        let caller = self.caller;
        // SAFETY: objects that live as long as the call.
        unsafe {
            if caller.generation != fork::generation() {
                return self.steps(names().otherwise, &[]);
            }
            let goes = {
                let size = size::up_to(self.payload, caller.least, caller.size.get())?;
                let Ok(exchange) = enter(caller.exchange as *const dy_lmdb_exchange_t) else {
                    return self.steps(names().otherwise, &[]);
                };
                if !exchange.is_current() {
                    return self.steps(names().otherwise, &[]);
                }
                exchange.should(size)
            };
            if goes { self.through_store() } else { self.directly() }
        }
    }

    /// Whether there are references in a value.
    unsafe fn refers(&self, value: *mut PyObject) -> Option<bool> {
        let [parts, known] = &self.caller.looking;
        // SAFETY: as in `run`.
        unsafe { search::found(value, parts.get(), known.get()) }
    }

    /// The payload itself goes to the calculator.
    unsafe fn directly(&self) -> Option<Ref> {
        // SAFETY: as in `run`.
        unsafe {
            if self.refers(self.payload)? {
                return self.steps(names().otherwise, &[]);
            }
            let answer = called(self.calculate, self.payload)?;
            if is_plain(answer.get())? {
                return Some(answer);
            }
            self.steps(names().answered, &[self.caller.owner.get(), answer.get()])
        }
    }

    unsafe fn through_store(&self) -> Option<Ref> {
        // SAFETY: as in `run`.
        unsafe {
            let put = match self.encoded() {
                Some(None) => return self.steps(names().otherwise, &[]),
                Some(Some(encoded)) => encoded.with(|format, parts| {
                    self.with(|exchange| exchange.put_fresh(parts, Format::from_u32(format)?))
                }),
                None => {
                    let error = raised()?;
                    return self.steps(names().not_stored, &[self.caller.owner.get(), error.get()]);
                }
            };
            let reference = match put {
                Some(Ok(reference)) => reference,
                Some(Err(error)) => {
                    let error = self.exception(&error)?;
                    return self.steps(names().not_stored, &[self.caller.owner.get(), error.get()]);
                }
                None => return self.steps(names().otherwise, &[]),
            };
            let Some(message) = self.message(&reference) else {
                self.discard(&reference);
                return None;
            };
            self.exchanged(reference, &message)
        }
    }

    /// The payload as it is stored, `None` in it when there are references in it; `None` with an exception set.
    unsafe fn encoded(&self) -> Option<Option<Encoded>> {
        let (caller, api) = (self.caller, api());
        // SAFETY: as in `run`; a tuple keeps its items.
        unsafe {
            match Packing::of(caller.packing.get())?.packed(self.payload, caller.format) {
                Some(Some(packed)) => {
                    // Nearly always no name in it looks like one of theirs.
                    let refers = packed.may_refer() && self.refers(self.payload)?;
                    return Some((!refers).then_some(Encoded::Packed(caller.format, packed)));
                }
                Some(None) if self.refers(self.payload)? => return Some(None),
                Some(None) => {}
                None => {
                    // With payloads in place of its references it may be another value.
                    let failure = Failure::take();
                    if self.refers(self.payload)? {
                        return Some(None);
                    }
                    failure.restore();
                    return None;
                }
            }
            let made = called(caller.encode.get(), self.payload)?;
            let (format, parts) = ((api.tuple_get)(made.get(), 0), (api.tuple_get)(made.get(), 1));
            if format.is_null() || parts.is_null() {
                return None;
            }
            Some(Some(Encoded::Parts(int(format)? as u32, Buffers::of(parts)?)))
        }
    }

    /// Calls the calculator with what travels, and takes its output.
    unsafe fn exchanged(&self, reference: Reference, message: &Ref) -> Option<Ref> {
        // SAFETY: as in `run`.
        unsafe {
            let answer = called(self.calculate, message.get());
            let failure = match &answer {
                Some(answer) => {
                    if is_written(answer.get())
                        && let Some(Ok(Some(view))) = self.written(&reference)
                    {
                        let result = self.taken(view);
                        self.discard(&reference);
                        return result;
                    }
                    if is_plain(answer.get())? && answer.get() != api().none && self.is_result(&reference) {
                        self.discard(&reference);
                        return Some(Ref::new(answer.get()));
                    }
                    None
                }
                None => match raised() {
                    Some(failure) => Some(failure),
                    None => {
                        self.discard(&reference);
                        return None;
                    }
                },
            };
            let mine = reference.clone();
            let given = Ref::owned(new_int(give_reference(reference) as u64))?;
            let none = api().none;
            let or_none = |object: &Option<Ref>| object.as_ref().map_or(none, Ref::get);
            let owner = self.caller.owner.get();
            let rest = [owner, given.get(), message.get(), or_none(&answer), or_none(&failure)];
            let result = self.steps(names().went_on, &rest);
            // Somebody may have interrupted the steps before they could see to it.
            if result.is_none() && self.keeps(&mine) {
                self.discard(&mine);
            }
            result
        }
    }

    /// Whether the input of an exchange is still kept.
    fn keeps(&self, reference: &Reference) -> bool {
        // SAFETY: a handle, says who made the caller.
        let exchange = unsafe { enter(self.caller.exchange as *const dy_lmdb_exchange_t) };
        exchange.is_ok_and(|exchange| exchange.keeps(reference))
    }

    /// Whether a value that a calculator returned is the result. Nothing is waited for to tell that.
    fn is_result(&self, reference: &Reference) -> bool {
        let judged = self.with(|exchange| exchange.judge(reference, Answer::Value, Some(Duration::ZERO)));
        matches!(judged, Some(Ok((Decision::TakeAnswer, None))))
    }

    /// The output, when it is what it was; `None` when the exchange is closed.
    unsafe fn written(&self, reference: &Reference) -> Option<Result<Option<View>>> {
        // SAFETY: a handle, says who made the caller.
        let exchange = unsafe { enter(self.caller.exchange as *const dy_lmdb_exchange_t) }.ok()?;
        let view = match exchange.take_written(reference) {
            Ok(Some(view)) => view,
            other => return Some(other),
        };
        let sound = match view.info().checksum {
            Some(_) => without_interpreter(|| view.verify()),
            None => Ok(()),
        };
        Some(sound.map(|()| Some(view)))
    }

    /// The result that an output is.
    unsafe fn taken(&self, view: View) -> Option<Ref> {
        let caller = self.caller;
        // SAFETY: as in `run`; the view is the pin's.
        unsafe {
            let pin = Ref::owned(pin_of_view(caller.pin.get(), view))?;
            let (format, flags) = fields_of::<Pin>(pin.get()).kind();
            let result = if format == Format::Msgpack as u32 {
                let readers = &caller.reading[usize::from(flags & DY_LMDB_INFO_SHARED != 0)];
                let bytes = fields_of::<Pin>(pin.get()).bytes();
                Readers::of(readers.get())
                    .and_then(|readers| unpack::value_and_names(pin.get(), bytes, readers))
            } else {
                None
            };
            let result = match result {
                // Nearly always it is a result as it is.
                Some((result, false)) if is_plain(result.get())? => return Some(result),
                Some((result, _)) => result,
                None => {
                    let error = if (api().failed)().is_null() { object::none() } else { raised()?.give() };
                    let error = Ref::owned(error)?;
                    self.steps(names().decoded, &[pin.get(), error.get()])?
                }
            };
            if is_plain(result.get())? && !self.refers(result.get())? {
                return Some(result);
            }
            self.steps(names().finished, &[result.get()])
        }
    }

    /// Deletes what the exchange left. What fails meanwhile expires.
    fn discard(&self, reference: &Reference) {
        // SAFETY: the interpreter is held; an exception that is set stays so.
        unsafe {
            let error = Failure::take();
            let done = self.with(|exchange| exchange.discard(reference, true, true));
            if let Some(Err(what)) = done
                && let Some(exception) = self.exception(&what)
            {
                drop(self.steps(names().not_cleaned, &[exception.get()]));
                (api().clear_failure)();
            }
            error.restore();
        }
    }

    /// What travels in place of the payload.
    unsafe fn message(&self, reference: &Reference) -> Option<Ref> {
        let [path, db, format] = self.caller.place.each_ref().map(Strong::get);
        // SAFETY: as in `run`.
        unsafe {
            mapping_of(reference, |name| match name {
                reference::DB_PATH => Some(path),
                reference::DB_NAME => Some(db),
                reference::FORMAT => Some(format),
                _ => None,
            })
        }
    }

    /// Has the wrapper go on: `name(calculate, payload, *rest)`.
    unsafe fn steps(&self, name: *mut PyObject, rest: &[*mut PyObject]) -> Option<Ref> {
        let arguments: Vec<_> = [self.calculate, self.payload].iter().chain(rest).copied().collect();
        // SAFETY: as in `run`.
        unsafe { method(self.wrapper, name, &arguments) }
    }

    /// The exception for an error of the engine's; `None` with another one set.
    unsafe fn exception(&self, error: &Error) -> Option<Ref> {
        // SAFETY: as in `run`; it raises what is wanted.
        unsafe {
            fail_with(self.caller.pin.get(), error);
            raised()
        }
    }
}

/// What a function answers to one argument; `None` with an exception set.
unsafe fn called(function: *mut PyObject, argument: *mut PyObject) -> Option<Ref> {
    // SAFETY: objects, says the caller; NULL ends the arguments.
    Ref::owned(unsafe { (api().call)(function, argument, ptr::null_mut::<PyObject>()) })
}

/// What a method answers; `None` with an exception set.
unsafe fn method(object: *mut PyObject, name: *mut PyObject, arguments: &[*mut PyObject]) -> Option<Ref> {
    let (call, end) = (api().call_method, ptr::null_mut::<PyObject>());
    // SAFETY: an object, an interned name and objects, says the caller; NULL ends the arguments.
    Ref::owned(unsafe {
        match *arguments {
            [a, b] => call(object, name, a, b, end),
            [a, b, c] => call(object, name, a, b, c, end),
            [a, b, c, d] => call(object, name, a, b, c, d, end),
            [a, b, c, d, e, f, g] => call(object, name, a, b, c, d, e, f, g, end),
            _ => {
                (api().fail)(api().type_error, c"a call with as many arguments as no method has".as_ptr());
                ptr::null_mut()
            }
        }
    })
}

/// The exception that is set, and no longer is; `None` when it is none that calculators and codecs fail with.
pub(super) unsafe fn raised() -> Option<Ref> {
    // SAFETY: the interpreter is held, says the caller.
    unsafe {
        if (api().failed_with)(api().exception) == 0 {
            return None;
        }
        Failure::take().normalized()
    }
}

/// An exception that was set: type, value and traceback.
struct Failure([*mut PyObject; 3]);

impl Drop for Failure {
    fn drop(&mut self) {
        drop(self.0.map(Ref::owned));
    }
}

impl Failure {
    unsafe fn take() -> Failure {
        let mut failure = [ptr::null_mut(); 3];
        let [kind, value, trace] = &mut failure;
        // SAFETY: places for references, which are then ours.
        unsafe { (api().fetch)(kind, value, trace) };
        Failure(failure)
    }

    unsafe fn restore(mut self) {
        let [kind, value, trace] = std::mem::replace(&mut self.0, [ptr::null_mut(); 3]);
        // SAFETY: what was fetched.
        unsafe { (api().restore)(kind, value, trace) };
    }

    unsafe fn normalized(mut self) -> Option<Ref> {
        let [mut kind, mut value, mut trace] = std::mem::replace(&mut self.0, [ptr::null_mut(); 3]);
        // SAFETY: what was fetched; the references are ours.
        unsafe {
            (api().normalize)(&mut kind, &mut value, &mut trace);
            let (_kind, value, trace) = (Ref::owned(kind), Ref::owned(value)?, Ref::owned(trace));
            if let Some(trace) = trace {
                (api().set_traceback)(value.get(), trace.get());
            }
            Some(value)
        }
    }
}

/// A payload as it is stored.
enum Encoded {
    Packed(u32, Packed),
    /// As Python encoded it: the format, and the buffers.
    Parts(u32, Buffers),
}

impl Encoded {
    fn with<R>(self, put: impl FnOnce(u32, &[&[u8]]) -> R) -> R {
        match self {
            Encoded::Packed(format, packed) => put(format, &packed.parts()),
            Encoded::Parts(format, buffers) => put(format, &buffers.slices()),
        }
    }
}

/// Whether an answer says that the output is written.
unsafe fn is_written(answer: *mut PyObject) -> bool {
    let api = api();
    // SAFETY: objects that live as long as the call; only a dict is looked into.
    unsafe {
        if api.class_of(answer) != api.dict_type {
            return false;
        }
        let said = (api.dict_get)(answer, names().output_written);
        if said.is_null() {
            (api.clear_failure)();
        }
        said == api.true_object
    }
}

/// Whether a value is of one of Python's own types.
unsafe fn is_python(value: *mut PyObject) -> bool {
    let api = api();
    // SAFETY: an object, says the caller.
    let class = unsafe { api.class_of(value) };
    let own = [api.dict_type, api.list_type, api.float_type, api.int_type, api.text_type, api.tuple_type];
    value == api.none || own.contains(&class)
}

/// Whether a value is a result as it is: of Python's own types, and no dict with names of the protocol.
unsafe fn is_plain(value: *mut PyObject) -> Option<bool> {
    let api = api();
    // SAFETY: objects that live as long as the call; no other code runs while the dict is looked through.
    unsafe {
        if api.class_of(value) != api.dict_type {
            return Some(is_python(value));
        }
        let (mut at, mut key, mut item) = (0, ptr::null_mut(), ptr::null_mut());
        while (api.dict_next)(value, &mut at, &mut key, &mut item) != 0 {
            let class = api.class_of(key);
            // Texts of other classes may be names of the protocol, too.
            let is_other = class != api.int_type && class != api.bytes_type && class != api.tuple_type;
            if if class == api.text_type { super::text::begins_with_underscore(key) } else { is_other } {
                return Some(false);
            }
        }
        Some(true)
    }
}

// SAFETY: repr(C), weak references first.
unsafe impl Fields for Caller {
    const NAME: &'static CStr = c"dishtayantra_lmdb.Caller";
    const DOC: &'static CStr = c"What the calls of one wrapped calculator have in common.";

    fn methods() -> Vec<Method> {
        vec![class_method(c"_of", new), object::method(c"calculate", calculate)]
    }

    fn attributes() -> Vec<Attribute> {
        Vec::new()
    }

    fn members() -> Vec<(&'static CStr, c_int, usize, bool)> {
        Vec::new()
    }
}
