//! Where payloads and their typed parts lie: at multiples of 64 bytes, however they came into the store.
//!
//! Sizes are all below 70 bytes, those around the borders between records and extents and around pages, and random ones
//! up to 1 MB; the seed is 68.

use crate::common::{Random, assert_clean, open, scratch};
use dishtayantra_lmdb::document::{ALIGNMENT, Document, Dtype, Segment, Writer};
use dishtayantra_lmdb::format::Format;
use dishtayantra_lmdb::options::PutOptions;
use dishtayantra_lmdb::store::{Entry, Store};

const KEY: &[u8] = b"k";

fn sizes() -> Vec<usize> {
    let mut random = Random(68);
    let borders = [1700, 1800, 1900, 2048, 4032, 4096, 8128, 8192, 65_472, 65_536, 1 << 20];
    let mut sizes: Vec<usize> = (0..70).collect();
    sizes.extend(borders.iter().flat_map(|border| border - 2..border + 3));
    sizes.extend((0..60).map(|_| random.size(60_000.0, 1e6)));
    sizes
}

/// The payload of `KEY` is as long as it should be and starts at a multiple of 64.
fn check(store: &Store, payload: &[u8], how: &str) {
    let size = payload.len();
    let view = store.view("default", KEY).unwrap().expect("just put");
    assert_eq!(view.bytes().as_ptr().addr() % ALIGNMENT, 0, "{how} of {size} bytes");
    assert!(view.bytes() == payload, "{how} of {size} bytes");
}

fn counting(size: usize) -> Vec<u8> {
    (0..size).map(|at| at as u8).collect()
}

#[test]
fn payloads_put_whole_or_in_parts_lie_at_multiples_of_64() {
    let dir = scratch();
    let store = open(dir.path());
    let mut random = Random(68);
    for size in sizes() {
        let payload = counting(size);
        store.put("default", KEY, &[&payload], &PutOptions::default()).unwrap();
        check(&store, &payload, "a put");
        let (first, rest) = payload.split_at(random.below(size as u64 + 1) as usize);
        let (second, third) = rest.split_at(random.below(rest.len() as u64 + 1) as usize);
        store.put("default", KEY, &[first, second, &[], third], &PutOptions::default()).unwrap();
        check(&store, &payload, "a put in parts");
        let parts: [&[u8]; 2] = [first, rest];
        let other: [&[u8]; 1] = [&payload];
        let entries = [
            Entry { key: b"other", parts: &other, options: PutOptions::default() },
            Entry { key: KEY, parts: &parts, options: PutOptions::default() },
        ];
        store.put_many("default", &entries).unwrap();
        check(&store, &payload, "a put of many");
    }
    assert_clean(&store);
}

#[test]
fn loans_and_what_they_are_shrunk_to_lie_at_multiples_of_64() {
    let dir = scratch();
    let store = open(dir.path());
    let mut random = Random(69);
    for size in sizes() {
        let payload = counting(size);
        for published in [size, random.below(size as u64 + 1) as usize] {
            let mut loan = store.loan(size as u64).unwrap();
            let bytes = loan.bytes_mut();
            assert_eq!(bytes.as_ptr().addr() % ALIGNMENT, 0, "a loan of {size} bytes");
            bytes.copy_from_slice(&payload);
            loan.truncate(published as u64).unwrap();
            loan.publish("default", KEY, &PutOptions::default()).unwrap();
            check(&store, &payload[..published], "a loan");
        }
    }
    assert_clean(&store);
}

#[test]
fn all_of_hundreds_of_segments_of_one_document_lie_at_multiples_of_64() {
    const DTYPES: [Dtype; 5] = [Dtype::U8, Dtype::I16, Dtype::F32, Dtype::F64, Dtype::I64];
    let dir = scratch();
    let store = open(dir.path());
    let options = PutOptions { format: Format::Msgpack, ..PutOptions::default() };
    for seed in 0..20 {
        let mut random = Random(seed + 1);
        let arrays: Vec<(Dtype, Vec<u8>)> = (0..300)
            .map(|_| {
                let dtype = DTYPES[random.below(5) as usize];
                (dtype, counting(random.below(400) as usize * dtype.itemsize()))
            })
            .collect();
        let mut writer = Writer::new();
        writer.map(arrays.len()).unwrap();
        for (index, (dtype, data)) in arrays.iter().enumerate() {
            writer.string(&"n".repeat(index % 40 + 1)).unwrap();
            let shape = [(data.len() / dtype.itemsize()) as u64];
            writer.segment(&Segment::new(*dtype, &shape, data).unwrap()).unwrap();
        }
        store.put("default", KEY, &writer.parts().unwrap(), &options).unwrap();
        let view = store.view("default", KEY).unwrap().expect("just put");
        let document = Document::of_view(&view);
        let inside = view.bytes().as_ptr_range();
        let (mut from, mut found) = (Document::ROOT, 0);
        while let Some(placed) = document.next_segment(from).unwrap() {
            let data = placed.segment.data();
            assert_eq!(data.as_ptr().addr() % ALIGNMENT, 0, "segment {found}, seed {seed}");
            assert!(
                data.is_empty() || (inside.start <= data.as_ptr() && data.as_ptr_range().end <= inside.end)
            );
            assert_eq!((placed.segment.dtype(), data), (arrays[found].0, &arrays[found].1[..]));
            (from, found) = (placed.end, found + 1);
        }
        assert_eq!(found, arrays.len());
    }
}
