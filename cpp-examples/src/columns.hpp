// Statistics of the columns of an Arrow table.
#pragma once

#include "arrow_stream.hpp"

#include <dishtayantra_lmdb/python.hpp>

#include <atomic>
#include <cstdint>
#include <limits>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace dishtayantra::calculators {

/// Computes on a table: anything with `__arrow_c_stream__` (pyarrow, pandas, Polars), or a reference to one in format
/// `arrow`, which the Python package opens in place. The columns are read where they lie, in the store's map for a
/// reference: nothing is copied.
///
/// The result is `rows`, and under `columns` for each column of integers or floating point numbers `count` (items that
/// are not null), `nulls`, and, unless all are null, `sum`, `mean`, `min` and `max` as float64. A NaN makes them NaN.
/// Columns of other types are left out.
///
/// Throws InvalidArgumentError for what is no table. Python threads may call it at the same time.
class ColumnStatistics {
public:
    ColumnStatistics(std::string given_name, const py::object& given_config)
        : name(std::move(given_name)), config(given_config.is_none() ? py::dict() : py::dict(given_config)) {}

    py::dict calculate(const py::object& payload) {
        ++calculations_;
        lmdb::References references;
        if (py::isinstance<py::dict>(payload)) {
            references = lmdb::python::Fields(payload).references();
        }
        const std::optional<lmdb::Reference>& reference = references.output;
        py::object table = payload;
        if (!references.inputs.empty()) {
            references_ += references.inputs.size();
            table = py::module_::import("dishtayantra_lmdb").attr("LMDBTransport")().attr("resolve")(payload);
        }
        std::vector<std::uintptr_t> places;
        lmdb::Map result = statistics(table, places);
        {
            const std::lock_guard<std::mutex> lock(places_mutex_);
            places_ = std::move(places);
        }
        if (reference) {
            const lmdb::Answer answer = [&] {
                const py::gil_scoped_release no_gil;
                return lmdb::deliver(*reference, std::move(result));
            }();
            if (answer.written) {
                return lmdb::python::written_answer();
            }
            return lmdb::python::dict_of(answer.result);
        }
        return lmdb::python::dict_of(result);
    }

    /// Name, class, counts, and where in this process the columns of the last table lay.
    py::dict details() const {
        py::dict out;
        out["name"] = name;
        out["type"] = "ColumnStatistics";
        out["language"] = "C++";
        out["library_version"] = std::string(lmdb::version());
        out["calculations"] = calculations_.load();
        out["references"] = references_.load();
        py::list addresses;
        const std::lock_guard<std::mutex> lock(places_mutex_);
        for (const std::uintptr_t place : places_) {
            addresses.append(place);
        }
        out["addresses"] = std::move(addresses);
        return out;
    }

    /// Adds the class to a module.
    static void define(py::module_& module) {
        py::class_<ColumnStatistics>(module, "ColumnStatistics", R"(
Statistics of the columns of a table: an Arrow Table or RecordBatch, a pandas or Polars frame, or a reference to one.

rows; columns: for each one of numbers count, nulls, sum, mean, min, max. The columns are read where they lie.)",
                                     py::dynamic_attr())
            .def(py::init<std::string, const py::object&>(), py::arg("name"), py::arg("config") = py::none())
            .def("calculate", &ColumnStatistics::calculate, py::arg("data"), "The result for a table or a reference.")
            .def("details", &ColumnStatistics::details, "Name, class, counts of calls, addresses of the last columns.")
            .def_readwrite("name", &ColumnStatistics::name)
            .def_readonly("config", &ColumnStatistics::config);
    }

    std::string name;
    py::dict config;

private:
    struct Column {
        std::string name;
        std::int64_t count = 0;
        std::int64_t nulls = 0;
        double sum = 0;
        double min = std::numeric_limits<double>::infinity();
        double max = -std::numeric_limits<double>::infinity();
    };

    template <class T>
    static void take(Column& column, const ColumnPart<T>& part) {
        double sum = 0;
        double low = column.min;
        double high = column.max;
        std::int64_t nulls = 0;
        for (std::int64_t i = 0; i < part.length; ++i) {
            if (part.is_null(i)) {
                ++nulls;
                continue;
            }
            const auto item = static_cast<double>(part.items[i]);
            sum += item;
            // A NaN stays: nothing is smaller or larger than it.
            low = item < low || item != item ? item : low;
            high = item > high || item != item ? item : high;
        }
        column.count += part.length - nulls;
        column.nulls += nulls;
        column.sum += sum;
        column.min = low;
        column.max = high;
    }

    using Take = void (*)(Column&, const ArrowArray&, const ArrowArray&);

    template <class T>
    static void take_child(Column& column, const ArrowArray& batch, const ArrowArray& child) {
        take(column, column_part<T>(batch, child));
    }

    /// What reads items of an Arrow type; nullptr when they are no numbers.
    static Take take_of(const ArrowSchema& type) {
        const std::string_view format = type.format;
        if (type.dictionary != nullptr || format.size() != 1) {
            return nullptr;
        }
        switch (format[0]) {
        case 'c': return &take_child<std::int8_t>;
        case 'C': return &take_child<std::uint8_t>;
        case 's': return &take_child<std::int16_t>;
        case 'S': return &take_child<std::uint16_t>;
        case 'i': return &take_child<std::int32_t>;
        case 'I': return &take_child<std::uint32_t>;
        case 'l': return &take_child<std::int64_t>;
        case 'L': return &take_child<std::uint64_t>;
        case 'f': return &take_child<float>;
        case 'g': return &take_child<double>;
        default: return nullptr;
        }
    }

    static lmdb::Map statistics(const py::object& table, std::vector<std::uintptr_t>& places) {
        ArrowStream stream(table);
        const ArrowSchema& schema = stream.schema();
        std::vector<std::pair<std::int64_t, Take>> numeric;
        std::vector<Column> columns;
        for (std::int64_t i = 0; i < schema.n_children; ++i) {
            if (const Take take = take_of(*schema.children[i])) {
                numeric.emplace_back(i, take);
                columns.emplace_back().name = schema.children[i]->name;
            }
        }
        std::int64_t rows = 0;
        for (Released<ArrowArray> batch; stream.next(batch); batch.held.release(&batch.held)) {
            const py::gil_scoped_release no_gil;
            rows += batch.held.length;
            for (std::size_t i = 0; i < numeric.size(); ++i) {
                const ArrowArray& child = *batch.held.children[numeric[i].first];
                if (batch.held.length > 0) {
                    places.push_back(reinterpret_cast<std::uintptr_t>(child.buffers[1]));
                }
                numeric[i].second(columns[i], batch.held, child);
            }
        }
        lmdb::Map found;
        for (const Column& column : columns) {
            found.emplace_back(column.name, figures(column));
        }
        return {{"rows", rows}, {"columns", std::move(found)}};
    }

    static lmdb::Map figures(const Column& column) {
        lmdb::Map out = {{"count", column.count}, {"nulls", column.nulls}};
        if (column.count > 0) {
            out.emplace_back("sum", column.sum);
            out.emplace_back("mean", column.sum / static_cast<double>(column.count));
            out.emplace_back("min", column.min);
            out.emplace_back("max", column.max);
        }
        return out;
    }

    std::atomic<std::uint64_t> calculations_{0};
    std::atomic<std::uint64_t> references_{0};
    mutable std::mutex places_mutex_;
    std::vector<std::uintptr_t> places_;
};

}  // namespace dishtayantra::calculators
