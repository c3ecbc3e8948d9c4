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

TEST(Numbers, BoolsInListsAreZeroAndOne) {
    lmdb::Writer writer;
    writer.array(3).boolean(true).number(2.5).boolean(false);
    const lmdb::Document doc = lmdb::Document::over(writer.data());
    const Numbers numbers = Numbers::of(doc.root());
    EXPECT_EQ(std::vector<double>(numbers.span().begin(), numbers.span().end()), (std::vector<double>{1, 2.5, 0}));
    EXPECT_EQ(Numbers::of(doc[std::size_t{0}]).span().front(), 1.0);
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
        {0xc7, 1, 77, 0}, {0xd4, 78, 0}, {0xc7, 0, 68}, {0xc8, 0, 1, 68, 0}, {0xc9, 0, 0, 0, 1, 5, 0}};
    for (const auto& raw : bytes) {
        const lmdb::Document doc = lmdb::Document::over(lmdb::as_bytes(lmdb::Span<const unsigned char>(raw)));
        EXPECT_THROW(Numbers::of(doc.root()), lmdb::Error);
    }
}

TEST_F(StoreTest, SegmentsOfFloat64AreTakenInPlaceAndKeepThePayload) {
    const std::vector<double> values(6000, 2.5);
    lmdb::Writer writer;
    writer.map(2).key("values").segment(values, {3000, 2});
    writer.key("list").segment(lmdb::Segment(lmdb::Span(values)).as_list());
    writer.put(store, "d");
    auto view = std::make_shared<const lmdb::View>(store.view("d"));
    lmdb::Document doc = view->document();
    const double* in_place = doc["values"].span<double>().data();
    const Numbers numbers = Numbers::of(doc["values"], view);
    const Numbers list = Numbers::of(doc["list"], view);
    view.reset();
    doc = lmdb::Document::over({});
    store.erase("d");
    EXPECT_EQ(numbers.span().data(), in_place);
    EXPECT_EQ(numbers.span()[5999], 2.5);
    EXPECT_EQ(numbers.shape(), (std::vector<std::size_t>{3000, 2}));
    EXPECT_FALSE(numbers.is_list());
    EXPECT_TRUE(list.is_list());
    EXPECT_EQ(list.size(), 6000u);
}

TYPED_TEST(ConvertedNumbers, KeepTheirValuesInSegments) {
    const std::vector<TypeParam> values = {std::numeric_limits<TypeParam>::lowest(), TypeParam{0}, TypeParam{5},
                                           std::numeric_limits<TypeParam>::max()};
    lmdb::Writer writer;
    writer.segment(values, {2, 2});
    const lmdb::Document doc = lmdb::Document::over(writer.data());
    const Numbers numbers = Numbers::of(doc.root());
    EXPECT_EQ(numbers.shape(), (std::vector<std::size_t>{2, 2}));
    for (std::size_t i = 0; i < values.size(); ++i) {
        EXPECT_EQ(numbers.span()[i], static_cast<double>(values[i]));
    }
}

TEST(Numbers, BoolsAreConvertedAndTimesRefused) {
    const std::vector<std::uint8_t> flags = {0, 1};
    const std::vector<std::int64_t> times = {5};
    lmdb::Writer writer;
    writer.array(2).segment(lmdb::Segment(lmdb::Span(flags)).as_booleans());
    writer.segment(lmdb::Segment(lmdb::Span(times)).as_datetimes(lmdb::Unit::second));
    const lmdb::Document doc = lmdb::Document::over(writer.data());
    EXPECT_EQ(Numbers::of(doc[std::size_t{0}]).span()[1], 1.0);
    EXPECT_TRUE(contains(message_of<lmdb::InvalidArgumentError>([&] { Numbers::of(doc[std::size_t{1}]); }),
                         "datetime64"));
}

TEST(Numbers, SegmentsInListsStandForRowsAndNumbers) {
    const std::vector<std::int8_t> row = {1, 2};
    const std::int16_t item = 7;
    const lmdb::Segment scalar = lmdb::Segment(lmdb::Span(&item, 1), {}).as_scalar();
    lmdb::Writer writer;
    writer.array(3);
    writer.array(2).segment(lmdb::Segment(lmdb::Span(row)).as_list()).array(2).number(2.5).segment(scalar);
    writer.array(2).array(2).number(0.5).int64(3).segment(row);
    writer.array(2).segment(row).array(1).int64(1);
    const lmdb::Document doc = lmdb::Document::over(writer.data());
    for (const std::size_t index : {0, 1}) {
        const Numbers numbers = Numbers::of(doc[index]);
        EXPECT_EQ(numbers.shape(), (std::vector<std::size_t>{2, 2}));
        EXPECT_TRUE(numbers.is_list());
        const std::vector<double> expected = index == 0 ? std::vector<double>{1, 2, 2.5, 7} : std::vector{0.5, 3., 1., 2.};
        EXPECT_TRUE(std::equal(expected.begin(), expected.end(), numbers.span().begin(), numbers.span().end()));
    }
    EXPECT_THROW(Numbers::of(doc[std::size_t{2}]), lmdb::InvalidArgumentError);
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

TEST_F(StoreTest, NumbersAreSoManyEmptyListsAtMost) {
    const std::size_t most = std::size_t{1} << 20;
    for (const std::vector<std::size_t>& shape : std::vector<std::vector<std::size_t>>{
             {0, most * most}, {most, 0}, {1024, 1024, 0, most}, {2, 0}}) {
        EXPECT_TRUE(Numbers({}, shape).as_list().is_list());
    }
    for (const std::vector<std::size_t>& shape :
         std::vector<std::vector<std::size_t>>{{most + 1, 0}, {most * most, 0}, {most, 2, 0}, {1, most * most, 0}}) {
        EXPECT_TRUE(contains(message_of<lmdb::InvalidArgumentError>([&] { Numbers({}, shape).as_list(); }), "empty lists"));
    }
    // A list of one array that has many rows and no items.
    const std::vector<double> none;
    lmdb::Writer writer;
    writer.array(1);
    writer.segment(lmdb::Segment(lmdb::Span<const double>(none), {most * most, 0}));
    writer.put(store, "rows");
    const lmdb::View view = store.view("rows");
    const lmdb::Document document = view.document();
    EXPECT_THROW(Numbers::of(document.root()), lmdb::InvalidArgumentError);
}
