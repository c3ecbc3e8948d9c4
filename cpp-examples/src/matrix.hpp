// Statistics and transposition of a matrix.
#pragma once

#include "statistics.hpp"

#include <algorithm>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace dishtayantra::calculators {

/// Computes on `values`: one or two dimensions, one meaning a single row.
///
/// `operation`, in the input or else in the configuration:
/// - "statistics" (default): `rows`, `columns`, `sum`, `mean`, `min`, `max` over all elements, as np.sum(values),
///   np.mean(values), np.min(values), np.max(values). A NaN makes them NaN.
/// - "transpose": `values`, the transposed matrix with `columns` × `rows` elements, as values.T: an array, or lists when
///   it came as lists; computed where it goes.
///
/// Throws InvalidArgumentError for missing or empty values, three dimensions or another operation.
class MatrixProcessor : public lmdb::ComputesInto {
public:
    explicit MatrixProcessor(const lmdb::Input& config)
        : operation_(config.find_text("operation").value_or("statistics")) {
        require_known(operation_);
    }

    void compute_into(const lmdb::Input& input, lmdb::Output& output) const override {
        const std::string operation = input.find_text("operation").value_or(operation_);
        require_known(operation);
        const lmdb::Numbers values = nonempty(input, "values");
        if (values.shape().size() > 2) {
            throw lmdb::InvalidArgumentError("'values' has " + std::to_string(values.shape().size()) +
                                             " dimensions; a matrix has one or two");
        }
        const std::size_t columns = values.shape().empty() ? 1 : values.shape().back();
        const std::size_t rows = values.size() / columns;
        if (operation == "transpose") {
            transpose(values, rows, columns, output.array("values", {columns, rows}, values.is_list()));
            return;
        }
        const double total = sum(values.span());
        const Extremes extremes = extremes_of(values.span(), [](double x) { return x; });
        output.put({{"rows", rows},
                    {"columns", columns},
                    {"sum", total},
                    {"mean", total / static_cast<double>(values.size())},
                    {"min", extremes.min},
                    {"max", extremes.max}});
    }

    lmdb::Map details() const override { return {{"operation", operation_}}; }

private:
    static void require_known(const std::string& operation) {
        if (operation != "statistics" && operation != "transpose") {
            throw lmdb::InvalidArgumentError("operation '" + operation + "': statistics or transpose are there");
        }
    }

    static void transpose(const lmdb::Numbers& values, std::size_t rows, std::size_t columns, Span<double> to) {
        const Span<const double> from = values.span();
        if (values.fortran_order()) {
            std::copy(from.begin(), from.end(), to.begin());
            return;
        }
        // Square blocks: both sides stay in the first-level cache.
        constexpr std::size_t block = 32;
        for (std::size_t row = 0; row < rows; row += block) {
            for (std::size_t column = 0; column < columns; column += block) {
                for (std::size_t i = row; i < std::min(row + block, rows); ++i) {
                    for (std::size_t j = column; j < std::min(column + block, columns); ++j) {
                        to[j * rows + i] = from[i * columns + j];
                    }
                }
            }
        }
    }

    std::string operation_;
};

}  // namespace dishtayantra::calculators
