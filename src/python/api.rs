//! The part of CPython's C API that is called: found in the running process, so that the library links no Python and a
//! program without one never notices.
//!
//! Names, layouts and numbers are those of the stable ABI (<https://docs.python.org/3/c-api/stable.html>) and, for
//! buffers, which joined it in 3.11, of every CPython since 3.9. How long the header of an object is, which differs between
//! builds, Python says itself. Beyond the stable ABI one thing is assumed, and checked before it is used: an object's type
//! stands at the end of its header.

use once_cell::sync::OnceCell;
use std::ffi::{CStr, c_char, c_int, c_long, c_longlong, c_uint, c_ulong, c_ulonglong, c_void};

/// Any Python object; only its address is of interest.
#[repr(C)]
pub struct PyObject {
    _opaque: [u8; 0],
}

/// `PyType_Slot`.
#[repr(C)]
pub struct Slot {
    pub slot: c_int,
    pub pfunc: *mut c_void,
}

/// `PyType_Spec`.
#[repr(C)]
pub struct Spec {
    pub name: *const c_char,
    pub basicsize: c_int,
    pub itemsize: c_int,
    pub flags: c_uint,
    pub slots: *mut Slot,
}

/// `PyMethodDef`.
#[repr(C)]
pub struct Method {
    pub name: *const c_char,
    pub function: *const c_void,
    pub flags: c_int,
    pub doc: *const c_char,
}

/// `PyMemberDef`.
#[repr(C)]
pub struct Member {
    pub name: *const c_char,
    pub kind: c_int,
    pub offset: isize,
    pub flags: c_int,
    pub doc: *const c_char,
}

/// `PyGetSetDef`.
#[repr(C)]
pub struct Attribute {
    pub name: *const c_char,
    pub get: Option<unsafe extern "C" fn(*mut PyObject, *mut c_void) -> *mut PyObject>,
    pub set: *const c_void,
    pub doc: *const c_char,
    pub closure: *mut c_void,
}

/// `Py_buffer`.
#[repr(C)]
pub struct Buffer {
    pub buf: *mut c_void,
    pub obj: *mut PyObject,
    pub len: isize,
    pub itemsize: isize,
    pub readonly: c_int,
    pub ndim: c_int,
    pub format: *mut c_char,
    pub shape: *mut isize,
    pub strides: *mut isize,
    pub suboffsets: *mut isize,
    pub internal: *mut c_void,
}

pub(super) const METH_FASTCALL: c_int = 0x80;
pub(super) const METH_CLASS: c_int = 0x10;
pub(super) const METH_NOARGS: c_int = 0x04;

pub(super) const TYPE_BASETYPE: c_uint = 1 << 10;

pub(super) const BF_GETBUFFER: c_int = 1;
pub(super) const BF_RELEASEBUFFER: c_int = 2;
pub(super) const TP_DEALLOC: c_int = 52;
pub(super) const TP_DOC: c_int = 56;
pub(super) const TP_METHODS: c_int = 64;
pub(super) const TP_NEW: c_int = 65;
pub(super) const TP_MEMBERS: c_int = 72;
pub(super) const TP_GETSET: c_int = 73;
pub(super) const TP_FREE: c_int = 74;

pub(super) const MEMBER_OBJECT: c_int = 6;
pub(super) const MEMBER_UINT: c_int = 11;
pub(super) const MEMBER_ULONGLONG: c_int = 18;
pub(super) const MEMBER_SSIZE: c_int = 19;
pub(super) const MEMBER_READONLY: c_int = 1;

macro_rules! api {
    (
        functions { $($function:ident: $kind:ty = $symbol:literal,)* }
        objects { $($object:ident = $object_symbol:literal,)* }
        exceptions { $($exception:ident = $exception_symbol:literal,)* }
    ) => {
        /// What was found in the process.
        pub struct Api {
            $(pub $function: $kind,)*
            $(pub $object: *mut PyObject,)*
            $(pub $exception: *mut PyObject,)*
            /// Bytes of an object's header.
            pub header: usize,
            /// Whether threads run at once: no interpreter is held while one is here.
            pub is_free_threaded: bool,
            /// Where in an object its type is; not used where threads run at once.
            type_at: usize,
        }

        impl Api {
            /// Finds everything; `None` when something is missing.
            unsafe fn find() -> Option<Api> {
                // SAFETY: each symbol is what CPython documents under its name. The interpreter runs, says the caller.
                unsafe {
                    let mut api = Api {
                        $($function: std::mem::transmute::<*mut c_void, $kind>(symbol($symbol)?),)*
                        $($object: symbol($object_symbol)?.cast(),)*
                        $($exception: *symbol($exception_symbol)?.cast::<*mut PyObject>(),)*
                        header: 0,
                        is_free_threaded: true,
                        type_at: 0,
                    };
                    let header = api.size_of_header()?;
                    api.header = header.next_multiple_of(align_of::<u128>());
                    api.is_free_threaded = api.says_free_threaded()?;
                    if !api.is_free_threaded {
                        api.type_at = api.place_of_type(header)?;
                    }
                    Some(api)
                }
            }
        }
    };
}

type Object = *mut PyObject;

api! {
    functions {
        inc_ref: unsafe extern "C" fn(Object) = c"Py_IncRef",
        dec_ref: unsafe extern "C" fn(Object) = c"Py_DecRef",
        save_thread: unsafe extern "C" fn() -> *mut c_void = c"PyEval_SaveThread",
        restore_thread: unsafe extern "C" fn(*mut c_void) = c"PyEval_RestoreThread",
        type_from_spec: unsafe extern "C" fn(*mut Spec) -> Object = c"PyType_FromSpec",
        type_alloc: unsafe extern "C" fn(Object, isize) -> Object = c"PyType_GenericAlloc",
        type_slot: unsafe extern "C" fn(Object, c_int) -> *mut c_void = c"PyType_GetSlot",
        type_of: unsafe extern "C" fn(Object) -> Object = c"PyObject_Type",
        of_sys: unsafe extern "C" fn(*const c_char) -> Object = c"PySys_GetObject",
        attribute_of: unsafe extern "C" fn(Object, Object) -> Object = c"PyObject_GetAttr",
        attribute: unsafe extern "C" fn(Object, *const c_char) -> Object = c"PyObject_GetAttrString",
        call_method: unsafe extern "C" fn(Object, Object, ...) -> Object = c"PyObject_CallMethodObjArgs",
        is_true: unsafe extern "C" fn(Object) -> c_int = c"PyObject_IsTrue",
        clear_weak_refs: unsafe extern "C" fn(Object) = c"PyObject_ClearWeakRefs",
        interned: unsafe extern "C" fn(*const c_char) -> Object = c"PyUnicode_InternFromString",
        utf8: unsafe extern "C" fn(Object, *mut isize) -> *const c_char = c"PyUnicode_AsUTF8AndSize",
        bytes: unsafe extern "C" fn(Object, *mut *mut c_char, *mut isize) -> c_int = c"PyBytes_AsStringAndSize",
        text_from: unsafe extern "C" fn(*const c_char, isize) -> Object = c"PyUnicode_FromStringAndSize",
        bytes_from: unsafe extern "C" fn(*const c_char, isize) -> Object = c"PyBytes_FromStringAndSize",
        float_from: unsafe extern "C" fn(f64) -> Object = c"PyFloat_FromDouble",
        float_as: unsafe extern "C" fn(Object) -> f64 = c"PyFloat_AsDouble",
        signed_from: unsafe extern "C" fn(c_longlong) -> Object = c"PyLong_FromLongLong",
        signed_as: unsafe extern "C" fn(Object, *mut c_int) -> c_longlong = c"PyLong_AsLongLongAndOverflow",
        index: unsafe extern "C" fn(Object) -> Object = c"PyNumber_Index",
        list_new: unsafe extern "C" fn(isize) -> Object = c"PyList_New",
        list_set: unsafe extern "C" fn(Object, isize, Object) -> c_int = c"PyList_SetItem",
        list_get: unsafe extern "C" fn(Object, isize) -> Object = c"PyList_GetItem",
        list_size: unsafe extern "C" fn(Object) -> isize = c"PyList_Size",
        dict_next: unsafe extern "C" fn(Object, *mut isize, *mut Object, *mut Object) -> c_int = c"PyDict_Next",
        dict_size: unsafe extern "C" fn(Object) -> isize = c"PyDict_Size",
        dict_copy: unsafe extern "C" fn(Object) -> Object = c"PyDict_Copy",
        dict_get: unsafe extern "C" fn(Object, Object) -> Object = c"PyDict_GetItemWithError",
        dict_merge: unsafe extern "C" fn(Object, Object, c_int) -> c_int = c"PyDict_MergeFromSeq2",
        items: unsafe extern "C" fn(Object) -> Object = c"PyMapping_Items",
        flags_of: unsafe extern "C" fn(Object) -> c_ulong = c"PyType_GetFlags",
        is_subtype: unsafe extern "C" fn(Object, Object) -> c_int = c"PyType_IsSubtype",
        call: unsafe extern "C" fn(Object, ...) -> Object = c"PyObject_CallFunctionObjArgs",
        dict_new: unsafe extern "C" fn() -> Object = c"PyDict_New",
        dict_set: unsafe extern "C" fn(Object, Object, Object) -> c_int = c"PyDict_SetItem",
        dict_remove: unsafe extern "C" fn(Object, Object) -> c_int = c"PyDict_DelItem",
        int_from: unsafe extern "C" fn(c_ulonglong) -> Object = c"PyLong_FromUnsignedLongLong",
        int_as: unsafe extern "C" fn(Object) -> c_ulonglong = c"PyLong_AsUnsignedLongLong",
        bool_from: unsafe extern "C" fn(c_long) -> Object = c"PyBool_FromLong",
        tuple_new: unsafe extern "C" fn(isize) -> Object = c"PyTuple_New",
        tuple_set: unsafe extern "C" fn(Object, isize, Object) -> c_int = c"PyTuple_SetItem",
        tuple_get: unsafe extern "C" fn(Object, isize) -> Object = c"PyTuple_GetItem",
        tuple_size: unsafe extern "C" fn(Object) -> isize = c"PyTuple_Size",
        tuple_of: unsafe extern "C" fn(Object) -> Object = c"PySequence_Tuple",
        size: unsafe extern "C" fn(Object) -> isize = c"PyObject_Size",
        function: unsafe extern "C" fn(*mut Method, Object, Object) -> Object = c"PyCFunction_NewEx",
        get_buffer: unsafe extern "C" fn(Object, *mut Buffer, c_int) -> c_int = c"PyObject_GetBuffer",
        release_buffer: unsafe extern "C" fn(*mut Buffer) = c"PyBuffer_Release",
        memory_view: unsafe extern "C" fn(Object) -> Object = c"PyMemoryView_FromObject",
        fill_buffer: unsafe extern "C" fn(*mut Buffer, Object, *mut c_void, isize, c_int, c_int) -> c_int
            = c"PyBuffer_FillInfo",
        capsule_new: unsafe extern "C" fn(*mut c_void, *const c_char, Option<unsafe extern "C" fn(Object)>) -> Object
            = c"PyCapsule_New",
        capsule_pointer: unsafe extern "C" fn(Object, *const c_char) -> *mut c_void = c"PyCapsule_GetPointer",
        failed: unsafe extern "C" fn() -> Object = c"PyErr_Occurred",
        failed_with: unsafe extern "C" fn(Object) -> c_int = c"PyErr_ExceptionMatches",
        clear_failure: unsafe extern "C" fn() = c"PyErr_Clear",
        fetch: unsafe extern "C" fn(*mut Object, *mut Object, *mut Object) = c"PyErr_Fetch",
        normalize: unsafe extern "C" fn(*mut Object, *mut Object, *mut Object) = c"PyErr_NormalizeException",
        restore: unsafe extern "C" fn(Object, Object, Object) = c"PyErr_Restore",
        set_traceback: unsafe extern "C" fn(Object, Object) -> c_int = c"PyException_SetTraceback",
        fail: unsafe extern "C" fn(Object, *const c_char) = c"PyErr_SetString",
    }
    objects {
        none = c"_Py_NoneStruct",
        true_object = c"_Py_TrueStruct",
        false_object = c"_Py_FalseStruct",
        object_type = c"PyBaseObject_Type",
        float_type = c"PyFloat_Type",
        int_type = c"PyLong_Type",
        text_type = c"PyUnicode_Type",
        bytes_type = c"PyBytes_Type",
        bytearray_type = c"PyByteArray_Type",
        list_type = c"PyList_Type",
        tuple_type = c"PyTuple_Type",
        dict_type = c"PyDict_Type",
    }
    exceptions {
        exception = c"PyExc_Exception",
        buffer_error = c"PyExc_BufferError",
        type_error = c"PyExc_TypeError",
        value_error = c"PyExc_ValueError",
        runtime_error = c"PyExc_RuntimeError",
    }
}

// SAFETY: addresses of functions and of objects that live as long as the interpreter; what is done with the objects is
// done by threads that hold it.
unsafe impl Send for Api {}
// SAFETY: as above.
unsafe impl Sync for Api {}

static API: OnceCell<Api> = OnceCell::new();

/// The address of a symbol of the process.
fn symbol(name: &CStr) -> Option<*mut c_void> {
    // SAFETY: a NUL-terminated name.
    let address = unsafe { libc::dlsym(libc::RTLD_DEFAULT, name.as_ptr()) };
    (!address.is_null()).then_some(address)
}

impl Api {
    /// How long the header of an object is, in bytes.
    unsafe fn size_of_header(&self) -> Option<usize> {
        // SAFETY: the interpreter runs, says the caller; the reference is given back.
        let size = unsafe {
            let size = (self.attribute)(self.object_type, c"__basicsize__".as_ptr());
            if size.is_null() {
                return None;
            }
            let value = (self.int_as)(size);
            (self.dec_ref)(size);
            value
        };
        usize::try_from(size).ok()
    }

    /// Whether this is a build without a lock of the interpreter: its flags say `t`.
    unsafe fn says_free_threaded(&self) -> Option<bool> {
        let mut len = 0;
        // SAFETY: the interpreter runs, says the caller; `sys` keeps the str, which keeps its UTF-8.
        unsafe {
            let flags = (self.of_sys)(c"abiflags".as_ptr());
            let start = if flags.is_null() { std::ptr::null() } else { (self.utf8)(flags, &mut len) };
            if start.is_null() {
                (self.clear_failure)();
                return None;
            }
            Some(std::slice::from_raw_parts(start.cast::<u8>(), len as usize).contains(&b't'))
        }
    }

    /// Where in an object its type is: at the end of the header of `header` bytes, in every build so far; `None` when
    /// that does not hold.
    unsafe fn place_of_type(&self, header: usize) -> Option<usize> {
        let at = header.checked_sub(size_of::<Object>())?;
        let holds = |object: Object| {
            // SAFETY: an object that lives as long as the interpreter, of which the header is read.
            unsafe {
                let class = (self.type_of)(object);
                (self.dec_ref)(class);
                object.byte_add(at).cast::<Object>().read() == class
            }
        };
        let all = [self.none, self.true_object, self.object_type, self.value_error];
        all.into_iter().all(holds).then_some(at)
    }

    /// The type of an object, which keeps it.
    #[inline]
    pub unsafe fn class_of(&self, object: Object) -> Object {
        // SAFETY: an object, says the caller; where the type is was found out.
        unsafe {
            if self.is_free_threaded {
                let class = (self.type_of)(object);
                (self.dec_ref)(class);
                return class;
            }
            object.byte_add(self.type_at).cast::<Object>().read()
        }
    }
}

/// Finds Python in this process, unless that was done; `None` when there is none that fits. The calling thread holds the
/// interpreter.
pub unsafe fn find() -> Option<&'static Api> {
    // SAFETY: as the caller says.
    API.get_or_try_init(|| unsafe { Api::find() }.ok_or(())).ok()
}

/// Python, for code that only objects of Python reach.
#[inline]
pub fn api() -> &'static Api {
    // The types that call this were made with it.
    match API.get() {
        Some(api) => api,
        None => std::process::abort(),
    }
}
