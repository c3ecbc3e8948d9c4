#include "support.hpp"

#include <limits>
#include <numeric>

using lmdb::Numbers;

TEST_F(StoreTest, Float64IsTakenInPlaceAndKeepsThePayload) {
    const std::vector<double> values(1000, 2.5);
    store.put_array("a", lmdb::Span<const double>(values));
    auto view = std::make_shared<const lmdb::View>(store.view("a"));
    const double* in_place = view->span<double>().data();
    const Numbers numbers = Numbers::of(view->array(), view);
    view.reset();
    store.erase("a");
    EXPECT_EQ(numbers.span().data(), in_place);
    EXPECT_EQ(numbers.span()[999], 2.5);
}

template <class T>
class ConvertedNumbers : public StoreTest {};
using Elements = testing::Types<float, std::int8_t, std::int16_t, std::int32_t, std::int64_t, std::uint8_t, std::uint16_t,
                                std::uint32_t, std::uint64_t>;
TYPED_TEST_SUITE(ConvertedNumbers, Elements);

TYPED_TEST(ConvertedNumbers, KeepTheirValues) {
    const std::vector<TypeParam> values = {std::numeric_limits<TypeParam>::lowest(), TypeParam{0}, TypeParam{5},
                                           std::numeric_limits<TypeParam>::max()};
    this->store.put_array("a", lmdb::Span<const TypeParam>(values));
    const lmdb::View view = this->store.view("a");
    const Numbers numbers = Numbers::of(view.array(), nullptr);
    for (std::size_t i = 0; i < values.size(); ++i) {
        EXPECT_EQ(numbers.span()[i], static_cast<double>(values[i]));
    }
}

TEST(Numbers, FortranOrderIsRearranged) {
    // [[1, 2, 3], [4, 5, 6]], columns first.
    const Numbers columns({1, 4, 2, 5, 3, 6}, {2, 3}, true);
    const Numbers rows = columns.c_order();
    EXPECT_FALSE(rows.fortran_order());
    EXPECT_TRUE(std::equal(rows.span().begin(), rows.span().end(), std::begin({1.0, 2.0, 3.0, 4.0, 5.0, 6.0})));
}

TEST(Numbers, NestedListsHaveAShape) {
    lmdb::Writer writer;
    writer.array(2).doubles(std::vector<double>{1, 2, 3}).doubles(std::vector<double>{4, 5, 6});
    const lmdb::Document doc = lmdb::Document::over(writer.data());
    const Numbers numbers = Numbers::of(doc.root());
    EXPECT_EQ(numbers.shape(), (std::vector<std::size_t>{2, 3}));
    EXPECT_EQ(numbers.span()[4], 5.0);
    EXPECT_TRUE(numbers.is_list());
}

TEST(Numbers, RaggedOrMixedListsAreRefused) {
    lmdb::Writer ragged;
    ragged.array(2).doubles(std::vector<double>{1, 2}).doubles(std::vector<double>{3});
    const lmdb::Document first = lmdb::Document::over(ragged.data());
    EXPECT_TRUE(contains(message_of<lmdb::InvalidArgumentError>([&] { Numbers::of(first.root()); }), "equal lengths"));
    lmdb::Writer mixed;
    mixed.array(2).number(1).string("2");
    const lmdb::Document second = lmdb::Document::over(mixed.data());
    EXPECT_THROW(Numbers::of(second.root()), lmdb::InvalidArgumentError);
}

TEST(Numbers, OtherExtensionsAreNoNumbers) {
    const unsigned char bytes[][8] = {
        {0xc7, 1, 77, 0}, {0xd4, 78, 0}, {0xc7, 0, 78}, {0xc8, 0, 1, 78, 0}, {0xc9, 0, 0, 0, 1, 5, 0}};
    for (const auto& raw : bytes) {
        const lmdb::Bytes payload = lmdb::as_bytes(lmdb::Span<const unsigned char>(raw));
        const lmdb::Document doc = lmdb::Document::over(payload);
        EXPECT_THROW(Numbers::of(doc.root(), payload, nullptr), lmdb::Error);
    }
}

TEST(Numbers, DeepNestingIsRefused) {
    lmdb::Writer writer;
    for (int level = 0; level < 40; ++level) {
        writer.array(1);
    }
    writer.number(1);
    const lmdb::Document doc = lmdb::Document::over(writer.data());
    EXPECT_TRUE(contains(message_of<lmdb::InvalidArgumentError>([&] { Numbers::of(doc.root()); }), "32"));
}
