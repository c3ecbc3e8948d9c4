// A view over consecutive elements, for C++17, which has no std::span; in C++20 a borrowed range and a view.
#ifndef DISHTAYANTRA_LMDB_SPAN_HPP
#define DISHTAYANTRA_LMDB_SPAN_HPP

#include <cstddef>
#include <iterator>
#include <string_view>
#include <type_traits>
#include <utility>

#if __cplusplus >= 202002L
#include <version>
#ifdef __cpp_lib_ranges
#include <ranges>
#endif
#endif

namespace dishtayantra::lmdb {

template <class T>
class Span;

}  // namespace dishtayantra::lmdb

#ifdef __cpp_lib_ranges
// Before the class, whose constructor asks for it. Iterators outlive the span: they point to what somebody else owns.
template <class T>
inline constexpr bool std::ranges::enable_borrowed_range<dishtayantra::lmdb::Span<T>> = true;
template <class T>
inline constexpr bool std::ranges::enable_view<dishtayantra::lmdb::Span<T>> = true;
#endif

namespace dishtayantra::lmdb {

namespace detail {
/// Whether an object of type `Container` may end before what it shows: a std::span, say.
#ifdef __cpp_lib_ranges
template <class Container>
inline constexpr bool is_borrowed = std::ranges::borrowed_range<Container>;
#else
template <class Container>
inline constexpr bool is_borrowed = false;
#endif
}  // namespace detail

/// `size()` elements of `T` at `data()`, owned by somebody else: valid as long as that owner is.
///
/// Copying copies the pointer. Element access is not checked; `data()` may be null when the span is empty.
template <class T>
class Span {
public:
    using element_type = T;
    using value_type = std::remove_cv_t<T>;
    using size_type = std::size_t;
    using difference_type = std::ptrdiff_t;
    using pointer = T*;
    using reference = T&;
    using iterator = T*;

    constexpr Span() noexcept = default;
    constexpr Span(T* data, std::size_t size) noexcept : data_(data), size_(size) {}

    /// Over a container with consecutive elements (vector, array, string, another span, a std::span). A temporary
    /// container may only become a `Span<const T>`, and only as the argument of a call: it ends with the statement.
    template <class Container, class = std::enable_if_t<
                                   !std::is_same_v<std::decay_t<Container>, Span> &&
                                   std::is_convertible_v<
                                       std::remove_pointer_t<decltype(std::data(std::declval<Container&>()))> (*)[],
                                       T (*)[]>>>
    constexpr Span(Container&& container) noexcept : data_(std::data(container)), size_(std::size(container)) {
        static_assert(std::is_lvalue_reference_v<Container> || std::is_const_v<T> || detail::is_borrowed<Container>,
                      "a writable span needs an owner that outlives it");
    }

    constexpr T* data() const noexcept { return data_; }
    constexpr std::size_t size() const noexcept { return size_; }
    constexpr std::size_t size_bytes() const noexcept { return size_ * sizeof(T); }
    constexpr bool empty() const noexcept { return size_ == 0; }
    constexpr T& operator[](std::size_t index) const { return data_[index]; }
    constexpr T& front() const { return data_[0]; }
    constexpr T& back() const { return data_[size_ - 1]; }
    constexpr iterator begin() const noexcept { return data_; }
    constexpr iterator end() const noexcept { return data_ + size_; }

    /// `count` elements from `offset` on; both must lie inside the span.
    constexpr Span subspan(std::size_t offset, std::size_t count) const { return Span(data_ + offset, count); }

private:
    T* data_ = nullptr;
    std::size_t size_ = 0;
};

template <class Container>
Span(Container&) -> Span<std::remove_pointer_t<decltype(std::data(std::declval<Container&>()))>>;

/// Bytes to read.
using Bytes = Span<const std::byte>;

/// The bytes of a span's elements.
template <class T>
Bytes as_bytes(Span<T> elements) noexcept {
    static_assert(std::is_trivially_copyable_v<T>, "only trivially copyable elements have a portable representation");
    return Bytes(reinterpret_cast<const std::byte*>(elements.data()), elements.size_bytes());
}

/// The bytes of a container's elements (vector, std::array).
template <class Container, class = std::enable_if_t<!std::is_convertible_v<const Container&, std::string_view>>>
Bytes as_bytes(const Container& container) noexcept {
    return as_bytes(Span<std::remove_pointer_t<decltype(std::data(container))>>(container));
}

/// The bytes of a string, as they are.
inline Bytes as_bytes(std::string_view text) noexcept {
    return Bytes(reinterpret_cast<const std::byte*>(text.data()), text.size());
}

}  // namespace dishtayantra::lmdb

#endif
