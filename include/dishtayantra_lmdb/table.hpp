// Tables in documents: named columns that are used in place.
#ifndef DISHTAYANTRA_LMDB_TABLE_HPP
#define DISHTAYANTRA_LMDB_TABLE_HPP

#include "error.hpp"
#include "segment.hpp"
#include "span.hpp"

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

namespace dishtayantra::lmdb {

/// What a table was made of.
enum class Origin : std::uint32_t {
    rows = DY_LMDB_TABLE_ROWS,  ///< a list of maps with the same keys
    list = DY_LMDB_TABLE_LIST,  ///< a list of values of one type: one column, whose name is empty
    columns = DY_LMDB_TABLE_COLUMNS,
    arrow = DY_LMDB_TABLE_ARROW,
    batch = DY_LMDB_TABLE_BATCH,
    pandas = DY_LMDB_TABLE_PANDAS,
    polars = DY_LMDB_TABLE_POLARS,
    pandas_series = DY_LMDB_TABLE_PANDAS_SERIES,
    polars_series = DY_LMDB_TABLE_POLARS_SERIES,
};

/// A column of a table, in place: valid as long as the document. Cheap to copy; threads may share it.
///
/// Values are asked for by their index, from 0 to `size()` - 1; a larger one throws std::out_of_range. What is
/// damaged throws CorruptError.
class Column {
public:
    std::string_view name() const noexcept { return {raw_.name, raw_.name_size}; }

    /// What the values are, as Arrow's C data interface says it: "g" for double, "l" for int64, "u" for text. With a
    /// dictionary, what the indices are.
    std::string_view format() const noexcept { return raw_.format; }

    std::size_t size() const noexcept { return static_cast<std::size_t>(raw_.length); }
    std::size_t null_count() const noexcept { return static_cast<std::size_t>(raw_.nulls); }

    /// Whether a value is nil.
    bool is_null(std::size_t index) const {
        inside(index);
        if (raw_.validity == nullptr) {
            return raw_.nulls == raw_.length;
        }
        return (raw_.validity[index / 8] >> (index % 8) & 1) == 0;
    }

    /// Whether the values are `T`s in place: numbers, or what times are counted in, which are integers of their size.
    template <class T>
    bool holds() const noexcept {
        constexpr bool counts = std::is_integral_v<T> && std::is_signed_v<T>;
        return raw_.dtype == static_cast<std::uint32_t>(dtype_of<T>()) ||
               (counts && raw_.format[0] == 't' && raw_.itemsize == sizeof(T));
    }

    /// The numbers in place, those of nil values among them, which mean nothing (see `is_null`); of times what they are
    /// counted in, see `unit`. Throws InvalidArgumentError when they are not `T`s.
    template <class T>
    Span<const T> span() const {
        if (!holds<T>()) {
            throw other(dtype_name(dtype_of<T>()));
        }
        return Span<const T>(static_cast<const T*>(raw_.data), size());
    }

    /// What dates, times and spans of time are counted in; `generic` for all others.
    Unit unit() const noexcept {
        const std::string_view kind = format();
        if (kind.size() < 3 || kind[0] != 't' || kind[1] == 'i') {
            return Unit::generic;
        }
        switch (kind[2]) {
        case 'D': return Unit::day;
        case 's': return Unit::second;
        case 'm': return Unit::millisecond;
        case 'u': return Unit::microsecond;
        case 'n': return Unit::nanosecond;
        default: return Unit::generic;
        }
    }

    /// The time zone of points in time; empty when they have none, and for all others.
    std::string_view zone() const noexcept {
        const std::string_view kind = format();
        return kind.size() > 4 && kind.substr(0, 2) == "ts" ? kind.substr(4) : std::string_view();
    }

    /// A bool of a column of format "b"; false for nil.
    bool boolean(std::size_t index) const {
        inside(index);
        if (format() != "b") {
            throw other("bool");
        }
        return !is_null(index) && (static_cast<const std::uint8_t*>(raw_.data)[index / 8] >> (index % 8) & 1) != 0;
    }

    /// A text in place, with or without a dictionary; empty for nil. Whoever goes through many of a column with a
    /// dictionary asks that once for its texts, and for `codes`.
    std::string_view str(std::size_t index) const {
        if (is_null(index)) {
            return {};
        }
        if (raw_.dictionary != 0) {
            const Column texts = dictionary();
            const std::size_t at = code(index);
            if (at >= texts.size()) {
                throw damaged("index", index, at, texts.size());
            }
            return texts.str(at);
        }
        if (format() != "u" && format() != "U") {
            throw other("text");
        }
        const Bytes text = item(index);
        return {reinterpret_cast<const char*>(text.data()), text.size()};
    }

    /// Bytes in place, of columns of bytes, of N bytes each, of decimals and whatever else has no type here; empty for nil.
    Bytes bytes(std::size_t index) const {
        if (is_null(index)) {
            return {};
        }
        if (raw_.offset_size != 0 && raw_.children == 0) {
            return item(index);
        }
        if (raw_.itemsize == 0) {
            throw other("bytes");
        }
        return Bytes(static_cast<const std::byte*>(raw_.data) + raw_.itemsize * index, raw_.itemsize);
    }

    /// Whether the values are indices in a dictionary.
    bool has_dictionary() const noexcept { return raw_.dictionary != 0; }

    /// The values that indices are of: as many as there are different ones, or more.
    Column dictionary() const {
        if (raw_.dictionary == 0) {
            throw other("indices in a dictionary");
        }
        return at(document_, table_, raw_.dictionary);
    }

    /// The index in the dictionary of a value, which is smaller than the dictionary's size once `Table::check` said so.
    std::size_t code(std::size_t index) const {
        inside(index);
        if (raw_.dictionary == 0 || raw_.itemsize > sizeof(std::uint64_t)) {
            throw other("indices in a dictionary");
        }
        std::uint64_t code = 0;
        std::memcpy(&code, static_cast<const std::uint8_t*>(raw_.data) + raw_.itemsize * index, raw_.itemsize);
        return static_cast<std::size_t>(code);
    }

    /// The indices in place, for columns whose format is "i", which is what this library writes.
    Span<const std::int32_t> codes() const {
        if (raw_.dictionary == 0 || format() != "i") {
            throw other("indices of 32 bits");
        }
        return Span<const std::int32_t>(static_cast<const std::int32_t*>(raw_.data), size());
    }

    /// From where to where the values of a list go in `child(0)`; from 0 to 0 for nil.
    std::pair<std::size_t, std::size_t> range(std::size_t index) const {
        if (raw_.children != 1 || raw_.format[0] != '+' || raw_.format[1] == 's') {
            throw other("lists");
        }
        if (is_null(index)) {
            return {0, 0};
        }
        if (raw_.offset_size == 0) {
            const std::size_t each = std::strtoul(raw_.format + 3, nullptr, 10);
            return {index * each, (index + 1) * each};
        }
        return limits(index, child(0).size());
    }

    /// Children: the values of lists, the fields of structs.
    std::size_t child_count() const noexcept { return raw_.children; }
    Column child(std::size_t index) const {
        if (index >= raw_.children) {
            throw std::out_of_range("column \"" + std::string(name()) + "\" has " + std::to_string(raw_.children) +
                                    " children, none at " + std::to_string(index));
        }
        return at(document_, table_, raw_.first_child + static_cast<std::uint32_t>(index));
    }

    /// Where everything is, as the C interface tells it.
    const dy_lmdb_column_t& raw() const noexcept { return raw_; }

    /// Throws CorruptError unless texts, and bytes, end inside the data.
    void require_ends() const {
        if (raw_.offset_size != 0 && raw_.children == 0 && raw_.length > 0 && offset(size()) > raw_.data_size) {
            throw damaged("offset", size(), offset(size()), raw_.data_size);
        }
    }

private:
    friend class Table;
    Column(const dy_lmdb_document_t* document, dy_lmdb_node_t table) : document_(document), table_(table) {
        raw_.struct_size = sizeof(raw_);
    }

    static Column at(const dy_lmdb_document_t* document, dy_lmdb_node_t table, std::uint32_t index) {
        Column made(document, table);
        detail::check(dy_lmdb_document_column(document, table, index, &made.raw_));
        return made;
    }

    void inside(std::size_t index) const {
        if (index >= raw_.length) {
            throw std::out_of_range("column \"" + std::string(name()) + "\" has " + std::to_string(raw_.length) +
                                    " values, none at " + std::to_string(index));
        }
    }

    InvalidArgumentError other(const char* wanted) const {
        return InvalidArgumentError("column \"" + std::string(name()) + "\" of format \"" + raw_.format +
                                    "\" holds no " + wanted);
    }

    CorruptError damaged(const char* what, std::size_t index, std::uint64_t found, std::uint64_t most) const {
        return CorruptError(std::string(what) + ' ' + std::to_string(index) + " of column \"" + std::string(name()) +
                            "\" is " + std::to_string(found) + " of " + std::to_string(most));
    }

    /// The offsets of a value, in `most` bytes or values.
    std::pair<std::size_t, std::size_t> limits(std::size_t index, std::uint64_t most) const {
        const std::uint64_t from = offset(index);
        const std::uint64_t to = offset(index + 1);
        if (from > to || to > most) {
            throw damaged("offset", index + 1, to, most);
        }
        return {static_cast<std::size_t>(from), static_cast<std::size_t>(to)};
    }

    /// The bytes of a value that has offsets.
    Bytes item(std::size_t index) const {
        const auto [from, to] = limits(index, raw_.data_size);
        return from == to ? Bytes() : Bytes(static_cast<const std::byte*>(raw_.data) + from, to - from);
    }

    std::uint64_t offset(std::size_t index) const noexcept {
        std::uint64_t offset = 0;
        std::memcpy(&offset, static_cast<const std::uint8_t*>(raw_.offsets) + raw_.offset_size * index,
                    raw_.offset_size);
        return offset;
    }

    const dy_lmdb_document_t* document_;
    dy_lmdb_node_t table_;
    dy_lmdb_column_t raw_ = {};
};

/// A table in a document, in place: valid as long as the document. Cheap to copy; threads may share it.
class Table {
public:
    std::size_t rows() const noexcept { return static_cast<std::size_t>(raw_.rows); }
    std::size_t columns() const noexcept { return raw_.columns; }
    Origin origin() const noexcept { return static_cast<Origin>(raw_.origin); }

    /// The column of a name. Throws NotFoundError, which names those that are there.
    Column operator[](std::string_view name) const {
        Column made(document_, raw_.node);
        detail::check(dy_lmdb_document_column_named(document_, raw_.node, name.data(), name.size(), &made.raw_));
        return made;
    }

    /// The column at an index, from 0.
    Column operator[](std::size_t index) const {
        if (index >= raw_.columns) {
            throw std::out_of_range("a table of " + std::to_string(raw_.columns) + " columns has none at " +
                                    std::to_string(index));
        }
        return Column::at(document_, raw_.node, static_cast<std::uint32_t>(index));
    }

    /// The column of a name; empty when there is none.
    std::optional<Column> find(std::string_view name) const {
        Column made(document_, raw_.node);
        const dy_lmdb_status_t status =
            dy_lmdb_document_column_named(document_, raw_.node, name.data(), name.size(), &made.raw_);
        if (status == DY_LMDB_NOT_FOUND) {
            return std::nullopt;
        }
        detail::check(status);
        return made;
    }

    /// Checks all of it, in one pass: offsets, indices, texts, counts.
    void check() const { detail::check(dy_lmdb_document_check_table(document_, raw_.node)); }

    /// Hands it on through Arrow's C data interface, with no copy: whoever takes it keeps the payload in place. Both are
    /// released by whoever has them in the end.
    void export_arrow(::ArrowSchema* schema, ::ArrowArray* array) const {
        detail::check(dy_lmdb_document_export_arrow(document_, raw_.node, schema, array));
    }

    /// The same as a stream of one array.
    void export_arrow(::ArrowArrayStream* stream) const {
        detail::check(dy_lmdb_document_export_arrow_stream(document_, raw_.node, stream));
    }

    /// Where everything is, as the C interface tells it.
    const dy_lmdb_table_t& raw() const noexcept { return raw_; }

private:
    friend class Node;
    Table(const dy_lmdb_document_t* document, dy_lmdb_node_t node) : document_(document) {
        raw_.struct_size = sizeof(raw_);
        detail::check(dy_lmdb_document_table(document, node, &raw_));
    }

    const dy_lmdb_document_t* document_;
    dy_lmdb_table_t raw_ = {};
};

}  // namespace dishtayantra::lmdb

#endif
