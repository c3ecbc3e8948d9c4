// Objects with the buffer protocol as numbers. NumPy is used when a caller has it, never needed.
#pragma once

#include <dishtayantra_lmdb.hpp>

#include <pybind11/pybind11.h>

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace dishtayantra::calculators {

namespace py = pybind11;

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

}  // namespace dishtayantra::calculators
