// A span as a range of C++20, and std::span of it and back. Prints "ok".
#include <dishtayantra_lmdb.hpp>

#include <algorithm>
#include <cstdio>
#include <ranges>
#include <span>
#include <vector>

namespace dy = dishtayantra::lmdb;

static_assert(std::ranges::contiguous_range<dy::Span<const double>>);
static_assert(std::ranges::sized_range<dy::Span<double>>);
static_assert(std::ranges::borrowed_range<dy::Span<const double>>);
static_assert(std::ranges::view<dy::Span<double>>);

static double first(std::span<const double> values) { return values.front(); }
static void fill(dy::Span<double> values) { std::ranges::fill(values, 7.0); }

int main() {
    std::vector<double> values = {3, 1, 2};
    const dy::Span<double> span(values);
    // The iterator outlives the temporary, since the elements do.
    const auto greatest = std::ranges::max_element(dy::Span<const double>(values));
    bool right = *greatest == 3 && std::ranges::find(span, 2.0) == span.end() - 1 && first(span) == 3;
#ifndef __clang__  // clang cannot compile the views of every libstdc++
    for (double value : span | std::views::drop(1) | std::views::take(1)) {
        right = right && value == 1;
    }
#endif
    const std::span<double> standard(span);
    fill(standard.last(1));
    fill(dy::Span<double>(standard.first(1)));
    right = right && values == std::vector<double>{7, 1, 7};
    std::puts(right ? "ok" : "wrong");
    return right ? 0 : 1;
}
