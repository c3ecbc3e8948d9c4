//! Historical value at risk, expected shortfall and exposure.

use crate::statistics::{nonempty, sum, sum_of};
use dishtayantra::calculator::{Calculator, Input, Map, map};
use dishtayantra::{Error, Result};

/// Computes on `values` (or `returns`): profits and losses, or returns, one per period, in any unit and of any shape.
///
/// With losses = -values, `level` from the input, else from the configuration, else 0.95:
/// - `value_at_risk` = np.quantile(losses, level): what the loss did not exceed in that share of the periods;
/// - `expected_shortfall` = losses[losses >= value_at_risk].mean(): the mean loss in the periods beyond;
/// - `exposure` = np.abs(exposures).sum() and `net_exposure` = exposures.sum() of the input's `exposures` (positions,
///   any unit); without them of the configuration's `exposure`, a number, 1 by default;
/// - `level`, and `observations`, the number of values.
///
/// Losses are positive numbers; a NaN among the values makes the first two NaN. Fails for missing or empty values and
/// for a level that is not between 0 and 1.
pub struct RiskCalculator {
    level: f64,
    exposure: f64,
}

impl RiskCalculator {
    pub fn new(config: &dyn Input) -> Result<RiskCalculator> {
        let level = checked(config.find_number("level")?.unwrap_or(0.95))?;
        Ok(RiskCalculator { level, exposure: config.find_number("exposure")?.unwrap_or(1.0) })
    }
}

impl Calculator for RiskCalculator {
    fn compute<'a>(&self, input: &'a dyn Input) -> Result<Map<'a>> {
        let name = if input.find_numbers("returns")?.is_some() { "returns" } else { "values" };
        let values = nonempty(input, name)?;
        let level = checked(input.find_number("level")?.unwrap_or(self.level))?;
        let (value_at_risk, expected_shortfall) = tail(values.slice(), level);
        let (gross, net) = match input.find_numbers("exposures")? {
            Some(exposures) => (sum_of(exposures.slice(), f64::abs), sum(exposures.slice())),
            None => (self.exposure.abs(), self.exposure),
        };
        Ok(map([
            ("level", level.into()),
            ("observations", values.len().into()),
            ("value_at_risk", value_at_risk.into()),
            ("expected_shortfall", expected_shortfall.into()),
            ("exposure", gross.into()),
            ("net_exposure", net.into()),
        ]))
    }

    fn details(&self) -> Map<'static> {
        map([("level", self.level.into()), ("exposure", self.exposure.into())])
    }
}

fn checked(level: f64) -> Result<f64> {
    if level > 0.0 && level < 1.0 {
        return Ok(level);
    }
    Err(Error::invalid(format!("level {level}: it must lie between 0 and 1")))
}

/// Value at risk and expected shortfall.
fn tail(values: &[f64], level: f64) -> (f64, f64) {
    let mut losses: Vec<f64> = values.iter().map(|value| -value).collect();
    if losses.iter().any(|loss| loss.is_nan()) {
        return (f64::NAN, f64::NAN);
    }
    let value_at_risk = quantile(&mut losses, level);
    losses.retain(|loss| *loss >= value_at_risk);
    // The loss at the quantile may round to just above the largest one; the tail then is that loss.
    if losses.is_empty() {
        return (value_at_risk, value_at_risk);
    }
    (value_at_risk, sum(&losses) / losses.len() as f64)
}

/// The quantile of `values` at `level` (0 to 1), linearly interpolated as np.quantile(values, level) does by default.
/// Rearranges `values`, which must have an element and no NaN.
fn quantile(values: &mut [f64], level: f64) -> f64 {
    let position = (values.len() - 1) as f64 * level;
    let below = position as usize;
    let fraction = position - below as f64;
    let (_, &mut low, above) = values.select_nth_unstable_by(below, f64::total_cmp);
    // Without this an infinite neighbour would turn an exact hit into NaN.
    if fraction == 0.0 || above.is_empty() {
        return low;
    }
    let high = above.iter().copied().fold(f64::INFINITY, f64::min);
    if fraction < 0.5 { low + (high - low) * fraction } else { high - (high - low) * (1.0 - fraction) }
}
