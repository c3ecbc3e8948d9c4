//! The boundary: errors become Java exceptions with the engine's message, and no panic goes further.

use crate::error::{Error, Status};
use jni::errors::Error as JniError;
use jni::objects::{JThrowable, JValue};
use jni::{Env, EnvUnowned, Outcome, jni_sig, jni_str};
use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};

/// Why a native method gives up.
pub(super) enum Fault {
    /// The engine's reason.
    Engine(Error),
    /// The JVM's; when it is an exception, that is pending already.
    Java(JniError),
}

impl From<Error> for Fault {
    fn from(error: Error) -> Fault {
        Fault::Engine(error)
    }
}

impl From<JniError> for Fault {
    fn from(error: JniError) -> Fault {
        Fault::Java(error)
    }
}

/// What the body of a native method answers.
pub(super) type Fallible<T> = Result<T, Fault>;

/// Runs the body of a native method. When it fails an exception is pending and the answer of no meaning.
pub(super) fn guard<'local, T: Default>(
    mut env: EnvUnowned<'local>,
    body: impl FnOnce(&mut Env<'local>) -> Fallible<T>,
) -> T {
    match env.with_env(body).into_outcome() {
        Outcome::Ok(value) => return value,
        Outcome::Err(fault) => raise(env, fault),
        Outcome::Panic(payload) => raise(env, panicked(&*payload)),
    }
    T::default()
}

/// As [`guard`], for bodies that are called often and do without the JVM: entering it costs more than they do.
/// `or` is the answer when the body fails.
pub(super) fn guard_brief<T>(env: EnvUnowned, or: T, body: impl FnOnce() -> Fallible<T>) -> T {
    match catch_unwind(AssertUnwindSafe(body)) {
        Ok(Ok(value)) => return value,
        Ok(Err(fault)) => raise(env, fault),
        Err(payload) => raise(env, panicked(&*payload)),
    }
    or
}

fn panicked(payload: &(dyn Any + Send)) -> Fault {
    let what = format!("a panic was caught, which is a fault of the library: {}", said(payload));
    Error::new(Status::Panic, what).into()
}

/// Makes an exception pending, unless one is.
#[cold]
fn raise(mut env: EnvUnowned, fault: Fault) {
    let error = match fault {
        Fault::Java(JniError::JavaException) => return,
        Fault::Java(error) => Error::new(Status::Internal, format!("JNI: {error}")),
        Fault::Engine(error) => error,
    };
    // What is pending when this fails (no memory for the exception, say) says it, too.
    let _ = env.with_env(|env| throw(env, &error)).into_outcome();
}

/// Makes the exception that Java's class `Status` has for a failure the pending one.
fn throw(env: &mut Env, error: &Error) -> Result<(), JniError> {
    let message = env.new_string(error.message())?;
    let exception = env
        .call_static_method(
            jni_str!("com/dishtayantra/lmdb/Status"),
            jni_str!("failure"),
            jni_sig!("(ILjava/lang/String;)Ljava/lang/RuntimeException;"),
            &[JValue::Int(error.status().code()), JValue::Object(&message)],
        )?
        .l()?;
    let exception = env.cast_local::<JThrowable>(exception)?;
    env.throw(exception)
}

/// What a panic said.
fn said(payload: &(dyn Any + Send)) -> &str {
    payload
        .downcast_ref::<&str>()
        .copied()
        .or_else(|| payload.downcast_ref::<String>().map(String::as_str))
        .unwrap_or("no message")
}
