//! `.npy` images, against the golden files of `tests/fixtures/make_arrays.py`.

use dishtayantra_lmdb::document::{Dtype, Unit, convert};
use dishtayantra_lmdb::error::Status;
use dishtayantra_lmdb::format::npy::{descr, header, parse};
use std::path::Path;

/// The status that the table of golden files names.
fn status(of: &str) -> Status {
    match of {
        "corrupt" => Status::Corrupt,
        "refused" => Status::InvalidArgument,
        other => panic!("status {other}"),
    }
}

#[test]
fn golden_files_are_read_and_refused_as_the_table_says() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/npy");
    let table = std::fs::read(folder.join("table.json")).unwrap();
    let rows: Vec<serde_json::Value> = serde_json::from_slice(&table).unwrap();
    assert!(rows.len() > 100);
    for row in rows {
        let file = row["file"].as_str().unwrap();
        let image = std::fs::read(folder.join(file)).unwrap();
        let array = match (parse(&image), row["status"].as_str().unwrap()) {
            (Ok(array), "ok") => array,
            (Err(error), wanted) => {
                assert_eq!(error.status(), status(wanted), "{file}: {error}");
                continue;
            }
            (Ok(array), wanted) => panic!("{file}: {array:?}, and not {wanted}"),
        };
        let dtype = array.dtype();
        let numbers = row["numbers"].as_array().map(|numbers| {
            let mut values = vec![0.0; numbers.len()];
            convert(dtype.unwrap(), array.big_endian(), array.data(), &mut values).unwrap();
            values
        });
        let told = serde_json::json!({
            "file": file,
            "status": "ok",
            "descr": array.descr(),
            "dtype": dtype.map_or(0, Dtype::code),
            "unit": dtype.map_or(0, |dtype| dtype.unit() as u32),
            "itemsize": array.itemsize(),
            "shape": array.shape(),
            "fortran": array.fortran_order(),
            "big_endian": array.big_endian(),
            "offset": array.data().as_ptr().addr() - image.as_ptr().addr(),
            "size": array.data().len(),
            "numbers": numbers,
        });
        assert_eq!(told, row);
    }
}

#[test]
fn headers_are_read_again_and_put_the_items_at_64_bytes() {
    for (before, ndim) in (0..70).flat_map(|before| [0, 1, 2, 64].map(|ndim| (before, ndim))) {
        let shape =
            vec![3_u64; ndim.min(2)].into_iter().chain(vec![1; ndim.saturating_sub(2)]).collect::<Vec<_>>();
        let mut image = header(&descr(Dtype::F64), &shape, ndim == 2, before).unwrap();
        assert!((before + image.len()).is_multiple_of(64));
        image.resize(image.len() + 8 * 3_usize.pow(ndim.min(2) as u32), 0);
        let array = parse(&image).unwrap();
        assert_eq!((array.shape(), array.fortran_order()), (&shape[..], ndim == 2));
        assert_eq!((array.descr(), array.dtype()), ("<f8", Some(Dtype::F64)));
    }
    let error = header("<f8", &[1; 30_000], false, 0).unwrap_err();
    assert_eq!(error.status(), Status::InvalidArgument);
    assert!(error.message().contains("30000 dimensions"));
}

#[test]
fn dtypes_have_the_texts_of_numpy() {
    let times = [Dtype::Datetime(Unit::Nanosecond), Dtype::Timedelta(Unit::Generic)];
    let others =
        [Dtype::Bool, Dtype::I8, Dtype::U16, Dtype::I64, Dtype::F32, Dtype::F16, Dtype::C64, Dtype::C128];
    for dtype in others.into_iter().chain(times) {
        let image = header(&descr(dtype), &[0], false, 0).unwrap();
        assert_eq!(parse(&image).unwrap().dtype(), Some(dtype));
    }
    assert_eq!(descr(Dtype::Bool), "|b1");
    assert_eq!(descr(times[0]), "<M8[ns]");
}

#[test]
fn mutated_20000_times_it_never_reads_outside() {
    let sound = [header("<f8", &[4, 2], false, 0).unwrap(), vec![0; 64]].concat();
    // A generator as Knuth gave it, from seed 7: its upper bits are good enough for this.
    let mut state = 7_u64;
    let mut random = move |below: usize| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) as usize % below
    };
    let mut read = 0;
    for _ in 0..20_000 {
        let mut image = sound.clone();
        if random(4) == 0 {
            image.truncate(random(image.len()));
        }
        for _ in 0..=random(3) {
            let len = image.len();
            if let Some(byte) = image.get_mut(random(len.max(1))) {
                *byte = random(256) as u8;
            }
        }
        if let Ok(array) = parse(&image) {
            let items: u64 = array.shape().iter().product();
            assert_eq!(array.data().len() as u64, items * array.itemsize() as u64);
            read += 1;
        }
    }
    assert!(read > 100);
}
