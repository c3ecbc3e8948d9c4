// Errors of the engine as exceptions of Python.
#ifndef DISHTAYANTRA_LMDB_PYTHON_ERRORS_HPP
#define DISHTAYANTRA_LMDB_PYTHON_ERRORS_HPP

#include "../error.hpp"

#include <pybind11/pybind11.h>

namespace dishtayantra::lmdb {
// Hidden, as what it is made of in pybind11.
namespace [[gnu::visibility("hidden")]] python {

namespace py = pybind11;

/// The built-in exception that says most of what `error` says.
inline PyObject* builtin_kind(const Error& error) {
    switch (error.status()) {
    case DY_LMDB_NOT_FOUND: return PyExc_LookupError;
    case DY_LMDB_TIMEOUT: return PyExc_TimeoutError;
    case DY_LMDB_PERMISSION: return PyExc_PermissionError;
    case DY_LMDB_DISK_FULL:
    case DY_LMDB_IO: return PyExc_OSError;
    default: break;
    }
    return dynamic_cast<const ArgumentError*>(&error) != nullptr ? PyExc_ValueError : PyExc_RuntimeError;
}

/// Raises errors of the engine as the kinds of the Python package when the process has loaded it, else as built-in
/// exceptions: LookupError for a missing entry, TimeoutError, PermissionError, OSError, ValueError, RuntimeError. For
/// modules that define no PythonCalculator; those that do need not call it.
inline void register_errors() {
    py::register_local_exception_translator([](std::exception_ptr pending) {
        try {
            std::rethrow_exception(pending);
        } catch (const Error& error) {
            const py::dict modules = py::module_::import("sys").attr("modules");
            if (modules.contains("dishtayantra_lmdb.errors")) {
                const py::object raised =
                    modules["dishtayantra_lmdb.errors"].attr("error_for")(error.status(), error.what());
                PyErr_SetObject(py::type::of(raised).ptr(), raised.ptr());
                return;
            }
            PyErr_SetString(builtin_kind(error), error.what());
        }
    });
}

}  // namespace python
}  // namespace dishtayantra::lmdb

#endif
