//! The boundary: errors become Java exceptions with the engine's message, no panic goes further, and no error is lost: when
//! a native method has failed an exception is pending, whatever memory is left to make one.

use super::env::{Env, JClass, JObject, call};
use super::messages;
use crate::error::{Error, Status};
use jni::sys::{jmethodID, jobject, jvalue, jweak};
use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{PoisonError, RwLock};

/// Why a native method gives up.
pub(super) enum Fault {
    /// The engine's reason.
    Engine(Error),
    /// The JVM's: an exception that is pending.
    Pending,
}

impl From<Error> for Fault {
    fn from(error: Error) -> Fault {
        Fault::Engine(error)
    }
}

/// What the body of a native method answers.
pub(super) type Fallible<T> = Result<T, Fault>;

/// Runs the body of a native method. When it fails an exception is pending and the answer of no meaning.
pub(super) fn guard<'local, T: Default>(
    env: Env<'local>,
    body: impl FnOnce(&Env<'local>) -> Fallible<T>,
) -> T {
    let done = catch_unwind(AssertUnwindSafe(|| body(&env)));
    messages::flush(&env);
    match done {
        Ok(Ok(value)) => return value,
        Ok(Err(fault)) => raise(&env, fault),
        Err(payload) => raise(&env, panicked(&*payload)),
    }
    T::default()
}

fn panicked(payload: &(dyn Any + Send)) -> Fault {
    let what = format!("a panic was caught, which is a fault of the library: {}", said(payload));
    Error::new(Status::Panic, what).into()
}

/// What is needed to throw, looked up while there is memory. Weak references: Java's classes may be unloaded, and these
/// hold for as long as one of them has a native method to call.
struct Thrower {
    /// Java's class `Status` and its method `failure`.
    status: jweak,
    failure: jmethodID,
    /// An exception of type `OutOfMemoryError`, which Java keeps.
    no_memory: jweak,
}

// SAFETY: weak references and ids of methods serve every thread.
unsafe impl Send for Thrower {}
// SAFETY: as above; nothing changes them.
unsafe impl Sync for Thrower {}

static THROWER: RwLock<Option<Thrower>> = RwLock::new(None);

/// Keeps what is needed to throw.
pub(super) fn prepare(env: &Env, status: &JClass, no_memory: &JObject) -> Fallible<()> {
    // SAFETY: a class, texts that end with 0, and an object.
    let thrower = unsafe {
        let failure = call!(
            env,
            GetStaticMethodID,
            status.raw(),
            c"failure".as_ptr(),
            c"(ILjava/lang/String;)Ljava/lang/RuntimeException;".as_ptr()
        );
        if failure.is_null() {
            return Err(Fault::Pending);
        }
        let weak = |object: jobject| call!(env, NewWeakGlobalRef, object);
        Thrower { status: weak(status.raw()), failure, no_memory: weak(no_memory.raw()) }
    };
    if thrower.status.is_null() || thrower.no_memory.is_null() {
        return Err(Fault::Pending);
    }
    *THROWER.write().unwrap_or_else(PoisonError::into_inner) = Some(thrower);
    Ok(())
}

/// Makes an exception pending, unless one is.
#[cold]
fn raise(env: &Env, fault: Fault) {
    if env.is_pending() {
        return;
    }
    let thrower = THROWER.read().unwrap_or_else(PoisonError::into_inner);
    let (Some(thrower), Fault::Engine(error)) = (thrower.as_ref(), &fault) else {
        return last_resort(env, thrower.as_ref());
    };
    throw(env, thrower, error);
    if !env.is_pending() {
        last_resort(env, Some(thrower));
    }
}

/// Throws the exception that Java's class `Status` has for a failure. What is pending when that fails (no memory for the
/// exception, say) is what Java gets.
fn throw(env: &Env, thrower: &Thrower, error: &Error) {
    let message: Vec<u16> = error.message().encode_utf16().collect();
    // SAFETY: what `prepare` kept, and a message as long as said; each is used only when the one before was made.
    unsafe {
        let status = call!(env, NewLocalRef, thrower.status);
        let text = call!(env, NewString, message.as_ptr(), message.len() as i32);
        if status.is_null() || text.is_null() {
            return;
        }
        let arguments = [jvalue { i: error.status().code() }, jvalue { l: text }];
        let exception = call!(env, CallStaticObjectMethodA, status, thrower.failure, arguments.as_ptr());
        if !env.is_pending() && !exception.is_null() {
            call!(env, Throw, exception);
        }
    }
}

/// Throws what is there without asking for memory.
fn last_resort(env: &Env, thrower: Option<&Thrower>) {
    // SAFETY: what `prepare` kept; a text that ends with 0.
    unsafe {
        let thrown = match thrower.map(|thrower| call!(env, NewLocalRef, thrower.no_memory)) {
            Some(error) if !error.is_null() => call!(env, Throw, error),
            _ => -1,
        };
        if thrown != 0 {
            call!(env, FatalError, c"a native method failed and no exception could be thrown".as_ptr());
        }
    }
}

/// What a panic said.
fn said(payload: &(dyn Any + Send)) -> &str {
    payload
        .downcast_ref::<&str>()
        .copied()
        .or_else(|| payload.downcast_ref::<String>().map(String::as_str))
        .unwrap_or("no message")
}
