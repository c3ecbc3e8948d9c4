// The golden documents of tests/fixtures: read as their JSON says, and written from it byte for byte.
#include "support.hpp"

#include <nlohmann/json.hpp>

#include <cstdlib>
#include <deque>
#include <fstream>
#include <iterator>
#include <memory>

using Json = nlohmann::ordered_json;
using lmdb::Bytes;
using lmdb::Dtype;
using lmdb::Segment;
using lmdb::Span;

namespace {

const std::filesystem::path folder = DY_LMDB_FIXTURES "/documents";
/// Exact values of Python's, with the plain values beside them.
const std::filesystem::path exact_folder = DY_LMDB_FIXTURES "/exact";
/// Tables, with the plain values that they are to who knows none.
const std::filesystem::path tables_folder = DY_LMDB_FIXTURES "/tables";

std::vector<char> contents(const std::filesystem::path& path) {
    std::ifstream file(path, std::ios::binary);
    return std::vector<char>(std::istreambuf_iterator<char>(file), {});
}

std::string hex(Bytes bytes) {
    std::string out;
    for (const std::byte byte : bytes) {
        out += "0123456789abcdef"[std::to_integer<int>(byte) >> 4];
        out += "0123456789abcdef"[std::to_integer<int>(byte) & 15];
    }
    return out;
}

Json integer(const lmdb::Node& node) {
    try {
        return node.int64();
    } catch (const lmdb::InvalidArgumentError&) {
        return node.uint64();
    }
}

Json read(const lmdb::Node& node) {
    switch (node.type()) {
    case lmdb::Type::nil: return nullptr;
    case lmdb::Type::boolean: return node.boolean();
    case lmdb::Type::integer: return integer(node);
    case lmdb::Type::floating: return node.number();
    case lmdb::Type::string: return node.string();
    case lmdb::Type::bytes: return {{"$bytes", hex(node.bytes())}};
    case lmdb::Type::segment: {
        const Segment segment = node.segment();
        return {{"$segment",
                 {{"dtype", static_cast<std::uint32_t>(segment.dtype())},
                  {"unit", static_cast<std::uint32_t>(segment.unit())},
                  {"flags", (segment.is_list() ? 1 : 0) | (segment.is_scalar() ? 2 : 0)},
                  {"shape", Json(segment.shape())},
                  {"data", hex(segment.bytes())}}}};
    }
    case lmdb::Type::array: {
        Json out = Json::array();
        for (const lmdb::Item item : node.items()) {
            out.push_back(read(item.value));
        }
        return out;
    }
    case lmdb::Type::map: {
        Json out = Json::object();
        for (const lmdb::Item item : node.items()) {
            out[std::string(item.key.string())] = read(item.value);
        }
        return out;
    }
    case lmdb::Type::extension: break;
    }
    throw std::runtime_error("an extension in a golden document");
}

/// Writes what JSON tells; owns the items while the writer borrows them.
class Rewriter {
public:
    void write(const Json& value) {
        if (value.is_object() && value.contains("$bytes")) {
            writer.bytes(bytes_of(value["$bytes"]));
        } else if (value.is_object() && value.contains("$segment")) {
            writer.segment(segment_of(value["$segment"]));
        } else if (value.is_object()) {
            writer.map(value.size());
            for (const auto& [key, held] : value.items()) {
                writer.key(key);
                write(held);
            }
        } else if (value.is_array()) {
            writer.array(value.size());
            for (const Json& item : value) {
                write(item);
            }
        } else if (value.is_string()) {
            writer.string(value.get<std::string>());
        } else if (value.is_boolean()) {
            writer.boolean(value.get<bool>());
        } else if (value.is_number_float()) {
            writer.number(value.get<double>());
        } else if (value.is_number()) {
            writer.int64(value.get<std::int64_t>());
        } else {
            writer.nil();
        }
    }

    lmdb::Writer writer;

private:
    Bytes bytes_of(const std::string& digits) {
        // Of words, so that any item is aligned in them.
        std::vector<std::uint64_t>& words = kept_.emplace_back(digits.size() / 16 + 1);
        auto* bytes = reinterpret_cast<std::byte*>(words.data());
        for (std::size_t i = 0; i < digits.size() / 2; ++i) {
            bytes[i] = static_cast<std::byte>(std::stoi(digits.substr(2 * i, 2), nullptr, 16));
        }
        return Bytes(bytes, digits.size() / 2);
    }

    template <class T>
    Segment typed(const Json& told) {
        const Bytes bytes = bytes_of(told["data"]);
        return Segment(Span(reinterpret_cast<const T*>(bytes.data()), bytes.size() / sizeof(T)),
                       told["shape"].get<std::vector<std::size_t>>());
    }

    Segment of_dtype(const Json& told) {
        const auto unit = static_cast<lmdb::Unit>(told["unit"].get<std::uint32_t>());
        switch (static_cast<Dtype>(told["dtype"].get<std::uint32_t>())) {
        case Dtype::boolean: return typed<std::uint8_t>(told).as_booleans();
        case Dtype::int8: return typed<std::int8_t>(told);
        case Dtype::uint8: return typed<std::uint8_t>(told);
        case Dtype::int16: return typed<std::int16_t>(told);
        case Dtype::uint16: return typed<std::uint16_t>(told);
        case Dtype::int32: return typed<std::int32_t>(told);
        case Dtype::uint32: return typed<std::uint32_t>(told);
        case Dtype::int64: return typed<std::int64_t>(told);
        case Dtype::uint64: return typed<std::uint64_t>(told);
        case Dtype::float32: return typed<float>(told);
        case Dtype::float64: return typed<double>(told);
        case Dtype::datetime64: return typed<std::int64_t>(told).as_datetimes(unit);
        case Dtype::timedelta64: return typed<std::int64_t>(told).as_timedeltas(unit);
        case Dtype::float16: return typed<lmdb::Half>(told);
        case Dtype::complex64: return typed<std::complex<float>>(told);
        case Dtype::complex128: return typed<std::complex<double>>(told);
        }
        throw std::runtime_error("an unknown dtype in a golden document");
    }

    Segment segment_of(const Json& told) {
        const Segment segment = of_dtype(told);
        const int flags = told["flags"];
        return flags == 1 ? segment.as_list() : flags == 2 ? segment.as_scalar() : segment;
    }

    std::deque<std::vector<std::uint64_t>> kept_;
};

class Golden : public testing::TestWithParam<std::string> {};

Json told_by(const std::filesystem::path& path) {
    const std::vector<char> text = contents(path);
    return Json::parse(text.begin(), text.end());
}

std::vector<std::string> names(const std::filesystem::path& in) {
    std::vector<std::string> out;
    for (const auto& entry : std::filesystem::directory_iterator(in)) {
        if (entry.path().extension() == ".msgpack") {
            out.push_back(entry.path().stem().string());
        }
    }
    return out;
}

}  // namespace

TEST_P(Golden, IsReadAndWritten) {
    const std::vector<char> packed = contents(folder / (GetParam() + ".msgpack"));
    const Json told = told_by(folder / (GetParam() + ".json"));
    const lmdb::Document doc = lmdb::Document::over(lmdb::as_bytes(Span(packed)));
    doc.validate();
    EXPECT_EQ(read(doc.root()), told);

    Rewriter again;
    again.write(told);
    const Bytes written = again.writer.data();
    ASSERT_EQ(written.size(), packed.size());
    EXPECT_EQ(std::memcmp(written.data(), packed.data(), packed.size()), 0);
}

INSTANTIATE_TEST_SUITE_P(Documents, Golden, testing::ValuesIn(names(folder)), [](const auto& info) { return info.param; });

TEST(ExactValues, AreReadAsThePlainOnes) {
    const std::vector<std::string> found = names(exact_folder);
    EXPECT_EQ(found.size(), 3U);
    for (const std::string& name : found) {
        const std::vector<char> packed = contents(exact_folder / (name + ".msgpack"));
        const lmdb::Document doc = lmdb::Document::over(lmdb::as_bytes(Span(packed)));
        doc.validate();
        EXPECT_EQ(read(doc.root()), told_by(exact_folder / (name + ".json"))) << name;
    }
}

TEST(GoldenTables, AreReadAsThePlainValuesAndWrittenAgain) {
    const std::vector<std::string> found = names(tables_folder);
    EXPECT_GE(found.size(), 8U);
    for (const std::string& name : found) {
        const std::vector<char> packed = contents(tables_folder / (name + ".msgpack"));
        // Where payloads lie: their numbers are used in place.
        const std::unique_ptr<void, void (*)(void*)> block(std::aligned_alloc(64, (packed.size() + 63) / 64 * 64), std::free);
        std::memcpy(block.get(), packed.data(), packed.size());
        const auto doc = lmdb::Document::over(Bytes(static_cast<const std::byte*>(block.get()), packed.size()));
        doc.validate();
        EXPECT_EQ(read(doc.root()), told_by(tables_folder / (name + ".json"))["plain"]) << name;

        lmdb::Writer again;
        if (name == "root") {
            again.table(lmdb::Columns(doc.root().table()));
        } else {
            again.map(3).key("before").string(doc["before"].string());
            again.key("table").table(lmdb::Columns(doc["table"].table()));
            again.key("after").int64(1);
        }
        const Bytes written = again.data();
        ASSERT_EQ(written.size(), packed.size()) << name;
        EXPECT_EQ(std::memcmp(written.data(), packed.data(), packed.size()), 0) << name;
    }
}
