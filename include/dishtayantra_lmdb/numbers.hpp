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
#include <iterator>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace dishtayantra::lmdb {

namespace detail {

template <class T>
void convert_as(const std::byte* from, bool big_endian, std::vector<double>& out) {
    for (std::size_t i = 0; i < out.size(); ++i) {
        std::byte bytes[sizeof(T)];
        std::memcpy(bytes, from + i * sizeof(T), sizeof(T));
        if (big_endian) {
            std::reverse(std::begin(bytes), std::end(bytes));
        }
        T element;
        std::memcpy(&element, bytes, sizeof(T));
        out[i] = static_cast<double>(element);
    }
}

/// Elements of a kind ('f', 'i', 'u', 'b') and width as the nearest doubles; false for any other.
inline bool convert_elements(char kind, std::size_t width, bool big_endian, const std::byte* from,
                             std::vector<double>& out) {
    switch (kind << 8 | static_cast<int>(width & 0xff)) {
    case 'f' << 8 | 8: convert_as<double>(from, big_endian, out); return true;
    case 'f' << 8 | 4: convert_as<float>(from, big_endian, out); return true;
    case 'i' << 8 | 1: convert_as<std::int8_t>(from, big_endian, out); return true;
    case 'i' << 8 | 2: convert_as<std::int16_t>(from, big_endian, out); return true;
    case 'i' << 8 | 4: convert_as<std::int32_t>(from, big_endian, out); return true;
    case 'i' << 8 | 8: convert_as<std::int64_t>(from, big_endian, out); return true;
    case 'b' << 8 | 1:
    case 'u' << 8 | 1: convert_as<std::uint8_t>(from, big_endian, out); return true;
    case 'u' << 8 | 2: convert_as<std::uint16_t>(from, big_endian, out); return true;
    case 'u' << 8 | 4: convert_as<std::uint32_t>(from, big_endian, out); return true;
    case 'u' << 8 | 8: convert_as<std::uint64_t>(from, big_endian, out); return true;
    default: return false;
    }
}

/// The kind of a segment's items, as `convert_elements` takes it.
inline char kind_of(Dtype dtype) noexcept {
    switch (dtype) {
    case Dtype::boolean: return 'b';
    case Dtype::int8:
    case Dtype::int16:
    case Dtype::int32:
    case Dtype::int64: return 'i';
    case Dtype::uint8:
    case Dtype::uint16:
    case Dtype::uint32:
    case Dtype::uint64: return 'u';
    case Dtype::float32:
    case Dtype::float64: return 'f';
    default: return '\0';
    }
}

/// A segment's items as the nearest doubles. Throws InvalidArgumentError for times.
inline std::vector<double> converted(const Segment& segment) {
    std::vector<double> out(segment.size());
    if (!convert_elements(kind_of(segment.dtype()), segment.item_size(), false, segment.bytes().data(), out)) {
        throw InvalidArgumentError(std::string("items of ") + dtype_name(segment.dtype()) +
                                   " are not numbers this side converts");
    }
    return out;
}

/// A number: one of MessagePack's own, a bool as 0 or 1, or a segment without dimensions.
inline double number_of(const Node& node) {
    const Type type = node.type();
    if (type == Type::boolean) {
        return node.boolean() ? 1 : 0;
    }
    if (type != Type::segment) {
        return node.number();
    }
    const Segment segment = node.segment();
    if (!segment.shape().empty()) {
        throw InvalidArgumentError("an array of " + std::to_string(segment.size()) + " items is no number");
    }
    return converted(segment).front();
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

/// The lengths of nested arrays, level by level down to the first number; a segment among them has its own.
inline std::vector<std::size_t> shape_of(const Node& node) {
    constexpr std::size_t most_dimensions = 32;
    std::vector<std::size_t> shape;
    for (Node level = node;; level = level[std::size_t{0}]) {
        const Type type = level.type();
        if (type == Type::array) {
            shape.push_back(level.size());
        } else if (type == Type::segment) {
            const std::vector<std::size_t> rest = level.shape();
            shape.insert(shape.end(), rest.begin(), rest.end());
        }
        if (shape.size() > most_dimensions) {
            throw InvalidArgumentError("lists nested in more than 32 levels");
        }
        if (type != Type::array || shape.back() == 0) {
            return shape;
        }
    }
}

/// Appends the numbers of a flat array, of which some may be bools or segments without dimensions.
inline void append_row(const Node& node, std::vector<double>& out) {
    try {
        const std::vector<double> row = node.numbers();
        out.insert(out.end(), row.begin(), row.end());
    } catch (const InvalidArgumentError&) {
        for (const Item item : node.items()) {
            out.push_back(number_of(item.value));
        }
    }
}

/// Appends the numbers of nested arrays, each level as long as `shape` says. Segments stand for the levels they have.
inline void append_numbers(const Node& node, const std::vector<std::size_t>& shape, std::size_t level,
                           std::vector<double>& out) {
    const Type type = node.type();
    const bool last = level + 1 == shape.size();
    if (type == Type::segment) {
        const Segment segment = node.segment();
        const std::vector<std::size_t> has = segment.shape();
        if (std::equal(has.begin(), has.end(), shape.begin() + static_cast<std::ptrdiff_t>(level), shape.end())) {
            const std::vector<double> items = converted(segment);
            out.insert(out.end(), items.begin(), items.end());
            return;
        }
    }
    if (type != Type::array || node.size() != shape[level]) {
        throw InvalidArgumentError("nested lists of numbers must have equal lengths in level " +
                                   std::to_string(level + 1));
    }
    if (last) {
        append_row(node, out);
        return;
    }
    for (const Item item : node.items()) {
        append_numbers(item.value, shape, level + 1, out);
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

    /// One dimension of elements of the caller's.
    explicit Numbers(std::vector<double> elements) : Numbers(std::move(elements), {}) { shape_ = {span_.size()}; }

    /// A stored array: in place when its dtype is float64 and it is aligned, else converted (integers, bool, float32,
    /// either byte order).
    /// Throws InvalidArgumentError for any other dtype.
    static Numbers of(const Array& array, std::shared_ptr<const void> owner) {
        const bool aligned = reinterpret_cast<std::uintptr_t>(array.bytes().data()) % alignof(double) == 0;
        if (array.holds<double>() && aligned) {
            return Numbers(array.span<double>(), array.shape(), std::move(owner), array.fortran_order());
        }
        std::vector<double> converted(array.size());
        if (!detail::convert_elements(array.kind(), array.item_size(), array.big_endian(), array.bytes().data(),
                                      converted)) {
            throw InvalidArgumentError("elements of dtype '" + array.descr() + "' are not numbers this side converts");
        }
        return Numbers(std::move(converted), array.shape(), array.fortran_order());
    }

    /// An array of a document: a segment in place when its items are float64, else converted (integers, bool,
    /// float32); nested lists, in which a bool is 0 or 1, and bytes, taken as float64, are copied. `owner` keeps the payload alive; without one the
    /// document must outlive the numbers.
    /// Throws InvalidArgumentError when rows differ in length, items are not numbers or bytes do not divide.
    static Numbers of(const Node& node, std::shared_ptr<const void> owner = nullptr) {
        const Type type = node.type();
        if (type == Type::bytes) {
            return of_raw(node.bytes());
        }
        if (type == Type::segment) {
            return of(node.segment(), std::move(owner));
        }
        std::vector<std::size_t> shape = detail::shape_of(node);
        std::vector<double> elements;
        if (shape.empty()) {
            elements = {detail::number_of(node)};
        } else {
            detail::append_numbers(node, shape, 0, elements);
        }
        return Numbers(std::move(elements), std::move(shape)).as_list();
    }

    /// As above.
    static Numbers of(const Segment& segment, std::shared_ptr<const void> owner = nullptr) {
        const bool in_place = segment.holds<double>();
        const Numbers out = in_place ? Numbers(segment.span<double>(), segment.shape(), std::move(owner))
                                     : Numbers(detail::converted(segment), segment.shape());
        return out.as_list(segment.is_list());
    }

    /// Bytes taken as float64; a copy. Throws InvalidArgumentError when they do not divide.
    static Numbers of_raw(Bytes bytes) {
        if (bytes.size() % sizeof(double) != 0) {
            throw InvalidArgumentError(std::to_string(bytes.size()) + " raw bytes are no whole number of float64");
        }
        std::vector<double> elements(bytes.size() / sizeof(double));
        if (!bytes.empty()) {
            std::memcpy(elements.data(), bytes.data(), bytes.size());
        }
        return Numbers(std::move(elements));
    }

    /// The elements in storage order; valid as long as this object or a copy of it.
    Span<const double> span() const noexcept { return span_; }
    std::size_t size() const noexcept { return span_.size(); }
    const std::vector<std::size_t>& shape() const noexcept { return shape_; }  ///< empty: a scalar
    bool fortran_order() const noexcept { return fortran_order_; }             ///< first index varies fastest

    /// Whether they came as lists and are to be answered as lists.
    bool is_list() const noexcept { return is_list_; }
    /// Throws InvalidArgumentError when it has no items and over 1,048,576 empty lists would stand for it.
    Numbers as_list(bool is_list = true) const {
        if (is_list) {
            detail::require_few_lists(shape_);
        }
        Numbers out = *this;
        out.is_list_ = is_list;
        return out;
    }

    /// The same array with the last index varying fastest: itself, or a rearranged copy.
    Numbers c_order() const {
        if (!fortran_order_ || shape_.size() < 2) {
            Numbers same = *this;
            same.fortran_order_ = false;
            return same;
        }
        std::vector<double> out(size());
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
        return Numbers(std::move(out), shape_).as_list(is_list_);
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
