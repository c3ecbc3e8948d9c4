// What the tests share: a store in a directory of its own.
#pragma once

#include <dishtayantra_lmdb.hpp>

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <string>
#include <vector>

namespace lmdb = dishtayantra::lmdb;

/// A directory that goes away with the test.
class TemporaryDirectory {
public:
    TemporaryDirectory() {
        std::string pattern = (std::filesystem::temp_directory_path() / "dy_lmdb_cpp_XXXXXX").string();
        if (mkdtemp(pattern.data()) == nullptr) {
            throw std::runtime_error("cannot make " + pattern);
        }
        path = pattern;
    }
    ~TemporaryDirectory() {
        std::error_code ignored;
        std::filesystem::remove_all(path, ignored);
    }
    TemporaryDirectory(const TemporaryDirectory&) = delete;
    TemporaryDirectory& operator=(const TemporaryDirectory&) = delete;

    std::string path;
};

inline lmdb::Options small_store() {
    lmdb::Options options;
    options.map_size = 64 << 20;
    options.prefault = 0;
    return options;
}

/// A test with an open store.
class StoreTest : public testing::Test {
protected:
    TemporaryDirectory directory;
    lmdb::Store store = lmdb::Store::open(directory.path + "/store", small_store());
};

/// Runs `call` and returns the message of the `Kind` it must throw.
template <class Kind, class Call>
std::string message_of(Call&& call) {
    try {
        call();
    } catch (const Kind& error) {
        return error.what();
    } catch (const lmdb::Error& error) {
        ADD_FAILURE() << "threw " << error.name() << ": " << error.what();
        return {};
    }
    ADD_FAILURE() << "did not throw";
    return {};
}

inline testing::AssertionResult contains(const std::string& text, const std::string& part) {
    return text.find(part) != std::string::npos
               ? testing::AssertionSuccess()
               : testing::AssertionFailure() << "'" << text << "' does not contain '" << part << "'";
}
