// A store: the directory whose entries every process of the host shares.
#ifndef DISHTAYANTRA_LMDB_STORE_HPP
#define DISHTAYANTRA_LMDB_STORE_HPP

#include "entry.hpp"
#include "loan.hpp"
#include "span.hpp"
#include "view.hpp"
#include "watch.hpp"

#include <chrono>
#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace dishtayantra::lmdb {

/// The library's version, as "0.1.0"; static memory.
inline std::string_view version() noexcept { return dy_lmdb_version(); }

/// The warnings that calls on this thread have raised since the last time, as a JSON array of strings.
inline std::string take_warnings() {
    dy_lmdb_bytes_t* json = nullptr;
    detail::check(dy_lmdb_warnings_take(&json));
    return detail::take_text(json);
}

/// How much a message of the library matters.
enum class LogLevel : std::uint32_t {
    error = DY_LMDB_LOG_ERROR,  ///< something failed that no call could tell of
    warn = DY_LMDB_LOG_WARN,    ///< somebody should look at it
    info = DY_LMDB_LOG_INFO,    ///< slow calls, payloads that could not be stored
    debug = DY_LMDB_LOG_DEBUG,  ///< stores opened and closed
};

/// Has messages of `least` and above handed to a function from now on, in place of the one before; an empty one hears
/// nothing. It may be called from any thread, several at once. What it throws goes nowhere, and it lives until the process
/// ends.
inline void set_log(LogLevel least, std::function<void(LogLevel, std::string_view)> hears) {
    using Hears = std::function<void(LogLevel, std::string_view)>;
    const auto log = [](void* context, std::uint32_t level, const char* message, std::size_t size) noexcept {
        try {
            (*static_cast<Hears*>(context))(static_cast<LogLevel>(level), std::string_view(message, size));
        } catch (...) {
        }
    };
    Hears* const kept = hears ? new Hears(std::move(hears)) : nullptr;
    detail::check(dy_lmdb_log_set(static_cast<std::uint32_t>(least), kept != nullptr ? +log : nullptr, kept));
}

/// What a published entry survives.
enum class Durability : std::uint32_t {
    process = DY_LMDB_DURABILITY_PROCESS,  ///< the end of any process
    sync = DY_LMDB_DURABILITY_SYNC,        ///< a power failure too
};

/// How a store is opened. Made with the engine's defaults.
struct Options {
    std::uint64_t map_size = 0;           ///< bytes: how far the store may grow; 0: 1 GiB when made, else as it is
    std::uint64_t prefault = 0;           ///< bytes kept populated ahead of use
    std::uint32_t max_readers = 0;        ///< reader slots
    std::uint32_t max_dbs = 0;            ///< named databases
    std::uint32_t mode = 0;               ///< of the directory, as 0700
    Durability durability = Durability::process;
    bool follow_symlinks = false;         ///< allow symbolic links in the path
    bool sweeper = true;                  ///< a thread removes expired entries
    bool existing = false;                ///< do not create the store

    Options() {
        dy_lmdb_options_t defaults;
        dy_lmdb_options_default(&defaults);
        map_size = defaults.map_size;
        prefault = defaults.prefault;
        max_readers = defaults.max_readers;
        max_dbs = defaults.max_dbs;
        mode = defaults.mode;
        durability = static_cast<Durability>(defaults.durability);
    }

    /// The C struct, a plain copy.
    dy_lmdb_options_t raw() const {
        dy_lmdb_options_t out;
        dy_lmdb_options_default(&out);
        out.map_size = map_size;
        out.prefault = prefault;
        out.max_readers = max_readers;
        out.max_dbs = max_dbs;
        out.mode = mode;
        out.durability = static_cast<std::uint32_t>(durability);
        out.flags = (follow_symlinks ? DY_LMDB_OPEN_FOLLOW_SYMLINKS : 0U) |
                    (sweeper ? 0U : DY_LMDB_OPEN_NO_SWEEPER) | (existing ? DY_LMDB_OPEN_EXISTING : 0U);
        return out;
    }
};

/// An open store. Opening one directory several times in a process gives the same store; the last holder closes it.
///
/// Keys are 1 to 511 bytes of any value. `db` names a database of the store; empty means "default". Unless said
/// otherwise a method throws the exception of the engine's status: BadKeyError, MapFullError, ClosedError …
///
/// Movable, not copyable; closes when it ends. Every method may be called from any thread at any time, except
/// moving; views outlive the store.
class Store {
public:
    /// Waits without an end.
    static constexpr std::chrono::milliseconds forever{-1};

    /// Opens the store in the directory `path`, and creates it unless the options say otherwise.
    static Store open(std::string_view path, const Options& options = {}) {
        const dy_lmdb_options_t raw = options.raw();
        dy_lmdb_store_t* store = nullptr;
        detail::check(dy_lmdb_store_open(path.data(), path.size(), &raw, &store));
        return Store(store);
    }

    /// Opens the store that a JSON object with `lmdb_*` keys describes. Throws ConfigError naming key and value.
    static Store open_config(std::string_view json) {
        dy_lmdb_store_t* store = nullptr;
        detail::check(dy_lmdb_store_open_config(json.data(), json.size(), &store));
        return Store(store);
    }

    /// The absolute path of the store's directory.
    std::string path() const {
        dy_lmdb_bytes_t* path = nullptr;
        detail::check(dy_lmdb_store_path(handle_.get(), &path));
        return detail::take_text(path);
    }

    /// Stores `payload` under `key`, replacing what was there. The bytes are copied before the call returns.
    Info put(std::string_view key, Bytes payload, const PutOptions& options = {}, std::string_view db = {}) {
        const dy_lmdb_buffer_t part = {payload.data(), payload.size()};
        return put_parts(key, &part, 1, options, db);
    }

    /// A text's bytes, as they are.
    template <class Text, class = std::enable_if_t<std::is_convertible_v<const Text&, std::string_view>>>
    Info put(std::string_view key, const Text& text, const PutOptions& options = {}, std::string_view db = {}) {
        return put(key, as_bytes(std::string_view(text)), options, db);
    }

    /// Stores an array in format numpy; `options.format` is not used. `shape` empty: one dimension.
    /// Throws InvalidArgumentError when `shape` does not hold `elements`.
    template <class T>
    Info put_array(std::string_view key, Span<T> elements, Span<const std::size_t> shape = {},
                   const PutOptions& options = {}, std::string_view db = {}) {
        const ArrayParts parts(elements, shape);
        PutOptions numpy = options;
        numpy.format = Format::numpy;
        return put_parts(key, parts.buffers, 2, numpy, db);
    }

    /// Room for a payload of up to `size` bytes, to fill in place and publish.
    Loan loan(std::uint64_t size) {
        dy_lmdb_loan_t* loan = nullptr;
        detail::check(dy_lmdb_loan_open(handle_.get(), size, &loan));
        return Loan(loan);
    }

    /// A copy of the payload; empty when there is no live entry.
    std::optional<std::vector<std::byte>> get(std::string_view key, std::string_view db = {}) const {
        const View payload = try_view(key, db);
        if (!payload) {
            return std::nullopt;
        }
        const Bytes bytes = payload.span();
        return std::vector<std::byte>(bytes.begin(), bytes.end());
    }

    /// The payload in place. Throws NotFoundError when there is no live entry.
    View view(std::string_view key, std::string_view db = {}) const {
        View payload;
        detail::check(open_view(key, db, payload));
        return payload;
    }

    /// The payload in place, or an empty view when there is no live entry.
    View try_view(std::string_view key, std::string_view db = {}) const {
        View payload;
        const dy_lmdb_status_t status = open_view(key, db, payload);
        if (status != DY_LMDB_NOT_FOUND) {
            detail::check(status);
        }
        return payload;
    }

    bool contains(std::string_view key, std::string_view db = {}) const {
        bool present = false;
        detail::check(
            dy_lmdb_store_contains(handle_.get(), db.data(), db.size(), key.data(), key.size(), &present));
        return present;
    }

    /// Deletes the entry; views of it stay valid. False when there was none.
    bool erase(std::string_view key, std::string_view db = {}) {
        bool deleted = false;
        detail::check(dy_lmdb_store_delete(handle_.get(), db.data(), db.size(), key.data(), key.size(), &deleted));
        return deleted;
    }

    /// Gives the entry a new time to live, from now on; zero: until erased. False when there is none.
    bool touch(std::string_view key, std::chrono::milliseconds ttl, std::string_view db = {}) {
        if (ttl.count() < 0) {
            throw InvalidArgumentError("a time to live of " + std::to_string(ttl.count()) + " ms");
        }
        bool touched = false;
        detail::check(dy_lmdb_store_touch(handle_.get(), db.data(), db.size(), key.data(), key.size(),
                                          static_cast<std::uint64_t>(ttl.count()), &touched));
        return touched;
    }

    /// The live keys that start with `prefix`, in byte order.
    std::vector<std::string> list(std::string_view prefix = {}, std::string_view db = {}) const {
        dy_lmdb_keys_t* raw = nullptr;
        detail::check(
            dy_lmdb_store_list(handle_.get(), db.data(), db.size(), prefix.data(), prefix.size(), &raw));
        const detail::Handle<dy_lmdb_keys_t, dy_lmdb_keys_free> keys(raw);
        std::vector<std::string> out(dy_lmdb_keys_count(raw));
        for (std::size_t i = 0; i < out.size(); ++i) {
            const void* key = nullptr;
            std::size_t size = 0;
            detail::check(dy_lmdb_keys_at(raw, i, &key, &size));
            out[i].assign(static_cast<const char*>(key), size);
        }
        return out;
    }

    /// Removes expired entries now. Returns how many.
    std::uint64_t sweep() {
        std::uint64_t removed = 0;
        detail::check(dy_lmdb_store_sweep(handle_.get(), &removed));
        return removed;
    }

    /// Returns when a live entry is under `key`, whichever process puts it. Sleeps meanwhile.
    /// Throws TimeoutError after `timeout`; a negative one (`forever`) never ends.
    void wait(std::string_view key, std::chrono::milliseconds timeout, std::string_view db = {}) const {
        detail::check(
            dy_lmdb_store_wait(handle_.get(), db.data(), db.size(), key.data(), key.size(), timeout.count()));
    }

    /// Has `watch` wait for `key` too, which it then knows by `id`.
    void watch(const Watch& watch, std::string_view key, std::uint64_t id, std::string_view db = {}) const {
        detail::check(
            dy_lmdb_watch_add(watch.handle(), handle_.get(), db.data(), db.size(), key.data(), key.size(), id));
    }

    /// Returns which of `keys` has a live entry, as soon as one has. Sleeps meanwhile; throws as `wait`.
    std::size_t wait_any(const std::vector<std::string_view>& keys, std::chrono::milliseconds timeout,
                         std::string_view db = {}) const {
        return static_cast<std::size_t>(watched(keys, db).wait(timeout, 1).front());
    }

    /// The same in a thread of its own, until the result ends or `cancel` is called on it.
    PendingWait wait_async(const std::vector<std::string_view>& keys, std::chrono::milliseconds timeout = forever,
                           std::string_view db = {}) const {
        return PendingWait(watched(keys, db), timeout);
    }

    /// Statistics of the store as a JSON object.
    std::string stats() const {
        dy_lmdb_bytes_t* json = nullptr;
        detail::check(dy_lmdb_store_stats(handle_.get(), &json));
        return detail::take_text(json);
    }

    /// Calls of calculators as a JSON object: what every process counted, and the last slow ones.
    std::string calls() const {
        dy_lmdb_bytes_t* json = nullptr;
        detail::check(dy_lmdb_store_calls(handle_.get(), &json));
        return detail::take_text(json);
    }

    /// Checks every structure of the store; a JSON report. Throws CorruptError when something is wrong.
    std::string audit() const {
        dy_lmdb_bytes_t* json = nullptr;
        detail::check(dy_lmdb_store_audit(handle_.get(), &json));
        return detail::take_text(json);
    }

    /// Releases this holder now; every later call throws ClosedError. Closing again does nothing.
    void close() { detail::check(dy_lmdb_store_close(handle_.get())); }

    /// The C handle, for functions of the C ABI; valid as long as this object.
    dy_lmdb_store_t* handle() const noexcept { return handle_.get(); }

private:
    Watch watched(const std::vector<std::string_view>& keys, std::string_view db) const {
        Watch all;
        for (std::size_t i = 0; i < keys.size(); i++) {
            watch(all, keys[i], i, db);
        }
        return all;
    }

    friend class Reference;

    explicit Store(dy_lmdb_store_t* store) : handle_(store) {}

    Info put_parts(std::string_view key, const dy_lmdb_buffer_t* parts, std::size_t count, const PutOptions& options,
                   std::string_view db) {
        const dy_lmdb_put_options_t raw = options.raw();
        dy_lmdb_info_t info = detail::empty_info();
        detail::check(dy_lmdb_store_put(handle_.get(), db.data(), db.size(), key.data(), key.size(), parts, count,
                                        &raw, &info));
        return detail::to_info(info);
    }

    dy_lmdb_status_t open_view(std::string_view key, std::string_view db, View& out) const {
        dy_lmdb_view_t* view = nullptr;
        dy_lmdb_info_t info = detail::empty_info();
        const dy_lmdb_status_t status =
            dy_lmdb_view_open(handle_.get(), db.data(), db.size(), key.data(), key.size(), 0, &view, &info);
        if (status == DY_LMDB_OK) {
            out = View(view, info);
        }
        return status;
    }

    detail::Handle<dy_lmdb_store_t, dy_lmdb_store_close> handle_;
};

}  // namespace dishtayantra::lmdb

#endif
