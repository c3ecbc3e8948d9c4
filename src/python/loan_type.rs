//! `Loan`: memory of a store to build one payload in. What it does for arrays it leaves to its class in Python.

use super::api::{Attribute, BF_GETBUFFER, MEMBER_OBJECT, MEMBER_ULONGLONG, Method, PyObject, api};
use super::export::pass_on;
use super::memory::Hold;
use super::object::{
    Fields, Place, Ref, Strong, WeakRefs, attribute, bool_of, call, call_with, class_method, fields, make,
    method, none, or_none, plain_method, without_interpreter,
};
use super::text::{Text, arguments, fail, int, names, new_int, put_options};
use super::view_type::release;
use crate::ffi::info::dy_lmdb_info_t;
use crate::ffi::loan::{dy_lmdb_loan_finish, dy_lmdb_loan_take, take_kept};
use crate::ffi::status::DY_LMDB_OK;
use crate::ffi::store::dy_lmdb_store_t;
use std::ffi::{CStr, c_int, c_void};
use std::mem::offset_of;
use std::ptr;
use std::sync::atomic::{AtomicU64, Ordering};

/// The fields of a loan.
#[repr(C)]
pub struct Loan {
    weak: WeakRefs,
    store: Strong,
    db: Strong,
    key: Strong,
    settings: Strong,
    /// Arrays that were handed out; None when there were none.
    arrays: Strong,
    /// Dtype and shape of what is published; None when no array was handed out.
    layout: Strong,
    size: u64,
    /// Bytes before the payload's first that its format needs.
    room: u64,
    /// What has the loan; nothing once it was published or dropped.
    hold: Place,
    memory: Place,
    /// Id of the entry; 0 until it is published.
    entry_id: AtomicU64,
}

/// `_take(hold class, store, handle of the store, db, key, size, room, settings)`.
unsafe extern "C" fn take(class: *mut PyObject, args: *const *mut PyObject, count: isize) -> *mut PyObject {
    // SAFETY: a method of this type; the arguments live as long as the call.
    unsafe {
        let Some(&[hold_class, store, handle, db, key, size, room, settings]) = arguments(args, count) else {
            return ptr::null_mut();
        };
        let (Some(handle), Some(size), Some(room)) = (int(handle), int(size), int(room)) else {
            return ptr::null_mut();
        };
        // Before there is a loan to lose.
        if Text::of(class, db).is_none() || Text::of(class, key).is_none() {
            return ptr::null_mut();
        }
        let store_handle = handle as *const dy_lmdb_store_t;
        // Giving the interpreter away for what never waits would take longer.
        let (loan, data) = match take_kept(store_handle, size + room) {
            Some(taken) => taken,
            None => {
                let (mut loan, mut data) = (ptr::null_mut(), ptr::null_mut());
                let status = without_interpreter(|| {
                    dy_lmdb_loan_take(store_handle, size + room, &mut loan, &mut data)
                });
                if status != DY_LMDB_OK {
                    return fail(class, status);
                }
                (loan, data)
            }
        };
        let Some(hold) = Ref::owned(make(hold_class, Hold::new(loan, data as u64, room, size))) else {
            return ptr::null_mut();
        };
        let kept = |object| Strong::of(Ref::new(object));
        let fields = Loan {
            weak: WeakRefs::NONE,
            store: kept(store),
            db: kept(db),
            key: kept(key),
            settings: kept(settings),
            arrays: Strong::NONE,
            layout: Strong::NONE,
            size,
            room,
            hold: Place::of(hold),
            memory: Place::default(),
            entry_id: AtomicU64::new(0),
        };
        make(class, fields)
    }
}

impl Loan {
    /// Releases the memory that was handed out. Whether nobody can reach it now, as far as it is shown as a buffer;
    /// `None` with an exception set when that cannot be told.
    unsafe fn release(&self, hold: &Hold) -> Option<bool> {
        let released = match self.memory.set(None) {
            // SAFETY: a memoryview.
            Some(memory) => unsafe { release(&memory) }?,
            None => true,
        };
        Some(released && !hold.is_shown())
    }
}

/// Publishes; the id of the entry, `None` with an exception set when it fails. `copy`: somebody can write to what was
/// handed out; `keep`: somebody can read it.
unsafe fn publish(object: *mut PyObject, size: u64, copy: bool, keep: bool) -> Option<u64> {
    // SAFETY: an object of this type, says the caller; it refers to everything that is used here.
    unsafe {
        let loan = fields::<Loan>(object);
        let Some(held) = loan.hold.get() else {
            call(object, names().closed);
            return None;
        };
        let hold = fields::<Hold>(held.get());
        let (db, key) = (Text::of(object, loan.db.get())?, Text::of(object, loan.key.get())?);
        let options = put_options(loan.settings.get())?;
        let pinned = if keep { hold.pin() } else { None };
        if !loan.release(hold)? || copy || (keep && pinned.is_none()) {
            let entry_id = call_with(object, names().publish_copy, Ref::owned(new_int(size))?)?;
            let entry_id = int(entry_id.get())?;
            // What others reach gives the loan back when they are gone.
            drop(loan.hold.set(None));
            loan.entry_id.store(entry_id, Ordering::Release);
            return Some(entry_id);
        }
        drop(loan.hold.set(None));
        if let Some(pinned) = pinned {
            hold.keep(pinned);
        }
        let (taken, mut info) = (hold.take(), dy_lmdb_info_t::default());
        let status = without_interpreter(|| {
            dy_lmdb_loan_finish(
                taken,
                db.start,
                db.len,
                key.start.cast(),
                key.len,
                size + loan.room,
                &options,
                &mut info,
            )
        });
        if status != DY_LMDB_OK {
            fail(object, status);
            return None;
        }
        loan.entry_id.store(info.entry_id, Ordering::Release);
        Some(info.entry_id)
    }
}

/// `_end(size, copy, keep)`: publishes; the id of the entry.
unsafe extern "C" fn end(object: *mut PyObject, args: *const *mut PyObject, count: isize) -> *mut PyObject {
    // SAFETY: a method of this type; the arguments live as long as the call.
    unsafe {
        let Some(&[size, copy, keep]) = arguments(args, count) else {
            return ptr::null_mut();
        };
        let Some(size) = int(size) else {
            return ptr::null_mut();
        };
        let [copy, keep] = [copy, keep].map(|flag| (api().is_true)(flag) == 1);
        publish(object, size, copy, keep).map_or(ptr::null_mut(), new_int)
    }
}

/// Gives the memory back; `None` with an exception set when that fails.
unsafe fn give_up(object: *mut PyObject, keep: bool) -> Option<()> {
    // SAFETY: an object of this type, says the caller.
    unsafe {
        let loan = fields::<Loan>(object);
        if let Some(held) = loan.hold.set(None) {
            let hold = fields::<Hold>(held.get());
            // What others reach gives it back when they are gone.
            if loan.release(hold)? && !keep {
                hold.end();
            }
        }
        Some(())
    }
}

/// `_give_up(keep)`: drops the loan; `keep`: somebody can read what was handed out.
unsafe extern "C" fn drop_loan(
    object: *mut PyObject,
    args: *const *mut PyObject,
    count: isize,
) -> *mut PyObject {
    // SAFETY: a method of this type; the argument lives as long as the call.
    unsafe {
        let Some(&[keep]) = arguments(args, count) else {
            return ptr::null_mut();
        };
        let keep = (api().is_true)(keep) == 1;
        give_up(object, keep).map_or(ptr::null_mut(), |()| none())
    }
}

/// What has the loan; `None` with an exception set that says why it cannot be used.
unsafe fn open_hold(object: *mut PyObject) -> Option<Ref> {
    // SAFETY: an object of this type, says the caller, and a hold in its place.
    unsafe {
        let hold = fields::<Loan>(object).hold.get().filter(|hold| !fields::<Hold>(hold.get()).is_forked());
        if hold.is_none() {
            call(object, names().closed);
        }
        hold
    }
}

/// `__enter__`: the loan, which must be open.
unsafe extern "C" fn enter(object: *mut PyObject, _: *mut PyObject) -> *mut PyObject {
    // SAFETY: a method of this type.
    unsafe { open_hold(object).map_or(ptr::null_mut(), |_| Ref::new(object).give()) }
}

/// `__exit__(kind, error, trace)`: publishes; an exception drops the loan.
unsafe extern "C" fn exit(object: *mut PyObject, args: *const *mut PyObject, count: isize) -> *mut PyObject {
    // SAFETY: a method of this type; the arguments live as long as the call.
    unsafe {
        let Some(&[kind, _, _]) = arguments(args, count) else {
            return ptr::null_mut();
        };
        let loan = fields::<Loan>(object);
        let failed = kind != api().none;
        let done = if failed {
            call(object, names().drop).map(drop)
        } else if loan.hold.get().is_none() {
            Some(())
        } else if loan.arrays.is_set() || loan.room > 0 {
            call_with(object, names().publish, Ref::new(api().none)).map(drop)
        } else {
            publish(object, loan.size, false, false).map(drop)
        };
        done.map_or(ptr::null_mut(), |()| none())
    }
}

unsafe extern "C" fn memory(object: *mut PyObject, _: *mut c_void) -> *mut PyObject {
    // SAFETY: an attribute of this type.
    unsafe {
        let Some(hold) = open_hold(object) else {
            return ptr::null_mut();
        };
        let loan = fields::<Loan>(object);
        if let Some(memory) = loan.memory.get() {
            return memory.give();
        }
        let Some(memory) = Ref::owned((api().memory_view)(hold.get())) else {
            return ptr::null_mut();
        };
        drop(loan.memory.set(Some(Ref::new(memory.get()))));
        memory.give()
    }
}

unsafe extern "C" fn hold(object: *mut PyObject, _: *mut c_void) -> *mut PyObject {
    // SAFETY: an attribute of this type.
    or_none(unsafe { fields::<Loan>(object) }.hold.get())
}

unsafe extern "C" fn closed(object: *mut PyObject, _: *mut c_void) -> *mut PyObject {
    // SAFETY: an attribute of this type.
    bool_of(unsafe { fields::<Loan>(object) }.hold.get().is_none())
}

unsafe extern "C" fn entry(object: *mut PyObject, _: *mut c_void) -> *mut PyObject {
    // SAFETY: an attribute of this type.
    new_int(unsafe { fields::<Loan>(object) }.entry_id.load(Ordering::Acquire))
}

// SAFETY: repr(C), weak references first.
unsafe impl Fields for Loan {
    const NAME: &'static CStr = c"dishtayantra_lmdb.Loan";
    const DOC: &'static CStr = c"Memory of the store to build one payload in.";
    const SLOTS: &'static [(c_int, *const c_void)] = &[(BF_GETBUFFER, pass_on as *const c_void)];

    fn methods() -> Vec<Method> {
        vec![
            class_method(c"_take", take),
            method(c"_end", end),
            method(c"_give_up", drop_loan),
            plain_method(c"__enter__", enter),
            method(c"__exit__", exit),
        ]
    }

    fn attributes() -> Vec<Attribute> {
        vec![
            attribute(
                c"memory",
                c"What can be written; in format numpy the items of the array.\n\nRaises:\n    StoreClosedError: the loan was published or dropped.",
                memory,
            ),
            attribute(c"closed", c"Whether the loan was published or dropped.", closed),
            attribute(c"_hold", c"What has the loan; None when it is closed.", hold),
            attribute(c"_entry_id", c"The id of the entry; 0 until it is published.", entry),
        ]
    }

    fn members() -> Vec<(&'static CStr, c_int, usize, bool)> {
        vec![
            (c"size", MEMBER_ULONGLONG, offset_of!(Loan, size), true),
            (c"_store", MEMBER_OBJECT, offset_of!(Loan, store), true),
            (c"_db", MEMBER_OBJECT, offset_of!(Loan, db), true),
            (c"_key", MEMBER_OBJECT, offset_of!(Loan, key), true),
            (c"_settings", MEMBER_OBJECT, offset_of!(Loan, settings), true),
            (c"_arrays", MEMBER_OBJECT, offset_of!(Loan, arrays), false),
            (c"_layout", MEMBER_OBJECT, offset_of!(Loan, layout), false),
        ]
    }
}
