// One calculation behind three ways of carrying numbers: every value is read, doubled and increased by one, and as
// many values are answered. As a calculator on the exchange, and as functions on JSON text and on MessagePack bytes.
#include "by_reference.hpp"
#include "columns.hpp"
#include "rows.hpp"

#include <dishtayantra_lmdb/python.hpp>
#include <nlohmann/json.hpp>
#include <pybind11/pybind11.h>
#include <pybind11/stl.h>

#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace py = pybind11;
namespace dy = dishtayantra::lmdb;

namespace {

void scale(dy::Span<const double> values, dy::Span<double> out) {
    for (std::size_t i = 0; i < values.size(); ++i) {
        out[i] = 2.0 * values[i] + 1.0;
    }
}

std::vector<double> scaled(const std::vector<double>& values) {
    std::vector<double> out(values.size());
    scale(values, out);
    return out;
}

py::bytes written(const dy::Writer& writer) {
    const dy::Bytes bytes = writer.data();
    return py::bytes(reinterpret_cast<const char*>(bytes.data()), bytes.size());
}

/// `{"values": array}` in, `{"values": array}` out, computed where it goes.
class Scale final : public dy::ComputesInto {
public:
    explicit Scale(const dy::Input&) {}

    void compute_into(const dy::Input& input, dy::Output& output) const override {
        const dy::Numbers values = input.numbers("values").c_order();
        scale(values.span(), output.array("values", values.shape(), values.is_list()));
    }
};

/// The same on JSON text, parsed and written by nlohmann::json.
py::bytes scale_json(const py::bytes& document) {
    const auto parsed = nlohmann::json::parse(std::string_view(document));
    const auto values = parsed.at("values").get<std::vector<double>>();
    return py::bytes(nlohmann::json{{"values", scaled(values)}}.dump());
}

/// The same on MessagePack bytes, read and written by the engine.
py::bytes scale_msgpack(const py::bytes& document) {
    const auto parsed = dy::Document::over(dy::as_bytes(std::string_view(document)));
    const std::vector<double> values = parsed["values"].numbers();
    dy::Writer writer;
    writer.map(1).key("values").doubles(scaled(values));
    return written(writer);
}

/// Rows as JSON text.
py::bytes scale_rows_json(const py::bytes& document) {
    auto parsed = nlohmann::json::parse(std::string_view(document));
    demo::scale_rows(parsed);
    return py::bytes(parsed.dump());
}

/// Rows as MessagePack bytes.
py::bytes scale_rows_msgpack(const py::bytes& document) {
    dy::Writer writer;
    demo::scale_rows(dy::Document::over(dy::as_bytes(std::string_view(document))), writer);
    return written(writer);
}

/// The same on a list of floats, as pybind11 alone converts one.
std::vector<double> scale_list(const std::vector<double>& values) {
    return scaled(values);
}

/// Sums of one field of rows by another, as pybind11 converts a list of dicts: each row becomes a map of its own.
std::map<std::string, double> sum_rows(const std::vector<std::map<std::string, py::object>>& rows, const std::string& by,
                                       const std::string& value) {
    std::map<std::string, double> sums;
    for (const auto& row : rows) {
        sums[row.at(by).cast<std::string>()] += row.at(value).cast<double>();
    }
    return sums;
}

}  // namespace

PYBIND11_MODULE(flights_legs, module, py::mod_gil_not_used()) {
    module.doc() = "values * 2 + 1, on the exchange, on JSON and on MessagePack; and a table's columns, read and handed on.";
    dy::python::PythonCalculator<Scale>::define(module, "Scale", "values * 2 + 1.");
    demo::ByReference<demo::Columns>::define(module, "Columns", "Reads a table's columns in place and hands them on.");
    demo::ByReference<demo::Rows>::define(module, "Rows", "value * 2 + 1 of every row, read in place.");
    module.def("scale_json", &scale_json, py::arg("document"), "JSON text in and out.");
    module.def("scale_list", &scale_list, py::arg("values"), "A list of floats in and out, converted by pybind11.");
    module.def("scale_rows_json", &scale_rows_json, py::arg("document"), "Rows as JSON text in and out.");
    module.def("scale_rows_msgpack", &scale_rows_msgpack, py::arg("document"), "Rows as MessagePack bytes in and out.");
    module.def("sum_rows", &sum_rows, py::arg("rows"), py::arg("by"), py::arg("value"), "Sums of a field by another.");
    module.def("scale_msgpack", &scale_msgpack, py::arg("document"), "MessagePack bytes in and out.");
}
