// What the fields of a Python mapping say of references.
#ifndef DISHTAYANTRA_LMDB_PYTHON_REFERENCES_HPP
#define DISHTAYANTRA_LMDB_PYTHON_REFERENCES_HPP

#include "objects.hpp"

#include <algorithm>
#include <cstddef>
#include <iterator>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace dishtayantra::lmdb {
// Hidden, as what it is made of in pybind11.
namespace [[gnu::visibility("hidden")]] python {

/// Whether a name is the protocol's, and no field of a payload.
inline bool is_protocol(std::string_view name) {
    return !name.empty() && name[0] == '_' && (name.substr(0, 6) == "_lmdb_" || name == wire::txn_id);
}

inline bool is_marker(std::string_view name) { return name.substr(0, sizeof wire::marker - 1) == wire::marker; }

/// What a mapping says of the protocol, and when it stands for payloads the fields that are its own.
class Fields {
public:
    /// Throws CorruptError when a field of the protocol that says something is no text.
    explicit Fields(const py::handle& mapping)
        : items_(PyDict_Check(mapping.ptr()) ? steady(mapping) : py::dict(py::reinterpret_borrow<py::object>(mapping))) {
        names_.reserve(usual);
        texts_.reserve(usual);
        bool others = false;
        each([&](const py::handle& key, const py::handle& value) {
            const std::string_view name = text_of(key);
            if (is_protocol(name)) {
                take(name, value);
            } else {
                others = true;
            }
        });
        if (wrong_ && (refers_ || asks_)) {
            throw CorruptError("reference: '" + std::string(wrong_name_) + "' is a " + type_name(wrong_) + ", not a text");
        }
        if (refers_ && others) {
            plain_ = py::dict();
            // Hashing a key may run Python code, which may change the mapping.
            const auto copy = py::dict(owned(PyDict_Copy(items_.ptr())));
            for (const auto& [key, value] : copy) {
                if (!is_protocol(text_of(key))) {
                    plain_[key] = value;
                }
            }
        }
    }

    /// What the fields say; nothing when they only have names of the protocol.
    References references() const { return refers_ || asks_ ? References::of(names_, texts_) : References(); }

    /// The mapping's own fields beside references; null when there are none.
    const py::object& plain() const noexcept { return plain_; }

private:
    template <class Take>
    void each(Take take) const {
        PyObject* key = nullptr;
        PyObject* value = nullptr;
        Py_ssize_t at = 0;
        while (PyDict_Next(items_.ptr(), &at, &key, &value) != 0) {
            take(py::handle(key), py::handle(value));
        }
    }

    void take(std::string_view name, const py::handle& value) {
        if (name == wire::ref) {
            // Whether `_lmdb_ref` is true, and not merely truthy.
            refers_ = refers_ || value.ptr() == Py_True;
            add(name, value.ptr() == Py_True ? "true" : "false");
        } else if (PyUnicode_Check(value.ptr())) {
            refers_ = refers_ || is_marker(name);
            asks_ = asks_ || name == wire::output_key;
            add(name, text_of(value));
        } else if (!value.is_none()) {
            const std::string_view known[] = {wire::input_key, wire::output_key, wire::db_path, wire::db_name,
                                              wire::format,    wire::txn_id,     wire::entry};
            asks_ = asks_ || name == wire::output_key;
            refers_ = refers_ || is_marker(name);
            if (is_marker(name) || std::find(std::begin(known), std::end(known), name) != std::end(known)) {
                wrong_name_ = name;
                wrong_ = value;
            }
        }
    }

    void add(std::string_view name, std::string_view text) {
        names_.push_back({name.data(), name.size()});
        texts_.push_back({text.data(), text.size()});
    }

    /// Fields that a reference mostly has.
    static constexpr std::size_t usual = 10;

    py::object items_;  ///< holds the texts
    std::vector<dy_lmdb_buffer_t> names_;
    std::vector<dy_lmdb_buffer_t> texts_;
    py::object plain_;
    bool refers_ = false;  ///< `_lmdb_ref` is true, or there is a marker
    bool asks_ = false;    ///< an output is wanted
    std::string_view wrong_name_;
    py::handle wrong_;
};

/// Whether a value is a mapping that stands for payloads: `_lmdb_ref` is true, or it has a marker.
inline bool is_reference(const py::handle& object) {
    if (!PyDict_Check(object.ptr())) {
        return false;
    }
    const py::object items = steady(object);
    PyObject* key = nullptr;
    PyObject* value = nullptr;
    Py_ssize_t at = 0;
    while (PyDict_Next(items.ptr(), &at, &key, &value) != 0) {
        const std::string_view name = text_of(py::handle(key));
        if (is_marker(name) || (name == wire::ref && value == Py_True)) {
            return true;
        }
    }
    return false;
}

/// The payloads that a mapping stands for, with its own fields, as one input. Takes the GIL where it needs it.
std::unique_ptr<Input> resolved(const std::vector<Reference>& references, const py::object& plain);

/// As above, for a mapping inside a payload.
inline std::unique_ptr<Input> resolved(const py::handle& mapping) {
    const Fields fields(mapping);
    const References references = fields.references();
    const py::gil_scoped_release no_gil;
    return resolved(references.inputs, fields.plain());
}

/// What is asked for under "values", when the payload that a mapping stands for is no mapping itself.
template <class T>
T single(const py::handle& mapping, std::optional<T> (Input::*find)(std::string_view) const) {
    const std::unique_ptr<Input> payload = resolved(mapping);
    std::optional<T> found = payload->names() ? std::nullopt : ((*payload).*find)("values");
    if (!found) {
        throw InvalidArgumentError("a reference to a mapping");
    }
    return *std::move(found);
}

}  // namespace python
}  // namespace dishtayantra::lmdb

#endif
