//! Putting and getting values: packed and put, viewed and unpacked in one call. What is unusual goes through the functions
//! of Python's that do the same in steps.

use super::api::{Method, PyObject, api};
use super::arrays::{self, Arrays};
use super::failure::raised;
use super::memory::{self, Pin};
use super::object::{Ref, fields, method, none, without_interpreter};
use super::pack::{self, Packed};
use super::put::{Row, places, put_rows, put_under};
use super::text::{Text, arguments, bytes_of, fail, fail_with, int, put_options};
use super::unpack::{self, Readers};
use crate::envelope::made_txn_id;
use crate::exchange::{TXN_ID_DIGITS, new_txn_id};
use crate::ffi::info::{DY_LMDB_INFO_CHECKSUM, DY_LMDB_INFO_SHARED};
use crate::ffi::options::dy_lmdb_put_options_t;
use crate::ffi::status::{DY_LMDB_NOT_FOUND, DY_LMDB_OK};
use crate::format::{Format, npy};
use std::ptr;

/// From this size on a copy lets others have the interpreter.
const LARGE: usize = 64 << 10;

const MSGPACK: u32 = Format::Msgpack as u32;
const RAW: u32 = Format::Raw as u32;
const NUMPY: u32 = Format::Numpy as u32;

/// What packing asks, from a tuple: as for [`pack::packed`], and `refuse(value, error)`, which raises what is said about a
/// value that cannot be packed.
pub struct Packing {
    answer: *mut PyObject,
    kinds: *mut PyObject,
    flags: u64,
    refuse: *mut PyObject,
}

impl Packing {
    /// Of a tuple, which the caller keeps; `None` with an exception set when it is none.
    pub unsafe fn of(tuple: *mut PyObject) -> Option<Packing> {
        let item = |index| {
            // SAFETY: an object, says the caller; an item that is missing is NULL with an exception set.
            let item = unsafe { (api().tuple_get)(tuple, index) };
            (!item.is_null()).then_some(item)
        };
        // SAFETY: an object.
        let flags = unsafe { int(item(2)?)? };
        Some(Packing { answer: item(0)?, kinds: item(1)?, flags, refuse: item(3)? })
    }

    /// The value in a format; `None` inside when that takes more than what is done here.
    pub unsafe fn packed(&self, value: *mut PyObject, format: u32) -> Option<Option<Packed>> {
        let api = api();
        // SAFETY: objects, says the caller.
        unsafe {
            let class = api.class_of(value);
            if format == RAW {
                return Some(if class == api.bytes_type { Some(Packed::of_bytes(value)?) } else { None });
            }
            let known = arrays::known().filter(|known| known.class() == class);
            if format == NUMPY {
                return match known {
                    Some(known) => image(known, value),
                    None => Some(None),
                };
            }
            let is_plain = class == api.dict_type
                || class == api.list_type
                || class == api.text_type
                || class == api.float_type
                || class == api.int_type
                || class == api.tuple_type
                || value == api.none
                || known.is_some();
            if format != MSGPACK || !is_plain {
                return Some(None);
            }
            if let Some(packed) = pack::packed(value, self.answer, self.kinds, self.flags) {
                return Some(Some(packed));
            }
            let error = raised()?;
            let end = ptr::null_mut::<PyObject>();
            let answered = Ref::owned((api.call)(self.refuse, value, error.get(), end));
            if answered.is_some() {
                (api.fail)(api.runtime_error, c"a value was refused, and nothing raised".as_ptr());
            }
            None
        }
    }
}

/// An array as a `.npy` image; `None` inside when Python has to see to it.
unsafe fn image(known: &Arrays, array: *mut PyObject) -> Option<Option<Packed>> {
    // SAFETY: an array, says the caller.
    unsafe {
        let Some((dtype, export)) = known.items_of(array)? else {
            return Some(None);
        };
        let shape: Vec<u64> = export.shape().iter().map(|&dim| dim as u64).collect();
        let head = npy::header(&npy::descr(dtype), &shape, false, 0);
        Some(head.ok().map(|head| Packed::of_export(head, export)))
    }
}

/// `put_value(holder, store, db, key, value, settings, packing)`: the id of the entry as text; None when the value has to be
/// encoded in Python.
unsafe extern "C" fn put_value(_: *mut PyObject, args: *const *mut PyObject, count: isize) -> *mut PyObject {
    // SAFETY: the arguments live as long as the call.
    unsafe { arguments(args, count).and_then(|args| put(args)) }.unwrap_or(ptr::null_mut())
}

unsafe fn put(
    &[holder, store, db, key, value, settings, packing]: &[*mut PyObject; 7],
) -> Option<*mut PyObject> {
    // SAFETY: objects, says the caller.
    unsafe {
        let (store, options) = (int(store)?, put_options(settings)?);
        let Some(packed) = Packing::of(packing)?.packed(value, options.format)? else {
            return Some(none());
        };
        // Packing may have run other code; a str keeps its UTF-8.
        let (db, key) = (Text::of(holder, db)?, Text::of(holder, key)?);
        match put_under(store, (&db, &key), &places(&packed.parts()), &options) {
            Ok(entry_id) => {
                let digits = made_txn_id(entry_id);
                Some((api().text_from)(digits.as_ptr().cast(), digits.len() as isize))
            }
            Err(status) => Some(fail(holder, status)),
        }
    }
}

/// `put_values(holder, store, db, pairs, settings, packing)`: the new exchange ids of the entries, a list; None when
/// a value has to be encoded in Python. `pairs` is a list of tuples of a key and a value.
unsafe extern "C" fn put_values(_: *mut PyObject, args: *const *mut PyObject, count: isize) -> *mut PyObject {
    // SAFETY: the arguments live as long as the call.
    unsafe { arguments(args, count).and_then(|args| put_all(args)) }.unwrap_or(ptr::null_mut())
}

unsafe fn put_all(
    &[holder, store, db, pairs, settings, packing]: &[*mut PyObject; 6],
) -> Option<*mut PyObject> {
    let api = api();
    // SAFETY: objects, says the caller; tuples keep their items.
    unsafe {
        let (store, options, packing) = (int(store)?, put_options(settings)?, Packing::of(packing)?);
        let pairs = Ref::owned((api.tuple_of)(pairs))?;
        let count = (api.tuple_size)(pairs.get());
        let mut rows: Vec<Row<(Packed, Box<[u8; TXN_ID_DIGITS]>)>> = Vec::with_capacity(count as usize);
        for index in 0..count {
            let pair = (api.tuple_get)(pairs.get(), index);
            if api.class_of(pair) != api.tuple_type || (api.tuple_size)(pair) != 2 {
                return Some(none());
            }
            let Some(packed) = packing.packed((api.tuple_get)(pair, 1), options.format)? else {
                return Some(none());
            };
            let key = Text::of(holder, (api.tuple_get)(pair, 0))?;
            let id = match new_txn_id() {
                // Where it stays, the options say.
                Ok(id) => Box::new(id),
                Err(error) => return Some(fail_with(holder, &error)),
            };
            let options =
                dy_lmdb_put_options_t { txn_id: id.as_ptr().cast(), txn_id_len: id.len(), ..options };
            rows.push(Row::new(key, places(&packed.parts()), options, (packed, id)));
        }
        let db = Text::of(holder, db)?;
        let status = put_rows(store, &db, &rows);
        if status != DY_LMDB_OK {
            return Some(fail(holder, status));
        }
        let ids = Ref::owned((api.list_new)(count))?;
        for (index, row) in rows.iter().enumerate() {
            let (_, id) = &row.kept;
            let id = Ref::owned((api.text_from)(id.as_ptr().cast(), id.len() as isize))?;
            (api.list_set)(ids.get(), index as isize, id.give());
        }
        Some(ids.give())
    }
}

/// The payload has to have the sum that it was stored with.
const VERIFY: u64 = 1;

/// How to get, from a tuple: readers as for [`unpack::Readers`], and the same where the store admits others;
/// `decode(pin)`, which gives values in other formats; `refuse(pin, error)`, which raises what is said about a payload that
/// is damaged; whether arrays are copies.
pub struct Getting {
    readers: [Readers; 2],
    decode: *mut PyObject,
    refuse: *mut PyObject,
    copy: bool,
}

impl Getting {
    /// Of a tuple, which the caller keeps; `None` with an exception set when it is none.
    pub unsafe fn of(tuple: *mut PyObject) -> Option<Getting> {
        // SAFETY: an object, says the caller; an item that is missing is NULL with an exception set.
        unsafe {
            let item = |index| {
                let item = (api().tuple_get)(tuple, index);
                (!item.is_null()).then_some(item)
            };
            Some(Getting {
                readers: [Readers::of(item(0)?)?, Readers::of(item(1)?)?],
                decode: item(2)?,
                refuse: item(3)?,
                copy: item(4)? == api().true_object,
            })
        }
    }

    /// The value under a key; NULL inside when there is no live entry.
    unsafe fn get(
        &self,
        class: *mut PyObject,
        [store, db, key]: [*mut PyObject; 3],
        flags: u64,
    ) -> Option<*mut PyObject> {
        // SAFETY: objects, says the caller.
        unsafe {
            let pin = match memory::open(class, store, db, key, 0) {
                Ok(pin) => Ref::owned(pin)?,
                Err(DY_LMDB_NOT_FOUND) => return Some(ptr::null_mut()),
                Err(status) => {
                    fail(class, status);
                    return None;
                }
            };
            let view = fields::<Pin>(pin.get());
            if flags & VERIFY != 0 && view.kind().1 & DY_LMDB_INFO_CHECKSUM != 0 {
                let status = without_interpreter(|| view.verify());
                if status != DY_LMDB_OK {
                    fail(class, status);
                    return None;
                }
            }
            self.value(&pin, view).map(|(value, _)| value.give())
        }
    }

    /// The value of a payload, and whether a name in it may begin as those of the protocol do.
    pub unsafe fn value(&self, pin: &Ref, view: &Pin) -> Option<(Ref, bool)> {
        let decoded = |made: Ref| (made, true);
        // SAFETY: objects, says the caller, and a pin.
        unsafe {
            let (format, flags) = view.kind();
            let made = match format {
                MSGPACK => {
                    let shared = usize::from(flags & DY_LMDB_INFO_SHARED != 0);
                    unpack::value_of(pin.get(), view.bytes(), self.readers[shared])
                }
                RAW => return copied(view.bytes()).map(|made| (made, false)),
                NUMPY => match array(pin, view.bytes(), self.copy) {
                    Some(made) => made.map(|made| (made, false)),
                    None => return self.ask(self.decode, pin, None).map(decoded),
                },
                _ => return self.ask(self.decode, pin, None).map(decoded),
            };
            match made {
                Some(made) => Some(made),
                None => self.ask(self.refuse, pin, Some(raised()?)).map(decoded),
            }
        }
    }

    unsafe fn ask(&self, function: *mut PyObject, pin: &Ref, error: Option<Ref>) -> Option<Ref> {
        let end = ptr::null_mut::<PyObject>();
        // SAFETY: objects, says the caller; NULL ends the arguments.
        Ref::owned(unsafe {
            match &error {
                Some(error) => (api().call)(function, pin.get(), error.get(), end),
                None => (api().call)(function, pin.get(), end),
            }
        })
    }
}

/// The array that a `.npy` image is, in place unless `copy`; `None` when Python has to see to it.
unsafe fn array(pin: &Ref, image: &[u8], copy: bool) -> Option<Option<Ref>> {
    let known = arrays::known()?;
    let array = npy::parse(image).ok()?;
    let dtype = array.dtype().filter(|dtype| known.has(*dtype))?;
    if array.big_endian() || array.fortran_order() || array.data().is_empty() {
        return None;
    }
    let offset = array.data().as_ptr().addr() - image.as_ptr().addr();
    // SAFETY: a pin, which keeps the image.
    Some(unsafe { known.make(pin.get(), offset as u64, dtype, array.shape(), copy) })
}

/// New bytes; large ones are copied while others have the interpreter.
unsafe fn copied(bytes: &[u8]) -> Option<Ref> {
    let len = bytes.len() as isize;
    // SAFETY: as many bytes as there are; nobody else has seen the new ones yet.
    unsafe {
        if bytes.len() < LARGE {
            return Ref::owned((api().bytes_from)(bytes.as_ptr().cast(), len));
        }
        let made = Ref::owned((api().bytes_from)(ptr::null(), len))?;
        let (start, _) = bytes_of(made.get())?;
        let place = start.cast_mut().cast::<u8>();
        without_interpreter(|| ptr::copy_nonoverlapping(bytes.as_ptr(), place, bytes.len()));
        Some(made)
    }
}

/// `get_value(class, store, db, key, flags, getting)`: the value under a key; None when there is no live entry. `class` is
/// that of pins; flags: 1: what has a checksum is held to it.
unsafe extern "C" fn get_value(_: *mut PyObject, args: *const *mut PyObject, count: isize) -> *mut PyObject {
    // SAFETY: the arguments live as long as the call.
    unsafe {
        let found = arguments(args, count).and_then(|&[class, store, db, key, flags, getting]| {
            Getting::of(getting)?.get(class, [store, db, key], int(flags)?)
        });
        match found {
            Some(value) if value.is_null() => none(),
            Some(value) => value,
            None => ptr::null_mut(),
        }
    }
}

/// `get_values(class, store, db, keys, flags, getting)`: a dict of the values; keys without a live entry are left out.
unsafe extern "C" fn get_values(_: *mut PyObject, args: *const *mut PyObject, count: isize) -> *mut PyObject {
    // SAFETY: the arguments live as long as the call; a tuple keeps its items.
    unsafe {
        arguments(args, count)
            .and_then(|&[class, store, db, keys, flags, getting]| {
                let (flags, getting) = (int(flags)?, Getting::of(getting)?);
                let keys = Ref::owned((api().tuple_of)(keys))?;
                let found = Ref::owned((api().dict_new)())?;
                for index in 0..(api().tuple_size)(keys.get()) {
                    let key = (api().tuple_get)(keys.get(), index);
                    let value = getting.get(class, [store, db, key], flags)?;
                    if let Some(value) = Ref::owned(value)
                        && (api().dict_set)(found.get(), key, value.get()) != 0
                    {
                        return None;
                    }
                }
                Some(found)
            })
            .map_or(ptr::null_mut(), Ref::give)
    }
}

/// The functions of this file.
pub fn functions() -> [Method; 4] {
    [
        method(c"put_value", put_value),
        method(c"put_values", put_values),
        method(c"get_value", get_value),
        method(c"get_values", get_values),
    ]
}
