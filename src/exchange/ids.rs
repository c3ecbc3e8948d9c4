//! Ids of exchanges.

use std::cell::Cell;

use crate::error::{Error, Result};
use crate::mapping::{fork, sys};

/// Digits of an id.
pub const TXN_ID_DIGITS: usize = 32;

/// Where a thread takes its ids from: random bits of its own, and how many it has made in this process.
#[derive(Clone, Copy)]
struct Ids {
    generation: u64,
    random: [u8; 12],
    made: u32,
}

thread_local! {
    static IDS: Cell<Option<Ids>> = const { Cell::new(None) };
}

/// An id for an exchange that no other thread or process makes: 32 hexadecimal digits. What one thread makes in a row sorts
/// in that order.
///
/// # Errors
/// `Io` when the kernel gives no random bits.
pub fn new_txn_id() -> Result<[u8; TXN_ID_DIGITS]> {
    let generation = fork::generation();
    let known = IDS.get().filter(|ids| ids.generation == generation && ids.made < u32::MAX);
    let mut ids = match known {
        Some(ids) => ids,
        None => {
            let random =
                sys::random().map_err(|error| Error::io("the kernel gives no random bits", &error))?;
            let [random @ .., _, _, _, _] = random;
            Ids { generation, random, made: 0 }
        }
    };
    ids.made += 1;
    IDS.set(Some(ids));
    let mut digits = [0; TXN_ID_DIGITS];
    let made = ids.made.to_be_bytes();
    for (pair, byte) in digits.chunks_exact_mut(2).zip(ids.random.iter().chain(&made)) {
        let digit = |value: u8| b"0123456789abcdef"[usize::from(value)];
        pair.copy_from_slice(&[digit(byte >> 4), digit(byte & 15)]);
    }
    Ok(digits)
}

#[cfg(test)]
mod tests {
    use super::new_txn_id;
    use std::collections::HashSet;

    #[test]
    fn no_two_ids_are_the_same() {
        let many = || (0..1000).map(|_| new_txn_id().unwrap()).collect::<Vec<_>>();
        let threads: Vec<_> = (0..4).map(|_| std::thread::spawn(many)).collect();
        let mut ids = HashSet::new();
        for thread in threads {
            let made = thread.join().unwrap();
            assert!(made.is_sorted());
            assert!(made.iter().flatten().all(u8::is_ascii_hexdigit));
            ids.extend(made);
        }
        assert_eq!(ids.len(), 4000);
    }
}
