// Statistics of a sampled signal.
#pragma once

#include "statistics.hpp"

#include <cmath>
#include <cstddef>
#include <cstdint>

namespace dishtayantra::calculators {

/// Computes on `values`: the samples in time order, in any unit.
///
/// - `samples`, their number; `mean` = values.mean();
/// - `rms` = np.sqrt(np.mean(values ** 2)); `peak` = np.abs(values).max(), both in the unit of the samples;
/// - `zero_crossings` = np.count_nonzero(np.diff(values < 0)): how often the sign changes, zero counting as positive.
/// A NaN makes mean, RMS and peak NaN.
///
/// Throws InvalidArgumentError for missing or empty values and for more than one dimension.
class SignalProcessor : public lmdb::Calculator {
public:
    explicit SignalProcessor(const lmdb::Input&) {}

    lmdb::Map compute(const lmdb::Input& input) const override {
        const lmdb::Numbers samples = nonempty(input, "values");
        if (samples.shape().size() > 1) {
            throw lmdb::InvalidArgumentError("'values' has " + std::to_string(samples.shape().size()) +
                                             " dimensions; a signal has one");
        }
        const Span<const double> values = samples.span();
        const auto count = static_cast<double>(values.size());
        std::int64_t crossings = 0;
        for (std::size_t i = 1; i < values.size(); ++i) {
            crossings += (values[i - 1] < 0) != (values[i] < 0) ? 1 : 0;
        }
        return {{"samples", values.size()},
                {"mean", sum(values) / count},
                {"rms", std::sqrt(sum_of(values, [](double x) { return x * x; }) / count)},
                {"peak", extremes_of(values, [](double x) { return std::fabs(x); }).max},
                {"zero_crossings", crossings}};
    }
};

}  // namespace dishtayantra::calculators
