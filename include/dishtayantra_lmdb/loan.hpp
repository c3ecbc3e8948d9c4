// A payload built where readers will see it.
#ifndef DISHTAYANTRA_LMDB_LOAN_HPP
#define DISHTAYANTRA_LMDB_LOAN_HPP

#include "entry.hpp"
#include "span.hpp"

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>

namespace dishtayantra::lmdb {

/// Space in a store, lent to fill and publish without a copy. No lock is held meanwhile, any number may be open.
///
///     Loan loan = store.loan(n * sizeof(double));
///     fill(loan.span<double>());
///     loan.publish("prices");
///
/// A loan that ends unpublished leaves nothing behind. Movable, not copyable. One thread at a time, except that
/// several may fill the bytes.
class Loan {
public:
    /// The bytes to fill, aligned to 64; what is in them at first is undefined. Valid until the loan is published or
    /// ends: writing after that damages what others read.
    ///
    /// Throws ClosedError once published or dropped.
    Span<std::byte> span() & {
        void* data = nullptr;
        std::size_t size = 0;
        require_open();
        detail::check(dy_lmdb_loan_data(handle_.get(), &data, &size));
        return Span<std::byte>(static_cast<std::byte*>(data), size);
    }
    Span<std::byte> span() && = delete;

    /// The whole `T`s that the bytes hold.
    template <class T>
    Span<T> span() & {
        static_assert(std::is_trivially_copyable_v<T> && !std::is_const_v<T> && alignof(T) <= 64, "plain elements only");
        const Span<std::byte> bytes = span();
        return Span<T>(reinterpret_cast<T*>(bytes.data()), bytes.size() / sizeof(T));
    }
    template <class T>
    Span<T> span() && = delete;

    /// Makes the first `size` bytes (by default all) the entry of `key`: readers see all of them at once.
    ///
    /// Throws LoanLostError when the space was reclaimed, ClosedError when it was published already, and what a put
    /// throws. A failure ends the loan as well, unless an argument was refused (key, name, size, format, a text), which
    /// leaves it as it was.
    Info publish(std::string_view key, const PutOptions& options = {}, std::optional<std::size_t> size = {},
                 std::string_view db = {}) {
        const std::size_t bytes = size ? *size : span().size();
        const dy_lmdb_put_options_t raw = options.raw();
        dy_lmdb_info_t info = detail::empty_info();
        require_open();
        detail::check(dy_lmdb_loan_publish(handle_.get(), db.data(), db.size(), key.data(), key.size(), bytes, &raw,
                                           &info));
        return detail::to_info(info);
    }

    /// Gives the space back, unless it was published. Dropping again does nothing.
    void drop() noexcept { handle_.reset(); }

private:
    friend class Reference;
    friend class Store;
    friend class Writer;

    explicit Loan(dy_lmdb_loan_t* loan) : handle_(loan) {}

    void require_open() const {
        if (handle_ == nullptr) {
            throw ClosedError("the loan was dropped");
        }
    }

    detail::Handle<dy_lmdb_loan_t, dy_lmdb_loan_drop> handle_;
};

}  // namespace dishtayantra::lmdb

#endif
