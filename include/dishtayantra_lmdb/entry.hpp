// What lies beside a payload: its format, how it is stored, and what the engine knows of it.
#ifndef DISHTAYANTRA_LMDB_ENTRY_HPP
#define DISHTAYANTRA_LMDB_ENTRY_HPP

#include "error.hpp"

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace dishtayantra::lmdb {

/// How a payload's bytes are to be read.
enum class Format : std::uint32_t {
    json = DY_LMDB_FORMAT_JSON,        ///< UTF-8 text, for debugging
    msgpack = DY_LMDB_FORMAT_MSGPACK,  ///< one MessagePack value
    raw = DY_LMDB_FORMAT_RAW,          ///< bytes as they are
    numpy = DY_LMDB_FORMAT_NUMPY,      ///< one array, a .npy image
    arrow = DY_LMDB_FORMAT_ARROW,      ///< an Arrow IPC stream
};

/// The format's name in configurations and references: "json", "msgpack", "raw", "numpy", "arrow".
inline std::string_view format_name(Format format) noexcept {
    switch (format) {
    case Format::json: return "json";
    case Format::msgpack: return "msgpack";
    case Format::raw: return "raw";
    case Format::numpy: return "numpy";
    case Format::arrow: return "arrow";
    }
    return "unknown";
}

/// How a payload is stored. Made with the engine's defaults: raw, 300 s, may overwrite, no checksum.
struct PutOptions {
    Format format = Format::raw;
    std::chrono::milliseconds ttl{0};  ///< time to live; zero: until erased
    bool no_overwrite = false;         ///< KeyExistsError when a live entry is there
    bool checksum = false;             ///< store an XXH3-64 of the payload
    bool tracked = false;              ///< an exchange input: the engine records its first opening
    std::string txn_id;                ///< exchange id; empty: made by the engine
    std::string source;                ///< who wrote it, for people
    std::string target;                ///< who is to read it, for people

    PutOptions() {
        dy_lmdb_put_options_t defaults;
        dy_lmdb_put_options_default(&defaults);
        format = static_cast<Format>(defaults.format);
        ttl = std::chrono::milliseconds(defaults.ttl_ms);
    }

    /// The engine's defaults with another format.
    explicit PutOptions(Format payload_format) : PutOptions() { format = payload_format; }

    /// The C struct. It points into this object, which must outlive it unchanged.
    dy_lmdb_put_options_t raw() const {
        if (ttl.count() < 0) {
            throw InvalidArgumentError("a time to live of " + std::to_string(ttl.count()) +
                                       " ms: it must be zero (until erased) or more");
        }
        dy_lmdb_put_options_t out;
        dy_lmdb_put_options_default(&out);
        out.format = static_cast<std::uint32_t>(format);
        out.flags = (no_overwrite ? DY_LMDB_PUT_NO_OVERWRITE : 0U) | (checksum ? DY_LMDB_PUT_CHECKSUM : 0U) |
                    (tracked ? DY_LMDB_PUT_TRACKED : 0U);
        out.ttl_ms = static_cast<std::uint64_t>(ttl.count());
        out.txn_id = txn_id.data();
        out.txn_id_len = txn_id.size();
        out.source = source.data();
        out.source_len = source.size();
        out.target = target.data();
        out.target_len = target.size();
        return out;
    }
};

/// What the engine knows of an entry. A plain copy: valid for ever.
struct Info {
    std::uint64_t entry_id = 0;
    std::uint64_t size = 0;                  ///< payload bytes
    std::chrono::nanoseconds created{0};     ///< wall clock, since the Unix epoch
    std::chrono::milliseconds ttl{0};        ///< zero: until erased
    std::optional<std::uint64_t> checksum;   ///< XXH3-64 of the payload
    std::uint64_t file_offset = 0;           ///< of the payload in data.mdb; 0 when stored in the record
    Format format = Format::raw;
    bool is_inline = false;                  ///< stored in the record itself
    bool is_tracked = false;                 ///< an exchange input
    bool holds_snapshot = false;             ///< not set any more
    bool is_copied = false;                  ///< the view is a copy for want of a pin
};

namespace detail {

inline dy_lmdb_info_t empty_info() noexcept {
    dy_lmdb_info_t info = {};
    info.struct_size = sizeof(info);
    return info;
}

inline Info to_info(const dy_lmdb_info_t& raw) {
    Info info;
    info.entry_id = raw.entry_id;
    info.size = raw.size;
    info.created = std::chrono::nanoseconds(static_cast<std::int64_t>(raw.created_ns));
    info.ttl = std::chrono::milliseconds(static_cast<std::int64_t>(raw.ttl_ms));
    if ((raw.flags & DY_LMDB_INFO_CHECKSUM) != 0) {
        info.checksum = raw.checksum;
    }
    info.file_offset = raw.file_offset;
    info.format = static_cast<Format>(raw.format);
    info.is_inline = (raw.flags & DY_LMDB_INFO_INLINE) != 0;
    info.is_tracked = (raw.flags & DY_LMDB_INFO_TRACKED) != 0;
    info.holds_snapshot = (raw.flags & DY_LMDB_INFO_SNAPSHOT) != 0;
    info.is_copied = (raw.flags & DY_LMDB_INFO_COPIED) != 0;
    return info;
}

template <auto Close>
struct Closer {
    template <class T>
    void operator()(T* handle) const noexcept {
        static_cast<void>(Close(handle));
    }
};

/// A handle of the C ABI that closes itself.
template <class T, auto Close>
using Handle = std::unique_ptr<T, Closer<Close>>;

/// The text of a block of the library, which is freed.
inline std::string take_text(dy_lmdb_bytes_t* block) {
    const Handle<dy_lmdb_bytes_t, dy_lmdb_bytes_free> owner(block);
    return std::string(static_cast<const char*>(dy_lmdb_bytes_data(block)), dy_lmdb_bytes_size(block));
}

}  // namespace detail
}  // namespace dishtayantra::lmdb

#endif
