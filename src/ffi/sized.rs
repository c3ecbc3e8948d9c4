//! Structs that start with their size as the caller was compiled with it, so that later versions can append
//! fields.

use super::arg::invalid;
use crate::error::Result;
use std::ptr::copy_nonoverlapping;

/// A struct of the ABI that may grow.
///
/// # Safety `repr(C)`, the first field is `struct_size: usize`, and every field is an integer, a pointer
/// or an array of integers.
pub(super) unsafe trait Growing: Copy + Default {
    /// The type's name in C.
    const NAME: &'static str;
}

/// What both sides know of a struct: the smaller of the two sizes.
unsafe fn known<T: Growing>(given: *const T) -> Result<usize> {
    // SAFETY: the caller's struct has at least the size field, which it set.
    let size = unsafe { given.cast::<usize>().read() };
    if size < size_of::<usize>() {
        return Err(invalid(format!("struct_size of {} is {size}; set it to sizeof({})", T::NAME, T::NAME)));
    }
    Ok(size.min(size_of::<T>()))
}

/// Reads a struct; what an older caller does not know keeps its default, NULL is all defaults.
pub(super) unsafe fn read<T: Growing>(given: *const T) -> Result<T> {
    let mut value = T::default();
    if !given.is_null() {
        // SAFETY: not NULL; a struct with its size set, says the caller.
        let size = unsafe { known(given) }?;
        // SAFETY: both sides have `size` bytes, and any bytes make a T.
        unsafe { copy_nonoverlapping(given.cast::<u8>(), (&raw mut value).cast(), size) };
    }
    Ok(value)
}

/// Room for a struct that the caller may leave out.
pub(super) struct Out<T> {
    place: *mut T,
    size: usize,
}

impl<T: Growing> Out<T> {
    /// Checks the size the caller set; NULL is no room.
    pub(super) unsafe fn new(place: *mut T) -> Result<Out<T>> {
        let size = if place.is_null() {
            0
        } else {
            // SAFETY: not NULL; a struct with its size set, says the caller.
            unsafe { known(place) }?
        };
        Ok(Out { place, size })
    }

    /// Writes what the caller has room for. The size field stays as the caller set it.
    pub(super) fn write(self, value: &T) {
        let head = size_of::<usize>();
        if self.size > head {
            // SAFETY: `new` saw room for `size` bytes, and a T has as many.
            unsafe {
                copy_nonoverlapping(
                    (&raw const *value).cast::<u8>().add(head),
                    self.place.cast::<u8>().add(head),
                    self.size - head,
                );
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::Status;

    #[repr(C)]
    #[derive(Clone, Copy, Debug, PartialEq)]
    struct Sample {
        struct_size: usize,
        first: u64,
        second: u64,
    }

    impl Default for Sample {
        fn default() -> Sample {
            Sample { struct_size: size_of::<Sample>(), first: 1, second: 2 }
        }
    }

    // SAFETY: repr(C), size first, integers only.
    unsafe impl Growing for Sample {
        const NAME: &'static str = "sample_t";
    }

    #[test]
    fn an_older_caller_leaves_later_fields_at_their_defaults() {
        let given = Sample { struct_size: 16, first: 10, second: 20 };
        // SAFETY: a whole struct lies there.
        let read = unsafe { read(&raw const given) }.unwrap();
        assert_eq!((read.first, read.second), (10, 2));
    }

    #[test]
    fn an_older_caller_gets_no_byte_past_its_struct() {
        let mut place = Sample { struct_size: 16, first: 0, second: 99 };
        // SAFETY: a whole struct lies there.
        unsafe { Out::new(&raw mut place) }.unwrap().write(&Sample::default());
        assert_eq!(place, Sample { struct_size: 16, first: 1, second: 99 });
    }

    #[test]
    fn a_newer_caller_gets_what_this_version_knows() {
        let mut place = [48_usize, 7, 7, 7, 7, 7];
        let sample = place.as_mut_ptr().cast::<Sample>();
        // SAFETY: room for more than the struct lies there.
        unsafe { Out::new(sample) }.unwrap().write(&Sample::default());
        assert_eq!(place, [48, 1, 2, 7, 7, 7]);
    }

    #[test]
    fn a_size_that_was_never_set_is_refused_by_name() {
        let given = Sample { struct_size: 0, first: 0, second: 0 };
        // SAFETY: a whole struct lies there.
        let error = unsafe { read(&raw const given) }.unwrap_err();
        assert_eq!(error.status(), Status::InvalidArgument);
        assert_eq!(error.message(), "struct_size of sample_t is 0; set it to sizeof(sample_t)");
    }

    #[test]
    fn null_reads_as_the_defaults_and_takes_no_output() {
        // SAFETY: NULL is allowed.
        assert_eq!(unsafe { read::<Sample>(std::ptr::null()) }.unwrap(), Sample::default());
        // SAFETY: NULL is allowed.
        unsafe { Out::<Sample>::new(std::ptr::null_mut()) }.unwrap().write(&Sample::default());
    }
}
