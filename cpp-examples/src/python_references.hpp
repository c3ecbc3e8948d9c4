// What the fields of a Python mapping say of references.
#pragma once

#include "python_errors.hpp"

#include <algorithm>
#include <iterator>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace dishtayantra::calculators {

namespace py = pybind11;

/// Whether a name is the protocol's, and no field of a payload.
inline bool is_protocol(std::string_view name) { return name.substr(0, 6) == "_lmdb_" || name == lmdb::wire::txn_id; }

/// The UTF-8 of a str, which the object keeps; empty for any other object, and for a str that has none.
inline std::string_view text_of(const py::handle& object) {
    if (!PyUnicode_Check(object.ptr())) {
        return {};
    }
    Py_ssize_t size = 0;
    const char* const text = PyUnicode_AsUTF8AndSize(object.ptr(), &size);
    if (text == nullptr) {
        PyErr_Clear();
        return {};
    }
    return {text, static_cast<std::size_t>(size)};
}

inline bool is_marker(std::string_view name) {
    return name.substr(0, sizeof lmdb::wire::marker - 1) == lmdb::wire::marker;
}

/// What a mapping says of the protocol, and when it stands for payloads the fields that are its own.
struct Fields {
    py::dict items;  ///< holds the texts
    std::vector<std::pair<std::string_view, std::string_view>> protocol;
    py::dict plain;
    bool refers = false;  ///< `_lmdb_ref` is true (and not merely truthy), or there is a marker
    bool asks = false;    ///< an output is wanted

    /// What the fields say; nothing when they only have names of the protocol.
    lmdb::References references() const {
        return refers || asks ? lmdb::References::of(protocol) : lmdb::References();
    }
};

/// Throws CorruptError when a field of the protocol that says something is no text.
inline Fields fields_of(const py::handle& mapping) {
    namespace wire = lmdb::wire;
    Fields fields;
    fields.items = py::dict(py::reinterpret_borrow<py::object>(mapping));
    std::string_view wrong;
    py::handle wrong_value;
    for (const auto& [key, value] : fields.items) {
        const std::string_view name = text_of(key);
        if (!is_protocol(name)) {
            continue;
        }
        if (name == wire::ref) {
            fields.refers = fields.refers || value.ptr() == Py_True;
            fields.protocol.emplace_back(name, value.ptr() == Py_True ? "true" : "false");
        } else if (PyUnicode_Check(value.ptr())) {
            fields.refers = fields.refers || is_marker(name);
            fields.asks = fields.asks || name == wire::output_key;
            fields.protocol.emplace_back(name, text_of(value));
        } else if (!value.is_none()) {
            const std::string_view known[] = {wire::input_key, wire::output_key, wire::db_path, wire::db_name,
                                              wire::format,    wire::txn_id,     wire::entry};
            fields.asks = fields.asks || name == wire::output_key;
            fields.refers = fields.refers || is_marker(name);
            if (is_marker(name) || std::find(std::begin(known), std::end(known), name) != std::end(known)) {
                wrong = name;
                wrong_value = value;
            }
        }
    }
    if (!wrong.empty() && (fields.refers || fields.asks)) {
        throw lmdb::CorruptError("reference: '" + std::string(wrong) + "' is a " + type_name(wrong_value) + ", not a text");
    }
    if (fields.refers) {
        for (const auto& [key, value] : fields.items) {
            if (!is_protocol(text_of(key))) {
                fields.plain[key] = value;
            }
        }
    }
    return fields;
}

/// Whether a value is a mapping that stands for payloads: `_lmdb_ref` is true, or it has a marker.
inline bool is_reference(const py::handle& object) {
    if (!PyDict_Check(object.ptr())) {
        return false;
    }
    for (const auto& [key, value] : py::reinterpret_borrow<py::dict>(object)) {
        const std::string_view name = text_of(key);
        if (is_marker(name) || (name == lmdb::wire::ref && value.ptr() == Py_True)) {
            return true;
        }
    }
    return false;
}

/// The payloads that a mapping stands for, with its own fields, as one input. Needs the GIL.
std::unique_ptr<lmdb::Input> resolved(const std::vector<lmdb::Reference>& references, const py::dict& plain);

/// As above, for a mapping inside a payload.
inline std::unique_ptr<lmdb::Input> resolved(const py::handle& mapping) {
    const Fields fields = fields_of(mapping);
    return resolved(fields.references().inputs, fields.plain);
}

/// What is asked for under "values", when the payload that a mapping stands for is no mapping itself.
template <class T>
T single(const py::handle& mapping, std::optional<T> (lmdb::Input::*find)(std::string_view) const) {
    const std::unique_ptr<lmdb::Input> payload = resolved(mapping);
    std::optional<T> found = payload->names() ? std::nullopt : ((*payload).*find)("values");
    if (!found) {
        throw lmdb::InvalidArgumentError("a reference to a mapping");
    }
    return *std::move(found);
}

}  // namespace dishtayantra::calculators
