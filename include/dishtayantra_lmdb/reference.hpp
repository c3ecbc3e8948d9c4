// The small message that travels instead of a payload.
#ifndef DISHTAYANTRA_LMDB_REFERENCE_HPP
#define DISHTAYANTRA_LMDB_REFERENCE_HPP

#include "store.hpp"

#include <array>
#include <cstddef>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace dishtayantra::lmdb {

/// The wire names of a reference's entries.
namespace wire {
inline constexpr char ref[] = "_lmdb_ref";
inline constexpr char input_key[] = "_lmdb_input_key";
inline constexpr char output_key[] = "_lmdb_output_key";
inline constexpr char db_path[] = "_lmdb_db_path";
inline constexpr char db_name[] = "_lmdb_db_name";
inline constexpr char format[] = "_lmdb_format";
inline constexpr char txn_id[] = "_txn_id";
inline constexpr char entry[] = "_lmdb_entry";     ///< the one entry of one store that is meant
inline constexpr char marker[] = "_lmdb_ref_";     ///< what names of markers begin with, one for each reference
inline constexpr char output_written[] = "_lmdb_output_written";  ///< in an answer: the result is under the output key
}  // namespace wire

/// Where a calculator's input lies and where its output goes.
///
/// The engine opens the store a reference names once and keeps it open for the process. Movable, not copyable.
/// `set` needs that nobody else uses the reference; everything else may be called from any thread.
class Reference {
public:
    /// An empty reference, to fill with `set`.
    Reference() {
        dy_lmdb_reference_t* reference = nullptr;
        detail::check(dy_lmdb_reference_new(&reference));
        handle_.reset(reference);
    }

    /// From a JSON object with the wire names. Throws CorruptError naming the entry that is wrong.
    static Reference parse(std::string_view json) {
        dy_lmdb_reference_t* reference = nullptr;
        detail::check(dy_lmdb_reference_parse(json.data(), json.size(), &reference));
        return Reference(reference);
    }

    /// Sets the entry of a wire name; `_lmdb_ref` is "true" or "false". Other names are ignored.
    /// Throws CorruptError when the value cannot be right.
    void set(std::string_view name, std::string_view value) {
        detail::check(
            dy_lmdb_reference_set(handle_.get(), name.data(), name.size(), value.data(), value.size()));
    }

    /// The entry of a wire name; empty when it is not set.
    std::optional<std::string> get(std::string_view name) const {
        const char* value = nullptr;
        std::size_t size = 0;
        const dy_lmdb_status_t status =
            dy_lmdb_reference_get(handle_.get(), name.data(), name.size(), &value, &size);
        if (status == DY_LMDB_NOT_FOUND) {
            return std::nullopt;
        }
        detail::check(status);
        return std::string(value, size);
    }

    /// The reference as a JSON object.
    std::string json() const {
        dy_lmdb_bytes_t* json = nullptr;
        detail::check(dy_lmdb_reference_json(handle_.get(), &json));
        return detail::take_text(json);
    }

    /// Whether an output is wanted in the store.
    bool has_output() const {
        const char* value = nullptr;
        std::size_t size = 0;
        const std::string_view name = wire::output_key;
        const dy_lmdb_status_t status =
            dy_lmdb_reference_get(handle_.get(), name.data(), name.size(), &value, &size);
        if (status != DY_LMDB_NOT_FOUND) {
            detail::check(status);
        }
        return status == DY_LMDB_OK;
    }

    /// The input in place; from now on it counts as opened. Throws NotFoundError when it is missing or expired,
    /// CorruptError when the reference names none.
    View view_input() const {
        dy_lmdb_view_t* view = nullptr;
        dy_lmdb_info_t info = detail::empty_info();
        detail::check(dy_lmdb_reference_view_input(handle_.get(), &view, &info));
        return View(view, info);
    }

    /// Stores the output, copied before the call returns, and wakes who waits for it. With the ttl of `PutOptions()` it lives
    /// as long as the input was to, and it has a checksum when the input has one.
    /// Throws InvalidArgumentError when no output is wanted.
    Info put_output(Bytes payload, const PutOptions& options = {}) const {
        const dy_lmdb_buffer_t part = {payload.data(), payload.size()};
        return put_parts(&part, 1, options);
    }

    /// As above, from parts that are joined in their order.
    Info put_output(std::initializer_list<Bytes> parts, const PutOptions& options = {}) const {
        std::vector<dy_lmdb_buffer_t> buffers;
        for (const Bytes part : parts) {
            buffers.push_back({part.data(), part.size()});
        }
        return put_parts(buffers.data(), buffers.size(), options);
    }

    /// Stores an array in format numpy as the output; `options.format` is not used. `shape` empty: one dimension.
    template <class T>
    Info put_output_array(Span<T> elements, Span<const std::size_t> shape = {}, const PutOptions& options = {},
                          bool fortran_order = false) const {
        const ArrayParts parts(elements, shape, fortran_order);
        PutOptions numpy = options;
        numpy.format = Format::numpy;
        return put_parts(parts.buffers, 2, numpy);
    }

    /// Publishes a loan of the store that the reference names as the output, all of it, and wakes who waits for it. `options`
    /// say its format. Throws InvalidArgumentError when no output is wanted, else what `Loan::publish` throws. A failure ends
    /// the loan as well.
    Info publish_output(Loan& loan, const PutOptions& options) const {
        const dy_lmdb_put_options_t raw = options.raw();
        dy_lmdb_info_t info = detail::empty_info();
        loan.require_open();
        detail::check(dy_lmdb_reference_publish_output(handle_.get(), loan.handle_.get(), &raw, &info));
        return detail::to_info(info);
    }

    /// Says that the calculator answers directly: nobody waits for the output.
    void settle_direct() const { detail::check(dy_lmdb_reference_settle_direct(handle_.get())); }

    /// Says that the calculator cannot read the input's kind (a frame, say): it is called again with the payload itself.
    void decline() const { detail::check(dy_lmdb_reference_decline(handle_.get())); }

    /// A holder of the caller's own on the store the reference names.
    Store store() const {
        dy_lmdb_store_t* store = nullptr;
        detail::check(dy_lmdb_reference_store(handle_.get(), &store));
        return Store(store);
    }

    /// The C handle, for functions of the C ABI; valid as long as this object.
    dy_lmdb_reference_t* handle() const noexcept { return handle_.get(); }

private:
    friend struct References;

    explicit Reference(dy_lmdb_reference_t* reference) : handle_(reference) {}

    Info put_parts(const dy_lmdb_buffer_t* parts, std::size_t count, const PutOptions& options) const {
        const dy_lmdb_put_options_t raw = options.raw();
        dy_lmdb_info_t info = detail::empty_info();
        detail::check(dy_lmdb_reference_put_output(handle_.get(), parts, count, &raw, &info));
        return detail::to_info(info);
    }

    detail::Handle<dy_lmdb_reference_t, dy_lmdb_reference_free> handle_;
};

/// The references in one mapping: engines merge mappings, so several may lie side by side, with other fields.
struct References {
    std::vector<Reference> inputs;    ///< one for each payload that is to be resolved
    std::optional<Reference> output;  ///< where an output is asked for

    /// Gathers them from the fields of a mapping by name and text: at least those whose names begin with `_lmdb_`, and
    /// `_txn_id`. Of `_lmdb_ref` the text is "true" or "false"; one that is no bool is left out.
    /// Throws CorruptError when a field cannot be right, or the base fields stand for a payload that no marker names.
    /// The texts, std::string or std::string_view, are read before the call returns.
    template <class Text>
    static References of(const std::vector<std::pair<Text, Text>>& fields) {
        std::vector<dy_lmdb_buffer_t> names;
        std::vector<dy_lmdb_buffer_t> texts;
        names.reserve(fields.size());
        texts.reserve(fields.size());
        for (const auto& [name, text] : fields) {
            names.push_back({name.data(), name.size()});
            texts.push_back({text.data(), text.size()});
        }
        return of(names, texts);
    }

    /// The same of names and texts in their order; there must be as many of both.
    static References of(const std::vector<dy_lmdb_buffer_t>& names, const std::vector<dy_lmdb_buffer_t>& texts) {
        std::array<dy_lmdb_reference_t*, 16> few;
        std::vector<dy_lmdb_reference_t*> many(names.size() > few.size() ? names.size() : 0);
        dy_lmdb_reference_t** const inputs = many.empty() ? few.data() : many.data();
        std::size_t count = 0;
        dy_lmdb_reference_t* output = nullptr;
        detail::check(dy_lmdb_references_of(names.data(), texts.data(), names.size(), inputs, &count, &output));
        References found;
        if (output != nullptr) {
            found.output = Reference(output);
        }
        found.inputs.reserve(count);
        for (std::size_t at = 0; at < count; ++at) {
            found.inputs.push_back(Reference(inputs[at]));
        }
        return found;
    }
};

}  // namespace dishtayantra::lmdb

#endif
