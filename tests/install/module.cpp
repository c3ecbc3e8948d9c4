// A calculator for Python, built against the installed library by one line of g++.
#include <dishtayantra_lmdb/python.hpp>

#include <pybind11/pybind11.h>

#include <numeric>
#include <string>

namespace py = pybind11;
namespace dy = dishtayantra::lmdb;

namespace {

double sum(const std::string& path, const std::string& key) {
    dy::Store store = dy::Store::open(path);
    const dy::View view = store.view(key);
    const dy::Document document = view.document();
    const dy::Span<const double> values = document["values"].span<double>();
    return std::accumulate(values.begin(), values.end(), 0.0);
}

class Double : public dy::ComputesInto {
public:
    explicit Double(const dy::Input&) {}
    void compute_into(const dy::Input& input, dy::Output& output) const override {
        const dy::Numbers values = input.numbers("values").c_order();
        const dy::Span<double> out = output.array("values", values.shape(), values.is_list());
        for (std::size_t i = 0; i < out.size(); ++i) {
            out[i] = 2 * values.span()[i];
        }
    }
};

}  // namespace

PYBIND11_MODULE(installed_module, module) {
    module.doc() = "Sums an array where it lies in a store; a calculator.";
    dy::python::PythonCalculator<Double>::define(module, "Double", "Values times two.");
    module.def("sum", &sum, py::arg("path"), py::arg("key"));
}
