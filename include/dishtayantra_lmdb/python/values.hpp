// Any Python object as numbers.
#ifndef DISHTAYANTRA_LMDB_PYTHON_VALUES_HPP
#define DISHTAYANTRA_LMDB_PYTHON_VALUES_HPP

#include "buffers.hpp"
#include "lists.hpp"
#include "references.hpp"

#include <algorithm>
#include <cstddef>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace dishtayantra::lmdb {
// Hidden, as what it is made of in pybind11.
namespace [[gnu::visibility("hidden")]] python {

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
        return single(object, &Input::find_number);
    }
    double number = 0;
    if (detail::is_plain_number(object.ptr(), number)) {
        return number;
    }
    if (PyLong_Check(object.ptr())) {
        const unsigned long long larger = PyLong_AsUnsignedLongLong(object.ptr());
        if (PyErr_Occurred() != nullptr) {
            PyErr_Clear();
            throw InvalidArgumentError("an int of more than 64 bits");
        }
        return static_cast<double>(larger);
    }
    if (is_array(object)) {
        const Numbers numbers = numbers_of_buffer(object);
        if (numbers.shape().empty()) {
            return numbers.span().front();
        }
    }
    throw InvalidArgumentError("a " + type_name(object) + " is no number");
}

namespace detail {

/// The numbers of what stands for levels of nested lists: an array, or a reference to one.
inline Numbers rows_of(const py::handle& object) {
    return is_array(object) ? numbers_of_buffer(object) : single(object, &Input::find_numbers);
}

/// Appends the numbers of nested lists, each level as long as `shape` says. Arrays stand for the levels they have.
inline void append_list(const py::handle& object, const std::vector<std::size_t>& shape, std::size_t level,
                        std::vector<double>& out) {
    if (level == shape.size()) {
        out.push_back(number_of(object));
        return;
    }
    if (is_array(object) || is_reference(object)) {
        const Numbers rows = rows_of(object).c_order();
        if (std::equal(rows.shape().begin(), rows.shape().end(), shape.begin() + static_cast<std::ptrdiff_t>(level),
                       shape.end())) {
            out.insert(out.end(), rows.span().begin(), rows.span().end());
            return;
        }
    } else if (is_list(object)) {
        // A tuple of its own: the list may change under the hands of what is asked, or of another thread.
        const py::tuple elements(py::reinterpret_borrow<py::object>(object));
        if (elements.size() == shape[level]) {
            for (const py::handle element : elements) {
                append_list(element, shape, level + 1, out);
            }
            return;
        }
    }
    throw InvalidArgumentError("nested lists of numbers must have equal lengths in level " + std::to_string(level + 1));
}

/// Lists with more in them than plain numbers, or of uneven lengths.
inline Numbers numbers_of_mixed(const py::handle& object) {
    std::vector<std::size_t> shape;
    py::object level = py::reinterpret_borrow<py::object>(object);
    while (is_list(level)) {
        if (shape.size() == DY_LMDB_SEGMENT_MAX_NDIM) {
            throw InvalidArgumentError("lists nested in more than 32 levels");
        }
        const py::tuple elements(level);
        shape.push_back(elements.size());
        level = elements.empty() ? py::none() : py::object(elements[0]);
    }
    if (is_array(level) || is_reference(level)) {
        const Numbers first = rows_of(level);
        shape.insert(shape.end(), first.shape().begin(), first.shape().end());
    }
    std::vector<double> out;
    append_list(object, shape, 0, out);
    return Numbers(std::move(out), std::move(shape)).as_list();
}

}  // namespace detail

/// Numbers from a single one, lists, arrays (buffer protocol or `__array__`) or raw bytes of float64.
inline Numbers numbers_of(const py::handle& object) {
    if (is_reference(object)) {
        return single(object, &Input::find_numbers);
    }
    if (is_list(object)) {
        const std::optional<Numbers> plain = plain_numbers(object);
        return plain ? *plain : detail::numbers_of_mixed(object);
    }
    if (PyFloat_Check(object.ptr()) || PyLong_Check(object.ptr())) {
        return Numbers({number_of(object)}, {}).as_list();
    }
    if (PyObject_CheckBuffer(object.ptr()) != 0) {
        if (is_array(object)) {
            // A scalar is a number as those of Python are, and no array.
            return numbers_of_buffer(object).as_list(is_numpy_scalar(object));
        }
        // A view of bytes may have gaps.
        const bool is_view = PyMemoryView_Check(object.ptr());
        return numbers_of_bytes(is_view ? py::object(object.attr("tobytes")()) : py::reinterpret_borrow<py::object>(object));
    }
    if (py::hasattr(object, "__array__")) {
        const py::object array = object.attr("__array__")();
        return numbers_of_buffer(array);
    }
    throw InvalidArgumentError("a " + type_name(object) + " is no array of numbers");
}

}  // namespace python
}  // namespace dishtayantra::lmdb

#endif
