#include "support.hpp"

#include <array>
#include <cstdint>
#include <limits>
#include <type_traits>

using lmdb::Document;
using lmdb::Dtype;
using lmdb::Segment;
using lmdb::Span;
using lmdb::Unit;
using lmdb::Writer;

namespace {

template <class Items, class = void>
struct CanLend : std::false_type {};
template <class Items>
struct CanLend<Items, std::void_t<decltype(std::declval<Writer&>().segment(std::declval<Items>()))>> : std::true_type {};

// Containers without a name would be gone before the writer reads them.
static_assert(CanLend<const std::vector<double>&>::value && CanLend<std::array<float, 2>&>::value);
static_assert(CanLend<Span<const int>>::value && CanLend<Segment>::value && CanLend<Segment&>::value);
static_assert(!CanLend<std::vector<double>>::value && !CanLend<const std::vector<double>>::value);

static_assert(lmdb::dtype_of<double>() == Dtype::float64 && lmdb::dtype_of<float>() == Dtype::float32);
static_assert(lmdb::dtype_of<signed char>() == Dtype::int8 && lmdb::dtype_of<unsigned short>() == Dtype::uint16);
static_assert(lmdb::dtype_of<std::complex<float>>() == Dtype::complex64 && lmdb::dtype_of<lmdb::Half>() == Dtype::float16);
static_assert(lmdb::dtype_of<std::complex<double>>() == Dtype::complex128 && sizeof(lmdb::Half) == 2);
static_assert(lmdb::dtype_of<long long>() == Dtype::int64 && lmdb::dtype_of<std::size_t>() == Dtype::uint64);

class SegmentTest : public StoreTest {
protected:
    SegmentTest() {
        Writer writer;
        writer.map(4).key("values").segment(values).key("matrix").segment(values, {500, 2});
        writer.key("meta").map(1).key("ids").segment(Segment(Span(ids)).as_list());
        writer.key("when").segment(Segment(Span(times)).as_datetimes(Unit::millisecond));
        writer.put(store, "d");
    }

    const std::vector<double> values = std::vector<double>(1000, 0.25);
    const std::vector<std::int32_t> ids = {7, -7, std::numeric_limits<std::int32_t>::max()};
    const std::vector<std::int64_t> times = {1700000000123};
};

}  // namespace

TEST_F(SegmentTest, HalvesAndComplexNumbersLieInThePayload) {
    const std::vector<lmdb::Half> halves = {{0x3e00}, {0xc000}};
    const std::vector<std::complex<float>> singles = {{1.5F, -2}, {0, 0.25F}};
    const std::vector<std::complex<double>> doubles = {{1.5, -2}, {0, 0.25}, {3, 4}, {5, 6}};
    Writer().map(3).key("h").segment(halves).key("f").segment(singles).key("d").segment(doubles, {2, 2}).put(store, "c");
    const lmdb::View view = store.view("c");
    const Document doc = view.document();
    const auto in_place = [&](const auto& expected, const lmdb::Node& node) {
        using Item = typename std::decay_t<decltype(expected)>::value_type;
        const Span<const Item> found = node.span<Item>();
        EXPECT_EQ(std::vector<Item>(found.begin(), found.end()), expected);
        EXPECT_GE(reinterpret_cast<const std::byte*>(found.begin()), view.span().begin());
        EXPECT_LE(reinterpret_cast<const std::byte*>(found.end()), view.span().end());
        EXPECT_EQ(reinterpret_cast<std::uintptr_t>(found.data()) % 64, 0u);
    };
    in_place(halves, doc["h"]);
    in_place(singles, doc["f"]);
    in_place(doubles, doc["d"]);
    EXPECT_EQ(doc["d"].shape(), (std::vector<std::size_t>{2, 2}));
    const lmdb::Numbers numbers = lmdb::Numbers::of(doc["h"]);
    EXPECT_EQ(std::vector<double>(numbers.span().begin(), numbers.span().end()), (std::vector<double>{1.5, -2}));
    EXPECT_TRUE(contains(message_of<lmdb::InvalidArgumentError>([&] { lmdb::Numbers::of(doc["f"]); }),
                         "an array of complex64 with shape [2], not a number"));
    EXPECT_TRUE(contains(message_of<lmdb::InvalidArgumentError>([&] { doc["d"].span<double>(); }),
                         "holds complex128, not float64"));
    EXPECT_TRUE(contains(message_of<lmdb::InvalidArgumentError>([&] { doc["h"].span<std::uint16_t>(); }),
                         "holds float16, not uint16"));
}

TEST_F(SegmentTest, SpansLieInThePayload) {
    const lmdb::View view = store.view("d");
    const Document doc = view.document();
    doc.validate();
    const Span<const double> span = doc["values"].span<double>();
    EXPECT_EQ(std::vector<double>(span.begin(), span.end()), values);
    EXPECT_GE(reinterpret_cast<const std::byte*>(span.begin()), view.span().begin());
    EXPECT_LE(reinterpret_cast<const std::byte*>(span.end()), view.span().end());
    EXPECT_EQ(reinterpret_cast<std::uintptr_t>(span.data()) % 64, 0u);
    EXPECT_EQ(doc["values"].shape(), std::vector<std::size_t>{1000});
    EXPECT_EQ(doc["matrix"].shape(), (std::vector<std::size_t>{500, 2}));
    EXPECT_EQ(doc["matrix"].size(), 1000u);
    EXPECT_EQ(doc["meta"]["ids"].span<std::int32_t>()[2], ids[2]);
}

TEST_F(SegmentTest, SegmentsTellWhatTheyAre) {
    const lmdb::View view = store.view("d");
    const Document doc = view.document();
    EXPECT_TRUE(doc["values"].is_segment());
    EXPECT_FALSE(doc["meta"].is_segment());
    EXPECT_EQ(doc["values"].dtype(), Dtype::float64);
    const Segment ids_read = doc["meta"]["ids"].segment();
    EXPECT_EQ(ids_read.dtype(), Dtype::int32);
    EXPECT_TRUE(ids_read.is_list());
    EXPECT_FALSE(ids_read.is_scalar());
    EXPECT_EQ(ids_read.item_size(), 4u);
    EXPECT_EQ(ids_read.bytes().size(), 12u);
    const Segment when = doc["when"].segment();
    EXPECT_EQ(when.dtype(), Dtype::datetime64);
    EXPECT_EQ(when.unit(), Unit::millisecond);
    EXPECT_EQ(when.span<std::int64_t>()[0], times[0]);
}

TEST_F(SegmentTest, AnotherTypeIsRefused) {
    const lmdb::View view = store.view("d");
    const Document doc = view.document();
    EXPECT_TRUE(contains(message_of<lmdb::InvalidArgumentError>([&] { doc["values"].span<float>(); }),
                         "holds float64, not float32"));
    EXPECT_THROW(doc["values"].span<std::int64_t>(), lmdb::InvalidArgumentError);
    EXPECT_THROW(doc["meta"]["ids"].span<std::uint32_t>(), lmdb::InvalidArgumentError);
    EXPECT_THROW(doc["when"].span<double>(), lmdb::InvalidArgumentError);
    EXPECT_THROW(doc["meta"].span<double>(), lmdb::InvalidArgumentError);
    EXPECT_THROW(doc["meta"].segment(), lmdb::InvalidArgumentError);
    EXPECT_THROW(doc["values"].number(), lmdb::InvalidArgumentError);
}

TEST_F(SegmentTest, NumbersAreConverted) {
    const lmdb::View view = store.view("d");
    const Document doc = view.document();
    EXPECT_EQ(doc["meta"]["ids"].numbers(), (std::vector<double>{7, -7, 2147483647}));
    EXPECT_EQ(doc["matrix"].numbers(), values);
}

TEST_F(SegmentTest, SpansOutliveViewAndEntryButNotTheDocument) {
    lmdb::View view = store.view("d");
    const Document doc = view.document();
    const Span<const double> span = doc["values"].span<double>();
    view.close();
    store.erase("d");
    store.close();
    EXPECT_EQ(span[999], 0.25);
}

template <class T>
class SegmentItems : public StoreTest {};
using Items = testing::Types<std::int8_t, std::uint8_t, std::int16_t, std::uint16_t, std::int32_t, std::uint32_t,
                             std::int64_t, std::uint64_t, float, double>;
TYPED_TEST_SUITE(SegmentItems, Items);

TYPED_TEST(SegmentItems, OfAnyPositionAndSizeAreAligned) {
    for (std::size_t before = 0; before < 70; before += 3) {
        std::vector<TypeParam> items(before % 7);
        for (std::size_t i = 0; i < items.size(); ++i) {
            items[i] = i == 0 ? std::numeric_limits<TypeParam>::lowest() : std::numeric_limits<TypeParam>::max();
        }
        Writer writer;
        writer.array(2).string(std::string(before, 'x')).segment(items);
        writer.put(this->store, "d");
        const lmdb::View view = this->store.view("d");
        const Document doc = view.document();
        const Span<const TypeParam> span = doc[std::size_t{1}].template span<TypeParam>();
        EXPECT_EQ(std::vector<TypeParam>(span.begin(), span.end()), items);
        EXPECT_EQ(static_cast<std::size_t>(reinterpret_cast<const std::byte*>(span.data()) - view.span().data()) % 64,
                  0u);
    }
}

TEST(Segments, AreBorrowedUntilTheyArePut) {
    Writer writer;
    const std::vector<double> values(100, 1.5);
    const std::vector<std::int16_t> more(9, -3);
    writer.array(2).segment(values).segment(more);
    std::vector<std::byte> joined;
    bool lent = false;
    for (const lmdb::Bytes part : writer.parts()) {
        joined.insert(joined.end(), part.begin(), part.end());
        lent = lent || part.data() == lmdb::as_bytes(values).data();
    }
    EXPECT_TRUE(lent);
    const lmdb::Bytes data = writer.data();
    EXPECT_EQ(joined, std::vector<std::byte>(data.begin(), data.end()));
    writer.reset();
    EXPECT_EQ(writer.nil().data().size(), 1u);
}

TEST(Segments, ReadOnesAreWrittenAgain) {
    const std::vector<std::uint8_t> flags = {0, 1, 1};
    const std::int64_t span = -5;
    Writer first;
    first.array(2).segment(Segment(Span(flags)).as_booleans());
    first.segment(Segment(Span(&span, 1), {}).as_timedeltas(Unit::day).as_scalar());
    const Document doc = Document::over(first.data());
    EXPECT_EQ(doc[std::size_t{0}].dtype(), Dtype::boolean);
    EXPECT_EQ(doc[std::size_t{0}].span<std::uint8_t>()[2], 1);
    EXPECT_TRUE(doc[std::size_t{1}].segment().is_scalar());
    EXPECT_TRUE(doc[std::size_t{1}].shape().empty());
    Writer second;
    second.array(2).segment(doc[std::size_t{0}].segment()).segment(doc[std::size_t{1}].segment());
    const lmdb::Bytes a = first.data();
    const lmdb::Bytes b = second.data();
    EXPECT_TRUE(std::equal(a.begin(), a.end(), b.begin(), b.end()));
}

TEST(Segments, ShapesMustHoldTheirItems) {
    const std::vector<double> values(6);
    const Span<const double> span(values);
    EXPECT_TRUE(contains(message_of<lmdb::InvalidArgumentError>([&] { Segment(span, {2, 4}); }), "8 items for 6"));
    EXPECT_THROW(Segment(span, std::vector<std::size_t>{}), lmdb::InvalidArgumentError);
    EXPECT_THROW(Segment(span, std::vector<std::size_t>(33, 1)), lmdb::InvalidArgumentError);
    EXPECT_THROW(Segment(span, {std::numeric_limits<std::size_t>::max(), 6}), lmdb::InvalidArgumentError);
    EXPECT_NO_THROW(Segment(span.subspan(0, 0), {3, 0}));
    EXPECT_NO_THROW(Segment(span.subspan(0, 1), std::vector<std::size_t>(32, 1)));
    EXPECT_THROW(Segment(span).as_datetimes(Unit::second), lmdb::InvalidArgumentError);
    EXPECT_THROW(Segment(span).as_booleans(), lmdb::InvalidArgumentError);
}

TEST(Segments, WhatTheEngineRefusesIsThrown) {
    const std::vector<double> values(6);
    Writer writer;
    EXPECT_THROW(writer.segment(Segment(Span(values)).as_scalar()), lmdb::InvalidArgumentError);
    writer.reset();
    writer.map(1);
    EXPECT_THROW(writer.segment(values), lmdb::InvalidArgumentError);
}

TEST(Segments, BytesThatDoNotSuitTheItemsAreNamed) {
    const std::vector<double> values = {1, 2, 3};
    Writer writer;
    writer.segment(values);
    const lmdb::Bytes sound = writer.data();
    std::vector<std::byte> shifted(sound.size() + 1);
    std::copy(sound.begin(), sound.end(), shifted.begin() + 1);
    const Document unaligned = Document::over(lmdb::Bytes(shifted.data() + 1, sound.size()));
    EXPECT_THROW(unaligned.root().span<double>(), lmdb::InvalidArgumentError);
    EXPECT_EQ(unaligned.root().numbers(), values);

    std::vector<std::byte> damaged(sound.begin(), sound.end());
    damaged[6] = std::byte{9};
    const Document corrupt = Document::over(damaged);
    EXPECT_TRUE(contains(message_of<lmdb::CorruptError>([&] { corrupt.root().span<double>(); }), "6"));
    EXPECT_THROW(corrupt.validate(), lmdb::CorruptError);
}
