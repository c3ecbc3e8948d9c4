//! Classes for Python: objects whose memory is a store's, and calls that convert their arguments here.
//!
//! A call through ctypes takes 0.5 to 1 µs beside what it does, and memory that is not Python's takes several objects to
//! show. So what is done for every payload is done by classes that the library makes with the stable C API of whatever
//! Python is in the process (`api`): nothing is linked, and the one shared library stays all there is to load. Everything
//! else Python calls through ctypes, and what these classes do for arrays and about failures is written in Python.

mod api;
mod fields;
mod handle;
mod ids;
mod loan_type;
mod memory;
mod object;
mod pack;
mod put;
mod search;
mod text;
mod unpack;
mod view_type;

use api::{Api, Method};
use handle::Handle;
use loan_type::Loan;
use memory::{Hold, Pin};
use object::{Ref, make_type};
use std::ffi::c_void;
use std::ptr;
use view_type::View;

/// Makes what the classes of the Python package are derived from.
///
/// Returns a tuple of four types (Hold, Pin, Loan, View), six functions (put, put_input, put_output, fields, pack, unpack),
/// a type (Handle) and three functions (holds_references, new_txn_id, put_many), as a new reference of Python's; NULL with
/// an exception set when they cannot be made, and without one when this process has no Python that fits.
///
/// Memory: what is made lives as long as Python refers to it.
///
/// Threads: the calling thread holds the interpreter, as a function that ctypes.PyDLL calls does.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn dy_lmdb_python_types() -> *mut c_void {
    // SAFETY: as the documentation demands of the caller.
    let types = unsafe { api::find().and_then(|api| types(api)) };
    types.map_or(ptr::null_mut(), |types| types.give().cast())
}

unsafe fn function(api: &Api, definition: Method) -> Option<Ref> {
    // Python goes on reading it as long as the function lives.
    let definition = Box::leak(Box::new(definition));
    // SAFETY: the interpreter is held, says the caller.
    Ref::owned(unsafe { (api.function)(definition, ptr::null_mut(), ptr::null_mut()) })
}

unsafe fn types(api: &Api) -> Option<Ref> {
    // SAFETY: the interpreter is held, says the caller. A tuple takes over the reference to its item.
    unsafe {
        text::find_names(api)?;
        let types = [make_type::<Hold>, make_type::<Pin>, make_type::<Loan>, make_type::<View>];
        let mut made = Vec::new();
        for make in types {
            made.push(Ref::owned(make(api))?);
        }
        let functions = put::functions().into_iter().chain(fields::functions());
        for definition in functions.chain(pack::functions()).chain(unpack::functions()) {
            made.push(function(api, definition)?);
        }
        made.push(Ref::owned(make_type::<Handle>(api))?);
        for definition in
            search::functions().into_iter().chain(ids::functions()).chain(put::later_functions())
        {
            made.push(function(api, definition)?);
        }
        let tuple = Ref::owned((api.tuple_new)(made.len() as isize))?;
        for (index, made) in made.into_iter().enumerate() {
            if (api.tuple_set)(tuple.get(), index as isize, made.give()) != 0 {
                return None;
            }
        }
        Some(tuple)
    }
}
