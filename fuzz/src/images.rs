//! `.npy` images.

use dishtayantra_lmdb::format::npy;

/// Any bytes as an image: refused, or an array whose items are all there, and whose header can be written.
pub fn npy(bytes: &[u8]) {
    let Ok(array) = npy::parse(bytes) else {
        return;
    };
    let items: u64 = array.shape().iter().product();
    assert_eq!(items * array.itemsize() as u64, array.data().len() as u64);
    if let Some(dtype) = array.dtype() {
        assert_eq!(dtype.itemsize(), array.itemsize());
        assert!(!npy::descr(dtype).is_empty());
    }
    for before in [0, 1, 63] {
        let header = npy::header(array.descr(), array.shape(), array.fortran_order(), before).expect("short");
        assert!((before + header.len()).is_multiple_of(64));
        let image = [&header, array.data()].concat();
        let again = npy::parse(&image).expect("what was written is an image");
        let told =
            |array: &npy::Array| (array.descr().to_owned(), array.shape().to_vec(), array.fortran_order());
        assert_eq!(told(&again), told(&array));
        assert_eq!(again.data(), array.data());
    }
}
