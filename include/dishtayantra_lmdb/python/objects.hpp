// What is asked of Python objects on every call, through the C API.
#ifndef DISHTAYANTRA_LMDB_PYTHON_OBJECTS_HPP
#define DISHTAYANTRA_LMDB_PYTHON_OBJECTS_HPP

#include "../calculator.hpp"

#include <pybind11/pybind11.h>

#include <atomic>
#include <cstddef>
#include <string>
#include <string_view>

namespace dishtayantra::lmdb {
// Hidden, as what it is made of in pybind11.
namespace [[gnu::visibility("hidden")]] python {

namespace py = pybind11;

inline std::string type_name(const py::handle& object) { return py::str(py::type::of(object).attr("__name__")); }

/// A new reference that the C API gave. Throws what it raised when it gave none.
inline py::object owned(PyObject* object) {
    if (object == nullptr) {
        throw py::error_already_set();
    }
    return py::reinterpret_steal<py::object>(object);
}

/// A name of this code's, made once and kept.
template <const char* Text>
py::handle interned() {
    static PyObject* const name = PyUnicode_InternFromString(Text);
    return name;
}

inline constexpr char values_name[] = "values";
inline constexpr char numpy_name[] = "numpy";

/// A text as a str; the name that payloads mostly have is there already.
inline py::object str_of(std::string_view text) {
    if (text == values_name) {
        return py::reinterpret_borrow<py::object>(interned<values_name>());
    }
    return owned(PyUnicode_FromStringAndSize(text.data(), static_cast<Py_ssize_t>(text.size())));
}

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

/// The item of a dict under `key`, with no method of the dict called; null when there is none.
inline py::object item_of(const py::handle& dict, const py::handle& key) {
    PyObject* found = nullptr;
#if PY_VERSION_HEX >= 0x030D0000
    PyDict_GetItemRef(dict.ptr(), key.ptr(), &found);
#else
    found = PyDict_GetItemWithError(dict.ptr(), key.ptr());
    Py_XINCREF(found);
#endif
    if (found == nullptr && PyErr_Occurred() != nullptr) {
        throw py::error_already_set();
    }
    return py::reinterpret_steal<py::object>(found);
}

/// A module, if the process has loaded it; null also for one that shall not be found.
inline py::object loaded(const py::handle& name) {
    py::object module = item_of(PyImport_GetModuleDict(), name);
    return module && !module.is_none() ? module : py::object();
}

/// What `make` gives, made once and kept. It may run Python code, in which another thread gets here: no lock is held, and
/// who comes late drops what it made.
template <class Make>
PyObject* kept(std::atomic<PyObject*>& place, Make make) {
    PyObject* known = place;
    if (known == nullptr) {
        py::object made = make();
        if (made && place.compare_exchange_strong(known, made.ptr())) {
            known = made.release().ptr();
        }
    }
    return known;
}

/// Whether it is an array of NumPy's itself, and of no class derived from it.
inline bool is_ndarray(const py::handle& object) {
    static std::atomic<PyObject*> ndarray{nullptr};
    const auto find = [] {
        const py::object numpy = loaded(interned<numpy_name>());
        return numpy ? py::object(numpy.attr("ndarray")) : py::object();
    };
    return reinterpret_cast<PyObject*>(Py_TYPE(object.ptr())) == kept(ndarray, find);
}

inline bool is_list(const py::handle& object) { return PyList_Check(object.ptr()) || PyTuple_Check(object.ptr()); }

/// Whether a payload has names: a dict, or what the ABC says is a mapping.
inline bool is_mapping(const py::handle& object) {
    PyObject* const raw = object.ptr();
    if (PyDict_Check(raw)) {
        return true;
    }
    if (PyList_CheckExact(raw) || PyBytes_CheckExact(raw) || is_ndarray(object)) {
        return false;
    }
    static std::atomic<PyObject*> mapping{nullptr};
    const auto find = [] { return py::object(py::module_::import("collections.abc").attr("Mapping")); };
    return py::isinstance(object, kept(mapping, find));
}

/// A dict whose items stay while no Python code runs: itself, and a copy where there is no GIL.
inline py::object steady(const py::handle& dict) {
#ifdef Py_GIL_DISABLED
    return owned(PyDict_Copy(dict.ptr()));
#else
    return py::reinterpret_borrow<py::object>(dict);
#endif
}

/// The items of a list or tuple, which stay while no Python code runs.
class Elements {
public:
    explicit Elements(const py::handle& list) : list_(steady_list(list)) {}

    std::size_t size() const { return static_cast<std::size_t>(Py_SIZE(list_.ptr())); }
    PyObject* operator[](std::size_t at) const { return PySequence_Fast_GET_ITEM(list_.ptr(), static_cast<Py_ssize_t>(at)); }

private:
    static py::object steady_list(const py::handle& list) {
#ifdef Py_GIL_DISABLED
        if (PyList_Check(list.ptr())) {
            return owned(PyList_AsTuple(list.ptr()));
        }
#endif
        return py::reinterpret_borrow<py::object>(list);
    }

    py::object list_;
};

}  // namespace python
}  // namespace dishtayantra::lmdb

#endif
