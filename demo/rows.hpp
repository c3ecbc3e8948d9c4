// Rows, a list of maps, each value doubled and increased by one: as a calculator on the exchange, on JSON and on MessagePack.
#pragma once

#include <dishtayantra_lmdb/document.hpp>
#include <dishtayantra_lmdb/view.hpp>
#include <dishtayantra_lmdb/writer.hpp>
#include <nlohmann/json.hpp>

namespace demo {

namespace dy = dishtayantra::lmdb;

/// `{"rows": [{"id": int, "value": float, "side": text}, …]}` in, the same out.
inline void scale_rows(const dy::Document& document, dy::Writer& writer) {
    const dy::Node rows = document["rows"];
    writer.map(1).key("rows").array(rows.size());
    for (const dy::Item item : rows.items()) {
        const dy::Node& row = item.value;
        writer.map(3).key("id").int64(row["id"].int64());
        writer.key("value").number(2.0 * row["value"].number() + 1.0);
        writer.key("side").string(row["side"].string());
    }
}

/// The same of parsed JSON, in its place.
inline void scale_rows(nlohmann::json& document) {
    for (nlohmann::json& row : document.at("rows")) {
        nlohmann::json& value = row.at("value");
        value = 2.0 * value.get<double>() + 1.0;
    }
}

/// The same of a view, read where it lies.
struct Rows {
    static void answer(const dy::View& view, dy::Writer& writer) { scale_rows(view.document(), writer); }
};

}  // namespace demo
