// Objects with the buffer protocol as numbers. NumPy is used when a caller has it, never needed.
#ifndef DISHTAYANTRA_LMDB_PYTHON_BUFFERS_HPP
#define DISHTAYANTRA_LMDB_PYTHON_BUFFERS_HPP

#include "objects.hpp"

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace dishtayantra::lmdb {
// Hidden, as what it is made of in pybind11.
namespace [[gnu::visibility("hidden")]] python {

inline constexpr char masked_name[] = "numpy.ma";

/// Whether it is one of NumPy's scalars.
inline bool is_numpy_scalar(const py::handle& object) {
    const py::object numpy = is_ndarray(object) ? py::object() : loaded(interned<numpy_name>());
    return numpy && py::isinstance(object, numpy.attr("generic"));
}

/// Refuses what has a buffer that says less than the object: a masked array, whose masked elements are there like all
/// others, and NumPy's scalars that are no numbers, times among them, whose buffer is their bytes.
inline void refuse_misleading(const py::handle& object) {
    if (is_ndarray(object)) {
        return;
    }
    const py::object masked = loaded(interned<masked_name>());
    if (masked && py::isinstance(object, masked.attr("MaskedArray"))) {
        throw InvalidArgumentError("a masked array would lose its mask; pass array.filled()");
    }
    if (is_numpy_scalar(object)) {
        const py::object dtype = object.attr("dtype");
        if (std::string_view("biuf").find(py::cast<char>(dtype.attr("kind"))) == std::string_view::npos) {
            throw InvalidArgumentError("items of " + py::cast<std::string>(py::str(dtype)) +
                                       " are not numbers this side converts");
        }
    }
}

/// The dtype of a code of the module `struct`; none for what is no number.
inline std::optional<Dtype> dtype_of(char code, std::size_t width) {
    const auto among = [code](std::string_view codes) { return code != '\0' && codes.find(code) != codes.npos; };
    if (among("df")) {
        return width == 8 ? std::optional(Dtype::float64) : width == 4 ? std::optional(Dtype::float32) : std::nullopt;
    }
    const bool is_signed = among("bhilqn");
    if (!is_signed && !among("BHILQN")) {
        return code == '?' ? std::optional(Dtype::boolean)
               : code == 'e' && width == 2 ? std::optional(Dtype::float16) : std::nullopt;
    }
    switch (width) {
    case 1: return is_signed ? Dtype::int8 : Dtype::uint8;
    case 2: return is_signed ? Dtype::int16 : Dtype::uint16;
    case 4: return is_signed ? Dtype::int32 : Dtype::uint32;
    case 8: return is_signed ? Dtype::int64 : Dtype::uint64;
    default: return std::nullopt;
    }
}

/// What an object exports. Takes the GIL to let go of it.
class Exported {
public:
    /// Throws InvalidArgumentError when the object exports nothing: NumPy has no buffers of times.
    explicit Exported(const py::handle& object) {
        if (PyObject_GetBuffer(object.ptr(), &view, PyBUF_FORMAT | PyBUF_STRIDES) != 0) {
            const py::error_already_set error;
            throw InvalidArgumentError(py::str(error.value()));
        }
    }
    Exported(const Exported&) = delete;
    Exported& operator=(const Exported&) = delete;
    ~Exported() {
        const py::gil_scoped_acquire gil;
        PyBuffer_Release(&view);
    }

    std::size_t width() const { return static_cast<std::size_t>(view.itemsize); }
    std::size_t size() const { return static_cast<std::size_t>(view.len); }
    const std::byte* data() const { return static_cast<const std::byte*>(view.buf); }
    std::vector<std::size_t> shape() const { return std::vector<std::size_t>(view.shape, view.shape + view.ndim); }

    Py_buffer view;
};

namespace detail {

/// How the items of a buffer lie.
struct Layout {
    explicit Layout(const Py_buffer& view) {
        Py_ssize_t c_stride = view.itemsize;
        Py_ssize_t f_stride = view.itemsize;
        for (int d = 0; d < view.ndim; ++d) {
            const int last = view.ndim - 1 - d;
            by_columns = by_columns && (view.shape[d] < 2 || view.strides[d] == f_stride);
            by_rows = by_rows && (view.shape[last] < 2 || view.strides[last] == c_stride);
            f_stride *= view.shape[d];
            c_stride *= view.shape[last];
        }
        by_rows = by_rows || view.len == 0;
    }

    bool by_rows = true;
    bool by_columns = true;
};

/// The items of a buffer with gaps, in C order.
inline std::vector<std::byte> gathered(const Exported& from) {
    const Py_buffer& view = from.view;
    const std::size_t width = from.width();
    std::vector<std::byte> out(from.size());
    std::vector<Py_ssize_t> index(static_cast<std::size_t>(view.ndim), 0);
    for (std::size_t to = 0; to < out.size(); to += width) {
        Py_ssize_t at = 0;
        for (std::size_t d = 0; d < index.size(); ++d) {
            at += index[d] * view.strides[d];
        }
        std::memcpy(out.data() + to, from.data() + at, width);
        for (std::size_t d = index.size(); d-- > 0 && ++index[d] == view.shape[d];) {
            index[d] = 0;
        }
    }
    return out;
}

}  // namespace detail

/// The elements of an object with the buffer protocol: in place when they are contiguous doubles, else a copy.
inline Numbers numbers_of_buffer(const py::handle& object) {
    refuse_misleading(object);
    const auto exported = std::make_shared<const Exported>(object);
    const Py_buffer& view = exported->view;
    // Without a format the items are bytes.
    const std::string_view told = view.format == nullptr ? "B" : view.format;
    std::string_view format = told;
    const bool swapped = !format.empty() && (format[0] == '>' || format[0] == '!') && view.itemsize > 1;
    format.remove_prefix(!format.empty() && std::string_view("@=<>!^").find(format[0]) != std::string_view::npos);
    const char code = format.size() == 1 ? format[0] : '\0';
    if (code == 'e' && is_numpy_scalar(object)) {
        // A number that only Python reads; stored it is a double.
        return Numbers({PyFloat_AsDouble(object.ptr())}, {});
    }
    const std::optional<Dtype> dtype = dtype_of(code, exported->width());
    if (!dtype) {
        throw InvalidArgumentError("elements of format '" + std::string(told) + "' are not numbers this side converts");
    }
    const std::size_t count = exported->size() / exported->width();
    const detail::Layout layout(view);
    const bool fortran = layout.by_columns && !layout.by_rows;
    const bool contiguous = layout.by_columns || layout.by_rows;
    const bool aligned = reinterpret_cast<std::uintptr_t>(view.buf) % alignof(double) == 0;
    if (dtype == Dtype::float64 && contiguous && aligned && !swapped) {
        const Span<const double> elements(static_cast<const double*>(view.buf), count);
        return Numbers(elements, exported->shape(), exported, fortran);
    }
    const std::vector<std::byte> copy = contiguous ? std::vector<std::byte>() : detail::gathered(*exported);
    const Bytes items = contiguous ? Bytes(exported->data(), exported->size()) : Bytes(copy.data(), copy.size());
    return Numbers::converted(*dtype, items, exported->shape(), swapped, fortran);
}

/// The doubles of raw bytes, in the byte order of this host; in place when nobody can change them.
inline Numbers numbers_of_bytes(const py::handle& object) {
    const auto exported = std::make_shared<const Exported>(object);
    const Bytes bytes(exported->data(), exported->size());
    const bool aligned = reinterpret_cast<std::uintptr_t>(bytes.data()) % alignof(double) == 0;
    if (!PyBytes_CheckExact(object.ptr()) || !aligned || bytes.size() % sizeof(double) != 0) {
        return Numbers::of_raw(bytes);
    }
    const Span<const double> elements(reinterpret_cast<const double*>(bytes.data()), bytes.size() / sizeof(double));
    return Numbers(elements, {elements.size()}, exported);
}

}  // namespace python
}  // namespace dishtayantra::lmdb

#endif
