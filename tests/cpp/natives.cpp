// Python module of native calculators that treat references badly, each in its own way: what a wrapper has to cope with.

#include <dishtayantra_lmdb/python.hpp>
#include <pybind11/pybind11.h>

#include <cstdint>
#include <numeric>
#include <string>

namespace py = pybind11;
namespace lmdb = dishtayantra::lmdb;
namespace python = dishtayantra::lmdb::python;

namespace {

double sum(const lmdb::Numbers& values) {
    const lmdb::Span<const double> span = values.span();
    return std::accumulate(span.begin(), span.end(), 0.0);
}

/// The reference a payload is. Raises when it is none.
lmdb::Reference reference_of(const py::dict& data) {
    lmdb::Reference reference;
    for (const auto& [name, value] : data) {
        if (py::isinstance<py::str>(value)) {
            reference.set(py::cast<std::string>(name), py::cast<std::string>(value));
        }
    }
    return reference;
}

bool is_reference(const py::dict& data) { return data.contains(lmdb::wire::ref); }

class Native {
public:
    Native(std::string given_name, py::dict given_config)
        : name(std::move(given_name)), config(std::move(given_config)) {}

    py::dict details() const {
        py::dict out;
        out["name"] = name;
        return out;
    }

    std::string name;
    py::dict config;
    int calls = 0;
};

/// Has never heard of references: computes on whatever dict it gets, on nothing when there are no values.
class IgnoresReferences : public Native {
public:
    using Native::Native;
    py::dict calculate(const py::dict& data) {
        ++calls;
        py::dict out;
        out["sum"] = data.contains("values") ? sum(python::numbers_of(data["values"])) : 0.0;
        return out;
    }
};

/// Opens the input and returns the result, whether or not an output was asked for. Says so, unless configured not to.
class AnswersDirectly : public Native {
public:
    using Native::Native;
    py::dict calculate(const py::dict& data) {
        ++calls;
        py::dict out;
        if (!is_reference(data)) {
            out["sum"] = sum(python::numbers_of(data["values"]));
            return out;
        }
        const lmdb::Reference reference = reference_of(data);
        out["sum"] = sum(lmdb::ViewInput(reference.view_input()).numbers("values"));
        if (!config.contains("silent")) {
            reference.settle_direct();
        }
        return out;
    }
};

/// Opens the input and returns nothing; no output ever comes.
class OpensButNeverAnswers : public Native {
public:
    using Native::Native;
    py::object calculate(const py::dict& data) {
        ++calls;
        reference_of(data).view_input();
        return py::none();
    }
};

/// Opens the input and passes its reference on: the result of a node that leaves its payload as it is. Counts calls, and
/// tells where in this process the array lay, in a document the one under "values".
class PassesOn : public Native {
public:
    using Native::Native;
    py::dict calculate(const py::dict& data) {
        ++calls;
        const lmdb::View view = reference_of(data).view_input();
        if (view.format() == lmdb::Format::msgpack) {
            const lmdb::Document document = view.document();
            address = reinterpret_cast<std::uintptr_t>(document["values"].span<double>().data());
        } else {
            address = reinterpret_cast<std::uintptr_t>(view.array().span<double>().data());
        }
        return data;
    }

    std::uintptr_t address = 0;
};

/// Reads the document under a key, every value of it, and puts it under another key, written anew.
void copy_document(const std::string& path, const std::string& from, const std::string& to) {
    const py::gil_scoped_release no_gil;
    lmdb::Options options;
    options.existing = true;
    lmdb::Store store = lmdb::Store::open(path, options);
    const lmdb::View view = store.view(from);
    const lmdb::Document document = view.document();
    document.validate();
    lmdb::Writer writer;
    writer.value(document.root());
    writer.put(store, to);
}

template <class Class>
py::class_<Class> define(py::module_& module, const char* type) {
    return py::class_<Class>(module, type, py::dynamic_attr())
        .def(py::init<std::string, py::dict>(), py::arg("name"), py::arg("config"))
        .def("calculate", &Class::calculate)
        .def("details", &Class::details)
        .def_readonly("name", &Class::name)
        .def_readonly("calls", &Class::calls);
}

}  // namespace

PYBIND11_MODULE(dishtayantra_test_natives, module, py::mod_gil_not_used()) {
    define<IgnoresReferences>(module, "IgnoresReferences");
    define<AnswersDirectly>(module, "AnswersDirectly");
    define<OpensButNeverAnswers>(module, "OpensButNeverAnswers");
    define<PassesOn>(module, "PassesOn").def_readonly("address", &PassesOn::address);
    module.def("copy_document", &copy_document, py::arg("path"), py::arg("from_key"), py::arg("to_key"));
}
