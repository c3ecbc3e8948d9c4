//! The JVM, as native methods use it: the functions of JNI that they need, and the objects these take.
//!
//! Each function says when it has failed, and leaves the exception pending that the JVM made then (an `OutOfMemoryError`
//! most of all): nothing here catches one, and nothing looks classes up before it can be told.

use super::convert::invalid;
use super::guard::{Fallible, Fault};
use jni::sys::{JNIEnv, jarray, jbyte, jdouble, jint, jlong, jobject, jsize};
use std::ffi::CStr;
use std::marker::PhantomData;
use std::ptr::null_mut;

/// An object of Java's, for as long as the native method runs. Native methods answer null when they fail.
#[repr(transparent)]
pub(super) struct Object<'local, Kind: ?Sized = ()> {
    raw: jobject,
    _kind: PhantomData<(&'local (), *const Kind)>,
}

/// A class.
pub(super) enum Class {}
/// A direct buffer.
pub(super) enum Direct {}

pub(super) type JObject<'local> = Object<'local>;
pub(super) type JClass<'local> = Object<'local, Class>;
pub(super) type JByteBuffer<'local> = Object<'local, Direct>;
pub(super) type JByteArray<'local> = Object<'local, [jbyte]>;
pub(super) type JIntArray<'local> = Object<'local, [jint]>;
pub(super) type JLongArray<'local> = Object<'local, [jlong]>;
pub(super) type JDoubleArray<'local> = Object<'local, [jdouble]>;
pub(super) type JObjectArray<'local> = Object<'local, [jobject]>;

impl<Kind: ?Sized> Object<'_, Kind> {
    fn new(raw: jobject) -> Self {
        Object { raw, _kind: PhantomData }
    }

    pub(super) fn null() -> Self {
        Object::new(null_mut())
    }

    pub(super) fn is_null(&self) -> bool {
        self.raw.is_null()
    }

    pub(super) fn raw(&self) -> jobject {
        self.raw
    }
}

impl<Kind: ?Sized> Default for Object<'_, Kind> {
    fn default() -> Self {
        Object::null()
    }
}

impl<'local> JObject<'local> {
    /// The same object, of the kind that Java's class says it is.
    ///
    /// # Safety
    /// It is one.
    pub(super) unsafe fn cast<Kind: ?Sized>(self) -> Object<'local, Kind> {
        Object::new(self.raw)
    }
}

/// The JVM of the thread that a native method runs in.
#[repr(transparent)]
#[derive(Clone, Copy)]
pub(super) struct Env<'local> {
    pub(super) raw: *mut JNIEnv,
    _frame: PhantomData<&'local ()>,
}

/// Calls a function of JNI. A JVM has all of JNI 1.4; what is passed is of the types above, so of the kind wanted.
macro_rules! call {
    ($env:expr, $function:ident $(, $argument:expr)*) => {
        ((**$env.raw).v1_4.$function)($env.raw $(, $argument)*)
    };
}
pub(super) use call;

/// Items of arrays that are copied.
pub(super) trait Item: Copy {
    /// # Safety
    /// As `Get<Type>ArrayRegion`.
    unsafe fn get(env: &Env, array: jarray, start: jsize, count: jsize, to: *mut Self);
    /// # Safety
    /// As `Set<Type>ArrayRegion`.
    unsafe fn set(env: &Env, array: jarray, start: jsize, count: jsize, from: *const Self);
}

macro_rules! items {
    ($($item:ty: $get:ident, $set:ident;)*) => {$(
        impl Item for $item {
            unsafe fn get(env: &Env, array: jarray, start: jsize, count: jsize, to: *mut $item) {
                // SAFETY: the caller's promise.
                unsafe { call!(env, $get, array, start, count, to) }
            }

            unsafe fn set(env: &Env, array: jarray, start: jsize, count: jsize, from: *const $item) {
                // SAFETY: the caller's promise.
                unsafe { call!(env, $set, array, start, count, from) }
            }
        }
    )*};
}

items! {
    jbyte: GetByteArrayRegion, SetByteArrayRegion;
    jint: GetIntArrayRegion, SetIntArrayRegion;
    jlong: GetLongArrayRegion, SetLongArrayRegion;
    jdouble: GetDoubleArrayRegion, SetDoubleArrayRegion;
}

impl<'local> Env<'local> {
    /// # Safety
    /// This thread's, for as long as the result is used.
    pub(super) unsafe fn of(raw: *mut JNIEnv) -> Env<'local> {
        Env { raw, _frame: PhantomData }
    }

    /// Whether an exception is pending.
    pub(super) fn is_pending(&self) -> bool {
        // SAFETY: as for `call`.
        unsafe { call!(self, ExceptionCheck) }
    }

    /// What a function that failed only by an exception left.
    fn checked(&self) -> Fallible<()> {
        if self.is_pending() { Err(Fault::Pending) } else { Ok(()) }
    }

    /// An object that a function made; null: it could not.
    fn made<Kind: ?Sized>(&self, raw: jobject) -> Fallible<Object<'local, Kind>> {
        if raw.is_null() { Err(Fault::Pending) } else { Ok(Object::new(raw)) }
    }

    /// Items of an array.
    pub(super) fn length<T>(&self, array: &Object<[T]>) -> Fallible<usize> {
        if array.is_null() {
            return Err(invalid("an array is null").into());
        }
        // SAFETY: an array.
        Ok(unsafe { call!(self, GetArrayLength, array.raw) } as usize)
    }

    /// Copies items of an array from `start` on, as many as `out` takes.
    pub(super) fn get<T: Item>(&self, array: &Object<[T]>, start: usize, out: &mut [T]) -> Fallible<()> {
        // An index into an array fits in 31 bits.
        // SAFETY: an array of such items; the JVM checks the range.
        unsafe { T::get(self, array.raw, start as jsize, out.len() as jsize, out.as_mut_ptr()) };
        self.checked()
    }

    /// Copies items into an array from `start` on.
    pub(super) fn set<T: Item>(&self, array: &Object<[T]>, start: usize, items: &[T]) -> Fallible<()> {
        // SAFETY: an array of such items; the JVM checks the range.
        unsafe { T::set(self, array.raw, start as jsize, items.len() as jsize, items.as_ptr()) };
        self.checked()
    }

    /// An array of zero bytes.
    pub(super) fn new_bytes(&self, count: usize) -> Fallible<JByteArray<'local>> {
        // SAFETY: as for `call`.
        self.made(unsafe { call!(self, NewByteArray, count as jsize) })
    }

    /// An array of zeros.
    pub(super) fn new_doubles(&self, count: usize) -> Fallible<JDoubleArray<'local>> {
        // SAFETY: as for `call`.
        self.made(unsafe { call!(self, NewDoubleArray, count as jsize) })
    }

    /// An array of nulls, for objects of a class.
    pub(super) fn new_objects(&self, count: usize, class: &CStr) -> Fallible<JObjectArray<'local>> {
        // SAFETY: a text that ends with 0, and a class.
        unsafe {
            let class: JClass = self.made(call!(self, FindClass, class.as_ptr()))?;
            self.made(call!(self, NewObjectArray, count as jsize, class.raw, null_mut()))
        }
    }

    /// An object of an array.
    pub(super) fn element(&self, array: &JObjectArray, at: usize) -> Fallible<JObject<'local>> {
        // SAFETY: an array of objects; the JVM checks the index.
        let object = unsafe { call!(self, GetObjectArrayElement, array.raw, at as jsize) };
        self.checked()?;
        Ok(Object::new(object))
    }

    /// Puts an object into an array.
    pub(super) fn set_element<Kind: ?Sized>(
        &self,
        array: &JObjectArray,
        at: usize,
        object: &Object<Kind>,
    ) -> Fallible<()> {
        // SAFETY: an array of objects; the JVM checks index and class.
        unsafe { call!(self, SetObjectArrayElement, array.raw, at as jsize, object.raw) };
        self.checked()
    }

    /// Lets go of an object before the native method ends.
    pub(super) fn release<Kind: ?Sized>(&self, object: Object<Kind>) {
        // SAFETY: an object of this native method's, which nobody has any more.
        unsafe { call!(self, DeleteLocalRef, object.raw) }
    }

    /// Sees to it that so many objects can be had at a time.
    pub(super) fn ensure_capacity(&self, count: usize) -> Fallible<()> {
        // SAFETY: as for `call`.
        match unsafe { call!(self, EnsureLocalCapacity, count as jint) } {
            0 => Ok(()),
            _ => Err(Fault::Pending),
        }
    }

    /// Runs `body`, which gets up to so many objects; what it got is let go of.
    pub(super) fn with_frame<T>(&self, count: usize, body: impl FnOnce() -> Fallible<T>) -> Fallible<T> {
        // SAFETY: as for `call`; popped below, as `body` does not unwind past it but to where the JVM takes all back.
        if unsafe { call!(self, PushLocalFrame, count as jint) } != 0 {
            return Err(Fault::Pending);
        }
        let result = body();
        // SAFETY: pushed above.
        unsafe { call!(self, PopLocalFrame, null_mut()) };
        result
    }

    /// A direct buffer over memory outside of Java's heap.
    ///
    /// # Safety
    /// The memory stays for as long as Java can reach the buffer.
    pub(super) unsafe fn new_direct(&self, address: *mut u8, length: usize) -> Fallible<JByteBuffer<'local>> {
        // SAFETY: the caller's promise.
        self.made(unsafe { call!(self, NewDirectByteBuffer, address.cast(), length as jlong) })
    }

    /// The memory of a direct buffer that is not empty.
    pub(super) fn memory(&self, buffer: &JByteBuffer) -> Fallible<(*mut u8, usize)> {
        // SAFETY: a direct buffer.
        let (address, capacity): (*mut u8, _) = unsafe {
            let address = call!(self, GetDirectBufferAddress, buffer.raw).cast();
            (address, call!(self, GetDirectBufferCapacity, buffer.raw).max(0) as usize)
        };
        // A JVM that had no memory when it was first asked for one gives none later.
        if address.is_null() { Err(Fault::Pending) } else { Ok((address, capacity)) }
    }
}
