// Where payloads and spans lie: aligned for what is in them, however they came into the store.
#include "support.hpp"

#include <random>

namespace {

bool lies_at(const void* place, std::size_t alignment) {
    return reinterpret_cast<std::uintptr_t>(place) % alignment == 0;
}

/// Small ones, those around a record's, a page's and 64 KiB's ends, and random ones up to 1 MB.
std::vector<std::size_t> sizes() {
    std::vector<std::size_t> out;
    for (std::size_t size = 0; size < 70; ++size) {
        out.push_back(size);
    }
    for (const std::size_t border : {1800u, 2048u, 4032u, 4096u, 8192u, 65472u, 65536u}) {
        for (std::size_t size = border - 2; size < border + 3; ++size) {
            out.push_back(size);
        }
    }
    std::mt19937 random(68);
    for (int i = 0; i < 50; ++i) {
        out.push_back(random() % (1u << 20));
    }
    return out;
}

template <class T>
class TypedSpans : public StoreTest {};
using Types = testing::Types<std::int8_t, std::uint8_t, std::int16_t, std::uint16_t, std::int32_t, std::uint32_t,
                             std::int64_t, std::uint64_t, float, double>;
TYPED_TEST_SUITE(TypedSpans, Types);

}  // namespace

TEST_F(StoreTest, PayloadsOfEverySizeLieAt64) {
    for (const std::size_t size : sizes()) {
        const std::vector<std::byte> payload(size, std::byte{7});
        store.put("put", lmdb::Bytes(payload));
        lmdb::Loan loan = store.loan(size);
        EXPECT_TRUE(lies_at(loan.span().data(), 64)) << size;
        std::memset(loan.span().data(), 7, size);
        loan.publish("whole");
        lmdb::Loan longer = store.loan(2 * size + 1);
        std::memset(longer.span().data(), 7, size);
        longer.publish("shrunk", {}, size);
        for (const char* key : {"put", "whole", "shrunk"}) {
            const lmdb::View view = store.view(key);
            EXPECT_EQ(view.span().size(), size) << key;
            EXPECT_TRUE(lies_at(view.span().data(), 64)) << key << " of " << size;
            EXPECT_TRUE(std::equal(payload.begin(), payload.end(), view.span().begin())) << key << " of " << size;
        }
    }
}

TYPED_TEST(TypedSpans, AreAlignedInDocumentsOfManySegments) {
    for (const std::size_t count : {0u, 1u, 3u, 7u, 64u, 1000u, 50000u}) {
        const std::vector<TypeParam> items(count, TypeParam{5});
        const std::vector<std::uint8_t> odd(count % 13 + 1);
        lmdb::Writer writer;
        writer.array(60);
        for (int i = 0; i < 20; ++i) {
            writer.string(std::string(static_cast<std::size_t>(i), 'x')).segment(odd).segment(items);
        }
        writer.put(this->store, "document");
        const lmdb::View view = this->store.view("document");
        const lmdb::Document document = view.document();
        for (const auto item : document.root().items()) {
            if (!item.value.is_segment() || item.value.dtype() != lmdb::dtype_of<TypeParam>()) {
                continue;
            }
            const auto bytes = item.value.segment().bytes();
            EXPECT_TRUE(lies_at(bytes.data(), alignof(TypeParam)) && lies_at(bytes.data(), 64)) << count;
            EXPECT_TRUE(bytes.data() >= view.span().data() &&
                        bytes.data() + bytes.size() <= view.span().data() + view.span().size());
        }
        EXPECT_EQ(document[std::size_t{59}].template span<TypeParam>().size(), count);
    }
}

TYPED_TEST(TypedSpans, AreAlignedInNumpyAndRawPayloads) {
    for (const std::size_t count : {1u, 2u, 3u, 100u, 1000u, 30001u}) {
        const std::vector<TypeParam> items(count, TypeParam{3});
        this->store.put_array("numpy", lmdb::Span<const TypeParam>(items));
        lmdb::PutOptions raw;
        raw.format = lmdb::Format::raw;
        this->store.put("raw", lmdb::as_bytes(lmdb::Span<const TypeParam>(items)), raw);
        for (const char* key : {"numpy", "raw"}) {
            const lmdb::View view = this->store.view(key);
            const lmdb::Span<const TypeParam> span = view.span<TypeParam>();
            EXPECT_EQ(span.size(), count) << key;
            EXPECT_TRUE(lies_at(span.data(), 64)) << key << " of " << count;
        }
    }
}
