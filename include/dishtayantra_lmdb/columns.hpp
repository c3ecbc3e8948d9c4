// Tables that are written: columns with what they lie in.
#ifndef DISHTAYANTRA_LMDB_COLUMNS_HPP
#define DISHTAYANTRA_LMDB_COLUMNS_HPP

#include "table.hpp"

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <initializer_list>
#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

namespace dishtayantra::lmdb {

namespace detail {

/// The format of Arrow's that numbers of a type have.
template <class T>
constexpr const char* arrow_format() noexcept {
    switch (dtype_of<T>()) {
    case Dtype::int8: return "c";
    case Dtype::uint8: return "C";
    case Dtype::int16: return "s";
    case Dtype::uint16: return "S";
    case Dtype::int32: return "i";
    case Dtype::uint32: return "I";
    case Dtype::int64: return "l";
    case Dtype::uint64: return "L";
    case Dtype::float32: return "f";
    default: return "g";
    }
}

/// Bits of bools, the lowest of a byte first.
template <class IsSet>
std::vector<std::uint8_t> bits_of(std::size_t count, IsSet is_set) {
    std::vector<std::uint8_t> bits((count + 7) / 8);
    for (std::size_t i = 0; i < count; ++i) {
        bits[i / 8] = static_cast<std::uint8_t>(bits[i / 8] | (is_set(i) ? 1U << (i % 8) : 0U));
    }
    return bits;
}

}  // namespace detail

/// A column that is to be written. It owns its values, or borrows them where it says so. Cheap to copy: copies share the
/// values, which never change. Threads may share it.
class Field {
public:
    /// Numbers, taken over.
    template <class T, class = std::enable_if_t<std::is_arithmetic_v<T> && !std::is_same_v<T, bool>>>
    Field(std::string name, std::vector<T> values)
        : Field(std::move(name), detail::arrow_format<T>(), values.size()) {
        data_ = owned(std::move(values));
    }

    /// Numbers, bools or texts, some of which are nil.
    template <class T>
    Field(std::string name, const std::vector<std::optional<T>>& values)
        : Field(std::move(name), present(values)) {
        validity_ = owned(detail::bits_of(values.size(), [&](std::size_t i) { return values[i].has_value(); }));
        for (const auto& value : values) {
            nulls_ += value ? 0U : 1U;
        }
    }

    Field(std::string name, const std::vector<bool>& values) : Field(std::move(name), "b", values.size()) {
        data_ = owned(detail::bits_of(values.size(), [&](std::size_t i) { return values[i]; }));
    }

    /// Texts, in UTF-8. Throws TooLargeError over 2 GiB.
    Field(std::string name, const std::vector<std::string>& texts) : Field(std::move(name), "u", texts.size()) {
        std::string all;
        std::vector<std::int32_t> ends = {0};
        ends.reserve(texts.size() + 1);
        for (const std::string& text : texts) {
            all += text;
            if (all.size() > static_cast<std::size_t>((std::numeric_limits<std::int32_t>::max)())) {
                throw TooLargeError("column \"" + name_ + "\" has over 2 GiB of text");
            }
            ends.push_back(static_cast<std::int32_t>(all.size()));
        }
        data_ = owned(std::move(all));
        offsets_ = owned(std::move(ends));
    }

    /// Texts as indices in those that there are, from 0; a negative one is nil. Throws InvalidArgumentError for an index
    /// beyond them.
    Field(std::string name, std::vector<std::int32_t> codes, const std::vector<std::string>& texts)
        : Field(std::move(name), "i", codes.size()) {
        for (const std::int32_t code : codes) {
            if (code >= 0 && static_cast<std::size_t>(code) >= texts.size()) {
                throw InvalidArgumentError("column \"" + name_ + "\": index " + std::to_string(code) + " of " +
                                           std::to_string(texts.size()) + " texts");
            }
            nulls_ += code < 0 ? 1U : 0U;
        }
        if (nulls_ > 0) {
            validity_ = owned(detail::bits_of(codes.size(), [&](std::size_t i) { return codes[i] >= 0; }));
            for (std::int32_t& code : codes) {
                code = code < 0 ? 0 : code;
            }
        }
        data_ = owned(std::move(codes));
        dictionary_ = std::make_shared<const Field>(std::string(), texts);
    }

    /// Points in time, counted from 1970-01-01T00:00 UTC in seconds or finer; with a zone they are instants that people there
    /// see by its clocks, without one dates and times of nowhere. Throws InvalidArgumentError for other units.
    static Field times(std::string name, std::vector<std::int64_t> counts, Unit unit, std::string_view zone = {}) {
        return std::move(Field(std::move(name), std::move(counts)).counted("ts", unit, ":" + std::string(zone)));
    }

    /// Spans of time in seconds or finer. Throws InvalidArgumentError for other units.
    static Field spans(std::string name, std::vector<std::int64_t> counts, Unit unit) {
        return std::move(Field(std::move(name), std::move(counts)).counted("tD", unit, ""));
    }

    /// Dates: days since 1970-01-01.
    static Field dates(std::string name, std::vector<std::int32_t> days) {
        Field made(std::move(name), std::move(days));
        made.format_ = "tdD";
        return made;
    }

    /// Lists of the values of another column: the first has those from `ends[0]`, which is 0, to `ends[1]`, and so on.
    /// Throws InvalidArgumentError when the ends are none.
    static Field lists(std::string name, std::vector<std::int32_t> ends, Field values) {
        if (ends.empty() || ends.front() != 0 || static_cast<std::size_t>(ends.back()) != values.length_) {
            throw InvalidArgumentError("column \"" + name + "\": lists of " + std::to_string(values.length_) +
                                       " values begin at 0 and end with them");
        }
        for (std::size_t i = 1; i < ends.size(); ++i) {
            if (ends[i] < ends[i - 1]) {
                throw InvalidArgumentError("column \"" + name + "\": ends of lists do not grow");
            }
        }
        Field made(std::move(name), "+l", ends.size() - 1);
        made.offsets_ = owned(std::move(ends));
        made.children_.push_back(std::move(values));
        return made;
    }

    /// Maps of the values of other columns, which are of one length.
    static Field structs(std::string name, std::vector<Field> fields) {
        Field made(std::move(name), "+s", fields.empty() ? 0 : fields.front().length_);
        made.children_ = std::move(fields);
        return made;
    }

    /// Numbers of the caller's, which must stay until what they are written with is stored or reset.
    template <class T>
    static Field borrowed(std::string name, Span<const T> values) {
        Field made(std::move(name), detail::arrow_format<T>(), values.size());
        made.data_ = {values.data(), values.size_bytes(), nullptr};
        return made;
    }

    /// A column of a table as it is, copied. Throws CorruptError when its texts end where there is nothing.
    explicit Field(const Column& column) : Field(column, true) {}

    /// The same, borrowed: the table's document must stay as long as numbers of the caller's.
    static Field borrowed(const Column& column) { return Field(column, false); }

    /// The same under another name.
    Field named(std::string name) && {
        name_ = std::move(name);
        return std::move(*this);
    }
    Field named(std::string name) const& { return Field(*this).named(std::move(name)); }

    const std::string& name() const noexcept { return name_; }
    const std::string& format() const noexcept { return format_; }
    std::size_t size() const noexcept { return length_; }
    std::size_t null_count() const noexcept { return nulls_; }

private:
    friend class Columns;

    /// Bytes, and what keeps them.
    struct Buffer {
        const void* data = nullptr;
        std::size_t size = 0;
        std::shared_ptr<const void> owner;
    };

    /// The fields that the C interface takes, and those that they point to.
    struct Raw {
        std::vector<dy_lmdb_field_t> fields;
        std::vector<std::unique_ptr<Raw>> inner;
    };

    Field(const Column& column, bool copies)
        : Field(std::string(column.name()), std::string(column.format()), column.size()) {
        const dy_lmdb_column_t& raw = column.raw();
        const auto buffer = [copies](const void* data, std::size_t size) {
            const auto* const bytes = static_cast<const std::byte*>(data);
            return copies && size > 0 ? owned(std::vector<std::byte>(bytes, bytes + size)) : Buffer{data, size, nullptr};
        };
        nulls_ = column.null_count();
        flags_ = raw.flags;
        validity_ = buffer(raw.validity, raw.validity == nullptr ? 0 : (length_ + 7) / 8);
        column.require_ends();
        data_ = buffer(raw.data, raw.data_size);
        offsets_ = buffer(raw.offsets, raw.offsets == nullptr ? 0 : raw.offset_size * (length_ + 1));
        metadata_ = buffer(raw.metadata, raw.metadata_size);
        if (column.has_dictionary()) {
            dictionary_ = std::make_shared<const Field>(Field(column.dictionary(), copies));
        }
        for (std::size_t i = 0; i < column.child_count(); ++i) {
            children_.push_back(Field(column.child(i), copies));
        }
    }

    Field(std::string name, std::string format, std::size_t length)
        : name_(std::move(name)), format_(std::move(format)), length_(length) {}
    Field(std::string name, const char* format, std::size_t length)
        : Field(std::move(name), std::string(format), length) {}

    Field& counted(const char* kind, Unit unit, const std::string& rest) {
        const char* const letter = unit == Unit::second        ? "s"
                                   : unit == Unit::millisecond ? "m"
                                   : unit == Unit::microsecond ? "u"
                                   : unit == Unit::nanosecond  ? "n"
                                                               : nullptr;
        if (letter == nullptr) {
            throw InvalidArgumentError("column \"" + name_ + "\": times are counted in seconds or finer, to nanoseconds");
        }
        format_ = kind + std::string(letter) + rest;
        return *this;
    }

    template <class Items>
    static Buffer owned(Items items) {
        const auto kept = std::make_shared<const Items>(std::move(items));
        return {kept->data(), kept->size() * sizeof(typename Items::value_type), kept};
    }

    /// Values, with anything where there is none.
    template <class T>
    static std::vector<T> present(const std::vector<std::optional<T>>& values) {
        std::vector<T> present;
        present.reserve(values.size());
        for (const auto& value : values) {
            present.push_back(value.value_or(T()));
        }
        return present;
    }

    static std::unique_ptr<Raw> raw(const std::vector<const Field*>& fields) {
        auto made = std::make_unique<Raw>();
        for (const Field* field : fields) {
            dy_lmdb_field_t out = {};
            out.struct_size = sizeof(out);
            out.name = field->name_.data();
            out.name_size = field->name_.size();
            out.format = field->format_.c_str();
            out.length = field->length_;
            out.nulls = field->nulls_;
            out.flags = field->flags_;
            out.validity = field->nulls_ > 0 ? static_cast<const std::uint8_t*>(field->validity_.data) : nullptr;
            out.data = field->data_.data;
            out.offsets = field->offsets_.data;
            out.metadata = field->metadata_.data;
            out.metadata_size = field->metadata_.size;
            if (field->dictionary_) {
                out.dictionary = made->inner.emplace_back(raw({field->dictionary_.get()}))->fields.data();
            }
            if (!field->children_.empty()) {
                out.children = made->inner.emplace_back(raw(addresses(field->children_)))->fields.data();
                out.child_count = field->children_.size();
            }
            made->fields.push_back(out);
        }
        return made;
    }

    static std::vector<const Field*> addresses(const std::vector<Field>& fields) {
        std::vector<const Field*> addresses;
        for (const Field& field : fields) {
            addresses.push_back(&field);
        }
        return addresses;
    }

    std::string name_;
    std::string format_;
    std::size_t length_ = 0;
    std::size_t nulls_ = 0;
    std::uint32_t flags_ = 2;
    Buffer validity_;
    Buffer data_;
    Buffer offsets_;
    Buffer metadata_;
    std::shared_ptr<const Field> dictionary_;
    std::vector<Field> children_;
};

/// A table that is to be written: columns of one length, and what its reader gets in Python: a dict of the columns, or with
/// `Origin::rows` a list of dicts. Cheap to copy as its columns are.
class Columns {
public:
    Columns(std::initializer_list<Field> fields, Origin origin = Origin::columns)
        : Columns(std::vector<Field>(fields), origin) {}
    explicit Columns(std::vector<Field> fields, Origin origin = Origin::columns)
        : fields_(std::move(fields)), origin_(origin) {}

    /// A table as it is, copied.
    explicit Columns(const Table& table) : Columns(table, true) {}

    /// The same, borrowed: its document must stay as long.
    static Columns borrowed(const Table& table) { return Columns(table, false); }

    std::size_t rows() const noexcept { return fields_.empty() ? rows_ : fields_.front().size(); }
    const std::vector<Field>& fields() const noexcept { return fields_; }
    Origin origin() const noexcept { return origin_; }

private:
    friend class Writer;

    Columns(const Table& table, bool copies) : origin_(table.origin()), rows_(table.rows()) {
        const dy_lmdb_table_t& raw = table.raw();
        const auto* const bytes = static_cast<const std::byte*>(raw.metadata);
        metadata_ = copies && raw.metadata_size > 0 ? Field::owned(std::vector<std::byte>(bytes, bytes + raw.metadata_size))
                                                    : Field::Buffer{bytes, raw.metadata_size, nullptr};
        for (std::size_t i = 0; i < table.columns(); ++i) {
            fields_.push_back(Field(table[i], copies));
        }
    }

    dy_lmdb_status_t write(dy_lmdb_writer_t* writer) const {
        const auto raw = Field::raw(Field::addresses(fields_));
        return dy_lmdb_writer_table(writer, static_cast<std::uint32_t>(origin_), rows(), raw->fields.data(),
                                    raw->fields.size(), metadata_.data, metadata_.size);
    }

    std::vector<Field> fields_;
    Origin origin_;
    Field::Buffer metadata_;
    std::size_t rows_ = 0;
};

}  // namespace dishtayantra::lmdb

#endif
