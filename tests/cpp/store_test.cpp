#include "support.hpp"

#include <algorithm>
#include <thread>
#include <type_traits>

using namespace std::chrono_literals;

static_assert(std::is_nothrow_move_constructible_v<lmdb::Store>);
static_assert(!std::is_copy_constructible_v<lmdb::Store>);

TEST(Version, IsTheLibrarys) { EXPECT_EQ(lmdb::version(), dy_lmdb_version()); }

TEST_F(StoreTest, WhoNamesNoMapSizeLeavesTheLimitAlone) {
    const std::string own = "\"limit\":67108864";
    ASSERT_NE(store.stats().find(own), std::string::npos) << store.stats();
    const auto second = lmdb::Store::open(directory.path + "/store");
    EXPECT_NE(second.stats().find(own), std::string::npos) << second.stats();
    lmdb::Options larger;
    larger.map_size = 128 << 20;
    const auto third = lmdb::Store::open(directory.path + "/store", larger);
    EXPECT_NE(store.stats().find("\"limit\":134217728"), std::string::npos) << store.stats();
}

TEST(Options, DefaultsAreTheEngines) {
    const lmdb::Options options;
    EXPECT_EQ(options.map_size, 0u);
    EXPECT_EQ(options.max_readers, 512u);
    EXPECT_EQ(options.mode, 0700u);
    EXPECT_TRUE(options.sweeper);
    const lmdb::PutOptions put;
    EXPECT_EQ(put.format, lmdb::Format::raw);
    EXPECT_EQ(put.ttl, 300s);
}

TEST_F(StoreTest, GetGivesBackWhatWasPut) {
    for (const std::size_t size : {0, 1, 100, 1800, 2000, 4096, 100000, 3000000}) {
        std::string payload(size, '\0');
        for (std::size_t i = 0; i < size; ++i) {
            payload[i] = static_cast<char>(i * 31 % 251);
        }
        const lmdb::Info info = store.put("k", lmdb::as_bytes(payload));
        EXPECT_EQ(info.size, size);
        const auto copy = store.get("k");
        ASSERT_TRUE(copy.has_value());
        ASSERT_EQ(copy->size(), size);
        const lmdb::Bytes expected = lmdb::as_bytes(payload);
        EXPECT_TRUE(std::equal(copy->begin(), copy->end(), expected.begin())) << size << " bytes";
    }
}

TEST_F(StoreTest, AbsentEntriesAreEmptyNotErrors) {
    EXPECT_FALSE(store.get("nothing").has_value());
    EXPECT_FALSE(store.try_view("nothing"));
    EXPECT_FALSE(store.contains("nothing"));
    EXPECT_FALSE(store.erase("nothing"));
    EXPECT_FALSE(store.touch("nothing", 1s));
}

TEST_F(StoreTest, EntriesComeAndGo) {
    store.put("k", lmdb::as_bytes("v"));
    EXPECT_TRUE(store.contains("k"));
    EXPECT_TRUE(store.erase("k"));
    EXPECT_FALSE(store.contains("k"));
}

TEST_F(StoreTest, ListGivesLiveKeysWithAPrefixInOrder) {
    for (const char* key : {"b:2", "a:1", "b:1", "c"}) {
        store.put(key, lmdb::as_bytes("x"));
    }
    EXPECT_EQ(store.list("b:"), (std::vector<std::string>{"b:1", "b:2"}));
    EXPECT_EQ(store.list().size(), 4u);
}

TEST_F(StoreTest, KeysMayHoldAnyByte) {
    const std::string key("\0\xff\n", 3);
    store.put(key, lmdb::as_bytes("x"));
    EXPECT_EQ(store.list(), std::vector<std::string>{key});
    EXPECT_EQ(store.view(key).key(), key);
}

TEST_F(StoreTest, NamedDatabasesAreApart) {
    store.put("k", lmdb::as_bytes("one"), {}, "first");
    EXPECT_FALSE(store.contains("k"));
    EXPECT_FALSE(store.contains("k", "second"));
    EXPECT_EQ(store.view("k", "first").info().size, 3u);
    store.put("k", lmdb::as_bytes("default"));
    EXPECT_TRUE(store.contains("k", "default"));
}

TEST_F(StoreTest, ExpiredEntriesAreNeverReturnedAndSwept) {
    lmdb::PutOptions options;
    options.ttl = 1ms;
    store.put("short", lmdb::as_bytes("x"), options);
    store.put("long", lmdb::as_bytes("x"));
    std::this_thread::sleep_for(5ms);
    EXPECT_FALSE(store.contains("short"));
    EXPECT_FALSE(store.try_view("short"));
    store.sweep();
    EXPECT_EQ(store.list(), std::vector<std::string>{"long"});
}

TEST_F(StoreTest, TouchGivesANewTimeToLive) {
    lmdb::PutOptions options;
    options.ttl = 60s;
    store.put("k", lmdb::as_bytes("x"), options);
    EXPECT_TRUE(store.touch("k", 0ms));
    EXPECT_EQ(store.view("k").info().ttl, 0ms);
}

TEST_F(StoreTest, TheLongestTimeToLiveDoesNotEnd) {
    lmdb::PutOptions options;
    options.ttl = std::chrono::milliseconds::max();
    store.put("put", lmdb::as_bytes("x"), options);
    store.put("touched", lmdb::as_bytes("x"));
    EXPECT_TRUE(store.touch("touched", std::chrono::milliseconds::max()));
    store.sweep();
    for (const char* key : {"put", "touched"}) {
        EXPECT_EQ(store.view(key).info().ttl, std::chrono::milliseconds::max()) << key;
    }
}

TEST_F(StoreTest, LiveEntriesAreNotOverwrittenWhenAskedNotTo) {
    lmdb::PutOptions options;
    options.no_overwrite = true;
    store.put("k", lmdb::as_bytes("first"), options);
    EXPECT_TRUE(contains(
        message_of<lmdb::KeyExistsError>([&] { store.put("k", lmdb::as_bytes("second"), options); }), "k"));
    EXPECT_EQ(store.view("k").info().size, 5u);
}

TEST_F(StoreTest, EnvelopeTravelsWithTheEntry) {
    lmdb::PutOptions options(lmdb::Format::json);
    options.ttl = 12s;
    options.checksum = true;
    options.txn_id = "txn-1";
    options.source = "loader";
    options.target = "risk";
    const auto before = std::chrono::system_clock::now().time_since_epoch();
    store.put("k", lmdb::as_bytes("{}"), options);
    const lmdb::View view = store.view("k");
    const lmdb::Info info = view.info();
    EXPECT_EQ(info.format, lmdb::Format::json);
    EXPECT_EQ(info.ttl, 12s);
    EXPECT_TRUE(info.checksum.has_value());
    EXPECT_GE(info.created, before - 1s);
    EXPECT_LE(info.created, before + 60s);
    EXPECT_EQ(view.txn_id(), "txn-1");
    EXPECT_EQ(view.source(), "loader");
    EXPECT_EQ(view.target(), "risk");
    view.verify();
}

TEST_F(StoreTest, WaitReturnsWhenAnotherThreadPuts) {
    std::thread putter([&] {
        std::this_thread::sleep_for(20ms);
        store.put("late", lmdb::as_bytes("x"));
    });
    store.wait("late", 20s);
    EXPECT_TRUE(store.contains("late"));
    putter.join();
}

TEST_F(StoreTest, WaitEndsAtItsTimeoutAndNamesTheKey) {
    const auto begin = std::chrono::steady_clock::now();
    const std::string message = message_of<lmdb::TimeoutError>([&] { store.wait("never", 30ms); });
    EXPECT_GE(std::chrono::steady_clock::now() - begin, 30ms);
    EXPECT_TRUE(contains(message, "never"));
    EXPECT_TRUE(contains(message, "30"));
}

TEST_F(StoreTest, SameDirectoryIsTheSameStore) {
    lmdb::Store again = lmdb::Store::open(store.path(), small_store());
    again.put("k", lmdb::as_bytes("x"));
    again.close();
    EXPECT_TRUE(store.contains("k"));
}

TEST_F(StoreTest, ClosedStoreRefusesAndClosesTwice) {
    store.close();
    store.close();
    EXPECT_THROW(store.contains("k"), lmdb::ClosedError);
    EXPECT_THROW(store.put("k", lmdb::as_bytes("x")), lmdb::ClosedError);
}

TEST_F(StoreTest, MovedStoreServesItsNewOwner) {
    store.put("k", lmdb::as_bytes("x"));
    lmdb::Store moved = std::move(store);
    EXPECT_TRUE(moved.contains("k"));
    store = std::move(moved);
    EXPECT_TRUE(store.contains("k"));
}

TEST(Store, OpensFromAConfigurationWithWarnings) {
    const TemporaryDirectory directory;
    lmdb::take_warnings();
    const lmdb::Store store = lmdb::Store::open_config(
        R"({"lmdb_db_path": ")" + directory.path + R"(/c", "lmdb_map_size": 67108864, "lmdb_tttl": 3, "mine": 1})");
    EXPECT_EQ(store.path(), std::filesystem::canonical(directory.path + "/c"));
    EXPECT_TRUE(contains(lmdb::take_warnings(), "lmdb_ttl"));
    EXPECT_EQ(lmdb::take_warnings(), "[]");
}

TEST(Store, ExistingStoresOnlyWhenAskedSo) {
    const TemporaryDirectory directory;
    lmdb::Options options = small_store();
    options.existing = true;
    EXPECT_THROW(lmdb::Store::open(directory.path + "/none", options), lmdb::Error);
}

TEST_F(StoreTest, StatisticsAndAuditAreJson) {
    store.put("k", lmdb::as_bytes(std::string(5000, 'x')));
    EXPECT_EQ(store.stats().front(), '{');
    EXPECT_NE(store.calls().find("\"calculators\":[]"), std::string::npos);
    EXPECT_EQ(store.audit().front(), '{');
}
