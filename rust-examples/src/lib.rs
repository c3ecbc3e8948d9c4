//! The Python module `dishtayantra_rust_calculators`: calculators that read their inputs in place and answer references
//! through the store.
//!
//! `matrix`, `risk` and `signal` calculate and know nothing of Python; `class` makes Python classes of them, `payload`
//! and `numbers` read what Python gives, `results` and `errors` are what Python gets.

mod class;
mod errors;
mod matrix;
mod numbers;
mod payload;
mod results;
mod risk;
mod signal;
mod statistics;

use class::python_class;
use pyo3::prelude::*;
use pyo3::types::PyDict;

python_class! {
    /// Statistics and transposition of a matrix `values` (one or two dimensions).
    ///
    /// `operation` in the input or the configuration: "statistics" (default) gives rows, columns, sum, mean, min, max;
    /// "transpose" gives {"values": values.T}.
    MatrixProcessor, crate::matrix::MatrixProcessor
}

python_class! {
    /// Historical risk of `values` (or `returns`): profits and losses, or returns, one per period.
    ///
    /// With losses = -values and `level` from the input or the configuration (0.95):
    /// value_at_risk = np.quantile(losses, level); expected_shortfall = losses[losses >= value_at_risk].mean();
    /// exposure = np.abs(exposures).sum() and net_exposure = exposures.sum() of the input's `exposures`, else of the
    /// configuration's `exposure` (1); also level and observations.
    RiskCalculator, crate::risk::RiskCalculator
}

python_class! {
    /// Statistics of a signal `values` (samples in time order).
    ///
    /// samples; mean; rms = np.sqrt(np.mean(values ** 2)); peak = np.abs(values).max();
    /// zero_crossings = np.count_nonzero(np.diff(values < 0)).
    SignalProcessor, crate::signal::SignalProcessor
}

/// Calculators in Rust that read their inputs in place and answer references through the store.
#[pymodule(gil_used = false)]
fn dishtayantra_rust_calculators(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add_class::<MatrixProcessor>()?;
    module.add_class::<RiskCalculator>()?;
    module.add_class::<SignalProcessor>()
}
