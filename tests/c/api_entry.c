#include "api.h"
#include "check.h"

#include <stdlib.h>
#include <string.h>

static dy_lmdb_buffer_t part(const void *data, size_t size) {
    dy_lmdb_buffer_t buffer;
    buffer.data = data;
    buffer.size = size;
    return buffer;
}

/* Puts `size` bytes in one part, gets them back and views them. */
static void round_trip(dy_lmdb_store_t *store, size_t size) {
    unsigned char *sent = (unsigned char *)malloc(size + 1);
    unsigned char *got = (unsigned char *)malloc(size + 1);
    dy_lmdb_info_t info = check_info();
    dy_lmdb_view_t *view = NULL;
    dy_lmdb_buffer_t whole;
    size_t i, found = 0;
    EXPECT(sent != NULL && got != NULL);
    for (i = 0; i < size; i++)
        sent[i] = (unsigned char)(i * 31 + size);
    whole = part(sent, size);
    EXPECT_OK(dy_lmdb_store_put(store, NOTHING, TEXT("sized"), &whole, 1, NULL, &info));
    EXPECT(info.size == size && info.data == NULL);
    EXPECT_OK(dy_lmdb_store_get(store, NOTHING, TEXT("sized"), got, size, &found, &info));
    EXPECT(found == size && info.size == size && memcmp(sent, got, size) == 0);
    EXPECT_OK(dy_lmdb_view_open(store, NOTHING, TEXT("sized"), 0, &view, &info));
    EXPECT(memcmp(sent, info.data, size) == 0 && (uintptr_t)info.data % 64 == 0);
    EXPECT(((info.flags & DY_LMDB_INFO_INLINE) != 0) == (info.file_offset == 0));
    EXPECT_OK(dy_lmdb_view_close(view));
    free(sent);
    free(got);
}

void test_put_and_get(void) {
    dy_lmdb_store_t *store = check_store();
    dy_lmdb_put_options_t options;
    dy_lmdb_info_t info = check_info();
    dy_lmdb_buffer_t parts[6];
    char buffer[64];
    size_t size = 0;
    dy_lmdb_put_options_default(&options);
    options.format = DY_LMDB_FORMAT_JSON;
    options.ttl_ms = 60000;
    parts[0] = part(TEXT("{"));
    parts[1] = part(NOTHING);
    parts[2] = part(TEXT("\"a\""));
    parts[3] = part(TEXT(":"));
    parts[4] = part(TEXT("1"));
    parts[5] = part(TEXT("}"));
    EXPECT_OK(dy_lmdb_store_put(store, NOTHING, TEXT("k"), parts, 6, &options, &info));
    EXPECT(info.struct_size == sizeof info);
    EXPECT(info.size == 7 && info.format == DY_LMDB_FORMAT_JSON && info.ttl_ms == 60000);
    EXPECT(info.data == NULL && info.created_ns > (uint64_t)1600000000 * 1000000000);

    EXPECT_OK(dy_lmdb_store_get(store, NOTHING, TEXT("k"), buffer, sizeof buffer, &size, &info));
    EXPECT_TEXT(buffer, size, "{\"a\":1}");
    EXPECT(info.format == DY_LMDB_FORMAT_JSON && info.data == NULL);

    EXPECT_OK(dy_lmdb_store_put(store, NOTHING, TEXT("empty"), NOTHING, NULL, NULL));
    EXPECT_OK(dy_lmdb_store_get(store, NOTHING, TEXT("empty"), NOTHING, &size, NULL));
    EXPECT(size == 0);

    EXPECT_FAILS(DY_LMDB_NOT_FOUND,
                 dy_lmdb_store_get(store, NOTHING, TEXT("none"), buffer, sizeof buffer, &size, NULL));
    EXPECT_SAYS("none");
    EXPECT_OK(dy_lmdb_store_close(store));
}

void test_put_large(void) {
    static const size_t sizes[] = {1, 1024, 2048, 4096, 100000, 1 << 20, 5 << 20};
    dy_lmdb_store_t *store = check_store();
    size_t i;
    for (i = 0; i < sizeof sizes / sizeof sizes[0]; i++)
        round_trip(store, sizes[i]);
    EXPECT_OK(dy_lmdb_store_close(store));
}

void test_put_errors(void) {
    dy_lmdb_store_t *store = check_store();
    dy_lmdb_put_options_t options;
    dy_lmdb_info_t info;
    dy_lmdb_buffer_t value = part(TEXT("v"));
    char longest[512];
    bool present = true;
    memset(longest, 'k', sizeof longest);

    EXPECT_FAILS(DY_LMDB_BAD_KEY, dy_lmdb_store_put(store, NOTHING, NOTHING, &value, 1, NULL, NULL));
    EXPECT_FAILS(DY_LMDB_BAD_KEY, dy_lmdb_store_put(store, NOTHING, longest, 512, &value, 1, NULL, NULL));
    EXPECT_OK(dy_lmdb_store_put(store, NOTHING, longest, 511, &value, 1, NULL, NULL));
    EXPECT_FAILS(DY_LMDB_BAD_KEY, dy_lmdb_store_put(store, TEXT("_dy_own"), TEXT("k"), &value, 1, NULL, NULL));
    EXPECT_FAILS(DY_LMDB_INVALID_ARGUMENT, dy_lmdb_store_put(store, TEXT("\xc3"), TEXT("k"), &value, 1, NULL, NULL));
    EXPECT_SAYS("db is not UTF-8");
    EXPECT_FAILS(DY_LMDB_INVALID_ARGUMENT, dy_lmdb_store_put(store, NOTHING, NULL, 1, &value, 1, NULL, NULL));
    EXPECT_SAYS("key is NULL");
    EXPECT_FAILS(DY_LMDB_INVALID_ARGUMENT, dy_lmdb_store_put(store, NOTHING, TEXT("k"), NULL, 1, NULL, NULL));
    EXPECT_SAYS("parts is NULL");
    value = part(NULL, 5);
    EXPECT_FAILS(DY_LMDB_INVALID_ARGUMENT, dy_lmdb_store_put(store, NOTHING, TEXT("k"), &value, 1, NULL, NULL));
    EXPECT_SAYS("part");
    value = part("v", SIZE_MAX);
    EXPECT_FAILS(DY_LMDB_INVALID_ARGUMENT, dy_lmdb_store_put(store, NOTHING, TEXT("k"), &value, 1, NULL, NULL));

    value = part(TEXT("v"));
    dy_lmdb_put_options_default(&options);
    options.format = 99;
    EXPECT_FAILS(DY_LMDB_BAD_FORMAT, dy_lmdb_store_put(store, NOTHING, TEXT("k"), &value, 1, &options, NULL));
    EXPECT_SAYS("99");
    dy_lmdb_put_options_default(&options);
    options.flags = 0x80;
    EXPECT_FAILS(DY_LMDB_INVALID_ARGUMENT, dy_lmdb_store_put(store, NOTHING, TEXT("k"), &value, 1, &options, NULL));
    EXPECT_SAYS("0x80");
    dy_lmdb_put_options_default(&options);
    options.source = "\xff";
    options.source_len = 1;
    EXPECT_FAILS(DY_LMDB_INVALID_ARGUMENT, dy_lmdb_store_put(store, NOTHING, TEXT("k"), &value, 1, &options, NULL));
    EXPECT_SAYS("source");
    options.struct_size = 1;
    EXPECT_FAILS(DY_LMDB_INVALID_ARGUMENT, dy_lmdb_store_put(store, NOTHING, TEXT("k"), &value, 1, &options, NULL));
    info = check_info();
    info.struct_size = 0;
    EXPECT_FAILS(DY_LMDB_INVALID_ARGUMENT, dy_lmdb_store_put(store, NOTHING, TEXT("k"), &value, 1, NULL, &info));
    EXPECT_SAYS("sizeof(dy_lmdb_info_t)");

    EXPECT_OK(dy_lmdb_store_contains(store, NOTHING, TEXT("k"), &present));
    EXPECT(!present);
    EXPECT_OK(dy_lmdb_store_close(store));
}

void test_put_many(void) {
    dy_lmdb_store_t *store = check_store();
    dy_lmdb_put_options_t options;
    dy_lmdb_entry_t entries[2];
    dy_lmdb_buffer_t value = part(TEXT("many"));
    char buffer[8];
    size_t size = 0;
    bool present = true;
    dy_lmdb_put_options_default(&options);
    options.format = DY_LMDB_FORMAT_MSGPACK;
    memset(entries, 0, sizeof entries);
    entries[0].key = "a";
    entries[0].key_len = 1;
    entries[0].parts = &value;
    entries[0].nparts = 1;
    entries[1].key = "b";
    entries[1].key_len = 1;
    entries[1].options = &options;
    EXPECT_OK(dy_lmdb_store_put_many(store, NOTHING, entries, 2));
    EXPECT_OK(dy_lmdb_store_get(store, NOTHING, TEXT("a"), buffer, sizeof buffer, &size, NULL));
    EXPECT_TEXT(buffer, size, "many");
    EXPECT_OK(dy_lmdb_store_get(store, NOTHING, TEXT("b"), NOTHING, &size, NULL));
    EXPECT(size == 0);
    EXPECT_OK(dy_lmdb_store_put_many(store, NOTHING, NOTHING));

    entries[0].key = "c";
    entries[1].key_len = 0;
    EXPECT_FAILS(DY_LMDB_BAD_KEY, dy_lmdb_store_put_many(store, NOTHING, entries, 2));
    EXPECT_OK(dy_lmdb_store_contains(store, NOTHING, TEXT("c"), &present));
    EXPECT(!present);
    EXPECT_FAILS(DY_LMDB_INVALID_ARGUMENT, dy_lmdb_store_put_many(store, NOTHING, NULL, 2));
    EXPECT_OK(dy_lmdb_store_close(store));
}

void test_put_no_overwrite(void) {
    dy_lmdb_store_t *store = check_store();
    dy_lmdb_put_options_t options;
    dy_lmdb_buffer_t value = part(TEXT("second"));
    char buffer[8];
    size_t size = 0;
    dy_lmdb_put_options_default(&options);
    options.flags = DY_LMDB_PUT_NO_OVERWRITE;
    check_put(store, "k", "first");
    EXPECT_FAILS(DY_LMDB_KEY_EXISTS, dy_lmdb_store_put(store, NOTHING, TEXT("k"), &value, 1, &options, NULL));
    EXPECT_OK(dy_lmdb_store_get(store, NOTHING, TEXT("k"), buffer, sizeof buffer, &size, NULL));
    EXPECT_TEXT(buffer, size, "first");
    EXPECT_OK(dy_lmdb_store_delete(store, NOTHING, TEXT("k"), NULL));
    EXPECT_OK(dy_lmdb_store_put(store, NOTHING, TEXT("k"), &value, 1, &options, NULL));
    EXPECT_OK(dy_lmdb_store_close(store));
}

void test_get_into_a_small_buffer(void) {
    dy_lmdb_store_t *store = check_store();
    dy_lmdb_info_t info = check_info();
    char buffer[4] = "xyz";
    size_t size = 0;
    check_put(store, "k", "eight by");
    EXPECT_FAILS(DY_LMDB_BUFFER_TOO_SMALL,
                 dy_lmdb_store_get(store, NOTHING, TEXT("k"), buffer, sizeof buffer, &size, &info));
    EXPECT(size == 8);
    EXPECT_SAYS("8 bytes");
    EXPECT(strcmp(buffer, "xyz") == 0);
    EXPECT(info.size != 8);
    size = 0;
    EXPECT_FAILS(DY_LMDB_BUFFER_TOO_SMALL, dy_lmdb_store_get(store, NOTHING, TEXT("k"), NOTHING, &size, NULL));
    EXPECT(size == 8);
    EXPECT_FAILS(DY_LMDB_INVALID_ARGUMENT, dy_lmdb_store_get(store, NOTHING, TEXT("k"), NULL, 8, &size, NULL));
    EXPECT_SAYS("buffer is NULL");
    EXPECT_FAILS(DY_LMDB_INVALID_ARGUMENT, dy_lmdb_store_get(store, NOTHING, TEXT("k"), buffer, 4, NULL, NULL));
    EXPECT_SAYS("size is NULL");
    EXPECT_OK(dy_lmdb_store_close(store));
}

void test_contains_delete_touch(void) {
    dy_lmdb_store_t *store = check_store();
    dy_lmdb_info_t info = check_info();
    dy_lmdb_view_t *view = NULL;
    bool flag = false;
    check_put(store, "k", "v");
    EXPECT_OK(dy_lmdb_store_contains(store, NOTHING, TEXT("k"), &flag));
    EXPECT(flag);
    EXPECT_OK(dy_lmdb_store_touch(store, NOTHING, TEXT("k"), 0, &flag));
    EXPECT(flag);
    EXPECT_OK(dy_lmdb_view_open(store, NOTHING, TEXT("k"), 0, &view, &info));
    EXPECT(info.ttl_ms == 0);
    EXPECT_OK(dy_lmdb_view_close(view));
    EXPECT_OK(dy_lmdb_store_touch(store, NOTHING, TEXT("k"), 1000, NULL));
    EXPECT_OK(dy_lmdb_store_touch(store, NOTHING, TEXT("none"), 1000, &flag));
    EXPECT(!flag);
    EXPECT_OK(dy_lmdb_store_delete(store, NOTHING, TEXT("k"), &flag));
    EXPECT(flag);
    EXPECT_OK(dy_lmdb_store_delete(store, NOTHING, TEXT("k"), &flag));
    EXPECT(!flag);
    EXPECT_OK(dy_lmdb_store_delete(store, NOTHING, TEXT("k"), NULL));
    EXPECT_OK(dy_lmdb_store_contains(store, NOTHING, TEXT("k"), &flag));
    EXPECT(!flag);
    EXPECT_FAILS(DY_LMDB_INVALID_ARGUMENT, dy_lmdb_store_contains(store, NOTHING, TEXT("k"), NULL));
    EXPECT_FAILS(DY_LMDB_BAD_KEY, dy_lmdb_store_contains(store, NOTHING, NOTHING, &flag));
    EXPECT_OK(dy_lmdb_store_close(store));
}

void test_wait(void) {
    dy_lmdb_store_t *store = check_store();
    EXPECT_FAILS(DY_LMDB_TIMEOUT, dy_lmdb_store_wait(store, NOTHING, TEXT("k"), 0));
    EXPECT_FAILS(DY_LMDB_TIMEOUT, dy_lmdb_store_wait(store, NOTHING, TEXT("k"), 30));
    check_put(store, "k", "v");
    EXPECT_OK(dy_lmdb_store_wait(store, NOTHING, TEXT("k"), 0));
    EXPECT_OK(dy_lmdb_store_wait(store, NOTHING, TEXT("k"), 1000));
    EXPECT_OK(dy_lmdb_store_wait(store, NOTHING, TEXT("k"), -1));
    EXPECT_OK(dy_lmdb_store_close(store));
}

void test_named_databases(void) {
    dy_lmdb_store_t *store = check_store();
    dy_lmdb_buffer_t value = part(TEXT("v"));
    bool present = true;
    EXPECT_OK(dy_lmdb_store_put(store, TEXT("prices"), TEXT("k"), &value, 1, NULL, NULL));
    EXPECT_OK(dy_lmdb_store_contains(store, NOTHING, TEXT("k"), &present));
    EXPECT(!present);
    EXPECT_OK(dy_lmdb_store_contains(store, TEXT("prices"), TEXT("k"), &present));
    EXPECT(present);
    check_put(store, "d", "v");
    EXPECT_OK(dy_lmdb_store_contains(store, TEXT("default"), TEXT("d"), &present));
    EXPECT(present);
    EXPECT_OK(dy_lmdb_store_contains(store, TEXT("nowhere"), TEXT("k"), &present));
    EXPECT(!present);
    EXPECT_OK(dy_lmdb_store_close(store));
}

void test_list(void) {
    dy_lmdb_store_t *store = check_store();
    dy_lmdb_keys_t *keys = NULL;
    const void *key = NULL;
    size_t len = 0;
    check_put(store, "in:b", "1");
    check_put(store, "out:a", "2");
    check_put(store, "in:a", "3");
    EXPECT_OK(dy_lmdb_store_list(store, NOTHING, TEXT("in:"), &keys));
    EXPECT(dy_lmdb_keys_count(keys) == 2);
    EXPECT_OK(dy_lmdb_keys_at(keys, 0, &key, &len));
    EXPECT_TEXT(key, len, "in:a");
    EXPECT_OK(dy_lmdb_keys_at(keys, 1, &key, &len));
    EXPECT_TEXT(key, len, "in:b");
    EXPECT_FAILS(DY_LMDB_INVALID_ARGUMENT, dy_lmdb_keys_at(keys, 2, &key, &len));
    EXPECT_SAYS("2 keys");
    EXPECT_FAILS(DY_LMDB_INVALID_ARGUMENT, dy_lmdb_keys_at(NULL, 0, &key, &len));
    EXPECT_FAILS(DY_LMDB_INVALID_ARGUMENT, dy_lmdb_keys_at(keys, 0, NULL, &len));
    EXPECT_FAILS(DY_LMDB_INVALID_ARGUMENT, dy_lmdb_keys_at(keys, 0, &key, NULL));
    dy_lmdb_keys_free(keys);
    EXPECT_OK(dy_lmdb_store_list(store, NOTHING, NOTHING, &keys));
    EXPECT(dy_lmdb_keys_count(keys) == 3);
    dy_lmdb_keys_free(keys);
    EXPECT_OK(dy_lmdb_store_list(store, TEXT("nowhere"), NOTHING, &keys));
    EXPECT(dy_lmdb_keys_count(keys) == 0);
    dy_lmdb_keys_free(keys);
    EXPECT_FAILS(DY_LMDB_INVALID_ARGUMENT, dy_lmdb_store_list(store, NOTHING, NOTHING, NULL));
    EXPECT_OK(dy_lmdb_store_close(store));
}
