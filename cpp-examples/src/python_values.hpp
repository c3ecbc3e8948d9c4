// Python objects as inputs of calculators.
#pragma once

#include "python_buffers.hpp"
#include "python_errors.hpp"
#include "python_references.hpp"

#include <algorithm>
#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace dishtayantra::calculators {

namespace py = pybind11;

inline bool is_list(const py::handle& object) {
    return py::isinstance<py::list>(object) || py::isinstance<py::tuple>(object);
}

/// Whether it is bytes in a row, or a view of some: such a payload is taken as float64. Any other memoryview is an array.
inline bool is_bytes(const py::handle& object) {
    if (PyMemoryView_Check(object.ptr())) {
        return py::cast<int>(object.attr("ndim")) == 1 && py::cast<std::string>(object.attr("format")) == "B";
    }
    return PyBytes_Check(object.ptr()) || PyByteArray_Check(object.ptr());
}

/// Whether it has numbers in a buffer, as arrays and NumPy's scalars have.
inline bool is_array(const py::handle& object) {
    return PyObject_CheckBuffer(object.ptr()) != 0 && !is_bytes(object);
}

/// A number that a stored payload can hold as well, so that both ways take the same: a float, an int of 64 bits, a bool
/// as 0 or 1, a NumPy scalar.
inline double number_of(const py::handle& object) {
    if (is_reference(object)) {
        return single(object, &lmdb::Input::find_number);
    }
    if (PyFloat_Check(object.ptr())) {
        return PyFloat_AS_DOUBLE(object.ptr());
    }
    if (PyLong_Check(object.ptr())) {
        int overflow = 0;
        const long long number = PyLong_AsLongLongAndOverflow(object.ptr(), &overflow);
        if (overflow == 0) {
            return static_cast<double>(number);
        }
        const unsigned long long larger = overflow > 0 ? PyLong_AsUnsignedLongLong(object.ptr()) : 0;
        if (overflow < 0 || PyErr_Occurred() != nullptr) {
            PyErr_Clear();
            throw lmdb::InvalidArgumentError("an int of more than 64 bits");
        }
        return static_cast<double>(larger);
    }
    if (is_array(object)) {
        const lmdb::Numbers numbers = numbers_of_buffer(py::reinterpret_borrow<py::buffer>(object));
        if (numbers.shape().empty()) {
            return numbers.span().front();
        }
    }
    throw lmdb::InvalidArgumentError("a " + type_name(object) + " is no number");
}

/// The numbers of what stands for levels of nested lists: an array, or a reference to one.
inline lmdb::Numbers rows_of(const py::handle& object) {
    return is_array(object) ? numbers_of_buffer(py::reinterpret_borrow<py::buffer>(object))
                            : single(object, &lmdb::Input::find_numbers);
}

/// Appends the numbers of nested lists, each level as long as `shape` says. Arrays stand for the levels they have.
inline void append_list(const py::handle& object, const std::vector<std::size_t>& shape, std::size_t level,
                        std::vector<double>& out) {
    if (level == shape.size()) {
        out.push_back(number_of(object));
        return;
    }
    if (is_array(object) || is_reference(object)) {
        const lmdb::Numbers rows = rows_of(object).c_order();
        if (std::equal(rows.shape().begin(), rows.shape().end(), shape.begin() + static_cast<std::ptrdiff_t>(level),
                       shape.end())) {
            out.insert(out.end(), rows.span().begin(), rows.span().end());
            return;
        }
    } else if (is_list(object)) {
        // A tuple of its own: the list may change under another thread's hands.
        const py::tuple elements(py::reinterpret_borrow<py::object>(object));
        if (elements.size() == shape[level]) {
            for (const py::handle element : elements) {
                append_list(element, shape, level + 1, out);
            }
            return;
        }
    }
    throw lmdb::InvalidArgumentError("nested lists of numbers must have equal lengths in level " +
                                     std::to_string(level + 1));
}

inline lmdb::Numbers numbers_of_list(const py::handle& object) {
    std::vector<std::size_t> shape;
    py::object level = py::reinterpret_borrow<py::object>(object);
    while (is_list(level)) {
        if (shape.size() == 32) {
            throw lmdb::InvalidArgumentError("lists nested in more than 32 levels");
        }
        const py::tuple elements(level);
        shape.push_back(elements.size());
        level = elements.empty() ? py::none() : py::object(elements[0]);
    }
    if (is_array(level) || is_reference(level)) {
        const lmdb::Numbers first = rows_of(level);
        shape.insert(shape.end(), first.shape().begin(), first.shape().end());
    }
    std::vector<double> out;
    append_list(object, shape, 0, out);
    return lmdb::Numbers(std::move(out), std::move(shape)).as_list();
}

/// Numbers from a single one, lists, arrays (buffer protocol or `__array__`) or raw bytes of float64.
inline lmdb::Numbers numbers_of(const py::handle& object) {
    if (is_reference(object)) {
        return single(object, &lmdb::Input::find_numbers);
    }
    if (is_list(object)) {
        return numbers_of_list(object);
    }
    if (PyFloat_Check(object.ptr()) || PyLong_Check(object.ptr())) {
        return lmdb::Numbers({number_of(object)}, {}).as_list();
    }
    if (PyObject_CheckBuffer(object.ptr()) != 0) {
        const auto buffer = py::reinterpret_borrow<py::buffer>(object);
        if (is_array(object)) {
            // A scalar is a number as those of Python are, and no array.
            return numbers_of_buffer(buffer).as_list(is_numpy_scalar(object));
        }
        // A view of bytes may have gaps.
        return numbers_of_bytes(PyMemoryView_Check(object.ptr()) ? py::buffer(object.attr("tobytes")()) : buffer);
    }
    if (py::hasattr(object, "__array__")) {
        return numbers_of_buffer(py::buffer(object.attr("__array__")()));
    }
    throw lmdb::InvalidArgumentError("a " + type_name(object) + " is no array of numbers");
}

/// A Python payload as input: a mapping, or anything else, which then is its "values". Needs the GIL only while it
/// is asked, and takes it itself; construct and destroy it with the GIL held.
class PythonInput : public lmdb::Input {
public:
    explicit PythonInput(py::object payload)
        : payload_(std::move(payload)),
          is_mapping_(py::isinstance<py::dict>(payload_) ||
                      py::isinstance(payload_, py::module_::import("collections.abc").attr("Mapping"))) {}

    std::optional<lmdb::Numbers> find_numbers(std::string_view name) const override {
        const py::gil_scoped_acquire gil;
        const py::object found = find(name);
        try {
            return found ? std::optional<lmdb::Numbers>(numbers_of(found)) : std::nullopt;
        } catch (const lmdb::InvalidArgumentError& error) {
            throw lmdb::InvalidArgumentError("'" + std::string(name) + "': " + error.what());
        }
    }

    std::optional<double> find_number(std::string_view name) const override {
        const py::gil_scoped_acquire gil;
        const py::object found = find(name);
        if (!found) {
            return std::nullopt;
        }
        try {
            return number_of(found);
        } catch (const lmdb::InvalidArgumentError& error) {
            throw lmdb::InvalidArgumentError("'" + std::string(name) + "': " + error.what());
        }
    }

    std::optional<std::string> find_text(std::string_view name) const override {
        const py::gil_scoped_acquire gil;
        const py::object found = find(name);
        if (!found) {
            return std::nullopt;
        }
        if (is_reference(found)) {
            return single(found, &lmdb::Input::find_text);
        }
        if (!py::isinstance<py::str>(found)) {
            throw lmdb::InvalidArgumentError("'" + std::string(name) + "' is a " + type_name(found) + ", not a text");
        }
        return py::cast<std::string>(found);
    }

    /// The object under `name`; null when there is none or it is None.
    py::object find(std::string_view name) const {
        if (!is_mapping_) {
            return name == "values" && !payload_.is_none() ? payload_ : py::object();
        }
        const py::str key(name.data(), name.size());
        if (!payload_.contains(key)) {
            return {};
        }
        py::object found = payload_[key];
        return found.is_none() ? py::object() : found;
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

    bool is_mapping() const noexcept { return is_mapping_; }
    const py::object& payload() const noexcept { return payload_; }

private:
    py::object payload_;
    bool is_mapping_;
};

/// A reference's input. JSON, a format for debugging, is parsed by Python.
inline std::unique_ptr<lmdb::Input> opened(const lmdb::Reference& reference) {
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

inline std::unique_ptr<lmdb::Input> resolved(const std::vector<lmdb::Reference>& references, const py::dict& plain) {
    std::vector<std::unique_ptr<lmdb::Input>> parts;
    for (const lmdb::Reference& reference : references) {
        parts.push_back(opened(reference));
    }
    if (!plain.empty()) {
        parts.push_back(std::make_unique<PythonInput>(plain));
    }
    return parts.size() == 1 ? std::move(parts.front()) : std::make_unique<lmdb::JoinedInput>(std::move(parts));
}

}  // namespace dishtayantra::calculators
