#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace attack {

/// What tests/attack/content.c checks: tag, size, then words that follow from the tag and their place.
inline std::vector<std::uint64_t> payload(std::uint64_t tag) {
    static constexpr std::size_t words[] = {12, 400, 7500, 40000};
    std::vector<std::uint64_t> content(words[tag % 4]);
    for (std::size_t i = 0; i < content.size(); i++) {
        content[i] = (tag + i) * 0x9E3779B97F4A7C15U;
    }
    content[0] = tag;
    content[1] = 8 * content.size();
    return content;
}

}  // namespace attack
