// Tables: written, and compared with what they should hold.
#pragma once

#include "content.hpp"

#include <dishtayantra_lmdb.hpp>

#include <nlohmann/json.hpp>

#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace tables {

namespace lmdb = dishtayantra::lmdb;
using json = nlohmann::json;

/// What is asked of a table.
struct Asked {
    explicit Asked(const json& asked)
        : origin(static_cast<lmdb::Origin>(asked.at("origin").get<std::uint32_t>())),
          columns(asked.at("columns")),
          nulls(asked.at("nulls")),
          seed(asked.at("seed")),
          count(asked.at("count")) {}

    lmdb::Origin origin;
    std::vector<std::pair<std::string, std::string>> columns;
    bool nulls;
    std::uint64_t seed;
    std::size_t count;

    bool is_null(std::size_t i) const { return nulls && content::is_null(seed, i); }
};

template <class Column>
lmdb::Field field_of(const Asked& asked, const std::string& name) {
    if (!asked.nulls) {
        return lmdb::Field(name, content::column<Column>(asked.seed, asked.count));
    }
    std::vector<std::optional<typename Column::Item>> values(asked.count);
    for (std::size_t i = 0; i < asked.count; ++i) {
        if (!asked.is_null(i)) {
            values[i] = Column::at(asked.seed, i);
        }
    }
    return lmdb::Field(name, values);
}

inline lmdb::Field field(const Asked& asked, const std::string& name, const std::string& kind) {
    if (kind == "float") {
        return field_of<content::Floats>(asked, name);
    } else if (kind == "long") {
        return field_of<content::Longs>(asked, name);
    } else if (kind == "text") {
        return field_of<content::Texts>(asked, name);
    } else if (kind == "code") {
        std::vector<std::int32_t> codes(asked.count);
        for (std::size_t i = 0; i < asked.count; ++i) {
            codes[i] = static_cast<std::int32_t>(content::code(asked.seed, i));
        }
        return lmdb::Field(name, std::move(codes), {std::begin(content::codes), std::end(content::codes)});
    } else if (kind == "time") {
        return lmdb::Field::times(name, content::column<content::Times>(asked.seed, asked.count), lmdb::Unit::nanosecond,
                                  "UTC");
    } else if (kind == "list") {
        std::vector<std::int32_t> ends = {0};
        for (std::size_t i = 0; i < asked.count; ++i) {
            ends.push_back(ends.back() + static_cast<std::int32_t>(i % 3));
        }
        const auto items = content::column<content::Ints>(asked.seed, static_cast<std::size_t>(ends.back()));
        return lmdb::Field::lists(name, std::move(ends), lmdb::Field("item", items));
    }
    return lmdb::Field::structs(name, {field(asked, "a", "float"), field(asked, "b", "text")});
}

inline void write(lmdb::Store& store, const std::string& key, const lmdb::PutOptions& options, const Asked& asked) {
    std::vector<lmdb::Field> fields;
    for (const auto& [name, kind] : asked.columns) {
        fields.push_back(field(asked, name, kind));
    }
    lmdb::Writer writer;
    writer.map(2).key("seed").uint64(asked.seed).key("table").table(lmdb::Columns(std::move(fields), asked.origin));
    writer.put(store, key, options);
}

/// What is not as it should be in a table, or nothing; `place` notes what was used in place.
template <class Place>
class Reading {
public:
    Reading(const Asked& asked, Place place) : asked_(asked), place_(std::move(place)) {}

    std::optional<std::string> fault(const lmdb::Node& node) {
        const lmdb::Table table = node.table();
        table.check();
        if (table.origin() != asked_.origin || table.rows() != asked_.count || table.columns() != asked_.columns.size()) {
            return "a table of " + std::to_string(table.rows()) + " rows, " + std::to_string(table.columns()) + " columns";
        }
        // To who knows no tables it is what it was made of.
        const bool is_list = asked_.origin == lmdb::Origin::rows || asked_.origin == lmdb::Origin::list;
        if (node.size() != (is_list ? asked_.count : asked_.columns.size())) {
            return "a plain value of " + std::to_string(node.size());
        }
        if (asked_.origin == lmdb::Origin::rows && asked_.count > 0) {
            const std::size_t last = asked_.count - 1;
            if (node[last]["text"].string() != content::Texts::at(asked_.seed, last)) {
                return "the last row differs";
            }
        }
        for (const auto& [name, kind] : asked_.columns) {
            if (const auto found = column(table[name], name, kind)) {
                return found;
            }
        }
        return std::nullopt;
    }

private:
    std::optional<std::string> column(const lmdb::Column& column, const std::string& name, const std::string& kind) {
        if (column.size() != asked_.count) {
            return name + " has " + std::to_string(column.size()) + " values";
        }
        if (kind == "pair") {
            const auto first = this->column(column.child(0), name + ".a", "float");
            return first ? first : this->column(column.child(1), name + ".b", "text");
        }
        const bool is_list = kind == "list";
        const lmdb::Column values = is_list ? column.child(0) : column;
        const auto* const data = static_cast<const std::byte*>(values.raw().data);
        place_(is_list ? name + ".item" : name, lmdb::Bytes(data, values.raw().data_size));
        std::size_t items = 0;
        for (std::size_t i = 0; i < asked_.count; ++i) {
            const bool same = column.is_null(i) == asked_.is_null(i) && (column.is_null(i) || value(column, kind, i, items));
            if (!same) {
                return name + "[" + std::to_string(i) + "] differs";
            }
            items += i % 3;
        }
        return std::nullopt;
    }

    bool value(const lmdb::Column& column, const std::string& kind, std::size_t i, std::size_t items) const {
        const std::uint64_t seed = asked_.seed;
        if (kind == "float") {
            return column.span<double>()[i] == content::Floats::at(seed, i);
        } else if (kind == "long") {
            return column.span<std::int64_t>()[i] == content::Longs::at(seed, i);
        } else if (kind == "text") {
            return column.str(i) == content::Texts::at(seed, i);
        } else if (kind == "code") {
            return column.has_dictionary() && column.str(i) == content::codes[content::code(seed, i)];
        } else if (kind == "time") {
            return column.format() == "tsn:UTC" && column.span<std::int64_t>()[i] == content::Times::at(seed, i);
        }
        const auto [from, to] = column.range(i);
        bool same = from == items && to == items + i % 3;
        for (std::size_t at = from; same && at < to; ++at) {
            same = column.child(0).template span<std::int32_t>()[at] == content::Ints::at(seed, at);
        }
        return same;
    }

    const Asked& asked_;
    Place place_;
};

}  // namespace tables
