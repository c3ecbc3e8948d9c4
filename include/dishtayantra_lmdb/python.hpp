// The base of calculators in C++ for Python: header only, over pybind11, which whoever includes this brings.
//
//     #include <dishtayantra_lmdb/python.hpp>
//
//     PYBIND11_MODULE(mine, module, pybind11::mod_gil_not_used()) {
//         dishtayantra::lmdb::python::PythonCalculator<Mean>::define(module, "Mean", "The mean of `values`.");
//     }
//
// where `Mean` is a dishtayantra::lmdb::Calculator that is made from its configuration and knows nothing of Python.
//
// What is where:
//     python/errors.hpp      errors of the engine as Python exceptions
//     python/objects.hpp     what the other parts ask of objects
//     python/references.hpp  what the fields of a mapping say of references
//     python/buffers.hpp     objects with the buffer protocol as numbers
//     python/lists.hpp       lists of numbers, read and made in one pass
//     python/tables.hpp      tables of Python's objects, and as them
//     python/values.hpp      any object as numbers
//     python/input.hpp       PythonInput: a Python payload as input
//     python/results.hpp     results as Python objects
//     python/calculator.hpp  PythonCalculator: a calculator as a Python class
//
// NumPy is used when a caller has it, never needed. Unless said otherwise a function needs the GIL.
#ifndef DISHTAYANTRA_LMDB_PYTHON_HPP
#define DISHTAYANTRA_LMDB_PYTHON_HPP

#include "python/buffers.hpp"
#include "python/calculator.hpp"
#include "python/errors.hpp"
#include "python/input.hpp"
#include "python/lists.hpp"
#include "python/objects.hpp"
#include "python/references.hpp"
#include "python/results.hpp"
#include "python/tables.hpp"
#include "python/values.hpp"

#endif
