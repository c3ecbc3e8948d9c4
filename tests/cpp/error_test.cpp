#include "support.hpp"

#include <memory>
#include <type_traits>

static_assert(std::is_base_of_v<lmdb::ArgumentError, lmdb::ConfigError>);
static_assert(std::is_base_of_v<lmdb::ArgumentError, lmdb::BadKeyError>);
static_assert(std::is_base_of_v<lmdb::ResourceError, lmdb::MapFullError>);
static_assert(std::is_base_of_v<lmdb::StoreError, lmdb::CorruptError>);
static_assert(std::is_base_of_v<lmdb::HandleError, lmdb::ClosedError>);
static_assert(std::is_base_of_v<std::runtime_error, lmdb::Error>);

TEST(Error, EveryStatusHasAClassOfItsOwn) {
    for (dy_lmdb_status_t status = 1; status < 100; ++status) {
        const std::string name = dy_lmdb_status_name(status);
        if (name == "DY_LMDB_UNKNOWN") {
            continue;
        }
        try {
            lmdb::detail::throw_error(status, "why");
        } catch (const lmdb::Error& error) {
            EXPECT_EQ(error.status(), status);
            EXPECT_EQ(error.name(), name);
            EXPECT_STREQ(error.help(), dy_lmdb_status_help(status));
            EXPECT_TRUE(contains(error.help(), "docs/troubleshooting.md#")) << name;
            EXPECT_STREQ(error.what(), "why");
            EXPECT_NE(typeid(error), typeid(lmdb::Error)) << name;
        }
    }
}

TEST(Error, StatusOfANewerLibraryIsAPlainError) {
    EXPECT_THROW(lmdb::detail::throw_error(9999, "new"), lmdb::Error);
}

TEST_F(StoreTest, MissingEntryIsNamed) {
    EXPECT_TRUE(contains(message_of<lmdb::NotFoundError>([&] { store.view("prices:7"); }), "prices:7"));
}

TEST(Error, WrongSettingNamesKeyValueAndChoices) {
    const std::string message = message_of<lmdb::ConfigError>(
        [] { lmdb::Store::open_config(R"({"lmdb_exchange_mode": "sideways"})"); });
    EXPECT_TRUE(contains(message, "lmdb_exchange_mode"));
    EXPECT_TRUE(contains(message, "sideways"));
    EXPECT_TRUE(contains(message, "reference"));
}

TEST_F(StoreTest, KeysOfMoreThan511BytesAreRefused) {
    const std::string message =
        message_of<lmdb::BadKeyError>([&] { store.put(std::string(512, 'k'), lmdb::as_bytes("x")); });
    EXPECT_TRUE(contains(message, "511"));
}

TEST_F(StoreTest, NegativeTimeToLiveIsRefused) {
    lmdb::PutOptions options;
    options.ttl = std::chrono::milliseconds(-1);
    EXPECT_TRUE(contains(
        message_of<lmdb::InvalidArgumentError>([&] { store.put("k", lmdb::as_bytes("x"), options); }), "-1"));
}
