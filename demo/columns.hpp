// A calculator that reads every column of a document where it lies and answers all of them.
#pragma once

#include <dishtayantra_lmdb/document.hpp>
#include <dishtayantra_lmdb/view.hpp>
#include <dishtayantra_lmdb/writer.hpp>

#include <cstdint>
#include <string>
#include <string_view>

namespace demo {

namespace dy = dishtayantra::lmdb;

/// The sum of a segment's items, times as their integers.
inline double total(const dy::Segment& segment) {
    const auto sum = [&segment](auto item) {
        double sum = 0;
        for (const auto value : segment.span<decltype(item)>()) {
            sum += static_cast<double>(value);
        }
        return sum;
    };
    switch (segment.dtype()) {
    case dy::Dtype::float64: return sum(double{});
    case dy::Dtype::int8: return sum(std::int8_t{});
    case dy::Dtype::int16: return sum(std::int16_t{});
    case dy::Dtype::int32: return sum(std::int32_t{});
    case dy::Dtype::int64:
    case dy::Dtype::datetime64: return sum(std::int64_t{});
    default: throw dy::InvalidArgumentError(std::string("no column of the flights is ") + dy::dtype_name(segment.dtype()));
    }
}

/// `{"columns": {group: {name: column}}}` in; the same out, with `read`: for each array its sum and where in the payload
/// its items lie, in bytes.
class Columns {
public:
    static void answer(const dy::View& view, dy::Writer& writer) {
        const dy::Document document = view.document();
        const dy::Node columns = document["columns"];
        // Arrays are lent to the writer from where they lie.
        writer.map(2).key("columns").value(columns);
        writer.key("read").map(columns.size());
        for (const auto [group, members] : columns.items()) {
            writer.key(group.string());
            write_places(members, view.span(), writer);
        }
    }

private:
    /// Name, sum and place of each array in a group. Throws when one is not where the payload lies in the map.
    static void write_places(const dy::Node& members, dy::Bytes payload, dy::Writer& writer) {
        std::size_t arrays = 0;
        for (const dy::Item item : members.items()) {
            arrays += item.value.is_segment();
        }
        writer.map(arrays);
        for (const auto [name, column] : members.items()) {
            if (!column.is_segment()) {
                continue;
            }
            const dy::Segment segment = column.segment();
            const auto* items = segment.bytes().data();
            const bool inside = items >= payload.data() && items + segment.bytes().size() <= payload.data() + payload.size();
            if (!inside || reinterpret_cast<std::uintptr_t>(items) % 64 != 0) {
                throw dy::CorruptError("column '" + std::string(name.string()) + "' is no aligned part of the payload");
            }
            writer.key(name.string()).map(2).key("sum").number(total(segment));
            writer.key("at").int64(items - payload.data());
        }
    }
};

}  // namespace demo
