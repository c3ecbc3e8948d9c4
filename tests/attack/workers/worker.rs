//! Puts, lends, looks and deletes until it is killed, and says which put was acknowledged: worker STORE KEY TAG.

use dishtayantra::{PutOptions, Result, Store};

const WORDS: [u64; 4] = [12, 400, 7_500, 40_000];

/// What tests/attack/content.c checks.
fn payload(tag: u64) -> Vec<u8> {
    let words = WORDS[(tag % 4) as usize];
    let word = |i| match i {
        0 => tag,
        1 => 8 * words,
        _ => (tag + i).wrapping_mul(0x9E37_79B9_7F4A_7C15),
    };
    (0..words).flat_map(|i| word(i).to_le_bytes()).collect()
}

fn work(path: &str, key: &str, first: u64) -> Result<()> {
    let store = Store::open(path)?;
    let lent = format!("{key}.loan");
    for tag in first.. {
        let content = payload(tag);
        store.put(key, &content, &PutOptions::default())?;
        println!("{tag}");
        let mut loan = store.loan(content.len() as u64)?;
        loan.bytes_mut().copy_from_slice(&content);
        loan.publish(&lent, content.len(), &PutOptions::default())?;
        assert_eq!(store.view(key)?.bytes(), content, "{key} does not hold what was put there");
        if tag % 3 == 0 {
            store.delete(&lent)?;
        }
    }
    Ok(())
}

fn main() {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let [path, key, first] = &words[..] else {
        panic!("usage: worker STORE KEY TAG");
    };
    if let Err(error) = work(path, key, first.parse().expect("a tag")) {
        panic!("{error}");
    }
}
