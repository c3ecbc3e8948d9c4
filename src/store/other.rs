//! What another program's LMDB file holds, read from its bytes: LMDB itself would trust them, and lock and map the file.

use super::directory::{DATA, Directory};
use std::fs::File;
use std::os::unix::fs::FileExt;

const PAGE_HEADER: usize = 16;
const META: usize = 168;
const META_MAGIC: u32 = 0xBEEF_C0DE;
const BRANCH: u16 = 1;
const LEAF: u16 = 2;
/// Flag of an entry that is a named database.
const DATABASE: u16 = 2;
const NO_PAGE: u64 = u64::MAX;
/// Pages looked at: names of databases fill one or two.
const PATIENCE: usize = 64;

/// Whether the directory's `data.mdb` has a database of this name. False also when that cannot be told.
pub fn has_database(directory: &Directory, name: &[u8]) -> bool {
    directory.readable(DATA).is_ok_and(|file| search(&file, name).unwrap_or(false))
}

/// `None`: this is no data file of LMDB 0.9.
fn search(file: &File, name: &[u8]) -> Option<bool> {
    let mut head = [0; META];
    file.read_exact_at(&mut head, 0).ok()?;
    let page_size = Meta::parse(&head)?.page_size;
    let mut second = [0; META];
    file.read_exact_at(&mut second, page_size as u64).ok()?;
    let newest =
        [Meta::parse(&head), Meta::parse(&second)].into_iter().flatten().max_by_key(|meta| meta.txn)?;
    let mut page = vec![0; page_size];
    let mut waiting = vec![newest.root];
    for _ in 0..PATIENCE {
        let Some(number) = waiting.pop().filter(|&number| number != NO_PAGE) else {
            return Some(false);
        };
        file.read_exact_at(&mut page, number.checked_mul(page_size as u64)?).ok()?;
        let flags = u16_at(&page, 10)?;
        let nodes = usize::from(u16_at(&page, 12)?).checked_sub(PAGE_HEADER)? / 2;
        for node in 0..nodes {
            let at = usize::from(u16_at(&page, PAGE_HEADER + 2 * node)?);
            let (low, high, more) = (u16_at(&page, at)?, u16_at(&page, at + 2)?, u16_at(&page, at + 4)?);
            if flags & BRANCH != 0 {
                waiting.push(u64::from(low) | u64::from(high) << 16 | u64::from(more) << 32);
            } else if flags & LEAF != 0 && more & DATABASE != 0 {
                let length = usize::from(u16_at(&page, at + 6)?);
                if page.get(at + 8..at + 8 + length)? == name {
                    return Some(true);
                }
            }
        }
    }
    Some(false)
}

/// What a meta page says of the environment.
struct Meta {
    page_size: usize,
    root: u64,
    txn: u64,
}

impl Meta {
    fn parse(page: &[u8]) -> Option<Meta> {
        let word = |at: usize| Some(u64::from_le_bytes(page.get(at..at + 8)?.try_into().ok()?));
        let page_size = word(40)? as u32;
        let fits = word(16)? as u32 == META_MAGIC && page_size.is_power_of_two();
        (fits && (256..=65_536).contains(&page_size)).then_some(Meta {
            page_size: page_size as usize,
            root: word(128)?,
            txn: word(144)?,
        })
    }
}

fn u16_at(page: &[u8], at: usize) -> Option<u16> {
    Some(u16::from_le_bytes(page.get(at..at + 2)?.try_into().ok()?))
}
