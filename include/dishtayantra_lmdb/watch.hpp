// Waiting for any of several keys, and breaking it off.
#ifndef DISHTAYANTRA_LMDB_WATCH_HPP
#define DISHTAYANTRA_LMDB_WATCH_HPP

#include "error.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <future>
#include <memory>
#include <string_view>
#include <utility>
#include <vector>

namespace dishtayantra::lmdb {

/// Keys that are waited for together: one thread waits in place of as many as there are keys.
/// `Store::watch` adds keys.
///
/// Movable, not copyable. Any thread may add and remove keys, wait, and break the waits off; the watch ends when nobody
/// uses it any more.
class Watch {
public:
    Watch() {
        dy_lmdb_watch_t* watch = nullptr;
        detail::check(dy_lmdb_watch_new(&watch));
        watch_.reset(watch);
    }

    /// Waits for the key that is known by `id` no more; nothing to do when it was told.
    void remove(std::uint64_t id) const { detail::check(dy_lmdb_watch_remove(watch_.get(), id)); }

    /// Waits until live entries are under watched keys; what they are known by, `most` at most. They are watched no more. A
    /// key that cannot be looked at is told too: a call of one's own says why.
    ///
    /// Throws TimeoutError after `timeout`, a negative one never ends; ClosedError when the wait was broken off.
    std::vector<std::uint64_t> wait(std::chrono::milliseconds timeout, std::size_t most = 64) const {
        std::vector<std::uint64_t> ids(most);
        std::size_t count = 0;
        detail::check(dy_lmdb_watch_wait(watch_.get(), timeout.count(), ids.data(), ids.size(), &count));
        ids.resize(count);
        return ids;
    }

    /// Breaks the waits off: whoever waits gets ClosedError at once, and so does whoever comes later.
    void cancel() const { detail::check(dy_lmdb_watch_cancel(watch_.get())); }

    /// The C object, for functions of the C ABI; valid as long as this one.
    dy_lmdb_watch_t* handle() const noexcept { return watch_.get(); }

private:
    struct Free {
        void operator()(dy_lmdb_watch_t* watch) const noexcept { dy_lmdb_watch_free(watch); }
    };
    std::unique_ptr<dy_lmdb_watch_t, Free> watch_;
};

/// A wait that goes on in a thread of its own. It is broken off when this ends.
///
/// Movable, not copyable. `cancel` may be called from any thread, the rest from one at a time.
class PendingWait {
public:
    /// Waits for the first of the keys of `watch`, for `timeout` at most.
    PendingWait(Watch watch, std::chrono::milliseconds timeout)
        : watch_(std::make_shared<Watch>(std::move(watch))),
          found_(std::async(std::launch::async, [watch = watch_, timeout] {
              return static_cast<std::size_t>(watch->wait(timeout, 1).front());
          })) {}
    PendingWait(PendingWait&&) noexcept = default;
    PendingWait& operator=(PendingWait&&) = delete;
    ~PendingWait() {
        if (watch_) {
            dy_lmdb_watch_cancel(watch_->handle());
        }
    }

    /// Breaks the wait off: `get` throws ClosedError, unless a key was found before.
    void cancel() const { watch_->cancel(); }

    /// Whether `get` returns or throws at once.
    bool ready() const { return found_.wait_for(std::chrono::seconds(0)) == std::future_status::ready; }

    /// Which of the keys is there, in the order they were given. Once. Throws TimeoutError, or ClosedError when the wait was
    /// broken off.
    std::size_t get() { return found_.get(); }

private:
    std::shared_ptr<Watch> watch_;
    std::future<std::size_t> found_;
};

}  // namespace dishtayantra::lmdb

#endif
