//! `com.dishtayantra.lmdb.Call`: memory of a Java thread's in which frequent calls pass texts and are told numbers, so that
//! nothing is copied out of Java's heap or into it by the JVM.
//!
//! Numbers that are told (8 bytes each), then from [`LENGTHS`] on the lengths of the texts (4 bytes each), then from
//! [`TEXTS`] on the texts, one after the other; the machine's byte order.

use super::convert::{invalid, put_options};
use super::env::{Env, JByteBuffer, JClass};
use super::guard::guard;
use crate::error::Result;
use crate::options::PutOptions;
use jni::sys::{jint, jlong};
use std::marker::PhantomData;

/// Where the lengths of the texts begin.
const LENGTHS: usize = 128;
/// Where the texts begin.
const TEXTS: usize = 160;
/// Numbers that can be told; behind them Java keeps the address of the memory.
const NUMBERS: usize = LENGTHS / size_of::<jlong>() - 1;

/// The memory, for the native method that it was passed to.
pub(super) struct Call<'call> {
    memory: *mut u8,
    _call: PhantomData<&'call [u8]>,
}

impl<'call> Call<'call> {
    /// # Safety
    /// `address` is what `Call.address` gave for a buffer that Java keeps, and leaves alone, while the native method runs.
    pub(super) unsafe fn at(address: jlong) -> Call<'call> {
        Call { memory: address as *mut u8, _call: PhantomData }
    }

    /// The first texts.
    pub(super) fn texts<const N: usize>(&self) -> [&'call [u8]; N] {
        const { assert!(LENGTHS + N * size_of::<u32>() <= TEXTS) };
        let mut offset = TEXTS;
        std::array::from_fn(|text| {
            // SAFETY: Java's class `Call` wrote as many lengths, and texts so long; the memory begins at a multiple of 8.
            let text = unsafe {
                let length = self.memory.add(LENGTHS).cast::<u32>().add(text).read() as usize;
                std::slice::from_raw_parts(self.memory.add(offset), length)
            };
            offset += text.len();
            text
        })
    }

    /// The first texts: a database and a key.
    pub(super) fn place(&self) -> Result<(&'call str, &'call [u8])> {
        let [database, key] = self.texts();
        Ok((utf8("database", database)?, key))
    }

    /// The options of a put, whose texts follow database and key.
    pub(super) fn options(&self, format: jint, flags: jint, ttl_ms: jlong) -> Result<PutOptions<'call>> {
        let [_, _, txn_id, source, target] = self.texts();
        let texts = [utf8("txnId", txn_id)?, utf8("source", source)?, utf8("target", target)?];
        put_options(format, flags, ttl_ms, texts)
    }

    /// Tells numbers.
    pub(super) fn tell<const N: usize>(&mut self, numbers: [jlong; N]) {
        const { assert!(N <= NUMBERS) };
        // SAFETY: inside the memory, which begins at a multiple of 8, and before the texts.
        unsafe { self.memory.cast::<[jlong; N]>().write(numbers) };
    }
}

fn utf8<'call>(name: &str, bytes: &'call [u8]) -> Result<&'call str> {
    std::str::from_utf8(bytes).map_err(|error| invalid(format!("{name} is not UTF-8: {error}")))
}

/// `Call.address`
#[unsafe(no_mangle)]
pub extern "system" fn Java_com_dishtayantra_lmdb_Call_address<'local>(
    env: Env<'local>,
    _class: JClass<'local>,
    memory: JByteBuffer<'local>,
) -> jlong {
    guard(env, |env| Ok(env.memory(&memory)?.0.addr() as jlong))
}
