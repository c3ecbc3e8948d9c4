//! Statistics of a sampled signal.

use crate::statistics::{extremes_of, nonempty, sum, sum_of};
use dishtayantra::calculator::{Calculator, Input, Map, map};
use dishtayantra::{Error, Result};

/// Computes on `values`: the samples in time order, in any unit.
///
/// - `samples`, their number; `mean` = values.mean();
/// - `rms` = np.sqrt(np.mean(values ** 2)); `peak` = np.abs(values).max(), both in the unit of the samples;
/// - `zero_crossings` = np.count_nonzero(np.diff(values < 0)): how often the sign changes, zero counting as positive.
///
/// A NaN makes mean, RMS and peak NaN. Fails for missing or empty values and for more than one dimension.
pub struct SignalProcessor;

impl SignalProcessor {
    pub fn new(_config: &dyn Input) -> Result<SignalProcessor> {
        Ok(SignalProcessor)
    }
}

impl Calculator for SignalProcessor {
    fn compute<'a>(&self, input: &'a dyn Input) -> Result<Map<'a>> {
        let samples = nonempty(input, "values")?;
        let dimensions = samples.shape().len();
        if dimensions > 1 {
            return Err(Error::invalid(format!("'values' has {dimensions} dimensions; a signal has one")));
        }
        let values = samples.slice();
        let count = values.len() as f64;
        let crossings = values.windows(2).filter(|pair| (pair[0] < 0.0) != (pair[1] < 0.0)).count();
        Ok(map([
            ("samples", values.len().into()),
            ("mean", (sum(values) / count).into()),
            ("rms", (sum_of(values, |x| x * x) / count).sqrt().into()),
            ("peak", extremes_of(values, f64::abs).1.into()),
            ("zero_crossings", crossings.into()),
        ]))
    }
}
