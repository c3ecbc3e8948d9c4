// Builds MessagePack payloads.
#ifndef DISHTAYANTRA_LMDB_WRITER_HPP
#define DISHTAYANTRA_LMDB_WRITER_HPP

#include "columns.hpp"
#include "reference.hpp"
#include "segment.hpp"
#include "store.hpp"

#include <cstdint>
#include <initializer_list>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

namespace dishtayantra::lmdb {

namespace detail {

template <class T>
struct IsSpan : std::false_type {};
template <class T>
struct IsSpan<Span<T>> : std::true_type {};

/// Exists for spans and for containers with a name, whose items outlive the statement.
template <class Items>
using Borrowable = std::enable_if_t<(std::is_lvalue_reference_v<Items> || IsSpan<std::decay_t<Items>>::value) &&
                                    !std::is_same_v<std::decay_t<Items>, Segment>>;

}  // namespace detail

/// Builds one MessagePack value, in the encodings MessagePack libraries choose:
///
///     Writer writer;
///     writer.map(2).key("name").string("x").key("values").segment(values);
///     writer.put(store, "result");
///
/// What is written is copied, except the items of segments, and what tables borrow: they must stay unchanged until the
/// writer is reset or ends. Putting copies them once, straight into the store.
///
/// The structure is checked: a value too many, or a map or array left unfinished when the value is used, throws
/// InvalidArgumentError saying what is missing. Movable, not copyable; one thread at a time.
class Writer {
public:
    Writer() {
        dy_lmdb_writer_t* writer = nullptr;
        detail::check(dy_lmdb_writer_new(&writer));
        handle_.reset(writer);
    }

    Writer& nil() { return checked(dy_lmdb_writer_nil(handle_.get())); }
    Writer& boolean(bool value) { return checked(dy_lmdb_writer_bool(handle_.get(), value)); }
    Writer& int64(std::int64_t value) { return checked(dy_lmdb_writer_int64(handle_.get(), value)); }
    Writer& uint64(std::uint64_t value) { return checked(dy_lmdb_writer_uint64(handle_.get(), value)); }
    Writer& number(double value) { return checked(dy_lmdb_writer_double(handle_.get(), value)); }

    /// UTF-8 text.
    Writer& string(std::string_view text) {
        return checked(dy_lmdb_writer_string(handle_.get(), text.data(), text.size()));
    }
    Writer& bytes(Bytes bytes) { return checked(dy_lmdb_writer_bytes(handle_.get(), bytes.data(), bytes.size())); }

    /// Opens an array: the next `count` values are its elements.
    Writer& array(std::size_t count) { return checked(dy_lmdb_writer_array(handle_.get(), count)); }

    /// Opens a map: the next `count` pairs of key and value are its entries.
    Writer& map(std::size_t count) { return checked(dy_lmdb_writer_map(handle_.get(), count)); }

    /// A map's key: a string, named for the reader.
    Writer& key(std::string_view text) { return string(text); }

    /// An array that readers use in place. Its items are borrowed. One read from a document keeps dtype and flags.
    Writer& segment(const Segment& segment) {
        const dy_lmdb_segment_t& raw = segment.raw();
        return checked(dy_lmdb_writer_segment(handle_.get(), raw.dtype, raw.unit, raw.flags, raw.shape, raw.ndim,
                                              raw.data));
    }

    /// The same of numbers in a span or a container, borrowed as well, hence not of a temporary container.
    /// Throws InvalidArgumentError when `shape` does not hold them; an empty shape is a single item.
    template <class Items, class = detail::Borrowable<Items>>
    Writer& segment(Items&& items) {
        return segment(Segment(Span(items)));
    }
    template <class Items, class = detail::Borrowable<Items>>
    Writer& segment(Items&& items, Span<const std::size_t> shape) {
        return segment(Segment(Span(items), shape));
    }
    template <class Items, class = detail::Borrowable<Items>>
    Writer& segment(Items&& items, std::initializer_list<std::size_t> shape) {
        return segment(Segment(Span(items), shape));
    }

    /// An array whose items are written later, into the loan of `loan_output`. Returns where in the value they go, in
    /// bytes. `put`, `put_output`, `data` and `parts` refuse a value with such room.
    std::uint64_t reserve(Dtype dtype, Span<const std::size_t> shape, bool is_list = false) {
        const std::vector<std::uint64_t> lengths(shape.begin(), shape.end());
        std::uint64_t at = 0;
        detail::check(dy_lmdb_writer_reserve(handle_.get(), static_cast<std::uint32_t>(dtype), DY_LMDB_UNIT_GENERIC,
                                             is_list ? DY_LMDB_SEGMENT_LIST : 0U, lengths.data(), lengths.size(), &at));
        return at;
    }

    /// A whole list of numbers, item by item as MessagePack has it.
    Writer& doubles(Span<const double> values) {
        return checked(dy_lmdb_writer_doubles(handle_.get(), values.data(), values.size()));
    }
    Writer& int64s(Span<const std::int64_t> values) {
        return checked(dy_lmdb_writer_int64s(handle_.get(), values.data(), values.size()));
    }

    /// A table. What its columns own the writer keeps; what they borrow must stay until it is reset or ends. Throws
    /// InvalidArgumentError when the columns do not go together.
    Writer& table(Columns columns) {
        return checked(tables_.emplace_back(std::move(columns)).write(handle_.get()));
    }

    /// A table of what a stream of Arrow's C data interface gives, which is read to its end, and released whatever happens:
    /// its batches one behind the other, their buffers borrowed where they lie as a table needs them. Throws
    /// BadFormatError for what no table holds, InvalidArgumentError with what the stream says when it fails.
    Writer& arrow(::ArrowArrayStream* stream, Origin origin = Origin::columns) {
        return checked(dy_lmdb_writer_arrow(handle_.get(), static_cast<std::uint32_t>(origin), stream));
    }

    /// A value of a document once more, with everything in it: numbers and texts are copied, the items of segments, and
    /// tables, borrowed from where they lie. Throws InvalidArgumentError for extensions other than segments; what was written before it stays.
    Writer& value(const Node& node) {
        const Type type = node.type();
        if ((type == Type::array || type == Type::map) && node.is_table()) {
            return table(Columns::borrowed(node.table()));
        }
        switch (type) {
        case Type::nil: return nil();
        case Type::boolean: return boolean(node.boolean());
        case Type::integer: return integer(node);
        case Type::floating: return number(node.number());
        case Type::string: return string(node.string());
        case Type::bytes: return bytes(node.bytes());
        case Type::segment: return segment(node.segment());
        case Type::array:
            array(node.size());
            for (const Item item : node.items()) {
                value(item.value);
            }
            return *this;
        case Type::map:
            map(node.size());
            for (const Item item : node.items()) {
                value(item.key).value(item.value);
            }
            return *this;
        case Type::extension: break;
        }
        throw InvalidArgumentError("the value at byte " + std::to_string(node.position()) +
                                   " of the document is an extension that is no segment");
    }

    /// The finished value's bytes, valid until the writer is reset or ends. With segments they are a copy, made by the
    /// first call, that starts at a multiple of 64; `put`, `put_output` and `parts` need none.
    Bytes data() const& {
        const void* data = nullptr;
        std::size_t size = 0;
        detail::check(dy_lmdb_writer_data(handle_.get(), &data, &size));
        return Bytes(static_cast<const std::byte*>(data), size);
    }
    Bytes data() const&& = delete;

    /// The finished value in parts that joined in order are its bytes; segments are parts where the caller has them.
    /// Valid as `data` is.
    std::vector<Bytes> parts() const& {
        const dy_lmdb_buffer_t* parts = nullptr;
        std::size_t count = 0;
        detail::check(dy_lmdb_writer_parts(handle_.get(), &parts, &count));
        std::vector<Bytes> out;
        out.reserve(count);
        for (std::size_t i = 0; i < count; ++i) {
            out.emplace_back(static_cast<const std::byte*>(parts[i].data), parts[i].size);
        }
        return out;
    }
    std::vector<Bytes> parts() const&& = delete;

    /// Stores the finished value in format msgpack; `options.format` is not used.
    Info put(Store& store, std::string_view key, const PutOptions& options = {}, std::string_view db = {}) const {
        const dy_lmdb_put_options_t raw = options.raw();
        dy_lmdb_info_t info = detail::empty_info();
        detail::check(dy_lmdb_writer_put(handle_.get(), store.handle(), db.data(), db.size(), key.data(), key.size(),
                                         &raw, &info));
        return detail::to_info(info);
    }

    /// Stores the finished value as a reference's output and wakes who waits for it.
    Info put_output(const Reference& reference, const PutOptions& options = {}) const {
        const dy_lmdb_put_options_t raw = options.raw();
        dy_lmdb_info_t info = detail::empty_info();
        detail::check(dy_lmdb_writer_put_output(handle_.get(), reference.handle(), &raw, &info));
        return detail::to_info(info);
    }

    /// A loan of the size of the finished value, in the store that the reference names, with all of it written but what was
    /// reserved: to fill, and to publish with `reference.publish_output`.
    Loan loan_output(const Reference& reference) const {
        dy_lmdb_loan_t* loan = nullptr;
        detail::check(dy_lmdb_writer_loan_output(handle_.get(), reference.handle(), &loan));
        return Loan(loan);
    }

    /// Forgets what was written, to start anew with the memory kept.
    void reset() {
        detail::check(dy_lmdb_writer_reset(handle_.get()));
        tables_.clear();
    }

private:
    Writer& integer(const Node& node) {
        try {
            return int64(node.int64());
        } catch (const InvalidArgumentError&) {
            return uint64(node.uint64());
        }
    }

    Writer& checked(dy_lmdb_status_t status) {
        detail::check(status);
        return *this;
    }

    /// What the library borrows from.
    std::vector<Columns> tables_;
    detail::Handle<dy_lmdb_writer_t, dy_lmdb_writer_free> handle_;
};

/// The same, named beside `Document`.
using DocumentWriter = Writer;

}  // namespace dishtayantra::lmdb

#endif
