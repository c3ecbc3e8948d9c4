// Historical value at risk, expected shortfall and exposure.
#pragma once

#include "statistics.hpp"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace dishtayantra::calculators {

/// The quantile of `values` at `level` (0 to 1), linearly interpolated as np.quantile(values, level) does by default.
/// Rearranges `values`, which must have an element and no NaN.
inline double quantile(std::vector<double>& values, double level) {
    const double position = static_cast<double>(values.size() - 1) * level;
    const auto below = static_cast<std::size_t>(position);
    const double fraction = position - static_cast<double>(below);
    const auto nth = values.begin() + static_cast<std::ptrdiff_t>(below);
    std::nth_element(values.begin(), nth, values.end());
    // Without this an infinite neighbour would turn an exact hit into NaN.
    if (fraction == 0 || below + 1 == values.size()) {
        return *nth;
    }
    const double low = *nth;
    const double high = *std::min_element(nth + 1, values.end());
    return fraction < 0.5 ? low + (high - low) * fraction : high - (high - low) * (1 - fraction);
}

/// Computes on `values` (or `returns`): profits and losses, or returns, one per period, in any unit and of any shape.
///
/// With losses = -values, `level` from the input, else from the configuration, else 0.95:
/// - `value_at_risk` = np.quantile(losses, level): what the loss did not exceed in that share of the periods;
/// - `expected_shortfall` = losses[losses >= value_at_risk].mean(): the mean loss in the periods beyond;
/// - `exposure` = np.abs(exposures).sum() and `net_exposure` = exposures.sum() of the input's `exposures` (positions, any
///   unit); without them of the configuration's `exposure`, a number, 1 by default;
/// - `level`, and `observations`, the number of values.
/// Losses are positive numbers; a NaN among the values makes the first two NaN. Infinite values count as what they are; where
/// the quantile is interpolated beside one, the first two are infinite or NaN, as NumPy's quantile is.
///
/// Throws InvalidArgumentError for missing or empty values and for a level that is not between 0 and 1.
class RiskCalculator : public lmdb::Calculator {
public:
    explicit RiskCalculator(const lmdb::Input& config)
        : level_(checked(config.find_number("level").value_or(0.95))),
          exposure_(config.find_number("exposure").value_or(1.0)) {}

    lmdb::Map compute(const lmdb::Input& input) const override {
        const std::optional<lmdb::Numbers> returns = input.find_numbers("returns");
        const lmdb::Numbers values = nonempty(input, returns ? "returns" : "values");
        const double level = checked(input.find_number("level").value_or(level_));
        const auto [value_at_risk, expected_shortfall] = tail(values.span(), level);
        double gross = std::fabs(exposure_);
        double net = exposure_;
        if (const std::optional<lmdb::Numbers> exposures = input.find_numbers("exposures")) {
            gross = sum_of(exposures->span(), [](double x) { return std::fabs(x); });
            net = sum(exposures->span());
        }
        return {{"level", level},
                {"observations", values.size()},
                {"value_at_risk", value_at_risk},
                {"expected_shortfall", expected_shortfall},
                {"exposure", gross},
                {"net_exposure", net}};
    }

    lmdb::Map details() const override { return {{"level", level_}, {"exposure", exposure_}}; }

private:
    static double checked(double level) {
        if (!(level > 0 && level < 1)) {
            throw lmdb::InvalidArgumentError("level " + std::to_string(level) + ": it must lie between 0 and 1");
        }
        return level;
    }

    static std::pair<double, double> tail(Span<const double> values, double level) {
        std::vector<double> losses(values.size());
        bool unordered = false;
        for (std::size_t i = 0; i < values.size(); ++i) {
            losses[i] = -values[i];
            unordered |= losses[i] != losses[i];
        }
        if (unordered) {
            return {std::nan(""), std::nan("")};
        }
        const double value_at_risk = quantile(losses, level);
        // The loss at the quantile may round to just above the largest one; the tail then is that loss.
        const auto beyond = std::partition(losses.begin(), losses.end(), [&](double x) { return x >= value_at_risk; });
        const auto count = static_cast<std::size_t>(beyond - losses.begin());
        if (count == 0) {
            return {value_at_risk, value_at_risk};
        }
        return {value_at_risk, sum(Span<const double>(losses.data(), count)) / static_cast<double>(count)};
    }

    double level_;
    double exposure_;
};

}  // namespace dishtayantra::calculators
