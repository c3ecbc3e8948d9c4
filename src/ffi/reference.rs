//! References: what travels in place of a payload.

use super::arg::{Parts, exclusive, give, invalid, items, out, release, room, shared, text};
use super::bytes::{BytesOut, dy_lmdb_buffer_t, dy_lmdb_bytes_t};
use super::guard::guard;
use super::info::{InfoOut, dy_lmdb_info_t};
use super::options::{dy_lmdb_put_options_t, put_options};
use super::status::dy_lmdb_status_t;
use super::store::{StoreOut, dy_lmdb_store_t};
use super::view::{ViewOut, dy_lmdb_view_t};
use crate::error::{Error, Result, Status};
use crate::reference::{Given, MARKER, NAMES, OUTPUT_WRITTEN, PathMap, Reference};
use std::ffi::{CStr, CString, c_char};
use std::mem::MaybeUninit;
use std::path::PathBuf;
use std::ptr;
use std::sync::OnceLock;

/// A reference: what a calculator gets in place of a large payload, and what it needs to answer through the
/// store. Its fields have the names that travel:
///
/// - `_lmdb_ref`: "true" in an object that stands for a payload;
/// - `_lmdb_input_key`: where the input is;
/// - `_lmdb_output_key`: where the output is expected; absent when the return value is the result;
/// - `_lmdb_db_path`, `_lmdb_db_name`: the store, as an absolute path, and the named database, "default" when
///   absent;
/// - `_lmdb_format`: the format wished for the output;
/// - `_txn_id`: the id of the exchange;
/// - `_lmdb_entry`: the one payload that is meant, as the ids of the store (32 hexadecimal digits) and of the entry
///   (16) with a colon between them; absent in references that callers build themselves, whose key decides;
/// - a marker, whose name is `_lmdb_ref_`, the entry's id, `_` and the first 8 digits of the store's: a JSON text with
///   all it takes to resolve the reference. It says nothing that the fields above do not, but has a name of its own:
///   when callers merge objects with references, each marker stays. `dy_lmdb_references_of` finds them.
///
/// `dy_lmdb_reference_name` tells the names.
///
/// Any number of threads may read a reference; one at a time sets its fields, when no other uses it.
pub struct dy_lmdb_reference_t(Reference);

/// The fields that `dy_lmdb_reference_fields` tells: the names, and the marker.
const FIELDS: usize = NAMES.len() + 1;

/// The engine's reference behind one that C passed.
pub(crate) unsafe fn reference<'a>(reference: *const dy_lmdb_reference_t) -> Result<&'a Reference> {
    // SAFETY: as the caller says.
    unsafe { shared("reference", reference) }.map(|reference| &reference.0)
}

/// A reference of the caller's, as C has them.
pub(crate) fn give_reference(reference: Reference) -> *mut dy_lmdb_reference_t {
    give(dy_lmdb_reference_t(reference))
}

/// The place for a reference that a call gives to its caller.
pub(crate) struct ReferenceOut<'a>(&'a mut MaybeUninit<*mut dy_lmdb_reference_t>);

impl ReferenceOut<'_> {
    /// Checks the place.
    pub(crate) unsafe fn new<'a>(place: *mut *mut dy_lmdb_reference_t) -> Result<ReferenceOut<'a>> {
        // SAFETY: as the caller says.
        unsafe { out("reference", place) }.map(ReferenceOut)
    }

    /// Gives the caller the reference.
    pub(crate) fn write(self, reference: Reference) {
        self.0.write(give_reference(reference));
    }
}

/// The names that travel, so that no program needs a list of its own, or can compare the one it has.
///
/// - `at`: 0 to 7 for the fields in the order of `dy_lmdb_reference_fields`; 8 for what the names of markers begin
///   with; 9 for `_lmdb_output_written`, which is true in the answer of a calculator that put its output.
///
/// Returns a text such as "_lmdb_ref"; NULL when there is no name at `at`. Later versions may add names.
///
/// Memory: a constant of the library; do not free it.
///
/// Threads: any number at once.
#[unsafe(no_mangle)]
pub extern "C" fn dy_lmdb_reference_name(at: u32) -> *const c_char {
    static TEXTS: OnceLock<Vec<CString>> = OnceLock::new();
    let texts = TEXTS.get_or_init(|| {
        let all = NAMES.iter().chain([&MARKER, &OUTPUT_WRITTEN]);
        all.map(|name| CString::new(*name).expect("no zero byte")).collect()
    });
    texts.get(at as usize).map_or(ptr::null(), |text| CStr::as_ptr(text))
}

/// Gathers the references in one mapping, which several may be when a caller merged mappings that were references or
/// had fields beside them. Each is to be resolved, and the payloads, which then are mappings, are joined with the other
/// fields; a name that occurs twice is an error, since nothing tells which value came last.
///
/// - `names`, `texts`: the mapping's fields by name and text, UTF-8: at least those whose names begin with `_lmdb_`,
///   and `_txn_id`. Other names are ignored. Of `_lmdb_ref` the text is "true" or "false"; one that is no bool says
///   nothing, so leave it out, as what is null. Any other of these fields that is no text cannot be right.
/// - `count`: how many there are.
/// - `inputs`: room for `count` references, of which the first `*ninputs` are given: one for each payload.
/// - `ninputs`: where to put their number; 0 when the mapping is no reference.
/// - `output`: where to put a reference that says where an output is asked for; NULL when the mapping asks for none.
///
/// Returns `DY_LMDB_OK`; `DY_LMDB_CORRUPT` when a field cannot be right, naming it, and when the fields without a
/// marker stand for a payload that no marker names: a reference was merged with others in part;
/// `DY_LMDB_INVALID_ARGUMENT`.
///
/// Memory: the texts are copied. Free each of the references with `dy_lmdb_reference_free`.
///
/// Threads: any number at once.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn dy_lmdb_references_of(
    names: *const dy_lmdb_buffer_t,
    texts: *const dy_lmdb_buffer_t,
    count: usize,
    inputs: *mut *mut dy_lmdb_reference_t,
    ninputs: *mut usize,
    output: *mut *mut dy_lmdb_reference_t,
) -> dy_lmdb_status_t {
    guard(|| {
        // SAFETY: as the documentation demands of the caller.
        let (names, texts, inputs, ninputs, output) = unsafe {
            (
                items("names", names, count)?,
                items("texts", texts, count)?,
                room("inputs", inputs, count)?,
                out("ninputs", ninputs)?,
                out("output", output)?,
            )
        };
        let mut fields = Vec::with_capacity(count);
        for (name, value) in names.iter().zip(texts) {
            // SAFETY: `size` bytes lie there, says the caller.
            let (name, value) = unsafe {
                (text("name", name.data.cast(), name.size)?, text("text", value.data.cast(), value.size)?)
            };
            fields.push((name, value));
        }
        let given = Given::of(fields)?;
        ninputs.write(given.inputs.len());
        for (place, reference) in inputs.iter_mut().zip(given.inputs) {
            *place = give(dy_lmdb_reference_t(reference));
        }
        output.write(given.output.map_or(ptr::null_mut(), |output| give(dy_lmdb_reference_t(output))));
        Ok(())
    })
}

/// Makes a reference with nothing in it, to be filled with `dy_lmdb_reference_set`.
///
/// - `reference`: where to put it.
///
/// Returns `DY_LMDB_OK` or `DY_LMDB_INVALID_ARGUMENT`.
///
/// Memory: free it with `dy_lmdb_reference_free`.
///
/// Threads: any number at once.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn dy_lmdb_reference_new(reference: *mut *mut dy_lmdb_reference_t) -> dy_lmdb_status_t {
    guard(|| {
        // SAFETY: as the documentation demands of the caller.
        let reference = unsafe { ReferenceOut::new(reference) }?;
        reference.write(Reference::new());
        Ok(())
    })
}

/// Makes a reference from JSON.
///
/// - `json`, `json_len`: a JSON object, UTF-8; keys that are none of the names are ignored, null is an absent
///   field.
/// - `reference`: where to put it.
///
/// Returns `DY_LMDB_OK`; `DY_LMDB_CORRUPT` when it is no object or a field cannot be right, naming it, and when
/// several references were merged in it (see `dy_lmdb_references_of`); `DY_LMDB_INVALID_ARGUMENT`.
///
/// Memory: free it with `dy_lmdb_reference_free`.
///
/// Threads: any number at once.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn dy_lmdb_reference_parse(
    json: *const c_char,
    json_len: usize,
    reference: *mut *mut dy_lmdb_reference_t,
) -> dy_lmdb_status_t {
    guard(|| {
        // SAFETY: as the documentation demands of the caller.
        let (json, reference) = unsafe { (text("json", json, json_len)?, ReferenceOut::new(reference)?) };
        reference.write(Reference::from_json(json)?);
        Ok(())
    })
}

/// Makes a reference of all its fields at once, for callers to whom every call is dear.
///
/// - `fields`, `count`: the texts of the fields in the order of `dy_lmdb_reference_fields`, UTF-8; `data` NULL is
///   an absent field, and so is each from `count` on. The marker, which the others say, is left out.
/// - `reference`: where to put it.
///
/// Returns `DY_LMDB_OK`; `DY_LMDB_CORRUPT` when a field cannot be right, naming it; `DY_LMDB_INVALID_ARGUMENT`,
/// also for a field that this version does not know.
///
/// Memory: the texts are copied. Free the reference with `dy_lmdb_reference_free`.
///
/// Threads: any number at once.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn dy_lmdb_reference_from_fields(
    fields: *const dy_lmdb_buffer_t,
    count: usize,
    reference: *mut *mut dy_lmdb_reference_t,
) -> dy_lmdb_status_t {
    guard(|| {
        // SAFETY: as the documentation demands of the caller.
        let (fields, reference) = unsafe { (items("fields", fields, count)?, ReferenceOut::new(reference)?) };
        if let Some(unknown) = fields.iter().skip(FIELDS).position(|field| !field.data.is_null()) {
            return Err(invalid(format!("fields[{}] is set, but no field is known there", FIELDS + unknown)));
        }
        let mut given = [None; NAMES.len()];
        for ((text_of, name), field) in given.iter_mut().zip(NAMES).zip(fields) {
            if !field.data.is_null() {
                // SAFETY: `size` bytes lie there, says the caller.
                *text_of = Some(unsafe { text(name, field.data.cast(), field.size) }?);
            }
        }
        reference.write(Reference::from_texts(&given)?);
        Ok(())
    })
}

/// Sets a field.
///
/// - `reference`: the reference.
/// - `name`, `name_len`: the field's name as it travels; another name is ignored, so a whole object can be
///   passed field by field.
/// - `value`, `value_len`: its text, UTF-8; for `_lmdb_ref` "true" or "false".
///
/// Returns `DY_LMDB_OK`; `DY_LMDB_CORRUPT` when the value cannot be right, naming field and value;
/// `DY_LMDB_INVALID_ARGUMENT`.
///
/// Memory: the texts are copied. Texts told by `dy_lmdb_reference_get` end here.
///
/// Threads: one at a time on a reference.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn dy_lmdb_reference_set(
    reference: *mut dy_lmdb_reference_t,
    name: *const c_char,
    name_len: usize,
    value: *const c_char,
    value_len: usize,
) -> dy_lmdb_status_t {
    guard(|| {
        // SAFETY: as the documentation demands of the caller.
        let (reference, name, value) = unsafe {
            (
                exclusive("reference", reference)?,
                text("name", name, name_len)?,
                text("value", value, value_len)?,
            )
        };
        reference.0.set(name, value)
    })
}

/// Tells a field.
///
/// - `reference`: the reference.
/// - `name`, `name_len`: the field's name as it travels.
/// - `value`, `value_len`: where to put its text, UTF-8 and not NUL-terminated; `_lmdb_ref` is "true".
///
/// Returns `DY_LMDB_OK`; `DY_LMDB_NOT_FOUND` when the field is not set or no field has the name;
/// `DY_LMDB_INVALID_ARGUMENT`.
///
/// Memory: the text is valid until the reference is changed or freed.
///
/// Threads: any number at once.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn dy_lmdb_reference_get(
    reference: *const dy_lmdb_reference_t,
    name: *const c_char,
    name_len: usize,
    value: *mut *const c_char,
    value_len: *mut usize,
) -> dy_lmdb_status_t {
    guard(|| {
        // SAFETY: as the documentation demands of the caller.
        let (reference, name, value, value_len) = unsafe {
            (
                self::reference(reference)?,
                text("name", name, name_len)?,
                out("value", value)?,
                out("value_len", value_len)?,
            )
        };
        let found = reference
            .get(name)
            .ok_or_else(|| Error::new(Status::NotFound, format!("the reference has no {name:?}")))?;
        value.write(found.as_ptr().cast());
        value_len.write(found.len());
        Ok(())
    })
}

/// Tells every field at once, for callers to whom every call is dear.
///
/// - `reference`: the reference.
/// - `fields`, `count`: room for as many fields, in this order: `_lmdb_ref`, `_lmdb_input_key`,
///   `_lmdb_output_key`, `_lmdb_db_path`, `_lmdb_db_name`, `_lmdb_format`, `_txn_id`, `_lmdb_entry`, the marker
///   (whose name is `_lmdb_ref_`, the last 16 characters of `_lmdb_entry`, `_` and its first 8). Later versions may
///   add some at the end; only `count` are written, and those this version does not know as ones that are not set.
///
/// A field's text is UTF-8 and not NUL-terminated, `_lmdb_ref` is "true"; one that is not set has `data` NULL.
///
/// Returns `DY_LMDB_OK` or `DY_LMDB_INVALID_ARGUMENT`.
///
/// Memory: the texts are valid until the reference is changed or freed.
///
/// Threads: any number at once.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn dy_lmdb_reference_fields(
    reference: *const dy_lmdb_reference_t,
    fields: *mut dy_lmdb_buffer_t,
    count: usize,
) -> dy_lmdb_status_t {
    guard(|| {
        // SAFETY: as the documentation demands of the caller.
        let (reference, fields) = unsafe { (self::reference(reference)?, room("fields", fields, count)?) };
        for (at, field) in fields.iter_mut().enumerate() {
            let text = match NAMES.get(at) {
                Some(name) => reference.get(name),
                None if at + 1 == FIELDS => reference.marker().map(|(_, text)| text),
                None => None,
            };
            *field = match text {
                Some(text) => dy_lmdb_buffer_t { data: text.as_ptr().cast(), size: text.len() },
                None => dy_lmdb_buffer_t { data: ptr::null(), size: 0 },
            };
        }
        Ok(())
    })
}

/// Writes a reference as JSON.
///
/// - `reference`: the reference.
/// - `json`: where to put the block: a JSON object with the fields that are set.
///
/// Returns `DY_LMDB_OK` or `DY_LMDB_INVALID_ARGUMENT`.
///
/// Memory: free the block with `dy_lmdb_bytes_free`.
///
/// Threads: any number at once.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn dy_lmdb_reference_json(
    reference: *const dy_lmdb_reference_t,
    json: *mut *mut dy_lmdb_bytes_t,
) -> dy_lmdb_status_t {
    guard(|| {
        // SAFETY: as the documentation demands of the caller.
        let (reference, json) = unsafe { (self::reference(reference)?, BytesOut::new("json", json)?) };
        json.write(reference.to_json());
        Ok(())
    })
}

/// Frees a reference. The entries it names stay.
///
/// - `reference`: the reference; NULL does nothing.
///
/// Memory: texts told by `dy_lmdb_reference_get` end here. A reference is freed once.
///
/// Threads: any thread, when no other uses the reference.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn dy_lmdb_reference_free(reference: *mut dy_lmdb_reference_t) {
    guard(|| {
        // SAFETY: NULL or a reference, given back once, says the caller.
        unsafe { release(reference) };
        Ok(())
    });
}

/// Opens a view of the input. The store it names is opened once in this process and kept open. The input
/// counts as opened from now on: whoever sent it waits for the answer.
///
/// - `reference`: the reference.
/// - `view`: where to put the view.
/// - `info`: where to tell of the input, payload pointer included; may be NULL. Its format is what the
///   payload is in, whatever the reference says.
///
/// Returns `DY_LMDB_OK`; `DY_LMDB_NOT_FOUND` when the input is missing, expired or was replaced by another entry,
/// which a calculator must report and not compute on nothing; `DY_LMDB_FOREIGN_STORE` when another store is there
/// than the one the reference was made in; `DY_LMDB_PERMISSION` when it is outside of what
/// `dy_lmdb_allowed_roots_set` allows; `DY_LMDB_CONFIG` when it takes `LMDB_PATH_MAP` to find it, which cannot be read; `DY_LMDB_CORRUPT` when the reference names no input or no store; what opening a
/// store and `dy_lmdb_view_open` answer.
///
/// Memory: close the view with `dy_lmdb_view_close`; it does not need the reference.
///
/// Threads: any number at once.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn dy_lmdb_reference_view_input(
    reference: *const dy_lmdb_reference_t,
    view: *mut *mut dy_lmdb_view_t,
    info: *mut dy_lmdb_info_t,
) -> dy_lmdb_status_t {
    guard(|| {
        // SAFETY: as the documentation demands of the caller.
        let (reference, place) = unsafe { (self::reference(reference)?, ViewOut::new(view, info)?) };
        place.write(reference.view_input()?);
        Ok(())
    })
}

/// Puts the output where it is expected. Return a mapping with `_lmdb_output_written: true` then.
///
/// - `reference`: the reference.
/// - `parts`, `nparts`: the payload in parts, joined in order.
/// - `options`: how to put it; NULL means the defaults. The id of the exchange is the reference's unless
///   `options` has one. With the default `ttl_ms` the output lives as long as the input was to, and has a checksum when
///   the input has one; where there is no input, or it is gone, the defaults hold.
/// - `info`: where to tell of the new entry; may be NULL.
///
/// Returns `DY_LMDB_OK`; `DY_LMDB_INVALID_ARGUMENT` when the reference has no `_lmdb_output_key`: return the
/// result instead; `DY_LMDB_PERMISSION` when the key is not one of the reference's exchange, or another's entry is under
/// it; `DY_LMDB_CORRUPT` when it names no store; what opening a store and `dy_lmdb_store_put` answer.
///
/// Memory: everything passed is read during the call only.
///
/// Threads: any number at once.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn dy_lmdb_reference_put_output(
    reference: *const dy_lmdb_reference_t,
    parts: *const dy_lmdb_buffer_t,
    nparts: usize,
    options: *const dy_lmdb_put_options_t,
    info: *mut dy_lmdb_info_t,
) -> dy_lmdb_status_t {
    guard(|| {
        // SAFETY: as the documentation demands of the caller.
        let (reference, parts, options, info) = unsafe {
            (
                self::reference(reference)?,
                Parts::new(parts, nparts)?,
                put_options(options)?,
                InfoOut::new(info)?,
            )
        };
        info.write(&reference.put_output(parts.as_slice(), &options)?, None);
        Ok(())
    })
}

/// Says that the calculator answers by its return value, so that nobody waits for an output in the store.
///
/// - `reference`: the reference.
///
/// Returns `DY_LMDB_OK`, also when there is no input or it is gone; `DY_LMDB_CORRUPT` when the reference
/// names no store; what opening a store answers; `DY_LMDB_INVALID_ARGUMENT`.
///
/// Threads: any number at once.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn dy_lmdb_reference_settle_direct(
    reference: *const dy_lmdb_reference_t,
) -> dy_lmdb_status_t {
    guard(|| {
        // SAFETY: as the documentation demands of the caller.
        unsafe { self::reference(reference) }?.settle_direct()
    })
}

/// Says that the calculator cannot take the input from the store, because no reader of its language knows its kind
/// (a frame, say): whoever sent the reference calls it again with the payload itself, this once. Whatever the
/// calculator answers then, an error most likely, does not matter.
///
/// - `reference`: the reference.
///
/// Returns `DY_LMDB_OK`, also when there is nothing to do (no input, or it is gone);
/// `DY_LMDB_CORRUPT` when it names no store; what opening a store answers.
///
/// Threads: any number at once.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn dy_lmdb_reference_decline(
    reference: *const dy_lmdb_reference_t,
) -> dy_lmdb_status_t {
    guard(|| {
        // SAFETY: as the documentation demands of the caller.
        unsafe { self::reference(reference) }?.decline()
    })
}

/// Opens the store that a reference names. It must be there already.
///
/// - `reference`: the reference.
/// - `store`: where to put a handle of the caller's own.
///
/// Returns `DY_LMDB_OK`; `DY_LMDB_CORRUPT` when the reference names no store; `DY_LMDB_FOREIGN_STORE` and
/// `DY_LMDB_PERMISSION` as `dy_lmdb_reference_view_input`; what `dy_lmdb_store_open` answers.
///
/// Memory: close the handle with `dy_lmdb_store_close`.
///
/// Threads: any number at once.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn dy_lmdb_reference_store(
    reference: *const dy_lmdb_reference_t,
    store: *mut *mut dy_lmdb_store_t,
) -> dy_lmdb_status_t {
    guard(|| {
        // SAFETY: as the documentation demands of the caller.
        let (reference, store) = unsafe { (self::reference(reference)?, StoreOut::new(store)?) };
        store.write(reference.store()?);
        Ok(())
    })
}

/// Says where the stores may be that references lead to, for the whole process. A reference is data: whoever writes
/// one chooses the directory that is opened. Stores that this process has open are always allowed. Without roots
/// references are followed wherever they lead, with one warning.
///
/// - `roots`, `count`: paths, UTF-8, of stores or of directories above them, instead of those of earlier calls, of
///   configurations (`lmdb_allowed_roots`, which exchanges add when they are opened) and of the environment
///   (`LMDB_ALLOWED_ROOTS`). A store below a root is refused when everybody may write a directory in between, or the
///   root itself: it has to be named.
///
/// Returns `DY_LMDB_OK`, or `DY_LMDB_INVALID_ARGUMENT` when a root is empty.
///
/// Memory: everything passed is read during the call only.
///
/// Threads: any number at once.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn dy_lmdb_allowed_roots_set(
    roots: *const dy_lmdb_buffer_t,
    count: usize,
) -> dy_lmdb_status_t {
    guard(|| {
        // SAFETY: as the documentation demands of the caller.
        let roots = unsafe { items("roots", roots, count) }?;
        let path = |root: &dy_lmdb_buffer_t| {
            // SAFETY: as above.
            unsafe { text("roots", root.data.cast(), root.size) }.map(PathBuf::from)
        };
        crate::reference::set_allowed(&roots.iter().map(path).collect::<Result<Vec<_>>>()?)
    })
}

/// Says where directories are mounted here that references name by their place elsewhere, for the whole process:
/// containers mount a shared volume where they like. It is asked when a reference's store is not open in this process
/// and not at the reference's path; of the directories at or above that path the longest counts, on whole names. The
/// store found so must be the one that the reference was made in, and be where `dy_lmdb_allowed_roots_set` allows it.
///
/// - `theirs`, `ours`, `count`: absolute paths without `..`, UTF-8, each directory elsewhere with the same directory here,
///   instead of those of earlier calls, of configurations (`lmdb_path_map`, which exchanges add when they are opened)
///   and of the environment (`LMDB_PATH_MAP`, a JSON object as in configurations).
///
/// Returns `DY_LMDB_OK`, or `DY_LMDB_INVALID_ARGUMENT` when a path is not allowed.
///
/// Memory: everything passed is read during the call only.
///
/// Threads: any number at once.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn dy_lmdb_path_map_set(
    theirs: *const dy_lmdb_buffer_t,
    ours: *const dy_lmdb_buffer_t,
    count: usize,
) -> dy_lmdb_status_t {
    guard(|| {
        // SAFETY: as the documentation demands of the caller.
        let (theirs, ours) = unsafe { (items("theirs", theirs, count)?, items("ours", ours, count)?) };
        let mut map = PathMap::default();
        for (theirs, ours) in theirs.iter().zip(ours) {
            // SAFETY: as above.
            let (theirs, ours) = unsafe {
                (text("theirs", theirs.data.cast(), theirs.size)?, text("ours", ours.data.cast(), ours.size)?)
            };
            if !map.insert(theirs, ours) {
                return Err(invalid(format!("{theirs:?} → {ours:?}: not two absolute paths without \"..\"")));
            }
        }
        crate::reference::set_path_map(map);
        Ok(())
    })
}
