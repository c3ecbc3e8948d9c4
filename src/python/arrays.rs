//! NumPy's arrays, once somebody has imported it: what is plain about them needs nothing of Python's.

use super::api::{Method, PyObject, api};
use super::export::{C_CONTIGUOUS, Export, FORMAT};
use super::object::{Ref, call, method, none};
use super::text::{arguments, int, names, new_int};
use crate::document::Dtype;
use std::ptr;
use std::sync::atomic::{AtomicPtr, Ordering};

/// NumPy's type of arrays, and its dtypes that segments have.
pub struct Arrays {
    class: Ref,
    /// Each with its own; the first of those with the same is that of new arrays.
    dtypes: Vec<(Ref, Dtype)>,
}

static ARRAYS: AtomicPtr<Arrays> = AtomicPtr::new(ptr::null_mut());

/// What is known of NumPy; `None` as long as Python did not tell.
pub fn known() -> Option<&'static Arrays> {
    // SAFETY: NULL, or never given back.
    unsafe { ARRAYS.load(Ordering::Acquire).as_ref() }
}

impl Arrays {
    /// The type of arrays.
    pub fn class(&self) -> *mut PyObject {
        self.class.get()
    }

    /// The items of an array of this type, in C order and as segments have them; `None` inside when it has none, or means
    /// more than they do. `None` with an exception set when it cannot be asked.
    pub unsafe fn items_of(&self, array: *mut PyObject) -> Option<Option<(Dtype, Export)>> {
        // SAFETY: an array, says the caller.
        unsafe {
            let dtype = Ref::owned((api().attribute_of)(array, names().dtype))?;
            let own = self.dtypes.iter().find(|(known, _)| known.get() == dtype.get());
            if own.is_none() {
                let metadata = Ref::owned((api().attribute_of)(dtype.get(), names().metadata))?;
                if metadata.get() != api().none {
                    return Some(None);
                }
            }
            let Some(export) = Export::of(array, C_CONTIGUOUS | FORMAT) else {
                // It lies otherwise, or has items that buffers have no name for.
                let is_so = (api().failed_with)(api().value_error) != 0
                    || (api().failed_with)(api().buffer_error) != 0;
                if is_so {
                    (api().clear_failure)();
                }
                return is_so.then_some(None);
            };
            let found = match own {
                Some((_, dtype)) => Some(*dtype),
                None => dtype_of(export.format().to_bytes(), export.itemsize()),
            };
            Some(found.map(|dtype| (dtype, export)))
        }
    }

    /// A new array over the memory of `owner`, which it refers to, from the byte `offset` on; its own when `copy`. There
    /// is at least one item.
    pub unsafe fn make(
        &self,
        owner: *mut PyObject,
        offset: u64,
        dtype: Dtype,
        shape: &[u64],
        copy: bool,
    ) -> Option<Ref> {
        let api = api();
        // SAFETY: objects, says the caller; the tuple takes over the references that it is given.
        unsafe {
            let Some((known, _)) = self.dtypes.iter().find(|(_, known)| *known == dtype) else {
                (api.fail)(api.value_error, c"a dtype that NumPy was not known to have".as_ptr());
                return None;
            };
            let dims = Ref::owned((api.tuple_new)(shape.len() as isize))?;
            for (index, dim) in shape.iter().enumerate() {
                let dim = Ref::owned(new_int(*dim))?;
                (api.tuple_set)(dims.get(), index as isize, dim.give());
            }
            let offset = Ref::owned(new_int(offset))?;
            let end = ptr::null_mut::<PyObject>();
            let made = (api.call)(self.class.get(), dims.get(), known.get(), owner, offset.get(), end);
            let made = Ref::owned(made)?;
            if copy { call(made.get(), names().copy) } else { Some(made) }
        }
    }

    /// Whether new arrays can have this dtype.
    pub fn has(&self, dtype: Dtype) -> bool {
        self.dtypes.iter().any(|(_, known)| *known == dtype)
    }
}

/// What a buffer's format and item size say, in the machine's order.
fn dtype_of(format: &[u8], itemsize: usize) -> Option<Dtype> {
    let dtype = match *format {
        [code @ (b'l' | b'q')] if itemsize == 8 || code == b'q' => Dtype::I64,
        [code @ (b'L' | b'Q')] if itemsize == 8 || code == b'Q' => Dtype::U64,
        [code] => Dtype::from_codes(code.into(), 0).ok()?,
        [b'Z', b'f'] => Dtype::C64,
        [b'Z', b'd'] => Dtype::C128,
        _ => return None,
    };
    (dtype.itemsize() == itemsize).then_some(dtype)
}

/// `learn_arrays(class, dtypes)`: NumPy's type of arrays, and pairs of a dtype and the code that segments have for it.
unsafe extern "C" fn learn_arrays(
    _: *mut PyObject,
    args: *const *mut PyObject,
    count: isize,
) -> *mut PyObject {
    // SAFETY: the arguments live as long as the call.
    unsafe { arguments(args, count).and_then(|args| learn(args)) }.map_or(ptr::null_mut(), |()| none())
}

unsafe fn learn(&[class, pairs]: &[*mut PyObject; 2]) -> Option<()> {
    // Segments are little-endian, and what is known here is that an array lies so.
    if cfg!(target_endian = "big") {
        return Some(());
    }
    // SAFETY: objects, says the caller; a tuple keeps its items, and is NULL with an exception set where it has none.
    unsafe {
        let pairs = Ref::owned((api().tuple_of)(pairs))?;
        let mut dtypes = Vec::new();
        for index in 0..(api().size)(pairs.get()) {
            let pair = (api().tuple_get)(pairs.get(), index);
            let (dtype, code) = ((api().tuple_get)(pair, 0), (api().tuple_get)(pair, 1));
            if dtype.is_null() || code.is_null() {
                return None;
            }
            if let Ok(known) = Dtype::from_codes(int(code)? as u32, 0) {
                dtypes.push((Ref::new(dtype), known));
            }
        }
        let known = Box::new(Arrays { class: Ref::new(class), dtypes });
        // Others may be looking at what was known before.
        ARRAYS.store(Box::into_raw(known), Ordering::Release);
    }
    Some(())
}

/// The functions of this file.
pub fn functions() -> [Method; 1] {
    [method(c"learn_arrays", learn_arrays)]
}
