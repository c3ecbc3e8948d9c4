//! A calculator's call through the store, as the wrapper makes it nearly always: the payload goes in, the calculator says
//! that it wrote its output, or returns a value that is judged to be the result. Whatever else happens the wrapper's own
//! steps go on with.

use super::answers::{is_plain, is_written};
use super::api::{Attribute, Method, PyObject, api};
use super::failure::{Failure, raised};
use super::memory::{Pin, pin_of_view};
use super::object::{
    self, Fields, Ref, Strong, WeakRefs, class_method, fields as fields_of, make, without_interpreter,
};
use super::pack::Packed;
use super::put::Buffers;
use super::reference::{mapping_from, template};
use super::text::{arguments, fail_with, int, names, new_int};
use super::values::{Getting, Packing};
use super::{search, size};
use crate::error::{Error, Result};
use crate::exchange::Exchange;
use crate::ffi::exchange::{dy_lmdb_exchange_t, enter};
use crate::ffi::reference::give_reference;
use crate::format::Format;
use crate::mapping::{fork, sys};
use crate::reference::Reference;
use crate::store::{Count, View};
use std::ffi::{CStr, c_int};
use std::ptr;

/// Nanoseconds of a call whose payload is passed directly from which on it is asked whether that is slow.
const LOOKED_AT: u64 = 100_000;

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
    /// How values are made of payloads.
    getting: Strong,
    /// A dict with what all references say, and with every field's name: see [`template`].
    template: Strong,
}

/// `_of(owner, exchange, least, pin, encode, packing, format, size, looking, getting, place)`: a caller for an exchange,
/// which has to outlive it.
unsafe extern "C" fn new(class: *mut PyObject, args: *const *mut PyObject, count: isize) -> *mut PyObject {
    // SAFETY: a method of this type; the arguments live as long as the call.
    unsafe {
        arguments(args, count)
            .and_then(
                |&[owner, exchange, least, pin, encode, packing, format, size, looking, getting, place]| {
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
                        getting: keep(getting),
                        template: Strong::of(template(place)?),
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

    /// As [`Call::with`], for what neither writes nor waits: nobody else gets the interpreter.
    fn look<R>(&self, look: impl FnOnce(&Exchange) -> R) -> Option<R> {
        if self.caller.generation != fork::generation() {
            return None;
        }
        // SAFETY: a handle, says who made the caller.
        let exchange = unsafe { enter(self.caller.exchange as *const dy_lmdb_exchange_t) }.ok()?;
        let seen = look(&exchange);
        if let Some(closed) = exchange.leave_unless_closed() {
            // To close it may be to write.
            without_interpreter(|| drop(closed));
        }
        Some(seen)
    }

    unsafe fn run(&self) -> Option<Ref> {
        let caller = self.caller;
        // SAFETY: objects that live as long as the call.
        unsafe {
            let size = size::up_to(self.payload, caller.least, caller.size.get())?;
            match self.look(|exchange| exchange.is_current().then(|| exchange.should(size))).flatten() {
                Some(true) => self.through_store(),
                Some(false) => self.directly(),
                None => self.steps(names().otherwise, &[]),
            }
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
                // What goes on counts anew.
                self.look(|exchange| exchange.meter().count(Count::Direct, 1_u64.wrapping_neg()));
                return self.steps(names().otherwise, &[]);
            }
            let began = sys::monotonic_ns();
            let answer = called(self.calculate, self.payload)?;
            let ns = sys::monotonic_ns() - began;
            if ns > LOOKED_AT {
                self.look(|exchange| exchange.meter().passed_directly(ns));
            }
            if is_plain(answer.get()) {
                return Some(answer);
            }
            self.steps(names().answered, &[self.caller.owner.get(), answer.get()])
        }
    }

    unsafe fn through_store(&self) -> Option<Ref> {
        let began = sys::monotonic_ns();
        // SAFETY: as in `run`.
        unsafe {
            let put = match self.encoded() {
                Some(None) => return self.steps(names().otherwise, &[]),
                Some(Some(encoded)) => encoded.with(|format, parts| {
                    self.with(|exchange| exchange.put_fresh(parts, Format::from_u32(format)?, began))
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
                self.discard(&reference)?;
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
                        self.discard(&reference)?;
                        return result;
                    }
                    if is_plain(answer.get()) && answer.get() != api().none && self.is_result(&reference) {
                        self.discard(&reference)?;
                        return Some(Ref::new(answer.get()));
                    }
                    None
                }
                None => match raised() {
                    Some(failure) => Some(failure),
                    None => {
                        self.discard(&reference)?;
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
            if result.is_none() && self.look(|exchange| exchange.keeps(&mine)) == Some(true) {
                self.discard(&mine)?;
            }
            result
        }
    }

    /// Whether a value that a calculator returned is the result. Nothing is waited for to tell that.
    fn is_result(&self, reference: &Reference) -> bool {
        self.with(|exchange| exchange.is_result(reference)) == Some(true)
    }

    /// The output, when it is what it was; `None` when the exchange is closed.
    fn written(&self, reference: &Reference) -> Option<Result<Option<View>>> {
        let view = match self.look(|exchange| exchange.take_written(reference))? {
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
            let getting = Getting::of(caller.getting.get())?;
            let (result, underscored) = getting.value(&pin, fields_of::<Pin>(pin.get()))?;
            // Nearly always it is a result as it is.
            if is_plain(result.get()) && !(underscored && self.refers(result.get())?) {
                return Some(result);
            }
            self.steps(names().finished, &[result.get()])
        }
    }

    /// Deletes what the exchange left; an exception that is set stays so. What fails meanwhile expires. `None` with an
    /// exception set when there was none and whoever heard of the failure raised.
    fn discard(&self, reference: &Reference) -> Option<()> {
        // SAFETY: the interpreter is held.
        unsafe {
            let before = Failure::take();
            if let Some(Err(error)) = self.with(|exchange| exchange.discard(reference, true, true)) {
                let told =
                    self.exception(&error).and_then(|what| self.steps(names().not_cleaned, &[what.get()]));
                if told.is_none() && before.is_none() {
                    return None;
                }
            }
            before.restore();
        }
        Some(())
    }

    /// What travels in place of the payload.
    unsafe fn message(&self, reference: &Reference) -> Option<Ref> {
        // SAFETY: as in `run`.
        unsafe { mapping_from(self.caller.template.get(), reference) }
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
