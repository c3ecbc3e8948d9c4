// Lists of numbers: read and made in one pass.
#ifndef DISHTAYANTRA_LMDB_PYTHON_LISTS_HPP
#define DISHTAYANTRA_LMDB_PYTHON_LISTS_HPP

#include "objects.hpp"

#include <cstddef>
#include <optional>
#include <vector>

namespace dishtayantra::lmdb {
// Hidden, as what it is made of in pybind11.
namespace [[gnu::visibility("hidden")]] python {

namespace detail {

/// A float, a bool, or an int of 64 bits as double, by a look at the object alone. False for anything else.
inline bool is_plain_number(PyObject* object, double& number) {
    if (PyFloat_Check(object)) {
        number = PyFloat_AS_DOUBLE(object);
        return true;
    }
    if (!PyLong_Check(object)) {
        return false;
    }
    int overflow = 0;
    const long long whole = PyLong_AsLongLongAndOverflow(object, &overflow);
    number = static_cast<double>(whole);
    return overflow == 0;
}

/// The lengths of nested lists, as their first elements tell; none when they are nested in too many levels.
inline std::vector<std::size_t> lengths_of(const py::handle& list, std::size_t most) {
    std::vector<std::size_t> shape;
    for (py::object level = py::reinterpret_borrow<py::object>(list); is_list(level);) {
        if (shape.size() == most) {
            return {};
        }
        const Elements elements(level);
        shape.push_back(elements.size());
        level = elements.size() == 0 ? py::none() : py::reinterpret_borrow<py::object>(elements[0]);
    }
    return shape;
}

/// Whether nested lists have these lengths from `level` on. What the innermost hold is not looked at.
inline bool have_lengths(const py::handle& list, const std::vector<std::size_t>& shape, std::size_t level) {
    if (!is_list(list)) {
        return false;
    }
    const Elements elements(list);
    bool even = elements.size() == shape[level];
    for (std::size_t i = 0; even && level + 1 < shape.size() && i < shape[level]; ++i) {
        even = have_lengths(elements[i], shape, level + 1);
    }
    return even;
}

/// Writes the numbers of nested lists from `out` on. False when there is something else in them, or their lengths are not
/// those (any more).
inline bool fill_from(const py::handle& list, const std::vector<std::size_t>& shape, std::size_t level, double*& out) {
    if (!is_list(list)) {
        return false;
    }
    const Elements elements(list);
    const std::size_t count = shape[level];
    bool taken = elements.size() == count;
    if (level + 1 == shape.size()) {
        for (std::size_t i = 0; taken && i < count; ++i) {
            PyObject* const item = elements[i];
            if (PyFloat_CheckExact(item)) {
                *out++ = PyFloat_AS_DOUBLE(item);
            } else {
                taken = is_plain_number(item, *out++);
            }
        }
        return taken;
    }
    for (std::size_t i = 0; taken && i < count; ++i) {
        taken = fill_from(elements[i], shape, level + 1, out);
    }
    return taken;
}

inline py::object nested_list(const Numbers& numbers, std::size_t level, const double*& from) {
    const std::vector<std::size_t>& shape = numbers.shape();
    if (level == shape.size()) {
        return owned(PyFloat_FromDouble(*from++));
    }
    const auto count = static_cast<Py_ssize_t>(shape[level]);
    py::object out = owned(PyList_New(count));
    for (Py_ssize_t i = 0; i < count; ++i) {
        // The innermost level has most of the items.
        PyObject* const item = level + 1 == shape.size() ? PyFloat_FromDouble(*from++)
                                                         : nested_list(numbers, level + 1, from).release().ptr();
        if (item == nullptr) {
            throw py::error_already_set();
        }
        PyList_SET_ITEM(out.ptr(), i, item);
    }
    return out;
}

}  // namespace detail

/// The numbers of lists and tuples of even lengths that hold floats, bools and ints of 64 bits, in one pass and with no
/// Python code run. None for all others.
inline std::optional<Numbers> plain_numbers(const py::handle& list) {
    std::vector<std::size_t> shape = detail::lengths_of(list, DY_LMDB_SEGMENT_MAX_NDIM);
    if (shape.empty() || !detail::have_lengths(list, shape, 0)) {
        return std::nullopt;
    }
    bool taken = false;
    const auto take = [&](Span<double> out) {
        double* at = out.data();
        taken = detail::fill_from(list, shape, 0, at);
    };
    const Numbers numbers = Numbers::made(shape, take);
    return taken ? std::optional<Numbers>(numbers.as_list()) : std::nullopt;
}

/// Nested lists of floats.
inline py::object list_of(const Numbers& numbers) {
    const Numbers by_rows = numbers.c_order().as_list();
    const double* from = by_rows.span().data();
    return detail::nested_list(by_rows, 0, from);
}

}  // namespace python
}  // namespace dishtayantra::lmdb

#endif
