//! `com.dishtayantra.lmdb.Messages`: what the library has to say, handed to Java.
//!
//! What a native method leaves to say is told on its thread, when it ends. Any other thread (the sweeper's, one of C++ or
//! Python in this process) may hold locks of its own or be needed while the JVM ends, so it never enters the JVM: a thread
//! of this module's tells what it says, attached as a daemon, while there is anything.

use super::env::{Env, JClass, call};
use super::guard::{Fallible, Fault, guard};
use crate::log::{self, Door, Level};
use crate::mapping::sys;
use jni::sys::{JNI_OK, JNI_VERSION_1_4, JNIEnv, JavaVM, JavaVMAttachArgs, jint, jmethodID, jvalue, jweak};
use std::cell::Cell;
use std::collections::VecDeque;
use std::ptr::null_mut;
use std::sync::{Arc, Mutex, PoisonError};

/// Messages of other threads kept at most until Java has heard them; others are lost.
const KEPT: usize = 256;

/// `Messages.hearFrom`: has messages of a level and above told to the class; 0: none.
#[unsafe(no_mangle)]
pub extern "system" fn Java_com_dishtayantra_lmdb_Messages_hearFrom<'local>(
    env: Env<'local>,
    class: JClass<'local>,
    level: jint,
) {
    guard(env, |env| {
        let Some(least) = Level::of(level as u32) else {
            log::listen(Door::Java, Level::Error, None);
            return Ok(());
        };
        let hearer = Arc::new(Hearer::new(env, &class)?);
        let sink = move |level, message: &str| match HERE.get() {
            env if env.is_null() => hearer.tell_later(level, message),
            // SAFETY: the native method that this thread is in has set it.
            env => unsafe { hearer.tell(env, level, message) },
        };
        log::listen(Door::Java, least, Some(Box::new(sink)));
        Ok(())
    })
}

thread_local! {
    /// The JVM of the native method that this thread hands messages on for; null: it is in none.
    static HERE: Cell<*mut JNIEnv> = const { Cell::new(null_mut()) };
}

/// Hands on what a native method has left to say.
#[inline]
pub(super) fn flush(env: &Env) {
    if log::is_waiting() {
        hand_on(env);
    }
}

#[cold]
fn hand_on(env: &Env) {
    // Whoever hears may come back.
    let before = HERE.replace(env.raw);
    log::flush();
    HERE.set(before);
}

/// Java's class, by a weak reference: a class loader that is gone hears nothing, and none stays for this.
struct Hearer {
    jvm: *mut JavaVM,
    class: jweak,
    hear: jmethodID,
    process: u32,
}

// SAFETY: the JVM, weak references and ids of methods serve every thread.
unsafe impl Send for Hearer {}
// SAFETY: as above; nothing changes them.
unsafe impl Sync for Hearer {}

impl Hearer {
    fn new(env: &Env, class: &JClass) -> Fallible<Hearer> {
        let mut jvm = null_mut();
        // SAFETY: a class, texts that end with 0, and room for a pointer.
        let (hear, class) = unsafe {
            if call!(env, GetJavaVM, &raw mut jvm) != JNI_OK {
                return Err(Fault::Pending);
            }
            let (name, kind) = (c"hear".as_ptr(), c"(ILjava/lang/String;)V".as_ptr());
            let hear = call!(env, GetStaticMethodID, class.raw(), name, kind);
            if hear.is_null() {
                return Err(Fault::Pending);
            }
            (hear, call!(env, NewWeakGlobalRef, class.raw()))
        };
        if class.is_null() {
            return Err(Fault::Pending);
        }
        Ok(Hearer { jvm, class, hear, process: std::process::id() })
    }

    /// Tells Java. What it throws is dropped; an exception that is pending stays.
    ///
    /// # Safety
    /// The JVM of this thread, which is in no critical region.
    unsafe fn tell(&self, env: *mut JNIEnv, level: Level, message: &str) {
        let text: Vec<u16> = message.encode_utf16().collect();
        // SAFETY: the caller's promise; what is used was made the moment before.
        unsafe {
            let env = &Env::of(env);
            let pending = call!(env, ExceptionOccurred);
            call!(env, ExceptionClear);
            let class = call!(env, NewLocalRef, self.class);
            if !class.is_null() {
                let text = call!(env, NewString, text.as_ptr(), text.len() as jint);
                if !text.is_null() {
                    let arguments = [jvalue { i: level as jint }, jvalue { l: text }];
                    call!(env, CallStaticVoidMethodA, class, self.hear, arguments.as_ptr());
                }
                call!(env, ExceptionClear);
                call!(env, DeleteLocalRef, text);
                call!(env, DeleteLocalRef, class);
            }
            if !pending.is_null() {
                call!(env, Throw, pending);
                call!(env, DeleteLocalRef, pending);
            }
        }
    }

    /// Has a thread of its own tell Java; this one does not wait. A forked child has no JVM.
    fn tell_later(self: &Arc<Self>, level: Level, message: &str) {
        if self.process != std::process::id() {
            return;
        }
        let mut waiting = waiting();
        if waiting.messages.len() < KEPT {
            waiting.messages.push_back((self.clone(), level, message.to_owned()));
        }
        if !waiting.is_told {
            let hearer = self.clone();
            let blocked = sys::block_signals();
            let spawned = std::thread::Builder::new()
                .name("dy-lmdb-messages".into())
                .spawn(move || hearer.tell_waiting());
            drop(blocked);
            // Without a thread they wait for the next message.
            waiting.is_told = spawned.is_ok();
        }
    }

    /// Tells what waits, by the thread that does.
    fn tell_waiting(&self) {
        let mut env = null_mut();
        let mut arguments = JavaVMAttachArgs {
            version: JNI_VERSION_1_4,
            name: c"dishtayantra-lmdb-messages".as_ptr().cast_mut(),
            group: null_mut(),
        };
        // SAFETY: a JVM stays in the process when it has ended, and then refuses.
        let attached = unsafe {
            ((**self.jvm).v1_4.AttachCurrentThreadAsDaemon)(
                self.jvm,
                &raw mut env,
                (&raw mut arguments).cast(),
            )
        };
        loop {
            let mut waiting = waiting();
            let Some((hearer, level, message)) = waiting.messages.pop_front() else {
                waiting.is_told = false;
                break;
            };
            drop(waiting);
            if attached == JNI_OK {
                // SAFETY: this thread was attached, and runs nothing else.
                unsafe { hearer.tell(env.cast(), level, &message) };
            }
        }
        if attached == JNI_OK {
            // SAFETY: attached above, and no code of Java's is under way.
            unsafe { ((**self.jvm).v1_4.DetachCurrentThread)(self.jvm) };
        }
    }
}

/// What other threads have said.
struct Waiting {
    messages: VecDeque<(Arc<Hearer>, Level, String)>,
    /// Whether there is a thread that tells it.
    is_told: bool,
}

fn waiting() -> std::sync::MutexGuard<'static, Waiting> {
    static WAITING: Mutex<Waiting> = Mutex::new(Waiting { messages: VecDeque::new(), is_told: false });
    WAITING.lock().unwrap_or_else(PoisonError::into_inner)
}
