//! Objects whose fields are Rust's, and references to objects of Python.

use super::api::{
    Api, Attribute, Buffer, MEMBER_READONLY, MEMBER_SSIZE, METH_CLASS, METH_FASTCALL, METH_NOARGS, Member,
    Method, PyObject, Slot, Spec, TP_DEALLOC, TP_DOC, TP_FREE, TP_GETSET, TP_MEMBERS, TP_METHODS, TP_NEW,
    TYPE_BASETYPE, api,
};
use std::cell::Cell;
use std::ffi::{CStr, c_int, c_void};
use std::ptr;
use std::sync::{Mutex, PoisonError};

/// A reference to an object, given back when this is dropped. The interpreter is held then.
pub struct Ref(*mut PyObject);

// SAFETY: an address; what is done with it is done by threads that hold the interpreter.
unsafe impl Send for Ref {}

impl Ref {
    /// Takes over a reference; `None` for NULL, which says that an exception is set.
    pub fn owned(object: *mut PyObject) -> Option<Ref> {
        (!object.is_null()).then_some(Ref(object))
    }

    /// One more reference to `object`.
    pub unsafe fn new(object: *mut PyObject) -> Ref {
        // SAFETY: an object, says the caller.
        unsafe { (api().inc_ref)(object) };
        Ref(object)
    }

    /// The object, for as long as the reference is kept.
    pub fn get(&self) -> *mut PyObject {
        self.0
    }

    /// The object and the reference to it.
    pub fn give(self) -> *mut PyObject {
        let object = self.0;
        std::mem::forget(self);
        object
    }
}

impl Drop for Ref {
    fn drop(&mut self) {
        if is_away() {
            return;
        }
        // SAFETY: the reference is ours.
        unsafe { (api().dec_ref)(self.0) };
    }
}

/// A place for a reference that any thread may look at and change.
#[derive(Default)]
pub struct Place(Mutex<Option<Ref>>);

impl Place {
    /// A place with something in it.
    pub fn of(object: Ref) -> Place {
        Place(Mutex::new(Some(object)))
    }

    /// Another reference to what is there.
    pub fn get(&self) -> Option<Ref> {
        let place = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        // SAFETY: the object lives as long as the place refers to it.
        place.as_ref().map(|object| unsafe { Ref::new(object.get()) })
    }

    /// Puts something there; returns what was there, to be dropped with no lock held.
    pub fn set(&self, object: Option<Ref>) -> Option<Ref> {
        std::mem::replace(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner), object)
    }
}

/// The fields of a kind of object, which begin where its header ends. They begin with what weak references need.
///
/// # Safety
/// The implementation is `repr(C)` and its first field is a `WeakRefs`.
pub unsafe trait Fields: Sized {
    /// Module and name.
    const NAME: &'static CStr;
    /// What the class is, for `help`.
    const DOC: &'static CStr;
    /// What only this kind of object has: buffers.
    const SLOTS: &'static [(c_int, *const c_void)] = &[];

    /// Methods.
    fn methods() -> Vec<Method>;
    /// Attributes that are computed.
    fn attributes() -> Vec<Attribute>;
    /// Attributes that are fields: name, kind, offset among the fields, read-only or not.
    fn members() -> Vec<(&'static CStr, c_int, usize, bool)>;
}

/// Where Python keeps an object's weak references.
#[repr(transparent)]
pub struct WeakRefs(*mut PyObject);

impl WeakRefs {
    /// None yet.
    pub const NONE: WeakRefs = WeakRefs(ptr::null_mut());
}

/// The fields of an object.
///
/// # Safety
/// `object` is of the type made for `T`, and lives as long as the result is used.
pub unsafe fn fields<'a, T: Fields>(object: *mut PyObject) -> &'a T {
    // SAFETY: the type's size has room for the fields behind the header, and `make` filled them.
    unsafe { &*object.byte_add(api().header).cast::<T>() }
}

/// A new object of `class`, which is the type made for `T` or derived from it.
pub unsafe fn make<T: Fields>(class: *mut PyObject, value: T) -> *mut PyObject {
    // SAFETY: a type, says the caller; its objects have room for the fields behind the header.
    unsafe {
        let object = (api().type_alloc)(class, 0);
        if !object.is_null() {
            object.byte_add(api().header).cast::<T>().write(value);
        }
        object
    }
}

/// `tp_dealloc` of every type that is made here.
unsafe extern "C" fn dealloc<T: Fields>(object: *mut PyObject) {
    let api = api();
    // SAFETY: Python ends an object of the type once. The type is kept until the object's memory is given back.
    unsafe {
        let class = (api.type_of)(object);
        let fields = object.byte_add(api.header).cast::<T>();
        if !(*fields.cast::<WeakRefs>()).0.is_null() {
            (api.clear_weak_refs)(object);
        }
        fields.drop_in_place();
        let free = (api.type_slot)(class, TP_FREE);
        let free = std::mem::transmute::<*mut c_void, unsafe extern "C" fn(*mut c_void)>(free);
        free(object.cast());
        // The object's reference, and the one that was asked for.
        (api.dec_ref)(class);
        (api.dec_ref)(class);
    }
}

/// `tp_new` of every type: only the library makes them.
unsafe extern "C" fn refuse_new(_: *mut PyObject, _: *mut PyObject, _: *mut PyObject) -> *mut PyObject {
    // SAFETY: Python calls this with the interpreter held.
    unsafe { (api().fail)(api().type_error, c"objects of this class are made by the transport".as_ptr()) };
    ptr::null_mut()
}

/// The type for `T`, from which Python derives its class; NULL with an exception set when it cannot be made.
pub unsafe fn make_type<T: Fields>(api: &Api) -> *mut PyObject {
    let mut members: Vec<Member> = T::members()
        .into_iter()
        .map(|(name, kind, offset, readonly)| Member {
            name: name.as_ptr(),
            kind,
            offset: (api.header + offset) as isize,
            flags: if readonly { MEMBER_READONLY } else { 0 },
            doc: ptr::null(),
        })
        .collect();
    members.push(Member {
        name: c"__weaklistoffset__".as_ptr(),
        kind: MEMBER_SSIZE,
        offset: api.header as isize,
        flags: MEMBER_READONLY,
        doc: ptr::null(),
    });
    // SAFETY: all zero is what ends each of these tables.
    unsafe {
        members.push(std::mem::zeroed());
        let mut methods = T::methods();
        methods.push(std::mem::zeroed());
        let mut attributes = T::attributes();
        attributes.push(std::mem::zeroed());
        let mut slots: Vec<Slot> =
            T::SLOTS.iter().map(|&(slot, pfunc)| Slot { slot, pfunc: pfunc.cast_mut() }).collect();
        slots.extend([
            Slot { slot: TP_DEALLOC, pfunc: dealloc::<T> as *mut c_void },
            Slot { slot: TP_NEW, pfunc: refuse_new as *mut c_void },
            Slot { slot: TP_DOC, pfunc: T::DOC.as_ptr().cast_mut().cast() },
            // Python goes on reading these tables as long as the type lives.
            Slot { slot: TP_METHODS, pfunc: methods.leak().as_mut_ptr().cast() },
            Slot { slot: TP_GETSET, pfunc: attributes.leak().as_mut_ptr().cast() },
            Slot { slot: TP_MEMBERS, pfunc: members.leak().as_mut_ptr().cast() },
            std::mem::zeroed(),
        ]);
        let mut spec = Spec {
            name: T::NAME.as_ptr(),
            basicsize: (api.header + size_of::<T>()) as c_int,
            itemsize: 0,
            flags: TYPE_BASETYPE,
            slots: slots.as_mut_ptr(),
        };
        (api.type_from_spec)(&mut spec)
    }
}

/// A method that takes positional arguments.
pub type Fast = unsafe extern "C" fn(*mut PyObject, *const *mut PyObject, isize) -> *mut PyObject;
/// A method without arguments.
pub type NoArgs = unsafe extern "C" fn(*mut PyObject, *mut PyObject) -> *mut PyObject;
/// What computes an attribute.
pub type Getter = unsafe extern "C" fn(*mut PyObject, *mut c_void) -> *mut PyObject;

/// A method with positional arguments.
pub fn method(name: &'static CStr, function: Fast) -> Method {
    Method {
        name: name.as_ptr(),
        function: function as *const c_void,
        flags: METH_FASTCALL,
        doc: ptr::null(),
    }
}

/// A method of the class with positional arguments.
pub fn class_method(name: &'static CStr, function: Fast) -> Method {
    Method { flags: METH_FASTCALL | METH_CLASS, ..method(name, function) }
}

/// A method without arguments.
pub fn plain_method(name: &'static CStr, function: NoArgs) -> Method {
    Method { name: name.as_ptr(), function: function as *const c_void, flags: METH_NOARGS, doc: ptr::null() }
}

/// A computed attribute, read-only.
pub fn attribute(name: &'static CStr, doc: &'static CStr, get: Getter) -> Attribute {
    Attribute {
        name: name.as_ptr(),
        get: Some(get),
        set: ptr::null(),
        doc: doc.as_ptr(),
        closure: ptr::null_mut(),
    }
}

/// None, as a result.
pub fn none() -> *mut PyObject {
    // SAFETY: None lives for ever.
    unsafe { Ref::new(api().none) }.give()
}

/// What is there, or None, as a result.
pub fn or_none(object: Option<Ref>) -> *mut PyObject {
    object.map_or_else(none, Ref::give)
}

/// True or False, as a result.
pub fn bool_of(value: bool) -> *mut PyObject {
    // SAFETY: makes no demands but that the interpreter is held, which a result is made with.
    unsafe { (api().bool_from)(value.into()) }
}

/// Calls the method `name` without arguments; `None` with its exception set when it fails.
pub unsafe fn call(object: *mut PyObject, name: *mut PyObject) -> Option<Ref> {
    // SAFETY: an object and an interned name, says the caller; NULL ends the arguments.
    Ref::owned(unsafe { (api().call_method)(object, name, ptr::null_mut::<PyObject>()) })
}

/// Calls the method `name` with one argument; `None` with its exception set when it fails.
pub unsafe fn call_with(object: *mut PyObject, name: *mut PyObject, argument: Ref) -> Option<Ref> {
    // SAFETY: as in `call`.
    Ref::owned(unsafe { (api().call_method)(object, name, argument.get(), ptr::null_mut::<PyObject>()) })
}

thread_local! {
    /// Whether the interpreter is given away.
    static AWAY: Cell<bool> = const { Cell::new(false) };
}

/// Whether this thread has given the interpreter away. Nothing of Python's may be touched then: when the interpreter
/// ends meanwhile, it ends the thread (before 3.14) instead of coming back, and what is unwound is dropped without it.
pub fn is_away() -> bool {
    AWAY.get()
}

/// Lets other threads have the interpreter while `work` runs, which touches no object.
pub fn without_interpreter<R>(work: impl FnOnce() -> R) -> R {
    // SAFETY: the calling thread holds the interpreter: it came here from a call of Python's.
    let thread = unsafe { (api().save_thread)() };
    AWAY.set(true);
    let result = work();
    // SAFETY: given back by the thread that gave it away. When the interpreter has ended, this does not return.
    unsafe { (api().restore_thread)(thread) };
    AWAY.set(false);
    result
}

/// Shows `size` bytes at `address` as the buffer of `object`, which the buffer keeps.
pub unsafe fn show(
    view: *mut Buffer,
    object: *mut PyObject,
    (address, size): (u64, u64),
    readonly: bool,
    flags: c_int,
) -> c_int {
    // SAFETY: as the caller says; the bytes stay as long as the object does.
    unsafe {
        (api().fill_buffer)(view, object, address as *mut c_void, size as isize, readonly.into(), flags)
    }
}

/// A field that Python sees as an attribute, and may set.
#[repr(transparent)]
pub struct Strong(*mut PyObject);

impl Strong {
    /// Nothing, which Python sees as None.
    pub const NONE: Strong = Strong(ptr::null_mut());

    /// An object.
    pub fn of(object: Ref) -> Strong {
        Strong(object.give())
    }

    /// The object; NULL when there is none.
    pub fn get(&self) -> *mut PyObject {
        self.0
    }

    /// Whether there is one.
    pub fn is_set(&self) -> bool {
        // SAFETY: None is only compared with.
        !self.0.is_null() && self.0 != api().none
    }
}

impl Drop for Strong {
    fn drop(&mut self) {
        if !self.0.is_null() && !is_away() {
            // SAFETY: the reference is ours.
            unsafe { (api().dec_ref)(self.0) };
        }
    }
}
