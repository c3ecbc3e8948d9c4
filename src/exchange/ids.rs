//! Ids of exchanges.

use std::cell::Cell;

use crate::error::{Error, Result};
use crate::hex;
use crate::mapping::{fork, sys};

/// Digits of an id.
pub const TXN_ID_DIGITS: usize = 32;

/// Where a thread takes its ids from: random bits of its own, and how many it has made in this process.
#[derive(Clone, Copy)]
struct Ids {
    generation: u64,
    random: [u32; 3],
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
            let (words, _) = random.as_chunks();
            Ids { generation, random: [0, 1, 2].map(|n| u32::from_ne_bytes(words[n])), made: 0 }
        }
    };
    ids.made += 1;
    IDS.set(Some(ids));
    let mut digits = [0; TXN_ID_DIGITS];
    for (eight, word) in digits.chunks_exact_mut(8).zip(ids.random.into_iter().chain([ids.made])) {
        eight.copy_from_slice(&hex::digits(word));
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
