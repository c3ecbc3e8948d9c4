// The sum of one column by another of 10,000 rows, by columns and by walking rows: the least of many runs, in microseconds;
// beside bindings/rust/benches/tables.rs.
#include <dishtayantra_lmdb.hpp>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <limits>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace dy = dishtayantra::lmdb;

namespace {

constexpr std::size_t count = 10000;
const std::vector<std::string> symbols = {"AAPL", "AMZN", "GOOG", "IBM", "META", "MSFT", "NVDA", "TSLA"};

/// Sums by code, each text looked at once.
double by_columns(dy::Bytes payload) {
    const dy::Document document = dy::Document::over(payload);
    const dy::Table table = document.root().table();
    const dy::Span<const double> px = table["px"].span<double>();
    const dy::Column symbol = table["symbol"];
    const dy::Column texts = symbol.dictionary();
    const dy::Span<const std::int32_t> codes = symbol.codes();
    std::vector<double> sums(texts.size());
    for (std::size_t i = 0; i < px.size(); ++i) {
        sums.at(static_cast<std::size_t>(codes[i])) += px[i];
    }
    std::unordered_map<std::string_view, double> named;
    for (std::size_t i = 0; i < texts.size(); ++i) {
        named[texts.str(i)] = sums[i];
    }
    return named["IBM"];
}

/// The same of rows, as before there were tables.
double by_rows(dy::Bytes payload) {
    const dy::Document document = dy::Document::over(payload);
    std::unordered_map<std::string_view, double> sums;
    for (const dy::Item row : document.root().items()) {
        sums[row.value["symbol"].string()] += row.value["px"].number();
    }
    return sums["IBM"];
}

void measure(const char* what, int runs, double (*sum_of)(dy::Bytes), dy::Bytes payload, double expected) {
    double least = std::numeric_limits<double>::infinity();
    for (int run = 0; run < runs; ++run) {
        const auto begun = std::chrono::steady_clock::now();
        const double sum = sum_of(payload);
        const std::chrono::duration<double, std::micro> took = std::chrono::steady_clock::now() - begun;
        least = std::min(least, took.count());
        if (sum != expected) {
            std::fprintf(stderr, "%s: %f, not %f\n", what, sum, expected);
            std::exit(1);
        }
    }
    std::printf("C++: sum of a column by another, %zu %s: %.1f µs\n", count, what, least);
}

}  // namespace

int main() {
    std::vector<double> px;
    std::vector<std::int32_t> codes;
    dy::Writer plain;
    plain.array(count);
    for (std::size_t n = 0; n < count; ++n) {
        px.push_back(static_cast<double>(n) / 4);
        codes.push_back(static_cast<std::int32_t>(n * 7 % symbols.size()));
        plain.map(2).key("px").number(px.back()).key("symbol").string(symbols[n * 7 % symbols.size()]);
    }
    dy::Writer table;
    table.table(dy::Columns({dy::Field("px", px), dy::Field("symbol", codes, symbols)}, dy::Origin::rows));
    const double expected = by_rows(plain.data());
    measure("columns of a table", 2000, by_columns, table.data(), expected);
    measure("rows of a table, walked", 50, by_rows, table.data(), expected);
    measure("rows of maps, walked", 50, by_rows, plain.data(), expected);
}
