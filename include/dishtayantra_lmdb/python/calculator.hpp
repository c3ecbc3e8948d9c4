// A calculator as a Python class that an engine can call directly or with references.
#ifndef DISHTAYANTRA_LMDB_PYTHON_CALCULATOR_HPP
#define DISHTAYANTRA_LMDB_PYTHON_CALCULATOR_HPP

#include "errors.hpp"
#include "input.hpp"
#include "results.hpp"

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <utility>

namespace dishtayantra::lmdb {
// Hidden, as what it is made of in pybind11.
namespace [[gnu::visibility("hidden")]] python {

/// `Core` (a Calculator made from its configuration) as `Class(name, config)` with `calculate` and `details`.
///
/// `calculate(payload)` takes a dict, an array, raw bytes of float64, a reference, or what an engine makes of several
/// (merged, with fields beside them, under names, in lists of arrays), and returns a dict: the result,
/// or `{"_lmdb_output_written": True}` when the result is in the store. The GIL is released while it opens, computes
/// and writes. Python threads may call it at the same time.
template <class Core>
class PythonCalculator {
public:
    PythonCalculator(std::string given_name, const py::object& given_config)
        : name(std::move(given_name)),
          config(given_config.is_none() ? py::dict() : py::dict(given_config)),
          core_(PythonInput(config)) {}

    py::dict calculate(const py::object& payload) {
        ++calculations_;
        References references;
        py::object plain;
        const bool has_names = is_mapping(payload);
        if (has_names) {
            const Fields fields(payload);
            references = fields.references();
            plain = fields.plain();
        }
        references_ += references.inputs.size();
        std::unique_ptr<Input> input;
        if (references.inputs.empty()) {
            input = std::make_unique<PythonInput>(payload, has_names);
        }
        const auto without_gil = [&](auto compute) {
            const auto on_input = [&] {
                if (!input) {
                    input = resolved(references.inputs, plain);
                }
                return compute(*input);
            };
            const py::gil_scoped_release no_gil;
            // Several were merged by whoever calls directly: no exchange waits for a word.
            return references.inputs.size() == 1 ? declining(references.inputs.front(), on_input) : on_input();
        };
        if (!references.output) {
            ArrayOutput output;
            without_gil([&](const Input& given) { core_.compute_into(given, output); });
            return output.dict();
        }
        const Answer answer =
            without_gil([&](const Input& given) { return deliver(*references.output, core_, given); });
        if (!answer.refusal.empty()) {
            const std::lock_guard<std::mutex> lock(refusal_mutex_);
            refusal_ = answer.refusal;
        }
        if (!answer.written) {
            return dict_of(answer.result);
        }
        ++outputs_written_;
        return written_answer();
    }

    /// Name, class, settings, and what happened so far.
    py::dict details(const char* type) const {
        py::dict out = dict_of(core_.details());
        out["name"] = name;
        out["type"] = type;
        out["language"] = "C++";
        out["library_version"] = std::string(version());
        out["calculations"] = calculations_.load();
        out["references"] = references_.load();
        out["outputs_written"] = outputs_written_.load();
        const std::lock_guard<std::mutex> lock(refusal_mutex_);
        if (!refusal_.empty()) {
            out["last_refusal"] = refusal_;
        }
        return out;
    }

    /// Adds the class to a module, and has the module raise errors of the engine as register_errors() says.
    static void define(py::module_& module, const char* type, const char* doc) {
        register_errors();
        py::class_<PythonCalculator>(module, type, doc, py::dynamic_attr())
            .def(py::init<std::string, const py::object&>(), py::arg("name"), py::arg("config") = py::none())
            .def("calculate", &PythonCalculator::calculate, py::arg("data"),
                 "The result for a dict, an array, raw bytes of float64 or a reference.")
            .def("details", [type](const PythonCalculator& self) { return self.details(type); },
                 "Name, class, settings and counts of calls, references and stored outputs.")
            .def_readwrite("name", &PythonCalculator::name)
            .def_readonly("config", &PythonCalculator::config);
    }

    std::string name;
    py::dict config;

private:
    const Core core_;
    std::atomic<std::uint64_t> calculations_{0};
    std::atomic<std::uint64_t> references_{0};
    std::atomic<std::uint64_t> outputs_written_{0};
    mutable std::mutex refusal_mutex_;
    std::string refusal_;
};

}  // namespace python
}  // namespace dishtayantra::lmdb

#endif
