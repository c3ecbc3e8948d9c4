// A Python class that takes one reference and answers through the store.
#pragma once

#include <dishtayantra_lmdb/python.hpp>

#include <pybind11/pybind11.h>

#include <string>
#include <utility>

namespace demo {

namespace py = pybind11;
namespace dy = dishtayantra::lmdb;

/// `Core::answer(view, writer)` as `Class(name, config)` with `calculate` and `details`. What it writes may lie in the view.
template <class Core>
class ByReference {
public:
    ByReference(std::string given_name, py::dict given_config) : name(std::move(given_name)), config(std::move(given_config)) {}

    py::dict calculate(const py::dict& payload) const {
        const auto references = dy::python::Fields(payload).references();
        if (references.inputs.size() != 1 || !references.output) {
            throw dy::InvalidArgumentError("the payload comes by one reference, and the answer goes where it says");
        }
        {
            const py::gil_scoped_release no_gil;
            const dy::View view = references.inputs.front().view_input();
            dy::Writer writer;
            Core::answer(view, writer);
            writer.put_output(*references.output);
        }
        return dy::python::written_answer();
    }

    static void define(py::module_& module, const char* type, const char* doc) {
        py::class_<ByReference>(module, type, doc, py::dynamic_attr())
            .def(py::init<std::string, py::dict>(), py::arg("name"), py::arg("config"))
            .def("calculate", &ByReference::calculate, py::arg("data"))
            .def("details", [](const ByReference& self) { return py::dict(py::arg("name") = self.name); })
            .def_readonly("name", &ByReference::name);
    }

    std::string name;
    py::dict config;
};

}  // namespace demo
