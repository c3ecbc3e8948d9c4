// The .npy image of an array: https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html
#ifndef DISHTAYANTRA_LMDB_NPY_HPP
#define DISHTAYANTRA_LMDB_NPY_HPP

#include "error.hpp"
#include "span.hpp"

#include <complex>
#include <cstdint>
#include <cstring>
#include <limits>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

namespace dishtayantra::lmdb {

namespace detail {

template <class T>
struct IsComplex : std::false_type {};
template <class T>
struct IsComplex<std::complex<T>> : std::true_type {};

[[noreturn]] inline void bad_npy(const std::string& what) { throw CorruptError(".npy header: " + what); }

/// Reads the Python dict literal of a .npy header: three known keys, each once, in any order.
class NpyHeaderReader {
public:
    explicit NpyHeaderReader(std::string_view text) : text_(text) {}

    void read(std::string& descr, bool& fortran_order, std::vector<std::size_t>& shape) {
        bool seen[3] = {false, false, false};
        expect('{');
        while (!take('}')) {
            const std::string key = quoted();
            expect(':');
            const int which = key == "descr" ? 0 : key == "fortran_order" ? 1 : key == "shape" ? 2 : -1;
            if (which < 0 || seen[which]) {
                fail("unexpected key '" + key + "'");
            }
            seen[which] = true;
            if (which == 0) {
                if (peek() == '[') {
                    throw InvalidArgumentError("the array has a structured dtype, which has no element type in C++");
                }
                descr = quoted();
            } else if (which == 1) {
                fortran_order = boolean();
            } else {
                shape = tuple();
            }
            if (!take(',') && peek() != '}') {
                fail("expected ',' or '}'");
            }
        }
        if (!seen[0] || !seen[1] || !seen[2]) {
            fail("descr, fortran_order and shape are all needed");
        }
    }

private:
    [[noreturn]] void fail(const std::string& what) const { bad_npy(what + " at byte " + std::to_string(at_)); }

    char peek() {
        while (at_ < text_.size() && (text_[at_] == ' ' || text_[at_] == '\n' || text_[at_] == '\t')) {
            ++at_;
        }
        return at_ < text_.size() ? text_[at_] : '\0';
    }
    bool take(char wanted) {
        if (peek() != wanted) {
            return false;
        }
        ++at_;
        return true;
    }
    void expect(char wanted) {
        if (!take(wanted)) {
            fail(std::string("expected '") + wanted + "'");
        }
    }
    std::string quoted() {
        const char quote = peek();
        if (quote != '\'' && quote != '"') {
            fail("expected a string");
        }
        const std::size_t end = text_.find(quote, at_ + 1);
        if (end == std::string_view::npos) {
            fail("a string without end");
        }
        std::string out(text_.substr(at_ + 1, end - at_ - 1));
        at_ = end + 1;
        return out;
    }
    bool boolean() {
        peek();
        for (const bool value : {true, false}) {
            const std::string_view word = value ? "True" : "False";
            if (text_.substr(at_, word.size()) == word) {
                at_ += word.size();
                return value;
            }
        }
        fail("expected True or False");
    }
    std::vector<std::size_t> tuple() {
        std::vector<std::size_t> out;
        expect('(');
        while (!take(')')) {
            out.push_back(number());
            if (!take(',') && peek() != ')') {
                fail("expected ',' or ')'");
            }
        }
        return out;
    }
    std::size_t number() {
        constexpr std::size_t limit = std::numeric_limits<std::size_t>::max() / 10 - 1;
        std::size_t out = 0;
        if (peek() < '0' || peek() > '9') {
            fail("expected a number");
        }
        while (at_ < text_.size() && text_[at_] >= '0' && text_[at_] <= '9') {
            if (out > limit) {
                fail("a dimension that no memory holds");
            }
            out = out * 10 + static_cast<std::size_t>(text_[at_++] - '0');
        }
        return out;
    }

    std::string_view text_;
    std::size_t at_ = 0;
};

}  // namespace detail

/// NumPy's dtype string of `T` on the platforms of this library (little-endian): "<f8", "<i4", "|u1", "<c16" …
/// `bool` has none: bytes of a payload need not be valid C++ bools. Read "|b1" as std::uint8_t.
template <class T>
std::string npy_descr() {
    static_assert((std::is_arithmetic_v<T> && !std::is_same_v<T, bool> && !std::is_same_v<T, long double>) ||
                      detail::IsComplex<T>::value,
                  "no NumPy dtype of a fixed width");
    const char kind = detail::IsComplex<T>::value     ? 'c'
                      : std::is_floating_point_v<T> ? 'f'
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
    /// Throws CorruptError when header and size do not agree; InvalidArgumentError for structured dtypes and for
    /// dtypes without a fixed width.
    explicit Array(Bytes image) {
        static constexpr char magic[] = "\x93NUMPY";
        if (image.size() < 10 || std::memcmp(image.data(), magic, 6) != 0) {
            detail::bad_npy("the payload does not start as a .npy image");
        }
        const auto byte = [&](std::size_t at) { return static_cast<std::size_t>(image[at]); };
        const bool wide = byte(6) >= 2;
        if (byte(6) < 1 || byte(6) > 3 || (wide && image.size() < 12)) {
            detail::bad_npy("version " + std::to_string(byte(6)) + " with " + std::to_string(image.size()) + " bytes");
        }
        std::size_t length = byte(8) | byte(9) << 8;
        if (wide) {
            length |= byte(10) << 16 | byte(11) << 24;
        }
        const std::size_t start = (wide ? 12 : 10) + length;
        if (start > image.size()) {
            detail::bad_npy("it claims " + std::to_string(length) + " bytes, the payload has " +
                            std::to_string(image.size()));
        }
        const auto* text = reinterpret_cast<const char*>(image.data()) + (start - length);
        detail::NpyHeaderReader(std::string_view(text, length)).read(descr_, fortran_order_, shape_);
        measure(image.size() - start);
        bytes_ = image.subspan(start, size_ * item_size_);
    }

    const std::string& descr() const noexcept { return descr_; }              ///< dtype string, as "<f8"
    char kind() const noexcept { return descr_[1]; }                          ///< 'f', 'i', 'u', 'b', 'c', 'M', …
    std::size_t item_size() const noexcept { return item_size_; }             ///< bytes of an element
    const std::vector<std::size_t>& shape() const noexcept { return shape_; } ///< empty: a scalar
    bool fortran_order() const noexcept { return fortran_order_; }            ///< first index varies fastest
    bool big_endian() const noexcept { return descr_[0] == '>'; }
    std::size_t size() const noexcept { return size_; }                       ///< number of elements
    Bytes bytes() const noexcept { return bytes_; }                           ///< the elements, without the header

    /// Whether the elements are `T`s. Bytes may be read from "|b1", std::int64_t from datetimes.
    template <class T>
    bool holds() const {
        const std::string wanted = npy_descr<T>();
        return descr_ == wanted || (wanted == "|u1" && descr_ == "|b1") ||
               (wanted == "<i8" && descr_[0] != '>' && (kind() == 'M' || kind() == 'm'));
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
    void measure(std::size_t available) {
        const std::string_view descr = descr_;
        const std::size_t digits = descr.size() < 3 ? 0 : descr.find_first_not_of("0123456789", 2);
        const std::size_t end = digits == std::string_view::npos ? descr.size() : digits;
        const bool plain = end > 2 && end < 12 && std::string_view("<>|=").find(descr[0]) != std::string_view::npos;
        if (!plain || descr[1] == 'O') {
            throw InvalidArgumentError("the array's dtype '" + descr_ + "' has no fixed width");
        }
        item_size_ = std::stoul(std::string(descr.substr(2, end - 2))) * (descr[1] == 'U' ? 4 : 1);
        size_ = 1;
        for (const std::size_t dimension : shape_) {
            if (dimension != 0 && size_ > std::numeric_limits<std::size_t>::max() / dimension) {
                detail::bad_npy("a shape that no memory holds");
            }
            size_ *= dimension;
        }
        if (item_size_ != 0 && size_ > available / item_size_) {
            detail::bad_npy(std::to_string(size_) + " elements of '" + descr_ + "' need more than the " +
                            std::to_string(available) + " bytes there are");
        }
    }

    std::string descr_;
    std::vector<std::size_t> shape_;
    Bytes bytes_;
    std::size_t size_ = 0;
    std::size_t item_size_ = 0;
    bool fortran_order_ = false;
};

/// The header of a .npy image (version 1.0): put it in front of the elements. With `before` bytes of something else in
/// front of it, the elements begin at a multiple of 64 bytes. `descr` as `npy_descr` gives it.
///
/// Throws InvalidArgumentError when the shape has more dimensions than a version 1.0 header holds.
inline std::string npy_header(std::string_view descr, Span<const std::size_t> shape, bool fortran_order = false,
                              std::size_t before = 0) {
    std::string dict = "{'descr': '" + std::string(descr) + "', 'fortran_order': " + (fortran_order ? "True" : "False") +
                       ", 'shape': (";
    for (std::size_t i = 0; i < shape.size(); ++i) {
        dict += (i == 0 ? "" : ", ") + std::to_string(shape[i]);
    }
    dict += shape.size() == 1 ? ",), }" : "), }";
    const std::size_t total = (before + 10 + dict.size() + 1 + 63) / 64 * 64 - before;
    if (total - 10 > 0xffff) {
        throw InvalidArgumentError("a shape of " + std::to_string(shape.size()) + " dimensions");
    }
    dict.resize(total - 11, ' ');
    dict += '\n';
    const auto length = static_cast<unsigned>(total - 10);
    std::string out("\x93NUMPY\x01\x00", 8);
    out += static_cast<char>(length & 0xff);
    out += static_cast<char>(length >> 8);
    return out + dict;
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
            if (dimension != 0 && product > std::numeric_limits<std::size_t>::max() / dimension) {
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
