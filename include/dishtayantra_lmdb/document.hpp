// Reads MessagePack payloads in place.
#ifndef DISHTAYANTRA_LMDB_DOCUMENT_HPP
#define DISHTAYANTRA_LMDB_DOCUMENT_HPP

#include "entry.hpp"
#include "segment.hpp"
#include "span.hpp"
#include "table.hpp"

#include <cstddef>
#include <cstdint>
#include <iterator>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace dishtayantra::lmdb {

/// What a node of a document is.
enum class Type : std::uint32_t {
    nil = DY_LMDB_TYPE_NIL,
    boolean = DY_LMDB_TYPE_BOOL,
    integer = DY_LMDB_TYPE_INT,
    floating = DY_LMDB_TYPE_FLOAT,
    string = DY_LMDB_TYPE_STRING,
    bytes = DY_LMDB_TYPE_BYTES,
    array = DY_LMDB_TYPE_ARRAY,
    map = DY_LMDB_TYPE_MAP,
    extension = DY_LMDB_TYPE_EXT,
    segment = DY_LMDB_TYPE_SEGMENT,
};

class Node;
struct Item;

/// The elements of an array or the pairs of a map, for range-based for loops. Valid as long as the document.
class Items {
public:
    class iterator {
    public:
        using iterator_category = std::input_iterator_tag;
        using value_type = Item;
        using difference_type = std::ptrdiff_t;
        using pointer = void;
        using reference = Item;

        iterator() = default;
        inline Item operator*() const;
        iterator& operator++() {
            detail::check(dy_lmdb_document_next(document_, &state_, &more_));
            return *this;
        }
        void operator++(int) { ++*this; }
        bool operator==(const iterator& other) const noexcept { return more_ == other.more_; }
        bool operator!=(const iterator& other) const noexcept { return more_ != other.more_; }

    private:
        friend class Items;
        const dy_lmdb_document_t* document_ = nullptr;
        dy_lmdb_iterator_t state_ = {};
        bool more_ = false;
    };

    /// Throws CorruptError, here and while iterating, when the bytes are not MessagePack.
    iterator begin() const {
        iterator out;
        out.document_ = document_;
        detail::check(dy_lmdb_document_iterate(document_, node_, &out.state_));
        return ++out;
    }
    iterator end() const noexcept { return {}; }

private:
    friend class Node;
    Items(const dy_lmdb_document_t* document, dy_lmdb_node_t node) : document_(document), node_(node) {}
    const dy_lmdb_document_t* document_;
    dy_lmdb_node_t node_;
};

/// A value inside a document: a place in the payload, cheap to copy. Valid as long as its document.
///
/// Every access may throw CorruptError, which names the position, when the bytes are not MessagePack, and
/// InvalidArgumentError when the value is of another type than asked for. Threads may share it.
class Node {
public:
    Type type() const {
        std::uint32_t type = 0;
        detail::check(dy_lmdb_document_type(document_, node_, &type));
        return static_cast<Type>(type);
    }
    bool is_nil() const { return type() == Type::nil; }
    bool is_number() const {
        const Type found = type();
        return found == Type::integer || found == Type::floating;
    }

    bool is_segment() const { return type() == Type::segment; }

    /// The number of elements, pairs, bytes or items of an array, map, string, bytes or segment.
    std::size_t size() const {
        std::size_t count = 0;
        detail::check(dy_lmdb_document_count(document_, node_, &count));
        return count;
    }

    /// The map's value under `key`, taken literally. Throws NotFoundError when there is none.
    Node operator[](std::string_view key) const {
        dy_lmdb_node_t found = 0;
        detail::check(dy_lmdb_document_get(document_, node_, key.data(), key.size(), &found));
        return Node(document_, found);
    }

    /// The array's element at `index`, from 0. Throws NotFoundError when there are fewer.
    Node operator[](std::size_t index) const {
        dy_lmdb_node_t found = 0;
        detail::check(dy_lmdb_document_at(document_, node_, index, &found));
        return Node(document_, found);
    }

    /// The value at a path of keys and indexes, as "meta.tags.0"; empty when there is none.
    std::optional<Node> find(std::string_view path) const {
        dy_lmdb_node_t found = 0;
        const dy_lmdb_status_t status = dy_lmdb_document_find(document_, node_, path.data(), path.size(), &found);
        return optional(status, found);
    }

    /// The map's value under `key`, taken literally; empty when there is none.
    std::optional<Node> get(std::string_view key) const {
        dy_lmdb_node_t found = 0;
        const dy_lmdb_status_t status = dy_lmdb_document_get(document_, node_, key.data(), key.size(), &found);
        return optional(status, found);
    }

    bool boolean() const {
        bool value = false;
        detail::check(dy_lmdb_document_bool(document_, node_, &value));
        return value;
    }
    std::int64_t int64() const {
        std::int64_t value = 0;
        detail::check(dy_lmdb_document_int64(document_, node_, &value));
        return value;
    }
    std::uint64_t uint64() const {
        std::uint64_t value = 0;
        detail::check(dy_lmdb_document_uint64(document_, node_, &value));
        return value;
    }

    /// A float, or an integer converted to the nearest one.
    double number() const {
        double value = 0;
        detail::check(dy_lmdb_document_double(document_, node_, &value));
        return value;
    }

    /// UTF-8 text in place: valid as long as the document.
    std::string_view string() const {
        const char* text = nullptr;
        std::size_t size = 0;
        detail::check(dy_lmdb_document_string(document_, node_, &text, &size));
        return std::string_view(text, size);
    }

    /// Bytes in place: valid as long as the document.
    Bytes bytes() const {
        const void* data = nullptr;
        std::size_t size = 0;
        detail::check(dy_lmdb_document_bytes(document_, node_, &data, &size));
        return Bytes(static_cast<const std::byte*>(data), size);
    }

    /// An array in place: valid as long as the document. Throws CorruptError when its header is wrong, and
    /// InvalidArgumentError when bytes of the caller's (`Document::over`) are not aligned for its items.
    Segment segment() const {
        dy_lmdb_segment_t segment = {};
        segment.struct_size = sizeof(segment);
        detail::check(dy_lmdb_document_segment(document_, node_, &segment));
        return Segment(segment);
    }

    /// As of `segment()`: its items in C order, in place and aligned, its dtype and its shape.
    /// `span` throws InvalidArgumentError when the items are not `T`s.
    template <class T>
    Span<const T> span() const {
        return segment().template span<T>();
    }
    Dtype dtype() const { return segment().dtype(); }
    std::vector<std::size_t> shape() const { return segment().shape(); }

    /// Whether it is a table. To everything else here a table is the plain value that it was made of: rows are an array of
    /// maps, a frame is a map of arrays.
    bool is_table() const {
        std::uint8_t is_table = 0;
        detail::check(dy_lmdb_document_is_table(document_, node_, &is_table));
        return is_table != 0;
    }

    /// A table in place: valid as long as the document. Throws InvalidArgumentError for any other value.
    Table table() const { return Table(document_, node_); }

    /// A copy of an array or segment of numbers, flat, integers converted to the nearest doubles.
    std::vector<double> numbers() const {
        std::vector<double> values(size());
        std::size_t count = 0;
        detail::check(dy_lmdb_document_numbers(document_, node_, values.data(), values.size(), &count));
        return values;
    }

    /// A single number: one of MessagePack's own, a bool as 0 or 1, or a segment without dimensions.
    /// Throws InvalidArgumentError for anything else, BadFormatError for a table.
    double single() const {
        const dy_lmdb_numbers_t told = described();
        if (told.ndim != 0) {
            throw InvalidArgumentError("an array of " + std::to_string(told.count) + " items is no number");
        }
        double value = 0;
        copy_numbers(Span<double>(&value, 1));
        return value;
    }

    /// Where the value begins in the payload, in bytes.
    std::uint64_t position() const noexcept { return node_; }

    /// The elements of an array or the pairs of a map: `for (auto [key, value] : node.items())`.
    Items items() const { return Items(document_, node_); }

private:
    friend class Document;
    friend class Items;
    friend class Items::iterator;
    friend class Numbers;
    Node(const dy_lmdb_document_t* document, dy_lmdb_node_t node) : document_(document), node_(node) {}

    /// What it is as doubles with a shape.
    dy_lmdb_numbers_t described() const {
        dy_lmdb_numbers_t told = {};
        told.struct_size = sizeof(told);
        detail::check(dy_lmdb_numbers_describe(document_, node_, &told));
        return told;
    }
    void copy_numbers(Span<double> values) const {
        detail::check(dy_lmdb_numbers_copy(document_, node_, values.data(), values.size()));
    }

    std::optional<Node> optional(dy_lmdb_status_t status, dy_lmdb_node_t found) const {
        if (status == DY_LMDB_NOT_FOUND) {
            return std::nullopt;
        }
        detail::check(status);
        return Node(document_, found);
    }

    const dy_lmdb_document_t* document_;
    dy_lmdb_node_t node_;
};

/// One step of an iteration. In an array, which has no keys, `key` is the element itself.
struct Item {
    Node key;
    Node value;
};

inline Item Items::iterator::operator*() const {
    const bool keyed = state_.key != DY_LMDB_NODE_NONE;
    return Item{Node(document_, keyed ? state_.key : state_.value), Node(document_, state_.value)};
}

/// A MessagePack payload, read where it lies: nothing is parsed ahead, each access walks the bytes it needs.
///
/// A document of a view keeps the payload in place itself, even after the view has closed. Movable, not copyable;
/// closes when it ends. Threads may read it at the same time.
class Document {
public:
    /// Over bytes of the caller's, which must outlive the document.
    static Document over(Bytes payload) {
        dy_lmdb_document_t* document = nullptr;
        detail::check(dy_lmdb_document_from_bytes(payload.data(), payload.size(), &document));
        return Document(document);
    }

    /// A document of its own whose outermost value is the table that a list of maps with the same keys, a map of lists, or a
    /// list of values of one type, is. Throws InvalidArgumentError, saying why, when it is none of those.
    static Document table_of(const Node& node) {
        dy_lmdb_document_t* table = nullptr;
        detail::check(dy_lmdb_document_to_table(node.document_, node.node_, &table));
        return Document(table);
    }

    /// Checks every byte: one value, nothing after it, texts in UTF-8. Throws CorruptError naming the first fault.
    void validate() const { detail::check(dy_lmdb_document_validate(handle_.get())); }

    /// Whether it is a map that stands for another payload, or for several (see References), whatever else is in it.
    bool refers() const {
        std::uint8_t refers = 0;
        detail::check(dy_lmdb_document_refers(handle_.get(), &refers));
        return refers != 0;
    }

    /// The outermost value. Valid as long as the document, hence not of a temporary.
    Node root() const& { return Node(handle_.get(), DY_LMDB_NODE_ROOT); }
    Node root() const&& = delete;

    /// As `Node::operator[]` of the root.
    Node operator[](std::string_view key) const& { return root()[key]; }
    Node operator[](std::string_view key) const&& = delete;
    Node operator[](std::size_t index) const& { return root()[index]; }
    Node operator[](std::size_t index) const&& = delete;

    /// As `Node::find` from the root.
    std::optional<Node> find(std::string_view path) const& { return root().find(path); }
    std::optional<Node> find(std::string_view path) const&& = delete;

private:
    friend class View;
    explicit Document(dy_lmdb_document_t* document) : handle_(document) {}
    detail::Handle<dy_lmdb_document_t, dy_lmdb_document_close> handle_;
};

}  // namespace dishtayantra::lmdb

#endif
