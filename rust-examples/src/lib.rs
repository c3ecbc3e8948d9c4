//! The Python module `dishtayantra_rust_calculators`: calculators that read their inputs in place and answer references
//! through the store.
//!
//! `matrix`, `risk` and `signal` calculate and know nothing of Python; the crate `dishtayantra-pyo3` makes Python classes
//! of them.

mod matrix;
mod risk;
mod signal;
mod statistics;
mod trades;

use dishtayantra_pyo3::python_class;
use pyo3::prelude::*;

python_class! {
    /// Statistics and transposition of a matrix `values` (one or two dimensions).
    ///
    /// `operation` in the input or the configuration: "statistics" (default) gives rows, columns, sum, mean, min, max;
    /// "transpose" gives {"values": values.T}.
    PyMatrixProcessor = "MatrixProcessor", crate::matrix::MatrixProcessor, "dishtayantra_rust_calculators"
}

python_class! {
    /// Historical risk of `values` (or `returns`): profits and losses, or returns, one per period.
    ///
    /// With losses = -values and `level` from the input or the configuration (0.95):
    /// value_at_risk = np.quantile(losses, level); expected_shortfall = losses[losses >= value_at_risk].mean();
    /// exposure = np.abs(exposures).sum() and net_exposure = exposures.sum() of the input's `exposures`, else of the
    /// configuration's `exposure` (1); also level and observations.
    PyRiskCalculator = "RiskCalculator", crate::risk::RiskCalculator, "dishtayantra_rust_calculators"
}

python_class! {
    /// Statistics of a signal `values` (samples in time order).
    ///
    /// samples; mean; rms = np.sqrt(np.mean(values ** 2)); peak = np.abs(values).max();
    /// zero_crossings = np.count_nonzero(np.diff(values < 0)).
    PySignalProcessor = "SignalProcessor", crate::signal::SignalProcessor, "dishtayantra_rust_calculators"
}

python_class! {
    /// Sums of a column of the table `trades` (rows: a list of dicts; columns: a dict of lists and arrays; a frame) by another.
    ///
    /// `value` ("px") and `by` ("symbol") in the input or the configuration name the columns; `as` is "rows" (default) or
    /// "columns". Gives `sums` with the columns `by`, `sum` and `count`, sorted by the first, and `rows`. What has no `by` is
    /// left out.
    PyTradeSums = "TradeSums", crate::trades::TradeSums, "dishtayantra_rust_calculators"
}

python_class! {
    /// Some columns of the table `table`, those whose names `columns` has, in that order.
    ///
    /// `as` is "rows" (default) or "columns". Gives `table`.
    PyColumnSelection = "ColumnSelection", crate::trades::ColumnSelection, "dishtayantra_rust_calculators"
}

/// Calculators in Rust that read their inputs in place and answer references through the store.
#[pymodule(gil_used = false)]
fn dishtayantra_rust_calculators(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add_class::<PyMatrixProcessor>()?;
    module.add_class::<PyRiskCalculator>()?;
    module.add_class::<PySignalProcessor>()?;
    module.add_class::<PyTradeSums>()?;
    module.add_class::<PyColumnSelection>()
}
