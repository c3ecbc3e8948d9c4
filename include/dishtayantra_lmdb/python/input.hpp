// Python payloads as inputs of calculators.
#ifndef DISHTAYANTRA_LMDB_PYTHON_INPUT_HPP
#define DISHTAYANTRA_LMDB_PYTHON_INPUT_HPP

#include "tables.hpp"
#include "values.hpp"

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace dishtayantra::lmdb {
// Hidden, as what it is made of in pybind11.
namespace [[gnu::visibility("hidden")]] python {

/// A Python payload as input: a mapping, or anything else, which then is its "values". Made with the GIL held; needs it
/// only while it is asked or ends, and takes it itself.
class PythonInput : public Input {
public:
    explicit PythonInput(const py::object& payload) : PythonInput(payload, python::is_mapping(payload)) {}
    PythonInput(py::object payload, bool is_mapping) : payload_(std::move(payload)), is_mapping_(is_mapping) {}
    PythonInput(const PythonInput&) = delete;
    PythonInput& operator=(const PythonInput&) = delete;
    ~PythonInput() override {
        const py::gil_scoped_acquire gil;
        payload_.release().dec_ref();
    }

    std::optional<Numbers> find_numbers(std::string_view name) const override {
        return read<Numbers>(name, [](const py::object& found) { return numbers_of(found); });
    }

    std::optional<double> find_number(std::string_view name) const override {
        return read<double>(name, [](const py::object& found) { return number_of(found); });
    }

    std::optional<std::string> find_text(std::string_view name) const override {
        const py::gil_scoped_acquire gil;
        const py::object found = find(name);
        if (!found) {
            return std::nullopt;
        }
        if (is_reference(found)) {
            return single(found, &Input::find_text);
        }
        return text_at("'" + std::string(name) + "'", found);
    }

    std::optional<bool> find_flag(std::string_view name) const override {
        const py::gil_scoped_acquire gil;
        const py::object found = find(name);
        if (found && is_reference(found)) {
            return single(found, &Input::find_flag);
        }
        if (found && !PyBool_Check(found.ptr())) {
            throw InvalidArgumentError("'" + std::string(name) + "' is a " + type_name(found) + ", not a bool");
        }
        return found ? std::optional<bool>(found.ptr() == Py_True) : std::nullopt;
    }

    std::optional<std::vector<std::string>> find_texts(std::string_view name) const override {
        const py::gil_scoped_acquire gil;
        const py::object found = find(name);
        if (!found) {
            return std::nullopt;
        }
        if (is_reference(found)) {
            return single(found, &Input::find_texts);
        }
        const std::string place = "'" + std::string(name) + "'";
        std::vector<std::string> texts;
        if (!is_list(found)) {
            texts.push_back(text_at(place, found));
            return texts;
        }
        // A tuple of its own: the list may change under another thread's hands.
        for (const py::handle item : py::tuple(found)) {
            texts.push_back(text_at(place + "[" + std::to_string(texts.size()) + "]", item));
        }
        return texts;
    }

    std::optional<Table> find_table(std::string_view name) const override {
        return read<Table>(name, [&](const py::object& found) {
            if (!is_reference(found)) {
                return tables_.of(name, [&] { return packed_table(found); });
            }
            const std::unique_ptr<Input>& payload = payloads_.emplace_back(resolved(found));
            const std::optional<Table> table = payload->names() ? std::nullopt : payload->find_table("values");
            if (!table) {
                throw InvalidArgumentError("a reference to a mapping");
            }
            return *table;
        });
    }

    /// The object under `name`; null when there is none or it is None. Needs the GIL.
    py::object find(std::string_view name) const {
        if (!is_mapping_) {
            return name == "values" && !payload_.is_none() ? payload_ : py::object();
        }
        const py::object key = str_of(name);
        py::object found;
        if (PyDict_CheckExact(payload_.ptr())) {
            found = item_of(payload_, key);
        } else if (payload_.contains(key)) {
            found = payload_[key];
        }
        return found && !found.is_none() ? found : py::object();
    }

    std::optional<std::vector<std::string>> names() const override {
        if (!is_mapping_) {
            return std::nullopt;
        }
        const py::gil_scoped_acquire gil;
        std::vector<std::string> names;
        for (const py::handle key : payload_) {
            if (py::isinstance<py::str>(key)) {
                names.push_back(py::cast<std::string>(key));
            }
        }
        return names;
    }

private:
    /// What `value_of` makes of the object under `name`; what it refuses is told with the name.
    template <class T, class Read>
    std::optional<T> read(std::string_view name, Read value_of) const {
        const py::gil_scoped_acquire gil;
        const py::object found = find(name);
        try {
            return found ? std::optional<T>(value_of(found)) : std::nullopt;
        } catch (const InvalidArgumentError& error) {
            throw InvalidArgumentError("'" + std::string(name) + "': " + error.what());
        }
    }

    static std::string text_at(const std::string& place, const py::handle& object) {
        if (!py::isinstance<py::str>(object)) {
            throw InvalidArgumentError(place + " is a " + type_name(object) + ", not a text");
        }
        return py::cast<std::string>(object);
    }

    py::object payload_;
    bool is_mapping_;
    mutable lmdb::detail::Tables tables_;
    /// What tables lie in that references stand for.
    mutable std::vector<std::unique_ptr<Input>> payloads_;
};

/// A reference's input. JSON, a format for debugging, is parsed by Python. Takes the GIL where it needs it.
inline std::unique_ptr<Input> opened(const Reference& reference) {
    View view = reference.view_input();
    view.verify();
    if (view.format() != Format::json) {
        return std::make_unique<ViewInput>(std::move(view));
    }
    const Bytes text = view.span();
    const py::gil_scoped_acquire gil;
    const py::bytes json(reinterpret_cast<const char*>(text.data()), text.size());
    return std::make_unique<PythonInput>(py::module_::import("json").attr("loads")(json));
}

inline std::unique_ptr<Input> resolved(const std::vector<Reference>& references, const py::object& plain) {
    if (references.size() == 1 && !plain) {
        return opened(references.front());
    }
    std::vector<std::unique_ptr<Input>> parts;
    for (const Reference& reference : references) {
        parts.push_back(opened(reference));
    }
    if (plain) {
        const py::gil_scoped_acquire gil;
        parts.push_back(std::make_unique<PythonInput>(plain));
    }
    return parts.size() == 1 ? std::move(parts.front()) : std::make_unique<JoinedInput>(std::move(parts));
}

}  // namespace python
}  // namespace dishtayantra::lmdb

#endif
