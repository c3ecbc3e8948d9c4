// A calculator as a Python class that an engine can call directly or with references.
#pragma once

#include "python_values.hpp"

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <utility>

namespace dishtayantra::calculators {

/// The reference that a payload carries: one with `_lmdb_ref` true, or an output key beside the input itself.
/// Empty when it carries none.
inline std::optional<lmdb::Reference> reference_of(const PythonInput& payload, bool& has_input) {
    const py::object ref = payload.is_mapping() ? payload.find(lmdb::wire::ref) : py::object();
    has_input = ref && py::cast<bool>(py::bool_(ref));
    const py::object output = payload.is_mapping() ? payload.find(lmdb::wire::output_key) : py::object();
    if (!has_input && !output) {
        return std::nullopt;
    }
    lmdb::Reference reference;
    reference.set(lmdb::wire::ref, has_input ? "true" : "false");
    for (const char* name : {lmdb::wire::input_key, lmdb::wire::output_key, lmdb::wire::db_path, lmdb::wire::db_name,
                             lmdb::wire::format, lmdb::wire::txn_id}) {
        if (const py::object value = payload.find(name)) {
            if (!py::isinstance<py::str>(value)) {
                throw lmdb::CorruptError("reference: '" + std::string(name) + "' is a " + type_name(value) +
                                         ", not a text");
            }
            reference.set(name, py::cast<std::string>(value));
        }
    }
    return reference;
}

/// `Core` (an lmdb::Calculator made from its configuration) as `Class(name, config)` with `calculate` and `details`.
///
/// `calculate(payload)` takes a dict, an array, raw bytes of float64, or a reference, and returns a dict: the result,
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
        auto given = std::make_unique<PythonInput>(payload);
        bool has_input = false;
        const std::optional<lmdb::Reference> reference = reference_of(*given, has_input);
        std::unique_ptr<lmdb::Input> input = std::move(given);
        const auto compute = [&] {
            if (has_input) {
                ++references_;
                input = open(*reference);
            }
            const py::gil_scoped_release no_gil;
            return core_.compute(*input);
        };
        lmdb::Map result = has_input ? lmdb::declining(*reference, compute) : compute();
        lmdb::Answer answer;
        if (reference) {
            const py::gil_scoped_release no_gil;
            answer = lmdb::deliver(*reference, std::move(result));
        } else {
            answer.result = std::move(result);
        }
        if (!answer.refusal.empty()) {
            const std::lock_guard<std::mutex> lock(refusal_mutex_);
            refusal_ = answer.refusal;
        }
        if (answer.written) {
            ++outputs_written_;
            py::dict out;
            out[lmdb::wire::output_written] = true;
            return out;
        }
        return dict_of(answer.result);
    }

    /// Name, class, settings, and what happened so far.
    py::dict details(const char* type) const {
        py::dict out = dict_of(core_.details());
        out["name"] = name;
        out["type"] = type;
        out["language"] = "C++";
        out["library_version"] = std::string(lmdb::version());
        out["calculations"] = calculations_.load();
        out["references"] = references_.load();
        out["outputs_written"] = outputs_written_.load();
        const std::lock_guard<std::mutex> lock(refusal_mutex_);
        if (!refusal_.empty()) {
            out["last_refusal"] = refusal_;
        }
        return out;
    }

    /// Adds the class to a module.
    static void define(py::module_& module, const char* type, const char* doc) {
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
    /// The reference's input. JSON, a format for debugging, is parsed by Python.
    static std::unique_ptr<lmdb::Input> open(const lmdb::Reference& reference) {
        lmdb::View view;
        {
            const py::gil_scoped_release no_gil;
            view = reference.view_input();
            view.verify();
        }
        if (view.format() != lmdb::Format::json) {
            return std::make_unique<lmdb::ViewInput>(std::move(view));
        }
        const lmdb::Bytes text = view.span();
        const py::bytes json(reinterpret_cast<const char*>(text.data()), text.size());
        return std::make_unique<PythonInput>(py::module_::import("json").attr("loads")(json));
    }

    const Core core_;
    std::atomic<std::uint64_t> calculations_{0};
    std::atomic<std::uint64_t> references_{0};
    std::atomic<std::uint64_t> outputs_written_{0};
    mutable std::mutex refusal_mutex_;
    std::string refusal_;
};

}  // namespace dishtayantra::calculators
