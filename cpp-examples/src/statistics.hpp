// Sums and extremes that the calculators share.
#pragma once

#include <dishtayantra_lmdb.hpp>

#include <cmath>
#include <cstddef>
#include <limits>
#include <string>

namespace dishtayantra::calculators {

using lmdb::Span;

/// The sum of `term(x)` over the elements, pairwise: the rounding error grows with log n, as in NumPy.
template <class Term>
double sum_of(Span<const double> values, Term term) {
    constexpr std::size_t block = 128;
    if (values.size() > block) {
        const std::size_t half = values.size() / 2 / 8 * 8;
        return sum_of(values.subspan(0, half), term) + sum_of(values.subspan(half, values.size() - half), term);
    }
    // Eight sums at a time, so that the compiler can keep them in vector registers.
    double partial[8] = {};
    const std::size_t even = values.size() / 8 * 8;
    for (std::size_t i = 0; i < even; i += 8) {
        for (std::size_t j = 0; j < 8; ++j) {
            partial[j] += term(values[i + j]);
        }
    }
    double sum = ((partial[0] + partial[1]) + (partial[2] + partial[3])) +
                 ((partial[4] + partial[5]) + (partial[6] + partial[7]));
    for (std::size_t i = even; i < values.size(); ++i) {
        sum += term(values[i]);
    }
    return sum;
}

inline double sum(Span<const double> values) {
    return sum_of(values, [](double x) { return x; });
}

struct Extremes {
    double min;
    double max;
};

/// The smallest and largest of `term(x)`; both NaN when any is NaN, as in NumPy. Needs an element.
template <class Term>
Extremes extremes_of(Span<const double> values, Term term) {
    constexpr double infinity = std::numeric_limits<double>::infinity();
    double low[4] = {infinity, infinity, infinity, infinity};
    double high[4] = {-infinity, -infinity, -infinity, -infinity};
    bool unordered = false;
    const auto take = [&](std::size_t lane, double x) {
        low[lane] = x < low[lane] ? x : low[lane];
        high[lane] = x > high[lane] ? x : high[lane];
        unordered |= x != x;
    };
    const std::size_t even = values.size() / 4 * 4;
    for (std::size_t i = 0; i < even; i += 4) {
        for (std::size_t lane = 0; lane < 4; ++lane) {
            take(lane, term(values[i + lane]));
        }
    }
    for (std::size_t i = even; i < values.size(); ++i) {
        take(0, term(values[i]));
    }
    if (unordered) {
        return {std::nan(""), std::nan("")};
    }
    return {std::fmin(std::fmin(low[0], low[1]), std::fmin(low[2], low[3])),
            std::fmax(std::fmax(high[0], high[1]), std::fmax(high[2], high[3]))};
}

/// The array under `name`, which must have an element. Throws InvalidArgumentError otherwise.
inline lmdb::Numbers nonempty(const lmdb::Input& input, const char* name) {
    lmdb::Numbers values = input.numbers(name);
    if (values.size() == 0) {
        throw lmdb::InvalidArgumentError("'" + std::string(name) + "' is empty");
    }
    return values;
}

}  // namespace dishtayantra::calculators
