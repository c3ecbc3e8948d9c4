// Sums of one column of a table by another.
#pragma once

#include <dishtayantra_lmdb.hpp>

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace dishtayantra::calculators {

/// What module.cpp says of it in Python.
class TradeSums : public lmdb::Calculator {
public:
    explicit TradeSums(const lmdb::Input& config)
        : value_(config.find_text("value").value_or("px")),
          by_(config.find_text("by").value_or("symbol")),
          as_(config.find_text("as").value_or("rows")) {}

    lmdb::Map compute(const lmdb::Input& input) const override {
        const lmdb::Table trades = input.table("trades");
        const std::string by = input.find_text("by").value_or(by_);
        const lmdb::Column group = trades[by];
        const lmdb::Numbers values = lmdb::Numbers::of(trades[input.find_text("value").value_or(value_)]);
        const std::map<std::string_view, Sum> sums = group.has_dictionary() ? by_code(group, values) : by_text(group, values);

        std::vector<std::string> names;
        std::vector<double> totals;
        std::vector<std::int64_t> counts;
        for (const auto& [name, sum] : sums) {
            names.emplace_back(name);
            totals.push_back(sum.total);
            counts.push_back(sum.count);
        }
        const bool rows = input.find_text("as").value_or(as_) == "rows";
        lmdb::Columns out({lmdb::Field(by, names), lmdb::Field("sum", totals), lmdb::Field("count", counts)},
                          rows ? lmdb::Origin::rows : lmdb::Origin::columns);
        return {{"sums", std::move(out)}, {"rows", trades.rows()}};
    }

    lmdb::Map details() const override { return {{"value", value_}, {"by", by_}, {"as", as_}}; }

private:
    struct Sum {
        double total = 0;
        std::int64_t count = 0;

        void add(double value) {
            total += value;
            ++count;
        }
    };

    /// Each text is looked at once.
    static std::map<std::string_view, Sum> by_code(const lmdb::Column& group, const lmdb::Numbers& values) {
        const lmdb::Column texts = group.dictionary();
        std::vector<Sum> sums(texts.size());
        for (std::size_t i = 0; i < group.size(); ++i) {
            if (!group.is_null(i)) {
                sums.at(group.code(i)).add(values.span()[i]);
            }
        }
        std::map<std::string_view, Sum> found;
        for (std::size_t i = 0; i < sums.size(); ++i) {
            if (sums[i].count > 0) {
                Sum& sum = found[texts.str(i)];
                sum.total += sums[i].total;
                sum.count += sums[i].count;
            }
        }
        return found;
    }

    static std::map<std::string_view, Sum> by_text(const lmdb::Column& group, const lmdb::Numbers& values) {
        std::map<std::string_view, Sum> sums;
        for (std::size_t i = 0; i < group.size(); ++i) {
            if (!group.is_null(i)) {
                sums[group.str(i)].add(values.span()[i]);
            }
        }
        return sums;
    }

    std::string value_;
    std::string by_;
    std::string as_;
};

/// What module.cpp says of it in Python.
class ColumnSelection : public lmdb::Calculator {
public:
    explicit ColumnSelection(const lmdb::Input&) {}

    lmdb::Map compute(const lmdb::Input& input) const override {
        const lmdb::Table table = input.table("table");
        std::vector<lmdb::Field> fields;
        for (const std::string& name : input.texts("columns")) {
            fields.emplace_back(table[name]);
        }
        const bool rows = input.find_text("as").value_or("rows") == "rows";
        return {{"table", lmdb::Columns(std::move(fields), rows ? lmdb::Origin::rows : lmdb::Origin::columns)}};
    }
};

}  // namespace dishtayantra::calculators
