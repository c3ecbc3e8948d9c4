//! Loans: payloads that the producer builds in the store, with no copy.

use super::arg::{bytes, db_name, exclusive, give, out, release};
use super::guard::guard;
use super::info::{InfoOut, dy_lmdb_info_t};
use super::options::{dy_lmdb_put_options_t, put_options};
use super::reference::dy_lmdb_reference_t;
use super::status::dy_lmdb_status_t;
use super::store::{dy_lmdb_store_t, enter};
use crate::error::{Error, Result, Status};
use crate::store::{Loan, Pinned};
use std::ffi::{c_char, c_void};

/// Space in a store, lent to one producer to fill and publish. Nobody else sees it before that, and no lock
/// is held meanwhile. A loan that is dropped, or whose process dies, leaves nothing behind. It keeps its
/// store open in this process.
///
/// One thread at a time uses a loan; it may be filled in one and published in another.
pub struct dy_lmdb_loan_t(Option<Loan>);

/// The loan behind a pointer that C passed, which must not have been published.
fn held(loan: &mut dy_lmdb_loan_t) -> Result<&mut Loan> {
    loan.0.as_mut().ok_or_else(|| Error::new(Status::Closed, "the loan was published; open another"))
}

impl dy_lmdb_loan_t {
    /// Keeps its pages as what is published there; `None` when no pin is free, or it was published.
    pub(crate) fn pin(&self) -> Option<Pinned> {
        self.0.as_ref().and_then(Loan::pin)
    }
}

/// A loan for C.
pub(super) fn lent(loan: Loan) -> *mut dy_lmdb_loan_t {
    give(dy_lmdb_loan_t(Some(loan)))
}

/// A loan and where to write, when one can be had without waiting for anybody.
pub(crate) unsafe fn take_kept(
    store: *const dy_lmdb_store_t,
    size: u64,
) -> Option<(*mut dy_lmdb_loan_t, *mut c_void)> {
    let mut taken = None;
    guard(|| {
        // SAFETY: as the caller says.
        taken = unsafe { enter(store) }?.kept_loan(size).map(|loan| {
            let data = loan.address().as_ptr().cast();
            (lent(loan), data)
        });
        Ok(())
    });
    taken
}

/// Takes a loan.
///
/// - `store`: the store.
/// - `size`: bytes of the payload, at most 4,294,836,160 bytes; publishing may take fewer.
/// - `loan`: where to put the loan.
///
/// Returns `DY_LMDB_OK`; `DY_LMDB_TOO_LARGE`, `DY_LMDB_MAP_FULL`, `DY_LMDB_DISK_FULL`,
/// `DY_LMDB_INVALID_ARGUMENT`, `DY_LMDB_CLOSED`, `DY_LMDB_FORKED` or `DY_LMDB_IO`.
///
/// Memory: end it with `dy_lmdb_loan_drop`, published or not.
///
/// Threads: any number at once.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn dy_lmdb_loan_open(
    store: *const dy_lmdb_store_t,
    size: u64,
    loan: *mut *mut dy_lmdb_loan_t,
) -> dy_lmdb_status_t {
    guard(|| {
        // SAFETY: as the documentation demands of the caller.
        let (store, loan) = unsafe { (enter(store)?, out("loan", loan)?) };
        loan.write(lent(store.loan(size)?));
        Ok(())
    })
}

/// Takes a loan and tells where to write: `dy_lmdb_loan_open` and `dy_lmdb_loan_data` in one call, for callers
/// to whom every call is dear.
///
/// - `store`: the store.
/// - `size`: bytes of the payload, as for `dy_lmdb_loan_open`.
/// - `loan`: where to put the loan.
/// - `data`: where to put the pointer to the first byte, aligned to 64 bytes.
///
/// Returns what `dy_lmdb_loan_open` does.
///
/// Memory: as for the two; end the loan with `dy_lmdb_loan_drop` or `dy_lmdb_loan_finish`.
///
/// Threads: any number at once.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn dy_lmdb_loan_take(
    store: *const dy_lmdb_store_t,
    size: u64,
    loan: *mut *mut dy_lmdb_loan_t,
    data: *mut *mut c_void,
) -> dy_lmdb_status_t {
    guard(|| {
        // SAFETY: as the documentation demands of the caller.
        let (store, loan, data) = unsafe { (enter(store)?, out("loan", loan)?, out("data", data)?) };
        let taken = store.loan(size)?;
        data.write(taken.address().as_ptr().cast());
        loan.write(lent(taken));
        Ok(())
    })
}

/// Tells where to write.
///
/// - `loan`: the loan.
/// - `data`: where to put the pointer to the first byte, aligned to 64 bytes. What lies there is undefined
///   until it is written.
/// - `size`: where to put the number of bytes.
///
/// Returns `DY_LMDB_OK`; `DY_LMDB_CLOSED` when the loan was published; `DY_LMDB_INVALID_ARGUMENT`.
///
/// Memory: writable until the loan is published or dropped. Writing after that damages what others read.
///
/// Threads: one at a time on a loan; the bytes may be filled by several.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn dy_lmdb_loan_data(
    loan: *mut dy_lmdb_loan_t,
    data: *mut *mut c_void,
    size: *mut usize,
) -> dy_lmdb_status_t {
    guard(|| {
        // SAFETY: as the documentation demands of the caller.
        let (loan, data, size) =
            unsafe { (exclusive("loan", loan)?, out("data", data)?, out("size", size)?) };
        let loan = held(loan)?;
        data.write(loan.address().as_ptr().cast());
        // A payload fits in memory, which is how it is lent.
        size.write(loan.size() as usize);
        Ok(())
    })
}

/// Publishes a loan as an entry: in one step readers see it, whole, instead of what was under the key.
///
/// - `loan`: the loan.
/// - `db`, `db_len`: the named database, UTF-8, made when it is not there; (NULL, 0) means "default".
/// - `key`, `key_len`: the key, 1 to 511 bytes.
/// - `size`: bytes of the payload, from the first: at most those of the loan.
/// - `options`: how to put it; NULL means the defaults.
/// - `info`: where to tell of the new entry; may be NULL.
///
/// Returns what `dy_lmdb_store_put` does; `DY_LMDB_LOAN_LOST` when the loan's holder was taken for dead;
/// `DY_LMDB_CLOSED` when it was published. A failure ends the loan too, its space is given back and it
/// answers `DY_LMDB_CLOSED`, unless an argument was refused (key, name, size, format, a text), which leaves it as it was.
///
/// Memory: the loan must still be dropped. Its bytes must not be written to any more.
///
/// Threads: one at a time on a loan.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn dy_lmdb_loan_publish(
    loan: *mut dy_lmdb_loan_t,
    db: *const c_char,
    db_len: usize,
    key: *const c_void,
    key_len: usize,
    size: u64,
    options: *const dy_lmdb_put_options_t,
    info: *mut dy_lmdb_info_t,
) -> dy_lmdb_status_t {
    guard(|| {
        // SAFETY: as the documentation demands of the caller.
        let (loan, db, key, options, info) = unsafe {
            (
                exclusive("loan", loan)?,
                db_name(db, db_len)?,
                bytes("key", key, key_len)?,
                put_options(options)?,
                InfoOut::new(info)?,
            )
        };
        let open = held(loan)?;
        open.check(db, key, &options)?;
        open.truncate(size)?;
        if let Some(loan) = loan.0.take() {
            info.write(&loan.publish(db, key, &options)?, None);
        }
        Ok(())
    })
}

/// Publishes a loan and ends it: `dy_lmdb_loan_publish` and `dy_lmdb_loan_drop` in one call. The loan is dropped
/// whatever the call returns.
///
/// - `loan`: the loan; it must not be passed again.
/// - `db`, `db_len`, `key`, `key_len`, `size`, `options`, `info`: as for `dy_lmdb_loan_publish`.
///
/// Returns what `dy_lmdb_loan_publish` does.
///
/// Memory: the loan and its bytes end here; a published entry stays.
///
/// Threads: any thread, when no other uses the loan.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn dy_lmdb_loan_finish(
    loan: *mut dy_lmdb_loan_t,
    db: *const c_char,
    db_len: usize,
    key: *const c_void,
    key_len: usize,
    size: u64,
    options: *const dy_lmdb_put_options_t,
    info: *mut dy_lmdb_info_t,
) -> dy_lmdb_status_t {
    // SAFETY: as the documentation demands of the caller.
    let status = unsafe { dy_lmdb_loan_publish(loan, db, db_len, key, key_len, size, options, info) };
    // A drop does not fail; what publishing said is what the caller wants to hear.
    guard(|| {
        // SAFETY: NULL or a loan, given back once, says the caller.
        unsafe { release(loan) };
        Ok(())
    });
    status
}

/// Ends a loan. One that was not published gives its space back.
///
/// - `loan`: the loan; NULL does nothing. It is dropped once.
///
/// Returns `DY_LMDB_OK`.
///
/// Memory: the loan and its bytes end here; a published entry stays.
///
/// Threads: any thread, when no other uses the loan.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn dy_lmdb_loan_drop(loan: *mut dy_lmdb_loan_t) -> dy_lmdb_status_t {
    guard(|| {
        // SAFETY: NULL or a loan, given back once, says the caller.
        unsafe { release(loan) };
        Ok(())
    })
}

/// Publishes a loan, all of it, as the output that a reference asks for, and wakes who waits for it. Return a mapping
/// with `_lmdb_output_written: true` then.
///
/// - `reference`: the reference.
/// - `loan`: a loan of the store that the reference names, such as `dy_lmdb_writer_loan_output` takes.
/// - `options`: how to put it, its format above all; as for `dy_lmdb_reference_put_output`.
/// - `info`: where to tell of the new entry; may be NULL.
///
/// Returns what `dy_lmdb_reference_put_output` and `dy_lmdb_loan_publish` do; `DY_LMDB_FOREIGN_STORE` when the loan is of
/// another store. A failure ends the loan too.
///
/// Memory: the loan must still be dropped. Its bytes must not be written to any more.
///
/// Threads: one at a time on a loan.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn dy_lmdb_reference_publish_output(
    reference: *const dy_lmdb_reference_t,
    loan: *mut dy_lmdb_loan_t,
    options: *const dy_lmdb_put_options_t,
    info: *mut dy_lmdb_info_t,
) -> dy_lmdb_status_t {
    guard(|| {
        // SAFETY: as the documentation demands of the caller.
        let (reference, loan, options, info) = unsafe {
            (
                super::reference::reference(reference)?,
                exclusive("loan", loan)?,
                put_options(options)?,
                InfoOut::new(info)?,
            )
        };
        held(loan)?;
        if let Some(loan) = loan.0.take() {
            info.write(&reference.publish_output(loan, &options)?, None);
        }
        Ok(())
    })
}
