#include "support.hpp"

#include <nlohmann/json.hpp>

#include <cmath>
#include <limits>
#include <random>
#include <type_traits>
#include <utility>

using lmdb::Document;
using lmdb::Node;
using lmdb::Type;
using lmdb::Writer;

namespace {

template <class T, class = void>
struct CanRoot : std::false_type {};
template <class T>
struct CanRoot<T, std::void_t<decltype(std::declval<T>().root())>> : std::true_type {};

template <class T, class = void>
struct CanIndex : std::false_type {};
template <class T>
struct CanIndex<T, std::void_t<decltype(std::declval<T>()["key"])>> : std::true_type {};

static_assert(CanRoot<const Document&>::value && !CanRoot<Document>::value);
static_assert(CanIndex<const Document&>::value && !CanIndex<Document>::value);
static_assert(std::is_nothrow_move_constructible_v<Document> && !std::is_copy_constructible_v<Document>);

/// {"values": [1.5, 2, -3], "meta": {"name": "flights", "tags": ["a", "b"]}, "on": true, "none": nil,
///  "big": 2^64 - 1, "blob": 00 ff}
void write_sample(Writer& writer) {
    const std::byte blob[] = {std::byte{0}, std::byte{0xff}};
    writer.map(6).key("values").array(3).number(1.5).int64(2).int64(-3);
    writer.key("meta").map(2).key("name").string("flights").key("tags").array(2).string("a").string("b");
    writer.key("on").boolean(true).key("none").nil();
    writer.key("big").uint64(std::numeric_limits<std::uint64_t>::max());
    writer.key("blob").bytes(lmdb::Bytes(blob, 2));
}

class DocumentTest : public StoreTest {
protected:
    DocumentTest() {
        Writer writer;
        write_sample(writer);
        writer.put(store, "d");
    }
};

}  // namespace

TEST_F(DocumentTest, ValuesAreReadInPlace) {
    const lmdb::View view = store.view("d");
    EXPECT_EQ(view.format(), lmdb::Format::msgpack);
    const Document doc = view.document();
    doc.validate();
    EXPECT_EQ(doc["values"].numbers(), (std::vector<double>{1.5, 2, -3}));
    EXPECT_EQ(doc["values"][1].int64(), 2);
    EXPECT_EQ(doc["values"][1].number(), 2.0);
    EXPECT_EQ(doc["meta"]["name"].string(), "flights");
    EXPECT_TRUE(doc["on"].boolean());
    EXPECT_TRUE(doc["none"].is_nil());
    EXPECT_EQ(doc["big"].uint64(), std::numeric_limits<std::uint64_t>::max());
    EXPECT_EQ(doc["blob"].bytes()[1], std::byte{0xff});
    EXPECT_EQ(doc["meta"]["tags"].size(), 2u);
    EXPECT_EQ(doc.find("meta.tags.1")->string(), "b");
    const std::string_view name = doc["meta"]["name"].string();
    EXPECT_GE(reinterpret_cast<const std::byte*>(name.data()), view.span().begin());
    EXPECT_LT(reinterpret_cast<const std::byte*>(name.data()), view.span().end());
}

TEST_F(DocumentTest, TypesAreTold) {
    const lmdb::View view = store.view("d");
    const Document doc = view.document();
    EXPECT_EQ(doc.root().type(), Type::map);
    EXPECT_EQ(doc["values"].type(), Type::array);
    EXPECT_EQ(doc["values"][0].type(), Type::floating);
    EXPECT_EQ(doc["values"][1].type(), Type::integer);
    EXPECT_EQ(doc["on"].type(), Type::boolean);
    EXPECT_EQ(doc["none"].type(), Type::nil);
    EXPECT_EQ(doc["blob"].type(), Type::bytes);
    EXPECT_EQ(doc["meta"]["name"].type(), Type::string);
}

TEST_F(DocumentTest, MapsAndArraysAreIterated) {
    const lmdb::View view = store.view("d");
    const Document doc = view.document();
    std::string keys;
    for (const auto& [key, value] : doc.root().items()) {
        keys += std::string(key.string()) + (value.type() == Type::map ? "{} " : " ");
    }
    EXPECT_EQ(keys, "values meta{} on none big blob ");
    double sum = 0;
    for (const lmdb::Item item : doc["values"].items()) {
        sum += item.value.number();
        EXPECT_EQ(item.key.number(), item.value.number());
    }
    EXPECT_EQ(sum, 0.5);
}

TEST_F(DocumentTest, WhatIsNotThereIsNamed) {
    const lmdb::View view = store.view("d");
    const Document doc = view.document();
    EXPECT_FALSE(doc.find("meta.size"));
    EXPECT_FALSE(doc.root().get("meta.name"));
    EXPECT_TRUE(contains(message_of<lmdb::NotFoundError>([&] { doc["absent"]; }), "absent"));
    EXPECT_THROW(doc["values"][std::size_t{3}], lmdb::NotFoundError);
}

TEST_F(DocumentTest, AnotherTypeIsRefused) {
    const lmdb::View view = store.view("d");
    const Document doc = view.document();
    EXPECT_THROW(doc["meta"].number(), lmdb::InvalidArgumentError);
    EXPECT_THROW(doc["values"].string(), lmdb::InvalidArgumentError);
    EXPECT_THROW(doc["meta"]["tags"].numbers(), lmdb::InvalidArgumentError);
    EXPECT_THROW(doc["big"].int64(), lmdb::InvalidArgumentError);
    EXPECT_THROW(doc["values"]["key"], lmdb::InvalidArgumentError);
    EXPECT_THROW(doc["on"].items().begin(), lmdb::InvalidArgumentError);
}

TEST_F(DocumentTest, DocumentKeepsThePayloadAfterItsViewAndEntry) {
    lmdb::View view = store.view("d");
    const Document doc = view.document();
    view.close();
    store.erase("d");
    store.close();
    EXPECT_EQ(doc["meta"]["name"].string(), "flights");
}

TEST_F(DocumentTest, MovedDocumentReads) {
    const lmdb::View view = store.view("d");
    Document doc = view.document();
    const Document moved = std::move(doc);
    EXPECT_TRUE(moved["on"].boolean());
    EXPECT_THROW(doc["on"], lmdb::InvalidArgumentError);
}

TEST(Document, ReadsBytesOfTheCallers) {
    const unsigned char bytes[] = {0x82, 0xa1, 'a', 0x01, 0xa1, 'b', 0x93, 0x01, 0xcb,
                                   0x40, 0x04, 0,   0,    0,    0,   0,    0,    0xff};
    const Document doc = Document::over(lmdb::as_bytes(lmdb::Span<const unsigned char>(bytes)));
    EXPECT_EQ(doc["a"].int64(), 1);
    EXPECT_EQ(doc["b"].numbers(), (std::vector<double>{1, 2.5, -1}));
}

TEST(Document, DamagedBytesAreCorruptWithThePosition) {
    const unsigned char bytes[] = {0x81, 0xa1, 'a', 0xcb, 0x40};
    const Document doc = Document::over(lmdb::as_bytes(lmdb::Span<const unsigned char>(bytes)));
    EXPECT_TRUE(contains(message_of<lmdb::CorruptError>([&] { doc["a"].number(); }), "3"));
    EXPECT_THROW(doc.validate(), lmdb::CorruptError);
}

TEST(Document, Mutated5000TimesWithSeed11ThrowsOrReads) {
    const std::vector<std::int32_t> segment = {1, 2, 3, 4, 5, 6};
    Writer writer;
    writer.map(2).key("s").segment(segment, {2, 3}).key("a");
    write_sample(writer);
    const lmdb::Bytes sound = writer.data();
    std::mt19937 random(11);
    for (int round = 0; round < 5000; ++round) {
        std::vector<std::byte> bytes(sound.begin(), sound.begin() + random() % sound.size() + 1);
        bytes[random() % bytes.size()] = static_cast<std::byte>(random() & 0xff);
        const Document doc = Document::over(bytes);
        try {
            for (const auto& [key, value] : doc.root().items()) {
                key.string();
                lmdb::Numbers::of(value);
            }
        } catch (const lmdb::Error&) {
        }
    }
}

TEST(Writer, EncodingsAreTheNarrowest) {
    Writer writer;
    writer.array(6).int64(127).int64(-32).int64(128).number(1.0).string("é").boolean(false);
    const unsigned char expected[] = {0x96, 0x7f, 0xe0, 0xcc, 0x80, 0xcb, 0x3f, 0xf0, 0, 0, 0, 0, 0, 0,
                                      0xa2, 0xc3, 0xa9, 0xc2};
    const lmdb::Bytes bytes = writer.data();
    ASSERT_EQ(bytes.size(), sizeof(expected));
    EXPECT_EQ(std::memcmp(bytes.data(), expected, sizeof(expected)), 0);
}

TEST(Writer, WholeArraysOfNumbers) {
    Writer writer;
    const std::vector<double> doubles = {0.5, -1};
    const std::vector<std::int64_t> ints = {1, -100000};
    writer.array(2).doubles(doubles).int64s(ints);
    const Document doc = Document::over(writer.data());
    EXPECT_EQ(doc[std::size_t{0}].numbers(), doubles);
    EXPECT_EQ(doc[std::size_t{1}][std::size_t{1}].int64(), -100000);
}

TEST(Writer, StructureIsChecked) {
    Writer writer;
    writer.map(2).key("a").nil();
    EXPECT_THROW(writer.data(), lmdb::InvalidArgumentError);
    writer.key("b").nil();
    EXPECT_NO_THROW(writer.data());
    EXPECT_THROW(writer.nil(), lmdb::InvalidArgumentError);
    writer.reset();
    EXPECT_THROW(writer.data(), lmdb::InvalidArgumentError);
    EXPECT_NO_THROW(writer.string("anew").data());
}

TEST_F(StoreTest, AnotherLibraryUnpacksADocumentWithSegments) {
    const std::vector<double> values = {1.5, -2.5, 1e300};
    const std::vector<std::int16_t> small = {-1, 2};
    lmdb::Writer writer;
    writer.map(3).key("values").segment(values).key("rows").array(2).segment(small, {1, 2}).string("x");
    writer.key("after").int64(7);
    writer.put(store, "k");
    const lmdb::View view = store.view("k");
    const lmdb::Bytes payload = view.span();

    // Strict: the value ends where the payload does.
    const auto* first = reinterpret_cast<const std::uint8_t*>(payload.data());
    const nlohmann::json read = nlohmann::json::from_msgpack(first, first + payload.size(), true);
    EXPECT_EQ(read["after"], 7);
    EXPECT_EQ(read["rows"][1], "x");
    const auto body_ends_with = [](const nlohmann::json& extension, const void* data, std::size_t size) {
        const auto& body = extension.get_binary();
        return body.has_subtype() && body.subtype() == DY_LMDB_SEGMENT_EXTENSION && body.size() > size &&
               std::memcmp(body.data() + body.size() - size, data, size) == 0;
    };
    EXPECT_TRUE(body_ends_with(read["values"], values.data(), values.size() * sizeof(double)));
    EXPECT_TRUE(body_ends_with(read["rows"][0], small.data(), small.size() * sizeof(std::int16_t)));
    EXPECT_THROW(nlohmann::json::from_msgpack(first, first + payload.size() - 1, true), nlohmann::json::exception);
}

TEST_F(StoreTest, ValuesOfADocumentAreWrittenOnceMore) {
    const std::vector<float> items = {1.5f, -2.5f};
    lmdb::Writer first;
    first.map(6).key("nil").nil().key("bool").boolean(true).key("ints").array(3);
    first.int64(-7).int64(1).uint64(std::numeric_limits<std::uint64_t>::max());
    first.key("float").number(0.1).key("bytes").bytes(lmdb::as_bytes(std::string_view("raw")));
    first.key("deep").array(1).map(1).key("list").segment(lmdb::Segment(lmdb::Span(items), {2, 1}).as_list());
    const Document document = Document::over(first.data());
    lmdb::Writer second;
    second.value(document.root());
    const lmdb::Bytes before = first.data();
    const lmdb::Bytes after = second.data();
    EXPECT_TRUE(std::equal(before.begin(), before.end(), after.begin(), after.end()));
}

TEST(Document, ExtensionsAreNotWrittenOnceMore) {
    const unsigned char bytes[] = {0x91, 0xd4, 5, 0};
    const Document document = Document::over(lmdb::as_bytes(lmdb::Span<const unsigned char>(bytes)));
    lmdb::Writer writer;
    EXPECT_TRUE(contains(message_of<lmdb::InvalidArgumentError>([&] { writer.value(document.root()); }), "byte 1"));
}
