#include "support.hpp"

#include <numeric>
#include <type_traits>
#include <utility>

namespace {

template <class T, class = void>
struct CanSpan : std::false_type {};
template <class T>
struct CanSpan<T, std::void_t<decltype(std::declval<T>().span())>> : std::true_type {};

template <class T, class = void>
struct CanSpanDoubles : std::false_type {};
template <class T>
struct CanSpanDoubles<T, std::void_t<decltype(std::declval<T>().template span<double>())>> : std::true_type {};

template <class T, class = void>
struct CanArray : std::false_type {};
template <class T>
struct CanArray<T, std::void_t<decltype(std::declval<T>().array())>> : std::true_type {};

template <class T, class = void>
struct CanDocument : std::false_type {};
template <class T>
struct CanDocument<T, std::void_t<decltype(std::declval<T>().document())>> : std::true_type {};

using lmdb::View;
static_assert(CanSpan<View&>::value && CanSpan<const View&>::value);
static_assert(!CanSpan<View>::value && !CanSpan<const View>::value);
static_assert(CanSpanDoubles<const View&>::value && !CanSpanDoubles<View>::value);
static_assert(CanArray<const View&>::value && !CanArray<View>::value);
static_assert(CanDocument<const View&>::value && !CanDocument<View>::value);
static_assert(std::is_nothrow_move_constructible_v<View> && !std::is_copy_constructible_v<View>);

std::vector<double> counted(std::size_t count) {
    std::vector<double> values(count);
    std::iota(values.begin(), values.end(), 0.5);
    return values;
}

}  // namespace

TEST_F(StoreTest, NumpyPayloadIsASpanInPlace) {
    for (const std::size_t count : {0, 1, 12, 1000, 300000}) {
        const std::vector<double> values = counted(count);
        store.put_array("a", lmdb::Span<const double>(values));
        const View view = store.view("a");
        EXPECT_EQ(view.format(), lmdb::Format::numpy);
        const lmdb::Span<const double> span = view.span<double>();
        EXPECT_TRUE(std::equal(span.begin(), span.end(), values.begin(), values.end())) << count << " doubles";
        EXPECT_GE(reinterpret_cast<const std::byte*>(span.data()), view.span().begin());
        EXPECT_LE(reinterpret_cast<const std::byte*>(span.end()), view.span().end());
    }
}

TEST_F(StoreTest, ArraysCarryShapeAndDtype) {
    const std::vector<std::int32_t> values = {1, 2, 3, 4, 5, 6};
    const std::vector<std::size_t> shape = {3, 2};
    store.put_array("a", lmdb::Span<const std::int32_t>(values), shape);
    const View view = store.view("a");
    EXPECT_EQ(view.array().shape(), shape);
    EXPECT_EQ(view.array().descr(), "<i4");
    const std::string message = message_of<lmdb::InvalidArgumentError>([&] { view.span<double>(); });
    EXPECT_TRUE(contains(message, "entry 'a'"));
    EXPECT_TRUE(contains(message, "<i4"));
}

TEST_F(StoreTest, PayloadsOver2KbAreAlignedTo64Bytes) {
    for (std::size_t count = 256; count < 20000; count = count * 5 / 4 + 1) {
        store.put("r", lmdb::as_bytes(counted(count)));
        const View view = store.view("r");
        EXPECT_EQ(reinterpret_cast<std::uintptr_t>(view.span().data()) % 64, 0u) << count * 8 << " bytes";
    }
}

TEST_F(StoreTest, RawPayloadIsASpanOfAnyType) {
    store.put("r", lmdb::as_bytes(counted(500)));
    const View view = store.view("r");
    EXPECT_EQ(view.span<double>()[499], 499.5);
    EXPECT_EQ(view.span<float>().size(), 1000u);
    EXPECT_EQ(view.span<std::uint8_t>().size(), 4000u);
}

TEST_F(StoreTest, RawPayloadThatDoesNotDivideIsRefused) {
    store.put("r", lmdb::as_bytes("123456789"));
    const View view = store.view("r");
    EXPECT_TRUE(contains(message_of<lmdb::InvalidArgumentError>([&] { view.span<double>(); }), "9 bytes"));
}

TEST_F(StoreTest, OtherFormatsHaveNoElements) {
    store.put("j", lmdb::as_bytes("{\"a\": 1}"), lmdb::PutOptions(lmdb::Format::json));
    const View view = store.view("j");
    EXPECT_TRUE(contains(message_of<lmdb::InvalidArgumentError>([&] { view.span<double>(); }), "json"));
    EXPECT_TRUE(contains(message_of<lmdb::InvalidArgumentError>([&] { view.array(); }), "numpy"));
    EXPECT_TRUE(contains(message_of<lmdb::InvalidArgumentError>([&] { view.document(); }), "msgpack"));
    EXPECT_EQ(view.span().size(), 8u);
}

TEST_F(StoreTest, DamagedArrayNamesItsKey) {
    store.put("broken", lmdb::as_bytes("no array"), lmdb::PutOptions(lmdb::Format::numpy));
    const View view = store.view("broken");
    EXPECT_TRUE(contains(message_of<lmdb::CorruptError>([&] { view.span<double>(); }), "broken"));
}

TEST_F(StoreTest, ViewOutlivesEraseReplacementAndStore) {
    const std::vector<double> values = counted(100000);
    store.put_array("a", lmdb::Span<const double>(values));
    const View view = store.view("a");
    const lmdb::Span<const double> span = view.span<double>();
    store.put_array("a", lmdb::Span<const double>(counted(100000)));
    store.erase("a");
    for (int i = 0; i < 50; ++i) {
        store.put("other", lmdb::as_bytes(std::string(800000, static_cast<char>(i))));
    }
    store.close();
    EXPECT_TRUE(std::equal(span.begin(), span.end(), values.begin(), values.end()));
    EXPECT_EQ(view.key(), "a");
}

TEST_F(StoreTest, MovedViewKeepsItsSpans) {
    store.put("r", lmdb::as_bytes(counted(1000)));
    View view = store.view("r");
    const lmdb::Span<const double> span = view.span<double>();
    const View moved = std::move(view);
    EXPECT_EQ(moved.span<double>().data(), span.data());
    EXPECT_EQ(span[999], 999.5);
    EXPECT_THROW(view.span(), lmdb::ClosedError);
}

TEST_F(StoreTest, ClosedViewRefuses) {
    store.put("r", lmdb::as_bytes("x"));
    View view = store.view("r");
    view.close();
    view.close();
    EXPECT_FALSE(view);
    EXPECT_THROW(view.span(), lmdb::ClosedError);
    EXPECT_THROW(view.key(), lmdb::ClosedError);
    EXPECT_THROW(view.verify(), lmdb::ClosedError);
    EXPECT_THROW(View().info(), lmdb::ClosedError);
}

TEST_F(StoreTest, WritingThroughAViewFaults) {
    store.put("r", lmdb::as_bytes(counted(1000)));
    const View view = store.view("r");
    auto* stray = const_cast<double*>(view.span<double>().data());
    EXPECT_EXIT(*stray = 1.0, testing::KilledBySignal(SIGSEGV), "");
}
