//! Sums and extremes that the calculators share.

use dishtayantra::calculator::Input;
use dishtayantra::{Error, Numbers, Result};

/// The sum of `term(x)` over the elements, pairwise: the rounding error grows with log n, as in NumPy.
pub fn sum_of(values: &[f64], term: impl Fn(f64) -> f64 + Copy) -> f64 {
    const BLOCK: usize = 128;
    if values.len() > BLOCK {
        let (low, high) = values.split_at(values.len() / 2 / 8 * 8);
        return sum_of(low, term) + sum_of(high, term);
    }
    // Eight sums at a time, so that the compiler can keep them in vector registers.
    let mut partial = [0.0; 8];
    let (rows, rest) = values.as_chunks::<8>();
    for row in rows {
        for (sum, &x) in partial.iter_mut().zip(row) {
            *sum += term(x);
        }
    }
    let [a, b, c, d, e, f, g, h] = partial;
    rest.iter().fold(((a + b) + (c + d)) + ((e + f) + (g + h)), |sum, &x| sum + term(x))
}

pub fn sum(values: &[f64]) -> f64 {
    sum_of(values, |x| x)
}

/// The smallest and the largest of `term(x)`; both NaN when any is NaN, as in NumPy. Needs an element.
pub fn extremes_of(values: &[f64], term: impl Fn(f64) -> f64) -> (f64, f64) {
    const LANES: usize = 4;
    let (mut low, mut high) = ([f64::INFINITY; LANES], [f64::NEG_INFINITY; LANES]);
    let mut unordered = false;
    let mut take = |lane: usize, x: f64| {
        low[lane] = if x < low[lane] { x } else { low[lane] };
        high[lane] = if x > high[lane] { x } else { high[lane] };
        unordered |= x.is_nan();
    };
    let (rows, rest) = values.as_chunks::<LANES>();
    for row in rows {
        for (lane, &x) in row.iter().enumerate() {
            take(lane, term(x));
        }
    }
    for &x in rest {
        take(0, term(x));
    }
    if unordered {
        return (f64::NAN, f64::NAN);
    }
    (low.into_iter().fold(f64::INFINITY, f64::min), high.into_iter().fold(f64::NEG_INFINITY, f64::max))
}

/// The array under `name`, which must have an element.
pub fn nonempty<'a>(input: &'a dyn Input, name: &str) -> Result<Numbers<'a>> {
    let values = input.numbers(name)?;
    if values.is_empty() {
        return Err(Error::invalid(format!("'{name}' is empty")));
    }
    Ok(values)
}
