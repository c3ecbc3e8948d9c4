// Tables in documents: named columns that are used in place.
#ifndef DISHTAYANTRA_LMDB_TABLE_HPP
#define DISHTAYANTRA_LMDB_TABLE_HPP

#include "error.hpp"
#include "segment.hpp"
#include "span.hpp"

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>

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

    /// The numbers in place, those of nil values among them, which mean nothing (see `is_null`). Throws
    /// InvalidArgumentError when they are not `T`s.
    template <class T>
    Span<const T> span() const {
        if (raw_.dtype != static_cast<std::uint32_t>(dtype_of<T>())) {
            throw InvalidArgumentError("column \"" + std::string(name()) + "\" of format \"" + std::string(format()) +
                                       "\" holds no " + dtype_name(dtype_of<T>()));
        }
        return Span<const T>(static_cast<const T*>(raw_.data), size());
    }

    /// A bool of a column of format "b".
    bool boolean(std::size_t index) const {
        inside(index);
        expect('b');
        return (static_cast<const std::uint8_t*>(raw_.data)[index / 8] >> (index % 8) & 1) != 0;
    }

    /// A text in place, with or without a dictionary; empty for nil.
    std::string_view str(std::size_t index) const {
        inside(index);
        if (is_null(index)) {
            return {};
        }
        if (raw_.dictionary != 0) {
            return dictionary().str(code(index));
        }
        expect('u');
        const std::uint64_t from = offset(index);
        const std::uint64_t to = offset(index + 1);
        if (from > to || to > raw_.data_size) {
            throw CorruptError("text " + std::to_string(index) + " of column \"" + std::string(name()) + "\" is from " +
                               std::to_string(from) + " to " + std::to_string(to) + " in " +
                               std::to_string(raw_.data_size) + " bytes");
        }
        return {static_cast<const char*>(raw_.data) + from, static_cast<std::size_t>(to - from)};
    }

    /// Whether the values are indices in a dictionary.
    bool has_dictionary() const noexcept { return raw_.dictionary != 0; }

    /// The values that indices are of: as many as there are different ones, or more.
    Column dictionary() const {
        if (raw_.dictionary == 0) {
            throw InvalidArgumentError("column \"" + std::string(name()) + "\" has no dictionary");
        }
        return at(document_, table_, raw_.dictionary);
    }

    /// The index in the dictionary of a value, which is smaller than the dictionary's size once `Table::check` said so.
    std::size_t code(std::size_t index) const {
        inside(index);
        std::uint64_t code = 0;
        std::memcpy(&code, static_cast<const std::uint8_t*>(raw_.data) + raw_.itemsize * index, raw_.itemsize);
        return static_cast<std::size_t>(code);
    }

    /// The indices in place, for columns whose format is "i", which is what this library writes.
    Span<const std::int32_t> codes() const {
        expect('i');
        return Span<const std::int32_t>(static_cast<const std::int32_t*>(raw_.data), size());
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

    void expect(char format) const {
        const char first = raw_.format[0];
        if (first != format && !(format == 'u' && first == 'U')) {
            throw InvalidArgumentError("column \"" + std::string(name()) + "\" is of format \"" + raw_.format +
                                       "\", not \"" + format + "\"");
        }
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
        detail::check(
            dy_lmdb_document_column_named(document_, raw_.node, name.data(), name.size(), &made.raw_));
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
