#include "support.hpp"

#include <nlohmann/json.hpp>

#include <filesystem>
#include <fstream>
#include <iterator>

#include <complex>
#include <random>
#include <string>
#include <vector>

namespace {

/// A .npy image with any header text, as NumPy writes it otherwise.
std::string image(const std::string& dict, std::size_t data_bytes, char version = 1) {
    std::string header = dict;
    const std::size_t prefix = version == 1 ? 10 : 12;
    header.resize((prefix + header.size() + 64) / 64 * 64 - prefix - 1, ' ');
    header += '\n';
    std::string out("\x93NUMPY", 6);
    out += version;
    out += '\0';
    for (std::size_t i = 0; i < prefix - 8; ++i) {
        out += static_cast<char>(header.size() >> (8 * i) & 0xff);
    }
    return out + header + std::string(data_bytes, '\0');
}

lmdb::Array array_of(const std::string& bytes) { return lmdb::Array(lmdb::as_bytes(bytes)); }

}  // namespace

TEST(Npy, DtypesAreNamedAsNumPyNamesThem) {
    EXPECT_EQ(lmdb::npy_descr<double>(), "<f8");
    EXPECT_EQ(lmdb::npy_descr<float>(), "<f4");
    EXPECT_EQ(lmdb::npy_descr<std::int64_t>(), "<i8");
    EXPECT_EQ(lmdb::npy_descr<std::uint16_t>(), "<u2");
    EXPECT_EQ(lmdb::npy_descr<std::int8_t>(), "|i1");
    EXPECT_EQ(lmdb::npy_descr<std::uint8_t>(), "|u1");
    EXPECT_EQ(lmdb::npy_descr<std::complex<double>>(), "<c16");
    EXPECT_EQ(lmdb::npy_descr<lmdb::Half>(), "<f2");
}

TEST(Npy, HeaderIsNumPysByteForByte) {
    // np.save of np.zeros((2, 3)) and np.zeros(5, np.int16), NumPy 2.4, up to the data.
    const std::string matrix =
        std::string("\x93NUMPY\x01\x00v\x00", 10) + "{'descr': '<f8', 'fortran_order': False, 'shape': (2, 3), }";
    const std::string made = lmdb::npy_header("<f8", std::vector<std::size_t>{2, 3});
    EXPECT_EQ(made.substr(0, matrix.size()), matrix);
    EXPECT_EQ(made.size(), 128u);
    EXPECT_EQ(made.back(), '\n');
    EXPECT_TRUE(contains(lmdb::npy_header("<i2", std::vector<std::size_t>{5}), "'shape': (5,), }"));
    EXPECT_TRUE(contains(lmdb::npy_header("<i2", {}), "'shape': (), }"));
}

TEST(Npy, HeadersPutTheDataAt64Bytes) {
    for (std::size_t dimensions = 0; dimensions < 40; ++dimensions) {
        const std::string header = lmdb::npy_header("<f8", std::vector<std::size_t>(dimensions, 1));
        EXPECT_EQ(header.size() % 64, 0u) << dimensions << " dimensions";
        EXPECT_EQ(array_of(header + std::string(8, '\0')).shape().size(), dimensions);
        const std::string after_7 = lmdb::npy_header("<f8", std::vector<std::size_t>(dimensions, 1), false, 7);
        EXPECT_EQ((7 + after_7.size()) % 64, 0u) << dimensions << " dimensions";
        EXPECT_EQ(array_of(after_7 + std::string(8, '\0')).shape().size(), dimensions);
    }
}

TEST(Npy, ReadsShapeOrderAndElements) {
    const std::vector<double> values = {1, 2, 3, 4, 5, 6};
    std::string bytes = lmdb::npy_header("<f8", std::vector<std::size_t>{2, 3}, true);
    bytes.append(reinterpret_cast<const char*>(values.data()), 48);
    const lmdb::Array array = array_of(bytes);
    EXPECT_EQ(array.descr(), "<f8");
    EXPECT_EQ(array.shape(), (std::vector<std::size_t>{2, 3}));
    EXPECT_TRUE(array.fortran_order());
    EXPECT_EQ(array.size(), 6u);
    EXPECT_EQ(array.bytes().size(), 48u);
    EXPECT_EQ(array.span<double>()[4], 5.0);
}

TEST(Npy, ReadsVersions2And3AndAnyOrderOfKeys) {
    for (const char version : {'\1', '\2', '\3'}) {
        const std::string bytes = image("{\"shape\": (1,), 'fortran_order': False, 'descr': '<f8'}", 8, version);
        EXPECT_EQ(array_of(bytes).size(), 1u);
    }
    EXPECT_THROW(array_of(image("{'descr': '<f8', 'fortran_order': False, 'shape': (1,)}", 8, 4)), lmdb::CorruptError);
}

TEST(Npy, ScalarsAndEmptyArrays) {
    const std::string scalar = image("{'descr': '<f8', 'fortran_order': False, 'shape': (), }", 8);
    EXPECT_EQ(array_of(scalar).size(), 1u);
    EXPECT_TRUE(array_of(scalar).shape().empty());
    EXPECT_TRUE(array_of(image("{'descr': '<f8', 'fortran_order': False, 'shape': (0, 3), }", 0)).span<double>().empty());
}

TEST(Npy, AnotherElementTypeIsRefusedByName) {
    const std::string bytes = image("{'descr': '<f4', 'fortran_order': False, 'shape': (2,), }", 8);
    const std::string message =
        message_of<lmdb::InvalidArgumentError>([&] { array_of(bytes).span<double>(); });
    EXPECT_TRUE(contains(message, "<f4"));
    EXPECT_TRUE(contains(message, "<f8"));
    const std::string swapped = image("{'descr': '>f8', 'fortran_order': False, 'shape': (1,), }", 8);
    EXPECT_THROW(array_of(swapped).span<double>(), lmdb::InvalidArgumentError);
}

TEST(Npy, BoolsAreBytesAndDatetimesAreIntegers) {
    EXPECT_EQ(array_of(image("{'descr': '|b1', 'fortran_order': False, 'shape': (3,), }", 3)).span<std::uint8_t>().size(),
              3u);
    const std::string times = image("{'descr': '<M8[ns]', 'fortran_order': False, 'shape': (2,), }", 16);
    EXPECT_EQ(array_of(times).span<std::int64_t>().size(), 2u);
    EXPECT_THROW(array_of(times).span<double>(), lmdb::InvalidArgumentError);
}

TEST(Npy, MisalignedElementsAreRefused) {
    const std::string bytes = "#" + image("{'descr': '<f8', 'fortran_order': False, 'shape': (1,), }", 8);
    const lmdb::Array array(lmdb::as_bytes(std::string_view(bytes).substr(1)));
    EXPECT_THROW(array.span<double>(), lmdb::InvalidArgumentError);
}

/// The golden files, read and refused as their table says.
TEST(Npy, GoldenFilesAreWhatTheTableSays) {
    const std::filesystem::path folder = std::filesystem::path(DY_LMDB_FIXTURES) / "npy";
    const auto contents = [&](const std::string& file) {
        std::ifstream in(folder / file, std::ios::binary);
        return std::string(std::istreambuf_iterator<char>(in), {});
    };
    const auto table = nlohmann::json::parse(contents("table.json"));
    EXPECT_GT(table.size(), 100u);
    for (const auto& row : table) {
        const std::string file = row["file"];
        const std::string bytes = contents(file);
        if (row["status"] == "corrupt") {
            EXPECT_THROW(array_of(bytes), lmdb::CorruptError) << file;
            continue;
        }
        if (row["status"] == "refused") {
            EXPECT_THROW(array_of(bytes), lmdb::InvalidArgumentError) << file;
            continue;
        }
        const lmdb::Array array = array_of(bytes);
        const auto dtype = array.dtype();
        EXPECT_EQ(dtype ? static_cast<std::uint32_t>(*dtype) : 0, row["dtype"].get<std::uint32_t>()) << file;
        EXPECT_EQ(array.descr(), row["descr"]) << file;
        EXPECT_EQ(array.item_size(), row["itemsize"].get<std::size_t>()) << file;
        EXPECT_EQ(array.shape(), row["shape"].get<std::vector<std::size_t>>()) << file;
        EXPECT_EQ(array.fortran_order(), row["fortran"].get<bool>()) << file;
        EXPECT_EQ(array.big_endian(), row["big_endian"].get<bool>()) << file;
        EXPECT_EQ(array.bytes().size(), row["size"].get<std::size_t>()) << file;
        EXPECT_EQ(reinterpret_cast<const char*>(array.bytes().data()) - bytes.data(), row["offset"].get<long>()) << file;
        if (row["numbers"].is_null()) {
            EXPECT_THROW(lmdb::Numbers::of(array, nullptr), lmdb::InvalidArgumentError) << file;
        } else {
            const lmdb::Numbers numbers = lmdb::Numbers::of(array, nullptr);
            const std::vector<double> found(numbers.span().begin(), numbers.span().end());
            EXPECT_EQ(found, row["numbers"].get<std::vector<double>>()) << file;
        }
    }
}

TEST(Npy, Mutated20000TimesWithSeed7NeverReadsOutside) {
    const std::string sound = image("{'descr': '<f8', 'fortran_order': False, 'shape': (4, 2), }", 64);
    std::mt19937 random(7);
    for (int round = 0; round < 20000; ++round) {
        std::string bytes = sound.substr(0, random() % 4 == 0 ? random() % sound.size() : sound.size());
        for (unsigned changes = random() % 4 + 1; changes-- > 0 && !bytes.empty();) {
            bytes[random() % bytes.size()] = static_cast<char>(random());
        }
        try {
            const lmdb::Array array = array_of(bytes);
            ASSERT_LE(array.bytes().end(), lmdb::as_bytes(bytes).end());
            ASSERT_EQ(array.bytes().size(), array.size() * array.item_size());
        } catch (const lmdb::Error&) {
        }
    }
}

TEST(Npy, ShapeMustHoldTheElements) {
    const std::vector<double> values(6);
    const lmdb::Span<const double> span(values);
    EXPECT_THROW(lmdb::ArrayParts(span, std::vector<std::size_t>{2, 2}), lmdb::InvalidArgumentError);
    EXPECT_EQ(lmdb::ArrayParts(span, std::vector<std::size_t>{2, 3}).buffers[1].size, 48u);
}
