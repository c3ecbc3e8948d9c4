// What the payloads hold; the rule is in tests/cross/content.py.
#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <string>
#include <vector>

namespace content {

constexpr const char* name = "größe ☃ 漢";
constexpr double ratio = 0.125;
constexpr const char* tags[] = {"a", "", "ß"};
constexpr std::int64_t least = std::numeric_limits<std::int64_t>::min();
constexpr std::int64_t most = std::numeric_limits<std::int64_t>::max();

inline std::uint64_t word(std::uint64_t seed, std::size_t i) {
    std::uint64_t z = seed + (i + 1) * 0x9E3779B97F4A7C15U;
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9U;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBU;
    return z ^ (z >> 31);
}

struct Floats {
    using Item = double;
    static constexpr const char* name = "floats";
    static double at(std::uint64_t seed, std::size_t i) {
        return static_cast<double>(word(seed, i) >> 11) * 0x1p-53 - 0.5;
    }
};

struct Longs {
    using Item = std::int64_t;
    static constexpr const char* name = "longs";
    static std::int64_t at(std::uint64_t seed, std::size_t i) { return static_cast<std::int64_t>(word(seed + 1, i)); }
};

struct Ints {
    using Item = std::int32_t;
    static constexpr const char* name = "ints";
    static std::int32_t at(std::uint64_t seed, std::size_t i) {
        return static_cast<std::int32_t>(static_cast<std::uint32_t>(word(seed + 2, i) >> 32));
    }
};

struct Marks {
    using Item = std::uint8_t;
    static constexpr const char* name = "marks";
    static std::uint8_t at(std::uint64_t seed, std::size_t i) { return static_cast<std::uint8_t>(word(seed + 3, i) >> 56); }
};

constexpr const char* codes[] = {"ab", "größe", "z"};

inline std::size_t code(std::uint64_t seed, std::size_t i) { return word(seed + 4, i) % 3; }

struct Times {
    using Item = std::int64_t;
    static std::int64_t at(std::uint64_t seed, std::size_t i) { return static_cast<std::int64_t>(word(seed + 5, i) >> 2); }
};

struct Texts {
    using Item = std::string;
    static std::string at(std::uint64_t seed, std::size_t i) { return "größe " + std::to_string(Marks::at(seed, i)); }
};

inline bool is_null(std::uint64_t seed, std::size_t i) { return word(seed + 6, i) % 4 == 0; }

/// The first `count` items of a column.
template <class Column>
std::vector<typename Column::Item> column(std::uint64_t seed, std::size_t count) {
    std::vector<typename Column::Item> items(count);
    for (std::size_t i = 0; i < count; ++i) {
        items[i] = Column::at(seed, i);
    }
    return items;
}

}  // namespace content
