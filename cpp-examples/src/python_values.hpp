// Python objects as inputs of calculators, results as Python objects. NumPy is used when a caller has it, never needed.
#pragma once

#include <dishtayantra_lmdb.hpp>

#include <pybind11/numpy.h>
#include <pybind11/pybind11.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace dishtayantra::calculators {

namespace py = pybind11;

inline std::string type_name(const py::handle& object) { return py::str(py::type::of(object).attr("__name__")); }

/// The built-in exception that says most of what `error` says.
inline PyObject* builtin_kind(const lmdb::Error& error) {
    switch (error.status()) {
    case DY_LMDB_NOT_FOUND: return PyExc_LookupError;
    case DY_LMDB_TIMEOUT: return PyExc_TimeoutError;
    case DY_LMDB_PERMISSION: return PyExc_PermissionError;
    case DY_LMDB_DISK_FULL:
    case DY_LMDB_IO: return PyExc_OSError;
    default: break;
    }
    return dynamic_cast<const lmdb::ArgumentError*>(&error) != nullptr ? PyExc_ValueError : PyExc_RuntimeError;
}

/// Raises errors of the engine as the kinds of the Python package when the process has loaded it, else as built-in
/// exceptions: LookupError for a missing entry, TimeoutError, PermissionError, OSError, ValueError, RuntimeError.
inline void register_errors() {
    py::register_local_exception_translator([](std::exception_ptr pending) {
        try {
            std::rethrow_exception(pending);
        } catch (const lmdb::Error& error) {
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

/// Whether it is one of NumPy's scalars.
inline bool is_numpy_scalar(const py::handle& object) {
    const auto modules = py::reinterpret_borrow<py::dict>(PyImport_GetModuleDict());
    // None stands there for a NumPy that shall not be found.
    return modules.contains("numpy") && !modules["numpy"].is_none() &&
           py::isinstance(object, modules["numpy"].attr("generic"));
}

/// Refuses what has a buffer that says less than the object: a masked array, whose masked elements are there like all
/// others, and NumPy's scalars that are no numbers, times among them, whose buffer is their bytes.
inline void refuse_misleading(const py::handle& object) {
    const auto modules = py::reinterpret_borrow<py::dict>(PyImport_GetModuleDict());
    if (modules.contains("numpy.ma") && py::isinstance(object, modules["numpy.ma"].attr("MaskedArray"))) {
        throw lmdb::InvalidArgumentError("a masked array would lose its mask; pass array.filled()");
    }
    if (is_numpy_scalar(object)) {
        const py::object dtype = object.attr("dtype");
        if (std::string_view("biuf").find(py::cast<char>(dtype.attr("kind"))) == std::string_view::npos) {
            throw lmdb::InvalidArgumentError("items of " + py::cast<std::string>(py::str(dtype)) +
                                             " are not numbers this side converts");
        }
    }
}

/// The dtype of a code of the module `struct`; none for what is no number.
inline std::optional<lmdb::Dtype> dtype_of(char code, std::size_t width) {
    const auto among = [code](std::string_view codes) { return code != '\0' && codes.find(code) != codes.npos; };
    using lmdb::Dtype;
    if (among("df")) {
        return width == 8 ? std::optional(Dtype::float64) : width == 4 ? std::optional(Dtype::float32) : std::nullopt;
    }
    const bool is_signed = among("bhilqn");
    if (!is_signed && !among("BHILQN")) {
        return code == '?' ? std::optional(Dtype::boolean) : std::nullopt;
    }
    switch (width) {
    case 1: return is_signed ? Dtype::int8 : Dtype::uint8;
    case 2: return is_signed ? Dtype::int16 : Dtype::uint16;
    case 4: return is_signed ? Dtype::int32 : Dtype::uint32;
    case 8: return is_signed ? Dtype::int64 : Dtype::uint64;
    default: return std::nullopt;
    }
}

/// The elements of an object with the buffer protocol: in place when they are contiguous doubles, else a copy.
inline lmdb::Numbers numbers_of_buffer(const py::buffer& object) {
    refuse_misleading(object);
    std::unique_ptr<py::buffer_info> info;
    try {
        info = std::make_unique<py::buffer_info>(object.request());
    } catch (py::error_already_set& error) {
        // NumPy has no buffers of times.
        throw lmdb::InvalidArgumentError(py::str(error.value()));
    }
    std::string_view format = info->format;
    const bool swapped = !format.empty() && (format[0] == '>' || format[0] == '!') && info->itemsize > 1;
    format.remove_prefix(!format.empty() && std::string_view("@=<>!^").find(format[0]) != std::string_view::npos);
    const char code = format.size() == 1 ? format[0] : '\0';
    const std::vector<std::size_t> shape(info->shape.begin(), info->shape.end());
    const auto count = static_cast<std::size_t>(info->size);
    const auto width = static_cast<std::size_t>(info->itemsize);
    const std::optional<lmdb::Dtype> dtype = dtype_of(code, width);
    if (code == 'e' && is_numpy_scalar(object)) {
        // A number that only Python reads; stored it is a double.
        return lmdb::Numbers({PyFloat_AsDouble(object.ptr())}, {});
    }
    if (!dtype) {
        throw lmdb::InvalidArgumentError("elements of format '" + info->format + "' are not numbers this side converts");
    }
    py::ssize_t c_stride = info->itemsize;
    py::ssize_t f_stride = info->itemsize;
    bool c_order = true;
    bool f_order = true;
    for (std::size_t d = 0; d < shape.size(); ++d) {
        const std::size_t last = shape.size() - 1 - d;
        f_order = f_order && (shape[d] < 2 || info->strides[d] == f_stride);
        c_order = c_order && (shape[last] < 2 || info->strides[last] == c_stride);
        f_stride *= info->shape[d];
        c_stride *= info->shape[last];
    }
    const bool contiguous = count == 0 || c_order || f_order;
    const bool fortran = contiguous && !c_order;
    const auto* data = static_cast<const std::byte*>(info->ptr);
    const bool aligned = reinterpret_cast<std::uintptr_t>(data) % alignof(double) == 0;
    if (dtype == lmdb::Dtype::float64 && contiguous && aligned && !swapped) {
        const lmdb::Span<const double> elements(reinterpret_cast<const double*>(data), count);
        const std::shared_ptr<const void> owner(info.release(), [](py::buffer_info* exported) {
            const py::gil_scoped_acquire gil;
            delete exported;
        });
        return lmdb::Numbers(elements, shape, owner, fortran);
    }

    std::vector<std::byte> gathered;
    if (!contiguous) {
        gathered.resize(count * width);
        std::vector<std::size_t> index(shape.size(), 0);
        for (std::size_t i = 0; i < count; ++i) {
            py::ssize_t at = 0;
            for (std::size_t d = 0; d < shape.size(); ++d) {
                at += static_cast<py::ssize_t>(index[d]) * info->strides[d];
            }
            std::memcpy(gathered.data() + i * width, data + at, width);
            for (std::size_t d = shape.size(); d-- > 0 && ++index[d] == shape[d];) {
                index[d] = 0;
            }
        }
        data = gathered.data();
    }
    return lmdb::Numbers(lmdb::to_doubles(*dtype, lmdb::Bytes(data, count * width), count, swapped), shape, fortran);
}

/// The doubles of raw bytes, in the byte order of this host.
inline lmdb::Numbers numbers_of_bytes(const py::buffer& object) {
    const py::buffer_info info = object.request();
    return lmdb::Numbers::of_raw(
        lmdb::Bytes(static_cast<const std::byte*>(info.ptr), static_cast<std::size_t>(info.size * info.itemsize)));
}

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
