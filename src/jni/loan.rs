//! `com.dishtayantra.lmdb.Loan`.

use super::convert::{Put, bytes, give, invalid, object, release, text, unsigned};
use super::guard::{Fallible, Fault, guard};
use super::told::{INFO, numbers};
use crate::envelope::Info;
use crate::error::{Error, Result, Status};
use crate::reference::Reference;
use crate::store::{Loan, Mapped, Store};
use jni::objects::{JByteArray, JByteBuffer, JClass, JLongArray};
use jni::sys::{jint, jlong};
use jni::{Env, EnvUnowned};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// A loan in Java's hands. Its memory stays mapped for as long as Java can reach it, published or not.
pub(super) struct Held {
    loan: Mutex<Option<Loan>>,
    _mapped: Mapped,
}

impl Held {
    fn lock(&self) -> MutexGuard<'_, Option<Loan>> {
        self.loan.lock().unwrap_or_else(PoisonError::into_inner)
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
    env: &mut Env<'local>,
    loan: Loan,
    told: &JLongArray<'local>,
) -> Fallible<JByteBuffer<'local>> {
    let front = loan.size().min(jint::MAX as u64) as usize;
    // SAFETY: the memory stays mapped until Java frees the loan, which it does when the buffer is unreachable.
    let buffer = unsafe { env.new_direct_byte_buffer(loan.address().as_ptr(), front)? };
    let held = Held { _mapped: loan.mapped(), loan: Mutex::new(Some(loan)) };
    told.set_region(env, 0, &[give(held)])?;
    Ok(buffer)
}

/// `Loan.open`
#[unsafe(no_mangle)]
pub extern "system" fn Java_com_dishtayantra_lmdb_Loan_open<'local>(
    env: EnvUnowned<'local>,
    _class: JClass<'local>,
    store: jlong,
    size: jlong,
    told: JLongArray<'local>,
) -> JByteBuffer<'local> {
    guard(env, |env| {
        // SAFETY: the module's promise.
        let store: &Store = unsafe { object(store) };
        let loan = store.loan(unsigned("size", size)?)?;
        hand(env, loan, &told)
    })
}

/// `Loan.openOutput`
#[unsafe(no_mangle)]
pub extern "system" fn Java_com_dishtayantra_lmdb_Loan_openOutput<'local>(
    env: EnvUnowned<'local>,
    _class: JClass<'local>,
    reference: jlong,
    size: jlong,
    told: JLongArray<'local>,
) -> JByteBuffer<'local> {
    guard(env, |env| {
        // SAFETY: the module's promise.
        let reference: &Mutex<Reference> = unsafe { object(reference) };
        let store = reference.lock().unwrap_or_else(PoisonError::into_inner).store()?;
        let loan = store.loan(unsigned("size", size)?)?;
        hand(env, loan, &told)
    })
}

/// `Loan.range`
#[unsafe(no_mangle)]
pub extern "system" fn Java_com_dishtayantra_lmdb_Loan_range<'local>(
    env: EnvUnowned<'local>,
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
        Ok(unsafe { env.new_direct_byte_buffer(address, length)? })
    })
}

/// Takes the loan out of Java's hands, cut to `size` bytes, and publishes it; tells of the entry, and that it was taken.
fn publish<'local>(
    env: &mut Env<'local>,
    held: &Held,
    size: Option<u64>,
    told: &JLongArray<'local>,
    publish: impl FnOnce(Loan) -> Result<Info>,
) -> Fallible<()> {
    let loan = {
        let mut open = held.lock();
        let loan = open.as_mut().ok_or_else(ended)?;
        size.map_or(Ok(()), |size| loan.truncate(size))?;
        open.take().ok_or_else(ended)?
    };
    let mut all = [0; INFO + 1];
    all[INFO] = 1;
    let published = publish(loan);
    if let Ok(info) = &published {
        all[..INFO].copy_from_slice(&numbers(info));
    }
    told.set_region(env, 0, &all)?;
    published.map(drop).map_err(Fault::from)
}

/// `Loan.publish`
#[unsafe(no_mangle)]
pub extern "system" fn Java_com_dishtayantra_lmdb_Loan_publish<'local>(
    env: EnvUnowned<'local>,
    _class: JClass<'local>,
    loan: jlong,
    db: JByteArray<'local>,
    key: JByteArray<'local>,
    size: jlong,
    format: jint,
    flags: jint,
    ttl_ms: jlong,
    txn_id: JByteArray<'local>,
    source: JByteArray<'local>,
    target: JByteArray<'local>,
    told: JLongArray<'local>,
) {
    guard(env, |env| {
        // SAFETY: the module's promise.
        let held: &Held = unsafe { object(loan) };
        let (db, key) = (text(env, "database", &db)?, bytes(env, "key", &key)?);
        let put = Put::new(env, format, flags, ttl_ms, [&txn_id, &source, &target])?;
        let size = unsigned("the number of bytes", size)?;
        publish(env, held, Some(size), &told, |loan| loan.publish(&db, &key, &put.options()))
    })
}

/// `Loan.publishOutput`
#[unsafe(no_mangle)]
pub extern "system" fn Java_com_dishtayantra_lmdb_Loan_publishOutput<'local>(
    env: EnvUnowned<'local>,
    _class: JClass<'local>,
    loan: jlong,
    reference: jlong,
    format: jint,
    flags: jint,
    ttl_ms: jlong,
    txn_id: JByteArray<'local>,
    source: JByteArray<'local>,
    target: JByteArray<'local>,
    told: JLongArray<'local>,
) {
    guard(env, |env| {
        // SAFETY: the module's promise.
        let (held, reference): (&Held, &Mutex<Reference>) = unsafe { (object(loan), object(reference)) };
        let reference = reference.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let put = Put::new(env, format, flags, ttl_ms, [&txn_id, &source, &target])?;
        publish(env, held, None, &told, |loan| reference.publish_output(loan, &put.options()))
    })
}

/// `Loan.drop`
#[unsafe(no_mangle)]
pub extern "system" fn Java_com_dishtayantra_lmdb_Loan_drop<'local>(
    env: EnvUnowned<'local>,
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
    env: EnvUnowned<'local>,
    _class: JClass<'local>,
    loan: jlong,
) {
    guard(env, |_| {
        // SAFETY: the module's promise.
        unsafe { release::<Held>(loan) };
        Ok(())
    })
}
