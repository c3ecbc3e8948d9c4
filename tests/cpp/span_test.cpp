#include "support.hpp"

#include <array>
#include <string>
#include <type_traits>
#include <vector>

using lmdb::Span;

static_assert(std::is_convertible_v<std::vector<double>&, Span<const double>>);
static_assert(std::is_convertible_v<const std::vector<double>&, Span<const double>>);
static_assert(std::is_convertible_v<Span<double>, Span<const double>>);
static_assert(!std::is_constructible_v<Span<double>, Span<const double>>);
static_assert(!std::is_constructible_v<Span<double>, const std::vector<double>&>);
static_assert(!std::is_constructible_v<Span<const double>, std::vector<float>&>);
static_assert(std::is_trivially_copyable_v<Span<const double>>);

TEST(Span, SeesTheContainersElements) {
    std::vector<int> owner = {1, 2, 3};
    Span<int> span(owner);
    span[1] = 20;
    EXPECT_EQ(owner[1], 20);
    EXPECT_EQ(span.front(), 1);
    EXPECT_EQ(span.back(), 3);
    EXPECT_EQ(span.size_bytes(), 3 * sizeof(int));
    int sum = 0;
    for (const int value : span.subspan(1, 2)) {
        sum += value;
    }
    EXPECT_EQ(sum, 23);
}

TEST(Span, IsEmptyByDefault) {
    const Span<const int> span;
    EXPECT_TRUE(span.empty());
    EXPECT_EQ(span.begin(), span.end());
}

TEST(Span, BytesOfContainersAndText) {
    const std::vector<double> doubles(3);
    const std::array<int, 2> ints = {};
    EXPECT_EQ(lmdb::as_bytes(doubles).size(), 24u);
    EXPECT_EQ(lmdb::as_bytes(ints).size(), 8u);
    EXPECT_EQ(lmdb::as_bytes("abc").size(), 3u);
    EXPECT_EQ(lmdb::as_bytes(std::string("abcd")).size(), 4u);
}
