// A calculator for Python, built against the installed library by one line of g++.
#include <dishtayantra_lmdb.hpp>

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

}  // namespace

PYBIND11_MODULE(installed_module, module) {
    module.doc() = "Sums an array where it lies in a store.";
    module.def("sum", &sum, py::arg("path"), py::arg("key"));
}
