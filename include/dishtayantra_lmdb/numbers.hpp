// What calculators compute on: doubles with a shape, in place where they lie as such.
#ifndef DISHTAYANTRA_LMDB_NUMBERS_HPP
#define DISHTAYANTRA_LMDB_NUMBERS_HPP

#include "document.hpp"
#include "error.hpp"
#include "npy.hpp"
#include "segment.hpp"
#include "span.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <limits>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace dishtayantra::lmdb {

namespace detail {

/// How many items a shape has. Throws InvalidArgumentError when no memory holds them.
inline std::size_t count_of(const std::vector<std::size_t>& shape) {
    std::size_t count = 1;
    for (const std::size_t length : shape) {
        if (length != 0 && count > (std::numeric_limits<std::size_t>::max)() / sizeof(double) / length) {
            throw InvalidArgumentError("a shape that no memory holds");
        }
        count *= length;
    }
    return count;
}

/// Refuses a shape without items that stands for more lists than any program means: a few bytes announce any number.
inline void require_few_lists(const std::vector<std::size_t>& shape) {
    constexpr std::size_t most_lists = std::size_t{1} << 20;
    const auto empty = std::find(shape.begin(), shape.end(), std::size_t{0});
    std::size_t lists = 1;
    for (auto length = shape.begin(); empty != shape.end() && length != empty; ++length) {
        if (*length > most_lists / lists) {
            throw InvalidArgumentError("more than 1048576 empty lists");
        }
        lists *= *length;
    }
}

}  // namespace detail

/// An n-dimensional array of doubles, either in place or a converted copy.
///
/// Cheap to copy: copies share the elements and keep them alive, whatever they lie in. Elements never change.
/// Threads may share it.
class Numbers {
public:
    /// In place; `owner` keeps the elements alive. `shape` must hold them.
    Numbers(Span<const double> elements, std::vector<std::size_t> shape, std::shared_ptr<const void> owner,
            bool fortran_order = false)
        : owner_(std::move(owner)), span_(elements), shape_(std::move(shape)), fortran_order_(fortran_order) {}

    /// Elements of the caller's, taken over; `shape` must hold them.
    Numbers(std::vector<double> elements, std::vector<std::size_t> shape, bool fortran_order = false)
        : shape_(std::move(shape)), fortran_order_(fortran_order) {
        auto owned = std::make_shared<const std::vector<double>>(std::move(elements));
        span_ = *owned;
        owner_ = std::move(owned);
    }

    /// Memory of its own, which is fresh: `fill` gets it as a Span<double> and writes all of it.
    /// Throws InvalidArgumentError when no memory holds the shape.
    template <class Fill>
    static Numbers made(std::vector<std::size_t> shape, Fill fill, bool fortran_order = false) {
        const std::size_t count = detail::count_of(shape);
        const std::shared_ptr<double[]> elements(new double[count]);
        fill(Span<double>(elements.get(), count));
        return Numbers(Span<const double>(elements.get(), count), std::move(shape), elements, fortran_order);
    }

    /// Items as the nearest doubles; bools are 0 or 1. Throws InvalidArgumentError for times and complex numbers.
    static Numbers converted(Dtype dtype, Bytes items, std::vector<std::size_t> shape, bool big_endian = false,
                             bool fortran_order = false) {
        const std::uint32_t flags = big_endian ? DY_LMDB_ARRAY_BIG_ENDIAN : 0;
        const auto convert = [&](Span<double> out) {
            detail::check(dy_lmdb_numbers_convert(static_cast<std::uint32_t>(dtype), flags, items.data(), items.size(),
                                                  out.data(), out.size()));
        };
        return made(std::move(shape), convert, fortran_order);
    }

    /// One dimension of elements of the caller's.
    explicit Numbers(std::vector<double> elements) : Numbers(std::move(elements), {}) { shape_ = {span_.size()}; }

    /// A stored array: in place when its dtype is float64 and it is aligned, else converted (integers, bool, float32,
    /// float16, either byte order).
    /// Throws InvalidArgumentError for any other dtype.
    static Numbers of(const Array& array, std::shared_ptr<const void> owner) {
        const bool aligned = reinterpret_cast<std::uintptr_t>(array.bytes().data()) % alignof(double) == 0;
        if (array.holds<double>() && aligned) {
            return Numbers(array.span<double>(), array.shape(), std::move(owner), array.fortran_order());
        }
        if (!array.dtype()) {
            throw InvalidArgumentError("elements of dtype '" + array.descr() + "' are not numbers this side converts");
        }
        return converted(*array.dtype(), array.bytes(), array.shape(), array.big_endian(), array.fortran_order());
    }

    /// A value of a document: a segment in place when its items are float64, else converted (integers, bool, float32,
    /// float16);
    /// nested lists, in which a bool is 0 or 1 and a segment stands for lists of its shape, bytes, taken as float64, and a
    /// single number are copied. `owner` keeps the payload alive; without one the document must outlive the numbers.
    /// Throws InvalidArgumentError, naming the place, when rows differ in length, items are not numbers or bytes do not
    /// divide; BadFormatError for a table.
    static Numbers of(const Node& node, std::shared_ptr<const void> owner = nullptr) {
        const dy_lmdb_numbers_t told = node.described();
        std::vector<std::size_t> shape(told.shape, told.shape + told.ndim);
        const bool is_list = (told.flags & DY_LMDB_SEGMENT_LIST) != 0;
        if (told.data != nullptr) {
            return Numbers(Span<const double>(told.data, told.count), std::move(shape), std::move(owner)).as_list(is_list);
        }
        return made(std::move(shape), [&](Span<double> out) { node.copy_numbers(out); }).as_list(is_list);
    }

    /// As above.
    static Numbers of(const Segment& segment, std::shared_ptr<const void> owner = nullptr) {
        const bool in_place = segment.holds<double>();
        Numbers out = in_place ? Numbers(segment.span<double>(), segment.shape(), std::move(owner))
                                     : converted(segment.dtype(), segment.bytes(), segment.shape());
        return std::move(out).as_list(segment.is_list());
    }

    /// A column of numbers or bools: in place when they are float64, else converted. `owner` keeps the payload alive; without one
    /// the document must outlive the numbers. Throws InvalidArgumentError for columns of anything else, and when a value is nil.
    static Numbers of(const Column& column, std::shared_ptr<const void> owner = nullptr) {
        const std::string name = "column \"" + std::string(column.name()) + "\"";
        if (column.null_count() > 0) {
            throw InvalidArgumentError(name + ": " + std::to_string(column.null_count()) + " values are nil");
        }
        if (column.format() == "b") {
            return made({column.size()}, [&](Span<double> out) {
                for (std::size_t i = 0; i < out.size(); ++i) {
                    out[i] = column.boolean(i) ? 1 : 0;
                }
            });
        }
        if (column.raw().dtype == 0) {
            throw InvalidArgumentError(name + " of format \"" + std::string(column.format()) + "\" holds no numbers");
        }
        if (column.holds<double>()) {
            return Numbers(column.span<double>(), {column.size()}, std::move(owner));
        }
        return converted(static_cast<Dtype>(column.raw().dtype),
                         Bytes(static_cast<const std::byte*>(column.raw().data), column.raw().data_size),
                         {column.size()});
    }

    /// Bytes taken as float64; a copy. Throws InvalidArgumentError when they do not divide.
    static Numbers of_raw(Bytes bytes) {
        if (bytes.size() % sizeof(double) != 0) {
            throw InvalidArgumentError(std::to_string(bytes.size()) + " raw bytes are no whole number of float64");
        }
        return made({bytes.size() / sizeof(double)}, [&](Span<double> out) {
            if (!bytes.empty()) {
                std::memcpy(out.data(), bytes.data(), bytes.size());
            }
        });
    }

    /// The elements in storage order; valid as long as this object or a copy of it.
    Span<const double> span() const noexcept { return span_; }
    std::size_t size() const noexcept { return span_.size(); }
    const std::vector<std::size_t>& shape() const noexcept { return shape_; }  ///< empty: a scalar
    bool fortran_order() const noexcept { return fortran_order_; }             ///< first index varies fastest

    /// Whether they came as lists and are to be answered as lists.
    bool is_list() const noexcept { return is_list_; }
    /// Throws InvalidArgumentError when it has no items and over 1,048,576 empty lists would stand for it.
    Numbers as_list(bool is_list = true) const& { return Numbers(*this).as_list(is_list); }
    Numbers as_list(bool is_list = true) && {
        if (is_list) {
            detail::require_few_lists(shape_);
        }
        is_list_ = is_list;
        return std::move(*this);
    }

    /// Whether the last index varies fastest.
    bool is_c_order() const noexcept { return !fortran_order_ || shape_.size() < 2; }

    /// The same array with the last index varying fastest: itself, or a rearranged copy.
    Numbers c_order() && {
        if (is_c_order()) {
            fortran_order_ = false;
            return std::move(*this);
        }
        return std::as_const(*this).c_order();
    }
    Numbers c_order() const& {
        if (is_c_order()) {
            return Numbers(*this).c_order();
        }
        const auto rearrange = [this](Span<double> out) {
            std::vector<std::size_t> index(shape_.size(), 0);
            for (double& element : out) {
                std::size_t at = 0;
                for (std::size_t d = shape_.size(); d-- > 0;) {
                    at = at * shape_[d] + index[d];
                }
                element = span_[at];
                for (std::size_t d = shape_.size(); d-- > 0 && ++index[d] == shape_[d];) {
                    index[d] = 0;
                }
            }
        };
        return made(shape_, rearrange).as_list(is_list_);
    }

private:
    std::shared_ptr<const void> owner_;
    Span<const double> span_;
    std::vector<std::size_t> shape_;
    bool fortran_order_ = false;
    bool is_list_ = false;
};

}  // namespace dishtayantra::lmdb

#endif
