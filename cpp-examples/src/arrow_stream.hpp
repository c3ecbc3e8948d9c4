// Arrow tables of other libraries, column by column and in place, through the Arrow C data interface: no Arrow library is
// needed.
#pragma once

#include <dishtayantra_lmdb.hpp>
#include <dishtayantra_lmdb/arrow.hpp>

#include <pybind11/pybind11.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

namespace dishtayantra::calculators {

namespace py = pybind11;

using lmdb::Released;

/// The items of one column in one batch, where the exporter has them.
template <class T>
struct ColumnPart {
    const T* items;
    std::int64_t length;
    const std::uint8_t* validity;  ///< a bit per item, from `first_bit` on; nullptr: all are there
    std::int64_t first_bit;

    bool is_null(std::int64_t i) const {
        const std::int64_t bit = first_bit + i;
        return validity != nullptr && (validity[bit / 8] >> (bit % 8) & 1) == 0;
    }
};

/// Column `child` of a batch, whose items are of type T. The batch's own offset counts for its columns.
template <class T>
ColumnPart<T> column_part(const ArrowArray& batch, const ArrowArray& child) {
    const std::int64_t first = batch.offset + child.offset;
    const auto* validity = child.null_count == 0 ? nullptr : static_cast<const std::uint8_t*>(child.buffers[0]);
    const auto* items = static_cast<const T*>(child.buffers[1]);
    return {items == nullptr ? nullptr : items + first, batch.length, validity, first};
}

/// The record batches of an object with `__arrow_c_stream__`. Used with the GIL held, by one thread.
class ArrowStream {
public:
    /// Throws InvalidArgumentError when the object exports no table.
    explicit ArrowStream(const py::object& frame) {
        if (!py::hasattr(frame, "__arrow_c_stream__")) {
            throw lmdb::InvalidArgumentError("a " + std::string(py::str(py::type::of(frame).attr("__name__"))) +
                                             " is no table: it has no __arrow_c_stream__");
        }
        // The capsule releases the stream.
        capsule_ = frame.attr("__arrow_c_stream__")();
        stream_ = static_cast<ArrowArrayStream*>(PyCapsule_GetPointer(capsule_.ptr(), "arrow_array_stream"));
        if (stream_ == nullptr) {
            throw py::error_already_set();
        }
        check(stream_->get_schema(stream_, &schema_.held));
        if (std::string_view(schema_.held.format) != "+s") {
            throw lmdb::InvalidArgumentError(std::string("an Arrow stream of '") + schema_.held.format +
                                             "' is a column, not a table");
        }
    }

    /// What the columns are: children of a struct.
    const ArrowSchema& schema() const { return schema_.held; }

    /// Reads the next batch; false when there is none.
    bool next(Released<ArrowArray>& batch) {
        check(stream_->get_next(stream_, &batch.held));
        return batch.held.release != nullptr;
    }

private:
    void check(int code) {
        if (code != 0) {
            const char* why = stream_->get_last_error(stream_);
            throw lmdb::InvalidArgumentError("the Arrow stream failed: " +
                                             (why == nullptr ? "error " + std::to_string(code) : std::string(why)));
        }
    }

    py::object capsule_;
    ArrowArrayStream* stream_ = nullptr;
    Released<ArrowSchema> schema_;
};

}  // namespace dishtayantra::calculators
