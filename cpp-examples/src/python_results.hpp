// Results as Python objects. NumPy is used when a caller has it, never needed.
#pragma once

#include <dishtayantra_lmdb.hpp>

#include <pybind11/numpy.h>
#include <pybind11/pybind11.h>

#include <cstddef>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

namespace dishtayantra::calculators {

namespace py = pybind11;

inline py::object nested_list(const lmdb::Numbers& numbers, std::size_t level, std::size_t& at) {
    const std::vector<std::size_t>& shape = numbers.shape();
    if (level == shape.size()) {
        return py::float_(numbers.span()[at++]);
    }
    py::list out(shape[level]);
    for (std::size_t i = 0; i < shape[level]; ++i) {
        out[i] = nested_list(numbers, level + 1, at);
    }
    return std::move(out);
}

inline py::object list_of(const lmdb::Numbers& numbers) {
    std::size_t at = 0;
    return nested_list(numbers.c_order().as_list(), 0, at);
}

/// An ndarray of its own memory; nested lists where there is no NumPy.
inline py::object array_of(const lmdb::Numbers& numbers) {
    try {
        py::module_::import("numpy");
    } catch (py::error_already_set& error) {
        if (!error.matches(PyExc_ImportError)) {
            throw;
        }
        return list_of(numbers);
    }
    const std::vector<py::ssize_t> shape(numbers.shape().begin(), numbers.shape().end());
    const std::vector<py::ssize_t> strides = numbers.fortran_order()
                                                 ? py::detail::f_strides(shape, py::ssize_t{sizeof(double)})
                                                 : py::detail::c_strides(shape, py::ssize_t{sizeof(double)});
    return py::array_t<double>(shape, strides, numbers.span().data());
}

inline py::dict dict_of(const lmdb::Map& map);

inline py::object object_of(const lmdb::Value& value) {
    return std::visit(
        [](const auto& held) -> py::object {
            using T = std::decay_t<decltype(held)>;
            if constexpr (std::is_same_v<T, std::nullptr_t>) {
                return py::none();
            } else if constexpr (std::is_same_v<T, lmdb::Map>) {
                return dict_of(held);
            } else if constexpr (std::is_same_v<T, lmdb::Numbers>) {
                return held.is_list() ? list_of(held) : array_of(held);
            } else {
                return py::cast(held);
            }
        },
        value.held);
}

/// A result as it also comes out of the store: arrays as ndarrays, those that came as lists as lists.
inline py::dict dict_of(const lmdb::Map& map) {
    py::dict out;
    for (const auto& [key, value] : map) {
        out[py::str(key)] = object_of(value);
    }
    return out;
}

}  // namespace dishtayantra::calculators
