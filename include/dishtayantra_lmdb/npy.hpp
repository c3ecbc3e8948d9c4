// The .npy image of an array: https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html
#ifndef DISHTAYANTRA_LMDB_NPY_HPP
#define DISHTAYANTRA_LMDB_NPY_HPP

#include "error.hpp"
#include "segment.hpp"
#include "span.hpp"

#include <complex>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

namespace dishtayantra::lmdb {

/// NumPy's dtype string of `T` on the platforms of this library (little-endian): "<f8", "<i4", "|u1", "<c16" …; "<f2" of Half.
/// `bool` has none: bytes of a payload need not be valid C++ bools. Read "|b1" as std::uint8_t.
template <class T>
std::string npy_descr() {
    static_assert((std::is_arithmetic_v<T> && !std::is_same_v<T, bool> && !std::is_same_v<T, long double>) ||
                      detail::IsComplex<T>::value || std::is_same_v<T, Half>,
                  "no NumPy dtype of a fixed width");
    const char kind = detail::IsComplex<T>::value     ? 'c'
                      : std::is_floating_point_v<T> || std::is_same_v<T, Half> ? 'f'
                      : std::is_signed_v<T>         ? 'i'
                                                    : 'u';
    return std::string(1, sizeof(T) == 1 ? '|' : '<') + kind + std::to_string(sizeof(T));
}

/// An array that lies in a .npy image, in place.
///
/// Does not own the bytes: valid as long as the view it came from is open. Threads may share it.
class Array {
public:
    /// Reads the header of `image` (.npy versions 1 to 3).
    ///
    /// Throws CorruptError when NumPy would not read it; InvalidArgumentError for structured dtypes and for dtypes
    /// without a fixed width.
    explicit Array(Bytes image) {
        dy_lmdb_array_t told = {};
        told.struct_size = sizeof(told);
        detail::check(dy_lmdb_npy_header(image.data(), image.size(), &told));
        descr_.assign(told.descr, told.descr_len);
        shape_.assign(told.shape, told.shape + told.ndim);
        bytes_ = Bytes(static_cast<const std::byte*>(told.data), told.size);
        item_size_ = told.itemsize;
        dtype_ = told.dtype;
        flags_ = told.flags;
        size_ = 1;
        for (const std::size_t dimension : shape_) {
            size_ *= dimension;
        }
    }

    /// The dtype string, as "<f8".
    const std::string& descr() const noexcept { return descr_; }
    /// 'f', 'i', 'u', 'b', 'c', 'M', …
    char kind() const noexcept { return descr_[descr_.find_first_not_of("<>|=")]; }
    /// The dtype, when it is one that segments have too; see `big_endian`.
    std::optional<Dtype> dtype() const noexcept {
        return dtype_ == 0 ? std::nullopt : std::optional<Dtype>(static_cast<Dtype>(dtype_));
    }
    /// Bytes of an element.
    std::size_t item_size() const noexcept { return item_size_; }
    /// The length of each dimension; empty: a scalar.
    const std::vector<std::size_t>& shape() const noexcept { return shape_; }
    /// Whether the first index varies fastest.
    bool fortran_order() const noexcept { return (flags_ & DY_LMDB_ARRAY_FORTRAN) != 0; }
    bool big_endian() const noexcept { return (flags_ & DY_LMDB_ARRAY_BIG_ENDIAN) != 0; }
    /// Number of elements.
    std::size_t size() const noexcept { return size_; }
    /// The elements, without the header.
    Bytes bytes() const noexcept { return bytes_; }

    /// Whether the elements are `T`s. Bytes may be read from "|b1", std::int64_t from datetimes.
    template <class T>
    bool holds() const {
        if (big_endian()) {
            return false;
        }
        if constexpr (detail::IsComplex<T>::value) {
            return kind() == 'c' && item_size_ == sizeof(T);
        } else {
            const bool is_time = kind() == 'M' || kind() == 'm';
            const Dtype found = is_time ? Dtype::int64 : static_cast<Dtype>(dtype_);
            return found == dtype_of<T>() || (found == Dtype::boolean && dtype_of<T>() == Dtype::uint8);
        }
    }

    /// The elements in storage order (see `fortran_order`).
    ///
    /// Throws InvalidArgumentError when they are not `T`s, or not aligned for `T`.
    template <class T>
    Span<const T> span() const {
        using Element = std::remove_cv_t<T>;
        if (!holds<Element>()) {
            throw InvalidArgumentError("the array holds '" + descr_ + "', not '" + npy_descr<Element>() + "'");
        }
        if (reinterpret_cast<std::uintptr_t>(bytes_.data()) % alignof(Element) != 0) {
            throw InvalidArgumentError("the array is not aligned to " + std::to_string(alignof(Element)) + " bytes");
        }
        return Span<const T>(reinterpret_cast<const T*>(bytes_.data()), size_);
    }

private:
    std::string descr_;
    std::vector<std::size_t> shape_;
    Bytes bytes_;
    std::size_t size_ = 0;
    std::size_t item_size_ = 0;
    std::uint32_t dtype_ = 0;
    std::uint32_t flags_ = 0;
};

/// The header of a .npy image (version 1.0): put it in front of the elements. With `before` bytes of something else in
/// front of it, the elements begin at a multiple of 64 bytes. `descr` as `npy_descr` gives it.
///
/// Throws InvalidArgumentError when the shape has more dimensions than a version 1.0 header holds.
inline std::string npy_header(std::string_view descr, Span<const std::size_t> shape, bool fortran_order = false,
                              std::size_t before = 0) {
    static_assert(std::is_same_v<std::size_t, std::uint64_t>, "lengths of dimensions are passed on as they are");
    const std::uint32_t flags = fortran_order ? DY_LMDB_ARRAY_FORTRAN : 0;
    std::string out;
    std::size_t size = 0;
    const auto write = [&] {
        detail::check(dy_lmdb_npy_write(descr.data(), descr.size(), shape.data(), shape.size(), flags, before,
                                        out.empty() ? nullptr : out.data(), out.size(), &size));
    };
    write();
    out.resize(size);
    write();
    return out;
}

/// The parts of a .npy image over the caller's elements, ready to put: header, then elements. Neither copyable nor
/// movable; the elements must outlive it.
struct ArrayParts {
    /// `shape` empty: one dimension. Throws InvalidArgumentError when `shape` does not hold `elements`.
    template <class T>
    ArrayParts(Span<T> elements, Span<const std::size_t> shape, bool fortran_order = false) {
        const std::size_t flat[] = {elements.size()};
        std::size_t product = 1;
        for (const std::size_t dimension : shape) {
            if (dimension != 0 && product > (std::numeric_limits<std::size_t>::max)() / dimension) {
                throw InvalidArgumentError("a shape that no memory holds");
            }
            product *= dimension;
        }
        if (!shape.empty() && product != elements.size()) {
            throw InvalidArgumentError("a shape of " + std::to_string(product) + " elements for " +
                                       std::to_string(elements.size()));
        }
        header = npy_header(npy_descr<std::remove_cv_t<T>>(), shape.empty() ? Span<const std::size_t>(flat) : shape,
                            fortran_order);
        buffers[0] = {header.data(), header.size()};
        buffers[1] = {elements.data(), elements.size_bytes()};
    }
    ArrayParts(const ArrayParts&) = delete;
    ArrayParts& operator=(const ArrayParts&) = delete;

    std::string header;
    dy_lmdb_buffer_t buffers[2];
};

}  // namespace dishtayantra::lmdb

#endif
