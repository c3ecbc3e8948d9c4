// The Python module dishtayantra_calculators.

#include "columns.hpp"
#include "matrix.hpp"
#include "risk.hpp"
#include "signal.hpp"
#include "trades.hpp"

#include <dishtayantra_lmdb/python.hpp>

namespace calculators = dishtayantra::calculators;
namespace python = dishtayantra::lmdb::python;

PYBIND11_MODULE(dishtayantra_calculators, module, pybind11::mod_gil_not_used()) {
    module.doc() = "Calculators in C++ that read their inputs in place and answer references through the store.";
    python::PythonCalculator<calculators::MatrixProcessor>::define(module, "MatrixProcessor", R"(
Statistics and transposition of a matrix `values` (one or two dimensions).

`operation` in the input or the configuration: "statistics" (default) gives rows, columns, sum, mean, min, max;
"transpose" gives {"values": values.T}.)");
    python::PythonCalculator<calculators::RiskCalculator>::define(module, "RiskCalculator", R"(
Historical risk of `values` (or `returns`): profits and losses, or returns, one per period.

With losses = -values and `level` from the input or the configuration (0.95):
value_at_risk = np.quantile(losses, level); expected_shortfall = losses[losses >= value_at_risk].mean();
exposure = np.abs(exposures).sum() and net_exposure = exposures.sum() of the input's `exposures`, else of the
configuration's `exposure` (1); also level and observations.)");
    python::PythonCalculator<calculators::SignalProcessor>::define(module, "SignalProcessor", R"(
Statistics of a signal `values` (samples in time order).

samples; mean; rms = np.sqrt(np.mean(values ** 2)); peak = np.abs(values).max();
zero_crossings = np.count_nonzero(np.diff(values < 0)).)");
    python::PythonCalculator<calculators::TradeSums>::define(module, "TradeSums", R"(
Sums of a column of the table `trades` (rows: a list of dicts; columns: a dict of lists and arrays; a frame) by another.

`value` ("px") and `by` ("symbol") in the input or the configuration name the columns; `as` is "rows" (default) or
"columns". Gives `sums` with the columns `by`, `sum` and `count`, sorted by the first, and `rows`. What has no `by` is
left out.)");
    python::PythonCalculator<calculators::ColumnSelection>::define(module, "ColumnSelection", R"(
Some columns of the table `table`, those whose names `columns` has, in that order.

`as` is "rows" (default) or "columns". Gives `table`.)");
    calculators::ColumnStatistics::define(module);
}
