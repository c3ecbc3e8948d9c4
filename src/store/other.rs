//! What another program's LMDB file holds, read from its bytes: LMDB itself would trust them, and lock and map the file.

use super::directory::{DATA, Directory};
use std::fs::File;
use std::io;
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

/// Whether the directory's `data.mdb` has a database with a name that is wanted. False also when its bytes do not tell.
pub fn has_database(directory: &Directory, wanted: impl Fn(&[u8]) -> bool) -> io::Result<bool> {
    Ok(search(&Data(directory.readable(DATA)?), wanted)?.unwrap_or(false))
}

/// Bytes of the map that `data.mdb` was last opened with. `None`: it is no data file of LMDB 0.9.
pub fn map_size(directory: &Directory) -> io::Result<Option<u64>> {
    Ok(Data(directory.readable(DATA)?).newest()?.map(|meta| meta.map_size))
}

struct Data(File);

impl Data {
    /// Reads at `at`; `None`: the file ends before.
    fn read(&self, bytes: &mut [u8], at: u64) -> io::Result<Option<()>> {
        match self.0.read_exact_at(bytes, at) {
            Ok(()) => Ok(Some(())),
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => Ok(None),
            Err(error) => Err(error),
        }
    }

    fn newest(&self) -> io::Result<Option<Meta>> {
        let mut head = [0; META];
        self.read(&mut head, 0)?;
        let Some(first) = Meta::parse(&head) else {
            return Ok(None);
        };
        self.read(&mut head, first.page_size as u64)?;
        Ok([Some(first), Meta::parse(&head)].into_iter().flatten().max_by_key(|meta| meta.txn))
    }
}

/// `None`: this is no data file of LMDB 0.9.
fn search(file: &Data, wanted: impl Fn(&[u8]) -> bool) -> io::Result<Option<bool>> {
    let Some(newest) = file.newest()? else {
        return Ok(None);
    };
    let mut page = vec![0; newest.page_size];
    let mut waiting = vec![newest.root];
    for _ in 0..PATIENCE {
        let Some(number) = waiting.pop().filter(|&number| number != NO_PAGE) else {
            return Ok(Some(false));
        };
        let Some(at) = number.checked_mul(newest.page_size as u64).filter(|&at| at <= i64::MAX as u64) else {
            return Ok(None);
        };
        if file.read(&mut page, at)?.is_none() {
            return Ok(None);
        }
        match look(&page, &mut waiting, &wanted) {
            Some(true) => return Ok(Some(true)),
            Some(false) => {}
            None => return Ok(None),
        }
    }
    Ok(Some(false))
}

/// Looks for a database in one page, and notes the pages below it.
fn look(page: &[u8], waiting: &mut Vec<u64>, wanted: &impl Fn(&[u8]) -> bool) -> Option<bool> {
    let flags = u16_at(page, 10)?;
    let nodes = usize::from(u16_at(page, 12)?).checked_sub(PAGE_HEADER)? / 2;
    for node in 0..nodes {
        let at = usize::from(u16_at(page, PAGE_HEADER + 2 * node)?);
        let (low, high, more) = (u16_at(page, at)?, u16_at(page, at + 2)?, u16_at(page, at + 4)?);
        if flags & BRANCH != 0 {
            waiting.push(u64::from(low) | u64::from(high) << 16 | u64::from(more) << 32);
        } else if flags & LEAF != 0 && more & DATABASE != 0 {
            let length = usize::from(u16_at(page, at + 6)?);
            if wanted(page.get(at + 8..at + 8 + length)?) {
                return Some(true);
            }
        }
    }
    Some(false)
}

/// What a meta page says of the environment.
struct Meta {
    page_size: usize,
    map_size: u64,
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
            map_size: word(32)?,
            root: word(128)?,
            txn: word(144)?,
        })
    }
}

fn u16_at(page: &[u8], at: usize) -> Option<u16> {
    Some(u16::from_le_bytes(page.get(at..at + 2)?.try_into().ok()?))
}
