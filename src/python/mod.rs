//! Classes for Python: objects whose memory is a store's, and calls that convert their arguments here.
//!
//! A call through ctypes takes 0.5 to 1 µs beside what it does, and memory that is not Python's takes several objects to
//! show. So what is done for every payload is done by classes that the library makes with the stable C API of whatever
//! Python is in the process (`api`): nothing is linked, and the one shared library stays all there is to load. Everything
//! else Python calls through ctypes, and what these classes do for arrays and about failures is written in Python.

#![allow(unsafe_code)]

mod answers;
mod api;
mod arrays;
mod calculate;
mod exchange;
mod export;
mod failure;
mod handle;
mod ids;
mod loan_type;
mod memory;
mod object;
mod pack;
mod piece;
mod put;
mod reference;
mod search;
mod size;
mod table_type;
mod text;
mod times;
mod unpack;
mod values;
mod view_type;

use api::{Api, Method};
use calculate::Caller;
use handle::Handle;
use loan_type::Loan;
use memory::{Hold, Pin};
use object::{Ref, make_type};
use pack::Frame;
use piece::Piece;
use std::ffi::{CStr, c_void};
use std::ptr;
use table_type::Table;
use view_type::View;

/// Of the door: what it gives by name, and what that means. The package says which one it was written for.
const VERSION: u32 = 2;

/// How many there are in the tuple of [`types`].
const OLDEST: usize = 14;

/// What older packages came in by: the first of what [`door`] gives, in order; NULL as there.
///
/// # Safety
/// The calling thread holds the interpreter.
pub unsafe fn types() -> *mut c_void {
    // SAFETY: as the caller says. A tuple takes over the reference to its item.
    unsafe {
        api::find().and_then(|api| {
            let tuple = Ref::owned((api.tuple_new)(OLDEST as isize))?;
            for (index, (_, made)) in made(api)?.into_iter().take(OLDEST).enumerate() {
                if (api.tuple_set)(tuple.get(), index as isize, made.give()) != 0 {
                    return None;
                }
            }
            Some(tuple)
        })
    }
    .map_or(ptr::null_mut(), |tuple| tuple.give().cast())
}

/// A dict of all that the package comes in by; NULL with an exception set, or without one when there is no Python that fits.
///
/// # Safety
/// The calling thread holds the interpreter.
pub unsafe fn door(version: u32) -> *mut c_void {
    // SAFETY: as the caller says.
    unsafe {
        api::find().and_then(|api| {
            if version != VERSION {
                (api.fail)(api.value_error, c"the library's door for Python is of another version".as_ptr());
                return None;
            }
            let names = Ref::owned((api.dict_new)())?;
            for (name, made) in made(api)? {
                let name = Ref::owned((api.interned)(name.as_ptr()))?;
                if (api.dict_set)(names.get(), name.get(), made.get()) != 0 {
                    return None;
                }
            }
            Some(names)
        })
    }
    .map_or(ptr::null_mut(), |names| names.give().cast())
}

unsafe fn function(api: &Api, definition: Method) -> Option<Ref> {
    // Python goes on reading it as long as the function lives.
    let definition = Box::leak(Box::new(definition));
    // SAFETY: the interpreter is held, says the caller.
    Ref::owned(unsafe { (api.function)(definition, ptr::null_mut(), ptr::null_mut()) })
}

/// The types and functions with their names; those that [`types`] gives come first.
unsafe fn made(api: &Api) -> Option<Vec<(&'static CStr, Ref)>> {
    // SAFETY: the interpreter is held, says the caller.
    unsafe {
        text::find_names(api)?;
        let mut made = vec![
            (c"Hold", Ref::owned(make_type::<Hold>(api))?),
            (c"Pin", Ref::owned(make_type::<Pin>(api))?),
            (c"Loan", Ref::owned(make_type::<Loan>(api))?),
            (c"View", Ref::owned(make_type::<View>(api))?),
        ];
        let add = |made: &mut Vec<(&'static CStr, Ref)>, definition: Method| {
            // Each has a name that lives for ever.
            made.push((CStr::from_ptr(definition.name), function(api, definition)?));
            Some(())
        };
        let oldest = put::functions().into_iter().chain(reference::functions()).chain(pack::functions());
        for definition in oldest.chain(unpack::functions()) {
            add(&mut made, definition)?;
        }
        made.push((c"Handle", Ref::owned(make_type::<Handle>(api))?));
        let later = search::functions().into_iter().chain(ids::functions()).chain(put::later_functions());
        let later = later.chain(reference::later_functions()).chain(exchange::functions());
        let later = later
            .chain(arrays::functions())
            .chain(unpack::later_functions())
            .chain(values::functions())
            .chain(size::functions())
            .chain(table_type::functions())
            .chain(times::functions());
        for definition in later {
            add(&mut made, definition)?;
        }
        made.push((c"Caller", Ref::owned(make_type::<Caller>(api))?));
        made.push((c"Frame", Ref::owned(make_type::<Frame>(api))?));
        made.push((c"Table", Ref::owned(make_type::<Table>(api))?));
        piece::learn(Ref::owned(make_type::<Piece>(api))?);
        Some(made)
    }
}
