//! `dy_lmdb_reference_t`.

use super::options::put_options;
use super::{Loan, Store, View, buffers, chars, check, empty_info, made, slice, text};
use crate::entry::{Info, PutOptions};
use crate::error::{ErrorKind, Result};
use crate::sys::{self, Functions};
use std::ptr::{self, NonNull};

/// The names of a reference's fields as they travel.
pub mod wire {
    /// True in an object that stands for a payload.
    pub const REF: &str = "_lmdb_ref";
    /// Where the input is.
    pub const INPUT_KEY: &str = "_lmdb_input_key";
    /// Where the output is expected; absent when the return value is the result.
    pub const OUTPUT_KEY: &str = "_lmdb_output_key";
    /// The directory of the store.
    pub const DB_PATH: &str = "_lmdb_db_path";
    /// The named database.
    pub const DB_NAME: &str = "_lmdb_db_name";
    /// The format wished for the output.
    pub const FORMAT: &str = "_lmdb_format";
    /// The id of the exchange.
    pub const TXN_ID: &str = "_txn_id";
    /// The one entry of one store that is meant.
    pub const ENTRY: &str = "_lmdb_entry";
    /// The names of the fields that are texts: all but [`REF`] and markers.
    pub const TEXTS: [&str; 7] = [INPUT_KEY, OUTPUT_KEY, DB_PATH, DB_NAME, FORMAT, TXN_ID, ENTRY];
    /// What the names of markers begin with, one for each reference.
    pub const MARKER: &str = "_lmdb_ref_";
    /// In an answer: the result is under the output key.
    pub const OUTPUT_WRITTEN: &str = "_lmdb_output_written";
}

/// Where a calculator's input lies and where its output goes: what travels in place of a payload.
///
/// The engine opens the store that a reference names once and keeps it open for the process. Any number of threads may
/// read a reference.
pub struct Reference {
    functions: &'static Functions,
    handle: NonNull<sys::dy_lmdb_reference_t>,
}

// SAFETY: the C ABI lets any number of threads read a reference, and one set its fields or free it when no other uses
// it, as `&mut self` and `Drop` do.
unsafe impl Send for Reference {}
// SAFETY: as above.
unsafe impl Sync for Reference {}

/// The references in one mapping: engines merge mappings, so several may lie side by side, with other fields.
#[derive(Debug, Default)]
pub struct References {
    /// One for each payload that is to be resolved.
    pub inputs: Vec<Reference>,
    /// Where an output is asked for.
    pub output: Option<Reference>,
}

impl References {
    /// Gathers them from the fields of a mapping by name and text: at least those whose names begin with `_lmdb_`, and
    /// `_txn_id`. Of [`wire::REF`] the text is "true" or "false"; one that is no bool is left out. Fails with
    /// [`ErrorKind::Corrupt`] when a field cannot be right, and when the base fields stand for a payload that no marker
    /// names.
    pub fn of(fields: &[(String, String)]) -> Result<References> {
        let functions = sys::functions()?;
        let names = buffers(&fields.iter().map(|(name, _)| name).collect::<Vec<_>>());
        let texts = buffers(&fields.iter().map(|(_, text)| text).collect::<Vec<_>>());
        let mut inputs = vec![ptr::null_mut(); fields.len()];
        let (mut count, mut output) = (0, ptr::null_mut());
        // SAFETY: the texts stay during the call; there is room for as many references as there are fields.
        check(functions, unsafe {
            (functions.dy_lmdb_references_of)(
                names.as_ptr(),
                texts.as_ptr(),
                fields.len(),
                inputs.as_mut_ptr(),
                &mut count,
                &mut output,
            )
        })?;
        let owned = |handle| NonNull::new(handle).map(|handle| Reference { functions, handle });
        let inputs = inputs.into_iter().take(count).filter_map(owned).collect();
        Ok(References { inputs, output: owned(output) })
    }
}

impl Drop for Reference {
    fn drop(&mut self) {
        // SAFETY: the handle is ours, and texts it told cannot be used any more: they borrowed this reference.
        unsafe { (self.functions.dy_lmdb_reference_free)(self.handle.as_ptr()) };
    }
}

impl Reference {
    /// A reference with nothing in it, to be filled with [`set`](Reference::set).
    pub fn new() -> Result<Reference> {
        let functions = sys::functions()?;
        // SAFETY: the place of the output is valid.
        let handle = made(functions, |out| unsafe { (functions.dy_lmdb_reference_new)(out) })?;
        Ok(Reference { functions, handle })
    }

    /// From a JSON object with the names of [`wire`]. Fails with [`ErrorKind::Corrupt`], naming the field that is
    /// wrong.
    pub fn parse(json: &str) -> Result<Reference> {
        let functions = sys::functions()?;
        // SAFETY: the text stays during the call.
        let handle = made(functions, |out| unsafe {
            (functions.dy_lmdb_reference_parse)(chars(json), json.len(), out)
        })?;
        Ok(Reference { functions, handle })
    }

    /// Sets a field; "true" or "false" for [`wire::REF`]. Other names are ignored. Fails with [`ErrorKind::Corrupt`]
    /// when the value cannot be right.
    pub fn set(&mut self, name: &str, value: &str) -> Result<()> {
        // SAFETY: nobody else uses the reference; the texts are copied.
        check(self.functions, unsafe {
            (self.functions.dy_lmdb_reference_set)(
                self.handle.as_ptr(),
                chars(name),
                name.len(),
                chars(value),
                value.len(),
            )
        })
    }

    /// A field; none when it is not set.
    pub fn get(&self, name: &str) -> Result<Option<&str>> {
        let (mut value, mut len) = (ptr::null(), 0);
        // SAFETY: the handle is open until this is dropped; the outputs are places on our stack.
        let status = unsafe {
            let name = (chars(name), name.len());
            (self.functions.dy_lmdb_reference_get)(self.handle.as_ptr(), name.0, name.1, &mut value, &mut len)
        };
        match check(self.functions, status) {
            // SAFETY: the text stays until the reference is changed or freed, which takes it exclusively.
            Ok(()) => Ok(Some(
                std::str::from_utf8(unsafe { slice(value.cast(), len) })
                    .expect("the engine's texts are UTF-8"),
            )),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// The fields that are set, as a JSON object.
    pub fn json(&self) -> Result<String> {
        // SAFETY: the handle is open until this is dropped.
        text(self.functions, |out| unsafe { (self.functions.dy_lmdb_reference_json)(self.raw(), out) })
    }

    /// Whether an output is wanted in the store.
    pub fn has_output(&self) -> Result<bool> {
        Ok(self.get(wire::OUTPUT_KEY)?.is_some())
    }

    /// The input, in place. From now on it counts as opened: whoever sent it waits for the answer.
    ///
    /// Fails with [`ErrorKind::NotFound`] when it is missing or expired, which a calculator must report and not compute
    /// on nothing; with [`ErrorKind::Corrupt`] when the reference names none.
    pub fn view_input(&self) -> Result<View> {
        let mut info = empty_info();
        // SAFETY: the outputs are places on our stack.
        let handle = made(self.functions, |out| unsafe {
            (self.functions.dy_lmdb_reference_view_input)(self.raw(), out, &mut info)
        })?;
        View::of(self.functions, handle, info)
    }

    /// Puts the output, whose parts are joined in order, and wakes who waits for it. Without a time to live, or with the
    /// default of 300 s, it lives as long as the input was to, and it has a checksum when the input has one. Fails with
    /// [`ErrorKind::InvalidArgument`] when none is wanted.
    pub fn put_output<B: AsRef<[u8]>>(&self, parts: &[B], options: &PutOptions<'_>) -> Result<Info> {
        let parts = buffers(parts);
        let raw = put_options(self.functions, options)?;
        let mut info = empty_info();
        // SAFETY: what the pointers name stays during the call.
        check(self.functions, unsafe {
            (self.functions.dy_lmdb_reference_put_output)(
                self.raw(),
                parts.as_ptr(),
                parts.len(),
                &raw,
                &mut info,
            )
        })?;
        Info::of(&info)
    }

    /// Publishes a loan of the store that the reference names as the output, all of it, and wakes who waits for it.
    /// `options` say its format. Fails with [`ErrorKind::InvalidArgument`] when no output is wanted, else as
    /// [`Loan::publish`] does.
    pub fn publish_output(&self, mut loan: Loan, options: &PutOptions<'_>) -> Result<Info> {
        let raw = put_options(self.functions, options)?;
        let mut info = empty_info();
        // SAFETY: the handles are open until they are dropped; the loan's bytes are borrowed by nobody.
        check(self.functions, unsafe {
            (self.functions.dy_lmdb_reference_publish_output)(self.raw(), loan.raw(), &raw, &mut info)
        })?;
        Info::of(&info)
    }

    /// Says that the calculator answers by its return value, so that nobody waits for an output.
    pub fn settle_direct(&self) -> Result<()> {
        // SAFETY: the handle is open until this is dropped.
        check(self.functions, unsafe { (self.functions.dy_lmdb_reference_settle_direct)(self.raw()) })
    }

    /// Says that the calculator cannot read the input's kind (a frame, say): it is called again with the payload itself.
    pub fn decline(&self) -> Result<()> {
        // SAFETY: the handle is open until this is dropped.
        check(self.functions, unsafe { (self.functions.dy_lmdb_reference_decline)(self.raw()) })
    }

    /// A holder of the caller's own on the store that the reference names.
    pub fn store(&self) -> Result<Store> {
        let functions = self.functions;
        // SAFETY: the handle is open until this is dropped.
        let handle = made(functions, |out| unsafe { (functions.dy_lmdb_reference_store)(self.raw(), out) })?;
        Ok(Store { functions, handle })
    }

    pub(super) fn raw(&self) -> *const sys::dy_lmdb_reference_t {
        self.handle.as_ptr()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::ffi::CStr;

    #[test]
    fn the_wire_names_are_the_library_s() {
        let functions = sys::functions().expect("the library");
        let ours = [
            wire::REF,
            wire::INPUT_KEY,
            wire::OUTPUT_KEY,
            wire::DB_PATH,
            wire::DB_NAME,
            wire::FORMAT,
            wire::TXN_ID,
            wire::ENTRY,
            wire::MARKER,
            wire::OUTPUT_WRITTEN,
        ];
        for (at, name) in ours.iter().enumerate() {
            // SAFETY: takes a number; a name that there is is a constant of the library.
            let told = unsafe { CStr::from_ptr((functions.dy_lmdb_reference_name)(at as u32)) };
            assert_eq!(told.to_str(), Ok(*name));
        }
        // SAFETY: as above.
        assert!(unsafe { (functions.dy_lmdb_reference_name)(ours.len() as u32) }.is_null());
    }
}
