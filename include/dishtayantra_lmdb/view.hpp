// A payload read in place.
#ifndef DISHTAYANTRA_LMDB_VIEW_HPP
#define DISHTAYANTRA_LMDB_VIEW_HPP

#include "document.hpp"
#include "entry.hpp"
#include "npy.hpp"
#include "span.hpp"

#include <cstdint>
#include <string>

namespace dishtayantra::lmdb {

/// A payload in the store's read-only mapping, without a copy.
///
/// The bytes stay valid and unchanged until the view closes, whatever happens to the entry or to the store's handle.
/// Spans, arrays and documents of a view are therefore refused on temporaries. Writing to the bytes faults.
///
/// Movable (spans stay valid), not copyable; closes when it ends. Threads may read at the same time; closing or
/// moving needs that nobody else uses the view.
class View {
public:
    /// An empty view: false, and every access throws ClosedError.
    View() noexcept = default;

    /// Whether there is a payload.
    explicit operator bool() const noexcept { return handle_ != nullptr; }

    /// The payload's bytes as they are.
    Span<const std::byte> span() const& {
        require_open();
        return Bytes(static_cast<const std::byte*>(info_.data), info_.size);
    }
    Span<const std::byte> span() const&& = delete;

    /// The elements of a numpy payload, or a raw payload taken as `T`s: numbers of a fixed width.
    ///
    /// Throws InvalidArgumentError when the dtype is another, the size is no multiple of `T`'s, the bytes are not
    /// aligned for `T` or the format has no elements; CorruptError when the array's header is wrong.
    template <class T>
    Span<const T> span() const& {
        require_open();
        const Bytes bytes(static_cast<const std::byte*>(info_.data), info_.size);
        if (format() == Format::numpy) {
            return with_key([&] { return Array(bytes).template span<T>(); });
        }
        return with_key([&] { return raw_span<T>(bytes); });
    }
    template <class T>
    Span<const T> span() const&& = delete;

    /// A numpy payload's dtype, shape, order and elements, in place.
    ///
    /// Throws InvalidArgumentError for another format, CorruptError for a header that is wrong.
    Array array() const& {
        const Bytes bytes = span();
        return with_key([&] {
            require(Format::numpy, "array");
            return Array(bytes);
        });
    }
    Array array() const&& = delete;

    /// A msgpack payload as a document. Throws InvalidArgumentError for another format.
    Document document() const& {
        require_open();
        with_key([&] { require(Format::msgpack, "document"); });
        dy_lmdb_document_t* document = nullptr;
        detail::check(dy_lmdb_document_open(handle_.get(), &document));
        return Document(document);
    }
    Document document() const&& = delete;

    Format format() const {
        require_open();
        return static_cast<Format>(info_.format);
    }

    /// What the engine knows of the entry.
    Info info() const {
        require_open();
        return detail::to_info(info_);
    }

    std::string key() const { return text(DY_LMDB_TEXT_KEY); }
    std::string txn_id() const { return text(DY_LMDB_TEXT_TXN_ID); }
    std::string source() const { return text(DY_LMDB_TEXT_SOURCE); }
    std::string target() const { return text(DY_LMDB_TEXT_TARGET); }

    /// Checks the payload against its checksum, when it was stored with one. Throws CorruptError. Reads every byte.
    void verify() const {
        require_open();
        detail::check(dy_lmdb_view_verify(handle_.get()));
    }

    /// Ends the view now: its spans and arrays become invalid. Closing again does nothing.
    void close() noexcept { handle_.reset(); }

private:
    friend class Store;
    friend class Reference;

    View(dy_lmdb_view_t* view, const dy_lmdb_info_t& info) : handle_(view), info_(info) {}

    void require_open() const {
        if (handle_ == nullptr) {
            throw ClosedError("the view is closed");
        }
    }

    void require(Format wanted, const char* what) const {
        if (format() != wanted) {
            throw InvalidArgumentError("a payload in format " + std::string(format_name(format())) + " is no " + what +
                                       ": that needs " + std::string(format_name(wanted)));
        }
    }

    template <class T>
    Span<const T> raw_span(Bytes bytes) const {
        if constexpr (sizeof(T) > 1) {
            require(Format::raw, "array of elements");
        }
        if (bytes.size() % sizeof(T) != 0) {
            throw InvalidArgumentError("a raw payload of " + std::to_string(bytes.size()) +
                                       " bytes does not divide into elements of " + std::to_string(sizeof(T)));
        }
        if (reinterpret_cast<std::uintptr_t>(bytes.data()) % alignof(T) != 0) {
            throw InvalidArgumentError("the payload is not aligned to " + std::to_string(alignof(T)) + " bytes");
        }
        return Span<const T>(reinterpret_cast<const T*>(bytes.data()), bytes.size() / sizeof(T));
    }

    /// Runs `read`; errors found on this side of the C ABI get the key in front.
    template <class Read>
    auto with_key(Read&& read) const -> decltype(read()) {
        try {
            return read();
        } catch (const Error& error) {
            detail::throw_error(error.status(), "entry '" + key() + "': " + error.what());
        }
    }

    std::string text(std::uint32_t field) const {
        require_open();
        const char* text = nullptr;
        std::size_t size = 0;
        detail::check(dy_lmdb_view_text(handle_.get(), field, &text, &size));
        return std::string(text, size);
    }

    detail::Handle<dy_lmdb_view_t, dy_lmdb_view_close> handle_;
    dy_lmdb_info_t info_ = {};
};

}  // namespace dishtayantra::lmdb

#endif
