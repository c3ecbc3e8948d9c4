// Waiting for any of several keys, breaking it off, and what the library says meanwhile.
#include "support.hpp"

#include <atomic>
#include <chrono>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

using namespace std::chrono_literals;

namespace {

constexpr std::chrono::milliseconds patience{60'000};

class WatchTest : public StoreTest {
protected:
    void put(std::string_view key, std::string_view db = {}) { store.put(key, lmdb::as_bytes("x"), {}, db); }
};

TEST_F(WatchTest, TellsTheKeyThatIsThere) {
    put("b");
    EXPECT_EQ(store.wait_any({"a", "b", "c"}, patience), 1U);
    put("c", "other");
    EXPECT_EQ(store.wait_any({"a", "b", "c"}, patience, "other"), 2U);
    EXPECT_THROW(store.wait_any({"a", "c"}, 10ms), lmdb::TimeoutError);
    EXPECT_THROW(store.wait_any({"a", ""}, 10ms), lmdb::BadKeyError);
}

TEST_F(WatchTest, TellsEveryKeyOnce) {
    lmdb::Watch watch;
    for (std::uint64_t id = 0; id < 200; id++) {
        store.watch(watch, std::to_string(id), id);
    }
    watch.remove(7);
    std::thread other([&] {
        for (int id = 0; id < 200; id++) {
            put(std::to_string(id));
        }
    });
    std::vector<bool> told(200, false);
    for (int count = 0; count < 199;) {
        for (const std::uint64_t id : watch.wait(patience, 50)) {
            EXPECT_FALSE(told.at(id));
            told.at(id) = true;
            count++;
        }
    }
    other.join();
    EXPECT_FALSE(told[7]);
    EXPECT_THROW(watch.wait(0ms), lmdb::TimeoutError);
}

TEST_F(WatchTest, IsBrokenOffFromAnotherThread) {
    lmdb::Watch watch;
    store.watch(watch, "never", 1);
    std::thread other([&] {
        std::this_thread::sleep_for(50ms);
        watch.cancel();
    });
    EXPECT_THROW(watch.wait(lmdb::Store::forever), lmdb::ClosedError);
    other.join();
    EXPECT_THROW(watch.wait(0ms), lmdb::ClosedError);
}

TEST_F(WatchTest, WaitsInAThreadUntilTheEntryComesOrItIsCancelled) {
    lmdb::PendingWait found = store.wait_async({"a", "b"});
    lmdb::PendingWait cancelled = store.wait_async({"c"});
    lmdb::PendingWait late = store.wait_async({"d"}, 20ms);
    EXPECT_FALSE(found.ready());
    put("b");
    EXPECT_EQ(found.get(), 1U);
    cancelled.cancel();
    EXPECT_THROW(cancelled.get(), lmdb::ClosedError);
    EXPECT_THROW(late.get(), lmdb::TimeoutError);
    // One that nobody asked ends with its object.
    lmdb::PendingWait left = store.wait_async({"e"});
}

TEST_F(WatchTest, HearsWhatTheLibrarySays) {
    static std::mutex mutex;
    static std::vector<std::pair<lmdb::LogLevel, std::string>> said;
    lmdb::set_log(lmdb::LogLevel::debug, [](lmdb::LogLevel level, std::string_view message) {
        const std::lock_guard<std::mutex> lock(mutex);
        said.emplace_back(level, message);
        throw std::runtime_error("goes nowhere");
    });
    {
        const lmdb::Store other = lmdb::Store::open_config(
            R"({"lmdb_db_path": ")" + directory.path + R"(/second", "lmdb_map_size": 67108864, "lmdb_tll": 1})");
    }
    lmdb::set_log(lmdb::LogLevel::debug, nullptr);
    { const lmdb::Store again = lmdb::Store::open(directory.path + "/third", small_store()); }
    const std::lock_guard<std::mutex> lock(mutex);
    ASSERT_EQ(said.size(), 3U);
    EXPECT_EQ(said[0].first, lmdb::LogLevel::warn);
    EXPECT_NE(said[0].second.find("lmdb_ttl"), std::string::npos) << said[0].second;
    EXPECT_EQ(said[1].first, lmdb::LogLevel::debug);
    EXPECT_NE(said[1].second.find("opened the store"), std::string::npos) << said[1].second;
    EXPECT_NE(said[2].second.find("closed the store"), std::string::npos) << said[2].second;
}

}  // namespace
