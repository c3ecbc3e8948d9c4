// Results and configurations of calculators: names and values.
#ifndef DISHTAYANTRA_LMDB_VALUE_HPP
#define DISHTAYANTRA_LMDB_VALUE_HPP

#include "numbers.hpp"
#include "reference.hpp"
#include "writer.hpp"

#include <cstddef>
#include <cstdint>
#include <string>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

namespace dishtayantra::lmdb {

struct Value;

/// Names and values in the order they were put.
using Map = std::vector<std::pair<std::string, Value>>;

/// A value of a result or a configuration. Owns what it holds, but for what columns borrow.
struct Value {
    std::variant<std::nullptr_t, bool, std::int64_t, double, std::string, Numbers, Map, Columns> held = nullptr;

    Value() = default;
    Value(bool value) : held(value) {}
    Value(int value) : held(std::int64_t{value}) {}
    Value(std::int64_t value) : held(value) {}
    Value(std::size_t value) : held(static_cast<std::int64_t>(value)) {}
    Value(double value) : held(value) {}
    Value(const char* text) : held(std::string(text)) {}
    Value(std::string text) : held(std::move(text)) {}
    Value(Numbers numbers) : held(std::move(numbers)) {}
    Value(std::vector<double> items) : held(Numbers(std::move(items))) {}
    Value(Map map) : held(std::move(map)) {}
    Value(Columns columns) : held(std::move(columns)) {}
};

namespace detail {

/// Writes results. Arrays are lent to the writer: the result must stay until they are put.
class ResultWriter {
    /// What was lent, rearranged where it had to be; must outlive the writer.
    std::vector<Numbers> kept_;

public:
    void write(const Map& map) {
        writer.map(map.size());
        pairs(map);
    }

    /// The pairs of a map that was opened.
    void pairs(const Map& map) {
        for (const auto& [key, value] : map) {
            writer.key(key);
            write(value);
        }
    }

    Writer writer;

private:
    void write(const Value& value) {
        std::visit(
            [this](const auto& held) {
                using T = std::decay_t<decltype(held)>;
                if constexpr (std::is_same_v<T, std::nullptr_t>) {
                    writer.nil();
                } else if constexpr (std::is_same_v<T, bool>) {
                    writer.boolean(held);
                } else if constexpr (std::is_same_v<T, std::int64_t>) {
                    writer.int64(held);
                } else if constexpr (std::is_same_v<T, double>) {
                    writer.number(held);
                } else if constexpr (std::is_same_v<T, std::string>) {
                    writer.string(held);
                } else if constexpr (std::is_same_v<T, Columns>) {
                    writer.table(held);
                } else {
                    write(held);
                }
            },
            value.held);
    }

    void write(const Numbers& numbers) {
        // What lies in C order already stays with the result.
        const Numbers& kept = numbers.is_c_order() ? numbers : kept_.emplace_back(numbers.c_order());
        if (!kept.is_list()) {
            writer.segment(kept.span(), kept.shape());
        } else if (kept.shape().empty()) {
            writer.number(kept.span().front());
        } else if (kept.size() < DY_LMDB_LIST_SEGMENT_MIN) {
            std::size_t at = 0;
            write_rows(kept, 0, at);
        } else {
            writer.segment(Segment(kept.span(), kept.shape()).as_list());
        }
    }

    void write_rows(const Numbers& numbers, std::size_t level, std::size_t& at) {
        const std::size_t count = numbers.shape()[level];
        if (level + 1 == numbers.shape().size()) {
            writer.doubles(numbers.span().subspan(at, count));
            at += count;
            return;
        }
        writer.array(count);
        for (std::size_t i = 0; i < count; ++i) {
            write_rows(numbers, level + 1, at);
        }
    }
};

}  // namespace detail

/// Stores a result as the output of `reference`, in format msgpack: arrays as segments, copied straight from where they
/// lie into the store; arrays that came as lists so that they are lists again; columns as tables.
inline Info put_output(const Reference& reference, const Map& result) {
    detail::ResultWriter results;
    results.write(result);
    return results.writer.put_output(reference);
}

}  // namespace dishtayantra::lmdb

#endif
