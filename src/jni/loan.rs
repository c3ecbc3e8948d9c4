//! `com.dishtayantra.lmdb.Loan`.

use super::call::Call;
use super::convert::{give, invalid, object, release, unsigned};
use super::env::{Env, JByteBuffer, JClass};
use super::guard::{Fallible, guard};
use super::told::{INFO, numbers};
use crate::envelope::Info;
use crate::error::{Error, Result, Status};
use crate::options::PutOptions;
use crate::reference::Reference;
use crate::store::View;
use crate::store::{Loan, Mapped, Store};
use jni::sys::{jint, jlong};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// Flag of publishing: the pages serve nobody else for as long as Java can reach them.
const RETAIN: jint = 8;

/// A loan in Java's hands. Its memory stays mapped for as long as Java can reach it, published or not.
pub(super) struct Held {
    store: Store,
    loan: Mutex<Option<Loan>>,
    /// The published payload, pinned so that its pages serve nobody else while Java can reach them.
    published: Mutex<Option<View>>,
    _mapped: Mapped,
}

impl Held {
    fn lock(&self) -> MutexGuard<'_, Option<Loan>> {
        self.loan.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Pins the entry that was just published under `key`, unless somebody has replaced it already.
    fn retain(&self, db: &str, key: &[u8], info: &Info) {
        let view = self.store.view_quiet(db, key).ok().flatten();
        let same = view.filter(|view| view.info().entry_id == info.entry_id);
        *self.published.lock().unwrap_or_else(PoisonError::into_inner) = same;
    }

    /// Runs `body` on the loan, which was neither published nor dropped.
    pub(super) fn with<T>(&self, body: impl FnOnce(&mut Loan) -> Result<T>) -> Result<T> {
        body(self.lock().as_mut().ok_or_else(ended)?)
    }
}

fn ended() -> Error {
    Error::new(Status::Closed, "the loan was published or closed; take another")
}

/// Hands a loan to Java: a buffer over its front, and the loan itself.
fn hand<'local>(
    env: &Env<'local>,
    store: &Store,
    loan: Loan,
    mut call: Call,
) -> Fallible<JByteBuffer<'local>> {
    let front = loan.size().min(jint::MAX as u64) as usize;
    // SAFETY: the memory stays mapped until Java frees the loan, which it does when the buffer is unreachable.
    let buffer = unsafe { env.new_direct(loan.address().as_ptr(), front)? };
    let held = Held {
        store: store.clone(),
        _mapped: loan.mapped(),
        loan: Mutex::new(Some(loan)),
        published: Mutex::default(),
    };
    call.tell([give(held)]);
    Ok(buffer)
}

/// `Loan.open`
#[unsafe(no_mangle)]
pub extern "system" fn Java_com_dishtayantra_lmdb_Loan_open<'local>(
    env: Env<'local>,
    _class: JClass<'local>,
    store: jlong,
    call: jlong,
    size: jlong,
) -> JByteBuffer<'local> {
    guard(env, |env| {
        // SAFETY: the module's promise.
        let (store, call): (&Store, Call) = unsafe { (object(store), Call::at(call)) };
        let loan = store.loan(unsigned("size", size)?)?;
        hand(env, store, loan, call)
    })
}

/// `Loan.openOutput`
#[unsafe(no_mangle)]
pub extern "system" fn Java_com_dishtayantra_lmdb_Loan_openOutput<'local>(
    env: Env<'local>,
    _class: JClass<'local>,
    reference: jlong,
    call: jlong,
    size: jlong,
) -> JByteBuffer<'local> {
    guard(env, |env| {
        // SAFETY: the module's promise.
        let (reference, call): (&Mutex<Reference>, Call) = unsafe { (object(reference), Call::at(call)) };
        let store = reference.lock().unwrap_or_else(PoisonError::into_inner).store()?;
        let loan = store.loan(unsigned("size", size)?)?;
        hand(env, &store, loan, call)
    })
}

/// `Loan.range`
#[unsafe(no_mangle)]
pub extern "system" fn Java_com_dishtayantra_lmdb_Loan_range<'local>(
    env: Env<'local>,
    _class: JClass<'local>,
    loan: jlong,
    offset: jlong,
    length: jlong,
) -> JByteBuffer<'local> {
    guard(env, |env| {
        // SAFETY: the module's promise.
        let held: &Held = unsafe { object(loan) };
        let (offset, length) = (offset as usize, length as usize);
        let address = held.with(|loan| {
            let part = loan.bytes_mut().get_mut(offset..).and_then(|rest| rest.get_mut(..length));
            let part = part.ok_or_else(|| invalid(format!("{length} bytes at {offset} of a loan")))?;
            Ok(part.as_mut_ptr())
        })?;
        // SAFETY: as for the front.
        unsafe { env.new_direct(address, length) }
    })
}

/// Takes the loan out of Java's hands, cut to `size` bytes, and publishes it; tells of the entry, and that it was taken.
fn publish(
    held: &Held,
    size: u64,
    call: &mut Call,
    publish: impl FnOnce(Loan) -> Result<Info>,
) -> Fallible<Info> {
    let loan = {
        let mut open = held.lock();
        open.as_mut().ok_or_else(ended)?.truncate(size)?;
        open.take().ok_or_else(ended)?
    };
    over(call);
    let info = publish(loan)?;
    call.tell(numbers(&info));
    Ok(info)
}

/// As [`publish`], for a loan whose pages are to serve nobody else while Java can reach them: the entry stays pinned. What
/// would give pages back at once, a refusal or fewer bytes than were lent, is avoided by putting a copy; the loan itself
/// then stays as it is.
fn publish_retained(
    held: &Held,
    size: u64,
    call: &mut Call,
    options: &PutOptions,
    publish_whole: impl FnOnce(Loan) -> Result<Info>,
    put: impl FnOnce(&[u8]) -> Result<Info>,
) -> Fallible<()> {
    let (db, key) = call.place()?;
    let lent = held.with(|loan| Ok(loan.size()))?;
    if size == lent && !options.no_overwrite {
        let info = publish(held, size, call, publish_whole)?;
        held.retain(db, key, &info);
        return Ok(());
    }
    let info = held.with(|loan| {
        loan.truncate(size)?;
        over(call);
        put(loan.bytes())
    })?;
    call.tell(numbers(&info));
    Ok(())
}

/// Tells that the loan is over, whatever comes.
fn over(call: &mut Call) {
    let mut all = [0; INFO + 1];
    all[INFO] = 1;
    call.tell(all);
}

/// `Loan.publish`
#[unsafe(no_mangle)]
pub extern "system" fn Java_com_dishtayantra_lmdb_Loan_publish<'local>(
    env: Env<'local>,
    _class: JClass<'local>,
    loan: jlong,
    call: jlong,
    size: jlong,
    format: jint,
    flags: jint,
    ttl_ms: jlong,
) {
    guard(env, |_| {
        // SAFETY: the module's promise.
        let (held, mut call): (&Held, Call) = unsafe { (object(loan), Call::at(call)) };
        call.tell([0; INFO + 1]);
        let (db, key) = call.place()?;
        let options = call.options(format, flags, ttl_ms)?;
        let size = unsigned("the number of bytes", size)?;
        let publish_whole = |loan: Loan| loan.publish(db, key, &options);
        if flags & RETAIN == 0 {
            publish(held, size, &mut call, publish_whole)?;
            return Ok(());
        }
        let put = |bytes: &[u8]| held.store.put(db, key, &[bytes], &options);
        publish_retained(held, size, &mut call, &options, publish_whole, put)
    })
}

/// `Loan.publishOutput`
#[unsafe(no_mangle)]
pub extern "system" fn Java_com_dishtayantra_lmdb_Loan_publishOutput<'local>(
    env: Env<'local>,
    _class: JClass<'local>,
    loan: jlong,
    reference: jlong,
    call: jlong,
    format: jint,
    flags: jint,
    ttl_ms: jlong,
) {
    guard(env, |_| {
        // SAFETY: the module's promise.
        let (held, reference, mut call): (&Held, &Mutex<Reference>, Call) =
            unsafe { (object(loan), object(reference), Call::at(call)) };
        call.tell([0; INFO + 1]);
        let reference = reference.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let options = call.options(format, flags, ttl_ms)?;
        let size = held.with(|loan| Ok(loan.size()))?;
        let publish_whole = |loan: Loan| reference.publish_output(loan, &options);
        if flags & RETAIN == 0 {
            publish(held, size, &mut call, publish_whole)?;
            return Ok(());
        }
        let put = |bytes: &[u8]| reference.put_output(&[bytes], &options);
        publish_retained(held, size, &mut call, &options, publish_whole, put)
    })
}

/// `Loan.drop`
#[unsafe(no_mangle)]
pub extern "system" fn Java_com_dishtayantra_lmdb_Loan_drop<'local>(
    env: Env<'local>,
    _class: JClass<'local>,
    loan: jlong,
) {
    guard(env, |_| {
        // SAFETY: the module's promise.
        let held: &Held = unsafe { object(loan) };
        let loan = held.lock().take();
        drop(loan);
        Ok(())
    })
}

/// `Loan.release`
#[unsafe(no_mangle)]
pub extern "system" fn Java_com_dishtayantra_lmdb_Loan_release<'local>(
    env: Env<'local>,
    _class: JClass<'local>,
    loan: jlong,
) {
    guard(env, |_| {
        // SAFETY: the module's promise.
        unsafe { release::<Held>(loan) };
        Ok(())
    })
}
