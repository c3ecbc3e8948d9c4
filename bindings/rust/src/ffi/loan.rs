//! `dy_lmdb_loan_t`.

use super::options::put_options;
use super::{bytes, chars, check, empty_info};
use crate::entry::{Info, Key, PutOptions};
use crate::error::Result;
use crate::segment::SegmentItem;
use crate::sys::{self, Functions};
use std::mem::ManuallyDrop;
use std::ptr::{self, NonNull};

/// Space in a store, lent to be filled and published: the payload is built in the map and never copied.
///
/// ```no_run
/// # use dishtayantra::{PutOptions, Store};
/// # fn fill(store: &Store) -> dishtayantra::Result<()> {
/// let mut loan = store.loan(8 * 1_000_000)?;
/// loan.slice_mut::<f64>()?.fill(0.5);
/// loan.publish("prices", 8 * 1_000_000, &PutOptions::default())?;
/// # Ok(())
/// # }
/// ```
///
/// Publishing consumes it, so that nothing can be written afterwards:
///
/// ```compile_fail,E0382
/// # use dishtayantra::{Loan, PutOptions};
/// fn late(mut loan: Loan) {
///     loan.publish("prices", 8, &PutOptions::default()).unwrap();
///     loan.bytes_mut()[0] = 1;
/// }
/// ```
///
/// ```compile_fail,E0505
/// # use dishtayantra::{Loan, PutOptions};
/// fn kept(mut loan: Loan) {
///     let bytes = loan.bytes_mut();
///     loan.publish("prices", 8, &PutOptions::default()).unwrap();
///     bytes[0] = 1;
/// }
/// ```
///
/// A loan that is dropped, or whose process dies, leaves nothing behind. It keeps its store open in this process. One
/// thread at a time uses a loan; it may be filled in one and published in another. Several threads fill it through
/// parts of its bytes (`split_at_mut`).
///
/// ```compile_fail,E0277
/// fn shared<T: Sync>() {}
/// shared::<dishtayantra::Loan>();
/// ```
///
/// A child made by `fork` must not touch the bytes: they are not mapped there.
pub struct Loan {
    functions: &'static Functions,
    handle: NonNull<sys::dy_lmdb_loan_t>,
    data: NonNull<u8>,
    size: usize,
}

// SAFETY: the C ABI lets a loan be used by one thread after another.
unsafe impl Send for Loan {}

impl Drop for Loan {
    fn drop(&mut self) {
        // SAFETY: the handle is ours, and its bytes cannot be used any more: what points to them borrowed this loan.
        unsafe { (self.functions.dy_lmdb_loan_drop)(self.handle.as_ptr()) };
    }
}

impl Loan {
    /// A loan of `size` bytes at `data`.
    pub(super) fn of(
        functions: &'static Functions,
        handle: NonNull<sys::dy_lmdb_loan_t>,
        data: *mut u8,
        size: usize,
    ) -> Loan {
        Loan { functions, handle, data: NonNull::new(data).unwrap_or(NonNull::dangling()), size }
    }

    /// A loan of which the handle is known.
    pub(super) fn opened(
        functions: &'static Functions,
        handle: NonNull<sys::dy_lmdb_loan_t>,
    ) -> Result<Loan> {
        let mut loan = Loan::of(functions, handle, ptr::null_mut(), 0);
        let mut data = ptr::null_mut();
        // SAFETY: the handle is ours; the outputs are places on our stack and in the loan.
        check(functions, unsafe {
            (functions.dy_lmdb_loan_data)(handle.as_ptr(), &mut data, &mut loan.size)
        })?;
        loan.data = NonNull::new(data.cast()).unwrap_or(NonNull::dangling());
        Ok(loan)
    }

    pub(super) fn raw(&mut self) -> *mut sys::dy_lmdb_loan_t {
        self.handle.as_ptr()
    }

    /// How many bytes there are to fill.
    pub fn len(&self) -> usize {
        self.size
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.size == 0
    }

    /// The bytes to fill, aligned to 64. What is in them at first is anything: what an earlier payload left there.
    pub fn bytes_mut(&mut self) -> &mut [u8] {
        // SAFETY: the bytes are mapped, ours alone until the loan is published or dropped, and borrowed from it.
        unsafe { std::slice::from_raw_parts_mut(self.data.as_ptr(), self.size) }
    }

    /// The bytes as `T`s. Fails with [`InvalidArgument`](crate::ErrorKind::InvalidArgument) when they are no whole
    /// number of them.
    pub fn slice_mut<T: SegmentItem>(&mut self) -> Result<&mut [T]> {
        crate::segment::cast_mut(self.bytes_mut())
    }

    /// Makes the first `size` bytes the entry of `key`: in one step readers see all of them, instead of what was there.
    ///
    /// Fails with [`LoanLost`](crate::ErrorKind::LoanLost) when its holder was taken for dead, and as a put does; the
    /// space is given back then.
    pub fn publish<'k>(self, key: impl Into<Key<'k>>, size: usize, options: &PutOptions<'_>) -> Result<Info> {
        let key = key.into();
        let raw = put_options(self.functions, options)?;
        let mut info = empty_info();
        // The call ends the loan, whatever it answers.
        let loan = ManuallyDrop::new(self);
        // SAFETY: what the pointers name stays during the call; the handle is not used again.
        check(loan.functions, unsafe {
            (loan.functions.dy_lmdb_loan_finish)(
                loan.handle.as_ptr(),
                chars(key.db),
                key.db.len(),
                bytes(key.bytes),
                key.bytes.len(),
                size as u64,
                &raw,
                &mut info,
            )
        })?;
        Info::of(&info)
    }
}
