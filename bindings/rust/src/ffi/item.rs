//! That items of arrays may be any bytes.

use crate::segment::{Complex, Half};
use bytemuck::{Pod, Zeroable};

// SAFETY: transparent, over an integer.
unsafe impl Zeroable for Half {}
// SAFETY: as above.
unsafe impl Pod for Half {}

// SAFETY: repr(C), two of one type that may be any bytes: no padding.
unsafe impl Zeroable for Complex<f32> {}
// SAFETY: as above.
unsafe impl Pod for Complex<f32> {}
// SAFETY: as above.
unsafe impl Zeroable for Complex<f64> {}
// SAFETY: as above.
unsafe impl Pod for Complex<f64> {}
