// What calculators compute on: doubles with a shape, in place where they lie as such.
#ifndef DISHTAYANTRA_LMDB_NUMBERS_HPP
#define DISHTAYANTRA_LMDB_NUMBERS_HPP

#include "document.hpp"
#include "error.hpp"
#include "npy.hpp"
#include "span.hpp"

#include <cstdint>
#include <cstring>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace dishtayantra::lmdb {

namespace detail {

template <class T>
void convert_as(const std::byte* from, std::vector<double>& out) {
    for (std::size_t i = 0; i < out.size(); ++i) {
        T element;
        std::memcpy(&element, from + i * sizeof(T), sizeof(T));
        out[i] = static_cast<double>(element);
    }
}

/// Little-endian elements of a kind ('f', 'i', 'u', 'b') and width as the nearest doubles; false for any other.
inline bool convert_elements(char kind, std::size_t width, const std::byte* from, std::vector<double>& out) {
    switch (kind << 8 | static_cast<int>(width & 0xff)) {
    case 'f' << 8 | 8: convert_as<double>(from, out); return true;
    case 'f' << 8 | 4: convert_as<float>(from, out); return true;
    case 'i' << 8 | 1: convert_as<std::int8_t>(from, out); return true;
    case 'i' << 8 | 2: convert_as<std::int16_t>(from, out); return true;
    case 'i' << 8 | 4: convert_as<std::int32_t>(from, out); return true;
    case 'i' << 8 | 8: convert_as<std::int64_t>(from, out); return true;
    case 'b' << 8 | 1:
    case 'u' << 8 | 1: convert_as<std::uint8_t>(from, out); return true;
    case 'u' << 8 | 2: convert_as<std::uint16_t>(from, out); return true;
    case 'u' << 8 | 4: convert_as<std::uint32_t>(from, out); return true;
    case 'u' << 8 | 8: convert_as<std::uint64_t>(from, out); return true;
    default: return false;
    }
}

/// The type number of extensions whose body is a .npy image.
inline constexpr unsigned char array_extension = 78;

/// The .npy image in the extension at `position` of a MessagePack payload; empty when it is another extension.
inline Bytes image_in_extension(Bytes payload, std::size_t position) {
    const auto byte = [&](std::size_t at) { return at < payload.size() ? std::to_integer<std::size_t>(payload[at]) : 0; };
    const std::size_t marker = byte(position);
    if (marker < 0xc7 || marker > 0xc9) {
        return {};
    }
    const std::size_t width = std::size_t{1} << (marker - 0xc7);
    std::size_t length = 0;
    for (std::size_t i = 0; i < width; ++i) {
        length = length << 8 | byte(position + 1 + i);
    }
    const std::size_t body = position + 2 + width;
    if (byte(body - 1) != array_extension || body > payload.size() || length > payload.size() - body) {
        return {};
    }
    return payload.subspan(body, length);
}

/// Fills `out` from nested arrays of numbers, each level as long as `shape` says.
inline void fill_numbers(const Node& node, const std::vector<std::size_t>& shape, std::size_t level,
                         std::vector<double>& out) {
    if (node.type() != Type::array || node.size() != shape[level]) {
        throw InvalidArgumentError("nested lists of numbers must have equal lengths in level " +
                                   std::to_string(level + 1));
    }
    if (level + 1 == shape.size()) {
        const std::vector<double> row = node.numbers();
        out.insert(out.end(), row.begin(), row.end());
        return;
    }
    for (const Item item : node.items()) {
        fill_numbers(item.value, shape, level + 1, out);
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

    /// A stored array: in place when its dtype is float64 and it is aligned, else converted (integers, bool, float32).
    /// Throws InvalidArgumentError for any other dtype.
    static Numbers of(const Array& array, std::shared_ptr<const void> owner) {
        const bool aligned = reinterpret_cast<std::uintptr_t>(array.bytes().data()) % alignof(double) == 0;
        if (array.holds<double>() && aligned) {
            return Numbers(array.span<double>(), array.shape(), std::move(owner), array.fortran_order());
        }
        std::vector<double> converted(array.size());
        if (array.big_endian() ||
            !detail::convert_elements(array.kind(), array.item_size(), array.bytes().data(), converted)) {
            throw InvalidArgumentError("elements of dtype '" + array.descr() + "' are not numbers this side converts");
        }
        return Numbers(std::move(converted), array.shape(), array.fortran_order());
    }

    /// An array of a document, nested for several dimensions, or bytes taken as float64; a copy.
    /// Throws InvalidArgumentError when rows differ in length, elements are not numbers or bytes do not divide.
    static Numbers of(const Node& node) {
        if (node.type() == Type::bytes) {
            return of_raw(node.bytes());
        }
        constexpr std::size_t most_dimensions = 32;
        std::vector<std::size_t> shape;
        for (Node level = node; level.type() == Type::array; level = level[std::size_t{0}]) {
            if (shape.size() == most_dimensions) {
                throw InvalidArgumentError("lists nested in more than 32 levels");
            }
            shape.push_back(level.size());
            if (shape.back() == 0) {
                break;
            }
        }
        Numbers out = shape.size() == 1 ? Numbers(node.numbers()) : nested(node, std::move(shape));
        out.is_list_ = true;
        return out;
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

    /// The same for a document of a view: arrays in it are taken as `of(Array)` takes them.
    static Numbers of(const Node& node, Bytes payload, std::shared_ptr<const void> owner) {
        if (node.type() == Type::extension) {
            const Bytes image = detail::image_in_extension(payload, static_cast<std::size_t>(node.position()));
            if (!image.empty()) {
                return of(Array(image), std::move(owner));
            }
        }
        return of(node);
    }

    /// The elements in storage order; valid as long as this object or a copy of it.
    Span<const double> span() const noexcept { return span_; }
    std::size_t size() const noexcept { return span_.size(); }
    const std::vector<std::size_t>& shape() const noexcept { return shape_; }  ///< empty: a scalar
    bool fortran_order() const noexcept { return fortran_order_; }             ///< first index varies fastest

    /// Whether they came as lists and are to be answered as lists.
    bool is_list() const noexcept { return is_list_; }
    Numbers as_list(bool is_list = true) const {
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
    static Numbers nested(const Node& node, std::vector<std::size_t> shape) {
        if (shape.empty()) {
            return Numbers({node.number()}, {});
        }
        std::vector<double> elements;
        detail::fill_numbers(node, shape, 0, elements);
        return Numbers(std::move(elements), std::move(shape));
    }

    std::shared_ptr<const void> owner_;
    Span<const double> span_;
    std::vector<std::size_t> shape_;
    bool fortran_order_ = false;
    bool is_list_ = false;
};

}  // namespace dishtayantra::lmdb

#endif
