// Segments: the arrays of documents.
#ifndef DISHTAYANTRA_LMDB_SEGMENT_HPP
#define DISHTAYANTRA_LMDB_SEGMENT_HPP

#include "error.hpp"
#include "span.hpp"

#include <complex>
#include <cstdint>
#include <initializer_list>
#include <limits>
#include <string>
#include <type_traits>
#include <vector>

namespace dishtayantra::lmdb {

/// What the items of a segment are. The values are the ASCII codes of NumPy's characters.
enum class Dtype : std::uint32_t {
    boolean = DY_LMDB_DTYPE_BOOL,  ///< one byte, 0 or 1
    int8 = DY_LMDB_DTYPE_INT8,
    uint8 = DY_LMDB_DTYPE_UINT8,
    int16 = DY_LMDB_DTYPE_INT16,
    uint16 = DY_LMDB_DTYPE_UINT16,
    int32 = DY_LMDB_DTYPE_INT32,
    uint32 = DY_LMDB_DTYPE_UINT32,
    int64 = DY_LMDB_DTYPE_INT64,
    uint64 = DY_LMDB_DTYPE_UINT64,
    float32 = DY_LMDB_DTYPE_FLOAT32,
    float64 = DY_LMDB_DTYPE_FLOAT64,
    datetime64 = DY_LMDB_DTYPE_DATETIME64,    ///< int64: units since 1970-01-01T00:00 UTC
    timedelta64 = DY_LMDB_DTYPE_TIMEDELTA64,  ///< int64: units
    float16 = DY_LMDB_DTYPE_FLOAT16,
    complex64 = DY_LMDB_DTYPE_COMPLEX64,    ///< two floats, the real part first
    complex128 = DY_LMDB_DTYPE_COMPLEX128,  ///< two doubles, the real part first
};

/// The unit of times. `generic` for all other items.
enum class Unit : std::uint32_t {
    generic = DY_LMDB_UNIT_GENERIC,
    year = DY_LMDB_UNIT_YEAR,
    month = DY_LMDB_UNIT_MONTH,
    week = DY_LMDB_UNIT_WEEK,
    day = DY_LMDB_UNIT_DAY,
    hour = DY_LMDB_UNIT_HOUR,
    minute = DY_LMDB_UNIT_MINUTE,
    second = DY_LMDB_UNIT_SECOND,
    millisecond = DY_LMDB_UNIT_MILLISECOND,
    microsecond = DY_LMDB_UNIT_MICROSECOND,
    nanosecond = DY_LMDB_UNIT_NANOSECOND,
    picosecond = DY_LMDB_UNIT_PICOSECOND,
    femtosecond = DY_LMDB_UNIT_FEMTOSECOND,
    attosecond = DY_LMDB_UNIT_ATTOSECOND,
};

/// NumPy's name of a dtype, as "float64"; "unknown dtype" for one of a later version.
inline const char* dtype_name(Dtype dtype) noexcept {
    switch (dtype) {
    case Dtype::boolean: return "bool";
    case Dtype::int8: return "int8";
    case Dtype::uint8: return "uint8";
    case Dtype::int16: return "int16";
    case Dtype::uint16: return "uint16";
    case Dtype::int32: return "int32";
    case Dtype::uint32: return "uint32";
    case Dtype::int64: return "int64";
    case Dtype::uint64: return "uint64";
    case Dtype::float32: return "float32";
    case Dtype::float64: return "float64";
    case Dtype::datetime64: return "datetime64";
    case Dtype::timedelta64: return "timedelta64";
    case Dtype::float16: return "float16";
    case Dtype::complex64: return "complex64";
    case Dtype::complex128: return "complex128";
    }
    return "unknown dtype";
}

/// An item of float16 as its bits: C++ has no such type before `std::float16_t` of C++23. `Numbers` converts them.
struct Half {
    std::uint16_t bits;

    friend constexpr bool operator==(Half a, Half b) noexcept { return a.bits == b.bits; }
    friend constexpr bool operator!=(Half a, Half b) noexcept { return a.bits != b.bits; }
};

namespace detail {

template <class T>
struct IsComplex : std::false_type {};
template <class T>
struct IsComplex<std::complex<T>> : std::true_type {};

}  // namespace detail

/// The dtype of `T`: an integer or a float of up to 8 bytes, whatever C++ calls it, a std::complex of floats or doubles, Half.
/// `bool` has none: bytes of a payload need not be valid C++ bools. Use std::uint8_t.
template <class T>
constexpr Dtype dtype_of() noexcept {
    constexpr bool is_complex = std::is_same_v<T, std::complex<float>> || std::is_same_v<T, std::complex<double>>;
    constexpr bool is_number = std::is_arithmetic_v<T> && !std::is_same_v<T, bool> && sizeof(T) <= 8;
    static_assert(is_number || is_complex || std::is_same_v<T, Half>, "no dtype of segments");
    if constexpr (is_complex) {
        return sizeof(T) == 8 ? Dtype::complex64 : Dtype::complex128;
    } else if constexpr (std::is_same_v<T, Half>) {
        return Dtype::float16;
    } else if constexpr (std::is_floating_point_v<T>) {
        return sizeof(T) == 4 ? Dtype::float32 : Dtype::float64;
    } else if constexpr (std::is_signed_v<T>) {
        return sizeof(T) == 1 ? Dtype::int8 : sizeof(T) == 2 ? Dtype::int16 : sizeof(T) == 4 ? Dtype::int32 : Dtype::int64;
    } else {
        return sizeof(T) == 1   ? Dtype::uint8
               : sizeof(T) == 2 ? Dtype::uint16
               : sizeof(T) == 4 ? Dtype::uint32
                                : Dtype::uint64;
    }
}

/// An array in a document, or one to be written into it: items in C order that somebody else owns.
///
/// Read from a document it is valid as long as that; made of a caller's items, as long as those. Cheap to copy; threads
/// may share it.
class Segment {
public:
    /// One dimension of the caller's items.
    template <class T>
    explicit Segment(Span<T> items) : Segment(items, {items.size()}) {}

    /// The caller's items with a shape; an empty one is a single item.
    /// Throws InvalidArgumentError when the shape does not hold them or has more than 32 dimensions.
    template <class T>
    Segment(Span<T> items, Span<const std::size_t> shape) {
        using Item = std::remove_cv_t<T>;
        raw_.dtype = static_cast<std::uint32_t>(dtype_of<Item>());
        raw_.data = items.data();
        raw_.size = items.size_bytes();
        raw_.itemsize = sizeof(Item);
        take_shape(shape, items.size());
    }
    template <class T>
    Segment(Span<T> items, std::initializer_list<std::size_t> shape)
        : Segment(items, Span<const std::size_t>(shape.begin(), shape.size())) {}

    /// The same items, told to be a list: languages that tell lists from arrays give a list back.
    Segment as_list() const { return flagged(DY_LMDB_SEGMENT_LIST); }

    /// The same item, told to be a number with a type of its own and no array; only without dimensions.
    Segment as_scalar() const { return flagged(DY_LMDB_SEGMENT_SCALAR); }

    /// The same bytes as bools. Throws InvalidArgumentError when the items are no std::uint8_t.
    Segment as_booleans() const { return retyped(Dtype::uint8, Dtype::boolean, Unit::generic); }

    /// The same numbers as points in time. Throws InvalidArgumentError when they are no std::int64_t.
    Segment as_datetimes(Unit unit) const { return retyped(Dtype::int64, Dtype::datetime64, unit); }

    /// The same numbers as spans of time. Throws InvalidArgumentError when they are no std::int64_t.
    Segment as_timedeltas(Unit unit) const { return retyped(Dtype::int64, Dtype::timedelta64, unit); }

    Dtype dtype() const noexcept { return static_cast<Dtype>(raw_.dtype); }
    Unit unit() const noexcept { return static_cast<Unit>(raw_.unit); }
    bool is_list() const noexcept { return (raw_.flags & DY_LMDB_SEGMENT_LIST) != 0; }
    bool is_scalar() const noexcept { return (raw_.flags & DY_LMDB_SEGMENT_SCALAR) != 0; }
    std::size_t size() const noexcept { return raw_.size / raw_.itemsize; }  ///< number of items
    std::size_t item_size() const noexcept { return raw_.itemsize; }         ///< bytes of an item

    /// The length of each dimension, the last varying fastest; empty: a single item.
    std::vector<std::size_t> shape() const { return {raw_.shape, raw_.shape + raw_.ndim}; }

    /// The bytes of the items.
    Bytes bytes() const noexcept { return Bytes(static_cast<const std::byte*>(raw_.data), raw_.size); }

    /// Whether the items are `T`s. std::uint8_t also reads bools, std::int64_t also times.
    template <class T>
    bool holds() const noexcept {
        constexpr Dtype wanted = dtype_of<std::remove_cv_t<T>>();
        return dtype() == wanted || (wanted == Dtype::uint8 && dtype() == Dtype::boolean) ||
               (wanted == Dtype::int64 && (dtype() == Dtype::datetime64 || dtype() == Dtype::timedelta64));
    }

    /// The items in C order, in place and aligned. Throws InvalidArgumentError when they are not `T`s.
    template <class T>
    Span<const T> span() const {
        if (!holds<T>()) {
            throw InvalidArgumentError(std::string("the segment holds ") + dtype_name(dtype()) + ", not " +
                                       dtype_name(dtype_of<std::remove_cv_t<T>>()));
        }
        return Span<const T>(static_cast<const T*>(raw_.data), size());
    }

    /// The C struct; `node` and `end` are 0 in a segment made of a caller's items.
    const dy_lmdb_segment_t& raw() const noexcept { return raw_; }

private:
    friend class Node;
    explicit Segment(const dy_lmdb_segment_t& raw) : raw_(raw) {}

    void take_shape(Span<const std::size_t> shape, std::size_t items) {
        if (shape.size() > DY_LMDB_SEGMENT_MAX_NDIM) {
            throw InvalidArgumentError("a shape of " + std::to_string(shape.size()) + " dimensions; " +
                                       std::to_string(DY_LMDB_SEGMENT_MAX_NDIM) + " are possible");
        }
        std::size_t product = 1;
        for (const std::size_t dimension : shape) {
            if (dimension != 0 && product > (std::numeric_limits<std::size_t>::max)() / dimension) {
                throw InvalidArgumentError("a shape that no memory holds");
            }
            product *= dimension;
            raw_.shape[raw_.ndim++] = dimension;
        }
        if (product != items) {
            throw InvalidArgumentError("a shape of " + std::to_string(product) + " items for " + std::to_string(items));
        }
    }

    Segment flagged(std::uint32_t flag) const {
        Segment out = *this;
        out.raw_.flags = flag;
        return out;
    }

    Segment retyped(Dtype from, Dtype to, Unit unit) const {
        if (dtype() != from) {
            throw InvalidArgumentError(std::string("items of ") + dtype_name(dtype()) + " cannot stand for " +
                                       dtype_name(to) + ": that needs " + dtype_name(from));
        }
        Segment out = *this;
        out.raw_.dtype = static_cast<std::uint32_t>(to);
        out.raw_.unit = static_cast<std::uint32_t>(unit);
        return out;
    }

    dy_lmdb_segment_t raw_ = {};
};

}  // namespace dishtayantra::lmdb

#endif
