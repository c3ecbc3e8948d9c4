// Tables of Python's objects, and tables as them. NumPy is used when a caller has it, never needed.
#ifndef DISHTAYANTRA_LMDB_PYTHON_TABLES_HPP
#define DISHTAYANTRA_LMDB_PYTHON_TABLES_HPP

#include "objects.hpp"

#include <pybind11/numpy.h>

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace dishtayantra::lmdb {
// Hidden, as what it is made of in pybind11.
namespace [[gnu::visibility("hidden")]] python {

/// Whether there is a NumPy, loaded already or now.
inline bool has_numpy() {
    if (loaded(interned<numpy_name>())) {
        return true;
    }
    try {
        py::module_::import("numpy");
        return true;
    } catch (py::error_already_set& error) {
        if (!error.matches(PyExc_ImportError)) {
            throw;
        }
        return false;
    }
}

/// A table of lists, dicts and frames, as the Python package puts them into a store, which therefore has to be there.
/// Throws InvalidArgumentError for what is no table.
inline lmdb::detail::MadeTable packed_table(const py::handle& object) {
    std::string bytes;
    try {
        const py::object packed = py::module_::import("dishtayantra_lmdb._payload.direct").attr("packed")(object);
        bytes = py::cast<std::string>(packed);
    } catch (py::error_already_set& error) {
        if (error.matches(PyExc_ImportError)) {
            throw InvalidArgumentError("tables of Python's objects need the package dishtayantra_lmdb");
        }
        if (error.matches(PyExc_ValueError) || error.matches(PyExc_TypeError)) {
            throw InvalidArgumentError(py::cast<std::string>(py::str(error.value())));
        }
        throw;
    }
    auto kept = std::make_shared<const std::string>(std::move(bytes));
    Document document = Document::over(as_bytes(*kept));
    if (document.root().is_table()) {
        return {std::move(kept), std::move(document)};
    }
    return {nullptr, Document::table_of(document.root())};
}

inline py::object value_at(const Column& column, std::size_t index);

namespace detail {

template <class T>
py::object number_at(const Column& column, std::size_t index) {
    return py::cast(column.span<T>()[index]);
}

/// A float16 as a float.
inline double half_of(std::uint16_t bits) {
    const int exponent = bits >> 10 & 31;
    const double fraction = bits & 1023;
    const double size = exponent == 0    ? std::ldexp(fraction, -24)
                        : exponent == 31 ? (fraction == 0 ? HUGE_VAL : std::nan(""))
                                         : std::ldexp(1024 + fraction, exponent - 25);
    return (bits & 0x8000) != 0 ? -size : size;
}

template <class Value>
py::object list_of_values(std::size_t from, std::size_t to, Value value) {
    py::list out(to - from);
    for (std::size_t i = from; i < to; ++i) {
        PyList_SET_ITEM(out.ptr(), static_cast<Py_ssize_t>(i - from), value(i).release().ptr());
    }
    return out;
}

}  // namespace detail

/// A value of a column: None, a bool, an int, a float, a str, bytes, a list, a dict; of times what they are counted in.
inline py::object value_at(const Column& column, std::size_t index) {
    if (column.is_null(index)) {
        return py::none();
    }
    if (column.has_dictionary()) {
        return value_at(column.dictionary(), column.code(index));
    }
    const std::string_view format = column.format();
    switch (format[0]) {
    case 'b': return py::bool_(column.boolean(index));
    case 'c': return detail::number_at<std::int8_t>(column, index);
    case 'C': return detail::number_at<std::uint8_t>(column, index);
    case 's': return detail::number_at<std::int16_t>(column, index);
    case 'S': return detail::number_at<std::uint16_t>(column, index);
    case 'i': return detail::number_at<std::int32_t>(column, index);
    case 'I': return detail::number_at<std::uint32_t>(column, index);
    case 'l': return detail::number_at<std::int64_t>(column, index);
    case 'L': return detail::number_at<std::uint64_t>(column, index);
    case 'f': return detail::number_at<float>(column, index);
    case 'g': return detail::number_at<double>(column, index);
    case 'u':
    case 'U': return str_of(column.str(index));
    case 't':
        if (format[1] == 'i') {
            break;
        }
        if (column.holds<std::int64_t>()) {
            return detail::number_at<std::int64_t>(column, index);
        }
        if (column.holds<std::int32_t>()) {
            return detail::number_at<std::int32_t>(column, index);
        }
        break;
    case '+': {
        if (format != "+s") {
            const auto [from, to] = column.range(index);
            const Column items = column.child(0);
            return detail::list_of_values(from, to, [&](std::size_t i) { return value_at(items, i); });
        }
        py::dict out;
        for (std::size_t i = 0; i < column.child_count(); ++i) {
            const Column child = column.child(i);
            out[str_of(child.name())] = value_at(child, index);
        }
        return out;
    }
    default: break;
    }
    if (format == "e") {
        std::uint16_t bits = 0;
        std::memcpy(&bits, column.bytes(index).data(), sizeof(bits));
        return py::float_(detail::half_of(bits));
    }
    const Bytes bytes = column.bytes(index);
    return py::bytes(reinterpret_cast<const char*>(bytes.data()), bytes.size());
}

/// The same, but what Python's own dates, times and spans of time say exactly as those.
inline py::object object_at(const Column& column, std::size_t index) {
    const std::string_view format = column.format();
    const bool utc = format == "tsu:UTC";
    if ((!utc && format != "tsu:" && format != "tdD" && format != "tDu") || column.is_null(index)) {
        return value_at(column, index);
    }
    const py::module_ datetime = py::module_::import("datetime");
    const py::object count = value_at(column, index);
    if (format == "tdD") {
        return datetime.attr("date")(1970, 1, 1) + datetime.attr("timedelta")(count);
    }
    const py::object span = datetime.attr("timedelta")(0, 0, count);
    if (format == "tDu") {
        return span;
    }
    const py::object zone = utc ? py::object(datetime.attr("timezone").attr("utc")) : py::object(py::none());
    return datetime.attr("datetime")(1970, 1, 1, 0, 0, 0, 0, zone) + span;
}

/// NumPy's dtype of a column; empty when it has none.
inline std::string numpy_dtype(const Column& column) {
    if (column.has_dictionary()) {
        return {};
    }
    const std::string_view format = column.format();
    if (format.size() == 1) {
        constexpr std::string_view formats = "bcsilCSILefg";
        constexpr const char* names[] = {"?", "i1", "i2", "i4", "i8", "u1", "u2", "u4", "u8", "f2", "f4", "f8"};
        const std::size_t at = formats.find(format[0]);
        return at == std::string_view::npos ? std::string() : names[at];
    }
    if (format[0] != 't' || format[1] == 'i') {
        return {};
    }
    if (format[1] == 't') {
        return column.raw().itemsize == 4 ? "i4" : "i8";
    }
    const char* const unit = column.unit() == Unit::second        ? "s"
                             : column.unit() == Unit::millisecond ? "ms"
                             : column.unit() == Unit::microsecond ? "us"
                             : column.unit() == Unit::nanosecond  ? "ns"
                                                                  : "D";
    return std::string(format[1] == 'D' ? "m8[" : "M8[") + (format == "tdm" ? "ms" : unit) + "]";
}

/// A column as the Python package shows it: an ndarray of numbers, bools and times, NaN and NaT for what is missing; lists of
/// all else.
inline py::object column_of(const Column& column) {
    const std::string name = numpy_dtype(column);
    const bool has_none = name.empty() || (name[0] != 'f' && name[0] != 'm' && name[0] != 'M');
    if (name.empty() || (has_none && column.null_count() > 0) || !has_numpy()) {
        return detail::list_of_values(0, column.size(), [&](std::size_t i) { return object_at(column, i); });
    }
    if (name == "?") {
        py::array_t<bool> out(static_cast<py::ssize_t>(column.size()));
        for (std::size_t i = 0; i < column.size(); ++i) {
            out.mutable_at(static_cast<py::ssize_t>(i)) = column.boolean(i);
        }
        return out;
    }
    const bool days = column.format() == "tdD";
    const py::dtype dtype = py::dtype(days ? std::string("i4") : name);
    py::object out = py::array(dtype, {static_cast<py::ssize_t>(column.size())}, column.raw().data);
    if (days) {
        out = out.attr("astype")(name);
    }
    for (std::size_t i = 0; column.null_count() > 0 && i < column.size(); ++i) {
        if (column.is_null(i)) {
            out[py::int_(i)] = name[0] == 'f' ? py::object(py::float_(std::nan(""))) : py::object(py::str("NaT"));
        }
    }
    return out;
}

/// A table as it also comes out of the store: a list of dicts, the values of one column, or a dict of the columns.
inline py::object object_of(const Table& table) {
    if (table.origin() == Origin::list) {
        const Column column = table[0];
        return detail::list_of_values(0, table.rows(), [&](std::size_t i) { return object_at(column, i); });
    }
    std::vector<std::pair<py::object, Column>> columns;
    for (std::size_t i = 0; i < table.columns(); ++i) {
        columns.emplace_back(str_of(table[i].name()), table[i]);
    }
    if (table.origin() != Origin::rows) {
        py::dict out;
        for (const auto& [name, column] : columns) {
            out[name] = column_of(column);
        }
        return out;
    }
    py::list rows(table.rows());
    for (std::size_t row = 0; row < table.rows(); ++row) {
        py::dict out;
        for (const auto& [name, column] : columns) {
            if (PyDict_SetItem(out.ptr(), name.ptr(), object_at(column, row).ptr()) != 0) {
                throw py::error_already_set();
            }
        }
        PyList_SET_ITEM(rows.ptr(), static_cast<Py_ssize_t>(row), out.release().ptr());
    }
    return rows;
}

}  // namespace python
}  // namespace dishtayantra::lmdb

#endif
