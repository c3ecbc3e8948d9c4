// Exceptions of the C++ interface: one class per status of the C ABI, grouped as the statuses are.
#ifndef DISHTAYANTRA_LMDB_ERROR_HPP
#define DISHTAYANTRA_LMDB_ERROR_HPP

#include <dishtayantra_lmdb.h>

#include <stdexcept>
#include <string>

namespace dishtayantra::lmdb {

/// Base of everything this interface throws. `what()` is the engine's message: what happened, to which path, key or
/// setting, and what to do.
///
/// Copyable; independent of the thread and of the call that threw it.
class Error : public std::runtime_error {
public:
    Error(dy_lmdb_status_t status, const std::string& message) : std::runtime_error(message), status_(status) {}

    /// The status of the C ABI, a `DY_LMDB_*` constant.
    dy_lmdb_status_t status() const noexcept { return status_; }

    /// The constant's name, as "DY_LMDB_MAP_FULL"; static memory.
    const char* name() const noexcept { return dy_lmdb_status_name(status_); }

    /// Where the documentation explains it, as "docs/troubleshooting.md#map_full"; static memory.
    const char* help() const noexcept { return dy_lmdb_status_help(status_); }

private:
    dy_lmdb_status_t status_;
};

/// An argument, key, setting or format that no call can accept.
class ArgumentError : public Error {
    using Error::Error;
};

/// A limit of the store, the file system or the process was reached.
class ResourceError : public Error {
    using Error::Error;
};

/// The store's directory or what lies in it cannot be used.
class StoreError : public Error {
    using Error::Error;
};

/// A handle used after its end: closed, or carried over a fork.
class HandleError : public Error {
    using Error::Error;
};

/// The class of one status. Name it through the aliases below.
template <dy_lmdb_status_t Number, class Base = Error>
class ErrorOf final : public Base {
public:
    explicit ErrorOf(const std::string& message) : Base(Number, message) {}
};

using NotFoundError = ErrorOf<DY_LMDB_NOT_FOUND>;                  ///< no live entry under the key
using TimeoutError = ErrorOf<DY_LMDB_TIMEOUT>;                     ///< nothing came in time
using BufferTooSmallError = ErrorOf<DY_LMDB_BUFFER_TOO_SMALL>;     ///< the caller's buffer is too small
using KeyExistsError = ErrorOf<DY_LMDB_KEY_EXISTS>;                ///< a live entry may not be overwritten
using LoanLostError = ErrorOf<DY_LMDB_LOAN_LOST>;                  ///< the loan's row is gone
using ReferenceIgnoredError = ErrorOf<DY_LMDB_REFERENCE_IGNORED>;  ///< nobody opened the reference's input

using InvalidArgumentError = ErrorOf<DY_LMDB_INVALID_ARGUMENT, ArgumentError>;  ///< wrong type, shape or handle
using ConfigError = ErrorOf<DY_LMDB_CONFIG, ArgumentError>;                     ///< a setting's value is not allowed
using BadKeyError = ErrorOf<DY_LMDB_BAD_KEY, ArgumentError>;                    ///< empty, too long or reserved key
using TooLargeError = ErrorOf<DY_LMDB_TOO_LARGE, ArgumentError>;                ///< payload over 4,294,836,160 bytes
using BadFormatError = ErrorOf<DY_LMDB_BAD_FORMAT, ArgumentError>;              ///< unknown or unexpected format

using MapFullError = ErrorOf<DY_LMDB_MAP_FULL, ResourceError>;          ///< the store may not grow further
using DiskFullError = ErrorOf<DY_LMDB_DISK_FULL, ResourceError>;        ///< the file system is full
using ReadersFullError = ErrorOf<DY_LMDB_READERS_FULL, ResourceError>;  ///< every reader slot is taken
using DbsFullError = ErrorOf<DY_LMDB_DBS_FULL, ResourceError>;          ///< every named database is taken
using LimitError = ErrorOf<DY_LMDB_LIMIT, ResourceError>;               ///< a process limit is too small

using PermissionError = ErrorOf<DY_LMDB_PERMISSION, StoreError>;      ///< directory or file not permitted
using IoError = ErrorOf<DY_LMDB_IO, StoreError>;                      ///< the operating system failed
using CorruptError = ErrorOf<DY_LMDB_CORRUPT, StoreError>;            ///< bytes that cannot be right
using ForeignStoreError = ErrorOf<DY_LMDB_FOREIGN_STORE, StoreError>; ///< somebody else's store
using AlreadyOpenError = ErrorOf<DY_LMDB_ALREADY_OPEN, StoreError>;   ///< open through another LMDB copy
using UnsupportedError = ErrorOf<DY_LMDB_UNSUPPORTED, StoreError>;    ///< the file system cannot hold a store

using ClosedError = ErrorOf<DY_LMDB_CLOSED, HandleError>;  ///< the handle was closed
using ForkedError = ErrorOf<DY_LMDB_FORKED, HandleError>;  ///< the handle was made before a fork

using InternalError = ErrorOf<DY_LMDB_INTERNAL>;  ///< a state the engine never should meet
using PanicError = ErrorOf<DY_LMDB_PANIC>;        ///< a fault caught at the library's boundary

namespace detail {

[[noreturn]] inline void throw_error(dy_lmdb_status_t status, const std::string& message) {
    switch (status) {
    case DY_LMDB_NOT_FOUND: throw NotFoundError(message);
    case DY_LMDB_TIMEOUT: throw TimeoutError(message);
    case DY_LMDB_BUFFER_TOO_SMALL: throw BufferTooSmallError(message);
    case DY_LMDB_KEY_EXISTS: throw KeyExistsError(message);
    case DY_LMDB_LOAN_LOST: throw LoanLostError(message);
    case DY_LMDB_REFERENCE_IGNORED: throw ReferenceIgnoredError(message);
    case DY_LMDB_INVALID_ARGUMENT: throw InvalidArgumentError(message);
    case DY_LMDB_CONFIG: throw ConfigError(message);
    case DY_LMDB_BAD_KEY: throw BadKeyError(message);
    case DY_LMDB_TOO_LARGE: throw TooLargeError(message);
    case DY_LMDB_BAD_FORMAT: throw BadFormatError(message);
    case DY_LMDB_MAP_FULL: throw MapFullError(message);
    case DY_LMDB_DISK_FULL: throw DiskFullError(message);
    case DY_LMDB_READERS_FULL: throw ReadersFullError(message);
    case DY_LMDB_DBS_FULL: throw DbsFullError(message);
    case DY_LMDB_LIMIT: throw LimitError(message);
    case DY_LMDB_PERMISSION: throw PermissionError(message);
    case DY_LMDB_IO: throw IoError(message);
    case DY_LMDB_CORRUPT: throw CorruptError(message);
    case DY_LMDB_FOREIGN_STORE: throw ForeignStoreError(message);
    case DY_LMDB_ALREADY_OPEN: throw AlreadyOpenError(message);
    case DY_LMDB_UNSUPPORTED: throw UnsupportedError(message);
    case DY_LMDB_CLOSED: throw ClosedError(message);
    case DY_LMDB_FORKED: throw ForkedError(message);
    case DY_LMDB_INTERNAL: throw InternalError(message);
    case DY_LMDB_PANIC: throw PanicError(message);
    default: throw Error(status, message);
    }
}

/// Throws the exception of `status`, with this thread's last message, unless it is OK.
inline void check(dy_lmdb_status_t status) {
    if (status != DY_LMDB_OK) {
        throw_error(status, dy_lmdb_last_error_message());
    }
}

}  // namespace detail
}  // namespace dishtayantra::lmdb

#endif
